//! Step 8 of the path: the signed receipt. It quotes the digest of the envelope, so that it proves
//! what was accepted or refused, by whom and when. Stored once, answered again byte for byte.

use chrono::{DateTime, Utc};
use referentiel::identifiant::IdentifiantNoeud;
use serde::{Deserialize, Serialize};

use crate::cle::{ClePublique, CleSignature};
use crate::contenu::interdit;
use crate::empreinte::Empreinte;
use crate::refus::{CodeRefus, Refus};
use crate::{jws, octets};

/// `typ` of a signed receipt.
pub const TYPE: &str = "maillage-accuse+jws";

/// Version of the receipts this crate writes and reads.
pub const VERSION: u64 = 1;

/// What the hub did with the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum StatutAccuse {
    /// Stored; it is now the current revision of its series.
    #[serde(rename = "accepted")]
    Acceptee,
    /// Its content is refused, with reasons; its position is consumed.
    #[serde(rename = "refused")]
    Refusee,
    /// A greater revision was already known; nothing changes.
    #[serde(rename = "stale")]
    Perimee,
}

/// One reason, precise to the cell where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Motif {
    /// Stable URN.
    pub code: CodeRefus,
    /// Cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
    /// Sentence for the node's user.
    pub msg: String,
}

impl From<&Refus> for Motif {
    fn from(refus: &Refus) -> Self {
        let msg = [refus.code().phrase(), refus.detail()].join(" ");
        Self { code: refus.code(), cell: refus.cellule().map(abrege), msg: abrege(msg.trim_end()) }
    }
}

/// Part of a text that every reader of a receipt accepts, however long the codes it quotes.
fn abrege(texte: &str) -> String {
    const LETTRES: usize = 240;
    let mut lettres = texte.chars().filter(|c| !interdit(*c));
    let debut: String = lettres.by_ref().take(LETTRES).collect();
    if lettres.next().is_some() { debut + "…" } else { debut }
}

/// How much was read and how much changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comptes {
    /// Cells, or fiches, of the content.
    pub cells: u64,
    /// Those that differ from the revision replaced.
    pub changed: u64,
}

/// Claims of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accuse {
    /// Version.
    pub v: u64,
    /// Hub that answers.
    pub iss: String,
    /// Node.
    pub node: IdentifiantNoeud,
    /// Position in the node's chain.
    pub seq: u64,
    /// Digest of the envelope received there.
    pub env: Empreinte,
    /// What was done.
    pub status: StatutAccuse,
    /// Why, when it was not accepted.
    pub reasons: Vec<Motif>,
    /// Counts.
    pub counts: Comptes,
    /// Incarnation of the hub's log.
    pub log_epoch: u64,
    /// Leaf of the log.
    pub leaf: u64,
    /// Time of record, by the hub's clock.
    pub received_at: DateTime<Utc>,
}

impl Accuse {
    /// Signs: the same receipt and key always give the same text.
    pub fn signer(&self, cle: &CleSignature) -> String {
        jws::signer(TYPE, &octets(self), cle)
    }

    /// Reads a receipt signed by the hub's key. Whether it answers *this* envelope is the caller's
    /// question: see [`crate::chaine::accepter_accuse`].
    pub fn verifier(jws: &str, cle_hub: &ClePublique) -> Result<Self, Refus> {
        let invalide = |detail: String| Refus::nouveau(CodeRefus::ReceiptInvalid, detail);
        let charge = jws::verifier(jws, TYPE, cle_hub).map_err(|e| invalide(e.to_string()))?;
        let accuse: Self = jws::lire_objet(&charge).map_err(|e| invalide(e.to_string()))?;
        if accuse.v != VERSION {
            return Err(invalide(format!("Version lue : {} ; version connue : {VERSION}.", accuse.v)));
        }
        Ok(accuse)
    }
}
