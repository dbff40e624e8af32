//! What is proved so far: changes of the table, in integers, and for each masked class the two that take it
//! farthest down and up. A cell shown again only undoes the changes that move it.

use super::recherche::Mouvement;
use crate::certificat::Certificat;
use crate::systeme::noyau::Noyau;

/// A class lies `ecart` away from its true value under a change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Temoin {
    pub ecart: i64,
    mouvement: u32,
}

/// Changes, and what they show of each class.
#[derive(Debug, Default)]
pub(crate) struct Temoins {
    mouvements: Vec<Mouvement>,
    /// Changes that a class shown since does not allow any more.
    retires: Vec<bool>,
    /// Changes that move each class.
    par_classe: Vec<Vec<u32>>,
    extremes: Vec<(Temoin, Temoin)>,
    largeurs: Vec<i64>,
}

/// What a class shown again took away, to be put back.
#[derive(Debug, Default)]
pub(crate) struct Retrait {
    mouvements: Vec<u32>,
    extremes: Vec<(u32, (Temoin, Temoin))>,
}

impl Retrait {
    /// Classes that lost a witness.
    pub(crate) fn classes(&self) -> Vec<u32> {
        self.extremes.iter().map(|(k, _)| *k).collect()
    }
}

impl Temoins {
    /// Nothing is proved of classes that must keep these widths.
    pub(crate) fn nouveaux(largeurs: Vec<i64>) -> Self {
        let n = largeurs.len();
        let extremes = vec![(Temoin::default(), Temoin::default()); n];
        Self { par_classe: vec![vec![]; n], extremes, largeurs, ..Self::default() }
    }

    /// How far down and up a class is known to go.
    pub(crate) fn etendue(&self, k: u32) -> (i64, i64) {
        let (bas, haut) = self.extremes[k as usize];
        (bas.ecart, haut.ecart)
    }

    /// Width that a class must keep.
    pub(crate) fn largeur(&self, k: u32) -> i64 {
        self.largeurs[k as usize]
    }

    /// Whether a class has its width.
    pub(crate) fn suffit(&self, k: u32) -> bool {
        let (bas, haut) = self.etendue(k);
        haut - bas >= self.largeur(k)
    }

    /// Keeps a change that shows more of a class that lacks width.
    pub(crate) fn retient(&mut self, mouvement: Mouvement) {
        let numero = self.mouvements.len() as u32;
        let mut utile = false;
        for (k, ecart) in &mouvement {
            utile |= self.elargit(*k, Temoin { ecart: *ecart, mouvement: numero });
        }
        if utile {
            mouvement.iter().for_each(|(k, _)| self.par_classe[*k as usize].push(numero));
            self.mouvements.push(mouvement);
            self.retires.push(false);
        }
    }

    fn elargit(&mut self, k: u32, temoin: Temoin) -> bool {
        if self.suffit(k) {
            return false;
        }
        let (bas, haut) = &mut self.extremes[k as usize];
        let cote = if temoin.ecart < 0 { bas } else { haut };
        let plus = temoin.ecart.abs() > cote.ecart.abs();
        if plus {
            *cote = temoin;
        }
        plus
    }

    /// Takes away every change that moves one of the classes; what else is known of the others takes their place.
    pub(crate) fn retire(&mut self, classes: &[u32]) -> Retrait {
        let mut retrait = Retrait::default();
        for numero in classes.iter().flat_map(|k| &self.par_classe[*k as usize]) {
            if !std::mem::replace(&mut self.retires[*numero as usize], true) {
                retrait.mouvements.push(*numero);
            }
        }
        let mut perdues: Vec<u32> = vec![];
        for numero in &retrait.mouvements {
            for (c, _) in &self.mouvements[*numero as usize] {
                let (bas, haut) = &self.extremes[*c as usize];
                let temoigne = |t: &Temoin| t.ecart != 0 && t.mouvement == *numero;
                if temoigne(bas) || temoigne(haut) {
                    perdues.push(*c);
                }
            }
        }
        perdues.sort_unstable();
        perdues.dedup();
        for c in perdues {
            retrait.extremes.push((c, std::mem::take(&mut self.extremes[c as usize])));
            for i in 0..self.par_classe[c as usize].len() {
                let numero = self.par_classe[c as usize][i];
                if !self.retires[numero as usize] {
                    let ecart = self.ecart(numero, c);
                    self.elargit(c, Temoin { ecart, mouvement: numero });
                }
            }
        }
        retrait
    }

    fn ecart(&self, numero: u32, k: u32) -> i64 {
        let mouvement = &self.mouvements[numero as usize];
        mouvement.binary_search_by_key(&k, |(c, _)| *c).map_or(0, |i| mouvement[i].1)
    }

    /// Takes the last [`Temoins::retire`] back.
    pub(crate) fn retablit(&mut self, retrait: Retrait) {
        retrait.mouvements.into_iter().for_each(|n| self.retires[n as usize] = false);
        retrait.extremes.into_iter().for_each(|(k, e)| self.extremes[k as usize] = e);
    }

    /// Masked classes whose width is not shown, sorted; nothing is asked of auxiliary unknowns.
    pub(crate) fn etroites(&self, masques: &[bool]) -> Vec<u32> {
        (0..masques.len() as u32).filter(|k| masques[*k as usize] && !self.suffit(*k)).collect()
    }

    /// The changes that are witnesses of some class, over all cells of the system.
    pub(crate) fn certificat(&self, noyau: &Noyau) -> Certificat {
        let mut temoignent = vec![false; self.mouvements.len()];
        for t in self.extremes.iter().flat_map(|(bas, haut)| [bas, haut]).filter(|t| t.ecart != 0) {
            temoignent[t.mouvement as usize] = true;
        }
        let mut membres: Vec<Vec<u32>> = vec![vec![]; noyau.classes.len()];
        for (i, k) in noyau.classe_de.iter().enumerate() {
            membres[*k as usize].push(i as u32);
        }
        let etend = |m: &Mouvement| -> Vec<(u32, i64)> {
            m.iter().flat_map(|(k, d)| membres[*k as usize].iter().map(move |i| (*i, *d))).collect()
        };
        let utiles = self.mouvements.iter().zip(&temoignent).filter(|(_, t)| **t);
        Certificat { echelle: 1, mouvements: utiles.map(|(m, _)| etend(m)).collect() }
    }
}
