//! `maillage-hub requete`: runs a GraphQL query file on the database, with the rights of a token, without
//! a running service.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use clap::Args;

use super::{ecris, ouvre_base};
use crate::acces::{Appelant, Guichet, jeton};
use crate::restitution::graphql;

#[derive(Debug, Args)]
pub struct OptionsRequete {
    /// Fichier de la requête ; « - » pour l’entrée standard.
    requete: PathBuf,
    /// Jeton dont la requête a les droits ; sans lui, ceux de tout le monde.
    #[arg(long, value_name = "JETON", env = "MAILLAGE_JETON", hide_env_values = true)]
    jeton: Option<String>,
    /// Variables, en JSON.
    #[arg(long, value_name = "JSON")]
    variables: Option<String>,
}

/// Runs the command; 1 when the answer has errors.
pub async fn execute(fichier: &Path, options: OptionsRequete, maintenant: DateTime<Utc>) -> Result<ExitCode> {
    let (configuration, db) = ouvre_base(fichier).await?;
    let appelant = match &options.jeton {
        None => Appelant::anonyme(configuration.hub.audience_par_defaut),
        Some(texte) => match jeton::appelant(&db, texte, maintenant).await? {
            Some(appelant) => appelant,
            None => bail!("Ce jeton n’est pas connu, a expiré ou a été révoqué."),
        },
    };
    let question = lit(&options.requete)?;
    let variables: serde_json::Value = match &options.variables {
        None => serde_json::Value::Null,
        Some(texte) => serde_json::from_str(texte).context("--variables n’est pas du JSON")?,
    };
    let configuration = Arc::new(configuration);
    let schema = graphql::schema(&configuration);
    let guichet = Guichet::ouvre(db.clone(), configuration, appelant);
    let reponse = graphql::execute(&schema, &question, variables, guichet, maintenant).await;
    db.ferme().await;
    let saine = reponse.errors.is_empty();
    ecris(&format!("{}\n", serde_json::to_string_pretty(&reponse)?))?;
    Ok(if saine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn lit(fichier: &Path) -> Result<String> {
    if fichier == Path::new("-") {
        let mut texte = String::new();
        std::io::stdin().read_to_string(&mut texte).context("lecture de l’entrée standard")?;
        return Ok(texte);
    }
    std::fs::read_to_string(fichier).with_context(|| format!("Le fichier {} ne peut pas être lu", fichier.display()))
}
