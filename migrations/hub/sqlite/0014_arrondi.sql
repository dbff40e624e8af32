-- A jeu may ask for rounding in place of blanks: such a count is shown, and said to be rounded.
-- SQLite changes no constraint of a table: it is written again.

CREATE TABLE observation_suivante (
    audience     TEXT NOT NULL CHECK (audience IN ('convention', 'reseau', 'public')),
    campagne     TEXT NOT NULL,
    indicateur   TEXT NOT NULL,
    niveau       TEXT NOT NULL CHECK (niveau IN ('structure', 'dispositif', 'departement', 'region')),
    territoire   TEXT NOT NULL,
    ventilation  TEXT NOT NULL,
    noeud        TEXT NOT NULL,
    jeu          TEXT NOT NULL,
    axes         TEXT NOT NULL,
    valeur       TEXT,
    numerateur   TEXT,
    denominateur TEXT,
    statut       TEXT NOT NULL CHECK (statut IN
        ('publie', 'secret', 'non_transmis', 'sans_objet', 'non_significatif', 'provisoire', 'revise', 'arrondi')),
    plancher     INTEGER CHECK (plancher >= 0),
    plafond      INTEGER CHECK (plafond >= plancher),
    PRIMARY KEY (audience, campagne, indicateur, niveau, territoire, ventilation, noeud),
    CHECK ((valeur IS NOT NULL OR (numerateur IS NOT NULL AND denominateur IS NOT NULL))
        = (statut IN ('publie', 'provisoire', 'revise', 'arrondi'))),
    CHECK ((numerateur IS NULL) = (denominateur IS NULL)),
    CHECK (valeur IS NULL OR numerateur IS NULL)
) STRICT, WITHOUT ROWID;

INSERT INTO observation_suivante
SELECT audience, campagne, indicateur, niveau, territoire, ventilation, noeud, jeu, axes,
    valeur, numerateur, denominateur, statut, plancher, plafond
FROM observation;
DROP TABLE observation;
ALTER TABLE observation_suivante RENAME TO observation;

CREATE INDEX observation_tranche ON observation (campagne, noeud, jeu);
CREATE INDEX observation_indicateur
    ON observation (audience, indicateur, niveau, axes, campagne, territoire, ventilation, noeud);
