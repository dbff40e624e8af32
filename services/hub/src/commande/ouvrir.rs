//! `maillage-hub ouvrir`: a recipient opens the CFEA packages of a campaign with its own key, as one workbook of the region.
//! Each opening is a line of the audit journal, written before the workbook is.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use clap::Args;
use hub_storage::journal::{self, Fait};
use referentiel::format::compte;
use sha2::{Digest as _, Sha256};

use super::{ecris, ouvre_base};
use crate::paquet::{Recueil, cle};

/// Largest file read: beyond, it is no package.
const TAILLE: u64 = 65 << 20;

#[derive(Debug, Args)]
pub struct OptionsOuvrir {
    /// Paquets à ouvrir, d’une même campagne.
    #[arg(required = true, value_name = "PAQUET")]
    paquets: Vec<PathBuf>,
    /// Fichier de la clé privée du destinataire (voir « cle destinataire »).
    #[arg(long, value_name = "FICHIER")]
    cle: PathBuf,
    /// Classeur à écrire, au format du CFEA ; jamais à la place d’un autre fichier.
    #[arg(short = 'o', long = "sortie", value_name = "FICHIER")]
    sortie: PathBuf,
}

/// Opens all of them, or none.
pub async fn execute(fichier: &Path, o: OptionsOuvrir, maintenant: DateTime<Utc>) -> Result<ExitCode> {
    let texte =
        std::fs::read_to_string(&o.cle).with_context(|| format!("La clé {} ne peut pas être lue", o.cle.display()))?;
    let cle = cle(&texte)?;
    let mut recueil = Recueil::default();
    let mut condenses = Vec::new();
    for chemin in &o.paquets {
        let octets = lit(chemin)?;
        recueil.ajoute(&chemin.display().to_string(), &octets, &cle)?;
        condenses.push(Sha256::digest(&octets).iter().map(|o| format!("{o:02x}")).collect::<String>());
    }
    let jour = maintenant.with_timezone(&chrono_tz::Europe::Paris).date_naive();
    let classeur = recueil.classeur(jour)?;
    let (_, db) = ouvre_base(fichier).await?;
    let fait = Fait {
        moment: maintenant,
        acteur: "exploitant".to_owned(),
        action: "paquet.ouvrir",
        objet: cle.to_public().to_string(),
        detail: serde_json::json!({ "paquets": condenses }),
    };
    journal::ajoute(&db, &fait).await?;
    db.ferme().await;
    let ouvert = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&o.sortie);
    let mut ouvert = ouvert.with_context(|| {
        format!("Le classeur {} ne peut pas être créé (il existe peut-être déjà)", o.sortie.display())
    })?;
    ouvert.write_all(&classeur).context("écriture du classeur")?;
    let [dispositifs, personnes, evenements] = recueil.comptes();
    ecris(&format!(
        "{} : {}, {}, {}. Ce fichier contient des données personnelles.\n",
        o.sortie.display(),
        compte(dispositifs as u64, "dispositif", "dispositifs"),
        compte(personnes as u64, "personne", "personnes"),
        compte(evenements as u64, "évènement", "évènements"),
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn lit(chemin: &Path) -> Result<Vec<u8>> {
    use std::io::Read as _;
    let mut octets = Vec::new();
    let ouvert =
        std::fs::File::open(chemin).with_context(|| format!("Le paquet {} ne peut pas être lu", chemin.display()))?;
    ouvert.take(TAILLE).read_to_end(&mut octets).with_context(|| format!("lecture de {}", chemin.display()))?;
    Ok(octets)
}
