//! The GraphQL API: POST of `application/json` only, no cookie, no batch, every cost bounded before
//! anything runs. The committed SDL is `schema/graphql/hub.graphql`.

mod limites;
mod mutation;
mod noeuds;
mod remontee;
mod requete;
mod types;

use std::time::Duration;

use async_graphql::{EmptySubscription, Schema};
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::acces::{Guichet, identification};
use crate::configuration::Configuration;
use crate::service::Service;
pub use mutation::Mutation;
pub use requete::Requete;

/// The moment of a request: a transition says when.
pub(crate) struct Moment(pub chrono::DateTime<chrono::Utc>);

/// The schema of the hub.
pub type SchemaHub = Schema<Requete, Mutation, EmptySubscription>;

/// Largest request.
const TAILLE_MAXIMALE: usize = 64 * 1024;

/// Builds the schema with its limits. It holds no database: each request brings its own counter.
pub fn schema(configuration: &Configuration) -> SchemaHub {
    let mut schema = limites::bornee(Schema::build(Requete, Mutation, EmptySubscription));
    if !configuration.hub.introspection {
        schema = schema.disable_introspection();
    }
    schema.finish()
}

/// The SDL, as it is committed: it depends on no configuration.
pub fn sdl() -> String {
    Schema::build(Requete, Mutation, EmptySubscription).finish().sdl()
}

/// `POST /graphql`.
pub async fn repond(State(service): State<Service>, requete: Request<Body>) -> Response {
    let (parties, corps) = requete.into_parts();
    let appelant = match identification::par_jeton(&service, &parties.headers).await {
        Ok(appelant) => appelant,
        Err(inconnu) => return erreur(inconnu.statut(), inconnu.code(), &inconnu.to_string()),
    };
    let media = parties.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !limites::est_json(media) {
        let message = "Seul « application/json » est accepté.";
        return erreur(StatusCode::UNSUPPORTED_MEDIA_TYPE, "TYPE_REFUSE", message);
    }
    let Ok(octets) = axum::body::to_bytes(corps, TAILLE_MAXIMALE).await else {
        let message = format!("La requête dépasse {TAILLE_MAXIMALE} octets.");
        return erreur(StatusCode::PAYLOAD_TOO_LARGE, "REQUETE_TROP_LONGUE", &message);
    };
    let requete = match limites::lit(&octets) {
        Ok(requete) => requete,
        Err(refus) => return erreur(StatusCode::BAD_REQUEST, refus.code, &refus.message),
    };
    let requete = requete.data(service.guichet(appelant)).data(Moment(service.horloge().maintenant()));
    let delai = Duration::from_secs(service.configuration().hub.delai);
    let Ok(reponse) = tokio::time::timeout(delai, service.schema().execute(requete)).await else {
        return erreur(StatusCode::SERVICE_UNAVAILABLE, "DELAI_DEPASSE", "La réponse a pris trop de temps.");
    };
    json(StatusCode::OK, &limites::soigne(reponse))
}

/// Runs a question in this process, with the same bounds as over HTTP.
pub async fn execute(
    schema: &SchemaHub,
    question: &str,
    variables: serde_json::Value,
    guichet: Guichet,
    moment: chrono::DateTime<chrono::Utc>,
) -> async_graphql::Response {
    let requete = async_graphql::Request::new(question).variables(async_graphql::Variables::from_json(variables));
    let reponse = match limites::analyse(requete, question) {
        Ok(requete) => schema.execute(requete.data(guichet).data(Moment(moment))).await,
        Err(refus) => {
            let mut erreur = async_graphql::ServerError::new(refus.message, None);
            erreur.extensions.get_or_insert_default().set("code", refus.code);
            async_graphql::Response::from_errors(vec![erreur])
        }
    };
    limites::soigne(reponse)
}

fn erreur(statut: StatusCode, code: &str, message: &str) -> Response {
    json(statut, &serde_json::json!({ "errors": [{ "message": message, "extensions": { "code": code } }] }))
}

fn json(statut: StatusCode, corps: &impl serde::Serialize) -> Response {
    match serde_json::to_vec(corps) {
        Ok(octets) => (statut, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], octets).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
