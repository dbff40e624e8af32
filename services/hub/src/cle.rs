//! Key files: made once, readable by their owner only, never shown.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use publication::{ClePublique, CleSignature};
use rand::CryptoRng;

use crate::configuration::Hub;

/// Makes a key and writes it in a new file of mode 0600; gives the public half.
pub fn cree(fichier: &Path, rng: &mut impl CryptoRng) -> Result<ClePublique> {
    let cle = CleSignature::generer(rng);
    let pem = cle.pem()?;
    ecris(fichier, pem.as_ref())?;
    Ok(cle.publique())
}

/// Writes a secret in a new file of mode 0600.
pub fn ecris(fichier: &Path, secret: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut ouvert = options.open(fichier).with_context(|| {
        format!("Le fichier {} ne peut pas être créé (une clé existante n’est jamais remplacée)", fichier.display())
    })?;
    ouvert.write_all(secret.as_bytes()).with_context(|| format!("écriture de {}", fichier.display()))?;
    ouvert.sync_all().with_context(|| format!("écriture de {}", fichier.display()))
}

/// Reads a private key.
pub fn lit(fichier: &Path) -> Result<CleSignature> {
    let pem = std::fs::read_to_string(fichier).with_context(|| {
        format!(
            "La clé {} ne peut pas être lue ; créez-la avec « maillage-hub cle creer -o {} »",
            fichier.display(),
            fichier.display()
        )
    })?;
    CleSignature::depuis_pem(&pem).with_context(|| format!("{}", fichier.display()))
}

/// The hub's two keys.
pub struct Cles {
    /// Signs receipts, heads and statements; nodes pin its public half.
    pub accuses: CleSignature,
    /// Signs the checkpoints of the register.
    pub registre: CleSignature,
}

impl Cles {
    /// Reads both. That of the register is made at the first start: nobody pins it, the other one vouches for it.
    pub fn lit(hub: &Hub, rng: &mut impl CryptoRng) -> Result<Self> {
        if !hub.cle_registre.exists() {
            let publique = cree(&hub.cle_registre, rng)?;
            tracing::info!(fichier = %hub.cle_registre.display(), kid = publique.kid(), "clé du registre créée");
        }
        let (accuses, registre) = (lit(&hub.cle)?, lit(&hub.cle_registre)?);
        anyhow::ensure!(
            accuses.publique() != registre.publique(),
            "La même clé signerait les accusés et le registre : donnez un autre fichier à « cle_registre »."
        );
        Ok(Self { accuses, registre })
    }
}
