//! Workbooks in and out: the three-sheet remontée of annexe 2 (circulaire DGEFP/DGCS 2021/237) in XLSX or ODS.
//!
//! Step 1 of the path (saisie), form only: this crate turns cells into typed values and says what is wrong
//! with a cell, checks C-CL-01 to C-CL-07. It knows no business rule and must never store, send or log a value.
//! Reading is defensive: a workbook comes from outside, so sizes are bounded before anything is parsed.

pub mod conteneur;
pub mod ecriture;
pub mod illisible;
pub mod lecture;
pub mod modele;
pub mod position;
pub mod valeur;

pub use illisible::Illisible;
pub use lecture::tableau;
pub use lecture::{RapportLecture, Recepteur, lire};
pub use modele::Modele;
pub use position::{AnomalieSituee, Positions};
pub use valeur::{LigneLue, Valeur};
