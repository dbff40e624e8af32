//! GraphQL over HTTP, audited from outside by the reference audits: every MUST and every SHOULD.

use std::process::Stdio;

use crate::banc::{Banc, six_noeuds};

/// `MAILLAGE_AUDITS_HTTP` names the folder where the harness is installed (`cargo xtask test` does it when
/// node and npm are there).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_passes_the_audits_of_graphql_over_http() {
    let Some(dossier) = std::env::var_os("MAILLAGE_AUDITS_HTTP") else {
        eprintln!("MAILLAGE_AUDITS_HTTP is not set: the audits were not run");
        return;
    };
    let n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    let (dit, adresse) = tokio::sync::oneshot::channel();
    let (arrete, arret) = tokio::sync::oneshot::channel::<()>();
    let annonce = move |adresse| dit.send(adresse).map_err(|_| std::io::Error::other("nobody listens"));
    let service = banc.service.clone();
    let serveur = tokio::spawn(hub::ecoute::sert(service, annonce, async {
        let _ = arret.await;
    }));
    let url = format!("http://{}/graphql", adresse.await.unwrap());
    let mut node = tokio::process::Command::new("node");
    let sortie = node.arg("audits.mjs").arg(url).current_dir(dossier).stderr(Stdio::inherit()).output().await.unwrap();
    let texte = String::from_utf8(sortie.stdout).unwrap();
    arrete.send(()).unwrap();
    serveur.await.unwrap().unwrap();
    assert!(sortie.status.success(), "{texte}");
    assert!(texte.contains("0 required audits failed"), "{texte}");
}
