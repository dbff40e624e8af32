//! From the headers of a request to a caller. A wrong token is refused, never taken for nobody: who shows
//! one expects what it opens.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cookie::Cookie;
use hub_storage::jeton::Jeton;
use hub_storage::{ErreurBase, Version};

use super::{Appelant, Guichet, compte, jeton};
use crate::service::Service;

/// Cookie of a session.
pub const COOKIE: &str = "maillage_session";

/// Why a caller is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Inconnu {
    /// The token opens nothing.
    #[error("Ce jeton n’est pas connu, a expiré ou a été révoqué.")]
    Jeton,
    /// The database.
    #[error("Le hub ne peut pas répondre pour le moment.")]
    Base(#[from] ErreurBase),
}

impl Inconnu {
    /// Status of the answer.
    pub fn statut(&self) -> StatusCode {
        match self {
            Self::Jeton => StatusCode::UNAUTHORIZED,
            Self::Base(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Code of the answer.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Jeton => "JETON_REFUSE",
            Self::Base(_) => "INDISPONIBLE",
        }
    }
}

impl IntoResponse for Inconnu {
    fn into_response(self) -> Response {
        if let Self::Base(erreur) = &self {
            tracing::error!(erreur = %erreur, "identification");
        }
        (self.statut(), [(header::WWW_AUTHENTICATE, "Bearer")], format!("{self}\n")).into_response()
    }
}

/// The caller that a token names; without one, anybody.
pub async fn par_jeton(service: &Service, entetes: &HeaderMap) -> Result<Appelant, Inconnu> {
    par_jeton_sous(service, entetes, None).await
}

/// The same, the token looked for first among those read at this version of the database.
pub async fn par_jeton_sous(
    service: &Service,
    entetes: &HeaderMap,
    version: Option<&Version>,
) -> Result<Appelant, Inconnu> {
    let Some(valeur) = entetes.get(header::AUTHORIZATION) else {
        return Ok(Appelant::anonyme(service.configuration().hub.audience_par_defaut));
    };
    let texte = valeur.to_str().ok().and_then(|v| v.split_once(' ')).filter(|(s, _)| s.eq_ignore_ascii_case("bearer"));
    let (_, texte) = texte.ok_or(Inconnu::Jeton)?;
    let jeton = jeton_lu(service, texte.trim(), version).await?.ok_or(Inconnu::Jeton)?;
    jeton::de(service.db(), jeton, service.horloge().maintenant()).await?.ok_or(Inconnu::Jeton)
}

async fn jeton_lu(service: &Service, texte: &str, version: Option<&Version>) -> Result<Option<Jeton>, ErreurBase> {
    let condense = jeton::condense(texte);
    let Some(version) = version else { return hub_storage::jeton::find(service.db(), &condense).await };
    if let Some(jeton) = service.memoire().jeton(&condense, version) {
        return Ok(Some(jeton));
    }
    let lu = hub_storage::jeton::find(service.db(), &condense).await?;
    if let Some(jeton) = &lu {
        service.memoire().garde_jeton(condense, version.clone(), jeton.clone());
    }
    Ok(lu)
}

/// The caller of a page: a token, else a session, else anybody.
pub async fn par_session(service: &Service, entetes: &HeaderMap) -> Result<Appelant, Inconnu> {
    if !entetes.contains_key(header::AUTHORIZATION)
        && let Some(session) = session(entetes)
        && let Some(appelant) = compte::appelant(service.db(), &session, service.horloge().maintenant()).await?
    {
        return Ok(appelant);
    }
    par_jeton(service, entetes).await
}

/// The cookie of the session.
pub fn session(entetes: &HeaderMap) -> Option<String> {
    cookie(entetes, COOKIE)
}

/// A cookie by its name.
pub fn cookie(entetes: &HeaderMap, nom: &str) -> Option<String> {
    let textes = entetes.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut lus = textes.flat_map(Cookie::split_parse).filter_map(Result::ok);
    lus.find(|c| c.name() == nom).map(|c| c.value().to_owned())
}

impl FromRequestParts<Service> for Guichet {
    type Rejection = Inconnu;

    async fn from_request_parts(parties: &mut Parts, service: &Service) -> Result<Self, Inconnu> {
        Ok(service.guichet(par_session(service, &parties.headers).await?))
    }
}
