//! Parameters of a protection: thresholds of an audience, and what was already shown or masked.

use std::collections::{BTreeMap, BTreeSet};

use referentiel::cellule::{Audience, Cle, Statut};
use referentiel::jeu::{Jeu, Methode};
use serde::{Deserialize, Serialize};

use crate::brute::TableBrute;
use crate::protegee::{Cadre, TableProtegee, ValeurPubliee};
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
    /// What is done with small counts.
    #[serde(default, skip_serializing_if = "Methode::est_masquage")]
    pub methode: Methode,
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
            methode: jeu.politique,
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
    /// Frames given before of cells masked for the same period, here or for a nearer audience.
    pub cadres: BTreeMap<Cle, Cadre>,
    /// Cells folded into a coarser category before for the same period, or for a nearer audience.
    pub deja_regroupees: BTreeSet<Cle>,
}

impl Passe {
    /// Adds what readers of a wider audience also hold: the table of a nearer one.
    pub fn apres(&mut self, brute: &TableBrute, proche: &TableProtegee) {
        let masquees = proche.cellules().iter().filter(|c| c.statut == Statut::Secret);
        self.deja_masquees.extend(masquees.map(|c| c.cle.clone()));
        self.croisements_retires.extend(proche.rapport().croisements_retires.iter().cloned());
        for c in proche.cellules() {
            if let Some(cadre) = c.cadre {
                // Both frames are known: what they share.
                let su = self.cadres.entry(c.cle.clone()).or_insert(cadre);
                *su = Cadre { bas: su.bas.max(cadre.bas), haut: su.haut.min(cadre.haut) };
            }
            if let (Statut::Arrondi, Some(valeur)) = (c.statut, &c.valeur) {
                self.deja_publiees.entry(c.cle.clone()).or_insert_with(|| valeur.clone());
            }
        }
        if proche.politique().methode == Methode::Regroupement {
            let connues: BTreeSet<&Cle> = proche.cellules().iter().map(|c| &c.cle).collect();
            let calculees = brute.cellules().iter().map(|c| &c.cle);
            self.deja_regroupees.extend(calculees.filter(|cle| !connues.contains(cle)).cloned());
        }
    }
}
