//! What a centre asks to have valued: the situations of a file, in the order they were entered.

use chrono::NaiveDate;
use referentiel::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Situations to value, with the parameters they are valued under.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Dossier {
    /// Name of the convention; the V5 unless said.
    #[serde(default)]
    pub convention: Option<String>,
    /// Values of the ambiguous parameters that replace those of the convention.
    #[serde(default)]
    pub parametres: ParametresDossier,
    /// Situations, in the order they were entered.
    pub situations: Vec<Situation>,
}

/// Parameters a file brings with it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ParametresDossier {
    /// How six months are counted.
    #[serde(default)]
    pub duree_6_mois: Option<String>,
    /// Where a CDD of exactly one year belongs.
    #[serde(default)]
    pub cdd_exactement_1_an: Option<String>,
    /// Tiers of the apprentices.
    #[serde(default)]
    pub paliers_apprentis: Option<PaliersDossier>,
}

/// Tiers a file brings with it.
#[derive(Debug, Clone, Deserialize)]
pub struct PaliersDossier {
    /// `marginal` or `global`.
    pub mode: String,
    /// Prices, tier by tier.
    #[serde(default, deserialize_with = "montants")]
    pub prix_eur: Vec<Decimal>,
}

/// A situation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Situation {
    /// Identifier in the file.
    pub id: String,
    /// Code of the action.
    pub action: String,
    /// Pseudonym of the person.
    #[serde(default)]
    pub personne: Option<String>,
    /// Employer.
    #[serde(default)]
    pub employeur: Employeur,
    /// `interim`, `demandeur_emploi`, `apprenti`.
    #[serde(default)]
    pub public: Option<String>,
    /// `BOE`, `candidat_BOE`, `apte_avec_restrictions`, `sans`.
    #[serde(default)]
    pub qualite: Option<String>,
    /// Contracts of a recruitment.
    #[serde(default)]
    pub contrats: Vec<Contrat>,
    /// End of the apprenticeship, of the status of job seeker, or of the intérim.
    #[serde(default)]
    pub fin_parcours: Option<NaiveDate>,
    /// First day of the action.
    #[serde(default)]
    pub debut: Option<NaiveDate>,
    /// Last day of the action.
    #[serde(default)]
    pub fin: Option<NaiveDate>,
    /// Units of the action; one unless said.
    #[serde(default)]
    pub quantite: Option<u32>,
    /// The study was prescribed.
    #[serde(default)]
    pub prescription_medicale: bool,
    /// The existing aids were asked for.
    #[serde(default)]
    pub aides_mobilisees: bool,
    /// An opinion on the equipment was asked for.
    #[serde(default)]
    pub avis_materiels: bool,
    /// The médecin du travail found a risk of losing one's job.
    #[serde(default)]
    pub desinsertion_constatee_medecin: bool,
    /// Invoiced to the collectivité.
    #[serde(default, deserialize_with = "montant")]
    pub facturee_eur: Option<Decimal>,
    /// Who did it, when it was not the centre.
    #[serde(default)]
    pub realisee_par: Option<String>,
    /// Done for free.
    #[serde(default)]
    pub gratuite: bool,
    /// The employer has its own convention with the FIPHFP.
    #[serde(default)]
    pub employeur_conventionne_fiphfp: bool,
    /// The centre proves that its support led to the recruitment.
    #[serde(default)]
    pub preuve_accompagnement: bool,
    /// The service fait was certified; unknown when absent.
    #[serde(default)]
    pub service_fait: Option<bool>,
}

/// Employer of a situation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employeur {
    /// SIRET.
    #[serde(default)]
    pub siret: Option<String>,
    /// Number at the Caisse des Dépôts, in place of the SIRET.
    #[serde(default)]
    pub bcr: Option<String>,
    /// `FPT`, `FPE`, `FPH`, `prive`.
    #[serde(default)]
    pub versant: Option<String>,
    /// `obligatoire`, `volontaire`, `aucune`.
    #[serde(default)]
    pub affiliation: Option<String>,
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contrat {
    /// `CDD`, `CDI`, `nomination`.
    #[serde(rename = "type")]
    pub genre: String,
    /// First day.
    pub debut: NaiveDate,
    /// Last day, for a contract that has one.
    #[serde(default)]
    pub fin: Option<NaiveDate>,
}

impl Situation {
    /// The day the action starts: its own, or that of its first contract.
    pub fn date(&self) -> Option<NaiveDate> {
        self.debut.or_else(|| self.contrats.iter().map(|c| c.debut).min())
    }
}

impl Employeur {
    /// What tells employers apart.
    pub fn identifiant(&self) -> Option<&str> {
        self.siret.as_deref().or(self.bcr.as_deref()).map(str::trim).filter(|id| !id.is_empty())
    }
}

/// An amount, written as a number or as a text: never through a floating number.
fn montant<'de, D: Deserializer<'de>>(lecteur: D) -> Result<Option<Decimal>, D::Error> {
    let valeur = Option::<serde_json::Value>::deserialize(lecteur)?;
    valeur.filter(|v| !v.is_null()).map(|v| lit_montant(&v)).transpose().map_err(D::Error::custom)
}

fn montants<'de, D: Deserializer<'de>>(lecteur: D) -> Result<Vec<Decimal>, D::Error> {
    let valeurs = Vec::<serde_json::Value>::deserialize(lecteur)?;
    valeurs.iter().map(|v| lit_montant(v).map_err(D::Error::custom)).collect()
}

pub(super) fn lit_montant(valeur: &serde_json::Value) -> Result<Decimal, String> {
    let texte = valeur.as_str().map_or_else(|| valeur.to_string(), str::to_owned);
    texte.trim().parse().map_err(|_| format!("« {texte} » n’est pas un montant"))
}
