//! The path of one fact, from the cell of a workbook to the hub's answer, with the real programs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it saw and stops at the first surprise"
)]

use std::collections::BTreeMap;
use std::fs;

use maillage_tests::terrain::{Terrain, centre};
use serde_json::{Value, json};
use xtask::recit::{Personne, TRIMESTRES, quarts};

const CAMPAGNE: &str = "2026-T1";

fn personnes(dossier: &str) -> Vec<Personne> {
    let centre = centre(dossier).unwrap();
    let quarts = centre.dispositifs.iter().flat_map(quarts);
    quarts.flat_map(|(_, t)| t.personnes).collect()
}

/// The figure of a cell in a JSON list of cells.
fn cellule<'a>(cellules: &'a Value, indicateur: &str, niveau: &str, ventilation: &Value) -> &'a Value {
    cellules
        .as_array()
        .unwrap()
        .iter()
        .find(|c| {
            c["indicateur"] == indicateur
                && c["niveau"] == niveau
                && (c["ventilation"] == *ventilation || (c["ventilation"].is_null() && *ventilation == json!({})))
        })
        .unwrap_or_else(|| panic!("no cell {indicateur} {niveau} {ventilation}"))
}

#[test]
fn one_event_goes_through_the_nine_steps() {
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    let hub = terrain.sert().unwrap();
    let (_, quart) = quarts(&cdg70.dispositifs[0]).pop().unwrap();
    let suivies: Vec<&Personne> = quart.personnes.iter().filter(|p| p.statut == "Suivi par le dispositif").collect();
    let evenement = suivies.iter().find(|p| p.emploi == "CDI").unwrap();
    let en_emploi = ["CDI", "CDD", "Contrat en intérim", "Contrat en alternance"];
    let attendu_suivi = suivies.len();
    let attendu_emploi = suivies.iter().filter(|p| en_emploi.contains(&p.emploi)).count();

    // 1 saisie
    let fichier = terrain.classeur(cdg70, "BFC01", CAMPAGNE);
    let sortie = terrain.execute(cdg70, &["importer", &fichier.to_string_lossy(), "--json"]).unwrap();
    let verdict: Value = serde_json::from_str(&sortie).unwrap();
    assert_eq!(verdict["comptes"]["bloquants"], 0);
    let enregistre = evenement_enregistre(&terrain, &evenement.reference);
    assert_eq!(enregistre["emploi"], "CDI");
    println!("1 saisie       un évènement « CDI », suivi, parmi {}", verdict["comptes"]["evenements"]);

    // 2 indicateurs
    let sortie = terrain.execute(cdg70, &["indicateurs", "--campagne", CAMPAGNE, "--json"]).unwrap();
    let indicateurs: Value = serde_json::from_str(&sortie).unwrap();
    let brutes = &indicateurs["cellules"];
    assert_eq!(cellule(brutes, "EA01", "dispositif", &json!({}))["valeur"], json!(attendu_suivi.to_string()));
    let taux = cellule(brutes, "EA10", "dispositif", &json!({}));
    assert_eq!(taux["numerateur"], json!(attendu_emploi.to_string()));
    println!("2 indicateurs  EA01 = {attendu_suivi}, EA10 = {attendu_emploi}/{attendu_suivi}");

    // 3 secret statistique
    let sortie = terrain.execute(cdg70, &["apercu", "--campagne", CAMPAGNE, "--json"]).unwrap();
    let apercu: Value = serde_json::from_str(sortie.lines().last().unwrap()).unwrap();
    let protegees = &apercu["audiences"][0]["cellules"];
    let seuil = apercu["audiences"][0]["politique"]["seuil"].as_u64().unwrap();
    let masquees = protegees.as_array().unwrap().iter().filter(|c| c["statut"] == "secret").count();
    assert!(masquees > 0);
    for c in protegees.as_array().unwrap() {
        let effectif = c["valeur"]["effectif"].as_u64().unwrap_or(0);
        assert!(effectif == 0 || effectif >= seuil, "{c}");
    }
    println!("3 secret       {masquees} cellules masquées, aucune visible entre 1 et {}", seuil - 1);

    // 4 publication, 5 outbox
    let sortie = terrain.execute(cdg70, &["publier", "--campagne", CAMPAGNE]).unwrap();
    assert!(sortie.contains("Position 2 acceptée"), "{sortie}");
    let envois: Value = serde_json::from_str(&terrain.execute(cdg70, &["envois", "--json"]).unwrap()).unwrap();
    let envoi = &envois[0];
    assert_eq!((&envoi["jeu"], &envoi["etat"]), (&json!("ea.indicateurs"), &json!("accepte")));
    println!("4 publication  scellée en position {}, empreinte {}", envoi["seq"], envoi["empreinte"]);
    println!("5 outbox       accusé signé conservé : {} octets", envoi["accuse"].as_str().unwrap().len());

    // 6 ingest, 7 validation
    let publications =
        terrain.demande("{ publications { nodes { empreinte statut position cellules jeu } } }").unwrap();
    let recue = publications["publications"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["jeu"] == "ea.indicateurs")
        .unwrap();
    assert_eq!((&recue["empreinte"], &recue["statut"]), (&envoi["empreinte"], &json!("ACCEPTEE")));
    println!("6 ingest       la même empreinte au hub");
    println!("7 validation   {} cellules revérifiées", recue["cellules"]);

    // 8 store, 9 restitution
    let question = r#"{ observations(campagne: "2026-T1", indicateur: "EA01", niveau: DISPOSITIF, territoire: "BFC01", axes: []) { nodes { valeur statut } } }"#;
    let observation = &terrain.demande(question).unwrap()["observations"]["nodes"][0];
    assert_eq!(observation["valeur"].to_string().trim_matches('"'), attendu_suivi.to_string());
    println!("8 store        observation enregistrée avec son accusé");
    println!("9 restitution  GraphQL : EA01 de BFC01 = {}", observation["valeur"]);
    assert!(terrain.page("/?campagne=2026-T1&region=27&colonnes=dispositifs").unwrap().contains("BFC01"));

    drop(hub);
    let verification = terrain.hub(&["verifier"]).unwrap().output().unwrap();
    assert!(verification.status.success(), "{}", String::from_utf8_lossy(&verification.stdout));
}

