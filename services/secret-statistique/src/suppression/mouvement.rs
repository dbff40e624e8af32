//! Search for integer moves: changes of masked cells that keep every relation and every bound, hence
//! another table that the attacker cannot exclude. A local search over atoms that mends one shown cell
//! at a time; it may miss a move that exists, never return one that is wrong.

use super::base::Base;
use crate::systeme::Sort;
use crate::systeme::noyau::{Noyau, melange};

/// Class and change, without zeros, sorted by class.
pub(crate) type Mouvement = Vec<(u32, i64)>;

/// Deterministic generator, so that the same table always gives the same bytes.
#[derive(Debug, Clone)]
pub(crate) struct Alea(u64);

impl Alea {
    pub(crate) fn de(graine: u64) -> Self {
        Self(melange(graine))
    }

    pub(crate) fn suivant(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(1);
        melange(self.0)
    }

    pub(crate) fn sous(&mut self, borne: usize) -> usize {
        (self.suivant() % borne.max(1) as u64) as usize
    }
}

/// One search.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demande {
    /// Class to change.
    pub cible: u32,
    /// By how much.
    pub montant: i64,
    /// Steps allowed.
    pub limite: u32,
    /// Distinguishes attempts.
    pub graine: u64,
    /// Whether shown zeros may be changed too: when nothing else is left.
    pub zeros: bool,
}

/// Scratch space reused by every search.
#[derive(Debug)]
pub(crate) struct Chercheur<'n> {
    noyau: &'n Noyau,
    base: &'n Base,
    /// Change of each class, then imbalance of each relation, minus what is asked of it.
    ecart: Vec<i64>,
    touchees: Vec<u32>,
    repos: Vec<u32>,
    figees: Vec<u32>,
    rompues: Vec<u32>,
    place: Vec<u32>,
    alea: Alea,
    /// Steps spent since the start.
    pub pas: u64,
}

const ABSENTE: u32 = u32::MAX;
/// Steps in a row without any cell to change, after which a search stops: longer than any rest.
const PATIENCE: u32 = 16;
/// Atoms of a relation weighed at one step.
const CANDIDATES: usize = 48;

impl<'n> Chercheur<'n> {
    pub(crate) fn nouveau(noyau: &'n Noyau, base: &'n Base) -> Self {
        Self {
            noyau,
            base,
            ecart: vec![0; base.combinaisons.len()],
            touchees: vec![],
            repos: vec![0; noyau.classes.len()],
            figees: vec![],
            rompues: vec![],
            place: vec![ABSENTE; base.combinaisons.len()],
            alea: Alea(0),
            pas: 0,
        }
    }

    /// A move of masked cells that makes the change asked, or nothing.
    pub(crate) fn cherche(&mut self, masques: &[bool], demande: Demande) -> Option<Mouvement> {
        if !self.ouvre(demande) {
            return None;
        }
        let mut impasses = 0;
        for pas in 1..=demande.limite {
            if self.rompues.is_empty() || impasses > PATIENCE {
                break;
            }
            self.pas += 1;
            let contrainte = self.choisit();
            impasses = if self.repare(masques, demande, contrainte, pas, false) { 0 } else { impasses + 1 };
        }
        let mouvement = (self.rompues.is_empty()).then(|| self.mouvement(demande)).flatten();
        self.efface();
        mouvement
    }

    /// A move that makes the change asked, whose shown cells cost the least to mask among those met.
    pub(crate) fn ouvrage(&mut self, masques: &[bool], demande: Demande) -> Option<(i64, Mouvement)> {
        if !self.ouvre(demande) {
            return None;
        }
        let mut mieux: Option<(i64, Mouvement)> = None;
        let mut impasses = 0;
        for pas in 1..=demande.limite {
            if let Some(prix) = self.prix(demande) {
                if mieux.as_ref().is_none_or(|(p, _)| prix < *p)
                    && let Some(m) = self.mouvement(demande)
                {
                    mieux = Some((prix, m));
                }
                if prix == 0 {
                    break;
                }
            }
            if impasses > PATIENCE {
                break;
            }
            self.pas += 1;
            let contrainte = self.choisit();
            impasses = if self.repare(masques, demande, contrainte, pas, true) { 0 } else { impasses + 1 };
        }
        self.efface();
        mieux
    }

    /// True when a shown class may be masked to let the move through.
    fn ouvrable(&self, c: u32, demande: Demande) -> bool {
        let classe = &self.noyau.classes[c as usize];
        classe.sort == Sort::Libre && (classe.valeur > 0 || demande.zeros)
    }

    /// Starts a search: the only thing broken is the change asked.
    fn ouvre(&mut self, demande: Demande) -> bool {
        self.alea = Alea(melange(u64::from(demande.cible) << 20 ^ demande.graine ^ (demande.montant as u64) << 50));
        let c = &self.noyau.classes[demande.cible as usize];
        let arrivee = c.valeur.saturating_add(demande.montant);
        if demande.montant == 0 || arrivee < c.plancher || arrivee > c.plafond {
            return false;
        }
        self.ecarte(demande.cible, -demande.montant, true);
        true
    }

