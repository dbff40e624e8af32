//! Regions, départements (code officiel géographique) and the centres de gestion with their territories.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::identifiant::CodeDepartement;
use crate::texte::meme_libelle;

/// Depth in the territory tree structure < dispositif < département < région, and the emitter's whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Niveau {
    /// Field structure that follows the person; code `BFC01/Structure Horizon`.
    Structure,
    /// Dispositif d'emploi accompagné; code `BFC01`.
    Dispositif,
    /// Département; code of the COG.
    Departement,
    /// Région; code of the COG. In a node's table, the part of that region the node knows.
    Region,
}

impl Niveau {
    /// Name in data files and in the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Dispositif => "dispositif",
            Self::Departement => "departement",
            Self::Region => "region",
        }
    }
}

/// A region of the COG.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Region {
    /// INSEE code (27, 44, 11…).
    pub code: String,
    /// Name.
    pub nom: String,
}

/// A département of the COG.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Departement {
    /// Number as text.
    pub code: CodeDepartement,
    /// Name.
    pub nom: String,
    /// Code of its region.
    pub region: String,
}

/// A centre de gestion (CDG) or centre interdépartemental (CIG).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Organisme {
    /// `CDG70`, `CIGPC`…
    pub code: String,
    /// `CDG` or `CIG`.
    #[serde(rename = "type")]
    pub genre: String,
    /// Name.
    pub nom: String,
    /// Départements of its territory.
    pub departements: Vec<CodeDepartement>,
    /// Region or ring it belongs to, in words.
    pub perimetre: String,
}

#[derive(Deserialize)]
struct Referentiel {
    #[serde(rename = "region")]
    regions: Vec<Region>,
    #[serde(rename = "departement")]
    departements: Vec<Departement>,
    #[serde(rename = "organisme")]
    organismes: Vec<Organisme>,
}

const SOURCE: &str = include_str!("../../../schema/nomenclatures/territoires.toml");

static REFERENTIEL: LazyLock<Referentiel> = LazyLock::new(|| {
    toml::from_str(SOURCE).unwrap_or(Referentiel { regions: vec![], departements: vec![], organismes: vec![] })
});

/// All regions.
pub fn regions() -> &'static [Region] {
    &REFERENTIEL.regions
}

/// All départements.
pub fn departements() -> &'static [Departement] {
    &REFERENTIEL.departements
}

/// The centres known at the start; others are added to the data file.
pub fn organismes() -> &'static [Organisme] {
    &REFERENTIEL.organismes
}

/// The region of this INSEE code.
pub fn region(code: &str) -> Option<&'static Region> {
    regions().iter().find(|r| r.code == code)
}

/// The département of this number.
pub fn departement(code: &CodeDepartement) -> Option<&'static Departement> {
    departements().iter().find(|d| &d.code == code)
}

/// The département a person named, without case, accents or curly quotes.
pub fn departement_nomme(nom: &str) -> Option<&'static Departement> {
    departements().iter().find(|d| meme_libelle(&d.nom, nom))
}

/// The region a person named.
pub fn region_nommee(nom: &str) -> Option<&'static Region> {
    regions().iter().find(|r| meme_libelle(&r.nom, nom))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_file_is_complete() {
        let r: Referentiel = toml::from_str(SOURCE).unwrap();
        assert_eq!((r.regions.len(), r.departements.len(), r.organismes.len()), (18, 101, 20));
        assert!(r.departements.iter().all(|d| region(&d.region).is_some()));
        assert!(r.organismes.iter().flat_map(|o| &o.departements).all(|d| departement(d).is_some()));
    }

    #[test]
    fn the_traps_of_ile_de_france_hold() {
        let du = |code: &str| organismes().iter().filter(|o| o.departements.iter().any(|d| d.as_str() == code)).count();
        assert_eq!(du("77"), 0, "Seine-et-Marne has its own centre, outside the CIG");
        assert_eq!(du("75"), 0);
        assert_eq!(du("78"), 1);
        assert_eq!(departement_nomme("côte-d’or").unwrap().code.as_str(), "21");
        assert_eq!(region_nommee("BOURGOGNE FRANCHE COMTE"), None, "a hyphen is part of the name");
    }
}
