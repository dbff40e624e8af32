-- Campaigns as they were declared: dates, jeux, and who was expected. A roster changed since must not change what was
-- said to be missing at the time. `jeux` is a list, `attendus` a list of (node, dispositif), both in order.
CREATE TABLE campagne_passee (
    campagne       TEXT COLLATE "C" NOT NULL REFERENCES campagne (code),
    depuis         TIMESTAMPTZ NOT NULL,
    declaree       BOOLEAN NOT NULL,
    date_evenement DATE NOT NULL,
    limite_depot   TIMESTAMPTZ,
    ouverture      TIMESTAMPTZ,
    fin_correction TIMESTAMPTZ,
    jeux           TEXT COLLATE "C" NOT NULL CHECK (jeux::json IS NOT NULL),
    attendus       TEXT COLLATE "C" NOT NULL CHECK (attendus::json IS NOT NULL),
    PRIMARY KEY (campagne, depuis)
);

-- What a campaign was before this history began is what it is now.
INSERT INTO campagne_passee
    (campagne, depuis, declaree, date_evenement, limite_depot, ouverture, fin_correction, jeux, attendus)
SELECT c.code, '1970-01-01T00:00:00Z', c.declaree, c.date_evenement, c.limite_depot, c.ouverture, c.fin_correction,
    coalesce((SELECT json_agg(jeu ORDER BY jeu)::text FROM campagne_jeu WHERE campagne = c.code), '[]'),
    coalesce((SELECT json_agg(json_build_array(noeud, dispositif) ORDER BY noeud, dispositif)::text
        FROM attendu WHERE campagne = c.code), '[]')
FROM campagne c;
