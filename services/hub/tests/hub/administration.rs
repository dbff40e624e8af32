//! The administration: for the manager of the whole hub only; nodes moved, keys approved by what was read aloud, the
//! journal read and verified.

use axum::http::StatusCode;
use hub::acces::Role;
use hub_storage::enrolement::{self, EtatNoeud};
use hub_storage::journal;

use crate::banc::{Banc, six_noeuds};
use crate::connexion::{Navigateur, entre};

#[tokio::test]
async fn only_the_manager_of_the_whole_hub_gets_in() {
    let noeuds = six_noeuds();
    let banc = Banc::sqlite(&[&noeuds[0]], "").await;
    for (compte, role, territoires) in [
        ("tout", Role::GestionnaireHub, &[][..]),
        ("region", Role::GestionnaireHub, &["27"]),
        ("dth", Role::Dth, &["27"]),
        ("cdg", Role::Cdg, &[noeuds[0].id.as_str()]),
    ] {
        let mut qui = entre(&banc, compte, role, territoires).await;
        let attendu = if compte == "tout" { StatusCode::OK } else { StatusCode::FORBIDDEN };
        for chemin in ["/administration", "/administration/journal"] {
            assert_eq!(qui.va(chemin).await.statut, attendu, "{compte} {chemin}");
        }
        let accueil = qui.va("/").await;
        let menu = qui.va("/pilotage").await.texte + &accueil.texte;
        assert_eq!(menu.contains("href=\"/administration\""), attendu == StatusCode::OK, "{compte}");
        let jeton = qui.va("/pratiques").await.cache("jeton");
        let champs = [("jeton", jeton.as_str()), ("noeud", noeuds[0].id.as_str()), ("geste", "suspendre")];
        let reponse = qui.envoie("/administration/noeud", &champs).await;
        assert_eq!(reponse.statut == StatusCode::SEE_OTHER, compte == "tout", "{compte}: {}", reponse.statut);
    }
    assert_eq!(Navigateur::nouveau(&banc).va("/administration").await.statut, StatusCode::FORBIDDEN);
    let etat = enrolement::etat(banc.service.db(), noeuds[0].id.as_str()).await.unwrap();
    assert_eq!(etat, Some(EtatNoeud::Suspendu), "moved once, by who may");
}

#[tokio::test]
async fn a_node_is_moved_and_the_journal_says_by_whom() {
    let noeuds = six_noeuds();
    let banc = Banc::sqlite(&[&noeuds[0]], "").await;
    let mut qui = entre(&banc, "gestion", Role::GestionnaireHub, &[]).await;
    let page = qui.va("/administration").await;
    assert!(page.texte.contains(&noeuds[0].cle.publique().empreinte_lisible()), "{}", page.texte);
    assert!(page.texte.contains("Seuils du secret statistique") && page.texte.contains("Comptes ouverts"));
    assert!(page.texte.contains("jamais") && page.texte.contains(">gestion<"), "{}", page.texte);
    assert!(!page.texte.contains("$argon2"), "nothing that opens an account");
    let jeton = page.cache("jeton");
    let id = noeuds[0].id.to_string();
    let acte = |geste: &'static str| [("jeton", jeton.clone()), ("noeud", id.clone()), ("geste", geste.to_owned())];
    for (geste, statut) in [("reprendre", 409), ("maintenance", 303), ("reprendre", 303), ("approuver", 409)] {
        let champs = acte(geste);
        let reponse = qui.envoie("/administration/noeud", &champs.each_ref().map(|(n, v)| (*n, v.as_str()))).await;
        assert_eq!(reponse.statut.as_u16(), statut, "{geste}: {}", reponse.texte);
        assert_eq!(reponse.texte.contains("role=\"alert\""), statut == 409, "{geste}");
    }
    let lignes = journal::dernieres(banc.service.db(), None, 10).await.unwrap();
    assert_eq!((lignes[0].action.as_str(), lignes[0].acteur.as_str()), ("noeud.changer_etat", "compte:gestion"));
    let journal = qui.va("/administration/journal?verifier=oui").await.texte;
    assert!(journal.contains("La chaîne du journal est entière") && journal.contains("compte:gestion"), "{journal}");
    let csv = qui.va("/administration?table=comptes&format=csv").await.texte;
    assert!(csv.contains("gestion;"), "{csv}");
}

#[tokio::test]
async fn the_pages_open_on_the_region_of_whoever_asks() {
    let noeuds = six_noeuds();
    let banc = Banc::sqlite(&noeuds.iter().collect::<Vec<_>>(), "[[campagne]]\ncode = \"2026-T1\"\n").await;
    for (compte, role, territoires) in [
        ("region", Role::Dth, &["27"][..]),
        ("departement", Role::Ddets, &["70"]),
        ("centre", Role::Cdg, &[noeuds[0].id.as_str()]),
    ] {
        let mut qui = entre(&banc, compte, role, territoires).await;
        for chemin in ["/", "/emploi-accompagne"] {
            let page = qui.va(chemin).await.texte;
            assert!(
                page.contains("<h1>Emploi accompagné, 1er trimestre 2026, Bourgogne-Franche-Comté"),
                "{compte}: {page}"
            );
        }
    }
}
