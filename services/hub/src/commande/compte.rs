//! `maillage-hub compte`: local accounts. The password is read from standard input, never from an
//! argument, which every process of the machine can see.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use clap::Subcommand;
use hub_storage::compte as comptes;
use hub_storage::journal::Fait;
use serde_json::json;

use super::{AIDE, ecris, generateur, ouvre_base};
use crate::acces::Role;
use crate::acces::compte::{self, Demande};

#[derive(Debug, Subcommand)]
#[command(help_template = AIDE)]
pub enum ActionCompte {
    /// Créer un compte local ; le mot de passe est lu sur l’entrée standard.
    Creer {
        /// Ce que la personne tape pour se connecter : une adresse, le plus souvent.
        identifiant: String,
        /// Nom affiché.
        #[arg(long, value_name = "TEXTE", default_value = "")]
        nom: String,
        /// Rôle : cdg, chef_de_file, dth, ars, dreets, ddets, cfea, gestionnaire_hub.
        #[arg(long, value_name = "ROLE", hide_possible_values = true)]
        role: Role,
        /// Territoire : région, département, centre ou dispositif, selon le rôle ; répétable.
        #[arg(long = "territoire", value_name = "CODE", value_delimiter = ',')]
        territoires: Vec<String>,
    },
    /// Fermer un compte et ses sessions.
    Fermer {
        /// Le compte.
        identifiant: String,
    },
}

/// Runs the command.
pub async fn execute(fichier: &Path, action: ActionCompte, maintenant: DateTime<Utc>) -> Result<ExitCode> {
    let (configuration, db) = ouvre_base(fichier).await?;
    match action {
        ActionCompte::Creer { identifiant, nom, role, territoires } => {
            let nom = if nom.is_empty() { identifiant.clone() } else { nom };
            let demande = Demande { identifiant: identifiant.clone(), nom, role, territoires };
            let mot_de_passe = lit_mot_de_passe()?;
            compte::cree(&db, &configuration, demande, &mot_de_passe, maintenant, &mut generateur()?).await?;
            ecris(&format!("Le compte « {identifiant} » est créé ({}).\n", role.libelle()))?;
        }
        ActionCompte::Fermer { identifiant } => {
            let fait = Fait {
                moment: maintenant,
                acteur: "exploitant".to_owned(),
                action: "compte.fermer",
                objet: identifiant.clone(),
                detail: json!({}),
            };
            if !comptes::ferme(&db, &identifiant, &fait).await? {
                bail!("Le compte « {identifiant} » n’existe pas ou est déjà fermé.");
            }
            ecris(&format!("Le compte « {identifiant} » est fermé.\n"))?;
        }
    }
    db.ferme().await;
    Ok(ExitCode::SUCCESS)
}

/// The first line of standard input.
fn lit_mot_de_passe() -> Result<String> {
    let mut texte = String::new();
    std::io::stdin().take(1024).read_to_string(&mut texte).context("lecture du mot de passe sur l’entrée standard")?;
    Ok(texte.lines().next().unwrap_or_default().to_owned())
}
