//! `maillage-hub journal`: the audit journal, shown and verified.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use hub_storage::journal;
use referentiel::format::compte;

use super::{AIDE, ecris, ouvre_base};

#[derive(Debug, Subcommand)]
#[command(help_template = AIDE)]
pub enum ActionJournal {
    /// Vérifier que rien n’a été changé, retiré ni ajouté après coup.
    Verifier,
    /// Montrer les dernières lignes.
    Lister {
        /// Nombre de lignes.
        #[arg(long, value_name = "N", default_value_t = 50)]
        nombre: u32,
    },
}

/// Runs the command; 1 when the chain is broken.
pub async fn execute(fichier: &Path, action: ActionJournal) -> Result<ExitCode> {
    let (_, db) = ouvre_base(fichier).await?;
    let (texte, sain) = match action {
        ActionJournal::Verifier => {
            let constat = journal::verifie(&db).await?;
            let mut texte = format!("{} : {}\n", compte(constat.lignes, "ligne", "lignes"), constat.tete);
            for defaut in &constat.defauts {
                texte.push_str(&format!("- {defaut}\n"));
            }
            let sain = constat.defauts.is_empty();
            texte.push_str(if sain { "Le journal est intact.\n" } else { "Le journal a été altéré.\n" });
            (texte, sain)
        }
        ActionJournal::Lister { nombre } => {
            let lignes = journal::dernieres(&db, None, nombre).await?;
            let ecrites = lignes.iter().rev().map(|l| {
                format!("{} {} {} {} {} {}\n", l.ordre, l.moment.to_rfc3339(), l.acteur, l.action, l.objet, l.detail)
            });
            (ecrites.collect(), true)
        }
    };
    db.ferme().await;
    ecris(&texte)?;
    Ok(if sain { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
