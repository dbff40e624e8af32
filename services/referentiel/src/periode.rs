//! Periods: the quarter of an emploi accompagné campaign, written `2026-T1` everywhere.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// A calendar quarter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Trimestre {
    annee: i32,
    rang: u8,
}

/// Why a text is not a quarter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("« {0} » n’est pas un trimestre : écrivez l’année et le rang, par exemple 2026-T1")]
pub struct TrimestreInvalide(pub String);

impl Trimestre {
    /// The quarter `rang` (1 to 4) of a year between 2000 and 2199.
    pub fn nouveau(annee: i32, rang: u8) -> Result<Self, TrimestreInvalide> {
        if (2000..2200).contains(&annee) && (1..=4).contains(&rang) {
            Ok(Self { annee, rang })
        } else {
            Err(TrimestreInvalide(format!("{annee}-T{rang}")))
        }
    }

    /// The quarter a date falls in.
    pub fn contenant(date: NaiveDate) -> Result<Self, TrimestreInvalide> {
        Self::nouveau(date.year(), (date.month0() / 3 + 1) as u8)
    }

    /// Year of the quarter.
    pub fn annee(self) -> i32 {
        self.annee
    }

    /// Rank in the year, 1 to 4.
    pub fn rang(self) -> u8 {
        self.rang
    }

    /// First day.
    pub fn debut(self) -> NaiveDate {
        jour(self.annee, u32::from(self.rang) * 3 - 2, 1)
    }

    /// Last day: the usual event date of a campaign (31/03, 30/06, 30/09 or 31/12).
    pub fn fin(self) -> NaiveDate {
        let suivant = self.suivant();
        suivant.debut().pred_opt().unwrap_or(suivant.debut())
    }

    /// The quarter before.
    pub fn precedent(self) -> Self {
        if self.rang == 1 {
            Self { annee: self.annee - 1, rang: 4 }
        } else {
            Self { annee: self.annee, rang: self.rang - 1 }
        }
    }

    /// The quarter after.
    pub fn suivant(self) -> Self {
        if self.rang == 4 {
            Self { annee: self.annee + 1, rang: 1 }
        } else {
            Self { annee: self.annee, rang: self.rang + 1 }
        }
    }

    /// French long form: « 1er trimestre 2026 ».
    pub fn libelle_long(self) -> String {
        let rang = if self.rang == 1 { "1er".to_owned() } else { format!("{}e", self.rang) };
        format!("{rang} trimestre {}", self.annee)
    }
}

fn jour(annee: i32, mois: u32, jour: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(annee, mois, jour).unwrap_or(NaiveDate::MIN)
}

impl fmt::Display for Trimestre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-T{}", self.annee, self.rang)
    }
}

impl FromStr for Trimestre {
    type Err = TrimestreInvalide;

    fn from_str(texte: &str) -> Result<Self, Self::Err> {
        let invalide = || TrimestreInvalide(texte.to_owned());
        let (annee, rang) = texte.split_once("-T").ok_or_else(invalide)?;
        if annee.len() != 4 || rang.len() != 1 || !(annee.bytes().chain(rang.bytes())).all(|o| o.is_ascii_digit()) {
            return Err(invalide());
        }
        let annee = annee.parse().map_err(|_| invalide())?;
        let rang = rang.parse().map_err(|_| invalide())?;
        Self::nouveau(annee, rang).map_err(|_| invalide())
    }
}

impl TryFrom<String> for Trimestre {
    type Error = TrimestreInvalide;
    fn try_from(texte: String) -> Result<Self, Self::Error> {
        texte.parse()
    }
}

impl From<Trimestre> for String {
    fn from(t: Trimestre) -> Self {
        t.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ends_of_quarters_are_the_event_dates_of_the_circular() {
        let fins: Vec<_> = (1..=4).map(|r| Trimestre::nouveau(2026, r).unwrap().fin().to_string()).collect();
        assert_eq!(fins, ["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"]);
        assert_eq!("2026-T1".parse::<Trimestre>().unwrap().libelle_long(), "1er trimestre 2026");
    }

    #[test]
    fn only_the_exact_form_is_read() {
        for mauvais in ["2026T1", "2026-T5", "2026-T0", "26-T1", "2026-T11", "2026-t1", " 2026-T1", "+026-T1", ""] {
            assert!(mauvais.parse::<Trimestre>().is_err(), "{mauvais}");
        }
    }

    proptest! {
        #[test]
        fn every_day_is_in_one_quarter(jours in 0i32..60000) {
            let date = NaiveDate::from_ymd_opt(2001, 1, 1).unwrap() + chrono::Days::new(jours as u64);
            let t = Trimestre::contenant(date).unwrap();
            prop_assert!(t.debut() <= date && date <= t.fin());
            prop_assert_eq!(t.suivant().precedent(), t);
            prop_assert_eq!(t.to_string().parse::<Trimestre>().unwrap(), t);
        }
    }
}
