//! `maillage-node lien`: a one-time link to the pages of the running service.

use std::process::ExitCode;

use anyhow::Result;
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;

use super::{Acces, dit};
use crate::restitution::adresse_du_lien;
use crate::restitution::lien::CleLien;

/// Prints a link.
pub fn execute(acces: &Acces) -> Result<ExitCode> {
    let jeton = CleLien::du_noeud(&acces.cle()?)?.ecrit(&acces.acteur(), acces.maintenant(), &mut systeme())?;
    dit(&adresse_du_lien(&acces.configuration.noeud.ecoute, &jeton))?;
    Ok(ExitCode::SUCCESS)
}

/// The operating system's generator: the number of a link must not be guessed.
#[expect(clippy::disallowed_methods, reason = "the binary makes the generator that everything else receives")]
fn systeme() -> ChaCha20Rng {
    ChaCha20Rng::from_rng(&mut rand::rng())
}
