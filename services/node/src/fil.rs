//! The wire itself: one request, one bounded answer. In service it is HTTPS to the one configured origin;
//! in tests it is a hub in the same process, behind a network that loses, doubles and delays.

use std::io::Write as _;
use std::pin::Pin;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method};

use crate::configuration::Hub;
use crate::transport::EchecTransport;

/// Largest answer read from a hub: a body of the node's own, or a page of its history.
const REPONSE_MAXIMALE: usize = 20 * 1024 * 1024;

/// Bodies from this size on are compressed on the wire.
const COMPRESSION_DES: usize = 4 * 1024;

/// A request, ready to leave.
#[derive(Debug, Clone)]
pub struct Requete {
    /// Verb.
    pub methode: Method,
    /// Whole address.
    pub url: String,
    /// Value of `Authorization`.
    pub preuve: String,
    /// Value of `Content-Type`.
    pub media: &'static str,
    /// Body.
    pub corps: Vec<u8>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Reponse {
    /// HTTP status.
    pub statut: u16,
    /// How long the hub asks to wait.
    pub apres: Option<Duration>,
    /// Body.
    pub corps: Vec<u8>,
}

/// What [`Fil::envoie`] gives: the answer, or why there is none.
pub type Attente<'s> = Pin<Box<dyn Future<Output = Result<Reponse, String>> + Send + 's>>;

/// Carries one request.
pub trait Fil: Send + Sync {
    /// Sends and waits for the answer.
    fn envoie(&self, requete: Requete) -> Attente<'_>;
}

/// HTTPS: no redirect, no proxy, a pinned authority when one is configured, bounded time and size.
pub struct Https(Client);

impl Https {
    /// Prepares the client for a hub.
    pub fn vers(hub: &Hub) -> Result<Self, EchecTransport> {
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
        if let Some(certificat) = &hub.certificat {
            let pem = std::fs::read(certificat).map_err(|e| local(&e))?;
            client = client.identity(reqwest::Identity::from_pem(&pem).map_err(|e| local(&e))?);
        }
        client.build().map(Self).map_err(|e| local(&e))
    }

    async fn demande(&self, requete: Requete) -> Result<Reponse, String> {
        let mut contexte = HeaderMap::new();
        web::trace::porte(&tracing::Span::current(), &mut contexte);
        let envoi = self.0.request(requete.methode, &requete.url).headers(contexte);
        let mut envoi = envoi.header(AUTHORIZATION, requete.preuve).header(CONTENT_TYPE, requete.media);
        let mut corps = requete.corps;
        // On the wire only: everything that is signed or hashed is the plain body.
        if corps.len() >= COMPRESSION_DES {
            corps = comprime(&corps).map_err(|e| e.to_string())?;
            envoi = envoi.header(CONTENT_ENCODING, "gzip");
        }
        let mut recue = envoi.body(corps).send().await.map_err(panne)?;
        let apres = recue.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
        let mut corps = Vec::new();
        while let Some(morceau) = recue.chunk().await.map_err(panne)? {
            if corps.len() + morceau.len() > REPONSE_MAXIMALE {
                return Err("réponse démesurée".to_owned());
            }
            corps.extend_from_slice(&morceau);
        }
        Ok(Reponse { statut: recue.status().as_u16(), apres: apres.map(Duration::from_secs), corps })
    }
}

/// The HTTP library speaks English: the user is told what happened in French, the log keeps its words.
fn panne(erreur: reqwest::Error) -> String {
    let erreur = erreur.without_url();
    tracing::debug!(%erreur, "requête au hub");
    let detail = if erreur.is_timeout() {
        "le délai est dépassé."
    } else if erreur.is_connect() {
        "la connexion ne s’établit pas."
    } else {
        "la connexion s’est interrompue."
    };
    detail.to_owned()
}

fn comprime(octets: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut flux = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    flux.write_all(octets)?;
    flux.finish()
}

impl Fil for Https {
    fn envoie(&self, requete: Requete) -> Attente<'_> {
        Box::pin(self.demande(requete))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// Matrix 12: a redirect is an answer like another, and the proof goes nowhere else.
    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let hub = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ailleurs = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let vers = format!("http://{}/", ailleurs.local_addr().unwrap());
        let adresse = format!("http://{}", hub.local_addr().unwrap());
        let sert = tokio::spawn(async move {
            let (mut flux, _) = hub.accept().await.unwrap();
            let mut lu = vec![0; 4096];
            let _ = flux.read(&mut lu).await.unwrap();
            let reponse = format!("HTTP/1.1 302 Found\r\nlocation: {vers}\r\ncontent-length: 0\r\n\r\n");
            flux.write_all(reponse.as_bytes()).await.unwrap();
        });
        let configuration = Hub {
            adresse: adresse.clone(),
            identifiant: String::new(),
            cle_publique: String::new(),
            autorite: None,
            certificat: None,
        };
        let requete = Requete {
            methode: Method::GET,
            url: format!("{adresse}/v1/keys"),
            preuve: "Maillage-Preuve secret".to_owned(),
            media: "application/json",
            corps: vec![],
        };
        let reponse = Https::vers(&configuration).unwrap().envoie(requete).await.unwrap();
        assert_eq!(reponse.statut, 302);
        sert.await.unwrap();
        let visite = tokio::time::timeout(Duration::from_millis(50), ailleurs.accept()).await;
        assert!(visite.is_err(), "nobody came to the other address");
    }
}
