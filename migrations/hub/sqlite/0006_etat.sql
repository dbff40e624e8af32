-- The two state machines (architecture, §8). A state changes by writing its transition, which says who,
-- when and why; the triggers move the state, and refuse one that no transition explains.

CREATE TABLE passage (
    machine TEXT NOT NULL CHECK (machine IN ('campagne', 'remontee')),
    de      TEXT NOT NULL,
    vers    TEXT NOT NULL,
    PRIMARY KEY (machine, de, vers)
) STRICT, WITHOUT ROWID;

INSERT INTO passage (machine, de, vers) VALUES
    ('campagne', 'brouillon', 'ouverte'),
    ('campagne', 'ouverte', 'en_correction'),
    ('campagne', 'ouverte', 'close'),
    ('campagne', 'en_correction', 'close'),
    ('campagne', 'close', 'en_correction'),
    ('campagne', 'close', 'publiee'),
    ('remontee', 'attendue', 'en_preparation'),
    ('remontee', 'attendue', 'transmise'),
    ('remontee', 'attendue', 'sans_objet'),
    ('remontee', 'attendue', 'non_recue'),
    ('remontee', 'en_preparation', 'transmise'),
    ('remontee', 'en_preparation', 'sans_objet'),
    ('remontee', 'en_preparation', 'non_recue'),
    ('remontee', 'transmise', 'en_correction'),
    ('remontee', 'transmise', 'controlee'),
    ('remontee', 'en_correction', 'transmise'),
    ('remontee', 'controlee', 'en_correction'),
    ('remontee', 'controlee', 'transmise'),
    ('remontee', 'controlee', 'validee'),
    ('remontee', 'validee', 'transmise'),
    ('remontee', 'non_recue', 'en_preparation'),
    ('remontee', 'non_recue', 'transmise'),
    ('remontee', 'non_recue', 'sans_objet'),
    ('remontee', 'sans_objet', 'attendue');

CREATE TRIGGER passage_fige_insert BEFORE INSERT ON passage
BEGIN
    SELECT RAISE(ABORT, 'passages change by migration only');
END;

CREATE TRIGGER passage_fige_update BEFORE UPDATE ON passage
BEGIN
    SELECT RAISE(ABORT, 'passages change by migration only');
END;

CREATE TRIGGER passage_fige_delete BEFORE DELETE ON passage
BEGIN
    SELECT RAISE(ABORT, 'passages change by migration only');
END;

ALTER TABLE campagne ADD COLUMN etat TEXT NOT NULL DEFAULT 'ouverte'
    CHECK (etat IN ('brouillon', 'ouverte', 'en_correction', 'close', 'publiee'));
ALTER TABLE campagne ADD COLUMN ouverture TEXT;
ALTER TABLE campagne ADD COLUMN fin_correction TEXT;

CREATE TRIGGER campagne_commence BEFORE INSERT ON campagne
WHEN NEW.etat NOT IN ('brouillon', 'ouverte')
BEGIN
    SELECT RAISE(ABORT, 'a campaign starts as a draft or open');
END;

CREATE TABLE campagne_transition (
    ordre    INTEGER PRIMARY KEY,
    campagne TEXT NOT NULL REFERENCES campagne (code),
    de       TEXT NOT NULL,
    vers     TEXT NOT NULL,
    par      TEXT NOT NULL CHECK (length(par) > 0),
    le       TEXT NOT NULL,
    motif    TEXT,
    CHECK (NOT (de = 'close' AND vers = 'en_correction') OR length(trim(coalesce(motif, ''))) > 0)
) STRICT;

CREATE INDEX campagne_transition_place ON campagne_transition (campagne, ordre);

CREATE TRIGGER campagne_transition_permise BEFORE INSERT ON campagne_transition
BEGIN
    SELECT RAISE(ABORT, 'illegal transition') WHERE NOT EXISTS (
        SELECT 1 FROM campagne c JOIN passage p ON p.machine = 'campagne' AND p.de = c.etat
        WHERE c.code = NEW.campagne AND c.etat = NEW.de AND p.vers = NEW.vers);
END;

CREATE TRIGGER campagne_transition_suivie AFTER INSERT ON campagne_transition
BEGIN
    UPDATE campagne SET etat = NEW.vers WHERE code = NEW.campagne;
END;

CREATE TRIGGER campagne_etat_explique BEFORE UPDATE OF etat ON campagne
WHEN NEW.etat <> OLD.etat
BEGIN
    SELECT RAISE(ABORT, 'a state changes by its transition') WHERE NOT EXISTS (
        SELECT 1 FROM campagne_transition t WHERE t.campagne = OLD.code AND t.de = OLD.etat AND t.vers = NEW.etat
        AND t.ordre = (SELECT MAX(d.ordre) FROM campagne_transition d WHERE d.campagne = OLD.code));
