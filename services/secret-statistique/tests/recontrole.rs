//! What the receiver finds in a table that was not protected, and does not find in one that was.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use referentiel::cellule::{Audience, Cle, Statut, Ventilation};
use referentiel::jeu::jeu;
use referentiel::territoire::Niveau;
use secret_statistique::recontrole::{Constat, Faute, recontrole};
use secret_statistique::somme::{LARGEUR_LECTEUR, Part, exacte};
use secret_statistique::{
    CelluleBrute, CelluleProtegee, Grandeur, Passe, Politique, TableBrute, ValeurPubliee, proteger,
};

const JEU: &str = "ea.indicateurs";
const AGES: [&str; 3] = ["-26", "26-49", "50+"];

fn cle(axes: &[(&str, &str)]) -> Cle {
    let ventilation = Ventilation::nouvelle(axes.iter().copied());
    Cle { indicateur: "EA01".into(), niveau: Niveau::Dispositif, territoire: "BFC01".into(), ventilation }
}

fn politique() -> Politique {
    Politique::du_jeu(jeu(JEU).unwrap(), Audience::Reseau).unwrap()
}

/// The total, then each age; nothing where masked.
fn constats(valeurs: [Option<u64>; 4]) -> Vec<Constat> {
    let cles = [cle(&[])].into_iter().chain(AGES.map(|a| cle(&[("age", a)])));
    let cellules: Vec<CelluleProtegee> = cles
        .zip(valeurs)
        .map(|(cle, n)| {
            let statut = if n.is_some() { Statut::Publie } else { Statut::Secret };
            CelluleProtegee { cle, valeur: n.map(ValeurPubliee::Effectif), cadre: None, statut }
        })
        .collect();
    recontrole(JEU, &cellules, &BTreeMap::new(), &politique())
}

fn constat(age: &str, faute: Faute) -> Constat {
    Constat { cle: cle(&[("age", age)]), faute }
}

#[test]
fn a_small_count_shown_is_named() {
    assert_eq!(constats([Some(30), Some(3), Some(12), Some(15)]), [constat("-26", Faute::SousLeSeuil)]);
}

#[test]
fn a_lone_hole_lacks_its_second() {
    let trouves = constats([Some(30), None, Some(12), Some(15)]);
    assert!(trouves.contains(&constat("-26", Faute::SecondaireManquante)), "{trouves:?}");
}

#[test]
fn two_holes_that_share_two_people_are_too_narrow() {
    let trouves = constats([Some(30), None, None, Some(28)]);
    let deux = [constat("-26", Faute::Calculable), constat("26-49", Faute::Calculable)];
    assert_eq!(trouves, deux, "each is between 0 and 2");
}

#[test]
fn two_holes_that_share_enough_pass() {
    assert_eq!(constats([Some(30), None, None, Some(15)]), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_is_found_in_a_protected_table(ages in proptest::collection::vec(0u64..30, 3)) {
        let effectif = |cle, n| CelluleBrute { cle, grandeur: Grandeur::Effectif(n) };
        let mut cellules = vec![effectif(cle(&[]), ages.iter().sum())];
        cellules.extend(AGES.iter().zip(&ages).map(|(a, n)| effectif(cle(&[("age", a)]), *n)));
        let brute = TableBrute::nouvelle(JEU, cellules, BTreeMap::new()).unwrap();
        let protegee = proteger(&brute, &politique(), &Passe::default()).unwrap();
        prop_assert_eq!(recontrole(JEU, protegee.cellules(), &BTreeMap::new(), &politique()), vec![]);
    }

    #[test]
    fn a_regional_total_shown_leaves_every_centre_its_width(vraies in proptest::collection::vec(1u64..=4, 1..6)) {
        let parts = vec![Part::Masquee { plafond: 4 }; vraies.len()];
        let total: u64 = vraies.iter().sum();
        prop_assume!(exacte(cle(&[]), total, &parts, &vraies).valeur.is_some());
        // All ways to share the total between the centres, each from 1 to 4.
        let mut partages: Vec<Vec<u64>> = vec![vec![]];
        for _ in &vraies {
            partages = partages.into_iter().flat_map(|p| (1..=4).map(move |n| [p.clone(), vec![n]].concat())).collect();
        }
        partages.retain(|p| p.iter().sum::<u64>() == total);
        for i in 0..vraies.len() {
            let chez: Vec<u64> = partages.iter().map(|p| p[i]).collect();
            prop_assert!(chez.iter().max().unwrap() - chez.iter().min().unwrap() >= LARGEUR_LECTEUR);
            for j in (0..vraies.len()).filter(|j| *j != i) {
                let vu: Vec<u64> = partages.iter().filter(|p| p[j] == vraies[j]).map(|p| p[i]).collect();
                prop_assert!(vu.iter().max() > vu.iter().min(), "{j} would find {i} in {vraies:?}");
            }
        }
    }
}
