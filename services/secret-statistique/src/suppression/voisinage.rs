//! Proofs by linear algebra: takes the atoms around cells that the local search could not prove, and
//! looks for tables inside the set that the attacker faces.

use std::collections::HashMap;

use super::base::Base;
use super::completion::complete;
use super::directions::Directions;
use super::interieur::Interieur;
use super::mouvement::{Alea, Mouvement};
use super::preuves::{ECHELLE, Preuves};
use crate::systeme::noyau::Noyau;

/// Atoms of a neighbourhood: the cube of their freedom is the cost of one step.
pub(crate) const ATOMES: usize = 1_800;
/// The same when few cells are left.
const ATOMES_PROCHES: usize = 300;
/// What few means.
const PEU: usize = 40;
/// Constraints longer than this do not extend a neighbourhood.
const PORTEE: usize = 400;
/// Random directions tried before cells are taken one by one.
const TIRAGES: u64 = 16;

/// Tries to prove every class of `restes`, one neighbourhood after the other.
pub(crate) fn prouve(preuves: &mut Preuves<'_>, base: &Base, restes: &[u32], graine: u64) {
    let limite = if restes.len() > PEU { ATOMES } else { ATOMES_PROCHES };
    let mut vues: Vec<bool> = vec![false; preuves.noyau.classes.len()];
    for k in restes {
        if vues[*k as usize] || preuves.est_prouvee(*k) {
            continue;
        }
        let atomes = autour(preuves.noyau, base, &preuves.masques, *k, limite);
        let dedans: Vec<u32> = restes
            .iter()
            .copied()
            .filter(|r| !preuves.est_prouvee(*r))
            .filter(|r| r == k || dedans_pour_moitie(base, *r, &atomes))
            .collect();
        for r in &dedans {
            vues[*r as usize] = true;
        }
        let directions = Directions::entre(preuves.noyau, base, &preuves.masques, atomes);
        Voisinage::nouveau(preuves, base, &directions, dedans).prouve(graine);
    }
}

/// True when at least half of the atoms of a class are in the neighbourhood: the others do not move.
fn dedans_pour_moitie(base: &Base, k: u32, atomes: &[u32]) -> bool {
    let combinaison = base.combinaisons.ligne(k);
    let dedans = combinaison.iter().filter(|(a, _)| atomes.binary_search(a).is_ok()).count();
    dedans > 0 && 2 * dedans >= combinaison.len()
}

/// Masked atoms around a class that have room to move, sorted; as many as a neighbourhood may hold.
pub(crate) fn autour(noyau: &Noyau, base: &Base, masques: &[bool], k: u32, limite: usize) -> Vec<u32> {
    let mobile = |a: u32| {
        let c = &noyau.classes[a as usize];
        masques[a as usize] && c.valeur > c.plancher && c.valeur < c.plafond
    };
    let mut pris = vec![false; noyau.classes.len()];
    let mut vue = vec![false; base.combinaisons.len()];
    let mut file: Vec<u32> = vec![];
    let mut ajoute = |file: &mut Vec<u32>, c: u32| {
        for (a, _) in base.combinaisons.ligne(c) {
            if file.len() < limite && mobile(*a) && !std::mem::replace(&mut pris[*a as usize], true) {
                file.push(*a);
            }
        }
    };
    ajoute(&mut file, k);
    let mut tete = 0;
    while tete < file.len() && file.len() < limite {
        let a = file[tete];
        tete += 1;
        for (c, _) in base.appartenances.ligne(a) {
            let libre = masques.get(*c as usize).is_some_and(|m| *m);
            if !libre && base.combinaisons.ligne(*c).len() <= PORTEE && !std::mem::replace(&mut vue[*c as usize], true)
            {
                ajoute(&mut file, *c);
            }
        }
    }
    file.sort_unstable();
    file
}

struct Voisinage<'p, 'n, 'd> {
    preuves: &'p mut Preuves<'n>,
    base: &'d Base,
    directions: &'d Directions,
    /// For each atom, the directions that change it.
    passent: HashMap<u32, Vec<(usize, i64)>>,
    cibles: Vec<u32>,
}

impl<'p, 'n, 'd> Voisinage<'p, 'n, 'd> {
    fn nouveau(preuves: &'p mut Preuves<'n>, base: &'d Base, directions: &'d Directions, cibles: Vec<u32>) -> Self {
        let mut passent: HashMap<u32, Vec<(usize, i64)>> = HashMap::new();
        for (i, d) in directions.libres.iter().enumerate() {
            for (a, coef) in d {
                passent.entry(*a).or_default().push((i, *coef));
            }
        }
        Self { preuves, base, directions, passent, cibles }
    }

    fn prouve(&mut self, graine: u64) {
        self.circuits();
        let noyau = self.preuves.noyau;
        let directions = self.directions;
        let interieur = Interieur::nouveau(&directions.libres, |a| {
            let c = &noyau.classes[a as usize];
            // Going beyond a few times the values at stake would prove nothing more.
            (c.valeur - c.plancher, c.plafond.saturating_sub(c.valeur).min(c.valeur + 20 * c.largeur.max(1)))
        });
        let mut alea = Alea::de(graine);
        let mut avant = usize::MAX;
        for _ in 0..TIRAGES {
            let restes = self.restes();
            if restes.len() < 4 || restes.len() * 20 > avant.saturating_mul(19) {
                break;
            }
            avant = restes.len();
            let mut gain = vec![0.0; directions.libres.len()];
            for k in restes {
                let poids = alea.sous(2001) as f64 / 1000.0 - 1.0;
                self.gain(k, poids, &mut gain);
            }
            for _ in 0..2 {
                self.retient_tous(&interieur.vers(&gain, f64::INFINITY));
                gain.iter_mut().for_each(|g| *g = -*g);
            }
        }
        for k in self.restes() {
            for sens in [1.0, -1.0] {
                if !self.preuves.est_prouvee(k) {
                    let mut gain = vec![0.0; directions.libres.len()];
                    self.gain(k, sens, &mut gain);
                    let assez = 1.1 * noyau.classes[k as usize].largeur as f64;
                    self.retient_tous(&interieur.vers(&gain, assez));
                }
            }
        }
    }

    /// The directions themselves, both ways.
    fn circuits(&mut self) {
        for d in &self.directions.libres {
            for sens in [ECHELLE, -ECHELLE] {
                self.retient(&d.iter().map(|(a, c)| (*a, c * sens)).collect());
            }
        }
    }

    fn restes(&self) -> Vec<u32> {
        self.cibles.iter().copied().filter(|k| !self.preuves.est_prouvee(*k)).collect()
    }

    fn gain(&self, k: u32, poids: f64, gain: &mut [f64]) {
        for (a, coef) in self.base.combinaisons.ligne(k) {
            for (i, c) in self.passent.get(a).into_iter().flatten() {
                gain[*i] += poids * (c * coef) as f64;
            }
        }
    }

    fn retient_tous(&mut self, points: &[Mouvement]) {
        points.iter().for_each(|p| self.retient(p));
    }

    fn retient(&mut self, atomes: &Mouvement) {
        if let Some(m) = complete(self.preuves.noyau, self.base, atomes, ECHELLE)
            && m.iter().all(|(k, _)| self.preuves.masques[*k as usize])
        {
            self.preuves.retient(m);
        }
    }
}
