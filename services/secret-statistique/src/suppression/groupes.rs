//! Cells that always move together: what one may do, all must be able to. Two masked cells whose sum is
//! known are such a group, however many relations it takes to know it.

use std::collections::HashMap;

use super::combinaison::pgcd;
use crate::systeme::Sort;
use crate::systeme::noyau::{Classe, melange};

/// What a variable may do alone: room below and above its true value, and the width it must keep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marge {
    dessous: i64,
    dessus: i64,
    pub largeur: i64,
}

impl Marge {
    /// True when the true value stands at a bound.
    pub(crate) fn est_butee(&self) -> bool {
        self.dessous <= 0 || self.dessus <= 0
    }

    /// Whether it may shrink, then whether it may grow.
    pub(crate) fn ouvertures(&self) -> (bool, bool) {
        (self.dessous > 0, self.dessus > 0)
    }

    /// How many times a change of `pas` may be made from a change of `ecart`.
    pub(crate) fn portee(&self, ecart: i64, pas: i64) -> i64 {
        if pas > 0 { self.dessus.saturating_sub(ecart) / pas } else { self.dessous.saturating_add(ecart) / -pas }
    }

    /// No bound, no width due.
    pub(crate) const LIBRE: Self = Self { dessous: i64::MAX, dessus: i64::MAX, largeur: 0 };

    pub(crate) fn de(c: &Classe) -> Self {
        let largeur = if c.sort == Sort::Auxiliaire { 0 } else { c.largeur };
        Self { dessous: c.valeur - c.plancher, dessus: c.plafond.saturating_sub(c.valeur), largeur }
    }
}

/// A combination up to a factor, and that factor; nothing for the empty one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allure {
    empreinte: u64,
    facteur: i64,
}

impl Allure {
    pub(crate) fn de(ligne: &[(u32, i64)]) -> Self {
        let Some((_, premier)) = ligne.first() else { return Self { empreinte: 0, facteur: 0 } };
        let facteur = ligne.iter().fold(0, |g, (_, c)| pgcd(c.abs(), g)) * premier.signum();
        let empreinte =
            ligne.iter().fold(1, |h, (v, c)| melange(h ^ melange(u64::from(*v) << 32 ^ (c / facteur) as u64)));
        Self { empreinte, facteur }
    }
}

/// Variables by what their combinations have in common.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groupes {
    allures: Vec<Allure>,
    membres: HashMap<u64, Vec<u32>>,
}

impl Groupes {
    /// Adds the next variable.
    pub(crate) fn ajoute(&mut self, variable: u32, allure: Allure) {
        self.allures.push(allure);
        self.membres.entry(allure.empreinte).or_default().push(variable);
    }

    /// The variables that move with this one, itself included.
    pub(crate) fn avec(&self, variable: u32) -> &[u32] {
        self.membres.get(&self.allures[variable as usize].empreinte).map_or(&[], Vec::as_slice)
    }

    /// True when a variable that must keep a width would lose it by moving with those it would join.
    pub(crate) fn serre(&self, marges: &[Marge], changes: &[(u32, Allure)]) -> bool {
        let mut arrivees: HashMap<u64, Vec<(u32, i64)>> = HashMap::new();
        for (v, allure) in changes {
            if allure.facteur == 0 {
                if marges[*v as usize].largeur > 0 {
                    return true;
                }
                continue;
            }
            arrivees.entry(allure.empreinte).or_default().push((*v, allure.facteur));
        }
        arrivees.into_iter().any(|(empreinte, arrivants)| {
            let deja = self.membres.get(&empreinte).map_or(&[][..], Vec::as_slice);
            let (premier, _) = arrivants[0];
            let avant = self.membres.get(&self.allures[premier as usize].empreinte).map_or(0, Vec::len);
            // A group that moves as one is no narrower than it was.
            let grossit = deja.len() + arrivants.len() > avant;
            let deja = deja.iter().map(|v| (*v, self.allures[*v as usize].facteur));
            grossit && etroit(marges, deja.chain(arrivants.iter().copied()))
        })
    }

    /// Moves variables to the groups of their new combinations.
    pub(crate) fn deplace(&mut self, changes: &[(u32, Allure)]) {
        for (v, allure) in changes {
            let avant = std::mem::replace(&mut self.allures[*v as usize], *allure);
            if let Some(membres) = self.membres.get_mut(&avant.empreinte) {
                membres.retain(|m| m != v);
                if membres.is_empty() {
                    self.membres.remove(&avant.empreinte);
                }
            }
            self.membres.entry(allure.empreinte).or_default().push(*v);
        }
    }
}

/// True when the room that all leave to the common move is short for one of them.
fn etroit(marges: &[Marge], membres: impl Iterator<Item = (u32, i64)>) -> bool {
    let (mut bas, mut haut, mut due) = (i64::MAX, i64::MAX, 0.0f64);
    for (v, facteur) in membres {
        let m = &marges[v as usize];
        let (dessous, dessus) = if facteur > 0 { (m.dessous, m.dessus) } else { (m.dessus, m.dessous) };
        let taille = facteur.abs();
        bas = bas.min(dessous / taille);
        haut = haut.min(dessus / taille);
        due = due.max(m.largeur as f64 / taille as f64);
    }
    (bas.saturating_add(haut) as f64) < due
}
