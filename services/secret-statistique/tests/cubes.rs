//! Properties of the protection on linked and hierarchical tables, against the exact attacker: it shares
//! no code with the protection and is itself checked against enumeration.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use secret_statistique::audit::{CelluleVue, Effort, Publication, attaque, inities};
use secret_statistique::certificat::verifier;
use secret_statistique::suppression::{protege as protege_systeme, protege_apres};
use secret_statistique::systeme::fichier::{
    CelluleEcrite, CelluleLue, Protection, Regles, RelationLue, TableEcrite, TableLue, proteger, proteger_en_suivant,
};
use secret_statistique::systeme::{Cellule, Systeme};

const LARGEUR: u64 = 3;

/// An axis: each grouping and what it is made of, from the total down.
type Axe = &'static [(&'static str, &'static [&'static str])];
const AXES: [Axe; 3] =
    [&[("T", &["F", "M"])], &[("T", &["EMP", "SAN"]), ("EMP", &["CDI", "CDD"])], &[("T", &["S1", "S2"])]];
const FEUILLES: usize = 2 * 3 * 2;

fn modalites(axe: Axe) -> Vec<&'static str> {
    let toutes = axe.iter().flat_map(|(total, parts)| [*total].into_iter().chain(parts.iter().copied()));
    toutes.collect::<BTreeSet<_>>().into_iter().collect()
}

