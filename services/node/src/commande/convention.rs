//! `maillage-node convention evaluer`: values FIPHFP situations and says why one is refused.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;
use dossier::convention::{Decision, Dossier, Evaluation, evaluer, evaluer_json};
use referentiel::format;

use super::dit;

#[derive(Debug, Subcommand)]
pub enum Options {
    /// Évalue des situations : valorisable ou refusée, avec la règle et le fait qui manque.
    Evaluer {
        /// Fichier JSON des situations.
        fichier: PathBuf,
        /// Sortie JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Evaluates.
pub fn execute(options: &Options) -> Result<ExitCode> {
    let Options::Evaluer { fichier, json } = options;
    let texte = std::fs::read_to_string(fichier)
        .with_context(|| format!("Le fichier « {} » est introuvable ou illisible.", fichier.display()))?;
    if *json {
        dit(&evaluer_json(&texte)?)?;
    } else {
        let dossier: Dossier = serde_json::from_str(&texte)
            .with_context(|| format!("« {} » n’est pas une liste de situations.", fichier.display()))?;
        montre(&evaluer(&dossier)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn montre(evaluation: &Evaluation) -> Result<()> {
    for v in &evaluation.verdicts {
        let decision = match v.verdict {
            Decision::Valorisable => format::euros(v.montant_eur),
            Decision::Refuse => format!("refusée ({})", v.regle.as_deref().unwrap_or_default()),
        };
        dit(&format!("{:<6} {decision} — {}", v.id, v.explication))?;
    }
    dit(&format!("Total valorisable : {}", format::euros(evaluation.total_eur)))
}
