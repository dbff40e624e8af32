//! The envelope: the small signed statement that says whose content it is, where it stands in the
//! node's chain, what it replaces, and the digest of the body (publication protocol, §2.3).
//!
//! An envelope lives for years: it has no expiry and nothing is ever refused by its `created_at`.

use chrono::{DateTime, SubsecRound as _, Utc};
use referentiel::identifiant::IdentifiantNoeud;
use serde::{Deserialize, Serialize};

use crate::cle::ClePublique;
use crate::empreinte::Empreinte;
use crate::refus::{CodeRefus, Refus};

/// Version of the envelope that this crate writes and reads.
pub const VERSION: u64 = 1;

/// Scope of a series when a node publishes its whole territory at once.
pub const PERIMETRE_CDG: &str = "cdg";

/// What an entry of the chain does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Genre {
    /// Replaces a series by a new content.
    #[serde(rename = "publish")]
    Publication,
    /// Withdraws a series; its history stays.
    #[serde(rename = "withdraw")]
    Retrait,
    /// Announces the key that signs from the next entry on.
    #[serde(rename = "rotate")]
    Rotation,
    /// Says that the node came back from a backup and took its own history from the hub.
    #[serde(rename = "restore")]
    Restauration,
    /// Says that the node lives, when it has nothing to publish.
    #[serde(rename = "heartbeat")]
    Battement,
}

impl Genre {
    /// Every kind.
    pub const TOUS: [Self; 5] = [Self::Publication, Self::Retrait, Self::Rotation, Self::Restauration, Self::Battement];

    /// Name on the wire, which the stores use too.
    pub fn code(self) -> &'static str {
        match self {
            Self::Publication => "publish",
            Self::Retrait => "withdraw",
            Self::Rotation => "rotate",
            Self::Restauration => "restore",
            Self::Battement => "heartbeat",
        }
    }
}

/// Why a revision was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Raison {
    /// First publication of the series.
    #[serde(rename = "first")]
    Premiere,
    /// Data that arrived after the first publication.
    #[serde(rename = "late-data")]
    DonneesTardives,
    /// Correction of an error.
    #[serde(rename = "correction")]
    Correction,
    /// Same data, other rules of calculation or protection.
    #[serde(rename = "rule-change")]
    ChangementDeRegle,
}

/// What is replaced as a whole: data set × period × scope, owned by exactly one node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serie {
    /// Name of the jeu.
    pub dataset: String,
    /// Period, written `2026-T1` for a quarter.
    pub period: String,
    /// Part of the emitter's territory; `cdg` for the whole.
    pub scope: String,
}

/// The signed description of the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpsAnnonce {
    /// Domain-separated SHA-256 of the bytes.
    pub sha256: Empreinte,
    /// Length in bytes, before any compression.
    pub len: u64,
    /// Media type.
    pub media: String,
}

/// Versions the content was made with, so that the hub re-checks it with the very same rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// Catalogue of nomenclatures and jeux: `1.4.0#sha…`.
    pub catalogue: String,
    /// Thresholds: `2026-1#sha…`.
    pub thresholds: String,
    /// Campaign: `2026-T1`.
    pub campaign: String,
}

/// The next key of a node, with the proof that its holder agrees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NouvelleCle {
    /// The key.
    pub x: ClePublique,
    /// JWS by the new key over node, hub and position.
    pub proof: String,
}

/// Claims of an envelope. Only [`crate::sceau`] signs one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enveloppe {
    /// Version of the envelope.
    pub v: u64,
    /// Node that signs.
    pub iss: IdentifiantNoeud,
    /// Hub it is meant for, one exact string.
    pub aud: String,
    /// Region.
    pub region: String,
    /// Position in the node's chain, from 1, without a hole.
    pub seq: u64,
    /// Digest of the envelope just before; none (`"0"`) for the first.
    #[serde(with = "precedente")]
    pub prev: Option<Empreinte>,
    /// What the entry does.
    pub kind: Genre,
    /// Series replaced or withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<Serie>,
    /// Revision of the series, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<u64>,
    /// Digest of the envelope of the revision replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<Empreinte>,
    /// Why this revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Raison>,
    /// Body, for a publication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<CorpsAnnonce>,
    /// Versions pinned, for a publication.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub references: Option<References>,
    /// Next key, for a rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NouvelleCle>,
    /// The node's clock when it sealed; informative only.
    pub created_at: DateTime<Utc>,
    /// True for a trial that must not be counted.
    pub test: bool,
}

impl Enveloppe {
    /// Media type of a signed envelope on the wire.
    pub const MEDIA: &'static str = "application/jose";

    /// The series, which only publications and withdrawals have.
    pub fn serie(&self) -> Option<&Serie> {
        self.series.as_ref()
    }

    /// Each kind has its own members, neither more nor less.
    pub(crate) fn coherente(&self) -> Result<(), Refus> {
        let malformee = |detail: &str| Err(Refus::nouveau(CodeRefus::EnvMalformed, detail));
        if self.seq == 0 || (self.seq == 1) != self.prev.is_none() {
            return malformee("« prev » vaut « 0 » pour la première entrée, et pour elle seule.");
        }
        let serie = self.kind == Genre::Publication || self.kind == Genre::Retrait;
        if [self.series.is_some(), self.rev.is_some(), self.reason.is_some()] != [serie; 3] {
            return malformee(
                "« series », « rev » et « reason » accompagnent une publication ou un retrait, et eux seuls.",
            );
        }
        let publication = self.kind == Genre::Publication;
        if [self.body.is_some(), self.references.is_some()] != [publication; 2] {
            return malformee("« body » et « ref » accompagnent une publication, et elle seule.");
        }
        if (self.kind == Genre::Rotation) != self.next.is_some() {
            return malformee("« next » accompagne une rotation de clé, et elle seule.");
        }
        let premiere = self.rev.is_none_or(|rev| rev == 1);
        if self.rev == Some(0) || premiere != self.supersedes.is_none() || (self.kind == Genre::Retrait && premiere) {
            return malformee("« supersedes » désigne la révision remplacée ; la première n’en remplace aucune.");
        }
        Ok(())
    }
}

/// Microseconds are what both databases keep.
pub(crate) fn tronque(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.trunc_subsecs(6)
}

/// `prev` is a digest, or `"0"` before the first entry.
mod precedente {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::empreinte::Empreinte;

    const AUCUNE: &str = "0";

    pub fn serialize<S: Serializer>(prev: &Option<Empreinte>, s: S) -> Result<S::Ok, S::Error> {
        match prev {
            Some(empreinte) => empreinte.serialize(s),
            None => s.serialize_str(AUCUNE),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Empreinte>, D::Error> {
        let texte = String::deserialize(d)?;
        if texte == AUCUNE { Ok(None) } else { texte.parse().map(Some).map_err(serde::de::Error::custom) }
    }
}

#[cfg(test)]
mod tests {
    use super::Genre;

    #[test]
    fn the_name_in_the_stores_is_that_of_the_wire() {
        for genre in Genre::TOUS {
            assert_eq!(serde_json::to_value(genre).unwrap(), genre.code());
        }
    }
}
