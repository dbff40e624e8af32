//! Power cuts: the real node and the real hub are killed at system calls all along a publication, then
//! everything is started again. The quarter must arrive exactly once, and the register must be sound.
//!
//! `strace` injects the kill; it is installed by `cargo xtask test`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it saw and stops at the first surprise"
)]

use std::fs;
use std::process::Command;

use maillage_tests::terrain::{Terrain, centre, reussie};
use serde_json::Value;

const CAMPAGNE: &str = "2026-T1";
/// Writes to the database, its synchronisations, and what goes over the network.
const APPELS: [&str; 4] = ["pwrite64", "fdatasync", "sendto", "write"];
/// At the n-th call of each kind: dense at the beginning, then further and further.
const RANGS: [u32; 7] = [1, 2, 3, 5, 9, 17, 33];

fn strace_present() -> bool {
    let present = Command::new("strace").arg("-V").output().is_ok_and(|s| s.status.success());
    assert!(present || std::env::var_os("CI").is_none(), "strace is mandatory in continuous integration");
    if !present {
        println!("strace is not installed: the kill tests are skipped");
    }
    present
}

/// The same command, killed at the n-th call of a kind in any of its threads.
fn coupee(commande: &Command, appel: &str, rang: u32) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qqq", "-o", "/dev/null", "-e", &format!("trace={appel}")]);
    strace.args(["-e", &format!("inject={appel}:signal=SIGKILL:when={rang}")]);
    strace.arg(commande.get_program()).args(commande.get_args());
    strace
}

fn prepare() -> Terrain {
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    let fichier = terrain.classeur(cdg70, "BFC01", CAMPAGNE);
    terrain.execute(cdg70, &["importer", &fichier.to_string_lossy()]).unwrap();
    terrain
}

/// Puts the folder back to the state of just after the import.
fn remet(terrain: &Terrain, etat: &[(String, Vec<u8>)]) {
    for base in ["hub.db", "hub.db-wal", "hub.db-shm", "cdg70/node.db", "cdg70/node.db-wal", "cdg70/node.db-shm"] {
        let _ = fs::remove_file(terrain.dossier().join(base));
    }
    for (nom, octets) in etat {
        fs::write(terrain.dossier().join(nom), octets).unwrap();
    }
}

fn etat(terrain: &Terrain) -> Vec<(String, Vec<u8>)> {
    ["cdg70/node.db", "cdg70/node.db-wal"]
        .into_iter()
        .filter_map(|nom| Some((nom.to_owned(), fs::read(terrain.dossier().join(nom)).ok()?)))
        .collect()
}

/// Both data sets were accepted once each, in a chain without a hole, and the hub's own check agrees.
fn arrive_exactement_une_fois(terrain: &Terrain, quand: &str) {
    let reponse = terrain
        .demande("{ publications(premier: 100) { nodes { position jeu statut revision } } bilan { accuses refus } }")
        .unwrap();
    let mut recues: Vec<(u64, String)> = reponse["publications"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| {
            assert_eq!((p["statut"].as_str(), p["revision"].as_u64()), (Some("ACCEPTEE"), Some(1)), "{quand}: {p}");
            (p["position"].as_u64().unwrap(), p["jeu"].as_str().unwrap().to_owned())
        })
        .collect();
    recues.sort();
    assert_eq!(recues, [(1, "ea.dispositif".to_owned()), (2, "ea.indicateurs".to_owned())], "{quand}");
    let cdg70 = centre("cdg70").unwrap();
    let envois: Value = serde_json::from_str(&terrain.execute(cdg70, &["envois", "--json"]).unwrap()).unwrap();
    for e in envois.as_array().unwrap() {
        assert_eq!(e["etat"], "accepte", "{quand}: {e}");
    }
}

#[test]
fn a_node_killed_anywhere_publishes_exactly_once() {
    if !strace_present() {
        return;
    }
    let terrain = prepare();
    let cdg70 = centre("cdg70").unwrap();
    let depart = etat(&terrain);
    let mut tues = 0;
    for appel in APPELS {
        for rang in RANGS {
            remet(&terrain, &depart);
            let hub = terrain.sert().unwrap();
            let publier = terrain.noeud(cdg70, &["publier", "--campagne", CAMPAGNE]).unwrap();
            let fini = coupee(&publier, appel, rang).output().unwrap().status.success();
            tues += usize::from(!fini);
            reussie(&terrain.noeud(cdg70, &["publier", "--campagne", CAMPAGNE]).unwrap().output().unwrap()).unwrap();
            arrive_exactement_une_fois(&terrain, &format!("node killed at {appel} {rang}"));
            drop(hub);
            if fini {
                break;
            }
        }
    }
    println!("the node was killed {tues} times");
    assert!(tues >= 8, "only {tues} kills: the test has lost its teeth");
    let verifie = terrain.hub(&["verifier"]).unwrap().output().unwrap();
    reussie(&verifie).unwrap();
}

#[test]
fn a_hub_killed_anywhere_stores_exactly_once() {
    if !strace_present() {
        return;
    }
    let terrain = prepare();
    let cdg70 = centre("cdg70").unwrap();
    let depart = etat(&terrain);
    let mut tues = 0;
    for appel in APPELS {
        for rang in RANGS {
            remet(&terrain, &depart);
            let servir = terrain.hub(&["servir"]).unwrap();
            let hub = terrain.demarre(coupee(&servir, appel, rang)).unwrap();
            let publier = || terrain.noeud(cdg70, &["publier", "--campagne", CAMPAGNE]).unwrap().output().unwrap();
            let fini = hub.is_some() && publier().status.success();
            tues += usize::from(!fini);
            drop(hub);
            let hub = terrain.sert().unwrap();
            reussie(&publier()).unwrap();
            arrive_exactement_une_fois(&terrain, &format!("hub killed at {appel} {rang}"));
            drop(hub);
            reussie(&terrain.hub(&["verifier"]).unwrap().output().unwrap()).unwrap();
            if fini {
                break;
            }
        }
    }
    println!("the hub was killed {tues} times");
    assert!(tues >= 8, "only {tues} kills: the test has lost its teeth");
}
