//! The story of a table of accompaniments, through the commands as a centre runs them: dry run, import, plan beside
//! realised, documents, certification, tables printed, retention, undo.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

struct Noeud(tempfile::TempDir);

fn exemple(nom: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/conventions/exemples").join(nom)
}

impl Noeud {
    fn nouveau() -> Self {
        let dossier = tempfile::tempdir().unwrap();
        let configuration = "[noeud]\nidentifiant = \"cdg-287000012\"\nnom = \"Essai\"\nregion = \"27\"\n";
        fs::write(dossier.path().join("node.toml"), configuration).unwrap();
        Self(dossier)
    }

    fn chemin(&self, nom: &str) -> PathBuf {
        self.0.path().join(nom)
    }

    fn lance(&self, arguments: &[&str]) -> Output {
        let mut commande = Command::new(env!("CARGO_BIN_EXE_maillage-node"));
        commande.current_dir(self.0.path()).args(["--configuration", "node.toml"]).args(arguments).output().unwrap()
    }

    /// Exit code and JSON of a command.
    fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let sortie = self.lance(arguments);
        let texte = String::from_utf8(sortie.stdout).unwrap();
        let json = serde_json::from_str(&texte).unwrap_or_else(|e| panic!("{e} in {texte:?} {:?}", sortie.stderr));
        (sortie.status.code().unwrap(), json)
    }

    fn importe(&self, tableau: &Path, plus: &[&str]) -> (i32, Value) {
        let correspondance = exemple("accompagnements.correspondance.toml");
        let debut = ["situations", "importer", tableau.to_str().unwrap(), "--json", "--correspondance"];
        let arguments: Vec<&str> =
            debut.into_iter().chain([correspondance.to_str().unwrap()]).chain(plus.iter().copied()).collect();
        self.json(&arguments)
    }
}

fn tableau() -> PathBuf {
    exemple("accompagnements.csv")
}

#[test]
fn a_dry_run_says_everything_and_stores_nothing() {
    let noeud = Noeud::nouveau();
    let (code, essai) = noeud.importe(&tableau(), &["--verifier"]);
    assert_eq!((code, &essai["statut"]), (0, &"avertissements".into()));
    assert_eq!((&essai["comptes"]["valorisables"], &essai["comptes"]["refusees"]), (&10.into(), &3.into()));
    let dites: Vec<&str> =
        essai["anomalies"].as_array().unwrap().iter().map(|a| a["controle"].as_str().unwrap()).collect();
    assert_eq!(dites, ["C-V5-04", "C-V5-05", "C-V5-07"]);
    assert_eq!(essai["anomalies"][0]["cellule"], "A9");
    assert!(!noeud.chemin("maillage-node.db").exists(), "a dry run creates nothing");
}

#[test]
fn a_blocking_fault_stores_nothing_and_an_unreadable_file_says_why() {
    let noeud = Noeud::nouveau();
    let fautif = noeud.chemin("fautif.csv");
    let texte = fs::read_to_string(tableau()).unwrap().replace("26920037400016", "26920037400017");
    fs::write(&fautif, texte).unwrap();
    let (code, refus) = noeud.importe(&fautif, &[]);
    assert_eq!((code, &refus["statut"]), (1, &"bloque".into()));
    assert_eq!(refus["anomalies"][0]["controle"], "C-FI-15");
    assert!(refus.get("import").is_none());
    fs::write(noeud.chemin("faux.xlsx"), "bonjour").unwrap();
    let (code, illisible) = noeud.importe(&noeud.chemin("faux.xlsx"), &[]);
    assert_eq!((code, &illisible["statut"]), (2, &"illisible".into()));
    let (_, liste) = noeud.json(&["situations", "lister", "--json"]);
    assert_eq!(liste["situations"], Value::Array(vec![]));
}

