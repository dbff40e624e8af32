//! The GraphQL API: POST of `application/json` only, no cookie, no batch, every cost bounded before
//! anything runs. The committed SDL is `schema/graphql/hub.graphql`.

pub mod abonnement;
mod administration;
mod declare;
mod limites;
mod mutation;
mod noeuds;
mod pratique;
mod remontee;
mod requete;
mod types;

use std::time::Duration;

use async_graphql::Schema;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::acces::Guichet;
use crate::acces::identification::{self, Inconnu};
use crate::configuration::{Configuration, Questions};
use crate::mesures::Question;
use crate::restitution::memoire::{Cle, Reponse};
use crate::service::Service;
pub use abonnement::Abonnement;
use administration::{ActesNoeuds, LectureAdministration};
use declare::JeuxDeclares;
use mutation::Transitions;
use pratique::{ActesPratiques, LecturePratiques};
use requete::Lecture;

/// Tout ce qui se lit.
#[derive(async_graphql::MergedObject, Default)]
pub struct Requete(Lecture, JeuxDeclares, LecturePratiques, LectureAdministration);

/// Actions.
#[derive(async_graphql::MergedObject, Default)]
pub struct Mutation(Transitions, ActesPratiques, ActesNoeuds);

/// The moment of a request: a transition says when.
pub(crate) struct Moment(pub chrono::DateTime<chrono::Utc>);

/// The schema of the hub.
pub type SchemaHub = Schema<Requete, Mutation, Abonnement>;

/// Largest request.
const TAILLE_MAXIMALE: usize = 64 * 1024;

/// Builds the schema with its limits. It holds no database: each request brings its own counter.
pub fn schema(configuration: &Configuration) -> SchemaHub {
    let mut schema = limites::bornee(Schema::build(Requete::default(), Mutation::default(), Abonnement));
    if !configuration.hub.introspection {
        schema = schema.disable_introspection();
    }
    schema.finish()
}

/// The SDL, as it is committed: it depends on no configuration.
pub fn sdl() -> String {
    Schema::build(Requete::default(), Mutation::default(), Abonnement).finish().sdl()
}

/// `POST /graphql`.
pub async fn repond(State(service): State<Service>, requete: Request<Body>) -> Response {
    let (reponse, question) = match repond_a(&service, requete).await {
        Ok(faite) => faite,
        Err(refus) => (refus, Question::Refusee),
    };
    service.mesures().question(question);
    reponse
}

/// The answer and where it came from, or why there is none.
async fn repond_a(service: &Service, requete: Request<Body>) -> Result<(Response, Question), Response> {
    let (parties, corps) = requete.into_parts();
    // What is kept under the version of this moment is what the caller would read from now on.
    let version = match service.db().version().await {
        Ok(version) => version,
        Err(erreur) => return Err(inconnu(&Inconnu::Base(erreur))),
    };
    let appelant = match identification::par_jeton_sous(service, &parties.headers, version.as_ref()).await {
        Ok(appelant) => appelant,
        Err(refus) => return Err(inconnu(&refus)),
    };
    let media = parties.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !limites::est_json(media) {
        let message = "Seul « application/json » est accepté.";
        return Err(erreur(StatusCode::UNSUPPORTED_MEDIA_TYPE, "TYPE_REFUSE", message));
    }
    let Ok(octets) = axum::body::to_bytes(corps, TAILLE_MAXIMALE).await else {
        let message = format!("La requête dépasse {TAILLE_MAXIMALE} octets.");
        return Err(erreur(StatusCode::PAYLOAD_TOO_LARGE, "REQUETE_TROP_LONGUE", &message));
    };
    let media = if prefere_le_media_graphql(&parties.headers) { MEDIA_GRAPHQL } else { JSON };
    let cle = Cle { appelant, media, question: octets };
    if let Some(gardee) = version.as_ref().and_then(|v| service.memoire().reponse(&cle, v)) {
        return Ok((gardee.into_response(), Question::Gardee));
    }
    let requete = match limites::lit(&cle.question, &service.configuration().questions, cle.appelant.role.is_none()) {
        Ok(requete) => requete,
        Err(refus) => return Err(erreur(StatusCode::BAD_REQUEST, refus.code, &refus.message)),
    };
    let delai = Duration::from_secs(service.configuration().hub.delai);
    let guichet = service.guichet(cle.appelant.clone());
    let issue = issue(service.schema(), requete, guichet, service.horloge().maintenant());
    let Ok(issue) = tokio::time::timeout(delai, issue).await else {
        let trop = erreur(StatusCode::SERVICE_UNAVAILABLE, "DELAI_DEPASSE", "La réponse a pris trop de temps.");
        return Ok((trop, Question::Interrompue));
    };
    let Some(reponse) = habille(&issue.reponse, media) else {
        return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    };
    if let Some(version) = version.filter(|_| issue.se_garde()) {
        service.memoire().garde(cle, version, reponse.clone());
    }
    let classe = if limites::est_refusee(&issue.reponse) { Question::Refusee } else { Question::Calculee };
    Ok((reponse.into_response(), classe))
}

