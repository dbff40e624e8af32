//! `cargo xtask demo --pannes`: the last quarter under trouble. The hub is killed while nodes publish, comes
//! back from an older copy of its database, and a node does too; at the end every publication stands once
//! and the register verifies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::dossier::Dossier;
use super::interroge;
use super::processus::{Processus, programme};
use crate::outil::sortie;
use xtask::recit::{CENTRES, Centre};

/// A database and its side files, as they were at a moment when its service was stopped.
struct Copie(Vec<(PathBuf, Option<Vec<u8>>)>);

impl Copie {
    fn de(base: &Path) -> Self {
        let fichiers = ["", "-wal", "-shm"].map(|suite| PathBuf::from(format!("{}{suite}", base.display())));
        Self(fichiers.into_iter().map(|f| (f.clone(), fs::read(f).ok())).collect())
    }

    fn remet(&self) -> Result<()> {
        for (fichier, octets) in &self.0 {
            match octets {
                Some(octets) => fs::write(fichier, octets)?,
                None if fichier.exists() => fs::remove_file(fichier)?,
                None => {}
            }
        }
        Ok(())
    }
}

/// Publishes the campaign through the troubles; gives the hub, alive again.
pub fn traverse(dossier: &Dossier, programmes: &Path, hub: Processus, campagne: &str) -> Result<Processus> {
    let maillage_hub = programme(programmes, "maillage-hub");
    let sert = || Processus::sert(&maillage_hub, &dossier.hub());
    drop(hub);
    let copie_du_hub = Copie::de(&dossier.chemin().join("hub.db"));
    let malchanceux = CENTRES.first().context("a centre")?;
    let copie_du_noeud = Copie::de(&dossier.chemin().join(malchanceux.dossier).join("node.db"));

    println!("\nLe réseau est coupé : {campagne} est scellée et attend.");
    for centre in CENTRES {
        dossier.importe(programmes, centre, campagne)?;
        let essai = dossier.commande(programmes, centre).args(["publier", "--campagne", campagne]).output()?;
        ensure!(essai.status.code() == Some(1), "{} published to nobody", centre.nom);
    }
    let hub = sert()?;
    println!("Le hub revient, et meurt au milieu des envois.");
    let (premiers, autres) = CENTRES.split_at(CENTRES.len() / 2);
    envoie(dossier, programmes, premiers)?;
    hub.tue()?;
    let hub = sert()?;
    envoie(dossier, programmes, autres)?;

    println!("Le hub perd son disque : une sauvegarde d’avant {campagne} est remise.");
    drop(hub);
    copie_du_hub.remet()?;
    print!("  {}", sortie(Command::new(&maillage_hub).arg("--configuration").arg(dossier.hub()).arg("restaurer"))?);
    let hub = sert()?;
    envoie(dossier, programmes, CENTRES)?;

    println!("{} perd son disque à son tour.", malchanceux.nom);
    copie_du_noeud.remet()?;
    envoie(dossier, programmes, std::slice::from_ref(malchanceux))?;
    Ok(hub)
}

/// Every publication once, and the hub's own verification.
pub fn verifie(dossier: &Dossier, programmes: &Path, attendues: u64) -> Result<()> {
    let question = "{ publications(premier: 100) { nodes { emetteur { identifiant } jeu campagne revision statut } } }";
    let reponse = interroge(&dossier.adresse_hub(), question)?;
    let toutes = reponse["data"]["publications"]["nodes"].as_array().context("the publications")?;
    let mut publiees: Vec<String> = toutes.iter().filter(|p| !p["jeu"].is_null()).map(Value::to_string).collect();
    let nombre = publiees.len();
    publiees.sort();
    publiees.dedup();
    ensure!(publiees.len() == nombre, "a publication stands twice");
    ensure!(nombre as u64 == attendues, "{nombre} publications, {attendues} expected");
    ensure!(publiees.iter().all(|p| p.contains("\"ACCEPTEE\"")), "one was not accepted: {publiees:?}");
    let hub = programme(programmes, "maillage-hub");
    print!("\n{}", sortie(Command::new(hub).arg("--configuration").arg(dossier.hub()).arg("verifier"))?);
    Ok(())
}

fn envoie(dossier: &Dossier, programmes: &Path, centres: &[Centre]) -> Result<()> {
    for centre in centres {
        let dit = sortie(dossier.commande(programmes, centre).arg("envoyer"))
            .with_context(|| format!("sending of {}", centre.nom))?;
        println!("  {} : {}", centre.nom, dit.trim().replace('\n', " "));
    }
    Ok(())
}
