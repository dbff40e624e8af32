//! What one hub accepts: publications per second at 1, 16 and 64 nodes, small and of 20 000 cells, what they
//! weigh, whether the cost grows with what is stored, and how fast a node that is behind catches up.
//! Run by `cargo xtask bench federation`, on SQLite then on PostgreSQL.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench prints its table"
)]

#[allow(dead_code, reason = "the hub of the tests, of which a bench needs a part")]
#[path = "../../services/hub/tests/hub/banc.rs"]
mod banc;
#[allow(dead_code, reason = "the population of the tests, of which a bench needs a part")]
#[path = "../../services/hub/tests/hub/population.rs"]
mod population;

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use banc::{Banc, HUB, Noeud};
use clap::Parser;
use hub_storage::Db;
use node::fil::{Attente, Fil, Reponse, Requete};
use node_storage::Base;
use population::{Lieu, fiches, indicateurs, lieu};
use publication::{Acte, Contenu, Emission, Place, PublicationSignee, References, sceller_acte};
use rand::SeedableRng as _;
use rand::rngs::ChaCha20Rng;
use referentiel::periode::Trimestre;
use tower::ServiceExt as _;

/// Mesure de la fédération.
#[derive(Debug, Clone, Parser)]
struct Options {
    /// Nœuds simultanés.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64")]
    noeuds: Vec<usize>,
    /// Petites publications en tout, pour chaque nombre de nœuds.
    #[arg(long, default_value_t = 1_600)]
    petites: usize,
    /// Publications de 20 000 cellules en tout, pour chaque nombre de nœuds.
    #[arg(long, default_value_t = 64)]
    grandes: usize,
    /// Dispositifs d’une grande publication : 18 font environ 20 000 cellules.
    #[arg(long, default_value_t = 18)]
    dispositifs: usize,
    /// Publications déjà inscrites quand le coût est mesuré de nouveau.
    #[arg(long, value_delimiter = ',', default_value = "1000,100000")]
    stockees: Vec<u64>,
    /// Publications de retard du nœud qui rattrape.
    #[arg(long, default_value_t = 400)]
    retard: u64,
    /// Base PostgreSQL vide à employer ; un fichier SQLite sinon.
    #[arg(long)]
    base: Option<String>,
    /// Passed by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a hub with its hands full asks for.
const RETOUR: Duration = Duration::from_secs(5);
/// Nobody is slowed down on purpose here.
const SANS_LIMITE: &str = "[debits]\nnoeud = 1000000\nadresse = 1000000\n";

fn main() {
    let o = Options::parse();
    tokio::runtime::Runtime::new().unwrap().block_on(mesure(o));
}

async fn mesure(o: Options) {
    let plus = o.noeuds.iter().copied().max().unwrap_or(1);
    // One more for the measure of what is stored, and one to be behind.
    let mut noeuds: Vec<Noeud> = (0..plus + 2).map(|rang| Noeud::nouveau(&siren(rang), rang as u64 + 1)).collect();
    let dossier = tempfile::tempdir().unwrap();
    let fichier = format!("sqlite:{}", dossier.path().join("hub.db").display());
    let db = Db::ouvre(o.base.as_deref().unwrap_or(&fichier)).await.unwrap();
    let banc = Arc::new(Banc::sur(db, dossier, &noeuds.iter().collect::<Vec<_>>(), SANS_LIMITE).await);
    println!("{}", if o.base.is_some() { "PostgreSQL" } else { "SQLite" });
    let (mut en_retard, mut compteur) = (noeuds.pop().unwrap(), noeuds.pop().unwrap());
    println!(
        "nœuds | corps | publications/s | médiane | p95 | remises à plus tard | octets (corps + enveloppe + accusé) | corps en gzip"
    );
    for (genre, total) in [("petit", o.petites), ("20 000 cellules", o.grandes)] {
        for combien in &o.noeuds {
            let chacun = (total / combien).max(1);
            let contenus = |n: &Noeud, rang: usize| match genre {
                "petit" => petit(n, rang as u64),
                _ => grand(n, o.dispositifs, rang as u64),
            };
            noeuds = debit(&banc, noeuds, (*combien, chacun, genre), contenus).await;
        }
    }
    for stockees in &o.stockees {
        selon_le_stock(&banc, &mut compteur, *stockees).await;
    }
    rattrape(&banc, &mut en_retard, o.retard).await;
}

fn petit(n: &Noeud, graine: u64) -> Contenu {
    fiches(&n.id, "2026-T1", &[lieu("BFC01", "70", 4)], graine)
}

fn grand(n: &Noeud, dispositifs: usize, graine: u64) -> Contenu {
    let departements = referentiel::territoire::departements();
    let lieux: Vec<Lieu> = departements
        .iter()
        .take(dispositifs)
        .enumerate()
        .map(|(i, d)| lieu(&format!("ZZZ{i:02}"), d.code.as_str(), 120))
        .collect();
    indicateurs(&n.id, "2009-T1", &lieux, 100, graine)
}

/// Seals first, then lets every node send at once.
async fn debit(
    banc: &Arc<Banc>,
    mut noeuds: Vec<Noeud>,
    (combien, chacun, genre): (usize, usize, &str),
    contenu: impl Fn(&Noeud, usize) -> Contenu,
) -> Vec<Noeud> {
    let reste = noeuds.split_off(combien);
    let mut prets: Vec<(Noeud, Vec<PublicationSignee>)> = Vec::new();
    for mut n in noeuds {
        // Two contents by turns: each revision changes what the one before said.
        let contenus = [contenu(&n, 1), contenu(&n, 2)];
        let (mut rev, mut avant) = derniere(banc, &n, &contenus[0]).await;
        let mut scellees = Vec::with_capacity(chacun);
        for rang in 0..chacun {
            rev += 1;
            let signee = n.scelle(&contenus[rang % 2], rev, avant);
            avant = Some(signee.empreinte());
            scellees.push(signee);
        }
        prets.push((n, scellees));
    }
    let debut = Instant::now();
    let taches: Vec<_> = prets
        .into_iter()
        .map(|(mut n, scellees)| {
            let banc = Arc::clone(banc);
            tokio::spawn(async move {
                let mut temps = Vec::with_capacity(scellees.len());
                let (mut octets, mut remises) = ((0, 0), 0);
                for signee in &scellees {
                    let depart = Instant::now();
                    let accuse = loop {
                        let (statut, texte) = banc.publie(&mut n, signee).await;
                        if statut == StatusCode::CREATED {
                            break texte;
                        }
                        // As a node does: the hub has its hands full, and says when to come back.
                        assert_eq!(statut, StatusCode::SERVICE_UNAVAILABLE, "{texte}");
                        remises += 1;
                        tokio::time::sleep(RETOUR).await;
                    };
                    temps.push(depart.elapsed());
                    let lu = banc.accuse(&accuse);
                    assert_eq!(lu.status, publication::StatutAccuse::Acceptee, "{:?}", lu.reasons);
                    octets = (signee.corps().len() + signee.enveloppe_jws().len() + accuse.len(), gzip(signee.corps()));
                }
                (n, temps, octets, remises)
            })
        })
        .collect();
    let (mut temps, mut octets, mut noeuds, mut remises) = (Vec::new(), (0, 0), Vec::new(), 0);
    for tache in taches {
        let (n, t, o, r) = tache.await.unwrap();
        remises += r;
        temps.extend(t);
        octets = o;
        noeuds.push(n);
    }
    let par_seconde = (combien * chacun) as f64 / debut.elapsed().as_secs_f64();
    temps.sort_unstable();
    let a = |part: usize| temps[(temps.len() - 1) * part / 100];
    println!(
        "{combien} | {genre} | {par_seconde:.1} | {:.1?} | {:.1?} | {remises} | {} | {}",
        a(50),
        a(95),
        octets.0,
        octets.1
    );
    noeuds.extend(reste);
    noeuds
}

/// Where the series of this content stands.
async fn derniere(banc: &Banc, n: &Noeud, contenu: &Contenu) -> (u64, Option<publication::Empreinte>) {
    let entrees = hub_storage::publication::historique(banc.service.db(), &n.id, 1, u32::MAX).await.unwrap();
    let serie = contenu.serie();
    let lues = entrees.iter().filter_map(|e| publication::sceau::relire(&e.jws).map(|claims| (e, claims)));
    let mut de_la_serie = lues.filter(|(_, claims)| claims.serie() == Some(&serie));
    de_la_serie
        .next_back()
        .map_or((0, None), |(e, claims)| (claims.rev.unwrap_or(0), banc.accuse(&e.accuse).env.into()))
}

fn gzip(octets: &[u8]) -> usize {
    let mut flux = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    flux.write_all(octets).unwrap();
    flux.finish().unwrap().len()
}

/// Grows the register with heartbeats to so many entries, then measures a hundred small publications.
async fn selon_le_stock(banc: &Banc, n: &mut Noeud, stockees: u64) {
    let presentes = || async { hub_storage::registre::tete_registre(banc.service.db()).await.unwrap().1 };
    while presentes().await < stockees {
        let place = Place { seq: n.seq + 1, prev: n.tete };
        let entree = sceller_acte(&Acte::Battement, &n.id, place, &emission(), &n.cle).unwrap();
        let (statut, texte) = banc.depose_enveloppe(n, place.seq, entree.enveloppe_jws()).await;
        assert_eq!(statut, StatusCode::CREATED, "{texte}");
        (n.seq, n.tete) = (place.seq, Some(entree.empreinte()));
    }
    let contenus = [petit(n, 3), petit(n, 4)];
    let (mut rev, mut avant) = derniere(banc, n, &contenus[0]).await;
    let mut temps = Vec::new();
    for rang in 0..100 {
        rev += 1;
        let signee = n.scelle(&contenus[rang % 2], rev, avant);
        avant = Some(signee.empreinte());
        let depart = Instant::now();
        assert_eq!(banc.publie(n, &signee).await.0, StatusCode::CREATED);
        temps.push(depart.elapsed());
    }
    temps.sort_unstable();
    println!(
        "{} entrées inscrites : petite publication, médiane {:.2?}, p95 {:.2?}",
        presentes().await,
        temps[50],
        temps[95]
    );
}

fn emission() -> Emission {
    let vide = String::new;
    Emission {
        hub: HUB.to_owned(),
        region: "27".to_owned(),
        references: References { catalogue: vide(), thresholds: vide(), campaign: vide() },
        cree_le: "2026-04-02T08:00:00Z".parse().unwrap(),
        essai: false,
    }
}

/// The real outbox of a node, its hub in the same process.
struct DansLeProcessus(Router);

impl Fil for DansLeProcessus {
    fn envoie(&self, r: Requete) -> Attente<'_> {
        let routes = self.0.clone();
        Box::pin(async move {
            let chemin = r.url.strip_prefix("http://hub.test").unwrap_or(&r.url).to_owned();
            let requete = Request::builder().method(r.methode.as_str()).uri(chemin).header(header::HOST, "hub.test");
            let requete = requete.header(header::AUTHORIZATION, r.preuve).body(Body::from(r.corps)).unwrap();
            let reponse = routes.oneshot(requete).await.unwrap();
            let statut = reponse.status().as_u16();
            let corps = axum::body::to_bytes(reponse.into_body(), usize::MAX).await.unwrap().to_vec();
            Ok(Reponse { statut, apres: None, corps })
        })
    }
}

