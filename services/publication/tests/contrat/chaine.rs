//! Decisions on the chain, first by example, then against random deliveries.

use proptest::prelude::*;
use publication::chaine::{EpoqueConnue, Gardees, Reprise, Succession, accepter_accuse, comparer_tetes, succession};
use publication::*;

use crate::fabrique::*;

fn suite(longueur: u64) -> Vec<(Enveloppe, Empreinte)> {
    let mut prev = None;
    let mut revision = None;
    (1..=longueur)
        .map(|seq| {
            let raison = if seq == 1 { Raison::Premiere } else { Raison::Correction };
            let place = SuiteChaine { seq, prev, rev: seq, supersedes: revision, raison };
            let scellee = sceller(&contenu(), &place, &emission(), &cle_noeud()).unwrap();
            prev = Some(scellee.empreinte());
            revision = prev;
            (scellee.enveloppe().clone(), scellee.empreinte())
        })
        .collect()
}

#[test]
fn the_next_entry_is_new_the_same_is_a_duplicate_and_others_are_named() {
    let suite = suite(3);
    let (e2, d2) = &suite[1];
    let tete = TeteNoeud::apres(1, suite[0].1);
    assert_eq!(decider(&tete, e2, *d2, None), Decision::Nouvelle);
    assert_eq!(decider(&tete, &suite[0].0, suite[0].1, Some(suite[0].1)), Decision::Doublon);
    assert_eq!(decider(&tete, &suite[2].0, suite[2].1, None), Decision::Trou { attendu: 2 });
    assert_eq!(decider(&TeteNoeud::default(), e2, *d2, None), Decision::Trou { attendu: 1 });
    let fourche = decider(&tete, &suite[0].0, *d2, Some(suite[0].1));
    assert_eq!(fourche, Decision::Fourche { connue: suite[0].1 });
    let ailleurs = decider(&TeteNoeud::apres(1, *d2), e2, *d2, None);
    assert_eq!(ailleurs, Decision::AutreHistoire { tete: Some(*d2) });
    assert_eq!(fourche.refus().unwrap().code(), CodeRefus::ChainFork);
    assert_eq!(ailleurs.refus().unwrap().code(), CodeRefus::ChainFork);
    assert_eq!(Decision::Trou { attendu: 2 }.refus().unwrap().code(), CodeRefus::ChainGap);
    assert!(Decision::Nouvelle.refus().is_none() && Decision::Doublon.refus().is_none());
}

#[test]
fn matrix_28_an_older_revision_changes_nothing() {
    assert_eq!(succession(None, 1), Succession::Remplace);
    assert_eq!(succession(Some(1), 2), Succession::Remplace);
    assert_eq!(succession(Some(2), 1), Succession::Perimee { courante: 2 });
    assert_eq!(succession(Some(2), 2), Succession::Perimee { courante: 2 });
}

#[test]
fn heads_tell_who_missed_what() {
    let suite = suite(3);
    let tete = |n: usize| n.checked_sub(1).map_or_else(TeteNoeud::default, |i| TeteNoeud::apres(n as u64, suite[i].1));
    let scellee = |seq: u64| suite.get(seq as usize - 1).map(|(_, d)| *d);
    assert_eq!(comparer_tetes(&tete(3), &tete(3), scellee), Reprise::AJour);
    assert_eq!(comparer_tetes(&tete(0), &tete(0), scellee), Reprise::AJour);
    assert_eq!(comparer_tetes(&tete(3), &tete(1), scellee), Reprise::Renvoyer { depuis: 2 });
    assert_eq!(comparer_tetes(&tete(3), &tete(0), scellee), Reprise::Renvoyer { depuis: 1 });
    // Matrix 17: a node restored from a backup, with nothing to send, learns it here.
    assert_eq!(comparer_tetes(&tete(1), &tete(3), scellee), Reprise::Recuperer { depuis: 2 });
    let autre = TeteNoeud::apres(2, suite[0].1);
    assert_eq!(comparer_tetes(&tete(3), &autre, scellee), Reprise::Fourche);
    assert_eq!(comparer_tetes(&tete(2), &autre, scellee), Reprise::Fourche);
}

