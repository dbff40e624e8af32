//! What to mask around a cell that stays too narrow: the cheapest cells that let it move by what it
//! lacks; when many are too narrow, or no such move is found, the cheapest cell still shown in each of
//! its relations, then in farther ones. Zeros only when nothing else is left.

use super::masquable;
use crate::systeme::Sort;
use crate::systeme::noyau::Noyau;

/// How far from the cell relations are looked at.
const DISTANCE: usize = 4;

/// Cells that are too narrow past which each is given everything around it at once.
pub(crate) const PEU: usize = 40;

/// Masks around every class of `etroites`. False when nothing could be.
pub(crate) fn renforce(noyau: &Noyau, masques: &mut [bool], etroites: &[u32]) -> bool {
    let prix = |c: &u32| (noyau.classes[*c as usize].cout, *c);
    let mut ajoutees: Vec<u32> = vec![];
    for k in etroites {
        let choisies = autour(noyau, masques, *k);
        // Where many lack room they share it: one more mask for each is enough for a round.
        match etroites.len() > PEU {
            true => ajoutees.extend(choisies.into_iter().min_by_key(prix)),
            false => ajoutees.extend(choisies),
        }
    }
    ajoutees.iter().for_each(|c| masques[*c as usize] = true);
    !ajoutees.is_empty()
}

/// The cheapest shown class of each relation of this one; of farther ones when it has none left.
pub(crate) fn autour(noyau: &Noyau, masques: &[bool], k: u32) -> Vec<u32> {
    let (mut relations, mut cellules) = (vec![], vec![k]);
    let mut zeros = vec![];
    for _ in 0..DISTANCE {
        relations = prolonge(&relations, cellules.iter().flat_map(|c| noyau.colonnes.ligne(*c)));
        let choisies = moins_cheres(noyau, masques, &relations, |c| masquable(noyau, c));
        if !choisies.is_empty() {
            return choisies;
        }
        if zeros.is_empty() {
            zeros = moins_cheres(noyau, masques, &relations, |c| zero_masquable(noyau, c));
        }
        let membres = relations.iter().flat_map(|l| noyau.lignes.ligne(*l));
        cellules = prolonge(&[], membres.filter(|(c, _)| masques[*c as usize]));
    }
    zeros
}

/// Sorted, without those that are already there twice.
pub(crate) fn prolonge<'a>(deja: &[u32], autres: impl Iterator<Item = &'a (u32, i64)>) -> Vec<u32> {
    let mut tous: Vec<u32> = deja.iter().copied().chain(autres.map(|(i, _)| *i)).collect();
    tous.sort_unstable();
    tous.dedup();
    tous
}

/// The cheapest shown class of each relation among those `permise`.
fn moins_cheres(noyau: &Noyau, masques: &[bool], relations: &[u32], permise: impl Fn(u32) -> bool) -> Vec<u32> {
    let de = |l: &u32| {
        let libres = noyau.lignes.ligne(*l).iter().map(|(c, _)| *c).filter(|c| !masques[*c as usize] && permise(*c));
        libres.min_by_key(|c| (noyau.classes[*c as usize].cout, *c))
    };
    let mut choisies: Vec<u32> = relations.iter().filter_map(de).collect();
    choisies.sort_unstable();
    choisies.dedup();
    choisies
}

/// A zero under a total of zero stays computable however much is masked: it would protect nothing, and
/// would need a proof that cannot be found.
fn zero_masquable(noyau: &Noyau, k: u32) -> bool {
    let c = &noyau.classes[k as usize];
    let nulle = |l: u32| noyau.lignes.ligne(l).iter().all(|(d, _)| noyau.classes[*d as usize].valeur == 0);
    c.sort == Sort::Libre && c.valeur == 0 && !noyau.colonnes.ligne(k).iter().any(|(l, _)| nulle(*l))
}
