//! `cargo xtask generate`: derived files, written or checked fresh.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::outil::{construit, racine, sortie};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Ne rien écrire : échouer si un fichier dérivé n’est pas frais.
    #[arg(long)]
    verifier: bool,
}

/// Writes the derived files, or says which are stale.
pub fn execute(options: &Options) -> Result<()> {
    let programmes = construit(false)?;
    let sdl = sortie(Command::new(programmes.join("maillage-hub")).arg("schema"))?;
    let derives = [("schema/graphql/hub.graphql", sdl)];
    let mut perimes = Vec::new();
    for (chemin, frais) in derives {
        let fichier = racine().join(chemin);
        if fs::read_to_string(&fichier).unwrap_or_default() == frais {
            continue;
        }
        perimes.push(chemin);
        if !options.verifier {
            fs::write(&fichier, frais).with_context(|| chemin.to_owned())?;
        }
    }
    match (perimes.is_empty(), options.verifier) {
        (true, _) => println!("Every generated file is fresh."),
        (false, true) => bail!("stale: {} — run « cargo xtask generate » and commit", perimes.join(", ")),
        (false, false) => println!("Written: {}", perimes.join(", ")),
    }
    Ok(())
}
