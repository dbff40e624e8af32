// Those who steer, JavaScript off: who is late, one département in figures, the table taken away, the address sent
// to a colleague. What is masked is a word everywhere: page, drawing, files.
import assert from "node:assert/strict";
import { test } from "node:test";
import { adresse, connecte, ouvre } from "./outils.mjs";

const { MAILLAGE_HUB: racine, MAILLAGE_MOT_DE_PASSE: MOT_DE_PASSE, MAILLAGE_CODES: CODES } = process.env;

test("the steering side finds the late centre, filters and takes the table away", { timeout: 900_000 }, async (essai) => {
  const { page, contexte, ecran, conclut, menu, texte } = await ouvre(essai);

  await page.goto(racine);
  await ecran("hub-vue-d-ensemble");

  await menu("Pilotage de la campagne").click();
  await page.getByLabel("Région").selectOption({ label: "Bourgogne-Franche-Comté" });
  await page.getByRole("button", { name: "Afficher la campagne" }).click();
  assert.match(await texte(), /Qui manque\s+Centre de gestion du Doubs/);
  await ecran("hub-pilotage");
  const matrice = await (await contexte.request.get(await adresse(page, "CSV pour tableur"))).body();
  assert.equal(matrice.subarray(0, 3).toString("hex"), "efbbbf");
  assert.match(matrice.toString(), /Centre de gestion de la Haute-Saône;.*reçu|tardif/);

  await menu("Emploi accompagné").click();
  await page.getByLabel("Région").selectOption({ label: "Bourgogne-Franche-Comté" });
  await page.getByLabel("Indicateur du graphique").selectOption({ value: "EA05" });
  await page.getByRole("button", { name: "Afficher les indicateurs" }).click();
  assert.match(await texte(), /secret/);
  await ecran("hub-emploi-secret");
  await page.getByLabel("Indicateur du graphique").selectOption({ value: "EA01" });
  await page.getByRole("button", { name: "Afficher les indicateurs" }).click();
  await ecran("hub-emploi");
  // Filters live in the address: a colleague sees the same page.
  const partagee = page.url();
  assert.match(partagee, /region=27.*indicateur=EA01/);
  const colonnes = await page.locator("table:has(#territoires)").innerText();
  await page.goto(racine);
  await page.goto(partagee);
  assert.equal(await page.locator("table:has(#territoires)").innerText(), colonnes);
  // The files hold the words of the screen.
  const ouvert = await (await contexte.request.get(await adresse(page, "CSV ouvert"))).text();
  assert.match(ouvert, /^Territoire,.*\(statut\)/);
  assert.match(ouvert, /,secret/);
  assert.equal((await (await contexte.request.get(await adresse(page, "classeur (XLSX)"))).body()).subarray(0, 2).toString(), "PK");
  assert.equal((await (await contexte.request.get(await adresse(page, "classeur (ODS)"))).body()).subarray(0, 2).toString(), "PK");
  await page.getByLabel("Territoires").selectOption("dispositif");
  await page.getByRole("button", { name: "Afficher les indicateurs" }).click();
  assert.match(await texte(), /BFC01/);
  await ecran("hub-emploi-dispositifs");
  await page.getByLabel("Région").selectOption({ label: "Grand Est" });
  await page.getByRole("button", { name: "Afficher les indicateurs" }).click();
  assert.match(await texte(), /Aucun indicateur n’est encore reçu/);
  await ecran("hub-emploi-vide");
  await page.goto(`${racine}/donnees`);
  assert.match(await texte(), /état 1 depuis le/);
  await ecran("hub-donnees");
  await page.goto(`${racine}/emploi-accompagne?campagne=1999-T1`);
  await ecran("hub-introuvable");
  await page.getByRole("link", { name: /Accessibilité : / }).click();
  await ecran("hub-accessibilite");

  // Somebody of the FIPHFP signs in, and sees what will be written to the late centre.
  await page.goto(`${racine}/pilotage?campagne=2026-T1`);
  await page.getByRole("link", { name: "Se connecter" }).click();
  await ecran("hub-connexion");
  await connecte(page, "dth", "pas le bon mot de passe", CODES);
  assert.match(await texte(), /refusé/);
  await ecran("hub-connexion-refusee");
  await connecte(page, "dth", MOT_DE_PASSE, CODES);
  assert.match(page.url(), /\/pilotage/);
  assert.match(await page.locator("header").innerText(), /Direction territoriale/);
  await page.getByRole("link", { name: "Relancer Centre de gestion du Doubs" }).click();
  assert.match(await texte(), /remontée attendue/);
  await ecran("hub-relance");
  await page.getByRole("button", { name: "Se déconnecter" }).click();
  await page.getByRole("link", { name: "Se connecter" }).waitFor();
  conclut();
});
