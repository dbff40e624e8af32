//! Data sets are data: a *jeu* is a file of `schema/jeux/` with its periodicity, axes, measures,
//! tables and secrecy class. Thresholds, labels and crossings are read from it, never written in Rust.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::cellule::Audience;
use crate::nomenclature::{Nomenclature, nomenclature};
use crate::territoire::Niveau;

/// How often a jeu is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Periodicite {
    /// Every quarter.
    Trimestre,
    /// Every half-year.
    Semestre,
    /// Every year.
    Annee,
    /// When something changes.
    Changement,
}

/// Kind of a measure, which decides how it adds up and how it is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Nature {
    /// Count of persons at a date.
    Stock,
    /// Count of persons over the period.
    Flux,
    /// Count of persons since 1 January.
    Cumul,
    /// Operational figure (places, ETP, waiting list): contractual, never masked.
    Operationnel,
    /// Ratio of two other measures.
    Taux,
    /// Median or mean: needs enough contributors.
    Statistique,
    /// Linear combination of cells of one measure.
    Derive,
}

impl Nature {
    /// True for counts of persons, on which the secret statistique works.
    pub fn compte_des_personnes(self) -> bool {
        matches!(self, Self::Stock | Self::Flux | Self::Cumul)
    }
}

/// An axis of crossing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axe {
    /// Name of the axis (`sexe`, `emploi_mois`).
    pub code: String,
    /// Its code list.
    pub nomenclature: String,
    /// Label.
    pub libelle: String,
    /// Crossed with it, a count falls under the higher threshold (health data).
    #[serde(default)]
    pub sensible: bool,
}

/// A term of a rate or of a combination: a measure, possibly at a coordinate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terme {
    /// Code of the measure.
    pub mesure: String,
    /// Coordinates of the cell taken.
    #[serde(default)]
    pub ventilation: BTreeMap<String, String>,
}

/// A measure of the jeu.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mesure {
    /// Code (`EA01`).
    pub code: String,
    /// Label for people.
    pub libelle: String,
    /// Kind.
    pub nature: Nature,
    /// Unit (`personnes`, `places`, `ETP`, `mois`, `%`).
    pub unite: String,
    /// Definition with the fields of annexe 2 it uses.
    pub definition: String,
    /// Numerator of a rate.
    #[serde(default)]
    pub numerateur: Option<Terme>,
    /// Denominator of a rate.
    #[serde(default)]
    pub denominateur: Option<Terme>,
    /// Terms of a derived measure.
    #[serde(default)]
    pub combinaison: Vec<TermePondere>,
}

impl Mesure {
    /// The terms of a rate or of a combination; none for the other kinds.
    pub fn termes(&self) -> impl Iterator<Item = &Terme> {
        [&self.numerateur, &self.denominateur]
            .into_iter()
            .flatten()
            .chain(self.combinaison.iter().map(|pondere| &pondere.terme))
    }
}

/// A weighted term of a derived measure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermePondere {
    /// Weight, possibly negative.
    pub poids: Decimal,
    /// What is weighted.
    pub terme: Terme,
}

/// What is published at some levels.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Levels of the territory.
    pub niveaux: Vec<Niveau>,
    /// Measures shown.
    pub mesures: Vec<String>,
    /// Crossings shown beside the total; each crossing brings its margins with it.
    #[serde(default)]
    pub croisements: Vec<Vec<String>>,
}

/// `total = Σ parts` between measures at the same coordinates, known to any attacker. True of
/// consistent data: where the figures of a territory break it (an entry date is missing), the
/// relation teaches nothing and must be left out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identite {
    /// Measure that is the sum.
    pub total: String,
    /// Measures that add up to it.
    pub parties: Vec<String>,
}

/// Thresholds of one audience; the hub enforces the floor of [`Seuils::PLANCHER`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seuils {
    /// Smallest count of persons shown.
    pub seuil: u64,
    /// Smallest count shown when a sensitive axis is crossed.
    pub seuil_sensible: u64,
}

impl Seuils {
    /// No campaign may show a count of persons under this.
    pub const PLANCHER: u64 = 5;
}

