//! From the invitation to the revocation, and how much one caller may ask.

use std::io::Write as _;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use hub::enrolement::invite;
use hub_storage::enrolement::{self, EtatNoeud, Revocation};
use hub_storage::journal::Fait;
use publication::empreinte::empreinte_invitation;
use publication::possession::{self, Usage};
use publication::{ClePublique, CleSignature, Contenu, StatutAccuse};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use referentiel::horloge::Horloge as _;
use serde_json::{Value, json};

use crate::banc::{Banc, HUB, Magasin, Noeud, six_noeuds};
use crate::population::{indicateurs, lieu};

sur_les_deux_bases!(
    matrix_35_an_invitation_opens_once_for_its_node_and_for_three_days,
    a_key_is_presented_with_the_proof_that_its_sender_holds_it,
    a_lost_key_is_replaced_and_a_revoked_one_is_dead_after_its_last_entry,
    a_suspended_node_reads_and_publishes_nothing_and_one_in_maintenance_comes_back,
    matrix_71_a_node_that_asks_too_much_is_told_when_to_come_back_and_others_are_not,
    matrix_53_a_compressed_body_is_read_to_its_bound_and_no_further,
);

fn petit(noeud: &Noeud) -> Contenu {
    indicateurs(&noeud.id, "2026-T1", &[lieu("BFC01", "70", 4)], 20, 4)
}

fn cle(graine: u64) -> CleSignature {
    CleSignature::generer(&mut StdRng::seed_from_u64(graine))
}

fn fait(banc: &Banc, action: &'static str) -> Fait {
    Fait {
        moment: banc.horloge.maintenant(),
        acteur: "essai".to_owned(),
        action,
        objet: "essai".to_owned(),
        detail: json!({}),
    }
}

async fn invitation(banc: &Banc, n: &Noeud) -> String {
    let mut rng = StdRng::seed_from_u64(u64::try_from(banc.horloge.maintenant().timestamp()).unwrap());
    invite(banc.service.db(), &n.id, "essai", banc.horloge.maintenant(), &mut rng).await.unwrap()
}

async fn presente(banc: &Banc, n: &Noeud, jeton: &str, cle: &CleSignature) -> (StatusCode, Value) {
    let usage = Usage::Enrolement { token: empreinte_invitation(jeton) };
    let preuve = possession::prouver(cle, &n.id, HUB, usage);
    let corps = json!({ "node": n.id, "token": jeton, "x": cle.publique().to_string(), "proof": preuve });
    let (statut, texte) = banc.brute("POST", "/v1/enrol", None, corps.to_string().as_bytes()).await;
    (statut, serde_json::from_str(&texte).unwrap_or_else(|_| panic!("{statut}: {texte}")))
}

async fn approuve(banc: &Banc, n: &Noeud, cle: &ClePublique) -> bool {
    enrolement::approuve(banc.service.db(), &n.id, cle, &fait(banc, "noeud.approuver")).await.unwrap()
}

async fn etat(banc: &Banc, n: &Noeud) -> EtatNoeud {
    enrolement::etat(banc.service.db(), n.id.as_str()).await.unwrap().unwrap()
}

async fn sans_cle(m: &Magasin, n: &Noeud) -> Banc {
    let reste =
        format!("[[noeud]]\nidentifiant = \"{}\"\nnom = \"Centre\"\norganisme = \"CDG70\"\nregion = \"27\"\n", n.id);
    Banc::neuf(m, &[], &reste).await
}

async fn matrix_35_an_invitation_opens_once_for_its_node_and_for_three_days(m: &Magasin) {
    let mut noeuds = six_noeuds();
    let (mut n, autre) = (noeuds.swap_remove(0), noeuds.swap_remove(1));
    let banc = sans_cle(m, &n).await;
    assert_eq!(etat(&banc, &n).await, EtatNoeud::Enregistre);
    let refuse = async |banc: &Banc, n: &Noeud, jeton: &str| {
        let (statut, dit) = presente(banc, n, jeton, &cle(50)).await;
        assert_eq!((statut, dit["type"].as_str()), (StatusCode::FORBIDDEN, Some("urn:maillage:error:enrol.refused")));
    };
    refuse(&banc, &n, "sans-invitation").await;
    let jeton = invitation(&banc, &n).await;
    refuse(&banc, &autre, &jeton).await;
    // Four wrong tries, and the right one still opens; the sixth never does.
    for _ in 0..4 {
        refuse(&banc, &n, "devine").await;
    }
    let (statut, dit) = presente(&banc, &n, &jeton, &n.cle).await;
    assert_eq!(statut, StatusCode::OK, "{dit}");
    assert_eq!(dit["fingerprint"], n.cle.publique().empreinte_lisible());
    refuse(&banc, &n, &jeton).await;
    let jeton = invitation(&banc, &n).await;
    for _ in 0..5 {
        refuse(&banc, &n, "devine").await;
    }
    refuse(&banc, &n, &jeton).await;
    let jeton = invitation(&banc, &n).await;
    banc.regle("2026-04-05T08:00:01Z");
    refuse(&banc, &n, &jeton).await;
    // The key that was presented waits: nothing can be published before the approval.
    assert_eq!(etat(&banc, &n).await, EtatNoeud::EnAttenteApprobation);
    let signee = n.scelle(&petit(&n), 1, None);
    assert_eq!(banc.depose_corps(&mut n, &signee).await, StatusCode::UNAUTHORIZED);
    assert!(!approuve(&banc, &n, &cle(51).publique()).await, "another key than the one presented");
    assert!(approuve(&banc, &n, &n.cle.publique()).await);
    assert_eq!(etat(&banc, &n).await, EtatNoeud::Actif);
    let (statut, accuse) = banc.publie(&mut n, &signee).await;
    assert_eq!(statut, StatusCode::CREATED, "{accuse}");
    let journal = hub_storage::journal::verifie(banc.service.db()).await.unwrap();
    assert!(journal.defauts.is_empty() && journal.lignes >= 16, "every try is written down: {}", journal.lignes);
}

