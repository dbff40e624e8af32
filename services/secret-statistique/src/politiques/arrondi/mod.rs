//! Controlled rounding to base 5: every count, totals included, goes to one of the two multiples of five next
//! to it, and everything still adds up. A reader finds each count within four: 0 to 4 where zero is shown.
//!
//! An attacker who knows the rule knows these frames for all cells at once, and every sum: what comes out is
//! proved against him like masked cells are, or does not come out.

mod exhaustive;
mod recherche;
mod sommes;

use crate::certificat;
use crate::suppression;
use crate::systeme::{Cellule, Systeme};
use sommes::Probleme;

/// Base of the rounding.
pub const BASE: u64 = 5;

/// Why a table is not rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SansArrondi {
    /// All have been tried.
    #[error("aucun arrondi à {BASE} ne garde toutes les sommes")]
    Inexistant,
    /// The search gave up.
    #[error("aucun arrondi à {BASE} qui garde toutes les sommes n’a été trouvé")]
    NonTrouve,
    /// Sums written over the finest cells would not fit in memory.
    #[error("la table est trop grande pour un arrondi additif ; découpez-la")]
    TropGrande,
    /// Frames of four that the sums narrow too much.
    #[error("{0} effectifs arrondis seraient encadrés de trop près")]
    TropEtroits(usize),
    /// Something that five does not hide.
    #[error("elle contient des montants, que l’arrondi à {BASE} ne protège pas")]
    Montants,
    /// Readers hold exact counts of the same period.
    #[error("des effectifs exacts de la même période ont déjà été publiés")]
    DejaExacte,
}

/// Rounds every cell of a system. A cell that was shown rounded before keeps that value as long as it is next
/// to the true one and the sums allow it: two roundings of one count would tell more than one.
pub fn controle(systeme: &Systeme, avant: &[Option<u64>]) -> Result<Vec<u64>, SansArrondi> {
    let tenu = Probleme::de(systeme, avant)?;
    let change = |p: &Probleme| recherche::cherche(p).map_or_else(|| exhaustive::cherche(p), Ok);
    let ecarts = match change(&tenu) {
        Ok(trouves) => tenu.ecarts(&trouves),
        Err(echec) if avant.iter().all(Option::is_none) => return Err(echec),
        Err(_) => {
            let libre = Probleme::de(systeme, &vec![None; avant.len()])?;
            libre.ecarts(&change(&libre)?)
        }
    };
    let arrondie = |(c, e): (&Cellule, &i64)| c.valeur.saturating_add_signed(*e);
    let arrondies: Vec<u64> = systeme.cellules().iter().zip(&ecarts).map(arrondie).collect();
    prouve(systeme, &arrondies, avant)?;
    Ok(arrondies)
}

/// Smallest and largest count that this rounding may hide.
pub fn cadre(arrondie: u64) -> (u64, u64) {
    (arrondie.saturating_sub(BASE - 1), arrondie + BASE - 1)
}

/// Every count keeps its width for who knows all roundings, those of before included. What he cannot exclude is
/// best looked at from the rounded table itself, in the middle of all frames; or from the true one, where a frame
/// of before leaves the rounded one out.
fn prouve(systeme: &Systeme, arrondies: &[u64], avant: &[Option<u64>]) -> Result<(), SansArrondi> {
    let vue = |i: usize, c: &Cellule| {
        let vraie = systeme.cellules()[i].valeur;
        let (bas, haut) = cadre(arrondies[i]);
        // Who thinks that nothing has changed since holds both frames.
        let (bas, haut) = match avant[i].map(cadre) {
            Some((b, h)) if (b..=h).contains(&vraie) => (bas.max(b), haut.min(h)),
            _ => (bas, haut),
        };
        Cellule { plancher: bas, plafond: Some(haut), ..c.clone() }
    };
    let au_centre = systeme.autour(arrondies).and_then(|s| s.vu_par(vue)).ok();
    if au_centre.is_some_and(|s| largeurs_prouvees(&s).is_ok()) {
        return Ok(());
    }
    let vu = systeme.vu_par(vue).map_err(|_| SansArrondi::TropEtroits(arrondies.len()))?;
    largeurs_prouvees(&vu)
}

/// All cells are hidden: nothing is left to mask, everything to prove.
fn largeurs_prouvees(vu: &Systeme) -> Result<(), SansArrondi> {
    let trop = |n: usize| SansArrondi::TropEtroits(n);
    let decision = suppression::protege(vu).map_err(|echec| match echec {
        suppression::SansIssue::TropEtroites(places) => trop(places.len()),
        suppression::SansIssue::Contradiction { .. } => trop(2),
    })?;
    certificat::verifier(vu, &decision.masquees, &decision.certificat).map(|_| ()).map_err(|_| trop(1))
}

#[cfg(test)]
mod tests;
