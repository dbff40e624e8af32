//! The body of a publication: what leaves the node, byte for byte. Step 4 of the path writes it,
//! step 7 reads it back, strictly.
//!
//! Figures come from protected tables only. A raw table is refused by the compiler:
//!
//! ```compile_fail
//! use publication::contenu::{Contenu, Origine, TerritoirePublie};
//! fn fuite(brute: &secret_statistique::TableBrute, o: Origine, t: Vec<TerritoirePublie>, rng: &mut rand::rngs::StdRng) {
//!     let _ = Contenu::indicateurs(&[brute], o, t, rng);
//! }
//! ```
//!
//! a protected one is not:
//!
//! ```
//! use publication::contenu::{Contenu, Origine, TerritoirePublie};
//! fn publie(protegee: &secret_statistique::TableProtegee, o: Origine, t: Vec<TerritoirePublie>, rng: &mut rand::rngs::StdRng) {
//!     let _ = Contenu::indicateurs(&[protegee], o, t, rng);
//! }
//! ```

mod cellule;
pub(crate) mod decimale;
pub mod dispositifs;
pub mod indicateurs;
mod lecture;

pub(crate) use lecture::{garder_json, interdit};

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use rand::CryptoRng;
use referentiel::cellule::Audience;
use referentiel::identifiant::IdentifiantNoeud;
use referentiel::periode::Trimestre;
use secret_statistique::TableProtegee;
use serde::{Deserialize, Serialize};

pub use dispositifs::{ContenuDispositifs, DispositifPublie};
pub use indicateurs::{ContenuAudience, ContenuIndicateurs, FichePubliee, Parent, TerritoirePublie};

use crate::enveloppe::{PERIMETRE_CDG, Serie};
use crate::refus::{CodeRefus, Refus};

/// Version of the contents this crate writes and reads.
pub const VERSION: u64 = 1;

/// Largest body, uncompressed.
pub const TAILLE_MAXIMALE: usize = 16 * 1024 * 1024;

/// Data set whose content is made of fiches dispositif; every other one is made of protected tables.
pub const JEU_DISPOSITIF: &str = "ea.dispositif";

/// 128 random bits, first in the body: the digest of a body whose content can be guessed would
/// otherwise confirm the guess, for ever, from an append-only register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sel([u8; 16]);

impl Sel {
    /// Draws a salt.
    pub fn tirer(rng: &mut impl CryptoRng) -> Self {
        let mut octets = [0; 16];
        rng.fill_bytes(&mut octets);
        Self(octets)
    }
}

impl TryFrom<String> for Sel {
    type Error = &'static str;

    fn try_from(texte: String) -> Result<Self, Self::Error> {
        let octets = URL_SAFE_NO_PAD.decode(texte).ok().and_then(|o| o.try_into().ok());
        octets.map(Self).ok_or("le sel doit compter 128 bits en base64url")
    }
}

impl From<Sel> for String {
    fn from(sel: Sel) -> Self {
        URL_SAFE_NO_PAD.encode(sel.0)
    }
}

/// Who publishes, about when, and with which definition of the data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origine {
    /// Version of the jeu's definition.
    pub version_jeu: String,
    /// Node.
    pub emetteur: IdentifiantNoeud,
    /// Quarter.
    pub periode: Trimestre,
    /// Date the figures describe.
    pub date: NaiveDate,
}

/// A body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Contenu {
    /// Protected tables of a data set.
    Indicateurs(ContenuIndicateurs),
    /// Fiches dispositif, not personal.
    Dispositifs(ContenuDispositifs),
}

impl Contenu {
    /// Step 4: the body made of protected tables, one for each audience, all of one data set.
    pub fn indicateurs(
        protegees: &[&TableProtegee],
        origine: Origine,
        territoires: Vec<TerritoirePublie>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Refus> {
        Self::declares(protegees, BTreeMap::new(), origine, territoires, rng)
    }

    /// The body of a declared jeu: its protected tables and, for each audience, its records.
    pub fn declares(
        protegees: &[&TableProtegee],
        fiches: BTreeMap<Audience, Vec<FichePubliee>>,
        origine: Origine,
        territoires: Vec<TerritoirePublie>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Refus> {
        ContenuIndicateurs::nouveau(protegees, fiches, origine, territoires, Sel::tirer(rng)).map(Self::Indicateurs)
    }

    /// The body made of fiches dispositif, without any e-mail nor name of a person.
    pub fn dispositifs(
        origine: Origine,
        dispositifs: Vec<DispositifPublie>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Refus> {
        ContenuDispositifs::nouveau(origine, dispositifs, Sel::tirer(rng)).map(Self::Dispositifs)
    }

    /// Canonical bytes: members in the order of the types, cells sorted, no blank. What is signed.
    pub fn octets(&self) -> Vec<u8> {
        crate::octets(self)
    }

    /// Reads bytes received, strictly: see the limits of [`TAILLE_MAXIMALE`] and of the protocol, §2.2.
    pub fn lire(octets: &[u8]) -> Result<Self, Refus> {
        lecture::garder(octets)?;
        let contenu = lecture::decoder(octets)?;
        match &contenu {
            Self::Indicateurs(c) => c.coherent()?,
            Self::Dispositifs(c) => c.coherent()?,
        }
        Ok(contenu)
    }

    /// Name of the data set.
    pub fn jeu(&self) -> &str {
        match self {
            Self::Indicateurs(c) => c.jeu(),
            Self::Dispositifs(_) => JEU_DISPOSITIF,
        }
    }

    /// Version of the data set's definition.
    pub fn version_jeu(&self) -> &str {
        match self {
            Self::Indicateurs(c) => c.version_jeu(),
            Self::Dispositifs(c) => c.version_jeu(),
        }
    }

    /// Node that publishes.
    pub fn emetteur(&self) -> &IdentifiantNoeud {
        match self {
            Self::Indicateurs(c) => c.emetteur(),
            Self::Dispositifs(c) => c.emetteur(),
        }
    }

    /// Quarter.
    pub fn periode(&self) -> Trimestre {
        match self {
            Self::Indicateurs(c) => c.periode(),
            Self::Dispositifs(c) => c.periode(),
        }
    }

    /// Series the content replaces.
    pub fn serie(&self) -> Serie {
        Serie { dataset: self.jeu().to_owned(), period: self.periode().to_string(), scope: PERIMETRE_CDG.to_owned() }
    }

    /// Media type of the body.
    pub fn media(&self) -> &'static str {
        match self {
            Self::Indicateurs(_) => "application/vnd.maillage.agg+json;v=1",
            Self::Dispositifs(_) => "application/vnd.maillage.dispositif+json;v=1",
        }
    }

    /// Cells, or fiches, for the counts of the receipt.
    pub fn taille(&self) -> usize {
        match self {
            Self::Indicateurs(c) => c.audiences().iter().map(|a| a.cellules.len() + a.fiches.len()).sum(),
            Self::Dispositifs(c) => c.dispositifs().len(),
        }
    }
}

fn invalide(detail: impl Into<String>) -> Refus {
    Refus::nouveau(CodeRefus::SchemaInvalid, detail)
}
