//! The API: French names, statuses, pages, limits, and a number of statements that does not grow.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use hub::acces::Role;
use referentiel::horloge::Horloge as _;
use serde_json::{Value, json};

use crate::banc::{Banc, six_noeuds};
use crate::population::{fiches, indicateurs, lieu};

async fn banc(lieux: usize) -> Banc {
    let mut noeuds = six_noeuds();
    noeuds.truncate(2);
    let banc = Banc::sqlite(&[&noeuds[0], &noeuds[1]], "").await;
    for (rang, n) in noeuds.iter_mut().enumerate() {
        let departements = ["70", "25", "39", "58", "71", "89", "90", "21"];
        let lieux: Vec<_> =
            (0..lieux).map(|i| lieu(&format!("BF{}{i:02}", ["C", "D"][rang]), departements[i], 5)).collect();
        for contenu in [fiches(&n.id, "2026-T1", &lieux, 1), indicateurs(&n.id, "2026-T1", &lieux, 20, 9)] {
            let signee = n.scelle(&contenu, 1, None);
            assert_eq!(banc.publie(n, &signee).await.0, StatusCode::CREATED);
        }
    }
    banc
}

fn noeuds<'v>(reponse: &'v Value, champ: &str) -> &'v Vec<Value> {
    reponse["data"][champ]["nodes"].as_array().unwrap_or_else(|| panic!("{reponse}"))
}

#[tokio::test]
async fn cells_carry_their_status_their_definition_and_their_place() {
    let banc = banc(1).await;
    let r = banc
        .graphql(
            r#"{ observations(campagne: "2026-T1", indicateur: "EA01", niveau: DISPOSITIF, ventilation: [{axe: "emploi", modalite: "EMP"}], emetteur: "cdg-287000012") {
            nodes { indicateur { code libelle unite } periode audience territoire { niveau code nom } ventilation { axe modalite libelle } valeur numerateur taux statut } } }"#,
        )
        .await;
    let o = &noeuds(&r, "observations")[0];
    assert_eq!(o["territoire"], json!({ "niveau": "DISPOSITIF", "code": "BFC00", "nom": "Dispositif BFC00" }));
    assert_eq!(o["ventilation"], json!([{ "axe": "emploi", "modalite": "EMP", "libelle": "En emploi" }]));
    assert_eq!(
        (&o["audience"], &o["periode"], &o["indicateur"]["unite"]),
        (&json!("RESEAU"), &json!("2026-T1"), &json!("personnes"))
    );
    assert_eq!(o["statut"] == "SECRET", o["valeur"].is_null());
    let r = banc.graphql(r#"{ observations(campagne: "2026-T1", indicateur: "EA10", niveau: DISPOSITIF) { nodes { valeur numerateur denominateur taux statut } } }"#).await;
    let taux = &noeuds(&r, "observations")[0];
    assert_eq!(
        (&taux["denominateur"], &taux["statut"], taux["valeur"].is_null()),
        (&json!("100"), &json!("PUBLIE"), true),
        "{r}"
    );
    assert_eq!(
        taux["taux"].as_str().unwrap().parse::<f64>().unwrap(),
        taux["numerateur"].as_str().unwrap().parse::<f64>().unwrap() / 100.0
    );
}

