//! What still moves under a pattern of masks, by rows (each masked cell over the parameters) and by columns
//! (what one parameter moves): a column is a change of the table that no reader can exclude, as long as it
//! stays inside the bounds. A cell shown again costs one parameter, and can be taken back.

use super::allegement::{allege, transpose};
use crate::suppression::combinaison::{Ligne, fusionne, primitive};
use crate::suppression::groupes::{Allure, Groupes, Marge};
use crate::suppression::libertes::{ABSENTE, Libertes};

/// Average number of cells that a parameter may move before changes of a few cells are given up.
const DENSITE: usize = 300;
/// Parameters past which systems of equations cost too much for that.
const PARAMETRES: usize = 700;

/// Masked cells, as rows and columns of one sparse matrix of integers.
#[derive(Debug)]
pub(crate) struct Mobilite {
    /// Class of each variable; [`ABSENTE`] for an introduced parameter.
    pub classes: Vec<u32>,
    /// What each variable may do alone.
    pub marges: Vec<Marge>,
    /// Variable of each class.
    rang: Vec<u32>,
    /// Combination of each variable; a parameter is itself, what is held is empty.
    lignes: Vec<Ligne>,
    /// What each parameter moves; empty for what is none.
    colonnes: Vec<Ligne>,
    groupes: Groupes,
}

/// What a cell shown again changed, to be put back.
#[derive(Debug)]
pub(crate) struct Retour {
    largeurs: Vec<(u32, i64)>,
    lignes: Vec<(u32, Ligne)>,
    colonnes: Vec<(u32, Ligne)>,
}

impl From<Libertes> for Mobilite {
    fn from(libertes: Libertes) -> Self {
        let Libertes { classes, rang, lignes, marges, .. } = libertes;
        let n = classes.len();
        let propre = |(v, ligne): (usize, Option<Ligne>)| ligne.unwrap_or_else(|| vec![(v as u32, 1)]);
        let lignes: Vec<Ligne> = lignes.into_iter().enumerate().map(propre).collect();
        let mut colonnes = transpose(&lignes, n);
        if !sont_denses(&colonnes) || marges.iter().any(Marge::est_butee) {
            allege(&mut colonnes, n);
        }
        let lignes = transpose(&colonnes, n);
        let mut groupes = Groupes::default();
        lignes.iter().enumerate().for_each(|(v, l)| groupes.ajoute(v as u32, Allure::de(l)));
        Self { classes, marges, rang, lignes, colonnes, groupes }
    }
}

/// Whether columns are so long, and so few, that points inside are found sooner than changes of a few cells.
fn sont_denses(colonnes: &[Ligne]) -> bool {
    let parametres = colonnes.iter().filter(|c| !c.is_empty()).count();
    parametres <= PARAMETRES && colonnes.iter().map(Vec::len).sum::<usize>() > DENSITE * parametres
}

impl Mobilite {
    /// True when one change moves so many cells that bounds stop it at once, and none stands at a bound.
    pub(crate) fn est_dense(&self) -> bool {
        sont_denses(&self.colonnes) && !self.est_butee()
    }

    /// True when the true value of a masked cell stands at a bound: nothing lies between them.
    pub(crate) fn est_butee(&self) -> bool {
        self.marges.iter().any(Marge::est_butee)
    }

    /// Variable of a class, if it is one.
    pub(crate) fn variable(&self, classe: u32) -> Option<u32> {
        Some(self.rang[classe as usize]).filter(|v| *v != ABSENTE)
    }

    /// The variable over the parameters.
    pub(crate) fn ligne(&self, variable: u32) -> &[(u32, i64)] {
        &self.lignes[variable as usize]
    }

    /// What a parameter moves.
    pub(crate) fn colonne(&self, parametre: u32) -> &[(u32, i64)] {
        &self.colonnes[parametre as usize]
    }

    /// Variables that move with this one and never without it, itself included.
    pub(crate) fn groupe(&self, variable: u32) -> Vec<u32> {
        self.groupes.avec(variable).to_vec()
    }