async fn a_key_is_presented_with_the_proof_that_its_sender_holds_it(m: &Magasin) {
    let n = six_noeuds().swap_remove(0);
    let banc = sans_cle(m, &n).await;
    let jeton = invitation(&banc, &n).await;
    let usage = Usage::Enrolement { token: empreinte_invitation(&jeton) };
    let preuve = possession::prouver(&cle(60), &n.id, HUB, usage);
    let volee = json!({ "node": n.id, "token": jeton, "x": cle(61).publique().to_string(), "proof": preuve });
    let (statut, texte) = banc.brute("POST", "/v1/enrol", None, volee.to_string().as_bytes()).await;
    assert_eq!(statut, StatusCode::UNAUTHORIZED, "{texte}");
    let faible = json!({ "node": n.id, "token": jeton, "x": format!("AQ{}", "A".repeat(41)), "proof": preuve });
    let (statut, texte) = banc.brute("POST", "/v1/enrol", None, faible.to_string().as_bytes()).await;
    assert!(statut == StatusCode::BAD_REQUEST && texte.contains("auth.key_weak"), "matrix 34: {texte}");
    assert_eq!(presente(&banc, &n, &jeton, &cle(61)).await.0, StatusCode::OK, "none of them used the invitation");
}

async fn a_lost_key_is_replaced_and_a_revoked_one_is_dead_after_its_last_entry(m: &Magasin) {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::neuf(m, &[&n], "").await;
    let premiere = n.scelle(&petit(&n), 1, None);
    let (_, accuse) = banc.publie(&mut n, &premiere).await;
    // Matrix 18: the key is lost; another is presented, approved, and goes on with the chain.
    let perdue = std::mem::replace(&mut n.cle, cle(70));
    let jeton = invitation(&banc, &n).await;
    assert_eq!(presente(&banc, &n, &jeton, &perdue).await.0, StatusCode::FORBIDDEN, "a key of the past");
    let jeton = invitation(&banc, &n).await;
    assert_eq!(presente(&banc, &n, &jeton, &n.cle).await.0, StatusCode::OK);
    assert_eq!(etat(&banc, &n).await, EtatNoeud::Actif, "the approval alone changes the key in force");
    assert!(approuve(&banc, &n, &n.cle.publique()).await);
    let seconde = n.scelle(&petit(&n), 2, Some(premiere.empreinte()));
    let (_, suite) = banc.publie(&mut n, &seconde).await;
    assert_eq!(banc.accuse(&suite).status, StatutAccuse::Acceptee);
    // Two administrators.
    let revoque = async |par: &str| {
        enrolement::revoque(banc.service.db(), &n.id, par, |_| fait(&banc, "noeud.revoquer")).await.unwrap()
    };
    assert_eq!(revoque("alix").await, Revocation::Demandee);
    assert_eq!(revoque("alix").await, Revocation::MemeAdministrateur);
    assert_eq!(etat(&banc, &n).await, EtatNoeud::Actif);
    assert_eq!(revoque("camille").await, Revocation::Faite);
    let troisieme = n.scelle(&petit(&n), 3, Some(seconde.empreinte()));
    let chemin = format!("/v1/nodes/{}/chain/3", n.id);
    let (statut, texte) = banc.demande(&mut n, "PUT", &chemin, troisieme.enveloppe_jws().as_bytes()).await;
    assert!(statut == StatusCode::UNAUTHORIZED && texte.contains("auth.key_revoked"), "{texte}");
    // What it signed before stays, and its configuration does not bring the key back.
    let relance = Banc::avec(&banc, banc.service.configuration().clone()).await;
    assert_eq!(etat(&relance, &n).await, EtatNoeud::Revoque);
    let (statut, _) = relance.depose_enveloppe(&mut n, 3, troisieme.enveloppe_jws()).await;
    assert_eq!(statut, StatusCode::UNAUTHORIZED);
    assert_eq!(banc.accuse(&accuse).seq, 1);
}

