//! Refusals: a stable code, its URN, its HTTP status and a French sentence. Scripts rely on the URN,
//! people on the sentence; a published code is never renamed nor given another meaning.
//!
//! Two families. An *error* of the protocol says that the request was not understood or not
//! authorised, and changes nothing. A *refusal* of the content is an answer: the position in the
//! chain is consumed and a signed receipt carries the reasons, or one bad file would block a node for ever.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::empreinte::Empreinte;

/// What happens to a publication that meets a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Famille {
    /// `urn:maillage:error:…`: an HTTP error, nothing is stored.
    Erreur,
    /// `urn:maillage:refus:…`: a signed receipt `refused` (or `stale`), the position is consumed.
    Refus,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $nom:ident = $famille:ident, $code:literal, $http:literal, $phrase:literal;)*) => {
        /// A stable reason.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum CodeRefus { $($(#[$doc])* $nom,)* }

        impl CodeRefus {
            /// Every code, in the order of the protocol's page.
            pub const TOUS: &'static [Self] = &[$(Self::$nom,)*];

            /// Short name, such as `chain.gap`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$nom => $code,)* }
            }

            /// Family: error of the protocol, or refusal of the content.
            pub fn famille(self) -> Famille {
                match self { $(Self::$nom => Famille::$famille,)* }
            }

            /// Status of the HTTP answer. A refused content is answered 201 with its receipt.
            pub fn statut_http(self) -> u16 {
                match self { $(Self::$nom => $http,)* }
            }

            /// Sentence for people.
            pub fn phrase(self) -> &'static str {
                match self { $(Self::$nom => $phrase,)* }
            }
        }
    };
}

