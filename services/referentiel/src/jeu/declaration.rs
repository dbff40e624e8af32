//! What a jeu asks somebody to key in: grids (rows × columns of figures) and lists (records). Each grid
//! and each list is a sheet of the jeu's workbook. A cell of a grid is a cell of the jeu: a measure at
//! coordinates. An empty cell is no figure, and is never taken for zero.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::cellule::{Audience, Ventilation};
use crate::texte::plie;

use super::Jeu;

/// A sheet of figures. With `lignes`, one row for each value of that axis and one column for each measure,
/// or for each value of `colonnes`; without it, one row for each measure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grille {
    /// Code, unique in the jeu.
    pub code: String,
    /// Name of the sheet.
    pub libelle: String,
    /// Axis of the rows.
    #[serde(default)]
    pub lignes: Option<String>,
    /// Axis of the columns, for a single measure.
    #[serde(default)]
    pub colonnes: Option<String>,
    /// What is measured.
    pub mesures: Vec<String>,
    /// A row « Total » is keyed too.
    #[serde(default)]
    pub total: bool,
}

/// What a field of a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GenreChamp {
    /// Text, at most a thousand characters.
    Texte,
    /// Count of persons: published only above the threshold of its audience.
    Effectif,
    /// Whole number that counts no person.
    Entier,
    /// Decimal number.
    Decimal,
    /// Euros and cents.
    Montant,
    /// Calendar date, published as its month.
    Date,
    /// Yes or no.
    OuiNon,
    /// A value of a nomenclature.
    Code,
}

/// A column of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Champ {
    /// Code, unique in the list.
    pub code: String,
    /// Header.
    pub libelle: String,
    /// What it holds.
    pub genre: GenreChamp,
    /// Nomenclature of a `code`.
    #[serde(default)]
    pub nomenclature: Option<String>,
    /// A record without it is refused.
    #[serde(default)]
    pub obligatoire: bool,
    /// Stays at the node even when the list is published.
    #[serde(default)]
    pub interne: bool,
}

/// States a record goes through, in order; only those in the last one are published.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cycle {
    /// Field that holds the state.
    pub champ: String,
    /// Codes of the states, from first to last.
    pub etats: Vec<String>,
}

/// Publishes, in the place of the records, groups of them large enough for the audience.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regroupement {
    /// Field whose values are grouped (the commune).
    pub champ: String,
    /// Wider place, whose values are put together first (the EPCI).
    #[serde(default)]
    pub ensemble: Option<String>,
    /// Counts added up: a field of genre `effectif`.
    pub effectif: String,
}

/// A sheet of records.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Liste {
    /// Code, unique in the jeu.
    pub code: String,
    /// Name of the sheet.
    pub libelle: String,
    /// Field that names a record: no two records have the same.
    pub cle: String,
    /// Narrowest audience its records are published for; without it they stay at the node.
    #[serde(default)]
    pub audience: Option<Audience>,
    /// Fewest records.
    #[serde(default)]
    pub minimum: usize,
    /// Columns.
    #[serde(rename = "champ")]
    pub champs: Vec<Champ>,
    /// States of a record.
    #[serde(default)]
    pub cycle: Option<Cycle>,
    /// Published as groups.
    #[serde(default)]
    pub regroupement: Option<Regroupement>,
}

impl Liste {
    /// The field of this code.
    pub fn champ(&self, code: &str) -> Option<&Champ> {
        self.champs.iter().find(|c| c.code == code)
    }

    /// Fields that are published: all but the internal ones; of a group, its name and its count.
    pub fn publies(&self) -> impl Iterator<Item = &Champ> {
        let du_groupe =
            |c: &Champ| self.regroupement.as_ref().is_none_or(|r| c.code == r.champ || c.code == r.effectif);
        self.champs.iter().filter(move |c| !c.interne && du_groupe(c))
    }

    /// True when the records are published for this audience.
    pub fn publiee_pour(&self, audience: Audience) -> bool {
        self.audience.is_some_and(|la_plus_proche| audience >= la_plus_proche)
    }
}