fn feuilles(axe: Axe, modalite: &'static str) -> Vec<&'static str> {
    match axe.iter().find(|(total, _)| *total == modalite) {
        Some((_, parts)) => parts.iter().flat_map(|p| feuilles(axe, p)).collect(),
        None => vec![modalite],
    }
}

fn produit(listes: &[Vec<&'static str>; 3]) -> Vec<[&'static str; 3]> {
    let [a, b, c] = listes;
    a.iter().flat_map(|x| b.iter().flat_map(move |y| c.iter().map(move |z| [*x, *y, *z]))).collect()
}

/// All margins of a three-way table whose second axis is a tree; `cases` are its finest cells.
fn cube(cases: &[u64]) -> TableLue {
    let fines = produit(&AXES.map(|axe| feuilles(axe, "T")));
    let valeur: HashMap<[&str; 3], u64> = fines.into_iter().zip(cases.iter().copied()).collect();
    let coordonnees = produit(&AXES.map(modalites));
    let somme = |c: &[&'static str; 3]| -> u64 {
        produit(&[0, 1, 2].map(|i| feuilles(AXES[i], c[i]))).iter().map(|f| valeur[f]).sum()
    };
    let cells = coordonnees.iter().map(|c| CelluleLue { id: c.join("|").into(), value: somme(c).into() });
    let relations = coordonnees.iter().flat_map(|c| {
        (0..3).filter_map(move |i| {
            let (_, parts) = AXES[i].iter().find(|(total, _)| *total == c[i])?;
            let part = |p: &&'static str| {
                let mut d = *c;
                d[i] = p;
                d.join("|").into()
            };
            Some(RelationLue { total: c.join("|").into(), parts: parts.iter().map(part).collect(), coef: None })
        })
    });
    TableLue { cells: cells.collect(), relations: relations.collect() }
}

fn protege(cases: &[u64], seuil: u64) -> Protection {
    proteger(cube(cases), seuil, LARGEUR, true).unwrap()
}

fn vue(table: &TableEcrite) -> Publication {
    let cellules = table.cells.iter().map(|c| match c.suppressed {
        true => CelluleVue::masquee(LARGEUR),
        false => CelluleVue::montree(c.value.unwrap()),
    });
    relie(Publication::nouvelle(cellules.collect()), table)
}

fn relie(mut publication: Publication, table: &TableEcrite) -> Publication {
    let place: HashMap<&str, usize> = table.cells.iter().enumerate().map(|(i, c)| (&*c.id, i)).collect();
    for r in &table.relations {
        publication.relie(place[&*r.total], r.parts.iter().map(|p| (place[&**p], 1))).unwrap();
    }
    publication
}

/// Name and mask of each cell.
fn motif(p: &Protection) -> BTreeMap<String, (bool, bool)> {
    p.table.cells.iter().map(|c| (c.id.to_string(), (c.suppressed, c.primary))).collect()
}

#[test]
fn the_threshold_alone_gives_cells_away() {
    let cases = [3, 12, 9, 8, 15, 7, 11, 2, 30, 6, 14, 21];
    let mut p = protege(&cases, 5);
    assert_eq!(attaque(&vue(&p.table), Effort::Complet).unwrap().etroites(&vue(&p.table)).count(), 0);
    p.table.cells.iter_mut().for_each(|c| c.suppressed = c.primary);
    let vue = vue(&p.table);
    let audit = attaque(&vue, Effort::Complet).unwrap();
    assert!(audit.intervalles.iter().flatten().all(|i| i.est_exact()), "both small counts are computed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_exact_attacker_finds_nothing_and_what_is_shown_adds_up(cases in proptest::collection::vec(0u64..25, FEUILLES)) {
        let p = protege(&cases, 5);
        let publication = vue(&p.table);
        // A relation shown whole and false would be a contradiction.
        let audit = attaque(&publication, Effort::Complet).unwrap();
        let etroites: Vec<_> = audit.etroites(&publication).map(|i| &p.table.cells[i].id).collect();
        prop_assert!(etroites.is_empty(), "{etroites:?} in {cases:?}");
        for (c, i) in p.table.cells.iter().zip(&audit.intervalles) {
            let vraie = c.value.unwrap();
            prop_assert!(i.is_none_or(|i| i.bas <= vraie && i.haut.is_none_or(|h| vraie <= h)), "truth inside");
        }
    }

    #[test]
    fn showing_a_masked_cell_never_widens_an_interval(cases in proptest::collection::vec(0u64..25, FEUILLES), choix in 0usize..40) {
        let p = protege(&cases, 5);
        let avant = attaque(&vue(&p.table), Effort::Complet).unwrap();
        let masquees: Vec<usize> = (0..p.table.cells.len()).filter(|i| p.table.cells[*i].suppressed).collect();
        prop_assume!(!masquees.is_empty());
        let mut table = p.table;
        table.cells[masquees[choix % masquees.len()]].suppressed = false;
        let apres = attaque(&vue(&table), Effort::Complet).unwrap();
        for (a, b) in avant.intervalles.iter().zip(&apres.intervalles) {
            if let (Some(a), Some(b)) = (a, b) {
                prop_assert!(b.bas >= a.bas && b.haut.unwrap_or(u64::MAX) <= a.haut.unwrap_or(u64::MAX));
            }
        }
    }

    #[test]
    fn protecting_twice_changes_nothing(cases in proptest::collection::vec(0u64..40, FEUILLES)) {
        prop_assert_eq!(motif(&protege(&cases, 5)), motif(&protege(&cases, 5)));
    }

    #[test]
    fn a_higher_threshold_keeps_every_primary_mask(cases in proptest::collection::vec(0u64..40, FEUILLES)) {
        let primaires = |seuil| -> BTreeSet<String> {
            motif(&protege(&cases, seuil)).into_iter().filter(|(_, (_, p))| *p).map(|(id, _)| id).collect()
        };
        prop_assert!(primaires(5).is_subset(&primaires(11)));
    }

    #[test]
    fn other_names_are_protected_as_well(cases in proptest::collection::vec(0u64..25, FEUILLES)) {
        let table = cube(&cases);
        let rang: HashMap<&str, usize> = table.cells.iter().enumerate().map(|(i, c)| (&*c.id, i)).collect();
        let nom = |id: &str| -> Box<str> { format!("{:03}", 999 - rang[id]).into() };
        let cells = table.cells.iter().map(|c| CelluleLue { id: nom(&c.id), value: c.value.clone() }).collect();
        let renommee = |r: &RelationLue| RelationLue {
            total: nom(&r.total),
            parts: r.parts.iter().map(|p| nom(p)).collect(),
            coef: None,
        };
        let relations = table.relations.iter().map(renommee).collect();
        let autre = proteger(TableLue { cells, relations }, 5, LARGEUR, true).unwrap();
        let ici = protege(&cases, 5);
        let primaires = |p: &Protection| p.table.cells.iter().map(|c| c.primary).collect::<Vec<_>>();
        prop_assert_eq!(primaires(&ici), primaires(&autre));
        let publication = vue(&autre.table);
        prop_assert_eq!(attaque(&publication, Effort::Largeur).unwrap().etroites(&publication).count(), 0);
    }
}

#[test]
fn somebody_alone_in_a_cell_finds_another_when_two_share_a_hole() {
    let cellule = |id: &str, value: u64, suppressed| CelluleEcrite {
        id: id.into(),
        value: Some(value),
        suppressed,
        primary: suppressed,
    };
    let cells = vec![cellule("T", 22, false), cellule("a", 1, true), cellule("b", 20, false), cellule("c", 1, true)];
    let parts = ["a", "b", "c"].map(Into::into).to_vec();
    let table = TableEcrite { cells, relations: vec![RelationLue { total: "T".into(), parts, coef: None }] };
    let valeurs: Vec<Option<u64>> = table.cells.iter().map(|c| c.value).collect();
    let trouve = inities(&vue(&table), &valeurs).unwrap();
    assert_eq!(trouve.iter().map(|i| (&*i.sait, &*i.trouve)).collect::<Vec<_>>(), [(&[1][..], &[3][..]), (&[3], &[1])]);
}

#[test]
fn a_million_relations_that_say_the_same_are_one() {
    let cells = [("t", 30), ("a", 3), ("b", 27)];
    let cells = cells.map(|(id, n): (&str, u64)| CelluleLue { id: id.into(), value: n.into() }).to_vec();
    let relation = RelationLue { total: "t".into(), parts: vec!["a".into(), "b".into()], coef: None };
    let p = proteger(TableLue { cells, relations: vec![relation; 1_000_000] }, 5, LARGEUR, false).unwrap();
    assert_eq!((p.primaires, p.complementaires), (1, 1));
}

/// The protected table as somebody reads it who knows that no masked cell is empty.
fn vue_sans_vide(table: &TableEcrite) -> Publication {
    let montree = |c: &CelluleEcrite| c.value.filter(|_| !c.suppressed).map(CelluleVue::montree);
    let cellules = table.cells.iter().map(|c| montree(c).unwrap_or(CelluleVue::masquee(LARGEUR).connue_entre(1, None)));
    relie(Publication::nouvelle(cellules.collect()), table)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn who_knows_that_zeros_are_shown_finds_nothing_either(cases in proptest::collection::vec(0u64..25, FEUILLES)) {
        let regles = Regles { seuil: 5, largeur: LARGEUR, zeros_montres: true, zeros_couverts: false, avec_valeurs: true };
        // Where everything is small or empty no pattern exists: nothing leaves, which is safe too.
        if let Ok(p) = proteger_en_suivant(cube(&cases), regles, |_| ()) {
            prop_assert!(p.table.cells.iter().all(|c| !c.suppressed || c.value != Some(0)), "a zero is masked in {cases:?}");
            let publication = vue_sans_vide(&p.table);
            let audit = attaque(&publication, Effort::Complet).unwrap();
            prop_assert_eq!(audit.etroites(&publication).count(), 0, "in {:?}", cases);
        }
    }

    #[test]
    fn a_quarter_that_follows_another_is_as_safe_and_its_proof_checks(
        cases in proptest::collection::vec(0u64..25, FEUILLES), rang in 0usize..FEUILLES, valeur in 0u64..25,
    ) {
        let ancienne = protege_systeme(&systeme(&cases)).unwrap();
        let mut suivantes = cases;
        suivantes[rang] = valeur;
        let apres = systeme(&suivantes);
        let decision = protege_apres(&apres, &ancienne).unwrap();
        prop_assert!(verifier(&apres, &decision.masquees, &decision.certificat).is_ok());
    }
}

/// The cube as a system, at threshold 5.
fn systeme(cases: &[u64]) -> Systeme {
    let table = cube(cases);
    let place: HashMap<&str, usize> = table.cells.iter().enumerate().map(|(i, c)| (&*c.id, i)).collect();
    let cellule = |c: &CelluleLue| match c.value.as_u64().unwrap() {
        n if n > 0 && n < 5 => Cellule::sensible(n, LARGEUR),
        n => Cellule::libre(n, LARGEUR),
    };
    let mut systeme = Systeme::nouveau(table.cells.iter().map(cellule).collect()).unwrap();
    for r in &table.relations {
        systeme.relie(place[&*r.total], r.parts.iter().map(|p| (place[&**p], 1))).unwrap();
    }
    systeme
}
