//! `cargo xtask bench`: the figures of the README, measured here and now on optimised programs.

mod import;

use anyhow::Result;
use clap::Subcommand;

use crate::outil::{cargo, installe, lance, trouve};
use crate::postgres::Serveur;
use crate::test::harnais;

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
    /// Fédération : publications par seconde à 1, 16 et 64 nœuds, poids, coût selon le stock, rattrapage, simulation.
    Federation {
        /// Options de la mesure : --noeuds, --petites, --grandes, --stockees, --retard…
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
        options: Vec<String>,
    },
    /// Publication d’une campagne de 5 000 personnes, millisecondes par étape.
    Publication,
    /// Secret statistique : protection et preuve de tables données sous la forme FICHIER:SEUIL, ou engendrées.
    Secret {
        /// Taille de la plus grande table engendrée, en cellules ; chacune est suivie de son trimestre suivant.
        #[arg(long, value_name = "CELLULES", default_value_t = 20_000)]
        croissance: usize,
        /// Le lecteur sait que les zéros sont tous montrés.
        #[arg(long)]
        zeros_montres: bool,
        /// Les masques tombent aussi sur les zéros.
        #[arg(long, conflicts_with = "zeros_montres")]
        zeros_couverts: bool,
        /// Tables à protéger, après les tables engendrées.
        #[arg(value_name = "FICHIER:SEUIL")]
        tables: Vec<String>,
    },
}

/// Runs a measurement.
pub fn execute(mesure: &Mesure) -> Result<()> {
    match mesure {
        Mesure::Import(o) => import::execute(o),
        Mesure::Hub { options } => hub(options),
        Mesure::Federation { options } => federation(options),
        Mesure::Publication => banc("maillage-tests", "publication"),
        Mesure::Secret { croissance, zeros_montres, zeros_couverts, tables } => {
            let banc = ["run", "--release", "-p", "secret-statistique", "--example", "secret_banc", "--"];
            let zeros = [(zeros_montres, "--zeros-montres"), (zeros_couverts, "--zeros-couverts")];
            let zeros = zeros.into_iter().filter(|(voulu, _)| **voulu).map(|(_, option)| option);
            lance(cargo().args(banc).args(zeros).arg("--croissance").arg(croissance.to_string()).args(tables))
        }
    }
}

fn banc(paquet: &str, nom: &str) -> Result<()> {
    lance(cargo().args(["bench", "-p", paquet, "--bench", nom]))
}

/// On SQLite, then on a PostgreSQL of our own beside the same statements asked of it alone.
fn hub(options: &[String]) -> Result<()> {
    if trouve("wrk").is_none() {
        installe(&["wrk"], "the load of the measurement")?;
    }
    let mesure = ["bench", "--workspace", "--bench", "hub", "--"];
    lance(cargo().args(mesure).args(options))?;
    let serveur = Serveur::demarre()?;
    let mut avec_pairs = cargo();
    avec_pairs.env("MAILLAGE_PGBENCH", serveur.programme("pgbench"));
    match harnais("postgraphile")? {
        Some(dossier) => _ = avec_pairs.env("MAILLAGE_POSTGRAPHILE", dossier),
        None => println!("Without node and npm, PostGraphile is not asked."),
    }
    lance(avec_pairs.args(mesure).args(options).args(["--base", &serveur.url()]))
}

/// On SQLite, then on a PostgreSQL of our own; then the simulated worlds, optimised.
fn federation(options: &[String]) -> Result<()> {
    let mesure = ["bench", "--workspace", "--bench", "federation", "--"];
    lance(cargo().args(mesure).args(options))?;
    let serveur = Serveur::demarre()?;
    lance(cargo().args(mesure).args(options).args(["--base", &serveur.url()]))?;
    let mondes = ["test", "--release", "--workspace", "--test", "protocole", "every_world", "--", "--nocapture"];
    lance(cargo().args(mondes))
}
