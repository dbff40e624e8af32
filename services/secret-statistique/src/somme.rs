//! Regional sums: what the hub may show of a total over several centres, given what each of them
//! shows. The total minus the published centres is what the masked ones share; it is shown only when
//! that tells nobody, centres included, the figure of another.

use referentiel::cellule::{Cle, Statut};

use crate::protegee::{CelluleProtegee, ValeurPubliee};

/// Fewest centres that must hide a cell for its exact total to be shown.
pub const MASQUEES_MINIMALES: usize = 3;
/// Width that the share of a masked centre keeps for a reader.
pub const LARGEUR_LECTEUR: u64 = 2;
/// Width that it keeps for another masked centre, which knows its own.
pub const LARGEUR_INITIE: u64 = 1;

/// A sum that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SommeProtegee {
    /// What it is about.
    pub cle: Cle,
    /// The exact sum, when it may be shown.
    pub valeur: Option<u64>,
    /// What it lies between otherwise.
    pub bornes: Option<(u64, u64)>,
    /// Shown, masked (with bounds), or not transmitted.
    pub statut: Statut,
}

/// What one centre shows of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A count.
    Montree(u64),
    /// Masked, between 1 and this.
    Masquee {
        /// Largest value that a reader cannot exclude.
        plafond: u64,
    },
    /// Nothing received.
    Absente,
}

impl Part {
    /// What a published cell says; a masked one is thought to lie below `plafond`.
    pub fn de(cellule: Option<&CelluleProtegee>, plafond: u64) -> Self {
        match cellule.map(|c| (&c.valeur, c.statut)) {
            Some((Some(ValeurPubliee::Effectif(n)), _)) => Self::Montree(*n),
            Some((None, Statut::Secret)) => Self::Masquee { plafond },
            _ => Self::Absente,
        }
    }
}

/// Sum of the centres as bounds, without knowing what they mask: the honest default.
pub fn bornes(cle: Cle, parts: &[Part]) -> SommeProtegee {
    let (mut bas, mut haut, mut masquees) = (0u64, 0u64, 0);
    for part in parts {
        match part {
            Part::Montree(n) => (bas, haut) = (bas.saturating_add(*n), haut.saturating_add(*n)),
            Part::Masquee { plafond } => {
                masquees += 1;
                (bas, haut) = (bas.saturating_add(1), haut.saturating_add(*plafond));
            }
            Part::Absente => return SommeProtegee { cle, valeur: None, bornes: None, statut: Statut::NonTransmis },
        }
    }
    match masquees {
        0 => SommeProtegee { cle, valeur: Some(bas), bornes: None, statut: Statut::Publie },
        _ => SommeProtegee { cle, valeur: None, bornes: Some((bas, haut)), statut: Statut::Secret },
    }
}

/// Sum of the centres when its exact value `total` is known to the aggregator: shown only when at
/// least [`MASQUEES_MINIMALES`] centres mask the cell and none of them is narrowed too much.
pub fn exacte(cle: Cle, total: u64, parts: &[Part], vraies: &[u64]) -> SommeProtegee {
    let prudente = bornes(cle, parts);
    let plafonds: Vec<u64> =
        parts.iter().filter_map(|p| if let Part::Masquee { plafond } = p { Some(*plafond) } else { None }).collect();
    if prudente.statut != Statut::Secret || plafonds.len() < MASQUEES_MINIMALES {
        return prudente;
    }
    let montrees: u64 = parts.iter().filter_map(|p| if let Part::Montree(n) = p { Some(*n) } else { None }).sum();
    let Some(reste) = total.checked_sub(montrees) else { return prudente };
    let lecteur = (0..plafonds.len()).all(|i| largeur(&plafonds, i, None, reste) >= LARGEUR_LECTEUR);
    let initie = |i: usize| {
        let Some(reste) = vraies.get(i).and_then(|v| reste.checked_sub(*v)) else { return false };
        (0..plafonds.len()).filter(|j| *j != i).all(|j| largeur(&plafonds, j, Some(i), reste) >= LARGEUR_INITIE)
    };
    if lecteur && (0..plafonds.len()).all(initie) {
        return SommeProtegee { valeur: Some(total), bornes: None, statut: Statut::Publie, ..prudente };
    }
    prudente
}

/// Width of the share of a centre, when all the others but `sauf` share the rest with it.
fn largeur(plafonds: &[u64], i: usize, sauf: Option<usize>, reste: u64) -> u64 {
    let autres = plafonds.iter().enumerate().filter(|(j, _)| *j != i && Some(*j) != sauf);
    let (nombre, leur_plafond) = autres.fold((0u64, 0u64), |(n, s), (_, p)| (n + 1, s.saturating_add(*p)));
    let haut = plafonds[i].min(reste.saturating_sub(nombre));
    let bas = reste.saturating_sub(leur_plafond).max(1);
    haut.saturating_sub(bas)
}
