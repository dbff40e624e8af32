//! The disclosure control on the real tables of the demonstration's six centres: every policy of a jeu from the
//! fiches to what the hub accepts.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod campagne;
mod politiques;
mod region;
