//! What to mask around a cell that stays too narrow: the cheapest cells that let it move by what it
//! lacks; when many are too narrow, or no such move is found, the cheapest cell still shown in each of
//! its relations, then in farther ones. Zeros only when nothing else is left.

use super::etude::{Etude, bornee};
use super::polyedre::Polyedre;
use crate::suppression::libertes::Libertes;
use crate::suppression::masquable;
use crate::suppression::renfort::{self, PEU, prolonge};
use crate::systeme::noyau::Noyau;

/// Cells weighed around one that is too narrow.
const VOISINES: usize = 900;
/// Change past which a cell takes part in the move found.
const PART: f64 = 1e-3;

/// Masks around every class of `etroites`. False when nothing could be.
pub(crate) fn renforce(etude: &Etude<'_>, masques: &mut [bool], etroites: &[u32]) -> bool {
    let mut remises = vec![];
    let mut avance = false;
    for k in etroites {
        let choisies = if etroites.len() <= PEU { passage(etude, masques, *k) } else { vec![] };
        let choisies = if choisies.is_empty() { renfort::autour(etude.noyau, masques, *k) } else { choisies };
        // Where many lack room they share it: one more mask for each is enough for a round.
        let prix = |c: &u32| (etude.noyau.classes[*c as usize].cout, *c);
        let choisies: Vec<u32> =
            if etroites.len() > PEU { choisies.into_iter().min_by_key(prix).into_iter().collect() } else { choisies };
        avance |= !choisies.is_empty();
        if etroites.len() <= PEU {
            choisies.iter().for_each(|c| masques[*c as usize] = true);
        } else {
            remises.extend(choisies);
        }
    }
    remises.into_iter().for_each(|c: u32| masques[c as usize] = true);
    avance
}

/// The cheapest cells whose masking lets the class change by what it lacks.
fn passage(etude: &Etude<'_>, masques: &[bool], k: u32) -> Vec<u32> {
    let (noyau, base) = (etude.noyau, etude.base);
    let voisines = voisines(noyau, masques, k);
    let mut larges = masques.to_vec();
    let mut bloques = vec![true; masques.len()];
    for c in &voisines {
        larges[*c as usize] |= masquable(noyau, *c);
        bloques[*c as usize] = noyau.classes[*c as usize].valeur == noyau.classes[*c as usize].plancher;
    }
    let Ok(libertes) = Libertes::strictes(noyau, base, &larges, &bloques) else { return vec![] };
    let Some(cible) = libertes.variable(k) else { return vec![] };
    let polyedre = Polyedre::nouveau(noyau, &libertes, |k| bornee(noyau, base, k));
    let payantes: Vec<u32> = voisines.into_iter().filter(|c| !masques[*c as usize]).collect();
    let prix: Vec<(u32, f64)> = payantes
        .iter()
        .filter_map(|c| Some((libertes.variable(*c)?, noyau.classes[*c as usize].cout as f64)))
        .collect();
    let [haut, bas] = etude.libertes.variable(k).map_or([0.0; 2], |v| etude.nuage.but(v));
    let chemins = [haut, bas].into_iter().filter_map(|montant| {
        let changes = polyedre.chemin(cible, montant, &prix)?;
        let bougees = prix.iter().zip(changes).filter(|(_, x)| x.abs() > PART);
        let bougees: Vec<u32> = bougees.map(|((v, _), _)| libertes.classes[*v as usize]).collect();
        let cout: i64 = bougees.iter().map(|c| noyau.classes[*c as usize].cout).sum();
        (!bougees.is_empty()).then_some((cout, bougees))
    });
    chemins.min().map(|(_, bougees)| bougees).unwrap_or_default()
}

/// Cells near the class that are masked or could be, itself included; masked ones first, then the cheapest.
fn voisines(noyau: &Noyau, masques: &[bool], k: u32) -> Vec<u32> {
    let (mut relations, mut cellules) = (vec![], vec![k]);
    loop {
        relations = prolonge(&relations, cellules.iter().flat_map(|c| noyau.colonnes.ligne(*c)));
        let membres = relations.iter().flat_map(|l| noyau.lignes.ligne(*l));
        let mut plus = prolonge(&[], membres.filter(|(c, _)| masques[*c as usize] || masquable(noyau, *c)));
        plus.retain(|c| cellules.binary_search(c).is_err());
        let place = VOISINES.saturating_sub(cellules.len());
        let finie = plus.is_empty() || plus.len() >= place;
        plus.sort_by_key(|c| (!masques[*c as usize], noyau.classes[*c as usize].cout, *c));
        plus.truncate(place);
        cellules.extend(plus);
        cellules.sort_unstable();
        if finie {
            return cellules;
        }
    }
}
