-- Who may ask: tokens of machines, accounts of persons, their sessions; and the journal of what they did.

-- A token is never stored, only its digest: reading this table opens nothing.
CREATE TABLE jeton (
    identifiant   TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(identifiant) >= 8),
    condense      TEXT COLLATE "C" NOT NULL UNIQUE,
    nom           TEXT COLLATE "C" NOT NULL,
    role          TEXT COLLATE "C" NOT NULL CHECK (role IN ('cdg', 'chef_de_file', 'dth', 'ars', 'dreets', 'ddets', 'cfea',
        'gestionnaire_hub', 'public')),
    territoires   TEXT COLLATE "C" NOT NULL,
    jeux          TEXT COLLATE "C" NOT NULL, -- empty: every data set of the role
    ecriture      BOOLEAN NOT NULL,
    cree_le       TIMESTAMPTZ NOT NULL,
    expire_le     TIMESTAMPTZ,
    dernier_usage TIMESTAMPTZ,
    revoque_le    TIMESTAMPTZ,
    CHECK (expire_le IS NULL OR expire_le > cree_le),
    CHECK (role <> 'public' OR NOT ecriture)
);

CREATE TABLE compte (
    identifiant TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    nom         TEXT COLLATE "C" NOT NULL,
    condense    TEXT COLLATE "C" NOT NULL CHECK (condense LIKE '$argon2id$%'),
    role        TEXT COLLATE "C" NOT NULL CHECK (role IN ('cdg', 'chef_de_file', 'dth', 'ars', 'dreets', 'ddets', 'cfea',
        'gestionnaire_hub')),
    territoires TEXT COLLATE "C" NOT NULL,
    cree_le     TIMESTAMPTZ NOT NULL,
    ferme_le    TIMESTAMPTZ,
    echecs      BIGINT NOT NULL DEFAULT 0 CHECK (echecs >= 0),
    bloque_le   TIMESTAMPTZ
);

CREATE TABLE session (
    condense  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    compte    TEXT COLLATE "C" NOT NULL REFERENCES compte (identifiant),
    cree_le   TIMESTAMPTZ NOT NULL,
    expire_le TIMESTAMPTZ NOT NULL,
    CHECK (expire_le > cree_le)
);

CREATE INDEX session_expiration ON session (expire_le);

-- Audit journal: each line carries the digest of the one before, so that none can be changed or removed
-- without breaking the chain.
CREATE TABLE journal (
    ordre     BIGINT NOT NULL PRIMARY KEY CHECK (ordre >= 1),
    moment    TIMESTAMPTZ NOT NULL,
    acteur    TEXT COLLATE "C" NOT NULL,
    action    TEXT COLLATE "C" NOT NULL,
    objet     TEXT COLLATE "C" NOT NULL,
    detail    TEXT COLLATE "C" NOT NULL,
    precedent TEXT COLLATE "C" NOT NULL,
    condense  TEXT COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE journal_tete (
    id       BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    ordre    BIGINT NOT NULL CHECK (ordre >= 0),
    condense TEXT COLLATE "C" NOT NULL
);

INSERT INTO journal_tete (id, ordre, condense) VALUES (1, 0, '');

CREATE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only';
END;
$$;

CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON journal
FOR EACH ROW EXECUTE FUNCTION journal_append_only();
