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
#[path = "pairs/postgraphile.rs"]
mod postgraphile;

use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use banc::{Banc, Noeud};
use clap::Parser;
use hub_storage::Db;
use population::{Lieu, fiches, indicateurs, lieu};
use postgraphile::Postgraphile;
use referentiel::horloge::Horloge as _;
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
    /// Minutes d’une charge mêlée et mesurée (questions et corrections, 20 par seconde), mémoire relevée chaque minute.
    #[arg(long, default_value_t = 0)]
    melange: u64,
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
    if o.melange > 0 {
        return melange(&banc, &mut noeuds[0], &derniere, o.melange).await;
    }
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
    // What autovacuum does within a minute: without statistics, PostgreSQL joins as if the tables were empty.
    let mut tx = banc.service.db().begin().await.unwrap();
    tx.execute("/* banc.analyse */ ANALYZE", vec![]).await.unwrap();
    tx.commit().await.unwrap();
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

/// The same rows asked of PostgreSQL itself, without rights nor shapes: what no answer can beat without being kept.
fn sql(campagne: &str) -> [String; 6] {
    let observations = |filtre: &str| {
        format!(
            "SELECT o.campagne, o.territoire, o.ventilation, o.valeur, o.numerateur, o.denominateur, o.statut, t.nom, n.nom
             FROM observation o JOIN noeud n ON n.identifiant = o.noeud
             LEFT JOIN territoire t ON t.campagne = o.campagne AND t.niveau = o.niveau AND t.code = o.territoire
             AND t.noeud = o.noeud AND t.jeu = o.jeu WHERE o.audience = 'reseau' AND {filtre}
             ORDER BY o.campagne, o.territoire, o.ventilation, o.noeud LIMIT 100;"
        )
    };
    [
        format!(
            "SELECT d.reference, d.nom, d.capacite, f.valeur, f.statut, o.numerateur, o.denominateur FROM dispositif d
             JOIN noeud n ON n.identifiant = d.noeud
             LEFT JOIN observation f ON f.audience = 'reseau' AND f.campagne = d.campagne AND f.indicateur = 'EA01'
             AND f.niveau = 'dispositif' AND f.territoire = d.reference AND f.ventilation = '' AND f.noeud = d.noeud
             LEFT JOIN observation o ON o.audience = 'reseau' AND o.campagne = d.campagne AND o.indicateur = 'EA07'
             AND o.niveau = 'dispositif' AND o.territoire = d.reference AND o.ventilation = '' AND o.noeud = d.noeud
             WHERE d.campagne = '{campagne}' AND d.region = '27' ORDER BY d.campagne, d.reference, d.noeud LIMIT 100;"
        ),
        observations("o.indicateur = 'EA01' AND o.niveau = 'departement' AND o.axes = ''"),
        observations(&format!(
            "o.campagne = '{campagne}' AND o.indicateur = 'EA01' AND o.niveau = 'region' AND o.axes = 'handicap,sexe'"
        )),
        observations(&format!("o.campagne = '{campagne}' AND o.indicateur = 'EA10' AND o.niveau = 'dispositif'")),
        "SELECT p.digest, n.nom, n.organisme, p.jeu, p.periode, p.cellules, p.recu_le FROM publication p
         JOIN noeud n ON n.identifiant = p.noeud ORDER BY p.ordre DESC LIMIT 50;"
            .to_owned(),
        format!(
            "SELECT n.identifiant, n.nom, j.jeu, COUNT(*), COUNT(c.dispositif) FROM attendu a
             JOIN campagne_jeu j ON j.campagne = a.campagne JOIN noeud n ON n.identifiant = a.noeud
             LEFT JOIN completude c ON c.campagne = a.campagne AND c.noeud = a.noeud AND c.jeu = j.jeu
             AND c.dispositif = a.dispositif WHERE a.campagne = '{campagne}'
             GROUP BY n.identifiant, n.nom, j.jeu ORDER BY n.nom, n.identifiant, j.jeu;"
        ),
    ]
}

