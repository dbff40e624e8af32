//! Vocabulary shared by every crate: value types that cannot hold a wrong value, territories,
//! nomenclatures, data set definitions, the check vocabulary and the clock.
//!
//! No input or output happens here: the data files of `schema/` are embedded at compile time.
//! This crate must never learn what a person is; that is `dossier`'s knowledge, at the node only.

pub mod cellule;
pub mod controle;
pub mod format;
pub mod horloge;
pub mod identifiant;
pub mod indice;
pub mod jeu;
pub mod nomenclature;
pub mod periode;
pub mod territoire;
pub mod texte;

pub use rust_decimal::Decimal;
