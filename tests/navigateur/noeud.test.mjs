// An agent of a centre, JavaScript off: a faulty workbook is deposited, mended in the page, stored, undone, stored
// again; a fiche is corrected; what leaves is read and approved while the hub does not answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ouvre, tache } from "./outils.mjs";

const { MAILLAGE_LIEN: lien, MAILLAGE_FAUTIF: fautif } = process.env;
const racine = new URL(lien).origin;

test("an agent mends a workbook, reads what leaves and approves it", { timeout: 900_000 }, async (essai) => {
  const { page, contexte, ecran, conclut, bouton, menu } = await ouvre(essai);
  const titre = async (attendu) => assert.match(await page.getByRole("heading", { level: 1 }).innerText(), attendu);

  // Nobody comes in without a link, and a link opens one session.
  assert.equal((await page.goto(`${racine}/dispositifs`)).status(), 401);
  await ecran("noeud-entree-sans-lien");
  await page.goto(lien);
  await ecran("noeud-entree");
  await bouton("Ouvrir la session").click();
  await titre(/Tableau de bord/);
  assert.equal((await contexte.request.post(`${racine}/entrer`, { form: { jeton: new URL(lien).searchParams.get("jeton") } })).status(), 401, "once only");
  assert.equal((await contexte.request.post(`${racine}/sortir`, { form: { jeton: "forgé" } })).status(), 403, "a forged form is refused");
  assert.equal((await contexte.request.get(`${racine}/`, { headers: { host: "pirate.example" } })).status(), 421, "another name is refused");

  // Empty states.
  await ecran("noeud-tableau-de-bord-vide");
  await menu("Envois et accusés").click();
  await ecran("noeud-envois-vide");
  await menu("Importer").click();
  await ecran("noeud-imports-vide");

  // A faulty workbook: each anomaly in its cell, nothing stored.
  await page.getByLabel("Classeur à vérifier").setInputFiles(fautif);
  await bouton("Vérifier le classeur").click();
  await titre(/Vérifier un classeur/);
  assert.match(await page.locator("main").innerText(), /anomalies bloquent l’enregistrement/);
  assert.equal(await bouton("Enregistrer le classeur").count(), 0);
  await ecran("noeud-classeur-fautif");
  const annote = await contexte.request.get(`${page.url()}/annote.xlsx`);
  assert.equal((await annote.body()).subarray(0, 2).toString(), "PK");
  assert.match(await (await contexte.request.get(`${page.url()}/anomalies.csv`)).text(), /Personnes;F3/);

  // Mended in the page, checked again, stored, undone, deposited again from the history.
  await page.getByLabel("Correction de Personnes F3").fill("28/02/1990");
  await page.getByLabel("Correction de Évènements J4").fill("CDI");
  await bouton("Corriger et tout revérifier").click();
  assert.match(await page.getByRole("status").innerText(), /2.cellules corrigées/);
  await ecran("noeud-classeur-corrige");
  await menu("Tableau de bord").click();
  await ecran("noeud-tableau-de-bord-brouillon");
  await page.getByRole("link", { name: "Reprendre l’import" }).click();
  await bouton("Enregistrer le classeur").click();
  assert.match(await page.getByRole("status").innerText(), /Enregistré/);
  await ecran("noeud-import-enregistre");
  await bouton("Annuler cet enregistrement").click();
  assert.match(await page.getByRole("status").innerText(), /annulé/);
  await page.getByLabel("Classeur à vérifier").setInputFiles(process.env.MAILLAGE_JUSTE);
  await bouton("Vérifier le classeur").click();
  await bouton("Enregistrer le classeur").click();
  await ecran("noeud-imports");

  // Fiches, and a correction that the checks refuse, then accept.
  await menu("Dispositifs et fiches").click();
  await ecran("noeud-dispositifs");
  await page.getByRole("link", { name: "BFC01", exact: true }).click();
  await ecran("noeud-dispositif");
  const reference = await page.locator("#personnes ~ tbody th a, table:has(#personnes) tbody th a").first().innerText();
  await page.getByRole("link", { name: reference, exact: true }).click();
  await ecran("noeud-personne");
  assert.ok(!page.url().includes(reference) && !(await page.title()).includes(reference), "no reference in an address nor in the history");
  await page.getByRole("link", { name: "Modifier la fiche et l’évènement" }).click();
  await ecran("noeud-edition");
  await page.getByLabel("Date de naissance").fill("31/02/1990");
  await bouton("Enregistrer la fiche").click();
  assert.match(await page.getByRole("alert").innerText(), /rien n’est enregistré/);
  assert.equal(await page.getByLabel("Date de naissance").getAttribute("aria-invalid"), "true");
  assert.match(await page.title(), /^Erreur/);
  await ecran("noeud-edition-erreur");
  await page.getByLabel("Date de naissance").fill("28/02/1990");
  await bouton("Enregistrer la fiche").click();
  assert.match(await page.getByRole("status").innerText(), /Enregistré/);
  assert.match(await page.locator("main").innerText(), /28\/02\/1990/);
  await ecran("noeud-personne-corrigee");

  await page.goto(racine);
  await tache("reprendre la publication", [page.getByRole("link", { name: "Reprendre la publication", exact: true })]);

  // What leaves: masked cells with their reason, the public audience, every cell, the clear data set.
  await menu("Ce qui sort d’ici").click();
  const cellules = page.locator("table:has(#cellules) tbody");
  assert.match(await cellules.innerText(), /secret/);
  await ecran("noeud-apercu-secret");
  await page.getByLabel("Qui lira").selectOption("public");
  await page.getByLabel("Cellules affichées").selectOption("tout");
  await bouton("Afficher l’aperçu").click();
  assert.match(page.url(), /audience=public/);
  await page.getByRole("link", { name: "Page suivante" }).click();
  await ecran("noeud-apercu-tout");
  await page.getByLabel("Jeu de données").selectOption("ea.dispositif");
  await bouton("Afficher l’aperçu").click();
  await ecran("noeud-apercu-dispositif");
  const corps = await (await contexte.request.get(`${racine}/apercu/octets/ea.indicateurs?campagne=2026-T1`)).text();
  assert.ok(!corps.includes(reference) && corps.includes("\"secret\""), "the bytes shown hold no reference");

  // Approved while the hub does not answer: sealed, in the queue, said on the dashboard.
  await page.getByLabel("J’ai relu ce qui sort").check();
  await bouton("Envoyer au hub").click();
  assert.match(await page.getByRole("alert").innerText(), /repartira seul/);
  await ecran("noeud-envois-hub-injoignable");
  await menu("Tableau de bord").click();
  await ecran("noeud-tableau-de-bord-alarme");

  // The convention, a plan beyond a ceiling, situations; then the settings.
  await menu("Convention FIPHFP").click();
  await ecran("noeud-convention");
  for (const [axe, montant] of [[1, "32 000"], [2, "68 000"], [3, "113 500"], [4, "90 000"], [5, "douze"]]) {
    await page.getByLabel(`Axe ${axe},`).fill(montant);
  }
  await bouton("Contrôler le plan").click();
  assert.match(await page.getByRole("alert").innerText(), /Axe 5/);
  await ecran("noeud-convention-erreur");
  await page.getByLabel("Axe 5,").fill("5 000");
  await bouton("Contrôler le plan").click();
  assert.match(await page.getByRole("status").innerText(), /plafond/);
  await ecran("noeud-convention-plafond");
  await page.getByLabel("Fichier des situations").setInputFiles({
    name: "situations.json",
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify({ situations: [
      { id: "S1", action: "3.1", personne: "P1", qualite: "BOE", debut: "2026-02-01", employeur: { siret: "26920037400016", versant: "FPT", affiliation: "obligatoire" } },
      { id: "S2", action: "3.1", personne: "P2", qualite: "sans", debut: "2026-02-01", employeur: { siret: "26920037400016", versant: "FPT", affiliation: "obligatoire" } },
    ] })),
  });
  await bouton("Évaluer les situations").click();
  assert.match(await page.locator("main").innerText(), /Total valorisable/);
  await ecran("noeud-convention-situations");
  await menu("Réglages").click();
  await ecran("noeud-reglages");
  await page.goto(`${racine}/nulle-part`);
  await ecran("noeud-introuvable");
  await page.getByRole("link", { name: /Accessibilité/ }).click();
  await ecran("noeud-accessibilite");
  conclut();
});