/// Each question three ways: of PostgreSQL alone, of a hub that keeps no answer, of one that keeps them.
async fn requetes(banc: &Banc, campagne: &str, o: &Options) {
    let mut sans_memoire = banc.service.configuration().clone();
    sans_memoire.hub.reponses_gardees = 0;
    let froid = ecoute(&banc.avec(sans_memoire).await).await;
    let chaud = ecoute(banc).await;
    let dossier = std::env::var_os("MAILLAGE_POSTGRAPHILE").zip(o.base.as_deref());
    let pair = dossier.map(|(dossier, base)| Postgraphile::demarre(dossier.as_ref(), base));
    println!(
        "requête | SQL seul /s | PostGraphile /s, médiane, p99 | à froid /s, médiane, p99 | gardée /s, médiane, p99 | octets"
    );
    let posees = questions(campagne).into_iter().zip(sql(campagne)).zip(postgraphile::questions(campagne));
    for (((nom, question), sql), du_pair) in posees {
        let reponse = banc.graphql(&question).await;
        assert!(reponse.get("errors").is_none(), "{reponse}");
        let o = o.clone();
        let (froid, chaud) = (froid.clone(), chaud.clone());
        let du_pair = pair.as_ref().zip(du_pair);
        if let Some((pair, question)) = &du_pair {
            pair.repond(question).await;
        }
        let du_pair = du_pair.map(|(pair, question)| (pair.url.clone(), question));
        let ligne = tokio::task::spawn_blocking(move || {
            let seul = o.base.as_deref().and_then(|base| pgbench(base, &sql, &o)).unwrap_or_else(|| "–".to_owned());
            let pair = du_pair.map_or_else(|| "–".to_owned(), |(url, question)| charge(&url, &question, &o));
            format!("{seul} | {pair} | {} | {}", charge(&froid, &question, &o), charge(&chaud, &question, &o))
        });
        println!("{nom} | {} | {}", ligne.await.unwrap(), reponse.to_string().len());
    }
}

/// Serves a hub on the loopback address until the end of the bench.
async fn ecoute(banc: &Banc) -> String {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let adresse = socket.local_addr().unwrap();
    let routes = banc.service.routes();
    tokio::spawn(async move { axum::serve(socket, routes).await.unwrap() });
    format!("http://{adresse}/graphql")
}

/// The same question over so many kept connections for so long, by wrk: requests a second, median, 99th percentile.
fn charge(url: &str, question: &str, o: &Options) -> String {
    // wrk runs LuaJIT, and its string is written on one line.
    let question = question.split_whitespace().collect::<Vec<_>>().join(" ");
    let corps = serde_json::json!({ "query": question }).to_string();
    let mut script = tempfile::NamedTempFile::new().unwrap();
    writeln!(
        script,
        "wrk.method = 'POST'\nwrk.body = [==[{corps}]==]\nwrk.headers['Content-Type'] = 'application/json'"
    )
    .unwrap();
    let sortie = Command::new("wrk")
        .args(["--latency", "-t", "1", "-c", &o.connexions.to_string(), "-d", &format!("{}s", o.secondes), "-s"])
        .arg(script.path())
        .arg(url)
        .output()
        .expect("wrk is installed by cargo xtask bench hub");
    let texte = String::from_utf8(sortie.stdout).unwrap();
    assert!(!texte.contains("Non-2xx"), "{texte}");
    let apres = |debut: &str| {
        let ligne =
            texte.lines().map(str::trim).find_map(|l| l.strip_prefix(debut)).unwrap_or_else(|| panic!("{texte}"));
        ligne.trim().to_owned()
    };
    format!("{}, {}, {}", apres("Requests/sec:"), apres("50%"), apres("99%"))
}

/// Transactions a second of the statement alone.
fn pgbench(base: &str, sql: &str, o: &Options) -> Option<String> {
    let programme = std::env::var_os("MAILLAGE_PGBENCH")?;
    let mut fichier = tempfile::NamedTempFile::new().unwrap();
    fichier.write_all(sql.replace('\n', " ").as_bytes()).unwrap();
    let sortie = Command::new(programme)
        .args(["-n", "-M", "prepared", "-j", "2", "-c", &o.connexions.to_string(), "-T", &o.secondes.to_string(), "-f"])
        .args([fichier.path().as_os_str(), base.as_ref()])
        .output()
        .unwrap();
    let texte = String::from_utf8_lossy(&sortie.stdout).into_owned();
    let tps = texte.lines().find_map(|l| l.strip_prefix("tps = ")).unwrap_or_else(|| panic!("{texte}{sortie:?}"));
    Some(tps.split(['.', ' ']).next().unwrap_or_default().to_owned())
}

