//! `maillage-hub compte`: local accounts. The password is read from standard input, never from an
//! argument, which every process of the machine can see.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use clap::Subcommand;
use hub_storage::compte::{self as comptes, Compte};
use hub_storage::identite;
use hub_storage::journal::Fait;
use serde_json::json;

use super::{AIDE, ecris, generateur, ouvre_base};
use crate::acces::Role;
use crate::acces::code::SecretDAcces;
use crate::acces::compte::{self, Demande};
use crate::configuration::Configuration;

#[derive(Debug, Subcommand)]
#[command(help_template = AIDE)]
pub enum ActionCompte {
    /// Créer un compte. Le mot de passe est lu sur l’entrée standard, et la clé des codes à usage unique affichée une
    /// fois ; avec --courriel et --siret, la personne se connecte par le fournisseur d’identité, sans mot de passe.
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
        /// Adresse électronique que le fournisseur d’identité présentera.
        #[arg(long, value_name = "ADRESSE", requires = "siret")]
        courriel: Option<String>,
        /// SIRET de l’employeur que le fournisseur d’identité présentera.
        #[arg(long, value_name = "SIRET", requires = "courriel")]
        siret: Option<String>,
    },
    /// Changer la clé des codes à usage unique (téléphone perdu ou remplacé) et fermer les sessions.
    Code {
        /// Le compte.
        identifiant: String,
    },
    /// Oublier qui le fournisseur d’identité a reconnu (changement de fournisseur) et fermer les sessions.
    Detacher {
        /// Le compte.
        identifiant: String,
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
    let fait = |action: &'static str, objet: &str| Fait {
        moment: maintenant,
        acteur: "exploitant".to_owned(),
        action,
        objet: objet.to_owned(),
        detail: json!({}),
    };
    match action {
        ActionCompte::Creer { identifiant, nom, role, territoires, courriel, siret } => {
            let nom = if nom.is_empty() { identifiant.clone() } else { nom };
            let attache = courriel.zip(siret).map(|(c, s)| compte::attache(&c, &s)).transpose()?;
            let mot_de_passe = if attache.is_none() { Some(lit_mot_de_passe()?) } else { None };
            let local = mot_de_passe.is_some();
            let demande = Demande { identifiant: identifiant.clone(), nom, role, territoires, attache, mot_de_passe };
            let cree = compte::cree(&db, &configuration, demande, maintenant, &mut generateur()?).await?;
            ecris(&format!("Le compte « {identifiant} » est créé ({}).\n", role.libelle()))?;
            if local {
                ecris(&cle_des_codes(&configuration, &cree)?)?;
            }
        }
        ActionCompte::Code { identifiant } => {
            let fait = fait("compte.code", &identifiant);
            if comptes::renouvelle_code(&db, &identifiant, &fait).await?.is_none() {
                bail!("Le compte « {identifiant} » n’existe pas ou est fermé.");
            }
            let compte = comptes::find(&db, &identifiant, maintenant).await?.context("le compte vient d’être lu")?;
            ecris(&cle_des_codes(&configuration, &compte)?)?;
        }
        ActionCompte::Detacher { identifiant } => {
            if !identite::detache(&db, &identifiant, &fait("compte.detacher", &identifiant)).await? {
                bail!("Personne n’a encore été reconnu pour le compte « {identifiant} ».");
            }
            ecris(&format!("Le compte « {identifiant} » attend de nouveau sa personne.\n"))?;
        }
        ActionCompte::Fermer { identifiant } => {
            if !comptes::ferme(&db, &identifiant, &fait("compte.fermer", &identifiant)).await? {
                bail!("Le compte « {identifiant} » n’existe pas ou est déjà fermé.");
            }
            ecris(&format!("Le compte « {identifiant} » est fermé.\n"))?;
        }
    }
    db.ferme().await;
    Ok(ExitCode::SUCCESS)
}

/// What the person enters in their application of codes, shown once.
fn cle_des_codes(configuration: &Configuration, compte: &Compte) -> Result<String> {
    let secret = SecretDAcces::lit(&configuration.hub.secret_acces, &mut generateur()?)?;
    let codes = secret.codes(&configuration.hub.nom, compte)?;
    Ok(format!(
        "Clé des codes à usage unique, à entrer dans une application d’authentification (affichée une fois) :\n  {}\n  {}\n",
        codes.secret().to_base32(),
        codes.to_url()?
    ))
}

/// The first line of standard input.
fn lit_mot_de_passe() -> Result<String> {
    let mut texte = String::new();
    std::io::stdin().take(1024).read_to_string(&mut texte).context("lecture du mot de passe sur l’entrée standard")?;
    Ok(texte.lines().next().unwrap_or_default().to_owned())
}
