//! Shows complementary cells again, from the most valuable down, while every other keeps its width
//! without them.

use super::etude::Etude;
use crate::suppression::fermeture;

/// Coefficients to go through for all attempts together.
const EFFORT: usize = 4_000_000;

/// Shows what can be; the number of classes shown again.
pub(crate) fn reduit(etude: &mut Etude<'_>, initiaux: &[bool], masques: &mut [bool]) -> usize {
    let noyau = etude.noyau;
    let mut complementaires: Vec<u32> =
        (0..masques.len() as u32).filter(|k| masques[*k as usize] && !initiaux[*k as usize]).collect();
    complementaires.sort_by_key(|k| std::cmp::Reverse((noyau.classes[*k as usize].cout, *k)));
    let mut montrees = 0;
    for k in complementaires {
        masques[k as usize] = false;
        let fermee = noyau.colonnes.ligne(k).iter().all(|(l, _)| fermeture::est_fermee(noyau, masques, *l));
        if fermee && etude.effort < EFFORT && etude.montre(k) {
            montrees += 1;
        } else {
            masques[k as usize] = true;
        }
    }
    montrees
}
