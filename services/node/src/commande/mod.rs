//! The commands of `maillage-node`, one file each. Their JSON output and exit codes are a contract:
//! scripts and people rely on them.

mod acces;
mod accuse;
mod apercu;
mod cle;
mod convention;
mod enroler;
mod envois;
mod importer;
mod indicateurs;
mod jeux;
mod lien;
mod modele;
mod offre;
mod paquet;
mod partage;
mod publier;
mod reference;
mod retirer;
mod sauvegarder;
mod secret;
mod servir;
mod situations;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use referentiel::jeu::Periodicite;
use referentiel::periode::Trimestre;

pub use acces::Acces;
pub(crate) use importer::en_phrase;

/// Nœud Maillage : garde les fiches nominatives d’un centre de gestion, calcule les indicateurs,
/// applique le secret statistique, signe et publie vers le hub.
#[derive(Debug, Parser)]
#[command(name = "maillage-node", version, disable_help_subcommand = true, next_help_heading = "Options")]
struct Ligne {
    /// Fichier de configuration (par défaut node.toml s’il existe).
    #[arg(long, global = true, env = "MAILLAGE_NODE_CONFIGURATION", value_name = "FICHIER")]
    configuration: Option<PathBuf>,
    /// Niveau des messages de service : error, warn, info, debug.
    #[arg(long, global = true, env = "MAILLAGE_JOURNAL", default_value = "warn", value_name = "NIVEAU")]
    journal: String,
    #[command(subcommand)]
    commande: Commande,
}

