//! What operators install agrees with what is built: units and containers run programs of ours with commands that exist,
//! and stay closed; samples are valid settings; manuals cite commands that exist.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use maillage_tests::terrain::programmes;
use serde_json::Value;

/// What a unit never goes without.
const FERMETURES: &[&str] = &[
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateDevices=yes",
    "CapabilityBoundingSet=",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "MemoryDenyWriteExecute=yes",
    "SystemCallFilter=@system-service",
    "UMask=0077",
    "StateDirectoryMode=0700",
];

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("deploy")
}

#[test]
fn units_run_programs_and_commands_that_exist_as_somebody_who_can_do_nothing_else() {
    for nom in ["hub", "node"] {
        let unite = fs::read_to_string(deploy().join(format!("systemd/maillage-{nom}.service"))).unwrap();
        for fermeture in FERMETURES {
            assert!(unite.lines().any(|l| l == *fermeture), "{nom}: {fermeture}");
        }
        assert!(unite.contains(&format!("User=maillage-{nom}\n")));
        for ligne in unite.lines().filter(|l| l.starts_with("ExecStart")) {
            let mots: Vec<&str> = ligne.split_once('=').unwrap().1.split(' ').collect();
            let [programme, "--configuration", fichier, commande @ ..] = mots.as_slice() else {
                unreachable!("{ligne}")
            };
            assert_eq!(*fichier, format!("/etc/maillage/{nom}.toml"));
            let programme = programmes().unwrap().join(programme.strip_prefix("/usr/bin/").unwrap());
            let aide = std::process::Command::new(programme).args(commande).arg("--help").output().unwrap();
            assert!(aide.status.success(), "{ligne}: {}", String::from_utf8_lossy(&aide.stderr));
        }
    }
}

fn yaml(fichier: &str) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(deploy().join(fichier)).unwrap()).unwrap()
}

fn liste(valeur: &Value) -> Vec<String> {
    let textes = |v: &Value| v.as_str().map(str::to_owned);
    match valeur {
        Value::Array(a) => a.iter().filter_map(textes).collect(),
        Value::Object(o) => o.keys().cloned().collect(),
        _ => vec![],
    }
}

#[test]
fn the_compose_file_names_only_what_exists_and_closes_our_containers() {
    let compose = yaml("compose/compose.yaml");
    let services = compose["services"].as_object().unwrap();
    let definis = |quoi: &str| compose[quoi].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let (reseaux, volumes, secrets) = (definis("networks"), definis("volumes"), definis("secrets"));
    assert_eq!(services.keys().filter(|s| s.starts_with("node-")).count(), 3);
    for (nom, service) in services {
        let de_nous = nom == "hub" || nom.starts_with("node-");
        for reseau in liste(&service["networks"]) {
            assert!(reseaux.contains(&reseau), "{nom}: network {reseau}");
        }
        for secret in liste(&service["secrets"]) {
            assert!(secrets.contains(&secret), "{nom}: secret {secret}");
        }
        for volume in liste(&service["volumes"]) {
            let source = volume.split(':').next().unwrap();
            let fichier = deploy().join("compose").join(source);
            let a_ecrire = source.ends_with(".toml");
            assert!(
                volumes.contains(source) || a_ecrire || (source.starts_with('.') && fichier.is_file()),
                "{nom}: volume {source}"
            );
        }
        for autre in liste(&service["depends_on"]) {
            assert!(services.contains_key(&autre), "{nom} depends on {autre}");
        }
        if de_nous {
            assert_eq!(service["read_only"], true, "{nom}");
            assert_eq!(service["cap_drop"][0], "ALL", "{nom}");
            assert_eq!(service["security_opt"][0], "no-new-privileges:true", "{nom}");
            for port in liste(&service["ports"]) {
                assert!(port.starts_with("127.0.0.1:"), "{nom}: only the proxy is open to the network");
            }
        }
        assert!(!de_nous || !liste(&service["ports"]).iter().any(|p| p.contains("918")), "{nom}: measures stay inside");
    }
    let dockerfile = fs::read_to_string(deploy().join("compose/Dockerfile")).unwrap();
    for cible in ["hub", "node"] {
        assert!(dockerfile.contains(&format!("FROM socle AS {cible}\n")));
    }
    assert!(dockerfile.contains("\nUSER maillage\n"), "never root");
}

