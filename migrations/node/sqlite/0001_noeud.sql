-- The node's store. Everything nominative stays in this file.

-- Which node this database belongs to: a copy brought to another node is refused at start.
CREATE TABLE noeud (
    seul        INTEGER PRIMARY KEY CHECK (seul = 1),
    identifiant TEXT NOT NULL
) STRICT;

-- One row per import of a workbook. The digest makes an import idempotent.
CREATE TABLE import (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    empreinte   TEXT NOT NULL,
    fichier     TEXT NOT NULL,
    trimestre   TEXT NOT NULL,
    dispositifs TEXT NOT NULL,
    importe_le  TEXT NOT NULL,
    crees       INTEGER NOT NULL CHECK (crees >= 0),
    modifies    INTEGER NOT NULL CHECK (modifies >= 0),
    inchanges   INTEGER NOT NULL CHECK (inchanges >= 0),
    supprimes   INTEGER NOT NULL CHECK (supprimes >= 0),
    annule_le   TEXT
) STRICT;
CREATE INDEX import_empreinte ON import (empreinte);

-- The fiches of a campaign's slice (trimestre x dispositif), as checked.
CREATE TABLE fiche (
    trimestre  TEXT NOT NULL,
    dispositif TEXT NOT NULL,
    genre      TEXT NOT NULL CHECK (genre IN ('dispositif', 'personne', 'evenement')),
    cle        TEXT NOT NULL,
    contenu    TEXT NOT NULL CHECK (json_valid(contenu)),
    PRIMARY KEY (trimestre, dispositif, genre, cle)
) STRICT, WITHOUT ROWID;

-- What an import replaced: enough to undo it. NULL means that the fiche did not exist.
CREATE TABLE fiche_avant (
    import_id  INTEGER NOT NULL REFERENCES import (id),
    trimestre  TEXT NOT NULL,
    dispositif TEXT NOT NULL,
    genre      TEXT NOT NULL,
    cle        TEXT NOT NULL,
    contenu    TEXT,
    PRIMARY KEY (import_id, trimestre, dispositif, genre, cle)
) STRICT, WITHOUT ROWID;

-- Outbox. A row is sealed once and its bytes never change; it is kept long after the receipt,
-- so that a hub restored from an old backup can be given what it lost.
CREATE TABLE envoi (
    seq            INTEGER PRIMARY KEY CHECK (seq >= 1),
    jeu            TEXT NOT NULL,
    periode        TEXT NOT NULL,
    revision       INTEGER NOT NULL CHECK (revision >= 1),
    empreinte      TEXT NOT NULL UNIQUE,
    enveloppe      TEXT NOT NULL,
    corps          BLOB NOT NULL,
    etat           TEXT NOT NULL CHECK (etat IN ('scelle', 'accepte', 'refuse', 'perime')),
    scelle_le      TEXT NOT NULL,
    accuse         TEXT,
    accuse_le      TEXT,
    tentatives     INTEGER NOT NULL DEFAULT 0 CHECK (tentatives >= 0),
    prochain_essai TEXT,
    derniere_erreur TEXT,
    CHECK ((etat = 'scelle') = (accuse IS NULL)),
    UNIQUE (jeu, periode, revision)
) STRICT;
CREATE INDEX envoi_a_envoyer ON envoi (seq) WHERE etat = 'scelle';

-- A human's agreement to the first publication of a campaign.
CREATE TABLE approbation (
    jeu         TEXT NOT NULL,
    periode     TEXT NOT NULL,
    approuve_par TEXT NOT NULL,
    approuve_le TEXT NOT NULL,
    PRIMARY KEY (jeu, periode)
) STRICT, WITHOUT ROWID;

-- Last slot run of each schedule: a slot missed while the machine was off runs once at start.
CREATE TABLE creneau (
    jeu      TEXT NOT NULL PRIMARY KEY,
    dernier  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who did what, append-only. Never a value, a name or a reference.
CREATE TABLE journal (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    quand   TEXT NOT NULL,
    acteur  TEXT NOT NULL,
    acte    TEXT NOT NULL,
    objet   TEXT NOT NULL
) STRICT;
CREATE TRIGGER journal_sans_modification BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'le journal ne se modifie pas'); END;
CREATE TRIGGER journal_sans_effacement BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'le journal ne s''efface pas'); END;
