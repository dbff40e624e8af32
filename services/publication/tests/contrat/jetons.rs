//! The hostile tokens of the protocol's §5.2, and some more. Each is signed by the node's true key
//! unless its name says otherwise: only the strict reading stands between it and the hub.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use publication::preuve::{self, Demande, PreuveVerifiee};
use publication::{ClePublique, CodeRefus, Refus};
use serde_json::{Value, json};

use crate::fabrique::*;

fn maintenant() -> DateTime<Utc> {
    instant("2026-04-03T02:17:09Z")
}

fn demande() -> Demande {
    Demande::nouvelle("PUT", "https://hub.example/maillage/v1/nodes/cdg-287000012/chain/1", b"corps")
}

fn autorisation() -> String {
    preuve::signer(&demande(), &noeud(), HUB, &cle_noeud(), maintenant(), &mut Compteur(7)).unwrap()
}

fn verifier(autorisation: &str) -> Result<PreuveVerifiee, Refus> {
    preuve::verifier(autorisation, &demande(), &noeud(), HUB, &cle_noeud().publique(), maintenant())
}

fn refusee(autorisation: &str) -> CodeRefus {
    verifier(autorisation).expect_err("un jeton hostile a été accepté").code()
}

fn bonnes_revendications() -> Value {
    let jeton = autorisation();
    let charge = jeton.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(charge).unwrap()).unwrap()
}

fn porte(en_tete: &Value, charge: &str) -> String {
    format!("{} {}", preuve::SCHEMA, forger(en_tete.to_string().as_bytes(), charge.as_bytes()))
}

fn avec(change: impl FnOnce(&mut Value)) -> String {
    let mut charge = bonnes_revendications();
    change(&mut charge);
    porte(&en_tete(preuve::TYPE), &charge.to_string())
}

fn avec_en_tete(change: impl FnOnce(&mut Value)) -> String {
    let mut en_tete = en_tete(preuve::TYPE);
    change(&mut en_tete);
    porte(&en_tete, &bonnes_revendications().to_string())
}

fn sans(membre: &'static str) -> String {
    avec(move |c| {
        c.as_object_mut().unwrap().remove(membre);
    })
}

fn sans_schema(autorisation: &str) -> &str {
    autorisation.split_once(' ').unwrap().1
}

/// The three parts of a true token.
fn parties() -> [String; 3] {
    let jeton = autorisation();
    let jeton = sans_schema(&jeton);
    let parties: Vec<String> = jeton.split('.').map(str::to_owned).collect();
    parties.try_into().unwrap()
}

fn recolle(parties: &[String]) -> String {
    format!("{} {}", preuve::SCHEMA, parties.join("."))
}

#[test]
fn a_true_proof_is_accepted_and_the_forge_makes_true_ones() {
    let preuve = verifier(&autorisation()).unwrap();
    assert_eq!(preuve.noeud(), &noeud());
    assert_eq!(preuve.expire(), maintenant() + TimeDelta::seconds(120));
    assert_eq!(verifier(&avec(|_| {})).unwrap(), preuve);
    assert_eq!(preuve::kid_annonce(&autorisation()).unwrap(), cle_noeud().publique().kid());
}

macro_rules! hostiles {
    ($($nom:ident: $jeton:expr;)*) => {
        $(
            #[test]
            fn $nom() {
                let jeton: String = $jeton;
                assert_eq!(refusee(&jeton), CodeRefus::AuthProofInvalid);
            }
        )*
    };
}

