//! `maillage-hub jeton`: tokens of machines. The text of a token is printed once, at its creation.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use chrono_tz::Europe::Paris;
use clap::Subcommand;
use hub_storage::jeton::{self as jetons, Jeton};
use hub_storage::journal::Fait;
use referentiel::format;
use serde_json::json;

use super::{AIDE, ecris, generateur, ouvre_base};
use crate::acces::Role;
use crate::acces::jeton::{self, Demande};

#[derive(Debug, Subcommand)]
#[command(help_template = AIDE)]
pub enum ActionJeton {
    /// Créer un jeton ; il n’est affiché qu’une fois.
    Creer {
        /// Rôle de qui s’en servira.
        #[arg(long, value_name = "ROLE", hide_possible_values = true, help = aide_role())]
        role: Role,
        /// Territoire : région, département, centre ou dispositif, selon le rôle ; répétable.
        #[arg(long = "territoire", value_name = "CODE", value_delimiter = ',')]
        territoires: Vec<String>,
        /// Jeu de données ; répétable, tous ceux du rôle sinon.
        #[arg(long = "jeu", value_name = "JEU", value_delimiter = ',')]
        jeux: Vec<String>,
        /// Échéance : 90j, 12h ou un jour (2027-03-31) ; sans elle, le jeton vaut jusqu’à sa révocation.
        #[arg(long, value_name = "DUREE")]
        expire: Option<String>,
        /// Permettre aussi d’agir (valider, demander une correction…).
        #[arg(long)]
        ecriture: bool,
        /// À quoi il sert.
        #[arg(long, value_name = "TEXTE", default_value = "sans nom")]
        nom: String,
    },
    /// Lister les jetons, leur portée et leur dernier usage.
    Lister,
    /// Révoquer un jeton.
    Revoquer {
        /// Son identifiant, tel que « lister » le montre.
        identifiant: String,
    },
}

fn aide_role() -> String {
    format!("Rôle : {}", Role::TOUS.map(Role::code).join(", "))
}

/// Runs the command.
pub async fn execute(fichier: &Path, action: ActionJeton, maintenant: DateTime<Utc>) -> Result<ExitCode> {
    let (configuration, db) = ouvre_base(fichier).await?;
    match action {
        ActionJeton::Creer { role, territoires, jeux, expire, ecriture, nom } => {
            let expire_le = expire.map(|e| jeton::echeance(&e, maintenant)).transpose().map_err(anyhow::Error::msg)?;
            let demande = Demande { nom, role, territoires, jeux, ecriture, expire_le };
            let (texte, jeton) = jeton::cree(&db, &configuration, demande, maintenant, &mut generateur()?).await?;
            ecris(&format!("{texte}\n"))?;
            // Beside the token, not in it: standard output can be piped into a file.
            eprint_ligne(&format!(
                "Jeton {} ({}) : notez-le, il ne sera plus affiché.",
                jeton.identifiant,
                role.libelle()
            ));
        }
        ActionJeton::Lister => {
            let tous = jetons::liste(&db).await?;
            let lignes: Vec<String> = tous.iter().map(|j| ligne(j, maintenant)).collect();
            ecris(&if lignes.is_empty() { "Aucun jeton.\n".to_owned() } else { lignes.concat() })?;
        }
        ActionJeton::Revoquer { identifiant } => {
            let fait = Fait {
                moment: maintenant,
                acteur: "exploitant".to_owned(),
                action: "jeton.revoquer",
                objet: identifiant.clone(),
                detail: json!({}),
            };
            if !jetons::revoque(&db, &identifiant, &fait).await? {
                bail!(
                    "Le jeton « {identifiant} » n’existe pas ou est déjà révoqué ; « maillage-hub jeton lister » les montre."
                );
            }
            ecris(&format!("Le jeton {identifiant} est révoqué.\n"))?;
        }
    }
    db.ferme().await;
    Ok(ExitCode::SUCCESS)
}

fn ligne(j: &Jeton, maintenant: DateTime<Utc>) -> String {
    let jour = |t: DateTime<Utc>| format::date(t.with_timezone(&Paris).date_naive());
    let etat = match (j.revoque_le, j.expire_le) {
        (Some(le), _) => format!("révoqué le {}", jour(le)),
        (None, Some(fin)) if fin <= maintenant => format!("expiré le {}", jour(fin)),
        (None, Some(fin)) => format!("jusqu’au {}", jour(fin)),
        (None, None) => "sans échéance".to_owned(),
    };
    let usage = j.dernier_usage.map_or_else(|| "jamais utilisé".to_owned(), |u| format!("utilisé le {}", jour(u)));
    let portee = |codes: &[String], tout: &str| if codes.is_empty() { tout.to_owned() } else { codes.join(" ") };
    format!(
        "{}  {}  territoires : {}  jeux : {}  {}  créé le {}, {etat}, {usage}  {}\n",
        j.identifiant,
        j.role,
        portee(&j.territoires, "tous"),
        portee(&j.jeux, "tous"),
        if j.ecriture { "lecture et écriture" } else { "lecture" },
        jour(j.cree_le),
        j.nom
    )
}

fn eprint_ligne(texte: &str) {
    use std::io::Write as _;
    // The token is out already; a closed standard error changes nothing.
    let _ = writeln!(std::io::stderr(), "{texte}");
}
