//! What the hub hands down to its nodes: signed manifest, parts, feed.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use hub::fil;
use publication::fil::{Article, Page};
use publication::manifeste::Manifeste;
use publication::reference::{CAMPAGNES, CampagneAnnoncee, SEUILS, SeuilExige, lire};
use publication::trousseau::Trousseau;
use publication::{ClePublique, StatutAccuse};
use referentiel::cellule::Audience;
use referentiel::horloge::Horloge as _;
use serde_json::Value;

use crate::banc::{Banc, HUB, Magasin, Noeud, cles, six_noeuds};
use crate::population::{fiches, indicateurs, lieu};

sur_les_deux_bases!(
    matrix_41_a_manifest_is_signed_dated_and_issued_again_when_it_says_something_else,
    thresholds_and_calendar_are_those_the_hub_goes_by_and_a_part_held_is_not_sent_again,
    matrix_61_two_versions_of_a_data_set_live_at_once_and_a_third_is_refused,
    a_closed_campaign_gives_benchmarks_of_five_centres_once,
    four_centres_make_no_benchmark_even_when_asked_for,
    matrix_42_a_reader_late_by_years_reads_pages_and_a_cursor_of_another_epoch_is_gone,
);

const CAMPAGNE: &str = "[[campagne]]\ncode = \"2026-T1\"\nouverture = \"2026-03-16\"\nlimite_depot = \"2026-04-10\"\n\
                        fin_correction = \"2026-04-15\"\n";

const SEUILS_RELEVES: &str = "[seuils.reseau]\nseuil = 7\nseuil_sensible = 11\n";

/// Départements of the six centres.
const DEPARTEMENTS: [&str; 6] = ["70", "25", "39", "58", "71", "89"];

async fn cle_reference(banc: &Banc) -> ClePublique {
    let (_, texte) = banc.brute("GET", "/v1/keys", None, &[]).await;
    Trousseau::verifier(&texte, &banc.cle_hub, HUB).unwrap().reference.unwrap()
}

async fn manifeste(banc: &Banc, n: &mut Noeud) -> Manifeste {
    let (statut, texte) = banc.demande(n, "GET", "/v1/ref/manifest", b"").await;
    assert_eq!(statut, StatusCode::OK, "{texte}");
    Manifeste::verifier(&texte, &cle_reference(banc).await, HUB).unwrap()
}

async fn partie(banc: &Banc, n: &mut Noeud, m: &Manifeste, nom: &str) -> Vec<u8> {
    let partie = m.versions(nom).next().unwrap();
    let (statut, texte) = banc.demande(n, "GET", &format!("/v1/ref/parts/{}", partie.sha256), b"").await;
    assert!(statut == StatusCode::OK && partie.convient(texte.as_bytes()), "{statut} {nom}");
    texte.into_bytes()
}

async fn page(banc: &Banc, n: &mut Noeud, curseur: Option<&str>) -> Result<Page, Value> {
    let chemin = curseur.map_or_else(|| "/v1/feed".to_owned(), |c| format!("/v1/feed?cursor={c}"));
    let (statut, texte) = banc.demande(n, "GET", &chemin, b"").await;
    match statut {
        StatusCode::OK => Ok(Page::verifier(&texte, &cle_reference(banc).await, HUB).unwrap()),
        StatusCode::GONE => Err(serde_json::from_str(&texte).unwrap()),
        autre => panic!("{autre}: {texte}"),
    }
}

/// Each centre publishes a quarter, one person more than the one before.
async fn publient(banc: &Banc, noeuds: &mut [Noeud]) {
    let tous = six_noeuds();
    for n in noeuds {
        let rang = tous.iter().position(|autre| autre.id == n.id).unwrap();
        let lieux = [lieu(&format!("BFC0{rang}"), DEPARTEMENTS[rang], rang as u64 + 3)];
        for contenu in [fiches(&n.id, "2026-T1", &lieux, 1), indicateurs(&n.id, "2026-T1", &lieux, 20, 2)] {
            let signee = n.scelle(&contenu, 1, None);
            let accuse = banc.accuse(&banc.publie(n, &signee).await.1);
            assert_eq!(accuse.status, StatutAccuse::Acceptee, "{:?}", accuse.reasons);
        }
    }
}