END;

CREATE TRIGGER campagne_transition_append_only_update BEFORE UPDATE ON campagne_transition
BEGIN
    SELECT RAISE(ABORT, 'transitions are append-only');
END;

CREATE TRIGGER campagne_transition_append_only_delete BEFORE DELETE ON campagne_transition
BEGIN
    SELECT RAISE(ABORT, 'transitions are append-only');
END;

-- One remontée: what a campaign expects of one dispositif, or of a centre as a whole (empty dispositif).
CREATE TABLE remontee (
    campagne   TEXT NOT NULL REFERENCES campagne (code),
    noeud      TEXT NOT NULL REFERENCES noeud (identifiant),
    dispositif TEXT NOT NULL,
    etat       TEXT NOT NULL DEFAULT 'attendue' CHECK (etat IN ('attendue', 'en_preparation', 'transmise',
        'en_correction', 'controlee', 'validee', 'sans_objet', 'non_recue')),
    PRIMARY KEY (campagne, noeud, dispositif)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER remontee_commence BEFORE INSERT ON remontee
WHEN NEW.etat <> 'attendue'
BEGIN
    SELECT RAISE(ABORT, 'a remontee starts as expected');
END;

CREATE TRIGGER remontee_demeure BEFORE DELETE ON remontee
BEGIN
    SELECT RAISE(ABORT, 'a remontee is never removed');
END;

CREATE TABLE remontee_transition (
    ordre      INTEGER PRIMARY KEY,
    campagne   TEXT NOT NULL,
    noeud      TEXT NOT NULL,
    dispositif TEXT NOT NULL,
    de         TEXT NOT NULL,
    vers       TEXT NOT NULL,
    par        TEXT NOT NULL CHECK (length(par) > 0),
    le         TEXT NOT NULL,
    motif      TEXT,
    motifs     TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(motifs)), -- [{"indicateur", "motif"}] of a send-back
    FOREIGN KEY (campagne, noeud, dispositif) REFERENCES remontee (campagne, noeud, dispositif),
    CHECK (vers <> 'sans_objet' OR length(trim(coalesce(motif, ''))) > 0),
    CHECK (vers <> 'en_correction' OR json_array_length(motifs) > 0)
) STRICT;

CREATE INDEX remontee_transition_place ON remontee_transition (campagne, noeud, dispositif, ordre);

CREATE TRIGGER remontee_transition_permise BEFORE INSERT ON remontee_transition
BEGIN
    SELECT RAISE(ABORT, 'illegal transition') WHERE NOT EXISTS (
        SELECT 1 FROM remontee r JOIN passage p ON p.machine = 'remontee' AND p.de = r.etat
        WHERE r.campagne = NEW.campagne AND r.noeud = NEW.noeud AND r.dispositif = NEW.dispositif
        AND r.etat = NEW.de AND p.vers = NEW.vers);
    SELECT RAISE(ABORT, 'a reason without an indicator or without words') WHERE EXISTS (
        SELECT 1 FROM json_each(NEW.motifs) WHERE length(trim(coalesce(json_extract(value, '$.indicateur'), ''))) = 0
        OR length(trim(coalesce(json_extract(value, '$.motif'), ''))) = 0);
END;

CREATE TRIGGER remontee_transition_suivie AFTER INSERT ON remontee_transition
BEGIN
    UPDATE remontee SET etat = NEW.vers
    WHERE campagne = NEW.campagne AND noeud = NEW.noeud AND dispositif = NEW.dispositif;
END;

CREATE TRIGGER remontee_etat_explique BEFORE UPDATE OF etat ON remontee
WHEN NEW.etat <> OLD.etat
BEGIN
    SELECT RAISE(ABORT, 'a state changes by its transition') WHERE NOT EXISTS (
        SELECT 1 FROM remontee_transition t WHERE t.campagne = OLD.campagne AND t.noeud = OLD.noeud
        AND t.dispositif = OLD.dispositif AND t.de = OLD.etat AND t.vers = NEW.etat
        AND t.ordre = (SELECT MAX(d.ordre) FROM remontee_transition d WHERE d.campagne = OLD.campagne
            AND d.noeud = OLD.noeud AND d.dispositif = OLD.dispositif));
END;

CREATE TRIGGER remontee_transition_append_only_update BEFORE UPDATE ON remontee_transition
BEGIN
    SELECT RAISE(ABORT, 'transitions are append-only');
END;

CREATE TRIGGER remontee_transition_append_only_delete BEFORE DELETE ON remontee_transition
BEGIN
    SELECT RAISE(ABORT, 'transitions are append-only');
END;

CREATE INDEX dispositif_reference ON dispositif (noeud, reference, campagne);

-- The publications of one campaign cost what they are, however many others there were.
CREATE INDEX publication_periode ON publication (periode, ordre);
