//! `cargo xtask demo`: a hub and six nodes as separate processes, three quarters of workbooks from the
//! import to GraphQL, then the addresses, who sent what, and one question with its answer.

mod convention;
mod dossier;
mod pannes;
mod processus;

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use self::dossier::Dossier;
use self::processus::{Processus, programme};
use xtask::recit::{self, CENTRES, TRIMESTRES};

use crate::outil::{construit, sortie};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Publier, afficher un résumé JSON en dernière ligne, tout arrêter et finir.
    #[arg(long)]
    une_fois: bool,
    /// Publier le dernier trimestre sous les pannes : coupures, hub tué, sauvegardes anciennes remises.
    #[arg(long)]
    pannes: bool,
    /// Garder le dossier (bases, clés, configurations) à cet endroit.
    #[arg(long, value_name = "DOSSIER")]
    garder: Option<PathBuf>,
}

const QUESTION: &str = r#"{
  observations(campagne: "2026-T1", indicateur: "EA10", niveau: DEPARTEMENT, premier: 5) {
    nodes { territoire { code nom } numerateur denominateur taux statut emetteur { nom } }
  }
}"#;

/// Runs the demonstration.
pub fn execute(options: &Options) -> Result<()> {
    println!("Compilation…");
    let programmes = construit(false)?;
    let dossier = Dossier::prepare(options.garder.as_deref(), &programmes)?;
    println!("Dossier : {}", dossier.chemin().display());
    let (arret, arrete) = mpsc::channel();
    ctrlc::set_handler(move || {
        let _ = arret.send(());
    })?;

    let mut hub = Processus::sert(&programme(&programmes, "maillage-hub"), &dossier.hub())?;
    println!("Hub : {}", dossier.adresse_hub());
    let mut noeuds = Vec::new();
    for centre in CENTRES {
        noeuds.push(Processus::sert(&programme(&programmes, "maillage-node"), &dossier.noeud(centre))?);
        println!("Nœud {} : {}", centre.nom, dossier.adresse_noeud(centre));
    }
    if options.pannes {
        // The nodes' own outboxes would send as soon as the hub is back; here each step is shown.
        noeuds.clear();
    }
    let calmes = if options.pannes { &TRIMESTRES[..2] } else { &TRIMESTRES[..] };
    let bilan = dossier.publie(&programmes, calmes, || arrete.try_recv().is_ok())?;
    let Some(mut bilan) = bilan else {
        println!("Arrêt demandé.");
        return Ok(());
    };
    if options.pannes {
        hub = pannes::traverse(&dossier, &programmes, hub, TRIMESTRES[2])?;
        pannes::verifie(&dossier, &programmes, (CENTRES.len() * 2 * TRIMESTRES.len()) as u64)?;
    }
    let reponse = interroge(&dossier.adresse_hub(), QUESTION)?;
    partage(&dossier, &programmes)?;
    complete(&mut bilan, &dossier)?;
    if let Some(centre) = CENTRES.first() {
        println!("\n{}, sa convention", centre.nom);
        let node = || dossier.commande(&programmes, centre);
        bilan["convention"] = convention::montre(centre, &dossier.chemin().join(centre.dossier), node)?;
        bilan["convention"]["au_hub"] = convention::publie(
            centre.organisme,
            node,
            || dossier.commande_du_hub(&programmes),
            |jeton| interroge_avec(&dossier.adresse_hub(), convention::QUESTION, Some(jeton)),
        )?;
    }
    println!("\nUne question au hub :\n{QUESTION}\n\nSa réponse :\n{}", serde_json::to_string_pretty(&reponse)?);
    if options.une_fois {
        drop(noeuds);
        drop(hub);
        println!("{bilan}");
        return Ok(());
    }
    println!("\nPage du hub : {}/?campagne=2026-T1&region=27", dossier.adresse_hub());
    println!("API GraphQL : {}/graphql\nCtrl-C arrête tout.", dossier.adresse_hub());
    let _ = arrete.recv();
    println!("\nArrêt…");
    Ok(())
}

/// What centres share beside their figures: good practices, offers of service; and the conventions of those whose check
/// is not shown step by step.
fn partage(dossier: &Dossier, programmes: &Path) -> Result<()> {
    let mut publications = 0;
    for (rang, centre) in CENTRES.iter().enumerate() {
        let chez_lui = dossier.chemin().join(centre.dossier);
        let node = |arguments: &[&str]| sortie(dossier.commande(programmes, centre).args(arguments));
        publications += recit::partage::publie(centre, &chez_lui, node)?;
        if rang > 0 {
            publications += recit::partage::publie_convention(centre, &chez_lui, node)?;
        }
    }
    println!("\nBonnes pratiques, offres de service et conventions : {publications} publications.");
    Ok(())
}

fn interroge(adresse: &str, question: &str) -> Result<Value> {
    interroge_avec(adresse, question, None)
}

fn interroge_avec(adresse: &str, question: &str, jeton: Option<&str>) -> Result<Value> {
    let mut demande = ureq::post(format!("{adresse}/graphql"));
    if let Some(jeton) = jeton {
        demande = demande.header("Authorization", format!("Bearer {jeton}"));
    }
    let mut reponse =
        demande.send_json(json!({ "query": question })).context("the hub does not answer the question")?;
    let reponse: Value = reponse.body_mut().read_json()?;
    anyhow::ensure!(reponse.get("errors").is_none(), "the hub refuses the question: {reponse}");
    Ok(reponse)
}

/// What the hub itself says it holds, so that the summary is not the nodes' word alone.
fn complete(bilan: &mut Value, dossier: &Dossier) -> Result<()> {
    let question = "{ emetteurs { nodes { identifiant } } bilan { observations publications accuses refus } }";
    let reponse = interroge(&dossier.adresse_hub(), question)?;
    let donnees = &reponse["data"];
    bilan["emetteurs"] = json!(donnees["emetteurs"]["nodes"].as_array().map_or(0, Vec::len));
    for cle in ["observations", "publications", "accuses", "refus"] {
        bilan[cle] = donnees["bilan"][cle].clone();
    }
    Ok(())
}
