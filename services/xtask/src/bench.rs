//! `cargo xtask bench`: the figures of the README, measured here and now on optimised programs.

mod import;

use anyhow::Result;
use clap::Subcommand;

use crate::outil::{cargo, lance};

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum Mesure {
    /// Lecture d’un classeur de 100 000 évènements, tous contrôles compris, à côté d’openpyxl.
    Import(import::Options),
    /// Publication d’une campagne de 5 000 personnes, millisecondes par étape.
    Publication,
    /// Secret statistique : protection et audit sur des tables de tailles croissantes.
    Secret,
}

/// Runs a measurement.
pub fn execute(mesure: &Mesure) -> Result<()> {
    match mesure {
        Mesure::Import(o) => import::execute(o),
        Mesure::Publication => banc("maillage-tests", "publication"),
        Mesure::Secret => lance(cargo().args(["run", "--release", "-p", "secret-statistique", "--example", "banc"])),
    }
}

fn banc(paquet: &str, nom: &str) -> Result<()> {
    lance(cargo().args(["bench", "-p", paquet, "--bench", nom]))
}
