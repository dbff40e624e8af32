//! Disclosure control (step 3 of the path): a [`TableBrute`] goes in, a [`TableProtegee`] comes out,
//! and nothing else can be signed or sent.
//!
//! No input or output. What is masked exists nowhere outside the value given back to the node's own
//! preview ([`Rapport`]); the protected table itself does not hold it.
//!
//! A raw table cannot be serialised:
//!
//! ```compile_fail
//! fn envoie<T: serde::Serialize>(_: &T) {}
//! fn fuite(brute: &secret_statistique::TableBrute) {
//!     envoie(brute);
//! }
//! ```
//!
//! while a cell of a protected table can:
//!
//! ```
//! fn envoie<T: serde::Serialize>(_: &T) {}
//! fn publie(protegee: &secret_statistique::TableProtegee) {
//!     for cellule in protegee.cellules() {
//!         envoie(cellule);
//!     }
//! }
//! ```

pub mod audit;
pub mod brute;
pub mod certificat;
mod modele;
pub mod politique;
pub mod politiques;
pub mod primaire;
pub mod protection;
pub mod protegee;
pub mod recontrole;
pub mod regroupement;
pub mod relations;
pub mod retrait;
pub mod somme;
pub mod suppression;
pub mod systeme;

pub use brute::{CelluleBrute, Contributions, Grandeur, RelationConnue, TableBrute, TableIncoherente};
pub use politique::{Passe, Politique, Zeros};
pub use protection::{EchecProtection, proteger};
pub use protegee::{CelluleProtegee, Lecteur, Motif, Rapport, TableProtegee, ValeurPubliee};
