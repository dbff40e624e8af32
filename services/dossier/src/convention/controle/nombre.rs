//! Numbers and texts of a document that people typed: a number may be a JSON number or a text, a year may be either.
//! Amounts never go through a floating number.

use std::ops::Deref;

use referentiel::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::super::situation::lit_montant;

/// A number of the document, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nombre(pub Decimal);

impl<'de> Deserialize<'de> for Nombre {
    fn deserialize<D: Deserializer<'de>>(lecteur: D) -> Result<Self, D::Error> {
        let valeur = serde_json::Value::deserialize(lecteur)?;
        lit_montant(&valeur).map(Self).map_err(D::Error::custom)
    }
}

impl Deref for Nombre {
    type Target = Decimal;
    fn deref(&self) -> &Decimal {
        &self.0
    }
}

/// A text of the document; a number is taken as it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Texte(pub String);

impl<'de> Deserialize<'de> for Texte {
    fn deserialize<D: Deserializer<'de>>(lecteur: D) -> Result<Self, D::Error> {
        let valeur = serde_json::Value::deserialize(lecteur)?;
        Ok(Self(valeur.as_str().map_or_else(|| valeur.to_string(), str::to_owned)))
    }
}

impl Deref for Texte {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Texte {
    /// Nothing, or only dashes and spaces: what a form shows when nobody filled it.
    pub fn vide(&self) -> bool {
        self.0 == "null" || self.0.chars().all(|c| c.is_whitespace() || matches!(c, '-' | '–' | '—' | '.' | '…'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_and_dashes_are_nothing() {
        let lu: Vec<Nombre> = serde_json::from_str("[7.65, \"298500\", 1431.25, 0.1]").unwrap();
        assert_eq!(lu.iter().map(|n| n.to_string()).collect::<Vec<_>>(), ["7.65", "298500", "1431.25", "0.1"]);
        assert!(serde_json::from_str::<Nombre>("\"deux\"").unwrap_err().to_string().contains("« deux »"));
        let textes: Vec<Texte> = serde_json::from_str("[2026, \"2026\", \" - \", null, \"V5\"]").unwrap();
        assert_eq!(textes[0], textes[1]);
        assert_eq!(textes.iter().map(Texte::vide).collect::<Vec<_>>(), [false, false, true, true, false]);
    }
}
