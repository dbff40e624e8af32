//! The GraphQL API: POST of `application/json` only, no cookie, no batch, every cost bounded before
//! anything runs. The committed SDL is `schema/graphql/hub.graphql`.

pub mod abonnement;
mod declare;
mod limites;
mod mutation;
mod noeuds;
mod remontee;
mod requete;
mod types;

use std::time::Duration;

use async_graphql::Schema;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::acces::{Guichet, identification};
use crate::configuration::Configuration;
use crate::service::Service;
pub use abonnement::Abonnement;
use declare::JeuxDeclares;
pub use mutation::Mutation;
use requete::Lecture;

/// Tout ce qui se lit.
#[derive(async_graphql::MergedObject, Default)]
pub struct Requete(Lecture, JeuxDeclares);

/// The moment of a request: a transition says when.
pub(crate) struct Moment(pub chrono::DateTime<chrono::Utc>);

/// The schema of the hub.
pub type SchemaHub = Schema<Requete, Mutation, Abonnement>;

/// Largest request.
const TAILLE_MAXIMALE: usize = 64 * 1024;

/// Builds the schema with its limits. It holds no database: each request brings its own counter.
pub fn schema(configuration: &Configuration) -> SchemaHub {
    let mut schema = limites::bornee(Schema::build(Requete::default(), Mutation, Abonnement));
    if !configuration.hub.introspection {
        schema = schema.disable_introspection();
    }
    schema.finish()
}

/// The SDL, as it is committed: it depends on no configuration.
pub fn sdl() -> String {
    Schema::build(Requete::default(), Mutation, Abonnement).finish().sdl()
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
    let delai = Duration::from_secs(service.configuration().hub.delai);
    let reponse = reponse(service.schema(), requete, service.guichet(appelant), service.horloge().maintenant());
    match tokio::time::timeout(delai, reponse).await {
        Ok(reponse) => habille(&reponse, prefere_le_media_graphql(&parties.headers)),
        Err(_) => erreur(StatusCode::SERVICE_UNAVAILABLE, "DELAI_DEPASSE", "La réponse a pris trop de temps."),
    }
}

/// Gives a request what its resolvers need.
pub(crate) fn equipe(
    requete: async_graphql::Request,
    service: &Service,
    appelant: crate::acces::Appelant,
) -> async_graphql::Request {
    requete
        .data(service.guichet(appelant))
        .data(Moment(service.horloge().maintenant()))
        .data(abonnement::Arrivees(service.arrivees()))
}

/// Media type of GraphQL over HTTP: with it, the status tells whether anything was executed.
const MEDIA: &str = "application/graphql-response+json";

fn prefere_le_media_graphql(entetes: &HeaderMap) -> bool {
    let acceptes = entetes.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
    let mut medias = acceptes.filter_map(|m| m.split(';').next()).map(str::trim);
    medias.any(|m| m.eq_ignore_ascii_case(MEDIA))
}

/// GraphQL over HTTP, §6: as `application/json`, a well-formed request is always answered 200.
fn habille(reponse: &async_graphql::Response, media_graphql: bool) -> Response {
    let refusee = limites::est_refusee(reponse);
    let statut = if refusee && media_graphql { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let Ok(mut corps) = serde_json::to_value(reponse) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Some(objet) = corps.as_object_mut().filter(|_| refusee) {
        objet.remove("data");
    }
    let media = if media_graphql { "application/graphql-response+json; charset=utf-8" } else { JSON };
    json(statut, media, &corps)
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
    reponse(schema, requete, guichet, moment).await
}

async fn reponse(
    schema: &SchemaHub,
    requete: async_graphql::Request,
    guichet: Guichet,
    moment: chrono::DateTime<chrono::Utc>,
) -> async_graphql::Response {
    let reponse = match limites::analyse(requete) {
        Ok(requete) => schema.execute(requete.data(guichet).data(Moment(moment))).await,
        Err(refus) => limites::en_reponse(refus),
    };
    limites::soigne(reponse)
}

fn erreur(statut: StatusCode, code: &str, message: &str) -> Response {
    json(statut, JSON, &serde_json::json!({ "errors": [{ "message": message, "extensions": { "code": code } }] }))
}

const JSON: &str = "application/json; charset=utf-8";

fn json(statut: StatusCode, media: &'static str, corps: &impl serde::Serialize) -> Response {
    match serde_json::to_vec(corps) {
        Ok(octets) => (statut, [(header::CONTENT_TYPE, media)], octets).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
