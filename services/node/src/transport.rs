//! How sealed bytes reach the hub: HTTPS, no redirect, bounded answers, a proof bound to each request.
//!
//! What the hub answers is treated as hostile until its signature is checked, by the caller.

use std::time::Duration;

use chrono::{DateTime, Utc};
use publication::preuve::{self, Demande};
use publication::{CleSignature, CodeRefus, Empreinte, Probleme};
use referentiel::horloge::Horloge;
use referentiel::identifiant::IdentifiantNoeud;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Method, Response, StatusCode};

use crate::configuration::Hub;

/// Largest answer read from a hub: a body of the node's own, or a page of its history.
const REPONSE_MAXIMALE: usize = 20 * 1024 * 1024;

/// Why a request did not get its answer.
#[derive(Debug, thiserror::Error)]
pub enum EchecTransport {
    /// No answer, a broken one, or a busy hub: try again later.
    #[error("Le hub n’a pas répondu : {detail}")]
    Passager {
        /// What happened.
        detail: String,
        /// When the hub asks to come back.
        apres: Option<Duration>,
    },
    /// The hub's clock and the node's differ too much; the proof may be made again at the hub's time.
    #[error("L’horloge de cette machine diffère de celle du hub ({0}).")]
    Horloge(DateTime<Utc>),
    /// The hub answers that something is wrong with the request.
    #[error("Le hub refuse : {} {}", .0.title, .0.detail)]
    Refuse(Box<Probleme>),
    /// The node cannot make the request.
    #[error("La requête ne peut pas être faite : {0}")]
    Local(String),
}

impl EchecTransport {
    /// True when the same request may succeed later without anybody doing anything.
    pub fn passager(&self) -> bool {
        match self {
            Self::Passager { .. } | Self::Horloge(_) => true,
            Self::Refuse(p) => matches!(p.urn, CodeRefus::BodyMissing | CodeRefus::ChainGap),
            Self::Local(_) => false,
        }
    }

    /// How long the hub asks to wait.
    pub fn apres(&self) -> Option<Duration> {
        match self {
            Self::Passager { apres, .. } => *apres,
            _ => None,
        }
    }
}

/// The node's side of the wire.
pub struct Transport<'a> {
    client: Client,
    hub: &'a Hub,
    noeud: &'a IdentifiantNoeud,
    cle: &'a CleSignature,
    /// Key announced in the chain, in force at the hub as soon as it has the entry.
    suivante: Option<&'a CleSignature>,
    horloge: &'a dyn Horloge,
    /// Hub's time minus ours, used for proofs only.
    ecart: chrono::Duration,
}

