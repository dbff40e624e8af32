//! Amounts: who contributes how much decides whether a sum may be shown, whatever its size.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use referentiel::Decimal;
use referentiel::cellule::{Audience, Cle, Statut, Ventilation};
use referentiel::jeu::jeu;
use referentiel::territoire::Niveau;
use secret_statistique::primaire::motif;
use secret_statistique::protegee::Motif;
use secret_statistique::{CelluleBrute, Contributions, Grandeur, Passe, Politique, TableBrute, proteger};

fn cle(indicateur: &str) -> Cle {
    let ventilation = Ventilation::default();
    Cle { indicateur: indicateur.into(), niveau: Niveau::Departement, territoire: "70".into(), ventilation }
}

fn contributions(nombre: u64, premiere: i64, deuxieme: i64) -> Contributions {
    Contributions { nombre, premiere: Decimal::from(premiere), deuxieme: Decimal::from(deuxieme) }
}

fn montant(valeur: i64, personnes: Contributions, employeurs: Contributions) -> CelluleBrute {
    let grandeur = Grandeur::Montant { valeur: Decimal::from(valeur), personnes, employeurs };
    CelluleBrute { cle: cle("AIDES"), grandeur }
}

fn politique() -> Politique {
    Politique::du_jeu(jeu("ea.indicateurs").unwrap(), Audience::Reseau).unwrap()
}

fn juge(cellule: &CelluleBrute) -> Option<Motif> {
    let brute = TableBrute::nouvelle("ea.indicateurs", vec![cellule.clone()], BTreeMap::new()).unwrap();
    motif(cellule, &brute, &politique())
}

#[test]
fn an_amount_spread_over_enough_people_and_employers_is_shown() {
    assert_eq!(juge(&montant(1000, contributions(12, 120, 110), contributions(4, 400, 300))), None);
}

#[test]
fn one_contributor_may_make_up_85_per_cent_and_no_more() {
    let peu = contributions(12, 10, 10);
    assert_eq!(juge(&montant(100, peu, contributions(5, 85, 5))), None);
    assert_eq!(juge(&montant(100, peu, contributions(5, 86, 5))), Some(Motif::Dominance));
    assert_eq!(juge(&montant(100, contributions(12, 86, 5), contributions(5, 30, 30))), Some(Motif::Dominance));
}

#[test]
fn the_second_contributor_may_not_come_within_ten_per_cent_of_the_first() {
    // What is left once both are taken out is all that blurs the estimate.
    let peu = contributions(12, 10, 10);
    assert_eq!(juge(&montant(100, peu, contributions(5, 50, 45))), None);
    assert_eq!(juge(&montant(100, peu, contributions(5, 50, 46))), Some(Motif::Dominance));
}

#[test]
fn eleven_people_of_two_employers_do_not_protect_the_employers() {
    assert_eq!(juge(&montant(1000, contributions(11, 100, 100), contributions(2, 500, 500))), Some(Motif::Seuil));
    assert_eq!(juge(&montant(1000, contributions(4, 300, 300), contributions(3, 400, 300))), Some(Motif::Seuil));
}

#[test]
fn nothing_paid_to_nobody_is_shown() {
    assert_eq!(juge(&montant(0, Contributions::default(), Contributions::default())), None);
}

#[test]
fn a_dominated_amount_never_leaves() {
    let cellule = montant(100, contributions(12, 10, 10), contributions(5, 95, 1));
    let brute = TableBrute::nouvelle("ea.indicateurs", vec![cellule], BTreeMap::new()).unwrap();
    let protegee = proteger(&brute, &politique(), &Passe::default()).unwrap();
    let seule = &protegee.cellules()[0];
    assert_eq!((seule.valeur.as_ref(), seule.statut), (None, Statut::Secret));
    assert_eq!(protegee.rapport().motifs, [(cle("AIDES"), Motif::Dominance)]);
}

#[test]
fn a_negative_amount_is_refused() {
    let cellule = montant(-5, contributions(12, 1, 1), contributions(5, 1, 1));
    let brute = TableBrute::nouvelle("ea.indicateurs", vec![cellule], BTreeMap::new()).unwrap();
    let echec = proteger(&brute, &politique(), &Passe::default()).unwrap_err();
    assert!(echec.to_string().contains("le montant de « AIDES"), "{echec}");
}
