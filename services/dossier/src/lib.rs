//! NOMINATIVE, node only: persons, events, accompaniments, and the rules that read them.
//!
//! The hub does not link this crate (tests/architecture.rs): what is here can never reach it.
//! No input or output.

pub mod calcul;
pub mod controle;
pub mod convention;
pub mod fiche;
pub mod lecture;
pub mod modalite;

pub use fiche::{FicheDispositif, FicheEvenement, FichePersonne, Remontee};
