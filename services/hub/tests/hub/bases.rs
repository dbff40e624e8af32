//! One story, told on SQLite and on PostgreSQL: the same answers, the same bytes, the same rebuild.

use hub::configuration::Configuration;
use hub::verification::{Constat, Hub, verifie};
use hub_storage::{Db, Dialecte, rebuild};
use publication::StatutAccuse;
use publication::succession::ClesSuccessives;

use crate::banc::{Banc, HUB, six_noeuds};
use crate::population::{fiches, indicateurs, lieu};

const HISTOIRE: [&str; 2] = [
    "/* essai.oublie */ DROP DATABASE IF EXISTS maillage_hub_histoire WITH (FORCE)",
    "/* essai.cree */ CREATE DATABASE maillage_hub_histoire",
];

const CAMPAGNE: &str = "[[campagne]]\ncode = \"2026-T1\"\nlimite_depot = \"2026-04-01\"\n";

async fn constat(banc: &Banc) -> Constat {
    let hub = Hub { identifiant: HUB, cles: ClesSuccessives::seule(banc.cle_hub) };
    verifie(banc.service.db(), &hub, &Configuration::jeux_trimestriels()).await.unwrap()
}

/// Three centres, two quarters, a correction, a refusal; then everything is verified and rebuilt.
async fn histoire(db: Db) {
    let mut noeuds = six_noeuds();
    noeuds.truncate(3);
    let banc = Banc::sur(db, tempfile::tempdir().unwrap(), &noeuds.iter().collect::<Vec<_>>(), CAMPAGNE).await;
    let lieux = [lieu("BFC01", "70", 6), lieu("BFC02", "25", 5), lieu("BFC03", "39", 4)];
    for (n, lieu) in noeuds.iter_mut().zip(&lieux) {
        for (rang, periode) in ["2025-T4", "2026-T1"].into_iter().enumerate() {
            banc.regle(if rang == 0 { "2026-04-01T08:00:00Z" } else { "2026-04-02T08:00:00Z" });
            for contenu in [
                fiches(&n.id, periode, std::slice::from_ref(lieu), 1),
                indicateurs(&n.id, periode, std::slice::from_ref(lieu), 20, 2),
            ] {
                let signee = n.scelle(&contenu, 1, None);
                let accuse = banc.accuse(&banc.publie(n, &signee).await.1);
                assert_eq!(accuse.status, StatutAccuse::Acceptee, "{:?}", accuse.reasons);
            }
        }
    }
    // A correction in which a dispositif disappears: it disappears here too.
    let remplacee = noeuds[0].tete;
    let n = &mut noeuds[0];
    let corrigee = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC09", "70", 3)], 20, 5), 2, remplacee);
    assert_eq!(banc.accuse(&banc.publie(n, &corrigee).await.1).status, StatutAccuse::Acceptee);
    let question = r#"{ observations(campagne: "2026-T1", indicateur: "EA01", niveau: DISPOSITIF, axes: [], premier: 100)
        { nodes { territoire { code nom } valeur statut emetteur { organisme regions { nom } } } } }"#;
    let vues = banc.graphql(question).await;
    let codes: Vec<_> = vues["data"]["observations"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["territoire"]["code"].clone())
        .collect();
    assert_eq!(codes, ["BFC02", "BFC03", "BFC09"], "{vues}");
    assert_eq!(vues["data"]["observations"]["nodes"][0]["valeur"], "100");

    completude(&banc).await;
    crate::etats::eprouve(&banc, &mut noeuds).await;

    let avant = rebuild::empreintes(banc.service.db()).await.unwrap();
    assert_eq!(avant.keys().filter(|(table, _)| table == "observation").count(), 2);
    let rejouees = rebuild::rebuild(banc.service.db(), &Configuration::jeux_trimestriels()).await.unwrap();
    assert_eq!(rejouees, 14);
    assert_eq!(rebuild::empreintes(banc.service.db()).await.unwrap(), avant, "a rebuild changes nothing");
    let constat = constat(&banc).await;
    assert!(constat.sain(), "{:?}", constat.defauts);
    assert_eq!((constat.entrees, constat.corps), (14, 14));
}

