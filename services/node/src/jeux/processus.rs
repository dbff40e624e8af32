//! Reading the workbook of a declared jeu in a bounded process of its own. The child is given the jeu file
//! itself: it has no configuration.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use referentiel::jeu::{Jeu, ajoute};
use serde::{Deserialize, Serialize};

use super::extrait;
use super::lecture::{Lue, interprete};
use crate::enfant::{self, Reponse};

/// Name of the hidden command that reads.
pub const COMMANDE: &str = "lire-jeu";

#[derive(Debug, Serialize, Deserialize)]
struct Demande {
    fichier: PathBuf,
    jeu: String,
    /// Mapping of an extract; none for the workbook of the jeu itself.
    correspondance: Option<String>,
}

/// Reads the workbook of a jeu, or the extract of another tool through a mapping. `Err` inside says why the file is not
/// read at all.
pub fn lit(fichier: &Path, jeu: &Jeu, correspondance: Option<String>) -> Result<Reponse<Lue>> {
    enfant::demande(COMMANDE, &Demande { fichier: fichier.to_owned(), jeu: jeu.texte.clone(), correspondance })
}

/// The child's side.
pub fn dans_le_processus_borne() -> Result<ExitCode> {
    enfant::repond(|demande: &Demande| {
        let jeu = ajoute(&demande.jeu)?;
        let csv = demande.fichier.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
        Ok(enfant::octets(&demande.fichier)?.and_then(|octets| match &demande.correspondance {
            Some(c) => extrait::interprete(jeu, (&octets, csv), c).map_err(|e| e.to_string()),
            None => interprete(jeu, &octets).map_err(|e| e.to_string()),
        }))
    })
}
