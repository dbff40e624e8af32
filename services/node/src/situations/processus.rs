//! Reading an untrusted follow-up table in a bounded process of its own.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::correspondance::Correspondance;
use super::lecture::{TableauInterprete, interprete};
use crate::enfant::{self, Reponse};

/// Name of the hidden command that reads.
pub const COMMANDE: &str = "lire-tableau";

#[derive(Debug, Serialize, Deserialize)]
struct Demande {
    fichier: PathBuf,
    correspondance: String,
}

/// Reads a table through a mapping. `Err` inside says why the file is not read at all.
pub fn lit(fichier: &Path, correspondance: &str) -> Result<Reponse<TableauInterprete>> {
    let demande = Demande { fichier: fichier.to_owned(), correspondance: correspondance.to_owned() };
    enfant::demande(COMMANDE, &demande)
}

/// The child's side.
pub fn dans_le_processus_borne() -> Result<ExitCode> {
    enfant::repond(|demande: &Demande| {
        let correspondance = Correspondance::lit(&demande.correspondance)?;
        let csv = demande.fichier.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
        Ok(enfant::octets(&demande.fichier)?
            .and_then(|octets| interprete(&octets, csv, &correspondance).map_err(|e| e.to_string())))
    })
}
