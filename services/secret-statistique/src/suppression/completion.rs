//! From a change of atoms to the change of every cell.

use super::base::Base;
use super::mouvement::Mouvement;
use crate::systeme::noyau::Noyau;

/// Sums the coefficients of equal indices and drops zeros.
fn regroupe(tout: &mut Vec<(u32, i64)>) {
    tout.sort_unstable();
    let mut place = 0;
    for i in 0..tout.len() {
        if place > 0 && tout[place - 1].0 == tout[i].0 {
            tout[place - 1].1 += tout[i].1;
        } else {
            tout[place] = tout[i];
            place += 1;
        }
    }
    tout.truncate(place);
    tout.retain(|(_, c)| *c != 0);
}

/// The change of every class that a change of atoms brings, if every relation and every bound holds.
pub(crate) fn complete(noyau: &Noyau, base: &Base, atomes: &Mouvement, echelle: i64) -> Option<Mouvement> {
    let m = complete_libre(noyau, base, atomes)?;
    let dedans = |(k, d): &(u32, i64)| {
        let c = &noyau.classes[*k as usize];
        let place = |x: i64| x.saturating_mul(echelle);
        *d >= place(c.plancher - c.valeur) && *d <= place(c.plafond.saturating_sub(c.valeur))
    };
    m.iter().all(dedans).then_some(m)
}

/// The same without regard for the bounds.
pub(crate) fn complete_libre(noyau: &Noyau, base: &Base, atomes: &Mouvement) -> Option<Mouvement> {
    let mut m: Mouvement = atomes
        .iter()
        .flat_map(|(a, d)| base.appartenances.ligne(*a).iter().map(move |(c, coef)| (*c, coef * d)))
        .collect();
    regroupe(&mut m);
    (!m.is_empty() && m.iter().all(|(k, _)| (*k as usize) < noyau.classes.len())).then_some(m)
}
