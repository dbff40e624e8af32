//! What is never logged: planted in every input of a run of both real programs, at the finest level, then looked for in
//! every line that they wrote. One trace follows a publication from the node to the hub.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use maillage_tests::collecteur::Collecteur;
use maillage_tests::terrain::{Terrain, centre, reussie};
use serde_json::Value;
use xtask::recit::{classeur, quarts};

const CAMPAGNE: &str = "2026-T1";
const NOM: &str = "Ploumanac’h-Kermadec";
const NIR: &str = "184127511600142";
const NOMBRE: u32 = 1_234_577;
const MOT_DE_PASSE: &str = "cheval-agrafe-correct-pile-9417";

/// Lines of a log, as JSON, without what the programs themselves made of the moment.
fn lignes(journal: &str) -> Vec<Value> {
    let lue = |ligne: &str| {
        let mut objet: Value = serde_json::from_str(ligne).unwrap_or_else(|e| panic!("not JSON ({e}): {ligne}"));
        assert!(objet["timestamp"].is_string() && objet["level"].is_string(), "{ligne}");
        objet.as_object_mut().unwrap().remove("timestamp");
        objet
    };
    journal.lines().filter(|l| l.starts_with('{')).map(lue).collect()
}

/// Says something to an address as a stranger would; the answer does not matter.
fn envoie(adresse: &str, methode: &str, chemin: &str, entetes: &str, corps: &str) {
    let hote = adresse.strip_prefix("http://").unwrap();
    let mut flux = TcpStream::connect(hote).unwrap();
    let longueur = corps.len();
    let requete = format!(
        "{methode} {chemin} HTTP/1.1\r\nhost: {hote}\r\nconnection: close\r\ncontent-length: {longueur}\r\n{entetes}\r\n{corps}"
    );
    flux.write_all(requete.as_bytes()).unwrap();
    let mut reponse = Vec::new();
    let _ = flux.read_to_end(&mut reponse);
    assert!(reponse.starts_with(b"HTTP/1.1 "), "{methode} {chemin}");
}

fn avec_entree(mut commande: Command, entree: &str) -> String {
    let mut lancee = commande.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    lancee.stdin.take().unwrap().write_all(entree.as_bytes()).unwrap();
    reussie(&lancee.wait_with_output().unwrap()).unwrap()
}

/// The base64 of a private key, whole.
fn secret_de(pem: &Path) -> String {
    fs::read_to_string(pem).unwrap().lines().filter(|l| !l.starts_with("-----")).collect()
}