impl<'a> Transport<'a> {
    /// Prepares the client. Only the configured origin is ever contacted.
    pub fn nouveau(
        hub: &'a Hub,
        noeud: &'a IdentifiantNoeud,
        cle: &'a CleSignature,
        horloge: &'a dyn Horloge,
    ) -> Result<Self, EchecTransport> {
        let local = |e: &dyn std::fmt::Display| EchecTransport::Local(e.to_string());
        let mut client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .https_only(hub.adresse.starts_with("https://"))
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(60))
            .user_agent(concat!("maillage-node/", env!("CARGO_PKG_VERSION")));
        if let Some(autorite) = &hub.autorite {
            let pem = std::fs::read(autorite).map_err(|e| local(&e))?;
            let certificat = reqwest::Certificate::from_pem(&pem).map_err(|e| local(&e))?;
            client = client.tls_certs_only([certificat]);
        }
        let client = client.build().map_err(|e| local(&e))?;
        Ok(Self { client, hub, noeud, cle, suivante: None, horloge, ecart: chrono::Duration::zero() })
    }

    /// Gives the key of a rotation that waits for its receipt: the hub may have it without having said so.
    #[must_use]
    pub fn avec_suivante(self, suivante: Option<&'a CleSignature>) -> Self {
        Self { suivante, ..self }
    }

    /// A page of this node's own history, as JSON text.
    pub async fn historique(&mut self, depuis: u64, rng: &mut impl rand::CryptoRng) -> Result<String, EchecTransport> {
        let chemin = format!("/v1/nodes/{}/chain?from={depuis}", self.noeud);
        self.demande(Method::GET, &chemin, "application/json", &[], rng).await
    }

    /// A body of this node's own.
    pub async fn corps(
        &mut self,
        empreinte: Empreinte,
        rng: &mut impl rand::CryptoRng,
    ) -> Result<Vec<u8>, EchecTransport> {
        let chemin = format!("/v1/blobs/{empreinte}");
        self.demande(Method::GET, &chemin, "application/json", &[], rng).await.map(String::into_bytes)
    }

    /// What the hub shows to anybody: its keys, its register.
    pub async fn public(&mut self, chemin: &str, rng: &mut impl rand::CryptoRng) -> Result<String, EchecTransport> {
        self.demande(Method::GET, chemin, "application/json", &[], rng).await
    }

    /// The hub's signed head of this node's chain, as text.
    pub async fn tete(&mut self, rng: &mut impl rand::CryptoRng) -> Result<String, EchecTransport> {
        let chemin = format!("/v1/nodes/{}/head", self.noeud);
        self.demande(Method::GET, &chemin, "application/json", &[], rng).await
    }

    /// Deposits a body under its digest.
    pub async fn depose_corps(
        &mut self,
        empreinte: Empreinte,
        corps: &[u8],
        rng: &mut impl rand::CryptoRng,
    ) -> Result<(), EchecTransport> {
        let chemin = format!("/v1/blobs/{empreinte}");
        self.demande(Method::PUT, &chemin, "application/octet-stream", corps, rng).await.map(|_| ())
    }

    /// Sends an envelope; the answer holds the receipt.
    pub async fn depose_enveloppe(
        &mut self,
        seq: u64,
        jws: &str,
        rng: &mut impl rand::CryptoRng,
    ) -> Result<String, EchecTransport> {
        let chemin = format!("/v1/nodes/{}/chain/{seq}", self.noeud);
        self.demande(Method::PUT, &chemin, "application/jose", jws.as_bytes(), rng).await
    }

    async fn demande(
        &mut self,
        methode: Method,
        chemin: &str,
        media: &str,
        corps: &[u8],
        rng: &mut impl rand::CryptoRng,
    ) -> Result<String, EchecTransport> {
        match self.essaie(&methode, chemin, media, corps, rng).await {
            Err(EchecTransport::Horloge(hub)) => {
                self.ecart = hub - self.horloge.maintenant();
                tracing::warn!(secondes = self.ecart.num_seconds(), "écart d’horloge avec le hub");
                self.essaie(&methode, chemin, media, corps, rng).await
            }
            Err(EchecTransport::Refuse(p)) if p.urn == CodeRefus::AuthKeyUnknown => match self.suivante.take() {
                Some(suivante) => {
                    self.cle = suivante;
                    self.essaie(&methode, chemin, media, corps, rng).await
                }
                None => Err(EchecTransport::Refuse(p)),
            },
            autre => autre,
        }
    }

    async fn essaie(
        &self,
        methode: &Method,
        chemin: &str,
        media: &str,
        corps: &[u8],
        rng: &mut impl rand::CryptoRng,
    ) -> Result<String, EchecTransport> {
        let url = format!("{}{chemin}", self.hub.adresse.trim_end_matches('/'));
        let sans_question = url.split('?').next().unwrap_or(&url);
        let demande = Demande::nouvelle(methode.as_str(), sans_question, corps);
        let maintenant = self.horloge.maintenant() + self.ecart;
        let preuve = preuve::signer(&demande, self.noeud, &self.hub.identifiant, self.cle, maintenant, rng)
            .map_err(|e| EchecTransport::Local(e.to_string()))?;
        let reponse = self
            .client
            .request(methode.clone(), &url)
            .header(AUTHORIZATION, preuve)
            .header(CONTENT_TYPE, media)
            .body(corps.to_vec())
            .send()
            .await
            .map_err(panne)?;
        lit(reponse).await
    }
}

/// The HTTP library speaks English: the user is told what happened in French, the log keeps its words.
fn panne(erreur: reqwest::Error) -> EchecTransport {
    let erreur = erreur.without_url();
    tracing::debug!(%erreur, "requête au hub");
    let detail = if erreur.is_timeout() {
        "le délai est dépassé."
    } else if erreur.is_connect() {
        "la connexion ne s’établit pas."
    } else {
        "la connexion s’est interrompue."
    };
    passager(detail.to_owned())
}

fn passager(detail: String) -> EchecTransport {
    EchecTransport::Passager { detail, apres: None }
}

async fn lit(mut reponse: Response) -> Result<String, EchecTransport> {
    let etat = reponse.status();
    let apres = reponse.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok()).map(Duration::from_secs);
    let mut octets = Vec::new();
    while let Some(morceau) = reponse.chunk().await.map_err(panne)? {
        if octets.len() + morceau.len() > REPONSE_MAXIMALE {
            return Err(passager("réponse démesurée".to_owned()));
        }
        octets.extend_from_slice(&morceau);
    }
    let texte = String::from_utf8(octets).map_err(|_| passager("réponse illisible".to_owned()))?;
    if etat.is_success() {
        return Ok(texte);
    }
    if etat == StatusCode::TOO_MANY_REQUESTS || etat.is_server_error() {
        return Err(EchecTransport::Passager { detail: etat.to_string(), apres });
    }
    match serde_json::from_str::<Probleme>(&texte) {
        Ok(p) => match p.hub_time {
            Some(heure) if p.urn == CodeRefus::ClockSkew => Err(EchecTransport::Horloge(heure)),
            _ => Err(EchecTransport::Refuse(Box::new(p))),
        },
        // A proxy's page is not the hub's word: try again later.
        Err(_) => Err(passager(format!("réponse inattendue ({etat})"))),
    }
}
