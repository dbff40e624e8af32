//! `maillage-hub sauvegarder`: a whole copy of a SQLite base while the hub runs. It holds no key and no password in clear.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use hub_storage::Dialecte;

use super::{ecris, ouvre_base};
use crate::cle;

/// Copies the base to a new file.
pub async fn execute(fichier: &Path, sortie: PathBuf) -> Result<ExitCode> {
    let (_, db) = ouvre_base(fichier).await?;
    anyhow::ensure!(db.dialecte() == Dialecte::Sqlite, hub_storage::ErreurBase::SansCopie);
    // Made first, empty and readable by its owner only: the copy fills it.
    cle::ecris(&sortie, "")?;
    let copie = db.sauvegarde(&sortie.to_string_lossy()).await;
    db.ferme().await;
    copie.with_context(|| format!("La sauvegarde {} n’a pas pu être écrite", sortie.display()))?;
    ecris(&format!("Base copiée dans {}. Gardez les clés et « hub.epoque » à part.\n", sortie.display()))?;
    Ok(ExitCode::SUCCESS)
}
