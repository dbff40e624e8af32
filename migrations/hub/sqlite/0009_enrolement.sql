-- Life cycle of a node. Those known before were put in service by the configuration that names their key.
ALTER TABLE noeud ADD COLUMN etat TEXT NOT NULL DEFAULT 'actif' CHECK (etat IN ('enregistre', 'en_attente_approbation',
    'actif', 'suspendu', 'maintenance', 'revoque'));

-- One-time invitation of a node: the digest of the token, never the token. A new one replaces the last.
CREATE TABLE invitation (
    noeud      TEXT NOT NULL PRIMARY KEY REFERENCES noeud (identifiant),
    condense   TEXT NOT NULL UNIQUE,
    cree_le    TEXT NOT NULL,
    expire_le  TEXT NOT NULL,
    essais     INTEGER NOT NULL DEFAULT 0 CHECK (essais >= 0),
    utilisee_le TEXT,
    CHECK (expire_le > cree_le)
) STRICT, WITHOUT ROWID;

-- Key presented with an invitation, which waits until an administrator has read its fingerprint aloud.
CREATE TABLE cle_presentee (
    noeud        TEXT NOT NULL PRIMARY KEY REFERENCES noeud (identifiant),
    cle          TEXT NOT NULL,
    presentee_le TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Revocation asked for by one administrator, which another must confirm.
CREATE TABLE revocation (
    noeud        TEXT NOT NULL PRIMARY KEY REFERENCES noeud (identifiant),
    demandee_par TEXT NOT NULL,
    demandee_le  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
