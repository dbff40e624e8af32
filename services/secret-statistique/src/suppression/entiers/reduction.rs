//! Shows complementary cells again, from the most valuable down, while every other keeps its width
//! without them.

use super::etude::Etude;

/// Coefficients to go through for all attempts together.
const EFFORT: u64 = 2_000_000_000;

/// Times each is tried: what is shown after it may have freed it.
const PASSES: usize = 2;

/// Shows what can be; the number of classes shown again.
pub(crate) fn reduit(etude: &mut Etude<'_>, initiaux: &[bool], masques: &mut [bool]) -> usize {
    let noyau = etude.noyau;
    let mut complementaires: Vec<u32> =
        (0..masques.len() as u32).filter(|k| masques[*k as usize] && !initiaux[*k as usize]).collect();
    complementaires.sort_by_key(|k| std::cmp::Reverse((noyau.classes[*k as usize].cout, *k)));
    let plafond = etude.effort() + EFFORT;
    let mut montrees = 0;
    for k in (0..PASSES).flat_map(|_| complementaires.iter().copied()) {
        if masques[k as usize] && etude.effort() < plafond {
            for c in etude.montre(k, |c| masques[c as usize] && !initiaux[c as usize]) {
                masques[c as usize] = false;
                montrees += 1;
            }
        }
    }
    montrees
}
