//! Data sets are data: a *jeu* is a file of `schema/jeux/` with its periodicity, axes, measures,
//! tables and secrecy class. Thresholds, labels and crossings are read from it, never written in Rust.

mod coherence;
pub mod declaration;
pub mod examen;
mod registre;
pub mod regle;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use toml::Spanned;
pub use toml::Spanned as Situe;

use crate::cellule::Audience;
use crate::nomenclature::{Nomenclature, nomenclature};
use crate::periode::Trimestre;
use crate::territoire::Niveau;

use declaration::{Forclusion, Grille, Liste, Parametre};
pub use registre::{JeuRefuse, admet, ajoute, jeu, jeu_de_version, jeux, versions};
use regle::{Controles, Operande};

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

impl Periodicite {
    /// Quarters from one period to the next.
    fn trimestres(self) -> u8 {
        match self {
            Self::Trimestre | Self::Changement => 1,
            Self::Semestre => 2,
            Self::Annee => 4,
        }
    }

    /// The period that somebody wrote: `2024`, `2026-S1` or `2026-T1`. A period is known by its last quarter.
    pub fn lit(self, texte: &str) -> Option<Trimestre> {
        let lue = match (self, texte.split_once("-S")) {
            (Self::Annee, _) if texte.len() == 4 => format!("{texte}-T4"),
            (Self::Semestre, Some((annee, "1"))) => format!("{annee}-T2"),
            (Self::Semestre, Some((annee, "2"))) => format!("{annee}-T4"),
            _ => texte.to_owned(),
        };
        lue.parse().ok().filter(|trimestre| self.admet(*trimestre))
    }

    /// True when a period of this rhythm ends with that quarter.
    pub fn admet(self, trimestre: Trimestre) -> bool {
        trimestre.rang().is_multiple_of(self.trimestres())
    }

    /// The period before.
    pub fn precedente(self, trimestre: Trimestre) -> Trimestre {
        (0..self.trimestres()).fold(trimestre, |t, _| t.precedent())
    }

    /// How a period is written.
    pub fn exemple(self) -> &'static str {
        match self {
            Self::Annee => "une année, par exemple 2024",
            Self::Semestre => "un semestre, par exemple 2026-S1",
            Self::Trimestre | Self::Changement => "un trimestre, par exemple 2026-T1",
        }
    }
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
    /// Quantity a convention pays for: exact for those who sign it (`convention`), a count of persons for all others.
    Contractuel,
    /// Share keyed as such, of a whole that nobody gives: checked, never published.
    Part,
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
    /// What a rate is for: 100, 1 000. A rate « pour 1 000 agents » needs a declared denominator with its perimeter.
    #[serde(default)]
    pub pour: Option<Decimal>,
    /// Who or what is counted in a denominator, told beside every rate that uses it.
    #[serde(default)]
    pub perimetre: Option<String>,
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
    /// Audiences it is made for; none says all those of the jeu.
    #[serde(default)]
    pub audiences: Vec<Audience>,
}

impl Table {
    /// True when the table is made for this audience.
    pub fn est_pour(&self, audience: Audience) -> bool {
        self.audiences.is_empty() || self.audiences.contains(&audience)
    }
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

/// How a jeu keeps persons unknown where counts are small; the same for all its audiences, which are read together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Methode {
    /// Blanks: primary and complementary cells.
    #[default]
    Masquage,
    /// The same cells, framed.
    Intervalles,
    /// Categories folded along their nomenclatures, then blanks where some remain.
    Regroupement,
    /// Every count to a multiple of five next to it, sums included.
    Arrondi,
}

impl Methode {
    /// All of them, in the order they are compared.
    pub const TOUTES: [Self; 4] = [Self::Masquage, Self::Intervalles, Self::Regroupement, Self::Arrondi];

    /// Name in a jeu and in a publication.
    pub fn code(self) -> &'static str {
        match self {
            Self::Masquage => "masquage",
            Self::Intervalles => "intervalles",
            Self::Regroupement => "regroupement",
            Self::Arrondi => "arrondi",
        }
    }

    /// The method of this code.
    pub fn depuis_code(code: &str) -> Option<Self> {
        Self::TOUTES.into_iter().find(|m| m.code() == code)
    }

    /// Its name, for a reader.
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Masquage => "Masquage",
            Self::Intervalles => "Intervalles au lieu des blancs",
            Self::Regroupement => "Regroupement des catégories",
            Self::Arrondi => "Arrondi à 5, additif",
        }
    }

    /// True for what is done unless a jeu says otherwise.
    pub fn est_masquage(&self) -> bool {
        *self == Self::Masquage
    }
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
#[derive(Debug, Clone, PartialEq, Deserialize)]
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
    /// What is done with small counts.
    #[serde(default)]
    pub politique: Methode,
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
    /// Code lists of this jeu alone.
    #[serde(default, rename = "nomenclature")]
    pub nomenclatures: Vec<Nomenclature>,
    /// Prices, ceilings and delays, with their dates.
    #[serde(default, rename = "parametre")]
    pub parametres: Vec<Parametre>,
    /// Sheets of figures.
    #[serde(default, rename = "grille")]
    pub grilles: Vec<Spanned<Grille>>,
    /// Sheets of records.
    #[serde(default, rename = "liste")]
    pub listes: Vec<Spanned<Liste>>,
    /// Checks on what is keyed.
    #[serde(default, rename = "controle")]
    pub controles: Controles,
    /// Delay after which a period can no longer be claimed.
    #[serde(default)]
    pub forclusion: Option<Forclusion>,
    /// The file itself, for a process that must read the same jeu.
    #[serde(skip)]
    pub texte: String,
}

