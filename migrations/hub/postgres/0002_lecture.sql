-- Campaigns, and the read models computed at ingest: what the screens and the API show, nothing to add up.

CREATE TABLE campagne (
    code           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    date_evenement DATE NOT NULL,
    limite_depot   TIMESTAMPTZ,
    declaree       BOOLEAN NOT NULL
);

CREATE TABLE campagne_jeu (
    campagne TEXT COLLATE "C" NOT NULL REFERENCES campagne (code),
    jeu      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (campagne, jeu)
);

-- Roster: which dispositifs each centre is expected to report. An empty dispositif means « the centre,
-- whichever its dispositifs ».
CREATE TABLE attendu (
    campagne   TEXT COLLATE "C" NOT NULL REFERENCES campagne (code),
    noeud      TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    dispositif TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (campagne, noeud, dispositif)
);

-- Revision shown of each slice jeu × centre × period.
CREATE TABLE serie (
    jeu     TEXT COLLATE "C" NOT NULL,
    noeud   TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    periode TEXT COLLATE "C" NOT NULL,
    rev     BIGINT NOT NULL CHECK (rev >= 1),
    ordre   BIGINT NOT NULL REFERENCES publication (ordre),
    recu_le TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (jeu, noeud, periode)
);

-- One published cell. The key is also the reading order of the API.
CREATE TABLE observation (
    audience     TEXT COLLATE "C" NOT NULL CHECK (audience IN ('convention', 'reseau', 'public')),
    campagne     TEXT COLLATE "C" NOT NULL,
    indicateur   TEXT COLLATE "C" NOT NULL,
    niveau       TEXT COLLATE "C" NOT NULL CHECK (niveau IN ('structure', 'dispositif', 'departement', 'region')),
    territoire   TEXT COLLATE "C" NOT NULL,
    ventilation  TEXT COLLATE "C" NOT NULL,
    noeud        TEXT COLLATE "C" NOT NULL,
    jeu          TEXT COLLATE "C" NOT NULL,
    axes         TEXT COLLATE "C" NOT NULL,
    valeur       NUMERIC,
    numerateur   NUMERIC,
    denominateur NUMERIC,
    statut       TEXT COLLATE "C" NOT NULL CHECK (statut IN
        ('publie', 'secret', 'non_transmis', 'sans_objet', 'non_significatif', 'provisoire', 'revise')),
    seuil        BIGINT CHECK (seuil >= 5), -- of a masked count: what the bounds of a total are made of
    PRIMARY KEY (audience, campagne, indicateur, niveau, territoire, ventilation, noeud),
    CHECK ((valeur IS NOT NULL OR (numerateur IS NOT NULL AND denominateur IS NOT NULL))
        = (statut IN ('publie', 'provisoire', 'revise'))),
    CHECK ((numerateur IS NULL) = (denominateur IS NULL)),
    CHECK (valeur IS NULL OR numerateur IS NULL)
);

CREATE INDEX observation_tranche ON observation (campagne, noeud, jeu);
CREATE INDEX observation_indicateur ON observation (audience, indicateur, niveau, campagne);

-- Territories that the cells of a slice refer to, with the names only their centre knows.
CREATE TABLE territoire (
    campagne      TEXT COLLATE "C" NOT NULL,
    niveau        TEXT COLLATE "C" NOT NULL CHECK (niveau IN ('structure', 'dispositif', 'departement', 'region')),
    code          TEXT COLLATE "C" NOT NULL,
    noeud         TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    jeu           TEXT COLLATE "C" NOT NULL,
    nom           TEXT COLLATE "C",
    parent_niveau TEXT COLLATE "C",
    parent_code   TEXT COLLATE "C",
    PRIMARY KEY (campagne, niveau, code, noeud, jeu)
);

CREATE TABLE dispositif (
    campagne      TEXT COLLATE "C" NOT NULL,
    noeud         TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    reference     TEXT COLLATE "C" NOT NULL,
    nom           TEXT COLLATE "C",
    departement   TEXT COLLATE "C",
    region        TEXT COLLATE "C",
    statut        TEXT COLLATE "C" NOT NULL,
    structures    TEXT COLLATE "C" NOT NULL,
    capacite      BIGINT CHECK (capacite >= 0),
    etp_total     NUMERIC,
    etp_hors_administratifs NUMERIC,
    professionnels BIGINT CHECK (professionnels >= 0),
    liste_attente BIGINT CHECK (liste_attente >= 0),
    sans_suite    BIGINT CHECK (sans_suite >= 0),
    PRIMARY KEY (campagne, reference, noeud)
);

CREATE INDEX dispositif_territoire ON dispositif (campagne, region, departement);

-- Which dispositif was received in which jeu, since when, and whether what came was empty.
CREATE TABLE completude (
    campagne   TEXT COLLATE "C" NOT NULL,
    noeud      TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    jeu        TEXT COLLATE "C" NOT NULL,
    dispositif TEXT COLLATE "C" NOT NULL,
    recu_le    TIMESTAMPTZ NOT NULL,
    vide       BOOLEAN NOT NULL,
    PRIMARY KEY (campagne, noeud, jeu, dispositif)
);
