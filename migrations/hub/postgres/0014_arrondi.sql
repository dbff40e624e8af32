-- A jeu may ask for rounding in place of blanks: such a count is shown, and said to be rounded.

ALTER TABLE observation DROP CONSTRAINT observation_statut_check;
ALTER TABLE observation ADD CONSTRAINT observation_statut_check CHECK (statut IN
    ('publie', 'secret', 'non_transmis', 'sans_objet', 'non_significatif', 'provisoire', 'revise', 'arrondi'));

ALTER TABLE observation DROP CONSTRAINT observation_check;
ALTER TABLE observation ADD CONSTRAINT observation_check CHECK
    ((valeur IS NOT NULL OR (numerateur IS NOT NULL AND denominateur IS NOT NULL))
        = (statut IN ('publie', 'provisoire', 'revise', 'arrondi')));
