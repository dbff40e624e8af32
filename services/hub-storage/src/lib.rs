//! The hub's store (step 8 of the path): SQLite by default, PostgreSQL by its address, one SQL text for
//! both. An accepted publication, its observations and its receipt commit together or not at all.
//!
//! One file per aggregate. This crate must never decide whether a content is acceptable (that is
//! `hub::validation`) and never learns what a person is.

pub mod acceptation;
mod acte;
pub mod arbre;
pub mod base;
pub mod campagne;
mod campagne_passee;
mod changement;
pub mod completude;
pub mod compte;
mod copie;
pub mod corps;
pub mod dispositif;
pub mod enrolement;
pub mod etat;
pub mod fiche;
pub mod fil;
pub mod identite;
pub mod jeton;
pub mod journal;
pub mod ligne;
pub mod mesure;
pub mod noeud;
pub mod noeud_passe;
pub mod observation;
pub mod passe;
pub mod pratique;
pub mod preuve;
mod projection;
pub mod publication;
pub mod rebuild;
pub mod reference;
pub mod registre;
pub mod relance;
pub mod remontee;
pub mod restauration;
mod schema;
pub mod seuil;
mod territoire;
pub mod valeur;
mod version;
pub mod visibilite;

pub use acceptation::{EntreeRefusee, Examen, PublicationAcceptee};
pub use base::{Db, ErreurBase, Tx};
pub use registre::{Depot, Ecart, Sceau};
pub use schema::Dialecte;
pub use version::Version;
pub use visibilite::{Visibilite, Zone};
