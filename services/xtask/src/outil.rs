//! Running programs: cargo, the project's binaries, Debian's package manager.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Root of the project.
pub fn racine() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// True when running in continuous integration, where nothing may be skipped.
pub fn en_ci() -> bool {
    env::var("CI").is_ok_and(|v| !v.is_empty() && v != "false" && v != "0")
}

/// The cargo that runs this command.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    cargo.current_dir(racine());
    cargo
}

/// Runs to the end, showing what it prints; its failure is ours.
pub fn lance(commande: &mut Command) -> Result<()> {
    let etat = commande.status().with_context(|| format!("{:?} does not start", commande.get_program()))?;
    if etat.success() { Ok(()) } else { bail!("{commande:?} failed: {etat}") }
}

/// Runs to the end and gives what it printed on standard output.
pub fn sortie(commande: &mut Command) -> Result<String> {
    let s = commande
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{:?} does not start", commande.get_program()))?;
    let texte = String::from_utf8(s.stdout)?;
    if s.status.success() { Ok(texte) } else { bail!("{commande:?} failed: {}\n{texte}", s.status) }
}

/// Builds the two services and gives the folder they are in. `MAILLAGE_PROGRAMMES` names programs
/// already built, an installed version for instance.
pub fn construit(optimise: bool) -> Result<PathBuf> {
    construit_ceux(&["--bins"], optimise)
}

/// The same for one program: an optimised one is linked across crates, which takes minutes.
pub fn construit_un(programme: &str, optimise: bool) -> Result<PathBuf> {
    construit_ceux(&["--bin", programme], optimise)
}

fn construit_ceux(lesquels: &[&str], optimise: bool) -> Result<PathBuf> {
    if let Some(dossier) = env::var_os("MAILLAGE_PROGRAMMES") {
        return Ok(dossier.into());
    }
    let mut cargo = cargo();
    // With the features of the whole workspace, so that nothing is built twice.
    cargo.args(["build", "--workspace"]).args(lesquels);
    if optimise {
        cargo.arg("--release");
    }
    lance(&mut cargo)?;
    Ok(cible().join(if optimise { "release" } else { "debug" }))
}

/// Cargo's target folder.
pub fn cible() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| racine().join("target"), PathBuf::from)
}

/// A program on the PATH.
pub fn trouve(programme: &str) -> Option<PathBuf> {
    let chemins = env::var_os("PATH")?;
    env::split_paths(&chemins).map(|d| d.join(programme)).find(|p| p.is_file())
}

/// Installs Debian packages when they are missing and when it may; says what to do otherwise.
pub fn installe(paquets: &[&str], pourquoi: &str) -> Result<()> {
    println!("Installing {} ({pourquoi})…", paquets.join(", "));
    let root = sortie(Command::new("id").arg("-u")).is_ok_and(|u| u.trim() == "0");
    if !root || trouve("apt-get").is_none() {
        bail!("{pourquoi} needs the packages {}: install them, then run this command again.", paquets.join(", "));
    }
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").args(["-qq", "-y"]).stdout(Stdio::null());
        apt
    };
    lance(apt().arg("update"))?;
    lance(apt().args(["install", "--no-install-recommends"]).args(paquets))
}
