-- Life cycle of a node. Those known before were put in service by the configuration that names their key.
ALTER TABLE noeud ADD COLUMN etat TEXT COLLATE "C" NOT NULL DEFAULT 'actif' CHECK (etat IN ('enregistre', 'en_attente_approbation',
    'actif', 'suspendu', 'maintenance', 'revoque'));

-- One-time invitation of a node: the digest of the token, never the token. A new one replaces the last.
CREATE TABLE invitation (
    noeud      TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES noeud (identifiant),
    condense   TEXT COLLATE "C" NOT NULL UNIQUE,
    cree_le    TIMESTAMPTZ NOT NULL,
    expire_le  TIMESTAMPTZ NOT NULL,
    essais     BIGINT NOT NULL DEFAULT 0 CHECK (essais >= 0),
    utilisee_le TIMESTAMPTZ,
    CHECK (expire_le > cree_le)
);

-- Key presented with an invitation, which waits until an administrator has read its fingerprint aloud.
CREATE TABLE cle_presentee (
    noeud        TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES noeud (identifiant),
    cle          TEXT COLLATE "C" NOT NULL,
    presentee_le TIMESTAMPTZ NOT NULL
);

-- Revocation asked for by one administrator, which another must confirm.
CREATE TABLE revocation (
    noeud        TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES noeud (identifiant),
    demandee_par TEXT COLLATE "C" NOT NULL,
    demandee_le  TIMESTAMPTZ NOT NULL
);
