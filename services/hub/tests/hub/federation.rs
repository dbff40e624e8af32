//! The wire: what is accepted, refused, answered twice, and what is never stored.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use publication::{Contenu, StatutAccuse};
use serde_json::Value;

use crate::banc::{Banc, Magasin, Noeud, six_noeuds};
use crate::population::{fiches, indicateurs, lieu};

sur_les_deux_bases!(
    a_publication_is_accepted_once_and_its_receipt_never_changes,
    fifty_at_once_make_one_row_and_one_receipt,
    gaps_and_forks_are_answered_with_what_the_node_needs,
    a_refused_content_consumes_its_position_and_the_next_is_accepted,
    margins_and_hidden_terms_are_checked_to_the_cell,
    an_older_revision_is_stale_and_changes_nothing,
    another_centre_s_dispositif_is_not_ours_to_publish,
    bodies_are_whole_bounded_and_uncompressed,
    head_and_history_are_the_node_s_own_and_each_proof_serves_once,
    a_trial_checks_everything_and_stores_nothing,
);

fn un_noeud() -> Noeud {
    six_noeuds().swap_remove(0)
}

fn probleme(texte: &str) -> Value {
    serde_json::from_str(texte).unwrap_or_else(|_| panic!("not a problem: {texte}"))
}

/// Each drawn person counts for twenty, so that nothing falls under a threshold.
fn petit(noeud: &Noeud, personnes: u64) -> Contenu {
    indicateurs(&noeud.id, "2026-T1", &[lieu("BFC01", "70", personnes)], 20, personnes)
}

async fn a_publication_is_accepted_once_and_its_receipt_never_changes(m: &Magasin) {
    let mut n = un_noeud();
    let banc = Banc::neuf(m, &[&n], "").await;
    let signee = n.scelle(&petit(&n, 4), 1, None);
    let (statut, accuse) = banc.publie(&mut n, &signee).await;
    assert_eq!(statut, StatusCode::CREATED, "{accuse}");
    let lu = banc.accuse(&accuse);
    assert_eq!((lu.status, lu.env, lu.seq, lu.leaf), (StatutAccuse::Acceptee, signee.empreinte(), 1, 0));
    assert_eq!(lu.counts.cells, lu.counts.changed);
    // A year later, with a fresh proof: the very same bytes.
    banc.regle("2027-04-02T08:00:00Z");
    let (statut, encore) = banc.depose_enveloppe(&mut n, 1, signee.enveloppe_jws()).await;
    assert_eq!((statut, encore), (StatusCode::OK, accuse));
}

async fn fifty_at_once_make_one_row_and_one_receipt(m: &Magasin) {
    let mut n = un_noeud();
    let banc = Banc::neuf(m, &[&n], "").await;
    let signee = n.scelle(&petit(&n, 3), 1, None);
    banc.depose_corps(&mut n, &signee).await;
    let chemin = format!("/v1/nodes/{}/chain/1", n.id);
    let preuves: Vec<String> =
        (0..50).map(|_| banc.preuve(&mut n, "PUT", &chemin, signee.enveloppe_jws().as_bytes())).collect();
    let mut taches = tokio::task::JoinSet::new();
    for preuve in preuves {
        let requete = Request::put(&chemin).header(header::HOST, "hub.test").header(header::AUTHORIZATION, preuve);
        let requete = requete.body(Body::from(signee.enveloppe_jws().to_owned())).unwrap();
        let routes = banc.routes.clone();
        taches.spawn(async move {
            let reponse = tower::ServiceExt::oneshot(routes, requete).await.unwrap();
            let statut = reponse.status();
            (statut, axum::body::to_bytes(reponse.into_body(), usize::MAX).await.unwrap())
        });
    }
    let reponses = taches.join_all().await;
    assert_eq!(reponses.iter().filter(|(s, _)| *s == StatusCode::CREATED).count(), 1);
    assert_eq!(reponses.iter().filter(|(s, _)| *s == StatusCode::OK).count(), 49);
    assert!(reponses.iter().all(|(_, octets)| *octets == reponses[0].1));
    let bilan = banc.graphql("{ bilan { accuses publications } }").await;
    assert_eq!(bilan["data"]["bilan"], serde_json::json!({ "accuses": 1, "publications": 1 }));
}

