-- What was keyed for the declared data sets, one row for each import of a workbook. The last one that was not
-- undone speaks for its period; the others stay, so that an undo gives back what stood before.
CREATE TABLE declaration (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    jeu        TEXT NOT NULL,
    periode    TEXT NOT NULL,
    fichier    TEXT NOT NULL,
    empreinte  TEXT NOT NULL,
    importe_le TEXT NOT NULL,
    annule_le  TEXT,
    contenu    TEXT NOT NULL CHECK (json_valid(contenu))
) STRICT;

CREATE INDEX declaration_tranche ON declaration (jeu, periode, id);
