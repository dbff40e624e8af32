//! A centre joins the network as its people do: the hub invites, the node presents its key, two people read the
//! fingerprints to each other, the hub approves, the node publishes. Before that, it publishes nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use maillage_tests::terrain::{Terrain, centre, reussie};

const CAMPAGNE: &str = "2026-T1";
const NOEUD: &str = "cdg-287000012";

/// A file without the lines that a filter drops.
fn sans(fichier: &std::path::Path, oublie: impl Fn(&str) -> bool) {
    let texte = fs::read_to_string(fichier).unwrap();
    let gardees: Vec<&str> = texte.lines().filter(|l| !oublie(l)).collect();
    fs::write(fichier, gardees.join("\n") + "\n").unwrap();
}

fn avec_entree(mut commande: Command, entree: &str) -> Output {
    let mut lancee = commande.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    lancee.stdin.take().unwrap().write_all(entree.as_bytes()).unwrap();
    lancee.wait_with_output().unwrap()
}

#[test]
fn a_centre_is_invited_presents_its_key_is_approved_and_publishes() {
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    let (hub_toml, node_toml) = (terrain.dossier().join("hub.toml"), terrain.dossier().join("cdg70/node.toml"));
    sans(&hub_toml, |l| l.starts_with("cle_publique"));
    let connu = fs::read_to_string(&node_toml).unwrap();
    fs::write(&node_toml, connu.split("[hub]").next().unwrap()).unwrap();
    let hub = |arguments: &[&str]| reussie(&terrain.hub(arguments).unwrap().output().unwrap());

    let jeton = hub(&["noeud", "inviter", NOEUD]).unwrap();
    let _service = terrain.sert().unwrap();
    let enrole =
        |jeton: &str| avec_entree(terrain.noeud(cdg70, &["enroler", "--hub", &terrain.adresse()]).unwrap(), jeton);
    let faux = enrole("un jeton inventé");
    assert!(!faux.status.success() && String::from_utf8_lossy(&faux.stderr).contains("refuse"), "{faux:?}");

    let dit = reussie(&enrole(&jeton)).unwrap();
    let section = &dit[dit.find("[hub]").unwrap_or_else(|| panic!("{dit}"))..];
    fs::write(&node_toml, format!("{}\n{section}", fs::read_to_string(&node_toml).unwrap())).unwrap();
    assert!(!enrole(&jeton).status.success(), "an invitation serves once");
    let lue = dit.lines().find_map(|l| l.trim().strip_prefix("clé de ce nœud :")).unwrap().trim();

    // Not approved yet: what is sealed waits here.
    let publie = terrain.publie(cdg70, CAMPAGNE);
    assert!(hub(&["noeud", "lister"]).unwrap().contains("clé présentée"), "{publie:?}");
    assert!(
        terrain.demande("{ publications { edges { node { position } } } }").unwrap()["publications"]["edges"]
            .as_array()
            .unwrap()
            .is_empty()
    );

    assert!(hub(&["noeud", "approuver", NOEUD, "--empreinte", "00000 00000 00000 00000 00000 00000"]).is_err());
    hub(&["noeud", "approuver", NOEUD, "--empreinte", lue]).unwrap();
    terrain.execute(cdg70, &["envoyer"]).unwrap();
    let recues = terrain.demande("{ publications { edges { node { position } } } }").unwrap();
    assert_eq!(recues["publications"]["edges"].as_array().unwrap().len(), 2, "{recues}");
    assert!(hub(&["verifier"]).is_ok());
}
