//! Sessions of the node's pages: in memory, opened by a one-time link, with a token that every form sends
//! back. A handler that changes something takes [`Formulaire`] or [`Depose`]: neither exists without the token.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Form, FromRequest, FromRequestParts, Multipart, Request};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Duration, Utc};
use cookie::{Cookie, SameSite};
use rand::{CryptoRng, RngExt};
use sha2::{Digest, Sha256};
use web::Avis;

use super::lien::{Lien, LienRefuse};
use super::rendu::Refus;
use super::{Pages, entree};

/// Name of the cookie.
const COOKIE: &str = "maillage_noeud";
/// How long a session lasts, whatever is done.
pub const DUREE: Duration = Duration::hours(12);

/// An open session.
#[derive(Debug, Clone)]
struct Session {
    acteur: String,
    jeton: String,
    fin: DateTime<Utc>,
    avis: Option<Avis>,
}

#[derive(Debug, Default)]
struct Etat {
    /// By digest of the cookie: a memory dump gives no session away.
    ouvertes: HashMap<[u8; 32], Session>,
    liens_utilises: HashSet<String>,
}

/// The sessions of a running service.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<Etat>);

impl Sessions {
    fn etat(&self) -> MutexGuard<'_, Etat> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session with a link, once; gives the `Set-Cookie` header.
    pub fn ouvre(&self, lien: &Lien, instant: DateTime<Utc>, rng: &mut impl CryptoRng) -> Result<String, LienRefuse> {
        let mut etat = self.etat();
        if !etat.liens_utilises.insert(lien.numero.clone()) {
            return Err(LienRefuse::DejaUtilise);
        }
        etat.ouvertes.retain(|_, s| s.fin > instant);
        let secret = format!("{:032x}{:032x}", rng.random::<u128>(), rng.random::<u128>());
        let jeton = format!("{:032x}", rng.random::<u128>());
        let session = Session { acteur: lien.acteur.clone(), jeton, fin: instant + DUREE, avis: None };
        etat.ouvertes.insert(Sha256::digest(&secret).into(), session);
        Ok(Cookie::build((COOKIE, secret)).path("/").http_only(true).same_site(SameSite::Strict).build().to_string())
    }

    /// Closes a session.
    pub fn ferme(&self, agent: &Agent) {
        self.etat().ouvertes.remove(&agent.cle);
    }

    /// Keeps a notice for the next page of this session: it is in no address.
    pub fn annonce(&self, agent: &Agent, avis: Avis) {
        if let Some(session) = self.etat().ouvertes.get_mut(&agent.cle) {
            session.avis = Some(avis);
        }
    }

    /// Takes the notice.
    pub fn avis(&self, agent: &Agent) -> Option<Avis> {
        self.etat().ouvertes.get_mut(&agent.cle).and_then(|s| s.avis.take())
    }

    fn reconnait(&self, parts: &Parts, instant: DateTime<Utc>) -> Option<Agent> {
        let textes = parts.headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        let secret = textes
            .flat_map(Cookie::split_parse)
            .filter_map(Result::ok)
            .find(|c| c.name() == COOKIE)
            .map(|c| c.value().to_owned())?;
        let cle: [u8; 32] = Sha256::digest(secret).into();
        let etat = self.etat();
        let session = etat.ouvertes.get(&cle).filter(|s| s.fin > instant)?;
        Some(Agent { acteur: session.acteur.clone(), jeton: session.jeton.clone(), fin: session.fin, cle })
    }
}

/// Who is looking.
#[derive(Debug, Clone)]
pub struct Agent {
    /// Account, for the journal.
    pub acteur: String,
    /// Token of the forms of this session.
    pub jeton: String,
    /// When the session ends.
    pub fin: DateTime<Utc>,
    cle: [u8; 32],
}

impl FromRequestParts<Arc<Pages>> for Agent {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, pages: &Arc<Pages>) -> Result<Self, Response> {
        let connu = pages.sessions.reconnait(parts, pages.service.horloge.maintenant());
        connu.ok_or_else(|| entree::sans_session(pages))
    }
}

/// Names and values sent by a form.
#[derive(Debug, Clone, Default)]
pub struct Champs(Vec<(String, String)>);

impl Champs {
    /// The value of this name, empty when it was not sent.
    pub fn valeur(&self, nom: &str) -> &str {
        self.0.iter().find(|(n, _)| n == nom).map_or("", |(_, v)| v.trim())
    }

    /// Names that begin so, without that beginning, and their values.
    pub fn sous<'a>(&'a self, prefixe: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(n, v)| Some((n.strip_prefix(prefixe)?, v.trim())))
    }

    fn vient_de(&self, agent: &Agent) -> Result<(), Refus> {
        // Digests are compared, so that the time taken says nothing of the token.
        let attendu = Sha256::digest(&agent.jeton);
        if Sha256::digest(self.valeur("jeton")) == attendu { Ok(()) } else { Err(Refus::formulaire_perime()) }
    }
}

/// A form posted by one of our own pages.
#[derive(Debug, Clone)]
pub struct Formulaire {
    /// Who posts.
    pub agent: Agent,
    /// What is posted.
    pub champs: Champs,
}

impl FromRequest<Arc<Pages>> for Formulaire {
    type Rejection = Response;

    async fn from_request(requete: Request, pages: &Arc<Pages>) -> Result<Self, Response> {
        let (mut parts, corps) = requete.into_parts();
        let agent = Agent::from_request_parts(&mut parts, pages).await?;
        let lu = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, corps), pages).await;
        let champs = Champs(lu.map_err(IntoResponse::into_response)?.0);
        champs.vient_de(&agent).map_err(IntoResponse::into_response)?;
        Ok(Self { agent, champs })
    }
}

/// A file deposited by one of our own pages.
#[derive(Debug, Clone)]
pub struct Depose {
    /// Who deposits.
    pub agent: Agent,
    /// The other fields.
    pub champs: Champs,
    /// Name of the file, without its folder; empty when none was chosen.
    pub fichier: String,
    /// Its bytes.
    pub octets: Vec<u8>,
}

impl FromRequest<Arc<Pages>> for Depose {
    type Rejection = Response;

    async fn from_request(requete: Request, pages: &Arc<Pages>) -> Result<Self, Response> {
        let (mut parts, corps) = requete.into_parts();
        let agent = Agent::from_request_parts(&mut parts, pages).await?;
        let lu = Multipart::from_request(Request::from_parts(parts, corps), pages).await;
        let mut multipart = lu.map_err(IntoResponse::into_response)?;
        let mut depose = Self { agent, champs: Champs::default(), fichier: String::new(), octets: vec![] };
        while let Some(champ) = multipart.next_field().await.map_err(IntoResponse::into_response)? {
            let nom = champ.name().unwrap_or_default().to_owned();
            match champ.file_name().map(sans_dossier) {
                Some(fichier) => {
                    depose.fichier = fichier;
                    depose.octets = champ.bytes().await.map_err(IntoResponse::into_response)?.to_vec();
                }
                None => {
                    let valeur = champ.text().await.map_err(IntoResponse::into_response)?;
                    depose.champs.0.push((nom, valeur));
                }
            }
        }
        depose.champs.vient_de(&depose.agent).map_err(IntoResponse::into_response)?;
        Ok(depose)
    }
}

fn sans_dossier(nom: &str) -> String {
    nom.rsplit(['/', '\\']).next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_loses_its_folder() {
        assert_eq!(sans_dossier("C:\\Users\\x\\T1.xlsx"), "T1.xlsx");
        assert_eq!(sans_dossier("../../etc/passwd"), "passwd");
    }
}