codes! {
    /// The proof that accompanies the request is not one.
    AuthProofInvalid = Erreur, "auth.proof_invalid", 401, "La preuve jointe à la requête est invalide.";
    /// No key of this thumbprint for this node.
    AuthKeyUnknown = Erreur, "auth.key_unknown", 401, "Cette clé n’est pas enregistrée pour ce nœud.";
    /// The key is dead.
    AuthKeyRevoked = Erreur, "auth.key_revoked", 401, "Cette clé a été révoquée.";
    /// A small-order key, with which anybody can sign.
    AuthKeyWeak = Erreur, "auth.key_weak", 400, "Cette clé est faible et ne protège rien.";
    /// The node of the address is not the node that signs.
    AuthWrongNode = Erreur, "auth.wrong_node", 403, "Le nœud de l’adresse n’est pas celui qui signe.";
    /// An administrator of the hub suspended the node.
    NodeSuspended = Erreur, "node.suspended", 403, "Ce nœud est suspendu par l’administrateur du hub.";
    /// The invitation does not open anything.
    EnrolRefused = Erreur, "enrol.refused", 403, "Cette invitation n’est pas valable.";
    /// The request's time is too far from the hub's.
    ClockSkew = Erreur, "clock.skew", 401, "L’horloge de la requête s’écarte trop de celle du hub.";
    /// An earlier entry is missing.
    ChainGap = Erreur, "chain.gap", 409, "Une entrée antérieure de la chaîne manque.";
    /// Two different entries for one position.
    ChainFork = Erreur, "chain.fork", 409, "La chaîne du nœud bifurque.";
    /// The body was not deposited.
    BodyMissing = Erreur, "body.missing", 409, "Le corps annoncé par l’enveloppe n’a pas été déposé.";
    /// The body is not the signed one.
    BodyHashMismatch = Erreur, "body.hash_mismatch", 400, "Le corps reçu n’est pas celui qui a été signé.";
    /// The body is larger than allowed.
    BodyTooLarge = Erreur, "body.too_large", 413, "Le corps dépasse la taille permise.";
    /// The body cannot be decompressed.
    BodyEncoding = Erreur, "body.encoding", 400, "La compression du corps est invalide.";
    /// The envelope cannot be read.
    EnvMalformed = Erreur, "env.malformed", 400, "L’enveloppe est illisible.";
    /// The signature does not fit the envelope.
    EnvSignatureInvalid = Erreur, "env.signature_invalid", 401, "La signature de l’enveloppe est fausse.";
    /// The envelope is meant for another hub.
    EnvWrongAudience = Erreur, "env.wrong_audience", 403, "L’enveloppe est destinée à un autre hub.";
    /// The version of the envelope is not known.
    EnvUnsupportedVersion = Erreur, "env.unsupported_version", 400, "Cette version d’enveloppe n’est pas connue.";
    /// The receipt is not one of this hub for this publication.
    ReceiptInvalid = Erreur, "receipt.invalid", 502, "L’accusé de réception est invalide.";
    /// The signed head is not one of this hub for this node.
    HeadInvalid = Erreur, "head.invalid", 502, "La tête de chaîne annoncée est invalide.";
    /// The key set is not one of this hub.
    KeysInvalid = Erreur, "keys.invalid", 502, "Le trousseau annoncé par le hub est invalide.";
    /// The manifest of reference data is not one of this hub.
    ManifestInvalid = Erreur, "manifest.invalid", 502, "Le manifeste des données de référence est invalide.";
    /// The page of the feed is not one of this hub.
    FeedInvalid = Erreur, "feed.invalid", 502, "La page du fil partagé par le hub est invalide.";
    /// The announcement of a hub's next key is not one of this hub.
    SuccessionInvalid = Erreur, "succession.invalid", 502, "L’annonce d’une clé du hub est invalide.";
    /// No reference data under this digest.
    RefUnknownPart = Erreur, "ref.unknown_part", 404, "Aucune donnée de référence sous cette empreinte.";
    /// The restore statement is not one of this hub.
    RestoreInvalid = Erreur, "restore.invalid", 502, "La déclaration de restauration du hub est invalide.";
    /// A leaf or a size that the register does not have.
    LogOutOfRange = Erreur, "log.out_of_range", 400, "Le registre n’a pas cette feuille ou cette taille.";
    /// Too many requests.
    RateLimited = Erreur, "rate.limited", 429, "Trop de requêtes : réessayez plus tard.";
    /// The hub is overloaded.
    HubBusy = Erreur, "hub.busy", 503, "Le hub est occupé : réessayez plus tard.";
    /// The hub does not accept writes.
    HubReadonly = Erreur, "hub.readonly", 503, "Le hub est en lecture seule.";
    /// The cursor belongs to another incarnation of the feed.
    LogCursorGone = Erreur, "log.cursor_gone", 410, "Ce curseur n’existe plus : reprenez depuis le début.";

    /// Not the JSON of a known content.
    SchemaInvalid = Refus, "schema.invalid", 201, "Le contenu n’a pas la forme attendue.";
    /// A key twice in one object.
    SchemaDuplicateKey = Refus, "schema.duplicate_key", 201, "Une clé figure deux fois dans un même objet.";
    /// A number that is not a plain non-negative integer of at most 2^53-1.
    SchemaNumber = Refus, "schema.number", 201, "Un nombre n’est pas un entier positif écrit simplement.";
    /// Nested too deep.
    SchemaTooDeep = Refus, "schema.too_deep", 201, "Le contenu est imbriqué trop profondément.";
    /// A text with control, invisible or direction-changing characters, or too long.
    SchemaText = Refus, "schema.text", 201, "Un texte comporte des caractères interdits ou est trop long.";
    /// Body and envelope do not speak of the same thing.
    SchemaSeriesMismatch = Refus, "schema.series_mismatch", 201, "Le contenu et l’enveloppe ne décrivent pas la même série.";
    /// A code absent from its nomenclature.
    RefUnknownCode = Refus, "ref.unknown_code", 201, "Un code est absent de sa nomenclature.";
    /// Made with a catalogue, thresholds or jeu the hub does not accept for this campaign.
    RefWrongVersion = Refus, "ref.wrong_version", 201, "La version du référentiel n’est pas celle de la campagne.";
    /// A policy softer than the floor of the campaign.
    SdcPolicyBelowFloor = Refus, "sdc.policy_below_floor", 201, "Les seuils appliqués sont inférieurs au plancher.";
    /// A count under its threshold is shown.
    SdcCellBelowThreshold = Refus, "sdc.cell_below_threshold", 201, "Une cellule sous le seuil est visible.";
    /// A masked cell can be computed from the others.
    SdcRecoverableCell = Refus, "sdc.recoverable_cell", 201, "Une cellule masquée se retrouve par différence.";
    /// The only masked cell of its line.
    SdcMissingSecondary = Refus, "sdc.missing_secondary", 201, "Une seconde cellule doit être masquée.";
    /// A margin is not the sum of its parts.
    SumMarginMismatch = Refus, "sum.margin_mismatch", 201, "Un total n’est pas la somme de ses parties.";
    /// The series belongs to another node.
    SeriesNotOwner = Refus, "series.not_owner", 201, "Cette série appartient à un autre nœud.";
    /// Nothing of this series was ever accepted.
    SeriesUnknown = Refus, "series.unknown", 201, "Cette série n’a pas été publiée.";
    /// The campaign does not accept publications any more.
    SeriesClosed = Refus, "series.closed", 201, "La campagne est close.";
    /// A revision that is not greater than the current one: receipt `stale`.
    RevNotGreater = Refus, "rev.not_greater", 201, "Une révision plus récente est déjà connue.";
    /// Something that looks like data about one person (C-CF-03).
    PiiSuspected = Refus, "pii.suspected", 201, "Donnée individuelle détectée : envoi refusé.";
}

impl CodeRefus {
    /// The stable name: `urn:maillage:error:chain.gap`.
    pub fn urn(self) -> String {
        let famille = match self.famille() {
            Famille::Erreur => "error",
            Famille::Refus => "refus",
        };
        format!("urn:maillage:{famille}:{}", self.code())
    }

    /// The code of this URN.
    pub fn depuis_urn(urn: &str) -> Option<Self> {
        Self::TOUS.iter().copied().find(|c| c.urn() == urn)
    }

