//! The protected table: the only thing that may be signed, and the node's private account of it.

use referentiel::Decimal;
use referentiel::cellule::{Cle, Statut};
use serde::{Deserialize, Serialize};

use crate::politique::Politique;

/// A value that may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValeurPubliee {
    /// A count of persons.
    Effectif(u64),
    /// A figure with decimals.
    Decimal(Decimal),
    /// A rate, as its two terms: regional rate = Σ numerators / Σ denominators.
    Taux {
        /// Numerator.
        numerateur: Decimal,
        /// Denominator.
        denominateur: Decimal,
    },
}

/// A cell that may leave the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CelluleProtegee {
    /// What it is about.
    #[serde(flatten)]
    pub cle: Cle,
    /// The value, absent for every status that does not show one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valeur: Option<ValeurPubliee>,
    /// Why there is a value, or none.
    pub statut: Statut,
}

/// Why a cell is masked; stays inside the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Motif {
    /// The count itself is under the threshold.
    Seuil,
    /// Would let a masked cell be computed.
    Complementaire,
    /// A term of the rate, or a term of the combination, is masked.
    Terme,
    /// Masked in an earlier vintage or for another audience.
    DejaMasquee,
}

/// What the node tells its own agent about a protection. Never serialised, never sent.
#[derive(Debug, Clone, Default)]
pub struct Rapport {
    /// Cells shown.
    pub publiees: usize,
    /// Cells masked by their own count.
    pub primaires: usize,
    /// Cells masked to protect others.
    pub complementaires: usize,
    /// Reason of each masked cell.
    pub motifs: Vec<(Cle, Motif)>,
}

/// Step 3 of the path. Private fields: only [`crate::proteger`] makes one.
#[derive(Debug, Clone)]
pub struct TableProtegee {
    pub(crate) jeu: String,
    pub(crate) politique: Politique,
    pub(crate) cellules: Vec<CelluleProtegee>,
    pub(crate) rapport: Rapport,
}

impl TableProtegee {
    /// Name of the jeu.
    pub fn jeu(&self) -> &str {
        &self.jeu
    }

    /// Rules that were applied.
    pub fn politique(&self) -> &Politique {
        &self.politique
    }

    /// The cells, sorted by key.
    pub fn cellules(&self) -> &[CelluleProtegee] {
        &self.cellules
    }

    /// The node's own account, for its preview.
    pub fn rapport(&self) -> &Rapport {
        &self.rapport
    }
}
