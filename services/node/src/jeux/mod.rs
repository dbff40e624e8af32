//! Declared data sets at the node: a workbook made from the jeu file comes back filled, is read in a bounded
//! process, checked cell by cell, kept, and becomes protected tables and records. No rule of any jeu is here.

pub mod convention;
pub mod correspondance;
pub mod extrait;
pub mod fiches;
pub mod lecture;
pub mod offre;
pub mod periode;
pub mod processus;
pub mod saisie;
pub mod table;
pub mod verdict;

pub use lecture::Lue;