    /// Holds a variable to its true value, and those that move with it; nothing when another would lose its
    /// width at once, or when it takes coefficients other than 1.
    pub(crate) fn tient(&mut self, variable: u32) -> Option<Retour> {
        let ligne = primitive(self.lignes[variable as usize].clone());
        let longueur = |p: &u32| self.colonnes[*p as usize].len();
        let unites = ligne.iter().filter(|(_, c)| c.abs() == 1);
        let (pivot, signe) = unites.min_by_key(|(p, _)| (longueur(p), *p)).copied()?;
        let autres: Ligne = ligne.iter().filter(|(p, _)| *p != pivot).map(|(p, c)| (*p, -c * signe)).collect();
        let mut nouvelles: Vec<(u32, Ligne)> = Vec::with_capacity(longueur(&pivot));
        for (u, c) in &self.colonnes[pivot as usize] {
            nouvelles.push((*u, fusionne(&self.lignes[*u as usize], pivot, &autres, *c)?));
        }
        let allures: Vec<(u32, Allure)> = nouvelles.iter().map(|(u, l)| (*u, Allure::de(l))).collect();
        let due = |v: u32| (v, std::mem::take(&mut self.marges[v as usize].largeur));
        let largeurs: Vec<(u32, i64)> = self.groupes.avec(variable).iter().copied().map(due).collect();
        if self.groupes.serre(&self.marges, &allures) {
            largeurs.into_iter().for_each(|(v, l)| self.marges[v as usize].largeur = l);
            return None;
        }
        self.groupes.deplace(&allures);
        let colonne = std::mem::take(&mut self.colonnes[pivot as usize]);
        let mut colonnes = Vec::with_capacity(autres.len() + 1);
        for (p, c) in &autres {
            // A coefficient too large would have been met in the rows.
            let suivante = fusionne(&self.colonnes[*p as usize], ABSENTE, &colonne, *c).unwrap_or_default();
            colonnes.push((*p, std::mem::replace(&mut self.colonnes[*p as usize], suivante)));
        }
        colonnes.push((pivot, colonne));
        let lignes = nouvelles.into_iter().map(|(u, l)| (u, std::mem::replace(&mut self.lignes[u as usize], l)));
        let lignes = lignes.collect();
        Some(Retour { largeurs, lignes, colonnes })
    }

    /// Takes the last [`Mobilite::tient`] back.
    pub(crate) fn annule(&mut self, retour: Retour) {
        retour.largeurs.into_iter().for_each(|(v, l)| self.marges[v as usize].largeur = l);
        let allures: Vec<(u32, Allure)> = retour.lignes.iter().map(|(u, l)| (*u, Allure::de(l))).collect();
        self.groupes.deplace(&allures);
        retour.lignes.into_iter().for_each(|(u, l)| self.lignes[u as usize] = l);
        retour.colonnes.into_iter().for_each(|(p, c)| self.colonnes[p as usize] = c);
    }

    /// Parameters that no table lets move: what they move stands at a bound on both sides.
    pub(crate) fn figees(&self) -> Vec<u32> {
        let mut sens = vec![(true, true); self.lignes.len()];
        let butees: Vec<u32> = (0..self.lignes.len() as u32).filter(|v| self.marges[*v as usize].est_butee()).collect();
        let mut change = !butees.is_empty();
        while change {
            change = false;
            for v in &butees {
                let (bas, haut) = self.marges[*v as usize].ouvertures();
                change |= !haut && restreint(self.ligne(*v), 1, &mut sens);
                change |= !bas && restreint(self.ligne(*v), -1, &mut sens);
            }
        }
        (0..sens.len() as u32).filter(|p| sens[*p as usize] == (false, false)).collect()
    }
}

/// `signe × Σ` may not grow: when no term can shrink, none can grow.
fn restreint(ligne: &[(u32, i64)], signe: i64, sens: &mut [(bool, bool)]) -> bool {
    let diminue = |(p, c): &(u32, i64)| if signe * c > 0 { sens[*p as usize].0 } else { sens[*p as usize].1 };
    if ligne.iter().any(diminue) {
        return false;
    }
    let mut change = false;
    for (p, c) in ligne {
        let (bas, haut) = &mut sens[*p as usize];
        change |= std::mem::take(if signe * c > 0 { haut } else { bas });
    }
    change
}
