//! What a reader could compute from the published cells alone: a masked cell that is the only one of
//! its line, or that the others leave too narrow an interval. Same arithmetic as an attacker's first steps.

use publication::{CodeRefus, Refus, TerritoirePublie};
use referentiel::jeu::Jeu;
use secret_statistique::recontrole::{Faute, recontrole};
use secret_statistique::relations::Parents;
use secret_statistique::{CelluleProtegee, Politique};

pub fn objections(
    jeu: &Jeu,
    cellules: &[CelluleProtegee],
    territoires: &[TerritoirePublie],
    politique: &Politique,
) -> Vec<Refus> {
    let parents: Parents = territoires
        .iter()
        .filter_map(|t| Some(((t.niveau, t.code.clone()), t.parent.as_ref().map(|p| (p.niveau, p.code.clone()))?)))
        .collect();
    recontrole(&jeu.code, cellules, &parents, politique)
        .into_iter()
        .filter_map(|constat| {
            let (code, detail) = match constat.faute {
                // Already said, cell by cell, by `cellules`.
                Faute::SousLeSeuil => return None,
                Faute::SecondaireManquante => {
                    (CodeRefus::SdcMissingSecondary, "Elle est seule masquée dans une somme.")
                }
                Faute::Calculable => (CodeRefus::SdcRecoverableCell, "Les cellules visibles l’encadrent de trop près."),
            };
            Some(Refus::nouveau(code, detail).sur_cellule(&constat.cle))
        })
        .collect()
}
