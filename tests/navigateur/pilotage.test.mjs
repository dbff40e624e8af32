// Those who steer, JavaScript off: the late centre, its reminder, its convention and the ceiling it passes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { entre } from "./outils.mjs";

const { MAILLAGE_COURRIEL } = process.env;

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
  assert.match(await texte(), /Plafond atteint\s+Axe 2\s: .* valorisés pour .* demandés/);
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
