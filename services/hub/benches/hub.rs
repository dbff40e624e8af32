//! A made-up region through the real routes, then six queries over HTTP with a load generator, and the
//! reception of a publication of 20 000 cells. Run by `cargo xtask bench hub`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench prints its table"
)]

#[allow(dead_code, reason = "the hub of the tests, of which a bench needs a part")]
#[path = "../tests/hub/banc.rs"]
mod banc;
#[allow(dead_code, reason = "the population of the tests, of which a bench needs a part")]
#[path = "../tests/hub/population.rs"]
mod population;

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use banc::{Banc, Noeud};
use clap::Parser;
use hub_storage::Db;
use population::{Lieu, fiches, indicateurs, lieu};
use referentiel::periode::Trimestre;

/// Mesure du hub.
#[derive(Debug, Clone, Parser)]
struct Options {
    /// Centres de gestion.
    #[arg(long, default_value_t = 8)]
    centres: usize,
    /// Dispositifs par centre.
    #[arg(long, default_value_t = 3)]
    dispositifs: usize,
    /// Trimestres publiés.
    #[arg(long, default_value_t = 4)]
    trimestres: usize,
    /// Personnes par dispositif ; plus il y en a, plus il y a de cellules.
    #[arg(long, default_value_t = 12)]
    personnes: u64,
    /// Secondes de charge par requête.
    #[arg(long, default_value_t = 3)]
    secondes: u64,
    /// Connexions simultanées.
    #[arg(long, default_value_t = 16)]
    connexions: usize,
    /// Révisions de la publication de 20 000 cellules.
    #[arg(long, default_value_t = 12)]
    revisions: u64,
    /// Base PostgreSQL vide à employer ; un fichier SQLite sinon.
    #[arg(long)]
    base: Option<String>,
    /// Passed by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let o = Options::parse();
    tokio::runtime::Runtime::new().unwrap().block_on(mesure(o));
}

async fn mesure(o: Options) {
    let mut noeuds: Vec<Noeud> = (0..o.centres).map(|rang| Noeud::nouveau(&siren(rang), rang as u64 + 1)).collect();
    let dossier = tempfile::tempdir().unwrap();
    let fichier = format!("sqlite:{}", dossier.path().join("hub.db").display());
    let db = Db::ouvre(o.base.as_deref().unwrap_or(&fichier)).await.unwrap();
    let banc = Banc::sur(db, dossier, &noeuds.iter().collect::<Vec<_>>(), "").await;
    let (derniere, cellules) = remplit(&banc, &mut noeuds, &o).await;
    println!(
        "{} centres, {} dispositifs, {} trimestres, {cellules} observations, {}",
        o.centres,
        o.centres * o.dispositifs,
        o.trimestres,
        if o.base.is_some() { "PostgreSQL" } else { "SQLite" }
    );
    requetes(&banc, &derniere, &o).await;
    reception(&banc, &mut noeuds[0], o.revisions).await;
}

/// Publishes every quarter of every centre; gives the last campaign and the number of observations.
async fn remplit(banc: &Banc, noeuds: &mut [Noeud], o: &Options) -> (String, u64) {
    let departements: Vec<&str> =
        referentiel::territoire::departements().iter().filter(|d| d.region == "27").map(|d| d.code.as_str()).collect();
    let mut periode = Trimestre::nouveau(2010, 1).unwrap();
    for _ in 0..o.trimestres {
        periode = periode.suivant();
        for (rang, n) in noeuds.iter_mut().enumerate() {
            let lieux: Vec<Lieu> = (0..o.dispositifs)
                .map(|d| {
                    lieu(&reference(rang * o.dispositifs + d), departements[rang % departements.len()], o.personnes)
                })
                .collect();
            let code = periode.to_string();
            for contenu in [fiches(&n.id, &code, &lieux, 1), indicateurs(&n.id, &code, &lieux, 20, rang as u64)] {
                let signee = n.scelle(&contenu, 1, None);
                let (statut, texte) = banc.publie(n, &signee).await;
                assert_eq!(statut, StatusCode::CREATED, "{texte}");
                let accuse = banc.accuse(&texte);
                assert_eq!(accuse.status, publication::StatutAccuse::Acceptee, "{:?}", accuse.reasons);
            }
        }
    }
    let bilan = hub_storage::registre::bilan(banc.service.db()).await.unwrap();
    (periode.to_string(), bilan.observations)
}