/// The declared campaign expects each centre; the deposit ended the day before the second quarter came.
async fn completude(banc: &Banc) {
    let question = r#"{ completude(campagne: "2026-T1") { jeu attendues recues dansLesDelais vides } }"#;
    let lignes = banc.graphql(question).await["data"]["completude"].clone();
    let lignes = lignes.as_array().unwrap();
    assert_eq!(lignes.len(), 6, "three centres, two data sets");
    for l in lignes {
        assert_eq!(
            (l["attendues"].as_i64(), l["recues"].as_i64(), l["dansLesDelais"].as_i64(), l["vides"].as_i64()),
            (Some(1), Some(1), Some(0), Some(0)),
            "{l}"
        );
    }
    // The other quarter was opened by its first publication and has no limit.
    let question = r#"{ completude(campagne: "2025-T4") { recues dansLesDelais } campagne(code: "2025-T4") { declaree dateEvenement libelle } }"#;
    let lues = banc.graphql(question).await;
    assert_eq!(lues["data"]["completude"][0], serde_json::json!({ "recues": 1, "dansLesDelais": 1 }));
    assert_eq!(
        lues["data"]["campagne"],
        serde_json::json!({ "declaree": false, "dateEvenement": "2025-12-31", "libelle": "4e trimestre 2025" })
    );
}

#[tokio::test]
async fn the_story_holds_on_sqlite() {
    let dossier = tempfile::tempdir().unwrap();
    let db = Db::ouvre(&format!("sqlite:{}", dossier.path().join("hub.db").display())).await.unwrap();
    assert_eq!(db.dialecte(), Dialecte::Sqlite);
    histoire(db).await;
}

/// A fresh database of this name; PostgreSQL keeps the first 63 bytes of a longer one, on both sides. Without a server there is nothing to test on a developer's machine, and
/// a failure in continuous integration.
pub async fn base_postgresql(nom: &'static str, instructions: &[&'static str; 2]) -> Option<String> {
    let Ok(serveur) = std::env::var("MAILLAGE_PG_URL") else {
        assert!(std::env::var_os("CI").is_none(), "MAILLAGE_PG_URL must name a PostgreSQL server in CI");
        eprintln!("MAILLAGE_PG_URL is not set: nothing was told on PostgreSQL");
        return None;
    };
    let (racine, _) = serveur.rsplit_once('/').unwrap();
    let administration = Db::ouvre(&serveur).await.unwrap();
    for sql in instructions {
        administration.lignes(*sql, vec![]).await.unwrap();
    }
    Some(format!("{racine}/{nom}"))
}

#[tokio::test]
async fn the_story_holds_on_postgresql() {
    let Some(adresse) = base_postgresql("maillage_hub_histoire", &HISTOIRE).await else { return };
    let db = Db::ouvre(&adresse).await.unwrap();
    assert_eq!(db.dialecte(), Dialecte::Postgres);
    histoire(db).await;
}

#[tokio::test]
async fn a_flipped_byte_and_a_retouched_figure_are_found() {
    let mut noeuds = six_noeuds();
    noeuds.truncate(1);
    let dossier = tempfile::tempdir().unwrap();
    let fichier = dossier.path().join("hub.db");
    let adresse = format!("sqlite:{}", fichier.display());
    let banc = Banc::sur(Db::ouvre(&adresse).await.unwrap(), tempfile::tempdir().unwrap(), &[&noeuds[0]], "").await;
    let n = &mut noeuds[0];
    let signee = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 2)], 20, 3), 1, None);
    banc.publie(n, &signee).await;
    assert!(constat(&banc).await.sain());

    retouche(&banc, "/* essai.chiffre */ UPDATE observation SET valeur = '41' WHERE valeur = '40'").await;
    let chiffre = constat(&banc).await;
    assert!(
        chiffre.defauts.iter().any(|d| d.contains("« observation »") && d.contains("rebuild")),
        "{:?}",
        chiffre.defauts
    );
    rebuild::rebuild(banc.service.db(), &Configuration::jeux_trimestriels()).await.unwrap();
    assert!(constat(&banc).await.sain());

    retouche(&banc, "/* essai.octet */ UPDATE corps SET octets = CAST(substr(octets, 1, 40) || x'21' || substr(octets, 42) AS BLOB)")
        .await;
    let octet = constat(&banc).await;
    assert!(octet.defauts[0].contains("le corps conservé n’est plus celui qui a été signé"), "{:?}", octet.defauts);
    assert!(rebuild::rebuild(banc.service.db(), &Configuration::jeux_trimestriels()).await.is_err());
}

async fn retouche(banc: &Banc, sql: &'static str) {
    let mut tx = banc.service.db().begin().await.unwrap();
    assert!(tx.execute(sql, vec![]).await.unwrap() > 0);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_register_itself_refuses_to_be_rewritten() {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    let signee = n.scelle(&fiches(&n.id, "2026-T1", &[lieu("BFC01", "70", 1)], 1), 1, None);
    banc.publie(&mut n, &signee).await;
    let mut tx = banc.service.db().begin().await.unwrap();
    assert!(tx.execute("/* essai.reecrit */ UPDATE publication SET statut = 'refused'", vec![]).await.is_err());
    assert!(tx.execute("/* essai.efface */ DELETE FROM publication", vec![]).await.is_err());
}
