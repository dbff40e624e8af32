//! The rounding as a choice for each finest cell: one of the two multiples next to it. Every total is the sum of
//! what is chosen below it, hence adds up; what remains to be had is that it lies next to its true value too,
//! and that relations which do not follow from the finest cells hold.

use std::collections::{BTreeMap, HashSet};

use super::{BASE, SansArrondi};
use crate::systeme::Systeme;

/// Terms of all the sums written over the finest cells.
const TERMES_MAXIMAUX: usize = 20_000_000;

/// A sum over finest cells, and how far from the truth it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Borne {
    pub bas: i64,
    pub haut: i64,
}

impl Borne {
    /// Multiples of the base between an error and the nearest one allowed, with their sign.
    pub(super) fn defaut(self, ecart: i64) -> i64 {
        let trop = (ecart - self.haut).max(0);
        let peu = (self.bas - ecart).max(0);
        (trop - peu) / BASE as i64
    }
}

/// What is to be chosen.
#[derive(Debug)]
pub(super) struct Probleme {
    /// For each finest cell, its changes to the multiples below and above; the same twice where there is no choice.
    pub fines: Vec<(i64, i64)>,
    pub bornes: Vec<Borne>,
    /// Sums that each finest cell is part of.
    pub presences: Vec<Combinaison>,
    /// Finest cells of each sum that may be turned.
    pub membres: Vec<Vec<u32>>,
    /// Each cell of the system over the finest ones.
    combinaisons: Vec<Combinaison>,
}

type Combinaison = Vec<(u32, i64)>;

/// The change that a count may undergo: to the multiples around it, or to the one it had.
fn permis(valeur: u64, avant: Option<u64>) -> Borne {
    let reste = (valeur % BASE) as i64;
    let (bas, haut) = if reste == 0 { (0, 0) } else { (-reste, BASE as i64 - reste) };
    let tenu = avant.filter(|a| a.is_multiple_of(BASE) && a.abs_diff(valeur) < BASE);
    match tenu.and_then(|a| i64::try_from(a).ok().zip(i64::try_from(valeur).ok())) {
        Some((a, v)) if (bas..=haut).contains(&(a - v)) => Borne { bas: a - v, haut: a - v },
        _ => Borne { bas, haut },
    }
}

impl Probleme {
    pub(super) fn de(systeme: &Systeme, avant: &[Option<u64>]) -> Result<Self, SansArrondi> {
        let relations: Vec<&[(u32, i64)]> = systeme.relations().collect();
        let ecrites = Ecriture::de(systeme.cellules().len(), &relations)?;
        let mut rang: Vec<Option<u32>> = vec![None; ecrites.len()];
        let finest = (0..ecrites.len()).filter(|k| ecrites[*k] == [(*k as u32, 1)]);
        finest.zip(0..).for_each(|(k, r)| rang[k] = Some(r));
        let sur_les_rangs = |c: &Combinaison| -> Combinaison {
            c.iter().filter_map(|(k, coef)| Some((rang[*k as usize]?, *coef))).collect()
        };
        let combinaisons: Vec<Combinaison> = ecrites.iter().map(sur_les_rangs).collect();
        let borne = |k: usize| permis(systeme.cellules()[k].valeur, avant.get(k).copied().flatten());
        let fines: Vec<Borne> = (0..rang.len()).filter(|k| rang[*k].is_some()).map(borne).collect();
        let totaux = (0..rang.len()).filter(|k| rang[*k].is_none()).map(|k| (borne(k), combinaisons[k].clone()));
        let restes = relations.iter().filter_map(|relation| {
            let termes =
                relation.iter().flat_map(|(k, c)| combinaisons[*k as usize].iter().map(move |(f, d)| (*f, c * d)));
            Some(additionne(termes)).filter(|reste| !reste.is_empty()).map(|r| (Borne { bas: 0, haut: 0 }, r))
        });
        let (bornes, sommes): (Vec<Borne>, Vec<Combinaison>) = totaux.chain(restes).unzip();
        let mut presences = vec![vec![]; fines.len()];
        for (s, somme) in sommes.iter().enumerate() {
            somme.iter().for_each(|(f, c)| presences[*f as usize].push((s as u32, *c)));
        }
        let libre = |f: &u32| fines[*f as usize].bas != fines[*f as usize].haut;
        let membres = sommes.iter().map(|s| s.iter().map(|(f, _)| *f).filter(libre).collect()).collect();
        let fines = fines.into_iter().map(|b| (b.bas, b.haut)).collect();
        Ok(Self { fines, bornes, presences, membres, combinaisons })
    }

