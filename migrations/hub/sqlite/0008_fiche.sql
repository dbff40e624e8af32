-- Records of the declared jeux (prestations, good practices, groups of communes), by audience. A read model:
-- `maillage-hub rebuild` makes it again from the register. `champs` is an object of texts.
CREATE TABLE fiche (
    audience   TEXT NOT NULL CHECK (audience IN ('convention', 'reseau', 'public')),
    jeu        TEXT NOT NULL,
    campagne   TEXT NOT NULL,
    liste      TEXT NOT NULL,
    cle        TEXT NOT NULL,
    noeud      TEXT NOT NULL REFERENCES noeud (identifiant),
    territoire TEXT NOT NULL,
    champs     TEXT NOT NULL CHECK (json_valid(champs)),
    PRIMARY KEY (audience, jeu, campagne, liste, cle, noeud)
) STRICT, WITHOUT ROWID;

CREATE INDEX fiche_tranche ON fiche (campagne, noeud, jeu);