/// A node out of reach sealed so many publications; then the hub answers again.
async fn rattrape(banc: &Banc, n: &mut Noeud, retard: u64) {
    let dossier = tempfile::tempdir().unwrap();
    let pem = dossier.path().join("node.pem");
    std::fs::write(&pem, n.cle.pem().unwrap().as_bytes()).unwrap();
    std::fs::set_permissions(&pem, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    // The name of a machine other than this one would need https; the wire never leaves the process.
    let texte = format!(
        "[noeud]\nidentifiant = '{}'\nregion = '27'\nbase = 'node.db'\ncle = 'node.pem'\n[hub]\n\
         adresse = 'http://127.0.0.1'\nidentifiant = '{HUB}'\ncle_publique = '{}'\n",
        n.id, banc.cle_hub
    );
    let mut configuration = node::configuration::Configuration::lit_texte(&texte, dossier.path()).unwrap();
    configuration.hub.as_mut().unwrap().adresse = "http://hub.test".to_owned();
    let base = Base::ouvre(&configuration.noeud.base, &configuration.noeud.identifiant).await.unwrap();
    let horloge = referentiel::horloge::HorlogeFixe::nouvelle("2026-04-02T08:00:00Z".parse().unwrap());
    let mut periode = Trimestre::nouveau(2010, 1).unwrap();
    let mut avant: Vec<(String, PublicationSignee)> = Vec::new();
    for rang in 0..retard {
        if rang % 4 == 0 {
            periode = periode.suivant();
        }
        let code = periode.to_string();
        let contenu = fiches(&n.id, &code, &[lieu("BFC01", "70", 4)], rang);
        let precedente =
            avant.iter().rev().find(|(c, _)| *c == code).map(|(_, s)| (s.enveloppe().rev.unwrap(), s.empreinte()));
        let (rev, remplacee) = precedente.map_or((1, None), |(rev, e)| (rev + 1, Some(e)));
        let signee = n.scelle(&contenu, rev, remplacee);
        let scellee = signee.clone();
        let instant = "2026-04-02T08:00:00Z".parse().unwrap();
        base.scelle("ea.dispositif", &code, (instant, "banc"), |_| Ok::<_, node_storage::ErreurBase>(scellee))
            .await
            .unwrap();
        avant.push((code, signee));
    }
    let fil = || -> anyhow::Result<Box<dyn Fil>> { Ok(Box::new(DansLeProcessus(banc.routes.clone()))) };
    let debut = Instant::now();
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let bilan = node::service::envoie_par(&configuration, &base, &horloge, &mut rng, &fil).await.unwrap();
    let duree: Duration = debut.elapsed();
    assert_eq!((bilan.accuses.len() as u64, bilan.confirmes, bilan.alarme), (retard, retard, None));
    println!("rattrapage de {retard} publications, preuves d’inscription comprises : {duree:.2?}");
    base.ferme().await;
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
