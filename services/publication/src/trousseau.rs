//! The hub's keys, as it announces them: one signs receipts and heads, another the checkpoints of the
//! register, so that the theft of one forges nothing of the other. The set is signed by the key of the
//! receipts, which a node pins at enrolment.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::cle::{ClePublique, CleSignature};
use crate::refus::{CodeRefus, Refus};
use crate::{jws, octets};

/// `typ` of a key set.
pub const TYPE: &str = "maillage-cles+jws";

/// Version of the key sets this crate writes and reads.
pub const VERSION: u64 = 1;

/// Claims of a key set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trousseau {
    /// Version.
    pub v: u64,
    /// Hub.
    pub iss: String,
    /// Key of the receipts, heads and statements.
    pub receipts: ClePublique,
    /// Key of the checkpoints.
    pub log: ClePublique,
    /// Key of the reference data and of the feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ClePublique>,
    /// Announcements of the next keys and of those that became present ones, each signed by the key it replaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub successions: Vec<String>,
    /// Time of the announcement, by the hub's clock.
    pub issued_at: DateTime<Utc>,
}

impl Trousseau {
    /// Signs with the key of the receipts.
    pub fn signer(&self, cle: &CleSignature) -> String {
        jws::signer(TYPE, &octets(self), cle)
    }

    /// Reads the key set of this hub, signed by the key of receipts already known.
    pub fn verifier(texte: &str, cle_hub: &ClePublique, hub: &str) -> Result<Self, Refus> {
        let invalide = |detail: String| Refus::nouveau(CodeRefus::KeysInvalid, detail);
        let charge = jws::verifier(texte, TYPE, cle_hub).map_err(|e| invalide(e.to_string()))?;
        let lu: Self = jws::lire_objet(&charge).map_err(|e| invalide(e.to_string()))?;
        if lu.v != VERSION || lu.iss != hub {
            return Err(invalide(format!("Trousseau de « {} », version {}.", lu.iss, lu.v)));
        }
        if lu.receipts == lu.log || lu.reference.is_some_and(|cle| cle == lu.receipts || cle == lu.log) {
            return Err(invalide("Une même clé signe pour deux usages.".to_owned()));
        }
        Ok(lu)
    }

    /// Reads the key set of a hub met for the first time: signed by the key it names itself. It is worth nothing
    /// until its fingerprint was read aloud to the hub's administrator.
    pub fn presenter(texte: &str) -> Result<Self, Refus> {
        let invalide = |detail: String| Refus::nouveau(CodeRefus::KeysInvalid, detail);
        let lu = jws::lire(texte, TYPE).map_err(|e| invalide(e.to_string()))?;
        let dit: Self = jws::lire_objet(&lu.charge).map_err(|e| invalide(e.to_string()))?;
        Self::verifier(texte, &dit.receipts, &dit.iss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    const HUB: &str = "https://hub.example/maillage";

    fn cle(graine: u64) -> CleSignature {
        CleSignature::generer(&mut rand::rngs::StdRng::seed_from_u64(graine))
    }

    fn trousseau(log: u64) -> Trousseau {
        Trousseau {
            v: VERSION,
            iss: HUB.to_owned(),
            receipts: cle(1).publique(),
            log: cle(log).publique(),
            reference: Some(cle(4).publique()),
            successions: vec![],
            issued_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_key_set_reads_back_under_the_pinned_key_only() {
        let texte = trousseau(2).signer(&cle(1));
        assert_eq!(Trousseau::verifier(&texte, &cle(1).publique(), HUB).unwrap(), trousseau(2));
        assert!(Trousseau::verifier(&texte, &cle(3).publique(), HUB).is_err());
        assert!(Trousseau::verifier(&texte, &cle(1).publique(), "https://autre.example").is_err());
        let une_seule = trousseau(1).signer(&cle(1));
        assert!(Trousseau::verifier(&une_seule, &cle(1).publique(), HUB).is_err(), "two keys, not one");
    }
}
