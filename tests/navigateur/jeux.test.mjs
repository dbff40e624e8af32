// An agent keys what the centre declares beside its fiches, JavaScript off: sheet after sheet of the RSU with a mistake mended
// in its field, a practice written as a draft and taken up again in another session, a workbook taken and corrected, an
// enregistrement undone; then what leaves is read and sent, and what the network shares is read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ouvre } from "./outils.mjs";

const { MAILLAGE_LIEN: lien, MAILLAGE_LIEN_2: second } = process.env;
const racine = new URL(lien).origin;

test("an agent keys the declared data sets in the pages", { timeout: 900_000 }, async (essai) => {
  const { page, contexte, ecran, conclut, bouton, lienDe, menu, texte } = await ouvre(essai);

  await page.goto(lien);
  await bouton("Ouvrir la session").click();
  await menu("Autres jeux").click();
  await ecran("noeud-jeux-vide");

  // The RSU: each sheet is a form made from its file.
  await page.getByRole("link", { name: /RSU|obligation d’emploi/ }).first().click();
  await page.getByLabel("Période").selectOption("2025-T4");
  await bouton("Changer de période").click();
  assert.match(await texte(), /Rien n’est saisi pour cette période/);
  await ecran("noeud-jeu-vide");
  await lienDe("Genre").click();
  await page.getByLabel("Femme", { exact: false }).first().fill("30");
  await page.getByLabel("Homme", { exact: false }).first().fill("douze");
  await page.getByLabel("Total").fill("50");
  await bouton("Vérifier et continuer").click();
  assert.match(await page.getByRole("alert").innerText(), /gardée en brouillon/);
  assert.match(await page.title(), /^Erreur/);
  assert.equal(await page.getByLabel("Homme", { exact: false }).first().getAttribute("aria-invalid"), "true");
  assert.equal(await page.getByLabel("Homme", { exact: false }).first().inputValue(), "douze", "what was typed stays");
  await ecran("noeud-jeu-feuille-erreur");
  await page.getByLabel("Homme", { exact: false }).first().fill("20");
  await bouton("Garder le brouillon").click();
  await ecran("noeud-jeu-brouillon");
  assert.match(await texte(), /3 sur 3\scases/);

  // A practice: a record, refused while nobody vouches for it, kept, removed, put back.
  await menu("Autres jeux").click();
  await lienDe("Bonnes pratiques").click();
  await lienDe("Fiches").click();
  await ecran("noeud-jeu-liste-vide");
  await lienDe("Ajouter une fiche").click();
  for (const [champ, valeur] of [
    ["Titre", "Un référent par service"],
    ["Problème", "Chaque service découvrait les aides au moment d’une difficulté."],
    ["Ce qui a été fait", "Un référent formé dans chaque service, réuni deux fois par an."],
    ["Moyens", "Deux jours de formation."],
    ["Indicateur", "Situations signalées avant l’arrêt de travail"],
    ["Résultat mesuré", "quatorze"],
    ["Période de la mesure", "année 2025"],
    ["Limites", "Les petites communes n’ont qu’un service."],
    ["Service à contacter", "service handicap"],
  ]) {
    await page.getByLabel(champ, { exact: false }).first().fill(valeur);
  }
  await page.getByLabel("Thème").selectOption({ label: "Maintien dans l’emploi" });
  await page.getByLabel("Aucun cas reconnaissable").selectOption("oui");
  await page.getByLabel("État").selectOption({ label: "Brouillon" });
  await bouton("Vérifier la fiche et revenir à la liste").click();
  assert.match(await page.getByRole("alert").innerText(), /quatorze/);
  await ecran("noeud-jeu-fiche-erreur");
  await page.getByLabel("Résultat mesuré").fill("14");
  await bouton("Vérifier la fiche et revenir à la liste").click();
  assert.match(await texte(), /Un référent par service/);
  await ecran("noeud-jeu-liste");
  await bouton("Retirer la fiche 1").click();
  assert.match(await texte(), /Aucune fiche pour l’instant/);
  await bouton("Remettre la fiche").click();
  await lienDe("Fiches").click();
  assert.match(await texte(), /Un référent par service/);

  // The session ends; the draft waits on the dashboard of the next one.
  await menu("Réglages").click();
  await bouton("Fermer la session").click();
  await page.goto(second);
  await bouton("Ouvrir la session").click();
  assert.match(await texte(), /La saisie «\sBonnes pratiques\s» .* n’est pas encore enregistrée/);
  await ecran("noeud-tableau-de-bord-saisies");
  await page.getByRole("listitem").filter({ hasText: "Bonnes pratiques" }).getByRole("link", { name: "Reprendre la saisie" }).click();
  await bouton("Enregistrer la saisie").click();
  assert.match(await page.getByRole("status").innerText(), /Saisie n° \d+ enregistrée/);
  await ecran("noeud-jeu-enregistre");
  await bouton("Annuler cet enregistrement").click();
  assert.match(await page.getByRole("status").innerText(), /redevenu un brouillon/);
  await bouton("Enregistrer la saisie").click();

  // A workbook filled elsewhere, then mended in its field; another one is not of this jeu.
  await menu("Autres jeux").click();
  await page.getByRole("link", { name: /Activité/ }).first().click();
  const modele = await contexte.request.get(new URL(await lienDe("Télécharger le modèle prérempli (XLSX)").getAttribute("href"), page.url()).href);
  const classeur = { name: "activite.xlsx", mimeType: "application/octet-stream", buffer: await modele.body() };
  await page.getByLabel("Classeur rempli").setInputFiles(process.env.MAILLAGE_JUSTE);
  await bouton("Déposer le classeur").click();
  assert.match(await page.getByRole("alert").first().innerText(), /Ce classeur n’est pas repris/);
  await ecran("noeud-jeu-classeur-refuse");
  await page.getByLabel("Classeur rempli").setInputFiles(classeur);
  await bouton("Déposer le classeur").click();
  assert.match(await page.getByRole("status").innerText(), /repris en brouillon/);
  await lienDe("Recrutement et missions").click();
  await ecran("noeud-jeu-feuille");

  // What leaves: only the sheets in their last state; the bytes, then the sending.
  await menu("Autres jeux").click();
  await ecran("noeud-jeux");
  await lienDe("Bonnes pratiques").click();
  await lienDe("Relire ce qui sort").click();
  assert.doesNotMatch(await texte(), /Un référent par service/, "a draft sheet stays here");
  await page.goBack();
  await lienDe("Fiches").click();
  await lienDe("Un référent par service").click();
  await page.getByLabel("État").selectOption({ label: "Relecture" });
  await bouton("Vérifier la fiche et revenir à la liste").click();
  await lienDe("Revenir au sommaire").click();
  await bouton("Enregistrer la saisie").click();
  await lienDe("Fiches").click();
  await lienDe("Un référent par service").click();
  await page.getByLabel("État").selectOption({ label: "Publiée" });
  await bouton("Vérifier la fiche et revenir à la liste").click();
  await lienDe("Revenir au sommaire").click();
  await bouton("Enregistrer la saisie").click();
  await lienDe("Relire ce qui sort").click();
  assert.match(await texte(), /Un référent par service/);
  await ecran("noeud-jeu-apercu");
  await page.getByLabel("J’ai relu ce qui sort").check();
  await bouton("Envoyer au hub").click();
  assert.match(await page.getByRole("status").innerText(), /1.envoi accepté/);

  // What the network shares came down with the receipt, or says that nothing did.
  await menu("Le réseau").click();
  await ecran("noeud-reperes");
  await lienDe("bonnes pratiques du réseau").click();
  await ecran("noeud-pratiques");
  conclut();
});
