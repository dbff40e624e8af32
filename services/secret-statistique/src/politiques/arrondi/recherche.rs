//! Looks for a rounding near the nearest one: turns, one at a time, the finest cell that mends most of what a
//! wrong sum lacks. A sum that stays wrong weighs more and more, so that the search leaves where it is stuck.
//! Draws are taken from the position alone: the same table is rounded alike every time.

use super::sommes::Probleme;
use crate::systeme::noyau::melange;

/// Terms gone through before giving up.
const EFFORT: u64 = 60_000_000;
/// Finest cells of a wrong sum that are weighed at each step.
const PESEES: usize = 40;
/// Steps during which a cell is not turned back.
const REPOS: u64 = 6;

/// The change of each finest cell, if all sums can be had.
pub(super) fn cherche(probleme: &Probleme) -> Option<Vec<i64>> {
    let mut etat = Etat::nouveau(probleme);
    while let Some(s) = etat.somme_fausse() {
        if etat.effort > EFFORT || !etat.ameliore(s) {
            return None;
        }
    }
    Some(etat.choisis)
}

struct Etat<'p> {
    probleme: &'p Probleme,
    choisis: Vec<i64>,
    sommes: Vec<i64>,
    poids: Vec<i64>,
    /// Sums that are not where they may be, and the place of each among them.
    fausses: Vec<u32>,
    places: Vec<u32>,
    /// Step until which a finest cell rests.
    repos: Vec<u64>,
    pas: u64,
    effort: u64,
}

const JUSTE: u32 = u32::MAX;

impl<'p> Etat<'p> {
    /// Everything to the nearest multiple, to begin with.
    fn nouveau(probleme: &'p Probleme) -> Self {
        let proche = |(bas, haut): &(i64, i64)| if -bas <= *haut { *bas } else { *haut };
        let choisis: Vec<i64> = probleme.fines.iter().map(proche).collect();
        let sommes = probleme.sommes(&choisis);
        let (places, poids) = (vec![JUSTE; sommes.len()], vec![1; sommes.len()]);
        let repos = vec![0; choisis.len()];
        let mut etat = Self { probleme, choisis, sommes, poids, fausses: vec![], places, repos, pas: 0, effort: 0 };
        (0..etat.sommes.len() as u32).for_each(|s| etat.classe(s));
        etat
    }

    fn defaut(&self, s: u32) -> i64 {
        self.probleme.bornes[s as usize].defaut(self.sommes[s as usize])
    }

    /// Keeps the list of wrong sums up to date.
    fn classe(&mut self, s: u32) {
        let (fausse, place) = (self.defaut(s) != 0, self.places[s as usize]);
        if fausse && place == JUSTE {
            self.places[s as usize] = self.fausses.len() as u32;
            self.fausses.push(s);
        } else if !fausse && place != JUSTE {
            self.fausses.swap_remove(place as usize);
            if let Some(deplacee) = self.fausses.get(place as usize) {
                self.places[*deplacee as usize] = place;
            }
            self.places[s as usize] = JUSTE;
        }
    }

    fn somme_fausse(&self) -> Option<u32> {
        let n = self.fausses.len() as u64;
        let tiree = melange(self.pas).checked_rem(n)?;
        self.fausses.get(tiree as usize).copied()
    }

    /// Change that turning a finest cell makes to it.
    fn retournee(&self, f: u32) -> i64 {
        let (bas, haut) = self.probleme.fines[f as usize];
        bas + haut - 2 * self.choisis[f as usize]
    }

    /// Turns the best finest cell of a wrong sum; false when it has none.
    fn ameliore(&mut self, s: u32) -> bool {
        self.pas += 1;
        let membres = &self.probleme.membres[s as usize];
        let depart = melange(self.pas ^ 0x5ec7).checked_rem(membres.len() as u64).unwrap_or(0) as usize;
        let aide = |etat: &Self, f: u32| {
            let coef = etat.probleme.presences[f as usize].iter().find(|(t, _)| *t == s).map_or(0, |(_, c)| *c);
            coef * etat.retournee(f) * etat.defaut(s) < 0
        };
        let mut meilleur: Option<(bool, i64, u32)> = None;
        let mut pesees = 0;
        for f in membres[depart..].iter().chain(&membres[..depart]) {
            if pesees == PESEES {
                break;
            }
            if !aide(self, *f) {
                self.effort += 1;
                continue;
            }
            pesees += 1;
            let propose = (self.repos[*f as usize] > self.pas, self.prix(*f), *f);
            if meilleur.is_none_or(|m| propose < m) {
                meilleur = Some(propose);
            }
        }
        let Some((_, prix, f)) = meilleur else { return false };
        if prix >= 0 {
            for s in &self.fausses {
                self.poids[*s as usize] += 1;
            }
        }
        self.retourne(f);
        true
    }

    /// What turning a finest cell costs: weighted defects after, less before.
    fn prix(&mut self, f: u32) -> i64 {
        let presences = &self.probleme.presences[f as usize];
        self.effort += presences.len() as u64;
        let change = self.retournee(f);
        let de = |(s, c): &(u32, i64)| {
            let borne = self.probleme.bornes[*s as usize];
            let ecart = self.sommes[*s as usize];
            self.poids[*s as usize] * (borne.defaut(ecart + c * change).abs() - borne.defaut(ecart).abs())
        };
        presences.iter().map(de).sum()
    }

    fn retourne(&mut self, f: u32) {
        let change = self.retournee(f);
        self.choisis[f as usize] += change;
        self.repos[f as usize] = self.pas + REPOS;
        for i in 0..self.probleme.presences[f as usize].len() {
            let (s, c) = self.probleme.presences[f as usize][i];
            self.sommes[s as usize] += c * change;
            self.classe(s);
        }
    }
}