/// A data set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jeu {
    /// Name (`ea.indicateurs`).
    pub code: String,
    /// Version of this definition; a publication pins it.
    pub version: String,
    /// Label.
    pub libelle: String,
    /// Rhythm.
    pub periodicite: Periodicite,
    /// Text it comes from.
    pub source: String,
    /// Audiences it is protected for, with their thresholds.
    #[serde(default)]
    pub audiences: BTreeMap<Audience, Seuils>,
    /// What the model does not collect, said to the reader instead of being invented.
    #[serde(default)]
    pub non_collecte: Vec<String>,
    /// Axes.
    #[serde(default, rename = "axe")]
    pub axes: Vec<Axe>,
    /// Measures.
    #[serde(default, rename = "mesure")]
    pub mesures: Vec<Mesure>,
    /// Tables.
    #[serde(default, rename = "table")]
    pub tables: Vec<Table>,
    /// Identities between measures.
    #[serde(default, rename = "identite")]
    pub identites: Vec<Identite>,
}

/// Why a jeu file is refused.
#[derive(Debug, thiserror::Error)]
pub enum JeuInvalide {
    /// Not readable as TOML of this shape; the message carries line and column.
    #[error("Le fichier de jeu est illisible : {0}")]
    Forme(#[from] toml::de::Error),
    /// Something refers to what is not declared.
    #[error("Le jeu {jeu} est incohérent : {detail}.")]
    Incoherent {
        /// The jeu.
        jeu: String,
        /// What is wrong.
        detail: String,
    },
}

impl Jeu {
    /// Reads and verifies a jeu file.
    pub fn lit(texte: &str) -> Result<Self, JeuInvalide> {
        let jeu: Self = toml::from_str(texte)?;
        jeu.verifie().map_err(|detail| JeuInvalide::Incoherent { jeu: jeu.code.clone(), detail })?;
        Ok(jeu)
    }

    fn verifie(&self) -> Result<(), String> {
        for axe in &self.axes {
            if nomenclature(&axe.nomenclature).is_none() {
                return Err(format!("l’axe « {} » cite la nomenclature inconnue « {} »", axe.code, axe.nomenclature));
            }
        }
        let mesure = |code: &str| self.mesure(code).ok_or_else(|| format!("la mesure « {code} » n’est pas déclarée"));
        self.mesures.iter().try_for_each(|m| self.verifie_mesure(m))?;
        for table in &self.tables {
            table.mesures.iter().try_for_each(|m| mesure(m).map(|_| ()))?;
            for axe in table.croisements.iter().flatten() {
                self.axe(axe).ok_or_else(|| format!("l’axe « {axe} » n’est pas déclaré"))?;
            }
        }
        for identite in &self.identites {
            mesure(&identite.total)?;
            identite.parties.iter().try_for_each(|m| mesure(m).map(|_| ()))?;
        }
        for (audience, seuils) in &self.audiences {
            if seuils.seuil < Seuils::PLANCHER || seuils.seuil_sensible < seuils.seuil {
                return Err(format!(
                    "les seuils de l’audience « {} » sont sous le plancher de {}",
                    audience.code(),
                    Seuils::PLANCHER
                ));
            }
        }
        Ok(())
    }

    fn verifie_mesure(&self, m: &Mesure) -> Result<(), String> {
        if self.mesures.iter().filter(|autre| autre.code == m.code).count() > 1 {
            return Err(format!("la mesure « {} » est déclarée deux fois", m.code));
        }
        let rapport = [&m.numerateur, &m.denominateur];
        if rapport.iter().any(|t| t.is_some() != (m.nature == Nature::Taux)) {
            return Err(format!(
                "la mesure « {} » doit avoir numérateur et dénominateur si et seulement si c’est un taux",
                m.code
            ));
        }
        if m.combinaison.is_empty() == (m.nature == Nature::Derive) {
            return Err(format!(
                "la mesure « {} » doit avoir une combinaison si et seulement si elle est dérivée",
                m.code
            ));
        }
        m.termes().try_for_each(|terme| {
            let cite = self
                .mesure(&terme.mesure)
                .ok_or_else(|| format!("la mesure « {} » n’est pas déclarée", terme.mesure))?;
            let admis = match m.nature {
                Nature::Taux => !matches!(cite.nature, Nature::Taux | Nature::Statistique),
                _ => cite.nature.compte_des_personnes() || cite.nature == Nature::Operationnel,
            };
            if !admis {
                return Err(format!("« {} » ne peut pas être un terme de « {} »", cite.code, m.code));
            }
            self.verifie_ventilation(&terme.ventilation)
        })
    }