/// The event as the node's store holds it, read through the store itself.
fn evenement_enregistre(terrain: &Terrain, reference: &str) -> Value {
    let chemin = terrain.dossier().join("cdg70/node.db");
    let noeud = "cdg-287000012".parse().unwrap();
    let remontees = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let base = node_storage::Base::ouvre(&chemin, &noeud).await.unwrap();
        let remontees = base.remontees(CAMPAGNE.parse().unwrap()).await.unwrap();
        base.ferme().await;
        remontees
    });
    let evenement = remontees[0].evenements.iter().find(|e| e.personne.as_str() == reference).unwrap();
    json!({ "emploi": evenement.emploi.code(), "statut": evenement.statut.code() })
}

#[test]
fn the_same_file_changes_nothing_and_an_undo_gives_everything_back() {
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    let fichier = terrain.classeur(cdg70, "BFC01", CAMPAGNE);
    let fichier = fichier.to_string_lossy();
    let importe = || -> Value {
        serde_json::from_str(&terrain.execute(cdg70, &["importer", &fichier, "--json"]).unwrap()).unwrap()
    };
    let avant = importe();
    assert!(avant["import"]["comptes"]["crees"].as_u64().unwrap() > 50);
    let encore = importe();
    assert_eq!(encore["import"]["deja_fait"], true);
    assert_eq!(encore["import"]["comptes"]["crees"], 0);
    terrain.execute(cdg70, &["annuler-import", "1"]).unwrap();
    let refus = terrain.noeud(cdg70, &["indicateurs", "--campagne", CAMPAGNE]).unwrap().output().unwrap();
    assert!(String::from_utf8_lossy(&refus.stderr).contains("Aucune fiche"));
    assert_eq!(importe()["import"]["comptes"]["crees"], avant["import"]["comptes"]["crees"]);
}

#[test]
fn a_dry_run_leaves_no_trace() {
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    let fichier = terrain.classeur(cdg70, "BFC01", CAMPAGNE);
    terrain.execute(cdg70, &["importer", &fichier.to_string_lossy(), "--verifier", "--json"]).unwrap();
    assert!(!terrain.dossier().join("cdg70/node.db").exists());
}