#[tokio::test]
async fn fiches_carry_file_active_and_occupation_in_one_statement() {
    let banc = banc(2).await;
    let avant = banc.service.db().compte_requetes();
    let r = banc
        .graphql(r#"{ dispositifs(region: "27", campagne: "2026-T1") { nodes { reference nom departement { nom } capacite etpTotal fileActive { valeur statut } tauxOccupation { valeur } emetteur { organisme } } pageInfo { hasNextPage } } }"#)
        .await;
    assert_eq!(banc.service.db().compte_requetes() - avant, 1);
    let d = &noeuds(&r, "dispositifs")[0];
    assert_eq!(d["departement"]["nom"], "Haute-Saône");
    assert_eq!(
        (&d["etpTotal"], &d["capacite"], &d["fileActive"]),
        (&json!("4.50"), &json!(50), &json!({ "valeur": "100", "statut": "PUBLIE" }))
    );
    assert_eq!(d["tauxOccupation"], Value::Null, "not published by this node: absent, not invented");
}

#[tokio::test]
async fn pages_follow_each_other_without_hole_or_double() {
    let banc = banc(3).await;
    let question = "query($apres: String) { observations(campagne: \"2026-T1\", premier: 100, apres: $apres) { nodes { indicateur { code } territoire { code niveau } ventilation { axe modalite } emetteur { identifiant } } pageInfo { hasNextPage endCursor } } }";
    let (mut vus, mut apres) = (std::collections::BTreeSet::new(), Value::Null);
    let mut total = 0;
    loop {
        let r = banc.graphql_avec(question, json!({ "apres": apres })).await;
        for n in noeuds(&r, "observations") {
            total += 1;
            vus.insert(n.to_string());
        }
        let page = &r["data"]["observations"]["pageInfo"];
        if page["hasNextPage"] == false {
            break;
        }
        apres = page["endCursor"].clone();
    }
    assert_eq!(vus.len(), total, "no cell twice");
    let cellules: i64 = banc
        .service
        .db()
        .ligne("/* essai.compte */ SELECT COUNT(*) FROM observation WHERE audience = 'reseau'", vec![])
        .await
        .unwrap()
        .unwrap()
        .int(0)
        .unwrap();
    assert_eq!(total as i64, cellules, "no cell missed");
}

#[tokio::test]
async fn the_number_of_statements_does_not_grow_with_the_rows() {
    let questions = [
        r#"{ observations(campagne: "2026-T1", premier: 100) { nodes { emetteur { nom regions { nom } } territoire { nom } indicateur { libelle } valeur } } }"#,
        r#"{ dispositifs(premier: 100) { nodes { reference fileActive { valeur } emetteur { regions { nom } } } } }"#,
        r#"{ emetteurs { nodes { nom regions { nom } } } campagnes { nodes { libelle } } }"#,
        r#"{ publications(premier: 100) { nodes { emetteur { nom } cellules motifs { code } } } }"#,
        r#"{ completude(campagne: "2026-T1") { emetteur { nom } recues } }"#,
    ];
    let (petit, grand) = (banc(1).await, banc(8).await);
    for question in questions {
        let mut comptes = vec![];
        for banc in [&petit, &grand] {
            let avant = banc.service.db().compte_requetes();
            let r = banc.graphql(question).await;
            assert!(r.get("errors").is_none(), "{r}");
            comptes.push(banc.service.db().compte_requetes() - avant);
        }
        assert_eq!(comptes[0], comptes[1], "{question}");
        assert!(comptes[0] <= 2, "{question}: {comptes:?}");
    }
    for chemin in ["/?campagne=2026-T1&region=27", "/?colonnes=departements"] {
        let mut comptes = vec![];
        for banc in [&petit, &grand] {
            let avant = banc.service.db().compte_requetes();
            assert_eq!(banc.brute("GET", chemin, None, b"").await.0, StatusCode::OK);
            comptes.push(banc.service.db().compte_requetes() - avant);
        }
        assert_eq!(comptes, [4, 4], "{chemin}");
    }
}

#[tokio::test]
async fn the_audience_can_only_be_narrowed() {
    let banc = banc(1).await;
    let r = banc
        .graphql(r#"{ observations(campagne: "2026-T1", audience: PUBLIC, premier: 1) { nodes { audience } } }"#)
        .await;
    assert_eq!(noeuds(&r, "observations")[0]["audience"], "PUBLIC");
    let mut noeuds = six_noeuds();
    noeuds.truncate(1);
    let public = Banc::sqlite(&[&noeuds[0]], "").await;
    let configuration = hub::configuration::Configuration {
        hub: hub::configuration::Hub {
            audience_par_defaut: referentiel::cellule::Audience::Public,
            ..public.service.configuration().hub.clone()
        },
        ..public.service.configuration().clone()
    };
    let appelant = hub::acces::Appelant::anonyme(configuration.hub.audience_par_defaut);
    let schema = hub::restitution::graphql::schema(&configuration);
    let question = r#"{ observations(campagne: "2026-T1", audience: RESEAU) { nodes { statut } } }"#;
    let guichet = hub::acces::Guichet::ouvre(public.service.db().clone(), configuration.into(), appelant);
    let r =
        hub::restitution::graphql::execute(&schema, question, Value::Null, guichet, public.horloge.maintenant()).await;
    assert_eq!(serde_json::to_value(&r.errors[0].extensions).unwrap()["code"], "AUDIENCE_REFUSEE");
}

#[tokio::test]
async fn only_bounded_json_posts_are_answered() {
    let banc = banc(1).await;
    assert_eq!(banc.brute("GET", "/graphql?query={bilan{accuses}}", None, b"").await.0, StatusCode::METHOD_NOT_ALLOWED);
    let corps = json!({ "query": "{ bilan { accuses } }" }).to_string();
    for media in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let requete =
            Request::post("/graphql").header(header::CONTENT_TYPE, media).body(Body::from(corps.clone())).unwrap();
        assert_eq!(banc.envoie(requete).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{media}");
    }
    let long = json!({ "query": format!("{{ bilan {{ accuses }} }} #{}", "x".repeat(70_000)) }).to_string();
    let requete =
        Request::post("/graphql").header(header::CONTENT_TYPE, "application/json").body(Body::from(long)).unwrap();
    assert_eq!(banc.envoie(requete).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let batch = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(format!("[{corps}]")))
        .unwrap();
    assert_eq!(banc.envoie(batch).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn costly_and_wrong_questions_get_a_code_and_a_short_message() {
    let banc = banc(1).await;
    let code = |r: &Value| r["errors"][0]["extensions"]["code"].as_str().map(str::to_owned);
    let profonde = format!(
        "{{ observations(campagne: \"2026-T1\") {{ nodes {{ emetteur {{ regions {{ nom {} }} }} }} }} }}",
        "{ x ".repeat(9) + &"}".repeat(9)
    );
    let etoffe = "nodes { indicateur { code libelle unite nature definition source jeu } territoire { code nom } emetteur { nom regions { nom } } }";
    let large: String =
        (0..8).map(|i| format!("a{i}: observations(campagne: \"2026-T1\", premier: 100) {{ {etoffe} }} ")).collect();
    for (question, attendu) in [
        (profonde.as_str(), "REQUETE_INVALIDE"),
        (&format!("{{ {large} }}"), "REQUETE_INVALIDE"),
        (r#"{ observations(campagne: "2026-T1", premier: 101) { nodes { statut } } }"#, "PAGE_INVALIDE"),
        (r#"{ observations(campagne: "2026-T1", premier: -1) { nodes { statut } } }"#, "PAGE_INVALIDE"),
        (r#"{ observations(campagne: "2026-T1", apres: "abc") { nodes { statut } } }"#, "CURSEUR_INVALIDE"),
        (r#"{ observations { nodes { statut } } }"#, "FILTRE_REQUIS"),
        (r#"{ observations(campagne: "x", emetteur: "cdg-1") { nodes { statut } } }"#, "IDENTIFIANT_INVALIDE"),
        ("{ inconnu }", "REQUETE_INVALIDE"),
        ("{ ", "SYNTAXE"),
    ] {
        let r = banc.graphql(question).await;
        assert_eq!(code(&r).as_deref(), Some(attendu), "{question}: {r}");
        assert!(r.to_string().len() < 1024, "{r}");
    }
    let introspection = banc
        .graphql("{ __schema { queryType { fields { name args { name type { kind ofType { kind name } } } } } } }")
        .await;
    assert!(introspection.get("errors").is_none(), "{introspection}");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    let mut configuration = banc.service.configuration().clone();
    configuration.hub.delai = 0;
    let lent = banc.avec(configuration).await;
    // A question whose end never comes: nothing depends on how fast this machine is.
    let sans_fin = async_graphql::futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let requete = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
    let requete = requete.body(Body::from_stream(sans_fin)).unwrap();
    assert_eq!(lent.envoie(requete).await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_past_is_served_again_and_the_changed_slices_are_named() {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    let premiere = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 5)], 20, 1), 1, None);
    banc.publie(&mut n, &premiere).await;
    let question = |reste: &str| {
        format!(
            r#"{{ observations(campagne: "2026-T1", indicateur: "EA01", niveau: DISPOSITIF, axes: [] {reste}) {{ nodes {{ territoire {{ code nom }} valeur statut }} }}
              completude(campagne: "2026-T1" {reste}) {{ recues }} remontees(campagne: "2026-T1" {reste}) {{ nodes {{ etat historique {{ le }} }} }} }}"#
        )
    };
    let avant = banc.graphql(&question("")).await;
    assert_eq!(avant["data"]["observations"]["nodes"][0]["valeur"], "100", "{avant}");
    let a_venir = question(r#", aLaDate: "2026-06-30T00:00:00Z""#);
    assert_eq!(banc.graphql(&a_venir).await, avant, "what is asked of a day to come is what is known");
    banc.regle("2026-05-02T08:00:00Z");
    let seconde = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC02", "70", 6)], 20, 2), 2, n.tete);
    banc.publie(&mut n, &seconde).await;
    let fiche = n.scelle(&fiches(&n.id, "2026-T1", &[lieu("BFC02", "70", 6)], 1), 1, None);
    banc.publie(&mut n, &fiche).await;
    let apres = banc.graphql(&question("")).await;
    assert_eq!(apres["data"]["remontees"]["nodes"][0]["etat"], "TRANSMISE");
    assert_ne!(avant["data"], apres["data"]);
    for _ in 0..2 {
        let passe = banc.graphql(&question(r#", aLaDate: "2026-04-30T00:00:00Z""#)).await;
        assert_eq!(passe, avant, "as it was, the second time from what was kept");
    }
    let present = banc.graphql(&a_venir).await;
    assert_eq!(present, apres, "the register tells the same as the read models");
    let sans = banc
        .graphql(r#"{ observations(indicateur: "EA01", aLaDate: "2026-04-30T00:00:00Z") { nodes { valeur } } }"#)
        .await;
    assert_eq!(sans["errors"][0]["extensions"]["code"], "FILTRE_REQUIS");
    for (depuis, nombre) in [("2026-05-02T07:00:00Z", 1), ("2026-05-02T08:00:00Z", 0)] {
        let lues = banc
            .graphql(&format!(r#"{{ dispositifs(misAJourDepuis: "{depuis}") {{ nodes {{ reference }} }} publications(misAJourDepuis: "{depuis}") {{ nodes {{ jeu }} }}
              observations(campagne: "2026-T1", indicateur: "EA01", niveau: DISPOSITIF, axes: [], misAJourDepuis: "{depuis}") {{ nodes {{ valeur }} }} }}"#))
            .await;
        assert_eq!(noeuds(&lues, "dispositifs").len(), nombre, "{lues}");
        assert_eq!(noeuds(&lues, "observations").len(), nombre);
        assert_eq!(noeuds(&lues, "publications").len(), nombre * 2);
    }
}

#[test]
fn the_committed_sdl_is_that_of_the_code() {
    let chemin = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schema/graphql/hub.graphql");
    let engage = std::fs::read_to_string(chemin).unwrap_or_default();
    assert!(engage == hub::restitution::graphql::sdl(), "run: maillage-hub schema > schema/graphql/hub.graphql");
}

#[tokio::test]
async fn counts_and_states_are_told_as_they_were() {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "[[campagne]]\ncode = \"2026-T1\"\nlimite_depot = \"2026-04-15\"\n").await;
    let premiere = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 5)], 20, 1), 1, None);
    banc.publie(&mut n, &premiere).await;
    let question = |date: &str| {
        format!(
            "{{ bilan{date} {{ observations publications accuses refus }} campagnes{date} {{ nodes {{ code etat }} }} }}"
        )
    };
    let avant = banc.graphql(&question("")).await;
    banc.regle("2026-05-02T08:00:00Z");
    let seconde = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC02", "70", 9)], 20, 2), 2, n.tete);
    let autre = n.scelle(&indicateurs(&n.id, "2026-T2", &[lieu("BFC02", "70", 9)], 20, 2), 1, None);
    for signee in [seconde, autre] {
        banc.publie(&mut n, &signee).await;
    }
    let gestion = banc.jeton_avec(Role::GestionnaireHub, &[], &[], true).await;
    let close = banc.graphql_de(Some(&gestion), r#"mutation { campagneClore(code: "2026-T1") { __typename } }"#).await;
    assert!(close.get("errors").is_none(), "{close}");
    let apres = banc.graphql(&question("")).await;
    assert_eq!(apres["data"]["campagnes"]["nodes"][1]["etat"], "CLOSE", "{apres}");
    assert_ne!(avant["data"]["bilan"], apres["data"]["bilan"]);
    assert_eq!(banc.graphql(&question(r#"(aLaDate: "2026-04-30T00:00:00Z")"#)).await, avant);
    assert_eq!(banc.graphql(&question(r#"(aLaDate: "2026-06-30T00:00:00Z")"#)).await, apres);
}

#[tokio::test]
async fn a_hub_may_answer_anybody_the_stored_questions_only() {
    let n = six_noeuds().swap_remove(0);
    let dossier = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/graphql/questions");
    let banc =
        Banc::sqlite(&[&n], &format!("[questions]\nlibres = false\ndossier = \"{}\"\n", dossier.display())).await;
    let demande = async |jeton: Option<&str>, corps: Value| {
        let mut requete = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        if let Some(jeton) = jeton {
            requete = requete.header(header::AUTHORIZATION, format!("Bearer {jeton}"));
        }
        let (_, texte) = banc.envoie(requete.body(Body::from(corps.to_string())).unwrap()).await;
        serde_json::from_str::<Value>(&texte).unwrap()
    };
    let libre = json!({ "query": "{ campagnes { nodes { code } } }" });
    let refusee = demande(None, libre.clone()).await;
    assert_eq!(refusee["errors"][0]["extensions"]["code"], "QUESTION_NON_ENREGISTREE");
    let jeton = banc.jeton(Role::Dreets, &["27"]).await;
    assert!(demande(Some(&jeton), libre).await.get("errors").is_none());
    // Every stored question of the project is answered, with its variables.
    for (nom, texte) in &banc.service.configuration().questions.enregistrees {
        let variables = json!({ "region": "27", "campagne": "2026-T1" });
        let lue = demande(None, json!({ "documentId": nom, "variables": variables })).await;
        assert!(lue.get("errors").is_none(), "{nom}: {lue}\n{texte}");
    }
    assert_eq!(banc.service.configuration().questions.enregistrees.len(), 3);
}

#[tokio::test]
async fn centres_keep_the_names_they_had() {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    let premiere = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 5)], 20, 1), 1, None);
    banc.publie(&mut n, &premiere).await;
    let question = |date: &str| {
        format!(
            r#"{{ emetteurs{} {{ nodes {{ nom organisme }} }}
              observations(campagne: "2026-T1", indicateur: "EA01", niveau: REGION, axes: [] {date}) {{ nodes {{ emetteur {{ nom }} }} }} }}"#,
            if date.is_empty() { String::new() } else { format!("({})", date.trim_start_matches(", ")) }
        )
    };
    let avant = banc.graphql(&question("")).await;
    assert_eq!(avant["data"]["emetteurs"]["nodes"][0]["nom"], "Centre 0", "{avant}");
    banc.regle("2026-05-02T08:00:00Z");
    let mut renommee = banc.service.configuration().clone();
    renommee.noeuds[0].0.nom = "Centre fusionné".to_owned();
    let banc = banc.avec(renommee).await;
    let apres = banc.graphql(&question("")).await;
    assert_eq!(apres["data"]["emetteurs"]["nodes"][0]["nom"], "Centre fusionné", "{apres}");
    assert_eq!(banc.graphql(&question(r#", aLaDate: "2026-04-30T00:00:00Z""#)).await, avant);
    assert_eq!(banc.graphql(&question(r#", aLaDate: "2026-06-30T00:00:00Z""#)).await, apres);
    let naissance = banc.graphql(r#"{ emetteurs(aLaDate: "2020-01-01T00:00:00Z") { nodes { nom } } }"#).await;
    assert_eq!(naissance["data"]["emetteurs"]["nodes"], serde_json::json!([]), "unknown then");
}

#[tokio::test]
async fn who_was_expected_is_told_as_it_was_declared() {
    let mut noeuds = six_noeuds();
    let mut n = noeuds.swap_remove(0);
    let banc =
        Banc::sqlite(&[&n, &noeuds[1]], "[[campagne]]\ncode = \"2026-T1\"\nlimite_depot = \"2026-04-30\"\n").await;
    let premiere = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 5)], 20, 1), 1, None);
    banc.publie(&mut n, &premiere).await;
    let question = |date: &str| {
        format!(
            r#"{{ campagne(code: "2026-T1" {date}) {{ limiteDepot }}
              completude(campagne: "2026-T1" {date}) {{ emetteur {{ identifiant }} jeu attendues jamaisRecues }}
              remontees(campagne: "2026-T1" {date}) {{ nodes {{ dispositif etat }} }} }}"#
        )
    };
    let avant = banc.graphql(&question("")).await;
    assert!(avant.get("errors").is_none(), "{avant}");
    banc.regle("2026-05-02T08:00:00Z");
    // The second centre is struck off, the first one is now expected dispositif by dispositif, later.
    let mut changee = banc.service.configuration().clone();
    let id = n.id.to_string();
    let campagne = &mut changee.campagnes[0];
    campagne.attendus = vec![(id.clone(), "BFC01".to_owned()), (id, "BFC09".to_owned())];
    campagne.limite_depot = Some("2026-05-31T21:59:59Z".parse().unwrap());
    let banc = banc.avec(changee).await;
    let apres = banc.graphql(&question("")).await;
    assert_ne!(avant["data"]["campagne"], apres["data"]["campagne"]);
    for attendues in apres["data"]["completude"].as_array().unwrap().iter().map(|l| &l["attendues"]) {
        assert_eq!(*attendues, 2, "{apres}");
    }
    assert_eq!(banc.graphql(&question(r#", aLaDate: "2026-04-25T00:00:00Z""#)).await, avant);
    let maintenant = banc.graphql(&question(r#", aLaDate: "2026-06-30T00:00:00Z""#)).await;
    assert_eq!(
        (&maintenant["data"]["campagne"], &maintenant["data"]["completude"]),
        (&apres["data"]["campagne"], &apres["data"]["completude"])
    );
}
