//! What leaves in a file is written down: who took it, and the address that made it, so with its filters. In one
//! place for every page, present or to come; a file that could not be written down does not leave.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use hub_storage::journal::{self, Fait};
use hub_storage::{Db, ErreurBase};
use serde_json::{Value, json};

use super::identification;
use crate::service::Service;

/// A line of the audit journal: who took what, by a page or by a command.
pub async fn note(
    db: &Db,
    moment: DateTime<Utc>,
    (acteur, objet): (&str, &str),
    detail: Value,
) -> Result<(), ErreurBase> {
    let (acteur, objet) = (acteur.to_owned(), objet.to_owned());
    journal::ajoute(db, &Fait { moment, acteur, action: "export.ecrire", objet, detail }).await
}

/// Notes the files taken by those who identified themselves; what is open to anybody is not a fact about somebody.
pub async fn note_les_fichiers(State(service): State<Service>, requete: Request, suite: Next) -> Response {
    let adresse = requete.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let entetes = requete.headers().clone();
    let reponse = suite.run(requete).await;
    if !reponse.headers().contains_key(header::CONTENT_DISPOSITION) {
        return reponse;
    }
    let appelant = match identification::par_session(&service, &entetes).await {
        Ok(appelant) if appelant.role.is_some() => appelant,
        Ok(_) => return reponse,
        Err(inconnu) => return inconnu.into_response(),
    };
    match note(service.db(), service.horloge().maintenant(), (&appelant.nom, &adresse), json!({})).await {
        Ok(()) => reponse,
        Err(erreur) => {
            tracing::error!(%erreur, "inscription d’un export au journal");
            (StatusCode::SERVICE_UNAVAILABLE, "Le fichier n’a pas pu être inscrit au journal : réessayez.\n")
                .into_response()
        }
    }
}
