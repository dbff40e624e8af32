//! The convention of one centre: its document checked, its table of accompaniments imported, its plan shown beside what
//! was realised. Everything through the commands of the node, as the centre would.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use xtask::recit::Centre;
use xtask::recit::convention::{CORRESPONDANCE, apport};

use crate::outil::sortie;

/// Day the bilan is drawn up.
const AU: &str = "2026-10-31";

/// Shows the convention of a centre and sums it up. `node` makes a command of its node.
pub fn montre(centre: &Centre, dossier: &Path, node: impl Fn() -> Command) -> Result<Value> {
    let apport = apport(centre).context("a convention")?;
    let (plan, correspondance, tableau) = (
        dossier.join("convention.json"),
        dossier.join("accompagnements.correspondance.toml"),
        dossier.join("accompagnements.csv"),
    );
    fs::write(&plan, &apport.plan)?;
    fs::write(&correspondance, CORRESPONDANCE)?;
    fs::write(&tableau, &apport.tableau)?;
    // The document is wrong in known places: the check says so and exits with 1, which is not a failure here.
    let controle = node().args(["convention", "controler", "--json"]).arg(&plan).output()?;
    let controle: Value = serde_json::from_slice(&controle.stdout).context("the check of the convention document")?;
    println!(
        "\nDossier de convention contrôlé : {} à corriger, {} à expliquer, {} justes.",
        controle["comptes"]["bloquants"], controle["comptes"]["avertissements"], controle["comptes"]["conformes"]
    );
    let import =
        sortie(node().args(["situations", "importer"]).arg(&tableau).arg("--correspondance").arg(&correspondance))?;
    println!("{}", import.lines().nth(1).unwrap_or_default());
    sortie(node().args(["convention", "plan"]).arg(&plan))?;
    println!("\n{}", sortie(node().args(["convention", "bilan", "--au", AU]))?.trim_end());
    let bilan: Value = serde_json::from_str(&sortie(node().args(["convention", "bilan", "--json", "--au", AU]))?)?;
    Ok(json!({
        "anomalies_du_dossier": controle["comptes"]["bloquants"],
        "demande_eur": bilan["totaux"]["demande_eur"],
        "valorise_eur": bilan["totaux"]["valorise_eur"],
        "refusees": bilan["refus"].as_array().map_or(0, |motifs| motifs.iter().filter_map(|m| m["nombre"].as_u64()).sum()),
    }))
}

/// The half-year published.
const SEMESTRE: &str = "2026-S1";

/// What the FIPHFP’s director asks the hub: the plan of the centre beside what it realised.
pub const QUESTION: &str = r#"{
  conventions(filtre: {audience: CONVENTION, indicateur: "FP_DEMANDE"}, premier: 50) {
    nodes { emetteur { organisme } ventilation { modalite libelle } valeur }
  }
  avancements(filtre: {audience: CONVENTION, indicateur: "FP_VALORISE"}, premier: 50) {
    nodes { emetteur { organisme } ventilation { modalite libelle } valeur }
  }
}"#;

/// Publishes the plan and its progress, and reads them back with the rights of the FIPHFP’s director.
pub fn publie(
    organisme: &str,
    node: impl Fn() -> Command,
    hub: impl Fn() -> Command,
    interroge: impl Fn(&str) -> Result<Value>,
) -> Result<Value> {
    for jeu in ["fiphfp.plan", "fiphfp.avancement"] {
        println!("{}", sortie(node().args(["publier", "--jeu", jeu, "--campagne", SEMESTRE]))?.trim_end());
    }
    let creation = sortie(hub().args(["jeton", "creer", "--role", "dth", "--territoire", "27", "--expire", "1j"]))?;
    let jeton = creation.lines().next().unwrap_or_default().trim();
    let reponse = interroge(jeton)?;
    let total = |champ: &str| {
        let lues = reponse["data"][champ]["nodes"].as_array().cloned().unwrap_or_default();
        let du_centre = |o: &&Value| o["emetteur"]["organisme"].as_str() == Some(organisme);
        let total = lues.iter().filter(du_centre).find(|o| o["ventilation"].as_array().is_some_and(Vec::is_empty));
        total.map(|o| o["valeur"].clone()).unwrap_or_default()
    };
    let (demande, valorise) = (total("conventions"), total("avancements"));
    let dit = |montant: &Value| montant.as_str().unwrap_or("?").to_owned();
    println!(
        "Au hub, pour le directeur territorial au handicap, au {SEMESTRE} : {} € demandés, {} € valorisés.",
        dit(&demande),
        dit(&valorise)
    );
    Ok(json!({ "demande_eur": demande, "valorise_eur": valorise }))
}
