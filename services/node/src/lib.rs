//! A centre's node: keeps the nominative fiches, computes indicators, protects, signs, publishes.
//!
//! The path of one fact runs through `saisie` → `indicateurs` → `preparation` → `outbox`.

pub mod cle;
pub mod cles_hub;
pub mod commande;
pub mod configuration;
pub mod emission;
pub mod enfant;
pub mod fil;
pub mod horaire;
pub mod jeux;
pub mod mesures;
pub mod outbox;
pub mod paquet;
pub mod partage;
pub mod preparation;
pub mod refait;
pub mod reference;
pub mod repere;
pub mod reprise;
pub mod restitution;
pub mod rotation;
pub mod saisie;
pub mod service;
pub mod situations;
pub mod temoin;
pub mod transport;
