//! What to mask so that a cell without a proof gets one: the cheapest move through shown cells, or the
//! release of the cheapest shown cell that determines it.

use super::base::Base;
use super::completion::complete_libre;
use super::directions::Directions;
use super::masquable;
use super::mouvement::{Chercheur, Demande, Mouvement};
use super::preuves::{Preuves, a_l_echelle};
use super::voisinage::{ATOMES, autour};
use crate::systeme::Sort;

/// Searches for a move through shown cells, of which the cheapest is kept.
const ESSAIS: u64 = 32;
/// Round from which shown zeros may be masked.
const TOUR_DES_ZEROS: u64 = 8;
/// Shown cells weighed when none is found.
const LIBERATEURS: usize = 60;

/// Masks more for every class of `restes`. False when nothing could be masked for any.
pub(crate) fn repare<'n>(preuves: &mut Preuves<'n>, base: &'n Base, restes: &[u32], tour: u64) -> bool {
    let mut par_atomes = Chercheur::nouveau(preuves.noyau, base);
    let mut avance = false;
    for k in restes {
        if !preuves.est_prouvee(*k) {
            let passage = passage(preuves, &mut par_atomes, *k, tour);
            // A cell that can already move needs room: a passage gives it. One that cannot may be freed for less.
            let fixe = tour < TOUR_DES_ZEROS && preuves.largeur(*k) == 0;
            let liberation = if fixe || passage.is_none() { liberation(preuves, base, *k) } else { None };
            avance |= match (passage, liberation) {
                (Some((prix, m)), l) if l.as_ref().is_none_or(|(autre, _)| prix <= *autre) => {
                    masque(preuves, m.iter().map(|(k, _)| *k));
                    preuves.retient(a_l_echelle(m));
                    true
                }
                (_, Some((_, ouvertes))) => masque(preuves, ouvertes),
                _ => voisine(preuves, *k, tour >= TOUR_DES_ZEROS) || tour < TOUR_DES_ZEROS,
            };
        }
    }
    avance
}

/// The cheapest move found that changes the class by what it lacks; through zeros only when there is no other.
fn passage<'n>(
    preuves: &mut Preuves<'n>,
    par_atomes: &mut Chercheur<'n>,
    k: u32,
    tour: u64,
) -> Option<(i64, Mouvement)> {
    passage_par(preuves, par_atomes, k, tour, false).or_else(|| passage_par(preuves, par_atomes, k, tour, true))
}

fn passage_par<'n>(
    preuves: &mut Preuves<'n>,
    par_atomes: &mut Chercheur<'n>,
    k: u32,
    tour: u64,
    zeros: bool,
) -> Option<(i64, Mouvement)> {
    let mut mieux: Option<(i64, Mouvement)> = None;
    for essai in 0..ESSAIS {
        let Some(montant) = preuves.montant(k, (essai % 2) as u32) else { continue };
        let demande = Demande { cible: k, montant, limite: 400, graine: (tour << 40) | (essai << 32), zeros };
        let chercheur = if essai % 4 < 2 { &mut *par_atomes } else { &mut preuves.chercheur };
        if let Some((prix, m)) = chercheur.ouvrage(&preuves.masques, demande)
            && mieux.as_ref().is_none_or(|(p, _)| prix < *p)
        {
            mieux = Some((prix, m));
        }
    }
    mieux
}

/// The cheapest shown cells to let go of, whose values fix the class.
fn liberation(preuves: &Preuves<'_>, base: &Base, k: u32) -> Option<(i64, Vec<u32>)> {
    let noyau = preuves.noyau;
    let atomes = autour(noyau, base, &preuves.masques, k, ATOMES);
    let directions = Directions::entre(noyau, base, &preuves.masques, atomes);
    let mut candidats = directions.liberateurs(base.combinaisons.ligne(k));
    candidats.retain(|(c, _)| (*c as usize) < noyau.classes.len() && masquable(noyau, *c));
    candidats.sort_by_key(|(c, _)| (noyau.classes[*c as usize].cout, *c));
    let ouvertes = |d: &Mouvement| -> Option<(i64, Vec<u32>)> {
        let m = complete_libre(noyau, base, d)?;
        m.binary_search_by_key(&k, |(k, _)| *k).ok()?;
        let ouvertes: Vec<u32> = m.into_iter().map(|(c, _)| c).filter(|c| !preuves.masques[*c as usize]).collect();
        let toutes = ouvertes.iter().all(|c| masquable(noyau, *c));
        (toutes && !ouvertes.is_empty())
            .then(|| (ouvertes.iter().map(|c| noyau.classes[*c as usize].cout).sum(), ouvertes))
    };
    candidats.iter().take(LIBERATEURS).filter_map(|(_, d)| ouvertes(d)).min()
}

/// Last resort: the cheapest shown cell that shares a relation with the class, were it a zero.
fn voisine(preuves: &mut Preuves<'_>, k: u32, zeros: bool) -> bool {
    let noyau = preuves.noyau;
    let voisines = noyau.colonnes.ligne(k).iter().flat_map(|(l, _)| noyau.lignes.ligne(*l));
    // A zero costs nothing to the reader but tells that it hides something: after all the others.
    let prix = |c: &u32| {
        let classe = &noyau.classes[*c as usize];
        (classe.valeur == 0, classe.cout, *c)
    };
    // A zero under a total of zero stays computable however much is masked: it would protect nothing,
    // and would need a proof that cannot be found.
    let valeur = |c: u32| noyau.classes[c as usize].valeur;
    let sans_jeu = |c: u32| {
        let nulle = |l: u32| noyau.lignes.ligne(l).iter().all(|(d, _)| valeur(*d) == 0);
        valeur(c) == 0 && noyau.colonnes.ligne(c).iter().any(|(l, _)| nulle(*l))
    };
    let permise = |c: u32| masquable(noyau, c) || (zeros && noyau.classes[c as usize].sort == Sort::Libre);
    let libre = |c: &u32| !preuves.masques[*c as usize] && permise(*c) && !sans_jeu(*c);
    let choisie = voisines.map(|(c, _)| *c).filter(libre).min_by_key(prix);
    masque(preuves, choisie)
}

fn masque(preuves: &mut Preuves<'_>, classes: impl IntoIterator<Item = u32>) -> bool {
    let mut avance = false;
    for c in classes {
        avance |= !std::mem::replace(&mut preuves.masques[c as usize], true);
    }
    avance
}
