//! `secret comparer`: what readers would lose under each policy, on the same table.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use referentiel::format;
use secret_statistique::politiques::{Perte, comparer};

use super::dit;
use super::fichier::{Illisible, Table};

/// Options of `secret comparer`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Table à publier : {"cells": [{"id", "value"}], "relations": [{"total", "parts": […]}]}.
    #[arg(value_name = "TABLE.json")]
    table: PathBuf,
    /// Plus petit effectif montré ; 0 se montre.
    #[arg(long, value_name = "EFFECTIF")]
    seuil: u64,
    /// Largeur que garde l’intervalle de chaque case masquée pour qui connaît tout le reste.
    #[arg(long, default_value_t = 3, value_name = "EFFECTIF")]
    largeur: u64,
}

/// Compares and shows.
pub fn execute(o: &Options) -> Result<ExitCode> {
    let table = Table::lit(&o.table)?.brute()?;
    for (methode, resultat) in comparer(&table, o.seuil, o.largeur).map_err(Illisible::from)? {
        let perte = resultat.as_ref().map_or_else(ToString::to_string, phrase);
        dit(&format!("{} : {perte}", methode.libelle()))?;
    }
    dit(
        "Personnes non restituées : écart des valeurs approchées, demi-largeur des intervalles, tout le reste des cases vides.",
    )?;
    Ok(ExitCode::SUCCESS)
}

fn phrase(p: &Perte) -> String {
    let nombre = |n: usize| format::entier(i64::try_from(n).unwrap_or(i64::MAX));
    let genres = [
        (p.exactes, "exactes"),
        (p.approchees, "approchées"),
        (p.encadrees, "encadrées"),
        (p.masquees, "masquées"),
        (p.retirees, "non publiées"),
    ];
    let presents = genres.iter().filter(|(n, _)| *n > 0);
    let presents: Vec<String> = presents.map(|(n, genre)| format!("{} {genre}", nombre(*n))).collect();
    format!(
        "{} ; écart maximal {}, {} non restituées.",
        presents.join(", "),
        format::entier(i64::try_from(p.ecart_maximal).unwrap_or(i64::MAX)),
        format::compte(p.personnes, "personne", "personnes"),
    )
}
