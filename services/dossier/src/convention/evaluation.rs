//! Verdicts: the rules of the action one after the other, then the prices, once it is known who counts.

use std::collections::HashMap;

use referentiel::Decimal;
use referentiel::format::euros;
use serde::{Serialize, Serializer};

use super::ErreurConvention;
use super::modele::{Action, convention};
use super::parametre::{ModePaliers, Parametres, grille};
use super::plan::Montants;
use super::regle::{Examen, regle};
use super::situation::{Dossier, ParametresDossier, Situation};

/// Whether a situation is valued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It counts.
    Valorisable,
    /// It does not.
    Refuse,
}

/// The verdict on a situation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Identifier of the situation.
    pub id: String,
    /// Valued or not.
    pub verdict: Decision,
    /// The first rule that refuses.
    pub regle: Option<String>,
    /// Amount, zero when refused.
    #[serde(serialize_with = "en_nombre")]
    pub montant_eur: Decimal,
    /// Why, in French.
    pub explication: String,
    /// Number of the axis, for totals.
    #[serde(skip)]
    pub axe: u8,
    /// Units it counts for; zero when refused, or when the employer is already counted.
    #[serde(skip)]
    pub quantite: u32,
}

/// Verdicts in the order of the situations, and their total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evaluation {
    /// Verdicts.
    pub verdicts: Vec<Verdict>,
    /// Sum of the amounts.
    #[serde(serialize_with = "en_nombre")]
    pub total_eur: Decimal,
}

impl Evaluation {
    /// Valued amounts by axis.
    pub fn par_axe(&self) -> Montants {
        let mut montants = Montants::new();
        for verdict in &self.verdicts {
            *montants.entry(verdict.axe).or_default() += verdict.montant_eur;
        }
        montants
    }
}

/// Values the situations of a file. Rules of uniqueness look at those entered, and valued, before.
pub fn evaluer(dossier: &Dossier) -> Result<Evaluation, ErreurConvention> {
    let code = dossier.convention.as_deref().unwrap_or(CONVENTION_PAR_DEFAUT);
    let convention = convention(code).ok_or_else(|| ErreurConvention::ConventionInconnue(code.to_owned()))?;
    let mut comptage = Comptage::default();
    let mut issues = Vec::with_capacity(dossier.situations.len());
    for situation in &dossier.situations {
        let action = convention.action(&situation.action).ok_or_else(|| {
            ErreurConvention::ActionInconnue(situation.id.clone(), situation.action.clone(), convention.libelle.clone())
        })?;
        let parametres = Parametres::au(situation.date().unwrap_or(convention.debut), convention, &dossier.parametres)?;
        let financees = comptage.financees_pour(situation);
        let issue = match refus(&Examen { convention, parametres, action, situation, financees }) {
            Some((regle, explication)) => Issue::Refusee(regle, explication),
            None => comptage.retient(situation, action, parametres.paliers),
        };
        issues.push((situation, action, issue));
    }
    let verdicts: Vec<Verdict> = issues
        .into_iter()
        .map(|(situation, action, issue)| issue.verdict(situation, action, &comptage, &dossier.parametres))
        .collect();
    let total_eur = verdicts.iter().map(|v| v.montant_eur).sum();
    Ok(Evaluation { verdicts, total_eur })
}

/// The convention of a file that names none.
pub(super) const CONVENTION_PAR_DEFAUT: &str = "fiphfp-v5";

/// What becomes of a situation, before prices are known.
enum Issue {
    /// The rule, and why.
    Refusee(String, String),
    /// Counts nothing more than the situation of this identifier.
    Repetee(String),
    /// Counts, at this rank for its action.
    Comptee { rang: usize, mode: ModePaliers },
}

