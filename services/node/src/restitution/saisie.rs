//! Step 1 without a workbook: an event added to a fiche, a person who comes in, the figures of the dispositif, each in a
//! short form. What is typed is a draft on the server; the checks are those of an import, and so is what undoes it.

mod formule;
mod geste;
mod ouverte;
mod recherche;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use web::{Avis, Geste, Ton};

use super::Pages;
use super::campagne::Choix;
use super::fiches::adresse;
use super::rendu::{Entete, Onglet, Refus};
use super::session::{Agent, Formulaire};
use crate::saisie::{Statut, Verdict};
pub use formule::{Formule, Objet};
pub use geste::{abandonne, defait, enregistre, retire};
pub use ouverte::{CampagneOuverte, PREFIXE};
pub use recherche::cherche;

/// Origin of the imports made here, in the history.
pub const EN_PAGE: &str = "Saisie en page";

/// A form by itself.
#[derive(Debug, Template)]
#[template(path = "saisie.html")]
struct Page<'a> {
    formule: Formule<'a>,
}

/// `GET /dispositifs/{reference}/saisie/{objet}?campagne=…`
pub async fn montre(
    State(pages): State<Arc<Pages>>,
    Path((reference, objet)): Path<(String, String)>,
    Query(choix): Query<Choix>,
    agent: Agent,
) -> Result<Response, Refus> {
    let ouverte = pages.ouvre_campagne(&reference, choix.campagne).await?;
    let objet = Objet::lu(&pages, &ouverte, &objet)?;
    if let Some(modifier) = objet.deja_enregistre(&ouverte) {
        return Ok(Redirect::to(&modifier).into_response());
    }
    Ok(page(&pages, &agent, &ouverte, &objet, None))
}

/// `POST /dispositifs/{reference}/saisie/{objet}`: to the draft first, then to the checks.
pub async fn ecrit(
    State(pages): State<Arc<Pages>>,
    Path((reference, objet)): Path<(String, String)>,
    Query(choix): Query<Choix>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let mut ouverte = pages.ouvre_campagne(&reference, choix.campagne).await?;
    let objet = Objet::lu(&pages, &ouverte, &objet)?;
    if !ouverte.relue(&champs) {
        return Ok(pages.va(&agent, &ouverte.adresse(), geste::croise()));
    }
    objet.pose(&mut ouverte, &champs);
    if !pages.garde_campagne(&agent, &mut ouverte).await? {
        return Ok(pages.va(&agent, &ouverte.adresse(), geste::croise()));
    }
    let verdict = pages.juge_campagne(&ouverte).await?;
    if Formule::nouvelle(&ouverte, &objet, Some(&verdict), &agent.jeton).en_erreur() {
        return Ok(page(&pages, &agent, &ouverte, &objet, Some(&verdict)));
    }
    if ouverte.preparation.enregistree && importable(&verdict) {
        let retour = match &objet {
            Objet::Personne { repere, .. } => adresse(&reference, repere, ouverte.trimestre()),
            _ => ouverte.adresse(),
        };
        return geste::importe(&pages, &agent, &ouverte, &verdict, &retour).await;
    }
    let (faits, attendus) = ouverte.preparation.avancement();
    let suite = if importable(&verdict) { " Rien ne manque : enregistrez la campagne." } else { "" };
    let avis = Avis {
        ton: Ton::Fait,
        texte: format!("C’est gardé en brouillon. Évènements saisis : {faits} sur {attendus}.{suite}"),
        geste: Some(Geste {
            adresse: ouverte.geste("defaire"),
            libelle: "Annuler cette saisie".to_owned(),
            jeton: agent.jeton.clone(),
        }),
    };
    let suivante = objet.suivante(&pages, &ouverte).filter(|_| champs.valeur("suite") == "suivante");
    Ok(pages.va(&agent, &suivante.unwrap_or_else(|| ouverte.adresse()), avis))
}

fn page(pages: &Pages, agent: &Agent, ouverte: &CampagneOuverte, objet: &Objet, verdict: Option<&Verdict>) -> Response {
    let formule = Formule::nouvelle(ouverte, objet, verdict, &agent.jeton);
    let (titre, statut) = if formule.en_erreur() {
        (format!("Erreur : {}", formule.titre), StatusCode::UNPROCESSABLE_ENTITY)
    } else {
        (formule.titre.clone(), StatusCode::OK)
    };
    let reference = ouverte.reference.clone();
    let entete = Entete::nouveau(Onglet::Dispositifs, &titre)
        .sous(format!("/dispositifs?campagne={}", ouverte.trimestre()), "Dispositifs et fiches")
        .sous(ouverte.adresse(), reference);
    let avis = pages.sessions.avis(agent);
    pages.page_avec(statut, entete, avis.as_ref(), &Page { formule })
}

fn importable(verdict: &Verdict) -> bool {
    matches!(verdict.statut, Statut::Conforme | Statut::Avertissements)
}

impl Pages {
    /// What the checks of a workbook say of the campaign as it is keyed.
    async fn juge_campagne(self: &Arc<Self>, ouverte: &CampagneOuverte) -> Result<Verdict> {
        let tranche = ouverte.preparation.tranche(&ouverte.modele);
        let octets = tranche
            .classeur(&ouverte.modele, self.aujourdhui())
            .context("La campagne saisie n’a pas pu être préparée.")?;
        self.verifie(octets, Some(ouverte.trimestre())).await
    }
}
