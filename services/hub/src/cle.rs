//! Key files: made once, readable by their owner only, never shown.

pub mod succession;

use std::collections::BTreeSet;
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

/// The hub's keys, one for each purpose.
pub struct Cles {
    /// Signs receipts, heads and statements; nodes pin its public half.
    pub accuses: CleSignature,
    /// Signs the checkpoints of the register.
    pub registre: CleSignature,
    /// Signs the reference data and the feed.
    pub reference: CleSignature,
    /// Announcements of next keys, each signed by the key it replaces.
    pub successions: Vec<String>,
}

impl Cles {
    /// Reads them. Those of the register and of the references are made at the first start: nobody pins them, that
    /// of the receipts vouches for both.
    pub fn lit(hub: &Hub, rng: &mut impl CryptoRng) -> Result<Self> {
        for (fichier, usage) in [(&hub.cle_registre, "du registre"), (&hub.cle_reference, "des références")] {
            if !fichier.exists() {
                let publique = cree(fichier, rng)?;
                tracing::info!(fichier = %fichier.display(), kid = publique.kid(), "clé {usage} créée");
            }
        }
        let (accuses, registre, reference) = (lit(&hub.cle)?, lit(&hub.cle_registre)?, lit(&hub.cle_reference)?);
        let publiques: BTreeSet<String> =
            [&accuses, &registre, &reference].iter().map(|cle| cle.publique().to_string()).collect();
        anyhow::ensure!(
            publiques.len() == 3,
            "La même clé signerait pour deux usages : donnez un fichier différent à « cle », « cle_registre » et \
             « cle_reference »."
        );
        Ok(Self { accuses, registre, reference, successions: succession::lues(hub)? })
    }
}