/// The settings that containers are given are settings that exist: the program reads them and says so.
#[test]
fn the_variables_of_the_compose_file_are_read_by_the_programs() {
    let compose = yaml("compose/compose.yaml");
    let dossier = tempfile::tempdir().unwrap();
    for (service, programme, prefixe) in
        [("hub", "maillage-hub", "MAILLAGE_HUB__"), ("node-70", "maillage-node", "MAILLAGE_NODE__")]
    {
        let nom = programme.strip_prefix("maillage-").unwrap();
        let exemple = deploy().join(format!("{nom}.exemple.toml"));
        let cle = dossier.path().join(format!("{nom}.pem"));
        let programme = programmes().unwrap().join(programme);
        std::process::Command::new(&programme).args(["cle", "creer", "-o"]).arg(&cle).output().unwrap();
        let mut verifier = std::process::Command::new(&programme);
        verifier.arg("--configuration").arg(exemple).args(["configuration", "verifier"]);
        let variables = compose["services"][service]["environment"].as_object().unwrap();
        assert!(variables.keys().any(|v| v.starts_with(prefixe)), "{service}");
        for (variable, valeur) in variables {
            verifier.env(variable, valeur.as_str().unwrap());
        }
        verifier.env(if nom == "hub" { "MAILLAGE_HUB__HUB__CLE" } else { "MAILLAGE_NODE__NOEUD__CLE" }, &cle);
        let sortie = verifier.output().unwrap();
        assert!(sortie.status.success(), "{}", String::from_utf8_lossy(&sortie.stderr));
        let faute = std::process::Command::new(&programme)
            .arg("--configuration")
            .arg(deploy().join(format!("{nom}.exemple.toml")))
            .args(["configuration", "verifier"])
            .env(format!("{prefixe}HUB__COULEUR"), "bleu")
            .output()
            .unwrap();
        let dit = String::from_utf8_lossy(&faute.stderr).into_owned();
        assert!(!faute.status.success() && dit.contains(&format!("{prefixe}HUB__COULEUR")), "{dit}");
    }
}

/// Every command of ours that a manual cites is one that the programs know, with its sub-command.
#[test]
fn manuals_cite_commands_that_exist() {
    let mut cites = BTreeSet::new();
    for manuel in fs::read_dir(deploy()).unwrap().map(|f| f.unwrap().path()) {
        if manuel.extension().is_none_or(|e| e != "md") {
            continue;
        }
        let texte = fs::read_to_string(&manuel).unwrap();
        for programme in ["maillage-hub", "maillage-node"] {
            for (place, _) in texte.match_indices(&format!("{programme} ")) {
                let reste =
                    texte[place + programme.len()..].split(['`', '\n', '|', ')', ',', '#', '«', '»']).next().unwrap();
                let mut mots: Vec<&str> = reste.split_whitespace().collect();
                if mots.first() == Some(&"--configuration") {
                    mots.drain(..2.min(mots.len()));
                }
                let mots: Vec<String> = mots
                    .into_iter()
                    .take_while(|m| {
                        m.chars().all(|c| c.is_ascii_lowercase() || c == '-')
                            && !m.starts_with('-')
                            && !m.starts_with("cdg-")
                    })
                    .take(2)
                    .map(str::to_owned)
                    .collect();
                // The account and the program have the same name.
                if mots.first().is_some_and(|m| !m.starts_with("maillage-")) {
                    cites.insert((programme, mots));
                }
            }
        }
    }
    assert!(cites.len() > 15, "{cites:?}");
    for (programme, mots) in cites {
        let aide = |mots: &[String]| {
            let programme = programmes().unwrap().join(programme);
            std::process::Command::new(programme).args(mots).arg("--help").output().unwrap().status.success()
        };
        // The second word may be the end of a French sentence: the first alone must then be a command by itself.
        assert!(aide(&mots) || aide(&mots[..1]), "{programme} {mots:?}");
    }
}
