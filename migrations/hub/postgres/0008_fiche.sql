-- Records of the declared jeux (prestations, good practices, groups of communes), by audience. A read model:
-- `maillage-hub rebuild` makes it again from the register. `champs` is an object of texts.
CREATE TABLE fiche (
    audience   TEXT COLLATE "C" NOT NULL CHECK (audience IN ('convention', 'reseau', 'public')),
    jeu        TEXT COLLATE "C" NOT NULL,
    campagne   TEXT COLLATE "C" NOT NULL,
    liste      TEXT COLLATE "C" NOT NULL,
    cle        TEXT COLLATE "C" NOT NULL,
    noeud      TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    territoire TEXT COLLATE "C" NOT NULL,
    champs     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (audience, jeu, campagne, liste, cle, noeud)
);

CREATE INDEX fiche_tranche ON fiche (campagne, noeud, jeu);
