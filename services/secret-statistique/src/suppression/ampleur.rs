//! How much must be masked for anything to move: in a table where most cells are empty, masking partners
//! relation by relation leaves almost nothing free. The smallest cells are then masked up to a value at
//! which a fair share of the freedom that masking everything would give is there.

use super::base::Base;
use super::libertes::Libertes;
use super::{masquable, zeros_montres};
use crate::systeme::noyau::Noyau;

/// Share of the freedom that masking everything gives, below which more is masked at once.
const PART: usize = 5;

/// Masks the smallest cells until enough is free.
pub(crate) fn elargit(noyau: &Noyau, masques: &mut [bool]) {
    let base = &Base::du_noyau(noyau, &zeros_montres(noyau, masques));
    let sous = |valeur: i64, masques: &[bool]| -> Vec<bool> {
        let petite = |k: u32| masquable(noyau, k) && noyau.classes[k as usize].valeur < valeur;
        masques.iter().enumerate().map(|(k, m)| *m || petite(k as u32)).collect()
    };
    let toutes = Libertes::ampleur(noyau, base, &sous(i64::MAX, masques), 0).unwrap_or(0);
    let assez = |essai: &[bool]| Libertes::ampleur(noyau, base, essai, toutes / PART).is_some();
    let mut valeur = 8;
    let mut essai = masques.to_vec();
    while valeur < i64::MAX / 2 && !assez(&essai) {
        essai = sous(valeur, masques);
        valeur += valeur / 2;
    }
    masques.copy_from_slice(&essai);
}
