//! Coming in with a one-time link, and going out.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use web::{Avis, Ton};

use super::rendu::{Entete, Onglet, Refus};
use super::session::Formulaire;
use super::{Pages, hasard};

/// What a link carries.
#[derive(Debug, Deserialize)]
pub struct Jeton {
    #[serde(default)]
    jeton: String,
}

/// A button that opens the session: a preview of the link by a mail reader does not use it up, and the
/// cookie is set by our own page.
#[derive(Debug, Template)]
#[template(path = "entree.html")]
struct Entree<'a> {
    jeton: &'a str,
}

/// `GET /entrer?jeton=…`
pub async fn montre(State(pages): State<Arc<Pages>>, Query(lu): Query<Jeton>) -> Response {
    entree(&pages, StatusCode::OK, &lu.jeton, None)
}

/// `POST /entrer`
pub async fn entre(State(pages): State<Arc<Pages>>, Form(lu): Form<Jeton>) -> Response {
    let instant = pages.service.horloge.maintenant();
    let cle = match pages.cle_lien() {
        Ok(cle) => cle,
        Err(erreur) => return Refus::from(erreur).into_response(),
    };
    let lien = cle.lit(&lu.jeton, pages.depuis, instant);
    match lien.and_then(|l| pages.sessions.ouvre(&l, instant, &mut hasard())) {
        Ok(cookie) => {
            let mut entetes = HeaderMap::new();
            if let Ok(valeur) = HeaderValue::from_str(&cookie) {
                entetes.insert(header::SET_COOKIE, valeur);
            }
            (entetes, Redirect::to("/")).into_response()
        }
        Err(refus) => {
            let avis = Avis { ton: Ton::Erreur, texte: refus.to_string(), geste: None };
            entree(&pages, StatusCode::UNAUTHORIZED, "", Some(&avis))
        }
    }
}

/// `POST /sortir`
pub async fn sort(State(pages): State<Arc<Pages>>, Formulaire { agent, .. }: Formulaire) -> Response {
    pages.sessions.ferme(&agent);
    let avis = Avis { ton: Ton::Fait, texte: "La session est fermée.".to_owned(), geste: None };
    entree(&pages, StatusCode::OK, "", Some(&avis))
}

/// The answer to whoever comes without a session.
pub fn sans_session(pages: &Pages) -> Response {
    entree(pages, StatusCode::UNAUTHORIZED, "", None)
}

fn entree(pages: &Pages, statut: StatusCode, jeton: &str, avis: Option<&Avis>) -> Response {
    pages.page_avec(statut, Entete::nouveau(Onglet::Aucun, "Ouvrir une session"), avis, &Entree { jeton })
}
