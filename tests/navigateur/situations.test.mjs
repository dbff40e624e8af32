// Whoever follows the convention of a centre, JavaScript off: a situation is entered, mended, refused by a rule then valued,
// its missing documents filled or noted, undone. Nothing of it leaves the node.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ouvre } from "./outils.mjs";

const { MAILLAGE_LIEN: lien } = process.env;

test("an agent follows the situations of the convention in the pages", { timeout: 900_000 }, async (essai) => {
  const { page, ecran, conclut, bouton, lienDe, menu, texte } = await ouvre(essai);
  await page.goto(lien);
  await bouton("Ouvrir la session").click();
  await menu("Convention FIPHFP").click();
  await lienDe("Voir les situations suivies").click();
  assert.match(await texte(), /Aucune situation ne répond à ce choix/);
  await ecran("noeud-situations-vide");

  // An action first, its fields then; what is wrong is said beside its field.
  await page.getByLabel("Action").selectOption("3.1");
  await bouton("Ajouter une situation").click();
  await page.getByLabel("Numéro de la situation").fill("S-2026-001");
  await page.getByLabel("Agent (code neutre)").fill("1850270123456");
  await page.getByLabel("Début", { exact: true }).fill("31/02/2026");
  await page.getByLabel("SIRET de l’employeur").fill("26920037400017");
  await bouton("Ajouter la situation").click();
  assert.match(await page.getByRole("alert").innerText(), /rien n’est enregistré/);
  assert.equal(await page.getByLabel("Début", { exact: true }).getAttribute("aria-invalid"), "true");
  assert.equal(await page.getByLabel("SIRET de l’employeur").getAttribute("aria-invalid"), "true");
  await ecran("noeud-situation-nouvelle-erreur");
  await page.getByLabel("Agent (code neutre)").fill("A7");
  await page.getByLabel("Début", { exact: true }).fill("01/02/2026");
  await page.getByLabel("SIRET de l’employeur").fill("269 200 374 00016");
  await page.getByLabel("Versant de la fonction publique").selectOption("FPT");
  await page.getByLabel("Affiliation au centre").selectOption("obligatoire");
  await page.getByLabel("Qualité").selectOption("sans");
  await bouton("Ajouter la situation").click();
  assert.match(await page.getByRole("status").innerText(), /situation est enregistrée/);
  assert.match(await texte(), /Refusée par la règle/);
  assert.match(await texte(), /manque\s: remplissez «\sFin\s»/);
  await ecran("noeud-situation-refusee");

  // Corrected: valued, its documents there.
  await page.getByLabel("Qualité").selectOption("BOE");
  await page.getByLabel("Fin", { exact: true }).fill("28/02/2026");
  await page.getByLabel("Service fait certifié").selectOption("oui");
  await bouton("Enregistrer la situation").click();
  assert.match(await texte(), /Valorisable/);
  await page.getByLabel(/^Fichier de la pièce/).first().setInputFiles({ name: "preuve.pdf", mimeType: "application/pdf", buffer: Buffer.from("preuve") });
  await bouton("Noter la pièce").first().click();
  assert.match(await texte(), /notée\s: preuve\.pdf/);
  await ecran("noeud-situation");
  await lienDe("Situations suivies").click();
  assert.match(await texte(), /1.situation suivie, 1.valorisable/);
  await ecran("noeud-situations");
  await page.getByLabel("Situations affichées").selectOption("refusees");
  await bouton("Afficher les situations").click();
  assert.match(page.url(), /montrer=refusees/);
  assert.match(await texte(), /Aucune situation ne répond à ce choix/);
  await page.locator("button", { hasText: "Annuler l’enregistrement n° 2" }).click();
  assert.match(await texte(), /1.situation suivie, 0.valorisable/);
  conclut();
});
