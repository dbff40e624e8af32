//! The committee file from a page: one link for the PDF, one for the workbook, under the rights of whoever asks.

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::sync::Semaphore;
use web::document::Document;

use super::Vue;
use crate::acces::Guichet;
use crate::restitution::comite::{self, Demande};
use crate::service::Service;

/// Files laid out at once: each takes a processor for about a second.
static IMPRESSIONS: Semaphore = Semaphore::const_new(2);

/// What the reader chose.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    #[serde(default)]
    campagne: String,
    #[serde(default)]
    region: String,
    format: Option<String>,
}

/// `GET /dossier`
pub async fn dossier(State(service): State<Service>, Query(choix): Query<Choix>, guichet: Guichet) -> Response {
    let vue = Vue::de(&service, &guichet);
    if referentiel::territoire::region(&choix.region).is_none() {
        let texte = "Choisissez une région avant de demander son dossier de comité.";
        return vue.message(StatusCode::NOT_FOUND, "Région à choisir", texte);
    }
    let demande = Demande { campagne: choix.campagne, region: choix.region, a_la_date: None, commentaire: None };
    let document = match comite::compose(&guichet, &demande).await {
        Ok(Some(document)) => document,
        Ok(None) => {
            return vue.message(StatusCode::NOT_FOUND, "Campagne inconnue", "Revenez au pilotage de la campagne.");
        }
        Err(erreur) => return vue.refuse(&erreur),
    };
    let nom = format!("copil_{}_{}", demande.campagne, demande.region);
    let rendu = if choix.format.as_deref() == Some("xlsx") {
        let genre = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        document.xlsx().map(|octets| fichier(octets, genre, &format!("{nom}.xlsx"))).map_err(|e| e.to_string())
    } else {
        pdf(&service, document).await.map(|octets| fichier(octets, "application/pdf", &format!("{nom}.pdf")))
    };
    rendu.unwrap_or_else(|erreur| {
        tracing::error!(erreur, "dossier de comité");
        // The journal names the program and its place; the reader of a page has no use for them.
        let texte = "Le dossier n’a pas pu être mis en page. Réessayez, ou prévenez le gestionnaire du hub.";
        vue.message(StatusCode::SERVICE_UNAVAILABLE, "Dossier momentanément indisponible", texte)
    })
}

async fn pdf(service: &Service, document: Document) -> Result<Vec<u8>, String> {
    let programme = service.configuration().hub.imprimerie();
    let _place = IMPRESSIONS.acquire().await.map_err(|e| e.to_string())?;
    let imprime = tokio::task::spawn_blocking(move || comite::imprime(&programme, &document)).await;
    imprime.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}

fn fichier(octets: Vec<u8>, genre: &'static str, nom: &str) -> Response {
    let entetes = [
        (header::CONTENT_TYPE, genre.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{nom}\"")),
    ];
    (entetes, octets).into_response()
}
