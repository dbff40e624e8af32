//! The deposited workbook back: with a comment on each faulty cell and a sheet « Anomalies », or with
//! the cells that somebody corrected.
//!
//! Values are those that were read: formulas become their last value and the looks of the source are not kept.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use referentiel::controle::Severite;
use rust_xlsxwriter::{Format, Note, Url, Workbook, Worksheet, XlsxError};

use super::{COMMENTAIRE, EcritureImpossible, TEXTE, borne, style};
use crate::conteneur::{self, Format as Origine};
use crate::lecture::brut::{self, Brut, Cellule, LIGNES, Source};
use crate::lecture::{Onglet, ods, xlsx};
use crate::modele::Modele;
use crate::position::{AnomalieSituee, case};

/// Name of the sheet that lists the anomalies.
const NOM: &str = "Anomalies";
/// Comments of one sheet: beyond, spreadsheets open very slowly. The list has them all.
const COMMENTAIRES: usize = 5000;
/// Serial number of 1 March 1900: before, spreadsheets are a day late and a text is safer.
const PREMIERE_SERIE: f64 = 61.0;
/// Columns of the list and their widths.
const COLONNES: [(&str, f64); 8] = [
    ("Code", 11.0),
    ("Gravité", 14.0),
    ("Feuille", 14.0),
    ("Cellule", 9.0),
    ("Lu", 28.0),
    ("Attendu", 36.0),
    ("Message", 70.0),
    ("Correction proposée", 24.0),
];

type Annotations<'a> = BTreeMap<(u32, u32), Vec<&'a AnomalieSituee>>;

/// A value typed in the place of what a cell held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Canonical name of the sheet.
    pub feuille: String,
    /// Cell, such as `K2`.
    pub cellule: String,
    /// What is written there, as a text; empty empties the cell.
    pub valeur: String,
}

/// What is written besides the cells of the source.
struct Reprise<'a> {
    anomalies: Option<&'a [AnomalieSituee]>,
    corrections: &'a [Correction],
}

/// Writes the source again as XLSX, annotated. `jour` is the date put in the properties of the document.
pub fn annoter(
    octets_source: &[u8],
    modele: &Modele,
    anomalies: &[AnomalieSituee],
    jour: NaiveDate,
) -> Result<Vec<u8>, EcritureImpossible> {
    let reprise = Reprise { anomalies: Some(anomalies), corrections: &[] };
    recrit(octets_source, modele, &reprise, &format!("{} – anomalies", modele.titre()), jour)
}

/// Writes the source again as XLSX, with some cells replaced. Nothing else changes.
pub fn corriger(
    octets_source: &[u8],
    modele: &Modele,
    corrections: &[Correction],
    jour: NaiveDate,
) -> Result<Vec<u8>, EcritureImpossible> {
    recrit(octets_source, modele, &Reprise { anomalies: None, corrections }, modele.titre(), jour)
}

fn recrit(
    octets_source: &[u8],
    modele: &Modele,
    reprise: &Reprise<'_>,
    titre: &str,
    jour: NaiveDate,
) -> Result<Vec<u8>, EcritureImpossible> {
    let conteneur = conteneur::ouvre(octets_source)?;
    let mut classeur = Workbook::new();
    style::proprietes(&mut classeur, titre, jour)?;
    let mut archive = conteneur.archive.clone();
    match conteneur.format {
        Origine::Xlsx => {
            let mut source = xlsx::ouvre(conteneur.octets)?;
            let onglets = xlsx::onglets(&source);
            ecrit_anomalies(&mut classeur, modele, &onglets, reprise.anomalies)?;
            for onglet in a_recopier(&onglets) {
                let mut cellules = xlsx::Cellules::ouvre(&mut source, &onglet.nom)?;
                recopie(&mut classeur, modele, onglet, &mut cellules, reprise)?;
            }
        }
        Origine::Ods => {
            let onglets = ods::onglets(&mut archive)?;
            ecrit_anomalies(&mut classeur, modele, &onglets, reprise.anomalies)?;
            for onglet in a_recopier(&onglets) {
                let mut cellules = ods::Cellules::ouvre(&mut archive, &onglet.nom)?;
                recopie(&mut classeur, modele, onglet, &mut cellules, reprise)?;
            }
        }
    }
    Ok(classeur.save_to_buffer()?)
}

