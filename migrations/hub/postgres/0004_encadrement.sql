-- A masked count is framed by what its centre shows (its margins less its visible sisters), not by the
-- threshold: a cell masked to protect another one may be well above it. Filled at the next ingest or by
-- `maillage-hub rebuild`; until then a total over such a cell is secret. Without « plafond », nothing bounds it.
ALTER TABLE observation DROP COLUMN seuil;
ALTER TABLE observation ADD COLUMN plancher BIGINT CHECK (plancher >= 0);
ALTER TABLE observation ADD COLUMN plafond BIGINT CHECK (plafond >= plancher);
