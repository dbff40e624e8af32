//! A convention as data (`schema/conventions/*.toml`): axes, actions with their prices and limits, tiers,
//! dated parameters. A limit that the convention does not set does not limit.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::NaiveDate;
use referentiel::Decimal;
use serde::Deserialize;

/// How the payable amount is capped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plafonnement {
    /// Axis by axis: no transfer between axes.
    Axe,
    /// By the amount of the whole convention.
    Global,
}

/// An axis of the plan d'actions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axe {
    /// Number.
    pub numero: u8,
    /// Title.
    pub libelle: String,
    /// Largest share of the total asked.
    #[serde(default)]
    pub plafond_part: Option<Decimal>,
}

/// A tier of prices.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Palier {
    /// Rank of the first unit of the tier.
    pub a_partir_de: usize,
    /// Price of a unit.
    pub prix_eur: Decimal,
    /// Where the price comes from.
    pub statut: String,
}

/// An action: what is counted, at which price, under which rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Code (`2.1`).
    pub code: String,
    /// Number of its axis.
    pub axe: u8,
    /// Title.
    pub libelle: String,
    /// Unit counted.
    pub unite: String,
    /// Price of a unit; none for a lump sum or when tiers set it.
    #[serde(default)]
    pub prix_eur: Option<Decimal>,
    /// Tiers of prices, by rising rank.
    #[serde(default, rename = "palier")]
    pub paliers: Vec<Palier>,
    /// Counts employers, each of them once.
    #[serde(default)]
    pub compte_distinct: bool,
    /// Not done for one employer: none has to be named.
    #[serde(default)]
    pub sans_employeur: bool,
    /// Rules a situation must satisfy; the first one that fails names the refusal.
    pub regles: Vec<String>,
    /// Publics admitted.
    #[serde(default)]
    pub publics: Vec<String>,
    /// Qualities of the person admitted.
    #[serde(default)]
    pub qualites: Vec<String>,
    /// Facts that must be established.
    #[serde(default)]
    pub minimum_requis: Vec<Fait>,
    /// Contracts whose length is looked at.
    #[serde(default)]
    pub contrats_a_terme: Vec<String>,
    /// Contracts that are lasting whatever their length.
    #[serde(default)]
    pub contrats_perennes: Vec<String>,
    /// Shortest length.
    #[serde(default)]
    pub mois_minimum: Option<u32>,
    /// Fewest days, when several contracts add up.
    #[serde(default)]
    pub jours_minimum: Option<u64>,
    /// Period over which contracts add up, from the start of the first one.
    #[serde(default)]
    pub fenetre_mois: Option<u32>,
    /// Longest time between the end of the earlier path and the recruitment.
    #[serde(default)]
    pub delai_mois: Option<u32>,
    /// Longest length.
    #[serde(default)]
    pub mois_maximum: Option<u32>,
    /// Most fundings for one person.
    #[serde(default)]
    pub financements_maximum: Option<usize>,
}

/// A fact that an action may require.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fait {
    /// The study was prescribed.
    PrescriptionMedicale,
    /// The existing aids were asked for.
    AidesMobilisees,
    /// An opinion on the equipment was asked for.
    AvisMateriels,
    /// The médecin du travail found a risk of losing one's job.
    DesinsertionConstateeMedecin,
}

/// A value of an ambiguous parameter, from a date on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParametreDate {
    /// Name.
    pub cle: String,
    /// First day it holds.
    pub depuis: NaiveDate,
    /// Value.
    pub valeur: String,
    /// Values it may take.
    pub options: Vec<String>,
    /// What it means.
    #[serde(default)]
    pub note: Option<String>,
}

/// What an action becomes of one of the convention before.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparaison {
    /// Code of the action.
    pub action: String,
    /// Codes of those of the convention before.
    pub anciennes: Vec<String>,
    /// The unit did not change: quantities may be compared.
    pub comparable: bool,
    /// Why, in French.
    pub motif: String,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Famille {
    /// One situation, and those entered before.
    Situation,
    /// The amounts of the plan d'actions.
    Plan,
}

/// A rule, as the convention words it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enonce {
    /// Identifier (`R-A2-DELAI`).
    pub id: String,
    /// What it looks at.
    pub famille: Famille,
    /// Its words.
    pub libelle: String,
}

/// A convention.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convention {
    /// Name (`fiphfp-v5`).
    pub code: String,
    /// Title.
    pub libelle: String,
    /// First day.
    pub debut: NaiveDate,
    /// Last day.
    pub fin: NaiveDate,
    /// Text it comes from.
    pub source: String,
    /// How the payable amount is capped.
    pub plafonnement: Plafonnement,
    /// Share paid in advance.
    #[serde(default)]
    pub taux_acompte: Option<Decimal>,
    /// Months after which the printed version of the form is to be verified.
    #[serde(default)]
    pub formulaire_mois_maximum: Option<u32>,
    /// How the names of those who act for the centre begin.
    pub intervenants_du_centre: Vec<String>,
    /// Affiliations of a beneficiary of axes 1 and 3.
    pub affiliations: Vec<String>,
    /// Fonctions publiques whose employers may recruit.
    pub versants: Vec<String>,
    /// Axes.
    #[serde(rename = "axe")]
    pub axes: Vec<Axe>,
    /// Actions.
    #[serde(rename = "action")]
    pub actions: Vec<Action>,
    /// Dated values of the ambiguous parameters.
    #[serde(rename = "parametre")]
    pub parametres: Vec<ParametreDate>,
    /// What became of the actions of the convention before.
    #[serde(default, rename = "comparaison")]
    pub comparaisons: Vec<Comparaison>,
    /// Rules.
    #[serde(rename = "regle")]
    pub regles: Vec<Enonce>,
}