#[test]
fn from_the_table_to_a_certified_bilan() {
    let noeud = Noeud::nouveau();
    let (_, import) = noeud.importe(&tableau(), &[]);
    assert_eq!(import["import"]["comptes"]["crees"], 13);
    let (_, encore) = noeud.importe(&tableau(), &[]);
    assert_eq!(encore["import"]["deja_fait"], true);
    let plan = exemple("cdg70-2026-2029.json");
    assert!(noeud.lance(&["convention", "plan", plan.to_str().unwrap()]).status.success());
    let au = ["--au", "2026-12-31", "--json"];
    let (_, bilan) = noeud.json(&[&["convention", "bilan"][..], &au].concat());
    assert_eq!(bilan["totaux"]["demande_eur"], "298500");
    assert_eq!(bilan["totaux"]["valorise_eur"], "17050");
    assert_eq!(bilan["refus"][0]["regle"], "R-A2-UNIQUE");

    let (code, refus) = noeud.json(&[&["convention", "certifier"][..], &au].concat());
    let manquantes: Vec<String> =
        refus["manquantes"].as_array().unwrap().iter().map(|m| format!("{} {}", m["situation"], m["piece"])).collect();
    assert_eq!(code, 1);
    assert_eq!(manquantes, ["\"F1\" \"session\"", "\"M1\" \"service_fait\"", "\"P1\" \"liste\""]);
    fs::write(noeud.chemin("session.pdf"), "session").unwrap();
    for (situation, piece) in [("F1", "session"), ("M1", "service_fait"), ("P1", "liste")] {
        let depot = noeud.lance(&["situations", "deposer", "--situation", situation, "--piece", piece, "session.pdf"]);
        assert!(depot.status.success(), "{depot:?}");
    }
    let (code, certifie) = noeud.json(&[&["convention", "certifier"][..], &au].concat());
    assert_eq!((code, &certifie["certifie"]), (0, &true.into()));
    let (_, bilans) = noeud.json(&["convention", "bilans", "--json"]);
    assert_eq!(bilans[0]["empreinte"], certifie["empreinte"]);

    assert!(noeud.lance(&["situations", "exporter", "-o", "suivi.xlsx"]).status.success());
    assert!(fs::read(noeud.chemin("suivi.xlsx")).unwrap().starts_with(b"PK"));
}

#[test]
fn retention_shows_first_and_an_import_is_undone() {
    let noeud = Noeud::nouveau();
    noeud.importe(&tableau(), &[]);
    let configuration = fs::read_to_string(noeud.chemin("node.toml")).unwrap();
    // Time runs for a person, or for an employer: those whose dates are all past are due at once.
    fs::write(noeud.chemin("node.toml"), configuration + "[conservation]\nmois = 0\nsort = \"effacer\"\n").unwrap();
    let (_, essai) = noeud.json(&["situations", "conservation", "--json"]);
    let echues = essai["situations"].as_array().unwrap().len();
    assert_eq!((&essai["fait"], &essai["sort"]), (&false.into(), &"effacer".into()));
    let (_, avant) = noeud.json(&["situations", "lister", "--json"]);
    assert_eq!(avant["situations"].as_array().unwrap().len(), 13, "showing does nothing");
    let bilan = ["convention", "bilan", "--au", "2029-12-31", "--json"];
    let valorise = noeud.json(&bilan).1["totaux"]["valorise_eur"].clone();
    noeud.json(&["situations", "conservation", "--appliquer", "--json"]);
    let (_, apres) = noeud.json(&["situations", "lister", "--json"]);
    assert_eq!(apres["situations"].as_array().unwrap().len(), 13 - echues);
    assert_eq!(noeud.json(&bilan).1["totaux"]["valorise_eur"], valorise, "a bilan does not shrink with time");

    let autre = Noeud::nouveau();
    autre.importe(&tableau(), &[]);
    assert!(autre.lance(&["situations", "annuler", "1"]).status.success());
    let (_, vide) = autre.json(&["situations", "lister", "--json"]);
    assert_eq!(vide["situations"], Value::Array(vec![]));
}