#[test]
fn a_receipt_counts_for_its_own_bytes_and_a_living_epoch() {
    let scellee = scellee();
    let accuse = |seq, log_epoch| Accuse {
        v: 1,
        iss: HUB.to_owned(),
        node: noeud(),
        seq,
        env: scellee.empreinte(),
        status: StatutAccuse::Acceptee,
        reasons: vec![],
        counts: Comptes::default(),
        log_epoch,
        leaf: 0,
        received_at: instant("2026-04-03T02:17:12Z"),
    };
    let connue = EpoqueConnue { epoque: 2, plancher: 5, gardees: vec![] };
    let mienne = Some(scellee.empreinte());
    assert_eq!(accepter_accuse(&accuse(7, 2), mienne, &connue).unwrap(), StatutAccuse::Acceptee);
    assert!(accepter_accuse(&accuse(5, 1), mienne, &connue).is_ok(), "what the new epoch kept stays receipted");
    // The third design error of the simulation: a late receipt of the abandoned epoch.
    assert!(accepter_accuse(&accuse(6, 1), mienne, &connue).is_err());
    // Twice restored, the hub kept four leaves then nine: which receipts live depends on when each was given.
    let gardees = |de_epoque, feuilles| Gardees { de_epoque, feuilles };
    let connue_deux = EpoqueConnue { epoque: 3, plancher: 0, gardees: vec![gardees(1, 4), gardees(2, 9)] };
    let de_l_epoque = |log_epoch, leaf| Accuse { leaf, ..accuse(7, log_epoch) };
    for (log_epoch, leaf, vaut) in [(1, 3, true), (1, 4, false), (2, 8, true), (2, 9, false), (3, 99, true)] {
        let lu = accepter_accuse(&de_l_epoque(log_epoch, leaf), mienne, &connue_deux);
        assert_eq!(lu.is_ok(), vaut, "incarnation {log_epoch}, leaf {leaf}");
    }
    // Matrix 9: a receipt for another entry.
    assert!(accepter_accuse(&accuse(7, 2), Some(empreinte_corps(b"autre")), &connue).is_err());
    assert!(accepter_accuse(&accuse(7, 2), None, &connue).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Matrix 3 and 4: whatever is delivered, lost, doubled or reversed, resending from the position
    /// the hub waits for ends with each entry stored once, in order.
    #[test]
    fn every_entry_is_stored_once_whatever_the_delivery(ordre in proptest::collection::vec(0usize..6, 0..40)) {
        let suite = suite(6);
        let mut stockees: Vec<Empreinte> = vec![];
        let mut livre = |rang: usize| {
            let (enveloppe, empreinte) = &suite[rang];
            let tete = stockees.last().map_or_else(TeteNoeud::default, |d| TeteNoeud::apres(stockees.len() as u64, *d));
            let decision = decider(&tete, enveloppe, *empreinte, stockees.get(rang).copied());
            if decision == Decision::Nouvelle {
                stockees.push(*empreinte);
            }
            decision
        };
        for rang in ordre {
            let honnete = matches!(livre(rang), Decision::Nouvelle | Decision::Doublon | Decision::Trou { .. });
            prop_assert!(honnete, "an honest chain never forks");
        }
        let mut rang = 5;
        while let Decision::Trou { attendu } = livre(rang) {
            rang = attendu as usize - 1;
            while rang < 6 && livre(rang) == Decision::Nouvelle {
                rang += 1;
            }
            rang = 5;
        }
        let attendues: Vec<Empreinte> = suite.iter().map(|(_, d)| *d).collect();
        prop_assert_eq!(stockees, attendues);
    }
}
