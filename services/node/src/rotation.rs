//! Changing the node's key. The new one is announced by an entry of the chain that the old one signs; until
//! the receipt comes, both files stand side by side and nothing else is sealed. Killed at any moment, the
//! next run finishes: the chain alone says which key is in force.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use node_storage::Base;
use node_storage::envoi::EtatEnvoi;
use publication::{Acte, CleSignature, Genre};
use rand::CryptoRng;

use crate::cle;
use crate::outbox::Outbox;

/// Where the announced key waits.
pub fn fichier_suivant(courant: &Path) -> PathBuf {
    courant.with_extension("suivante.pem")
}

/// The announced key, when a rotation is under way.
pub fn suivante(courant: &Path) -> Result<Option<CleSignature>> {
    let fichier = fichier_suivant(courant);
    if fichier.exists() { cle::lit(&fichier).map(Some) } else { Ok(None) }
}

/// The keys beside the present one: that announced, and those it replaced, latest first.
pub fn voisines(courant: &Path) -> Result<Vec<CleSignature>> {
    let mut cles: Vec<CleSignature> = suivante(courant)?.into_iter().collect();
    let dossier = courant.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let debut = format!("{}.ancienne-", courant.file_stem().unwrap_or_default().to_string_lossy());
    let mut anciennes: Vec<(u64, PathBuf)> = std::fs::read_dir(dossier)?
        .filter_map(|entree| {
            let fichier = entree.ok()?.path();
            let rang = fichier.file_name()?.to_str()?.strip_prefix(&debut)?.strip_suffix(".pem")?.parse().ok()?;
            Some((rang, fichier))
        })
        .collect();
    anciennes.sort_unstable_by(|a, b| b.cmp(a));
    for (_, fichier) in anciennes {
        cles.push(cle::lit(&fichier)?);
    }
    Ok(cles)
}

/// Makes the new key and seals its announcement.
pub async fn annonce(outbox: &Outbox<'_>, courant: &Path, acteur: &str, rng: &mut impl CryptoRng) -> Result<u64> {
    if outbox.base.rotation_en_cours().await?.is_some() {
        bail!("Une rotation de clé attend déjà son accusé : lancez « maillage-node envoyer ».");
    }
    let fichier = fichier_suivant(courant);
    // A file that nothing announces is the trace of a run cut short before its entry was sealed.
    let nouvelle = if fichier.exists() { cle::lit(&fichier)? } else { cle::cree(&fichier, rng)? };
    outbox.scelle_acte(None, acteur, &Acte::Rotation { nouvelle: &nouvelle }).await
}

/// Puts the announced key in force once the hub has accepted it, or drops it when it was refused. The old
/// file is kept beside, dated by the position that ended it. True when the key changed.
pub async fn acheve(base: &Base, courant: &Path) -> Result<bool> {
    let fichier = fichier_suivant(courant);
    if !fichier.exists() || base.rotation_en_cours().await?.is_some() {
        return Ok(false);
    }
    let annoncee = cle::lit(&fichier)?.publique();
    let derniere = base.envois(u32::MAX).await?.into_iter().find(|e| e.genre == Genre::Rotation);
    let Some(rotation) = derniere.filter(|e| e.enveloppe_annonce(&annoncee)) else { return Ok(false) };
    if rotation.etat != EtatEnvoi::Accepte {
        std::fs::remove_file(&fichier).with_context(|| fichier.display().to_string())?;
        bail!("Le hub a refusé la nouvelle clé (envoi {}) : la clé actuelle reste en vigueur.", rotation.seq);
    }
    let ancienne = courant.with_extension(format!("ancienne-{}.pem", rotation.seq));
    std::fs::copy(courant, &ancienne).with_context(|| ancienne.display().to_string())?;
    std::fs::rename(&fichier, courant).with_context(|| courant.display().to_string())?;
    Ok(true)
}
