-- The Merkle tree of the register (RFC 6962): one row per hash, about two per entry. Grown at the first
-- start for the entries recorded before.
CREATE TABLE arbre (
    indice  BIGINT NOT NULL PRIMARY KEY CHECK (indice >= 0),
    hachage TEXT NOT NULL
);

-- Each time the hub came back from a backup: what it kept of the register, signed.
CREATE TABLE restauration (
    de_epoque   BIGINT NOT NULL PRIMARY KEY CHECK (de_epoque >= 1),
    declaration TEXT NOT NULL,
    restauree_le TIMESTAMPTZ NOT NULL
);
