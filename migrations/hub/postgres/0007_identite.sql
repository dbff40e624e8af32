-- How persons prove who they are: a one-time code beside the password, or an OpenID provider; and the
-- reminders sent to centres.

-- The secret of one-time codes is derived from a key file and this generation: reading the table makes none.
ALTER TABLE compte ADD COLUMN generation BIGINT NOT NULL DEFAULT 1 CHECK (generation >= 1);
-- Last step of time whose code was used: a code opens once (RFC 6238, § 5.2).
ALTER TABLE compte ADD COLUMN dernier_pas BIGINT NOT NULL DEFAULT 0 CHECK (dernier_pas >= 0);
-- What the OpenID provider must say of the person: it authenticates, this table authorises.
ALTER TABLE compte ADD COLUMN courriel TEXT COLLATE "C";
ALTER TABLE compte ADD COLUMN siret TEXT COLLATE "C" CHECK (siret IS NULL OR length(siret) = 14);

-- Sent back to the provider when the person signs out.
ALTER TABLE session ADD COLUMN preuve TEXT COLLATE "C";

-- A person as a provider knows them. Another person may not take the same account without the operator.
CREATE TABLE identite (
    emetteur TEXT COLLATE "C" NOT NULL,
    sujet    TEXT COLLATE "C" NOT NULL,
    compte   TEXT COLLATE "C" NOT NULL REFERENCES compte (identifiant),
    liee_le  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (emetteur, sujet),
    UNIQUE (emetteur, compte)
);

-- A sign-in under way at the provider: used once, soon, by the browser that began it.
CREATE TABLE demande_connexion (
    condense     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    navigateur   TEXT COLLATE "C" NOT NULL,
    nonce        TEXT COLLATE "C" NOT NULL,
    verificateur TEXT COLLATE "C" NOT NULL,
    retour       TEXT COLLATE "C" NOT NULL,
    expire_le    TIMESTAMPTZ NOT NULL
);

CREATE TABLE relance (
    identifiant  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    campagne     TEXT COLLATE "C" NOT NULL,
    noeud        TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    destinataire TEXT COLLATE "C" NOT NULL,
    demandee_le  TIMESTAMPTZ NOT NULL,
    par          TEXT COLLATE "C" NOT NULL,
    envoyee_le   TIMESTAMPTZ,
    erreur       TEXT COLLATE "C",
    CHECK (envoyee_le IS NULL OR erreur IS NULL)
);

CREATE INDEX relance_par_campagne ON relance (campagne, noeud, demandee_le);