async fn a_suspended_node_reads_and_publishes_nothing_and_one_in_maintenance_comes_back(m: &Magasin) {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::neuf(m, &[&n], "").await;
    let signee = n.scelle(&petit(&n), 1, None);
    let passe = async |vers| {
        enrolement::passe(banc.service.db(), &n.id.clone(), vers, &fait(&banc, "noeud.changer_etat")).await.unwrap()
    };
    assert!(!passe(EtatNoeud::Actif).await, "it is already");
    assert!(passe(EtatNoeud::Suspendu).await);
    let id = n.id.clone();
    assert_eq!(banc.depose_corps(&mut n, &signee).await, StatusCode::FORBIDDEN);
    let (statut, _) = banc.demande(&mut n, "GET", &format!("/v1/nodes/{id}/head"), b"").await;
    assert_eq!(statut, StatusCode::OK);
    let passe = async |vers| enrolement::passe(banc.service.db(), &id, vers, &fait(&banc, "noeud.changer_etat")).await;
    assert!(passe(EtatNoeud::Actif).await.unwrap() && passe(EtatNoeud::Maintenance).await.unwrap());
    assert_eq!(banc.depose_corps(&mut n, &signee).await, StatusCode::SERVICE_UNAVAILABLE);
    assert!(passe(EtatNoeud::Actif).await.unwrap());
    assert_eq!(banc.publie(&mut n, &signee).await.0, StatusCode::CREATED);
}

async fn matrix_71_a_node_that_asks_too_much_is_told_when_to_come_back_and_others_are_not(m: &Magasin) {
    let mut noeuds = six_noeuds();
    let (mut n, mut autre) = (noeuds.swap_remove(0), noeuds.swap_remove(1));
    let banc = Banc::neuf(m, &[&n, &autre], "[debits]\nnoeud = 2\n").await;
    let chemin = format!("/v1/nodes/{}/head", n.id);
    for _ in 0..20 {
        assert_eq!(banc.demande(&mut n, "GET", &chemin, b"").await.0, StatusCode::OK);
    }
    let preuve = banc.preuve(&mut n, "GET", &chemin, b"");
    let requete = Request::get(&chemin).header(header::HOST, "hub.test").header(header::AUTHORIZATION, preuve);
    let reponse = tower::ServiceExt::oneshot(banc.routes.clone(), requete.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(reponse.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reponse.headers()[header::RETRY_AFTER], "1");
    let ailleurs = format!("/v1/nodes/{}/head", autre.id);
    assert_eq!(banc.demande(&mut autre, "GET", &ailleurs, b"").await.0, StatusCode::OK);
    banc.regle("2026-04-02T08:00:01Z");
    assert_eq!(banc.demande(&mut n, "GET", &chemin, b"").await.0, StatusCode::OK);
}

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut ecrit = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    ecrit.write_all(octets).unwrap();
    ecrit.finish().unwrap()
}

async fn matrix_53_a_compressed_body_is_read_to_its_bound_and_no_further(m: &Magasin) {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::neuf(m, &[&n], "").await;
    let signee = n.scelle(&petit(&n), 1, None);
    let chemin = format!("/v1/blobs/{}", signee.empreinte_corps());
    let depose = async |n: &mut Noeud, clair: &[u8], envoye: Vec<u8>, codage: &str| {
        let preuve = banc.preuve(n, "PUT", &chemin, clair);
        let requete = Request::put(&chemin).header(header::HOST, "hub.test").header(header::AUTHORIZATION, preuve);
        let requete = requete.header(header::CONTENT_ENCODING, codage).body(Body::from(envoye)).unwrap();
        banc.envoie(requete).await
    };
    let corps = signee.corps().to_vec();
    assert_eq!(depose(&mut n, &corps, gzip(&corps), "gzip").await.0, StatusCode::CREATED);
    let bombe = gzip(&vec![0; 200 * 1024 * 1024]);
    assert!(bombe.len() < 300_000);
    let debut = std::time::Instant::now();
    let (statut, texte) = depose(&mut n, &corps, bombe, "gzip").await;
    assert_eq!(statut, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(texte.contains(&format!("Taille permise : {} octets", corps.len())), "the signed length: {texte}");
    assert!(debut.elapsed().as_secs() < 5, "stopped at the bound: {:?}", debut.elapsed());
    for (envoye, codage) in [
        (gzip(&gzip(&corps)), "gzip, gzip"),
        (gzip(&corps), "br"),
        (corps.clone(), "gzip"),
        ([gzip(&corps), b"suite".to_vec()].concat(), "gzip"),
        (gzip(&corps)[..60].to_vec(), "gzip"),
    ] {
        let (statut, texte) = depose(&mut n, &corps, envoye, codage).await;
        assert!(statut == StatusCode::BAD_REQUEST && texte.contains("body.encoding"), "{codage}: {texte}");
    }
}
