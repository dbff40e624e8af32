//! Reminders: who may send them, what is sent, what is kept, when the mail server answers and when it does not.

use axum::http::StatusCode;
use hub::acces::Role;
use hub_storage::Db;

use crate::banc::{Banc, configuration, six_noeuds};
use crate::connexion::{Navigateur, entre};
use crate::fournisseur::Script;

const CAMPAGNE: &str = "[[campagne]]\ncode = \"2026-T1\"\nlimite_depot = \"2026-04-10\"\n";

async fn banc(serveur: &str, contact: &str) -> (Banc, String) {
    let n = six_noeuds().swap_remove(0);
    let dossier = tempfile::tempdir().unwrap();
    let db = Db::ouvre(&format!("sqlite:{}", dossier.path().join("hub.db").display())).await.unwrap();
    let section =
        format!("{CAMPAGNE}[courriel]\nserveur = \"{serveur}\"\nexpediteur = \"Maillage <hub@hub.example>\"\n");
    let texte =
        configuration(&[&n], &section).replacen("cle_publique", &format!("contact = \"{contact}\"\ncle_publique"), 1);
    (Banc::depuis(db, dossier, &texte).await, n.id.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reminder_is_shown_sent_once_and_written_down() {
    let Some(mut courrier) = Script::lance("courrier.mjs", &[]).await else { return };
    let (banc, noeud) = banc(&courrier.adresse, "Coordination <handicap@cdg70.example>").await;
    let mut dth = entre(&banc, "dth", Role::Dth, &["27"]).await;
    let pilotage = dth.va("/pilotage?campagne=2026-T1").await;
    let adresse = format!("/pilotage/relance?campagne=2026-T1&centre={noeud}");
    assert!(pilotage.texte.contains(&adresse.replace('&', "&#38;")), "{}", pilotage.texte);
    let page = dth.va(&adresse).await;
    assert!(page.texte.contains("handicap@cdg70.example") && page.texte.contains("10 avril 2026"), "{}", page.texte);
    assert!(page.texte.contains("Aucune relance"));

    let (jeton, relance) = (page.cache("jeton"), page.cache("relance"));
    let champs = [("jeton", jeton.as_str()), ("relance", &relance), ("campagne", "2026-T1"), ("centre", &noeud)];
    for _ in 0..2 {
        let envoi = dth.envoie("/pilotage/relance", &champs).await;
        assert_eq!(envoi.statut, StatusCode::SEE_OTHER, "{}", envoi.texte);
    }
    let message: serde_json::Value = serde_json::from_str(&courrier.dit.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!(message["a"], serde_json::json!(["handicap@cdg70.example"]));
    assert!(message["message"].as_str().unwrap().contains(&format!("Message-ID: <{relance}@hub.example>")));
    let apres = dth.va(&adresse).await.texte;
    assert_eq!(apres.matches("envoyée le").count(), 1, "sent twice, the form reminds once: {apres}");
    let gardees = hub_storage::relance::de_la_campagne(banc.service.db(), "2026-T1").await.unwrap();
    assert_eq!((gardees.len(), gardees[0].par.as_str()), (1, "compte:dth"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reminder_that_the_mail_server_refuses_is_told_and_kept_as_such() {
    let Some(courrier) = Script::lance("courrier.mjs", &[]).await else { return };
    let (banc, noeud) = banc(&courrier.adresse, "refus@cdg70.example").await;
    let mut dth = entre(&banc, "dth", Role::Dth, &["27"]).await;
    let adresse = format!("/pilotage/relance?campagne=2026-T1&centre={noeud}");
    let page = dth.va(&adresse).await;
    let (jeton, relance) = (page.cache("jeton"), page.cache("relance"));
    let champs = [("jeton", jeton.as_str()), ("relance", &relance), ("campagne", "2026-T1"), ("centre", &noeud)];
    let envoi = dth.envoie("/pilotage/relance", &champs).await;
    assert!(envoi.statut == StatusCode::BAD_GATEWAY && envoi.texte.contains("n’est pas partie"), "{}", envoi.texte);
    assert!(dth.va(&adresse).await.texte.contains("non partie"));
}

#[tokio::test]
async fn only_those_who_steer_remind_and_only_their_centres() {
    let (banc, noeud) = banc("smtp://127.0.0.1:9", "handicap@cdg70.example").await;
    let adresse = format!("/pilotage/relance?campagne=2026-T1&centre={noeud}");
    for (compte, role, territoire, attendu) in [
        ("dth", Role::Dth, "27", StatusCode::OK),
        ("dth-44", Role::Dth, "44", StatusCode::FORBIDDEN),
        ("ars", Role::Ars, "27", StatusCode::FORBIDDEN),
        ("cdg", Role::Cdg, noeud.as_str(), StatusCode::FORBIDDEN),
    ] {
        let mut navigateur = entre(&banc, compte, role, &[territoire]).await;
        assert_eq!(navigateur.va(&adresse).await.statut, attendu, "{compte}");
        let pilotage = navigateur.va("/pilotage?campagne=2026-T1").await;
        assert_eq!(pilotage.texte.contains("Relancer"), attendu == StatusCode::OK, "{compte}");
    }
    assert_eq!(Navigateur::nouveau(&banc).va(&adresse).await.statut, StatusCode::FORBIDDEN, "nobody");
}
