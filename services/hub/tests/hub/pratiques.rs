//! Good practices: proposed by a centre, read by who decides, adopted by a peer; each act in the journal, each refusal
//! explained, nothing done by whoever has no part in it.

use axum::http::StatusCode;
use hub::acces::Role;
use hub_storage::journal;
use referentiel::horloge::Horloge as _;

use crate::banc::{Banc, six_noeuds};
use crate::connexion::{Navigateur, entre};

const FICHE: [(&str, &str); 11] = [
    ("titre", "Cellule <maintien>"),
    ("theme", "maintien"),
    ("probleme", "Des arrêts longs sans suite."),
    ("realisation", "Une réunion par mois avec la médecine."),
    ("moyens", "0,2 ETP"),
    ("indicateur", "Maintiens pour 1 000 agents"),
    ("resultat", "3,2"),
    ("periode", "année 2025"),
    ("limites", "Petit effectif."),
    ("contact", "service handicap"),
    ("anonyme", "oui"),
];

/// Sends the form of a proposal; gives the answer.
async fn propose(qui: &mut Navigateur<'_>, centre: &str, change: &[(&str, &str)]) -> crate::connexion::Page {
    let page = qui.va("/pratiques/proposer").await;
    assert_eq!(page.statut, StatusCode::OK, "{}", page.texte);
    let (jeton, fiche) = (page.cache("jeton"), page.cache("fiche"));
    let mut champs = vec![("jeton", jeton.as_str()), ("fiche", &fiche), ("centre", centre)];
    champs.extend(FICHE.iter().map(|(c, v)| change.iter().find(|(n, _)| n == c).copied().unwrap_or((*c, *v))));
    qui.envoie("/pratiques/proposer", &champs).await
}

async fn actes(banc: &Banc) -> Vec<(String, String)> {
    let lignes = journal::dernieres(banc.service.db(), None, 100).await.unwrap();
    let pratiques = lignes.into_iter().filter(|l| l.action.starts_with("pratique."));
    pratiques.map(|l| (l.action, l.acteur)).collect()
}

