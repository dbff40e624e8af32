//! A table of a page, and the very same table as a file: rows, order and words cannot differ, because
//! the screen and the exports are made from one value. A cell without a value has a word, never a blank.

mod export;
mod ods;
mod ouvert;

use std::fmt;

use askama::Template;
use chrono::NaiveDate;
use referentiel::cellule::Statut;
use referentiel::{Decimal, format};

pub use export::{APropos, ExportImpossible, classeur_xlsx};
pub use ods::classeur as classeur_ods;
pub(crate) use ods::permis;

/// What a cell shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Valeur {
    /// Words.
    Texte(String),
    /// A count.
    Entier(i64),
    /// A figure with decimals.
    Decimal(Decimal),
    /// A ratio, shown as a percentage.
    Taux(Decimal),
    /// An amount.
    Euros(Decimal),
    /// A day.
    Jour(NaiveDate),
    /// No value, and why.
    Absente(Statut),
    /// Nothing to say.
    Rien,
}

impl fmt::Display for Valeur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Texte(t) => f.write_str(t),
            Self::Entier(n) => f.write_str(&format::entier(*n)),
            Self::Decimal(d) => f.write_str(&format::decimal(*d)),
            Self::Taux(t) => f.write_str(&format::pourcentage(*t)),
            Self::Euros(m) => f.write_str(&format::euros(*m)),
            Self::Jour(j) => f.write_str(&format::date(*j)),
            Self::Absente(statut) => f.write_str(crate::statut::mot(*statut).unwrap_or_default()),
            Self::Rien => f.write_str("–"),
        }
    }
}

impl From<&str> for Valeur {
    fn from(texte: &str) -> Self {
        Self::Texte(texte.to_owned())
    }
}

impl From<String> for Valeur {
    fn from(texte: String) -> Self {
        Self::Texte(texte)
    }
}

impl From<u64> for Valeur {
    fn from(n: u64) -> Self {
        Self::Entier(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl<V: Into<Self>> From<Option<V>> for Valeur {
    fn from(valeur: Option<V>) -> Self {
        valeur.map_or(Self::Rien, Into::into)
    }
}

impl From<NaiveDate> for Valeur {
    fn from(jour: NaiveDate) -> Self {
        Self::Jour(jour)
    }
}

/// A cell, which may lead somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cellule {
    /// What it shows.
    pub valeur: Valeur,
    /// Where it leads.
    pub lien: Option<String>,
}

impl<V: Into<Valeur>> From<V> for Cellule {
    fn from(valeur: V) -> Self {
        Self { valeur: valeur.into(), lien: None }
    }
}

impl Cellule {
    /// The same cell, leading to a page.
    #[must_use]
    pub fn vers(mut self, adresse: impl Into<String>) -> Self {
        self.lien = Some(adresse.into());
        self
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colonne {
    /// Header.
    pub libelle: String,
    /// True for figures, aligned on their units.
    pub nombre: bool,
}

impl Colonne {
    /// A column of words.
    pub fn texte(libelle: impl Into<String>) -> Self {
        Self { libelle: libelle.into(), nombre: false }
    }

    /// A column of figures.
    pub fn nombre(libelle: impl Into<String>) -> Self {
        Self { libelle: libelle.into(), nombre: true }
    }
}

/// A table: one header row, the first column names the row.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "table.html")]
pub struct Table {
    /// Anchor of the table in its page.
    pub identifiant: &'static str,
    /// Caption.
    pub titre: String,
    /// Columns.
    pub colonnes: Vec<Colonne>,
    /// Rows.
    pub lignes: Vec<Vec<Cellule>>,
}

impl Table {
    /// True without a row: the page then says what to do.
    pub fn est_vide(&self) -> bool {
        self.lignes.is_empty()
    }

    fn classe(&self, rang: &usize, cellule: &Cellule) -> Option<&'static str> {
        let nombre = self.colonnes.get(*rang).is_some_and(|c| c.nombre);
        match (nombre, &cellule.valeur) {
            (true, Valeur::Absente(_)) => Some("nombre absent"),
            (false, Valeur::Absente(_)) => Some("absent"),
            (true, _) => Some("nombre"),
            (false, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn exemple() -> Table {
        Table {
            identifiant: "activite",
            titre: "Activité du T1 2026".to_owned(),
            colonnes: vec![Colonne::texte("Département"), Colonne::nombre("Personnes"), Colonne::nombre("En emploi")],
            lignes: vec![
                vec![
                    Cellule::from("70 Haute-Saône").vers("?departement=70"),
                    1234u64.into(),
                    Valeur::Taux(Decimal::new(6154, 4)).into(),
                ],
                vec!["=cmd|'/c calc'!A1".into(), Valeur::Absente(Statut::Secret).into(), Valeur::Rien.into()],
            ],
        }
    }

    #[test]
    fn a_table_has_one_header_for_each_row_and_column_and_words_for_absences() {
        let html = exemple().render().unwrap();
        assert_eq!((html.matches("scope=\"col\"").count(), html.matches("scope=\"row\"").count()), (3, 2));
        assert!(html.contains("<caption id=\"activite\">") && html.contains("aria-labelledby=\"activite\""));
        assert!(html.contains("<td class=\"nombre\">1\u{202f}234</td>") && html.contains("61,5\u{a0}%"));
        assert!(html.contains("<td class=\"nombre absent\">secret</td>"), "{html}");
        assert!(html.contains("<a href=\"?departement=70\">70 Haute-Saône</a>"));
    }
}
