//! When no pattern of masks can protect some cells of a crossing, the crossing itself is withdrawn at
//! its level: a coarser table that can be read is worth more than a fine one that cannot leave.

use std::collections::BTreeSet;
use std::fmt;

use referentiel::cellule::Cle;
use referentiel::territoire::Niveau;

use crate::brute::{Grandeur, TableBrute};
use crate::politique::Passe;

/// A crossing of a measure at a level.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Croisement {
    /// Measure.
    pub indicateur: String,
    /// Level of the territory.
    pub niveau: Niveau,
    /// Axes crossed, two at least.
    pub axes: Vec<String>,
}

impl Croisement {
    /// The crossing a cell belongs to.
    pub fn de(cle: &Cle) -> Self {
        let axes = cle.ventilation.axes().map(|(axe, _)| axe.to_owned()).collect();
        Self { indicateur: cle.indicateur.clone(), niveau: cle.niveau, axes }
    }

    /// True for a finer crossing of the same measure and level: it cannot stay without its margins.
    fn contient(&self, autre: &Self) -> bool {
        self.indicateur == autre.indicateur
            && self.niveau == autre.niveau
            && autre.axes.iter().all(|axe| self.axes.contains(axe))
    }
}

impl fmt::Display for Croisement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} · {} · {}", self.indicateur, self.niveau.code(), self.axes.join(" × "))
    }
}

/// Crossings to withdraw for the cells that stay too narrow: the finest of each, never a margin of one
/// axis, never the term of a rate, never what was already shown.
pub(crate) fn croisements(table: &TableBrute, etroites: &[Cle], passe: &Passe) -> BTreeSet<Croisement> {
    let plus_fin = etroites.iter().map(|cle| cle.ventilation.axes().count()).max().unwrap_or(0);
    if plus_fin < 2 {
        return BTreeSet::new();
    }
    let fines = etroites.iter().filter(|cle| cle.ventilation.axes().count() == plus_fin);
    let termes: Vec<Croisement> =
        table.cellules().iter().flat_map(|c| termes(&c.grandeur)).map(Croisement::de).collect();
    let montres: BTreeSet<Croisement> = passe.deja_publiees.keys().map(Croisement::de).collect();
    let retenu = |c: &Croisement| !termes.contains(c) && !montres.contains(c);
    fines.map(Croisement::de).filter(retenu).collect()
}

/// Cells that a rate or a combination is made of.
pub(crate) fn termes(grandeur: &Grandeur) -> Vec<&Cle> {
    match grandeur {
        Grandeur::Taux { numerateur, denominateur } => vec![numerateur, denominateur],
        Grandeur::Derive { termes } => termes.iter().map(|(_, cle)| cle).collect(),
        _ => vec![],
    }
}

impl TableBrute {
    /// The same table without these crossings, at any territory of their level, nor the finer ones that contain them.
    pub(crate) fn sans_croisements(&self, retires: &BTreeSet<Croisement>) -> Self {
        let reste = |cle: &Cle| !retires.iter().any(|r| Croisement::de(cle).contient(r));
        self.filtree(reste)
    }
}
