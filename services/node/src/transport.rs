//! How sealed bytes reach the hub: HTTPS, no redirect, bounded answers, a proof bound to each request.
//!
//! What the hub answers is treated as hostile until its signature is checked, by the caller.

use std::time::Duration;

use chrono::{DateTime, Utc};
use publication::preuve::{self, Demande};
use publication::{ClePublique, CleSignature, CodeRefus, Empreinte, Probleme};
use referentiel::horloge::Horloge;
use referentiel::identifiant::IdentifiantNoeud;
use reqwest::{Method, StatusCode};

use crate::configuration::Hub;
use crate::fil::{Fil, Https, Reponse, Requete};
use crate::rotation::Voisines;

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
    fil: Box<dyn Fil + 'a>,
    hub: &'a Hub,
    noeud: &'a IdentifiantNoeud,
    /// Keys of this node, the one that signs proofs first.
    cles: Vec<&'a CleSignature>,
    /// Those of them that were replaced.
    quittees: Vec<ClePublique>,
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
        Ok(Self::par(Box::new(Https::vers(hub)?), hub, noeud, cle, horloge))
    }

    /// The same over another wire.
    pub fn par(
        fil: Box<dyn Fil + 'a>,
        hub: &'a Hub,
        noeud: &'a IdentifiantNoeud,
        cle: &'a CleSignature,
        horloge: &'a dyn Horloge,
    ) -> Self {
        Self { fil, hub, noeud, cles: vec![cle], quittees: vec![], horloge, ecart: chrono::Duration::zero() }
    }

    /// Adds the keys before and after the present one: around a rotation, or after a restore of the hub,
    /// which of them is in force there is the hub's to say.
    #[must_use]
    pub fn avec_voisines(mut self, voisines: &'a Voisines) -> Self {
        self.cles.extend(voisines.suivante.iter().chain(&voisines.anciennes));
        self.quittees = voisines.anciennes.iter().map(CleSignature::publique).collect();
        self
    }

    /// Every key of this node that is kept here.
    pub fn cles(&self) -> Vec<ClePublique> {
        self.cles.iter().map(|cle| cle.publique()).collect()
    }

    /// True for the thumbprint of a key that was replaced.
    pub fn a_quitte(&self, kid: &str) -> bool {
        self.quittees.iter().any(|cle| cle.kid() == kid)
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
        media: &'static str,
        corps: &[u8],
        rng: &mut impl rand::CryptoRng,
    ) -> Result<String, EchecTransport> {
        match self.essaie(&methode, chemin, media, corps, rng).await {
            Err(EchecTransport::Horloge(hub)) => {
                self.ecart = hub - self.horloge.maintenant();
                tracing::warn!(secondes = self.ecart.num_seconds(), "écart d’horloge avec le hub");
                self.essaie(&methode, chemin, media, corps, rng).await
            }
            Err(EchecTransport::Refuse(p)) if p.urn == CodeRefus::AuthKeyUnknown => self
                .avec_une_autre_cle(&methode, chemin, media, corps, rng)
                .await
                .unwrap_or(Err(EchecTransport::Refuse(p))),
            autre => autre,
        }
    }

    /// Tries the other keys; the one that the hub knows is tried first from then on.
    async fn avec_une_autre_cle(
        &mut self,
        methode: &Method,
        chemin: &str,
        media: &'static str,
        corps: &[u8],
        rng: &mut impl rand::CryptoRng,
    ) -> Option<Result<String, EchecTransport>> {
        for _ in 1..self.cles.len() {
            self.cles.rotate_left(1);
            match self.essaie(methode, chemin, media, corps, rng).await {
                Err(EchecTransport::Refuse(p)) if p.urn == CodeRefus::AuthKeyUnknown => {}
                reponse => return Some(reponse),
            }
        }
        self.cles.rotate_left(1);
        None
    }

    async fn essaie(
        &self,
        methode: &Method,
        chemin: &str,
        media: &'static str,
        corps: &[u8],
        rng: &mut impl rand::CryptoRng,
    ) -> Result<String, EchecTransport> {
        let url = format!("{}{chemin}", self.hub.adresse.trim_end_matches('/'));
        let sans_question = url.split('?').next().unwrap_or(&url);
        let demande = Demande::nouvelle(methode.as_str(), sans_question, corps);
        let maintenant = self.horloge.maintenant() + self.ecart;
        let cle = self.cles.first().ok_or_else(|| EchecTransport::Local("aucune clé".to_owned()))?;
        let preuve = preuve::signer(&demande, self.noeud, &self.hub.identifiant, cle, maintenant, rng)
            .map_err(|e| EchecTransport::Local(e.to_string()))?;
        let requete = Requete { methode: methode.clone(), url, preuve, media, corps: corps.to_vec() };
        lit(self.fil.envoie(requete).await.map_err(passager)?)
    }
}

fn passager(detail: String) -> EchecTransport {
    EchecTransport::Passager { detail, apres: None }
}

fn lit(reponse: Reponse) -> Result<String, EchecTransport> {
    let etat = StatusCode::from_u16(reponse.statut).map_err(|_| passager("statut illisible".to_owned()))?;
    let texte = String::from_utf8(reponse.corps).map_err(|_| passager("réponse illisible".to_owned()))?;
    if etat.is_success() {
        return Ok(texte);
    }
    if etat == StatusCode::TOO_MANY_REQUESTS || etat.is_server_error() {
        return Err(EchecTransport::Passager { detail: etat.to_string(), apres: reponse.apres });
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
