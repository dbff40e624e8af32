//! The page of the conventions: empty, ordinary, masked; who reads targets and amounts, and who does not.

use axum::http::StatusCode;
use hub::acces::Role;

use crate::banc::{Banc, six_noeuds};
use crate::connexion::{Navigateur, entre};

const CAMPAGNE: &str = "[[campagne]]\ncode = \"2026-T1\"\nlimite_depot = \"2026-04-10\"\n";

/// (audience, node, measure, action, figure or masked) of one half-year.
pub type Cellule<'c> = (&'c str, &'c str, &'c str, &'c str, Option<&'c str>);

pub async fn pose(banc: &Banc, cellules: &[Cellule<'_>]) {
    let mut tx = banc.service.db().begin().await.unwrap();
    for (audience, noeud, mesure, action, valeur) in cellules {
        let jeu = if ["FP_CIBLE", "FP_DEMANDE"].contains(mesure) { "fiphfp.plan" } else { "fiphfp.avancement" };
        let (axes, ventilation) = match *action {
            "" => ("", String::new()),
            code => ("fiphfp_action", format!("fiphfp_action={code}")),
        };
        let valeur = valeur.map_or("NULL, 'secret'".to_owned(), |v| format!("'{v}', 'publie'"));
        let sql = format!(
            "/* essai.convention */ INSERT INTO observation (audience, campagne, indicateur, niveau, territoire, ventilation, noeud, jeu, axes, valeur, statut)
             VALUES ('{audience}', '2026-T2', '{mesure}', 'departement', '70', '{ventilation}', '{noeud}', '{jeu}', '{axes}', {valeur})"
        );
        tx.execute(&*sql.leak(), vec![]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A convention whose axis 2 passes what was asked for it.
fn depassee(noeud: &str) -> Vec<Cellule<'_>> {
    vec![
        ("convention", noeud, "FP_DEMANDE", "", Some("298500")),
        ("convention", noeud, "FP_DEMANDE", "2.1", Some("40000")),
        ("convention", noeud, "FP_CIBLE", "2.1", Some("40")),
        ("convention", noeud, "FP_VALORISE", "", Some("60000")),
        ("convention", noeud, "FP_VALORISE", "2.1", Some("43000")),
        ("convention", noeud, "FP_REALISE", "2.1", Some("43")),
        ("convention", noeud, "FP_PIECES", "", Some("2")),
        ("convention", noeud, "FP_TEMPS", "", Some("12.5")),
        ("reseau", noeud, "FP_REALISE", "2.1", Some("43")),
        ("reseau", noeud, "FP_TEMPS", "", Some("12.5")),
    ]
}

#[tokio::test]
async fn those_who_steer_see_the_ceiling_that_is_passed_and_open_the_convention() {
    let noeuds = six_noeuds();
    let banc = Banc::sqlite(&[&noeuds[0], &noeuds[1]], CAMPAGNE).await;
    let [a, b] = [noeuds[0].id.to_string(), noeuds[1].id.to_string()];
    let mut dth = entre(&banc, "dth", Role::Dth, &["27"]).await;
    let vide = dth.va("/conventions").await;
    assert!(vide.statut == StatusCode::OK && vide.texte.contains("Aucune convention n’est encore reçue"));

    pose(&banc, &depassee(&a)).await;
    let page = dth.va("/conventions").await.texte;
    assert!(page.contains("Plafond atteint") && page.contains("1er semestre 2026"), "{page}");
    assert!(page.contains("43\u{202f}000\u{a0}€ valorisés pour 40\u{202f}000\u{a0}€ demandés"), "{page}");
    assert!(page.contains("2\u{a0}situations ne sont pas valorisées faute de pièce"), "{page}");
    assert!(page.contains("Non transmis") && page.contains("Ni le plan"), "the other centre sent nothing");
    assert!(page.contains("21,4\u{a0}%") || page.contains("20,1\u{a0}%"), "{page}");
    let une = dth.va(&format!("/conventions/{a}?periode=2026-T2")).await;
    assert!(
        une.statut == StatusCode::OK && une.texte.contains("id=\"axes\"") && une.texte.contains("107,5\u{a0}%"),
        "{}",
        une.texte
    );
    let csv = dth.va(&format!("/conventions/{a}?periode=2026-T2&table=axes&format=csv")).await.texte;
    assert!(csv.contains("Axe 2") && csv.contains("Période;1er semestre 2026"), "{csv}");
    let autre = dth.va(&format!("/conventions/{b}")).await;
    assert!(autre.statut == StatusCode::OK && autre.texte.contains("Non transmis"), "{}", autre.texte);
    assert_eq!(dth.va("/conventions/cdg-000000000").await.statut, StatusCode::NOT_FOUND);
    let pilotage = dth.va("/pilotage?campagne=2026-T1").await.texte;
    assert!(pilotage.contains(&format!("href=\"/conventions/{a}\"")), "{pilotage}");
}

#[tokio::test]
async fn a_peer_reads_what_is_published_for_the_network_and_no_amount() {
    let noeuds = six_noeuds();
    let banc = Banc::sqlite(&[&noeuds[0], &noeuds[1]], CAMPAGNE).await;
    let [a, b] = [noeuds[0].id.to_string(), noeuds[1].id.to_string()];
    pose(&banc, &depassee(&a)).await;
    let mut pair = entre(&banc, "cdg", Role::Cdg, &[&b]).await;
    for adresse in ["/conventions?action=2.1".to_owned(), format!("/conventions/{a}")] {
        let page = pair.va(&adresse).await;
        assert_eq!(page.statut, StatusCode::OK, "{adresse}");
        assert!(page.texte.contains(">43<") && !page.texte.contains("43\u{202f}000"), "{adresse}: {}", page.texte);
        assert!(!page.texte.contains("40\u{202f}000") && !page.texte.contains("Plafond atteint"), "{adresse}");
    }
    for (compte, role, territoire) in [("cfea", Role::Cfea, "27"), ("chef", Role::ChefDeFile, "BFC01")] {
        let mut autre = entre(&banc, compte, role, &[territoire]).await;
        let page = autre.va("/conventions").await;
        assert!(page.statut == StatusCode::OK && !page.texte.contains("43"), "{compte}: {}", page.texte);
        assert_eq!(autre.va(&format!("/conventions/{a}")).await.statut, StatusCode::FORBIDDEN, "{compte}");
    }
}

#[tokio::test]
async fn what_is_masked_is_a_word_in_the_page_and_in_its_files_and_has_no_place_in_the_drawing() {
    let noeuds = six_noeuds();
    let banc = Banc::sqlite(&[&noeuds[0]], CAMPAGNE).await;
    let a = noeuds[0].id.to_string();
    pose(
        &banc,
        &[
            ("convention", &a, "FP_CIBLE", "3.3", Some("20")),
            ("convention", &a, "FP_REALISE", "3.3", None),
            ("convention", &a, "FP_TEMPS", "", Some("12.5")),
        ],
    )
    .await;
    let mut dth = entre(&banc, "dth", Role::Dth, &["27"]).await;
    let page = dth.va("/conventions?action=3.3").await.texte;
    assert!(page.contains("<td class=\"nombre absent\">secret</td>"), "{page}");
    assert!(!page.contains("class=\"fait\"") && !page.contains("class=\"temps\""), "{page}");
    assert!(dth.va("/conventions?action=3.3&format=csv-ouvert").await.texte.contains(",secret"));
    let rien = Navigateur::nouveau(&banc).va("/conventions?action=3.3").await.texte;
    assert!(!rien.contains(">20<"), "targets are not told to everybody: {rien}");
}
