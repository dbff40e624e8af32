//! The project's commands: `cargo xtask demo`, `test`, `captures`, `generate`, `sbom`, `bench`.
//!
//! Each does all its own set-up on a fresh machine with Rust and a C compiler, and stops what it started.

#![expect(clippy::print_stdout, reason = "commands talk to the person who runs them")]

mod bench;
mod captures;
mod demo;
mod generate;
mod navigateur;
mod outil;
mod postgres;
mod sbom;
mod test;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

/// Commandes du projet Maillage.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Commande {
    /// Lance un hub et six nœuds sur des données inventées, publie trois trimestres, montre le résultat.
    Demo(demo::Options),
    /// Prépare ce qu’il faut (PostgreSQL, strace) et lance tous les tests.
    Test(test::Options),
    /// Parcourt les pages dans Chromium et écrit une image de chaque écran, bureau et 320 px.
    Captures(captures::Options),
    /// Régénère les fichiers dérivés (schéma GraphQL) ou vérifie qu’ils sont frais.
    Generate(generate::Options),
    /// Écrit la nomenclature des composants de chaque programme (CycloneDX).
    Sbom(sbom::Options),
    /// Mesure et imprime les chiffres du README.
    #[command(subcommand)]
    Bench(bench::Mesure),
}

fn main() -> ExitCode {
    match execute(&Commande::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            // The chain of causes without a stack: the person who runs the command needs the sentence.
            eprintln!("{}", e.chain().map(ToString::to_string).collect::<Vec<_>>().join("\n  "));
            ExitCode::FAILURE
        }
    }
}

fn execute(commande: &Commande) -> Result<()> {
    match commande {
        Commande::Demo(o) => demo::execute(o),
        Commande::Test(o) => test::execute(o),
        Commande::Captures(o) => captures::execute(o),
        Commande::Generate(o) => generate::execute(o),
        Commande::Sbom(o) => sbom::execute(o),
        Commande::Bench(m) => bench::execute(m),
    }
}
