// What every journey uses: a browser without JavaScript, and the judgement of each screen it goes through.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const AXE_FR = JSON.parse(readFileSync(require.resolve("axe-core/locales/fr.json"), "utf8"));
const ETIQUETTES = ["RGAAv4", "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
// Text spacing of RGAA 10.12.
const ESPACEMENT = "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-bottom:2em!important}";
// The pictures of the README: the top of four screens.
const VITRINE = ["noeud-classeur-fautif", "noeud-apercu-secret", "hub-emploi", "hub-comparaison"];
// Dark mode is the same document in other colours: the rules on colour are asked there, and no other. Forced colours are for
// the pictures: axe measures nothing there, since the system chooses the colours.
const TOUTES = { type: "tag", values: ETIQUETTES };
const COULEURS = { type: "rule", values: ["color-contrast", "link-in-text-block"] };
const VUES = [
  { nom: "bureau", largeur: 1280, options: {}, axe: TOUTES },
  { nom: "320", largeur: 320, options: {}, axe: TOUTES },
  { nom: "sombre", largeur: 1280, options: { colorScheme: "dark" }, axe: COULEURS },
  { nom: "contraste", largeur: 1280, options: { forcedColors: "active" } },
];
// Screens that people print, kept as PDF beside the pictures.
const IMPRIMES = ["hub-emploi", "hub-pilotage", "hub-convention", "noeud-apercu-dispositif", "noeud-situations"];

const validateur = new HtmlValidate({
  extends: ["html-validate:recommended"],
  rules: {
    // Uppercase doctype, roles kept for older readers, and lines as long as the data.
    "doctype-style": "off",
    "no-redundant-role": "off",
    "no-trailing-whitespace": "off",
    "void-style": "off",
    "attribute-boolean-style": "off",
    "no-inline-style": "error",
    "long-title": ["error", { maxlength: 130 }],
    "prefer-native-element": ["error", { exclude: ["region", "alert", "status", "search", "img"] }],
  },
});

/** The elements of a page as a person names them. */
const elements = (page) => ({
  bouton: (nom) => page.getByRole("button", { name: nom, exact: true }),
  lienDe: (nom) => page.getByRole("link", { name: nom, exact: true }),
  menu: (nom) => page.getByRole("navigation", { name: "Navigation principale" }).getByRole("link", { name: nom, exact: true }),
  texte: () => page.locator("main").innerText(),
});

/** A browser, a context without JavaScript for the journey, and pages that judge what it sees. */
export async function ouvre(essai) {
  const navigateur = await chromium.launch({
    executablePath: process.env.MAILLAGE_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"],
  });
  essai.after(() => navigateur.close());
  const contexte = await navigateur.newContext({ javaScriptEnabled: false, locale: "fr-FR", viewport: { width: 1280, height: 800 } });
  const page = await contexte.newPage();
  const etrangeres = [];
  page.on("request", (r) => {
    if (new URL(r.url()).hostname !== "127.0.0.1") etrangeres.push(r.url());
  });
  const fautes = [];
  const juges = [];
  for (const vue of VUES) {
    const c = await navigateur.newContext({ viewport: { width: vue.largeur, height: 800 }, locale: "fr-FR", bypassCSP: true, ...vue.options });
    juges.push({ vue, page: await c.newPage() });
  }
  return {
    page,
    contexte,
    ...elements(page),
    ecran: async (nom) => fautes.push(...(await ecran(page, juges, nom))),
    /** All the faults of the journey at once, at its end. */
    conclut() {
      assert.deepEqual(fautes, []);
      assert.deepEqual(etrangeres, [], "nothing is asked of another origin");
    },
  };
}

/** Judges the screen the journey is on; gives its faults. */
async function ecran(page, juges, nom) {
  const adresse = page.url();
  const html = await page.content();
  const fautes = [];
  const dit = (faute) => fautes.push(`${nom}: ${faute}`);
  for (const m of await valide(html)) dit(`HTML ${m.ruleId}, ligne ${m.line} : ${m.message}`);
  if (/<script|javascript:|\son[a-z]+=|\sstyle=/.test(html)) dit("inline script or style");
  for (const { vue, page: juge } of juges) {
    if (!vue.axe && !process.env.MAILLAGE_CAPTURES) continue;
    await juge.unrouteAll();
    await juge.route(adresse, (r) => r.fulfill({ contentType: "text/html; charset=utf-8", body: html }));
    await juge.goto(adresse);
    await juge.setViewportSize({ width: vue.largeur, height: 800 });
    if (process.env.MAILLAGE_CAPTURES) {
      mkdirSync(process.env.MAILLAGE_CAPTURES, { recursive: true });
      await juge.screenshot({ path: join(process.env.MAILLAGE_CAPTURES, `${nom}-${vue.nom}.png`), fullPage: true });
    }
    if (process.env.MAILLAGE_VITRINE && vue.nom === "bureau" && VITRINE.includes(nom)) {
      await juge.screenshot({ path: join(process.env.MAILLAGE_VITRINE, `${nom}.png`) });
    }
    if (process.env.MAILLAGE_CAPTURES && vue.nom === "bureau" && IMPRIMES.includes(nom)) {
      await juge.pdf({ path: join(process.env.MAILLAGE_CAPTURES, `${nom}.pdf`), format: "A4", preferCSSPageSize: true });
    }
    if (vue.axe) for (const f of await axe(juge, vue.axe)) dit(`${vue.nom} ${f}`);
    if (vue.nom === "320") {
      for (const f of await debordements(juge)) dit(`320 px : ${f}`);
      await juge.addStyleTag({ content: ESPACEMENT });
      for (const f of await debordements(juge)) dit(`320 px, espacement : ${f}`);
    }
    if (vue.nom === "bureau") {
      for (const f of await juge.evaluate(sansEtiquette)) dit(f);
      for (const f of await juge.evaluate(espacesOrdinaires)) dit(f);
      await juge.setViewportSize({ width: 640, height: 400 });
      for (const f of await debordements(juge)) dit(`200 % : ${f}`);
    }
  }
  return fautes;
}

/** The errors of the HTML validator. */
async function valide(html) {
  const rapport = await validateur.validateString(html);
  return rapport.results.flatMap((r) => r.messages).filter((m) => m.severity === 2);
}

async function axe(juge, regles) {
  await juge.evaluate(AXE);
  const { violations } = await juge.evaluate(
    async ([locale, runOnly]) => {
      window.axe.configure({ locale });
      return window.axe.run(document, { runOnly, resultTypes: ["violations"] });
    },
    [AXE_FR, regles],
  );
  return violations.map((v) => `axe ${v.id} : ${v.help} ; ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary}`).join(" | ")}`);
}

/** Elements wider than the page, outside the boxes that scroll by themselves. */
function debordements(juge) {
  return juge.evaluate(() => {
    const largeur = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= largeur) return [];
    const larges = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > largeur + 1 && !e.closest(".defilant"));
    return [`${document.documentElement.scrollWidth} px : ${larges.slice(0, 4).map((e) => `${e.tagName}.${e.className}`).join(", ")}`];
  });
}

/** axe lets a field with a placeholder pass: here every field has a label that is seen. */
function sansEtiquette() {
  const champs = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")];
  const vue = (l) => l.getBoundingClientRect().width > 2 && getComputedStyle(l).visibility === "visible";
  return champs.filter((c) => ![...(c.labels ?? [])].some(vue)).map((c) => `no visible label for ${c.id || c.name}`);
}

/** Texts where a plain space stands before `: ; ! ? »` or after `«`: French wants one that does not break there. */
function espacesOrdinaires() {
  const textes = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  const fautes = [];
  while (textes.nextNode()) {
    const { parentElement, data } = textes.currentNode;
    if (!parentElement.closest("code, kbd, pre, samp, script, style, textarea") && / [:;!?»]|« /.test(data)) fautes.push(`plain space: ${data.trim().slice(0, 60)}`);
  }
  return fautes;
}

/** What an application of one-time codes shows now for a key (RFC 6238, defaults). */
export function codeDuMoment(cle) {
  const bits = [...cle].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from(bits.match(/.{8}/g).map((o) => parseInt(o, 2)));
  const pas = Buffer.alloc(8);
  pas.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", secret).update(pas).digest();
  const tronque = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff;
  return String(tronque % 1_000_000).padStart(6, "0");
}

/** Signs in on the page of the hub, as a person with an application of one-time codes. */
export async function connecte(page, identifiant, motDePasse, cle) {
  await page.getByLabel("Identifiant").fill(identifiant);
  await page.getByLabel("Mot de passe").fill(motDePasse);
  await page.getByLabel("Code à six chiffres").fill(codeDuMoment(cle));
  await page.getByRole("button", { name: "Se connecter" }).click();
}

/** Address of a link of the page, by its words. */
export async function adresse(page, libelle) {
  return new URL(await page.getByRole("link", { name: libelle, exact: true }).first().getAttribute("href"), page.url()).href;
}

/** A journey of somebody who signed in: the accounts are in MAILLAGE_COMPTES, with the keys of their codes. */
export async function entre(essai, identifiant, retour) {
  const { MAILLAGE_HUB, MAILLAGE_MOT_DE_PASSE, MAILLAGE_COMPTES } = process.env;
  const outils = await ouvre(essai);
  const { page } = outils;
  await page.goto(`${MAILLAGE_HUB}/connexion?retour=${encodeURIComponent(retour)}`);
  await connecte(page, identifiant, MAILLAGE_MOT_DE_PASSE, JSON.parse(MAILLAGE_COMPTES)[identifiant]);
  assert.equal(new URL(page.url()).pathname, retour);
  return outils;
}

/** Goes with Tab alone to an element of the page, whose place is seen on the way; fails when it cannot be reached. */
export async function tabule(page, element) {
  for (let pas = 0; pas < 400; pas += 1) {
    await page.keyboard.press("Tab");
    if (await element.evaluate((e) => e === document.activeElement)) {
      assert.notEqual(await element.evaluate((e) => getComputedStyle(e).outlineStyle), "none", "the focus is seen");
      return;
    }
  }
  assert.fail(`not reached with Tab: ${element}`);
}

/** Reaches an element with Tab and presses a key on it. */
export async function presse(page, element, touche = "Enter") {
  await tabule(page, element);
  const arrivee = touche === "Enter" ? page.waitForEvent("framenavigated") : undefined;
  await page.keyboard.press(touche);
  await arrivee;
  await page.waitForLoadState();
}

// The table « Navigation et clics »: the main tasks, and the activations each may take from the page where the role lands.
const CLICS = {
  "reprendre la publication": 1,
  "reprendre un import": 1,
  "vérifier un classeur": 3,
  "relire et envoyer au hub": 3,
  "ajouter un évènement": 3,
  "retrouver un accusé": 2,
  "saisir un jeu déclaré": 2,
  "relancer un centre": 2,
  "voir un département": 2,
  "ouvrir une convention": 2,
  "lire sa position": 2,
  "trouver une pratique sur un thème": 2,
  "préparer le dossier du comité": 3,
  "exporter le tableau affiché": 1,
};

/** A click that takes a file away. */
export const telecharge = (page, lien) => ({
  click: async () => {
    const telechargement = page.waitForEvent("download");
    await lien.click();
    await (await telechargement).path();
  },
});

/** A task of that table, typing apart: a gesture is a link or a button, or what clicks after having typed. */
export async function tache(nom, gestes) {
  const limite = CLICS[nom];
  assert.ok(limite, `« ${nom} » is in the table`);
  assert.ok(gestes.length <= limite, `${nom}: ${gestes.length} clicks, ${limite} at most`);
  for (const geste of gestes) await geste.click();
}
