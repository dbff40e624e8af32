//! One-time codes of local accounts (RFC 6238). Their secrets are derived from one key file and the account's
//! generation: the database holds none, and a copy of it opens nothing.

use std::path::Path;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hub_storage::compte::Compte;
use rand::{CryptoRng, RngExt as _};
use sha2::Sha256;
use totp_rs::{Builder, Totp};

use crate::cle;

/// The key that secrets are derived from.
#[derive(Clone)]
pub struct SecretDAcces([u8; 32]);

impl std::fmt::Debug for SecretDAcces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretDAcces(…)")
    }
}

impl SecretDAcces {
    /// Reads the file; makes it the first time.
    pub fn lit(fichier: &Path, rng: &mut impl CryptoRng) -> Result<Self> {
        if !fichier.exists() {
            let octets: [u8; 32] = rng.random();
            cle::ecris(fichier, &URL_SAFE_NO_PAD.encode(octets))?;
            tracing::info!(fichier = %fichier.display(), "secret des codes à usage unique créé");
        }
        let texte = std::fs::read_to_string(fichier)
            .with_context(|| format!("Le secret {} ne peut pas être lu", fichier.display()))?;
        let octets = URL_SAFE_NO_PAD.decode(texte.trim()).ok().and_then(|o| o.try_into().ok());
        let octets = octets.with_context(|| {
            format!("{} : ce n’est pas un secret de codes (32 octets en base64url)", fichier.display())
        })?;
        Ok(Self(octets))
    }

    /// The codes of an account; `produit` is how an application names them.
    pub fn codes(&self, produit: &str, compte: &Compte) -> Result<Totp> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)?;
        mac.update(b"maillage/code/v1\0");
        mac.update(compte.identifiant.as_bytes());
        mac.update(&compte.generation.to_be_bytes());
        let secret: [u8; 32] = mac.finalize().into_bytes().into();
        // A colon separates the two names in the address that applications read.
        let sans_deux_points = |nom: &str| nom.replace(':', " ");
        Ok(Builder::new()
            .with_secret(secret.to_vec())
            .with_skew(1)
            .with_account_name(sans_deux_points(&compte.identifiant))
            .with_issuer(Some(sans_deux_points(produit)))
            .build()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand::rngs::ChaCha20Rng;

    fn compte(identifiant: &str, generation: u32) -> Compte {
        Compte {
            identifiant: identifiant.to_owned(),
            nom: String::new(),
            role: "dth".to_owned(),
            territoires: vec![],
            condense: String::new(),
            en_repos: false,
            generation,
            attache: None,
        }
    }

    #[test]
    fn each_account_and_each_generation_has_its_own_codes_and_the_file_keeps_them() {
        let dossier = tempfile::tempdir().unwrap();
        let fichier = dossier.path().join("acces.secret");
        let secret = SecretDAcces::lit(&fichier, &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
        let relu = SecretDAcces::lit(&fichier, &mut ChaCha20Rng::seed_from_u64(2)).unwrap();
        let code = |s: &SecretDAcces, c: &Compte| s.codes("Maillage", c).unwrap().generate(1_770_000_000).to_string();
        let dth = compte("dth@fiphfp.example", 1);
        assert_eq!(code(&secret, &dth), code(&relu, &dth));
        assert_ne!(code(&secret, &dth), code(&secret, &compte("dth@fiphfp.example", 2)));
        assert_ne!(code(&secret, &dth), code(&secret, &compte("ars@ars.example", 1)));
        assert_eq!(code(&secret, &dth).len(), 6);
        assert!(!format!("{secret:?}").contains('['));
        std::fs::write(&fichier, "autre chose").unwrap();
        assert!(SecretDAcces::lit(&fichier, &mut ChaCha20Rng::seed_from_u64(1)).is_err());
    }
}
