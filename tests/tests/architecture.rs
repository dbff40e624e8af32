//! The house's rules, checked against the house: who may depend on whom, what may be called what.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it saw and stops at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// Edges allowed between our crates (README, « Who may use whom »).
const AUTORISEES: &[(&str, &[&str])] = &[
    ("referentiel", &[]),
    ("secret-statistique", &["referentiel"]),
    ("dossier", &["referentiel", "secret-statistique"]),
    ("publication", &["referentiel", "secret-statistique"]),
    ("tableur", &["referentiel"]),
    ("web", &["referentiel"]),
    ("node-storage", &["dossier", "publication", "secret-statistique", "referentiel"]),
    ("hub-storage", &["publication", "secret-statistique", "referentiel"]),
    ("node", &["referentiel", "secret-statistique", "dossier", "publication", "tableur", "web", "node-storage"]),
    ("hub", &["referentiel", "secret-statistique", "publication", "tableur", "web", "hub-storage"]),
    ("imprimerie", &[]),
    ("xtask", &[]),
];

/// Crates without input or output: no runtime, no server, no database.
const PURS: &[&str] = &["referentiel", "secret-statistique", "dossier", "publication", "tableur"];

fn racine() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(racine().join("Cargo.toml"))
        .other_options(vec!["--offline".into()])
        .exec()
        .unwrap()
}

fn dependances(m: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    let normales = |p: &cargo_metadata::Package| {
        p.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal).map(|d| d.name.clone()).collect()
    };
    m.workspace_packages().iter().map(|p| (p.name.to_string(), normales(p))).collect()
}

#[test]
fn our_crates_depend_on_each_other_as_the_table_says() {
    let reelles = dependances(&metadata());
    let notres: BTreeSet<&str> = AUTORISEES.iter().map(|(c, _)| *c).collect();
    for (crate_, permises) in AUTORISEES {
        let de = reelles.get(*crate_).unwrap_or_else(|| panic!("{crate_} is in the table, not in the workspace"));
        for d in de.iter().filter(|d| notres.contains(d.as_str())) {
            assert!(permises.contains(&d.as_str()), "{crate_} must not depend on {d}");
        }
    }
    for crate_ in reelles.keys().filter(|c| *c != "maillage-tests") {
        assert!(notres.contains(crate_.as_str()), "{crate_} is missing from the table");
    }
}

#[test]
fn the_hub_does_not_link_the_crate_that_knows_a_person() {
    let m = metadata();
    let resolue = m.resolve.as_ref().unwrap();
    let nom = |id: &cargo_metadata::PackageId| m[id].name.to_string();
    let mut atteints = BTreeSet::new();
    let mut a_voir: Vec<_> = resolue.nodes.iter().filter(|n| nom(&n.id) == "hub").map(|n| &n.id).collect();
    assert_eq!(a_voir.len(), 1);
    while let Some(id) = a_voir.pop() {
        if atteints.insert(id) {
            let noeud = resolue.nodes.iter().find(|n| &n.id == id).unwrap();
            a_voir.extend(
                noeud
                    .deps
                    .iter()
                    .filter(|d| d.dep_kinds.iter().any(|k| k.kind == DependencyKind::Normal))
                    .map(|d| &d.pkg),
            );
        }
    }
    let noms: BTreeSet<String> = atteints.into_iter().map(nom).collect();
    assert!(noms.contains("publication"), "the walk reaches something");
    for interdit in ["dossier", "node", "node-storage"] {
        assert!(!noms.contains(interdit), "the hub links {interdit}");
    }
}

#[test]
fn pure_crates_do_no_input_or_output_and_sql_stays_in_the_stores() {
    for (crate_, deps) in dependances(&metadata()) {
        for lourd in ["tokio", "axum", "sqlx", "reqwest"] {
            assert!(!(PURS.contains(&crate_.as_str()) && deps.contains(lourd)), "{crate_} uses {lourd}");
        }
        assert!(!deps.contains("sqlx") || crate_.ends_with("-storage"), "{crate_} uses sqlx");
    }
}

fn sources(dossier: &Path, trouves: &mut Vec<PathBuf>) {
    for entree in fs::read_dir(dossier).unwrap() {
        let chemin = entree.unwrap().path();
        if chemin.is_dir() && chemin.file_name().is_some_and(|n| n != "target" && n != ".git") {
            sources(&chemin, trouves);
        } else if chemin.extension().is_some_and(|e| e == "rs") {
            trouves.push(chemin);
        }
    }
}

#[test]
fn files_say_what_they_are_and_stay_short() {
    let mut fichiers = Vec::new();
    sources(&racine().join("services"), &mut fichiers);
    assert!(fichiers.len() > 50);
    for f in fichiers {
        let texte = fs::read_to_string(&f).unwrap();
        assert!(texte.starts_with("//!"), "{} does not open with what it is", f.display());
        assert!(texte.lines().count() <= 800, "{} is over 800 lines", f.display());
        let nom = f.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            !["utils", "util", "common", "core", "helpers", "imp", "misc"].contains(&nom.as_str()),
            "{}",
            f.display()
        );
    }
}

#[test]
fn migrations_have_the_same_number_and_name_on_both_databases() {
    let noms = |base: &str| -> BTreeSet<String> {
        fs::read_dir(racine().join("migrations/hub").join(base))
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(noms("sqlite"), noms("postgres"));
}

#[test]
fn no_statement_is_anonymous() {
    let mut fichiers = Vec::new();
    for magasin in ["node-storage", "hub-storage"] {
        sources(&racine().join("services").join(magasin).join("src"), &mut fichiers);
    }
    let mots = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "];
    for f in fichiers {
        let texte = fs::read_to_string(&f).unwrap();
        let code = texte.split("#[cfg(test)]").next().unwrap();
        for ligne in code.lines().map(str::trim).filter(|l| !l.starts_with("//")) {
            let anonyme = mots.iter().any(|m| ligne.contains(&format!("\"{m}")));
            assert!(!anonyme, "{}: a statement starts with its name as a comment: {ligne}", f.display());
        }
    }
}
