//! Looks of the written sheets. A meaning is never carried by colour alone: a border, a weight or a word goes with it.

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, XlsxError};

use crate::modele::Genre;

/// Days from here to a date are its serial number.
const EPOQUE: NaiveDate = match NaiveDate::from_ymd_opt(1899, 12, 30) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// Serial number of a date in the 1900 system (from March 1900 on).
pub(super) fn serie(date: NaiveDate) -> f64 {
    (date - EPOQUE).num_days() as f64
}

/// Header of a column that people fill.
pub(super) fn entete() -> Format {
    Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_background_color(Color::RGB(0xE6_EAF2))
        .set_border_bottom(FormatBorder::Medium)
}

/// Header of a column filled by the tool or derived: italic, its note says who fills it.
pub(super) fn entete_auto() -> Format {
    entete().set_italic().set_font_color(Color::RGB(0x5B_6070))
}

/// Format of the cells of a column.
pub(super) fn colonne(genre: &Genre) -> Format {
    match genre {
        Genre::Code(_) | Genre::Reference(_) | Genre::Departement => Format::new().set_num_format("@"),
        Genre::Date => date(Format::new()),
        Genre::Entier => Format::new().set_num_format("0"),
        Genre::Decimal => Format::new().set_num_format("0.##"),
        Genre::Texte | Genre::Liste(_) | Genre::Modalite(..) => Format::new(),
    }
}

/// Shows a date as jj/mm/aaaa.
pub(super) fn date(format: Format) -> Format {
    format.set_num_format("dd/mm/yyyy")
}

/// A cell that blocks: thick border, bold, pink.
pub(super) fn bloquant() -> Format {
    Format::new().set_bold().set_border(FormatBorder::Thick).set_background_color(Color::RGB(0xF8_D7DA))
}

/// A cell that asks for a comment: dashed border, italic, pale orange.
pub(super) fn avertissement() -> Format {
    Format::new().set_italic().set_border(FormatBorder::Dashed).set_background_color(Color::RGB(0xFF_EBCC))
}

/// Text that runs over several lines.
pub(super) fn paragraphe() -> Format {
    Format::new().set_text_wrap().set_align(FormatAlign::Top)
}

/// Title, language and date of a workbook. The date is a parameter: two writings give the same bytes.
pub(super) fn proprietes(classeur: &mut Workbook, titre: &str, jour: NaiveDate) -> Result<(), XlsxError> {
    let annee = u16::try_from(jour.year()).unwrap_or(1900);
    let creation = ExcelDateTime::from_ymd(annee, jour.month() as u8, jour.day() as u8)?;
    let proprietes = DocProperties::new()
        .set_title(titre)
        .set_author("Maillage")
        .set_creation_datetime(&creation)
        .set_custom_property("Language", "fr-FR");
    classeur.set_properties(&proprietes);
    Ok(())
}