hostiles! {
    // Algorithms.
    alg_none: { let [_, c, _] = parties(); recolle(&[URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"maillage-preuve+jwt","kid":"x"}"#), c, String::new()]) };
    alg_none_with_a_signature: avec_en_tete(|e| e["alg"] = json!("none"));
    alg_none_in_capitals: avec_en_tete(|e| e["alg"] = json!("NONE"));
    alg_hs256_keyed_with_the_public_key: hs256();
    alg_es256: avec_en_tete(|e| e["alg"] = json!("ES256"));
    alg_missing: avec_en_tete(|e| { e.as_object_mut().unwrap().remove("alg"); });
    alg_list: avec_en_tete(|e| e["alg"] = json!(["EdDSA"]));

    // Signatures and shape.
    signature_flipped: { let [e, c, s] = parties(); recolle(&[e, c, retourne(&s)]) };
    signature_empty: { let [e, c, _] = parties(); recolle(&[e, c, String::new()]) };
    signature_malleable_s_plus_l: { let [e, c, s] = parties(); recolle(&[e, c, plus_l(&s)]) };
    signature_of_another_token: { let [e, c, _] = parties(); let autre = avec(|c| c["jti"] = json!("0123456789abcdef")); recolle(&[e, c, autre.rsplit_once('.').unwrap().1.to_owned()]) };
    signature_padded: format!("{}=", autorisation());
    payload_padded: { let [e, c, s] = parties(); recolle(&[e, c + "==", s]) };
    payload_tampered: { let [e, c, s] = parties(); let mut octets = URL_SAFE_NO_PAD.decode(c).unwrap(); octets[10] ^= 1; recolle(&[e, URL_SAFE_NO_PAD.encode(octets), s]) };
    extra_part: format!("{}.{}", autorisation(), "AA");
    missing_part: { let [e, c, _] = parties(); recolle(&[e, c]) };
    newline_inside: { let [e, c, s] = parties(); recolle(&[e, c, format!("{s}\n")]) };
    token_of_one_hundred_kilobytes: avec(|c| c["jti"] = json!("x".repeat(100_000)));
    other_scheme: autorisation().replacen(preuve::SCHEMA, "Bearer", 1);
    no_scheme: sans_schema(&autorisation()).to_owned();

    // Header.
    header_unknown_crit: avec_en_tete(|e| e["crit"] = json!(["inconnu"]));
    header_crit_b64: avec_en_tete(|e| { e["crit"] = json!(["b64"]); e["b64"] = json!(false); });
    header_jku: avec_en_tete(|e| e["jku"] = json!("https://attaque.example/cles.json"));
    header_x5u: avec_en_tete(|e| e["x5u"] = json!("https://attaque.example/cles.pem"));
    header_x5c: avec_en_tete(|e| e["x5c"] = json!(["MIIB"]));
    header_jwk: avec_en_tete(|e| e["jwk"] = json!({"kty": "OKP", "crv": "Ed25519", "x": cle_noeud().publique()}));
    header_foreign_typ: avec_en_tete(|e| e["typ"] = json!("JWT"));
    header_typ_of_an_envelope: avec_en_tete(|e| e["typ"] = json!("maillage-env+jws"));
    header_typ_missing: avec_en_tete(|e| { e.as_object_mut().unwrap().remove("typ"); });
    header_kid_missing: avec_en_tete(|e| { e.as_object_mut().unwrap().remove("kid"); });
    header_kid_is_a_path: avec_en_tete(|e| e["kid"] = json!("../../etc/passwd"));
    header_kid_is_sql: avec_en_tete(|e| e["kid"] = json!("x' OR '1'='1"));
    header_kid_with_nul: avec_en_tete(|e| e["kid"] = json!("\u{0}"));
    header_kid_of_the_hub: avec_en_tete(|e| e["kid"] = json!(cle_hub().publique().kid()));
    header_with_alg_twice: format!("{} {}", preuve::SCHEMA, forger(format!(r#"{{"alg":"none","alg":"EdDSA","typ":"maillage-preuve+jwt","kid":"{}"}}"#, cle_noeud().publique().kid()).as_bytes(), bonnes_revendications().to_string().as_bytes()));
    header_as_a_list: porte(&json!(["EdDSA", preuve::TYPE, cle_noeud().publique().kid()]), &bonnes_revendications().to_string());

    // Issuer and audience.
    iss_missing: sans("iss");
    iss_null: avec(|c| c["iss"] = Value::Null);
    iss_list: avec(|c| c["iss"] = json!([NOEUD]));
    iss_other_than_sub: avec(|c| c["sub"] = json!("cdg-267000016"));
    sub_missing: sans("sub");
    aud_missing: sans("aud");
    aud_null: avec(|c| c["aud"] = Value::Null);
    aud_number: avec(|c| c["aud"] = json!(42));
    aud_object: avec(|c| c["aud"] = json!({"hub": HUB}));
    aud_list_with_the_hub: avec(|c| c["aud"] = json!(["https://autre.example", HUB]));
    aud_list_of_the_hub_alone: avec(|c| c["aud"] = json!([HUB]));
    aud_other: avec(|c| c["aud"] = json!("https://autre.example"));
    aud_with_a_slash_more: avec(|c| c["aud"] = json!(format!("{HUB}/")));
    aud_twice: porte(&en_tete(preuve::TYPE), &bonnes_revendications().to_string().replacen(r#""aud""#, r#""aud":"https://autre.example","aud""#, 1));

    // Time.
    exp_missing: sans("exp");
    exp_text: avec(|c| c["exp"] = json!("1775182749"));
    exp_float: avec(|c| c["exp"] = json!(1_775_182_749.5));
    exp_in_the_year_2500: avec(|c| c["exp"] = json!(16_725_225_600u64));
    exp_before_iat: avec(|c| c["exp"] = json!(c["iat"].as_i64().unwrap() - 1));
    exp_overflows: avec(|c| c["exp"] = json!(i64::MAX));
    life_of_121_seconds: avec(|c| c["exp"] = json!(c["iat"].as_i64().unwrap() + 121));
    iat_missing: sans("iat");
    iat_negative: avec(|c| c["iat"] = json!(-1));
    nbf_in_one_hour: avec(|c| c["nbf"] = json!(c["iat"].as_i64().unwrap() + 3600));

    // Binding.
    jti_missing: sans("jti");
    jti_too_short: avec(|c| c["jti"] = json!("1"));
    jti_too_long: avec(|c| c["jti"] = json!("x".repeat(65)));
    other_verb: avec(|c| c["htm"] = json!("GET"));
    verb_in_small_letters: avec(|c| c["htm"] = json!("put"));
    other_path: avec(|c| c["htu"] = json!("https://hub.example/maillage/v1/nodes/cdg-287000012/chain/2"));
    other_body: avec(|c| c["bsh"] = json!(publication::empreinte::empreinte_requete(b"autre")));
    body_missing: sans("bsh");
    other_length: avec(|c| c["bln"] = json!(4));
    length_null: avec(|c| c["bln"] = Value::Null);
    length_as_text: avec(|c| c["bln"] = json!("5"));
    length_negative: avec(|c| c["bln"] = json!(-1));
    unknown_claim: avec(|c| c["role"] = json!("administrateur"));
    claims_as_a_list: porte(&en_tete(preuve::TYPE), "[1,2,3]");
    claims_followed_by_something: porte(&en_tete(preuve::TYPE), &format!("{}{{}}", bonnes_revendications()));
}

#[test]
fn another_node_than_the_address_is_told_so() {
    let code = refusee(&avec(|c| {
        c["iss"] = json!("cdg-267000016");
        c["sub"] = json!("cdg-267000016");
    }));
    assert_eq!(code, CodeRefus::AuthWrongNode);
}

#[test]
fn a_clock_too_far_is_told_so_and_a_clock_near_enough_is_not_refused() {
    let verdict = |secondes: i64| {
        let hub = maintenant() + TimeDelta::seconds(secondes);
        preuve::verifier(&autorisation(), &demande(), &noeud(), HUB, &cle_noeud().publique(), hub).map_err(|r| r.code())
    };
    for secondes in [-300, -120, 0, 119, 300] {
        assert!(verdict(secondes).is_ok(), "{secondes} s");
    }
    for secondes in [-301, 301, 31_536_000, -315_360_000] {
        assert_eq!(verdict(secondes).unwrap_err(), CodeRefus::ClockSkew, "{secondes} s");
    }
}

#[test]
fn a_small_order_key_never_becomes_a_key() {
    // Points of small order of the curve: the identity, the points of order 2, 4 and 8, one not canonical.
    for octets in [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    ] {
        let octets: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&octets[2 * i..2 * i + 2], 16).unwrap()).collect();
        let faible = ClePublique::depuis_octets(&octets.try_into().unwrap());
        assert_eq!(faible.unwrap_err(), publication::cle::CleInvalide::Faible);
    }
}

#[test]
fn two_proofs_of_one_request_differ_by_their_name() {
    let autre = preuve::signer(&demande(), &noeud(), HUB, &cle_noeud(), maintenant(), &mut Compteur(8)).unwrap();
    assert_ne!(verifier(&autre).unwrap().jti(), verifier(&autorisation()).unwrap().jti());
}

fn hs256() -> String {
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    let mut en_tete = Header::new(Algorithm::HS256);
    en_tete.typ = Some(preuve::TYPE.to_owned());
    en_tete.kid = Some(cle_noeud().publique().kid());
    let publique = *cle_noeud().publique().octets();
    let secret = EncodingKey::from_secret(&publique);
    format!("{} {}", preuve::SCHEMA, jsonwebtoken::encode(&en_tete, &bonnes_revendications(), &secret).unwrap())
}

fn retourne(signature: &str) -> String {
    let mut octets = URL_SAFE_NO_PAD.decode(signature).unwrap();
    octets[5] ^= 1;
    URL_SAFE_NO_PAD.encode(octets)
}

/// `S` plus the order of the group: the same equation holds, a lax reader accepts it.
fn plus_l(signature: &str) -> String {
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut octets = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut retenue = 0u16;
    for (octet, l) in octets[32..].iter_mut().zip(L) {
        let somme = u16::from(*octet) + u16::from(l) + retenue;
        *octet = somme as u8;
        retenue = somme >> 8;
    }
    assert_eq!(retenue, 0);
    URL_SAFE_NO_PAD.encode(octets)
}