/// The six queries of the performance page.
fn questions(campagne: &str) -> [(&'static str, String); 6] {
    [
        ("a", format!(r#"{{ dispositifs(region: "27", campagne: "{campagne}", premier: 100) {{ nodes {{ reference nom capacite fileActive {{ valeur statut }} tauxOccupation {{ valeur }} }} }} }}"#)),
        ("b", r#"{ observations(indicateur: "EA01", niveau: DEPARTEMENT, axes: [], premier: 100) { nodes { periode territoire { code nom } valeur statut } } }"#.to_owned()),
        ("c", format!(r#"{{ observations(campagne: "{campagne}", indicateur: "EA01", niveau: REGION, axes: ["handicap", "sexe"], premier: 100) {{ nodes {{ ventilation {{ axe modalite libelle }} valeur statut }} }} }}"#)),
        ("d", format!(r#"{{ observations(campagne: "{campagne}", indicateur: "EA10", niveau: DISPOSITIF, premier: 100) {{ nodes {{ territoire {{ code nom }} numerateur denominateur taux statut }} }} }}"#)),
        ("e", r#"{ publications(premier: 50) { nodes { empreinte emetteur { nom organisme } jeu campagne cellules recueLe } } }"#.to_owned()),
        ("f", format!(r#"{{ completude(campagne: "{campagne}") {{ emetteur {{ nom }} jeu attendues recues dansLesDelais vides }} }}"#)),
    ]
}

async fn requetes(banc: &Banc, campagne: &str, o: &Options) {
    let (dit, adresse) = tokio::sync::oneshot::channel();
    let (arrete, arret) = tokio::sync::oneshot::channel::<()>();
    let annonce = move |adresse| dit.send(adresse).map_err(|_| std::io::Error::other("nobody listens"));
    let serveur = banc.service.clone();
    let routes = serveur.routes();
    let serveur = tokio::spawn(async move {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        annonce(socket.local_addr().unwrap()).unwrap();
        let fin = async {
            let _ = arret.await;
        };
        axum::serve(socket, routes).with_graceful_shutdown(fin).await.unwrap();
    });
    let url = format!("http://{}/graphql", adresse.await.unwrap());
    println!("requête | requêtes/s | médiane | p99 | octets");
    for (nom, question) in questions(campagne) {
        let (url, o) = (url.clone(), o.clone());
        let lignes = tokio::task::spawn_blocking(move || charge(&url, &question, &o)).await.unwrap();
        println!("{nom} | {lignes}");
    }
    arrete.send(()).unwrap();
    serveur.await.unwrap();
}

/// Asks the same question over so many kept connections for so long.
fn charge(url: &str, question: &str, o: &Options) -> String {
    let corps = serde_json::json!({ "query": question });
    let fin = Instant::now() + Duration::from_secs(o.secondes);
    let fils: Vec<_> = (0..o.connexions)
        .map(|_| {
            let (url, corps) = (url.to_owned(), corps.clone());
            std::thread::spawn(move || {
                let agent = ureq::Agent::new_with_defaults();
                let (mut temps, mut octets) = (vec![], 0);
                while Instant::now() < fin {
                    let debut = Instant::now();
                    let texte = agent.post(&url).send_json(&corps).unwrap().body_mut().read_to_string().unwrap();
                    temps.push(debut.elapsed());
                    assert!(!texte.contains("\"errors\""), "{texte}");
                    octets = texte.len();
                }
                (temps, octets)
            })
        })
        .collect();
    let resultats: Vec<_> = fils.into_iter().map(|f| f.join().unwrap()).collect();
    let mut temps: Vec<Duration> = resultats.iter().flat_map(|(t, _)| t.iter().copied()).collect();
    temps.sort_unstable();
    let a = |part: usize| temps[(temps.len() - 1) * part / 100];
    format!("{} | {:.2?} | {:.2?} | {}", temps.len() as u64 / o.secondes, a(50), a(99), resultats[0].1)
}

/// Verified, checked again and stored: the aim is 150 ms at the 95th percentile for 20 000 cells.
async fn reception(banc: &Banc, n: &mut Noeud, revisions: u64) {
    let departements = referentiel::territoire::departements();
    let lieux: Vec<Lieu> = departements
        .iter()
        .take(24)
        .enumerate()
        .map(|(i, d)| lieu(&format!("ZZZ{i:02}"), d.code.as_str(), 120))
        .collect();
    let (mut temps, mut remplacee, mut cellules) = (vec![], None, 0);
    for rev in 1..=revisions {
        let signee = n.scelle(&indicateurs(&n.id, "2009-T1", &lieux, 100, rev), rev, remplacee);
        remplacee = Some(signee.empreinte());
        banc.depose_corps(n, &signee).await;
        let debut = Instant::now();
        let (statut, texte) = banc.depose_enveloppe(n, signee.enveloppe().seq, signee.enveloppe_jws()).await;
        temps.push(debut.elapsed());
        assert_eq!(statut, StatusCode::CREATED, "{texte}");
        let accuse = banc.accuse(&texte);
        assert_eq!(accuse.status, publication::StatutAccuse::Acceptee, "{:?}", accuse.reasons);
        cellules = accuse.counts.cells;
    }
    if temps.is_empty() {
        return;
    }
    temps.sort_unstable();
    let a = |part: usize| temps[(temps.len() - 1) * part / 100];
    println!("réception de {cellules} cellules : médiane {:.1?}, p95 {:.1?}", a(50), a(95));
}

fn reference(rang: usize) -> String {
    let lettre = |n: usize| char::from(b'A' + (n % 26) as u8);
    format!("{}{}{}{:02}", lettre(rang / 67_600), lettre(rang / 2_600), lettre(rang / 100), rang % 100)
}

/// A SIREN with its check digit (Luhn).
fn siren(rang: usize) -> String {
    let huit = format!("28{rang:06}");
    let somme: u32 = huit
        .chars()
        .enumerate()
        .map(|(place, c)| {
            let chiffre = c.to_digit(10).unwrap_or(0) * if place % 2 == 1 { 2 } else { 1 };
            chiffre / 10 + chiffre % 10
        })
        .sum();
    format!("{huit}{}", (10 - somme % 10) % 10)
}
