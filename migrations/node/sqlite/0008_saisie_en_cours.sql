-- What is being keyed in the pages for a declared jeu and not kept yet: a draft outlives the session. One for each jeu and
-- period, shared by the agents of the centre; what stood before the last change undoes it. Nominative, as the records of the
-- ticket mobilité are: erased when it is kept, when somebody drops it, or after a month without a change.
CREATE TABLE saisie_en_cours (
    jeu        TEXT NOT NULL,
    periode    TEXT NOT NULL,
    version    TEXT NOT NULL,
    numero     INTEGER NOT NULL CHECK (numero > 0),
    contenu    TEXT NOT NULL,
    avant      TEXT,
    ecrite_par TEXT NOT NULL,
    ecrite_le  TEXT NOT NULL,
    PRIMARY KEY (jeu, periode)
) STRICT;
