//! `maillage-hub exporter`: a whole data set as a file, read with the rights of whom it is made for.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use referentiel::format;
use referentiel::jeu::{Jeu, jeu, jeux};
use web::Table;
use web::table::{APropos, classeur_ods, classeur_xlsx};

use super::public::{Public, note_la_sortie};
use super::{ecrit_fichier, ouvre_base};
use crate::acces::{Appelant, Guichet, Role};
use crate::restitution::extraction::{Extraction, extrait, sdmx};

#[derive(Debug, Args)]
pub struct OptionsExporter {
    /// Jeu de données, comme ea.indicateurs.
    jeu: String,
    /// Format du fichier.
    #[arg(long, value_enum, default_value = "xlsx", value_name = "FORMAT")]
    format: FormatExport,
    /// À qui le fichier est destiné ; sans lui, à tout public (données ouvertes).
    #[arg(long, value_enum, value_name = "PUBLIC", requires = "territoire")]
    public: Option<Public>,
    /// Région (code INSEE) ; pour le comité départemental, le département.
    #[arg(long, value_name = "CODE", requires = "public")]
    territoire: Option<String>,
    /// Période, comme 2026-T1 ; toutes sans elle.
    #[arg(long, value_name = "PÉRIODE")]
    campagne: Option<String>,
    /// Tableau du jeu, quand il en a plusieurs et que le format n’en tient qu’un.
    #[arg(long, value_name = "TABLEAU")]
    tableau: Option<String>,
    /// Refaire l’export tel qu’il était à ce moment ; demande une période.
    #[arg(long = "a-la-date", value_name = "MOMENT", requires = "campagne")]
    a_la_date: Option<DateTime<Utc>>,
    /// Fichier à écrire.
    #[arg(short = 'o', long = "sortie", value_name = "FICHIER")]
    sortie: PathBuf,
}

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatExport {
    /// Classeur Excel, une feuille par tableau.
    Xlsx,
    /// Classeur OpenDocument, une feuille par tableau.
    Ods,
    /// CSV pour un tableur français.
    CsvTableur,
    /// CSV ouvert (UTF-8, virgules, dates ISO).
    CsvOuvert,
    /// JSON, chaque chiffre avec son statut.
    Json,
    /// SDMX-CSV 2.0, les cellules du jeu en codes.
    SdmxCsv,
}

/// Writes the file; says its digest.
pub async fn execute(fichier: &Path, o: OptionsExporter, maintenant: DateTime<Utc>) -> Result<ExitCode> {
    let (configuration, db) = ouvre_base(fichier).await?;
    let jeu = jeu(&o.jeu).with_context(|| {
        let connus: Vec<&str> = jeux().into_iter().map(|j| j.code.as_str()).collect();
        format!("« {} » n’est pas un jeu de données de ce hub : {}", o.jeu, connus.join(", "))
    })?;
    let periode = o.campagne.as_deref().map(|texte| lit_periode(jeu, texte)).transpose()?;
    let appelant = match (o.public, &o.territoire) {
        (Some(public), Some(territoire)) => {
            public.region(territoire)?;
            public.appelant(territoire.clone())
        }
        _ => Appelant::de_role("exploitant".to_owned(), Role::Public, vec![]),
    };
    let source = configuration.hub.nom.clone();
    let destinataire = appelant.role.map_or("tout public", |r| r.libelle());
    let guichet = Guichet::ouvre(db.clone(), Arc::new(configuration), appelant);
    let guichet = guichet.a_la_date(o.a_la_date, periode.as_deref()).await?;
    let extraction = extrait(&guichet, jeu, periode.as_deref()).await?;
    let jour = o.a_la_date.unwrap_or(maintenant).with_timezone(&chrono_tz::Europe::Paris).date_naive();
    let a_propos = APropos {
        lignes: [
            ("Titre", jeu.libelle.clone()),
            ("Jeu de données", format!("{}, version {}", jeu.code, jeu.version)),
            ("Période", o.campagne.unwrap_or_else(|| "toutes".to_owned())),
            ("Destinataire", destinataire.to_owned()),
            ("Origine", jeu.source.clone()),
            ("Source", source),
            ("Extrait le", format::date(jour)),
        ]
        .map(|(nom, mots)| (nom.to_owned(), mots))
        .into(),
        date: Some(jour),
    };
    let octets = ecrit(o.format, o.tableau.as_deref(), jeu, &extraction, &a_propos)?;
    note_la_sortie(&db, &jeu.code, destinataire, maintenant).await?;
    db.ferme().await;
    ecrit_fichier(&o.sortie, &octets)?;
    Ok(ExitCode::SUCCESS)
}

fn lit_periode(jeu: &Jeu, texte: &str) -> Result<String> {
    let lue = jeu.periodicite.lit(texte);
    Ok(lue
        .with_context(|| format!("« {texte} » n’est pas une période de ce jeu : {}", jeu.periodicite.exemple()))?
        .to_string())
}

fn ecrit(
    format: FormatExport,
    tableau: Option<&str>,
    jeu: &Jeu,
    extraction: &Extraction,
    a_propos: &APropos,
) -> Result<Vec<u8>> {
    let choisis: Vec<&(String, Table)> =
        extraction.tables.iter().filter(|(code, _)| tableau.is_none_or(|t| t == code)).collect();
    let tables = || choisis.iter().map(|(code, table)| (code.clone(), table));
    Ok(match format {
        FormatExport::SdmxCsv if jeu.mesures.is_empty() => {
            bail!("Le jeu {} n’a pas de cellules : SDMX-CSV n’en dit que cela.", jeu.code)
        }
        FormatExport::SdmxCsv => sdmx::csv(jeu, &extraction.observations)?,
        FormatExport::Xlsx => classeur_xlsx(tables(), a_propos)?,
        FormatExport::Ods => classeur_ods(tables(), a_propos)?,
        FormatExport::CsvTableur => seul(&choisis, extraction)?.csv_tableur(a_propos)?,
        FormatExport::CsvOuvert => seul(&choisis, extraction)?.csv_ouvert()?,
        FormatExport::Json => seul(&choisis, extraction)?.json(a_propos)?,
    })
}

fn seul<'e>(choisis: &[&'e (String, Table)], extraction: &Extraction) -> Result<&'e Table> {
    match choisis {
        [(_, table)] => Ok(table),
        _ => {
            let codes: Vec<&str> = extraction.tables.iter().map(|(code, _)| code.as_str()).collect();
            bail!("Ce format ne tient qu’un tableau. Nommez-le avec --tableau : {}.", codes.join(", "))
        }
    }
}
