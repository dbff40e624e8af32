//! Step 1 of the path: a deposited workbook becomes checked fiches, or a list of what to mend.
//!
//! Nothing is stored here, and nothing of a workbook may be written to a log.

pub mod classeur;
mod contexte;
pub mod depot;
pub mod modele;
pub mod preparation;
pub mod processus;
pub mod verdict;

pub use classeur::{Lecture, lire, verifier};
pub use contexte::contexte;
pub use depot::{Depot, DepotAnterieur, Fenetre};
pub use verdict::{Comptes, Statut, Verdict};

use dossier::controle;
use serde::{Deserialize, Serialize};

/// What is known before a workbook is opened.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Contexte {
    /// What the business checks compare with.
    pub controle: controle::Contexte,
    /// Who deposits, when, and what was deposited before.
    pub depot: Depot,
}