/// Verified, checked again and stored: the aim is 150 ms at the 95th percentile for 20 000 cells. Three ways: a first
/// revision, one in which a dispositif has one person more or less, one in which every figure is another.
async fn reception(banc: &Banc, n: &mut Noeud, revisions: u64) {
    const DISPOSITIFS: usize = 18;
    let departements = referentiel::territoire::departements();
    let lieux = |derniers: u64| -> Vec<Lieu> {
        let personnes = |rang| if rang == DISPOSITIFS - 1 { derniers } else { 120 };
        let places = departements.iter().take(DISPOSITIFS).enumerate();
        places.map(|(rang, d)| lieu(&format!("ZZZ{rang:02}"), d.code.as_str(), personnes(rang))).collect()
    };
    let mut periode = Trimestre::nouveau(2000, 1).unwrap();
    let mut premieres = vec![];
    for _ in 0..revisions {
        periode = periode.suivant();
        let contenu = indicateurs(&n.id, &periode.to_string(), &lieux(120), 100, 1);
        premieres.push(recoit(banc, n, &contenu, 1, None).await);
    }
    rapporte("première révision", premieres);
    let (mut corrections, mut refontes, mut remplacee) = (vec![], vec![], None);
    for rev in 1..=3 * revisions {
        let (derniers, graine) = (120 + rev % 2, 1 + rev / 3);
        let contenu = indicateurs(&n.id, "2009-T1", &lieux(derniers), 100, graine);
        let recue = recoit(banc, n, &contenu, rev, remplacee).await;
        remplacee = n.tete;
        // One revision in three has drawn everything again.
        if rev % 3 == 0 {
            refontes.push(recue);
        } else if rev > 1 {
            corrections.push(recue);
        }
    }
    rapporte("une personne de plus ou de moins", corrections);
    rapporte("tout change", refontes);
}

/// Time from the envelope to the receipt, with what the receipt counts: cells, and those that changed.
async fn recoit(
    banc: &Banc,
    n: &mut Noeud,
    contenu: &publication::Contenu,
    rev: u64,
    remplacee: Option<publication::Empreinte>,
) -> (Duration, u64, u64) {
    let signee = n.scelle(contenu, rev, remplacee);
    banc.depose_corps(n, &signee).await;
    let debut = Instant::now();
    let (statut, texte) = banc.depose_enveloppe(n, signee.enveloppe().seq, signee.enveloppe_jws()).await;
    let duree = debut.elapsed();
    assert_eq!(statut, StatusCode::CREATED, "{texte}");
    let accuse = banc.accuse(&texte);
    assert_eq!(accuse.status, publication::StatutAccuse::Acceptee, "{:?}", accuse.reasons);
    (duree, accuse.counts.cells, accuse.counts.changed)
}

fn rapporte(quoi: &str, mut recues: Vec<(Duration, u64, u64)>) {
    recues.sort_unstable();
    let part = |part: usize| recues.get(recues.len().saturating_sub(1) * part / 100);
    if let (Some((mediane, cellules, changees)), Some((p95, ..))) = (part(50), part(95)) {
        println!("réception, {quoi} : {cellules} cellules, {changees} changées, médiane {mediane:.0?}, p95 {p95:.0?}");
    }
}

/// Twenty acts a second for so long, one in twenty a correction of the first centre, the others questions: what a
/// hub lives through in months. Its memory must not grow with what it has answered or received.
async fn melange(banc: &Banc, n: &mut Noeud, campagne: &str, minutes: u64) {
    let questions = questions(campagne);
    let (mut remplacee, mut rev, mut demandes) = (None, 0_u64, 0_u64);
    let mut rythme = tokio::time::interval(Duration::from_millis(50));
    for minute in 0..=minutes {
        println!("minute {minute} : {demandes} questions, {rev} corrections, {} Mio", memoire_mio());
        if minute == minutes {
            return;
        }
        for acte in 0..1_200 {
            rythme.tick().await;
            // The hub's own clock moves too: proofs expire, rates are allowed again.
            banc.horloge.regle(banc.horloge.maintenant() + chrono::TimeDelta::milliseconds(50));
            if acte % 20 == 0 {
                rev += 1;
                let signee =
                    n.scelle(&indicateurs(&n.id, "2009-T1", &[lieu("ZZZ01", "70", 30)], 100, rev), rev, remplacee);
                let (statut, texte) = banc.publie(n, &signee).await;
                assert_eq!(statut, StatusCode::CREATED, "{texte}");
                remplacee = Some(signee.empreinte());
            } else {
                let reponse = banc.graphql(&questions[acte % questions.len()].1).await;
                assert!(reponse.get("errors").is_none(), "{reponse}");
                demandes += 1;
            }
        }
    }
}

/// Resident memory of this process, which holds the hub.
fn memoire_mio() -> u64 {
    let etat = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ligne = etat.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    ligne.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
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