    /// True when the entry keeps its position in the chain and gets a signed receipt.
    pub fn consomme_la_position(self) -> bool {
        self.famille() == Famille::Refus
    }
}

impl fmt::Display for CodeRefus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why a text is not a known URN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("« {0} » n’est pas un code de refus connu.")]
pub struct UrnInconnue(pub String);

impl TryFrom<String> for CodeRefus {
    type Error = UrnInconnue;

    fn try_from(urn: String) -> Result<Self, Self::Error> {
        Self::depuis_urn(&urn).ok_or(UrnInconnue(urn))
    }
}

impl From<CodeRefus> for String {
    fn from(code: CodeRefus) -> Self {
        code.urn()
    }
}

/// A refusal: its code, what exactly was read, and the cell when there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refus {
    code: CodeRefus,
    detail: String,
    cellule: Option<String>,
}

impl Refus {
    /// A refusal with what was read or expected, in French; the detail never quotes a suspected personal datum.
    pub fn nouveau(code: CodeRefus, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), cellule: None }
    }

    /// The same, about one cell.
    #[must_use]
    pub fn sur_cellule(mut self, cellule: impl fmt::Display) -> Self {
        self.cellule = Some(cellule.to_string());
        self
    }

    /// The code.
    pub fn code(&self) -> CodeRefus {
        self.code
    }

    /// What was read or expected.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The cell, for a refusal precise to a cell.
    pub fn cellule(&self) -> Option<&str> {
        self.cellule.as_deref()
    }

    /// The body of the HTTP answer (RFC 9457).
    pub fn probleme(&self) -> Probleme {
        Probleme {
            urn: self.code,
            title: self.code.phrase().to_owned(),
            status: self.code.statut_http(),
            detail: self.detail.clone(),
            hub_time: None,
            expected: None,
            head: None,
            envelope: None,
            epoch: None,
        }
    }
}

impl fmt::Display for Refus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.phrase())?;
        if let Some(cellule) = &self.cellule {
            write!(f, " [{cellule}]")?;
        }
        if self.detail.is_empty() { Ok(()) } else { write!(f, " {}", self.detail) }
    }
}

impl std::error::Error for Refus {}

/// Media type of [`Probleme`].
pub const MEDIA_PROBLEME: &str = "application/problem+json";

/// Body of an HTTP error (RFC 9457), with the members that let the node go on by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probleme {
    /// Stable name of the problem.
    #[serde(rename = "type")]
    pub urn: CodeRefus,
    /// Sentence for people.
    pub title: String,
    /// HTTP status, repeated because proxies rewrite the status line.
    pub status: u16,
    /// What was read or expected.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// With `clock.skew`: the hub's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub_time: Option<DateTime<Utc>>,
    /// With `chain.gap`: the position the hub waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// With `chain.gap` and `chain.fork`: digest of the last entry the hub holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Empreinte>,
    /// With `chain.fork`: the envelope the hub holds at that position, for the node to verify its own signature on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<String>,
    /// With `log.cursor_gone`: the present incarnation of the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
}

impl Probleme {
    /// Adds the hub's time.
    #[must_use]
    pub fn avec_heure(mut self, heure: DateTime<Utc>) -> Self {
        self.hub_time = Some(heure);
        self
    }

    /// Adds the expected position and the head.
    #[must_use]
    pub fn avec_attendu(mut self, attendu: u64, tete: Option<Empreinte>) -> Self {
        self.expected = Some(attendu);
        self.head = tete;
        self
    }

    /// Adds the envelope already held at the position.
    #[must_use]
    pub fn avec_enveloppe(mut self, jws: impl Into<String>) -> Self {
        self.envelope = Some(jws.into());
        self
    }

    /// Adds the present incarnation of the log.
    #[must_use]
    pub fn avec_epoque(mut self, epoque: u64) -> Self {
        self.epoch = Some(epoque);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn urns_are_unique_and_read_back() {
        let urns: BTreeSet<String> = CodeRefus::TOUS.iter().map(|c| c.urn()).collect();
        assert_eq!(urns.len(), CodeRefus::TOUS.len());
        for code in CodeRefus::TOUS {
            assert_eq!(CodeRefus::depuis_urn(&code.urn()), Some(*code));
        }
        assert_eq!(CodeRefus::depuis_urn("urn:maillage:refus:chain.gap"), None);
    }

    #[test]
    fn only_content_refusals_consume_the_position() {
        for code in CodeRefus::TOUS {
            assert_eq!(code.consomme_la_position(), code.statut_http() == 201, "{code}");
            assert!(code.phrase().ends_with('.'), "{code}");
        }
    }

    #[test]
    fn a_problem_carries_what_the_node_needs_to_go_on() {
        let refus = Refus::nouveau(CodeRefus::ChainGap, "Position reçue : 5.");
        let json = serde_json::to_value(refus.probleme().avec_attendu(3, None)).unwrap();
        assert_eq!(json["type"], "urn:maillage:error:chain.gap");
        assert_eq!((json["status"].as_u64(), json["expected"].as_u64()), (Some(409), Some(3)));
        assert!(json.get("envelope").is_none());
    }
}
