//! Reading the workbook of a declared jeu in a bounded process of its own. The child is given the jeu file
//! itself: it has no configuration.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use referentiel::jeu::{Jeu, ajoute};
use serde::{Deserialize, Serialize};

use super::extrait;
use super::lecture::{Lue, interprete};
use crate::enfant::{self, Reponse, Source};

/// Name of the hidden command that reads.
pub const COMMANDE: &str = "lire-jeu";

#[derive(Debug, Serialize, Deserialize)]
struct Demande {
    jeu: String,
    /// Mapping of an extract; none for the workbook of the jeu itself.
    correspondance: Option<String>,
}

/// Reads the workbook of a jeu, or the extract of another tool through a mapping. `Err` inside says why the file is not
/// read at all.
pub fn lit(source: Source<'_>, jeu: &Jeu, correspondance: Option<String>) -> Result<Reponse<Lue>> {
    enfant::demande(COMMANDE, source, &Demande { jeu: jeu.texte.clone(), correspondance })
}

/// The child's side.
pub fn dans_le_processus_borne() -> Result<ExitCode> {
    enfant::repond(|demande: &Demande, fichier, octets| {
        let jeu = ajoute(&demande.jeu)?;
        let csv = fichier.and_then(Path::extension).is_some_and(|e| e.eq_ignore_ascii_case("csv"));
        Ok(match &demande.correspondance {
            Some(c) => extrait::interprete(jeu, (&octets, csv), c).map_err(|e| e.to_string()),
            None => interprete(jeu, &octets).map_err(|e| e.to_string()),
        })
    })
}
