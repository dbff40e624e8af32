-- Good practices that a centre proposes from the pages, beside those that its node publishes (jeu `pratiques`): proposed, then
-- published or refused with a reason by somebody else. `champs` is an object of texts, the fields of the jeu.
CREATE TABLE pratique (
    identifiant  TEXT NOT NULL PRIMARY KEY,
    noeud        TEXT NOT NULL REFERENCES noeud (identifiant),
    territoire   TEXT NOT NULL,
    champs       TEXT NOT NULL CHECK (json_valid(champs)),
    etat         TEXT NOT NULL DEFAULT 'proposee' CHECK (etat IN ('proposee', 'publiee', 'refusee')),
    proposee_le  TEXT NOT NULL,
    proposee_par TEXT NOT NULL CHECK (length(proposee_par) > 0),
    decidee_le   TEXT,
    decidee_par  TEXT,
    motif        TEXT,
    CHECK ((etat = 'proposee') = (decidee_le IS NULL)),
    CHECK ((etat = 'proposee') = (decidee_par IS NULL)),
    CHECK (decidee_par IS NULL OR decidee_par <> proposee_par),
    CHECK (etat <> 'refusee' OR length(trim(coalesce(motif, ''))) > 0)
) STRICT, WITHOUT ROWID;

-- A centre that does the same, whether the sheet came from a page or from a node.
CREATE TABLE adoption (
    pratique    TEXT NOT NULL,
    noeud       TEXT NOT NULL REFERENCES noeud (identifiant),
    adoptee_le  TEXT NOT NULL,
    adoptee_par TEXT NOT NULL CHECK (length(adoptee_par) > 0),
    PRIMARY KEY (pratique, noeud)
) STRICT, WITHOUT ROWID;
