-- The chain holds more than publications: withdrawals, rotations of key, restores and heartbeats carry no
-- body, and a refused content taken back from the hub has lost its own. SQLite cannot loosen a column:
-- the table is made again.
CREATE TABLE envoi_nouveau (
    seq            INTEGER PRIMARY KEY CHECK (seq >= 1),
    genre          TEXT NOT NULL CHECK (genre IN ('publish', 'withdraw', 'rotate', 'restore', 'heartbeat')),
    jeu            TEXT,
    periode        TEXT,
    revision       INTEGER CHECK (revision >= 1),
    empreinte      TEXT NOT NULL UNIQUE,
    enveloppe      TEXT NOT NULL,
    corps          BLOB,
    etat           TEXT NOT NULL CHECK (etat IN ('scelle', 'accepte', 'refuse', 'perime')),
    scelle_le      TEXT NOT NULL,
    accuse         TEXT,
    accuse_le      TEXT,
    confirme_le    TEXT, -- when the proof that the entry stands in the hub's register was checked
    tentatives     INTEGER NOT NULL DEFAULT 0 CHECK (tentatives >= 0),
    prochain_essai TEXT,
    derniere_erreur TEXT,
    CHECK ((etat = 'scelle') = (accuse IS NULL)),
    CHECK (confirme_le IS NULL OR accuse IS NOT NULL),
    CHECK ((genre IN ('publish', 'withdraw')) = (jeu IS NOT NULL AND periode IS NOT NULL AND revision IS NOT NULL)),
    CHECK (genre = 'publish' OR corps IS NULL),
    CHECK (corps IS NOT NULL OR genre <> 'publish' OR etat = 'refuse'),
    UNIQUE (jeu, periode, revision)
) STRICT;
INSERT INTO envoi_nouveau (seq, genre, jeu, periode, revision, empreinte, enveloppe, corps, etat, scelle_le, accuse,
                           accuse_le, tentatives, prochain_essai, derniere_erreur)
SELECT seq, 'publish', jeu, periode, revision, empreinte, enveloppe, corps, etat, scelle_le, accuse,
       accuse_le, tentatives, prochain_essai, derniere_erreur FROM envoi;
DROP TABLE envoi;
ALTER TABLE envoi_nouveau RENAME TO envoi;
CREATE INDEX envoi_a_envoyer ON envoi (seq) WHERE etat = 'scelle';
CREATE INDEX envoi_a_confirmer ON envoi (seq) WHERE accuse IS NOT NULL AND confirme_le IS NULL;

-- What this node, as a witness, knows of the hub's register: the incarnation, the last position of its own
-- chain that the incarnation began with, and the last checkpoint. An alarm stays until somebody lifts it.
CREATE TABLE temoin (
    seul     INTEGER PRIMARY KEY CHECK (seul = 1),
    epoque   INTEGER NOT NULL CHECK (epoque >= 1),
    plancher INTEGER NOT NULL CHECK (plancher >= 0),
    taille   INTEGER CHECK (taille >= 0),
    racine   TEXT,
    point    TEXT, -- the signed checkpoint, as received
    alarme   TEXT,
    preuve   TEXT, -- the checkpoint that raised the alarm
    CHECK ((taille IS NULL) = (racine IS NULL))
) STRICT;
