//! The pages: what they say, how they are marked up, what their headers forbid.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use hub::acces::Role;
use tower::ServiceExt as _;

use crate::banc::{Banc, six_noeuds};
use crate::population::{indicateurs, lieu};

const CAMPAGNE: &str = "[[campagne]]\ncode = \"2026-T1\"\nlimite_depot = \"2026-04-10\"\n";

#[tokio::test]
async fn the_steering_page_tells_who_sent_and_frames_what_is_masked() {
    let mut noeuds = six_noeuds();
    let banc = Banc::sqlite(&noeuds.iter().collect::<Vec<_>>(), CAMPAGNE).await;
    // Three centres whose file active is under the threshold, one above, one missing.
    for (rang, personnes, poids) in [(0, 2, 20), (1, 3, 1), (2, 2, 1), (3, 4, 1)] {
        let n = &mut noeuds[rang];
        let lieux = [lieu(&format!("BFC0{rang}"), ["70", "25", "39", "58"][rang], personnes)];
        let signee = n.scelle(&indicateurs(&n.id, "2026-T1", &lieux, poids, 4), 1, None);
        assert_eq!(banc.publie(n, &signee).await.0, StatusCode::CREATED);
    }
    let (_, dispositifs) = banc.brute("GET", "/?campagne=2026-T1&region=27", None, b"").await;
    assert!(dispositifs.contains("BFC00 Dispositif BFC00"), "{dispositifs}");
    let chemin = "/?campagne=2026-T1&region=27&colonnes=departements";
    let (statut, html) = banc.brute("GET", chemin, None, b"").await;
    assert_eq!(statut, StatusCode::OK);
    assert!(html.contains("4 centres ont transmis, sur 6 attendus. Dépôt jusqu’au 10 avril 2026."), "{html}");
    assert!(html.contains("1 sur 1") && html.contains("0 sur 1") && html.contains("<progress"));
    assert!(html.contains("70 Haute-Saône") && html.contains("non transmis"));
    let ea01 = html.lines().find(|l| l.contains("(EA01)") && l.contains("<td")).unwrap();
    assert!(ea01.contains("secret"), "{ea01}");
    // Everything small is masked whole: nothing shown bounds it from above.
    assert!(ea01.contains("au moins 40"), "{ea01}");
    for (balise, fermee) in
        [("<table", "</table>"), ("<tr", "</tr>"), ("<td", "</td>"), ("<th ", "</th>"), ("<div", "</div>")]
    {
        assert_eq!(html.matches(balise).count(), html.matches(fermee).count(), "{balise}");
    }
    assert_eq!(html.matches("<h1").count(), 1);
}

#[tokio::test]
async fn every_page_has_its_headers_and_none_asks_for_anything_elsewhere() {
    let noeuds = six_noeuds();
    let banc = Banc::sqlite(&[&noeuds[0]], CAMPAGNE).await;
    for (chemin, attendu) in [
        ("/", StatusCode::OK),
        ("/?campagne=2026-T1", StatusCode::OK),
        ("/?campagne=1999-T9", StatusCode::NOT_FOUND),
        ("/accessibilite", StatusCode::OK),
        ("/nulle-part", StatusCode::NOT_FOUND),
        ("/style.css", StatusCode::OK),
        ("/sante", StatusCode::OK),
        ("/pret", StatusCode::OK),
    ] {
        let requete = Request::get(chemin).body(Body::empty()).unwrap();
        let reponse = banc.routes.clone().oneshot(requete).await.unwrap();
        assert_eq!(reponse.status(), attendu, "{chemin}");
        let politique = reponse.headers()["content-security-policy"].to_str().unwrap();
        assert!(politique.starts_with("default-src 'none'") && !politique.contains("unsafe"), "{chemin}");
        assert_eq!(reponse.headers()["x-content-type-options"], "nosniff");
        let octets = axum::body::to_bytes(reponse.into_body(), usize::MAX).await.unwrap();
        let texte = String::from_utf8(octets.to_vec()).unwrap();
        assert!(!texte.contains("http://") && !texte.contains("<script") && !texte.contains(" style="), "{chemin}");
    }
    let (_, accessibilite) = banc.brute("GET", "/accessibilite", None, b"").await;
    assert!(accessibilite.contains("<strong>non conforme</strong>"));
}

#[tokio::test]
async fn a_file_taken_by_somebody_is_written_down_with_its_filters() {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], CAMPAGNE).await;
    let signee = n.scelle(&indicateurs(&n.id, "2026-T1", &[lieu("BFC01", "70", 4)], 20, 4), 1, None);
    banc.publie(&mut n, &signee).await;
    let porteur = format!("Bearer {}", banc.jeton(Role::Dreets, &["27"]).await);
    let page = "/emploi-accompagne?campagne=2026-T1&region=27";
    let fichier = format!("{page}&format=csv");
    for (chemin, preuve) in [(page, Some(porteur.as_str())), (&fichier, None), (&fichier, Some(porteur.as_str()))] {
        assert_eq!(banc.brute("GET", chemin, preuve, b"").await.0, StatusCode::OK, "{chemin}");
    }
    let lignes = hub_storage::journal::dernieres(banc.service.db(), None, 20).await.unwrap();
    let exports: Vec<_> = lignes.iter().filter(|l| l.action == "export.ecrire").collect();
    assert_eq!(exports.len(), 1, "a page is no file, and nobody took the second one: {lignes:?}");
    assert!(exports[0].acteur.starts_with("jeton:") && exports[0].objet == fichier, "{:?}", exports[0]);
}
