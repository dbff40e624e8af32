//! A correction writes only what it changes, and leaves what a hub that never saw the earlier revisions would hold.

use hub::configuration::Configuration;
use hub_storage::{Db, rebuild};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use publication::StatutAccuse;

use crate::banc::{Banc, Magasin, six_noeuds};
use crate::population::{Lieu, indicateurs, lieu};

sur_les_deux_bases!(corrections_leave_what_a_rebuild_makes);

/// Dispositifs of a revision with their persons: some grow, some shrink, some disappear and come back.
fn revision() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(0..7_u64, 3)
}

fn lieux(personnes: &[u64]) -> Vec<Lieu> {
    let places = [("BFC01", "70"), ("BFC02", "25"), ("BFC03", "39")];
    let peuples = places.iter().zip(personnes).filter(|(_, n)| **n > 0);
    peuples.map(|((d, departement), n)| lieu(d, departement, *n)).collect()
}

async fn corrections_leave_what_a_rebuild_makes(magasin: &Magasin) {
    let mut noeuds = six_noeuds();
    noeuds.truncate(2);
    let banc = Banc::neuf(magasin, &noeuds.iter().collect::<Vec<_>>(), "").await;
    let mut tirage = proptest::test_runner::TestRunner::deterministic();
    let mut remplacees = [None; 2];
    for rev in 1..=12 {
        for (rang, n) in noeuds.iter_mut().enumerate() {
            let personnes = revision().new_tree(&mut tirage).unwrap().current();
            let signee = n.scelle(&indicateurs(&n.id, "2026-T1", &lieux(&personnes), 20, 7), rev, remplacees[rang]);
            remplacees[rang] = Some(signee.empreinte());
            let accuse = banc.accuse(&banc.publie(n, &signee).await.1);
            assert_eq!(accuse.status, StatutAccuse::Acceptee, "{personnes:?} {:?}", accuse.reasons);
        }
        let ailleurs = Db::en_memoire().await.unwrap();
        rebuild::rebuild_ailleurs(banc.service.db(), &ailleurs, &Configuration::jeux_trimestriels()).await.unwrap();
        let (tenu, refait) = (rebuild::empreintes(banc.service.db()).await, rebuild::empreintes(&ailleurs).await);
        assert_eq!(tenu.unwrap(), refait.unwrap(), "revision {rev}");
    }
}
