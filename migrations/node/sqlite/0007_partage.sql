-- What the hub hands down: its keys as they follow one another, the manifest of its reference data with the parts
-- received, the thresholds retained, the feed of benchmarks and practices (publication protocol, §2.4 and §2.7).
CREATE TABLE cle_hub (
    usage  TEXT NOT NULL CHECK (usage IN ('receipts', 'log')),
    rang   INTEGER NOT NULL CHECK (rang >= 0),
    cle    TEXT NOT NULL,
    depuis TEXT NOT NULL,
    PRIMARY KEY (usage, rang)
) STRICT, WITHOUT ROWID;

CREATE TABLE manifeste (
    seul             INTEGER NOT NULL PRIMARY KEY CHECK (seul = 1),
    version          INTEGER NOT NULL CHECK (version >= 0),
    empreinte        TEXT NOT NULL,
    jws              TEXT NOT NULL,
    valable_jusqu_au TEXT NOT NULL,
    recu_le          TEXT NOT NULL,
    alarme           TEXT
) STRICT;

-- Every version of a part ever received; `vue_dans` is the last manifest that named it.
CREATE TABLE reference_partie (
    nom      TEXT NOT NULL,
    semver   TEXT NOT NULL,
    digest   TEXT NOT NULL,
    octets   BLOB NOT NULL,
    vue_dans INTEGER NOT NULL,
    PRIMARY KEY (nom, semver, digest)
) STRICT, WITHOUT ROWID;

-- The strictest thresholds a manifest ever asked for: lowered by a decision of the centre only.
CREATE TABLE seuil_retenu (
    jeu            TEXT NOT NULL,
    audience       TEXT NOT NULL CHECK (audience IN ('convention', 'reseau', 'public')),
    seuil          INTEGER NOT NULL CHECK (seuil >= 0),
    seuil_sensible INTEGER NOT NULL CHECK (seuil_sensible >= 0),
    PRIMARY KEY (jeu, audience)
) STRICT, WITHOUT ROWID;

CREATE TABLE partage (
    seul   INTEGER NOT NULL PRIMARY KEY CHECK (seul = 1),
    epoque INTEGER NOT NULL CHECK (epoque >= 1)
) STRICT;

CREATE TABLE fil (
    position INTEGER NOT NULL PRIMARY KEY CHECK (position >= 0),
    cle      TEXT NOT NULL,
    article  TEXT NOT NULL CHECK (json_valid(article)),
    recu_le  TEXT NOT NULL
) STRICT;

CREATE INDEX fil_cle ON fil (cle, position);
