//! A child process that reads one untrusted file, bounded in memory and time: a hostile file kills the child,
//! and the user gets a sentence.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use rlimit::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tableur::conteneur::TAILLE_FICHIER;

/// Memory of the reading process.
const MEMOIRE: u64 = 1 << 30;
/// Processor seconds of the reading process.
const SECONDES: u64 = 60;

/// What the child answers: what it read, or why the file is not read.
pub type Reponse<R> = std::result::Result<R, String>;

/// Asks a child, started as the hidden command `commande`. `Err` inside says why the file is not read at all.
pub fn demande<R: DeserializeOwned>(commande: &str, demande: &impl Serialize) -> Result<Reponse<R>> {
    let mut enfant = Command::new(std::env::current_exe()?)
        .args(["--journal", "error", commande])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("Le processus de lecture ne démarre pas.")?;
    let (Some(mut entree), Some(mut sortie)) = (enfant.stdin.take(), enfant.stdout.take()) else {
        bail!("Le processus de lecture n’a pas de canal.");
    };
    let envoyee = entree.write_all(&serde_json::to_vec(demande)?);
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

/// The child’s side: reads the question, answers, within its bounds.
pub fn repond<D: DeserializeOwned, R: Serialize>(juge: impl FnOnce(&D) -> Result<Reponse<R>>) -> Result<ExitCode> {
    Resource::AS.set(MEMOIRE, MEMOIRE)?;
    Resource::CPU.set(SECONDES, SECONDES)?;
    let demande: D = serde_json::from_reader(std::io::stdin().lock())?;
    let mut sortie = std::io::stdout().lock();
    serde_json::to_writer(&mut sortie, &juge(&demande)?)?;
    sortie.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The bytes of a file, one more than the largest accepted at most.
pub fn octets(fichier: &Path) -> Result<Reponse<Vec<u8>>> {
    let ouvert = match std::fs::File::open(fichier) {
        Ok(ouvert) => ouvert,
        Err(e) => return Ok(Err(format!("Le fichier « {} » ne s’ouvre pas : {e}.", fichier.display()))),
    };
    let mut octets = Vec::new();
    ouvert.take(TAILLE_FICHIER + 1).read_to_end(&mut octets)?;
    Ok(Ok(octets))
}
