//! Reading an untrusted table in a process of its own, bounded in memory and time: a hostile file kills the child, and the
//! user gets a sentence.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use rlimit::Resource;
use serde::{Deserialize, Serialize};
use tableur::conteneur::TAILLE_FICHIER;

use super::correspondance::Correspondance;
use super::lecture::{TableauInterprete, interprete};

/// Memory of the reading process.
const MEMOIRE: u64 = 1 << 30;
/// Processor seconds of the reading process.
const SECONDES: u64 = 60;

/// Name of the hidden command that reads.
pub const COMMANDE: &str = "lire-tableau";

#[derive(Debug, Serialize, Deserialize)]
struct Demande {
    fichier: PathBuf,
    correspondance: String,
}

/// What the child answers: the table, or why the file is not read.
type Reponse = std::result::Result<TableauInterprete, String>;

/// Reads a table through a mapping. `Err` inside says why the file is not read at all.
pub fn lit(fichier: &Path, correspondance: &str) -> Result<Reponse> {
    let mut enfant = Command::new(std::env::current_exe()?)
        .args(["--journal", "error", COMMANDE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("Le processus de lecture ne démarre pas.")?;
    let (Some(mut entree), Some(mut sortie)) = (enfant.stdin.take(), enfant.stdout.take()) else {
        bail!("Le processus de lecture n’a pas de canal.");
    };
    let demande = Demande { fichier: fichier.to_owned(), correspondance: correspondance.to_owned() };
    let envoyee = entree.write_all(&serde_json::to_vec(&demande)?);
    drop(entree);
    let mut reponse = Vec::new();
    sortie.read_to_end(&mut reponse)?;
    enfant.wait()?;
    Ok(match (envoyee, serde_json::from_slice(&reponse)) {
        (Ok(()), Ok(reponse)) => reponse,
        _ => Err(
            "Ce fichier n’a pas pu être lu dans les limites de mémoire et de temps : il est abîmé, ou construit pour \
                  saturer la machine. Réenregistrez-le depuis votre tableur, sans feuille inutile."
                .to_owned(),
        ),
    })
}

/// The child's side.
pub fn dans_le_processus_borne() -> Result<ExitCode> {
    Resource::AS.set(MEMOIRE, MEMOIRE)?;
    Resource::CPU.set(SECONDES, SECONDES)?;
    let demande: Demande = serde_json::from_reader(std::io::stdin().lock())?;
    let mut sortie = std::io::stdout().lock();
    serde_json::to_writer(&mut sortie, &juge(&demande)?)?;
    sortie.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn juge(demande: &Demande) -> Result<Reponse> {
    let correspondance = Correspondance::lit(&demande.correspondance)?;
    let ouvert = match std::fs::File::open(&demande.fichier) {
        Ok(fichier) => fichier,
        Err(e) => return Ok(Err(format!("Le fichier « {} » ne s’ouvre pas : {e}.", demande.fichier.display()))),
    };
    let mut octets = Vec::new();
    ouvert.take(TAILLE_FICHIER + 1).read_to_end(&mut octets)?;
    let csv = demande.fichier.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    Ok(interprete(&octets, csv, &correspondance).map_err(|e| e.to_string()))
}
