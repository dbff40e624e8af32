//! A workbook of 100 000 persons and as many events: ours with every check, openpyxl without any.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use xtask::recit::{Dispositif, Histoire, bornes, classeur};

use crate::outil::{construit_un, trouve};

/// Options of the measurement.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Nombre de personnes, donc d’évènements.
    #[arg(long, default_value_t = 100_000)]
    personnes: usize,
    /// Répétitions ; la médiane est imprimée.
    #[arg(long, default_value_t = 5)]
    repetitions: usize,
}

/// What openpyxl's read-only mode does with the same file: reads every cell, checks nothing.
const OPENPYXL: &str = "
import sys, time, openpyxl
debut = time.perf_counter()
lignes = sum(1 for f in openpyxl.load_workbook(sys.argv[1], read_only=True) for ligne in f.iter_rows(values_only=True))
print(lignes, time.perf_counter() - debut)
";

/// Measures and prints.
pub fn execute(o: &Options) -> Result<()> {
    let programmes = construit_un("maillage-node", true)?;
    let dossier = tempfile::tempdir()?;
    let fichier = dossier.path().join("grand.xlsx");
    println!("Writing a workbook of {} persons…", o.personnes);
    ecrit(o.personnes, &fichier)?;
    let lignes = (2 * o.personnes + 4) as f64;
    println!("{} rows, {:.1} MB", lignes, std::fs::metadata(&fichier)?.len() as f64 / 1e6);

    let mut durees = Vec::new();
    for _ in 0..o.repetitions.max(1) {
        durees.push(mesure(&programmes.join("maillage-node"), &fichier)?);
    }
    durees.sort();
    let mediane = durees[durees.len() / 2];
    let memoire = match memoire(&programmes.join("maillage-node"), &fichier)? {
        Some(mio) => format!("peak {mio:.0} MiB"),
        None => "peak unknown (GNU time is not installed)".to_owned(),
    };
    let debit = lignes / mediane.as_secs_f64();
    println!("maillage-node importer --verifier (all checks): {mediane:.2?}, {debit:.0} rows/s, {memoire}");

    match openpyxl(&fichier)? {
        None => println!("openpyxl is not installed: nothing to compare with (pip install openpyxl)"),
        Some(secondes) => {
            let leur = lignes / secondes;
            println!("openpyxl read-only (no check):                  {secondes:.2} s, {leur:.0} rows/s");
            println!("ratio: {:.1}", debit / leur);
        }
    }
    Ok(())
}

fn ecrit(personnes: usize, fichier: &Path) -> Result<()> {
    let dispositif = Dispositif {
        reference: "BFC01",
        nom: "Plateforme emploi accompagné 70",
        departement: ("70", "Haute-Saône", "Bourgogne-Franche-Comté"),
        structures: &["Structure Les Tilleuls", "Structure Horizon", "Structure Passerelle"],
        capacite: u32::try_from(personnes)?,
        etp_dixiemes: (90_000, 70_000),
    };
    let (debut, fin) = bornes("2026-T1").context("a quarter")?;
    let mut trimestre = Histoire::nouvelle(dispositif, 1, debut).trimestre(debut, fin);
    trimestre.personnes.truncate(personnes);
    classeur::ecrit(&trimestre, fichier)
}

fn mesure(programme: &Path, fichier: &Path) -> Result<Duration> {
    let debut = Instant::now();
    let sortie = Command::new(programme)
        .args(["importer", "--verifier", "--json"])
        .arg(fichier)
        .current_dir(fichier.parent().unwrap_or(Path::new("/")))
        .stderr(Stdio::inherit())
        .output()?;
    let duree = debut.elapsed();
    let verdict: Value = serde_json::from_slice(&sortie.stdout)?;
    if verdict["comptes"]["bloquants"] != 0 {
        bail!("the synthetic workbook is refused: {}", verdict["anomalies"][0]);
    }
    Ok(duree)
}

/// Largest memory of the command or of the process it reads in, as GNU time sees them: our own children
/// include the compiler.
fn memoire(programme: &Path, fichier: &Path) -> Result<Option<f64>> {
    let Some(time) = trouve("time") else { return Ok(None) };
    let releve = fichier.with_extension("memoire");
    let mut commande = Command::new(time);
    commande.args(["-f", "%M", "-o"]).arg(&releve).arg(programme).args(["importer", "--verifier", "--json"]);
    commande.arg(fichier).current_dir(fichier.parent().unwrap_or(Path::new("/"))).output()?;
    let texte = std::fs::read_to_string(&releve)?;
    Ok(texte.trim().parse::<f64>().ok().map(|kio| kio / 1024.0))
}

fn openpyxl(fichier: &Path) -> Result<Option<f64>> {
    if trouve("python3").is_none() {
        return Ok(None);
    }
    let sortie = Command::new("python3").args(["-c", OPENPYXL]).arg(fichier).stderr(Stdio::null()).output()?;
    let texte = String::from_utf8(sortie.stdout)?;
    Ok(texte.split_whitespace().nth(1).and_then(|s| s.parse().ok()))
}