impl Issue {
    fn verdict(
        self,
        situation: &Situation,
        action: &Action,
        comptage: &Comptage<'_>,
        parametres: &ParametresDossier,
    ) -> Verdict {
        let quantite = if matches!(self, Self::Comptee { .. }) { situation.quantite.unwrap_or(1) } else { 0 };
        let (verdict, regle, montant_eur, explication) = match self {
            Self::Refusee(regle, explication) => (Decision::Refuse, Some(regle), Decimal::ZERO, explication),
            Self::Repetee(premiere) => {
                let motif = format!(
                    "Employeur déjà compté (situation {premiere}) : l’action {} compte chacun une fois.",
                    action.code
                );
                (Decision::Valorisable, None, Decimal::ZERO, motif)
            }
            Self::Comptee { rang, mode } => {
                let rang = if mode == ModePaliers::Global { comptage.nombre(action) } else { rang };
                let montant = montant(situation, action, rang, parametres);
                (Decision::Valorisable, None, montant, motif(action, rang, montant))
            }
        };
        Verdict { id: situation.id.clone(), verdict, regle, montant_eur, explication, axe: action.axe, quantite }
    }
}

/// What counts so far.
#[derive(Default)]
struct Comptage<'a> {
    par_personne: HashMap<&'a str, Vec<(&'a Situation, &'a Action)>>,
    par_action: HashMap<&'a str, usize>,
    employeurs: HashMap<(&'a str, &'a str), &'a str>,
}

impl<'a> Comptage<'a> {
    fn financees_pour(&self, situation: &Situation) -> &[(&'a Situation, &'a Action)] {
        situation.personne.as_deref().and_then(|p| self.par_personne.get(p)).map_or(&[], Vec::as_slice)
    }

    fn retient(&mut self, situation: &'a Situation, action: &'a Action, mode: ModePaliers) -> Issue {
        if let Some(employeur) = situation.employeur.identifiant().filter(|_| action.compte_distinct)
            && let Some(premiere) = self.employeurs.insert((&action.code, employeur), &situation.id)
        {
            self.employeurs.insert((&action.code, employeur), premiere);
            return Issue::Repetee(premiere.to_owned());
        }
        if let Some(personne) = situation.personne.as_deref() {
            self.par_personne.entry(personne).or_default().push((situation, action));
        }
        let rang = self.par_action.entry(&action.code).or_default();
        *rang += 1;
        Issue::Comptee { rang: *rang, mode }
    }

    fn nombre(&self, action: &Action) -> usize {
        self.par_action.get(action.code.as_str()).copied().unwrap_or(0)
    }
}

/// Amount of a situation: its units at the price of the action, or one unit at the price of the tier.
fn montant(situation: &Situation, action: &Action, rang: usize, dossier: &ParametresDossier) -> Decimal {
    let du_palier = grille(action, dossier).into_iter().rev().find(|(a_partir_de, _)| rang >= *a_partir_de);
    match du_palier {
        Some((_, prix)) => prix,
        None => action.prix_eur.unwrap_or_default() * Decimal::from(situation.quantite.unwrap_or(1)),
    }
}

fn motif(action: &Action, rang: usize, montant: Decimal) -> String {
    let titre = format!("Action {} – {}", action.code, action.libelle);
    if !action.paliers.is_empty() {
        format!("{titre} : {} au rang {rang} de la grille.", euros(montant))
    } else if action.prix_eur.is_some() {
        format!("{titre} : {}.", euros(montant))
    } else {
        format!("{titre} : suivie, sans prix unitaire ({}).", action.unite)
    }
}

/// The first rule that refuses, with its reason and the names of the other ones that do.
fn refus(examen: &Examen<'_>) -> Option<(String, String)> {
    let echecs = examen.action.regles.iter().filter_map(|id| Some((id, regle(id)?(examen).err()?)));
    let echecs: Vec<(&String, String)> = echecs.collect();
    let ((premiere, explication), autres) = echecs.split_first()?;
    let mut explication = explication.clone();
    if !autres.is_empty() {
        let autres: Vec<&str> = autres.iter().map(|(id, _)| id.as_str()).collect();
        explication.push_str(&format!(" Autres règles non satisfaites : {}.", autres.join(", ")));
    }
    Some(((*premiere).clone(), explication))
}

/// A JSON number with all its digits.
fn en_nombre<S: Serializer>(montant: &Decimal, sortie: S) -> Result<S::Ok, S::Error> {
    use serde::ser::Error as _;
    let nombre: serde_json::Number = montant.normalize().to_string().parse().map_err(S::Error::custom)?;
    nombre.serialize(sortie)
}
