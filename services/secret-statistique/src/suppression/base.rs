//! Free unknowns of a system: cells that are no total ("atoms"), and every other cell as a combination
//! of them. A change of atoms keeps by construction every relation used to write the combinations.

use crate::systeme::noyau::{Creuse, Noyau};

/// Combinations are written in full up to this many terms in all; beyond, totals stay unknowns of their
/// own and their relations stay constraints, so that memory is bounded whatever the relations.
const TERMES_MAXIMAUX: usize = 3_000_000;
/// Longest combination.
const LONGUEUR_MAXIMALE: usize = 10_000;

/// Every class, then every relation that is not kept by construction, as combinations of atoms.
#[derive(Debug)]
pub(crate) struct Base {
    /// Constraint → (atom, coefficient).
    pub combinaisons: Creuse,
}

impl Base {
    /// True when the class is a combination of itself alone.
    pub(crate) fn est_atome(&self, k: u32) -> bool {
        self.combinaisons.ligne(k) == [(k, 1)]
    }

    /// `fixes` are shown zeros that will never be touched: they are left out of the combinations.
    pub(crate) fn du_noyau(noyau: &Noyau, fixes: &[bool]) -> Self {
        let ecriture = Ecriture::nouvelle(noyau, fixes).ecrit();
        let mut restes = vec![];
        for ligne in 0..noyau.lignes.len() as u32 {
            if !ecriture.employees[ligne as usize] {
                let reste = somme(noyau.lignes.ligne(ligne), &ecriture.combinaisons);
                if !reste.is_empty() {
                    restes.push(reste);
                }
            }
        }
        Self {
            combinaisons: Creuse::depuis(
                ecriture.combinaisons.into_iter().map(Option::unwrap_or_default).chain(restes),
            ),
        }
    }
}

struct Ecriture<'n> {
    noyau: &'n Noyau,
    definition: Vec<Option<u32>>,
    combinaisons: Vec<Option<Vec<(u32, i64)>>>,
    employees: Vec<bool>,
    en_cours: Vec<bool>,
    termes: usize,
}

impl<'n> Ecriture<'n> {
    fn nouvelle(noyau: &'n Noyau, fixes: &[bool]) -> Self {
        let mut definition = vec![None; noyau.classes.len()];
        for ligne in 0..noyau.lignes.len() as u32 {
            let mut totaux = noyau.lignes.ligne(ligne).iter().filter(|(_, coef)| *coef < 0);
            if let (Some((k, -1)), None) = (totaux.next(), totaux.next()) {
                let longueur = |l: u32| noyau.lignes.ligne(l).len();
                let choisie = &mut definition[*k as usize];
                if choisie.is_none_or(|c| longueur(ligne) < longueur(c)) {
                    *choisie = Some(ligne);
                }
            }
        }
        let combinaisons = fixes.iter().map(|f| f.then(Vec::new)).collect();
        Self {
            noyau,
            definition,
            combinaisons,
            employees: vec![false; noyau.lignes.len()],
            en_cours: vec![false; noyau.classes.len()],
            termes: 0,
        }
    }

    /// Writes every class, parts before totals, without recursion.
    fn ecrit(mut self) -> Self {
        for depart in 0..self.combinaisons.len() as u32 {
            let mut pile = vec![depart];
            while let Some(k) = pile.last().copied() {
                let i = k as usize;
                if self.combinaisons[i].is_some() {
                    pile.pop();
                    continue;
                }
                let manquantes = self.parties_manquantes(k);
                if self.en_cours[i] || manquantes.is_empty() {
                    self.combine(k);
                    self.en_cours[i] = false;
                    pile.pop();
                } else {
                    self.en_cours[i] = true;
                    pile.extend(manquantes);
                }
            }
        }
        self
    }

    fn parties_manquantes(&self, k: u32) -> Vec<u32> {
        let Some(ligne) = self.definition[k as usize] else { return vec![] };
        let manque = |p: &u32| *p != k && self.combinaisons[*p as usize].is_none() && !self.en_cours[*p as usize];
        self.noyau.lignes.ligne(ligne).iter().map(|(p, _)| *p).filter(manque).collect()
    }

    /// Writes one class whose parts are written; one on a cycle, or too long, is an atom.
    fn combine(&mut self, k: u32) {
        let combinaison = self.definition[k as usize].and_then(|ligne| {
            let parties: Vec<(u32, i64)> =
                self.noyau.lignes.ligne(ligne).iter().copied().filter(|(p, _)| *p != k).collect();
            let longueur = parties
                .iter()
                .map(|(p, _)| self.combinaisons[*p as usize].as_ref().map(Vec::len))
                .sum::<Option<usize>>()?;
            if longueur > LONGUEUR_MAXIMALE || self.termes + longueur > TERMES_MAXIMAUX {
                return None;
            }
            self.employees[ligne as usize] = true;
            Some(somme(&parties, &self.combinaisons))
        });
        let combinaison = combinaison.unwrap_or_else(|| vec![(k, 1)]);
        self.termes += combinaison.len();
        self.combinaisons[k as usize] = Some(combinaison);
    }
}

fn somme(termes: &[(u32, i64)], combinaisons: &[Option<Vec<(u32, i64)>>]) -> Vec<(u32, i64)> {
    let mut tout: Vec<(u32, i64)> = vec![];
    for (k, coef) in termes {
        let combinaison = combinaisons[*k as usize].as_deref().unwrap_or_default();
        tout.extend(combinaison.iter().map(|(a, c)| (*a, c.saturating_mul(*coef))));
    }
    tout.sort_unstable();
    let mut reduite: Vec<(u32, i64)> = Vec::with_capacity(tout.len());
    for (a, coef) in tout {
        match reduite.last_mut() {
            Some((dernier, total)) if *dernier == a => *total += coef,
            _ => reduite.push((a, coef)),
        }
    }
    reduite.retain(|(_, coef)| *coef != 0);
    reduite
}
