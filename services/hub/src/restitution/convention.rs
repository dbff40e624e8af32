//! Conventions with the FIPHFP as the centres publish them: the plan beside what was realised, one state for each
//! centre at the end of a half-year. What is masked stays masked in every figure that would be made from it.

pub mod alerte;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, Utc};
use hub_storage::noeud::Noeud;
use hub_storage::observation::{Filtre, Observation};
use referentiel::Decimal;
use referentiel::cellule::{Audience, Statut};
use referentiel::territoire::Niveau;
use serde::Deserialize;
use web::Valeur;

use super::centre::rang_de_centre;
use crate::acces::{Guichet, Refus};

/// Data sets read.
const JEUX: [&str; 2] = ["fiphfp.plan", "fiphfp.avancement"];
/// Measures of the plan; the others are those of its progress.
const DU_PLAN: [&str; 2] = ["FP_CIBLE", "FP_DEMANDE"];
/// Measures read.
const MESURES: [&str; 9] = [
    "FP_CIBLE",
    "FP_DEMANDE",
    "FP_REALISE",
    "FP_VALORISE",
    "FP_REFUSEES",
    "FP_PIECES",
    "FP_PLAFONNE",
    "FP_PAYE",
    "FP_TEMPS",
];
/// Axis of the actions.
const AXE: &str = "fiphfp_action=";
/// Rows read: a hundred centres over four years of half-years.
const LIGNES_MAXIMUM: u32 = 50_000;

/// What is read of the model of convention: the file that the nodes value cases by.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Modele {
    /// Name.
    pub libelle: String,
    /// First day.
    pub debut: NaiveDate,
    /// Last day.
    pub fin: NaiveDate,
    /// Axes.
    #[serde(rename = "axe")]
    pub axes: Vec<Axe>,
    /// Actions.
    #[serde(rename = "action")]
    pub actions: Vec<Action>,
}

/// An axis of the plan.
#[derive(Debug, Clone, Deserialize)]
pub struct Axe {
    /// Number.
    pub numero: u8,
    /// Title.
    pub libelle: String,
    /// Largest share of the whole amount that may be asked for it.
    #[serde(default)]
    pub plafond_part: Option<Decimal>,
}

/// An action of the plan.
#[derive(Debug, Clone, Deserialize)]
pub struct Action {
    /// Code.
    pub code: String,
    /// Axis.
    pub axe: u8,
    /// Title.
    pub libelle: String,
    /// What is counted.
    pub unite: String,
}

static MODELE: LazyLock<Modele> =
    LazyLock::new(|| toml::from_str(include_str!("../../../../schema/conventions/fiphfp-v5.toml")).unwrap_or_default());

/// The model in force.
pub fn modele() -> &'static Modele {
    &MODELE
}

/// A figure, or why there is none.
pub type Lu = Result<Decimal, Statut>;

/// The convention of one centre at the end of a period.
#[derive(Debug, Clone)]
pub struct Etat {
    /// Centre.
    pub noeud: Noeud,
    /// Period.
    pub periode: String,
    /// True when the caller may read plan and amounts.
    pub complet: bool,
    cellules: BTreeMap<(String, String), Lu>,
}

impl Etat {
    /// A figure of an action; of the whole without one.
    pub fn lit(&self, mesure: &str, action: Option<&str>) -> Lu {
        let place = (mesure.to_owned(), action.unwrap_or_default().to_owned());
        self.cellules.get(&place).copied().unwrap_or(Err(Statut::NonTransmis))
    }

    /// The same over the actions of an axis.
    pub fn de_l_axe(&self, mesure: &str, axe: u8) -> Lu {
        let actions = modele().actions.iter().filter(|a| a.axe == axe);
        // An action that the plan does not name is asked nothing and does nothing.
        let lues = actions.map(|a| self.lit(mesure, Some(&a.code))).filter(|l| *l != Err(Statut::NonTransmis));
        let lues: Vec<Lu> = lues.collect();
        if lues.is_empty() { Err(Statut::NonTransmis) } else { lues.into_iter().sum() }
    }

    /// Share of the time of the convention that has elapsed.
    pub fn temps(&self) -> Lu {
        self.lit("FP_TEMPS", None).map(|pour_cent| pour_cent / Decimal::ONE_HUNDRED)
    }

