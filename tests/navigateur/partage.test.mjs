// Those who steer and those who share, JavaScript off: the late centre, its convention and the ceiling it passes; the
// practice behind a favourable gap, read, adopted, proposed and published; the nodes and their journal.
import assert from "node:assert/strict";
import { test } from "node:test";
import { adresse, connecte, ouvre } from "./outils.mjs";

const { MAILLAGE_HUB: racine, MAILLAGE_MOT_DE_PASSE: MOT_DE_PASSE, MAILLAGE_COMPTES, MAILLAGE_COURRIEL } = process.env;
const COMPTES = JSON.parse(MAILLAGE_COMPTES);

/** A journey of somebody who signed in. */
async function entre(essai, identifiant, retour) {
  const outils = await ouvre(essai);
  const { page } = outils;
  await page.goto(`${racine}/connexion?retour=${encodeURIComponent(retour)}`);
  await connecte(page, identifiant, MOT_DE_PASSE, COMPTES[identifiant]);
  assert.equal(new URL(page.url()).pathname, retour);
  const menu = (nom) => page.getByRole("navigation", { name: "Navigation principale" }).getByRole("link", { name: nom, exact: true });
  const texte = () => page.locator("main").innerText();
  return { ...outils, menu, texte };
}

test("the steering side finds the late centre, reminds it, opens its convention and sees the ceiling", { timeout: 900_000 }, async (essai) => {
  const { page, contexte, ecran, conclut, texte, menu } = await entre(essai, "dth", "/pilotage");
  assert.match(await texte(), /Qui manque\s+Centre de gestion du Doubs/);
  await page.getByRole("link", { name: "Relancer Centre de gestion du Doubs" }).click();
  if (MAILLAGE_COURRIEL) {
    await page.getByRole("button", { name: "Envoyer la relance" }).click();
    assert.match(await texte(), /envoyée le/);
    await ecran("hub-relance-envoyee");
  }
  await page.getByRole("link", { name: "Revenir au pilotage" }).click();
  await page.getByRole("link", { name: "Ouvrir sa convention (Centre de gestion du Doubs)" }).click();
  assert.match(await texte(), /Plafond atteint\s+Axe 2 : .* valorisés pour .* demandés/);
  await ecran("hub-convention");
  const axes = await (await contexte.request.get(page.url().replace(/(\?.*)?$/, "?periode=2026-T2&table=axes&format=csv-ouvert"))).text();
  assert.match(axes, /^Axe,Demandé/);

  await menu("Conventions").click();
  assert.match(await texte(), /À regarder\s+CDG25/);
  await ecran("hub-conventions");
  await page.getByLabel("Action").selectOption("3.3");
  await page.getByRole("button", { name: "Afficher les conventions" }).click();
  assert.match(page.url(), /action=3\.3/);
  await ecran("hub-conventions-action");
  conclut();
});

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
  assert.match(await texte(), /CDG67 : écart favorable/);
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
