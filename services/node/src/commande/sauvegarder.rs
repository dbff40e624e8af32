//! `maillage-node sauvegarder`: a whole copy of the base while the node runs. The copy is as nominative as the base.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::{Acces, dit};

/// Where the copy goes.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Fichier à créer ; un fichier existant n’est jamais remplacé.
    #[arg(short = 'o', long = "sortie", value_name = "FICHIER")]
    sortie: PathBuf,
}

/// Copies the base to a new file, readable by its owner only.
pub fn execute(acces: &Acces, options: &Options) -> Result<ExitCode> {
    let nom = options.sortie.display();
    acces.attends(async {
        let base = acces.base().await?;
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&options.sortie).with_context(|| {
            format!("Le fichier {nom} ne peut pas être créé (un fichier existant n’est pas remplacé)")
        })?;
        let copie = base.sauvegarde(&options.sortie).await;
        base.ferme().await;
        copie.with_context(|| format!("La sauvegarde {nom} n’a pas pu être écrite"))
    })?;
    dit(&format!("Base copiée dans {nom} : elle est nominative, chiffrez-la. Gardez la clé du nœud à part."))?;
    Ok(ExitCode::SUCCESS)
}
