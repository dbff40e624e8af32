//! The signed head of a node's chain, as the hub holds it: read first at every contact, because a
//! node or a hub that came back from a backup finds out here, and nowhere else, that history is missing.

use referentiel::identifiant::IdentifiantNoeud;
use serde::{Deserialize, Serialize};

use crate::chaine::TeteNoeud;
use crate::cle::{ClePublique, CleSignature};
use crate::empreinte::Empreinte;
use crate::refus::{CodeRefus, Refus};
use crate::{jws, octets};

/// `typ` of a signed head.
pub const TYPE: &str = "maillage-tete+jws";

/// Claims of a head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeteSignee {
    /// Node.
    pub node: IdentifiantNoeud,
    /// Incarnation of the hub's log.
    pub log_epoch: u64,
    /// Position of the last entry held; 0 before the first.
    pub seq: u64,
    /// Digest of that entry; none before the first.
    pub digest: Option<Empreinte>,
    /// Thumbprint of the key that may sign the next entry.
    pub kid: String,
}

impl TeteSignee {
    /// Signs.
    pub fn signer(&self, cle: &CleSignature) -> String {
        jws::signer(TYPE, &octets(self), cle)
    }

    /// Reads a head signed by the hub about this node.
    pub fn verifier(jws: &str, cle_hub: &ClePublique, noeud: &IdentifiantNoeud) -> Result<Self, Refus> {
        let invalide = |detail: String| Refus::nouveau(CodeRefus::HeadInvalid, detail);
        let charge = jws::verifier(jws, TYPE, cle_hub).map_err(|e| invalide(e.to_string()))?;
        let tete: Self = jws::lire_objet(&charge).map_err(|e| invalide(e.to_string()))?;
        if &tete.node != noeud {
            return Err(invalide(format!("Tête de {}, attendue pour {noeud}.", tete.node)));
        }
        if (tete.seq == 0) != tete.digest.is_none() {
            return Err(invalide("Une tête porte une empreinte dès la première entrée, et pas avant.".to_owned()));
        }
        Ok(tete)
    }

    /// The head itself.
    pub fn tete(&self) -> TeteNoeud {
        TeteNoeud { seq: self.seq, empreinte: self.digest }
    }
}
