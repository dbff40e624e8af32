//! Compact JWS with Ed25519, read strictly: exactly three parts, a header of exactly `alg`, `typ` and
//! `kid`, canonical base64url, no key ever taken from the token (publication protocol, §2.1 and §5.2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::cle::{ClePublique, CleSignature};
use crate::contenu::garder_json;

/// Largest token read; an envelope, a receipt or a proof is far smaller.
pub(crate) const TAILLE_MAXIMALE: usize = 64 * 1024;

/// Header of every token of the protocol: nothing else is understood, hence nothing else is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnTete {
    pub alg: String,
    pub typ: String,
    pub kid: String,
}

/// Why a token is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JetonInvalide {
    #[error("Le jeton dépasse {TAILLE_MAXIMALE} octets.")]
    TropLong,
    #[error("Le jeton doit compter trois parties en base64url, séparées par deux points.")]
    Forme,
    #[error("L’en-tête du jeton ne doit porter que « alg », « typ » et « kid », une fois chacun.")]
    EnTete,
    #[error("L’algorithme du jeton doit être EdDSA.")]
    Algorithme,
    #[error("Le type du jeton doit être « {0} ».")]
    Type(&'static str),
    #[error("Le jeton est signé d’une autre clé que celle attendue.")]
    Cle,
    #[error("La signature du jeton est fausse.")]
    Signature,
    #[error("La charge du jeton est illisible : {0}")]
    Charge(String),
}

/// A token cut in its parts, nothing verified yet.
pub(crate) struct JetonLu<'a> {
    pub en_tete: EnTete,
    pub charge: Vec<u8>,
    pub signe: &'a str,
    pub signature: [u8; 64],
}

pub(crate) fn signer(typ: &'static str, charge: &[u8], cle: &CleSignature) -> String {
    let kid = cle.publique().kid();
    // Field order fixed by the text itself: the same payload and key always give the same token.
    let en_tete = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"EdDSA","typ":"{typ}","kid":"{kid}"}}"#));
    let signe = format!("{en_tete}.{}", URL_SAFE_NO_PAD.encode(charge));
    let signature = URL_SAFE_NO_PAD.encode(cle.signer(signe.as_bytes()));
    format!("{signe}.{signature}")
}

pub(crate) fn lire<'a>(jeton: &'a str, typ: &'static str) -> Result<JetonLu<'a>, JetonInvalide> {
    if jeton.len() > TAILLE_MAXIMALE {
        return Err(JetonInvalide::TropLong);
    }
    let (signe, signature) = jeton.rsplit_once('.').ok_or(JetonInvalide::Forme)?;
    let (en_tete, charge) = signe.split_once('.').ok_or(JetonInvalide::Forme)?;
    let decode = |partie: &str| URL_SAFE_NO_PAD.decode(partie).map_err(|_| JetonInvalide::Forme);
    let (en_tete, charge, signature) = (decode(en_tete)?, decode(charge)?, decode(signature)?);
    let en_tete: EnTete = lire_objet(&en_tete).map_err(|_| JetonInvalide::EnTete)?;
    if en_tete.alg != "EdDSA" {
        return Err(JetonInvalide::Algorithme);
    }
    if en_tete.typ != typ {
        return Err(JetonInvalide::Type(typ));
    }
    let signature = signature.try_into().map_err(|_| JetonInvalide::Signature)?;
    Ok(JetonLu { en_tete, charge, signe, signature })
}

/// Payload of a token whose signature holds under the given key.
pub(crate) fn verifier(jeton: &str, typ: &'static str, cle: &ClePublique) -> Result<Vec<u8>, JetonInvalide> {
    let lu = lire(jeton, typ)?;
    if lu.en_tete.kid != cle.kid() {
        return Err(JetonInvalide::Cle);
    }
    if cle.verifier(lu.signe.as_bytes(), &lu.signature) { Ok(lu.charge) } else { Err(JetonInvalide::Signature) }
}

/// Reads a header or a payload under the limits of the protocol: UTF-8, one JSON object and not the
/// list that the JSON crate would take for it, no duplicate key, plain integers.
pub(crate) fn lire_objet<T: DeserializeOwned>(charge: &[u8]) -> Result<T, JetonInvalide> {
    let illisible = |detail: String| JetonInvalide::Charge(detail);
    let texte = std::str::from_utf8(charge).map_err(|_| illisible("elle n’est pas en UTF-8.".to_owned()))?;
    garder_json(texte).map_err(|refus| illisible(refus.to_string()))?;
    serde_json::from_str(texte)
        .map_err(|e| illisible(format!("membre inconnu, absent ou d’un autre type (colonne {}).", e.column())))
}
