//! The table as a file: CSV for a French spreadsheet, open CSV, XLSX with a sheet that says what it is.

use chrono::NaiveDate;
use rust_decimal::prelude::ToPrimitive as _;
use rust_xlsxwriter::{DocProperties, Format, Workbook, Worksheet, XlsxError};

use super::{Colonne, Table, Valeur};

/// What goes with the figures into the file: without it a table sent to a colleague means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct APropos {
    /// (heading, words): title, filters, period, source, date of extraction, licence.
    pub lignes: Vec<(String, String)>,
    /// Date written into the file, where the same figures must give the same bytes; that of the clock without it.
    pub date: Option<NaiveDate>,
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportImpossible {
    /// The CSV writer refused.
    #[error("Le fichier CSV n’a pas pu être écrit ({0}).")]
    Csv(#[from] csv::Error),
    /// The workbook writer refused.
    #[error("Le classeur n’a pas pu être écrit ({0}).")]
    Classeur(#[from] XlsxError),
    /// The JSON writer refused.
    #[error("Le fichier JSON n’a pas pu être écrit ({0}).")]
    Json(#[from] serde_json::Error),
    /// The OpenDocument writer refused.
    #[error("Le classeur n’a pas pu être écrit ({0}).")]
    Ecriture(#[from] std::io::Error),
    /// Its container did.
    #[error("Le classeur n’a pas pu être écrit ({0}).")]
    Conteneur(#[from] zip::result::ZipError),
    /// A part of the document to edit did.
    #[error("Le document n’a pas pu être écrit ({0}).")]
    Document(#[from] askama::Error),
}

impl Table {
    /// CSV as a French spreadsheet wants it: byte-order mark, semicolons, decimal comma, CRLF; a text that
    /// would be taken for a formula is neutralised. What it is about comes after the table.
    pub fn csv_tableur(&self, a_propos: &APropos) -> Result<Vec<u8>, ExportImpossible> {
        let mut sortie = csv::WriterBuilder::new()
            .delimiter(b';')
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(vec![0xEF, 0xBB, 0xBF]);
        sortie.write_record(self.colonnes.iter().map(|c| neutralise(&c.libelle)))?;
        for ligne in &self.lignes {
            sortie.write_record(ligne.iter().map(|c| pour_tableur(&c.valeur)))?;
        }
        sortie.write_record([""])?;
        for (titre, mots) in a_propos.lignes.iter().chain(&legende()) {
            sortie.write_record([neutralise(titre), neutralise(mots)])?;
        }
        Ok(sortie.into_inner().map_err(|e| csv::Error::from(e.into_error()))?)
    }

    /// Open CSV: UTF-8 without mark, commas, decimal point, ISO dates, nothing but the table. A cell without
    /// a value is empty in its column, and its status is in the column beside.
    pub fn csv_ouvert(&self) -> Result<Vec<u8>, ExportImpossible> {
        let mut sortie = csv::Writer::from_writer(vec![]);
        sortie.write_record(colonnes_ouvertes(&self.colonnes).map(|(nom, ..)| nom))?;
        for ligne in &self.lignes {
            let cases = ligne.iter().zip(&self.colonnes).flat_map(|(cellule, colonne)| {
                let statut = colonne.nombre.then(|| statut(&cellule.valeur).to_owned());
                std::iter::once(ouverte(&cellule.valeur)).chain(statut)
            });
            sortie.write_record(cases)?;
        }
        Ok(sortie.into_inner().map_err(|e| csv::Error::from(e.into_error()))?)
    }

    /// XLSX: the table from A1 under a frozen header, then a sheet « À propos ».
    pub fn xlsx(&self, a_propos: &APropos) -> Result<Vec<u8>, ExportImpossible> {
        classeur_xlsx([("Tableau".to_owned(), self)], a_propos)
    }

    /// Writes the table from A1 of a sheet, under a frozen header.
    fn ecrit_feuille(&self, feuille: &mut Worksheet) -> Result<(), ExportImpossible> {
        let gras = Format::new().set_bold();
        feuille.set_freeze_panes(1, 1)?.set_repeat_rows(0, 0)?;
        for (rang, colonne) in (0u16..).zip(&self.colonnes) {
            feuille.write_string_with_format(0, rang, &colonne.libelle, &gras)?;
            feuille.set_column_width(rang, if colonne.nombre { 16.0 } else { 34.0 })?;
        }
        let (pourcent, euros, jour) = (
            Format::new().set_num_format("0.0 %"),
            Format::new().set_num_format("# ##0.00 €"),
            Format::new().set_num_format("dd/mm/yyyy"),
        );
        for (ligne, cellules) in (1u32..).zip(&self.lignes) {
            for (rang, cellule) in (0u16..).zip(cellules) {
                let nombre = |d: &referentiel::Decimal| d.to_f64().unwrap_or_default();
                match &cellule.valeur {
                    // A larger integer would lose digits in a spreadsheet; no count here comes near.
                    Valeur::Entier(n) => feuille.write_number(ligne, rang, *n as f64)?,
                    Valeur::Decimal(d) => feuille.write_number(ligne, rang, nombre(d))?,
                    Valeur::Taux(t) => feuille.write_number_with_format(ligne, rang, nombre(t), &pourcent)?,
                    Valeur::Euros(m) => feuille.write_number_with_format(ligne, rang, nombre(m), &euros)?,
                    Valeur::Jour(j) => feuille.write_datetime_with_format(ligne, rang, *j, &jour)?,
                    texte => feuille.write_string(ligne, rang, texte.to_string())?,
                };
            }
        }
        Ok(())
    }
}

/// A workbook with a sheet per table, under these names, then « À propos ».
pub fn classeur_xlsx<'t>(
    feuilles: impl IntoIterator<Item = (String, &'t Table)>,
    a_propos: &APropos,
) -> Result<Vec<u8>, ExportImpossible> {
    let mut classeur = Workbook::new();
    for (nom, table) in feuilles {
        let feuille = classeur.add_worksheet();
        feuille.set_name(nom)?;
        table.ecrit_feuille(feuille)?;
    }
    a_propos.ecrit_feuille(classeur.add_worksheet())?;
    if let Some(date) = &a_propos.date {
        classeur.set_properties(&DocProperties::new().set_creation_datetime(date));
    }
    Ok(classeur.save_to_buffer()?)
}

/// Columns of the open CSV: each as it is, and the status beside each figure.
pub(super) fn colonnes_ouvertes(colonnes: &[Colonne]) -> impl Iterator<Item = (String, &Colonne, bool)> {
    colonnes.iter().flat_map(|c| {
        let statut = c.nombre.then(|| (format!("{} (statut)", c.libelle), c, true));
        std::iter::once((c.libelle.clone(), c, false)).chain(statut)
    })
}

impl APropos {
    /// Writes what the figures are about, and what the words of absence mean.
    fn ecrit_feuille(&self, feuille: &mut Worksheet) -> Result<(), ExportImpossible> {
        let gras = Format::new().set_bold();
        feuille.set_name("À propos")?.set_column_width(0, 28)?.set_column_width(1, 90)?;
        for (ligne, (titre, mots)) in (0u32..).zip(self.lignes.iter().chain(&legende())) {
            feuille.write_string_with_format(ligne, 0, titre, &gras)?.write_string(ligne, 1, mots)?;
        }
        Ok(())
    }
}

pub(super) fn legende() -> Vec<(String, String)> {
    crate::statut::LEGENDE.iter().map(|(mot, sens)| (format!("« {mot} »"), (*sens).to_owned())).collect()
}

fn pour_tableur(valeur: &Valeur) -> String {
    match valeur {
        Valeur::Entier(n) => n.to_string(),
        Valeur::Decimal(d) | Valeur::Euros(d) => d.to_string().replace('.', ","),
        Valeur::Taux(t) => format!("{}%", (t * referentiel::Decimal::ONE_HUNDRED).round_dp(1)).replace('.', ","),
        autre => neutralise(&autre.to_string()),
    }
}

pub(super) fn ouverte(valeur: &Valeur) -> String {
    match valeur {
        Valeur::Entier(n) => n.to_string(),
        Valeur::Decimal(d) | Valeur::Euros(d) => d.to_string(),
        Valeur::Taux(t) => t.round_dp(4).to_string(),
        Valeur::Jour(j) => j.to_string(),
        Valeur::Texte(t) => t.clone(),
        Valeur::Absente(_) | Valeur::Rien => String::new(),
    }
}

pub(super) fn statut(valeur: &Valeur) -> &'static str {
    match valeur {
        Valeur::Absente(statut) => statut.code(),
        Valeur::Rien => "",
        _ => "publie",
    }
}

/// A spreadsheet runs a text that begins like a formula; an apostrophe keeps it a text.
fn neutralise(texte: &str) -> String {
    if texte.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{texte}") } else { texte.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::tests::exemple;
    use super::*;

    fn a_propos() -> APropos {
        APropos { lignes: vec![("Campagne".to_owned(), "T1 2026".to_owned())], date: None }
    }

    #[test]
    fn the_spreadsheet_csv_is_french_and_runs_nothing() {
        let octets = exemple().csv_tableur(&a_propos()).unwrap();
        assert!(octets.starts_with(&[0xEF, 0xBB, 0xBF]));
        let texte = String::from_utf8(octets).unwrap();
        assert!(texte.contains("Département;Personnes;En emploi\r\n70 Haute-Saône;1234;61,5%\r\n"), "{texte}");
        assert!(texte.contains("'=cmd|'/c calc'!A1;secret;–\r\n"), "{texte}");
        assert!(texte.contains("Campagne;T1 2026") && texte.contains("« secret »;"));
    }

    #[test]
    fn the_open_csv_has_a_status_beside_each_figure() {
        let texte = String::from_utf8(exemple().csv_ouvert().unwrap()).unwrap();
        let lignes: Vec<&str> = texte.lines().collect();
        assert_eq!(lignes[0], "Département,Personnes,Personnes (statut),En emploi,En emploi (statut)");
        assert_eq!(lignes[1], "70 Haute-Saône,1234,publie,0.6154,publie");
        assert_eq!(lignes[2], "=cmd|'/c calc'!A1,,secret,,");
    }

    #[test]
    fn the_workbook_opens_with_its_two_sheets() {
        let octets = exemple().xlsx(&a_propos()).unwrap();
        assert!(octets.starts_with(b"PK"));
        let texte = String::from_utf8_lossy(&octets).into_owned();
        assert!(texte.contains("xl/worksheets/sheet2.xml"));
    }
}
