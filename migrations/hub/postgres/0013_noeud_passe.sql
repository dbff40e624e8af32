-- Names, regions and presence of the centres as they were: a committee file of the past names them as it did then.
-- A row each time the configuration says something else; `regions` are INSEE codes separated by commas.
CREATE TABLE noeud_passe (
    noeud     TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    depuis    TIMESTAMPTZ NOT NULL,
    nom       TEXT COLLATE "C" NOT NULL,
    organisme TEXT COLLATE "C" NOT NULL,
    actif     BOOLEAN NOT NULL,
    regions   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (noeud, depuis)
);

-- What a centre was called before this history began is what it is called now.
INSERT INTO noeud_passe (noeud, depuis, nom, organisme, actif, regions)
SELECT n.identifiant, '1970-01-01T00:00:00Z', n.nom, n.organisme, n.actif,
    coalesce((SELECT string_agg(r.region, ',' ORDER BY r.region) FROM noeud_region r WHERE r.noeud = n.identifiant), '')
FROM noeud n;
