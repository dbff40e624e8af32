//! The pages in a real Chromium, as their users go through them, without JavaScript: see `tests/navigateur`.
//!
//! `cargo xtask test` installs what is needed; without it the test is skipped, except in continuous integration.
//! With `MAILLAGE_CAPTURES` naming a folder, a picture of every screen is written there.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it saw and stops at the first surprise"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use maillage_tests::terrain::{Terrain, centre, reussie};
use tableur::Modele;
use tableur::ecriture::{Correction, corriger};
use xtask::recit::{CENTRES, Centre, TRIMESTRES};

const CAMPAGNE: &str = "2026-T1";

fn dossier() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("navigateur")
}

fn outils_presents() -> bool {
    let present = dossier().join("node_modules/playwright-core").is_dir();
    assert!(present || std::env::var_os("CI").is_none(), "the browser tests are mandatory in continuous integration");
    if !present {
        println!("the browser's tools are not installed (cargo xtask test does): the browser tests are skipped");
    }
    present
}

/// Runs a file of journeys; with `MAILLAGE_PARCOURS`, only those that it names, between commas.
fn joue(journal: &str, variables: &[(&str, &str)]) {
    if std::env::var("MAILLAGE_PARCOURS").is_ok_and(|voulus| voulus.split(',').all(|voulu| voulu != journal)) {
        return;
    }
    let mut node = Command::new("node");
    node.current_dir(dossier()).args(["--test", "--test-reporter=spec", journal]);
    node.envs(variables.iter().copied());
    let sortie = node.output().unwrap();
    let dit = String::from_utf8_lossy(&sortie.stdout);
    assert!(sortie.status.success(), "{journal}\n{dit}\n{}", String::from_utf8_lossy(&sortie.stderr));
}

/// A good workbook with two cells spoilt.
fn gate(classeur: &Path, sortie: &Path) {
    let faute = |feuille: &str, cellule: &str, valeur: &str| Correction {
        feuille: feuille.to_owned(),
        cellule: cellule.to_owned(),
        valeur: valeur.to_owned(),
    };
    let fautes = [faute("Personnes", "F3", "31/02/1990"), faute("Évènements", "J4", "CDI intérimaire")];
    let jour = chrono::NaiveDate::from_ymd_opt(2026, 4, 2).unwrap();
    fs::write(sortie, corriger(&fs::read(classeur).unwrap(), Modele::cfea(), &fautes, jour).unwrap()).unwrap();
}

/// The node's pages on a port known beforehand, so that links can be asked for.
fn fixe_l_ecoute(terrain: &Terrain, centre: &str) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let fichier = terrain.dossier().join(centre).join("node.toml");
    let texte = fs::read_to_string(&fichier).unwrap();
    fs::write(&fichier, texte.replace("127.0.0.1:0\"", &format!("127.0.0.1:{port}\""))).unwrap();
}

#[test]
fn the_pages_of_a_node_are_used_without_javascript() {
    if !outils_presents() {
        return;
    }
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    fixe_l_ecoute(&terrain, cdg70.dossier);
    let juste = terrain.classeur(cdg70, "BFC01", CAMPAGNE);
    let precedent = terrain.classeur(cdg70, "BFC01", "2025-T4");
    let fautif = terrain.dossier().join("fautif.xlsx");
    gate(&juste, &fautif);
    let _noeud = terrain.demarre(terrain.noeud(cdg70, &["servir"]).unwrap()).unwrap().unwrap();
    let lien = || reussie(&terrain.noeud(cdg70, &["lien"]).unwrap().output().unwrap()).unwrap().trim().to_owned();
    joue(
        "noeud.test.mjs",
        &[
            ("MAILLAGE_LIEN", &lien()),
            ("MAILLAGE_FAUTIF", &fautif.to_string_lossy()),
            ("MAILLAGE_JUSTE", &juste.to_string_lossy()),
        ],
    );
    let _hub = terrain.sert().unwrap();
    joue("accuse.test.mjs", &[("MAILLAGE_LIEN", &lien())]);
    joue("clavier.test.mjs", &[("MAILLAGE_LIEN", &lien()), ("MAILLAGE_JUSTE", &precedent.to_string_lossy())]);
    joue(
        "jeux.test.mjs",
        &[("MAILLAGE_LIEN", &lien()), ("MAILLAGE_LIEN_2", &lien()), ("MAILLAGE_JUSTE", &juste.to_string_lossy())],
    );
    joue("evenements.test.mjs", &[("MAILLAGE_LIEN", &lien()), ("MAILLAGE_JUSTE", &juste.to_string_lossy())]);
    joue("situations.test.mjs", &[("MAILLAGE_LIEN", &lien())]);
}