/// Matrix 41, the hub's side: one signed list, whose version never goes back.
async fn matrix_41_a_manifest_is_signed_dated_and_issued_again_when_it_says_something_else(m: &Magasin) {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::neuf(m, &[&n], CAMPAGNE).await;
    let premier = manifeste(&banc, &mut n).await;
    assert_eq!(premier.version, u64::try_from(banc.horloge.maintenant().timestamp()).unwrap());
    assert!(!premier.perime(banc.horloge.maintenant()));
    banc.regle("2026-04-02T20:00:00Z");
    assert_eq!(manifeste(&banc, &mut n).await, premier, "the same for a day");
    banc.regle("2026-04-03T09:00:00Z");
    let lendemain = manifeste(&banc, &mut n).await;
    assert!(lendemain.version > premier.version && lendemain.parts == premier.parts);
    // Another configuration says something else, at once and with a greater version.
    let mut autre = banc.service.configuration().clone();
    autre.campagnes.clear();
    let suite = manifeste(&banc.avec(autre).await, &mut n).await;
    assert!(suite.version > lendemain.version && suite.parts != lendemain.parts);
}

async fn thresholds_and_calendar_are_those_the_hub_goes_by_and_a_part_held_is_not_sent_again(m: &Magasin) {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::neuf(m, &[&n], &format!("{CAMPAGNE}{SEUILS_RELEVES}")).await;
    let m = manifeste(&banc, &mut n).await;
    let seuils: Vec<SeuilExige> = lire(&partie(&banc, &mut n, &m, SEUILS).await).unwrap();
    let reseau = seuils.iter().find(|s| s.jeu == "ea.indicateurs" && s.audience == Audience::Reseau).unwrap();
    assert_eq!((reseau.seuil, reseau.seuil_sensible), (7, 11));
    let campagnes: Vec<CampagneAnnoncee> = lire(&partie(&banc, &mut n, &m, CAMPAGNES).await).unwrap();
    assert_eq!(campagnes[0].limite_depot.unwrap().to_rfc3339(), "2026-04-10T21:59:59.999999+00:00");
    let emploi = String::from_utf8(partie(&banc, &mut n, &m, "nomenclature/emploi").await).unwrap();
    assert!(emploi.contains("code = \"CDI\""), "the file itself");
    let chemin = format!("/v1/ref/parts/{}", m.parts[0].sha256);
    let preuve = banc.preuve(&mut n, "GET", &chemin, b"");
    let requete = Request::get(&chemin)
        .header(header::HOST, "hub.test")
        .header(header::AUTHORIZATION, preuve)
        .header(header::IF_NONE_MATCH, format!("\"{}\"", m.parts[0].sha256));
    assert_eq!(banc.envoie(requete.body(Body::empty()).unwrap()).await, (StatusCode::NOT_MODIFIED, String::new()));
    let inconnue = format!("/v1/ref/parts/{}", "A".repeat(43));
    assert_eq!(banc.demande(&mut n, "GET", &inconnue, b"").await.0, StatusCode::NOT_FOUND);
}

/// Matrix 61: a content is judged by the version it names; one that the hub does not hold is refused.
async fn matrix_61_two_versions_of_a_data_set_live_at_once_and_a_third_is_refused(m: &Magasin) {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::neuf(m, &[&n], "").await;
    let present = referentiel::jeu::jeu("ea.indicateurs").unwrap();
    let version = |v: &str| format!("version = \"{v}\"");
    let ancienne = present.texte.replacen(&version(&present.version), &version("ancienne"), 1);
    assert_eq!(referentiel::jeu::admet(&ancienne).unwrap().version, "ancienne");
    let bon = String::from_utf8(indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 4)], 20, 4).octets()).unwrap();
    for (rev, (nommee, statut)) in
        [("ancienne", StatutAccuse::Acceptee), ("inconnue", StatutAccuse::Refusee)].into_iter().enumerate()
    {
        let lue = format!("\"version_jeu\":\"{}\"", present.version);
        let contenu = bon.replacen(&lue, &format!("\"version_jeu\":\"{nommee}\""), 1);
        let contenu = publication::Contenu::lire(contenu.as_bytes()).unwrap();
        let signee = n.scelle(&contenu, rev as u64 + 1, n.tete);
        let accuse = banc.accuse(&banc.publie(&mut n, &signee).await.1);
        assert_eq!(accuse.status, statut, "{nommee}: {:?}", accuse.reasons);
        assert!(statut == StatutAccuse::Acceptee || accuse.reasons[0].code.code() == "ref.wrong_version");
    }
}

