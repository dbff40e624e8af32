//! The node's private key on disk: PKCS#8 PEM, created readable by its owner only.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result, bail};
use publication::cle::CleSignature;

/// Creates a key; never over an existing file.
pub fn cree(chemin: &Path, rng: &mut impl rand::CryptoRng) -> Result<CleSignature> {
    let cle = CleSignature::generer(rng);
    let pem = cle.pem()?;
    let mut fichier = OpenOptions::new().write(true).create_new(true).mode(0o600).open(chemin).with_context(|| {
        format!("La clé « {} » n’a pas été créée (un fichier de ce nom existe peut-être déjà).", chemin.display())
    })?;
    fichier.write_all(pem.as_bytes())?;
    fichier.sync_all()?;
    Ok(cle)
}

/// Reads a key; refuses a file that others can read.
pub fn lit(chemin: &Path) -> Result<CleSignature> {
    let droits = fs::metadata(chemin)
        .with_context(|| {
            format!("La clé « {} » est introuvable : créez-la avec « maillage-node cle creer ».", chemin.display())
        })?
        .permissions()
        .mode();
    if droits & 0o077 != 0 {
        bail!("La clé « {} » est lisible par d’autres comptes : chmod 600 {0}", chemin.display());
    }
    let pem = fs::read_to_string(chemin)?;
    CleSignature::depuis_pem(&pem).with_context(|| format!("La clé « {} » est inutilisable.", chemin.display()))
}
