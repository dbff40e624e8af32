//! What an honest node cannot make: forged signatures, another's key, personal data under a valid seal.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use ed25519_dalek::{Signer as _, SigningKey};
use publication::{CleSignature, Empreinte, PublicationSignee, StatutAccuse, empreinte_corps};
use serde_json::{Value, json};

use crate::banc::{Banc, Noeud, six_noeuds};
use crate::population::{fiches, lieu};

/// Signs any payload as an envelope: what a node under somebody else's control could do.
fn forge(charge: &Value, cle: &CleSignature) -> String {
    let pem = cle.pem().unwrap();
    let cle_brute = SigningKey::from_pkcs8_pem(pem.as_str()).unwrap();
    let entete = format!(r#"{{"alg":"EdDSA","typ":"maillage-env+jws","kid":"{}"}}"#, cle.publique().kid());
    let signe = format!("{}.{}", URL_SAFE_NO_PAD.encode(entete), URL_SAFE_NO_PAD.encode(charge.to_string()));
    let signature = cle_brute.sign(signe.as_bytes());
    format!("{signe}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn charge(signee: &PublicationSignee) -> Value {
    serde_json::to_value(signee.enveloppe()).unwrap()
}

fn signee(n: &mut Noeud) -> PublicationSignee {
    let contenu = fiches(&n.id, "2026-T1", &[lieu("BFC01", "70", 1)], 1);
    n.scelle(&contenu, 1, None)
}

async fn code(banc: &Banc, n: &mut Noeud, jws: &str) -> (StatusCode, String) {
    let (statut, texte) = banc.depose_enveloppe(n, 1, jws).await;
    let probleme: Value = serde_json::from_str(&texte).unwrap_or_else(|_| panic!("{statut} {texte}"));
    (statut, probleme["type"].as_str().unwrap().rsplit(':').next().unwrap().to_owned())
}

#[tokio::test]
async fn forged_and_misdirected_envelopes_are_refused_and_nothing_is_stored() {
    let mut noeuds = six_noeuds();
    let inconnue = CleSignature::generer(&mut <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(99));
    let banc = Banc::sqlite(&[&noeuds[0], &noeuds[1]], "").await;
    let bonne = signee(&mut noeuds[0]);
    banc.depose_corps(&mut noeuds[0], &bonne).await;
    let autre_noeud = noeuds[1].id.to_string();
    let n = &mut noeuds[0];

    let mut plie = bonne.enveloppe_jws().to_owned();
    let dernier = if plie.pop() == Some('A') { 'Q' } else { 'A' };
    plie.push(dernier);
    assert_eq!(code(&banc, n, &plie).await.1, "env.signature_invalid");
    assert_eq!(
        code(&banc, n, &forge(&charge(&bonne), &inconnue)).await,
        (StatusCode::UNAUTHORIZED, "auth.key_unknown".to_owned())
    );
    let mut autrui = charge(&bonne);
    autrui["iss"] = json!(autre_noeud);
    assert_eq!(code(&banc, n, &forge(&autrui, &n.cle)).await, (StatusCode::FORBIDDEN, "auth.wrong_node".to_owned()));
    let mut ailleurs = charge(&bonne);
    ailleurs["aud"] = json!("https://autre.example/maillage");
    assert_eq!(
        code(&banc, n, &forge(&ailleurs, &n.cle)).await,
        (StatusCode::FORBIDDEN, "env.wrong_audience".to_owned())
    );
    let mut ancienne = charge(&bonne);
    ancienne["v"] = json!(2);
    assert_eq!(code(&banc, n, &forge(&ancienne, &n.cle)).await.1, "env.unsupported_version");
    assert_eq!(code(&banc, n, "a.b.c").await.1, "env.malformed");
    let bilan = banc.graphql("{ bilan { accuses } }").await;
    assert_eq!(bilan["data"]["bilan"]["accuses"], 0);
    assert_eq!(banc.depose_enveloppe(n, 1, bonne.enveloppe_jws()).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn personal_data_under_a_valid_seal_is_refused_and_not_kept() {
    let suspects = ["jeanne.martin@example.org", "Structure BFC01AB12CD34E", "Structure née le 12/05/1984"];
    for suspect in suspects {
        let mut n = six_noeuds().swap_remove(0);
        let banc = Banc::sqlite(&[&n], "").await;
        let bonne = signee(&mut n);
        let corps = String::from_utf8(bonne.corps().to_vec()).unwrap().replace("Structure Horizon", suspect);
        let empreinte: Empreinte = empreinte_corps(corps.as_bytes());
        let mut enveloppe = charge(&bonne);
        enveloppe["body"]["sha256"] = json!(empreinte.to_string());
        enveloppe["body"]["len"] = json!(corps.len());
        banc.demande(&mut n, "PUT", &format!("/v1/blobs/{empreinte}"), corps.as_bytes()).await;
        let jws = forge(&enveloppe, &n.cle);
        let (statut, accuse) = banc.depose_enveloppe(&mut n, 1, &jws).await;
        assert_eq!(statut, StatusCode::CREATED, "{accuse}");
        let accuse = banc.accuse(&accuse);
        assert_eq!((accuse.status, accuse.reasons[0].code.code()), (StatutAccuse::Refusee, "pii.suspected"));
        assert!(!format!("{accuse:?}").contains(suspect), "never quoted");
        assert!(hub_storage::corps::find(banc.service.db(), empreinte).await.unwrap().is_none());
    }
}