#[test]
fn the_pages_of_the_hub_are_used_without_javascript() {
    if !outils_presents() {
        return;
    }
    let [cdg70, cdg25, cdg67] = ["cdg70", "cdg25", "cdg67"].map(|c| centre(c).unwrap());
    let terrain = Terrain::prepare(&[cdg70, cdg25, cdg67]).unwrap();
    let _hub = terrain.sert().unwrap();
    terrain.publie(cdg70, CAMPAGNE).unwrap();
    let cle = compte(&terrain, &["dth", "--nom", "Direction territoriale", "--role", "dth", "--territoire", "27"]);
    let variables = [
        ("MAILLAGE_HUB", &terrain.adresse()),
        ("MAILLAGE_MOT_DE_PASSE", &MOT_DE_PASSE.to_owned()),
        ("MAILLAGE_CODES", &cle),
    ];
    joue("hub.test.mjs", &variables.map(|(nom, valeur)| (nom, valeur.as_str())));
}

/// Six centres sent three quarters, but one is late for the last, then sends it too; three have a convention, three a practice.
#[test]
fn those_who_steer_and_those_who_share_use_the_hub_without_javascript() {
    if !outils_presents() {
        return;
    }
    let centres: Vec<&Centre> = CENTRES.iter().collect();
    let terrain = Terrain::prepare(&centres).unwrap();
    let courrier = courrier();
    if let Some((_, serveur)) = &courrier {
        recoit_des_relances(&terrain, serveur);
    }
    let _hub = terrain.sert().unwrap();
    joue("vide.test.mjs", &[("MAILLAGE_HUB", &terrain.adresse())]);
    for centre in &centres {
        for trimestre in TRIMESTRES {
            if centre.dossier != "cdg25" || trimestre != CAMPAGNE {
                terrain.publie(centre, trimestre).unwrap();
            }
        }
        terrain.partage(centre).unwrap();
    }
    let comptes: serde_json::Map<String, serde_json::Value> = [
        ("dth", "dth", Some("27")),
        ("dth2", "dth", Some("27")),
        ("cdg25", "cdg", Some("25")),
        ("gestion", "gestionnaire_hub", None),
    ]
    .into_iter()
    .map(|(nom, role, territoire)| {
        let mut arguments = vec![nom, "--nom", nom, "--role", role];
        arguments.extend(territoire.iter().flat_map(|t| ["--territoire", t]));
        (nom.to_owned(), compte(&terrain, &arguments).into())
    })
    .collect();
    let (adresse, comptes) = (terrain.adresse(), serde_json::Value::Object(comptes).to_string());
    let mut variables = vec![
        ("MAILLAGE_HUB", adresse.as_str()),
        ("MAILLAGE_MOT_DE_PASSE", MOT_DE_PASSE),
        ("MAILLAGE_COMPTES", &comptes),
    ];
    if courrier.is_some() {
        variables.push(("MAILLAGE_COURRIEL", "oui"));
    }
    joue("pilotage.test.mjs", &variables);
    joue("clavier-hub.test.mjs", &variables);
    terrain.publie(centre("cdg25").unwrap(), CAMPAGNE).unwrap();
    joue("partage.test.mjs", &variables);
}

/// A mail server of the tests, killed at the end; none where its packages are not installed (cargo xtask test does). It tells
/// each letter on its output, which stays open: it would stop at the first one otherwise.
struct Courrier {
    enfant: Child,
    _sortie: BufReader<ChildStdout>,
}

impl Drop for Courrier {
    fn drop(&mut self) {
        let _ = self.enfant.kill();
        let _ = self.enfant.wait();
    }
}

fn courrier() -> Option<(Courrier, String)> {
    let dossier = std::env::var_os("MAILLAGE_FOURNISSEURS")?;
    let mut node = Command::new("node");
    let mut enfant = node.current_dir(dossier).arg("courrier.mjs").stdout(Stdio::piped()).spawn().unwrap();
    let mut serveur = String::new();
    let mut sortie = BufReader::new(enfant.stdout.take().unwrap());
    sortie.read_line(&mut serveur).unwrap();
    Some((Courrier { enfant, _sortie: sortie }, serveur.trim().to_owned()))
}

/// The hub's mail server, and where the late centre is reminded.
fn recoit_des_relances(terrain: &Terrain, serveur: &str) {
    let fichier = terrain.dossier().join("hub.toml");
    let texte = fs::read_to_string(&fichier).unwrap();
    let organisme = "organisme = \"CDG25\"\n";
    let texte = texte.replacen(organisme, &format!("{organisme}contact = \"handicap@cdg25.example\"\n"), 1);
    let section = format!("\n[courriel]\nserveur = \"{serveur}\"\nexpediteur = \"Maillage <hub@hub.example>\"\n");
    fs::write(&fichier, texte + &section).unwrap();
}

const MOT_DE_PASSE: &str = "le mot de passe des essais";

/// Makes an account as the operator does; gives the key of its codes.
fn compte(terrain: &Terrain, arguments: &[&str]) -> String {
    let mut commande = terrain.hub(&["compte", "creer"]).unwrap();
    let mut creation = commande.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(creation.stdin.take().unwrap(), "{MOT_DE_PASSE}").unwrap();
    let dit = reussie(&creation.wait_with_output().unwrap()).unwrap();
    dit.lines().nth(2).unwrap().trim().to_owned()
}
