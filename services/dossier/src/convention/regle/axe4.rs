//! Axis 4: apprentices, priced by tiers.

use super::{Avis, Examen};

/// R-A4-PALIER: the tiers count the BOE apprentices recruited, each of them once. Staying on is no longer
/// a condition of the price; it is valued in 2.2.
pub(super) fn palier(e: &Examen<'_>) -> Avis {
    e.qualite_admise()?;
    match e.financees.iter().find(|(_, action)| action.code == e.action.code) {
        Some((premiere, _)) => Err(format!("Cet apprenti est déjà compté (situation {}).", premiere.id)),
        None => Ok(()),
    }
}
