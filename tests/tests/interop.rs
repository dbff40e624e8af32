//! The wire contract read by another program in another language: `tests/interop/verifie.py` gives the
//! frozen verdict of every vector of `schema/vecteurs/v1`, and notices one that was tampered with.
//!
//! `cargo xtask test` makes the Python environment; without one the test is skipped, except in continuous
//! integration.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test says what it saw and stops at the first surprise")]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn racine() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// A Python that has `cryptography`: the one prepared, else the machine's.
fn python() -> Option<OsString> {
    let python = std::env::var_os("MAILLAGE_PYTHON").unwrap_or_else(|| "python3".into());
    let prete = Command::new(&python).args(["-c", "import cryptography"]).output();
    let prete = prete.is_ok_and(|s| s.status.success());
    assert!(prete || std::env::var_os("CI").is_none(), "the independent verifier is mandatory in integration");
    if !prete {
        println!("no Python with « cryptography » (cargo xtask test makes one): the verifier is skipped");
    }
    prete.then_some(python)
}

fn verifie(python: &OsString, vecteurs: &Path) -> Output {
    Command::new(python).arg(racine().join("tests/interop/verifie.py")).arg(vecteurs).output().unwrap()
}

#[test]
fn another_language_gives_the_frozen_verdict_of_every_vector() {
    let Some(python) = python() else { return };
    let sortie = verifie(&python, &racine().join("schema/vecteurs/v1"));
    let dit = String::from_utf8_lossy(&sortie.stdout);
    assert!(sortie.status.success(), "{dit}{}", String::from_utf8_lossy(&sortie.stderr));
    assert!(dit.contains(" 0 disagreements"), "{dit}");
}

#[test]
fn another_language_notices_a_vector_that_was_tampered_with() {
    let Some(python) = python() else { return };
    let dossier = tempfile::tempdir().unwrap();
    for nom in ["publication", "accuse", "tete", "rotation", "trousseau"] {
        let texte = fs::read_to_string(racine().join(format!("schema/vecteurs/v1/{nom}.json"))).unwrap();
        let mut vecteur: serde_json::Value = serde_json::from_str(&texte).unwrap();
        let jeton = vecteur["jeton"].as_str().unwrap().to_owned();
        let (debut, fin) = jeton.split_at(jeton.len() - 20);
        let autre = if fin.starts_with('A') { "B" } else { "A" };
        vecteur["jeton"] = format!("{debut}{autre}{}", &fin[1..]).into();
        fs::write(dossier.path().join(format!("{nom}.json")), vecteur.to_string()).unwrap();
    }
    let sortie = verifie(&python, dossier.path());
    let dit = String::from_utf8_lossy(&sortie.stdout);
    assert!(!sortie.status.success() && dit.contains("5 vectors, 5 disagreements"), "{dit}");
}
