//! Coming back: real programs, real files. A cut network, a node and a hub put back from an older backup, a
//! changed key, a withdrawn series; after each, every publication stands once and the register is sound.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use maillage_tests::terrain::{Terrain, centre, reussie};
use xtask::recit::Centre;

const BASES: [&str; 3] = ["", "-wal", "-shm"];

/// One centre whose workbooks of the three quarters are imported; the hub is not started.
fn prepare() -> (Terrain, &'static Centre) {
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    for code in xtask::recit::TRIMESTRES {
        for d in cdg70.dispositifs {
            let fichier = terrain.classeur(cdg70, d.reference, code);
            terrain.execute(cdg70, &["importer", &fichier.to_string_lossy()]).unwrap();
        }
    }
    (terrain, cdg70)
}

/// Copies a database whose service is stopped.
fn sauvegarde(base: &Path) -> Vec<Option<Vec<u8>>> {
    BASES.iter().map(|suite| fs::read(format!("{}{suite}", base.display())).ok()).collect()
}

fn restaure(base: &Path, copie: &[Option<Vec<u8>>]) {
    for (suite, octets) in BASES.iter().zip(copie) {
        let fichier = format!("{}{suite}", base.display());
        let _ = fs::remove_file(&fichier);
        if let Some(octets) = octets {
            fs::write(fichier, octets).unwrap();
        }
    }
}

/// What is shown and recorded, without the moments and the incarnation.
fn montre(terrain: &Terrain) -> serde_json::Value {
    let question = "{ publications(premier: 100) { nodes { position jeu campagne revision statut cellules } } bilan { observations } }";
    terrain.demande(question).unwrap()
}

fn sain(terrain: &Terrain) {
    reussie(&terrain.hub(&["verifier"]).unwrap().output().unwrap()).unwrap();
}

#[test]
fn matrix_1_a_cut_network_delays_and_loses_nothing() {
    let (terrain, cdg70) = prepare();
    let sortie = terrain.noeud(cdg70, &["publier", "--campagne", "2025-T3"]).unwrap().output().unwrap();
    assert_eq!(sortie.status.code(), Some(1), "no hub: what is sealed waits");
    let hub = terrain.sert().unwrap();
    let envoye = terrain.execute(cdg70, &["envoyer"]).unwrap();
    assert!(envoye.contains("Position 1 acceptée") && envoye.contains("Position 2 acceptée"), "{envoye}");
    assert!(envoye.contains("envois prouvés dans le registre"), "{envoye}");
    let preuve = terrain.execute(cdg70, &["verifier-accuse", "--position", "2"]).unwrap();
    assert!(preuve.contains("Signature valable") && preuve.contains("acceptée"), "{preuve}");
    hub.arrete().unwrap();
    sain(&terrain);
}

#[test]
fn matrix_17_a_node_put_back_takes_its_history_from_the_hub() {
    let (terrain, cdg70) = prepare();
    let hub = terrain.sert().unwrap();
    let base = terrain.dossier().join("cdg70/node.db");
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T3"]).unwrap();
    let ancienne = sauvegarde(&base);
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T4"]).unwrap();
    let avant = montre(&terrain);
    restaure(&base, &ancienne);
    // With nothing to send, the heads alone tell.
    let dit = terrain.execute(cdg70, &["envoyer"]).unwrap();
    assert!(dit.contains("envois repris du hub"), "{dit}");
    let dit = terrain.execute(cdg70, &["publier", "--campagne", "2025-T4"]).unwrap();
    assert!(dit.contains("n’a pas changé"), "what came back is what was published: {dit}");
    terrain.execute(cdg70, &["publier", "--campagne", "2026-T1"]).unwrap();
    let apres = montre(&terrain);
    let nombre = |v: &serde_json::Value| v["publications"]["nodes"].as_array().unwrap().len();
    assert_eq!(nombre(&apres), nombre(&avant) + 3, "the restore's own entry, and the next quarter");
    hub.arrete().unwrap();
    sain(&terrain);
}

