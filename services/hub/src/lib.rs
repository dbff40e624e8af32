//! The hub: receives what nodes publish (steps 6 to 8 of the path), and restores it to the people who
//! steer (step 9). It never learns what a person is: it does not even link the crate that knows.
//!
//! `federation` (the wire) → `ingest` → `validation` → `hub_storage` → `agregation` → `restitution`; every
//! reading passes by `acces`, which knows who asks.

pub mod acces;
pub mod agregation;
pub mod campagne;
pub mod cle;
pub mod commande;
pub mod configuration;
pub mod debit;
pub mod ecoute;
pub mod enrolement;
pub mod epoque;
pub mod federation;
pub mod fil;
pub mod ingest;
pub mod mesures;
pub mod noeud;
pub mod paquet;
pub mod pratique;
pub mod probleme;
pub mod receptions;
pub mod reference;
pub mod restitution;
pub mod service;
pub mod transparence;
pub mod validation;
pub mod verification;
