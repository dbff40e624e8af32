//! What anybody can check of the hub, and the entries of a chain that carry no body.

use axum::http::StatusCode;
use hub::verification::{self, Hub};
use publication::registre::{Feuille, PointDeControle, PreuveCoherence, PreuveInclusion, suivre};
use publication::restauration::Restauration;
use publication::succession::ClesSuccessives;
use publication::trousseau::Trousseau;
use publication::{Acte, CleSignature, Contenu, Emission, Place, Raison, References, StatutAccuse, sceller_acte};
use rand::SeedableRng as _;
use serde::de::DeserializeOwned;

use crate::banc::{Banc, HUB, Magasin, Noeud, six_noeuds};
use crate::population::{indicateurs, lieu};

sur_les_deux_bases!(
    an_accepted_publication_is_proved_in_a_register_that_only_grows,
    a_size_a_leaf_or_an_epoch_the_register_does_not_have_is_refused,
    matrix_37_a_withdrawn_series_shows_nothing_until_it_is_published_again,
    matrix_32_33_a_rotation_ends_one_key_and_opens_the_next_for_good,
    heartbeats_and_restores_are_entries_like_others,
    matrix_16_a_restored_hub_says_what_it_kept_and_takes_the_rest_again,
);

const REGISTRE: &str = "hub.example/maillage";

fn petit(noeud: &Noeud, personnes: u64) -> Contenu {
    indicateurs(&noeud.id, "2026-T1", &[lieu("BFC01", "70", personnes)], 20, personnes)
}

async fn lit<T: DeserializeOwned>(banc: &Banc, chemin: &str) -> T {
    let (statut, texte) = banc.brute("GET", chemin, None, &[]).await;
    assert_eq!(statut, StatusCode::OK, "{chemin}: {texte}");
    serde_json::from_str(&texte).unwrap()
}

async fn point(banc: &Banc) -> PointDeControle {
    let (_, trousseau) = banc.brute("GET", "/v1/keys", None, &[]).await;
    let trousseau = Trousseau::verifier(&trousseau, &banc.cle_hub, HUB).unwrap();
    let (statut, texte) = banc.brute("GET", "/v1/log/checkpoint", None, &[]).await;
    assert_eq!(statut, StatusCode::OK);
    PointDeControle::verifier(&texte, REGISTRE, &trousseau.log).unwrap()
}

/// Seals an entry without a body at the next place and deposits it.
pub async fn depose_acte(banc: &Banc, n: &mut Noeud, acte: &Acte<'_>) -> publication::Accuse {
    let emission = Emission {
        hub: HUB.to_owned(),
        region: "27".to_owned(),
        references: References { catalogue: String::new(), thresholds: String::new(), campaign: String::new() },
        cree_le: "2026-04-02T08:00:00Z".parse().unwrap(),
        essai: false,
    };
    let entree = sceller_acte(acte, &n.id, Place { seq: n.seq + 1, prev: n.tete }, &emission, &n.cle).unwrap();
    n.seq += 1;
    n.tete = Some(entree.empreinte());
    let seq = n.seq;
    let (statut, accuse) = banc.depose_enveloppe(n, seq, entree.enveloppe_jws()).await;
    assert_eq!(statut, StatusCode::CREATED, "{accuse}");
    banc.accuse(&accuse)
}

async fn sain(banc: &Banc) {
    let hub = Hub { identifiant: HUB, cles: ClesSuccessives::seule(banc.cle_hub) };
    let constat = verification::verifie(banc.service.db(), &hub, banc.service.jeux()).await.unwrap();
    assert!(constat.sain(), "{:?}", constat.defauts);
}

async fn an_accepted_publication_is_proved_in_a_register_that_only_grows(m: &Magasin) {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::neuf(m, &[&n], "").await;
    let mut points = vec![point(&banc).await];
    let mut precedente = None;
    for rev in 1..=5 {
        let contenu = petit(&n, rev + 2);
        let signee = n.scelle(&contenu, rev, precedente);
        precedente = Some(signee.empreinte());
        let (_, accuse) = banc.publie(&mut n, &signee).await;
        let lu = banc.accuse(&accuse);
        let nouveau = point(&banc).await;
        assert_eq!((nouveau.epoque, nouveau.taille), (1, rev));
        let preuve: PreuveInclusion = lit(&banc, &format!("/v1/log/proof?leaf={}&size={rev}", lu.leaf)).await;
        let feuille = Feuille::nouvelle(signee.empreinte(), &accuse);
        preuve.verifier(&feuille, nouveau.racine).unwrap();
        let autre = Feuille::nouvelle(signee.empreinte(), "another receipt");
        assert!(preuve.verifier(&autre, nouveau.racine).is_err());
        points.push(nouveau);
    }
    for (rang, ancien) in points.iter().enumerate().skip(1) {
        let dernier = points.last().unwrap();
        let chemin = format!("/v1/log/consistency?epoch=1&from={rang}&to={}", dernier.taille);
        let preuve: PreuveCoherence = lit(&banc, &chemin).await;
        assert_eq!(suivre(ancien, dernier, Some(&preuve)), Ok(()));
    }
    sain(&banc).await;
}

async fn a_size_a_leaf_or_an_epoch_the_register_does_not_have_is_refused(m: &Magasin) {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::neuf(m, &[&n], "").await;
    let signee = n.scelle(&petit(&n, 3), 1, None);
    banc.publie(&mut n, &signee).await;
    for (chemin, statut) in [
        ("/v1/log/proof?leaf=1&size=1", 400),
        ("/v1/log/proof?leaf=0&size=2", 400),
        ("/v1/log/consistency?epoch=1&from=0&to=1", 400),
        ("/v1/log/consistency?epoch=1&from=2&to=1", 400),
        ("/v1/log/consistency?epoch=2&from=1&to=1", 410),
    ] {
        assert_eq!(banc.brute("GET", chemin, None, &[]).await.0.as_u16(), statut, "{chemin}");
    }
}

