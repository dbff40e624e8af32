//! Lists of operations against the real hub, on SQLite and on PostgreSQL with two replicas: three real nodes publish,
//! lose requests before the hub reads them or answers after it wrote them, replay, restart. Each publication carries
//! a power of two of its own: added up over what is shown, a bit that is missing is a loss, a sum that is not the
//! expected one a double count. A failing list is
//! shrunk and printed.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test stops at the first surprise")]

mod monde;

use std::time::Duration;

use hub_storage::Db;
use monde::{Faute, Monde, Operation};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const BASE: [&str; 2] = [
    "/* essai.oublie */ DROP DATABASE IF EXISTS maillage_operations WITH (FORCE)",
    "/* essai.cree */ CREATE DATABASE maillage_operations",
];

fn faute() -> impl Strategy<Value = Faute> {
    prop_oneof![3 => Just(Faute::Aucune), 1 => Just(Faute::Demande), 1 => Just(Faute::Reponse)]
}

fn operation() -> impl Strategy<Value = Operation> {
    let noeud = 0..monde::NOEUDS;
    prop_oneof![
        5 => (noeud.clone(), 0..monde::PERIODES.len()).prop_map(|(noeud, periode)| Operation::Publie { noeud, periode }),
        1 => (noeud.clone(), 0..monde::PERIODES.len()).prop_map(|(noeud, periode)| Operation::Retire { noeud, periode }),
        6 => (noeud, proptest::collection::vec(faute(), 0..8))
            .prop_map(|(noeud, fautes)| Operation::Contacte { noeud, fautes }),
        1 => any::<u16>().prop_map(Operation::Rejoue),
        1 => Just(Operation::Redemarre),
        1 => Just(Operation::Echeances),
    ]
}

async fn vit(adresse: String, replicas: usize, operations: Vec<Operation>) -> Result<(), String> {
    let mut monde = Monde::nouveau(&adresse, replicas).await;
    for operation in operations {
        monde.opere(operation).await;
    }
    let constat = monde.converge_et_verifie().await;
    monde.ferme().await;
    constat
}

/// Runs lists drawn from a fixed seed, so that a run is the same everywhere.
fn eprouve(cas: u32, replicas: usize, adresse: impl Fn() -> String) {
    let execution = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let configuration = Config { cases: cas, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let mut lances = TestRunner::new_with_rng(
        configuration,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let tenu = lances.run(&proptest::collection::vec(operation(), 1..25), |operations| {
        let adresse = adresse();
        let vie = async { tokio::time::timeout(Duration::from_secs(120), vit(adresse, replicas, operations)).await };
        execution.block_on(vie).map_err(|_| TestCaseError::fail("no end in two minutes"))?.map_err(TestCaseError::fail)
    });
    if let Err(e) = tenu {
        panic!("{e}");
    }
}

#[test]
fn every_list_of_operations_counts_each_publication_once_on_sqlite() {
    let dossier = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
    let fichier = dossier.path().join("hub.db");
    eprouve(16, 1, || {
        for suite in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suite}", fichier.display()));
        }
        format!("sqlite:{}", fichier.display())
    });
}

/// A fresh database for each list. Without a server there is nothing to test on a developer's machine, and a failure
/// in continuous integration.
#[test]
fn every_list_of_operations_counts_each_publication_once_on_two_replicas_of_postgresql() {
    let Ok(serveur) = std::env::var("MAILLAGE_PG_URL") else {
        assert!(std::env::var_os("CI").is_none(), "MAILLAGE_PG_URL must name a PostgreSQL server in CI");
        eprintln!("MAILLAGE_PG_URL is not set: no operation was run on PostgreSQL");
        return;
    };
    let execution = tokio::runtime::Runtime::new().unwrap();
    let (racine, _) = serveur.rsplit_once('/').unwrap();
    eprouve(10, 2, || {
        execution.block_on(async {
            let administration = Db::ouvre(&serveur).await.unwrap();
            for sql in BASE {
                administration.lignes(sql, vec![]).await.unwrap();
            }
            administration.ferme().await;
        });
        format!("{racine}/maillage_operations")
    });
}
