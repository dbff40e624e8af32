//! A page of the hub around its content: navigation, who is looking, and the messages that stand for a page.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use web::page::{Geste, Lecteur};
use web::{Cote, Lien, Page};

use crate::acces::{Appelant, Guichet, Refus};
use crate::service::Service;

/// Page of the administration.
pub const ADMINISTRATION: &str = "/administration";

/// Pages, in the order of the navigation.
const NAVIGATION: [(&str, &str); 10] = [
    ("/", "Vue d’ensemble"),
    ("/pilotage", "Pilotage de la campagne"),
    ("/emploi-accompagne", "Emploi accompagné"),
    ("/conventions", "Conventions"),
    ("/comparaison", "Comparaison"),
    ("/pratiques", "Bonnes pratiques"),
    ("/offre", "Offre de services"),
    ("/donnees", "Données ouvertes"),
    (ADMINISTRATION, "Administration"),
    ("/accessibilite", "Accessibilité"),
];

/// A page that says something instead of showing something.
#[derive(Debug, Template)]
#[template(path = "message.html")]
struct Message<'a> {
    titre: &'a str,
    texte: &'a str,
}

/// Who looks at which service.
#[derive(Clone, Copy)]
pub struct Vue<'a> {
    service: &'a Service,
    guichet: Option<&'a Guichet>,
    fil: &'a [Lien],
}

impl<'a> Vue<'a> {
    /// The view of a caller.
    pub fn de(service: &'a Service, guichet: &'a Guichet) -> Self {
        Self { service, guichet: Some(guichet), fil: &[] }
    }

    /// A view that does not say who is looking: nothing there depends on it.
    pub fn sans_lecteur(service: &'a Service) -> Self {
        Self { service, guichet: None, fil: &[] }
    }

    /// The same under a trail of pages.
    pub fn sous(self, fil: &'a [Lien]) -> Self {
        Self { fil, ..self }
    }

    /// A page; `ici` is its address, by which navigation marks it.
    pub fn page<C: Template + std::fmt::Display>(
        self,
        statut: StatusCode,
        ici: &str,
        titre: &str,
        contenu: &C,
    ) -> Response {
        let navigation = self.navigation(ici);
        let lecteur = self.guichet.map(|guichet| lecteur(guichet.appelant(), ici));
        let page = Page {
            titre,
            produit: &self.service.configuration().hub.nom,
            cote: Cote::Hub,
            navigation: &navigation,
            fil: self.fil,
            avis: None,
            lecteur: lecteur.as_ref(),
            contenu,
        };
        match page.html() {
            // What a person may see is no business of a shared cache.
            Ok(html) => (statut, [(header::CACHE_CONTROL, "private, no-cache")], Html(html)).into_response(),
            Err(erreur) => {
                tracing::error!(erreur = %erreur, "rendu d’une page");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// The pages one may go to; that of the administration for those who may.
    fn navigation(self, ici: &str) -> Vec<Lien> {
        let administre = self.guichet.is_some_and(Guichet::peut_administrer);
        NAVIGATION
            .iter()
            .filter(|(adresse, _)| *adresse != ADMINISTRATION || administre)
            .map(|(adresse, libelle)| Lien::vers(*adresse, *libelle, ici == *adresse))
            .collect()
    }

    /// A sentence instead of a page.
    pub fn message(self, statut: StatusCode, titre: &str, texte: &str) -> Response {
        self.page(statut, "", titre, &Message { titre, texte })
    }

    /// Why nothing is shown.
    pub fn refuse(self, erreur: &Refus) -> Response {
        match erreur {
            Refus::Base(_) => {
                tracing::error!(erreur = %erreur, "lecture de la base");
                let texte = "La base de données ne répond pas. Réessayez dans quelques instants.";
                self.message(StatusCode::SERVICE_UNAVAILABLE, "Service momentanément indisponible", texte)
            }
            Refus::Acces(_) | Refus::Audience => {
                self.message(StatusCode::FORBIDDEN, "Accès réservé", &erreur.to_string())
            }
            Refus::CampagneRequise | Refus::Transition(_) => {
                self.message(StatusCode::CONFLICT, "Demande refusée", &erreur.to_string())
            }
        }
    }
}

fn lecteur(qui: &Appelant, ici: &str) -> Lecteur {
    match &qui.session {
        Some(session) => {
            let libelle = "Se déconnecter".to_owned();
            let sortie = Geste { adresse: "/deconnexion".to_owned(), libelle, jeton: session.jeton.clone() };
            Lecteur::Connu { nom: session.nom.clone(), sortie }
        }
        None => Lecteur::Anonyme(format!("/connexion?retour={}", if ici.is_empty() { "/" } else { ici })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_rendered() {
        let html = Message { titre: "Page introuvable", texte: "Revenez." }.render().unwrap();
        assert!(html.contains("<h1>Page introuvable</h1>"));
    }
}
