-- Cases of the conventions and offers, nominative: nothing of these tables leaves the node.

-- One row per import of a follow-up table. Its rows replace those of the same mapping.
CREATE TABLE situation_import (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    empreinte      TEXT NOT NULL,
    fichier        TEXT NOT NULL,
    correspondance TEXT NOT NULL,
    importe_le     TEXT NOT NULL,
    crees          INTEGER NOT NULL CHECK (crees >= 0),
    modifies       INTEGER NOT NULL CHECK (modifies >= 0),
    inchanges      INTEGER NOT NULL CHECK (inchanges >= 0),
    supprimes      INTEGER NOT NULL CHECK (supprimes >= 0),
    annule_le      TEXT
) STRICT;

-- A case. `rang` is the order of entry: rules of uniqueness look at what was entered before.
-- `archive_le`: put away from everyday use, still counted.
CREATE TABLE situation (
    suivi           TEXT NOT NULL,
    id              TEXT NOT NULL,
    action          TEXT NOT NULL,
    correspondance  TEXT NOT NULL,
    rang            INTEGER NOT NULL UNIQUE CHECK (rang >= 1),
    dernier_contact TEXT,
    archive_le      TEXT,
    contenu         TEXT NOT NULL CHECK (json_valid(contenu)),
    PRIMARY KEY (suivi, id)
) STRICT, WITHOUT ROWID;

-- What an import replaced: enough to undo it. NULL means that the case did not exist.
CREATE TABLE situation_avant (
    import_id INTEGER NOT NULL REFERENCES situation_import (id),
    suivi     TEXT NOT NULL,
    id        TEXT NOT NULL,
    rang      INTEGER,
    archive_le TEXT,
    contenu   TEXT,
    PRIMARY KEY (import_id, suivi, id)
) STRICT, WITHOUT ROWID;

-- A supporting document: its name and its digest. The file stays where the centre keeps it.
CREATE TABLE piece (
    suivi     TEXT NOT NULL,
    situation TEXT NOT NULL,
    code      TEXT NOT NULL,
    nom       TEXT NOT NULL,
    empreinte TEXT NOT NULL,
    depose_le TEXT NOT NULL,
    PRIMARY KEY (suivi, situation, code, empreinte)
) STRICT, WITHOUT ROWID;

-- The convention document the cases are compared with. About nobody.
CREATE TABLE plan_convention (
    convention    TEXT NOT NULL PRIMARY KEY,
    contenu       TEXT NOT NULL CHECK (json_valid(contenu)),
    enregistre_le TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A certified bilan: its content and its digest, never changed.
CREATE TABLE bilan_certifie (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    convention  TEXT NOT NULL,
    au          TEXT NOT NULL,
    contenu     TEXT NOT NULL CHECK (json_valid(contenu)),
    empreinte   TEXT NOT NULL,
    certifie_par TEXT NOT NULL,
    certifie_le TEXT NOT NULL
) STRICT;
CREATE TRIGGER bilan_certifie_sans_modification BEFORE UPDATE ON bilan_certifie BEGIN SELECT RAISE(ABORT, 'un bilan certifié ne se modifie pas'); END;
CREATE TRIGGER bilan_certifie_sans_effacement BEFORE DELETE ON bilan_certifie BEGIN SELECT RAISE(ABORT, 'un bilan certifié ne s''efface pas'); END;

-- What is left of erased cases: counts by action, nobody.
CREATE TABLE situation_effacee (
    suivi       TEXT NOT NULL,
    action      TEXT NOT NULL,
    nombre      INTEGER NOT NULL CHECK (nombre >= 1),
    quantite    TEXT NOT NULL,
    montant_eur TEXT NOT NULL,
    PRIMARY KEY (suivi, action)
) STRICT, WITHOUT ROWID;