#[test]
fn another_quarter_and_another_dispositif_are_refused_and_nothing_is_stored() {
    let (cdg70, cdg25) = (centre("cdg70").unwrap(), centre("cdg25").unwrap());
    let terrain = Terrain::prepare(&[cdg70, cdg25]).unwrap();
    let configuration = terrain.dossier().join("cdg70/node.toml");
    let mut texte = fs::read_to_string(&configuration).unwrap();
    texte += "\n[[campagne]]\ncode = \"2026-T1\"\ndispositifs = [\"BFC01\"]\n";
    fs::write(&configuration, texte).unwrap();
    let refuse = |fichier: &std::path::Path, attendu: &str| {
        let arguments = ["importer", &fichier.to_string_lossy(), "--campagne", CAMPAGNE, "--json"];
        let sortie = terrain.noeud(cdg70, &arguments).unwrap().output().unwrap();
        assert_eq!(sortie.status.code(), Some(1));
        let verdict: Value = serde_json::from_slice(&sortie.stdout).unwrap();
        let codes: Vec<&str> =
            verdict["anomalies"].as_array().unwrap().iter().map(|a| a["controle"].as_str().unwrap()).collect();
        assert!(codes.contains(&attendu), "{codes:?}");
    };
    refuse(&terrain.classeur(cdg70, "BFC01", TRIMESTRES[1]), "C-EV-02");
    refuse(&terrain.classeur(cdg25, "BFC02", CAMPAGNE), "C-DI-02");
    assert_eq!(terrain.execute(cdg70, &["imports"]).unwrap().trim(), "Aucun import.");
}

#[test]
fn hostile_files_get_a_sentence_and_leave_nothing() {
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    let bon = fs::read(terrain.classeur(cdg70, "BFC01", CAMPAGNE)).unwrap();
    let mut ole = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    ole.resize(4096, 0);
    let mut immense = bon.clone();
    immense.resize(60 << 20, 0);
    let cas: BTreeMap<&str, Vec<u8>> = BTreeMap::from([
        ("vide.xlsx", vec![]),
        ("texte.xlsx", b"ceci n'est pas un classeur".to_vec()),
        ("tronque.xlsx", bon[..bon.len() / 2].to_vec()),
        ("ancien.xls", ole),
        ("immense.xlsx", immense),
    ]);
    for (nom, octets) in cas {
        let chemin = terrain.dossier().join(nom);
        fs::write(&chemin, octets).unwrap();
        let sortie =
            terrain.noeud(cdg70, &["importer", &chemin.to_string_lossy(), "--json"]).unwrap().output().unwrap();
        assert_eq!(sortie.status.code(), Some(2), "{nom}");
        let verdict: Value = serde_json::from_slice(&sortie.stdout).unwrap();
        assert_eq!(verdict["statut"], "illisible", "{nom}");
        assert!(verdict["anomalies"][0]["message"].as_str().unwrap().len() > 30, "{nom}");
    }
    let absent = terrain.noeud(cdg70, &["importer", "nulle-part.xlsx"]).unwrap().output().unwrap();
    assert_eq!(absent.status.code(), Some(2));
    assert_eq!(terrain.execute(cdg70, &["imports"]).unwrap().trim(), "Aucun import.");
}

#[test]
fn nothing_personal_reaches_the_hub() {
    let centres = [centre("cdg70").unwrap(), centre("cdg25").unwrap()];
    let terrain = Terrain::prepare(&centres).unwrap();
    let hub = terrain.sert().unwrap();
    for code in TRIMESTRES {
        for c in centres {
            terrain.publie(c, code).unwrap();
        }
    }
    let mut vus = vec![terrain.page("/?campagne=2026-T1&region=27").unwrap().into_bytes()];
    for question in [
        "{ dispositifs { nodes { reference nom structures emetteur { nom } } } }",
        r#"{ observations(campagne: "2026-T1", premier: 100) { nodes { valeur statut territoire { code nom } } } }"#,
        "{ publications(premier: 100) { nodes { empreinte motifs { message } } } }",
    ] {
        vus.push(terrain.demande(question).unwrap().to_string().into_bytes());
    }
    drop(hub);
    for fichier in ["hub.db", "hub.db-wal", "hub.journal"] {
        vus.extend(fs::read(terrain.dossier().join(fichier)).ok());
    }
    assert!(vus.iter().map(Vec::len).sum::<usize>() > 500_000, "the scan reads the hub's database");
    let mut interdits: Vec<String> = Vec::new();
    for p in centres.iter().flat_map(|c| personnes(c.dossier)) {
        interdits.extend([p.reference, p.naissance.to_string(), p.naissance.format("%d/%m/%Y").to_string()]);
    }
    interdits.extend(["@bfc01.example", "@bfc02.example", "RESPONSABLE"].map(str::to_owned));
    interdits.sort();
    interdits.dedup();
    assert!(interdits.len() > 300);
    let guet = aho_corasick::AhoCorasick::new(&interdits).unwrap();
    for octets in &vus {
        let trouve = guet.find(octets).map(|t| &interdits[t.pattern().as_usize()]);
        assert_eq!(trouve, None, "personal data reached the hub");
    }
}
