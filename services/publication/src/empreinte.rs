//! Digests with a purpose: what was hashed is part of the hash, so that the digest of a receipt or of
//! a body can never be taken for the digest of an envelope (publication protocol, §2.2).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, written as 43 characters of base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Empreinte([u8; 32]);

/// Why a text is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("« {0} » n’est pas une empreinte : 43 caractères A–Z, a–z, 0–9, « - » et « _ » sont attendus.")]
pub struct EmpreinteInvalide(pub String);

impl Empreinte {
    /// A digest already computed, as read from a store.
    pub fn depuis_octets(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// The 32 bytes.
    pub fn octets(&self) -> &[u8; 32] {
        &self.0
    }

    fn de(domaine: &[u8], octets: &[u8]) -> Self {
        Self(Sha256::new().chain_update(domaine).chain_update(octets).finalize().into())
    }
}

/// Digest of a published body: the bytes as they are, never re-serialised.
pub fn empreinte_corps(octets: &[u8]) -> Empreinte {
    Empreinte::de(b"maillage/body/v1\0", octets)
}

/// Digest of the payload of an envelope: the identity of a publication. Never of the JWS text, which
/// one payload may wear in several spellings.
pub fn empreinte_enveloppe(charge: &[u8]) -> Empreinte {
    Empreinte::de(b"maillage/env/v1\0", charge)
}

/// Digest of a part of the hub's reference data, and of the list of them.
pub fn empreinte_partie(octets: &[u8]) -> Empreinte {
    Empreinte::de(b"maillage/ref/v1\0", octets)
}

/// Plain SHA-256 of a request's body, as a proof binds it (`bsh`).
pub fn empreinte_requete(octets: &[u8]) -> Empreinte {
    Empreinte::de(b"", octets)
}

/// Digest under which the hub keeps a one-time enrolment token, never the token itself.
pub fn empreinte_invitation(jeton: &str) -> Empreinte {
    Empreinte::de(b"maillage/enrol/v1\0", jeton.as_bytes())
}

/// Digest of a signed receipt, second half of a leaf of the register.
pub fn empreinte_accuse(jws: &str) -> Empreinte {
    Empreinte::de(b"", jws.as_bytes())
}

impl fmt::Display for Empreinte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Empreinte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Empreinte({self})")
    }
}

impl FromStr for Empreinte {
    type Err = EmpreinteInvalide;

    fn from_str(texte: &str) -> Result<Self, Self::Err> {
        let invalide = || EmpreinteInvalide(texte.to_owned());
        let octets = URL_SAFE_NO_PAD.decode(texte).map_err(|_| invalide())?;
        octets.try_into().map(Self).map_err(|_| invalide())
    }
}

impl TryFrom<String> for Empreinte {
    type Error = EmpreinteInvalide;

    fn try_from(texte: String) -> Result<Self, Self::Error> {
        texte.parse()
    }
}

impl From<Empreinte> for String {
    fn from(empreinte: Empreinte) -> Self {
        empreinte.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_is_part_of_the_digest() {
        let octets = b"abc";
        let toutes = [empreinte_corps(octets), empreinte_enveloppe(octets), empreinte_requete(octets)];
        assert!(toutes[0] != toutes[1] && toutes[1] != toutes[2] && toutes[0] != toutes[2]);
        // FIPS 180-2, example of « abc », in base64url.
        assert_eq!(toutes[2].to_string(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }

    #[test]
    fn text_and_digest_are_one_to_one() {
        let empreinte = empreinte_corps(b"x");
        assert_eq!(empreinte.to_string().parse::<Empreinte>().unwrap(), empreinte);
        // The last character carries two unused bits: another spelling of the same bytes is refused.
        let mut autre = empreinte.to_string();
        let dernier = autre.pop().unwrap();
        let voisin = char::from(if dernier == 'z' { b'y' } else { dernier as u8 + 1 });
        autre.push(voisin);
        assert_ne!(autre.parse::<Empreinte>().ok(), Some(empreinte));
        assert!("".parse::<Empreinte>().is_err());
        assert!(format!("{empreinte}=").parse::<Empreinte>().is_err());
    }
}
