//! The one-time link that opens a session: whoever may read the node's key may print one, exactly as
//! whoever may read it may run the commands. No password to choose, to store or to lose.
//!
//! `maillage-node servir` prints one when it starts, `maillage-node lien` prints another. A link lives
//! ten minutes and opens one session; a restart of the service forgets those printed before.

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use publication::CleSignature;
use publication::cle::CleInvalide;
use rand::{CryptoRng, RngExt};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long a link may be used.
pub const VALIDITE: Duration = Duration::minutes(10);

/// Who may use it: nothing else that this key signs is a link.
const DESTINATAIRE: &str = "maillage-node/entrer";

/// Why a link opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LienRefuse {
    /// Not made with this node's key.
    #[error("Ce lien n’est pas de ce nœud, ou il est incomplet : copiez-le en entier.")]
    Etranger,
    /// Too old.
    #[error("Ce lien n’est plus valable : il sert pendant dix minutes, et jusqu’au redémarrage du service.")]
    Perime,
    /// Used already.
    #[error("Ce lien a déjà servi : chaque lien n’ouvre qu’une session.")]
    DejaUtilise,
}

/// A key for one use, drawn from the node's: whoever has it learns nothing of the other ones.
pub(super) fn derivee(cle: &CleSignature, usage: &[u8]) -> Result<[u8; 32], CleInvalide> {
    let pem = cle.pem()?;
    Ok(Sha256::new().chain_update(usage).chain_update(Sha256::digest(pem.as_bytes())).finalize().into())
}

/// What a link says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lien {
    aud: String,
    /// Account that asked for it, noted in the journal with each action.
    #[serde(rename = "sub")]
    pub acteur: String,
    /// Unique number.
    #[serde(rename = "jti")]
    pub numero: String,
    /// Second it was made.
    #[serde(rename = "iat")]
    pub fait_a: i64,
}

/// The key of the links, drawn from the node's key and of no other use.
pub struct CleLien([u8; 32]);

impl CleLien {
    /// Draws it.
    pub fn du_noeud(cle: &CleSignature) -> Result<Self, CleInvalide> {
        derivee(cle, b"maillage/lien/v1\0").map(Self)
    }

    /// Writes a link for an account.
    pub fn ecrit(
        &self,
        acteur: &str,
        instant: DateTime<Utc>,
        rng: &mut impl CryptoRng,
    ) -> jsonwebtoken::errors::Result<String> {
        let numero = format!("{:032x}", rng.random::<u128>());
        let lien =
            Lien { aud: DESTINATAIRE.to_owned(), acteur: acteur.to_owned(), numero, fait_a: instant.timestamp() };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &lien, &EncodingKey::from_secret(&self.0))
    }

    /// Reads a link; `depuis` is when the service started.
    pub fn lit(&self, jeton: &str, depuis: DateTime<Utc>, instant: DateTime<Utc>) -> Result<Lien, LienRefuse> {
        let mut regles = Validation::new(Algorithm::HS256);
        regles.set_audience(&[DESTINATAIRE]);
        regles.set_required_spec_claims(&["aud", "sub"]);
        // The clock is ours, below: the library would read the machine's.
        regles.validate_exp = false;
        let lu = jsonwebtoken::decode::<Lien>(jeton, &DecodingKey::from_secret(&self.0), &regles);
        let lien = lu.map_err(|_| LienRefuse::Etranger)?.claims;
        let age = instant.timestamp() - lien.fait_a;
        let valable = (0..=VALIDITE.num_seconds()).contains(&age) && lien.fait_a >= depuis.timestamp();
        if valable { Ok(lien) } else { Err(LienRefuse::Perime) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha20Rng;

    #[test]
    fn a_link_is_this_node_s_for_ten_minutes_and_until_the_next_start() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let cle = CleLien::du_noeud(&CleSignature::generer(&mut rng)).unwrap();
        let autre = CleLien::du_noeud(&CleSignature::generer(&mut rng)).unwrap();
        let depart: DateTime<Utc> = "2026-04-01T08:00:00Z".parse().unwrap();
        let jeton = cle.ecrit("s.leroy", depart, &mut rng).unwrap();
        assert_eq!(cle.lit(&jeton, depart, depart + VALIDITE).unwrap().acteur, "s.leroy");
        let refus = |c: &CleLien, jeton: &str, depuis, a| c.lit(jeton, depuis, a).unwrap_err();
        assert_eq!(refus(&autre, &jeton, depart, depart), LienRefuse::Etranger);
        assert_eq!(refus(&cle, &jeton[..jeton.len() - 2], depart, depart), LienRefuse::Etranger);
        assert_eq!(refus(&cle, "", depart, depart), LienRefuse::Etranger);
        assert_eq!(refus(&cle, &jeton, depart, depart + VALIDITE + Duration::seconds(1)), LienRefuse::Perime);
        assert_eq!(refus(&cle, &jeton, depart + Duration::seconds(1), depart + VALIDITE), LienRefuse::Perime);
    }

    #[test]
    fn two_links_of_the_same_second_differ() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let cle = CleLien::du_noeud(&CleSignature::generer(&mut rng)).unwrap();
        let depart: DateTime<Utc> = "2026-04-01T08:00:00Z".parse().unwrap();
        assert_ne!(cle.ecrit("a", depart, &mut rng).unwrap(), cle.ecrit("a", depart, &mut rng).unwrap());
    }
}
