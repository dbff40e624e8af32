//! Parts of the reference data that are lists of the protocol's own: thresholds a hub demands, campaigns it
//! announces. The others are the files of `schema/`, byte for byte.

use chrono::{DateTime, NaiveDate, Utc};
use referentiel::cellule::Audience;
use referentiel::jeu::versions;
use referentiel::nomenclature::textes;
use referentiel::periode::Trimestre;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::manifeste::Partie;
use crate::refus::{CodeRefus, Refus};
use crate::{jws, octets};

/// Version of these lists, which is that of their parts.
pub const VERSION: &str = "1";

/// Name of the part of the thresholds.
pub const SEUILS: &str = "seuils";

/// Name of the part of the calendar.
pub const CAMPAGNES: &str = "campagnes";

/// Smallest counts a hub lets an audience see of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeuilExige {
    /// Data set.
    pub jeu: String,
    /// Audience.
    pub audience: Audience,
    /// Smallest count.
    pub seuil: u64,
    /// Smallest count when a sensitive axis is crossed.
    pub seuil_sensible: u64,
}

/// A campaign and its deadlines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampagneAnnoncee {
    /// Quarter.
    pub code: Trimestre,
    /// Date the figures describe.
    pub date: NaiveDate,
    /// First moment of the deposit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ouverture: Option<DateTime<Utc>>,
    /// Last moment of the deposit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limite_depot: Option<DateTime<Utc>>,
    /// Last moment of the corrections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fin_correction: Option<DateTime<Utc>>,
}

/// Code lists and data sets of this program, in every version it holds, with the bytes of their files.
pub fn embarquees() -> Vec<(Partie, Vec<u8>)> {
    let decrite = |nom: String, version: &str, texte: &str| {
        (Partie::decrire(nom, version, texte.as_bytes()), texte.as_bytes().to_vec())
    };
    let listes = textes().map(|(n, texte)| decrite(format!("nomenclature/{}", n.code), &n.version, texte));
    let jeux = versions().into_iter().map(|j| decrite(format!("jeu/{}", j.code), &j.version, &j.texte));
    listes.chain(jeux).collect()
}

/// Rules of a kind of convention, by the code of their file.
pub fn convention(code: &str, texte: &str) -> (Partie, Vec<u8>) {
    (Partie::decrire(format!("convention/{code}"), VERSION, texte.as_bytes()), texte.as_bytes().to_vec())
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Liste<T> {
    items: Vec<T>,
}

/// Bytes of a list.
pub fn ecrire<T: Serialize>(items: Vec<T>) -> Vec<u8> {
    octets(&Liste { items })
}

/// Reads a list back, under the limits of every JSON of the protocol.
pub fn lire<T: DeserializeOwned>(octets: &[u8]) -> Result<Vec<T>, Refus> {
    let lue: Result<Liste<T>, _> = jws::lire_objet(octets);
    lue.map(|liste| liste.items).map_err(|e| Refus::nouveau(CodeRefus::ManifestInvalid, e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_back_and_nothing_else_does() {
        let seuils =
            vec![SeuilExige { jeu: "rsu.boeth".into(), audience: Audience::Public, seuil: 11, seuil_sensible: 11 }];
        assert_eq!(lire::<SeuilExige>(&ecrire(seuils.clone())).unwrap(), seuils);
        assert!(lire::<CampagneAnnoncee>(&ecrire(seuils)).is_err());
        assert!(lire::<SeuilExige>(b"[]").is_err());
    }
}