#[tokio::test]
async fn a_practice_is_proposed_read_published_found_and_adopted() {
    let noeuds = six_noeuds();
    let banc = Banc::sqlite(&[&noeuds[0], &noeuds[1]], "").await;
    let [a, b] = [noeuds[0].id.to_string(), noeuds[1].id.to_string()];
    let mut auteur = entre(&banc, "cdg-a", Role::Cdg, &[&a]).await;
    let mut pair = entre(&banc, "cdg-b", Role::Cdg, &[&b]).await;
    let mut dth = entre(&banc, "dth", Role::Dth, &["27"]).await;

    // What is wrong is told beside its field; what was written stays.
    let refusee = propose(&mut auteur, &a, &[("resultat", "beaucoup"), ("anonyme", "")]).await;
    assert_eq!(refusee.statut, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refusee.texte.contains("2 rubriques à corriger") && refusee.texte.contains("Cellule &#60;maintien&#62;"));
    assert!(actes(&banc).await.is_empty(), "nothing half-stored");

    let proposee = propose(&mut auteur, &a, &[]).await;
    assert_eq!(proposee.statut, StatusCode::SEE_OTHER, "{}", proposee.texte);
    let adresse = proposee.suite;
    assert_eq!(pair.va(&adresse).await.statut, StatusCode::NOT_FOUND, "what waits is told to nobody else");
    assert!(!pair.va("/pratiques").await.texte.contains("Cellule"));
    assert!(auteur.va("/pratiques").await.texte.contains("En attente de relecture"));

    // The FIPHFP's director reads and publishes; without a reason nothing is refused.
    let page = dth.va(&adresse).await;
    assert!(page.texte.contains("Publier la fiche") && page.texte.contains("3,2"), "{}", page.texte);
    let jeton = page.cache("jeton");
    let decision = format!("{adresse}/decision");
    let sans_motif = dth.envoie(&decision, &[("jeton", &jeton), ("geste", "refuser"), ("motif", " ")]).await;
    assert!(sans_motif.statut == StatusCode::UNPROCESSABLE_ENTITY && sans_motif.texte.contains("demande un motif"));
    let au_fil = async || hub::fil::complete(banc.service.db(), banc.horloge.maintenant()).await.unwrap();
    assert_eq!(au_fil().await, 0, "what waits is handed down to nobody");
    let publiee = dth.envoie(&decision, &[("jeton", &jeton), ("geste", "publier")]).await;
    assert_eq!(publiee.statut, StatusCode::SEE_OTHER, "{}", publiee.texte);
    assert_eq!((au_fil().await, au_fil().await), (1, 0), "handed down to the nodes, once");
    let articles = hub_storage::fil::en_vigueur(banc.service.db(), "pratique/").await.unwrap();
    let descendue = articles.values().find_map(|a| a.practice.as_ref()).unwrap();
    assert_eq!((descendue.node.as_str(), descendue.center.as_str()), (a.as_str(), "Centre 0"));
    assert!(descendue.fields.values().any(|v| v == "Cellule <maintien>") && !descendue.fields.contains_key("etat"));
    let deux_fois = dth.envoie(&decision, &[("jeton", &jeton), ("geste", "publier")]).await;
    assert!(deux_fois.texte.contains("n’attend plus de relecture"), "{}", deux_fois.texte);

    // A peer finds it without accents, and adopts it once.
    let trouvee = pair.va("/pratiques?q=REUNION&theme=maintien").await.texte;
    assert!(trouvee.contains("1\u{a0}fiche publiée") && trouvee.contains("aucun centre pour l’instant"), "{trouvee}");
    assert!(pair.va("/pratiques?q=piscine").await.texte.contains("Aucune fiche publiée ne répond"));
    let page = pair.va(&adresse).await;
    let champs = [("jeton", page.cache("jeton")), ("centre", b.clone())];
    let champs = champs.each_ref().map(|(n, v)| (*n, v.as_str()));
    for _ in 0..2 {
        assert_eq!(pair.envoie(&format!("{adresse}/adoption"), &champs).await.statut, StatusCode::SEE_OTHER);
    }
    let apres = pair.va(&adresse).await.texte;
    assert!(apres.contains("1\u{a0}centre (CDG1)") && !apres.contains("Adopter la pratique"), "{apres}");
    assert!(!auteur.va(&adresse).await.texte.contains("Adopter la pratique"), "nobody adopts their own");

    let lus = actes(&banc).await;
    let attendus = [
        ("pratique.adopter", "compte:cdg-b"),
        ("pratique.publier", "compte:dth"),
        ("pratique.proposer", "compte:cdg-a"),
    ];
    assert_eq!(lus, attendus.map(|(a, q)| (a.to_owned(), q.to_owned())));
    assert!(journal::verifie(banc.service.db()).await.unwrap().defauts.is_empty());
    let csv = pair.va("/pratiques?q=&theme=&emetteur=&format=csv").await.texte;
    assert!(csv.contains("Cellule <maintien>;Centre 0;1\u{a0}centre (CDG1)"), "{csv}");
}

