//! What a form sends. It exists only with the token that the pages of that very session hold: no other site can
//! make a browser act here (CSRF).

use axum::extract::{Form, FromRequest, FromRequestParts as _, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Vue;
use crate::acces::Guichet;
use crate::acces::compte::jeton_de_formulaire;
use crate::acces::identification;
use crate::service::Service;

/// A form of somebody who signed in.
pub struct Formulaire {
    /// Their counter.
    pub guichet: Guichet,
    /// The cookie of their session.
    pub session: String,
    champs: Vec<(String, String)>,
}

impl Formulaire {
    /// A field; empty when it was not sent.
    pub fn champ(&self, nom: &str) -> &str {
        self.champs.iter().find(|(n, _)| n == nom).map_or("", |(_, v)| v.trim())
    }
}

impl FromRequest<Service> for Formulaire {
    type Rejection = Response;

    async fn from_request(requete: Request, service: &Service) -> Result<Self, Response> {
        let (mut parties, corps) = requete.into_parts();
        let session = identification::session(&parties.headers);
        let guichet = Guichet::from_request_parts(&mut parties, service).await.map_err(IntoResponse::into_response)?;
        let Form(champs) = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parties, corps), service)
            .await
            .map_err(IntoResponse::into_response)?;
        let envoye = champs.iter().find(|(nom, _)| nom == "jeton").map_or("", |(_, valeur)| valeur);
        match session {
            Some(session) if guichet.appelant().session.is_some() && jeton_de_formulaire(&session) == envoye => {
                Ok(Self { guichet, session, champs })
            }
            _ => Err(perime(service)),
        }
    }
}

/// A form that no page of this session holds.
pub fn perime(service: &Service) -> Response {
    let texte = "Votre session a pris fin, ou ce formulaire vient d’une autre page. Rien n’a été fait : reconnectez-vous, puis recommencez.";
    Vue::sans_lecteur(service).message(StatusCode::FORBIDDEN, "Formulaire périmé", texte)
}
