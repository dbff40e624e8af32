//! Reading an untrusted follow-up table in a bounded process of its own.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::correspondance::Correspondance;
use super::lecture::{TableauInterprete, interprete};
use crate::enfant::{self, Reponse, Source};

/// Name of the hidden command that reads.
pub const COMMANDE: &str = "lire-tableau";

/// Reads a table through a mapping. `Err` inside says why the file is not read at all.
pub fn lit(fichier: &Path, correspondance: &str) -> Result<Reponse<TableauInterprete>> {
    enfant::demande(COMMANDE, Source::Fichier(fichier), &correspondance)
}

/// The child's side.
pub fn dans_le_processus_borne() -> Result<ExitCode> {
    enfant::repond(|correspondance: &String, fichier, octets| {
        let correspondance = Correspondance::lit(correspondance)?;
        let csv = fichier.and_then(Path::extension).is_some_and(|e| e.eq_ignore_ascii_case("csv"));
        Ok(interprete(&octets, csv, &correspondance).map_err(|e| e.to_string()))
    })
}