async fn gaps_and_forks_are_answered_with_what_the_node_needs(m: &Magasin) {
    let mut n = un_noeud();
    let banc = Banc::neuf(m, &[&n], "").await;
    let premiere = n.scelle(&petit(&n, 2), 1, None);
    let seconde = n.scelle(&petit(&n, 3), 2, Some(premiere.empreinte()));
    let (statut, texte) = banc.publie(&mut n, &seconde).await;
    assert_eq!((statut, probleme(&texte)["expected"].as_u64()), (StatusCode::CONFLICT, Some(1)));
    assert_eq!(probleme(&texte)["type"], "urn:maillage:error:chain.gap");
    assert_eq!(banc.publie(&mut n, &premiere).await.0, StatusCode::CREATED);
    // Another history at a position already taken.
    let autre = n.scelle_a(&petit(&n, 4), 1, None, 1, None);
    let (statut, texte) = banc.publie(&mut n, &autre).await;
    assert_eq!(statut, StatusCode::CONFLICT);
    assert_eq!(probleme(&texte)["type"], "urn:maillage:error:chain.fork");
    assert_eq!(probleme(&texte)["envelope"], premiere.enveloppe_jws());
    // And one that follows another entry than the head.
    let autre_suite = n.scelle_a(&petit(&n, 5), 2, Some(autre.empreinte()), 2, Some(autre.empreinte()));
    assert_eq!(probleme(&banc.publie(&mut n, &autre_suite).await.1)["type"], "urn:maillage:error:chain.fork");
    assert_eq!(banc.publie(&mut n, &seconde).await.0, StatusCode::CREATED);
}

