//! `maillage-hub fil`: what is handed down to the nodes. The running hub completes it by itself; these commands do
//! it at once, and show it.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::Subcommand;
use hub_storage::fil as articles;
use publication::fil::Article;
use referentiel::format::{compte, decimal};
use referentiel::periode::Trimestre;

use super::{AIDE, ecris, ouvre_base};
use crate::fil;

#[derive(Debug, Clone, Copy, Subcommand)]
#[command(help_template = AIDE)]
pub enum ActionFil {
    /// Ajouter ce qui est nouveau : repères des campagnes closes, bonnes pratiques publiées.
    Completer {
        /// Calculer aussi les repères de cette campagne, même si elle n’est pas close : 2026-T1.
        #[arg(long, value_name = "CAMPAGNE")]
        campagne: Option<Trimestre>,
    },
    /// Lister les articles en vigueur.
    Lister,
}

/// Runs the command.
pub async fn execute(fichier: &Path, action: ActionFil, instant: DateTime<Utc>) -> Result<ExitCode> {
    let (_, db) = ouvre_base(fichier).await?;
    let dit = match action {
        ActionFil::Completer { campagne } => {
            let mut ajoutes = fil::complete(&db, instant).await?;
            if let Some(campagne) = campagne {
                ajoutes += fil::publie_les_reperes(&db, &campagne.to_string(), instant).await?;
            }
            format!("{}.\n", compte(ajoutes, "article ajouté au fil", "articles ajoutés au fil"))
        }
        ActionFil::Lister => {
            let en_vigueur = articles::en_vigueur(&db, "").await?;
            en_vigueur.values().filter_map(ligne).map(|l| l + "\n").collect()
        }
    };
    db.ferme().await;
    ecris(&dit)?;
    Ok(ExitCode::SUCCESS)
}

/// An article in one line; none for a key that was taken back.
fn ligne(article: &Article) -> Option<String> {
    if let Some(r) = &article.benchmark {
        let centres = compte(r.contributors, "centre", "centres");
        return Some(format!(
            "{}  {:<8} médiane {} (de {} à {} pour la moitié des centres ; {centres})",
            r.campaign,
            r.indicator,
            decimal(r.median),
            decimal(r.q1),
            decimal(r.q3)
        ));
    }
    let p = article.practice.as_ref()?;
    Some(format!("pratique  {} : {}", p.center, p.fields.get("titre").map_or("sans titre", String::as_str)))
}
