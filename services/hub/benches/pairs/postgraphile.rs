//! A peer: PostGraphile makes a GraphQL API of the very tables that the bench has just filled. It knows no rights,
//! no audience and no label, and gives less than the hub does for the same question.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server, stopped when dropped.
pub struct Postgraphile {
    processus: Child,
    /// Where it answers.
    pub url: String,
}

impl Postgraphile {
    /// Starts the one installed in this folder by `cargo xtask bench hub`, on a port that nobody else has.
    pub fn demarre(dossier: &Path, base: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut processus = Command::new(dossier.join("node_modules/.bin/node"))
            .arg("node_modules/.bin/postgraphile")
            .args(["-P", "postgraphile/presets/amber", "-n", "127.0.0.1", "-p", &port.to_string(), "-c", base])
            .current_dir(dossier)
            .env("GRAPHILE_ENV", "production")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("cargo xtask bench hub installs it");
        let dit = BufReader::new(processus.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(dit.into_iter().any(|ligne| ligne.contains("Server listening")), "PostGraphile did not start");
        Self { processus, url: format!("http://127.0.0.1:{port}/graphql") }
    }

    /// An answer that holds what was asked: errors come with the status of a success.
    pub async fn repond(&self, question: &str) {
        let corps = serde_json::json!({ "query": question }).to_string();
        let demande = reqwest::Client::new().post(&self.url).header("Content-Type", "application/json").body(corps);
        let texte = demande.send().await.unwrap().text().await.unwrap();
        assert!(texte.starts_with(r#"{"data":{"#) && !texte.contains(r#""errors":"#), "{texte}");
    }
}

impl Drop for Postgraphile {
    fn drop(&mut self) {
        let _ = self.processus.kill();
        let _ = self.processus.wait();
    }
}

/// The questions of the hub as its tables answer them; none for the counts of f, which it does not make.
pub fn questions(campagne: &str) -> [Option<String>; 6] {
    let observations = |condition: &str, suite: &str| {
        format!(
            r#"allObservations(condition: {{audience: "reseau", {condition}}}, first: {suite})
            {{ nodes {{ campagne territoire ventilation valeur numerateur denominateur statut noeud }} }}"#
        )
    };
    let cent = "100, orderBy: [CAMPAGNE_ASC, TERRITOIRE_ASC, VENTILATION_ASC, NOEUD_ASC]";
    let du_dispositif = |indicateur: &str| {
        let condition =
            format!(r#"campagne: "{campagne}", indicateur: "{indicateur}", niveau: "dispositif", ventilation: """#);
        observations(&condition, "100")
    };
    let de_la_campagne = |suite: &str| observations(&format!(r#"campagne: "{campagne}", {suite}"#), cent);
    let une = |texte: String| Some(format!("{{ {texte} }}"));
    [
        une(format!(
            r#"allDispositifs(condition: {{campagne: "{campagne}", region: "27"}}, first: 100, orderBy: [REFERENCE_ASC])
            {{ nodes {{ reference nom capacite }} }} fileActive: {} occupation: {}"#,
            du_dispositif("EA01"),
            du_dispositif("EA07")
        )),
        une(observations(r#"indicateur: "EA01", niveau: "departement", axes: """#, cent)),
        une(de_la_campagne(r#"indicateur: "EA01", niveau: "region", axes: "handicap,sexe""#)),
        une(de_la_campagne(r#"indicateur: "EA10", niveau: "dispositif""#)),
        une("allPublications(first: 50, orderBy: [ORDRE_DESC])
            { nodes { digest noeudByNoeud { nom organisme } jeu periode cellules recuLe } }"
            .to_owned()),
        None,
    ]
}
