//! `maillage-node cle creer|publique`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use super::dit;

#[derive(Debug, Subcommand)]
pub enum Options {
    /// Crée la clé privée du nœud et affiche sa clé publique.
    Creer {
        /// Fichier à créer ; jamais remplacé s’il existe.
        #[arg(short, long, value_name = "FICHIER")]
        o: PathBuf,
    },
    /// Affiche la clé publique, à transmettre au hub.
    Publique {
        /// Fichier de la clé privée.
        fichier: PathBuf,
    },
}

pub fn execute(options: &Options) -> Result<ExitCode> {
    let cle = match options {
        Options::Creer { o } => crate::cle::cree(o, &mut systeme())?,
        Options::Publique { fichier } => crate::cle::lit(fichier)?,
    };
    dit(&cle.publique().to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// The operating system's generator: keys are made here and nowhere else.
#[expect(clippy::disallowed_methods, reason = "the binary makes the generator that everything else receives")]
fn systeme() -> impl rand::CryptoRng {
    rand::rng()
}
