//! Changing the node's key. The new one is announced by an entry of the chain that the old one signs; until
//! the receipt comes, both files stand side by side and nothing else is sealed. Killed at any moment, the
//! next run finishes: the chain alone says which key is in force.
//!
//! A hub put back before a rotation goes by the key of that time. As long as its history is the beginning of
//! ours, the rotation is simply sent again; otherwise the key that was left is put back in force, and the one
//! that replaced it is announced once more.

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

/// The keys beside the present one.
#[derive(Default)]
pub struct Voisines {
    /// That announced.
    pub suivante: Option<CleSignature>,
    /// Those that were replaced, latest first.
    pub anciennes: Vec<CleSignature>,
}

/// Reads the keys beside the present one.
pub fn voisines(courant: &Path) -> Result<Voisines> {
    let anciennes = fichiers_anciens(courant)?.iter().map(|f| cle::lit(f)).collect::<Result<_>>()?;
    Ok(Voisines { suivante: suivante(courant)?, anciennes })
}

fn fichier_ancien(courant: &Path, seq: u64) -> PathBuf {
    courant.with_extension(format!("ancienne-{seq}.pem"))
}

fn fichiers_anciens(courant: &Path) -> Result<Vec<PathBuf>> {
    let dossier = courant.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let debut = format!("{}.ancienne-", courant.file_stem().unwrap_or_default().to_string_lossy());
    let mut anciens: Vec<(u64, PathBuf)> = std::fs::read_dir(dossier)?
        .filter_map(|entree| {
            let fichier = entree.ok()?.path();
            let rang = fichier.file_name()?.to_str()?.strip_prefix(&debut)?.strip_suffix(".pem")?.parse().ok()?;
            Some((rang, fichier))
        })
        .collect();
    anciens.sort_unstable_by(|a, b| b.cmp(a));
    Ok(anciens.into_iter().map(|(_, fichier)| fichier).collect())
}

/// Puts in force again a key that was left, by its thumbprint; the present one becomes the next, unless another
/// was already announced. Files only, each step by a rename: stopped in between, [`acheve`] goes back or on.
pub fn remet(courant: &Path, kid: &str) -> Result<()> {
    let presente = cle::lit(courant)?;
    let reconnait = |fichier: &PathBuf| cle::lit(fichier).is_ok_and(|cle| cle.publique().kid() == kid);
    let Some(quittee) = fichiers_anciens(courant)?.into_iter().find(reconnait) else {
        bail!("La clé {kid}, que le hub reconnaît, n’est plus gardée à côté de « {} ».", courant.display());
    };
    let suivante = fichier_suivant(courant);
    // Kept whatever happens next: the hub may be given an entry that it signed.
    let gardee = if suivante.exists() { une_place_libre(courant)? } else { suivante };
    remplace(courant, &gardee)?;
    remplace(&quittee, courant)?;
    tracing::warn!(
        avant = presente.publique().kid(),
        remise = kid,
        "le hub revient d’avant un changement de clé : l’ancienne clé signe jusqu’à la prochaine annonce"
    );
    Ok(())
}

fn une_place_libre(courant: &Path) -> Result<PathBuf> {
    let premiere = (1..).map(|seq| fichier_ancien(courant, seq)).find(|fichier| !fichier.exists());
    premiere.context("Plus de place pour une ancienne clé.")
}

/// Copies a key over another file, which is never half-written.
fn remplace(source: &Path, cible: &Path) -> Result<()> {
    let provisoire = cible.with_extension("pem.provisoire");
    std::fs::copy(source, &provisoire).with_context(|| provisoire.display().to_string())?;
    std::fs::rename(&provisoire, cible).with_context(|| cible.display().to_string())
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
    // Stopped while a key was put back in force, both files may hold the announced key: nothing was replaced.
    if cle::lit(courant)?.publique() != annoncee {
        remplace(courant, &fichier_ancien(courant, rotation.seq))?;
    }
    std::fs::rename(&fichier, courant).with_context(|| courant.display().to_string())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha20Rng;

    fn cree(fichier: &Path, graine: u64) -> String {
        cle::cree(fichier, &mut ChaCha20Rng::seed_from_u64(graine)).unwrap().publique().kid()
    }

    #[test]
    fn a_key_put_back_in_force_leaves_its_place_to_the_one_that_replaced_it() {
        let dossier = tempfile::tempdir().unwrap();
        let courant = dossier.path().join("node.pem");
        let presente = cree(&courant, 1);
        let quittee = cree(&fichier_ancien(&courant, 7), 2);
        remet(&courant, &quittee).unwrap();
        assert_eq!(cle::lit(&courant).unwrap().publique().kid(), quittee);
        assert_eq!(suivante(&courant).unwrap().unwrap().publique().kid(), presente);
    }

    #[test]
    fn a_key_already_announced_stays_so_and_no_key_is_lost() {
        let dossier = tempfile::tempdir().unwrap();
        let courant = dossier.path().join("node.pem");
        let kids = [cree(&courant, 1), cree(&fichier_suivant(&courant), 2), cree(&fichier_ancien(&courant, 1), 3)];
        remet(&courant, &kids[2]).unwrap();
        let lues = voisines(&courant).unwrap();
        assert_eq!(lues.suivante.unwrap().publique().kid(), kids[1]);
        assert!(lues.anciennes.iter().any(|c| c.publique().kid() == kids[0]), "it signed entries the hub may be given");
    }

    #[test]
    fn a_key_that_is_not_kept_is_asked_for_in_words() {
        let dossier = tempfile::tempdir().unwrap();
        let courant = dossier.path().join("node.pem");
        let avant = cree(&courant, 1);
        assert!(remet(&courant, "inconnue").unwrap_err().to_string().contains("n’est plus gardée"));
        assert_eq!(cle::lit(&courant).unwrap().publique().kid(), avant);
    }
}
