//! The open-data space: what anybody may see and nothing else, at addresses whose bytes never change.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::banc::{Banc, six_noeuds};
use crate::population::{fiches, indicateurs, lieu};

struct Lue {
    statut: StatusCode,
    etag: Option<String>,
    vers: Option<String>,
    texte: String,
}

async fn lit(banc: &Banc, adresse: &str, connu: Option<&str>) -> Lue {
    let mut requete = Request::get(adresse).header(header::HOST, "hub.test");
    if let Some(etag) = connu {
        requete = requete.header(header::IF_NONE_MATCH, etag);
    }
    let reponse = banc.routes.clone().oneshot(requete.body(Body::empty()).unwrap()).await.unwrap();
    let tete = |nom: header::HeaderName| reponse.headers().get(nom).map(|v| v.to_str().unwrap().to_owned());
    let (statut, etag, vers) = (reponse.status(), tete(header::ETAG), tete(header::LOCATION));
    let octets = axum::body::to_bytes(reponse.into_body(), usize::MAX).await.unwrap();
    Lue { statut, etag, vers, texte: String::from_utf8(octets.to_vec()).unwrap() }
}

#[tokio::test]
async fn a_state_keeps_its_address_and_its_bytes_for_ever() {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    let organisation = n.scelle(&fiches(&n.id, "2026-T1", &[lieu("BFC01", "70", 5)], 1), 1, None);
    let premiere = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 5)], 20, 1), 1, None);
    for signee in [&organisation, &premiere] {
        banc.publie(&mut n, signee).await;
    }
    let adresse = |rang: u64, extension: &str| format!("/donnees/ea.indicateurs/2026-T1/v{rang}.{extension}");
    let mut avant = Vec::new();
    for extension in ["csv", "json", "sdmx.csv"] {
        let lue = lit(&banc, &adresse(1, extension), None).await;
        assert_eq!(lue.statut, StatusCode::OK, "{}", lue.texte);
        // The public sees regions: neither a dispositif nor a département.
        assert!(!lue.texte.contains("BFC01") && lue.texte.contains("EA01"), "{}", lue.texte);
        let inchangee = lit(&banc, &adresse(1, extension), lue.etag.as_deref()).await;
        assert_eq!((inchangee.statut, inchangee.texte.as_str()), (StatusCode::NOT_MODIFIED, ""));
        avant.push(lue);
    }

    banc.regle("2026-05-02T08:00:00Z");
    let corrigee = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 30)], 20, 2), 2, n.tete);
    assert!(banc.publie(&mut n, &corrigee).await.0.is_success());
    for (rang, extension) in ["csv", "json", "sdmx.csv"].into_iter().enumerate() {
        let passee = lit(&banc, &adresse(1, extension), None).await;
        assert_eq!((passee.texte.as_str(), passee.etag), (avant[rang].texte.as_str(), avant[rang].etag.clone()));
        assert_ne!(lit(&banc, &adresse(2, extension), None).await.texte, avant[rang].texte);
        let present = lit(&banc, &format!("/donnees/ea.indicateurs/2026-T1.{extension}"), None).await;
        assert_eq!(present.vers, Some(adresse(2, extension)));
    }
    for absente in [adresse(3, "csv"), adresse(0, "csv"), "/donnees/ea.dispositif/2026-T1/v1.csv".to_owned()] {
        assert_eq!(lit(&banc, &absente, None).await.statut, StatusCode::NOT_FOUND, "{absente}");
    }
}

#[tokio::test]
async fn the_file_the_screen_and_the_catalogue_say_the_same() {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    let signee = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 9)], 20, 1), 1, None);
    banc.publie(&mut n, &signee).await;
    let lue = lit(&banc, "/donnees/ea.indicateurs/2026-T1/v1.csv", None).await;
    let mut csv = csv::Reader::from_reader(lue.texte.as_bytes());
    let entetes = csv.headers().unwrap().clone();
    let colonne = |nom: &str| entetes.iter().position(|e| e == nom).unwrap();
    let (indicateur, territoire, valeur, statut) =
        (colonne("Indicateur"), colonne("Territoire"), colonne("Valeur"), colonne("Statut"));
    let fichier: Vec<Value> = csv
        .records()
        .map(|l| {
            let l = l.unwrap();
            let nombre = (!l[valeur].is_empty()).then(|| l[valeur].to_owned());
            json!([l[indicateur], l[territoire], nombre, l[statut].to_uppercase()])
        })
        .collect();
    // The same cells through the API, page after page, as anybody at the hub reads the audience `public`.
    let (mut ecran, mut apres) = (Vec::new(), Value::Null);
    loop {
        let question = "query($apres: String) { observations(campagne: \"2026-T1\", jeu: \"ea.indicateurs\", audience: PUBLIC,
            niveau: REGION, premier: 100, apres: $apres) { nodes { indicateur { code } territoire { code } valeur taux statut }
            pageInfo { hasNextPage endCursor } } }";
        let page = banc.graphql_avec(question, json!({ "apres": apres })).await;
        let observations = &page["data"]["observations"];
        ecran.extend(observations["nodes"].as_array().unwrap_or_else(|| panic!("{page}")).iter().map(|o| {
            let valeur = if o["valeur"].is_null() { &o["taux"] } else { &o["valeur"] };
            json!([o["indicateur"]["code"], o["territoire"]["code"], valeur, o["statut"]])
        }));
        if observations["pageInfo"]["hasNextPage"] != json!(true) {
            break;
        }
        apres = observations["pageInfo"]["endCursor"].clone();
    }
    assert!(fichier.len() > 20, "{}", fichier.len());
    assert_eq!(fichier, ecran);

    let catalogue: Value = serde_json::from_str(&lit(&banc, "/catalogue.jsonld", None).await.texte).unwrap();
    let jeux = catalogue["dcat:dataset"].as_array().unwrap();
    let indicateurs = jeux.iter().find(|j| j["dct:identifier"] == "ea.indicateurs").unwrap();
    let distributions = indicateurs["dcat:distribution"].as_array().unwrap();
    assert_eq!(distributions.len(), 3);
    for d in distributions {
        let adresse = d["dcat:downloadURL"]["@id"].as_str().unwrap();
        assert_eq!(lit(&banc, adresse, None).await.statut, StatusCode::OK, "{adresse}");
    }
    let schema: Value =
        serde_json::from_str(&lit(&banc, "/donnees/ea.indicateurs/schema.json", None).await.texte).unwrap();
    let champs = schema["fields"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap());
    assert_eq!(champs.collect::<Vec<_>>(), entetes.iter().collect::<Vec<_>>());
    let page = lit(&banc, "/donnees", None).await;
    assert!(page.texte.contains("/donnees/ea.indicateurs/2026-T1/v1.csv"), "{}", page.texte);
}
