//! What the machine or the network does to the hub: a disk that is full once, a body that never ends.

use std::time::Duration;

use axum::http::StatusCode;
use hub::configuration::Configuration;
use hub::verification::{Hub, verifie};
use publication::succession::ClesSuccessives;
use publication::{Acte, StatutAccuse};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::banc::{Banc, HUB, six_noeuds};
use crate::population::{indicateurs, lieu};
use crate::transparence::depose_acte;

async fn pragma(banc: &Banc, sql: &'static str) -> i64 {
    let mut tx = banc.service.db().begin().await.unwrap();
    let lue = tx.ligne(sql, vec![]).await.unwrap().unwrap().int(0).unwrap();
    tx.commit().await.unwrap();
    lue
}

/// Matrix 15: nothing is half stored, the node is asked to come back, and it does.
#[tokio::test]
async fn matrix_15_a_disk_full_once_is_told_and_leaves_nothing() {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    let lieux = [lieu("BFC01", "70", 40), lieu("BFC02", "70", 40)];
    let signee = n.scelle(&indicateurs(&n.id, "2026-T1", &lieux, 20, 4), 1, None);
    assert_eq!(banc.depose_corps(&mut n, &signee).await, StatusCode::CREATED);
    // No page more than the file has now: what the entry and its observations need is not there.
    assert!(pragma(&banc, "/* essai.plein */ PRAGMA max_page_count = 1").await > 1);
    let (statut, texte) = banc.depose_enveloppe(&mut n, 1, signee.enveloppe_jws()).await;
    assert_eq!(statut, StatusCode::SERVICE_UNAVAILABLE, "{texte}");
    assert!(texte.contains("urn:maillage:error:hub.busy") && !texte.contains("full"), "no detail leaves: {texte}");
    let bilan = banc.graphql("{ bilan { accuses publications } }").await;
    assert_eq!(bilan["data"]["bilan"], serde_json::json!({ "accuses": 0, "publications": 0 }));
    pragma(&banc, "/* essai.place */ PRAGMA max_page_count = 1000000").await;
    let (statut, accuse) = banc.depose_enveloppe(&mut n, 1, signee.enveloppe_jws()).await;
    assert_eq!((statut, banc.accuse(&accuse).status), (StatusCode::CREATED, StatutAccuse::Acceptee));
    let hub = Hub { identifiant: HUB, cles: ClesSuccessives::seule(banc.cle_hub) };
    let constat = verifie(banc.service.db(), &hub, &Configuration::jeux_trimestriels()).await.unwrap();
    assert!(constat.sain(), "{:?}", constat.defauts);
}

/// Matrix 8: a body that comes a byte at a time, and then no more, ends with the time allowed; others are served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matrix_8_a_body_that_never_ends_is_given_up_and_frees_the_hub() {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    let mut presse = banc.service.configuration().clone();
    presse.hub.delai = 1;
    let banc = banc.avec(presse).await;
    let ecoute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let adresse = ecoute.local_addr().unwrap();
    let sert = tokio::spawn(axum::serve(ecoute, banc.routes.clone()).into_future());
    let signee = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 4)], 20, 4), 1, None);
    let chemin = format!("/v1/blobs/{}", signee.empreinte_corps());
    let preuve = banc.preuve(&mut n, "PUT", &chemin, signee.corps());
    let tete = format!(
        "PUT {chemin} HTTP/1.1\r\nhost: hub.test\r\nauthorization: {preuve}\r\ncontent-length: {}\r\n\r\n",
        signee.corps().len()
    );
    let mut lents = Vec::new();
    for _ in 0..20 {
        let mut flux = TcpStream::connect(adresse).await.unwrap();
        flux.write_all(tete.as_bytes()).await.unwrap();
        flux.write_all(&signee.corps()[..1]).await.unwrap();
        lents.push(flux);
    }
    // While twenty of them wait, another caller is answered.
    let mut presse = TcpStream::connect(adresse).await.unwrap();
    presse.write_all(b"GET /sante HTTP/1.1\r\nhost: hub.test\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut lu = String::new();
    presse.read_to_string(&mut lu).await.unwrap();
    assert!(lu.starts_with("HTTP/1.1 200"), "{lu}");
    for mut flux in lents {
        let mut reponse = vec![0; 64];
        let lus =
            tokio::time::timeout(Duration::from_secs(20), flux.read(&mut reponse)).await.expect("given up in time");
        let lus = lus.unwrap();
        assert!(lus == 0 || reponse.starts_with(b"HTTP/1.1 503"), "{}", String::from_utf8_lossy(&reponse));
    }
    // Nothing of it was kept, and the same body whole is taken.
    assert_eq!(banc.depose_corps(&mut n, &signee).await, StatusCode::CREATED);
    sert.abort();
}

/// On a last evening: who cannot be examined in time is told when to come back, and nothing of it is half done.
#[tokio::test]
async fn a_hub_with_its_hands_full_asks_to_come_back_and_takes_acts_all_the_same() {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    let mut presse = banc.service.configuration().clone();
    presse.hub.delai = 1;
    let banc = banc.avec(presse).await;
    let signee = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 4)], 20, 4), 1, None);
    assert_eq!(banc.depose_corps(&mut n, &signee).await, StatusCode::CREATED);
    let mut prises = vec![];
    while banc.service.receptions().libres() > 0 {
        prises.push(banc.service.receptions().place().await.unwrap());
    }
    let (statut, texte) = banc.depose_enveloppe(&mut n, 1, signee.enveloppe_jws()).await;
    assert_eq!(statut, StatusCode::SERVICE_UNAVAILABLE, "{texte}");
    assert!(texte.contains("urn:maillage:error:hub.busy") && texte.contains("n’est pas lu"), "{texte}");
    let bilan = banc.graphql("{ bilan { accuses publications } }").await;
    assert_eq!(bilan["data"]["bilan"], serde_json::json!({ "accuses": 0, "publications": 0 }));
    prises.clear();
    let (statut, accuse) = banc.depose_enveloppe(&mut n, 1, signee.enveloppe_jws()).await;
    assert_eq!((statut, banc.accuse(&accuse).status), (StatusCode::CREATED, StatutAccuse::Acceptee));
    // A heartbeat holds no content: it is taken while every place is.
    while banc.service.receptions().libres() > 0 {
        prises.push(banc.service.receptions().place().await.unwrap());
    }
    assert_eq!(depose_acte(&banc, &mut n, &Acte::Battement).await.status, StatutAccuse::Acceptee);
}
