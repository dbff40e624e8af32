//! What is known about one pattern of masks: the freedom that it leaves, and points that show the width
//! of each masked cell.

use super::nuage::Nuage;
use super::polyedre::Polyedre;
use crate::suppression::base::Base;
use crate::suppression::elimination::libres;
use crate::suppression::libertes::{ABSENTE, Libertes};
use crate::systeme::Sort;
use crate::systeme::noyau::Noyau;

/// Freedom and points of a pattern.
#[derive(Debug)]
pub(crate) struct Etude<'a> {
    pub noyau: &'a Noyau,
    pub base: &'a Base,
    pub libertes: Libertes,
    pub polyedre: Polyedre,
    pub nuage: Nuage,
    /// Coefficients gone through so far to show cells again.
    pub effort: usize,
}

impl<'a> Etude<'a> {
    /// Masks first what must be so that no masked cell is computable, then looks for points.
    /// `connus` are points of a pattern that masked less: they are still inside.
    pub(crate) fn nouvelle(noyau: &'a Noyau, base: &'a Base, masques: &mut [bool], connus: &[Point]) -> Self {
        let mut bloques = vec![false; noyau.classes.len()];
        loop {
            let libertes = libres(noyau, base, masques, &bloques);
            let polyedre = Polyedre::nouveau(noyau, &libertes, |k| bornee(noyau, base, k));
            let (centre, fixes) = polyedre.interieur();
            if fixes.is_empty() {
                let mut nuage = Nuage::nouveau(noyau, &libertes);
                connus.iter().for_each(|p| nuage.retient(libertes.transpose(|k| p.change(k))));
                nuage.etend(&polyedre, centre);
                return Self { noyau, base, libertes, polyedre, nuage, effort: 0 };
            }
            // An atom that cannot leave its bound moves in no table: the others are studied without it.
            for v in fixes {
                bloques[libertes.classes[v as usize] as usize] = true;
            }
        }
    }

    /// The points found, whatever the variables.
    pub(crate) fn points(&self) -> Vec<Point> {
        let point = |changes: &Vec<f64>| {
            let classes = self.libertes.classes.iter().copied().zip(changes.iter().copied());
            let mut point: Vec<(u32, f64)> = classes.filter(|(k, x)| *k != ABSENTE && *x != 0.0).collect();
            point.sort_unstable_by_key(|(k, _)| *k);
            Point(point)
        };
        self.nuage.points.iter().map(point).collect()
    }

    /// Shows a masked class again, if all the others keep their width without it; else changes nothing.
    pub(crate) fn montre(&mut self, k: u32) -> bool {
        let Some(v) = self.libertes.variable(k) else { return false };
        let mut libertes = self.libertes.clone();
        if libertes.tient(v).is_err() || libertes.classes.len() > self.libertes.classes.len() {
            return false;
        }
        let mut nuage = self.nuage.projete(&self.polyedre, v);
        if nuage.etroites().len() > ESSAIS {
            return false;
        }
        let polyedre = Polyedre::nouveau(self.noyau, &libertes, |k| bornee(self.noyau, self.base, k));
        nuage.recentre(&polyedre, &libertes.parametres());
        nuage.complete(&polyedre);
        self.effort += polyedre.taille() * nuage.pousses;
        if !nuage.etroites().is_empty() {
            return false;
        }
        (self.libertes, self.polyedre, self.nuage) = (libertes, polyedre, nuage);
        true
    }

    /// Masked classes whose width is not shown, sorted.
    pub(crate) fn etroites(&self, masques: &[bool]) -> Vec<u32> {
        (0..masques.len() as u32)
            .filter(|k| masques[*k as usize] && self.noyau.classes[*k as usize].sort != Sort::Auxiliaire)
            .filter(|k| self.libertes.variable(*k).is_none_or(|v| self.nuage.manque(v) > 0.0))
            .collect()
    }
}

/// Cells that may be proved anew for one that is shown.
const ESSAIS: usize = 400;

/// A point as the change of each class.
#[derive(Debug)]
pub(crate) struct Point(Vec<(u32, f64)>);

impl Point {
    fn change(&self, k: u32) -> f64 {
        self.0.binary_search_by_key(&k, |(c, _)| *c).ok().and_then(|i| self.0.get(i)).map_or(0.0, |(_, x)| *x)
    }
}

/// True for a class whose bounds do not follow from those of the atoms.
pub(crate) fn bornee(noyau: &Noyau, base: &Base, k: u32) -> bool {
    let c = &noyau.classes[k as usize];
    base.est_atome(k)
        || c.plafond != i64::MAX
        || c.plancher > 0
        || base.combinaisons.ligne(k).iter().any(|(_, coef)| *coef < 0)
}
