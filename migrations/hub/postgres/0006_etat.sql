-- The two state machines (architecture, §8). A state changes by writing its transition, which says who,
-- when and why; the triggers move the state, and refuse one that no transition explains.

CREATE TABLE passage (
    machine TEXT COLLATE "C" NOT NULL CHECK (machine IN ('campagne', 'remontee')),
    de      TEXT COLLATE "C" NOT NULL,
    vers    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (machine, de, vers)
);

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

ALTER TABLE campagne ADD COLUMN etat TEXT COLLATE "C" NOT NULL DEFAULT 'ouverte'
    CHECK (etat IN ('brouillon', 'ouverte', 'en_correction', 'close', 'publiee'));
ALTER TABLE campagne ADD COLUMN ouverture TIMESTAMPTZ;
ALTER TABLE campagne ADD COLUMN fin_correction TIMESTAMPTZ;

CREATE TABLE campagne_transition (
    ordre    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campagne TEXT COLLATE "C" NOT NULL REFERENCES campagne (code),
    de       TEXT COLLATE "C" NOT NULL,
    vers     TEXT COLLATE "C" NOT NULL,
    par      TEXT COLLATE "C" NOT NULL CHECK (length(par) > 0),
    le       TIMESTAMPTZ NOT NULL,
    motif    TEXT COLLATE "C",
    CHECK (NOT (de = 'close' AND vers = 'en_correction') OR length(trim(coalesce(motif, ''))) > 0)
);

CREATE INDEX campagne_transition_place ON campagne_transition (campagne, ordre);

-- One remontée: what a campaign expects of one dispositif, or of a centre as a whole (empty dispositif).
CREATE TABLE remontee (
    campagne   TEXT COLLATE "C" NOT NULL REFERENCES campagne (code),
    noeud      TEXT COLLATE "C" NOT NULL REFERENCES noeud (identifiant),
    dispositif TEXT COLLATE "C" NOT NULL,
    etat       TEXT COLLATE "C" NOT NULL DEFAULT 'attendue' CHECK (etat IN ('attendue', 'en_preparation', 'transmise',
        'en_correction', 'controlee', 'validee', 'sans_objet', 'non_recue')),
    PRIMARY KEY (campagne, noeud, dispositif)
);

CREATE TABLE remontee_transition (
    ordre      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campagne   TEXT COLLATE "C" NOT NULL,
    noeud      TEXT COLLATE "C" NOT NULL,
    dispositif TEXT COLLATE "C" NOT NULL,
    de         TEXT COLLATE "C" NOT NULL,
    vers       TEXT COLLATE "C" NOT NULL,
    par        TEXT COLLATE "C" NOT NULL CHECK (length(par) > 0),
    le         TIMESTAMPTZ NOT NULL,
    motif      TEXT COLLATE "C",
    motifs     TEXT COLLATE "C" NOT NULL DEFAULT '[]', -- [{"indicateur", "motif"}] of a send-back
    FOREIGN KEY (campagne, noeud, dispositif) REFERENCES remontee (campagne, noeud, dispositif),
    CHECK (vers <> 'sans_objet' OR length(trim(coalesce(motif, ''))) > 0),
    CHECK (vers <> 'en_correction' OR jsonb_array_length(motifs::jsonb) > 0)
);

CREATE INDEX remontee_transition_place ON remontee_transition (campagne, noeud, dispositif, ordre);

CREATE INDEX dispositif_reference ON dispositif (noeud, reference, campagne);

-- The publications of one campaign cost what they are, however many others there were.
CREATE INDEX publication_periode ON publication (periode, ordre);

CREATE FUNCTION refuse_ecriture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0];
END;
$$;

CREATE TRIGGER passage_fige BEFORE INSERT OR UPDATE OR DELETE ON passage
FOR EACH ROW EXECUTE FUNCTION refuse_ecriture('passages change by migration only');

CREATE TRIGGER campagne_commence BEFORE INSERT ON campagne
FOR EACH ROW WHEN (NEW.etat NOT IN ('brouillon', 'ouverte'))
EXECUTE FUNCTION refuse_ecriture('a campaign starts as a draft or open');

CREATE TRIGGER campagne_transition_append_only BEFORE UPDATE OR DELETE ON campagne_transition
FOR EACH ROW EXECUTE FUNCTION refuse_ecriture('transitions are append-only');