    /// Change of every cell of the system, from that of the finest ones.
    pub(super) fn ecarts(&self, choisis: &[i64]) -> Vec<i64> {
        self.combinaisons.iter().map(|c| c.iter().map(|(f, coef)| coef * choisis[*f as usize]).sum()).collect()
    }

    /// How far every sum is from the truth.
    pub(super) fn sommes(&self, choisis: &[i64]) -> Vec<i64> {
        let mut sommes = vec![0; self.bornes.len()];
        for (presences, change) in self.presences.iter().zip(choisis) {
            presences.iter().for_each(|(s, c)| sommes[*s as usize] += c * change);
        }
        sommes
    }
}

/// Cells written over the finest ones.
struct Ecriture<'r> {
    relations: &'r [&'r [(u32, i64)]],
    /// The relation that each total is written by.
    definition: BTreeMap<u32, usize>,
    ecrites: Vec<Option<Combinaison>>,
    termes: usize,
}

impl<'r> Ecriture<'r> {
    fn de(cellules: usize, relations: &'r [&'r [(u32, i64)]]) -> Result<Vec<Combinaison>, SansArrondi> {
        let mut definition = BTreeMap::new();
        for (i, relation) in relations.iter().enumerate() {
            if let Some((total, _)) = relation.first() {
                definition.entry(*total).or_insert(i);
            }
        }
        let mut ecriture = Self { relations, definition, ecrites: vec![None; cellules], termes: 0 };
        for k in 0..cellules as u32 {
            ecriture.ecrit(k)?;
        }
        Ok(ecriture.ecrites.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// Writes a cell over the finest ones, its parts first. A cell that would be part of itself is a finest one.
    fn ecrit(&mut self, depart: u32) -> Result<(), SansArrondi> {
        let mut pile = vec![(depart, false)];
        let mut en_cours = HashSet::new();
        while let Some((k, parts_ecrites)) = pile.pop() {
            if self.ecrites[k as usize].is_some() {
                continue;
            }
            let parts = self.definition.get(&k).and_then(|r| self.relations[*r].get(1..));
            let circulaire = |parts: &&[(u32, i64)]| !parts.iter().any(|(p, _)| *p == k || en_cours.contains(p));
            match parts.filter(circulaire) {
                None => self.retient(k, vec![(k, 1)])?,
                Some(parts) if parts_ecrites => {
                    let vide = vec![];
                    let terme = |(p, c): &(u32, i64)| (self.ecrites[*p as usize].as_ref().unwrap_or(&vide), *c);
                    let tous = parts.iter().map(terme).flat_map(|(l, c)| l.iter().map(move |(f, d)| (*f, c * d)));
                    let somme = additionne(tous);
                    en_cours.remove(&k);
                    self.retient(k, somme)?;
                }
                Some(parts) => {
                    pile.push((k, true));
                    pile.extend(parts.iter().map(|(p, _)| (*p, false)));
                    en_cours.insert(k);
                }
            }
        }
        Ok(())
    }

    fn retient(&mut self, k: u32, combinaison: Combinaison) -> Result<(), SansArrondi> {
        self.termes += combinaison.len();
        self.ecrites[k as usize] = Some(combinaison);
        if self.termes > TERMES_MAXIMAUX { Err(SansArrondi::TropGrande) } else { Ok(()) }
    }
}

fn additionne(termes: impl Iterator<Item = (u32, i64)>) -> Combinaison {
    let mut tout: BTreeMap<u32, i64> = BTreeMap::new();
    for (k, c) in termes {
        *tout.entry(k).or_default() += c;
    }
    tout.into_iter().filter(|(_, c)| *c != 0).collect()
}
