//! `cargo xtask captures DIR`: the journeys of the browser tests, with a picture of every screen they go through.

use std::path::{PathBuf, absolute};

use anyhow::{Context, Result};

use crate::navigateur;
use crate::outil::{cargo, cible, construit, lance, racine};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Dossier où écrire les images.
    dossier: PathBuf,
    /// Récrit aussi les quatre images du README (docs/ecrans).
    #[arg(long)]
    readme: bool,
}

/// Writes the pictures.
pub fn execute(options: &Options) -> Result<()> {
    let dossier = absolute(&options.dossier)?;
    std::fs::create_dir_all(&dossier).with_context(|| format!("{} cannot be made", dossier.display()))?;
    navigateur::prepare()?;
    construit(false)?;
    let mut journeys = cargo();
    // The whole workspace, as for the tests: one package alone would be built again with other features.
    journeys.args(["test", "-q", "--workspace", "--test", "navigateur"]);
    journeys.env("MAILLAGE_PROGRAMMES", cible().join("debug")).env("MAILLAGE_CAPTURES", &dossier);
    if options.readme {
        journeys.env("MAILLAGE_VITRINE", racine().join("docs/ecrans"));
    }
    lance(&mut journeys)?;
    println!("Pictures written to {}", dossier.display());
    Ok(())
}
