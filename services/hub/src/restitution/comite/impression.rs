//! Hands a document to the printing program and takes its PDF back: a process for each document, ended with it.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use web::document::Document;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum ImpressionImpossible {
    /// The program is not there, or does not start.
    #[error(
        "Le programme d’impression {0} ne peut pas être lancé ({1}). Il s’installe à côté de maillage-hub ; la clé [hub] imprimerie en donne un autre emplacement."
    )]
    Lancement(PathBuf, std::io::Error),
    /// It ended badly.
    #[error("Le dossier n’a pas pu être mis en page : {0}")]
    MiseEnPage(String),
}

/// The PDF of a document. Blocks while it is laid out.
pub fn imprime(programme: &Path, document: &Document) -> Result<Vec<u8>, ImpressionImpossible> {
    lance(programme, &[], document.json().to_string(), b"%PDF")
}

/// The PNG of a chart. Blocks while it is drawn.
pub fn dessine(programme: &Path, svg: String) -> Result<Vec<u8>, ImpressionImpossible> {
    lance(programme, &["image"], svg, b"\x89PNG")
}

fn lance(
    programme: &Path,
    arguments: &[&str],
    description: String,
    attendu: &[u8],
) -> Result<Vec<u8>, ImpressionImpossible> {
    let lancement = |e| ImpressionImpossible::Lancement(programme.to_owned(), e);
    let mut processus = Command::new(programme)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env_clear()
        .spawn()
        .map_err(lancement)?;
    let (entree, erreurs) = (processus.stdin.take(), processus.stderr.take());
    // Written and read side by side: neither pipe can fill up and stop the other.
    let (ecrit, dit) = std::thread::scope(|portee| {
        let ecrit = portee.spawn(move || entree.map(|mut e| e.write_all(description.as_bytes())));
        let dit = portee.spawn(move || {
            let mut dit = String::new();
            // What cannot be read is no message: the exit status still tells.
            let _ = erreurs.map(|mut e| e.read_to_string(&mut dit));
            dit
        });
        let sortie = processus.wait_with_output();
        drop(ecrit.join());
        (sortie, dit.join().unwrap_or_default())
    });
    let sortie = ecrit.map_err(lancement)?;
    if sortie.status.success() && sortie.stdout.starts_with(attendu) {
        Ok(sortie.stdout)
    } else {
        Err(ImpressionImpossible::MiseEnPage(dit.trim().to_owned()))
    }
}
