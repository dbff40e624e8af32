//! Answers that are not what was asked for: `application/problem+json` (RFC 9457) towards the nodes. The
//! cause of an internal error goes to the log, never to the answer.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_storage::ErreurBase;
use publication::refus::MEDIA_PROBLEME;
use publication::{CodeRefus, Probleme, Refus};

/// An answer of the protocol that is not a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejet(Box<Probleme>);

impl Rejet {
    /// The problem answered.
    pub fn probleme(&self) -> &Probleme {
        &self.0
    }

    /// A problem by its code, with what was read or expected.
    pub fn nouveau(code: CodeRefus, detail: impl Into<String>) -> Self {
        Refus::nouveau(code, detail).into()
    }
}

impl From<Refus> for Rejet {
    fn from(refus: Refus) -> Self {
        Self(Box::new(refus.probleme()))
    }
}

impl From<Probleme> for Rejet {
    fn from(probleme: Probleme) -> Self {
        Self(Box::new(probleme))
    }
}

impl From<ErreurBase> for Rejet {
    fn from(erreur: ErreurBase) -> Self {
        tracing::error!(erreur = %erreur, "la base n’a pas répondu");
        Self::nouveau(CodeRefus::HubBusy, "Réessayez dans quelques instants.")
    }
}

impl IntoResponse for Rejet {
    fn into_response(self) -> Response {
        let statut = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let corps = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut reponse = (statut, [(header::CONTENT_TYPE, MEDIA_PROBLEME)], corps).into_response();
        if statut == StatusCode::SERVICE_UNAVAILABLE || statut == StatusCode::TOO_MANY_REQUESTS {
            reponse.headers_mut().insert(HeaderName::from_static("retry-after"), HeaderValue::from_static("5"));
        }
        reponse
    }
}
