//! `maillage-hub dossier`: the committee file of a campaign for a public: an accessible PDF, a document to edit, the tables
//! as workbooks.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use clap::Args;

use super::public::{Public, note_la_sortie};
use super::{ecrit_fichier, ouvre_base};
use crate::acces::Guichet;
use crate::restitution::comite::{self, Commentaire, Demande, Rubrique};

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
    /// Document à modifier à écrire aussi (DOCX).
    #[arg(long, value_name = "FICHIER")]
    docx: Option<PathBuf>,
    /// Classeur à écrire aussi, une feuille par tableau.
    #[arg(long, value_name = "FICHIER")]
    xlsx: Option<PathBuf>,
    /// Classeur OpenDocument à écrire aussi.
    #[arg(long, value_name = "FICHIER")]
    ods: Option<PathBuf>,
    /// Refaire le dossier tel qu’il était à ce moment (2026-04-20T09:00:00Z).
    #[arg(long = "a-la-date", value_name = "MOMENT")]
    a_la_date: Option<DateTime<Utc>>,
    /// Rubriques voulues, dans l’ordre où elles paraîtront ; toutes par défaut.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "RUBRIQUES")]
    sections: Option<Vec<Rubrique>>,
    /// Fichier texte du mot de qui présente le dossier, un paragraphe à chaque ligne vide.
    #[arg(long, value_name = "FICHIER")]
    commentaire: Option<PathBuf>,
}

/// Writes the files; says their digests.
pub async fn execute(fichier: &Path, o: OptionsDossier, maintenant: DateTime<Utc>) -> Result<ExitCode> {
    let mut demande = Demande::nouvelle(o.campagne, o.public.region(&o.territoire)?);
    demande.a_la_date = o.a_la_date;
    if let Some(sections) = o.sections {
        demande.rubriques = Rubrique::choisies(sections)?;
    }
    demande.commentaire = o.commentaire.as_deref().map(lit_commentaire).transpose()?.flatten();
    let (configuration, db) = ouvre_base(fichier).await?;
    let programme = configuration.hub.imprimerie();
    let appelant = o.public.appelant(o.territoire);
    let destinataire = appelant.role.map_or("", |r| r.libelle());
    let guichet = Guichet::ouvre(db.clone(), Arc::new(configuration), appelant);
    let Some(document) = comite::compose(&guichet, &demande).await? else {
        bail!("La campagne « {} » n’existe pas sur ce hub.", demande.campagne);
    };
    note_la_sortie(&db, &format!("dossier/{}", demande.campagne), destinataire, maintenant).await?;
    db.ferme().await;
    if let Some(modifiable) = &o.docx {
        ecrit_fichier(modifiable, &document.docx()?)?;
    }
    if let Some(classeur) = &o.xlsx {
        ecrit_fichier(classeur, &document.xlsx()?)?;
    }
    if let Some(classeur) = &o.ods {
        ecrit_fichier(classeur, &document.ods()?)?;
    }
    ecrit_fichier(&o.sortie, &comite::imprime(&programme, &document)?)?;
    Ok(ExitCode::SUCCESS)
}

fn lit_commentaire(fichier: &Path) -> Result<Option<Commentaire>> {
    let texte = std::fs::read_to_string(fichier)
        .with_context(|| format!("Le commentaire « {} » ne se lit pas comme un texte UTF-8.", fichier.display()))?;
    Ok(Commentaire::lit(&texte)?)
}