CREATE TRIGGER remontee_commence BEFORE INSERT ON remontee
FOR EACH ROW WHEN (NEW.etat <> 'attendue')
EXECUTE FUNCTION refuse_ecriture('a remontee starts as expected');

CREATE TRIGGER remontee_demeure BEFORE DELETE ON remontee
FOR EACH ROW EXECUTE FUNCTION refuse_ecriture('a remontee is never removed');

CREATE TRIGGER remontee_transition_append_only BEFORE UPDATE OR DELETE ON remontee_transition
FOR EACH ROW EXECUTE FUNCTION refuse_ecriture('transitions are append-only');

CREATE FUNCTION campagne_transition_permise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM campagne c JOIN passage p ON p.machine = 'campagne' AND p.de = c.etat
        WHERE c.code = NEW.campagne AND c.etat = NEW.de AND p.vers = NEW.vers) THEN
        RAISE EXCEPTION 'illegal transition';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER campagne_transition_permise BEFORE INSERT ON campagne_transition
FOR EACH ROW EXECUTE FUNCTION campagne_transition_permise();

CREATE FUNCTION campagne_transition_suivie() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE campagne SET etat = NEW.vers WHERE code = NEW.campagne;
    RETURN NULL;
END;
$$;

CREATE TRIGGER campagne_transition_suivie AFTER INSERT ON campagne_transition
FOR EACH ROW EXECUTE FUNCTION campagne_transition_suivie();

CREATE FUNCTION campagne_etat_explique() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM campagne_transition t WHERE t.campagne = OLD.code AND t.de = OLD.etat AND t.vers = NEW.etat
        AND t.ordre = (SELECT MAX(d.ordre) FROM campagne_transition d WHERE d.campagne = OLD.code)) THEN
        RAISE EXCEPTION 'a state changes by its transition';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER campagne_etat_explique BEFORE UPDATE OF etat ON campagne
FOR EACH ROW WHEN (NEW.etat <> OLD.etat) EXECUTE FUNCTION campagne_etat_explique();

CREATE FUNCTION remontee_transition_permise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM remontee r JOIN passage p ON p.machine = 'remontee' AND p.de = r.etat
        WHERE r.campagne = NEW.campagne AND r.noeud = NEW.noeud AND r.dispositif = NEW.dispositif
        AND r.etat = NEW.de AND p.vers = NEW.vers) THEN
        RAISE EXCEPTION 'illegal transition';
    END IF;
    IF EXISTS (
        SELECT 1 FROM jsonb_array_elements(NEW.motifs::jsonb) AS m (value)
        WHERE length(trim(coalesce(m.value ->> 'indicateur', ''))) = 0
        OR length(trim(coalesce(m.value ->> 'motif', ''))) = 0) THEN
        RAISE EXCEPTION 'a reason without an indicator or without words';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER remontee_transition_permise BEFORE INSERT ON remontee_transition
FOR EACH ROW EXECUTE FUNCTION remontee_transition_permise();

CREATE FUNCTION remontee_transition_suivie() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE remontee SET etat = NEW.vers
    WHERE campagne = NEW.campagne AND noeud = NEW.noeud AND dispositif = NEW.dispositif;
    RETURN NULL;
END;
$$;

CREATE TRIGGER remontee_transition_suivie AFTER INSERT ON remontee_transition
FOR EACH ROW EXECUTE FUNCTION remontee_transition_suivie();

CREATE FUNCTION remontee_etat_explique() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM remontee_transition t WHERE t.campagne = OLD.campagne AND t.noeud = OLD.noeud
        AND t.dispositif = OLD.dispositif AND t.de = OLD.etat AND t.vers = NEW.etat
        AND t.ordre = (SELECT MAX(d.ordre) FROM remontee_transition d WHERE d.campagne = OLD.campagne
            AND d.noeud = OLD.noeud AND d.dispositif = OLD.dispositif)) THEN
        RAISE EXCEPTION 'a state changes by its transition';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER remontee_etat_explique BEFORE UPDATE OF etat ON remontee
FOR EACH ROW WHEN (NEW.etat <> OLD.etat) EXECUTE FUNCTION remontee_etat_explique();
