-- One indicator along the campaigns, at one level and along the same axes: the rows of the answer lie side by
-- side in the order in which they are shown, however many quarters and cross tables are stored beside them.
DROP INDEX observation_indicateur;

CREATE INDEX observation_indicateur
    ON observation (audience, indicateur, niveau, axes, campagne, territoire, ventilation, noeud);
