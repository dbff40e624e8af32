// Those who steer, without a mouse and without JavaScript: the late centre is reminded, a département is opened, a table and
// a chart are taken away; each in as few activations as the table « Navigation et clics » allows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { adresse, entre, presse, tache, telecharge } from "./outils.mjs";

const { MAILLAGE_HUB: racine, MAILLAGE_COURRIEL } = process.env;

test("the keyboard alone reminds the late centre and opens a département", { timeout: 600_000 }, async (essai) => {
  const { page, contexte, ecran, conclut, texte, lienDe } = await entre(essai, "dth2", "/");
  await ecran("hub-vue-d-ensemble-dth");
  await presse(page, lienDe("Relancer Centre de gestion du Doubs"));
  assert.match(await texte(), /remontée attendue/);
  if (MAILLAGE_COURRIEL) {
    await presse(page, page.getByRole("button", { name: "Envoyer la relance" }));
    assert.match(await texte(), /envoyée le/);
    await page.goto(racine);
    await tache("relancer un centre", [lienDe("Relancer Centre de gestion du Doubs"), page.getByRole("button", { name: "Envoyer la relance" })]);
    assert.match(await texte(), /envoyée le/, "the second letter leaves too");
  }

  // One département: a tile leads to it, its address is the whole state of the page.
  await page.goto(racine);
  await tache("voir un département", [lienDe("Emploi accompagné"), lienDe("70 Haute-Saône")]);
  assert.match(page.url(), /departement=70/);
  await page.goto(`${racine}/emploi-accompagne?campagne=2025-T4`);
  assert.match(await page.locator("table:has(#territoires)").innerText(), /25 Doubs/);
  await presse(page, lienDe("70 Haute-Saône"));
  const colonne = await page.locator("table:has(#territoires)").innerText();
  assert.match(colonne, /70 Haute-Saône/);
  assert.doesNotMatch(colonne, /25 Doubs/);
  await ecran("hub-emploi-departement");
  const partagee = page.url();
  const fichier = await (await contexte.request.get(await adresse(page, "CSV ouvert"))).text();
  assert.match(fichier, /70 Haute-Saône/);
  assert.doesNotMatch(fichier, /25 Doubs/);
  await page.goto(racine);
  await page.goto(partagee);
  assert.equal(await page.locator("table:has(#territoires)").innerText(), colonne, "the address reopens the same page");
  await presse(page, lienDe("Revoir tous les départements"));
  assert.match(await page.locator("table:has(#territoires)").innerText(), /25 Doubs/);

  // A chart as a file: the same words, no more; a picture that is one.
  const svg = await (await contexte.request.get(await adresse(page, "image (SVG)"))).text();
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.match(svg, /Source\s: .*Extrait le/s);
  const secrets = await page.locator("svg text").filter({ hasText: /^secret$/ }).count();
  assert.equal((svg.match(/>secret</g) ?? []).length, secrets, "what is a word in the page is a word in the file");
  const png = await contexte.request.get(await adresse(page, "image (PNG)"));
  assert.equal((await png.body()).subarray(1, 4).toString(), "PNG");
  assert.match(png.headers()["content-disposition"], /filename="emploi-accompagne\.png"/);

  await tache("exporter le tableau affiché", [telecharge(page, page.getByRole("link", { name: "classeur (XLSX)", exact: true }).first())]);
  await page.goto(racine);
  await tache("préparer le dossier du comité", [lienDe("Pilotage de la campagne"), telecharge(page, lienDe("PDF accessible"))]);
  await page.goto(racine);
  await tache("ouvrir une convention", [lienDe("Conventions"), page.locator("main table tbody a").first()]);
  assert.match(new URL(page.url()).pathname, /^\/conventions\/cdg-/);
  await page.goto(racine);
  await tache("lire sa position", [lienDe("Comparaison")]);
  await page.goto(racine);
  const trie = {
    click: async () => {
      await page.getByLabel("Thème").selectOption("maintien");
      await page.getByRole("button", { name: "Chercher une fiche" }).click();
    },
  };
  await tache("trouver une pratique sur un thème", [lienDe("Bonnes pratiques"), trie]);
  assert.match(page.url(), /theme=maintien/);
  conclut();
});