/// The list of a previous annotation is replaced, not copied.
fn a_recopier(onglets: &[Onglet]) -> impl Iterator<Item = &Onglet> {
    onglets.iter().filter(|o| !referentiel::texte::meme_libelle(&o.nom, NOM))
}

fn recopie<'a>(
    classeur: &mut Workbook,
    modele: &Modele,
    onglet: &Onglet,
    source: &mut impl Source<'a>,
    reprise: &Reprise<'_>,
) -> Result<(), EcritureImpossible> {
    let page = classeur.add_worksheet();
    page.set_name(nom_admis(&onglet.nom))?.set_hidden(!onglet.visible);
    let annotations = annotations(modele, onglet, reprise.anomalies.unwrap_or_default());
    let corrections = corrections(modele, onglet, reprise.corrections);
    let (format_date, mut dates, mut figee) = (style::date(Format::new()), BTreeSet::new(), false);
    while let Some(cellule) = source.suivante()? {
        if !figee && !cellule.brut.vide() {
            page.set_freeze_panes(cellule.ligne.saturating_add(1), 0)?;
            figee = true;
        }
        let place = (cellule.ligne, cellule.colonne);
        if corrections.contains_key(&place) {
            continue;
        }
        ecrit_cellule(page, &cellule, &format_date)?;
        if matches!(cellule.brut, Brut::Jour { .. }) && annotations.contains_key(&place) {
            dates.insert(place);
        }
    }
    for ((ligne, rang), valeur) in corrections.iter().filter(|(_, valeur)| !valeur.is_empty()) {
        page.write_string(*ligne, colonne(*rang), borne(valeur, TEXTE))?;
    }
    Ok(annote(page, &annotations, &dates)?)
}

/// The corrections of a sheet, by place; one that names no cell is passed over.
fn corrections<'a>(modele: &Modele, onglet: &Onglet, corrections: &'a [Correction]) -> BTreeMap<(u32, u32), &'a str> {
    let nom = modele.reconnait(&onglet.nom).map(|f| f.nom.as_str());
    let de_la_feuille = corrections.iter().filter(|c| nom == Some(c.feuille.as_str()));
    de_la_feuille
        .filter_map(|c| Some((case(&c.cellule)?, c.valeur.as_str())))
        .filter(|((ligne, colonne), _)| *ligne < LIGNES && *colonne < brut::COLONNES)
        .collect()
}

/// Comments and borders, also on the cells that are faulty for being empty.
fn annote(page: &mut Worksheet, annotations: &Annotations<'_>, dates: &BTreeSet<(u32, u32)>) -> Result<(), XlsxError> {
    for (rang, (place, dites)) in annotations.iter().enumerate() {
        let (ligne, colonne) = (place.0, colonne(place.1));
        if let Some(format) = format(dites) {
            let format = if dates.contains(place) { style::date(format) } else { format };
            page.set_cell_format(ligne, colonne, &format)?;
        }
        if rang < COMMENTAIRES {
            page.insert_note(ligne, colonne, &commentaire(dites))?;
        }
    }
    Ok(())
}

fn ecrit_cellule(page: &mut Worksheet, cellule: &Cellule<'_>, format_date: &Format) -> Result<(), XlsxError> {
    let (ligne, colonne) = (cellule.ligne, colonne(cellule.colonne));
    match &cellule.brut {
        Brut::Vide | Brut::SansResultat => return Ok(()),
        Brut::Texte(texte) => page.write_string(ligne, colonne, borne(texte, TEXTE)),
        Brut::Nombre(n) if n.is_finite() => page.write_number(ligne, colonne, *n),
        Brut::Booleen(b) => page.write_boolean(ligne, colonne, *b),
        Brut::Jour { date: Some(date), .. } if style::serie(*date) >= PREMIERE_SERIE => {
            page.write_number_with_format(ligne, colonne, style::serie(*date), format_date)
        }
        autre => page.write_string(ligne, colonne, borne(&autre.affiche(), TEXTE)),
    }?;
    Ok(())
}

/// Column as the writer counts it; the reader never gives one beyond 16 384.
fn colonne(colonne: u32) -> u16 {
    u16::try_from(colonne).unwrap_or(u16::MAX)
}

