//! `cargo xtask sbom`: what each program is made of, in CycloneDX, by the tool of that project; each file is then read back.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::outil::{cargo, cible, lance, racine, trouve};

/// Version of the tool: another may write another file.
const OUTIL: &str = "0.5.9";
/// Crates whose programs are shipped.
const LIVRES: [&str; 3] = ["hub", "node", "imprimerie"];

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Dossier des nomenclatures.
    #[arg(short = 'o', long = "sortie", value_name = "DOSSIER", default_value = "target/sbom")]
    sortie: PathBuf,
}

/// Writes one file for each program.
pub fn execute(options: &Options) -> Result<()> {
    let sortie = racine().join(&options.sortie);
    fs::create_dir_all(&sortie)?;
    let outils = cible().join("outils");
    if trouve("cargo-cyclonedx").is_none() && !outils.join("bin/cargo-cyclonedx").is_file() {
        println!("Installing cargo-cyclonedx {OUTIL}…");
        lance(cargo().args(["install", "cargo-cyclonedx", "--version", OUTIL, "--locked", "--root"]).arg(&outils))?;
    }
    let mut chemins = vec![outils.join("bin")];
    chemins.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    lance(
        cargo()
            .env("PATH", std::env::join_paths(chemins)?)
            .args(["cyclonedx", "--format", "json", "--spec-version", "1.5", "--target", "x86_64-unknown-linux-gnu"])
            .args(["--describe", "crate", "--no-build-deps", "--quiet"]),
    )?;
    let mut membres = fs::read_dir(racine().join("services"))?.map(|m| Ok(m?.path())).collect::<Result<Vec<_>>>()?;
    membres.push(racine().join("tests"));
    for membre in membres {
        range(&membre, &sortie)?;
    }
    Ok(())
}

/// The tool writes beside each manifest: what is shipped is read back and kept, the rest is dropped.
fn range(membre: &Path, sortie: &Path) -> Result<()> {
    for entree in fs::read_dir(membre)? {
        let fichier = entree?.path();
        let Some(nom) = fichier.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix(".cdx.json")) else {
            continue;
        };
        if LIVRES.contains(&nom) {
            let composants = verifie(&fichier).with_context(|| fichier.display().to_string())?;
            let gardee = sortie.join(format!("maillage-{nom}.cdx.json"));
            fs::copy(&fichier, &gardee)?;
            println!("{} : {composants} composants", gardee.display());
        }
        fs::remove_file(&fichier)?;
    }
    Ok(())
}

/// Every component has a name, a version, a licence and an identifier that others look vulnerabilities up by.
fn verifie(fichier: &Path) -> Result<usize> {
    let lue: Value = serde_json::from_slice(&fs::read(fichier)?)?;
    ensure!(lue["bomFormat"] == "CycloneDX" && lue["specVersion"] == "1.5", "not CycloneDX 1.5");
    let composants = lue["components"].as_array().context("no components")?;
    for composant in composants {
        for cle in ["name", "version", "purl", "bom-ref"] {
            ensure!(composant[cle].as_str().is_some_and(|t| !t.is_empty()), "{} has no {cle}", composant["name"]);
        }
        ensure!(composant["licenses"].as_array().is_some_and(|l| !l.is_empty()), "{}: no licence", composant["name"]);
    }
    for attendu in ["rustls", "serde", "tokio"].iter().filter(|_| !fichier.ends_with("imprimerie.cdx.json")) {
        ensure!(composants.iter().any(|c| c["name"] == **attendu), "{attendu} is missing");
    }
    Ok(composants.len())
}
