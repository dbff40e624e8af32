//! The comparison of centres: the gate that opens at five centres, the favourable gap, the masked centre.

use axum::http::StatusCode;

use crate::banc::{Banc, six_noeuds};
use crate::connexion::Navigateur;

const CAMPAGNES: &str = "[[campagne]]\ncode = \"2025-T4\"\n[[campagne]]\ncode = \"2026-T1\"\n";

/// The rate of employment of each centre, as (in work, followed), or masked.
async fn pose(banc: &Banc, campagne: &str, lues: &[(&str, Option<(u32, u32)>)]) {
    let mut tx = banc.service.db().begin().await.unwrap();
    for (noeud, termes) in lues {
        let termes = termes.map_or("NULL, NULL, 'secret'".to_owned(), |(n, d)| format!("'{n}', '{d}', 'publie'"));
        let sql = format!(
            "/* essai.taux */ INSERT INTO observation (audience, campagne, indicateur, niveau, territoire, ventilation, noeud, jeu, axes, numerateur, denominateur, statut)
             VALUES ('reseau', '{campagne}', 'EA10', 'region', '27', '', '{noeud}', 'ea.indicateurs', '', {termes})"
        );
        tx.execute(&*sql.leak(), vec![]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_gate_is_explained_while_it_is_closed_and_opens_at_five_centres() {
    let noeuds = six_noeuds();
    let banc = Banc::sqlite(&noeuds.iter().collect::<Vec<_>>(), CAMPAGNES).await;
    let ids: Vec<String> = noeuds.iter().map(|n| n.id.to_string()).collect();
    let mut reseau = Navigateur::nouveau(&banc);
    let vide = reseau.va("/comparaison").await;
    assert!(vide.statut == StatusCode::OK && vide.texte.contains("Aucun centre n’a encore transmis"));

    let quatre: Vec<(&str, Option<(u32, u32)>)> = ids[..4].iter().map(|n| (n.as_str(), Some((40, 100)))).collect();
    pose(&banc, "2025-T4", &quatre).await;
    let fermee = reseau.va("/comparaison?campagne=2025-T4").await.texte;
    assert!(fermee.contains("4\u{a0}centres montrent leur valeur, et il en faut 5"), "{fermee}");
    assert!(!fermee.contains("médiane\u{a0}:") && !fermee.contains("<circle"), "{fermee}");
    assert!(fermee.contains("de 30,3\u{a0}% à 50,3\u{a0}%"), "the exact interval of each centre: {fermee}");

    let mut six: Vec<(&str, Option<(u32, u32)>)> = ids[..4].iter().map(|n| (n.as_str(), Some((40, 100)))).collect();
    six.extend([(ids[4].as_str(), Some((75, 100))), (ids[5].as_str(), None)]);
    pose(&banc, "2026-T1", &six).await;
    let page = reseau.va("/comparaison?campagne=2026-T1&indicateur=EA10").await.texte;
    assert!(
        page.contains("médiane\u{a0}: 40,0\u{a0}%") && page.contains("CDG4 sort de la variation attendue"),
        "{page}"
    );
    assert!(page.contains(&format!("theme=recrutement&#38;emetteur={}", ids[4])), "{page}");
    // The masked centre: a word in its row, no mark and no name in the drawing.
    let dessin = page.split("<svg").nth(1).unwrap().split("</svg>").next().unwrap();
    assert!(!dessin.contains("CDG5") && !dessin.contains("secret"), "{dessin}");
    assert_eq!((dessin.matches("<circle").count(), dessin.matches("class=\"signale\"").count()), (4, 1));
    assert!(page.contains("CDG5, Centre 5") && page.contains("non situé"));
    assert!(!page.contains("rang ") && page.contains("n’est pas un classement"));
    let csv = reseau.va("/comparaison?campagne=2026-T1&indicateur=EA10&table=centres&format=csv").await.texte;
    assert!(csv.contains("CDG5, Centre 5;secret;secret;–;non situé") && csv.contains("Indicateur;"), "{csv}");
}

#[tokio::test]
async fn the_run_chart_of_a_centre_keeps_its_holes() {
    let noeuds = six_noeuds();
    let banc = Banc::sqlite(&noeuds.iter().collect::<Vec<_>>(), CAMPAGNES).await;
    let id = noeuds[0].id.to_string();
    pose(&banc, "2025-T4", &[(id.as_str(), Some((42, 100)))]).await;
    pose(&banc, "2026-T1", &[(id.as_str(), None)]).await;
    let mut reseau = Navigateur::nouveau(&banc);
    let page = reseau.va(&format!("/comparaison?campagne=2026-T1&centre={id}")).await.texte;
    assert!(page.contains("Évolution\u{a0}: Centre 0") && page.contains("moins de 6 trimestres"), "{page}");
    assert!(page.contains("42,0\u{a0}%") && !page.contains("class=\"serie\""), "{page}");
    let csv = reseau.va(&format!("/comparaison?campagne=2026-T1&centre={id}&table=suivi&format=csv")).await.texte;
    assert!(csv.contains("1er trimestre 2026;secret;secret"), "{csv}");
    assert_eq!(reseau.va("/comparaison?indicateur=EA99").await.statut, StatusCode::NOT_FOUND);
}
