//! The hub's store (step 8 of the path): SQLite by default, PostgreSQL by its address, one SQL text for
//! both. An accepted publication, its observations and its receipt commit together or not at all.
//!
//! One file per aggregate. This crate must never decide whether a content is acceptable (that is
//! `hub::validation`) and never learns what a person is.

pub mod base;
pub mod ligne;
mod schema;
pub mod valeur;

pub use base::{Db, ErreurBase, Tx};
pub use schema::Dialecte;