/// Everything that strangers and agents may put in a hub, with the planted values in it.
fn malmene_le_hub(adresse: &str, jeton: &str) {
    let json = format!("content-type: application/json\r\nauthorization: Bearer {jeton}\r\n");
    let question = format!(
        r#"{{"query":"query($c: String!) {{ completude(campagne: $c) {{ recues }} inconnu_{NIR} }}","variables":{{"c":"{NOM} {NOMBRE}"}}}}"#
    );
    envoie(adresse, "POST", "/graphql", &json, &question);
    envoie(adresse, "POST", "/graphql", &json, &format!("{{ {NIR} illisible {NOM}"));
    envoie(adresse, "POST", "/graphql", &format!("authorization: Bearer faux-{NIR}\r\n"), &question);
    envoie(adresse, "GET", &format!("/{NIR}?nom=Ploumanac%27h&territoire={NOMBRE}"), "", "");
    envoie(adresse, "GET", &format!("/emploi-accompagne?campagne={NIR}"), &format!("cookie: session={NIR}\r\n"), "");
    envoie(adresse, "GET", &format!("/connexion/retour?error={NIR}%0A%1b%5b2J&state={NIR}"), "", "");
    let formulaire = "content-type: application/x-www-form-urlencoded\r\n";
    let saisie = format!("identifiant={NIR}&mot_de_passe={MOT_DE_PASSE}&code={NOMBRE}&jeton={NIR}");
    envoie(adresse, "POST", "/connexion", formulaire, &saisie);
    let preuve =
        format!("authorization: Maillage-Preuve {NIR}.{jeton}.{NIR}\r\ntraceparent: {NIR}\r\ntracestate: a={NIR}\r\n");
    envoie(adresse, "PUT", &format!("/v1/nodes/cdg-{NIR}/chain/1"), &preuve, &format!("{NOM} {NIR} {NOMBRE}"));
    envoie(adresse, "PUT", &format!("/v1/blobs/{NIR}"), &preuve, &format!("{NOM} {NIR} {NOMBRE}"));
    let demande = format!(r#"{{"node":"cdg-287000012","token":"{NIR}","x":"{NOM}","proof":"{NOMBRE}"}}"#);
    envoie(adresse, "POST", "/v1/enrol", "content-type: application/json\r\n", &demande);
}

#[test]
fn what_is_planted_in_every_input_of_both_programs_is_in_no_line_of_their_logs() {
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    let mut servir = terrain.hub(&["servir"]).unwrap();
    servir.env("MAILLAGE_HUB__HUB__JOURNAL", "json").env("RUST_LOG", "trace");
    let hub = terrain.demarre(servir).unwrap().unwrap();
    let commande_du_hub = |arguments: &[&str]| terrain.hub(arguments).unwrap();
    let creer = ["jeton", "creer", "--role", "dth", "--territoire", "27", "--expire", "90j"];
    let jeton = reussie(&commande_du_hub(&creer).output().unwrap()).unwrap();
    let jeton = jeton.split_whitespace().max_by_key(|mot| mot.len()).unwrap().to_owned();
    let compte = ["compte", "creer", "dth@fiphfp.example", "--role", "dth", "--territoire", "27"];
    let otp = avec_entree(commande_du_hub(&compte), &format!("{MOT_DE_PASSE}\n"));
    let invitation = reussie(&commande_du_hub(&["noeud", "inviter", "cdg-287000012"]).output().unwrap());

    // A workbook with distinctive values, one that is refused, and what leaves of the first.
    let mut journal = String::new();
    let mut noeud = |arguments: &[&str]| {
        let mut commande = terrain.noeud(cdg70, arguments).unwrap();
        commande.env("MAILLAGE_NODE__NOEUD__JOURNAL", "json").env("MAILLAGE_JOURNAL", "trace").env("RUST_LOG", "trace");
        let sortie = commande.output().unwrap();
        journal.push_str(&String::from_utf8_lossy(&sortie.stderr));
        sortie.status.success()
    };
    let dispositif = cdg70.dispositifs.first().unwrap();
    let (_, mut trimestre) = quarts(dispositif).pop().unwrap();
    trimestre.liste_attente = NOMBRE;
    let reference = trimestre.personnes[0].reference.clone();
    let fichier = terrain.dossier().join("plante.xlsx");
    classeur::ecrit(&trimestre, &fichier).unwrap();
    assert!(noeud(&["importer", &fichier.to_string_lossy()]), "the distinctive values are plausible");
    trimestre.personnes[0].structure = Box::leak(format!("{NOM} {NIR}").into_boxed_str());
    classeur::ecrit(&trimestre, &fichier).unwrap();
    noeud(&["importer", &fichier.to_string_lossy()]);
    noeud(&["importer", &format!("{NIR}.xlsx")]);
    for autre in cdg70.dispositifs.iter().skip(1) {
        assert!(noeud(&["importer", &terrain.classeur(cdg70, autre.reference, CAMPAGNE).to_string_lossy()]));
    }
    noeud(&["indicateurs", "--campagne", CAMPAGNE]);
    noeud(&["apercu", "--campagne", CAMPAGNE]);
    assert!(noeud(&["publier", "--campagne", CAMPAGNE]));
    noeud(&["envoyer"]);
    malmene_le_hub(&terrain.adresse(), &jeton);
    hub.arrete().unwrap();
    journal.push_str(&fs::read_to_string(terrain.dossier().join("hub.journal")).unwrap());

    let lues = lignes(&journal);
    let dit = |message: &str| lues.iter().any(|l| l["message"].as_str().is_some_and(|m| m.contains(message)));
    assert!(dit("publication acceptée") && dit("accusé reçu") && dit("connexion refusée"), "the logs say something");
    let cle = |nom: &str| secret_de(&terrain.dossier().join(nom));
    let mut plantes =
        vec![NOM.to_owned(), NIR.to_owned(), NOMBRE.to_string(), MOT_DE_PASSE.to_owned(), jeton, reference];
    plantes.extend(["hub.pem", "registre.pem", "reference.pem", "cdg70/node.pem"].map(cle));
    plantes.push(secret_de(&terrain.dossier().join("acces.secret")));
    plantes.extend(otp.split_whitespace().filter(|mot| mot.len() >= 16).map(str::to_owned));
    plantes.extend(invitation.iter().flat_map(|i| i.split_whitespace()).filter(|m| m.len() >= 20).map(str::to_owned));
    assert!(plantes.len() >= 11 && plantes.iter().all(|p| p.len() >= 7), "{plantes:?}");
    for plante in &plantes {
        let trahi = lues.iter().find(|l| l.to_string().contains(plante.as_str()));
        assert!(trahi.is_none(), "« {plante} » is in a log: {trahi:?}");
    }
    let longue = lues.iter().map(|l| l.to_string().len()).max().unwrap();
    assert!(longue < 2_000, "a stranger does not write long lines: {longue}");
}

#[test]
fn one_trace_follows_a_publication_from_the_node_to_the_hub_and_to_the_collector() {
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    let collecteur = Collecteur::demarre().unwrap();
    let mut servir = terrain.hub(&["servir"]).unwrap();
    servir.env("MAILLAGE_HUB__HUB__JOURNAL", "json").env("MAILLAGE_HUB__HUB__TRACES", collecteur.adresse());
    let hub = terrain.demarre(servir).unwrap().unwrap();
    for d in cdg70.dispositifs {
        let fichier = terrain.classeur(cdg70, d.reference, CAMPAGNE);
        terrain.execute(cdg70, &["importer", &fichier.to_string_lossy()]).unwrap();
    }
    let mut publier = terrain.noeud(cdg70, &["--journal", "info", "publier", "--campagne", CAMPAGNE]).unwrap();
    publier.env("MAILLAGE_NODE__NOEUD__JOURNAL", "json").env("MAILLAGE_NODE__NOEUD__TRACES", collecteur.adresse());
    let envoi = publier.output().unwrap();
    hub.arrete().unwrap();

    let trace = |l: &Value| l["span"]["trace"].as_str().map(str::to_owned);
    let de = |journal: &str, message: &str| -> Vec<String> {
        lignes(journal).iter().filter(|l| l["message"] == message).filter_map(trace).collect()
    };
    let au_noeud = de(&String::from_utf8_lossy(&envoi.stderr), "accusé reçu");
    let au_hub = de(&fs::read_to_string(terrain.dossier().join("hub.journal")).unwrap(), "publication acceptée");
    assert_eq!(au_noeud.len(), 2, "{}", String::from_utf8_lossy(&envoi.stderr));
    assert_eq!(au_noeud, au_hub, "each publication has one trace on both sides");
    assert_ne!(au_noeud[0], au_noeud[1]);

    let recus = collecteur.recus();
    let contient = |recu: &[u8], texte: &[u8]| recu.windows(texte.len()).any(|f| f == texte);
    for service in ["maillage-node", "maillage-hub"] {
        let de_lui: Vec<_> = recus.iter().filter(|r| contient(r, service.as_bytes())).collect();
        for trace in &au_noeud {
            let octets: Vec<u8> =
                (0..trace.len()).step_by(2).map(|i| u8::from_str_radix(&trace[i..i + 2], 16).unwrap()).collect();
            assert!(de_lui.iter().any(|r| contient(r, &octets)), "{service} did not export {trace}");
        }
    }
}