    /// Amount valued over amount asked.
    pub fn part_valorisee(&self) -> Lu {
        part(self.lit("FP_VALORISE", None), self.lit("FP_DEMANDE", None))
    }

    /// Units done over units aimed at.
    pub fn part_realisee(&self, action: &str) -> Lu {
        part(self.lit("FP_REALISE", Some(action)), self.lit("FP_CIBLE", Some(action)))
    }

    /// True when something of the plan was received.
    pub fn a_un_plan(&self) -> bool {
        self.cellules.keys().any(|(mesure, _)| DU_PLAN.contains(&mesure.as_str()))
    }

    /// True when something of its progress was received.
    pub fn a_un_avancement(&self) -> bool {
        self.cellules.keys().any(|(mesure, _)| !DU_PLAN.contains(&mesure.as_str()))
    }
}

/// A quotient: masked as soon as one of its terms is, nothing without a denominator.
pub fn part(numerateur: Lu, denominateur: Lu) -> Lu {
    match (numerateur, denominateur) {
        (Err(Statut::Secret), _) | (_, Err(Statut::Secret)) => Err(Statut::Secret),
        (n, d) => n?.checked_div(d?).ok_or(Statut::SansObjet),
    }
}

/// The pace: 1 is on time.
pub fn rythme(part_faite: Lu, temps: Lu) -> Lu {
    part(part_faite, temps)
}

/// A figure as a cell of a table.
pub fn cellule(lu: Lu, forme: impl Fn(Decimal) -> Valeur) -> Valeur {
    lu.map_or_else(Valeur::Absente, forme)
}

/// What the conventions say.
#[derive(Debug, Clone, Default)]
pub struct Lecture {
    /// Periods received, the latest first.
    pub periodes: Vec<String>,
    /// The one read.
    pub periode: Option<String>,
    /// Centres, by département.
    pub etats: Vec<Etat>,
}

/// Which period is read.
#[derive(Debug, Clone, Copy)]
pub enum Voulue<'a> {
    /// The latest.
    Derniere,
    /// This one.
    Celle(&'a str),
    /// This one, or the last before it.
    AuPlusTard(&'a str),
}

impl Voulue<'_> {
    fn parmi(self, periodes: &[String]) -> Option<String> {
        let mut retenues = periodes.iter().filter(|p| match self {
            Self::Derniere => true,
            Self::Celle(voulue) => *p == voulue,
            Self::AuPlusTard(fin) => p.as_str() <= fin,
        });
        retenues.next().cloned()
    }
}

/// Reads the conventions at a period; a plan stays in force until the next one.
pub async fn lit(guichet: &Guichet, voulue: Voulue<'_>, moment: Option<DateTime<Utc>>) -> Result<Lecture, Refus> {
    let (mut detail, mut commun) = (vec![], vec![]);
    for guichet in guichet.par_periode(moment, &JEUX).await? {
        match guichet.audience(Some(Audience::Convention)) {
            Ok(audience) => detail.extend(observations(&guichet, audience).await?),
            Err(Refus::Audience) => {}
            Err(autre) => return Err(autre),
        }
        commun.extend(observations(&guichet, guichet.audience(None)?).await?);
    }
    let recues: BTreeSet<&str> = detail.iter().chain(&commun).map(|o| o.rang.campagne.as_str()).collect();
    let periodes: Vec<String> = recues.into_iter().rev().map(str::to_owned).collect();
    let periode = voulue.parmi(&periodes);
    let Some(fin) = periode.clone() else { return Ok(Lecture { periodes, ..Lecture::default() }) };
    let noeuds = guichet.configuration().noeuds.iter().map(|(n, _)| n);
    let mut etats: Vec<Etat> = noeuds
        .filter_map(|n| {
            let complet = guichet.voit_la_convention(n.identifiant.as_str());
            let etat = etat(n, &fin, complet, if complet { &detail } else { &commun });
            (complet || !etat.cellules.is_empty()).then_some(etat)
        })
        .collect();
    etats.sort_by_key(|e| rang_de_centre(guichet, &e.noeud));
    Ok(Lecture { periodes, periode, etats })
}

