//! Bench of the protection: for each table given as `FICHIER:SEUIL`, cells, primary, complementary,
//! loss, width and seconds. `cargo run --release --example secret_banc -- [-o DOSSIER] table.json:11 …`

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

use std::process::ExitCode;
use std::time::Instant;

use secret_statistique::systeme::fichier::{TableLue, proteger};

const LARGEUR: u64 = 3;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    let sortie = arguments.next_if_eq("-o").and_then(|_| arguments.next());
    println!(
        "| table | cellules | primaires | complémentaires | perte | largeur | tours | lecture (s) | protection et preuves (s) |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for argument in arguments {
        if let Err(raison) = mesure(&argument, sortie.as_deref()) {
            eprintln!("{argument} : {raison}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn mesure(argument: &str, sortie: Option<&str>) -> Result<(), Box<dyn std::error::Error>> {
    let (chemin, seuil) = argument.rsplit_once(':').ok_or("FICHIER:SEUIL attendu")?;
    let debut = Instant::now();
    let table: TableLue = serde_json::from_slice(&std::fs::read(chemin)?)?;
    let lecture = debut.elapsed().as_secs_f64();
    let debut = Instant::now();
    let p = proteger(table, seuil.parse()?, LARGEUR, true)?;
    let duree = debut.elapsed().as_secs_f64();
    let nom = chemin.rsplit('/').next().unwrap_or(chemin);
    let (cellules, travail) = (p.table.cells.len(), p.decision.travail);
    let largeur = p.largeur_atteinte.map_or("—".to_owned(), |l| l.to_string());
    println!(
        "| {nom} | {cellules} | {} | {} | {} | {largeur} | {} | {lecture:.2} | {duree:.2} |",
        p.primaires, p.complementaires, p.perte, travail.tours
    );
    if let Some(dossier) = sortie {
        std::fs::write(format!("{dossier}/{nom}"), serde_json::to_vec(&p.table)?)?;
    }
    Ok(())
}
