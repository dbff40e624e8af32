// Those who share, JavaScript off: the practice behind a favourable gap, read, adopted, proposed and published; offers side
// by side; the nodes and their journal.
import assert from "node:assert/strict";
import { test } from "node:test";
import { adresse, entre, ouvre } from "./outils.mjs";

const { MAILLAGE_HUB: racine } = process.env;

test("a reader of the network sees masked realisations as words", { timeout: 900_000 }, async (essai) => {
  const { page, ecran, conclut } = await ouvre(essai);
  await page.goto(`${racine}/conventions?action=3.3`);
  assert.match(await page.locator("main").innerText(), /secret/);
  assert.equal(await page.locator("svg").count(), 0, "no drawing without a target to draw");
  await ecran("hub-conventions-secret");
  await page.goto(`${racine}/comparaison?indicateur=EA13`);
  assert.match(await page.locator("main").innerText(), /secret|non significatif|non transmis/);
  await ecran("hub-comparaison-secret");
  await page.goto(`${racine}/comparaison?region=27`);
  assert.match(await page.locator("main").innerText(), /Ni entonnoir ni médiane ici/);
  await ecran("hub-comparaison-fermee");
  await page.goto(`${racine}/offre`);
  assert.match(await page.locator("main").innerText(), /Étude de poste/);
  await ecran("hub-offre");
  await page.getByLabel("Mode").selectOption("collectif");
  await page.getByRole("button", { name: "Filtrer l’offre" }).click();
  const filtree = await page.locator("main table").first().innerText();
  assert.match(filtree, /Atelier/);
  assert.doesNotMatch(filtree, /Bilan/);
  conclut();
});

test("a peer finds the practice behind a favourable gap, adopts it, and proposes its own", { timeout: 900_000 }, async (essai) => {
  const { page, contexte, ecran, conclut, texte, menu } = await entre(essai, "cdg25", "/");
  await menu("Comparaison").click();
  // What the secret lets through differs from one indicator to another: the first that shows five centres is read.
  for (const indicateur of ["EA10", "EA12", "EA18", "EA11"]) {
    await page.getByLabel("Indicateur").selectOption(indicateur);
    await page.getByRole("button", { name: "Comparer les centres" }).click();
    if (/CDG67\s: écart favorable/.test(await texte())) break;
  }
  assert.match(await texte(), /CDG67\s: écart favorable/);
  await ecran("hub-comparaison");
  const centres = await (await contexte.request.get(await adresse(page, "CSV ouvert"))).text();
  assert.match(centres, /^Centre,/);
  await page.getByRole("link", { name: /Lire les bonnes pratiques de CDG67/ }).click();
  await page.getByRole("link", { name: "Parrainage à l’embauche" }).click();
  await ecran("hub-pratique");
  await page.getByRole("button", { name: "Adopter la pratique" }).click();
  assert.match(await texte(), /1\s+centre \(CDG25\)/);
  await ecran("hub-pratique-adoptee");

  await menu("Bonnes pratiques").click();
  await ecran("hub-pratiques");
  await page.getByLabel("Mots cherchés").fill("REUNISSENT medecine");
  await page.getByRole("button", { name: "Chercher une fiche" }).click();
  assert.match(await texte(), /1\s+fiche publiée\s+Cellule de maintien/);
  await page.getByRole("link", { name: "Proposer une fiche" }).click();
  await page.getByLabel("Titre").fill("Un guide de l’accueil");
  await page.getByRole("button", { name: "Proposer la fiche" }).click();
  assert.match(await texte(), /rubriques à corriger/);
  assert.equal(await page.getByLabel("Titre").inputValue(), "Un guide de l’accueil", "what was written stays");
  await ecran("hub-proposition-erreur");
  for (const [champ, valeur] of [
    ["Problème", "Chaque service accueillait à sa façon."],
    ["Ce qui a été fait", "Un guide de huit pages, relu par des agents concernés."],
    ["Moyens", "Vingt heures."],
    ["Indicateur", "Services qui l’utilisent"],
    ["Résultat mesuré", "14"],
    ["Période de la mesure", "année 2025"],
    ["Limites", "À mettre à jour chaque année."],
    ["Service à contacter", "service handicap"],
  ]) {
    await page.getByLabel(champ).fill(valeur);
  }
  await page.getByLabel("Thème").selectOption("recrutement");
  await page.getByLabel("J’ai relu la fiche").check();
  await page.getByRole("button", { name: "Proposer la fiche" }).click();
  assert.match(await texte(), /Fiche\s+proposée/);
  conclut();
});

test("whoever administers reads the nodes, stops one, takes it up again and verifies the journal", { timeout: 900_000 }, async (essai) => {
  const { page, ecran, conclut, texte } = await entre(essai, "gestion", "/administration");
  await ecran("hub-administration");
  await page.getByRole("button", { name: "Suspendre Centre de gestion de Meurthe-et-Moselle" }).click();
  assert.match(await texte(), /suspendu/);
  await page.getByRole("button", { name: "Remettre en service Centre de gestion de Meurthe-et-Moselle" }).click();
  assert.doesNotMatch(await page.locator("table:has(#noeuds)").innerText(), /suspendu/);
  await page.getByRole("link", { name: "Lire le journal d’audit" }).click();
  await page.getByRole("link", { name: "Vérifier la chaîne du journal" }).click();
  assert.match(await texte(), /La chaîne du journal est entière/);
  assert.match(await texte(), /pratique\.adopter/);
  await ecran("hub-journal");
  conclut();
});

test("the director reads what is proposed, and publishes it", { timeout: 900_000 }, async (essai) => {
  const { page, ecran, conclut, texte } = await entre(essai, "dth2", "/pratiques");
  await page.getByRole("link", { name: "Un guide de l’accueil" }).click();
  await page.getByRole("button", { name: "Refuser la fiche" }).click();
  assert.match(await texte(), /Un refus demande un motif/);
  await ecran("hub-pratique-relecture");
  await page.getByRole("button", { name: "Publier la fiche" }).click();
  assert.match(await texte(), /Fiche\s+publiée/);
  conclut();
});
