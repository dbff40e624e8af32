//! Servers of others that the hub talks to, run beside it by the tests: an OpenID provider and a mail server.
//! `MAILLAGE_FOURNISSEURS` names the folder where they are installed (`cargo xtask test` does it when node and npm
//! are there).

use std::collections::BTreeMap;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A script of `tests/fournisseurs`, its first line and the rest of what it says.
pub struct Script {
    pub adresse: String,
    pub dit: Lines<BufReader<ChildStdout>>,
    _processus: Child,
}

impl Script {
    pub async fn lance(nom: &str, arguments: &[&str]) -> Option<Self> {
        let Some(dossier) = std::env::var_os("MAILLAGE_FOURNISSEURS") else {
            eprintln!("MAILLAGE_FOURNISSEURS is not set: {nom} was not run");
            return None;
        };
        let mut commande = Command::new("node");
        commande.arg(nom).args(arguments).current_dir(dossier).stdout(Stdio::piped()).kill_on_drop(true);
        let mut processus = commande.spawn().unwrap();
        let mut dit = BufReader::new(processus.stdout.take().unwrap()).lines();
        loop {
            let ligne = dit.next_line().await.unwrap().expect("the script says its address");
            if ligne.contains("://127.0.0.1:") {
                return Some(Self { adresse: ligne, dit, _processus: processus });
            }
        }
    }
}

/// The provider.
pub struct Fournisseur {
    pub adresse: String,
    http: reqwest::Client,
    _script: Script,
}

impl Fournisseur {
    pub async fn lance(retour: &str) -> Option<Self> {
        let script = Script::lance("identite.mjs", &[retour]).await?;
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Some(Self { adresse: script.adresse.clone(), http, _script: script })
    }

    /// Says who signs in next.
    pub async fn dit(&self, personne: serde_json::Value) {
        let reponse = self.http.post(format!("{}/personne", self.adresse)).body(personne.to_string()).send().await;
        assert!(reponse.unwrap().status().is_success());
    }

    /// Follows a fresh browser from an address of the provider until it is sent to `retour`.
    pub async fn suit(&self, depart: &str, retour: &str) -> String {
        let mut cookies = BTreeMap::new();
        let mut ici = depart.to_owned();
        for _ in 0..8 {
            let lus = cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
            let reponse = self.http.get(&ici).header("cookie", lus).send().await.unwrap();
            for pose in reponse.headers().get_all("set-cookie") {
                let pose = cookie::Cookie::parse(pose.to_str().unwrap().to_owned()).unwrap();
                cookies.insert(pose.name().to_owned(), pose.value().to_owned());
            }
            let suite = reponse.headers().get("location").map(|l| l.to_str().unwrap().to_owned());
            let Some(suite) = suite else { panic!("{ici} answers {}", reponse.text().await.unwrap()) };
            if suite.starts_with(retour) {
                return suite;
            }
            ici = if suite.starts_with('/') { format!("{}{suite}", self.adresse) } else { suite };
        }
        panic!("the provider never comes back");
    }
}
