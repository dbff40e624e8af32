//! Reminder of a centre: what will be written, shown before it leaves, and those already sent for the campaign.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_storage::campagne::Campagne;
use hub_storage::noeud::Noeud;
use hub_storage::relance::Relance;
use referentiel::format;
use serde::Deserialize;
use web::{Cellule, Colonne, Table};

use super::formulaire::{self, Formulaire};
use super::{Vue, libelle};
use crate::acces::jeton::alea;
use crate::acces::{Guichet, Refus};
use crate::campagne::relance::{self, RelanceImpossible, Texte};
use crate::service::Service;

/// Which centre, for which campaign.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    #[serde(default)]
    campagne: String,
    #[serde(default)]
    centre: String,
}

#[derive(Debug, Template)]
#[template(path = "relance.html")]
struct Ecran {
    campagne: String,
    code: String,
    noeud: String,
    centre: String,
    destinataire: Option<String>,
    texte: Texte,
    jeton: Option<String>,
    identifiant: String,
    envoyees: Table,
}

/// `GET /pilotage/relance`
pub async fn montre(State(service): State<Service>, Query(choix): Query<Choix>, guichet: Guichet) -> Response {
    let vue = Vue::de(&service, &guichet);
    match compose(&service, &guichet, &choix).await {
        Ok(Some(ecran)) => {
            let titre = format!("Relance – {} – {}", ecran.centre, ecran.campagne);
            vue.page(StatusCode::OK, "/pilotage/relance", &titre, &ecran)
        }
        Ok(None) => inconnu(vue),
        Err(erreur) => vue.refuse(&erreur),
    }
}

/// `POST /pilotage/relance`
pub async fn envoie(State(service): State<Service>, formulaire: Formulaire) -> Response {
    let guichet = &formulaire.guichet;
    let vue = Vue::de(&service, guichet);
    let choix =
        Choix { campagne: formulaire.champ("campagne").to_owned(), centre: formulaire.champ("centre").to_owned() };
    let (campagne, noeud) = match vise(guichet, &choix).await {
        Ok(Some(vises)) => vises,
        Ok(None) => return inconnu(vue),
        Err(erreur) => return vue.refuse(&erreur),
    };
    // The page's own identifier: a reload of the answer reminds nobody twice.
    let identifiant = formulaire.champ("relance");
    if identifiant.len() != 22 || !identifiant.bytes().all(|o| o.is_ascii_alphanumeric() || b"-_".contains(&o)) {
        return formulaire::perime(&service);
    }
    match relance::envoie(&service, guichet, identifiant, &campagne, &noeud).await {
        // The list of what was sent, on the page, says that it was.
        Ok(()) => {
            let adresse = format!("/pilotage/relance?campagne={}&centre={}#envoyees", campagne.code, noeud.identifiant);
            Redirect::to(&adresse).into_response()
        }
        Err(RelanceImpossible::Refus(refus)) => vue.refuse(&refus),
        Err(erreur) => vue.message(StatusCode::BAD_GATEWAY, "La relance n’est pas partie", &erreur.to_string()),
    }
}

fn inconnu(vue: Vue<'_>) -> Response {
    let texte = "Cette campagne ou ce centre n’existe pas. Revenez au pilotage et choisissez un centre.";
    vue.message(StatusCode::NOT_FOUND, "Rien à relancer", texte)
}

async fn vise(guichet: &Guichet, choix: &Choix) -> Result<Option<(Campagne, Noeud)>, Refus> {
    let campagne = guichet.campagnes(None).await?.into_iter().find(|c| c.code == choix.campagne);
    let noeud = guichet.emetteurs(None).await?.into_iter().find(|n| n.identifiant.as_str() == choix.centre);
    let vises = campagne.zip(noeud);
    match &vises {
        Some((c, n)) if !guichet.peut_relancer(&c.code, n.identifiant.as_str()) => {
            Err(Refus::Acces("la relance de ce centre"))
        }
        _ => Ok(vises),
    }
}

async fn compose(service: &Service, guichet: &Guichet, choix: &Choix) -> Result<Option<Ecran>, Refus> {
    let Some((campagne, noeud)) = vise(guichet, choix).await? else { return Ok(None) };
    let configuration = service.configuration();
    let jour = service.horloge().maintenant().with_timezone(&chrono_tz::Europe::Paris).date_naive();
    let adresse = configuration.hub.adresse.as_deref();
    let mut envoyees = guichet.relances(&campagne.code).await?;
    envoyees.retain(|r| r.noeud == noeud.identifiant.as_str());
    let contact = configuration.contacts.get(&noeud.identifiant).filter(|_| configuration.courriel.is_some());
    Ok(Some(Ecran {
        campagne: libelle(&campagne.code),
        texte: relance::texte(&configuration.hub.nom, adresse, &noeud, &campagne, jour),
        code: campagne.code,
        noeud: noeud.identifiant.to_string(),
        centre: noeud.nom,
        destinataire: contact.map(ToString::to_string),
        jeton: guichet.appelant().session.as_ref().map(|s| s.jeton.clone()),
        identifiant: alea::<16>(&mut service.alea()),
        envoyees: table(&envoyees),
    }))
}

fn table(envoyees: &[Relance]) -> Table {
    let moment = |t: chrono::DateTime<chrono::Utc>| {
        let ici = t.with_timezone(&chrono_tz::Europe::Paris);
        format!("{} à {}", format::date(ici.date_naive()), ici.format("%H:%M"))
    };
    let suite = |r: &Relance| match (r.envoyee_le, &r.erreur) {
        (Some(quand), _) => format!("envoyée le {}", moment(quand)),
        (None, Some(erreur)) => format!("non partie : {erreur}"),
        (None, None) => "en cours d’envoi".to_owned(),
    };
    Table {
        identifiant: "relances",
        titre: "Relances de ce centre pour cette campagne".to_owned(),
        colonnes: ["Demandée", "Par", "À", "Suite"].map(Colonne::texte).into(),
        lignes: envoyees
            .iter()
            .map(|r| [moment(r.demandee_le), r.par.clone(), r.destinataire.clone(), suite(r)].map(Cellule::from).into())
            .collect(),
    }
}
