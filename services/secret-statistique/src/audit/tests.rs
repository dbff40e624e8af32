//! The exact attacker against what enumeration finds, and against patterns known to give a cell away.

use proptest::prelude::*;

use super::*;

/// A 2 × 2 table with its margins: (F, EMP), (F, SAN), (M, EMP), (M, SAN), rows, columns, total.
fn croisement(cases: [u64; 4], masquees: &[usize]) -> Publication {
    let [a, b, c, d] = cases;
    let valeurs = [a, b, c, d, a + b, c + d, a + c, b + d, a + b + c + d];
    let vue = |(i, v): (usize, &u64)| {
        if masquees.contains(&i) { CelluleVue::masquee(3) } else { CelluleVue::montree(*v) }
    };
    let mut p = Publication::nouvelle(valeurs.iter().enumerate().map(vue).collect());
    for (total, parties) in [(4, [0, 1]), (5, [2, 3]), (6, [0, 2]), (7, [1, 3]), (8, [4, 5]), (8, [6, 7])] {
        p.relie(total, parties.map(|i| (i, 1))).unwrap();
    }
    p
}

fn bornes(p: &Publication, cellule: usize) -> (u64, Option<u64>) {
    let i = attaque(p, Effort::Complet).unwrap().intervalles[cellule].unwrap();
    (i.bas, i.haut)
}

#[test]
fn a_single_hole_is_computed() {
    let p = croisement([3, 20, 8, 9], &[0]);
    assert_eq!(bornes(&p, 0), (3, Some(3)));
    assert!(attaque(&p, Effort::Complet).unwrap().intervalles[0].unwrap().est_exact());
}

#[test]
fn four_holes_of_a_rectangle_move_together() {
    let p = croisement([3, 20, 8, 9], &[0, 1, 2, 3]);
    assert_eq!(bornes(&p, 0), (0, Some(11)));
    assert_eq!(bornes(&p, 3), (6, Some(17)));
}

#[test]
fn a_cell_without_relations_has_no_upper_end() {
    let p = Publication::nouvelle(vec![CelluleVue::masquee(3)]);
    assert_eq!(bornes(&p, 0), (0, None));
}

#[test]
fn what_a_reader_knows_besides_narrows_the_others() {
    let mut p = croisement([3, 20, 8, 9], &[0, 1, 2, 3]);
    p.cellules[0] = CelluleVue::masquee(3).connue_entre(1, Some(4));
    assert_eq!(bornes(&p, 3), (7, Some(10)));
    assert_eq!(bornes(&p.vue_par(0, 3), 3), (9, Some(9)));
}

#[test]
fn a_false_view_is_refused() {
    let mut p = croisement([3, 20, 8, 9], &[]);
    p.cellules[0] = CelluleVue::montree(4);
    assert_eq!(attaque(&p, Effort::Complet).unwrap_err(), Contradiction::Relation(1).into());
    let mut q = croisement([3, 20, 8, 9], &[0, 1]);
    q.cellules[6] = CelluleVue::montree(7);
    assert!(attaque(&q, Effort::Complet).is_err(), "a part above its total");
}

/// Relations of a 3 × 3 table whose first two rows are grouped under a sub-total (a hierarchy).
fn systeme() -> Vec<(usize, Vec<usize>)> {
    let mut relations: Vec<(usize, Vec<usize>)> = (0..3).map(|i| (9 + i, (3 * i..3 * i + 3).collect())).collect();
    relations.extend((0..3).map(|j| (12 + j, vec![j, 3 + j, 6 + j])));
    relations.push((15, vec![9, 10]));
    relations.push((16, vec![15, 11]));
    relations.push((16, vec![12, 13, 14]));
    relations
}

fn totaux(cases: &[u64]) -> Vec<u64> {
    let mut v = cases.to_vec();
    for (total, parties) in systeme() {
        let somme = parties.iter().map(|p| v[*p]).sum();
        if total == v.len() {
            v.push(somme);
        }
    }
    v
}

/// Ways to share a total between three cells.
fn partages(total: u64) -> Vec<[u64; 3]> {
    (0..=total).flat_map(|a| (0..=total - a).map(move |b| [a, b, total - a - b])).collect()
}

/// Ends of every cell over all integer tables that agree with the view; row totals are shown.
fn enumere(vraies: &[u64], masque: &[bool]) -> Vec<(u64, u64)> {
    let lignes: Vec<Vec<[u64; 3]>> = (0..3).map(|i| partages(vraies[9 + i])).collect();
    let mut bornes: Vec<(u64, u64)> = vraies.iter().map(|v| (*v, *v)).collect();
    let tables = lignes[0].iter().flat_map(|a| lignes[1].iter().map(move |b| [*a, *b].concat()));
    for (deux, c) in tables.flat_map(|deux| lignes[2].iter().map(move |c| (deux.clone(), c))) {
        let v = totaux(&[deux, c.to_vec()].concat());
        if (0..v.len()).all(|i| masque[i] || v[i] == vraies[i]) {
            for (b, x) in bornes.iter_mut().zip(v) {
                *b = (b.0.min(x), b.1.max(x));
            }
        }
    }
    bornes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_attack_finds_what_enumeration_finds(
        cases in proptest::collection::vec(0u64..4, 9),
        masque in proptest::collection::vec(any::<bool>(), 17),
    ) {
        // Every row total stays shown: it bounds the enumeration.
        let masque: Vec<bool> = masque.iter().enumerate().map(|(i, m)| *m && !(9..12).contains(&i) && i < 15).collect();
        let vraies = totaux(&cases);
        let vue = |(v, m): (&u64, &bool)| if *m { CelluleVue::masquee(3) } else { CelluleVue::montree(*v) };
        let mut p = Publication::nouvelle(vraies.iter().zip(&masque).map(vue).collect());
        for (total, parties) in systeme() {
            p.relie(total, parties.into_iter().map(|i| (i, 1))).unwrap();
        }
        let attendu = enumere(&vraies, &masque);
        let complet = attaque(&p, Effort::Complet).unwrap();
        let rapide = attaque(&p, Effort::Largeur).unwrap();
        for i in (0..17).filter(|i| masque[*i]) {
            let trouve = complet.intervalles[i].unwrap();
            prop_assert_eq!((trouve.bas, trouve.haut), (attendu[i].0, Some(attendu[i].1)), "cell {}", i);
            let large = rapide.intervalles[i].unwrap();
            prop_assert!(large.bas >= trouve.bas && large.haut <= trouve.haut, "inner bounds stay inside");
            prop_assert_eq!(large.est_plus_etroit(3), trouve.est_plus_etroit(3), "same verdict");
        }
    }
}
