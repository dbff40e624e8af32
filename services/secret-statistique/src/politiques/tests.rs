//! The policies on small tables and on drawn ones: what they show is true, additive, and loses what they say.

use proptest::prelude::*;

use super::*;
use crate::audit::{CelluleVue, Effort, Publication, attaque};
use crate::systeme::fichier::{CelluleLue, RelationLue};

const LARGEUR: u64 = 3;

/// Sex by kind of contract (a tree), with all margins.
fn table(cases: &[u64]) -> TableLue {
    let contrats: [(&str, &[usize]); 5] =
        [("T", &[0, 1, 2]), ("EMP", &[0, 1]), ("SAN", &[2]), ("CDI", &[0]), ("CDD", &[1])];
    let sexes: [(&str, &[usize]); 3] = [("T", &[0, 1]), ("F", &[0]), ("M", &[1])];
    let mut cells = vec![];
    for (s, lignes) in sexes {
        for (c, colonnes) in contrats {
            let value: u64 = lignes.iter().flat_map(|l| colonnes.iter().map(move |k| cases[3 * l + k])).sum();
            cells.push(CelluleLue { id: format!("{s}|{c}").into(), value: value.into() });
        }
    }
    let relation = |total: String, parts: Vec<String>| RelationLue {
        total: total.into(),
        parts: parts.into_iter().map(Into::into).collect(),
        coef: None,
    };
    let mut relations: Vec<RelationLue> =
        contrats.iter().map(|(c, _)| relation(format!("T|{c}"), vec![format!("F|{c}"), format!("M|{c}")])).collect();
    for (s, _) in sexes {
        relations.push(relation(format!("{s}|T"), vec![format!("{s}|EMP"), format!("{s}|SAN")]));
        relations.push(relation(format!("{s}|EMP"), vec![format!("{s}|CDI"), format!("{s}|CDD")]));
    }
    TableLue { cells, relations }
}

/// Relations of the table by position.
fn relations(table: &TableLue) -> Vec<(usize, Vec<usize>)> {
    let place = |id: &str| table.cells.iter().position(|c| &*c.id == id).unwrap();
    table.relations.iter().map(|r| (place(&r.total), r.parts.iter().map(|p| place(p)).collect())).collect()
}

/// What an attacker who knows these frames, and the relations, cannot tell apart.
fn etroites(table: &TableLue, montrees: &[Montre], sait: impl Fn(&Montre) -> CelluleVue) -> usize {
    let mut p = Publication::nouvelle(montrees.iter().map(sait).collect());
    for (total, parts) in relations(table) {
        p.relie(total, parts.into_iter().map(|i| (i, 1))).unwrap();
    }
    attaque(&p, Effort::Complet).unwrap().etroites(&p).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn frames_tell_no_more_than_the_width_allows(cases in proptest::collection::vec(0u64..25, 6)) {
        let table = table(&cases);
        let montrees = intervalles::encadre(&proteger(table.clone(), 5, LARGEUR, true).unwrap());
        for (c, m) in table.cells.iter().zip(&montrees) {
            let vraie = c.value.as_u64().unwrap();
            prop_assert!(matches!(m, Montre::Entre(a, b) if *a <= vraie && vraie <= *b) || *m == Montre::Exacte(vraie));
        }
        let sait = |m: &Montre| match m {
            Montre::Entre(a, b) => CelluleVue::masquee(LARGEUR).connue_entre(*a, Some(*b)),
            Montre::Exacte(n) => CelluleVue::montree(*n),
            autre => panic!("{autre:?}"),
        };
        prop_assert_eq!(etroites(&table, &montrees, sait), 0);
    }

    #[test]
    fn rounded_counts_add_up_and_tell_no_more_than_the_width_allows(cases in proptest::collection::vec(0u64..40, 6)) {
        let table = table(&cases);
        let montrees = arrondie(&table, LARGEUR).unwrap();
        let valeur = |i: usize| match montrees[i] {
            Montre::Approchee(n) => n,
            autre => panic!("{autre:?}"),
        };
        for (total, parts) in relations(&table) {
            prop_assert_eq!(valeur(total), parts.into_iter().map(valeur).sum::<u64>());
        }
        prop_assert!((0..montrees.len()).all(|i| valeur(i) % 5 == 0));
        // Every cell is within four, totals included.
        let vue = |i| CelluleVue::masquee(LARGEUR).connue_entre(valeur(i).saturating_sub(4), Some(valeur(i) + 4));
        let mut p = Publication::nouvelle((0..table.cells.len()).map(vue).collect());
        for (total, parts) in relations(&table) {
            p.relie(total, parts.into_iter().map(|i| (i, 1))).unwrap();
        }
        let audit = attaque(&p, Effort::Complet).unwrap();
        prop_assert_eq!(audit.etroites(&p).count(), 0);
        for (c, i) in table.cells.iter().zip(&audit.intervalles) {
            let (vraie, i) = (c.value.as_u64().unwrap(), i.unwrap());
            prop_assert!(i.bas <= vraie && vraie <= i.haut.unwrap());
        }
    }

    #[test]
    fn a_grouped_table_shows_whole_groups_or_nothing(cases in proptest::collection::vec(0u64..40, 6)) {
        let table = table(&cases);
        let montrees = regroupement::regroupe(&table, 5, LARGEUR).unwrap();
        for (total, parts) in relations(&table) {
            let retirees = parts.iter().filter(|p| montrees[**p] == Montre::Retiree).count();
            prop_assert!(retirees == 0 || retirees == parts.len(), "parts of {}", table.cells[total].id);
        }
        for (c, m) in table.cells.iter().zip(&montrees) {
            let vraie = c.value.as_u64().unwrap();
            prop_assert!(*m != Montre::Exacte(vraie) || vraie == 0 || vraie >= 5);
        }
    }
}

#[test]
fn the_four_methods_are_compared_on_the_same_table() {
    let lignes = comparer(&table(&[3, 20, 14, 9, 31, 12]), 5, LARGEUR).unwrap();
    let perte = |m: Methode| lignes.iter().find(|(n, _)| *n == m).unwrap().1.clone().unwrap();
    let (blancs, cadres) = (perte(Methode::Masquage), perte(Methode::Intervalles));
    assert_eq!((blancs.masquees, blancs.exactes), (cadres.encadrees, cadres.exactes), "the same cells are framed");
    assert!(cadres.personnes < blancs.personnes, "a frame says more than a blank");
    let arrondi = perte(Methode::Arrondi);
    assert_eq!((arrondi.approchees, arrondi.masquees), (15, 0), "rounding leaves no hole");
    assert!(perte(Methode::Regroupement).masquees <= blancs.masquees);
}

#[test]
fn linked_margins_without_a_crossing_round_together() {
    let cells = [("t", 21), ("f", 8), ("m", 13), ("a", 4), ("b", 17)];
    let cells = cells.map(|(id, n): (&str, u64)| CelluleLue { id: id.into(), value: n.into() }).to_vec();
    let relation =
        |parts: [&str; 2]| RelationLue { total: "t".into(), parts: parts.map(Into::into).into(), coef: None };
    let table = TableLue { cells, relations: vec![relation(["f", "m"]), relation(["a", "b"])] };
    let n: Vec<u64> = (arrondie(&table, LARGEUR).unwrap().into_iter())
        .map(|m| if let Montre::Approchee(n) = m { n } else { panic!("{m:?}") })
        .collect();
    assert_eq!((n[0], n[0]), (n[1] + n[2], n[3] + n[4]));
}
