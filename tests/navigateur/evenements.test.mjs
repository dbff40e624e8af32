// A social worker, JavaScript off: the campaign that follows the last workbook is keyed fiche after fiche. An event is added
// from a search, mended, undone; a person comes in; nothing is stored before the whole passes the checks of an import.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ouvre, tache } from "./outils.mjs";

const { MAILLAGE_LIEN: lien, MAILLAGE_JUSTE: juste } = process.env;
const racine = new URL(lien).origin;
const EVENEMENT = {
  "Statut à la date évènement": "Suivi par le dispositif",
  "Niveau de soutien apporté": "Suivi – de 2 à 8h/mois",
  "Emploi à la date évènement": "CDI",
  "Formation à la date évènement": "Sans objet",
  "Emploi dans le dernier mois": "CDI",
  "Formation dans le dernier mois": "Sans objet",
};

test("a social worker adds events to fiches without a workbook", { timeout: 900_000 }, async (essai) => {
  const { page, ecran, conclut, bouton, lienDe, texte } = await ouvre(essai);
  const remplit = async (champs) => {
    for (const [libelle, valeur] of Object.entries(champs)) {
      const champ = page.getByLabel(libelle, { exact: false }).first();
      if ((await champ.evaluate((e) => e.tagName)) === "SELECT") await champ.selectOption({ label: valeur });
      else await champ.fill(valeur);
    }
  };
  await page.goto(lien);
  await bouton("Ouvrir la session").click();
  // Played alone, the journey begins with the workbook of the quarter before.
  if (!(await page.getByLabel("Référence de la personne").count())) {
    await page.goto(`${racine}/imports`);
    await page.getByLabel("Classeur à vérifier").setInputFiles(juste);
    await bouton("Vérifier le classeur").click();
    await bouton("Enregistrer le classeur").click();
    await page.goto(racine);
  }

  // A search by reference: too short, several persons, one.
  await page.getByLabel("Référence de la personne").fill("B");
  await bouton("Chercher la personne").click();
  assert.match(await page.getByRole("alert").first().innerText(), /trois caractères/);
  await page.getByLabel("Référence de la personne").fill("BFC01");
  await bouton("Chercher la personne").click();
  await ecran("noeud-recherche");
  const reference = await page.locator("table:has(#trouvees) tbody th a").first().innerText();
  await page.goto(racine);

  // The task of the table of clicks: from the dashboard, the fiche, then the event.
  const cherche = {
    click: async () => {
      await page.getByLabel("Référence de la personne").fill(reference);
      await bouton("Chercher la personne").click();
      assert.ok(!page.url().includes(reference), "no reference in an address");
      await ecran("noeud-personne-a-saisir");
      await remplit(EVENEMENT);
    },
  };
  await tache("ajouter un évènement", [cherche, bouton("Ajouter l’évènement")]);
  assert.match(await page.getByRole("status").innerText(), /Évènements saisis\s: 1 sur \d+/);
  await ecran("noeud-campagne-en-saisie");
  await bouton("Annuler cette saisie").click();
  assert.match(await texte(), /Évènements saisis\s: 0 sur/);

  // What is wrong is said beside its field, and what was typed stays.
  await lienDe("à saisir").first().click();
  await bouton("Ajouter l’évènement").click();
  assert.match(await page.getByRole("alert").innerText(), /gardée en brouillon/);
  assert.equal(await page.getByLabel("Emploi dans le dernier mois").getAttribute("aria-invalid"), "true");
  await remplit({ ...EVENEMENT, "Statut à la date évènement": "Suivi terminé", "Date sortie du dispositif": "31/02/2026" });
  await page.locator("form.saisie button[type=submit]").first().click();
  assert.match(await page.getByLabel("Date sortie du dispositif").inputValue(), /31\/02\/2026/, "what was typed stays");
  await ecran("noeud-evenement-erreur");
  await remplit({ "Date sortie du dispositif": "15/05/2026" });
  await page.locator("form.saisie button[type=submit]").first().click();
  assert.match(await texte(), /Évènements saisis\s: 1 sur/);

  // Nothing is stored before each person has an event.
  await bouton("Enregistrer la campagne").click();
  assert.match(await page.getByRole("alert").innerText(), /n’ont pas encore d’évènement/);
  await ecran("noeud-campagne-incomplete");
  await lienDe("à saisir").first().click();
  while (await bouton("Garder et passer à la personne suivante").count()) {
    await remplit(EVENEMENT);
    await bouton("Garder et passer à la personne suivante").click();
  }
  assert.doesNotMatch(await texte(), /à saisir$/m, "each person was met in turn");

  // The session ends; the draft waits on the dashboard.
  await page.goto(racine);
  await ecran("noeud-tableau-de-bord-evenements");
  await lienDe("Reprendre les évènements").click();
  await lienDe("chiffres du dispositif").click();
  await remplit({ "personnes en liste d’attente": "2", "personnes sans suite": "0" });
  await ecran("noeud-dispositif-a-saisir");
  await bouton("Garder les chiffres du dispositif").click();

  // A person who comes in, her reference wrong at first.
  await lienDe("Ajouter une personne").click();
  await remplit({
    "Référence personne accompagnée": "DUPONT",
    "Structure accompagnante": await page.getByLabel("Structure accompagnante", { exact: false }).first().locator("option").nth(1).innerText(),
    "Date de naissance": "02/02/1988",
    "Sexe": "Homme",
    "Date entrée dans le dispositif": "04/05/2026",
    ...EVENEMENT,
  });
  await bouton("Ajouter la personne").click();
  await ecran("noeud-personne-nouvelle-erreur");
  await remplit({ "Référence personne accompagnée": "BFC01990000009" });
  await page.locator("form.saisie button[type=submit]").first().click();
  await bouton("Enregistrer la campagne").click();
  assert.match(await page.getByRole("status").innerText(), /Enregistré/);
  await ecran("noeud-campagne-enregistree");

  // Undone, the campaign is a draft again; stored again, its events are corrected on the fiche.
  await bouton("Annuler cet enregistrement").click();
  await page.goto(racine);
  await lienDe("Reprendre les évènements").click();
  await bouton("Enregistrer la campagne").click();
  assert.match(await page.getByRole("status").innerText(), /Enregistré/);
  await lienDe(reference).click();
  await lienDe("Modifier la fiche et l’évènement").click();
  await page.getByLabel("Emploi à la date évènement").selectOption({ label: "CDD" });
  await page.getByLabel("Emploi dans le dernier mois").selectOption({ label: "CDD" });
  await bouton("Enregistrer la fiche").click();
  assert.match(await page.getByRole("status").innerText(), /Enregistré/);
  assert.match(await texte(), /CDD/);
  conclut();
});
