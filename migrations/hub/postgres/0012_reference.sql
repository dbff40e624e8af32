-- What the hub hands down to its nodes (publication protocol, §2.4): signed manifests of the reference data, and
-- the feed. Both are append-only; the parts are named by their digest, and every version stays.
CREATE TABLE reference_partie (
    digest TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    octets BYTEA NOT NULL
);

CREATE TABLE manifeste (
    version BIGINT NOT NULL PRIMARY KEY CHECK (version >= 1),
    contenu TEXT NOT NULL,
    jws     TEXT NOT NULL,
    emis_le TIMESTAMPTZ NOT NULL
);

CREATE TABLE fil (
    position BIGINT NOT NULL PRIMARY KEY CHECK (position >= 0),
    cle      TEXT COLLATE "C" NOT NULL CHECK (length(cle) > 0),
    article  TEXT NOT NULL,
    emis_le  TIMESTAMPTZ NOT NULL
);

CREATE INDEX fil_cle ON fil (cle, position);

CREATE FUNCTION fil_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the feed is append-only';
END;
$$;

CREATE TRIGGER fil_append_only BEFORE UPDATE OR DELETE ON fil
FOR EACH ROW EXECUTE FUNCTION fil_append_only();

-- Up to which passage of its campaign the benchmarks were computed.
CREATE TABLE repere_calcule (
    campagne   TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES campagne (code),
    transition BIGINT NOT NULL CHECK (transition >= 0)
);
