//! What is known about one pattern of masks: the freedom that it leaves, and tables that show the width
//! of each masked cell.

use super::mobilite::Mobilite;
use super::recherche::{Mouvement, Recherche};
use super::temoins::Temoins;
use crate::suppression::base::Base;
use crate::suppression::elimination::libres;
use crate::suppression::libertes::ABSENTE;
use crate::suppression::zeros_montres;
use crate::systeme::noyau::Noyau;

/// Freedom of a pattern, and what is proved of it.
#[derive(Debug)]
pub(crate) struct Etude<'a> {
    pub noyau: &'a Noyau,
    mobilite: Mobilite,
    recherche: Recherche,
    pub temoins: Temoins,
}

impl<'a> Etude<'a> {
    /// Masks first what must be so that no masked cell is computable, then looks for witnesses; those
    /// given were found for a pattern that masked less.
    pub(crate) fn nouvelle(noyau: &'a Noyau, masques: &mut [bool], temoins: Temoins) -> Self {
        let base = Base::du_noyau(noyau, &zeros_montres(noyau, masques));
        let mut bloques = vec![false; noyau.classes.len()];
        let mobilite = loop {
            let mobilite = Mobilite::from(libres(noyau, &base, masques, &bloques));
            let figees = mobilite.figees().into_iter().map(|v| mobilite.classes[v as usize]);
            let figees: Vec<u32> = figees.filter(|k| *k != ABSENTE).collect();
            if figees.is_empty() {
                break mobilite;
            }
            // What cannot leave its bound moves in no table: the others are studied without it.
            figees.into_iter().for_each(|k| bloques[k as usize] = true);
        };
        let recherche = Recherche::nouvelle(&mobilite);
        let mut etude = Self { noyau, mobilite, recherche, temoins };
        if !etude.mobilite.est_dense() {
            etude.cherche_toutes(masques, false);
        }
        etude
    }

    /// Looks for what masked classes lack.
    pub(crate) fn cherche_toutes(&mut self, masques: &[bool], fort: bool) {
        for k in self.etroites(masques) {
            self.cherche(k, fort);
        }
    }

    /// True when changes of a few cells leave too much unproved.
    pub(crate) fn est_trop_dense(&self) -> bool {
        self.mobilite.est_dense()
    }

    /// Looks for what a class lacks; true when it has its width.
    fn cherche(&mut self, k: u32, fort: bool) -> bool {
        if let (false, Some(v)) = (self.temoins.suffit(k), self.mobilite.variable(k)) {
            let (largeur, deja) = (self.temoins.largeur(k), self.temoins.etendue(k));
            for pas in self.recherche.etend(&self.mobilite, v, largeur, deja, fort) {
                let classe = |(v, d): (u32, i64)| (self.mobilite.classes[v as usize], d);
                let mut mouvement: Mouvement = pas.into_iter().map(classe).filter(|(k, _)| *k != ABSENTE).collect();
                mouvement.sort_unstable();
                self.temoins.retient(mouvement);
            }
        }
        self.temoins.suffit(k)
    }

    /// Shows a masked class again, with those that would be computed from it, if all may be and all the
    /// others keep their width; gives the classes shown, none when nothing changes.
    pub(crate) fn montre(&mut self, k: u32, permise: impl Fn(u32) -> bool) -> Vec<u32> {
        let Some(v) = self.mobilite.variable(k) else { return vec![] };
        let groupe: Vec<u32> = self.mobilite.groupe(v).iter().map(|v| self.mobilite.classes[*v as usize]).collect();
        if !groupe.iter().all(|k| *k == ABSENTE || permise(*k)) {
            return vec![];
        }
        let Some(retour) = self.mobilite.tient(v) else { return vec![] };
        let groupe: Vec<u32> = groupe.into_iter().filter(|k| *k != ABSENTE).collect();
        let retrait = self.temoins.retire(&groupe);
        let mut perdues = retrait.classes();
        perdues.retain(|c| !groupe.contains(c));
        perdues.sort_by_key(|c| self.noyau.classes[*c as usize].valeur);
        if perdues.into_iter().all(|c| self.cherche(c, true)) {
            return groupe;
        }
        self.mobilite.annule(retour);
        self.temoins.retablit(retrait);
        vec![]
    }

    /// Coefficients gone through so far.
    pub(crate) fn effort(&self) -> u64 {
        self.recherche.effort
    }

    /// Masked classes whose width is not shown, sorted.
    pub(crate) fn etroites(&self, masques: &[bool]) -> Vec<u32> {
        self.temoins.etroites(masques)
    }
}
