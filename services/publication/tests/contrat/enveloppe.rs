//! Envelopes, receipts and heads as the other side receives them.

use publication::accuse::{self, VERSION};
use publication::tete::TeteSignee;
use publication::*;
use serde_json::json;

use crate::fabrique::*;

fn refus(jws: &str) -> CodeRefus {
    verifier_enveloppe(jws, &cle_noeud().publique(), &attendu())
        .expect_err("une enveloppe hostile a été acceptée")
        .code()
}

#[test]
fn a_sealed_publication_is_verified_to_the_byte() {
    let scellee = scellee();
    let recue = recevoir(scellee.enveloppe_jws(), scellee.corps()).unwrap();
    assert_eq!(
        (recue.empreinte(), recue.corps(), recue.jws()),
        (scellee.empreinte(), scellee.corps(), scellee.enveloppe_jws())
    );
    assert_eq!((recue.enveloppe(), recue.contenu()), (scellee.enveloppe(), &contenu()));
    let fiches = sceller(&dispositifs(), &premiere(), &emission(), &cle_noeud()).unwrap();
    assert!(recevoir(fiches.enveloppe_jws(), fiches.corps()).is_ok());
}

#[test]
fn sealing_twice_gives_the_same_bytes() {
    assert_eq!(scellee(), scellee());
}

#[test]
fn one_flipped_bit_anywhere_in_the_envelope_is_refused() {
    let jws = scellee().enveloppe_jws().to_owned();
    for place in 0..jws.len() {
        let mut octets = jws.clone().into_bytes();
        octets[place] ^= 1;
        let Ok(texte) = String::from_utf8(octets) else { continue };
        assert!(verifier_enveloppe(&texte, &cle_noeud().publique(), &attendu()).is_err(), "octet {place}");
    }
}

#[test]
fn each_refusal_has_its_name() {
    assert_eq!(refus(&enveloppe_modifiee(|c| c["aud"] = json!("https://autre.example"))), CodeRefus::EnvWrongAudience);
    assert_eq!(refus(&enveloppe_modifiee(|c| c["iss"] = json!("cdg-267000016"))), CodeRefus::AuthWrongNode);
    assert_eq!(refus(&enveloppe_modifiee(|c| c["v"] = json!(2))), CodeRefus::EnvUnsupportedVersion);
    assert_eq!(refus("pas un jeton"), CodeRefus::EnvMalformed);
    let du_hub = sceller(&contenu(), &premiere(), &emission(), &cle_hub()).unwrap();
    assert_eq!(refus(du_hub.enveloppe_jws()), CodeRefus::AuthKeyUnknown);
    let autre = sceller(&dispositifs(), &premiere(), &emission(), &cle_noeud()).unwrap();
    let melange = scellee().enveloppe_jws().rsplit_once('.').unwrap().0.to_owned();
    let signature = autre.enveloppe_jws().rsplit_once('.').unwrap().1.to_owned();
    assert_eq!(refus(&format!("{melange}.{signature}")), CodeRefus::EnvSignatureInvalid);
}

