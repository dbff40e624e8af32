//! Parameters of a protection: thresholds of an audience, and what was already shown or masked.

use std::collections::{BTreeMap, BTreeSet};

use referentiel::cellule::{Audience, Cle};
use referentiel::jeu::Jeu;
use serde::{Deserialize, Serialize};

use crate::protegee::ValeurPubliee;
use crate::retrait::Croisement;

/// What is done with a true zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Zeros {
    /// Shown: nobody is in that cell, nobody can be found there. Readers know it, hence that whatever is
    /// masked holds somebody.
    Montres,
    /// Protected like small counts.
    Proteges,
}

/// Rules pinned in the publication, so that the hub re-checks with the very same ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Politique {
    /// Who will read.
    pub audience: Audience,
    /// Smallest count of persons shown.
    pub seuil: u64,
    /// Smallest count of persons shown when a sensitive axis is crossed.
    pub seuil_sensible: u64,
    /// Axes that make a crossing sensitive.
    pub axes_sensibles: BTreeSet<String>,
    /// What is done with zeros.
    pub zeros: Zeros,
    /// Smallest denominator of a rate, smallest number of contributors of a median.
    pub denominateur_minimal: u64,
    /// Width that the interval of every masked cell must keep for an attacker.
    pub largeur: u64,
}

impl Politique {
    /// The policy that a jeu declares for an audience, if it is published for it.
    pub fn du_jeu(jeu: &Jeu, audience: Audience) -> Option<Self> {
        let seuils = jeu.audiences.get(&audience)?;
        Some(Self {
            audience,
            seuil: seuils.seuil,
            seuil_sensible: seuils.seuil_sensible,
            axes_sensibles: jeu.axes.iter().filter(|a| a.sensible).map(|a| a.code.clone()).collect(),
            zeros: Zeros::Montres,
            denominateur_minimal: 5,
            largeur: 3,
        })
    }

    /// The threshold of a cell, by the axes it crosses.
    pub fn seuil_de(&self, cle: &Cle) -> u64 {
        let sensible = cle.ventilation.axes().any(|(axe, _)| self.axes_sensibles.contains(axe));
        if sensible { self.seuil_sensible } else { self.seuil }
    }
}

/// What readers already know: earlier vintages of the period, other audiences, earlier quarters.
#[derive(Debug, Clone, Default)]
pub struct Passe {
    /// Cells masked before for the same period: they stay masked.
    pub deja_masquees: BTreeSet<Cle>,
    /// Values shown before for the same period.
    pub deja_publiees: BTreeMap<Cle, ValeurPubliee>,
    /// Cells masked in the previous quarter: cheaper to mask again, for a stable pattern.
    pub motif_precedent: BTreeSet<Cle>,
    /// Crossings withdrawn before for the same period, or for a nearer audience: they stay withdrawn.
    pub croisements_retires: BTreeSet<Croisement>,
}
