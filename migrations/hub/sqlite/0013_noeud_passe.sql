-- Names, regions and presence of the centres as they were: a committee file of the past names them as it did then.
-- A row each time the configuration says something else; `regions` are INSEE codes separated by commas.
CREATE TABLE noeud_passe (
    noeud     TEXT NOT NULL REFERENCES noeud (identifiant),
    depuis    TEXT NOT NULL,
    nom       TEXT NOT NULL,
    organisme TEXT NOT NULL,
    actif     INTEGER NOT NULL CHECK (actif IN (0, 1)),
    regions   TEXT NOT NULL,
    PRIMARY KEY (noeud, depuis)
) STRICT, WITHOUT ROWID;

-- What a centre was called before this history began is what it is called now.
INSERT INTO noeud_passe (noeud, depuis, nom, organisme, actif, regions)
SELECT n.identifiant, '1970-01-01T00:00:00.000000Z', n.nom, n.organisme, n.actif,
    coalesce((SELECT group_concat(r.region, ',') FROM (
        SELECT region FROM noeud_region WHERE noeud = n.identifiant ORDER BY region) r), '')
FROM noeud n;
