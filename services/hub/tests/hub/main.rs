//! The hub from outside: signed publications over its real routes, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "helpers of tests")]

mod acces;
mod administration;
mod audits;
mod banc;
mod bases;
mod comparaison;
mod connexion;
mod conventions;
mod donnees;
mod dossier;
mod enrolement;
mod etats;
mod federation;
mod forges;
mod fournisseur;
mod graphql;
mod memoire;
mod pages;
mod population;
mod pratiques;
mod relances;
mod replicas;
mod transparence;
