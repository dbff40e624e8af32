//! Proofs that masked cells keep their width: for each, two tables that agree with everything shown.
//! Moves start from the true table, so that removing one leaves the others valid.

use super::base::Base;
use super::mouvement::{Chercheur, Demande, Mouvement};
use crate::systeme::Sort;
use crate::systeme::noyau::Noyau;

/// Changes are counted in units of 1/ECHELLE, so that points between integers are exact too.
pub(crate) const ECHELLE: i64 = 1 << 24;

/// A point between integers only comes near the edge of the set: a thousandth short is taken as reached.
pub(crate) const TOLERANCE: i64 = ECHELLE / 1024;

/// Width to prove for a class, in units of 1/[`ECHELLE`].
fn due(largeur: i64) -> i64 {
    largeur.saturating_mul(ECHELLE).saturating_sub(TOLERANCE)
}

/// Extreme known change of a class, and the move that reaches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Extreme {
    change: i64,
    mouvement: u32,
}

/// Cells that may lose their proof when one is shown again: past this, the attempt is not worth its cost.
const ORPHELINES: usize = 200;
const AUCUN: u32 = u32::MAX;
const NUL: Extreme = Extreme { change: 0, mouvement: AUCUN };

/// Effort granted to the proof of one cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Attempts.
    pub essais: u32,
    /// Steps of each.
    pub pas: u32,
}

/// Masked cells, the moves known, and what they prove.
#[derive(Debug)]
pub(crate) struct Preuves<'n> {
    pub noyau: &'n Noyau,
    pub masques: Vec<bool>,
    pub chercheur: Chercheur<'n>,
    mouvements: Vec<Mouvement>,
    bas: Vec<Extreme>,
    haut: Vec<Extreme>,
    /// Moves that each class is part of.
    presences: Vec<Vec<u32>>,
}

impl<'n> Preuves<'n> {
    pub(crate) fn nouvelles(noyau: &'n Noyau, base: &'n Base, masques: Vec<bool>) -> Self {
        let n = noyau.classes.len();
        Self {
            noyau,
            masques,
            chercheur: Chercheur::nouveau(noyau, base),
            mouvements: vec![],
            bas: vec![NUL; n],
            haut: vec![NUL; n],
            presences: vec![vec![]; n],
        }
    }

    /// Width proved so far for a class.
    pub(crate) fn largeur(&self, k: u32) -> i64 {
        self.haut[k as usize].change - self.bas[k as usize].change
    }

    /// True when nothing more is asked of the class.
    pub(crate) fn est_prouvee(&self, k: u32) -> bool {
        let c = &self.noyau.classes[k as usize];
        !self.masques[k as usize] || c.sort == Sort::Auxiliaire || self.largeur(k) >= due(c.largeur)
    }

    /// Classes that still lack a proof.
    pub(crate) fn non_prouvees(&self) -> Vec<u32> {
        (0..self.masques.len() as u32).filter(|k| !self.est_prouvee(*k)).collect()
    }

    /// Looks for moves until the class keeps its width.
    pub(crate) fn prouve(&mut self, k: u32, effort: Effort) -> bool {
        for essai in 0..effort.essais {
            if self.est_prouvee(k) {
                return true;
            }
            if let Some(montant) = self.montant(k, essai) {
                let demande =
                    Demande { cible: k, montant, limite: effort.pas, graine: u64::from(essai) << 32, zeros: false };
                if let Some(m) = self.chercheur.cherche(&self.masques, demande) {
                    self.retient(a_l_echelle(m));
                }
            }
        }
        self.est_prouvee(k)
    }

    /// Change to try: the whole missing width upwards, the room there is downwards, then smaller steps.
    pub(crate) fn montant(&self, k: u32, essai: u32) -> Option<i64> {
        let c = &self.noyau.classes[k as usize];
        let (bas, haut) = (self.bas[k as usize].change / ECHELLE, self.haut[k as usize].change / ECHELLE);
        let monte = (c.largeur + bas).min(c.plafond.saturating_sub(c.valeur));
        let descend = (haut - c.largeur).max(c.plancher - c.valeur);
        let montant = match essai % 4 {
            0 | 2 => monte,
            1 => descend,
            _ if haut + 1 < monte => haut + 1,
            _ => bas - 1,
        };
        (montant > haut || montant < bas).then_some(montant)
    }

    /// Keeps a move and what it proves for every class it changes.
    pub(crate) fn retient(&mut self, m: Mouvement) {
        let id = self.mouvements.len() as u32;
        let mut utile = false;
        for (k, change) in &m {
            let (bas, haut) = (&mut self.bas[*k as usize], &mut self.haut[*k as usize]);
            let assez = haut.change - bas.change >= due(self.noyau.classes[*k as usize].largeur);
            if assez {
                continue;
            }
            if *change < bas.change {
                *bas = Extreme { change: *change, mouvement: id };
                utile = true;
            } else if *change > haut.change {
                *haut = Extreme { change: *change, mouvement: id };
                utile = true;
            }
        }
        if utile {
            for (k, _) in &m {
                self.presences[*k as usize].push(id);
            }
            self.mouvements.push(m);
        }
    }

    /// Shows a class again if all the others keep their width without it; otherwise changes nothing.
    pub(crate) fn remontre(&mut self, k: u32, effort: Effort) -> bool {
        let perdus = std::mem::take(&mut self.presences[k as usize]);
        let (bas, haut) = (self.bas.clone(), self.haut.clone());
        let jusque = self.mouvements.len();
        self.masques[k as usize] = false;
        let mut orphelines: Vec<u32> = vec![];
        for id in &perdus {
            for (autre, _) in &self.mouvements[*id as usize] {
                for extreme in [&mut self.bas[*autre as usize], &mut self.haut[*autre as usize]] {
                    if extreme.mouvement == *id {
                        *extreme = NUL;
                        orphelines.push(*autre);
                    }
                }
            }
        }
        orphelines.sort_unstable();
        orphelines.dedup();
        if orphelines.len() <= ORPHELINES && orphelines.iter().all(|o| self.prouve(*o, effort)) {
            for id in perdus {
                self.oublie(id);
            }
            return true;
        }
        while self.mouvements.len() > jusque {
            self.oublie(self.mouvements.len() as u32 - 1);
            self.mouvements.pop();
        }
        self.masques[k as usize] = true;
        (self.bas, self.haut) = (bas, haut);
        self.presences[k as usize] = perdus;
        false
    }

    fn oublie(&mut self, id: u32) {
        for (k, _) in std::mem::take(&mut self.mouvements[id as usize]) {
            self.presences[k as usize].retain(|p| *p != id);
        }
    }

    /// Moves that prove something, each once.
    pub(crate) fn utiles(&self) -> Vec<&Mouvement> {
        let mut ids: Vec<u32> =
            self.bas.iter().chain(&self.haut).map(|e| e.mouvement).filter(|id| *id != AUCUN).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().map(|id| &self.mouvements[id as usize]).collect()
    }
}

/// An integer move in units of 1/[`ECHELLE`].
pub(crate) fn a_l_echelle(m: Mouvement) -> Mouvement {
    m.into_iter().map(|(k, d)| (k, d.saturating_mul(ECHELLE))).collect()
}