#[test]
fn members_are_those_of_the_kind_and_no_other() {
    let malformees = [
        enveloppe_modifiee(|c| c["aud"] = json!([HUB])),
        enveloppe_modifiee(|c| c["seq"] = json!(0)),
        enveloppe_modifiee(|c| c["seq"] = json!(2)),
        enveloppe_modifiee(|c| c["seq"] = json!("1")),
        enveloppe_modifiee(|c| c["rev"] = json!(0)),
        enveloppe_modifiee(|c| c["rev"] = json!(2)),
        enveloppe_modifiee(|c| c["body"] = json!(null)),
        enveloppe_modifiee(|c| c["kind"] = json!("heartbeat")),
        enveloppe_modifiee(|c| c["kind"] = json!("withdraw")),
        enveloppe_modifiee(|c| c["kind"] = json!("delete")),
        enveloppe_modifiee(|c| c["exp"] = json!(0)),
        enveloppe_modifiee(|c| c["body"]["len"] = json!(16 * 1024 * 1024 + 1)),
        enveloppe_modifiee(|c| c["prev"] = json!("1")),
    ];
    for jws in malformees {
        assert_eq!(refus(&jws), CodeRefus::EnvMalformed);
    }
    let deux_fois =
        serde_json::to_string(scellee().enveloppe()).unwrap().replacen(r#""seq":1"#, r#""seq":1,"seq":1"#, 1);
    assert_eq!(
        refus(&forger(en_tete(sceau::TYPE).to_string().as_bytes(), deux_fois.as_bytes())),
        CodeRefus::EnvMalformed
    );
}

#[test]
fn matrix_43_45_headers_are_exact_and_lists_are_no_objects() {
    let charge = serde_json::to_vec(scellee().enveloppe()).unwrap();
    let avec = |en_tete: serde_json::Value| refus(&forger(en_tete.to_string().as_bytes(), &charge));
    for alg in ["none", "HS256", "ES256", "Ed25519", ""] {
        let mut en_tete = en_tete(sceau::TYPE);
        en_tete["alg"] = json!(alg);
        assert_eq!(avec(en_tete), CodeRefus::EnvMalformed, "{alg}");
    }
    for membre in ["crit", "jku", "jwk", "x5u", "x5c", "b64", "cty"] {
        let mut en_tete = en_tete(sceau::TYPE);
        en_tete[membre] = json!("x");
        assert_eq!(avec(en_tete), CodeRefus::EnvMalformed, "{membre}");
    }
    assert_eq!(avec(json!(["EdDSA", sceau::TYPE, cle_noeud().publique().kid()])), CodeRefus::EnvMalformed);
    assert_eq!(
        refus(&enveloppe_modifiee(|c| c["series"] = json!(["ea.indicateurs", "2026-T1", "cdg"]))),
        CodeRefus::EnvMalformed
    );
    assert_eq!(refus(&forger(en_tete(sceau::TYPE).to_string().as_bytes(), b"[1]")), CodeRefus::EnvMalformed);
}

#[test]
fn matrix_6_a_body_that_is_not_the_signed_one_is_refused() {
    let scellee = scellee();
    let mut corps = scellee.corps().to_vec();
    let code = |corps: &[u8]| recevoir(scellee.enveloppe_jws(), corps).unwrap_err().code();
    corps[100] ^= 1;
    assert_eq!(code(&corps), CodeRefus::BodyHashMismatch);
    assert_eq!(code(&scellee.corps()[..100]), CodeRefus::BodyHashMismatch);
    assert_eq!(code(b""), CodeRefus::BodyHashMismatch);
}

#[test]
fn body_and_envelope_speak_of_one_thing() {
    let autre_emetteur = corps_modifie(NOEUD, "cdg-267000016");
    let autre_periode = corps_modifie("2026-T1", "2026-T2");
    for corps in [autre_emetteur, autre_periode] {
        let code = recevoir(&publication_forgee(&corps), &corps).unwrap_err().code();
        assert_eq!(code, CodeRefus::SchemaSeriesMismatch);
    }
    let fiches = dispositifs().octets();
    assert_eq!(recevoir(&publication_forgee(&fiches), &fiches).unwrap_err().code(), CodeRefus::SchemaSeriesMismatch);
}

#[test]
fn a_signed_body_that_holds_a_person_is_refused_for_that_reason_first() {
    // Readable or not, the reason that counts is the same: the body is put aside.
    let lisible = corps_modifie("Plateforme emploi accompagné 70", "BFC01829794086");
    let illisible = corps_modifie(r#""v":1"#, r#""v":1,"reference_personne":"BFC01829794086""#);
    for corps in [lisible, illisible] {
        let refus = recevoir(&publication_forgee(&corps), &corps).unwrap_err();
        assert_eq!(refus.code(), CodeRefus::PiiSuspected);
        assert!(refus.code().consomme_la_position());
    }
}

fn accuse() -> Accuse {
    Accuse {
        v: VERSION,
        iss: HUB.to_owned(),
        node: noeud(),
        seq: 1,
        env: scellee().empreinte(),
        status: StatutAccuse::Acceptee,
        reasons: vec![],
        counts: Comptes { cells: 14, changed: 14 },
        log_epoch: 1,
        leaf: 0,
        received_at: instant("2026-04-03T02:17:12.345678Z"),
    }
}

#[test]
fn a_receipt_is_the_same_bytes_every_time_and_reads_back() {
    let jws = accuse().signer(&cle_hub());
    assert_eq!(jws, accuse().signer(&cle_hub()));
    assert_eq!(Accuse::verifier(&jws, &cle_hub().publique()).unwrap(), accuse());
    let refusee = Refus::nouveau(CodeRefus::SdcCellBelowThreshold, "Seuil : 5.").sur_cellule("EA01 · departement 70");
    let motifs = Accuse { status: StatutAccuse::Refusee, reasons: vec![Motif::from(&refusee)], ..accuse() };
    assert_eq!(Accuse::verifier(&motifs.signer(&cle_hub()), &cle_hub().publique()).unwrap(), motifs);
}

#[test]
fn a_receipt_stays_readable_whatever_its_reasons_quote() {
    let long = Refus::nouveau(CodeRefus::RefUnknownCode, "é\u{202E}".repeat(3_000)).sur_cellule("x".repeat(3_000));
    let accuse = Accuse { status: StatutAccuse::Refusee, reasons: vec![Motif::from(&long)], ..accuse() };
    let lu = Accuse::verifier(&accuse.signer(&cle_hub()), &cle_hub().publique()).unwrap();
    assert!(lu.reasons[0].msg.starts_with(CodeRefus::RefUnknownCode.phrase()) && lu.reasons[0].msg.ends_with("é…"));
}

#[test]
fn matrix_10_a_receipt_of_another_key_or_kind_is_ignored() {
    let code = |jws: &str| Accuse::verifier(jws, &cle_hub().publique()).unwrap_err().code();
    assert_eq!(code(&accuse().signer(&cle_noeud())), CodeRefus::ReceiptInvalid);
    assert_eq!(code("<html>200 OK</html>"), CodeRefus::ReceiptInvalid); // matrix 11: a proxy's page
    assert_eq!(code(scellee().enveloppe_jws()), CodeRefus::ReceiptInvalid);
    assert_eq!(code(&Accuse { v: 2, ..accuse() }.signer(&cle_hub())), CodeRefus::ReceiptInvalid);
    assert_ne!(accuse::TYPE, sceau::TYPE);
}

#[test]
fn a_head_is_about_its_node() {
    let kid = cle_noeud().publique().kid();
    let tete = TeteSignee { node: noeud(), log_epoch: 1, seq: 1, digest: Some(scellee().empreinte()), kid };
    let jws = tete.signer(&cle_hub());
    assert_eq!(TeteSignee::verifier(&jws, &cle_hub().publique(), &noeud()).unwrap(), tete);
    let autre = "cdg-267000016".parse().unwrap();
    let code = |jws: &str, noeud| TeteSignee::verifier(jws, &cle_hub().publique(), noeud).unwrap_err().code();
    assert_eq!(code(&jws, &autre), CodeRefus::HeadInvalid);
    assert_eq!(code(&TeteSignee { digest: None, ..tete }.signer(&cle_hub()), &noeud()), CodeRefus::HeadInvalid);
}

#[test]
fn keys_are_read_and_written_as_other_tools_do() {
    let cle = CleSignature::generer(&mut Compteur(1));
    let pem = cle.pem().unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(CleSignature::depuis_pem(&pem).unwrap().publique(), cle.publique());
    assert!(!format!("{cle:?}").contains(&pem[28..60]));
    // RFC 8037, appendix A.3: thumbprint of the key of RFC 8032 test 1.
    assert_eq!(cle_noeud().publique().kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(cle_noeud().publique().to_string(), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    let lisible = cle.publique().empreinte_lisible();
    assert_eq!(lisible.split(' ').map(str::len).collect::<Vec<_>>(), [5; 6]);
    let spki = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    assert_eq!(ClePublique::depuis_pem(spki).unwrap(), cle_noeud().publique());
}

fn seconde() -> Place {
    Place { seq: 2, prev: Some(scellee().empreinte()) }
}

fn acte(acte: &Acte<'_>) -> EntreeSignee {
    sceller_acte(acte, &noeud(), seconde(), &emission(), &cle_noeud()).unwrap()
}

#[test]
fn entries_without_a_body_are_verified_like_the_others() {
    let nouvelle = CleSignature::generer(&mut Compteur(9));
    let retrait = Acte::Retrait {
        serie: contenu().serie(),
        rev: 2,
        supersedes: scellee().empreinte(),
        raison: Raison::Correction,
    };
    for un_acte in [Acte::Battement, Acte::Restauration, retrait, Acte::Rotation { nouvelle: &nouvelle }] {
        let entree = acte(&un_acte);
        let lue = verifier_enveloppe(entree.enveloppe_jws(), &cle_noeud().publique(), &attendu()).unwrap();
        assert_eq!((lue.enveloppe(), lue.empreinte()), (entree.enveloppe(), entree.empreinte()));
        assert_eq!(verifier(lue, b"").unwrap_err().code(), CodeRefus::EnvMalformed);
    }
    let premiere = Place { seq: 1, prev: None };
    let de_rien = Acte::Retrait {
        serie: contenu().serie(),
        rev: 1,
        supersedes: scellee().empreinte(),
        raison: Raison::Correction,
    };
    assert!(sceller_acte(&de_rien, &noeud(), premiere, &emission(), &cle_noeud()).is_err());
}

#[test]
fn a_rotation_needs_the_new_key_to_agree_to_this_very_position() {
    let nouvelle = CleSignature::generer(&mut Compteur(9));
    let entree = acte(&Acte::Rotation { nouvelle: &nouvelle });
    let usage = |seq| possession::Usage::Rotation { seq };
    let forgee = |proof: String, x: &ClePublique| {
        let mut claims = serde_json::to_value(entree.enveloppe()).unwrap();
        claims["next"] = json!({"x": x, "proof": proof});
        refus(&forger(en_tete(sceau::TYPE).to_string().as_bytes(), claims.to_string().as_bytes()))
    };
    let publique = nouvelle.publique();
    let ailleurs = possession::prouver(&nouvelle, &noeud(), HUB, usage(3));
    assert_eq!(forgee(ailleurs, &publique), CodeRefus::AuthProofInvalid);
    // The old key cannot announce a key that it does not hold: somebody else's, for instance.
    let par_l_ancienne = possession::prouver(&cle_noeud(), &noeud(), HUB, usage(2));
    assert_eq!(forgee(par_l_ancienne.clone(), &publique), CodeRefus::AuthProofInvalid);
    assert_eq!(forgee(par_l_ancienne, &cle_noeud().publique()), CodeRefus::EnvMalformed);
    let faible = format!("AQ{}", "A".repeat(41));
    let mut claims = serde_json::to_value(entree.enveloppe()).unwrap();
    claims["next"]["x"] = json!(faible);
    let jws = forger(en_tete(sceau::TYPE).to_string().as_bytes(), claims.to_string().as_bytes());
    assert_eq!(refus(&jws), CodeRefus::EnvMalformed);
}

#[test]
fn a_proof_of_possession_is_worth_one_use() {
    let cle = CleSignature::generer(&mut Compteur(9));
    let invitation = |jeton| possession::Usage::Enrolement { token: empreinte::empreinte_invitation(jeton) };
    let preuve = possession::prouver(&cle, &noeud(), HUB, invitation("jeton"));
    let verifie =
        |noeud: &str, hub, usage| possession::verifier(&preuve, &cle.publique(), &noeud.parse().unwrap(), hub, usage);
    assert!(verifie(NOEUD, HUB, invitation("jeton")).is_ok());
    assert!(verifie(NOEUD, HUB, invitation("autre")).is_err());
    assert!(verifie("cdg-267000016", HUB, invitation("jeton")).is_err());
    assert!(verifie(NOEUD, "https://autre.example", invitation("jeton")).is_err());
    assert!(verifie(NOEUD, HUB, possession::Usage::Rotation { seq: 1 }).is_err());
}
