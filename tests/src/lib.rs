//! What the end-to-end tests share: a hub and nodes as real processes, in a fresh folder.

pub mod collecteur;
pub mod repartiteur;
pub mod terrain;
