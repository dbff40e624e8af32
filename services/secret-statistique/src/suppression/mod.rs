//! Complementary suppression over a whole system: local closure, proofs, repair, reduction.
//! Decides what is masked; never alters a value. Nothing leaves unless every masked cell has a proof.

mod base;
mod completion;
mod directions;
mod fermeture;
mod interieur;
mod mouvement;
mod preuves;
mod reparation;
mod voisinage;

use crate::certificat::Certificat;
use crate::systeme::noyau::{Contradiction, Noyau};
use crate::systeme::{Sort, Systeme};
use base::Base;
use preuves::{ECHELLE, Effort, Preuves};

/// Rounds of proof and repair; each masks at least one more cell.
const TOURS: u64 = 40;

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

/// Masks what is needed so that every masked cell keeps its width.
pub fn protege(systeme: &Systeme) -> Result<Decision, SansIssue> {
    let noyau = Noyau::du_systeme(systeme)
        .map_err(|Contradiction(a, b)| SansIssue::Contradiction { montree: a, masquee: b })?;
    let mut masques = noyau.masques_initiaux();
    let initiaux = masques.clone();
    let fixes: Vec<bool> = noyau.classes.iter().zip(&masques).map(|(c, m)| c.valeur == 0 && !m).collect();
    let plate = Base::plate(&noyau);
    let base;
    let mut travail = Travail { fermeture: fermeture::ferme(&noyau, &mut masques).len(), ..Travail::default() };
    let mut preuves = Preuves::nouvelles(&noyau, &plate, masques);
    if !recherche_locale(&mut preuves) {
        base = Base::du_noyau(&noyau, &fixes);
        travail.tours = prouve_ou_masque(&mut preuves, &base);
    }
    let echecs = preuves.non_prouvees();
    if !echecs.is_empty() {
        let places = noyau.classe_de.iter().enumerate();
        return Err(SansIssue::TropEtroites(places.filter(|(_, k)| echecs.contains(k)).map(|(i, _)| i).collect()));
    }
    let ajoutees = (0..initiaux.len()).filter(|k| preuves.masques[*k] && !initiaux[*k]).count();
    travail.reparation = ajoutees - travail.fermeture.min(ajoutees);
    travail.reduction = reduit(&mut preuves, &initiaux);
    Ok(Decision {
        masquees: noyau.classe_de.iter().map(|k| preuves.masques[*k as usize]).collect(),
        certificat: certifie(systeme, &noyau, &preuves),
        travail,
    })
}

/// Local search on every masked cell, harder while it pays. True when nothing is left to prove.
fn recherche_locale(preuves: &mut Preuves<'_>) -> bool {
    let mut avant = preuves.non_prouvees().len();
    for effort in [
        Effort { essais: 2, pas: 60 },
        Effort { essais: 4, pas: 400 },
        Effort { essais: 8, pas: 1500 },
        Effort { essais: 16, pas: 5000 },
    ] {
        for k in preuves.non_prouvees() {
            preuves.prouve(k, effort);
        }
        let apres = preuves.non_prouvees().len();
        if apres == 0 {
            return true;
        }
        if apres * 5 > avant * 4 {
            return false;
        }
        avant = apres;
    }
    false
}

/// Proves by linear algebra, masks more where that fails, until all is proved or nothing can be done.
fn prouve_ou_masque<'n>(preuves: &mut Preuves<'n>, base: &'n Base) -> u64 {
    for tour in 0..TOURS {
        let restes = preuves.non_prouvees();
        voisinage::prouve(preuves, base, &restes, tour);
        let restes = preuves.non_prouvees();
        if restes.is_empty() || !reparation::repare(preuves, base, &restes, tour) {
            return tour;
        }
        fermeture::ferme(preuves.noyau, &mut preuves.masques);
        recherche_locale(preuves);
    }
    TOURS
}

/// Shows complementary cells again, from the most valuable down, while every proof holds without them.
fn reduit(preuves: &mut Preuves<'_>, initiaux: &[bool]) -> usize {
    let noyau = preuves.noyau;
    let mut complementaires: Vec<u32> =
        (0..initiaux.len() as u32).filter(|k| preuves.masques[*k as usize] && !initiaux[*k as usize]).collect();
    complementaires.sort_by_key(|k| std::cmp::Reverse((noyau.classes[*k as usize].cout, *k)));
    let mut montrees = 0;
    for k in complementaires {
        preuves.masques[k as usize] = false;
        let possible = noyau.colonnes.ligne(k).iter().all(|(l, _)| fermeture::est_fermee(noyau, &preuves.masques, *l));
        preuves.masques[k as usize] = true;
        if possible && preuves.remontre(k, Effort { essais: 6, pas: 400 }) {
            montrees += 1;
        }
    }
    montrees
}

/// The useful moves, for all cells of the system.
fn certifie(systeme: &Systeme, noyau: &Noyau, preuves: &Preuves<'_>) -> Certificat {
    let mut membres: Vec<Vec<u32>> = vec![vec![]; noyau.classes.len()];
    for (i, k) in noyau.classe_de.iter().enumerate() {
        membres[*k as usize].push(i as u32);
    }
    debug_assert_eq!(systeme.cellules().len(), noyau.classe_de.len());
    let etend = |m: &mouvement::Mouvement| -> Vec<(u32, i64)> {
        m.iter().flat_map(|(k, d)| membres[*k as usize].iter().map(move |i| (*i, *d))).collect()
    };
    Certificat { echelle: ECHELLE, mouvements: preuves.utiles().into_iter().map(etend).collect() }
}

/// True when a shown class may still be masked.
fn masquable(noyau: &Noyau, k: u32) -> bool {
    let c = &noyau.classes[k as usize];
    c.sort == Sort::Libre && c.valeur > 0
}