fn inconnu(refus: &Inconnu) -> Response {
    if let Inconnu::Base(cause) = refus {
        tracing::error!(erreur = %cause, "identification");
    }
    erreur(refus.statut(), refus.code(), &refus.to_string())
}

/// A question that an operator stores: readable, within the limits, and acting on nothing.
pub fn verifie_question(texte: &str) -> Result<(), String> {
    let mut lue = limites::bornes(async_graphql::Request::new(texte)).map_err(|refus| refus.message)?;
    if limites::ne_fait_que_lire(&mut lue) {
        Ok(())
    } else {
        Err("une question enregistrée ne fait que lire.".to_owned())
    }
}

/// What is judged of a request before anything of it is executed: its form, its bounds, its variables.
pub fn examine(octets: &[u8], questions: &Questions) -> Result<(), String> {
    limites::lit(octets, questions, true).and_then(limites::analyse).map(|_| ()).map_err(|refus| refus.message)
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
fn habille(reponse: &async_graphql::Response, media: &'static str) -> Option<Reponse> {
    let refusee = limites::est_refusee(reponse);
    let statut = if refusee && media == MEDIA_GRAPHQL { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let corps = if refusee {
        let mut corps = serde_json::to_value(reponse).ok()?;
        corps.as_object_mut()?.remove("data");
        serde_json::to_vec(&corps).ok()?
    } else {
        serde_json::to_vec(reponse).ok()?
    };
    Some(Reponse { statut, media, corps: corps.into() })
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
    issue(schema, requete, guichet, moment).await.reponse
}

/// What a request gave.
struct Issue {
    reponse: async_graphql::Response,
    /// True when nothing in the document could act.
    lecture: bool,
}

impl Issue {
    /// True when the same question gives the same answer as long as the database does not change.
    fn se_garde(&self) -> bool {
        self.lecture && self.reponse.errors.is_empty()
    }
}

async fn issue(
    schema: &SchemaHub,
    requete: async_graphql::Request,
    guichet: Guichet,
    moment: chrono::DateTime<chrono::Utc>,
) -> Issue {
    let (reponse, lecture) = match limites::analyse(requete) {
        Ok(mut requete) => {
            let lecture = limites::ne_fait_que_lire(&mut requete);
            (schema.execute(requete.data(guichet).data(Moment(moment))).await, lecture)
        }
        Err(refus) => (limites::en_reponse(refus), false),
    };
    Issue { reponse: limites::soigne(reponse), lecture }
}

fn erreur(statut: StatusCode, code: &str, message: &str) -> Response {
    json(statut, JSON, &serde_json::json!({ "errors": [{ "message": message, "extensions": { "code": code } }] }))
}

const MEDIA_GRAPHQL: &str = "application/graphql-response+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

fn json(statut: StatusCode, media: &'static str, corps: &impl serde::Serialize) -> Response {
    match serde_json::to_vec(corps) {
        Ok(octets) => (statut, [(header::CONTENT_TYPE, media)], octets).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
