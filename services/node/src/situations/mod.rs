//! Follow-up tables of a centre, in and out: a declared mapping turns the rows of a spreadsheet into cases, the internal
//! tables are written back as views of them. Nominative: nothing here leaves the node.

pub mod correspondance;
pub mod lecture;
pub mod processus;
pub mod saisie;
pub mod vue;

pub use correspondance::Correspondance;
pub use lecture::TableauInterprete;
