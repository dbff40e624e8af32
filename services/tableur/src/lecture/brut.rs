//! A cell as its format gives it, before the layout says what it should hold. Common to XLSX and ODS.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};

use crate::illisible::Illisible;

/// Most rows of a sheet, in both formats.
pub(crate) const LIGNES: u32 = 1_048_576;
/// Most columns of a sheet.
pub(crate) const COLONNES: u32 = 16_384;
/// Most cells of a sheet that hold something, and as many that are only formatted: a million formatted rows still pass.
pub(crate) const CELLULES: u64 = 40_000_000;

/// Content of a cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Brut<'a> {
    Vide,
    Texte(Cow<'a, str>),
    Nombre(f64),
    /// A number that the workbook shows as a date, and the date it shows, when there is one.
    Jour {
        date: Option<NaiveDate>,
        serie: f64,
    },
    Booleen(bool),
    /// `#REF!`, `#N/A`…
    Erreur(Cow<'static, str>),
    /// A formula whose result was never computed.
    SansResultat,
}

/// A cell and its place, both counted from 0.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cellule<'a> {
    pub ligne: u32,
    pub colonne: u32,
    pub brut: Brut<'a>,
    pub formule: bool,
}

/// A sheet as a stream of cells, row after row. Empty cells may be left out.
pub(crate) trait Source<'a> {
    /// The next cell, `None` at the end of the sheet.
    fn suivante(&mut self) -> Result<Option<Cellule<'a>>, Illisible>;
}

impl Brut<'_> {
    /// Nothing, or only spaces.
    pub fn vide(&self) -> bool {
        match self {
            Self::Vide => true,
            Self::Texte(texte) => rogne(texte).is_empty(),
            _ => false,
        }
    }

    /// What the user sees in the cell, near enough to recognise it.
    pub fn affiche(&self) -> Cow<'_, str> {
        match self {
            Self::Vide => "".into(),
            Self::Texte(texte) => rogne(texte).into(),
            Self::Nombre(n) | Self::Jour { date: None, serie: n } => nombre(*n).into(),
            Self::Jour { date: Some(date), .. } => jour(*date).into(),
            Self::Booleen(true) => "VRAI".into(),
            Self::Booleen(false) => "FAUX".into(),
            Self::Erreur(erreur) => erreur.as_ref().into(),
            Self::SansResultat => "formule sans résultat".into(),
        }
    }
}

/// `31/03/2026`.
pub(crate) fn jour(date: NaiveDate) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}

/// Shortest text of a number, as a spreadsheet shows it: `40`, `4.5`, `1E+20`.
pub(crate) fn nombre(n: f64) -> String {
    if n.abs() < 1e15 { format!("{n}") } else { format!("{n:E}").replace('E', "E+") }
}

/// Removes spaces around a text, also those that `trim` does not know (zero width, byte order mark).
pub(crate) fn rogne(texte: &str) -> &str {
    texte.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}'))
}