async fn matrix_37_a_withdrawn_series_shows_nothing_until_it_is_published_again(m: &Magasin) {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::neuf(m, &[&n], "").await;
    let question = r#"{ observations(campagne: "2026-T1") { nodes { statut } } }"#;
    let vues = async || banc.graphql(question).await["data"]["observations"]["nodes"].as_array().unwrap().len();
    let premiere = n.scelle(&petit(&n, 4), 1, None);
    banc.publie(&mut n, &premiere).await;
    assert!(vues().await > 0);
    let retrait = |rev| Acte::Retrait {
        serie: premiere.enveloppe().serie().unwrap().clone(),
        rev,
        supersedes: premiere.empreinte(),
        raison: Raison::Correction,
    };
    let accuse = depose_acte(&banc, &mut n, &retrait(2)).await;
    assert_eq!(accuse.status, StatutAccuse::Acceptee);
    assert_eq!(vues().await, 0);
    sain(&banc).await;
    assert_eq!(depose_acte(&banc, &mut n, &retrait(2)).await.status, StatutAccuse::Perimee, "twice changes nothing");
    let troisieme = n.scelle(&petit(&n, 5), 3, n.tete);
    let (_, accuse) = banc.publie(&mut n, &troisieme).await;
    assert_eq!(banc.accuse(&accuse).status, StatutAccuse::Acceptee);
    assert!(vues().await > 0);
    sain(&banc).await;
}

async fn matrix_32_33_a_rotation_ends_one_key_and_opens_the_next_for_good(m: &Magasin) {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::neuf(m, &[&n], "").await;
    let premiere = n.scelle(&petit(&n, 4), 1, None);
    banc.publie(&mut n, &premiere).await;
    let nouvelle = CleSignature::generer(&mut rand::rngs::StdRng::seed_from_u64(99));
    assert_eq!(
        depose_acte(&banc, &mut n, &Acte::Rotation { nouvelle: &nouvelle }).await.status,
        StatutAccuse::Acceptee
    );
    // The old key asks nothing and signs nothing any more.
    let chemin = format!("/v1/nodes/{}/head", n.id);
    assert_eq!(banc.demande(&mut n, "GET", &chemin, &[]).await.0, StatusCode::UNAUTHORIZED);
    n.cle = nouvelle;
    let signee = n.scelle(&petit(&n, 5), 2, Some(premiere.empreinte()));
    let (_, accuse) = banc.publie(&mut n, &signee).await;
    assert_eq!(banc.accuse(&accuse).status, StatutAccuse::Acceptee);
    let falsifiee = Noeud::nouveau("287000012", 1).scelle_a(&petit(&n, 6), 4, n.tete, 3, n.tete);
    let (statut, _) = banc.depose_enveloppe(&mut n, 4, falsifiee.enveloppe_jws()).await;
    assert_eq!(statut, StatusCode::UNAUTHORIZED, "the old key signs no later position");
    // A key that served never serves again: its holder could sign as before.
    let ancienne = Noeud::nouveau("287000012", 1).cle;
    let retour = depose_acte(&banc, &mut n, &Acte::Rotation { nouvelle: &ancienne }).await;
    assert_eq!(retour.status, StatutAccuse::Refusee);
    sain(&banc).await;
}

async fn heartbeats_and_restores_are_entries_like_others(m: &Magasin) {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::neuf(m, &[&n], "").await;
    for acte in [Acte::Battement, Acte::Restauration, Acte::Battement] {
        assert_eq!(depose_acte(&banc, &mut n, &acte).await.status, StatutAccuse::Acceptee);
    }
    assert_eq!(point(&banc).await.taille, 3);
    sain(&banc).await;
}

async fn matrix_16_a_restored_hub_says_what_it_kept_and_takes_the_rest_again(m: &Magasin) {
    let mut n = six_noeuds().swap_remove(0);
    let banc = Banc::neuf(m, &[&n], "").await;
    let premiere = n.scelle(&petit(&n, 4), 1, None);
    banc.publie(&mut n, &premiere).await;
    let garde = point(&banc).await;
    let instant = "2026-04-03T08:00:00Z".parse().unwrap();
    // What `maillage-hub restaurer` does, with the key of the bench.
    let cle = CleSignature::generer(&mut rand::rngs::StdRng::seed_from_u64(7));
    hub::epoque::ouvre(banc.service.db(), &banc.service.configuration().hub, &cle, None, instant).await.unwrap();
    let declarations: Vec<String> = lit(&banc, "/v1/log/restores?from=1").await;
    let declaration = Restauration::verifier(&declarations[0], &banc.cle_hub, HUB).unwrap();
    let suite = declaration.appliquer(&garde, None).unwrap();
    assert_eq!((suite.epoque, suite.taille), (2, 1));
    let seconde = n.scelle(&petit(&n, 5), 2, Some(premiere.empreinte()));
    let (_, accuse) = banc.publie(&mut n, &seconde).await;
    assert_eq!((banc.accuse(&accuse).log_epoch, banc.accuse(&accuse).leaf), (2, 1));
    let preuve: PreuveCoherence = lit(&banc, "/v1/log/consistency?epoch=2&from=1&to=2").await;
    assert_eq!(suivre(&suite, &point(&banc).await, Some(&preuve)), Ok(()));
    sain(&banc).await;
}
