//! Three hubs on one PostgreSQL: concurrent reception stays correct, and scheduled work is done once.

use axum::http::StatusCode;
use hub::configuration::Configuration;
use hub::verification::{Hub, verifie};
use hub_storage::Db;
use publication::PublicationSignee;
use publication::succession::ClesSuccessives;

use crate::banc::{Banc, HUB, Noeud, six_noeuds};
use crate::bases::base_postgresql;
use crate::population::{fiches, indicateurs, lieu};

const REPLICAS: [&str; 2] = [
    "/* essai.oublie */ DROP DATABASE IF EXISTS maillage_hub_replicas WITH (FORCE)",
    "/* essai.cree */ CREATE DATABASE maillage_hub_replicas",
];

const CAMPAGNE: &str = "[[campagne]]\ncode = \"2026-T1\"\nouverture = \"2026-03-16\"\nlimite_depot = \"2026-04-01\"\nfin_correction = \"2026-04-15\"\n";

/// Sends to one replica, then to another when the first no longer answers.
async fn publie(replicas: &[Banc], rang: usize, n: &mut Noeud, signee: &PublicationSignee) -> StatusCode {
    let mut derniere = String::new();
    for essai in 0..replicas.len() {
        let replica = &replicas[(rang + essai) % replicas.len()];
        if !replica.depose_corps(n, signee).await.is_success() {
            continue;
        }
        let (statut, texte) = replica.depose_enveloppe(n, signee.enveloppe().seq, signee.enveloppe_jws()).await;
        if statut.is_success() {
            return statut;
        }
        derniere = texte;
    }
    panic!("no replica took it: {derniere}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_replicas_receive_together_and_one_may_die() {
    let Some(adresse) = base_postgresql("maillage_hub_replicas", &REPLICAS).await else { return };
    let noeuds = six_noeuds();
    let refs: Vec<&Noeud> = noeuds.iter().collect();
    let mut replicas = vec![];
    for _ in 0..3 {
        let db = Db::ouvre(&adresse).await.unwrap();
        replicas.push(Banc::sur(db, tempfile::tempdir().unwrap(), &refs, CAMPAGNE).await);
    }
    // The calendar has two passages to write: opened, then deposit ended. All three replicas look at once.
    let passages = futures(replicas.iter().map(|r| hub::campagne::active(&r.service))).await;
    assert_eq!(passages.into_iter().map(Result::unwrap).sum::<u64>(), 2);

    let replicas = std::sync::Arc::new(replicas);
    let mut taches = tokio::task::JoinSet::new();
    for (rang, mut n) in noeuds.into_iter().enumerate() {
        let replicas = std::sync::Arc::clone(&replicas);
        taches.spawn(async move {
            let lieux = [lieu(&format!("BFC0{rang}"), ["70", "25", "39", "58", "71", "89"][rang], 3)];
            for periode in ["2025-T3", "2025-T4", "2026-T1"] {
                for contenu in [fiches(&n.id, periode, &lieux, 1), indicateurs(&n.id, periode, &lieux, 20, 2)] {
                    let signee = n.scelle(&contenu, 1, None);
                    assert_eq!(publie(&replicas, rang, &mut n, &signee).await, StatusCode::CREATED);
                    // The same envelope elsewhere: the same receipt, no second entry.
                    assert_eq!(publie(&replicas, rang + 1, &mut n, &signee).await, StatusCode::OK);
                }
                if rang == 0 && periode == "2025-T3" {
                    replicas[2].service.db().ferme().await;
                }
            }
        });
    }
    taches.join_all().await;

    let vivante = &replicas[0];
    let hub = Hub { identifiant: HUB, cles: ClesSuccessives::seule(vivante.cle_hub) };
    let constat = verifie(vivante.service.db(), &hub, &Configuration::jeux_trimestriels()).await.unwrap();
    assert!(constat.sain(), "{:?}", constat.defauts);
    assert_eq!(constat.entrees, 36, "six centres, three quarters, two data sets: each once");
    let journal = hub_storage::journal::verifie(vivante.service.db()).await.unwrap();
    assert!(journal.defauts.is_empty(), "{:?}", journal.defauts);
    let bilan = vivante.graphql("{ bilan { accuses publications } }").await;
    assert_eq!(bilan["data"]["bilan"], serde_json::json!({ "accuses": 36, "publications": 36 }));
}

/// All at once, in order.
async fn futures<F: Future>(taches: impl Iterator<Item = F>) -> Vec<F::Output> {
    async_graphql::futures_util::future::join_all(taches).await
}