    /// A broken constraint: the finest of a few, so that what is near is mended first.
    fn choisit(&mut self) -> u32 {
        let taille = |c: u32| self.base.combinaisons.ligne(c).len();
        let mut choix = self.rompues[self.alea.clone().sous(self.rompues.len())];
        self.alea.suivant();
        for _ in 0..3 {
            let autre = self.rompues[self.alea.clone().sous(self.rompues.len())];
            self.alea.suivant();
            if taille(autre) < taille(choix) {
                choix = autre;
            }
        }
        choix
    }

    /// Total cost of the shown cells that change, if nothing else is broken.
    fn prix(&self, demande: Demande) -> Option<i64> {
        self.rompues.iter().try_fold(0i64, |prix, c| {
            let classe = self.noyau.classes.get(*c as usize).filter(|_| *c != demande.cible)?;
            self.ouvrable(*c, demande).then_some(prix.saturating_add(classe.cout))
        })
    }

    /// One step: changes the atom of the constraint that leaves the least broken. False when none can change.
    fn repare(&mut self, masques: &[bool], demande: Demande, contrainte: u32, pas: u32, ouvrir: bool) -> bool {
        let ecart = self.ecart[contrainte as usize];
        let atomes = self.base.combinaisons.ligne(contrainte);
        let depart = if atomes.len() > CANDIDATES { self.alea.sous(atomes.len()) } else { 0 };
        let saut = atomes.len() / CANDIDATES + 1;
        let audace = self.alea.sous(24) == 0;
        let mut meilleure: Option<(i64, u64, u32, i64)> = None;
        for i in 0..atomes.len().min(CANDIDATES) {
            let (a, coef) = atomes[(depart + i * saut) % atomes.len()];
            if self.repos[a as usize] > pas || !(masques[a as usize] || ouvrir && self.ouvrable(a, demande)) {
                continue;
            }
            let change = self.borne(a, -ecart / coef);
            if change == 0 {
                continue;
            }
            let note = if audace { 0 } else { self.note(masques, demande.cible, a, change) };
            let cle = (note, self.alea.suivant(), a, change);
            if meilleure.is_none_or(|m| cle < m) {
                meilleure = Some(cle);
            }
        }
        let Some((_, _, a, change)) = meilleure else { return false };
        self.bouge(masques, demande.cible, a, change);
        self.repos[a as usize] = pas + 2 + self.alea.sous(6) as u32;
        self.figees.push(a);
        true
    }

    /// The change of an atom brought back inside its bounds.
    fn borne(&self, a: u32, change: i64) -> i64 {
        let c = &self.noyau.classes[a as usize];
        let actuelle = c.valeur + self.change(a);
        actuelle.saturating_add(change).clamp(c.plancher, c.plafond) - actuelle
    }

    /// Present change of an atom.
    fn change(&self, a: u32) -> i64 {
        self.ecart[a as usize]
    }

    /// How much more (or less) broken the constraints would be.
    fn note(&self, masques: &[bool], cible: u32, a: u32, change: i64) -> i64 {
        let mut note = 0;
        for (c, coef) in self.base.appartenances.ligne(a) {
            if masques.get(*c as usize).is_some_and(|m| *m) && *c != cible {
                continue;
            }
            let avant = self.ecart[*c as usize];
            let apres = avant + coef * change;
            note += 4 * (apres.abs() - avant.abs()) + 2 * (i64::from(apres != 0) - i64::from(avant != 0));
        }
        note
    }

    fn bouge(&mut self, masques: &[bool], cible: u32, a: u32, change: i64) {
        let base = self.base;
        for (c, coef) in base.appartenances.ligne(a) {
            let libre = masques.get(*c as usize).is_some_and(|m| *m) && *c != cible;
            self.ecarte(*c, coef * change, !libre);
        }
    }

    fn ecarte(&mut self, c: u32, change: i64, contraint: bool) {
        let i = c as usize;
        if self.ecart[i] == 0 {
            self.touchees.push(c);
        }
        self.ecart[i] += change;
        if !contraint {
            return;
        }
        if self.ecart[i] == 0 {
            let p = self.place[i] as usize;
            self.rompues.swap_remove(p);
            if let Some(deplacee) = self.rompues.get(p) {
                self.place[*deplacee as usize] = p as u32;
            }
            self.place[i] = ABSENTE;
        } else if self.place[i] == ABSENTE {
            self.place[i] = self.rompues.len() as u32;
            self.rompues.push(c);
        }
    }

    /// The change of every class, if all stay inside their bounds.
    fn mouvement(&self, demande: Demande) -> Option<Mouvement> {
        let classes = &self.noyau.classes;
        let mut m: Mouvement = self
            .touchees
            .iter()
            .filter(|c| (**c as usize) < classes.len() && **c != demande.cible)
            .map(|c| (*c, self.ecart[*c as usize]))
            .filter(|(_, d)| *d != 0)
            .collect();
        m.push((demande.cible, demande.montant));
        m.sort_unstable();
        m.dedup();
        let dedans = |(k, d): &(u32, i64)| {
            let c = &classes[*k as usize];
            (c.plancher..=c.plafond).contains(&(c.valeur + d))
        };
        m.iter().all(dedans).then_some(m)
    }

    fn efface(&mut self) {
        for c in self.touchees.drain(..) {
            self.ecart[c as usize] = 0;
            self.place[c as usize] = ABSENTE;
        }
        for a in self.figees.drain(..) {
            self.repos[a as usize] = 0;
        }
        self.rompues.clear();
    }
}
