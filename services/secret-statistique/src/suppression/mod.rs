//! Complementary suppression over a whole system: local closure, then freedom of every masked cell by
//! elimination, then its width by tables that the attacker cannot exclude: whole ones made of changes of a
//! few cells, or points inside the polyhedron that he faces where those do not tell. More masks where width
//! is short, fewer where they are not needed. Decides what is masked; never alters a value. Nothing leaves
//! unless every masked cell has a proof in integers.

mod ampleur;
mod base;
mod combinaison;
mod elimination;
mod entiers;
mod fermeture;
mod groupes;
mod interieur;
mod libertes;
mod renfort;

use crate::certificat::Certificat;
use crate::systeme::noyau::{Classe, Contradiction, Noyau};
use crate::systeme::{Sort, Systeme};
use entiers::{Issue, Temoins, reprise};

/// Rounds of proof and repair; each masks at least one more cell.
const TOURS: u64 = 60;

/// What is masked, and why it is safe.
#[derive(Debug, Clone)]
pub struct Decision {
    /// For each cell of the system, true when it is masked.
    pub masquees: Vec<bool>,
    /// Tables that agree with everything shown, for whoever wants to check.
    pub certificat: Certificat,
    /// What the work consisted of.
    pub travail: Travail,
}

/// Account of the work, for the bench.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Travail {
    /// Cells masked by the local closure.
    pub fermeture: usize,
    /// Cells masked because a proof was missing.
    pub reparation: usize,
    /// Cells shown again at the end.
    pub reduction: usize,
    /// Rounds of proof and repair.
    pub tours: u64,
}

/// Why no pattern protects the system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SansIssue {
    /// A cell that must be shown always equals a cell that must be masked.
    #[error("une cellule qui doit être montrée est toujours égale à une cellule qui doit être masquée")]
    Contradiction {
        /// One of the two, by position.
        montree: usize,
        /// The other.
        masquee: usize,
    },
    /// Cells stay too narrow whatever may still be masked; by position, those always equal to them included.
    #[error("{} cellules masquées resteraient calculables ou trop étroites", .0.len())]
    TropEtroites(Vec<usize>),
}

/// A first pattern, by local closure: what masking costs before anything is proved.
#[derive(Debug)]
pub struct Ebauche {
    noyau: Noyau,
    initiaux: Vec<bool>,
    /// Masks that are not tried again without.
    gardes: Vec<bool>,
    masques: Vec<bool>,
    temoins: Temoins,
    travail: Travail,
    zeros_couverts: bool,
}

impl Ebauche {
    /// Masks partners until every relation can trade.
    pub fn nouvelle(systeme: &Systeme) -> Result<Self, SansIssue> {
        let noyau = noyau(systeme)?;
        let initiaux = noyau.masques_initiaux();
        let masques = initiaux.clone();
        Ok(Self { zeros_couverts: systeme.zeros_couverts(), ..Self::fermee(noyau, initiaux, masques) })
    }

    /// Starts from what was decided about the same cells and relations with other values.
    pub fn reprise(systeme: &Systeme, ancienne: &Decision) -> Result<Self, SansIssue> {
        let noyau = noyau(systeme)?;
        let initiaux = noyau.masques_initiaux();
        let masques = reprise::masques(&noyau, &initiaux, ancienne);
        let zeros_couverts = systeme.zeros_couverts();
        let mut ebauche = Self { gardes: masques.clone(), zeros_couverts, ..Self::fermee(noyau, initiaux, masques) };
        reprise::rappelle(&ebauche.noyau, &ebauche.masques, ancienne, &mut ebauche.temoins);
        Ok(ebauche)
    }

    fn fermee(noyau: Noyau, initiaux: Vec<bool>, mut masques: Vec<bool>) -> Self {
        let travail = Travail { fermeture: fermeture::ferme(&noyau, &mut masques).len(), ..Travail::default() };
        let due = |c: &Classe| if c.sort == Sort::Auxiliaire { 0 } else { c.largeur };
        let temoins = Temoins::nouveaux(noyau.classes.iter().map(due).collect());
        Self { gardes: initiaux.clone(), noyau, initiaux, masques, temoins, travail, zeros_couverts: false }
    }

    /// Proves every masked cell, with more masks where that takes more, then fewer where it takes fewer.
    pub fn prouve(mut self) -> Result<Decision, SansIssue> {
        if self.gardes == self.initiaux {
            ampleur::elargit(&self.noyau, &mut self.masques);
        }
        match entiers::prouve(self)? {
            Issue::Prouvee(decision) => Ok(decision),
            Issue::Indecise(ebauche) => interieur::prouve(&ebauche),
        }
    }

    /// Complementary classes of a pattern.
    fn complementaires(&self, masques: &[bool]) -> usize {
        self.initiaux.iter().zip(masques).filter(|(initiale, masquee)| **masquee && !**initiale).count()
    }

