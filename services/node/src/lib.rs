//! A centre's node: keeps the nominative fiches, computes indicators, protects, signs, publishes.
//!
//! The path of one fact runs through `saisie` → `indicateurs` → `preparation` → `outbox`.

pub mod cle;
pub mod configuration;
pub mod horaire;