#[derive(Debug, Subcommand)]
enum Commande {
    /// Vérifie un classeur puis l’enregistre ; rien n’est enregistré si une anomalie bloque.
    Importer(importer::Options),
    /// Annule un import : les fiches redeviennent ce qu’elles étaient.
    AnnulerImport {
        /// Numéro de l’import (voir « imports »).
        numero: i64,
    },
    /// Liste les imports.
    Imports {
        /// Sortie JSON.
        #[arg(long)]
        json: bool,
    },
    /// Produit le classeur prérempli d’une campagne.
    Modele(modele::Options),
    /// Scelle le paquet CFEA d’une campagne pour ses destinataires, dans le mode que ce centre a choisi.
    Paquet(paquet::Options),
    /// Calcule les indicateurs d’une campagne, avant tout secret : ne quitte pas le nœud.
    Indicateurs(indicateurs::Options),
    /// Montre exactement ce qui partirait.
    Apercu(apercu::Options),
    /// Scelle et envoie la publication d’une campagne ; vaut approbation de la première.
    Publier(publier::Options),
    /// Présente la clé de ce nœud à un hub, avec le jeton d’invitation reçu de son administrateur.
    Enroler(enroler::Options),
    /// Envoie ce qui est en file, compare les têtes avec le hub et suit son registre.
    Envoyer,
    /// Données de référence reçues du hub : versions, fraîcheur, calendrier, seuils.
    Reference(reference::Options),
    /// Repères du réseau : médiane et quartiles des centres, à côté de ce que ce centre publie.
    Reperes(partage::OptionsReperes),
    /// Bonnes pratiques que les centres partagent.
    Pratiques(partage::OptionsPratiques),
    /// Retire une série publiée : le hub ne la montre plus, son histoire reste.
    Retirer(retirer::Options),
    /// Prouve hors ligne qu’un envoi a été accepté, par qui et quand.
    VerifierAccuse(accuse::Options),
    /// Liste les envois et leurs accusés de réception.
    Envois {
        /// Sortie JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fait vivre le nœud : horaires, file d’envoi, pages, point de santé.
    Servir,
    /// Secret statistique : protéger une table, l’attaquer, expliquer un masque.
    #[command(subcommand)]
    Secret(secret::Options),
    /// Affiche un lien à usage unique, valable dix minutes, vers les pages du nœud.
    Lien,
    /// Convention FIPHFP : évaluer des situations, contrôler un dossier, suivre le plan d’actions.
    #[command(subcommand)]
    Convention(convention::Options),
    /// Situations suivies (accompagnements, prestations) : importer, lister, exporter, pièces, conservation.
    #[command(subcommand)]
    Situations(situations::Options),
    /// Clé de signature du nœud.
    #[command(subcommand)]
    Cle(cle::Options),
    /// Copie la base dans un fichier, pendant que le nœud tourne.
    Sauvegarder(sauvegarder::Options),
    /// Configuration du nœud.
    #[command(subcommand)]
    Configuration(ConfigurationOptions),
    /// Lit un classeur dans un processus borné (usage interne).
    #[command(hide = true)]
    LireClasseur,
    /// Jeux de données déclarés : lister, suivre les saisies, annuler.
    #[command(subcommand)]
    Jeux(jeux::Options),
    /// Offre de services : tarif d’une prestation selon la situation, outils partagés.
    #[command(subcommand)]
    Offre(offre::Options),
    /// Lit un tableau de suivi dans un processus borné (usage interne).
    #[command(hide = true)]
    LireTableau,
    /// Lit le classeur d’un jeu dans un processus borné (usage interne).
    #[command(hide = true)]
    LireJeu,
}

#[derive(Debug, Subcommand)]
enum ConfigurationOptions {
    /// Vérifie le fichier et nomme ce qui ne va pas.
    Verifier,
}

/// A campaign given on the command line.
#[derive(Debug, clap::Args)]
struct CampagneOption {
    /// Période : 2026-T1, 2026-S1 ou 2024 selon le jeu.
    #[arg(long, value_name = "PERIODE", value_parser = periode)]
    campagne: Trimestre,
}

/// A period as people write it: a quarter, a half-year or a year, known by its last quarter.
fn periode(texte: &str) -> std::result::Result<Trimestre, String> {
    let lue = [Periodicite::Trimestre, Periodicite::Semestre, Periodicite::Annee].iter().find_map(|p| p.lit(texte));
    lue.ok_or_else(|| format!("« {texte} » n’est pas une période : écrivez par exemple 2026-T1, 2026-S1 ou 2024"))
}

/// Runs the command line and gives the exit code: 0 done, 1 refused, 2 unreadable or misused.
pub fn execute() -> ExitCode {
    let ligne = Ligne::parse();
    match aiguille(ligne) {
        Ok(code) => code,
        Err(e) => {
            // The chain of causes, from the general to the particular, in sentences.
            let causes: Vec<String> = e.chain().map(ToString::to_string).collect();
            let _ = writeln!(std::io::stderr(), "{}", causes.join("\n  "));
            ExitCode::from(1)
        }
    }
}

fn aiguille(ligne: Ligne) -> Result<ExitCode> {
    let acces = || Acces::ouvre(ligne.configuration.as_deref(), &ligne.journal);
    match ligne.commande {
        Commande::LireClasseur => crate::saisie::processus::dans_le_processus_borne(),
        Commande::Importer(o) => importer::execute(&acces()?, &o),
        Commande::AnnulerImport { numero } => importer::annule(&acces()?, numero),
        Commande::Imports { json } => importer::liste(&acces()?, json),
        Commande::Modele(o) => modele::execute(&acces()?, &o),
        Commande::Paquet(o) => paquet::execute(&acces()?, &o),
        Commande::Indicateurs(o) => indicateurs::execute(&acces()?, &o),
        Commande::Apercu(o) => apercu::execute(&acces()?, &o),
        Commande::Publier(o) => publier::execute(&acces()?, &o),
        Commande::Enroler(o) => enroler::execute(&acces()?, &o),
        Commande::Envoyer => publier::envoie(&acces()?),
        Commande::Reference(o) => reference::execute(&acces()?, o),
        Commande::Reperes(o) => partage::reperes(&acces()?, &o),
        Commande::Pratiques(o) => partage::pratiques(&acces()?, &o),
        Commande::Sauvegarder(o) => sauvegarder::execute(&acces()?, &o),
        Commande::Retirer(o) => retirer::execute(&acces()?, &o),
        Commande::VerifierAccuse(o) => accuse::execute(&acces()?, &o),
        Commande::Envois { json } => envois::execute(&acces()?, json),
        Commande::Servir => servir::execute(&acces()?),
        Commande::Secret(o) => secret::execute(&o, acces),
        Commande::Lien => lien::execute(&acces()?),
        Commande::Cle(cle::Options::Tourner) => cle::tourne(&acces()?),
        Commande::Convention(o) => convention::execute(acces, &o),
        Commande::Situations(o) => situations::execute(&acces()?, &o),
        Commande::Jeux(o) => jeux::execute(&acces()?, &o),
        Commande::Offre(o) => offre::execute(acces, &o),
        Commande::LireJeu => crate::jeux::processus::dans_le_processus_borne(),
        Commande::LireTableau => crate::situations::processus::dans_le_processus_borne(),
        Commande::Cle(o) => cle::execute(&o),
        Commande::Configuration(ConfigurationOptions::Verifier) => {
            let acces = acces()?;
            dit(&format!("La configuration du nœud {} est correcte.", acces.configuration.noeud.identifiant))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Prints a line for the user. A closed pipe (`| head`) ends quietly.
fn dit(texte: &str) -> Result<()> {
    match writeln!(std::io::stdout(), "{texte}") {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        autre => Ok(autre?),
    }
}
