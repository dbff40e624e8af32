//! A child process that reads one untrusted file, bounded in memory and time: a hostile file kills the child,
//! and the user gets a sentence.

use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use rlimit::Resource;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tableur::conteneur::TAILLE_FICHIER;

/// Memory of the reading process.
const MEMOIRE: u64 = 1 << 30;
/// Processor seconds of the reading process.
const SECONDES: u64 = 60;

/// What the child answers: what it read, or why the file is not read.
pub type Reponse<R> = std::result::Result<R, String>;

/// A file to read.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// A file of this machine.
    Fichier(&'a Path),
    /// Bytes deposited in a page: they go through a pipe and never through a temporary file.
    Octets(&'a [u8]),
}

/// What comes first, on one line: what is asked, and where the file is; without a path it follows.
#[derive(Debug, Serialize, Deserialize)]
struct Demande<D> {
    fichier: Option<PathBuf>,
    question: D,
}

/// Asks a child, started as the hidden command `commande`. `Err` inside says why the file is not read at all.
pub fn demande<R: DeserializeOwned>(
    commande: &str,
    source: Source<'_>,
    question: &impl Serialize,
) -> Result<Reponse<R>> {
    let (fichier, octets) = match source {
        Source::Fichier(chemin) => (Some(chemin.to_owned()), &[][..]),
        Source::Octets(octets) => (None, octets),
    };
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
    let demande = serde_json::to_string(&Demande { fichier, question })?;
    let envoyee = writeln!(entree, "{demande}").and_then(|()| entree.write_all(octets));
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

/// The child’s side: reads the question and the file, answers, within its bounds. The name of the file, when it has one,
/// comes with its bytes.
pub fn repond<D: DeserializeOwned, R: Serialize>(
    juge: impl FnOnce(&D, Option<&Path>, Vec<u8>) -> Result<Reponse<R>>,
) -> Result<ExitCode> {
    Resource::AS.set(MEMOIRE, MEMOIRE)?;
    Resource::CPU.set(SECONDES, SECONDES)?;
    let mut entree = std::io::stdin().lock();
    let mut ligne = String::new();
    entree.read_line(&mut ligne)?;
    let demande: Demande<D> = serde_json::from_str(&ligne)?;
    let lus = match &demande.fichier {
        Some(fichier) => octets(fichier)?,
        None => Ok(borne(entree)?),
    };
    let reponse = match lus {
        Ok(octets) => juge(&demande.question, demande.fichier.as_deref(), octets)?,
        Err(raison) => Err(raison),
    };
    let mut sortie = std::io::stdout().lock();
    serde_json::to_writer(&mut sortie, &reponse)?;
    sortie.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The bytes of a file, one more than the largest accepted at most.
fn octets(fichier: &Path) -> Result<Reponse<Vec<u8>>> {
    let ouvert = match std::fs::File::open(fichier) {
        Ok(ouvert) => ouvert,
        Err(e) => return Ok(Err(format!("Le fichier « {} » ne s’ouvre pas : {e}.", fichier.display()))),
    };
    Ok(Ok(borne(ouvert)?))
}

fn borne(source: impl Read) -> std::io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    source.take(TAILLE_FICHIER + 1).read_to_end(&mut octets)?;
    Ok(octets)
}