async fn observations(guichet: &Guichet, audience: Audience) -> Result<Vec<Observation>, Refus> {
    let filtre = Filtre {
        campagnes: vec![],
        jeux: JEUX.map(str::to_owned).into(),
        indicateurs: MESURES.map(str::to_owned).into(),
        niveau: Some(Niveau::Departement),
        ..Filtre::campagne(audience, "")
    };
    guichet.observations(&filtre, None, LIGNES_MAXIMUM).await
}

fn etat(noeud: &Noeud, periode: &str, complet: bool, lues: &[Observation]) -> Etat {
    let siennes = || lues.iter().filter(|o| o.rang.noeud == noeud.identifiant.as_str());
    let du_plan = |o: &&Observation| DU_PLAN.contains(&o.rang.indicateur.as_str());
    let plan = siennes().filter(du_plan).map(|o| o.rang.campagne.as_str()).filter(|p| *p <= periode).max();
    let retenues = siennes().filter(|o| {
        let attendue = if du_plan(o) { plan } else { Some(periode) };
        attendue == Some(o.rang.campagne.as_str())
    });
    let place = |o: &Observation| {
        let action = o.rang.ventilation.strip_prefix(AXE).unwrap_or(&o.rang.ventilation).to_owned();
        ((o.rang.indicateur.clone(), action), o.valeur.ok_or(o.statut))
    };
    Etat { noeud: noeud.clone(), periode: periode.to_owned(), complet, cellules: retenues.map(place).collect() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The convention of an invented centre, from (measure, action, figure or masked).
    pub fn essai(cellules: &[(&str, &str, Option<i64>)]) -> Etat {
        let noeud = Noeud {
            identifiant: "cdg-287000012".parse().unwrap(),
            nom: "Centre".to_owned(),
            organisme: "CDG70".to_owned(),
            regions: vec!["27".to_owned()],
            actif: true,
        };
        let cellules = cellules
            .iter()
            .map(|(m, a, v)| (((*m).to_owned(), (*a).to_owned()), v.map(Decimal::from).ok_or(Statut::Secret)));
        Etat { noeud, periode: "2026-T2".to_owned(), complet: true, cellules: cellules.collect() }
    }

    #[test]
    fn the_model_is_the_one_the_nodes_value_cases_by() {
        let modele = modele();
        assert_eq!((modele.axes.len(), modele.actions.len()), (5, 9));
        assert_eq!(modele.fin.to_string(), "2029-12-31");
        assert_eq!(modele.axes[0].plafond_part, Some(Decimal::new(10, 2)));
        let jeu = referentiel::jeu::jeu("fiphfp.plan").unwrap();
        let codes: Vec<&str> =
            jeu.nomenclature("fiphfp_action").unwrap().modalites.iter().map(|m| m.code.as_str()).collect();
        assert_eq!(modele.actions.iter().map(|a| a.code.as_str()).collect::<Vec<_>>(), codes);
        for mesure in MESURES {
            assert!(JEUX.iter().any(|j| referentiel::jeu::jeu(j).unwrap().mesure(mesure).is_some()), "{mesure}");
        }
    }

    #[test]
    fn a_masked_term_masks_everything_made_from_it() {
        let etat = essai(&[
            ("FP_REALISE", "3.3", None),
            ("FP_CIBLE", "3.3", Some(20)),
            ("FP_REALISE", "1.1", Some(4)),
            ("FP_CIBLE", "1.1", Some(16)),
            ("FP_VALORISE", "3.1", Some(300)),
            ("FP_VALORISE", "3.3", None),
            ("FP_TEMPS", "", Some(25)),
        ]);
        assert_eq!(etat.part_realisee("3.3"), Err(Statut::Secret));
        assert_eq!(rythme(etat.part_realisee("3.3"), etat.temps()), Err(Statut::Secret));
        assert_eq!(etat.de_l_axe("FP_VALORISE", 3), Err(Statut::Secret), "a sum over a masked part is no sum");
        assert_eq!(rythme(etat.part_realisee("1.1"), etat.temps()), Ok(Decimal::ONE));
        assert_eq!(etat.part_realisee("2.1"), Err(Statut::NonTransmis));
        assert_eq!(part(Ok(Decimal::ONE), Ok(Decimal::ZERO)), Err(Statut::SansObjet));
    }
}
