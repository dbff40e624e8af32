//! The command line of `maillage-hub`. Answers go to standard output, logs to standard error.

mod campagne;
mod compte;
mod dossier;
mod exporter;
mod fil;
mod jeton;
mod journal;
mod noeud;
mod ouvrir;
mod public;
mod requete;
mod sauvegarder;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use clap::{ArgAction, Parser, Subcommand};
use hub_storage::{Db, arbre, rebuild};
use publication::CleSignature;
use publication::succession::UsageCle;
use rand::{CryptoRng, SeedableRng as _};
use referentiel::format::compte as en_nombre;
use referentiel::horloge::{Horloge as _, HorlogeSysteme};
use sha2::{Digest as _, Sha256};

use crate::configuration::Configuration;
use crate::ecoute::sert;
use crate::restitution::graphql;
use crate::service::Service;
use crate::verification::{self, Hub};
use crate::{cle, cle::succession, epoque, paquet};

/// The library's own template is in English.
const AIDE: &str = "{about}\n\nUsage : {usage}\n\n{all-args}";

/// Hub de fédération : reçoit, vérifie et restitue les indicateurs des centres de gestion.
#[derive(Debug, Parser)]
#[command(
    name = "maillage-hub",
    version,
    disable_help_subcommand = true,
    disable_help_flag = true,
    disable_version_flag = true,
    subcommand_help_heading = "Commandes",
    subcommand_value_name = "COMMANDE",
    help_template = AIDE
)]
pub struct Commande {
    /// Afficher cette aide.
    #[arg(short = 'h', long = "help", visible_alias = "aide", global = true, action = ArgAction::Help)]
    aide: Option<bool>,
    /// Afficher la version.
    #[arg(short = 'V', long, action = ArgAction::Version)]
    version: Option<bool>,
    /// Fichier de configuration.
    #[arg(
        long,
        global = true,
        value_name = "FICHIER",
        default_value = "hub.toml",
        env = "MAILLAGE_HUB_CONFIGURATION",
        hide_env_values = true
    )]
    configuration: PathBuf,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
#[command(help_template = AIDE)]
enum Action {
    /// Servir l’API, les pages et la réception des publications.
    Servir,
    /// Écrire le schéma GraphQL (SDL).
    Schema,
    /// Tout revérifier : chaînes, signatures, corps, accusés, tables de lecture.
    Verifier,
    /// Refaire les tables de lecture à partir du registre.
    Rebuild,
    /// Gérer les jetons des machines.
    Jeton {
        #[command(subcommand)]
        action: jeton::ActionJeton,
    },
    /// Gérer les comptes locaux des personnes.
    Compte {
        #[command(subcommand)]
        action: compte::ActionCompte,
    },
    /// Exécuter une requête GraphQL avec les droits d’un jeton.
    Requete(requete::OptionsRequete),
    /// Écrire le dossier de comité de pilotage d’une campagne : PDF accessible, classeur.
    Dossier(dossier::OptionsDossier),
    /// Ouvrir les paquets CFEA d’une campagne avec la clé de leur destinataire : un classeur pour la région.
    Ouvrir(ouvrir::OptionsOuvrir),
    /// Écrire un jeu de données dans un fichier, pour un public.
    Exporter(exporter::OptionsExporter),
    /// Examiner le calendrier des campagnes.
    Campagne {
        #[command(subcommand)]
        action: campagne::ActionCampagne,
    },
    /// Lire et vérifier le journal d’audit.
    Journal {
        #[command(subcommand)]
        action: journal::ActionJournal,
    },
    /// Copier la base SQLite dans un fichier, pendant que le hub tourne ; pour PostgreSQL, pg_dump.
    Sauvegarder {
        /// Fichier à créer ; un fichier existant n’est jamais remplacé.
        #[arg(short = 'o', long = "sortie", value_name = "FICHIER")]
        sortie: PathBuf,
    },
    /// Après la remise d’une sauvegarde : ouvrir une nouvelle époque du registre, avec une déclaration signée.
    Restaurer {
        /// Époque à ouvrir, quand les nœuds en connaissent une plus récente que ce hub ; par défaut la suivante.
        #[arg(long, value_name = "N")]
        epoque: Option<u64>,
    },
    /// Inviter, approuver, suspendre ou révoquer un nœud.
    Noeud {
        #[command(subcommand)]
        action: noeud::ActionNoeud,
    },
    /// Compléter et lire ce que le hub partage avec les nœuds : repères, bonnes pratiques.
    Fil {
        #[command(subcommand)]
        action: fil::ActionFil,
    },
    /// Gérer les clés du hub.
    Cle {
        #[command(subcommand)]
        action: ActionCle,
    },
    /// Examiner le fichier de configuration.
    Configuration {
        #[command(subcommand)]
        action: ActionConfiguration,
    },
}

