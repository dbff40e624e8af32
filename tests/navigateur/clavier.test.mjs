// Somebody who uses no mouse, JavaScript off: Tab, Enter and Space lead from the workbook to its sending at the node. The
// main tasks take no more activations than the table « Navigation et clics » allows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ouvre, presse, tabule, tache, telecharge } from "./outils.mjs";

const { MAILLAGE_LIEN: lien, MAILLAGE_JUSTE: juste } = process.env;
const racine = new URL(lien).origin;

test("the keyboard alone imports a workbook and approves what leaves, in few activations", { timeout: 600_000 }, async (essai) => {
  const { page, conclut, bouton, lienDe } = await ouvre(essai);
  await page.goto(lien);
  await presse(page, bouton("Ouvrir la session"));

  // The first stop of every page skips its header.
  await page.keyboard.press("Tab");
  assert.equal(await page.locator(":focus").innerText(), "Aller au contenu");
  await page.keyboard.press("Enter");
  assert.ok(await page.locator("main").evaluate((e) => e === document.activeElement));
  await page.goto(racine);

  await presse(page, lienDe("Importer"));
  await tabule(page, page.getByLabel("Classeur à vérifier"));
  await page.getByLabel("Classeur à vérifier").setInputFiles(juste);
  await presse(page, bouton("Vérifier le classeur"));
  await presse(page, bouton("Enregistrer le classeur"));
  assert.match(await page.getByRole("status").innerText(), /Enregistré/);
  await page.goto(racine);
  await presse(page, lienDe("Relire ce qui sort"));
  await presse(page, lienDe("Aller à l’approbation"));
  await presse(page, page.getByLabel("J’ai relu ce qui sort"), "Space");
  await presse(page, bouton("Envoyer au hub"));
  assert.match(await page.getByRole("status").innerText(), /2.envois acceptés/);

  // The table of clicks, counted from the dashboard.
  await page.goto(racine);
  await page.getByLabel("Navigation principale").waitFor();
  await tache("retrouver un accusé", [page.getByRole("link", { name: /^n° / }).first(), telecharge(page, lienDe("Télécharger l’accusé signé"))]);
  await page.goto(racine);
  const verifie = {
    click: async () => {
      await page.getByLabel("Classeur à vérifier").setInputFiles(juste);
      await bouton("Vérifier le classeur").click();
    },
  };
  await tache("vérifier un classeur", [lienDe("Importer"), verifie]);
  await page.goto(racine);
  await tache("reprendre un import", [lienDe("Reprendre l’import")]);
  await bouton("Abandonner ce classeur").click();
  await page.goto(racine);
  await tache("relire et envoyer au hub", [lienDe("Ce qui sort d’ici"), page.getByLabel("J’ai relu ce qui sort"), bouton("Envoyer au hub")]);
  await page.goto(racine);
  await tache("saisir un jeu déclaré", [lienDe("Autres jeux"), lienDe("Offre de services du centre")]);
  conclut();
});
