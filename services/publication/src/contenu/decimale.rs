//! Decimals on the wire: always a string of digits with at most one point, so that no reader turns
//! them into floating point and no two spellings (`1e3`, `1,5`) mean one figure.

use referentiel::Decimal;
use serde::{Deserialize, Deserializer, Serializer};

pub fn serialize<S: Serializer>(valeur: &Decimal, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(valeur)
}

pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Decimal, D::Error> {
    let texte = String::deserialize(d)?;
    lire(&texte).ok_or_else(|| {
        serde::de::Error::custom(format!("« {texte} » n’est pas un décimal écrit en chiffres, par exemple \"12.50\""))
    })
}

fn lire(texte: &str) -> Option<Decimal> {
    let valeur = Decimal::from_str_exact(texte).ok()?;
    // One spelling for each figure and scale: no sign plus, no leading zero, no underscore.
    (valeur.to_string() == texte).then_some(valeur)
}

/// The same, for an optional member.
pub mod option {
    use referentiel::Decimal;
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(valeur: &Option<Decimal>, s: S) -> Result<S::Ok, S::Error> {
        match valeur {
            Some(valeur) => super::serialize(valeur, s),
            None => s.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Decimal>, D::Error> {
        super::deserialize(d).map(Some)
    }
}
