-- Entries that this node sealed on a history it had forgotten (its database came from a backup) and that the
-- hub never accepted: the hub holds other entries of this node at their positions. Kept as evidence; their
-- content is sealed again after the history taken back, at most once.
CREATE TABLE envoi_annule (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    seq        INTEGER NOT NULL CHECK (seq >= 1),
    genre      TEXT NOT NULL CHECK (genre IN ('publish', 'withdraw', 'rotate', 'restore', 'heartbeat')),
    jeu        TEXT,
    periode    TEXT,
    empreinte  TEXT NOT NULL,
    enveloppe  TEXT NOT NULL,
    corps      BLOB,
    annule_le  TEXT NOT NULL,
    apres      INTEGER NOT NULL CHECK (apres >= 0), -- last position of the history taken back
    regle_le   TEXT,                                -- when it was sealed again, or found to be overtaken
    refait     TEXT,                                -- digest of the envelope that carries its content again
    CHECK (refait IS NULL OR regle_le IS NOT NULL)
) STRICT;
CREATE INDEX envoi_annule_a_regler ON envoi_annule (id) WHERE regle_le IS NULL;

-- Every restore of the hub this node was told of, in order, and the leaves each kept: a receipt of an
-- incarnation that was left counts only below.
ALTER TABLE temoin ADD COLUMN gardees TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(gardees));