/// Why a convention file is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConventionInvalide {
    /// Not readable; the message carries line and column.
    #[error("Le fichier de convention est illisible : {0}")]
    Forme(#[from] toml::de::Error),
    /// Something refers to what is not declared.
    #[error("La convention {0} est incohérente : {1}.")]
    Incoherente(String, String),
}

impl Convention {
    /// Reads and verifies a convention file.
    pub fn lit(texte: &str) -> Result<Self, ConventionInvalide> {
        let convention: Self = toml::from_str(texte)?;
        match convention.defaut() {
            Some(defaut) => Err(ConventionInvalide::Incoherente(convention.code, defaut)),
            None => Ok(convention),
        }
    }

    fn defaut(&self) -> Option<String> {
        let connues: BTreeSet<&str> = self.regles.iter().map(|r| r.id.as_str()).collect();
        if let Some(regle) = self.regles.iter().find(|r| !super::regle::est_connue(&r.id)) {
            return Some(format!("la règle « {} » n’existe pas", regle.id));
        }
        for action in &self.actions {
            if self.axe(action.axe).is_none() {
                return Some(format!("l’action {} cite l’axe {} non déclaré", action.code, action.axe));
            }
            if let Some(regle) = action.regles.iter().find(|r| !connues.contains(r.as_str())) {
                return Some(format!("l’action {} cite la règle « {regle} » non déclarée", action.code));
            }
            if !action.paliers.is_sorted_by(|a, b| a.a_partir_de < b.a_partir_de) {
                return Some(format!("les paliers de l’action {} ne se suivent pas", action.code));
            }
        }
        let hors_option = self.parametres.iter().find(|p| !p.options.contains(&p.valeur));
        hors_option.map(|p| format!("« {} » n’est pas une option du paramètre {}", p.valeur, p.cle))
    }

    /// The action of this code.
    pub fn action(&self, code: &str) -> Option<&Action> {
        self.actions.iter().find(|a| a.code == code)
    }

    /// The axis of this number.
    pub fn axe(&self, numero: u8) -> Option<&Axe> {
        self.axes.iter().find(|a| a.numero == numero)
    }

    /// The value of a parameter at a date: the last one that took effect, or the first one ever.
    pub fn parametre(&self, cle: &str, date: NaiveDate) -> Option<&str> {
        let valeurs = || self.parametres.iter().filter(|p| p.cle == cle);
        let en_vigueur = valeurs().filter(|p| p.depuis <= date).max_by_key(|p| p.depuis);
        en_vigueur.or_else(|| valeurs().min_by_key(|p| p.depuis)).map(|p| p.valeur.as_str())
    }
}

const SOURCES: [&str; 2] = [
    include_str!("../../../../schema/conventions/fiphfp-v4.toml"),
    include_str!("../../../../schema/conventions/fiphfp-v5.toml"),
];

static TOUTES: LazyLock<Vec<Convention>> =
    LazyLock::new(|| SOURCES.iter().filter_map(|texte| Convention::lit(texte).ok()).collect());

/// The conventions shipped with the product.
pub fn conventions() -> &'static [Convention] {
    &TOUTES
}

/// Every convention as its file says it, byte for byte: what a hub and its nodes compare.
pub fn textes() -> impl Iterator<Item = (&'static str, &'static str)> {
    TOUTES.iter().zip(SOURCES).map(|(convention, texte)| (convention.code.as_str(), texte))
}

/// The convention of this name.
pub fn convention(code: &str) -> Option<&'static Convention> {
    TOUTES.iter().find(|c| c.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_convention_is_coherent() {
        for source in SOURCES {
            if let Err(e) = Convention::lit(source) {
                panic!("{e}");
            }
        }
        assert_eq!(conventions().len(), SOURCES.len());
    }

    #[test]
    fn the_v5_has_its_twenty_two_rules() {
        let v5 = convention("fiphfp-v5").unwrap();
        assert_eq!(v5.regles.len(), 22);
        let appliquees: BTreeSet<&String> = v5.actions.iter().flat_map(|a| &a.regles).collect();
        for regle in v5.regles.iter().filter(|r| r.famille == Famille::Situation) {
            assert!(appliquees.contains(&regle.id), "{} is applied by no action", regle.id);
        }
    }

    #[test]
    fn an_incoherent_convention_is_refused_with_its_reason() {
        let v5 = SOURCES[1];
        let refus = |texte: String| Convention::lit(&texte).unwrap_err().to_string();
        assert!(refus(v5.replace("id = \"R-AFFIL\"", "id = \"R-AFILL\"")).contains("« R-AFILL » n’existe pas"));
        assert!(refus(v5.replace("valeur = \"marginal\"", "valeur = \"moyen\"")).contains("paliers_apprentis"));
        assert!(refus(v5.replace("plafonnement", "plafonement")).contains("plafonement"));
    }
}