fn annotations<'a>(modele: &Modele, onglet: &Onglet, anomalies: &'a [AnomalieSituee]) -> Annotations<'a> {
    let mut annotations = Annotations::new();
    let Some(feuille) = modele.reconnait(&onglet.nom) else { return annotations };
    for anomalie in anomalies.iter().filter(|a| a.feuille.as_deref() == Some(feuille.nom.as_str())) {
        let place = anomalie.cellule.as_deref().and_then(case);
        if let Some(place) = place.filter(|(ligne, colonne)| *ligne < LIGNES && *colonne < brut::COLONNES) {
            annotations.entry(place).or_default().push(anomalie);
        }
    }
    annotations
}

fn format(dites: &[&AnomalieSituee]) -> Option<Format> {
    match dites.iter().map(|a| a.severite).min()? {
        Severite::Bloquant => Some(style::bloquant()),
        Severite::Avertissement => Some(style::avertissement()),
        Severite::Information => None,
    }
}

fn commentaire(dites: &[&AnomalieSituee]) -> Note {
    let textes: Vec<String> = dites
        .iter()
        .map(|a| {
            let correction = a.correction.as_ref().map(|c| format!("\nCorrection proposée : {c}")).unwrap_or_default();
            format!("{} ({})\n{}{correction}", a.controle, gravite(a.severite), a.message)
        })
        .collect();
    Note::new(borne(&textes.join("\n\n"), COMMENTAIRE)).add_author_prefix(false).set_width(320).set_height(140)
}

fn gravite(severite: Severite) -> &'static str {
    match severite {
        Severite::Bloquant => "bloquant",
        Severite::Avertissement => "avertissement",
        Severite::Information => "information",
    }
}

fn ecrit_anomalies(
    classeur: &mut Workbook,
    modele: &Modele,
    onglets: &[Onglet],
    anomalies: Option<&[AnomalieSituee]>,
) -> Result<(), XlsxError> {
    let Some(anomalies) = anomalies else { return Ok(()) };
    let page = classeur.add_worksheet().set_name(NOM)?;
    page.set_freeze_panes(1, 0)?.set_landscape().set_repeat_rows(0, 0)?.set_active(true);
    for (colonne, (titre, largeur)) in (0u16..).zip(COLONNES) {
        page.set_column_width(colonne, largeur)?;
        page.write_string_with_format(0, colonne, titre, &style::entete())?;
    }
    for (ligne, anomalie) in (1u32..).zip(anomalies) {
        let textes = [
            (0, Some(anomalie.controle.as_str())),
            (1, Some(gravite(anomalie.severite))),
            (2, anomalie.feuille.as_deref()),
            (4, anomalie.lu.as_deref()),
            (5, anomalie.attendu.as_deref()),
            (6, Some(anomalie.message.as_str())),
            (7, anomalie.correction.as_deref()),
        ];
        for (colonne, texte) in textes {
            if let Some(texte) = texte {
                page.write_string_with_format(ligne, colonne, borne(texte, TEXTE), &style::paragraphe())?;
            }
        }
        if let (Some(feuille), Some(cellule)) = (&anomalie.feuille, &anomalie.cellule) {
            let onglet = onglets.iter().find(|o| modele.reconnait(&o.nom).is_some_and(|f| f.nom == *feuille));
            match onglet {
                Some(onglet) => {
                    let nom = nom_admis(&onglet.nom).replace('\'', "''");
                    page.write_url_with_text(ligne, 3, Url::new(format!("internal:'{nom}'!{cellule}")), cellule)?;
                }
                None => {
                    page.write_string(ligne, 3, cellule)?;
                }
            }
        }
    }
    page.autofilter(0, 0, (anomalies.len() as u32).max(1), COLONNES.len() as u16 - 1)?;
    Ok(())
}

/// XLSX wants 31 characters at most, and not these: an ODS sheet may have another name.
fn nom_admis(nom: &str) -> String {
    let admis: String = nom.chars().map(|c| if "[]:*?/\\".contains(c) { '_' } else { c }).take(31).collect();
    let admis = admis.trim_matches('\'');
    if admis.is_empty() { "Feuille".to_owned() } else { admis.to_owned() }
}
