// The hub answers again: the agent contacts it, reads the signed receipt and takes it away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ouvre } from "./outils.mjs";

const { MAILLAGE_LIEN: lien } = process.env;
const racine = new URL(lien).origin;

test("an agent sees the receipt of what was approved", { timeout: 600_000 }, async (essai) => {
  const { page, contexte, ecran, conclut } = await ouvre(essai);
  await page.goto(lien);
  await page.getByRole("button", { name: "Ouvrir la session" }).click();
  await page.goto(`${racine}/envois`);
  await page.getByRole("button", { name: "Contacter le hub maintenant" }).click();
  assert.match(await page.getByRole("status").innerText(), /2.envois acceptés|hub a tout reçu/);
  await ecran("noeud-envois");
  await page.getByRole("link", { name: "n° 2", exact: true }).click();
  assert.match(await page.locator("main").innerText(), /Signature du hub vérifiée/);
  await ecran("noeud-envoi-accepte");
  const accuse = await contexte.request.get(`${page.url()}/accuse`);
  assert.match(await accuse.text(), /^[\w-]+\.[\w-]+\.[\w-]+$/);
  assert.match(accuse.headers()["content-disposition"], /attachment; filename="accuse-2\.jws"/);
  await page.goto(`${racine}/apercu?voir=differences`);
  assert.match(await page.locator("main").innerText(), /déjà reçu exactement ces octets/);
  await ecran("noeud-apercu-deja-envoye");
  await page.goto(racine);
  await ecran("noeud-tableau-de-bord");
  await page.goto(`${racine}/reglages`);
  await page.getByRole("button", { name: "Fermer la session" }).click();
  assert.equal((await page.goto(`${racine}/dispositifs`)).status(), 401);
  conclut();
});