    fn verifie_ventilation(&self, ventilation: &BTreeMap<String, String>) -> Result<(), String> {
        for (axe, modalite) in ventilation {
            let liste = self.nomenclature(axe).ok_or_else(|| format!("l’axe « {axe} » n’est pas déclaré"))?;
            liste
                .modalite(modalite)
                .ok_or_else(|| format!("« {modalite} » n’est pas une valeur de l’axe « {axe} »"))?;
        }
        Ok(())
    }

    /// The measure of this code.
    pub fn mesure(&self, code: &str) -> Option<&Mesure> {
        self.mesures.iter().find(|m| m.code == code)
    }

    /// The axis of this code.
    pub fn axe(&self, code: &str) -> Option<&Axe> {
        self.axes.iter().find(|a| a.code == code)
    }

    /// The code list of an axis.
    pub fn nomenclature(&self, axe: &str) -> Option<&'static Nomenclature> {
        self.axe(axe).and_then(|a| nomenclature(&a.nomenclature))
    }

    /// The tables of a level.
    pub fn tables_du_niveau(&self, niveau: Niveau) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(move |t| t.niveaux.contains(&niveau))
    }
}

const SOURCES: &[&str] = &[
    include_str!("../../../schema/jeux/ea.dispositif.toml"),
    include_str!("../../../schema/jeux/ea.indicateurs.toml"),
];

static TOUS: LazyLock<Vec<Jeu>> = LazyLock::new(|| SOURCES.iter().filter_map(|s| Jeu::lit(s).ok()).collect());

/// The jeux shipped with the product.
pub fn jeux() -> &'static [Jeu] {
    &TOUS
}

/// The jeu of this name.
pub fn jeu(code: &str) -> Option<&'static Jeu> {
    TOUS.iter().find(|j| j.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_jeu_is_coherent() {
        for source in SOURCES {
            if let Err(e) = Jeu::lit(source) {
                panic!("{e}");
            }
        }
        assert_eq!(jeux().len(), SOURCES.len());
    }

    #[test]
    fn a_malformed_jeu_is_refused_with_its_reason() {
        let inconnu = "code='x'\nversion='1'\nlibelle='x'\nperiodicite='trimestre'\nsource='x'\nseuil=3\n";
        assert!(Jeu::lit(inconnu).unwrap_err().to_string().contains("line 6"));
        let bas = "code='x'\nversion='1'\nlibelle='x'\nperiodicite='trimestre'\nsource='x'\n[audiences.public]\nseuil=3\nseuil_sensible=11\n";
        assert!(Jeu::lit(bas).unwrap_err().to_string().contains("plancher de 5"));
    }

    #[test]
    fn terms_are_declared_where_they_belong_and_nowhere_else() {
        let jeu = |mesures: &str| {
            let tete = "code='x'\nversion='1'\nlibelle='x'\nperiodicite='trimestre'\nsource='x'\n";
            Jeu::lit(&format!("{tete}{mesures}")).err().map(|e| e.to_string()).unwrap_or_default()
        };
        let mesure = |code: &str, nature: &str, plus: &str| {
            format!("[[mesure]]\ncode='{code}'\nlibelle='x'\nnature='{nature}'\nunite='x'\ndefinition='x'\n{plus}\n")
        };
        let stock = mesure("A", "stock", "");
        let taux = mesure("T", "taux", "numerateur={mesure='A'}\ndenominateur={mesure='A'}");
        assert_eq!(jeu(&format!("{stock}{taux}")), "");
        assert!(jeu(&mesure("T", "taux", "")).contains("numérateur"));
        assert!(jeu(&mesure("D", "derive", "")).contains("combinaison"));
        assert!(jeu(&format!("{stock}{stock}")).contains("deux fois"));
        let sur_taux = mesure("D", "derive", "combinaison=[{poids='1',terme={mesure='T'}}]");
        assert!(jeu(&format!("{stock}{taux}{sur_taux}")).contains("ne peut pas être un terme"));
    }
}
