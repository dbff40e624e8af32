//! What operators watch: the measures of the real programs follow the conventions, tell no stranger anything, and every
//! name that the alerts and the dashboard use exists.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it skipped, and stops at a surprise"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use maillage_tests::terrain::{Terrain, centre};

fn supervision() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("deploy/supervision")
}

fn adresse_libre() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn lit(adresse: &str) -> String {
    ureq::get(format!("http://{adresse}/metrics")).call().unwrap().body_mut().read_to_string().unwrap()
}

/// Value of a measure, by its name with its labels.
fn valeur(texte: &str, nom: &str) -> f64 {
    let ligne = texte.lines().find_map(|l| l.strip_prefix(nom)?.strip_prefix(' '));
    ligne.unwrap_or_else(|| panic!("{nom} is not there:\n{texte}")).parse().unwrap()
}

/// Prometheus's own checker, when it is installed.
fn promtool(arguments: &[&str], entree: &str) {
    let lance = Command::new("promtool")
        .args(arguments)
        .current_dir(supervision())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut lance) = lance else {
        println!("Without promtool (package prometheus), {arguments:?} is skipped.");
        return;
    };
    lance.stdin.take().unwrap().write_all(entree.as_bytes()).unwrap();
    let sortie = lance.wait_with_output().unwrap();
    let dit = String::from_utf8_lossy(&sortie.stdout).into_owned() + &String::from_utf8_lossy(&sortie.stderr);
    assert!(sortie.status.success(), "promtool {arguments:?}: {dit}");
    assert!(arguments[1] != "metrics" || dit.trim().is_empty(), "{dit}");
}

/// Names of ours in a text.
fn noms(texte: &str) -> BTreeSet<String> {
    let mots = texte.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let notres = mots.filter(|m| m.starts_with("maillage_") || m.starts_with("process_"));
    notres.map(|m| m.trim_end_matches("_bucket").to_owned()).collect()
}

#[test]
fn measures_follow_the_conventions_tell_strangers_nothing_and_carry_the_alerts() {
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    let (du_hub, du_noeud) = (adresse_libre(), adresse_libre());
    let mut servir = terrain.hub(&["servir"]).unwrap();
    servir.env("MAILLAGE_HUB__HUB__MESURES", &du_hub);
    let _hub = terrain.demarre(servir).unwrap().unwrap();
    terrain.publie(cdg70, "2026-T1").unwrap();
    terrain.demande("{ bilan { publications } }").unwrap();
    terrain.demande("{ bilan { publications } }").unwrap();
    ureq::post(format!("{}/graphql", terrain.adresse())).send("illisible").unwrap_err();
    ureq::get(format!("{}/v1/nodes/cdg-287000012/head", terrain.adresse())).call().unwrap_err();
    let mut servir = terrain.noeud(cdg70, &["servir"]).unwrap();
    servir.env("MAILLAGE_NODE__NOEUD__MESURES", &du_noeud);
    let _noeud = terrain.demarre(servir).unwrap().unwrap();

    let (hub, noeud) = (lit(&du_hub), lit(&du_noeud));
    promtool(&["check", "metrics"], &hub);
    promtool(&["check", "metrics"], &noeud);
    assert_eq!(valeur(&hub, "maillage_hub_publications_total{issue=\"acceptee\"}"), 2.0);
    assert_eq!(valeur(&hub, "maillage_hub_reception_duration_seconds_count"), 2.0);
    assert_eq!(valeur(&hub, "maillage_hub_questions_total{issue=\"gardee\"}"), 1.0);
    assert_eq!(valeur(&hub, "maillage_hub_questions_total{issue=\"refusee\"}"), 1.0);
    assert_eq!(valeur(&hub, "maillage_hub_refus_total{motif=\"auth.proof_invalid\"}"), 1.0);
    assert_eq!(valeur(&hub, "maillage_hub_registre_entrees"), 2.0);
    assert_eq!(valeur(&hub, "maillage_hub_registre_coherent"), 1.0);
    assert_eq!(valeur(&hub, "maillage_hub_noeuds{etat=\"actif\"}"), 1.0);
    assert_eq!(valeur(&hub, "maillage_hub_noeuds_en_retard"), 1.0, "the two other quarters are past their limit");
    assert_eq!(valeur(&noeud, "maillage_node_file_envois"), 0.0);
    assert!(
        valeur(&noeud, "process_resident_memory_bytes") > 1e6 && valeur(&hub, "process_resident_memory_bytes") > 1e6
    );
    assert!(valeur(&noeud, "maillage_node_reference_expiration_timestamp_seconds") > 1e9);
    // Few series, all known beforehand: no node, no address, nothing that a request brought.
    for texte in [&hub, &noeud] {
        assert!(!texte.contains("cdg-") && !texte.contains("/v1/") && texte.lines().count() < 400, "{texte}");
    }
    let publique = ureq::get(format!("{}/metrics", terrain.adresse())).call();
    assert!(matches!(publique, Err(ureq::Error::StatusCode(404))), "{publique:?}");

    let connus: BTreeSet<String> = noms(&hub).union(&noms(&noeud)).cloned().collect();
    for fichier in ["regles.yml", "tableau-de-bord.json"] {
        let cites = noms(&fs::read_to_string(supervision().join(fichier)).unwrap());
        let inconnus: Vec<_> = cites.difference(&connus).collect();
        assert!(cites.len() > 8 && inconnus.is_empty(), "{fichier}: {inconnus:?}");
    }
    promtool(&["check", "rules", "regles.yml"], "");
    promtool(&["check", "config", "prometheus.yml"], "");
}
