//! Proof that the sender of a public key holds the private one: at enrolment, bound to the one-time
//! token, and at rotation, bound to the position in the chain. Without it a node could register the
//! key of another and claim its entries.

use referentiel::identifiant::IdentifiantNoeud;
use serde::{Deserialize, Serialize};

use crate::cle::{ClePublique, CleSignature};
use crate::empreinte::Empreinte;
use crate::refus::{CodeRefus, Refus};
use crate::{jws, octets};

/// `typ` of a proof of possession.
pub const TYPE: &str = "maillage-cle+jws";

/// What the key is for; a proof made for one use is worth nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Usage {
    /// First key of a node, or key after a loss.
    #[serde(rename = "enrol")]
    Enrolement {
        /// Digest of the one-time token ([`crate::empreinte::empreinte_invitation`]).
        token: Empreinte,
    },
    /// Next key, announced in the chain.
    #[serde(rename = "rotate")]
    Rotation {
        /// Position of the entry that announces it.
        seq: u64,
    },
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revendications {
    node: IdentifiantNoeud,
    hub: String,
    usage: Usage,
}

/// The proof, signed by the new key.
pub fn prouver(cle: &CleSignature, noeud: &IdentifiantNoeud, hub: &str, usage: Usage) -> String {
    jws::signer(TYPE, &octets(&Revendications { node: noeud.clone(), hub: hub.to_owned(), usage }), cle)
}

/// The new key agrees to be this node's, at this hub, for this use.
pub fn verifier(
    preuve: &str,
    cle: &ClePublique,
    noeud: &IdentifiantNoeud,
    hub: &str,
    usage: Usage,
) -> Result<(), Refus> {
    let refuse = |detail: String| Refus::nouveau(CodeRefus::AuthProofInvalid, detail);
    let charge = jws::verifier(preuve, TYPE, cle).map_err(|e| refuse(e.to_string()))?;
    let lues: Revendications = jws::lire_objet(&charge).map_err(|e| refuse(e.to_string()))?;
    if lues == (Revendications { node: noeud.clone(), hub: hub.to_owned(), usage }) {
        Ok(())
    } else {
        Err(refuse("La preuve de possession est faite pour un autre nœud, un autre hub ou un autre usage.".to_owned()))
    }
}
