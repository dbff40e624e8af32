-- The register: what came, byte for byte, and what was answered. Append-only; everything else in this
-- database can be rebuilt from it and from the configuration.

CREATE TABLE noeud (
    identifiant  TEXT NOT NULL PRIMARY KEY,
    nom          TEXT NOT NULL,
    organisme    TEXT NOT NULL,
    actif        INTEGER NOT NULL CHECK (actif IN (0, 1))
) STRICT;

-- Keys of a node, each valid for the positions it may sign: a rotation opens the next one.
CREATE TABLE cle (
    noeud      TEXT NOT NULL REFERENCES noeud (identifiant),
    kid        TEXT NOT NULL,
    cle        TEXT NOT NULL,
    depuis_seq INTEGER NOT NULL CHECK (depuis_seq >= 1),
    jusqua_seq INTEGER CHECK (jusqua_seq >= depuis_seq),
    PRIMARY KEY (noeud, kid)
) STRICT, WITHOUT ROWID;

CREATE TABLE noeud_region (
    noeud  TEXT NOT NULL REFERENCES noeud (identifiant),
    region TEXT NOT NULL,
    PRIMARY KEY (noeud, region)
) STRICT, WITHOUT ROWID;

-- Bodies, addressed by their digest: those of accepted publications, and those that wait for their envelope.
CREATE TABLE corps (
    digest  TEXT NOT NULL PRIMARY KEY,
    octets  BLOB NOT NULL,
    recu_le TEXT NOT NULL
) STRICT;

-- Head of the register: its incarnation, and the number of entries received, all nodes together.
CREATE TABLE registre (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoque INTEGER NOT NULL CHECK (epoque >= 1),
    tete   INTEGER NOT NULL CHECK (tete >= 0)
) STRICT;

INSERT INTO registre (id, epoque, tete) VALUES (1, 1, 0);

CREATE TABLE publication (
    ordre    INTEGER NOT NULL PRIMARY KEY CHECK (ordre >= 1),
    noeud    TEXT NOT NULL REFERENCES noeud (identifiant),
    seq      INTEGER NOT NULL CHECK (seq >= 1),
    digest   TEXT NOT NULL UNIQUE,
    prev     TEXT,
    genre    TEXT NOT NULL CHECK (genre IN ('publish', 'withdraw', 'rotate', 'restore', 'heartbeat')),
    kid      TEXT NOT NULL,
    jws      TEXT NOT NULL,
    corps    TEXT, -- digest; the bytes of a refused content are not kept
    jeu      TEXT,
    periode  TEXT,
    rev      INTEGER CHECK (rev >= 1),
    essai    INTEGER NOT NULL CHECK (essai IN (0, 1)),
    statut   TEXT NOT NULL CHECK (statut IN ('accepted', 'refused', 'stale')),
    motifs   TEXT NOT NULL CHECK (json_valid(motifs)),
    cellules INTEGER NOT NULL CHECK (cellules >= 0),
    accuse   TEXT NOT NULL,
    recu_le  TEXT NOT NULL,
    UNIQUE (noeud, seq),
    CHECK ((seq = 1) = (prev IS NULL)),
    CHECK ((genre = 'publish') = (corps IS NOT NULL)),
    CHECK ((genre IN ('publish', 'withdraw')) = (rev IS NOT NULL AND jeu IS NOT NULL AND periode IS NOT NULL))
) STRICT;

CREATE INDEX publication_serie ON publication (periode, noeud, jeu, rev);
CREATE INDEX publication_corps ON publication (corps);

CREATE TRIGGER publication_append_only_update BEFORE UPDATE ON publication
BEGIN
    SELECT RAISE(ABORT, 'the register is append-only');
END;

CREATE TRIGGER publication_append_only_delete BEFORE DELETE ON publication
BEGIN
    SELECT RAISE(ABORT, 'the register is append-only');
END;

-- Last position of each node: what the next envelope must follow.
CREATE TABLE chaine (
    noeud  TEXT NOT NULL PRIMARY KEY REFERENCES noeud (identifiant),
    seq    INTEGER NOT NULL CHECK (seq >= 1),
    digest TEXT NOT NULL
) STRICT;

-- Request proofs already seen, kept a quarter of an hour.
CREATE TABLE preuve (
    emetteur  TEXT NOT NULL,
    jti       TEXT NOT NULL,
    expire_le TEXT NOT NULL,
    PRIMARY KEY (emetteur, jti)
) STRICT, WITHOUT ROWID;

CREATE INDEX preuve_expiration ON preuve (expire_le);
