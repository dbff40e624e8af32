-- Good practices that a centre proposes from the pages, beside those that its node publishes (jeu `pratiques`): proposed, then
-- published or refused with a reason by somebody else. `champs` is an object of texts, the fields of the jeu.
CREATE TABLE pratique (
    identifiant  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    noeud        TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    territoire   TEXT COLLATE "C" NOT NULL,
    champs       TEXT COLLATE "C" NOT NULL,
    etat         TEXT COLLATE "C" NOT NULL DEFAULT 'proposee' CHECK (etat IN ('proposee', 'publiee', 'refusee')),
    proposee_le  TIMESTAMPTZ NOT NULL,
    proposee_par TEXT COLLATE "C" NOT NULL CHECK (length(proposee_par) > 0),
    decidee_le   TIMESTAMPTZ,
    decidee_par  TEXT COLLATE "C",
    motif        TEXT COLLATE "C",
    CHECK ((etat = 'proposee') = (decidee_le IS NULL)),
    CHECK ((etat = 'proposee') = (decidee_par IS NULL)),
    CHECK (decidee_par IS NULL OR decidee_par <> proposee_par),
    CHECK (etat <> 'refusee' OR length(trim(coalesce(motif, ''))) > 0)
);

-- A centre that does the same, whether the sheet came from a page or from a node.
CREATE TABLE adoption (
    pratique    TEXT COLLATE "C" NOT NULL,
    noeud       TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    adoptee_le  TIMESTAMPTZ NOT NULL,
    adoptee_par TEXT COLLATE "C" NOT NULL CHECK (length(adoptee_par) > 0),
    PRIMARY KEY (pratique, noeud)
);