    fn decision(&self, masques: &[bool], mut certificat: Certificat, travail: Travail) -> Decision {
        let mut masques = masques.to_vec();
        if self.zeros_couverts {
            interieur::couvre(&self.noyau, &mut masques, &mut certificat);
        }
        Decision { masquees: self.noyau.classe_de.iter().map(|k| masques[*k as usize]).collect(), certificat, travail }
    }
}

/// Masks what is needed so that every masked cell keeps its width.
pub fn protege(systeme: &Systeme) -> Result<Decision, SansIssue> {
    Ebauche::nouvelle(systeme)?.prouve()
}

/// The same from last quarter's decision: what its certificate still proves is not looked for again.
pub fn protege_apres(systeme: &Systeme, ancienne: &Decision) -> Result<Decision, SansIssue> {
    Ebauche::reprise(systeme, ancienne)?.prouve()
}

fn noyau(systeme: &Systeme) -> Result<Noyau, SansIssue> {
    Noyau::du_systeme(systeme).map_err(|Contradiction(a, b)| SansIssue::Contradiction { montree: a, masquee: b })
}

fn positions(noyau: &Noyau, classes: &[u32]) -> Vec<usize> {
    let places = noyau.classe_de.iter().enumerate();
    places.filter(|(_, k)| classes.binary_search(k).is_ok()).map(|(i, _)| i).collect()
}

/// Shown zeros move nothing: they are left out of what is eliminated.
pub(crate) fn zeros_montres(noyau: &Noyau, masques: &[bool]) -> Vec<bool> {
    noyau.classes.iter().zip(masques).map(|(c, m)| c.valeur == 0 && !m).collect()
}

/// True when a shown class may still be masked.
fn masquable(noyau: &Noyau, k: u32) -> bool {
    let c = &noyau.classes[k as usize];
    c.sort == Sort::Libre && c.valeur > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systeme::Cellule;

    /// A total of three parts, the first of which is small.
    fn ligne(couts: [u64; 3]) -> Systeme {
        let partie = |(valeur, cout): (u64, u64)| match valeur {
            2 => Cellule::sensible(2, 3),
            _ => Cellule { cout, ..Cellule::libre(valeur, 3) },
        };
        let mut cellules: Vec<Cellule> = [2, 20, 20].into_iter().zip(couts).map(partie).collect();
        cellules.push(Cellule { cout: 500, ..Cellule::libre(42, 3) });
        let mut systeme = Systeme::nouveau(cellules).unwrap();
        systeme.relie(3, [(0, 1), (1, 1), (2, 1)]).unwrap();
        systeme
    }

    #[test]
    fn what_was_masked_last_quarter_is_masked_again_rather_than_its_equal() {
        assert_eq!(protege(&ligne([1, 8, 16])).unwrap().masquees, [true, true, false, false]);
        assert_eq!(protege(&ligne([1, 16, 8])).unwrap().masquees, [true, false, true, false]);
    }

    #[test]
    fn the_same_data_give_the_same_pattern_and_the_same_certificate() {
        let (a, b) = (protege(&ligne([1, 16, 16])).unwrap(), protege(&ligne([1, 16, 16])).unwrap());
        assert_eq!((a.masquees, a.certificat), (b.masquees, b.certificat));
    }

    #[test]
    fn two_small_cells_whose_sum_only_several_relations_tell_get_a_partner() {
        // t = a + b + c and u = c + d: with t, u and d shown, a + b = 2 leaves a width of 2.
        let mut cellules: Vec<Cellule> = [1, 1].map(|v| Cellule::sensible(v, 3)).into();
        cellules.extend([30, 40, 32, 70].map(|v| Cellule::libre(v, 3)));
        let mut systeme = Systeme::nouveau(cellules).unwrap();
        systeme.relie(4, [(0, 1), (1, 1), (2, 1)]).unwrap();
        systeme.relie(5, [(2, 1), (3, 1)]).unwrap();
        let decision = protege(&systeme).unwrap();
        assert!(crate::certificat::verifier(&systeme, &decision.masquees, &decision.certificat).is_ok());
        assert!(decision.masquees.iter().filter(|m| **m).count() > 2);
    }

    #[test]
    fn a_masked_zero_keeps_its_width_when_others_can_give_way() {
        let zero = Cellule { sort: Sort::Forcee, ..Cellule::libre(0, 3) };
        let mut systeme = Systeme::nouveau(vec![zero, Cellule::libre(12, 3), Cellule::libre(12, 3)]).unwrap();
        systeme.relie(2, [(0, 1), (1, 1)]).unwrap();
        let decision = protege(&systeme).unwrap();
        assert!(crate::certificat::verifier(&systeme, &decision.masquees, &decision.certificat).is_ok());
    }
}
