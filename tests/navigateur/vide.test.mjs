// A hub that has received nothing yet: every screen says so, and what to do about it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ouvre } from "./outils.mjs";

const { MAILLAGE_HUB: racine } = process.env;

test("the screens of an empty hub say what is missing", { timeout: 600_000 }, async (essai) => {
  const { page, ecran, conclut } = await ouvre(essai);
  for (const [chemin, nom, dit] of [
    ["/conventions", "hub-conventions-vide", /Aucune convention n’est encore reçue/],
    ["/comparaison", "hub-comparaison-vide", /Aucun centre n’a encore transmis/],
    ["/pratiques", "hub-pratiques-vide", /Aucune fiche publiée ne répond/],
    ["/offre", "hub-offre-vide", /Aucune offre de service reçue/],
    ["/administration", "hub-administration-refusee", /Accès réservé/],
  ]) {
    await page.goto(racine + chemin);
    assert.match(await page.locator("main").innerText(), dit);
    await ecran(nom);
  }
  conclut();
});
