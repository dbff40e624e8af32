//! `maillage-hub noeud`: the life of a node, from its invitation to its revocation.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use clap::Subcommand;
use hub_storage::Db;
use hub_storage::enrolement::{self, EtatNoeud, Revocation};
use hub_storage::journal::Fait;
use hub_storage::noeud as noeuds;
use referentiel::identifiant::IdentifiantNoeud;
use serde_json::json;

use super::{AIDE, ecris, generateur, ouvre_base};
use crate::acces::Role;
use crate::acces::code::SecretDAcces;
use crate::acces::compte::{self, Saisie};
use crate::configuration::Configuration;
use crate::enrolement::invite;
use crate::noeud::{self as actes, Geste};

#[derive(Debug, Subcommand)]
#[command(help_template = AIDE)]
pub enum ActionNoeud {
    /// Lister les nœuds et leur état.
    Lister,
    /// Inviter un nœud : affiche un jeton à usage unique, valable 72 heures.
    Inviter {
        /// Le nœud, déclaré dans la configuration.
        noeud: IdentifiantNoeud,
    },
    /// Mettre en vigueur la clé présentée, une fois son empreinte lue au téléphone.
    Approuver {
        /// Le nœud.
        noeud: IdentifiantNoeud,
        /// Empreinte que le nœud a lue : six groupes de cinq chiffres.
        #[arg(long, value_name = "CHIFFRES")]
        empreinte: String,
    },
    /// Suspendre un nœud : il lit son histoire, il ne publie plus.
    Suspendre {
        /// Le nœud.
        noeud: IdentifiantNoeud,
    },
    /// Mettre un nœud en maintenance : ses envois attendent et repartent d’eux-mêmes.
    Maintenance {
        /// Le nœud.
        noeud: IdentifiantNoeud,
    },
    /// Remettre en service un nœud suspendu ou en maintenance.
    Reprendre {
        /// Le nœud.
        noeud: IdentifiantNoeud,
    },
    /// Révoquer la clé d’un nœud : deux gestionnaires, l’un après l’autre ; mot de passe puis code à usage
    /// unique, une ligne chacun, sur l’entrée standard.
    Revoquer {
        /// Le nœud.
        noeud: IdentifiantNoeud,
        /// Compte du gestionnaire qui demande ou confirme.
        #[arg(long, value_name = "COMPTE")]
        par: String,
    },
}

/// Runs the command.
pub async fn execute(fichier: &Path, action: ActionNoeud, maintenant: DateTime<Utc>) -> Result<ExitCode> {
    let (configuration, db) = ouvre_base(fichier).await?;
    noeuds::synchronise(&db, &configuration.noeuds, maintenant).await?;
    let dit = match action {
        ActionNoeud::Lister => liste(&db).await?,
        ActionNoeud::Inviter { noeud } => {
            actes::etat(&db, &noeud).await?;
            let jeton = invite(&db, &noeud, EXPLOITANT, maintenant, &mut generateur()?).await?;
            format!("{jeton}\n")
        }
        ActionNoeud::Approuver { noeud, empreinte } => approuve(&db, &noeud, &empreinte, maintenant).await?,
        ActionNoeud::Suspendre { noeud } => passe(&db, &noeud, EtatNoeud::Suspendu, maintenant).await?,
        ActionNoeud::Maintenance { noeud } => passe(&db, &noeud, EtatNoeud::Maintenance, maintenant).await?,
        ActionNoeud::Reprendre { noeud } => passe(&db, &noeud, EtatNoeud::Actif, maintenant).await?,
        ActionNoeud::Revoquer { noeud, par } => revoque(&db, &configuration, &noeud, &par, maintenant).await?,
    };
    db.ferme().await;
    ecris(&dit)?;
    Ok(ExitCode::SUCCESS)
}

/// Who runs commands on the hub's own machine.
const EXPLOITANT: &str = "exploitant";

fn fait(noeud: &IdentifiantNoeud, acteur: &str, action: &'static str, moment: DateTime<Utc>) -> Fait {
    Fait { moment, acteur: acteur.to_owned(), action, objet: noeud.to_string(), detail: json!({}) }
}

async fn liste(db: &Db) -> Result<String> {
    let mut lignes = String::new();
    for n in enrolement::situations(db).await? {
        let attend =
            n.presentee.map_or_else(String::new, |cle| format!("  clé présentée : {}", cle.empreinte_lisible()));
        lignes += &format!("{}  {}  {}{attend}\n", n.noeud, n.etat.libelle(), n.nom);
    }
    Ok(if lignes.is_empty() { "Aucun nœud.\n".to_owned() } else { lignes })
}

async fn passe(db: &Db, noeud: &IdentifiantNoeud, vers: EtatNoeud, maintenant: DateTime<Utc>) -> Result<String> {
    let avant = actes::etat(db, noeud).await?;
    actes::agit(db, noeud, &Geste::Passer(vers), EXPLOITANT, maintenant).await?;
    Ok(format!("Le nœud {noeud} était {}, il est {}.\n", avant.libelle(), vers.libelle()))
}

async fn approuve(db: &Db, noeud: &IdentifiantNoeud, lue: &str, maintenant: DateTime<Utc>) -> Result<String> {
    actes::agit(db, noeud, &Geste::Approuver(lue.to_owned()), EXPLOITANT, maintenant).await?;
    Ok(format!("La clé de {noeud} est en vigueur.\n"))
}

async fn revoque(
    db: &Db,
    configuration: &Configuration,
    noeud: &IdentifiantNoeud,
    par: &str,
    maintenant: DateTime<Utc>,
) -> Result<String> {
    actes::etat(db, noeud).await?;
    let mut lu = String::new();
    std::io::stdin().take(1024).read_to_string(&mut lu).context("lecture du mot de passe et du code")?;
    let mut lignes = lu.lines().map(str::to_owned);
    let saisie = Saisie {
        identifiant: par.to_owned(),
        mot_de_passe: lignes.next().unwrap_or_default(),
        code: lignes.next().unwrap_or_default(),
    };
    let mut alea = generateur()?;
    let secret = SecretDAcces::lit(&configuration.hub.secret_acces, &mut alea)?;
    let ouvre = (&secret, configuration.hub.nom.as_str());
    let session = compte::connecte(db, ouvre, saisie, maintenant, &mut alea).await?;
    let session = session.context("Ce compte, ce mot de passe ou ce code n’ouvre rien.")?;
    let appelant = compte::appelant(db, &session, maintenant).await?.context("Ce compte vient d’être fermé.")?;
    compte::deconnecte(db, &session, &appelant, maintenant).await?;
    if appelant.role != Some(Role::GestionnaireHub) {
        bail!("Le compte « {par} » n’est pas celui d’un gestionnaire du hub.");
    }
    let acte = |issue: &Revocation| {
        let action = if *issue == Revocation::Faite { "noeud.revoquer" } else { "noeud.demander_revocation" };
        fait(noeud, &appelant.nom, action, maintenant)
    };
    match enrolement::revoque(db, noeud, par, acte).await? {
        Revocation::Demandee => {
            Ok(format!("Révocation de {noeud} demandée : un autre gestionnaire doit la confirmer.\n"))
        }
        Revocation::Faite => Ok(format!("La clé de {noeud} est révoquée après sa dernière entrée.\n")),
        Revocation::MemeAdministrateur => {
            bail!("La révocation demandée par « {par} » doit être confirmée par un autre.")
        }
    }
}
