//! What the browser tests need: Debian's Chromium, Node.js, and the pinned packages of `tests/navigateur`.

use std::process::Command;

use anyhow::Result;

use crate::outil::{installe, lance, racine, trouve};

/// Installs what is missing and may be.
pub fn prepare() -> Result<()> {
    let manquants: Vec<&str> = [("chromium", "chromium"), ("node", "nodejs"), ("npm", "npm")]
        .into_iter()
        .filter(|(programme, _)| trouve(programme).is_none())
        .map(|(_, paquet)| paquet)
        .collect();
    if !manquants.is_empty() {
        installe(&manquants, "the browser tests")?;
    }
    let dossier = racine().join("tests/navigateur");
    let a_jour = dossier.join("node_modules/.package-lock.json");
    let date = |chemin| std::fs::metadata(chemin).and_then(|m| m.modified()).ok();
    if date(a_jour) >= date(dossier.join("package-lock.json")) {
        return Ok(());
    }
    // Debian's browser is used: none is downloaded, and no install script runs.
    let mut npm = Command::new("npm");
    npm.current_dir(dossier).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    lance(npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))
}
