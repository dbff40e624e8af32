//! The FIPHFP convention: its axes and actions, the ceilings of a plan d'actions, and the verdict on a file of
//! situations. Everything is asked to `dossier::convention`; nothing is stored here.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use dossier::convention::modele::{Action, Convention};
use dossier::convention::plan::{self, Montants};
use dossier::convention::{self, Decision, Dossier, Evaluation};
use referentiel::Decimal;
use referentiel::format::{euros, pourcentage};
use web::{Avis, Colonne, Table, Ton, Valeur};

use super::Pages;
use super::campagne::Modalite;
use super::rendu::{Entete, Onglet, Refus};
use super::session::{Agent, Depose};

/// What the reader chose, in the address: a convention, and amounts by axis.
#[derive(Debug, Default)]
pub struct Choix {
    code: Option<String>,
    montants: Vec<(u8, String)>,
}

impl Choix {
    fn lit(paires: Vec<(String, String)>) -> Self {
        let code = paires.iter().find(|(n, _)| n == "convention").map(|(_, v)| v.clone());
        let montants = paires.into_iter().filter_map(|(n, v)| Some((n.strip_prefix("axe")?.parse().ok()?, v)));
        Self { code, montants: montants.collect() }
    }
}

#[derive(Debug, Template)]
#[template(path = "convention.html")]
struct Page<'a> {
    convention: &'a Convention,
    validite: String,
    conventions: Vec<Modalite>,
    axes: Vec<Axe>,
    plan: Option<Plan>,
    actions: Table,
    verdicts: Option<Verdicts>,
    jeton: &'a str,
}

impl Page<'_> {
    fn en_erreur(&self) -> bool {
        self.axes.iter().any(|a| a.erreur)
    }
}

/// An axis and the amount asked for it.
#[derive(Debug)]
struct Axe {
    numero: u8,
    libelle: String,
    plafond: Option<String>,
    montant: String,
    erreur: bool,
}

/// What the rules say of a plan.
#[derive(Debug)]
struct Plan {
    total: String,
    acompte: Option<String>,
    depassements: Vec<String>,
}

/// What the rules say of situations.
#[derive(Debug)]
struct Verdicts {
    table: Table,
    total: String,
}

/// `GET /convention`
pub async fn montre(
    State(pages): State<Arc<Pages>>,
    Query(paires): Query<Vec<(String, String)>>,
    agent: Agent,
) -> Result<Response, Refus> {
    rend(&pages, &agent, &Choix::lit(paires), None)
}

/// `POST /convention`: values a file of situations; keeps nothing.
pub async fn evalue(State(pages): State<Arc<Pages>>, depose: Depose) -> Result<Response, Refus> {
    let evaluation = std::str::from_utf8(&depose.octets)
        .context("Le fichier n’est pas un texte UTF-8 : c’est peut-être un classeur.")
        .and_then(|texte| {
            let dossier: Dossier = serde_json::from_str(texte)
                .context("Le fichier n’est pas une liste de situations : un fichier JSON est attendu.")?;
            Ok((dossier.convention.clone(), convention::evaluer(&dossier)?))
        });
    match evaluation {
        Ok((code, evaluation)) => rend(&pages, &depose.agent, &Choix { code, montants: vec![] }, Some(&evaluation)),
        Err(erreur) => {
            let causes: Vec<String> = erreur.chain().map(ToString::to_string).collect();
            let avis = Avis { ton: Ton::Erreur, texte: causes.join(" "), geste: None };
            Ok(pages.va(&depose.agent, "/convention", avis))
        }
    }
}

fn rend(pages: &Pages, agent: &Agent, choix: &Choix, evaluation: Option<&Evaluation>) -> Result<Response, Refus> {
    let toutes = convention::conventions();
    let convention = match &choix.code {
        Some(code) => toutes.iter().find(|c| &c.code == code),
        None => toutes.last(),
    };
    let convention = convention.ok_or_else(|| Refus::introuvable("Cette convention n’est pas connue de ce nœud."))?;
    let jour = referentiel::format::date_longue;
    let axes: Vec<Axe> = convention.axes.iter().map(|a| axe(a, choix)).collect();
    let contenu = Page {
        validite: format!("Du {} au {}", jour(convention.debut), jour(convention.fin)),
        conventions: toutes
            .iter()
            .map(|c| Modalite::nouvelle(&c.code, &c.libelle, c.code == convention.code))
            .collect(),
        plan: plan(convention, &axes),
        axes,
        actions: actions(convention),
        verdicts: evaluation.map(verdicts),
        convention,
        jeton: &agent.jeton,
    };
    Ok(pages.page(agent, Entete::nouveau(Onglet::Convention, "Convention FIPHFP"), &contenu))
}

