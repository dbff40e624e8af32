//! Writes a quarter of the story as the three-sheet workbook a chef de file deposits.

use std::path::Path;

use anyhow::Result;
use chrono::NaiveDate;
use rust_xlsxwriter::{Format, Workbook, Worksheet};

use super::population::{Personne, Trimestre};

const DISPOSITIF: &[&str] = &[
    "Référence dispositif",
    "Email du responsable",
    "Nom du responsable",
    "Prénom du responsable",
    "Nom du dispositif",
    "No de département",
    "Région",
    "Nom du département",
    "Emails conseillers dispositif",
    "Statut",
    "Structures rattachées au DEA",
    "Capacité d’accompagnement",
    "Nombre d’équivalents temps plein (ETP) dans le dispositif",
    "Nombre d’ETP hors administratifs",
    "Nombre de professionnels hors administratifs",
    "Nombre de personnes en liste d’attente",
    "Nombre de personnes sans suite",
];
const PERSONNES: &[&str] = &[
    "Référence personne accompagnée",
    "Dernier statut accompagnement",
    "Dispositif accompagnant",
    "Référence dispositif",
    "Structure accompagnante",
    "Date de naissance",
    "Sexe",
    "Nature handicap principal",
    "Nature handicap associé",
    "Date entrée dans le dispositif",
    "Date sortie du dispositif",
    "Durée période sans emploi",
    "Orientation",
];
const EVENEMENTS: &[&str] = &[
    "Id",
    "Dispositif concerné",
    "Dispositif",
    "Région",
    "Département",
    "Choisir personne concernée",
    "Structure accompagnante",
    "Statut à la date évènement",
    "Niveau de soutien apporté",
    "Emploi à la date évènement",
    "Formation à la date évènement",
    "Emploi dans le dernier mois",
    "Formation dans le dernier mois",
    "Date de l’évènement",
    "Date de modification",
    "Date création fiche",
];

/// Writes the workbook.
pub fn ecrit(t: &Trimestre, chemin: &Path) -> Result<()> {
    let mut classeur = Workbook::new();
    let dates = Format::new().set_num_format("dd/mm/yyyy");
    dispositif(entetes(&mut classeur, "Dispositif", DISPOSITIF)?, t)?;
    let feuille = entetes(&mut classeur, "Personnes", PERSONNES)?;
    for (i, p) in t.personnes.iter().enumerate() {
        personne(feuille, u32::try_from(i)? + 1, p, t, &dates)?;
    }
    let feuille = entetes(&mut classeur, "Évènements", EVENEMENTS)?;
    for (i, p) in t.personnes.iter().enumerate() {
        evenement(feuille, u32::try_from(i)? + 1, p, t, &dates)?;
    }
    classeur.save(chemin)?;
    Ok(())
}

fn entetes<'a>(classeur: &'a mut Workbook, nom: &str, titres: &[&str]) -> Result<&'a mut Worksheet> {
    let feuille = classeur.add_worksheet();
    feuille.set_name(nom)?.set_freeze_panes(1, 0)?;
    for (colonne, titre) in (0u16..).zip(titres) {
        feuille.write_string(0, colonne, *titre)?;
    }
    Ok(feuille)
}

fn ligne(feuille: &mut Worksheet, rang: u32, textes: &[(u16, &str)]) -> Result<()> {
    for (colonne, texte) in textes.iter().filter(|(_, t)| !t.is_empty()) {
        feuille.write_string(rang, *colonne, *texte)?;
    }
    Ok(())
}

fn jour(feuille: &mut Worksheet, rang: u32, colonne: u16, date: NaiveDate, format: &Format) -> Result<()> {
    feuille.write_datetime_with_format(rang, colonne, date, format)?;
    Ok(())
}

fn dispositif(feuille: &mut Worksheet, t: &Trimestre) -> Result<()> {
    let d = &t.dispositif;
    let domaine = d.reference.to_lowercase();
    let (numero, nom, region) = d.departement;
    let dixiemes = |n: u32| if n.is_multiple_of(10) { (n / 10).to_string() } else { format!("{},{}", n / 10, n % 10) };
    let courriels = format!("conseil1@{domaine}.example; conseil2@{domaine}.example");
    ligne(
        feuille,
        1,
        &[
            (0, d.reference),
            (1, &format!("responsable@{domaine}.example")),
            (2, "RESPONSABLE"),
            (3, "Camille"),
            (4, d.nom),
            (5, numero),
            (6, region),
            (7, nom),
            (8, &courriels),
            (9, "En activité"),
            (10, &d.structures.join("; ")),
            (12, &dixiemes(d.etp_dixiemes.0)),
            (13, &dixiemes(d.etp_dixiemes.1)),
        ],
    )?;
    for (colonne, n) in [(11, d.capacite), (14, t.professionnels), (15, t.liste_attente), (16, t.sans_suite)] {
        feuille.write_number(1, colonne, n)?;
    }
    Ok(())
}

fn personne(feuille: &mut Worksheet, rang: u32, p: &Personne, t: &Trimestre, dates: &Format) -> Result<()> {
    let d = &t.dispositif;
    ligne(
        feuille,
        rang,
        &[
            (0, &p.reference),
            (1, p.statut),
            (2, d.nom),
            (3, d.reference),
            (4, p.structure),
            (6, p.sexe),
            (7, p.handicap),
            (8, p.handicap_associe.unwrap_or_default()),
            (12, p.orientation),
        ],
    )?;
    jour(feuille, rang, 5, p.naissance, dates)?;
    jour(feuille, rang, 9, p.entree, dates)?;
    if let Some(sortie) = p.sortie {
        jour(feuille, rang, 10, sortie, dates)?;
    }
    feuille.write_number(rang, 11, p.mois_sans_emploi)?;
    Ok(())
}

fn evenement(feuille: &mut Worksheet, rang: u32, p: &Personne, t: &Trimestre, dates: &Format) -> Result<()> {
    let d = &t.dispositif;
    let (_, nom, region) = d.departement;
    ligne(
        feuille,
        rang,
        &[
            (1, d.reference),
            (2, d.nom),
            (3, region),
            (4, nom),
            (5, &p.reference),
            (6, p.structure),
            (7, p.statut),
            (8, p.niveau),
            (9, p.emploi),
            (10, p.formation),
            (11, p.emploi_mois),
            (12, p.formation_mois),
        ],
    )?;
    jour(feuille, rang, 13, t.date, dates)
}
