-- Workbooks deposited in a page and not stored yet: a draft survives the end of a session. Nominative,
-- like the fiches; erased when the workbook is stored, when its depositor drops it, or after a month.
CREATE TABLE brouillon (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    fichier    TEXT NOT NULL,
    octets     BLOB NOT NULL,
    corrections INTEGER NOT NULL DEFAULT 0 CHECK (corrections >= 0),
    depose_par TEXT NOT NULL,
    depose_le  TEXT NOT NULL
) STRICT;