#[derive(Debug, Subcommand)]
#[command(help_template = AIDE)]
enum ActionCle {
    /// Créer une clé privée (fichier 0600) et écrire la clé publique.
    Creer {
        /// Fichier à créer ; une clé existante n’est jamais remplacée.
        #[arg(short = 'o', long = "sortie", value_name = "FICHIER")]
        sortie: PathBuf,
    },
    /// Créer la clé d’un destinataire de paquets CFEA (age), hors du hub qui sert, et écrire sa clé publique.
    Destinataire {
        /// Fichier à créer ; une clé existante n’est jamais remplacée.
        #[arg(short = 'o', long = "sortie", value_name = "FICHIER")]
        sortie: PathBuf,
    },
    /// Écrire la clé publique d’une clé privée.
    Publique {
        /// Fichier de la clé privée.
        fichier: PathBuf,
    },
    /// Créer la clé suivante et l’annoncer aux nœuds ; elle servira dans trente jours au plus tôt.
    Annoncer {
        /// La clé des points de contrôle du registre, au lieu de celle des accusés.
        #[arg(long)]
        registre: bool,
    },
    /// Mettre en service la clé annoncée, une fois son délai passé ; redémarrez ensuite le hub.
    Succeder {
        /// La clé des points de contrôle du registre, au lieu de celle des accusés.
        #[arg(long)]
        registre: bool,
    },
}

#[derive(Debug, Subcommand)]
#[command(help_template = AIDE)]
enum ActionConfiguration {
    /// Dire si le fichier est valide, et si les fichiers qu’il nomme se lisent.
    Verifier,
}

