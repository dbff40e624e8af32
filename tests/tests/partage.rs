//! What comes down: real programs. Six centres publish, the hub shares reference data, benchmarks and practices, and
//! each node shows what it received; a hub's next key is announced and does not serve before its time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use maillage_tests::terrain::{Terrain, centre, reussie};
use xtask::recit::CENTRES;

#[test]
fn a_node_shows_the_calendar_the_thresholds_and_where_it_stands_among_its_peers() {
    let centres: Vec<_> = CENTRES.iter().collect();
    let terrain = Terrain::prepare(&centres).unwrap();
    let hub = terrain.sert().unwrap();
    for centre in &centres {
        terrain.publie(centre, "2026-T1").unwrap();
    }
    let cdg70 = centre("cdg70").unwrap();
    let dit = terrain.execute(cdg70, &["reference"]).unwrap();
    assert!(dit.contains("nomenclature/emploi") && dit.contains("convention/fiphfp-v5"), "{dit}");
    assert!(dit.contains("2026-T1 évènement du 31/03/2026 ; dépôt jusqu’au 10/04/2026"), "{dit}");
    assert!(dit.contains("ea.indicateurs") && !dit.contains("Attention"), "the same build on both sides: {dit}");

    // Nothing is shared of a campaign that is open, until somebody asks for it.
    assert!(terrain.execute(cdg70, &["reperes"]).unwrap().contains("Aucun repère"));
    let ajoutes = reussie(&terrain.hub(&["fil", "completer", "--campagne", "2026-T1"]).unwrap().output().unwrap());
    assert!(ajoutes.unwrap().contains("articles ajoutés"));
    let dit = terrain.execute(cdg70, &["envoyer"]).unwrap();
    assert!(dit.contains("articles reçus du hub"), "{dit}");
    let dit = terrain.execute(cdg70, &["reperes", "--campagne", "2026-T1"]).unwrap();
    assert!(dit.contains("EA01") && dit.contains("médiane") && dit.contains("ce centre"), "{dit}");
    assert!(terrain.execute(cdg70, &["pratiques"]).unwrap().contains("Aucune bonne pratique"));
    // A second contact brings nothing twice.
    assert!(!terrain.execute(cdg70, &["envoyer"]).unwrap().contains("articles reçus"));
    hub.arrete().unwrap();
}

#[test]
fn a_hub_announces_its_next_key_a_month_before_it_serves() {
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    let annonce = reussie(&terrain.hub(&["cle", "annoncer"]).unwrap().output().unwrap()).unwrap();
    assert!(annonce.contains("Clé suivante annoncée"), "{annonce}");
    let hub = terrain.sert().unwrap();
    terrain.publie(cdg70, "2025-T3").unwrap();
    hub.arrete().unwrap();
    let trop_tot = terrain.hub(&["cle", "succeder"]).unwrap().output().unwrap();
    assert!(!trop_tot.status.success());
    let dit = String::from_utf8_lossy(&trop_tot.stderr).into_owned();
    assert!(dit.contains("les nœuds la refuseraient"), "{dit}");
    reussie(&terrain.hub(&["verifier"]).unwrap().output().unwrap()).unwrap();
}
