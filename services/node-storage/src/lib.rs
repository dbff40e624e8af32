//! The node's SQLite store, one file per aggregate. Nominative: this crate is never linked by the hub.
//!
//! One writer connection (`BEGIN IMMEDIATE`), `synchronous = FULL`: what was acknowledged survives a
//! power cut, what was not leaves nothing.

pub mod annulation;
pub mod approbation;
pub mod base;
pub mod bilan;
pub mod brouillon;
pub mod chaine;
pub mod cle_hub;
pub mod conservation;
pub mod declaration;
pub mod envoi;
pub mod fiche;
pub mod horaire;
pub mod import;
pub mod journal;
pub mod partage;
pub mod reference;
pub mod saisie_en_cours;
pub mod situation;
pub mod temoin;

pub use base::{Base, ErreurBase};
