//! Check vocabulary: a check has a code of `schema/controles.toml`, a severity, a place, a French
//! message that says what was read, what is expected and how to mend it, and sometimes a correction.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// How much an anomaly weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severite {
    /// The deposit is refused; nothing is stored.
    Bloquant,
    /// Accepted; a comment is asked for.
    Avertissement,
    /// Said, nothing to do.
    Information,
}

/// The three fiches of annexe 2, each a sheet of the workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fiche {
    /// Fiche dispositif: organisation, not personal.
    Dispositif,
    /// Fiche personne: pseudonymous, personal.
    Personne,
    /// Fiche évènement: the situation of a person at the campaign's date.
    Evenement,
}

/// Where an anomaly is, in business terms; `tableur` turns it into a sheet and a cell like `K2`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Which fiche; `None` for the file as a whole.
    pub fiche: Option<Fiche>,
    /// Row of the sheet, counted from 1 as the user sees it.
    pub ligne: Option<u32>,
    /// Identifier of the field (annexe 2), such as `date_sortie`.
    pub champ: Option<String>,
    /// Column counted from 0, for a column that is no known field.
    pub colonne: Option<u32>,
}

impl Place {
    /// The file as a whole.
    pub fn fichier() -> Self {
        Self::default()
    }

    /// A sheet as a whole.
    pub fn feuille(fiche: Fiche) -> Self {
        Self { fiche: Some(fiche), ..Self::default() }
    }

    /// One cell of a fiche.
    pub fn champ(fiche: Fiche, ligne: u32, champ: &str) -> Self {
        Self { fiche: Some(fiche), ligne: Some(ligne), champ: Some(champ.to_owned()), colonne: None }
    }
}

/// One thing found by one check at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomalie {
    /// Code of the check, such as `C-PE-01`.
    pub controle: String,
    /// Weight of this very anomaly (a check may soften, see `C-DI-02` without a roster).
    pub severite: Severite,
    /// Where.
    pub place: Place,
    /// What was read.
    pub lu: Option<String>,
    /// What is expected.
    pub attendu: Option<String>,
    /// French sentence for the user.
    pub message: String,
    /// Proposed value, when the error is recognisable. Never applied by itself.
    pub correction: Option<String>,
    /// How many rows one anomaly stands for (« 2 personnes n’ont pas d’évènement »).
    pub nombre: Option<u32>,
}

impl Anomalie {
    /// An anomaly with the severity that the catalogue gives to its check.
    pub fn nouvelle(controle: &str, place: Place, message: impl Into<String>) -> Self {
        let severite = controle_connu(controle).map_or(Severite::Bloquant, |c| c.severite);
        Self {
            controle: controle.to_owned(),
            severite,
            place,
            lu: None,
            attendu: None,
            message: message.into(),
            correction: None,
            nombre: None,
        }
    }

    /// Says what was read.
    #[must_use]
    pub fn lu(mut self, lu: impl Into<String>) -> Self {
        self.lu = Some(lu.into());
        self
    }

    /// Says what is expected.
    #[must_use]
    pub fn attendu(mut self, attendu: impl Into<String>) -> Self {
        self.attendu = Some(attendu.into());
        self
    }

    /// Proposes a value.
    #[must_use]
    pub fn correction(mut self, correction: impl Into<String>) -> Self {
        self.correction = Some(correction.into());
        self
    }

    /// Changes the severity from that of the catalogue.
    #[must_use]
    pub fn severite(mut self, severite: Severite) -> Self {
        self.severite = severite;
        self
    }

    /// Says how many rows it stands for.
    #[must_use]
    pub fn nombre(mut self, nombre: u32) -> Self {
        self.nombre = Some(nombre);
        self
    }

    /// True when the deposit cannot go on.
    pub fn bloque(&self) -> bool {
        self.severite == Severite::Bloquant
    }
}

/// A check of the catalogue.
#[derive(Debug, Clone, Deserialize)]
pub struct Controle {
    /// Code, such as `C-PE-01`.
    pub code: String,
    /// Severity by default.
    pub severite: Severite,
    /// The rule in one sentence.
    pub regle: String,
    /// Text the rule comes from.
    pub source: String,
}

#[derive(Deserialize)]
struct Catalogue {
    #[serde(rename = "controle")]
    controles: Vec<Controle>,
}

const SOURCE: &str = include_str!("../../../schema/controles.toml");

static CATALOGUE: LazyLock<HashMap<String, Controle>> = LazyLock::new(|| {
    let controles = toml::from_str::<Catalogue>(SOURCE).map(|c| c.controles).unwrap_or_default();
    controles.into_iter().map(|c| (c.code.clone(), c)).collect()
});

/// The check of this code in the catalogue.
pub fn controle_connu(code: &str) -> Option<&'static Controle> {
    CATALOGUE.get(code)
}

/// The checks of the catalogue, by code.
pub fn catalogue() -> Vec<&'static Controle> {
    let mut tous: Vec<_> = CATALOGUE.values().collect();
    tous.sort_by(|a, b| a.code.cmp(&b.code));
    tous
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_holds_the_107_checks() {
        let c: Catalogue = toml::from_str(SOURCE).unwrap();
        let bloquants = c.controles.iter().filter(|c| c.severite == Severite::Bloquant).count();
        assert_eq!((c.controles.len(), bloquants, CATALOGUE.len()), (107, 54, 107));
    }

    #[test]
    fn an_anomaly_takes_its_severity_from_the_catalogue() {
        assert!(Anomalie::nouvelle("C-PE-01", Place::fichier(), "").bloque());
        assert!(!Anomalie::nouvelle("C-PE-08", Place::fichier(), "").bloque());
    }
}
