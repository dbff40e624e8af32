//! The simulated effect of a threshold, on both databases: counts that are shown today and would not be any more.

use hub::acces::Role;
use hub_storage::seuil::effet;
use referentiel::cellule::Audience;
use referentiel::jeu::{Seuils, jeu};

use crate::banc::{Banc, Magasin, six_noeuds};
use crate::connexion::entre;

sur_les_deux_bases!(a_higher_threshold_is_counted_on_what_the_hub_shows);

/// Cells of two centres: (node, axes, coordinates, value or secret).
async fn pose(banc: &Banc, cellules: &[(&str, &str, &str, Option<u32>)]) {
    let mut tx = banc.service.db().begin().await.unwrap();
    for (noeud, axes, ventilation, valeur) in cellules {
        let valeur = valeur.map_or("NULL, 'secret'".to_owned(), |v| format!("'{v}', 'publie'"));
        let sql = format!(
            "/* essai.cellule */ INSERT INTO observation (audience, campagne, indicateur, niveau, territoire, ventilation, noeud, jeu, axes, valeur, statut)
             VALUES ('reseau', '2026-T1', 'EA01', 'region', '27', '{ventilation}', '{noeud}', 'ea.indicateurs', '{axes}', {valeur})"
        );
        tx.execute(&*sql.leak(), vec![]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn a_higher_threshold_is_counted_on_what_the_hub_shows(m: &Magasin) {
    let noeuds = six_noeuds();
    let banc = Banc::neuf(m, &[&noeuds[0], &noeuds[1]], "").await;
    let (un, deux) = (noeuds[0].id.to_string(), noeuds[1].id.to_string());
    let jeu = jeu("ea.indicateurs").unwrap();
    let simule = async |seuil, seuil_sensible| {
        effet(banc.service.db(), jeu, Audience::Reseau, Seuils { seuil, seuil_sensible }).await.unwrap()
    };
    assert_eq!(simule(11, 11).await, None, "nothing received");
    let sensible = jeu.axes.iter().find(|a| a.sensible).unwrap().code.clone();
    let croisee = format!("{sensible}=x");
    pose(
        &banc,
        &[
            (&un, "", "", Some(40)),
            (&un, "sexe", "sexe=F", Some(7)),
            (&un, "sexe", "sexe=M", Some(0)),
            (&un, &sensible, &croisee, Some(15)),
            (&deux, "", "", Some(10)),
            (&deux, "sexe", "sexe=F", None),
        ],
    )
    .await;
    let dit = async |seuil, sensible| {
        let e = simule(seuil, sensible).await.unwrap();
        (e.montrees, e.masquees, e.perdues, e.centres)
    };
    assert_eq!(dit(5, 11).await, (5, 1, 0, 0), "what is in force changes nothing");
    assert_eq!(dit(11, 11).await, (5, 1, 2, 2), "7 and 10, and zero stays");
    assert_eq!(dit(5, 20).await, (5, 1, 1, 1), "only where the sensitive axis is crossed");

    let mut qui = entre(&banc, "gestion", Role::GestionnaireHub, &[]).await;
    let page = qui.va("/administration?sur=ea.indicateurs%3Areseau&seuil=11").await.texte;
    assert!(page.contains("avec un seuil de 11 au lieu de 5"), "{page}");
    assert!(page.contains("3\u{a0}effectifs montrés, 3\u{a0}masqués, dont 2 de plus"), "{page}");
    assert!(page.contains("Le hub ne détient aucune valeur masquée"), "{page}");
    let page = qui.va("/administration?sur=ea.indicateurs%3Areseau&seuil=3").await.texte;
    assert!(page.contains("Un seuil plus bas ne se simule pas ici") && !page.contains("au lieu de"), "{page}");
}
