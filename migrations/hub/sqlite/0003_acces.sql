-- Who may ask: tokens of machines, accounts of persons, their sessions; and the journal of what they did.

-- A token is never stored, only its digest: reading this table opens nothing.
CREATE TABLE jeton (
    identifiant   TEXT NOT NULL PRIMARY KEY CHECK (length(identifiant) >= 8),
    condense      TEXT NOT NULL UNIQUE,
    nom           TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('cdg', 'chef_de_file', 'dth', 'ars', 'dreets', 'ddets', 'cfea',
        'gestionnaire_hub', 'public')),
    territoires   TEXT NOT NULL CHECK (json_valid(territoires)),
    jeux          TEXT NOT NULL CHECK (json_valid(jeux)), -- empty: every data set of the role
    ecriture      INTEGER NOT NULL CHECK (ecriture IN (0, 1)),
    cree_le       TEXT NOT NULL,
    expire_le     TEXT,
    dernier_usage TEXT,
    revoque_le    TEXT,
    CHECK (expire_le IS NULL OR expire_le > cree_le),
    CHECK (role <> 'public' OR ecriture = 0)
) STRICT;

CREATE TABLE compte (
    identifiant TEXT NOT NULL PRIMARY KEY,
    nom         TEXT NOT NULL,
    condense    TEXT NOT NULL CHECK (condense LIKE '$argon2id$%'),
    role        TEXT NOT NULL CHECK (role IN ('cdg', 'chef_de_file', 'dth', 'ars', 'dreets', 'ddets', 'cfea',
        'gestionnaire_hub')),
    territoires TEXT NOT NULL CHECK (json_valid(territoires)),
    cree_le     TEXT NOT NULL,
    ferme_le    TEXT,
    echecs      INTEGER NOT NULL DEFAULT 0 CHECK (echecs >= 0),
    bloque_le   TEXT
) STRICT;

CREATE TABLE session (
    condense  TEXT NOT NULL PRIMARY KEY,
    compte    TEXT NOT NULL REFERENCES compte (identifiant),
    cree_le   TEXT NOT NULL,
    expire_le TEXT NOT NULL,
    CHECK (expire_le > cree_le)
) STRICT;

CREATE INDEX session_expiration ON session (expire_le);

-- Audit journal: each line carries the digest of the one before, so that none can be changed or removed
-- without breaking the chain.
CREATE TABLE journal (
    ordre     INTEGER NOT NULL PRIMARY KEY CHECK (ordre >= 1),
    moment    TEXT NOT NULL,
    acteur    TEXT NOT NULL,
    action    TEXT NOT NULL,
    objet     TEXT NOT NULL,
    detail    TEXT NOT NULL CHECK (json_valid(detail)),
    precedent TEXT NOT NULL,
    condense  TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE journal_tete (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    ordre    INTEGER NOT NULL CHECK (ordre >= 0),
    condense TEXT NOT NULL
) STRICT;

INSERT INTO journal_tete (id, ordre, condense) VALUES (1, 0, '');

CREATE TRIGGER journal_append_only_update BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

CREATE TRIGGER journal_append_only_delete BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
