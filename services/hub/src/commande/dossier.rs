//! `maillage-hub dossier`: the committee file of a campaign, as an accessible PDF and as a workbook, for a public.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use clap::Args;

use super::public::Public;
use super::{ecrit_fichier, ouvre_base};
use crate::acces::Guichet;
use crate::restitution::comite::{self, Demande};

#[derive(Debug, Args)]
pub struct OptionsDossier {
    /// Campagne, comme 2026-T1.
    #[arg(long, value_name = "CAMPAGNE")]
    campagne: String,
    /// Région (code INSEE) ; pour le comité départemental, le département.
    #[arg(long, value_name = "CODE")]
    territoire: String,
    /// À qui le dossier est destiné : il ne montre que ce que ce public peut voir.
    #[arg(long, value_enum, value_name = "PUBLIC")]
    public: Public,
    /// PDF à écrire.
    #[arg(short = 'o', long = "sortie", value_name = "FICHIER")]
    sortie: PathBuf,
    /// Classeur à écrire aussi, une feuille par tableau.
    #[arg(long, value_name = "FICHIER")]
    xlsx: Option<PathBuf>,
    /// Classeur OpenDocument à écrire aussi.
    #[arg(long, value_name = "FICHIER")]
    ods: Option<PathBuf>,
    /// Refaire le dossier tel qu’il était à ce moment (2026-04-20T09:00:00Z).
    #[arg(long = "a-la-date", value_name = "MOMENT")]
    a_la_date: Option<DateTime<Utc>>,
    /// Mot de qui présente le dossier, en tête de la synthèse.
    #[arg(long, value_name = "TEXTE")]
    commentaire: Option<String>,
}

/// Writes the files; says their digests.
pub async fn execute(fichier: &Path, o: OptionsDossier) -> Result<ExitCode> {
    let region = o.public.region(&o.territoire)?;
    let (configuration, db) = ouvre_base(fichier).await?;
    let programme = configuration.hub.imprimerie();
    let appelant = o.public.appelant(o.territoire);
    let guichet = Guichet::ouvre(db.clone(), Arc::new(configuration), appelant);
    let demande = Demande { campagne: o.campagne, region, a_la_date: o.a_la_date, commentaire: o.commentaire };
    let Some(document) = comite::compose(&guichet, &demande).await? else {
        bail!("La campagne « {} » n’existe pas sur ce hub.", demande.campagne);
    };
    db.ferme().await;
    if let Some(classeur) = &o.xlsx {
        ecrit_fichier(classeur, &document.xlsx()?)?;
    }
    if let Some(classeur) = &o.ods {
        ecrit_fichier(classeur, &document.ods()?)?;
    }
    ecrit_fichier(&o.sortie, &comite::imprime(&programme, &document)?)?;
    Ok(ExitCode::SUCCESS)
}
