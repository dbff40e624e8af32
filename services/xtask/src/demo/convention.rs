//! The convention of one centre: its document checked, its table of accompaniments imported, its plan shown beside what
//! was realised. Everything through the commands of the node, as the centre would.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use xtask::recit::accompagnements;

use crate::outil::sortie;

const PLAN: &str = include_str!("../../../../schema/conventions/exemples/cdg70-2026-2029.json");
const CORRESPONDANCE: &str =
    include_str!("../../../../schema/conventions/exemples/accompagnements.correspondance.toml");
/// Day the bilan is drawn up.
const AU: &str = "2026-10-31";

/// Shows the convention of a centre and sums it up. `node` makes a command of its node.
pub fn montre(dossier: &Path, node: impl Fn() -> Command) -> Result<Value> {
    let (plan, correspondance, tableau) = (
        dossier.join("convention.json"),
        dossier.join("accompagnements.correspondance.toml"),
        dossier.join("accompagnements.csv"),
    );
    fs::write(&plan, PLAN)?;
    fs::write(&correspondance, CORRESPONDANCE)?;
    fs::write(&tableau, accompagnements::tableau().context("invented accompaniments")?)?;
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
