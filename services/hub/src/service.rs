//! The hub at work: what its handlers share, its routes, its start and its clean stop.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, get, post, put};
use chrono::{DateTime, Utc};
use hub_storage::{Db, arbre, campagne, noeud};
use publication::CleSignature;
use rand::rngs::ChaCha20Rng;
use rand::{CryptoRng, SeedableRng as _};
use referentiel::horloge::Horloge;
use tokio::sync::watch;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::acces::code::SecretDAcces;
use crate::acces::proconnect::Fournisseur;
use crate::acces::{Appelant, Guichet, Passes, sortie};
use crate::cle::{Cles, succession};
use crate::configuration::Configuration;
use crate::debit::Debit;
use crate::mesures::{self, Mesures};
use crate::receptions::Receptions;
use crate::reference::{self, Reference};
use crate::restitution::graphql::{self, SchemaHub};
use crate::restitution::memoire::Memoire;
use crate::restitution::pages::{self, administration, connexion, donnees, pratiques, relance};
use crate::{debit, enrolement, federation, fil, transparence};

/// What every handler shares. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Interieur>);

struct Interieur {
    configuration: Arc<Configuration>,
    db: Db,
    cles: Cles,
    horloge: Arc<dyn Horloge>,
    schema: SchemaHub,
    passes: Passes,
    memoire: Memoire,
    debit: Debit,
    receptions: Receptions,
    mesures: Mesures,
    reference: Reference,
    arrivees: watch::Sender<u64>,
    jeux: Vec<String>,
    alea: Mutex<ChaCha20Rng>,
}

