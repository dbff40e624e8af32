-- How persons prove who they are: a one-time code beside the password, or an OpenID provider; and the
-- reminders sent to centres.

-- The secret of one-time codes is derived from a key file and this generation: reading the table makes none.
ALTER TABLE compte ADD COLUMN generation INTEGER NOT NULL DEFAULT 1 CHECK (generation >= 1);
-- Last step of time whose code was used: a code opens once (RFC 6238, § 5.2).
ALTER TABLE compte ADD COLUMN dernier_pas INTEGER NOT NULL DEFAULT 0 CHECK (dernier_pas >= 0);
-- What the OpenID provider must say of the person: it authenticates, this table authorises.
ALTER TABLE compte ADD COLUMN courriel TEXT;
ALTER TABLE compte ADD COLUMN siret TEXT CHECK (siret IS NULL OR length(siret) = 14);

-- Sent back to the provider when the person signs out.
ALTER TABLE session ADD COLUMN preuve TEXT;

-- A person as a provider knows them. Another person may not take the same account without the operator.
CREATE TABLE identite (
    emetteur TEXT NOT NULL,
    sujet    TEXT NOT NULL,
    compte   TEXT NOT NULL REFERENCES compte (identifiant),
    liee_le  TEXT NOT NULL,
    PRIMARY KEY (emetteur, sujet),
    UNIQUE (emetteur, compte)
) STRICT;

-- A sign-in under way at the provider: used once, soon, by the browser that began it.
CREATE TABLE demande_connexion (
    condense     TEXT NOT NULL PRIMARY KEY,
    navigateur   TEXT NOT NULL,
    nonce        TEXT NOT NULL,
    verificateur TEXT NOT NULL,
    retour       TEXT NOT NULL,
    expire_le    TEXT NOT NULL
) STRICT;

CREATE TABLE relance (
    identifiant  TEXT NOT NULL PRIMARY KEY,
    campagne     TEXT NOT NULL,
    noeud        TEXT NOT NULL REFERENCES noeud (identifiant),
    destinataire TEXT NOT NULL,
    demandee_le  TEXT NOT NULL,
    par          TEXT NOT NULL,
    envoyee_le   TEXT,
    erreur       TEXT,
    CHECK (envoyee_le IS NULL OR erreur IS NULL)
) STRICT;

CREATE INDEX relance_par_campagne ON relance (campagne, noeud, demandee_le);