async fn a_closed_campaign_gives_benchmarks_of_five_centres_once(m: &Magasin) {
    let mut noeuds = six_noeuds();
    let banc = Banc::neuf(m, &noeuds.iter().collect::<Vec<_>>(), CAMPAGNE).await;
    hub::campagne::active(&banc.service).await.unwrap();
    publient(&banc, &mut noeuds[..5]).await;
    let n = &mut noeuds[0];
    assert!(page(&banc, n, None).await.unwrap().items.is_empty(), "the campaign is open");
    banc.regle("2026-04-16T08:00:00Z");
    hub::campagne::active(&banc.service).await.unwrap();
    let lue = page(&banc, n, None).await.unwrap();
    let ea01 = lue.items.iter().filter_map(|a| a.benchmark.as_ref()).find(|r| r.indicator == "EA01").unwrap();
    // Twenty times three, four, five, six and seven persons.
    assert_eq!((ea01.contributors, ea01.q1, ea01.median, ea01.q3), (5, 80.into(), 100.into(), 120.into()));
    assert_eq!(fil::complete(banc.service.db(), banc.horloge.maintenant()).await.unwrap(), 0, "once");
    let suite = format!("{}.{}", lue.epoch, lue.items.len());
    assert!(page(&banc, n, Some(&suite)).await.unwrap().items.is_empty());
}

async fn four_centres_make_no_benchmark_even_when_asked_for(m: &Magasin) {
    let mut noeuds = six_noeuds();
    let banc = Banc::neuf(m, &noeuds.iter().collect::<Vec<_>>(), "").await;
    publient(&banc, &mut noeuds[..4]).await;
    let instant = banc.horloge.maintenant();
    assert_eq!(fil::publie_les_reperes(banc.service.db(), "2026-T1", instant).await.unwrap(), 0);
    publient(&banc, &mut noeuds[4..]).await;
    assert!(fil::publie_les_reperes(banc.service.db(), "2026-T1", instant).await.unwrap() > 0, "six do");
}

/// Matrix 42, the hub's side: pages follow one another, and a cursor of another incarnation is gone.
async fn matrix_42_a_reader_late_by_years_reads_pages_and_a_cursor_of_another_epoch_is_gone(m: &Magasin) {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::neuf(m, &[&n], "").await;
    let articles: Vec<Article> = (0..250).map(|rang| Article::retrait(format!("essai/{rang:03}"))).collect();
    let instant = banc.horloge.maintenant();
    assert_eq!(hub_storage::fil::ajoute(banc.service.db(), &articles, None, instant).await.unwrap(), 250);
    let (mut lus, mut curseur) = (Vec::new(), None);
    loop {
        let page = page(&banc, &mut n, curseur.as_deref()).await.unwrap();
        assert_eq!(page.from, lus.len() as u64);
        lus.extend(page.items);
        let Some(suite) = page.next else { break };
        curseur = Some(suite.to_string());
    }
    assert_eq!(lus, articles);
    for perdu in ["2.10", "1.251", "1.x"] {
        let probleme = page(&banc, &mut n, Some(perdu)).await.unwrap_err();
        assert_eq!((&probleme["type"], &probleme["epoch"]), (&"urn:maillage:error:log.cursor_gone".into(), &1.into()));
    }
    let cle = cles().accuses;
    hub::epoque::ouvre(banc.service.db(), &banc.service.configuration().hub, &cle, None, instant).await.unwrap();
    assert_eq!(page(&banc, &mut n, Some("1.10")).await.unwrap_err()["epoch"], 2);
    assert_eq!(page(&banc, &mut n, Some("2.10")).await.unwrap().from, 10);
    let mut tx = banc.service.db().begin().await.unwrap();
    assert!(tx.execute("/* essai.efface */ DELETE FROM fil", vec![]).await.is_err(), "the feed is append-only");
}