impl Service {
    /// Opens the database, brings the rosters to those of the configuration, reads the key.
    pub async fn ouvre(
        configuration: Configuration,
        horloge: Arc<dyn Horloge>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self> {
        let cles = Cles::lit(&configuration.hub, rng)?;
        let db = Db::ouvre(&configuration.hub.base).await.context("ouverture de la base")?;
        Self::avec(configuration, db, cles, horloge, ChaCha20Rng::from_rng(rng)).await
    }

    /// The same on an open database.
    pub async fn avec(
        configuration: Configuration,
        db: Db,
        cles: Cles,
        horloge: Arc<dyn Horloge>,
        alea: ChaCha20Rng,
    ) -> Result<Self> {
        let jeux = Configuration::jeux_trimestriels();
        noeud::synchronise(&db, &configuration.noeuds, horloge.maintenant()).await?;
        campagne::synchronise(&db, &configuration.campagnes, &jeux, horloge.maintenant()).await?;
        let feuilles = arbre::complete(&db).await?;
        tracing::info!(
            noeuds = configuration.noeuds.len(),
            campagnes = configuration.campagnes.len(),
            feuilles_ajoutees = feuilles,
            "hub prêt"
        );
        let schema = graphql::schema(&configuration);
        let memoire = Memoire::nouvelle(configuration.hub.reponses_gardees * 1024 * 1024);
        let configuration = Arc::new(configuration);
        Ok(Self(Arc::new(Interieur {
            debit: Debit::nouveau(configuration.debits, Arc::clone(&horloge)),
            receptions: Receptions::nouvelles(Duration::from_secs(configuration.hub.delai)),
            reference: Reference::de(&configuration),
            configuration,
            db,
            cles,
            horloge,
            schema,
            passes: Passes::default(),
            memoire,
            mesures: Mesures::nouvelles()?,
            arrivees: watch::Sender::new(0),
            jeux,
            alea: Mutex::new(alea),
        })))
    }

    /// The configuration.
    pub fn configuration(&self) -> &Configuration {
        &self.0.configuration
    }

    /// Opens the counter to a caller: the only way to read what is published.
    pub fn guichet(&self, appelant: Appelant) -> Guichet {
        Guichet::avec_passes(self.0.db.clone(), self.0.passes.clone(), Arc::clone(&self.0.configuration), appelant)
    }

    /// A GraphQL request with what its resolvers need: the caller's counter, the moment, what arrives.
    pub fn equipe(&self, requete: async_graphql::Request, appelant: Appelant) -> async_graphql::Request {
        graphql::equipe(requete, self, appelant)
    }

    /// Wakes who waits for something to be received.
    pub fn annonce_arrivee(&self) {
        self.0.arrivees.send_modify(|n| *n += 1);
    }

    /// Changes each time something is received here.
    pub fn arrivees(&self) -> watch::Receiver<u64> {
        self.0.arrivees.subscribe()
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// The key of the receipts.
    pub fn cle(&self) -> &CleSignature {
        &self.0.cles.accuses
    }

    /// The key of the register's checkpoints.
    pub fn cle_registre(&self) -> &CleSignature {
        &self.0.cles.registre
    }

    /// The key of the reference data and of the feed.
    pub fn cle_reference(&self) -> &CleSignature {
        &self.0.cles.reference
    }

    /// Announcements of the hub's next keys, and of those that became present ones.
    pub fn successions(&self) -> &[String] {
        &self.0.cles.successions
    }

    /// What the hub hands down.
    pub fn reference(&self) -> &Reference {
        &self.0.reference
    }

    /// How much each caller may ask.
    pub fn debit(&self) -> &Debit {
        &self.0.debit
    }

    /// The contents being examined.
    pub fn receptions(&self) -> &Receptions {
        &self.0.receptions
    }

    /// What operators measure.
    pub fn mesures(&self) -> &Mesures {
        &self.0.mesures
    }

    /// When the certificate of this hub ends, when it holds one.
    pub fn certificat_expire_le(&self) -> Option<DateTime<Utc>> {
        let expire = self.configuration().tls.as_ref()?.expire_le();
        expire.inspect_err(|erreur| tracing::warn!(erreur = format!("{erreur:#}"), "certificat")).ok()
    }

    /// When a key that was announced may be put in service, while one waits for it.
    pub fn cle_suivante_le(&self) -> Option<DateTime<Utc>> {
        let attendue = succession::en_attente(&self.configuration().hub);
        attendue.inspect_err(|erreur| tracing::warn!(erreur = format!("{erreur:#}"), "clé suivante")).ok()?
    }

    /// A generator of secrets, seeded by that of the service.
    pub fn alea(&self) -> ChaCha20Rng {
        ChaCha20Rng::from_rng(&mut *self.0.alea.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the codes of local accounts are derived from.
    pub fn secret_d_acces(&self) -> Result<SecretDAcces> {
        SecretDAcces::lit(&self.configuration().hub.secret_acces, &mut self.alea())
    }

    /// The OpenID provider.
    pub fn fournisseur(&self) -> Result<Fournisseur> {
        let reglage = self.configuration().proconnect.as_ref();
        Fournisseur::ouvre(reglage.context("aucune section [proconnect] dans la configuration")?)
    }

    /// What was answered lately.
    pub fn memoire(&self) -> &Memoire {
        &self.0.memoire
    }

    /// The clock.
    pub fn horloge(&self) -> &dyn Horloge {
        self.0.horloge.as_ref()
    }

    /// The GraphQL schema.
    pub fn schema(&self) -> &SchemaHub {
        &self.0.schema
    }

    /// Data sets of a campaign that nobody declared.
    pub fn jeux(&self) -> &[String] {
        &self.0.jeux
    }

    /// The router: the routes of [`table`], and nothing else.
    pub fn routes(&self) -> Router {
        let routes =
            table().into_iter().fold(Router::new(), |routes, (chemin, methodes, _)| routes.route(chemin, methodes));
        let mut routes = routes.fallback(pages::introuvable).with_state(self.clone());
        if let Some(politique) = self.politique() {
            let nom = HeaderName::from_static("content-security-policy");
            routes = routes.layer(SetResponseHeaderLayer::if_not_present(nom, politique));
        }
        for (nom, valeur) in web::entetes::SECURITE {
            routes = routes.layer(SetResponseHeaderLayer::if_not_present(
                HeaderName::from_static(nom),
                HeaderValue::from_static(valeur),
            ));
        }
        routes = routes.layer(axum::middleware::from_fn_with_state(self.clone(), sortie::note_les_fichiers));
        routes = routes.layer(axum::middleware::from_fn_with_state(self.clone(), debit::par_adresse));
        let delai = Duration::from_secs(self.configuration().hub.delai);
        let routes = routes.layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, delai));
        routes.layer(axum::middleware::from_fn_with_state(self.clone(), mesures::observe))
    }
}

impl Service {
    /// Where forms also lead when persons sign in elsewhere: browsers hold a policy against redirects too.
    fn politique(&self) -> Option<HeaderValue> {
        let emetteur = self.configuration().proconnect.as_ref()?.emetteur.parse::<Uri>().ok()?;
        let origine = format!("{}://{}", emetteur.scheme_str()?, emetteur.authority()?);
        web::entetes::politique_avec(&origine)?.parse().ok()
    }
}

/// What a route asks before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Garde {
    /// Nothing: it tells nothing of what the hub holds.
    Aucune,
    /// Nothing either: it tells what the audience `public` may see, whoever asks.
    Ouverte,
    /// The proof of a node, bound to this very request.
    Preuve,
    /// The counter: a token or a session, or nobody in particular.
    Guichet,
    /// A session, and the token that its pages hold.
    Formulaire,
}

/// All routes and what guards them. A test walks the list: nothing is exposed by accident.
pub fn table() -> Vec<(&'static str, MethodRouter<Service>, Garde)> {
    vec![
        ("/sante", get(sante), Garde::Aucune),
        ("/pret", get(pages::pret), Garde::Aucune),
        ("/v1/blobs/{empreinte}", put(federation::depose_corps).get(federation::lit_corps), Garde::Preuve),
        ("/v1/nodes/{noeud}/chain/{seq}", put(federation::depose_enveloppe), Garde::Preuve),
        ("/v1/nodes/{noeud}/chain:dry-run", post(federation::essaie), Garde::Preuve),
        ("/v1/nodes/{noeud}/chain", get(federation::historique), Garde::Preuve),
        ("/v1/nodes/{noeud}/head", get(federation::tete), Garde::Preuve),
        ("/v1/ref/manifest", get(reference::manifeste), Garde::Preuve),
        ("/v1/ref/parts/{empreinte}", get(reference::partie), Garde::Preuve),
        ("/v1/feed", get(fil::lit), Garde::Preuve),
        // The one-time token is in the body, with the proof that its holder has the key.
        ("/v1/enrol", post(enrolement::recoit), Garde::Aucune),
        // Digests only: anybody may check the register, nobody reads a figure in it.
        ("/v1/keys", get(transparence::trousseau), Garde::Aucune),
        ("/v1/log/checkpoint", get(transparence::point), Garde::Aucune),
        ("/v1/log/proof", get(transparence::inclusion), Garde::Aucune),
        ("/v1/log/consistency", get(transparence::coherence), Garde::Aucune),
        ("/v1/log/restores", get(transparence::restaurations), Garde::Aucune),
        ("/graphql", post(graphql::repond), Garde::Guichet),
        ("/graphql/ws", get(graphql::abonnement::ecoute), Garde::Guichet),
        ("/", get(pages::accueil), Garde::Guichet),
        ("/pilotage", get(pages::pilotage), Garde::Guichet),
        // The file is made and nothing is kept: a form that somebody else would send does nothing here.
        ("/dossier", get(pages::dossier).post(pages::compose_dossier), Garde::Guichet),
        ("/dossier/preparer", get(pages::prepare_dossier), Garde::Guichet),
        ("/pilotage/relance", get(relance::montre), Garde::Guichet),
        ("/pilotage/relance", post(relance::envoie), Garde::Formulaire),
        ("/emploi-accompagne", get(pages::emploi), Garde::Guichet),
        ("/conventions", get(pages::conventions), Garde::Guichet),
        ("/conventions/{emetteur}", get(pages::convention), Garde::Guichet),
        ("/comparaison", get(pages::comparaison), Garde::Guichet),
        ("/offre", get(pages::offre), Garde::Guichet),
        ("/pratiques", get(pratiques::liste), Garde::Guichet),
        ("/pratiques/proposer", get(pratiques::proposition), Garde::Guichet),
        ("/pratiques/proposer", post(pratiques::propose), Garde::Formulaire),
        ("/pratiques/{reference}", get(pratiques::lit), Garde::Guichet),
        ("/pratiques/{reference}/decision", post(pratiques::decide), Garde::Formulaire),
        ("/pratiques/{reference}/adoption", post(pratiques::adopte), Garde::Formulaire),
        ("/administration", get(administration::montre), Garde::Guichet),
        ("/administration/journal", get(administration::journal), Garde::Guichet),
        ("/administration/noeud", post(administration::agit), Garde::Formulaire),
        ("/donnees", get(donnees::espace), Garde::Guichet),
        ("/donnees/{jeu}/{fichier}", get(donnees::jeu_ouvert), Garde::Ouverte),
        ("/donnees/{jeu}/{periode}/{fichier}", get(donnees::etat), Garde::Ouverte),
        ("/catalogue.jsonld", get(donnees::catalogue), Garde::Ouverte),
        ("/connexion", get(connexion::montre).post(connexion::ouvre), Garde::Aucune),
        ("/connexion/fournisseur", post(connexion::part), Garde::Aucune),
        ("/connexion/retour", get(connexion::revient), Garde::Aucune),
        ("/deconnexion", post(connexion::ferme), Garde::Formulaire),
        ("/accessibilite", get(pages::accessibilite), Garde::Aucune),
        ("/style.css", get(pages::style), Garde::Aucune),
    ]
}

async fn sante() -> impl axum::response::IntoResponse {
    (StatusCode::OK, "en vie\n").into_response()
}
