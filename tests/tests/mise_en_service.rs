//! From a clean machine to a network that publishes, by the commands of deploy/README.md: PostgreSQL, a hub that does its
//! own TLS and asks for certificates, three centres that enrol. Processes in place of containers, the same programs.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test says what it skipped, and stops at a surprise")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use maillage_tests::terrain::{Terrain, centre, port_libre, programmes, reussie};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use xtask::recit::Centre;

const CAMPAGNE: &str = "2026-T1";

/// An authority that signs the certificates of one side.
struct Autorite(CertifiedIssuer<'static, KeyPair>);

impl Autorite {
    fn nouvelle(nom: &str) -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.distinguished_name.push(DnType::CommonName, nom);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate and its key.
    fn delivre(&self, nom: &str) -> (String, String) {
        let cle = KeyPair::generate().unwrap();
        let certificat = CertificateParams::new(vec![nom.to_owned()]).unwrap().signed_by(&cle, &self.0).unwrap();
        (certificat.pem(), cle.serialize_pem())
    }
}

fn avec_entree(commande: &mut Command, entree: &str) -> String {
    let mut lance = commande.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    lance.stdin.take().unwrap().write_all(entree.as_bytes()).unwrap();
    reussie(&lance.wait_with_output().unwrap()).unwrap()
}

fn base_postgresql() -> Option<String> {
    let Ok(serveur) = std::env::var("MAILLAGE_PG_URL") else {
        assert!(std::env::var_os("CI").is_none(), "MAILLAGE_PG_URL must name a PostgreSQL server in CI");
        println!("MAILLAGE_PG_URL is not set: the network was brought up on SQLite");
        return None;
    };
    let psql = std::env::var_os("MAILLAGE_PG_PROGRAMMES").map_or("psql".into(), |p| Path::new(&p).join("psql"));
    for sql in ["DROP DATABASE IF EXISTS maillage_service WITH (FORCE)", "CREATE DATABASE maillage_service"] {
        reussie(&Command::new(&psql).args([&serveur, "-q", "-c", sql]).output().unwrap()).unwrap();
    }
    Some(format!("{}/maillage_service", serveur.rsplit_once('/').unwrap().0))
}

/// The configuration of the hub, as an operator writes it from the sample: nodes without keys, its own TLS.
fn configuration_du_hub(dossier: &Path, port: u16, centres: &[&Centre]) {
    let mut texte = format!(
        "[hub]\nidentifiant = \"https://hub.essai.example/maillage\"\nadresse = \"https://localhost:{port}\"\necoute = \"127.0.0.1:{port}\"\n\
         base = \"sqlite:hub.db\"\ncle = \"hub.pem\"\n[tls]\ncertificat = \"tls.pem\"\ncle = \"tls.cle\"\nclients = \"clients.pem\"\n"
    );
    for c in centres {
        texte += &format!(
            "[[noeud]]\nidentifiant = \"cdg-{}\"\nnom = \"{}\"\norganisme = \"{}\"\nregion = \"{}\"\n",
            c.siren, c.nom, c.organisme, c.region
        );
    }
    fs::write(dossier.join("hub.toml"), texte).unwrap();
}

#[test]
fn a_hub_with_its_own_tls_and_three_centres_come_up_from_a_clean_folder() {
    let centres = ["cdg70", "cdg25", "cdg67"].map(|nom| centre(nom).unwrap());
    let terrain = Terrain::prepare(&centres).unwrap();
    let dossier = terrain.dossier();
    let port = port_libre().unwrap();
    configuration_du_hub(dossier, port, &centres);
    let (du_hub, des_centres) = (Autorite::nouvelle("Autorité du hub"), Autorite::nouvelle("Autorité des centres"));
    let (certificat, cle) = du_hub.delivre("localhost");
    for (nom, pem) in [
        ("tls.pem", &certificat),
        ("tls.cle", &cle),
        ("autorite.pem", &du_hub.pem()),
        ("clients.pem", &des_centres.pem()),
    ] {
        fs::write(dossier.join(nom), pem).unwrap();
    }
    let base = base_postgresql();
    let hub = |arguments: &[&str]| {
        let mut commande = Command::new(programmes().unwrap().join("maillage-hub"));
        commande.arg("--configuration").arg(dossier.join("hub.toml")).args(arguments);
        commande.envs(base.as_ref().map(|b| ("MAILLAGE_HUB__HUB__BASE", b)));
        commande
    };
    let dit = |arguments: &[&str]| reussie(&hub(arguments).output().unwrap()).unwrap().replace('\u{a0}', " ");
    assert!(dit(&["configuration", "verifier"]).contains("valide"));
    let _service = terrain.demarre(hub(&["servir"])).unwrap().unwrap();

    for c in centres {
        let ici = dossier.join(c.dossier);
        let (certificat, cle) = des_centres.delivre(c.dossier);
        fs::write(ici.join("client.pem"), certificat + &cle).unwrap();
        let connu = fs::read_to_string(ici.join("node.toml")).unwrap();
        fs::write(ici.join("node.toml"), connu.split("[hub]").next().unwrap()).unwrap();
        let jeton = dit(&["noeud", "inviter", &format!("cdg-{}", c.siren)]);
        let adresse = format!("https://localhost:{port}");
        let autorite = dossier.join("autorite.pem");
        let demande = ["enroler", "--hub", &adresse, "--autorite", &autorite.to_string_lossy()].map(str::to_owned);
        let enroler = || {
            let demande: Vec<&str> = demande.iter().map(String::as_str).collect();
            terrain.noeud(c, &demande).unwrap()
        };
        let sans = enroler().stdin(Stdio::null()).output().unwrap();
        assert!(!sans.status.success(), "without a certificate nobody gets as far as a request");
        let raconte = avec_entree(enroler().arg("--certificat").arg(ici.join("client.pem")), &jeton);
        let section = &raconte[raconte.find("[hub]").unwrap()..];
        assert!(section.contains("autorite = ") && section.contains("certificat = "), "{section}");
        let mut node_toml = fs::OpenOptions::new().append(true).open(ici.join("node.toml")).unwrap();
        writeln!(node_toml, "{section}").unwrap();
        let lue = raconte.lines().find_map(|l| l.trim().strip_prefix("clé de ce nœud :")).unwrap().trim();
        dit(&["noeud", "approuver", &format!("cdg-{}", c.siren), "--empreinte", lue]);
        terrain.publie(c, CAMPAGNE).unwrap();
    }
    let verifie = dit(&["verifier"]);
    assert!(verifie.contains("6 publications") && verifie.contains("Tout est conforme"), "{verifie}");

    let question = dossier.join("question.graphql");
    fs::write(&question, r#"{ completude(campagne: "2026-T1") { recues } bilan { publications } }"#).unwrap();
    let reponse: serde_json::Value = serde_json::from_str(&dit(&["requete", &question.to_string_lossy()])).unwrap();
    assert_eq!(reponse["data"]["bilan"]["publications"], 6, "{reponse}");

    // A certificate of another authority, and an authority that is not the hub's.
    let cdg70 = centres[0];
    let (certificat, cle) = du_hub.delivre("cdg70");
    fs::write(dossier.join("cdg70/autre.pem"), certificat + &cle).unwrap();
    for (variable, fichier) in [("CERTIFICAT", "cdg70/autre.pem"), ("AUTORITE", "clients.pem")] {
        let mut envoyer = terrain.noeud(cdg70, &["envoyer"]).unwrap();
        envoyer.env(format!("MAILLAGE_NODE__HUB__{variable}"), dossier.join(fichier));
        let sortie = envoyer.output().unwrap();
        let texte = String::from_utf8_lossy(&sortie.stdout).into_owned() + &String::from_utf8_lossy(&sortie.stderr);
        assert!(!texte.contains("prouvé"), "{variable}: {texte}");
        assert!(!sortie.status.success(), "{variable}: {texte}");
    }
}
