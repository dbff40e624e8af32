//! The certificate of a release: for every masked cell, tables that agree with everything shown and
//! differ enough on that cell. Whoever has the system re-checks it with integer additions, no solver.
//! It stays at the node: its tables are false, but the true one is where they start from.

use std::collections::HashMap;

use crate::systeme::{Sort, Systeme};

/// Moves from the true table, each leading to a table that the attacker cannot exclude.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificat {
    /// Changes are counted in units of 1/echelle. Multiples of it lead to integer tables; the others come
    /// near the edge of the set without reaching it, so that a width is good to a thousandth.
    pub echelle: i64,
    /// Each move: (cell, change), without zeros.
    pub mouvements: Vec<Vec<(u32, i64)>>,
}

impl Certificat {
    /// Adds the moves of another one, in units that suit both.
    pub(crate) fn joint(&mut self, autre: Self) {
        // Scales are powers of two.
        let echelle = self.echelle.max(autre.echelle);
        let remet = |c: &mut Self| {
            let fois = echelle / c.echelle.max(1);
            c.mouvements.iter_mut().flatten().for_each(|(_, d)| *d *= fois);
        };
        let mut autre = autre;
        remet(self);
        remet(&mut autre);
        self.echelle = echelle;
        self.mouvements.append(&mut autre.mouvements);
    }
}

/// What a certificate fails to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Defaut {
    /// A move changes a shown cell, or a cell that does not exist.
    #[error("un mouvement change la cellule {0}, qui est montrée")]
    Montree(usize),
    /// A move leaves the bounds that the attacker knows.
    #[error("un mouvement sort des bornes de la cellule {0}")]
    Bornes(usize),
    /// A move breaks a relation.
    #[error("un mouvement rompt une relation")]
    Relation,
    /// A masked cell is not shown to keep its width.
    #[error("la cellule {0} n’a pas la largeur demandée")]
    Etroite(usize),
}

/// Checks every move, then the width of every masked cell; gives the width shown for each.
pub fn verifier(systeme: &Systeme, masquees: &[bool], certificat: &Certificat) -> Result<Vec<i128>, Defaut> {
    let cellules = systeme.cellules();
    let echelle = i128::from(certificat.echelle.max(1));
    let mut extremes = vec![(0i128, 0i128); cellules.len()];
    let mut relations_de: Vec<Vec<u32>> = vec![vec![]; cellules.len()];
    let relations: Vec<&[(u32, i64)]> = systeme.relations().collect();
    for (r, relation) in relations.iter().enumerate() {
        for (i, _) in relation.iter() {
            relations_de[*i as usize].push(r as u32);
        }
    }
    for mouvement in &certificat.mouvements {
        let changes: HashMap<u32, i128> = mouvement.iter().map(|(i, d)| (*i, i128::from(*d))).collect();
        let mut touchees: Vec<u32> = vec![];
        for (i, d) in &changes {
            let i = *i as usize;
            if !masquees.get(i).copied().unwrap_or(false) {
                return Err(Defaut::Montree(i));
            }
            let c = &cellules[i];
            let arrivee = i128::from(c.valeur) * echelle + d;
            let dessus = c.plafond.is_some_and(|p| arrivee > i128::from(p) * echelle);
            if arrivee < i128::from(c.plancher) * echelle || dessus {
                return Err(Defaut::Bornes(i));
            }
            extremes[i] = (extremes[i].0.min(*d), extremes[i].1.max(*d));
            touchees.extend(&relations_de[i]);
        }
        touchees.sort_unstable();
        touchees.dedup();
        let somme = |r: &u32| -> i128 {
            relations[*r as usize].iter().map(|(i, c)| i128::from(*c) * changes.get(i).copied().unwrap_or(0)).sum()
        };
        if touchees.iter().any(|r| somme(r) != 0) {
            return Err(Defaut::Relation);
        }
    }
    let mut largeurs = Vec::with_capacity(cellules.len());
    for (i, (c, (bas, haut))) in cellules.iter().zip(&extremes).enumerate() {
        let due = masquees[i] && c.sort != Sort::Auxiliaire;
        if due && haut - bas < i128::from(c.largeur) * echelle - echelle / 1024 {
            return Err(Defaut::Etroite(i));
        }
        largeurs.push((haut - bas + echelle / 1024) / echelle);
    }
    Ok(largeurs)
}
