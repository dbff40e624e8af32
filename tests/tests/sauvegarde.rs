//! What operators rehearse, with the real programs: a copy made while everything runs is put back elsewhere and answers
//! the same; a folder of the first version opens with today's programs; replicas are replaced one after the other under
//! load. Nothing is lost, nothing is told twice.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test says what it skipped, and stops at a surprise")]

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use maillage_tests::repartiteur::Repartiteur;
use maillage_tests::terrain::{Service, Terrain, centre, port_libre, programmes, reussie};
use serde_json::{Value, json};
use xtask::recit::{Centre, TRIMESTRES};

fn racine() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn execute(commande: &mut Command) -> String {
    reussie(&commande.output().unwrap()).unwrap().replace('\u{a0}', " ")
}

/// Everything that the hub answers to the stored questions, for each quarter, and what it says of its register.
fn reponses(adresse: &str) -> Vec<(String, Value)> {
    let mut questions: Vec<(String, String)> = fs::read_dir(racine().join("schema/graphql/questions"))
        .unwrap()
        .map(|f| f.unwrap().path())
        .map(|f| (f.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(f).unwrap()))
        .collect();
    let autres = [
        (
            "registre",
            "{ publications(premier: 100) { nodes { position jeu campagne revision statut cellules emetteur { identifiant } } } bilan { observations accuses refus } }",
        ),
        (
            "toutes",
            "query($campagne: String!) { observations(campagne: $campagne, premier: 100) { nodes { territoire { code nom } valeur numerateur denominateur statut } } }",
        ),
        ("offre", "{ pratiques(premier: 50) { nodes { cle periode emetteur { nom } } } }"),
    ];
    questions.extend(autres.map(|(nom, texte)| (nom.to_owned(), texte.to_owned())));
    questions.sort();
    let mut lues = vec![];
    for (nom, texte) in questions {
        for campagne in TRIMESTRES {
            let variables = json!({ "campagne": campagne, "region": "27" });
            let corps = json!({ "query": texte, "variables": variables });
            let mut reponse = ureq::post(format!("{adresse}/graphql")).send_json(&corps).unwrap();
            let lue: Value = reponse.body_mut().read_json().unwrap();
            assert!(lue.get("errors").is_none(), "{nom}: {lue}");
            lues.push((format!("{nom} {campagne}"), lue));
        }
    }
    lues
}

fn meme(avant: &[(String, Value)], apres: &[(String, Value)]) {
    for ((nom, avant), (_, apres)) in avant.iter().zip(apres) {
        assert_eq!(avant, apres, "{nom}");
    }
    assert!(avant.len() == apres.len() && avant.iter().any(|(_, r)| r.to_string().len() > 2_000), "{avant:?}");
}

fn importe(terrain: &Terrain, centre: &Centre) {
    for d in centre.dispositifs {
        for code in TRIMESTRES {
            terrain
                .execute(centre, &["importer", &terrain.classeur(centre, d.reference, code).to_string_lossy()])
                .unwrap();
        }
    }
}

/// A folder like that of the hub, with its configuration and its keys, and no base: the machine of the restore.
fn ailleurs(terrain: &Terrain, base: &str) -> (tempfile::TempDir, String, impl Fn(&[&str]) -> Command) {
    let dossier = tempfile::tempdir().unwrap();
    for nom in ["hub.toml", "hub.pem", "registre.pem", "reference.pem"] {
        fs::copy(terrain.dossier().join(nom), dossier.path().join(nom)).unwrap();
    }
    let adresse = format!("127.0.0.1:{}", port_libre().unwrap());
    let (toml, ecoute, base) = (dossier.path().join("hub.toml"), adresse.clone(), base.to_owned());
    let hub = move |arguments: &[&str]| {
        let mut commande = Command::new(programmes().unwrap().join("maillage-hub"));
        commande.arg("--configuration").arg(&toml).args(arguments);
        commande.env("MAILLAGE_HUB__HUB__ECOUTE", &ecoute).env("MAILLAGE_HUB__HUB__BASE", &base);
        commande
    };
    (dossier, format!("http://{adresse}"), hub)
}

