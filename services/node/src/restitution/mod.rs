//! The node's own pages, for the agents of the centre: the same functions as the commands, behind a session.
//!
//! Nothing nominative in an address, a file name or a log; every answer forbids caches; the service refuses
//! requests that do not name it, so that a page of elsewhere cannot reach the loopback address.

mod accueil;
mod apercu;
mod campagne;
mod champ;
mod convention;
mod depot;
mod edition;
mod entree;
mod envois;
mod fiches;
mod jeux;
pub mod lien;
mod lot;
mod partage;
mod reglages;
mod rendu;
mod saisie;
mod session;
mod situations;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;
use web::{Accessibilite, STYLE};

use crate::service::Service;
use lien::CleLien;
use rendu::{Entete, Onglet, Refus};
use session::Sessions;

/// What the pages work with.
pub struct Pages {
    service: Arc<Service>,
    sessions: Sessions,
    cle_repere: [u8; 32],
    depuis: DateTime<Utc>,
    adresse: SocketAddr,
}

impl Pages {
    /// The pages of a service that listens at this address.
    pub fn nouvelles(service: Arc<Service>, adresse: SocketAddr) -> anyhow::Result<Arc<Self>> {
        let depuis = service.horloge.maintenant();
        let cle_repere = lien::derivee(&service.cle()?, b"maillage/repere/v1\0")?;
        Ok(Arc::new(Self { service, sessions: Sessions::default(), cle_repere, depuis, adresse }))
    }

    /// A one-time link for whoever started the service.
    pub fn lien(&self, acteur: &str) -> anyhow::Result<String> {
        let jeton = self.cle_lien()?.ecrit(acteur, self.service.horloge.maintenant(), &mut hasard())?;
        Ok(adresse_du_lien(&self.adresse.to_string(), &jeton))
    }

    /// The key of the links: read each time, since the node's key may be changed while the service lives.
    fn cle_lien(&self) -> anyhow::Result<CleLien> {
        Ok(CleLien::du_noeud(&self.service.cle()?)?)
    }

