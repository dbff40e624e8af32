-- Campaigns as they were declared: dates, jeux, and who was expected. A roster changed since must not change what was
-- said to be missing at the time. `jeux` is a list, `attendus` a list of (node, dispositif), both in order.
CREATE TABLE campagne_passee (
    campagne       TEXT NOT NULL REFERENCES campagne (code),
    depuis         TEXT NOT NULL,
    declaree       INTEGER NOT NULL CHECK (declaree IN (0, 1)),
    date_evenement TEXT NOT NULL,
    limite_depot   TEXT,
    ouverture      TEXT,
    fin_correction TEXT,
    jeux           TEXT NOT NULL CHECK (json_valid(jeux)),
    attendus       TEXT NOT NULL CHECK (json_valid(attendus)),
    PRIMARY KEY (campagne, depuis)
) STRICT, WITHOUT ROWID;

-- What a campaign was before this history began is what it is now.
INSERT INTO campagne_passee
    (campagne, depuis, declaree, date_evenement, limite_depot, ouverture, fin_correction, jeux, attendus)
SELECT c.code, '1970-01-01T00:00:00.000000Z', c.declaree, c.date_evenement, c.limite_depot, c.ouverture, c.fin_correction,
    (SELECT json_group_array(jeu) FROM (SELECT jeu FROM campagne_jeu WHERE campagne = c.code ORDER BY jeu)),
    (SELECT json_group_array(json_array(noeud, dispositif)) FROM (
        SELECT noeud, dispositif FROM attendu WHERE campagne = c.code ORDER BY noeud, dispositif))
FROM campagne c;