#[test]
fn matrix_17_a_node_put_back_that_seals_first_loses_neither_history() {
    let (terrain, cdg70) = prepare();
    let base = terrain.dossier().join("cdg70/node.db");
    let hub = terrain.sert().unwrap();
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T3"]).unwrap();
    let ancienne = sauvegarde(&base);
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T4"]).unwrap();
    hub.arrete().unwrap();
    restaure(&base, &ancienne);
    // Out of reach of the hub, it seals at positions the hub knows otherwise.
    let sortie = terrain.noeud(cdg70, &["publier", "--campagne", "2026-T1"]).unwrap().output().unwrap();
    assert_eq!(sortie.status.code(), Some(1), "no hub: what is sealed waits");
    let hub = terrain.sert().unwrap();
    let dit = terrain.execute(cdg70, &["envoyer"]).unwrap();
    assert!(dit.contains("envois repris du hub"), "{dit}");
    let publications = montre(&terrain)["publications"]["nodes"].as_array().unwrap().clone();
    let campagnes: Vec<&str> = publications.iter().filter_map(|p| p["campagne"].as_str()).collect();
    for code in ["2025-T3", "2025-T4", "2026-T1"] {
        assert_eq!(campagnes.iter().filter(|c| **c == code).count(), 2, "both jeux of {code}, once: {campagnes:?}");
    }
    hub.arrete().unwrap();
    sain(&terrain);
}

#[test]
fn matrix_16_the_same_backup_put_back_twice_is_never_the_same_incarnation() {
    let (terrain, cdg70) = prepare();
    let base = terrain.dossier().join("hub.db");
    let hub = terrain.sert().unwrap();
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T3"]).unwrap();
    hub.arrete().unwrap();
    let ancienne = sauvegarde(&base);
    for (epoque, code) in [(2, "2025-T4"), (3, "2026-T1")] {
        restaure(&base, &ancienne);
        if epoque == 3 {
            let sortie = terrain.hub(&["servir"]).unwrap().output().unwrap();
            let dit = String::from_utf8_lossy(&sortie.stderr);
            assert!(!sortie.status.success() && dit.contains("l’époque 2 a déjà été annoncée"), "{dit}");
            let sortie = terrain.hub(&["restaurer", "--epoque", "2"]).unwrap().output().unwrap();
            assert!(!sortie.status.success(), "an incarnation already announced");
        }
        let dit = reussie(&terrain.hub(&["restaurer"]).unwrap().output().unwrap()).unwrap();
        assert!(dit.contains(&format!("Époque {epoque}")), "{dit}");
        let hub = terrain.sert().unwrap();
        let dit = terrain.execute(cdg70, &["publier", "--campagne", code]).unwrap();
        assert!(!dit.contains("Alarme"), "{dit}");
        hub.arrete().unwrap();
        sain(&terrain);
    }
}

#[test]
fn matrix_16_a_hub_put_back_is_given_what_it_lost() {
    let (terrain, cdg70) = prepare();
    let base = terrain.dossier().join("hub.db");
    let hub = terrain.sert().unwrap();
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T3"]).unwrap();
    hub.arrete().unwrap();
    let ancienne = sauvegarde(&base);
    let hub = terrain.sert().unwrap();
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T4"]).unwrap();
    let avant = montre(&terrain);
    hub.arrete().unwrap();
    restaure(&base, &ancienne);
    let dit = reussie(&terrain.hub(&["restaurer"]).unwrap().output().unwrap()).unwrap();
    assert!(dit.contains("Époque 2") && dit.contains("entrées gardées"), "{dit}");
    let hub = terrain.sert().unwrap();
    let dit = terrain.execute(cdg70, &["envoyer"]).unwrap();
    assert!(dit.contains("Position 3 acceptée") && dit.contains("Position 4 acceptée"), "{dit}");
    assert!(!dit.contains("Alarme"), "the statement explains the shorter register: {dit}");
    assert_eq!(montre(&terrain), avant);
    hub.arrete().unwrap();
    sain(&terrain);
}

#[test]
fn matrix_39_a_hub_put_back_in_silence_raises_the_alarm() {
    let (terrain, cdg70) = prepare();
    let base = terrain.dossier().join("hub.db");
    let hub = terrain.sert().unwrap();
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T3"]).unwrap();
    hub.arrete().unwrap();
    let ancienne = sauvegarde(&base);
    let hub = terrain.sert().unwrap();
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T4"]).unwrap();
    hub.arrete().unwrap();
    restaure(&base, &ancienne);
    let hub = terrain.sert().unwrap();
    let sortie = terrain.noeud(cdg70, &["envoyer"]).unwrap().output().unwrap();
    let dit = String::from_utf8_lossy(&sortie.stdout);
    assert_eq!(sortie.status.code(), Some(1), "{dit}");
    assert!(dit.contains("Alarme : "), "{dit}");
    hub.arrete().unwrap();
}

