//! The file of a past committee is made again as it was, whatever was published or decided since.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use hub::acces::{Appelant, Role};
use hub::restitution::comite::{Demande, compose};

use tower::ServiceExt as _;

use crate::banc::{Banc, six_noeuds};
use crate::population::{fiches, indicateurs, lieu};

#[tokio::test]
async fn the_file_of_a_past_committee_is_made_again() {
    let mut n = six_noeuds().swap_remove(0);
    let campagnes = "[[campagne]]\ncode = \"2025-T4\"\nlimite_depot = \"2026-01-15\"\n[[campagne]]\ncode = \"2026-T1\"\nlimite_depot = \"2026-04-15\"\n";
    let banc = Banc::sqlite(&[&n], campagnes).await;
    let premiere = n.scelle(&fiches(&n.id, "2026-T1", &[lieu("BFC01", "70", 5)], 1), 1, None);
    let chiffres = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 5)], 20, 1), 1, None);
    for signee in [&premiere, &chiffres] {
        banc.publie(&mut n, signee).await;
    }
    let guichet = banc.service.guichet(Appelant::de_role("essai".to_owned(), Role::Dreets, vec!["27".to_owned()]));
    let demande = |a_la_date: Option<&str>| Demande {
        a_la_date: a_la_date.map(|t| t.parse().unwrap()),
        ..Demande::nouvelle("2026-T1", "27")
    };
    let comite = Some("2026-04-20T08:00:00Z");
    let du_jour = compose(&guichet, &demande(comite)).await.unwrap().unwrap();
    assert!(du_jour.provisoire);

    // After the committee: an earlier quarter arrives, this one is corrected, then closed.
    banc.regle("2026-05-02T08:00:00Z");
    let tardive = n.scelle(&indicateurs(&n.id, "2025-T4", &[lieu("BFC01", "70", 5)], 20, 3), 1, None);
    let corrigee = n.scelle(&fiches(&n.id, "2026-T1", &[lieu("BFC02", "70", 9)], 1), 2, Some(premiere.empreinte()));
    for signee in [tardive, corrigee] {
        let accuse = banc.accuse(&banc.publie(&mut n, &signee).await.1);
        assert_eq!(accuse.status, publication::StatutAccuse::Acceptee, "{:?}", accuse.reasons);
    }
    let gestion = banc.jeton_avec(Role::GestionnaireHub, &[], &[], true).await;
    banc.graphql_de(Some(&gestion), r#"mutation { campagneClore(code: "2026-T1") { __typename } }"#).await;

    let present = compose(&guichet, &demande(None)).await.unwrap().unwrap();
    assert!(!present.provisoire);
    assert_ne!(present, du_jour);
    assert_eq!(compose(&guichet, &demande(comite)).await.unwrap().unwrap(), du_jour);
}

#[tokio::test]
async fn the_form_makes_the_file_and_keeps_nothing_of_the_comment() {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "[[campagne]]\ncode = \"2026-T1\"\n").await;
    let signee = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 5)], 20, 1), 1, None);
    banc.publie(&mut n, &signee).await;
    let (statut, page) = banc.brute("GET", "/dossier/preparer?campagne=2026-T1&region=27", None, b"").await;
    assert_eq!(statut, StatusCode::OK);
    assert!(page.contains("action=\"/dossier?campagne=2026-T1&#38;region=27\""), "{page}");
    let porteur = format!("Bearer {}", banc.jeton(Role::Dreets, &["27"]).await);
    let envoie = async |corps: &str| {
        let requete = Request::post("/dossier?campagne=2026-T1&region=27")
            .header(header::HOST, "hub.test")
            .header(header::AUTHORIZATION, &porteur)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let reponse = banc.routes.clone().oneshot(requete.body(Body::from(corps.to_owned())).unwrap()).await.unwrap();
        let statut = reponse.status();
        (statut, axum::body::to_bytes(reponse.into_body(), usize::MAX).await.unwrap())
    };
    let (statut, octets) = envoie("methode=1&commentaire=2&texte=Un+mot+du+DTH.&format=docx").await;
    assert!(statut == StatusCode::OK && octets.starts_with(b"PK"));
    let lignes = hub_storage::journal::dernieres(banc.service.db(), None, 5).await.unwrap();
    assert_eq!(lignes[0].objet, "/dossier?campagne=2026-T1&region=27", "who took it, and nothing of the comment");
    for (corps, attendu) in
        [("format=pdf", "une au moins"), ("synthese=1&texte=1+84+12+70+123+456+78", "sécurité sociale")]
    {
        let (statut, octets) = envoie(corps).await;
        let page = String::from_utf8(octets.to_vec()).unwrap();
        assert_eq!(statut, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains(attendu) && page.contains("role=\"alert\""), "{page}");
    }
}
