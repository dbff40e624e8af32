//! What a reader could compute from the published cells alone: a masked cell that is the only one of
//! its line, or that the others leave too narrow an interval. Same arithmetic as an attacker's first steps.

use publication::contenu::{ContenuAudience, ContenuIndicateurs};
use publication::{CodeRefus, Refus};
use secret_statistique::recontrole::{Faute, recontrole};

pub fn objections(contenu: &ContenuIndicateurs, table: &ContenuAudience) -> Vec<Refus> {
    let constats = recontrole(contenu.jeu(), &table.cellules, &contenu.parents(), &table.politique);
    constats
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
