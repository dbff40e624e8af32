-- The register: what came, byte for byte, and what was answered. Append-only; everything else in this
-- database can be rebuilt from it and from the configuration.

CREATE TABLE noeud (
    identifiant  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    nom          TEXT COLLATE "C" NOT NULL,
    organisme    TEXT COLLATE "C" NOT NULL,
    actif        BOOLEAN NOT NULL
);

-- Keys of a node, each valid for the positions it may sign: a rotation opens the next one.
CREATE TABLE cle (
    noeud      TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    kid        TEXT COLLATE "C" NOT NULL,
    cle        TEXT COLLATE "C" NOT NULL,
    depuis_seq BIGINT NOT NULL CHECK (depuis_seq >= 1),
    jusqua_seq BIGINT CHECK (jusqua_seq >= depuis_seq),
    PRIMARY KEY (noeud, kid)
);

CREATE TABLE noeud_region (
    noeud  TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    region TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (noeud, region)
);

-- Bodies, addressed by their digest: those of accepted publications, and those that wait for their envelope.
CREATE TABLE corps (
    digest  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    octets  BYTEA NOT NULL,
    recu_le TIMESTAMPTZ NOT NULL
);

-- Head of the register: its incarnation, and the number of entries received, all nodes together.
CREATE TABLE registre (
    id     BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    epoque BIGINT NOT NULL CHECK (epoque >= 1),
    tete   BIGINT NOT NULL CHECK (tete >= 0)
);

INSERT INTO registre (id, epoque, tete) VALUES (1, 1, 0);

CREATE TABLE publication (
    ordre    BIGINT NOT NULL PRIMARY KEY CHECK (ordre >= 1),
    noeud    TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    seq      BIGINT NOT NULL CHECK (seq >= 1),
    digest   TEXT COLLATE "C" NOT NULL UNIQUE,
    prev     TEXT COLLATE "C",
    genre    TEXT COLLATE "C" NOT NULL CHECK (genre IN ('publish', 'withdraw', 'rotate', 'restore', 'heartbeat')),
    kid      TEXT COLLATE "C" NOT NULL,
    jws      TEXT COLLATE "C" NOT NULL,
    corps    TEXT COLLATE "C", -- digest; the bytes of a refused content are not kept
    jeu      TEXT COLLATE "C",
    periode  TEXT COLLATE "C",
    rev      BIGINT CHECK (rev >= 1),
    essai    BOOLEAN NOT NULL,
    statut   TEXT COLLATE "C" NOT NULL CHECK (statut IN ('accepted', 'refused', 'stale')),
    motifs   TEXT COLLATE "C" NOT NULL,
    cellules BIGINT NOT NULL CHECK (cellules >= 0),
    accuse   TEXT COLLATE "C" NOT NULL,
    recu_le  TIMESTAMPTZ NOT NULL,
    UNIQUE (noeud, seq),
    CHECK ((seq = 1) = (prev IS NULL)),
    CHECK ((genre = 'publish') = (corps IS NOT NULL)),
    CHECK ((genre IN ('publish', 'withdraw')) = (rev IS NOT NULL AND jeu IS NOT NULL AND periode IS NOT NULL))
);

CREATE INDEX publication_serie ON publication (periode, noeud, jeu, rev);
CREATE INDEX publication_corps ON publication (corps);

CREATE FUNCTION publication_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the register is append-only';
END;
$$;

CREATE TRIGGER publication_append_only BEFORE UPDATE OR DELETE ON publication
FOR EACH ROW EXECUTE FUNCTION publication_append_only();

-- Last position of each node: what the next envelope must follow.
CREATE TABLE chaine (
    noeud  TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES noeud (identifiant),
    seq    BIGINT NOT NULL CHECK (seq >= 1),
    digest TEXT COLLATE "C" NOT NULL
);

-- Request proofs already seen, kept a quarter of an hour.
CREATE TABLE preuve (
    emetteur  TEXT COLLATE "C" NOT NULL,
    jti       TEXT COLLATE "C" NOT NULL,
    expire_le TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (emetteur, jti)
);

CREATE INDEX preuve_expiration ON preuve (expire_le);