/// A figure or a bound that the rules change with time: a price, a ceiling, a number of months.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parametre {
    /// Code; the same code may be declared again for other dates.
    pub code: String,
    /// What it is.
    pub libelle: String,
    /// Its value.
    pub valeur: Decimal,
    /// First day.
    pub depuis: NaiveDate,
    /// Last day.
    #[serde(default)]
    pub jusqu_au: Option<NaiveDate>,
    /// Text it comes from.
    pub source: String,
}

/// Delay after which a period can no longer be claimed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forclusion {
    /// Check of the catalogue it is told under.
    pub code: String,
    /// Months after the end of the period.
    pub mois: u32,
    /// Days before the end during which it is recalled.
    pub rappel_jours: i64,
    /// The rule, in one French sentence.
    pub regle: String,
}

impl Forclusion {
    /// Last day for a period that ended that day. A quarter ends with a month, and so does the delay.
    pub fn echeance(&self, fin_de_periode: NaiveDate) -> NaiveDate {
        let lendemain = fin_de_periode.succ_opt().unwrap_or(fin_de_periode);
        let limite = lendemain.checked_add_months(chrono::Months::new(self.mois)).unwrap_or(NaiveDate::MAX);
        limite.pred_opt().unwrap_or(limite)
    }
}

/// A place of a grid: a measure, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Coordonnee {
    /// Measure.
    pub mesure: String,
    /// Coordinates on the axes; none for the total.
    #[serde(default, skip_serializing_if = "Ventilation::est_total")]
    pub ventilation: Ventilation,
}

/// A value of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValeurDeclaree {
    /// Text, or the code of a nomenclature.
    Texte(String),
    /// Any number.
    Nombre(Decimal),
    /// Day.
    Date(NaiveDate),
    /// Yes or no.
    OuiNon(bool),
}

impl ValeurDeclaree {
    /// The number, if it is one.
    pub fn nombre(&self) -> Option<Decimal> {
        if let Self::Nombre(n) = self { Some(*n) } else { None }
    }

    /// The text, if it is one.
    pub fn texte(&self) -> Option<&str> {
        if let Self::Texte(t) = self { Some(t) } else { None }
    }
}

impl std::fmt::Display for ValeurDeclaree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Texte(t) => f.write_str(t),
            Self::Nombre(n) => f.write_str(&crate::format::decimal(*n)),
            Self::Date(d) => f.write_str(&crate::format::date(*d)),
            Self::OuiNon(oui) => f.write_str(if *oui { "oui" } else { "non" }),
        }
    }
}

/// A record: what was filled, by field. An empty cell has no entry.
pub type Rangee = BTreeMap<String, ValeurDeclaree>;

#[derive(Serialize, Deserialize)]
struct CelluleEcrite {
    #[serde(flatten)]
    coordonnee: Coordonnee,
    valeur: Decimal,
}

/// What was keyed for one period of a jeu.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// Figures, where there is one.
    #[serde(with = "cellules_en_liste")]
    pub cellules: BTreeMap<Coordonnee, Decimal>,
    /// Cells where somebody wrote that the figure is not available.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub non_disponibles: BTreeSet<Coordonnee>,
    /// Records, by list.
    #[serde(default)]
    pub listes: BTreeMap<String, Vec<Rangee>>,
}

mod cellules_en_liste {
    use super::{BTreeMap, CelluleEcrite, Coordonnee, Decimal};
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(cellules: &BTreeMap<Coordonnee, Decimal>, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(cellules.iter().map(|(c, v)| CelluleEcrite { coordonnee: c.clone(), valeur: *v }))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<BTreeMap<Coordonnee, Decimal>, D::Error> {
        Ok(Vec::<CelluleEcrite>::deserialize(d)?.into_iter().map(|c| (c.coordonnee, c.valeur)).collect())
    }
}

impl Declaration {
    /// The figure of a cell, if one was keyed.
    pub fn valeur(&self, mesure: &str, ventilation: &Ventilation) -> Option<Decimal> {
        let coordonnee = Coordonnee { mesure: mesure.to_owned(), ventilation: ventilation.clone() };
        self.cellules.get(&coordonnee).copied()
    }

    /// Coordinates of a measure where a figure was keyed.
    pub fn places<'a>(&'a self, mesure: &'a str) -> impl Iterator<Item = (&'a Ventilation, Decimal)> {
        self.cellules.iter().filter(move |(c, _)| c.mesure == mesure).map(|(c, v)| (&c.ventilation, *v))
    }