fn axe(axe: &convention::modele::Axe, choix: &Choix) -> Axe {
    let montant = choix.montants.iter().find(|(n, _)| *n == axe.numero).map_or("", |(_, v)| v.trim());
    Axe {
        numero: axe.numero,
        libelle: axe.libelle.clone(),
        plafond: axe.plafond_part.map(pourcentage),
        montant: montant.to_owned(),
        erreur: !montant.is_empty() && lu(montant).is_none(),
    }
}

/// An amount as people write it: spaces, decimal comma.
fn lu(texte: &str) -> Option<Decimal> {
    let net: String = texte.chars().filter(|c| !c.is_whitespace() && *c != '€').collect();
    net.replace(',', ".").parse().ok().filter(|d: &Decimal| !d.is_sign_negative())
}

fn plan(convention: &Convention, axes: &[Axe]) -> Option<Plan> {
    let montants: Montants = axes.iter().filter_map(|a| Some((a.numero, lu(&a.montant)?))).collect();
    // A plan with an amount that cannot be read is not the plan: nothing is concluded from the others.
    if montants.is_empty() || axes.iter().any(|a| a.erreur) {
        return None;
    }
    let total = montants.values().sum();
    Some(Plan {
        total: euros(total),
        acompte: plan::acompte(convention, total).map(euros),
        depassements: plan::plafonds(convention, &montants)
            .into_iter()
            .map(|d| format!("{} ({})", d.explication, d.regle))
            .collect(),
    })
}

fn actions(convention: &Convention) -> Table {
    let prix = |a: &Action| match (a.prix_eur, a.paliers.as_slice()) {
        (_, [_, ..]) => {
            let paliers: Vec<String> =
                a.paliers.iter().map(|p| format!("{} à partir de la {}e", euros(p.prix_eur), p.a_partir_de)).collect();
            paliers.join(", ").replace("la 1e", "la 1re").into()
        }
        (Some(prix), _) => Valeur::Euros(prix),
        (None, _) => Valeur::Texte("suivie, sans prix".to_owned()),
    };
    let lignes = convention.actions.iter().map(|a| {
        vec![
            a.code.as_str().into(),
            a.libelle.as_str().into(),
            u64::from(a.axe).into(),
            a.unite.as_str().into(),
            prix(a).into(),
            a.regles.join(", ").into(),
        ]
    });
    Table {
        identifiant: "actions",
        titre: format!("Actions de la {}", convention.libelle),
        colonnes: vec![
            Colonne::texte("Action"),
            Colonne::texte("Intitulé"),
            Colonne::nombre("Axe"),
            Colonne::texte("Unité comptée"),
            Colonne::texte("Prix"),
            Colonne::texte("Règles"),
        ],
        lignes: lignes.collect(),
    }
}

fn verdicts(evaluation: &Evaluation) -> Verdicts {
    let lignes = evaluation.verdicts.iter().map(|v| {
        let (decision, montant) = match v.verdict {
            Decision::Valorisable => ("valorisable", Valeur::Euros(v.montant_eur)),
            Decision::Refuse => ("refusée", Valeur::Rien),
        };
        vec![
            v.id.as_str().into(),
            decision.into(),
            montant.into(),
            v.regle.clone().into(),
            v.explication.as_str().into(),
        ]
    });
    Verdicts {
        table: Table {
            identifiant: "verdicts",
            titre: "Verdict de chaque situation".to_owned(),
            colonnes: vec![
                Colonne::texte("Situation"),
                Colonne::texte("Verdict"),
                Colonne::nombre("Montant"),
                Colonne::texte("Règle"),
                Colonne::texte("Pourquoi"),
            ],
            lignes: lignes.collect(),
        },
        total: euros(evaluation.total_eur),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_people_write_it() {
        assert_eq!(lu("12\u{202f}500,50 €"), Some("12500.50".parse().unwrap()));
        assert_eq!((lu("-3"), lu("douze"), lu("")), (None, None, None));
    }

    #[test]
    fn a_plan_beyond_a_ceiling_says_which() {
        let choix = Choix::lit(
            [("axe1", "32000"), ("axe2", "68000"), ("axe3", "113500"), ("axe4", "90000"), ("axe5", "5000")]
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
                .into(),
        );
        let v5 = convention::convention("fiphfp-v5").unwrap();
        let axes: Vec<Axe> = v5.axes.iter().map(|a| axe(a, &choix)).collect();
        let plan = plan(v5, &axes).unwrap();
        let illisible =
            Choix::lit(vec![("axe1".to_owned(), "32000".to_owned()), ("axe5".to_owned(), "douze".to_owned())]);
        let axes: Vec<Axe> = v5.axes.iter().map(|a| axe(a, &illisible)).collect();
        assert!(super::plan(v5, &axes).is_none(), "nothing is concluded from half a plan");
        assert!(plan.depassements.len() == 1 && plan.depassements[0].contains("R-CAP1"), "{:?}", plan.depassements);
    }
}