    /// The routes.
    pub fn routes(self: Arc<Self>) -> Router {
        let depot = usize::try_from(tableur::conteneur::TAILLE_FICHIER).unwrap_or(usize::MAX) + 64 * 1024;
        Router::new()
            .route("/", get(accueil::montre))
            .route("/entrer", get(entree::montre).post(entree::entre))
            .route("/sortir", post(entree::sort))
            .route("/imports", get(depot::montre).post(depot::depose))
            .route("/imports/modele", get(depot::modele))
            .route("/imports/brouillons/{numero}", get(depot::brouillon))
            .route("/imports/brouillons/{numero}/corriger", post(depot::corrige))
            .route("/imports/brouillons/{numero}/enregistrer", post(depot::enregistre))
            .route("/imports/brouillons/{numero}/abandonner", post(depot::abandonne))
            .route("/imports/brouillons/{numero}/annote.xlsx", get(depot::annote))
            .route("/imports/brouillons/{numero}/anomalies.csv", get(depot::anomalies))
            .route("/imports/{numero}/annuler", post(depot::annule))
            .route("/dispositifs", get(fiches::liste))
            .route("/dispositifs/{reference}", get(fiches::dispositif))
            .route("/dispositifs/{reference}/personnes/{repere}", get(fiches::personne))
            .route("/dispositifs/{reference}/modifier", get(edition::dispositif).post(edition::corrige_dispositif))
            .route(
                "/dispositifs/{reference}/personnes/{repere}/modifier",
                get(edition::personne).post(edition::corrige_personne),
            )
            .route("/personnes/chercher", post(saisie::cherche))
            .route("/dispositifs/{reference}/saisie/enregistrer", post(saisie::enregistre))
            .route("/dispositifs/{reference}/saisie/defaire", post(saisie::defait))
            .route("/dispositifs/{reference}/saisie/abandonner", post(saisie::abandonne))
            .route("/dispositifs/{reference}/saisie/{objet}", get(saisie::montre).post(saisie::ecrit))
            .route("/dispositifs/{reference}/saisie/{objet}/retirer", post(saisie::retire))
            .route("/apercu", get(apercu::montre))
            .route("/apercu/octets/{jeu}", get(apercu::octets))
            .route("/apercu/envoyer", post(apercu::envoie))
            .route("/apercu/planifier", post(apercu::planifie))
            .route("/jeux", get(jeux::liste))
            .route("/jeux/saisies/{id}/annuler", post(jeux::annule))
            .route("/jeux/{jeu}", get(jeux::montre))
            .route("/jeux/{jeu}/modele", get(jeux::modele))
            .route("/jeux/{jeu}/deposer", post(jeux::depose))
            .route("/jeux/{jeu}/enregistrer", post(jeux::enregistre))
            .route("/jeux/{jeu}/abandonner", post(jeux::abandonne))
            .route("/jeux/{jeu}/defaire", post(jeux::defait))
            .route("/jeux/{jeu}/feuilles/{feuille}", get(jeux::feuille).post(jeux::ecrit))
            .route("/jeux/{jeu}/feuilles/{feuille}/retirer", post(jeux::retire))
            .route("/reperes", get(partage::reperes))
            .route("/pratiques", get(partage::pratiques))
            .route("/envois", get(envois::liste))
            .route("/envois/{seq}", get(envois::montre))
            .route("/envois/{seq}/{piece}", get(envois::piece))
            .route("/envois/relancer", post(envois::relance))
            .route("/convention", get(convention::montre).post(convention::evalue))
            .route("/convention/situations", get(situations::liste))
            .route("/convention/situations/nouvelle", get(situations::nouvelle).post(situations::ajoute))
            .route("/convention/situations/imports/{numero}/annuler", post(situations::annule))
            .route("/convention/situations/{repere}", get(situations::montre).post(situations::corrige))
            .route("/convention/situations/{repere}/pieces", post(situations::depose))
            .route("/reglages", get(reglages::montre))
            .route("/accessibilite", get(accessibilite))
            .fallback(async || Refus::introuvable("Cette adresse ne mène nulle part. Revenez au tableau de bord."))
            .route_layer(DefaultBodyLimit::max(depot))
            .layer(middleware::map_response(entetes))
            .layer(middleware::from_fn_with_state(Arc::clone(&self), chez_nous))
            .route("/style.css", get(style))
            .with_state(self)
    }
}

/// Where a one-time link leads.
pub fn adresse_du_lien(ecoute: &str, jeton: &str) -> String {
    format!("http://{ecoute}/entrer?jeton={jeton}")
}

/// Refuses a request addressed to another name: a foreign page that resolves its own name to the loopback
/// address would otherwise read these pages (DNS rebinding). Behind a proxy, the proxy answers for the name.
async fn chez_nous(State(pages): State<Arc<Pages>>, requete: Request, suite: Next) -> Response {
    let hote = requete.headers().get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let port = pages.adresse.port();
    let connu = ["127.0.0.1", "localhost", "[::1]"].iter().any(|nom| hote == format!("{nom}:{port}"));
    if connu || !pages.adresse.ip().is_loopback() {
        suite.run(requete).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, "Cette adresse n’est pas celle du nœud.\n").into_response()
    }
}

async fn entetes(mut reponse: Response) -> Response {
    let entetes = reponse.headers_mut();
    for (nom, valeur) in web::entetes::SECURITE {
        entetes.insert(HeaderName::from_static(nom), HeaderValue::from_static(valeur));
    }
    entetes.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reponse
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], STYLE)
}

async fn accessibilite(State(pages): State<Arc<Pages>>) -> Response {
    let produit = pages.produit();
    let contenu = Accessibilite { produit: &produit, responsable: &produit, contact: None };
    pages.page_avec(StatusCode::OK, Entete::nouveau(Onglet::Aucun, "Accessibilité"), None, &contenu)
}

/// Randomness of the sessions, from the operating system.
#[expect(clippy::disallowed_methods, reason = "the pages make the generator that everything else receives")]
fn hasard() -> ChaCha20Rng {
    ChaCha20Rng::from_rng(&mut rand::rng())
}
