-- Campaigns, and the read models computed at ingest: what the screens and the API show, nothing to add up.

CREATE TABLE campagne (
    code           TEXT NOT NULL PRIMARY KEY,
    date_evenement TEXT NOT NULL,
    limite_depot   TEXT,
    declaree       INTEGER NOT NULL CHECK (declaree IN (0, 1))
) STRICT;

CREATE TABLE campagne_jeu (
    campagne TEXT NOT NULL REFERENCES campagne (code),
    jeu      TEXT NOT NULL,
    PRIMARY KEY (campagne, jeu)
) STRICT, WITHOUT ROWID;

-- Roster: which dispositifs each centre is expected to report. An empty dispositif means « the centre,
-- whichever its dispositifs ».
CREATE TABLE attendu (
    campagne   TEXT NOT NULL REFERENCES campagne (code),
    noeud      TEXT NOT NULL REFERENCES noeud (identifiant),
    dispositif TEXT NOT NULL,
    PRIMARY KEY (campagne, noeud, dispositif)
) STRICT, WITHOUT ROWID;

-- Revision shown of each slice jeu × centre × period.
CREATE TABLE serie (
    jeu     TEXT NOT NULL,
    noeud   TEXT NOT NULL REFERENCES noeud (identifiant),
    periode TEXT NOT NULL,
    rev     INTEGER NOT NULL CHECK (rev >= 1),
    ordre   INTEGER NOT NULL REFERENCES publication (ordre),
    recu_le TEXT NOT NULL,
    PRIMARY KEY (jeu, noeud, periode)
) STRICT, WITHOUT ROWID;

-- One published cell. The key is also the reading order of the API.
CREATE TABLE observation (
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
        ('publie', 'secret', 'non_transmis', 'sans_objet', 'non_significatif', 'provisoire', 'revise')),
    seuil        INTEGER CHECK (seuil >= 5), -- of a masked count: what the bounds of a total are made of
    PRIMARY KEY (audience, campagne, indicateur, niveau, territoire, ventilation, noeud),
    CHECK ((valeur IS NOT NULL OR (numerateur IS NOT NULL AND denominateur IS NOT NULL))
        = (statut IN ('publie', 'provisoire', 'revise'))),
    CHECK ((numerateur IS NULL) = (denominateur IS NULL)),
    CHECK (valeur IS NULL OR numerateur IS NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX observation_tranche ON observation (campagne, noeud, jeu);
CREATE INDEX observation_indicateur ON observation (audience, indicateur, niveau, campagne);

-- Territories that the cells of a slice refer to, with the names only their centre knows.
CREATE TABLE territoire (
    campagne      TEXT NOT NULL,
    niveau        TEXT NOT NULL CHECK (niveau IN ('structure', 'dispositif', 'departement', 'region')),
    code          TEXT NOT NULL,
    noeud         TEXT NOT NULL REFERENCES noeud (identifiant),
    jeu           TEXT NOT NULL,
    nom           TEXT,
    parent_niveau TEXT,
    parent_code   TEXT,
    PRIMARY KEY (campagne, niveau, code, noeud, jeu)
) STRICT, WITHOUT ROWID;

CREATE TABLE dispositif (
    campagne      TEXT NOT NULL,
    noeud         TEXT NOT NULL REFERENCES noeud (identifiant),
    reference     TEXT NOT NULL,
    nom           TEXT,
    departement   TEXT,
    region        TEXT,
    statut        TEXT NOT NULL,
    structures    TEXT NOT NULL CHECK (json_valid(structures)),
    capacite      INTEGER CHECK (capacite >= 0),
    etp_total     TEXT,
    etp_hors_administratifs TEXT,
    professionnels INTEGER CHECK (professionnels >= 0),
    liste_attente INTEGER CHECK (liste_attente >= 0),
    sans_suite    INTEGER CHECK (sans_suite >= 0),
    PRIMARY KEY (campagne, reference, noeud)
) STRICT, WITHOUT ROWID;

CREATE INDEX dispositif_territoire ON dispositif (campagne, region, departement);

-- Which dispositif was received in which jeu, since when, and whether what came was empty.
CREATE TABLE completude (
    campagne   TEXT NOT NULL,
    noeud      TEXT NOT NULL REFERENCES noeud (identifiant),
    jeu        TEXT NOT NULL,
    dispositif TEXT NOT NULL,
    recu_le    TEXT NOT NULL,
    vide       INTEGER NOT NULL CHECK (vide IN (0, 1)),
    PRIMARY KEY (campagne, noeud, jeu, dispositif)
) STRICT, WITHOUT ROWID;
