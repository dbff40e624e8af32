//! Primary rules: which cells are sensitive by themselves. Reads true values, decides nothing about
//! the other cells.

use referentiel::Decimal;
use referentiel::cellule::Cle;

use crate::brute::{CelluleBrute, Contributions, Grandeur, TableBrute};
use crate::politique::{Politique, Zeros};
use crate::protegee::Motif;

/// One contributor may make up at most this share of an amount (fiscal secrecy, in per cent).
pub const DOMINANCE: i64 = 85;
/// Nobody may estimate the largest contribution nearer than this (p % rule).
pub const P_POUR_CENT: i64 = 10;
/// Fewest employers behind an amount (statistical secrecy of enterprises).
pub const EMPLOYEURS_MINIMAUX: u64 = 3;

/// Why the cell is sensitive, if it is.
pub fn motif(cellule: &CelluleBrute, brute: &TableBrute, politique: &Politique) -> Option<Motif> {
    match &cellule.grandeur {
        Grandeur::Effectif(0) => (politique.zeros == Zeros::Proteges).then_some(Motif::Seuil),
        Grandeur::Effectif(n) if *n < politique.seuil_de(&cellule.cle) => Some(Motif::Seuil),
        Grandeur::Effectif(n) => inference(&cellule.cle, *n, brute, politique),
        Grandeur::Montant { valeur, personnes, employeurs } => {
            let seuil = politique.seuil_de(&cellule.cle);
            let peu = personnes.nombre < seuil || employeurs.nombre < EMPLOYEURS_MINIMAUX;
            let visible = [personnes, employeurs].into_iter().any(|c| domine(*valeur, c));
            if *valeur == Decimal::ZERO && personnes.nombre == 0 {
                None
            } else if peu {
                Some(Motif::Seuil)
            } else {
                visible.then_some(Motif::Dominance)
            }
        }
        _ => None,
    }
}

/// What a count tells about its margin on a sensitive axis: everybody has this value, or all but a few.
fn inference(cle: &Cle, n: u64, brute: &TableBrute, politique: &Politique) -> Option<Motif> {
    let sensibles = cle.ventilation.axes().filter(|(axe, _)| politique.axes_sensibles.contains(*axe));
    sensibles
        .filter_map(|(axe, _)| {
            let marge = Cle { ventilation: cle.ventilation.sans(axe), ..cle.clone() };
            let Grandeur::Effectif(total) = brute.cellule(&marge)?.grandeur else { return None };
            let ecart = total.checked_sub(n)?;
            match ecart {
                0 => Some(Motif::Groupe),
                _ if ecart < politique.seuil_de(cle) => Some(Motif::Ecart),
                _ => None,
            }
        })
        .min()
}

fn domine(total: Decimal, c: &Contributions) -> bool {
    let cent = Decimal::from(100);
    let reste = total - c.premiere - c.deuxieme;
    c.premiere * cent > total * Decimal::from(DOMINANCE) || reste * cent < c.premiere * Decimal::from(P_POUR_CENT)
}
