//! Keys: Ed25519, made at the node, never shown. A public key of small order is refused wherever it
//! comes from, because a forged signature verifies under it.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, KeypairBytes, SecretDocument,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Why a text or bytes are not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CleInvalide {
    /// Not a PKCS#8 PEM of an Ed25519 key.
    #[error("La clé privée est illisible : un fichier PEM « PRIVATE KEY » (PKCS#8) d’une clé Ed25519 est attendu.")]
    Privee,
    /// Not 32 bytes of base64url nor an SPKI PEM.
    #[error(
        "La clé publique est illisible : 43 caractères base64url, ou un PEM « PUBLIC KEY » Ed25519, sont attendus."
    )]
    Publique,
    /// Small-order point.
    #[error("La clé publique est faible (point d’ordre petit) : n’importe qui pourrait signer avec elle.")]
    Faible,
}

/// A private key. Its memory is wiped when dropped; its `Debug` shows the public thumbprint only.
pub struct CleSignature(SigningKey);

impl CleSignature {
    /// A new key from the given randomness.
    pub fn generer(rng: &mut impl CryptoRng) -> Self {
        let mut secret = [0u8; 32];
        rng.fill_bytes(&mut secret);
        Self(SigningKey::from_bytes(&secret))
    }

    /// Reads a PKCS#8 PEM.
    pub fn depuis_pem(pem: &str) -> Result<Self, CleInvalide> {
        SigningKey::from_pkcs8_pem(pem).map(Self).map_err(|_| CleInvalide::Privee)
    }

    /// Writes a PKCS#8 PEM, version 1, which every tool reads. It is the secret itself: a file only its
    /// owner reads, never a log, never the database. Wiped when dropped.
    pub fn pem(&self) -> Result<impl Deref<Target = String> + use<>, CleInvalide> {
        self.paire().to_pkcs8_pem(LineEnding::LF).map_err(|_| CleInvalide::Privee)
    }

    /// The public half.
    pub fn publique(&self) -> ClePublique {
        ClePublique(self.0.verifying_key())
    }

    /// Signs raw bytes.
    pub(crate) fn signer(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// DER of the key, as the JWT crate wants it.
    pub(crate) fn der(&self) -> Result<SecretDocument, CleInvalide> {
        self.paire().to_pkcs8_der().map_err(|_| CleInvalide::Privee)
    }

    fn paire(&self) -> KeypairBytes {
        KeypairBytes { secret_key: self.0.to_bytes(), public_key: None }
    }
}

impl fmt::Debug for CleSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CleSignature(kid {}, secret masqué)", self.publique().kid())
    }
}

/// A public key, known not to be weak.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClePublique(VerifyingKey);

impl ClePublique {
    /// The key of these 32 bytes, refused when it is not a point of the curve or when it is of small order.
    pub fn depuis_octets(octets: &[u8; 32]) -> Result<Self, CleInvalide> {
        let cle = VerifyingKey::from_bytes(octets).map_err(|_| CleInvalide::Publique)?;
        if cle.is_weak() { Err(CleInvalide::Faible) } else { Ok(Self(cle)) }
    }

    /// Reads an SPKI PEM, as other tools write it.
    pub fn depuis_pem(pem: &str) -> Result<Self, CleInvalide> {
        let cle = VerifyingKey::from_public_key_pem(pem).map_err(|_| CleInvalide::Publique)?;
        Self::depuis_octets(cle.as_bytes())
    }

    /// The 32 bytes.
    pub fn octets(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Thumbprint of RFC 7638: names the key in headers and registers.
    pub fn kid(&self) -> String {
        // The members in lexicographic order, without a space: RFC 7638 §3.2 and RFC 8037 appendix A.3.
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{self}"}}"#);
        URL_SAFE_NO_PAD.encode(Sha256::digest(jwk.as_bytes()))
    }

    /// Six groups of five digits, read aloud on the telephone by the two administrators at enrolment:
    /// about a hundred bits, out of reach of somebody who would look for another key with the same groups.
    pub fn empreinte_lisible(&self) -> String {
        let condense = Sha256::new().chain_update(b"maillage/key/v1\0").chain_update(self.octets()).finalize();
        let groupe = |cinq: &[u8]| cinq.iter().fold(0u64, |n, o| n << 8 | u64::from(*o)) % 100_000;
        let groupes: Vec<String> = condense.chunks_exact(5).map(|cinq| format!("{:05}", groupe(cinq))).collect();
        groupes.join(" ")
    }

    /// Strict verification: canonical `S`, no small-order point (RFC 8032 leaves both to the reader).
    pub(crate) fn verifier(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for ClePublique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.octets()))
    }
}

impl fmt::Debug for ClePublique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClePublique({self})")
    }
}

impl FromStr for ClePublique {
    type Err = CleInvalide;

    fn from_str(texte: &str) -> Result<Self, Self::Err> {
        let octets = URL_SAFE_NO_PAD.decode(texte).map_err(|_| CleInvalide::Publique)?;
        Self::depuis_octets(&octets.try_into().map_err(|_| CleInvalide::Publique)?)
    }
}

impl TryFrom<String> for ClePublique {
    type Error = CleInvalide;

    fn try_from(texte: String) -> Result<Self, Self::Error> {
        texte.parse()
    }
}

impl From<ClePublique> for String {
    fn from(cle: ClePublique) -> Self {
        cle.to_string()
    }
}
