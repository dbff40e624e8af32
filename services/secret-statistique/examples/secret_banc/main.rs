//! Bench of the protection: cells, primary, complementary, loss, width, CPU seconds of each step, peak
//! memory. `secret_banc [-o DOSSIER] [--zeros-montres] table.json:11 …` measures files, `--politiques` what each
//! policy would leave of them; `--croissance 500000`
//! measures generated tables of 2 000 cells and up first, each with its next quarter.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

mod croissance;
mod mesure;

use std::collections::HashMap;
use std::process::ExitCode;

use mesure::Compteur;
use secret_statistique::audit::{CelluleVue, Effort, Publication, attaque};
use secret_statistique::politiques::comparer;
use secret_statistique::suppression::Decision;
use secret_statistique::systeme::fichier::{
    CelluleEcrite, Etape, Regles, TableEcrite, TableLue, proteger_apres, proteger_en_suivant,
};

const LARGEUR: u64 = 3;
/// Masked cells up to which the attacker is run too.
const ATTAQUEES: usize = 1_500;
/// Threshold of generated tables.
const SEUIL: u64 = 5;
/// One person more changes about so many cells in a generated table, for 2 % of the cells in all.
const CASES_CHANGEES: usize = 50 * 12;
/// Sizes of the growth series, in cells.
const TAILLES: [usize; 8] = [2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000];

/// What is done with zeros.
#[derive(Debug, Clone, Copy)]
struct Zeros {
    montres: bool,
    couverts: bool,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    let sortie = arguments.next_if_eq("-o").and_then(|_| arguments.next());
    let zeros = Zeros {
        montres: arguments.next_if_eq("--zeros-montres").is_some(),
        couverts: arguments.next_if_eq("--zeros-couverts").is_some(),
    };
    let jusque = arguments.next_if_eq("--croissance").and_then(|_| arguments.next()?.parse().ok()).unwrap_or(0);
    println!(
        "| table | cellules | primaires | complémentaires | perte | largeur | tours | lecture (s) | protection seule (s) | preuves et réparation (s) | vérification (s) | attaque indépendante : cases trop étroites, secondes | mémoire (Mo) |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for taille in TAILLES.into_iter().filter(|t| *t <= jusque) {
        if let Err(raison) = croissance(taille, zeros) {
            eprintln!("{taille} : {raison}");
            return ExitCode::FAILURE;
        }
    }
    let politiques = arguments.next_if_eq("--politiques").is_some();
    for argument in arguments {
        let issue = if politiques { compare(&argument) } else { fichier(&argument, zeros, sortie.as_deref()) };
        if let Err(raison) = issue {
            eprintln!("{argument} : {raison}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// What each policy would leave to readers, and how long they all take.
fn compare(argument: &str) -> Result<(), Box<dyn std::error::Error>> {
    let (chemin, seuil) = argument.rsplit_once(':').ok_or("FICHIER:SEUIL attendu")?;
    let table: TableLue = serde_json::from_slice(&std::fs::read(chemin)?)?;
    let mut compteur = Compteur::depart();
    for (methode, issue) in comparer(&table, seuil.parse()?, LARGEUR)? {
        println!("{chemin} {} : {issue:?}", methode.code());
    }
    println!("{chemin} : {:.2} s", compteur.tour());
    Ok(())
}

fn fichier(argument: &str, zeros: Zeros, sortie: Option<&str>) -> Result<(), Box<dyn std::error::Error>> {
    let (chemin, seuil) = argument.rsplit_once(':').ok_or("FICHIER:SEUIL attendu")?;
    let table: TableLue = serde_json::from_slice(&std::fs::read(chemin)?)?;
    let nom = chemin.rsplit('/').next().unwrap_or(chemin);
    mesure(nom, table, (seuil.parse()?, zeros), None, sortie)?;
    Ok(())
}

/// A generated table, then the next quarter, where about one cell in fifty has changed.
fn croissance(taille: usize, zeros: Zeros) -> Result<(), Box<dyn std::error::Error>> {
    let regles = (SEUIL, zeros);
    let nom = format!("engendrée {taille}");
    let decision = mesure(&nom, croissance::table(taille, 0), regles, None, None)?;
    let arrivees = (taille / CASES_CHANGEES).max(1);
    mesure(&format!("{nom}, trimestre suivant"), croissance::table(taille, arrivees), regles, Some(&decision), None)?;
    Ok(())
}

fn mesure(
    nom: &str,
    table: TableLue,
    (seuil, zeros): (u64, Zeros),
    ancienne: Option<&Decision>,
    sortie: Option<&str>,
) -> Result<Decision, Box<dyn std::error::Error>> {
    let mut compteur = Compteur::depart();
    let mut durees: Vec<(Etape, f64)> = vec![];
    let Zeros { montres: zeros_montres, couverts: zeros_couverts } = zeros;
    let regles = Regles { seuil, largeur: LARGEUR, zeros_montres, zeros_couverts, avec_valeurs: true };
    let suivi = |etape| durees.push((etape, compteur.tour()));
    let p = match ancienne {
        Some(ancienne) => proteger_apres(table, regles, ancienne, suivi)?,
        None => proteger_en_suivant(table, regles, suivi)?,
    };
    let duree = |etape| durees.iter().find(|(e, _)| *e == etape).map_or(0.0, |(_, d)| *d);
    let largeur = p.largeur_atteinte.map_or("—".to_owned(), |l| l.to_string());
    let memoire = mesure::memoire_maximale();
    let audit =
        audit(&p.table, zeros_montres).map_or("—".to_owned(), |n| format!("{n} trouvées, {:.2}", compteur.tour()));
    println!(
        "| {nom} | {} | {} | {} | {} | {largeur} | {} | {:.2} | {:.3} | {:.2} | {:.2} | {audit} | {} |",
        p.table.cells.len(),
        p.primaires,
        p.complementaires,
        p.perte,
        p.decision.travail.tours,
        duree(Etape::Lecture),
        duree(Etape::Ebauche),
        duree(Etape::Preuve),
        duree(Etape::Verification),
        memoire,
    );
    if let Some(dossier) = sortie {
        std::fs::write(format!("{dossier}/{nom}"), serde_json::to_vec(&p.table)?)?;
    }
    Ok(p.decision)
}

/// Cells that the attacker finds, who knows nothing of the certificate; nothing where that would take long.
fn audit(table: &TableEcrite, zeros_montres: bool) -> Option<usize> {
    let montree = |c: &CelluleEcrite| c.value.filter(|_| !c.suppressed).map(CelluleVue::montree);
    let masquee = CelluleVue::masquee(LARGEUR).connue_entre(u64::from(zeros_montres), None);
    let rang: HashMap<&str, usize> = table.cells.iter().enumerate().map(|(i, c)| (&*c.id, i)).collect();
    if table.cells.iter().filter(|c| c.suppressed).count() > ATTAQUEES {
        return None;
    }
    let vues = table.cells.iter().map(|c| montree(c).unwrap_or(masquee.clone()));
    let mut publication = Publication::nouvelle(vues.collect());
    for r in &table.relations {
        let coefficients = r.coef.iter().flatten().copied().chain(std::iter::repeat(1));
        let parties: Option<Vec<usize>> = r.parts.iter().map(|p| rang.get(&**p).copied()).collect();
        publication.relie(*rang.get(&*r.total)?, parties?.into_iter().zip(coefficients)).ok()?;
    }
    let audit = attaque(&publication, Effort::Largeur).ok()?;
    Some(audit.etroites(&publication).count())
}
