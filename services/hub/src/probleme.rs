//! Answers that are not what was asked for: `application/problem+json` (RFC 9457) towards the nodes. The
//! cause of an internal error goes to the log, never to the answer.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_storage::ErreurBase;
use publication::refus::MEDIA_PROBLEME;
use publication::{CodeRefus, Probleme, Refus};

/// An answer of the protocol that is not a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejet(Box<Probleme>, Option<u64>);

impl Rejet {
    /// The problem answered.
    pub fn probleme(&self) -> &Probleme {
        &self.0
    }

    /// A problem by its code, with what was read or expected.
    pub fn nouveau(code: CodeRefus, detail: impl Into<String>) -> Self {
        Refus::nouveau(code, detail).into()
    }

    /// Says when to come back: whole seconds, at least one.
    #[must_use]
    pub fn apres(mut self, attente: std::time::Duration) -> Self {
        self.1 = Some(attente.as_secs() + u64::from(attente.subsec_nanos() > 0));
        self
    }
}

impl From<Refus> for Rejet {
    fn from(refus: Refus) -> Self {
        Self(Box::new(refus.probleme()), None)
    }
}

impl From<Probleme> for Rejet {
    fn from(probleme: Probleme) -> Self {
        Self(Box::new(probleme), None)
    }
}

impl From<ErreurBase> for Rejet {
    fn from(erreur: ErreurBase) -> Self {
        tracing::error!(erreur = %erreur, "la base n’a pas répondu");
        Self::nouveau(CodeRefus::HubBusy, "Réessayez dans quelques instants.")
    }
}

/// Seconds to wait when nothing says better.
const ATTENTE: u64 = 5;

impl IntoResponse for Rejet {
    fn into_response(self) -> Response {
        let statut = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let corps = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut reponse = (statut, [(header::CONTENT_TYPE, MEDIA_PROBLEME)], corps).into_response();
        reponse.extensions_mut().insert(self.0.urn);
        if statut == StatusCode::SERVICE_UNAVAILABLE || statut == StatusCode::TOO_MANY_REQUESTS {
            let apres = HeaderValue::from(self.1.unwrap_or(ATTENTE).max(1));
            reponse.headers_mut().insert(HeaderName::from_static("retry-after"), apres);
        }
        reponse
    }
}
