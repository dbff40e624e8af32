//! Reading an untrusted workbook in a process of its own, bounded in memory and time.
//!
//! A hostile file can make any parser ask for memory until the process is killed; here only the child
//! dies, and the user gets a sentence. Both ends talk over pipes: the child says which campaign the
//! workbook is of, the parent answers with what it knows of it, the child gives its verdict.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail};
use referentiel::periode::Trimestre;
use rlimit::Resource;
use serde::{Deserialize, Serialize};
use tableur::Modele;

use super::{Contexte, Verdict};

/// Memory of the reading process. A workbook of 100 000 persons needs less than a quarter of it.
const MEMOIRE: u64 = 1 << 30;
/// Processor seconds of the reading process.
const SECONDES: u64 = 120;

/// A workbook to read.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// A file of this machine.
    Fichier(&'a Path),
    /// Bytes deposited in a page: they go through a pipe and never through a temporary file.
    Octets(&'a [u8]),
}

/// What the parent asks first.
#[derive(Debug, Serialize, Deserialize)]
struct Demande {
    origine: Origine,
    modele: Option<PathBuf>,
    avec_fiches: bool,
}

/// Where the child finds the workbook.
#[derive(Debug, Serialize, Deserialize)]
enum Origine {
    Fichier(PathBuf),
    /// So many bytes right after the demand.
    Suite(usize),
}

/// What the child says once the file is read.
#[derive(Debug, Serialize, Deserialize)]
struct Lue {
    trimestre: Option<Trimestre>,
}

/// Reads and judges a workbook. `contexte` is asked for once the campaign of the file is known.
pub fn verifie(
    source: Source<'_>,
    modele: Option<&Path>,
    avec_fiches: bool,
    contexte: impl FnOnce(Option<Trimestre>) -> Result<Contexte>,
) -> Result<Verdict> {
    let (origine, octets) = match source {
        Source::Fichier(chemin) => (Origine::Fichier(chemin.to_owned()), &[][..]),
        Source::Octets(octets) => (Origine::Suite(octets.len()), octets),
    };
    let demande = Demande { origine, modele: modele.map(Path::to_owned), avec_fiches };
    let mut enfant = Command::new(std::env::current_exe()?)
        .args(["--journal", "error", "lire-classeur"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("Le processus de lecture ne démarre pas.")?;
    match dialogue(&mut enfant, (&demande, octets), contexte)? {
        Some(verdict) => {
            enfant.wait()?;
            Ok(verdict)
        }
        None => {
            enfant.wait()?;
            Ok(Verdict::refus(
                "Ce fichier n’a pas pu être lu dans les limites de mémoire et de temps : il est abîmé, ou construit \
                 pour saturer la machine. Réenregistrez-le depuis votre tableur, sans feuille inutile. Rien n’a été \
                 enregistré."
                    .to_owned(),
                String::new(),
            ))
        }
    }
}

/// `None` when the child died on the way.
fn dialogue(
    enfant: &mut Child,
    (demande, octets): (&Demande, &[u8]),
    contexte: impl FnOnce(Option<Trimestre>) -> Result<Contexte>,
) -> Result<Option<Verdict>> {
    let (Some(mut entree), Some(sortie)) = (enfant.stdin.take(), enfant.stdout.take()) else {
        bail!("Le processus de lecture n’a pas de canal.");
    };
    let mut sortie = BufReader::new(sortie);
    writeln!(entree, "{}", serde_json::to_string(demande)?)?;
    if entree.write_all(octets).is_err() {
        return Ok(None);
    }
    let mut ligne = String::new();
    sortie.read_line(&mut ligne)?;
    let Ok(lue) = serde_json::from_str::<Lue>(&ligne) else { return Ok(None) };
    let contexte = serde_json::to_vec(&contexte(lue.trimestre)?)?;
    if entree.write_all(&contexte).is_err() {
        return Ok(None);
    }
    drop(entree);
    let mut reponse = Vec::new();
    sortie.read_to_end(&mut reponse)?;
    Ok(serde_json::from_slice(&reponse).ok())
}

/// The child's side.
pub fn dans_le_processus_borne() -> Result<ExitCode> {
    Resource::AS.set(MEMOIRE, MEMOIRE)?;
    Resource::CPU.set(SECONDES, SECONDES)?;
    let mut entree = std::io::stdin().lock();
    let mut sortie = std::io::stdout().lock();
    let mut ligne = String::new();
    entree.read_line(&mut ligne)?;
    let demande: Demande = serde_json::from_str(&ligne)?;
    let octets = match &demande.origine {
        Origine::Fichier(chemin) => lit(chemin),
        Origine::Suite(longueur) => suite(&mut entree, *longueur)?,
    };
    let verdict = juge(&demande, octets, |trimestre| {
        writeln!(sortie, "{}", serde_json::to_string(&Lue { trimestre })?)?;
        sortie.flush()?;
        Ok(serde_json::from_reader(&mut entree)?)
    })?;
    serde_json::to_writer(&mut sortie, &verdict)?;
    sortie.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn juge(
    demande: &Demande,
    octets: std::result::Result<Vec<u8>, String>,
    contexte: impl FnOnce(Option<Trimestre>) -> Result<Contexte>,
) -> Result<Verdict> {
    let octets = match octets {
        Ok(octets) => octets,
        Err(raison) => {
            contexte(None)?;
            return Ok(Verdict::refus(raison, String::new()));
        }
    };
    let propre = demande.modele.as_deref().map(modele).transpose()?;
    let modele = propre.as_ref().unwrap_or_else(|| Modele::cfea());
    let mut verdict = match super::lire(&octets, modele) {
        Ok(lecture) => {
            drop(octets);
            let date = dossier::controle::date_majoritaire(&lecture.classeur);
            let contexte = contexte(date.and_then(|d| Trimestre::contenant(d).ok()))?;
            lecture.verifier(&contexte)
        }
        Err(illisible) => {
            contexte(None)?;
            Verdict::refus(illisible.to_string(), String::new())
        }
    };
    if !demande.avec_fiches {
        verdict.remontee = None;
    }
    Ok(verdict)
}

/// Reads a file, at most a little more than the largest workbook accepted.
fn lit(fichier: &Path) -> std::result::Result<Vec<u8>, String> {
    let limite = tableur::conteneur::TAILLE_FICHIER;
    let ouvert =
        File::open(fichier).map_err(|e| format!("Le fichier « {} » ne s’ouvre pas : {e}.", fichier.display()))?;
    let mut octets = Vec::new();
    match ouvert.take(limite + 1).read_to_end(&mut octets) {
        Ok(_) => Ok(octets),
        Err(e) => Err(format!("Le fichier « {} » ne se lit pas : {e}.", fichier.display())),
    }
}

/// The bytes that follow the demand; beyond the largest workbook accepted they are not kept.
fn suite(entree: &mut impl Read, longueur: usize) -> Result<std::result::Result<Vec<u8>, String>> {
    let limite = usize::try_from(tableur::conteneur::TAILLE_FICHIER)?;
    let mut octets = vec![0; longueur.min(limite + 1)];
    entree.read_exact(&mut octets)?;
    std::io::copy(&mut entree.take((longueur - octets.len()) as u64), &mut std::io::sink())?;
    Ok(Ok(octets))
}

/// A layout other than the default one.
pub fn modele(chemin: &Path) -> Result<Modele> {
    let texte = std::fs::read_to_string(chemin)
        .with_context(|| format!("Le modèle de classeur « {} » est introuvable.", chemin.display()))?;
    Modele::lit(&texte).with_context(|| format!("Le modèle de classeur « {} » n’est pas utilisable.", chemin.display()))
}
