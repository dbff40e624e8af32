//! The two state machines: who moves what, what the database itself refuses, and what is expected of whom.

use axum::http::StatusCode;
use hub::acces::Role;
use hub_storage::Db;
use serde_json::{Value, json};

use crate::banc::{Banc, Noeud, six_noeuds};
use crate::population::{fiches, indicateurs, lieu};

async fn tente(banc: &Banc, sql: &'static str) -> bool {
    let mut tx = banc.service.db().begin().await.unwrap();
    match tx.execute(sql, vec![]).await {
        Ok(_) => tx.commit().await.is_ok(),
        Err(_) => false,
    }
}

fn visee(noeud: &Noeud) -> String {
    format!("{{campagne: \"2026-T1\", emetteur: \"{}\"}}", noeud.id)
}

async fn passe(banc: &Banc, jeton: &str, demande: &str) -> Value {
    let lu = banc
        .graphql_de(
            Some(jeton),
            &format!("mutation {{ suite: {demande} {{ remontee {{ etat libelle }} refus {{ code champ }} }} }}"),
        )
        .await;
    if lu["data"].is_null() { lu["errors"][0]["extensions"]["code"].clone() } else { lu["data"]["suite"].clone() }
}

/// On a hub where each centre has transmitted 2026-T1: run on both databases.
pub async fn eprouve(banc: &Banc, noeuds: &mut [Noeud]) {
    let gestionnaire = banc.jeton_avec(Role::GestionnaireHub, &[], &[], true).await;
    let centre = banc.jeton_avec(Role::Cdg, &[noeuds[0].id.as_str()], &[], true).await;
    let r = visee(&noeuds[0]);
    let etats = banc.graphql_de(Some(&gestionnaire), r#"{ remontees(campagne: "2026-T1") { nodes { etat libelle historique { de vers par motif } droits { demanderCorrection valider } } } }"#).await;
    let premiere = &etats["data"]["remontees"]["nodes"][0];
    assert_eq!((&premiere["etat"], &premiere["libelle"]), (&json!("TRANSMISE"), &json!("À contrôler")), "{etats}");
    assert_eq!(premiere["droits"], json!({ "demanderCorrection": true, "valider": false }));
    assert_eq!(premiere["historique"][0]["vers"], "EN_PREPARATION", "one data set of two: {premiere}");

    // A send-back carries a reason per indicator; only the manager sends back, only the centre validates.
    let refus = |code: &str, champ: Value| json!({ "remontee": null, "refus": [{ "code": code, "champ": champ }] });
    let demande = |motifs: &str| format!("remonteeDemanderCorrection(remontee: {r}, motifs: [{motifs}])");
    assert_eq!(passe(banc, &gestionnaire, &demande("")).await, refus("MOTIF_REQUIS", json!("motifs")));
    let inconnu = demande("{indicateur: \"EA99\", motif: \"x\"}");
    assert_eq!(passe(banc, &gestionnaire, &inconnu).await, refus("INDICATEUR_INCONNU", json!("motifs")));
    let muet = demande("{indicateur: \"EA01\", motif: \" \"}");
    assert_eq!(passe(banc, &gestionnaire, &muet).await, refus("MOTIF_REQUIS", json!("motifs")));
    assert_eq!(passe(banc, &centre, &demande("")).await, "ACCES_REFUSE");
    assert_eq!(
        passe(banc, &centre, &format!("remonteeValider(remontee: {r})")).await,
        refus("ETAT_REFUSE", Value::Null)
    );
    let motif = demande("{indicateur: \"EA01\", motif: \"L’effectif a doublé\"}");
    assert_eq!(passe(banc, &gestionnaire, &motif).await["remontee"]["etat"], "EN_CORRECTION");
    let lue = banc.graphql_de(Some(&centre), r#"{ remontees(campagne: "2026-T1") { nodes { libelle historique { vers motifs { indicateur motif } } } } }"#).await;
    let lue = &lue["data"]["remontees"]["nodes"][0];
    assert_eq!(lue["libelle"], "À corriger");
    assert_eq!(lue["historique"].as_array().unwrap().last().unwrap()["motifs"][0]["motif"], "L’effectif a doublé");

    // The correction arrives by the wire, and moves the remontée by itself.
    let n = &mut noeuds[0];
    let remplacee = n.tete;
    let corrigee = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC09", "70", 4)], 20, 6), 3, remplacee);
    assert_eq!(banc.publie(n, &corrigee).await.0, StatusCode::CREATED);
    assert_eq!(
        passe(banc, &gestionnaire, &format!("remonteeControler(remontee: {r})")).await["remontee"]["etat"],
        "CONTROLEE"
    );
    assert_eq!(passe(banc, &centre, &format!("remonteeValider(remontee: {r})")).await["remontee"]["etat"], "VALIDEE");

    for illegale in [
        "/* essai */ UPDATE remontee SET etat = 'controlee'",
        "/* essai */ UPDATE remontee SET etat = 'n''importe'",
        "/* essai */ UPDATE campagne SET etat = 'publiee'",
        "/* essai */ DELETE FROM remontee",
        "/* essai */ INSERT INTO passage (machine, de, vers) VALUES ('remontee', 'validee', 'attendue')",
        "/* essai */ DELETE FROM passage WHERE vers = 'close'",
        "/* essai */ UPDATE remontee_transition SET par = 'personne'",
        "/* essai */ DELETE FROM campagne_transition",
        "/* essai */ INSERT INTO remontee_transition (campagne, noeud, dispositif, de, vers, par, le)
         SELECT campagne, noeud, dispositif, 'validee', 'attendue', 'x', '2026-04-02T00:00:00Z' FROM remontee WHERE etat = 'validee'",
        "/* essai */ INSERT INTO remontee_transition (campagne, noeud, dispositif, de, vers, par, le)
         SELECT campagne, noeud, dispositif, 'transmise', 'en_correction', 'x', '2026-04-02T00:00:00Z' FROM remontee WHERE etat = 'transmise'",
        "/* essai */ INSERT INTO remontee_transition (campagne, noeud, dispositif, de, vers, par, le, motifs)
         SELECT campagne, noeud, dispositif, 'transmise', 'en_correction', 'x', '2026-04-02T00:00:00Z', '[{\"indicateur\":\"EA01\",\"motif\":\" \"}]' FROM remontee WHERE etat = 'transmise'",
        "/* essai */ INSERT INTO campagne (code, date_evenement, declaree, etat) SELECT '2030-T1', date_evenement, declaree, 'publiee' FROM campagne",
    ] {
        // A deletion of nothing is no deletion: the other campaign has a transition to delete.
        assert!(!tente(banc, illegale).await || illegale.contains("campagne_transition"), "{illegale}");
    }
    campagne(banc, &gestionnaire, &centre).await;
    assert!(!tente(banc, "/* essai */ DELETE FROM campagne_transition").await);
    assert!(hub_storage::journal::verifie(banc.service.db()).await.unwrap().defauts.is_empty());
}

async fn campagne(banc: &Banc, gestionnaire: &str, centre: &str) {
    let mene = async |jeton: &str, demande: &str| {
        let question = format!("mutation {{ suite: {demande} {{ campagne {{ etat }} refus {{ code }} }} }}");
        let lu = banc.graphql_de(Some(jeton), &question).await;
        let suite = &lu["data"]["suite"];
        let mot = [&suite["campagne"]["etat"], &suite["refus"][0]["code"], &lu["errors"][0]["extensions"]["code"]];
        mot.into_iter().find_map(|m| m.as_str().map(str::to_owned)).unwrap_or_default()
    };
    assert_eq!(mene(centre, r#"campagneClore(code: "2026-T1")"#).await, "ACCES_REFUSE");
    assert_eq!(mene(gestionnaire, r#"campagnePublier(code: "2026-T1")"#).await, "ETAT_REFUSE");
    assert_eq!(mene(gestionnaire, r#"campagneCorriger(code: "2026-T1")"#).await, "EN_CORRECTION");
    assert_eq!(mene(gestionnaire, r#"campagneClore(code: "2026-T1")"#).await, "CLOSE");
    assert_eq!(mene(gestionnaire, r#"campagneCorriger(code: "2026-T1")"#).await, "MOTIF_REQUIS");
    assert_eq!(
        mene(gestionnaire, r#"campagneCorriger(code: "2026-T1", motif: "un centre a oublié une structure")"#).await,
        "EN_CORRECTION"
    );
    assert_eq!(mene(gestionnaire, r#"campagneClore(code: "2026-T1")"#).await, "CLOSE");
    assert_eq!(mene(gestionnaire, r#"campagnePublier(code: "2026-T1")"#).await, "PUBLIEE");
}

async fn etat(banc: &Banc) -> String {
    banc.graphql(r#"{ campagne(code: "2026-T2") { etat } }"#).await["data"]["campagne"]["etat"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn the_calendar_opens_ends_and_closes_by_itself_and_gives_up_what_never_came() {
    let noeuds = six_noeuds();
    let campagne = "[[campagne]]\ncode = \"2026-T2\"\ncalendrier = true\n";
    let banc = Banc::sqlite(&[&noeuds[0], &noeuds[1]], campagne).await;
    assert_eq!(etat(&banc).await, "BROUILLON");
    let lue = banc
        .graphql(r#"{ campagne(code: "2026-T2") { ouverture limiteDepot finCorrection calendrier { code jour } } }"#)
        .await;
    // 14 July is a holiday, 15 June at J−15 a Monday.
    assert_eq!(lue["data"]["campagne"]["ouverture"], "2026-06-14T22:00:00+00:00");
    assert_eq!(lue["data"]["campagne"]["limiteDepot"], "2026-07-10T21:59:59.999999+00:00");
    assert_eq!(lue["data"]["campagne"]["finCorrection"], "2026-07-15T21:59:59.999999+00:00");
    assert_eq!(lue["data"]["campagne"]["calendrier"][6], json!({ "code": "relance_3", "jour": "2026-07-15" }));
    for (instant, attendu) in [
        ("2026-06-14T21:59:59Z", "BROUILLON"),
        ("2026-06-14T22:00:00Z", "OUVERTE"),
        ("2026-07-10T22:00:00Z", "EN_CORRECTION"),
        ("2026-07-15T22:00:00Z", "CLOSE"),
    ] {
        banc.regle(instant);
        hub::campagne::active(&banc.service).await.unwrap();
        assert_eq!(hub::campagne::active(&banc.service).await.unwrap(), 0, "done once");
        assert_eq!(etat(&banc).await, attendu, "{instant}");
    }
    let gestionnaire = banc.jeton(Role::GestionnaireHub, &[]).await;
    let lues = banc
        .graphql_de(
            Some(&gestionnaire),
            r#"{ remontees(campagne: "2026-T2", etat: NON_RECUE) { nodes { historique { par } } } }"#,
        )
        .await;
    assert_eq!(
        lues["data"]["remontees"]["nodes"],
        json!([{ "historique": [{ "par": "calendrier" }] }, { "historique": [{ "par": "calendrier" }] }])
    );
}

#[tokio::test]
async fn what_is_closed_or_without_object_is_not_expected_and_nothing_exceeds_what_is() {
    let mut noeuds = six_noeuds();
    let campagne = "[[campagne]]\ncode = \"2026-T1\"\nlimite_depot = \"2026-04-01\"\n[[campagne.attendu]]\nnoeud = \"cdg-287000012\"\ndispositifs = [\"BFC01\", \"BFC02\", \"BFC03\"]\n";
    let banc = Banc::sqlite(&[&noeuds[0]], campagne).await;
    let n = &mut noeuds[0];
    let completude = async || {
        let lues = banc
            .graphql(r#"{ completude(campagne: "2026-T1") { jeu attendues recues dansLesDelais vides jamaisRecues } }"#)
            .await;
        lues["data"]["completude"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| ["attendues", "recues", "dansLesDelais", "vides", "jamaisRecues"].map(|c| l[c].as_i64().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(completude().await, [[3, 0, 0, 0, 3]; 2]);
    // BFC01 closed since last year: its last fiche says so. BFC04 is not expected at all.
    let lieux = |refs: &[&str]| refs.iter().map(|r| lieu(r, "70", 3)).collect::<Vec<_>>();
    let fermees = String::from_utf8(fiches(&n.id, "2025-T4", &lieux(&["BFC01"]), 1).octets())
        .unwrap()
        .replace("\"ACT\"", "\"INA\"");
    let contenus = [
        publication::Contenu::lire(fermees.as_bytes()).unwrap(),
        fiches(&n.id, "2026-T1", &lieux(&["BFC02", "BFC04"]), 1),
        indicateurs(&n.id, "2026-T1", &lieux(&["BFC02", "BFC04"]), 20, 1),
    ];
    for contenu in contenus {
        let signee = n.scelle(&contenu, 1, None);
        assert_eq!(banc.publie(n, &signee).await.0, StatusCode::CREATED);
    }
    assert_eq!(completude().await, [[2, 1, 0, 0, 1]; 2]);
    let gestionnaire = banc.jeton_avec(Role::GestionnaireHub, &[], &[], true).await;
    let sans_objet = "remonteeDeclarerSansObjet(remontee: {campagne: \"2026-T1\", emetteur: \"cdg-287000012\", dispositif: \"BFC03\"}, motif: \"pas encore ouvert\")";
    assert_eq!(passe(&banc, &gestionnaire, sans_objet).await["remontee"]["libelle"], "Sans objet");
    assert_eq!(completude().await, [[1, 1, 0, 0, 0]; 2]);
}

#[tokio::test]
async fn a_validated_remontee_is_looked_at_again_only_when_its_own_figures_change() {
    let mut noeuds = six_noeuds();
    let campagne = "[[campagne]]\ncode = \"2026-T1\"\njeux = [\"ea.indicateurs\"]\n[[campagne.attendu]]\nnoeud = \"cdg-287000012\"\ndispositifs = [\"BFC01\", \"BFC02\"]\n";
    let dossier = tempfile::tempdir().unwrap();
    let db = Db::ouvre(&format!("sqlite:{}", dossier.path().join("hub.db").display())).await.unwrap();
    let banc = Banc::sur(db, dossier, &[&noeuds[0]], campagne).await;
    let n = &mut noeuds[0];
    let premiere =
        n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 3), lieu("BFC02", "25", 4)], 20, 1), 1, None);
    banc.publie(n, &premiere).await;
    let gestionnaire = banc.jeton_avec(Role::GestionnaireHub, &[], &[], true).await;
    for dispositif in ["BFC01", "BFC02"] {
        let demande = format!(
            "remonteeControler(remontee: {{campagne: \"2026-T1\", emetteur: \"{}\", dispositif: \"{dispositif}\"}})",
            n.id
        );
        assert_eq!(passe(&banc, &gestionnaire, &demande).await["remontee"]["etat"], "CONTROLEE");
    }
    // The first dispositif is drawn from the same seed: its figures are the same, those of the second are not.
    let seconde =
        n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 3), lieu("BFC02", "25", 5)], 20, 1), 2, n.tete);
    assert_eq!(banc.publie(n, &seconde).await.0, StatusCode::CREATED);
    let lues = banc
        .graphql_de(Some(&gestionnaire), r#"{ remontees(campagne: "2026-T1") { nodes { dispositif etat } } }"#)
        .await;
    assert_eq!(
        lues["data"]["remontees"]["nodes"],
        json!([{ "dispositif": "BFC01", "etat": "CONTROLEE" }, { "dispositif": "BFC02", "etat": "TRANSMISE" }])
    );
}

#[tokio::test]
async fn progress_is_told_to_who_may_know_it_when_something_arrives() {
    use async_graphql::futures_util::StreamExt as _;
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "[[campagne]]\ncode = \"2026-T1\"\n").await;
    let demande = |role: Role| {
        let appelant = hub::acces::Appelant::de_role("essai".to_owned(), role, vec![]);
        let requete = async_graphql::Request::new(
            r#"subscription { campagneAvancement(code: "2026-T1") { attendues recues jamaisRecues } }"#,
        );
        let requete = banc.service.equipe(requete, appelant);
        banc.service.schema().execute_stream(requete).boxed()
    };
    let refusee = demande(Role::Public).next().await.unwrap();
    assert_eq!(serde_json::to_value(&refusee).unwrap()["errors"][0]["extensions"]["code"], "ACCES_REFUSE");
    let mut flux = demande(Role::Cfea);
    let lu = |r: Option<async_graphql::Response>| {
        serde_json::to_value(r.unwrap()).unwrap()["data"]["campagneAvancement"].clone()
    };
    assert_eq!(lu(flux.next().await), json!({ "attendues": 2, "recues": 0, "jamaisRecues": 2 }));
    let signee = n.scelle(&fiches(&n.id, "2026-T1", &[lieu("BFC01", "70", 3)], 1), 1, None);
    assert_eq!(banc.publie(&mut n, &signee).await.0, StatusCode::CREATED);
    assert_eq!(lu(flux.next().await), json!({ "attendues": 2, "recues": 1, "jamaisRecues": 1 }));
}
