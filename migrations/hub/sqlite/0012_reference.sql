-- What the hub hands down to its nodes (publication protocol, §2.4): signed manifests of the reference data, and
-- the feed. Both are append-only; the parts are named by their digest, and every version stays.
CREATE TABLE reference_partie (
    digest TEXT NOT NULL PRIMARY KEY,
    octets BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE manifeste (
    version INTEGER NOT NULL PRIMARY KEY CHECK (version >= 1),
    contenu TEXT NOT NULL,
    jws     TEXT NOT NULL,
    emis_le TEXT NOT NULL
) STRICT;

CREATE TABLE fil (
    position INTEGER NOT NULL PRIMARY KEY CHECK (position >= 0),
    cle      TEXT NOT NULL CHECK (length(cle) > 0),
    article  TEXT NOT NULL CHECK (json_valid(article)),
    emis_le  TEXT NOT NULL
) STRICT;

CREATE INDEX fil_cle ON fil (cle, position);

CREATE TRIGGER fil_append_only_update BEFORE UPDATE ON fil
BEGIN
    SELECT RAISE(ABORT, 'the feed is append-only');
END;

CREATE TRIGGER fil_append_only_delete BEFORE DELETE ON fil
BEGIN
    SELECT RAISE(ABORT, 'the feed is append-only');
END;

-- Up to which passage of its campaign the benchmarks were computed.
CREATE TABLE repere_calcule (
    campagne   TEXT NOT NULL PRIMARY KEY REFERENCES campagne (code),
    transition INTEGER NOT NULL CHECK (transition >= 0)
) STRICT, WITHOUT ROWID;
