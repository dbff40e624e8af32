//! A convention document as a whole (`schema/conventions/README.md`): what is asked, what was done, what the text says of
//! it. Sections that are not checked are named in the report, so that a misspelt one cannot pass for a sound one.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::situation::{ParametresDossier, Situation};
use super::nombre::{Nombre, Texte};
use super::recit::Recit;

/// A convention document.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct DocumentConvention {
    /// What the document is.
    #[serde(default)]
    pub titre: Option<String>,
    /// What is asked, over which period.
    #[serde(default)]
    pub convention: Entete,
    /// Fields of the header of the form, by name; empty when nobody filled them.
    #[serde(default)]
    pub formulaire: BTreeMap<String, Option<Texte>>,
    /// Axes of the plan d’actions, as printed.
    #[serde(default)]
    pub axes: Vec<AxeImprime>,
    /// Actions of the plan d’actions, as printed.
    #[serde(default)]
    pub actions: Vec<ActionImprimee>,
    /// Financial bilan, most often that of the convention before.
    #[serde(default, alias = "v4_2023_2025")]
    pub bilan: Option<Bilan>,
    /// What the text says, beside the tables.
    #[serde(default)]
    pub recit: Recit,
    /// Parameters the situations are valued under.
    #[serde(default)]
    pub parametres: ParametresDossier,
    /// Situations asked to be valued.
    #[serde(default)]
    pub situations: Vec<Situation>,
    /// What the FIPHFP has paid so far.
    #[serde(default)]
    pub versements: Vec<Versement>,
    /// Sections that are read by no check.
    #[serde(flatten)]
    pub autres: BTreeMap<String, IgnoredAny>,
}

/// What is asked, over which period.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Entete {
    /// Body that asks.
    #[serde(default)]
    pub porteur: Option<String>,
    /// Model of the convention: `V5`, `fiphfp-v4`.
    #[serde(default)]
    pub modele: Option<String>,
    /// Month of the form, such as « novembre 2023 ».
    #[serde(default)]
    pub version_formulaire: Option<String>,
    /// Day the body decided.
    #[serde(default)]
    pub date_deliberation: Option<NaiveDate>,
    /// First year.
    #[serde(default)]
    pub debut: Option<Texte>,
    /// Last year.
    #[serde(default)]
    pub fin: Option<Texte>,
    /// Years it lasts, as said.
    #[serde(default)]
    pub duree_annees: Option<Nombre>,
    /// Total of the table.
    #[serde(default)]
    pub montant_total_eur: Option<Nombre>,
    /// Amount in the text.
    #[serde(default)]
    pub montant_texte_eur: Option<Nombre>,
    /// Advance of the first year.
    #[serde(default, alias = "acompte_2026_eur")]
    pub acompte_eur: Option<Nombre>,
    /// Share of the advance; that of the convention unless said.
    #[serde(default, alias = "taux_acompte_deduit")]
    pub taux_acompte: Option<Nombre>,
}

/// An axis, as printed.
#[derive(Debug, Clone, Deserialize)]
pub struct AxeImprime {
    /// Number.
    pub axe: u8,
    /// Total printed.
    #[serde(default)]
    pub total_imprime_eur: Option<Nombre>,
    /// Share of the total, printed, in percent.
    #[serde(default)]
    pub part_imprimee_pct: Option<Nombre>,
}

/// An action, as printed.
#[derive(Debug, Clone, Deserialize)]
pub struct ActionImprimee {
    /// Code; a letter tells the publics of an action apart (`2.1a`).
    pub code: String,
    /// Number of its axis.
    pub axe: u8,
    /// Title.
    #[serde(default)]
    pub libelle: String,
    /// Price of a unit.
    #[serde(default)]
    pub prix_unitaire_eur: Option<Nombre>,
    /// Units aimed at.
    #[serde(default)]
    pub cible: Option<Nombre>,
    /// Amount asked.
    #[serde(default)]
    pub montant_demande_eur: Option<Nombre>,
    /// Indicators of an action that has no unit price.
    #[serde(default)]
    pub indicateurs: Vec<Indicateur>,
    /// How a lump sum is split.
    #[serde(default)]
    pub ventilation_eur: BTreeMap<String, Nombre>,
}

impl ActionImprimee {
    /// Code of the action in the convention: without the letter of the public.
    pub fn sous_axe(&self) -> &str {
        self.code.trim_end_matches(|c: char| c.is_ascii_lowercase())
    }
}

/// An indicator of the specific action.
#[derive(Debug, Clone, Deserialize)]
pub struct Indicateur {
    /// What is counted.
    pub libelle: String,
    /// Least aimed at.
    #[serde(default)]
    pub cible_min: Option<Nombre>,
    /// Most aimed at.
    #[serde(default)]
    pub cible_max: Option<Nombre>,
}

/// A financial bilan.
#[derive(Debug, Clone, Deserialize)]
pub struct Bilan {
    /// Model of the convention it closes; its prices are verified when it is known.
    #[serde(default)]
    pub modele: Option<String>,
    /// What the printed rates are over: `quantite` or `montant`.
    #[serde(default)]
    pub base_taux: Option<String>,
    /// Lines.
    #[serde(default)]
    pub lignes: Vec<LigneBilan>,
    /// Amount granted, printed.
    #[serde(default)]
    pub total_initial_eur: Option<Nombre>,
    /// Spending, printed.
    #[serde(default)]
    pub total_depense_eur: Option<Nombre>,
    /// Capped spending, printed.
    #[serde(default)]
    pub total_plafonne_eur: Option<Nombre>,
    /// Totals by axis, printed.
    #[serde(default)]
    pub par_axe: Vec<AxeBilan>,
    /// Transfers from an axis to another.
    #[serde(default)]
    pub transferts: Vec<Transfert>,
}

/// A line of a bilan.
#[derive(Debug, Clone, Deserialize)]
pub struct LigneBilan {
    /// Number of its axis.
    pub axe: u8,
    /// Code of the action in the convention it closes.
    #[serde(default)]
    pub code: Option<String>,
    /// Title.
    pub action: String,
    /// Units aimed at.
    pub objectif: Nombre,
    /// Amount granted.
    pub montant_initial: Nombre,
    /// Units done.
    pub resultat: Nombre,
    /// Spending.
    pub depense: Nombre,
    /// Rate printed, in percent.
    #[serde(default)]
    pub taux_imprime_pct: Option<Nombre>,
    /// What the line gathers: `{code: {objectif, resultat}}`, or the parts of the result.
    #[serde(default)]
    pub detail: BTreeMap<String, serde_json::Value>,
}

/// Totals of an axis in a bilan.
#[derive(Debug, Clone, Deserialize)]
pub struct AxeBilan {
    /// Number.
    pub axe: u8,
    /// Amount granted.
    pub initial: Nombre,
    /// Spending.
    pub depense: Nombre,
    /// Paid, when it was.
    #[serde(default)]
    pub paye: Option<Nombre>,
}

/// A payment of the FIPHFP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versement {
    /// Day.
    pub date: NaiveDate,
    /// Amount.
    pub montant_eur: Nombre,
    /// What it is: advance, balance of a bilan.
    #[serde(default)]
    pub libelle: Option<String>,
}

/// A transfer of money from an axis to another.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfert {
    /// Axis that gives.
    pub de: u8,
    /// Axis that receives.
    pub vers: u8,
    /// Amount.
    pub montant_eur: Nombre,
}