#[tokio::test]
async fn whoever_has_no_part_in_a_practice_does_nothing_to_it() {
    let noeuds = six_noeuds();
    let banc = Banc::sqlite(&[&noeuds[0], &noeuds[1]], "").await;
    let [a, b] = [noeuds[0].id.to_string(), noeuds[1].id.to_string()];
    let mut auteur = entre(&banc, "cdg-a", Role::Cdg, &[&a]).await;
    let adresse = propose(&mut auteur, &a, &[]).await.suite;
    let autre_centre = propose(&mut auteur, &b, &[]).await;
    assert_eq!(autre_centre.statut, StatusCode::FORBIDDEN, "a centre speaks for itself");
    for (compte, role, territoire) in [
        ("cdg-b", Role::Cdg, b.as_str()),
        ("dth-44", Role::Dth, "44"),
        ("ars", Role::Ars, "27"),
        ("gestionnaire", Role::GestionnaireHub, "27"),
    ] {
        let mut qui = entre(&banc, compte, role, &[territoire]).await;
        let jeton = qui.va("/pilotage").await.cache("jeton");
        for (chemin, champs) in [
            (format!("{adresse}/decision"), [("jeton", jeton.as_str()), ("geste", "publier")]),
            (format!("{adresse}/adoption"), [("jeton", jeton.as_str()), ("centre", a.as_str())]),
        ] {
            let reponse = qui.envoie(&chemin, &champs).await;
            assert!([403, 404].contains(&reponse.statut.as_u16()), "{compte} {chemin}: {}", reponse.statut);
        }
    }
    // Without the token of the session, a form does nothing.
    let mut dth = entre(&banc, "dth", Role::Dth, &["27"]).await;
    let forge = dth.envoie(&format!("{adresse}/decision"), &[("jeton", "faux"), ("geste", "publier")]).await;
    assert_eq!(forge.statut, StatusCode::FORBIDDEN);
    assert_eq!(actes(&banc).await.len(), 1, "the proposal alone");
}

#[tokio::test]
async fn the_api_does_what_the_pages_do_and_says_what_one_may_do() {
    let noeuds = six_noeuds();
    let banc = Banc::sqlite(&[&noeuds[0], &noeuds[1]], "").await;
    let [a, b] = [noeuds[0].id.to_string(), noeuds[1].id.to_string()];
    let ecrit = |role, code: &str| {
        let (banc, code) = (&banc, code.to_owned());
        async move { banc.jeton_avec(role, &[&code], &[], true).await }
    };
    let (auteur, pair, dth) = (ecrit(Role::Cdg, &a).await, ecrit(Role::Cdg, &b).await, ecrit(Role::Dth, "27").await);
    let rubriques: Vec<String> = FICHE.iter().map(|(c, v)| format!("{{champ: \"{c}\", valeur: \"{v}\"}}")).collect();
    let reference = "ABCDEFGHIJKLMNOPQRSTUV";
    let proposer = format!(
        "mutation {{ pratiqueProposer(reference: \"{reference}\", emetteur: \"{a}\", rubriques: [{}]) {{ pratique {{ etat droits {{ decider adopter }} }} refus {{ message }} }} }}",
        rubriques.join(", ")
    );
    let lue = banc.graphql_de(Some(&auteur), &proposer).await;
    assert_eq!(lue["data"]["pratiqueProposer"]["pratique"]["etat"], "proposee", "{lue}");
    assert_eq!(lue["data"]["pratiqueProposer"]["pratique"]["droits"]["decider"], false);
    let question = "{ bonnesPratiques(theme: \"maintien\") { reference etat droits { decider adopter } adopteePar } }";
    let lue = banc.graphql_de(Some(&dth), question).await;
    assert_eq!(lue["data"]["bonnesPratiques"][0]["droits"]["decider"], true, "{lue}");
    assert_eq!(banc.graphql_de(Some(&pair), question).await["data"]["bonnesPratiques"], serde_json::json!([]));
    let acte = |champ: &str, reste: &str| {
        format!(
            "mutation {{ {champ}(reference: \"{reference}\"{reste}) {{ pratique {{ etat adopteePar }} refus {{ code }} }} }}"
        )
    };
    let refus = banc.graphql_de(Some(&dth), &acte("pratiqueRefuser", ", motif: \" \"")).await;
    assert_eq!(refus["data"]["pratiqueRefuser"]["refus"][0]["code"], "MOTIF_REQUIS", "{refus}");
    let publiee = banc.graphql_de(Some(&dth), &acte("pratiquePublier", "")).await;
    assert_eq!(publiee["data"]["pratiquePublier"]["pratique"]["etat"], "publiee", "{publiee}");
    let adoptee = banc.graphql_de(Some(&pair), &acte("pratiqueAdopter", &format!(", emetteur: \"{b}\""))).await;
    assert_eq!(adoptee["data"]["pratiqueAdopter"]["pratique"]["adopteePar"], serde_json::json!(["CDG1"]), "{adoptee}");
}