/// Why a jeu file is refused.
#[derive(Debug, thiserror::Error)]
pub enum JeuInvalide {
    /// Not readable as TOML of this shape.
    #[error("Le fichier de jeu est illisible, {0}")]
    Forme(String),
    /// Something refers to what is not declared.
    #[error("Le jeu {jeu} est incohérent, ligne {ligne}\u{a0}: {detail}.")]
    Incoherent {
        /// The jeu.
        jeu: String,
        /// Line of the file, from 1.
        ligne: usize,
        /// What is wrong.
        detail: String,
    },
}

impl Jeu {
    /// Reads and verifies a jeu file.
    pub fn lit(texte: &str) -> Result<Self, JeuInvalide> {
        let mut jeu: Self = toml::from_str(texte).map_err(|e| JeuInvalide::Forme(crate::texte::refus_toml(&e)))?;
        jeu.verifie().map_err(|defaut| JeuInvalide::Incoherent {
            jeu: jeu.code.clone(),
            ligne: defaut.ligne(texte),
            detail: defaut.detail,
        })?;
        texte.clone_into(&mut jeu.texte);
        Ok(jeu)
    }

    /// True when somebody keys this jeu in, sheet by sheet; the others are computed from the fiches.
    pub fn est_declare(&self) -> bool {
        !self.grilles.is_empty() || !self.listes.is_empty()
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
    pub fn nomenclature(&self, axe: &str) -> Option<&Nomenclature> {
        self.axe(axe).and_then(|a| self.nomenclature_de_nom(&a.nomenclature))
    }

    /// A code list by its own name: one of the jeu, else one of the product.
    pub fn nomenclature_de_nom(&self, nom: &str) -> Option<&Nomenclature> {
        self.nomenclatures.iter().find(|n| n.code == nom).or_else(|| nomenclature(nom))
    }

    /// The figure that the groups of a list add up to: whoever reads them all knows it, so they are shown only
    /// where it is.
    pub fn total_des_groupes(&self, liste: &Liste) -> Option<&Operande> {
        let effectif = &liste.regroupement.as_ref()?.effectif;
        let cumuls = self.controles.cumul.iter().map(Spanned::get_ref);
        let mut totaux =
            cumuls.filter(|c| c.liste == liste.code && c.champ.as_ref() == Some(effectif) && c.si.is_empty());
        totaux.next().map(|c| &c.total)
    }

    /// True when it speaks of a centre as a whole: no table of it goes down to dispositifs.
    pub fn sans_dispositif(&self) -> bool {
        self.tables.iter().flat_map(|t| &t.niveaux).all(|n| *n == Niveau::Departement)
    }

    /// Names of the sheets of its workbook, in order.
    pub fn feuilles(&self) -> impl Iterator<Item = &str> {
        let grilles = self.grilles.iter().map(|g| g.get_ref().libelle.as_str());
        grilles.chain(self.listes.iter().map(|l| l.get_ref().libelle.as_str()))
    }

    /// The list of this code.
    pub fn liste(&self, code: &str) -> Option<&Liste> {
        self.listes.iter().map(Spanned::get_ref).find(|l| l.code == code)
    }

    /// A parameter as it stands on a day.
    pub fn parametre(&self, code: &str, jour: NaiveDate) -> Option<&Parametre> {
        let vivant = |p: &&Parametre| p.code == code && p.depuis <= jour && p.jusqu_au.is_none_or(|fin| jour <= fin);
        self.parametres.iter().filter(vivant).max_by_key(|p| p.depuis)
    }

    /// The tables of a level.
    pub fn tables_du_niveau(&self, niveau: Niveau) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(move |t| t.niveaux.contains(&niveau))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_jeu_is_refused_with_its_reason() {
        let inconnu = "code='x'\nversion='1'\nlibelle='x'\nperiodicite='trimestre'\nsource='x'\nseuil=3\n";
        assert!(Jeu::lit(inconnu).unwrap_err().to_string().contains("ligne 6"));
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