    /// The records of a list.
    pub fn rangees(&self, liste: &str) -> &[Rangee] {
        self.listes.get(liste).map_or(&[], Vec::as_slice)
    }
}

/// A row or a column of a grid: what it shows, and what it adds to the coordinates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entete {
    /// Label.
    pub libelle: String,
    /// Measure, when this side of the grid says which.
    pub mesure: Option<String>,
    /// Axis and value, when this side of the grid says where.
    pub coordonnee: Option<(String, String)>,
}

impl Entete {
    fn mesure(jeu: &Jeu, code: &str) -> Self {
        let libelle = jeu.mesure(code).map_or(code, |m| m.libelle.as_str()).to_owned();
        Self { libelle, mesure: Some(code.to_owned()), coordonnee: None }
    }

    /// True when somebody wrote this row or column so, whatever the case, accents and spaces.
    pub fn reconnait(&self, texte: &str) -> bool {
        let lu = plie(texte);
        let code = self.coordonnee.as_ref().map(|(_, code)| code).or(self.mesure.as_ref());
        plie(&self.libelle) == lu || code.is_some_and(|c| plie(c) == lu)
    }
}

impl Grille {
    /// Label of the total row.
    pub const TOTAL: &'static str = "Total";

    /// Rows, from top to bottom.
    pub fn rangs(&self, jeu: &Jeu) -> Vec<Entete> {
        match &self.lignes {
            Some(axe) => {
                let mut rangs = valeurs(jeu, axe);
                if self.total {
                    rangs.push(Entete { libelle: Self::TOTAL.to_owned(), mesure: None, coordonnee: None });
                }
                rangs
            }
            None => self.mesures.iter().map(|m| Entete::mesure(jeu, m)).collect(),
        }
    }

    /// Columns, from left to right.
    pub fn colonnes(&self, jeu: &Jeu) -> Vec<Entete> {
        match (&self.colonnes, &self.lignes) {
            (Some(axe), _) => valeurs(jeu, axe),
            (None, Some(_)) => self.mesures.iter().map(|m| Entete::mesure(jeu, m)).collect(),
            (None, None) => vec![Entete { libelle: "Valeur".to_owned(), mesure: None, coordonnee: None }],
        }
    }

    /// What the cell at a row and a column is.
    pub fn coordonnee(&self, rang: &Entete, colonne: &Entete) -> Option<Coordonnee> {
        let mesure = rang.mesure.as_ref().or(colonne.mesure.as_ref()).or(self.mesures.first())?.clone();
        let ventilation = Ventilation::nouvelle([&rang.coordonnee, &colonne.coordonnee].into_iter().flatten().cloned());
        Some(Coordonnee { mesure, ventilation })
    }
}

fn valeurs(jeu: &Jeu, axe: &str) -> Vec<Entete> {
    let liste = jeu.nomenclature(axe).into_iter().flat_map(|n| n.modalites.iter().filter(|m| !m.hors_saisie));
    let entete = |m: &crate::nomenclature::Modalite| Entete {
        libelle: m.libelle.clone(),
        mesure: None,
        coordonnee: Some((axe.to_owned(), m.code.clone())),
    };
    liste.map(entete).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_lost_six_months_after_its_end_whatever_the_length_of_the_months() {
        let forclusion = Forclusion { code: "C-TM-02".into(), mois: 6, rappel_jours: 30, regle: String::new() };
        let echeance = |fin: &str| forclusion.echeance(fin.parse().unwrap()).to_string();
        assert_eq!(
            ["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31", "2027-08-31"].map(echeance),
            ["2026-09-30", "2026-12-31", "2027-03-31", "2027-06-30", "2028-02-29"]
        );
    }

    #[test]
    fn an_empty_cell_is_not_a_zero_and_survives_the_store() {
        let zero = Coordonnee { mesure: "M".into(), ventilation: Ventilation::nouvelle([("axe", "a")]) };
        let d = Declaration { cellules: [(zero, Decimal::ZERO)].into(), ..Declaration::default() };
        assert_eq!(d.valeur("M", &Ventilation::nouvelle([("axe", "a")])), Some(Decimal::ZERO));
        assert_eq!(d.valeur("M", &Ventilation::nouvelle([("axe", "b")])), None);
    }
}
