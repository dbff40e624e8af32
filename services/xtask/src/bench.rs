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
    /// Hub : six requêtes sous charge et réception de 20 000 cellules, sur une région inventée.
    Hub {
        /// Options de la mesure : --centres, --dispositifs, --trimestres, --secondes, --connexions, --base…
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
        options: Vec<String>,
    },
    /// Publication d’une campagne de 5 000 personnes, millisecondes par étape.
    Publication,
    /// Secret statistique : protection et audit de tables données sous la forme FICHIER:SEUIL.
    Secret {
        /// Tables à protéger.
        #[arg(required = true, value_name = "FICHIER:SEUIL")]
        tables: Vec<String>,
    },
}

/// Runs a measurement.
pub fn execute(mesure: &Mesure) -> Result<()> {
    match mesure {
        Mesure::Import(o) => import::execute(o),
        Mesure::Hub { options } => lance(cargo().args(["bench", "-p", "hub", "--bench", "hub", "--"]).args(options)),
        Mesure::Publication => banc("maillage-tests", "publication"),
        Mesure::Secret { tables } => {
            let banc = ["run", "--release", "-p", "secret-statistique", "--example", "secret_banc", "--"];
            lance(cargo().args(banc).args(tables))
        }
    }
}

fn banc(paquet: &str, nom: &str) -> Result<()> {
    lance(cargo().args(["bench", "-p", paquet, "--bench", nom]))
}