async fn a_refused_content_consumes_its_position_and_the_next_is_accepted(m: &Magasin) {
    let mut n = un_noeud();
    let banc = Banc::neuf(m, &[&n], "").await;
    // A visible count under the threshold, which only a faulty node would send.
    let bon = String::from_utf8(petit(&n, 4).octets()).unwrap();
    let mauvais = bon.replacen("\"valeur\":{\"effectif\":80}", "\"valeur\":{\"effectif\":3}", 1);
    assert_ne!(bon, mauvais);
    let mauvais = Contenu::lire(mauvais.as_bytes()).unwrap();
    let refusee = n.scelle(&mauvais, 1, None);
    let (statut, accuse) = banc.publie(&mut n, &refusee).await;
    assert_eq!(statut, StatusCode::CREATED);
    let lu = banc.accuse(&accuse);
    assert_eq!(lu.status, StatutAccuse::Refusee);
    let seuil = lu.reasons.iter().find(|r| r.code.code() == "sdc.cell_below_threshold").unwrap();
    assert!(seuil.cell.as_ref().unwrap().starts_with("EA01 · "), "{seuil:?}");
    assert!(!seuil.msg.contains('3'), "the value is not quoted: {}", seuil.msg);
    // Neither shown nor kept.
    let vues = banc.graphql(r#"{ observations(campagne: "2026-T1") { nodes { valeur } } }"#).await;
    assert_eq!(vues["data"]["observations"]["nodes"], serde_json::json!([]));
    let garde = hub_storage::corps::find(banc.service.db(), refusee.empreinte_corps()).await.unwrap();
    assert!(garde.is_none());
    let bonne = n.scelle(&petit(&n, 4), 1, None);
    let (statut, accuse) = banc.publie(&mut n, &bonne).await;
    assert_eq!((statut, banc.accuse(&accuse).status), (StatusCode::CREATED, StatutAccuse::Acceptee));
}

async fn margins_and_hidden_terms_are_checked_to_the_cell(m: &Magasin) {
    let mut n = un_noeud();
    let banc = Banc::neuf(m, &[&n], "").await;
    let bon = String::from_utf8(indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 6)], 500, 3).octets()).unwrap();
    let total = r#"{"indicateur":"EA01","niveau":"departement","territoire":"70","valeur":{"effectif":3000},"statut":"publie"}"#;
    let retouche = |faux: &str| bon.replacen(total, faux, 1);
    let fausses = [
        (retouche(&total.replace("3000", "3100")), "sum.margin_mismatch"),
        (
            retouche(&total.replace(r#""valeur":{"effectif":3000},"statut":"publie""#, r#""statut":"secret""#)),
            "sdc.recoverable_cell",
        ),
        (bon.replace("EA02V", "EA02Z"), "ref.unknown_code"),
        (seule_masquee(&bon), "sdc.missing_secondary"),
    ];
    for (rang, (fausse, code)) in fausses.into_iter().enumerate() {
        assert_ne!(fausse, bon, "{code}");
        let contenu = Contenu::lire(fausse.as_bytes()).unwrap();
        let signee = n.scelle(&contenu, 1, None);
        let accuse = banc.accuse(&banc.publie(&mut n, &signee).await.1);
        assert_eq!(accuse.status, StatutAccuse::Refusee, "{rang}");
        assert!(accuse.reasons.iter().any(|r| r.code.code() == code), "{code}: {:?}", accuse.reasons);
    }
}

/// Masks one cell of a line whose others are all shown: subtraction gives it back.
fn seule_masquee(bon: &str) -> String {
    let debut = r#"{"indicateur":"EA01","niveau":"dispositif","territoire":"BFC01","ventilation":{"sexe":"F"},"valeur":{"effectif":"#;
    let (avant, apres) = bon.split_once(debut).expect("women among the persons drawn");
    let (_, apres) = apres.split_once('}').unwrap();
    let masquee = debut.replace(r#""valeur":{"effectif":"#, r#""statut":"secret"}"#);
    format!("{avant}{masquee}{}", apres.strip_prefix(r#","statut":"publie"}"#).unwrap())
}

async fn an_older_revision_is_stale_and_changes_nothing(m: &Magasin) {
    let mut n = un_noeud();
    let banc = Banc::neuf(m, &[&n], "").await;
    let premiere = n.scelle(&petit(&n, 4), 1, None);
    banc.publie(&mut n, &premiere).await;
    let seconde = n.scelle(&petit(&n, 5), 2, Some(premiere.empreinte()));
    let accuse = banc.accuse(&banc.publie(&mut n, &seconde).await.1);
    assert!(accuse.counts.changed > 0 && accuse.status == StatutAccuse::Acceptee);
    let avant = hub_storage::rebuild::empreintes(banc.service.db()).await.unwrap();
    let vieille = n.scelle(&petit(&n, 3), 1, None);
    let accuse = banc.accuse(&banc.publie(&mut n, &vieille).await.1);
    assert_eq!((accuse.status, accuse.reasons[0].code.code()), (StatutAccuse::Perimee, "rev.not_greater"));
    assert_eq!(hub_storage::rebuild::empreintes(banc.service.db()).await.unwrap(), avant);
}

async fn another_centre_s_dispositif_is_not_ours_to_publish(m: &Magasin) {
    let mut noeuds = six_noeuds();
    let reste = format!(
        "[[campagne]]\ncode = \"2026-T1\"\n[[campagne.attendu]]\nnoeud = \"{}\"\ndispositifs = [\"BFC01\"]\n",
        noeuds[1].id
    );
    let banc = Banc::neuf(m, &[&noeuds[0], &noeuds[1]], &reste).await;
    let n = &mut noeuds[0];
    for contenu in [petit(n, 4), fiches(&n.id, "2026-T1", &[lieu("BFC01", "70", 1)], 1)] {
        let signee = n.scelle(&contenu, 1, None);
        let accuse = banc.accuse(&banc.publie(n, &signee).await.1);
        assert_eq!(accuse.reasons[0].code.code(), "series.not_owner");
    }
}

async fn bodies_are_whole_bounded_and_uncompressed(m: &Magasin) {
    let mut n = un_noeud();
    let banc = Banc::neuf(m, &[&n], "").await;
    let signee = n.scelle(&petit(&n, 2), 1, None);
    let chemin = format!("/v1/blobs/{}", signee.empreinte_corps());
    let mut altere = signee.corps().to_vec();
    altere[30] ^= 1;
    let (statut, texte) = banc.demande(&mut n, "PUT", &chemin, &altere).await;
    assert_eq!(
        (statut, probleme(&texte)["type"].as_str()),
        (StatusCode::BAD_REQUEST, Some("urn:maillage:error:body.hash_mismatch"))
    );
    let enorme = vec![b' '; 16 * 1024 * 1024 + 1];
    let (statut, texte) = banc.demande(&mut n, "PUT", &chemin, &enorme).await;
    assert_eq!(
        (statut, probleme(&texte)["type"].as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, Some("urn:maillage:error:body.too_large"))
    );
    let preuve = banc.preuve(&mut n, "PUT", &chemin, signee.corps());
    let requete = Request::put(&chemin)
        .header(header::HOST, "hub.test")
        .header(header::AUTHORIZATION, preuve)
        .header(header::CONTENT_ENCODING, "gzip")
        .body(Body::from(signee.corps().to_vec()));
    assert_eq!(banc.envoie(requete.unwrap()).await.0, StatusCode::BAD_REQUEST);
    // Nothing was kept: the envelope finds no body.
    let (statut, texte) = banc.depose_enveloppe(&mut n, 1, signee.enveloppe_jws()).await;
    assert_eq!(
        (statut, probleme(&texte)["type"].as_str()),
        (StatusCode::CONFLICT, Some("urn:maillage:error:body.missing"))
    );
    assert_eq!(banc.depose_corps(&mut n, &signee).await, StatusCode::CREATED);
    assert_eq!(banc.depose_corps(&mut n, &signee).await, StatusCode::OK);
}

async fn head_and_history_are_the_node_s_own_and_each_proof_serves_once(m: &Magasin) {
    let mut noeuds = six_noeuds();
    let banc = Banc::neuf(m, &[&noeuds[0], &noeuds[1]], "").await;
    let (a, b) = noeuds.split_at_mut(1);
    let (n, autre) = (&mut a[0], &mut b[0]);
    let signee = n.scelle(&petit(n, 2), 1, None);
    banc.publie(n, &signee).await;
    let chemin = format!("/v1/nodes/{}/head", n.id);
    let (statut, tete) = banc.demande(n, "GET", &chemin, b"").await;
    assert_eq!(statut, StatusCode::OK);
    let tete = publication::tete::TeteSignee::verifier(&tete, &banc.cle_hub, &n.id).unwrap();
    assert_eq!((tete.seq, tete.digest), (1, Some(signee.empreinte())));
    let (statut, historique) = banc.demande(n, "GET", &format!("/v1/nodes/{}/chain?from=1", n.id), b"").await;
    assert_eq!(statut, StatusCode::OK);
    assert_eq!(probleme(&historique)["entries"][0]["envelope"], signee.enveloppe_jws());
    let corps = format!("/v1/blobs/{}", signee.empreinte_corps());
    assert_eq!(
        banc.demande(n, "GET", &corps, b"").await,
        (StatusCode::OK, String::from_utf8(signee.corps().to_vec()).unwrap())
    );
    // Another node: neither the head, nor the history, nor the body.
    assert_eq!(banc.demande(autre, "GET", &chemin, b"").await.0, StatusCode::FORBIDDEN);
    assert_eq!(banc.demande(autre, "GET", &corps, b"").await.0, StatusCode::CONFLICT);
    let (statut, texte) = banc.depose_enveloppe(autre, 1, signee.enveloppe_jws()).await;
    assert_eq!(
        (statut, probleme(&texte)["type"].as_str()),
        (StatusCode::UNAUTHORIZED, Some("urn:maillage:error:auth.key_unknown"))
    );
    // A replayed proof, and a clock that drifts.
    let preuve = banc.preuve(n, "GET", &chemin, b"");
    assert_eq!(banc.brute("GET", &chemin, Some(&preuve), b"").await.0, StatusCode::OK);
    assert_eq!(banc.brute("GET", &chemin, Some(&preuve), b"").await.0, StatusCode::UNAUTHORIZED);
    let preuve = banc.preuve(n, "GET", &chemin, b"");
    banc.regle("2026-04-02T09:00:00Z");
    let (statut, texte) = banc.brute("GET", &chemin, Some(&preuve), b"").await;
    assert_eq!(
        (statut, probleme(&texte)["hub_time"].as_str()),
        (StatusCode::UNAUTHORIZED, Some("2026-04-02T09:00:00Z"))
    );
    assert_eq!(banc.brute("GET", &chemin, None, b"").await.0, StatusCode::UNAUTHORIZED);
}

async fn a_trial_checks_everything_and_stores_nothing(m: &Magasin) {
    let mut n = un_noeud();
    let banc = Banc::neuf(m, &[&n], "").await;
    let chemin = format!("/v1/nodes/{}/chain:dry-run", n.id);
    let contenu = petit(&n, 4);
    let (statut, texte) = banc.demande(&mut n, "POST", &chemin, &contenu.octets()).await;
    assert_eq!((statut, probleme(&texte)["status"].as_str()), (StatusCode::OK, Some("accepted")), "{texte}");
    let bas = String::from_utf8(contenu.octets()).unwrap().replacen("\"effectif\":80", "\"effectif\":4", 1);
    let (_, texte) = banc.demande(&mut n, "POST", &chemin, bas.as_bytes()).await;
    assert_eq!(probleme(&texte)["status"], "refused");
    let bilan = banc.graphql("{ bilan { accuses } campagnes { nodes { code } } }").await;
    assert_eq!(bilan["data"], serde_json::json!({ "bilan": { "accuses": 0 }, "campagnes": { "nodes": [] } }));
}
