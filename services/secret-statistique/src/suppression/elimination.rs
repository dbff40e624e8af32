//! The freedom that a pattern leaves, after masking what cannot be held without giving a masked cell away.

use super::base::Base;
use super::libertes::Libertes;
use super::masquable;
use crate::systeme::noyau::Noyau;

/// Eliminations compared before the cheapest is kept.
const ELIMINATIONS: usize = 6;
/// Coefficients past which eliminations are not compared further.
const EFFORT: usize = 2_000_000;

/// Eliminates several times, what was refused coming first the next time; keeps the cheapest, and masks
/// what it could not hold.
pub(crate) fn libres(noyau: &Noyau, base: &Base, masques: &mut [bool], bloques: &[bool]) -> Libertes {
    let cout = |refusees: &[u32]| refusees.iter().map(|k| noyau.classes[*k as usize].cout).sum::<i64>();
    let mut priorites: Vec<u32> = vec![];
    let mut mieux: Option<(Libertes, Vec<u32>)> = None;
    for essai in 0..ELIMINATIONS {
        let (libertes, refusees) = match Libertes::nouvelles(noyau, base, masques, bloques, &priorites) {
            Ok(libres) => libres,
            Err(_) => break,
        };
        priorites.extend(&refusees);
        priorites.sort_by_key(|k| std::cmp::Reverse((noyau.classes[*k as usize].cout, *k)));
        priorites.dedup();

        let finie = refusees.is_empty() || libertes.taille() * (essai + 2) > EFFORT;
        if mieux.as_ref().is_none_or(|(_, r)| cout(&refusees) < cout(r)) {
            mieux = Some((libertes, refusees));
        }
        if finie {
            break;
        }
    }
    let (libertes, refusees) = mieux.unwrap_or_else(|| (Libertes::aucune(noyau), vec![]));
    for k in refusees.into_iter().filter(|k| masquable(noyau, *k)) {
        masques[k as usize] = true;
    }
    libertes
}