/// Put back, verified, rebuilt, verified again, and served.
fn remet(terrain: &Terrain, hub: impl Fn(&[&str]) -> Command) -> Service {
    execute(&mut hub(&["restaurer"]));
    assert!(execute(&mut hub(&["verifier"])).contains("Tout est conforme"));
    execute(&mut hub(&["rebuild"]));
    assert!(execute(&mut hub(&["verifier"])).contains("Tout est conforme"));
    terrain.demarre(hub(&["servir"])).unwrap().unwrap()
}

#[test]
fn copies_of_a_hub_and_of_a_node_made_while_they_run_are_put_back_elsewhere_and_answer_the_same() {
    let (cdg70, cdg25) = (centre("cdg70").unwrap(), centre("cdg25").unwrap());
    let terrain = Terrain::prepare(&[cdg70, cdg25]).unwrap();
    let premier = terrain.sert().unwrap();
    for c in [cdg70, cdg25] {
        importe(&terrain, c);
        terrain.execute(c, &["publier", "--campagne", "2025-T3"]).unwrap();
    }
    terrain.partage(cdg70).unwrap();
    terrain.execute(cdg70, &["publier", "--campagne", "2025-T4"]).unwrap();
    let (copie, copie_du_noeud) = (terrain.dossier().join("hub.copie"), terrain.dossier().join("node.copie"));
    let avant = reponses(&terrain.adresse());
    execute(&mut terrain.hub(&["sauvegarder", "-o", &copie.to_string_lossy()]).unwrap());
    terrain.execute(cdg25, &["sauvegarder", "-o", &copie_du_noeud.to_string_lossy()]).unwrap();
    assert_eq!(droits(&copie), 0o600);
    assert_eq!(droits(&copie_du_noeud), 0o600);
    let encore = terrain.hub(&["sauvegarder", "-o", &copie.to_string_lossy()]).unwrap().output().unwrap();
    assert!(!encore.status.success(), "a copy never replaces another");

    // After the copies: a publication that both will have lost.
    terrain.execute(cdg25, &["publier", "--campagne", "2025-T4"]).unwrap();
    let envois = terrain.execute(cdg25, &["envois", "--json"]).unwrap();
    let tout = reponses(&terrain.adresse());
    drop(premier);

    let (dossier, adresse, hub) = ailleurs(&terrain, "sqlite:hub.db");
    fs::copy(&copie, dossier.path().join("hub.db")).unwrap();
    let _second = remet(&terrain, hub);
    meme(&avant, &reponses(&adresse));

    // The node loses its disk too: it takes its history back, and what the hub had lost leaves again.
    let base = terrain.dossier().join("cdg25/node.db");
    for suite in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suite}", base.display()));
    }
    fs::copy(&copie_du_noeud, &base).unwrap();
    let noeud = |arguments: &[&str]| {
        let mut commande = terrain.noeud(cdg25, arguments).unwrap();
        execute(commande.env("MAILLAGE_NODE__HUB__ADRESSE", &adresse))
    };
    noeud(&["publier", "--campagne", "2025-T4"]);
    let positions = |liste: &str| serde_json::from_str::<Value>(liste).unwrap().as_array().map(Vec::len);
    assert_eq!(positions(&noeud(&["envois", "--json"])), positions(&envois));
    meme(&tout, &reponses(&adresse));
}

fn droits(fichier: &Path) -> u32 {
    fs::metadata(fichier).unwrap().permissions().mode() & 0o777
}

/// A client program of PostgreSQL, with the server of the tests; nothing without a server.
fn serveur() -> Option<(String, impl Fn(&str) -> Command)> {
    let Ok(serveur) = std::env::var("MAILLAGE_PG_URL") else {
        assert!(std::env::var_os("CI").is_none(), "MAILLAGE_PG_URL must name a PostgreSQL server in CI");
        println!("MAILLAGE_PG_URL is not set: nothing was rehearsed on PostgreSQL");
        return None;
    };
    let programmes = std::env::var_os("MAILLAGE_PG_PROGRAMMES").map(PathBuf::from);
    let outil = move |nom: &str| Command::new(programmes.as_ref().map_or_else(|| PathBuf::from(nom), |p| p.join(nom)));
    Some((serveur, outil))
}

