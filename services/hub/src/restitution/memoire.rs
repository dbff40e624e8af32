//! Answers kept while the database says that nothing changed. The key holds the whole caller, so that no
//! answer passes from one to another; the version makes a kept answer exact at every moment. Neither what
//! acts nor what failed is ever kept.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_storage::Version;
use hub_storage::jeton::Jeton;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::acces::Appelant;

/// What an answer depends on besides the database and the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cle {
    /// Who asks, with all their rights.
    pub appelant: Appelant,
    /// Media type answered.
    pub media: &'static str,
    /// Every byte of the question.
    pub question: Bytes,
}

/// An answer, ready to leave.
#[derive(Debug, Clone)]
pub struct Reponse {
    /// Status.
    pub statut: StatusCode,
    /// Media type.
    pub media: &'static str,
    /// Body.
    pub corps: Bytes,
}

impl IntoResponse for Reponse {
    fn into_response(self) -> Response {
        (self.statut, [(header::CONTENT_TYPE, self.media)], self.corps).into_response()
    }
}

/// The answers kept, and the tokens recognised, each under the version it was read at.
#[derive(Debug, Clone)]
pub struct Memoire {
    reponses: Arc<Cache<Cle, (Version, Reponse), Poids>>,
    jetons: Arc<Cache<String, (Version, Jeton)>>,
}

/// Tokens that serve at once.
const JETONS: usize = 256;
/// Bytes of a small answer with its question: from it comes the number of answers expected.
const REPONSE_COURANTE: u64 = 8 * 1024;
/// What an entry costs besides its texts.
const ENTREE: u64 = 256;

#[derive(Debug, Clone)]
struct Poids;

impl Weighter<Cle, (Version, Reponse)> for Poids {
    fn weight(&self, cle: &Cle, (_, reponse): &(Version, Reponse)) -> u64 {
        ENTREE + (cle.question.len() + reponse.corps.len()) as u64
    }
}

impl Memoire {
    /// Keeps at most this many bytes of answers; none with zero.
    pub fn nouvelle(octets: u64) -> Self {
        let nombre = usize::try_from(octets / REPONSE_COURANTE).unwrap_or(usize::MAX);
        Self { reponses: Arc::new(Cache::with_weighter(nombre, octets, Poids)), jetons: Arc::new(Cache::new(JETONS)) }
    }

    /// The answer given to this question while the database was what it is now.
    pub fn reponse(&self, cle: &Cle, version: &Version) -> Option<Reponse> {
        self.reponses.get(cle).filter(|(a, _)| a == version).map(|(_, reponse)| reponse)
    }

    /// Keeps an answer read at this version or after. A later state is never given to whoever asks of an
    /// earlier one: a version that has passed does not come back.
    pub fn garde(&self, cle: Cle, version: Version, reponse: Reponse) {
        self.reponses.insert(cle, (version, reponse));
    }

    /// The token of this digest, as the database has it now.
    pub fn jeton(&self, condense: &str, version: &Version) -> Option<Jeton> {
        self.jetons.get(condense).filter(|(a, _)| a == version).map(|(_, jeton)| jeton)
    }

    /// Keeps a token read at this version or after.
    pub fn garde_jeton(&self, condense: String, version: Version, jeton: Jeton) {
        self.jetons.insert(condense, (version, jeton));
    }

    /// Bytes kept.
    pub fn poids(&self) -> u64 {
        self.reponses.weight()
    }
}
