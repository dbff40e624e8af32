//! Disclosure control (step 3 of the path): a [`TableBrute`] goes in, a [`TableProtegee`] comes out,
//! and nothing else can be signed or sent.
//!
//! No input or output. What is masked exists nowhere outside the value given back to the node's own
//! preview ([`Rapport`]); the protected table itself does not hold it.
//!
//! # Against whom
//!
//! A reader holds everything shown, for all tables of an emitter, a period and an audience at once; he knows
//! what adds up to what, that counts are not negative, and the rules themselves. Knowing that zeros are shown,
//! he knows that whatever is masked holds somebody: masked cells that add up to their number would each be 1.
//! Every table is first proved against him ([`Lecteur::SaitLesZerosMontres`]): he is granted that no masked
//! cell is empty, every masked cell keeps its width all the same, and figures that are not crossed stay shown.
//!
//! Where that cannot be had, the table is proved against a reader who takes nothing of the kind for granted
//! ([`Lecteur::NeSupposeRien`]), and the preview says so in words. Files may have masks on zeros instead
//! (`zeros_couverts`): a zero is then shown only where no proof is found that it could be something else.
//!
//! What stays out of any proof: which of two equally good patterns was chosen may depend on what is masked.
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
pub use protegee::{Cadre, CelluleProtegee, Lecteur, Motif, Rapport, TableProtegee, ValeurPubliee};
