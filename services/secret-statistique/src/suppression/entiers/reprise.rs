//! A new quarter from the last one: the same cells and relations, other values. What was masked stays so,
//! and a table found then proves something now as long as it moves only what is still masked and leaves no
//! bound; only what lost its proof is looked at again.

use super::temoins::Temoins;
use crate::suppression::Decision;
use crate::systeme::Sort;
use crate::systeme::noyau::Noyau;

/// Classes that were masked and still may be, those already masked included.
pub(crate) fn masques(noyau: &Noyau, initiaux: &[bool], ancienne: &Decision) -> Vec<bool> {
    let mut masques = initiaux.to_vec();
    for (k, masquee) in noyau.classe_de.iter().zip(&ancienne.masquees) {
        let c = &noyau.classes[*k as usize];
        masques[*k as usize] |= *masquee && c.sort == Sort::Libre && c.valeur > 0;
    }
    masques
}

/// Keeps the changes of the last quarter's certificate that are still possible.
pub(crate) fn rappelle(noyau: &Noyau, masques: &[bool], ancienne: &Decision, temoins: &mut Temoins) {
    if ancienne.certificat.echelle != 1 {
        return;
    }
    let mut ecarts = vec![0i64; noyau.classes.len()];
    for mouvement in &ancienne.certificat.mouvements {
        let places = mouvement.iter().filter_map(|(i, d)| Some((*noyau.classe_de.get(*i as usize)?, *d)));
        let mut classes: Vec<(u32, i64)> = places.collect();
        classes.sort_unstable();
        classes.dedup();
        classes.iter().for_each(|(k, d)| ecarts[*k as usize] = *d);
        let dedans = |(k, d): &(u32, i64)| {
            let c = &noyau.classes[*k as usize];
            masques[*k as usize] && c.valeur + d >= c.plancher && c.valeur + d <= c.plafond
        };
        let tient = |l: u32| noyau.lignes.ligne(l).iter().map(|(k, c)| c * ecarts[*k as usize]).sum::<i64>() == 0;
        let tiennent = |(k, _): &(u32, i64)| noyau.colonnes.ligne(*k).iter().all(|(l, _)| tient(*l));
        let valable = classes.iter().all(dedans) && classes.iter().all(tiennent);
        classes.iter().for_each(|(k, _)| ecarts[*k as usize] = 0);
        if valable {
            temoins.retient(classes);
        }
    }
}