fn base_neuve(serveur: &str, outil: &impl Fn(&str) -> Command, nom: &str) -> String {
    for sql in [format!("DROP DATABASE IF EXISTS {nom} WITH (FORCE)"), format!("CREATE DATABASE {nom}")] {
        execute(outil("psql").args([serveur, "-q", "-c", &sql]));
    }
    format!("{}/{nom}", serveur.rsplit_once('/').unwrap().0)
}

#[test]
fn a_dump_of_postgresql_made_while_the_hub_runs_is_put_back_elsewhere_and_answers_the_same() {
    let Some((serveur, outil)) = serveur() else { return };
    let (origine, copie) =
        (base_neuve(&serveur, &outil, "maillage_origine"), base_neuve(&serveur, &outil, "maillage_copie"));
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    let mut servir = terrain.hub(&["servir"]).unwrap();
    servir.env("MAILLAGE_HUB__HUB__BASE", &origine);
    let _premier = terrain.demarre(servir).unwrap().unwrap();
    importe(&terrain, cdg70);
    for code in ["2025-T3", "2025-T4"] {
        terrain.execute(cdg70, &["publier", "--campagne", code]).unwrap();
    }
    terrain.partage(cdg70).unwrap();
    let avant = reponses(&terrain.adresse());
    let refuse = terrain.hub(&["sauvegarder", "-o", "x"]).unwrap().env("MAILLAGE_HUB__HUB__BASE", &origine).output();
    assert!(String::from_utf8_lossy(&refuse.unwrap().stderr).contains("pg_dump"));

    let fichier = terrain.dossier().join("hub.dump");
    execute(outil("pg_dump").args(["--format=custom", "--no-owner", "-d", &origine, "-f"]).arg(&fichier));
    execute(outil("pg_restore").args(["--no-owner", "--exit-on-error", "-d", &copie]).arg(&fichier));
    let (_dossier, adresse, hub) = ailleurs(&terrain, &copie);
    let _second = remet(&terrain, hub);
    meme(&avant, &reponses(&adresse));
}

#[test]
fn a_folder_of_the_first_version_opens_and_its_publications_still_verify() {
    let dossier = tempfile::tempdir().unwrap();
    let ancien = Path::new(env!("CARGO_MANIFEST_DIR")).join("anciens/premiere");
    for nom in ["hub.toml", "hub.pem", "node.toml", "node.pem"] {
        fs::copy(ancien.join(nom), dossier.path().join(nom)).unwrap();
        // The history of the project does not keep who may read a file.
        fs::set_permissions(dossier.path().join(nom), fs::Permissions::from_mode(0o600)).unwrap();
    }
    for nom in ["hub.db", "node.db"] {
        let mut octets = vec![];
        let gz = fs::File::open(ancien.join(format!("{nom}.gz"))).unwrap();
        flate2::read::GzDecoder::new(gz).read_to_end(&mut octets).unwrap();
        fs::write(dossier.path().join(nom), octets).unwrap();
    }
    let adresse = format!("127.0.0.1:{}", port_libre().unwrap());
    let programme = |nom: &str, toml: &str, arguments: &[&str]| {
        let mut commande = Command::new(programmes().unwrap().join(nom));
        commande.arg("--configuration").arg(dossier.path().join(toml)).args(arguments);
        commande.env("MAILLAGE_HUB__HUB__ECOUTE", &adresse);
        commande.env("MAILLAGE_NODE__HUB__ADRESSE", format!("http://{adresse}"));
        commande
    };
    let hub = |arguments: &[&str]| programme("maillage-hub", "hub.toml", arguments);
    let noeud = |arguments: &[&str]| programme("maillage-node", "node.toml", arguments);
    // The read models were written by rules of their time: they are made anew, then everything agrees.
    execute(&mut hub(&["rebuild"]));
    let verifie = execute(&mut hub(&["verifier"]));
    assert!(verifie.contains("2 publications") && verifie.contains("Tout est conforme"), "{verifie}");
    let terrain = Terrain::prepare(&[]).unwrap();
    let _service = terrain.demarre(hub(&["servir"])).unwrap().unwrap();
    let envoye = execute(&mut noeud(&["envoyer"]));
    assert!(envoye.contains("2 envois prouvés"), "{envoye}");
    for position in ["1", "2"] {
        let prouve = execute(&mut noeud(&["verifier-accuse", "--position", position]));
        assert!(prouve.contains("Signature valable") && prouve.contains("acceptée"), "{prouve}");
    }
    // It goes on from there: a correction of the same quarter takes the next positions.
    execute(&mut noeud(&["publier", "--campagne", "2025-T4"]));
    assert!(execute(&mut hub(&["verifier"])).contains("Tout est conforme"));
}

