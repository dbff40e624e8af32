//! `maillage-hub dossier`: the committee file of a campaign, as an accessible PDF and as a workbook, for a public.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use sha2::{Digest as _, Sha256};

use super::{ecris, ouvre_base};
use crate::acces::{Appelant, Guichet, Role};
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

/// Who reads the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Public {
    /// ARS et DREETS d’une région.
    ComiteRegional,
    /// Comité de suivi d’un département.
    ComiteDepartemental,
    /// Directeur territorial au handicap du FIPHFP.
    Dth,
}

impl Public {
    fn role(self) -> Role {
        match self {
            Self::ComiteRegional => Role::Ars,
            Self::ComiteDepartemental => Role::Ddets,
            Self::Dth => Role::Dth,
        }
    }

    /// The region to describe, and what the role holds on.
    fn region(self, territoire: &str) -> Result<String> {
        let region = match self {
            Self::ComiteDepartemental => territoire
                .parse()
                .ok()
                .as_ref()
                .and_then(referentiel::territoire::departement)
                .map(|d| d.region.clone()),
            Self::ComiteRegional | Self::Dth => referentiel::territoire::region(territoire).map(|r| r.code.clone()),
        };
        region.with_context(|| format!("« {territoire} » n’est pas un territoire de ce public : une région pour le comité régional et le DTH, un département pour le comité départemental"))
    }
}

/// Writes the files; says their digests.
pub async fn execute(fichier: &Path, o: OptionsDossier) -> Result<ExitCode> {
    let region = o.public.region(&o.territoire)?;
    let (configuration, db) = ouvre_base(fichier).await?;
    let programme = configuration.hub.imprimerie();
    let appelant = Appelant::de_role("exploitant".to_owned(), o.public.role(), vec![o.territoire]);
    let guichet = Guichet::ouvre(db.clone(), Arc::new(configuration), appelant);
    let demande = Demande { campagne: o.campagne, region, a_la_date: o.a_la_date, commentaire: o.commentaire };
    let Some(document) = comite::compose(&guichet, &demande).await? else {
        bail!("La campagne « {} » n’existe pas sur ce hub.", demande.campagne);
    };
    db.ferme().await;
    if let Some(classeur) = &o.xlsx {
        ecrit(classeur, &document.xlsx()?)?;
    }
    if let Some(classeur) = &o.ods {
        ecrit(classeur, &document.ods()?)?;
    }
    ecrit(&o.sortie, &comite::imprime(&programme, &document)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Written whole beside, then put in place: a file is never half there.
fn ecrit(fichier: &Path, octets: &[u8]) -> Result<()> {
    let provisoire = fichier.with_extension("partiel");
    let suite = std::fs::write(&provisoire, octets).and_then(|()| std::fs::rename(&provisoire, fichier));
    suite.with_context(|| format!("Le fichier {} ne peut pas être écrit", fichier.display()))?;
    let condense: String = Sha256::digest(octets).iter().map(|o| format!("{o:02x}")).collect();
    ecris(&format!("{}  {condense}\n", fichier.display()))
}