#[test]
fn a_changed_key_signs_on_and_a_withdrawn_series_is_shown_no_more() {
    let (terrain, cdg70) = prepare();
    let hub = terrain.sert().unwrap();
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T3"]).unwrap();
    let pem = terrain.dossier().join("cdg70/node.pem");
    let ancienne = fs::read_to_string(&pem).unwrap();
    let dit = terrain.execute(cdg70, &["cle", "tourner"]).unwrap();
    assert!(dit.contains("position 3") && dit.contains("En vigueur"), "{dit}");
    assert_ne!(fs::read_to_string(&pem).unwrap(), ancienne);
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T4"]).unwrap();
    terrain
        .execute(cdg70, &["retirer", "--campagne", "2025-T3", "--jeu", "ea.indicateurs", "--motif", "correction"])
        .unwrap();
    let question = r#"{ observations(campagne: "2025-T3") { nodes { statut } } }"#;
    assert_eq!(terrain.demande(question).unwrap()["observations"]["nodes"], serde_json::json!([]));
    // The configuration of the hub still names the first key: the chain decides, also after a restart.
    hub.arrete().unwrap();
    let hub = terrain.sert().unwrap();
    terrain.execute(cdg70, &["publier", "--campagne", "2026-T1"]).unwrap();
    // The old key, put back by mistake, is refused.
    fs::write(&pem, ancienne).unwrap();
    let sortie = terrain.noeud(cdg70, &["envoyer"]).unwrap().output().unwrap();
    assert!(!sortie.status.success());
    hub.arrete().unwrap();
    sain(&terrain);
}

/// What makes a machine of a centre: its store, its key and those it replaced.
struct Machine {
    base: Vec<Option<Vec<u8>>>,
    cles: Vec<(PathBuf, Vec<u8>)>,
}

fn cles(dossier: &Path) -> Vec<PathBuf> {
    let fichiers = fs::read_dir(dossier).unwrap().map(|f| f.unwrap().path());
    fichiers.filter(|f| f.extension().is_some_and(|e| e == "pem")).collect()
}

impl Machine {
    fn copie(dossier: &Path) -> Self {
        let cles = cles(dossier).into_iter().map(|f| (f.clone(), fs::read(f).unwrap())).collect();
        Self { base: sauvegarde(&dossier.join("node.db")), cles }
    }

    fn remise(&self, dossier: &Path) {
        restaure(&dossier.join("node.db"), &self.base);
        for fichier in cles(dossier) {
            fs::remove_file(fichier).unwrap();
        }
        for (fichier, octets) in &self.cles {
            fs::write(fichier, octets).unwrap();
            fs::set_permissions(fichier, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

/// An old machine of the centre, forgotten in a cupboard, is switched on while the hub is back before the rotation:
/// it gives the hub entries that the present machine voided long ago, signed by a key that it has left.
#[test]
fn a_hub_put_back_before_a_rotation_and_given_old_bytes_is_followed_with_the_old_key_then_told_of_the_new_one() {
    let (terrain, cdg70) = prepare();
    let (centre, hub_db) = (terrain.dossier().join("cdg70"), terrain.dossier().join("hub.db"));
    let remet_le_hub = |copie: &[Option<Vec<u8>>]| {
        restaure(&hub_db, copie);
        reussie(&terrain.hub(&["restaurer"]).unwrap().output().unwrap()).unwrap();
        terrain.sert().unwrap()
    };
    let hub = terrain.sert().unwrap();
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T3"]).unwrap();
    hub.arrete().unwrap();
    let (hub_copie, machine_copie) = (sauvegarde(&hub_db), Machine::copie(&centre));
    let hub = terrain.sert().unwrap();
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T4"]).unwrap();
    let oubliee = Machine::copie(&centre);
    hub.arrete().unwrap();

    machine_copie.remise(&centre);
    let hub = remet_le_hub(&hub_copie);
    terrain.execute(cdg70, &["publier", "--campagne", "2026-T1"]).unwrap();
    terrain.execute(cdg70, &["cle", "tourner"]).unwrap();
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T4"]).unwrap();
    let avant = montre(&terrain)["bilan"].clone();
    let nouvelle = fs::read(centre.join("node.pem")).unwrap();
    let presente = Machine::copie(&centre);
    hub.arrete().unwrap();

    let hub = remet_le_hub(&hub_copie);
    oubliee.remise(&centre);
    terrain.execute(cdg70, &["envoyer"]).unwrap();
    presente.remise(&centre);
    let dit = terrain.execute(cdg70, &["envoyer"]).unwrap();
    assert!(dit.contains("envois repris du hub"), "{dit}");
    terrain.execute(cdg70, &["envoyer"]).unwrap();
    assert_eq!(fs::read(centre.join("node.pem")).unwrap(), nouvelle, "the key that replaced it is in force again");
    assert_eq!(montre(&terrain)["bilan"], avant);
    hub.arrete().unwrap();
    sain(&terrain);
}