#[test]
fn replicas_replaced_one_after_the_other_under_load_lose_nothing() {
    let Some((serveur, outil)) = serveur() else { return };
    let base = base_neuve(&serveur, &outil, "maillage_tour");
    let centres = [centre("cdg70").unwrap(), centre("cdg25").unwrap()];
    let terrain = Terrain::prepare(&centres).unwrap();
    for c in centres {
        importe(&terrain, c);
    }
    let ports = [port_libre().unwrap(), port_libre().unwrap()];
    let repartiteur = Repartiteur::devant(ports.iter().map(|p| format!("127.0.0.1:{p}")).collect()).unwrap();
    let hub = |arguments: &[&str]| {
        let mut commande = terrain.hub(arguments).unwrap();
        commande.env("MAILLAGE_HUB__HUB__BASE", &base).env("MAILLAGE_HUB__HUB__ADRESSE", repartiteur.adresse());
        commande
    };
    let replique = |port: u16| {
        let mut commande = hub(&["servir"]);
        commande.env("MAILLAGE_HUB__HUB__ECOUTE", format!("127.0.0.1:{port}"));
        terrain.demarre(commande).unwrap().unwrap()
    };
    let deux_repliques = (replique(ports[0]), replique(ports[1]));
    let publie = |c: &Centre| {
        for code in TRIMESTRES {
            // A replica that stops may cut a request short: what is sealed waits, and leaves with what follows.
            let mut commande = terrain.noeud(c, &["publier", "--campagne", code]).unwrap();
            let _ = commande.env("MAILLAGE_NODE__HUB__ADRESSE", repartiteur.adresse()).output().unwrap();
        }
    };
    let _vivantes = std::thread::scope(|ensemble| {
        let (mut une, mut deux) = deux_repliques;
        let publient: Vec<_> = centres.iter().map(|c| ensemble.spawn(|| publie(c))).collect();
        while !publient.iter().all(|p| p.is_finished()) {
            une.arrete().unwrap();
            une = replique(ports[0]);
            deux.arrete().unwrap();
            deux = replique(ports[1]);
        }
        (une, deux)
    });
    for c in centres {
        let mut commande = terrain.noeud(c, &["envoyer"]).unwrap();
        execute(commande.env("MAILLAGE_NODE__HUB__ADRESSE", repartiteur.adresse()));
    }
    assert!(execute(&mut hub(&["verifier"])).contains("Tout est conforme"));
    let (_, registre) =
        reponses(repartiteur.adresse()).into_iter().find(|(nom, _)| nom.starts_with("registre")).unwrap();
    let recues = registre["data"]["publications"]["nodes"].as_array().unwrap();
    let distinctes: std::collections::BTreeSet<String> =
        recues.iter().map(|p| format!("{} {} {}", p["emetteur"], p["jeu"], p["campagne"])).collect();
    assert_eq!((recues.len(), distinctes.len()), (12, 12), "two centres, three quarters, two data sets, each once");
    assert!(recues.iter().all(|p| p["statut"] == "ACCEPTEE"), "{recues:?}");
}
