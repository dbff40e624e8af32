//! Ways to publish one table without giving anybody away: blanks, intervals in place of blanks, coarser
//! categories, rounding that still adds up. Each says what readers would get, cell by cell, so that what
//! they lose can be compared. Sends nothing and chooses nothing: the choice is the jeu's (`politique`).

pub mod arrondi;
pub mod intervalles;
pub mod plis;
pub mod regroupement;

pub use referentiel::jeu::Methode;

use crate::systeme::fichier::{FichierInvalide, Protection, TableLue, entierement_masquee, proteger};

/// What a reader gets of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Montre {
    /// The count.
    Exacte(u64),
    /// A count near it.
    Approchee(u64),
    /// Two ends that it lies between.
    Entre(u64, u64),
    /// A mark in its place.
    Masquee,
    /// Nothing: the table is not published that finely.
    Retiree,
}

/// Why a method does not apply to a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Inapplicable {
    /// The table cannot be read or protected.
    #[error(transparent)]
    Table(#[from] FichierInvalide),
    /// No rounding.
    #[error("Sans arrondi : {0}.")]
    SansArrondi(#[from] arrondi::SansArrondi),
}

/// What readers lose, all cells together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Perte {
    /// Counts shown as they are.
    pub exactes: usize,
    /// Counts shown nearly.
    pub approchees: usize,
    /// Counts framed by two ends.
    pub encadrees: usize,
    /// Marks.
    pub masquees: usize,
    /// Cells not published.
    pub retirees: usize,
    /// Largest error of a count shown nearly, or half-width of a frame.
    pub ecart_maximal: u64,
    /// Persons that a reader cannot place: error of what is shown nearly, half-width of what is framed, all
    /// of what is not shown.
    pub personnes: u64,
}

/// Counts what readers lose on cells of these values.
pub fn perte(vraies: &[u64], montrees: &[Montre]) -> Perte {
    let mut p = Perte::default();
    for (vraie, montre) in vraies.iter().zip(montrees) {
        let (compte, ecart) = match montre {
            Montre::Exacte(_) => (&mut p.exactes, 0),
            Montre::Approchee(n) => (&mut p.approchees, n.abs_diff(*vraie)),
            Montre::Entre(bas, haut) => (&mut p.encadrees, haut.saturating_sub(*bas).div_ceil(2)),
            Montre::Masquee => (&mut p.masquees, 0),
            Montre::Retiree => (&mut p.retirees, 0),
        };
        *compte += 1;
        p.ecart_maximal = p.ecart_maximal.max(ecart);
        p.personnes += if matches!(montre, Montre::Masquee | Montre::Retiree) { *vraie } else { ecart };
    }
    p
}

/// What readers lose under a method, or why it does not apply.
pub type Comparaison = (Methode, Result<Perte, Inapplicable>);

/// What each method leaves to the readers of a table, or why it does not apply.
pub fn comparer(table: &TableLue, seuil: u64, largeur: u64) -> Result<Vec<Comparaison>, FichierInvalide> {
    let protection = proteger(table.clone(), seuil, largeur, true);
    // A table that cannot even be read is refused once, not four times.
    if let Err(e) = &protection
        && !matches!(e, FichierInvalide::SansIssue(_) | FichierInvalide::Audit(_))
    {
        return Err(e.clone());
    }
    let vraies: Vec<u64> = table.cells.iter().map(|c| c.value.as_u64().unwrap_or_default()).collect();
    let rendu = |methode| match methode {
        Methode::Masquage => protection.as_ref().map(masquage).map_err(|e| e.clone().into()),
        Methode::Intervalles => protection.as_ref().map(intervalles::encadre).map_err(|e| e.clone().into()),
        Methode::Regroupement => regroupement::regroupe(table, seuil, largeur),
        Methode::Arrondi => arrondie(table, largeur),
    };
    Ok(Methode::TOUTES.map(|m| (m, rendu(m).map(|montrees| perte(&vraies, &montrees)))).into())
}

/// Blanks where the protection masks.
pub fn masquage(protection: &Protection) -> Vec<Montre> {
    let montre = |v: Option<u64>| v.map_or(Montre::Masquee, Montre::Exacte);
    protection.table.cells.iter().map(|c| montre(c.value.filter(|_| !c.suppressed))).collect()
}

/// Every count to a multiple of five.
pub fn arrondie(table: &TableLue, largeur: u64) -> Result<Vec<Montre>, Inapplicable> {
    let (systeme, ordre) = entierement_masquee(table, largeur)?;
    let arrondies = arrondi::controle(&systeme, &vec![None; ordre.len()])?;
    let mut montrees = vec![Montre::Retiree; ordre.len()];
    // A multiple of five is no more certain than the others.
    ordre.iter().zip(arrondies).for_each(|(lue, n)| montrees[*lue] = Montre::Approchee(n));
    Ok(montrees)
}

#[cfg(test)]
mod tests;
