//! A measure, not a test: `cargo test --release -p hub --test hub -- --ignored --nocapture mesure`.

use std::time::Instant;

use axum::http::StatusCode;

use crate::banc::{Banc, six_noeuds};
use crate::population::{Lieu, indicateurs, lieu};

#[tokio::test]
#[ignore = "prints milliseconds; the target is 150 ms for 20 000 cells in release"]
async fn a_publication_of_twenty_thousand_cells() {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    let departements = referentiel::territoire::departements();
    let lieux: Vec<Lieu> = departements
        .iter()
        .take(24)
        .enumerate()
        .map(|(i, d)| lieu(&format!("BFC{i:02}"), d.code.as_str(), 120))
        .collect();
    let mut temps = vec![];
    let mut remplacee = None;
    for rev in 1..=12 {
        let contenu = indicateurs(&n.id, "2026-T1", &lieux, 100, rev);
        let signee = n.scelle(&contenu, rev, remplacee);
        remplacee = Some(signee.empreinte());
        banc.depose_corps(&mut n, &signee).await;
        let debut = Instant::now();
        let (statut, accuse) = banc.depose_enveloppe(&mut n, rev, signee.enveloppe_jws()).await;
        temps.push(debut.elapsed());
        assert_eq!(statut, StatusCode::CREATED);
        let accuse = banc.accuse(&accuse);
        println!(
            "rev {rev}: {} cells, {} bytes, {} changed: {:?}",
            accuse.counts.cells,
            signee.corps().len(),
            accuse.counts.changed,
            temps.last()
        );
        assert_eq!(accuse.status, publication::StatutAccuse::Acceptee, "{:?}", accuse.reasons);
    }
    temps.sort_unstable();
    println!("median {:?}, worst {:?}", temps[temps.len() / 2], temps.last());
}