/// Runs the command; 0 when all is well, 1 when what was examined is not.
pub fn execute(commande: Commande) -> Result<ExitCode> {
    let fichier = &commande.configuration;
    match commande.action {
        Action::Servir => servir(fichier).map(|()| ExitCode::SUCCESS),
        Action::Schema => ecris(&graphql::sdl()).map(|()| ExitCode::SUCCESS),
        Action::Verifier => asynchrone(verifier(fichier)),
        Action::Rebuild => asynchrone(refaire(fichier)),
        Action::Jeton { action } => asynchrone(jeton::execute(fichier, action, maintenant())),
        Action::Compte { action } => asynchrone(compte::execute(fichier, action, maintenant())),
        Action::Requete(options) => asynchrone(requete::execute(fichier, options, maintenant())),
        Action::Dossier(options) => asynchrone(dossier::execute(fichier, options, maintenant())),
        Action::Ouvrir(options) => asynchrone(ouvrir::execute(fichier, options, maintenant())),
        Action::Exporter(options) => asynchrone(exporter::execute(fichier, options, maintenant())),
        Action::Campagne { action } => campagne::execute(fichier, action),
        Action::Noeud { action } => asynchrone(noeud::execute(fichier, action, maintenant())),
        Action::Journal { action } => asynchrone(journal::execute(fichier, action)),
        Action::Sauvegarder { sortie } => asynchrone(sauvegarder::execute(fichier, sortie)),
        Action::Restaurer { epoque } => asynchrone(restaurer(fichier, epoque)),
        Action::Cle { action: ActionCle::Creer { sortie } } => {
            let publique = cle::cree(&sortie, &mut generateur()?)?;
            ecris(&format!("{publique}\n")).map(|()| ExitCode::SUCCESS)
        }
        Action::Cle { action: ActionCle::Destinataire { sortie } } => {
            let publique = paquet::cree_cle(&sortie)?;
            ecris(&format!("{publique}\n")).map(|()| ExitCode::SUCCESS)
        }
        Action::Cle { action: ActionCle::Publique { fichier } } => {
            let publique = cle::lit(&fichier)?.publique();
            ecris(&format!("{publique}\n")).map(|()| ExitCode::SUCCESS)
        }
        Action::Cle { action: ActionCle::Annoncer { registre } } => {
            let hub = Configuration::lit(fichier)?.hub;
            let annonce = succession::annonce(&hub, usage(registre), maintenant(), &mut generateur()?)?;
            ecris(&format!(
                "Clé suivante annoncée : {} (empreinte {}).\nElle peut servir à partir du {}. Redémarrez le hub pour que \
                 les nœuds le sachent.\n",
                annonce.to,
                annonce.to.empreinte_lisible(),
                referentiel::format::date_longue(annonce.effective_from.date_naive()),
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Cle { action: ActionCle::Succeder { registre } } => {
            let publique = succession::succede(&Configuration::lit(fichier)?.hub, usage(registre), maintenant())?;
            ecris(&format!("La clé {publique} est en service. Redémarrez le hub.\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Fil { action } => asynchrone(fil::execute(fichier, action, maintenant())),
        Action::Configuration { action: ActionConfiguration::Verifier } => {
            let c = Configuration::lit(fichier)?;
            c.verifie_les_fichiers()?;
            let (noeuds, campagnes) = (c.noeuds.len() as u64, c.campagnes.len() as u64);
            ecris(&format!(
                "La configuration est valide : {}, {}.\n",
                en_nombre(noeuds, "nœud", "nœuds"),
                en_nombre(campagnes, "campagne", "campagnes")
            ))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Says in one line what stopped the command; 2, as for a misuse of the command line.
pub fn explique(erreur: &anyhow::Error) -> ExitCode {
    // Nobody is left to tell when standard error itself is closed.
    let _ = writeln!(std::io::stderr(), "maillage-hub : {erreur:#}");
    ExitCode::from(2)
}

fn usage(registre: bool) -> UsageCle {
    if registre { UsageCle::Registre } else { UsageCle::Accuses }
}

fn servir(fichier: &Path) -> Result<()> {
    let configuration = Configuration::lit(fichier)?;
    let _journal = journal(&configuration, configuration.hub.traces.as_deref())?;
    asynchrone(async move {
        let service = Service::ouvre(configuration, Arc::new(HorlogeSysteme), &mut generateur()?).await?;
        epoque::refuse_l_ancienne(service.db(), &service.configuration().hub).await?;
        let schema = if service.configuration().tls.is_some() { "https" } else { "http" };
        let annonce = |adresse: std::net::SocketAddr| {
            let mut sortie = std::io::stdout().lock();
            writeln!(sortie, "Le hub écoute sur {schema}://{adresse}")?;
            sortie.flush()
        };
        sert(service, annonce, arret_demande()).await
    })
}

/// The logs as the configuration wants them; `RUST_LOG` says how much.
fn journal(configuration: &Configuration, collecteur: Option<&str>) -> Result<web::journal::Garde> {
    let filtre = std::env::var("RUST_LOG").unwrap_or_else(|_| "info,sqlx=warn".to_owned());
    let format = configuration.hub.journal;
    web::journal::installe(web::journal::Journal { service: "maillage-hub", format, filtre: &filtre, collecteur })
}

/// Ctrl-C, or the polite stop of a service manager.
async fn arret_demande() {
    let interruption = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let fin = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let fin = std::future::pending::<()>();
    tokio::select! {
        () = interruption => {}
        () = fin => {}
    }
}

async fn ouvre(fichier: &Path) -> Result<(Configuration, Db, CleSignature)> {
    let (configuration, db) = ouvre_base(fichier).await?;
    let cle = cle::lit(&configuration.hub.cle)?;
    Ok((configuration, db, cle))
}

async fn ouvre_base(fichier: &Path) -> Result<(Configuration, Db)> {
    let configuration = Configuration::lit(fichier)?;
    // A command ends soon and follows nobody's trace: nothing waits to be sent.
    drop(journal(&configuration, None)?);
    let db = Db::ouvre(&configuration.hub.base).await.context("ouverture de la base")?;
    Ok((configuration, db))
}

fn maintenant() -> DateTime<Utc> {
    HorlogeSysteme.maintenant()
}

async fn verifier(fichier: &Path) -> Result<ExitCode> {
    let (configuration, db, cle) = ouvre(fichier).await?;
    let cles = succession::cles_des_accuses(&configuration.hub, cle.publique())?;
    let hub = Hub { identifiant: &configuration.hub.identifiant, cles };
    // A base written before the register had a tree gets it at its first opening, whichever command that is.
    arbre::complete(&db).await?;
    let constat = verification::verifie(&db, &hub, &Configuration::jeux_trimestriels()).await?;
    db.ferme().await;
    let mut texte = format!(
        "{}, {} et {} de lecture vérifiés.\n",
        en_nombre(constat.entrees, "publication", "publications"),
        en_nombre(constat.corps, "corps", "corps"),
        en_nombre(constat.lignes, "ligne", "lignes"),
    );
    for defaut in &constat.defauts {
        texte.push_str(&format!("- {defaut}\n"));
    }
    texte.push_str(if constat.sain() { "Tout est conforme.\n" } else { "La base n’est pas conforme.\n" });
    ecris(&texte)?;
    Ok(if constat.sain() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Run once by the operator, between the restore of a backup and the start of the hub.
async fn restaurer(fichier: &Path, demandee: Option<u64>) -> Result<ExitCode> {
    let (configuration, db, cle) = ouvre(fichier).await?;
    arbre::complete(&db).await?;
    let etat = epoque::ouvre(&db, &configuration.hub, &cle, demandee, maintenant()).await?;
    db.ferme().await;
    ecris(&format!(
        "Époque {} du registre ouverte : {} gardées. Les nœuds renverront d’eux-mêmes ce qui manque.\n",
        etat.epoque,
        en_nombre(etat.taille, "entrée", "entrées"),
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn refaire(fichier: &Path) -> Result<ExitCode> {
    let (_, db, _) = ouvre(fichier).await?;
    let rejouees = rebuild::rebuild(&db, &Configuration::jeux_trimestriels()).await?;
    db.ferme().await;
    let quoi = en_nombre(rejouees, "publication rejouée", "publications rejouées");
    ecris(&format!("Les tables de lecture sont refaites : {quoi}.\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn asynchrone<T>(travail: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(travail)
}

fn ecris(texte: &str) -> Result<()> {
    std::io::stdout().lock().write_all(texte.as_bytes()).context("écriture sur la sortie standard")
}

/// The one place where randomness comes from the operating system.
fn generateur() -> Result<impl CryptoRng> {
    rand::rngs::StdRng::try_from_rng(&mut rand::rngs::SysRng).context("le système ne donne pas d’aléa")
}

/// Written whole beside, then put in place: a file is never half there. Says its digest.
fn ecrit_fichier(fichier: &Path, octets: &[u8]) -> Result<()> {
    let provisoire = fichier.with_extension("partiel");
    let suite = std::fs::write(&provisoire, octets).and_then(|()| std::fs::rename(&provisoire, fichier));
    suite.with_context(|| format!("Le fichier {} ne peut pas être écrit", fichier.display()))?;
    let condense: String = Sha256::digest(octets).iter().map(|o| format!("{o:02x}")).collect();
    ecris(&format!("{}  {condense}\n", fichier.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_named_before_or_after_the_command_or_beside() {
        let lue = |mots: &[&str]| Commande::try_parse_from(mots).unwrap().configuration;
        assert_eq!(lue(&["maillage-hub", "--configuration", "a.toml", "servir"]), Path::new("a.toml"));
        assert_eq!(lue(&["maillage-hub", "servir", "--configuration", "a.toml"]), Path::new("a.toml"));
        assert_eq!(lue(&["maillage-hub", "jeton", "lister", "--configuration", "a.toml"]), Path::new("a.toml"));
        assert_eq!(lue(&["maillage-hub", "journal", "verifier"]), Path::new("hub.toml"));
    }

    #[test]
    fn a_role_is_named_by_its_code() {
        for role in crate::acces::Role::TOUS {
            let mots =
                ["maillage-hub", "jeton", "creer", "--role", role.code(), "--territoire", "27", "--expire", "90j"];
            assert!(Commande::try_parse_from(mots).is_ok(), "{}", role.code());
        }
    }
}
