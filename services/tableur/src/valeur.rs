//! What a reader receives: rows of typed values, one for each field of the layout.

use std::borrow::Cow;

use chrono::NaiveDate;
use referentiel::Decimal;

/// The value of one cell, once its form has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Valeur<'a> {
    /// Nothing in the cell.
    Vide,
    /// The column is not in this file; an anomaly already says so, once.
    Absente,
    /// Something was there and an anomaly was already raised for this cell.
    Fautive,
    /// Text, without the spaces around it.
    Texte(Cow<'a, str>),
    /// Calendar date.
    Date(NaiveDate),
    /// Whole number.
    Entier(u32),
    /// Decimal number, 0 or more.
    Decimal(Decimal),
    /// Code of a value of the field's nomenclature.
    Modalite(&'static str),
    /// The value was typed as a number of hours: the band it falls in, and what was typed (C-EV-11).
    Heures {
        /// Code of the band.
        code: &'static str,
        /// Hours as typed.
        heures: Decimal,
    },
    /// Several texts of one cell, none of them empty.
    Liste(Vec<String>),
}

impl Valeur<'_> {
    /// True when nothing was typed in a column that exists.
    pub fn vide(&self) -> bool {
        matches!(self, Self::Vide)
    }

    /// True when an anomaly was already raised: nothing more should be said of this cell.
    pub fn deja_signalee(&self) -> bool {
        matches!(self, Self::Fautive | Self::Absente)
    }

    /// The same value, kept beyond the row it was read in.
    pub fn detache(&self) -> Valeur<'static> {
        match self {
            Self::Vide => Valeur::Vide,
            Self::Absente => Valeur::Absente,
            Self::Fautive => Valeur::Fautive,
            Self::Texte(texte) => Valeur::Texte(Cow::Owned(texte.clone().into_owned())),
            Self::Date(date) => Valeur::Date(*date),
            Self::Entier(n) => Valeur::Entier(*n),
            Self::Decimal(n) => Valeur::Decimal(*n),
            Self::Modalite(code) => Valeur::Modalite(code),
            Self::Heures { code, heures } => Valeur::Heures { code, heures: *heures },
            Self::Liste(textes) => Valeur::Liste(textes.clone()),
        }
    }

    /// The text, for a text or a code.
    pub fn texte(&self) -> Option<&str> {
        if let Self::Texte(texte) = self { Some(texte) } else { None }
    }

    /// The date.
    pub fn date(&self) -> Option<NaiveDate> {
        if let Self::Date(date) = self { Some(*date) } else { None }
    }

    /// The whole number.
    pub fn entier(&self) -> Option<u32> {
        if let Self::Entier(n) = self { Some(*n) } else { None }
    }

    /// The decimal number.
    pub fn decimal(&self) -> Option<Decimal> {
        if let Self::Decimal(n) = self { Some(*n) } else { None }
    }

    /// The code of the nomenclature, chosen or reached through a number of hours.
    pub fn modalite(&self) -> Option<&'static str> {
        if let Self::Modalite(code) | Self::Heures { code, .. } = self { Some(code) } else { None }
    }

    /// The texts of a list; empty for anything else.
    pub fn liste(&self) -> &[String] {
        if let Self::Liste(textes) = self { textes } else { &[] }
    }
}

/// One row of a sheet.
#[derive(Debug, Clone, Copy)]
pub struct LigneLue<'a> {
    /// Number of the row as the user sees it.
    pub numero: u32,
    /// One value for each field of the layout's sheet, in its order.
    pub valeurs: &'a [Valeur<'a>],
}

impl<'a> LigneLue<'a> {
    /// The value of the field at this place of the layout (`Feuille::indice`).
    pub fn valeur(&self, indice: usize) -> &'a Valeur<'a> {
        self.valeurs.get(indice).unwrap_or(&Valeur::Absente)
    }
}
