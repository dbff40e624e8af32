//! Properties of the protection on small systems, against an exhaustive enumeration of the integer
//! tables that agree with what is shown.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use proptest::prelude::*;
use secret_statistique::certificat::verifier;
use secret_statistique::suppression::{Decision, protege};
use secret_statistique::systeme::fichier::{CelluleLue, FichierInvalide, RelationLue, TableLue, proteger};

const LARGEUR: u64 = 3;

/// A two-way table with its margins: inner cells by rows, then row totals, column totals, grand total.
fn croisement(lignes: usize, cases: &[u64]) -> TableLue {
    let colonnes = cases.len() / lignes;
    let cellule = |id: String, n: u64| CelluleLue { id: id.into(), value: n.into() };
    let nom = |i: &dyn std::fmt::Display, j: &dyn std::fmt::Display| format!("{i}|{j}");
    let mut cells = vec![];
    let mut relations = vec![];
    let mut relie = |total: String, parts: Vec<String>| {
        let parts = parts.into_iter().map(Into::into).collect();
        relations.push(RelationLue { total: total.into(), parts, coef: None });
    };
    for i in 0..lignes {
        let ligne = &cases[i * colonnes..(i + 1) * colonnes];
        cells.extend(ligne.iter().enumerate().map(|(j, n)| cellule(nom(&i, &j), *n)));
        cells.push(cellule(nom(&i, &"T"), ligne.iter().sum()));
        relie(nom(&i, &"T"), (0..colonnes).map(|j| nom(&i, &j)).collect());
    }
    for j in 0..colonnes {
        cells.push(cellule(nom(&"T", &j), (0..lignes).map(|i| cases[i * colonnes + j]).sum()));
        relie(nom(&"T", &j), (0..lignes).map(|i| nom(&i, &j)).collect());
    }
    cells.push(cellule(nom(&"T", &"T"), cases.iter().sum()));
    relie(nom(&"T", &"T"), (0..lignes).map(|i| nom(&i, &"T")).collect());
    relie(nom(&"T", &"T"), (0..colonnes).map(|j| nom(&"T", &j)).collect());
    TableLue { cells, relations }
}

/// Interval of each masked cell over the inner tables which agree with what is shown, inner cells up to `plafond`.
fn intervalles(cases: &[u64], lignes: usize, masquees: &dyn Fn(&str) -> bool, plafond: u64) -> Vec<(String, u64)> {
    let table = croisement(lignes, cases);
    let vraies: Vec<u64> = table.cells.iter().map(|c| c.value.as_u64().unwrap()).collect();
    let cachees: Vec<bool> = table.cells.iter().map(|c| masquees(&c.id)).collect();
    let mut bas = vraies.clone();
    let mut haut = vraies.clone();
    let mut essai = vec![0u64; cases.len()];
    loop {
        let autre = croisement(lignes, &essai);
        let valeurs: Vec<u64> = autre.cells.iter().map(|c| c.value.as_u64().unwrap()).collect();
        if (0..valeurs.len()).all(|i| cachees[i] || valeurs[i] == vraies[i]) {
            for i in 0..valeurs.len() {
                bas[i] = bas[i].min(valeurs[i]);
                haut[i] = haut[i].max(valeurs[i]);
            }
        }
        let Some(i) = essai.iter().position(|v| *v < plafond) else { break };
        essai[..i].fill(0);
        essai[i] += 1;
    }
    let cellules = table.cells.iter().enumerate().filter(|(i, _)| cachees[*i]);
    cellules.map(|(i, c)| (c.id.to_string(), haut[i] - bas[i])).collect()
}

fn masquees(table: TableLue, seuil: u64) -> Vec<(String, bool)> {
    let p = proteger(table, seuil, LARGEUR, false).unwrap();
    p.table.cells.into_iter().map(|c| (c.id.to_string(), c.suppressed)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_masked_cell_is_computable(cases in proptest::collection::vec(0u64..7, 4)) {
        let masque = masquees(croisement(2, &cases), 5);
        let est = |id: &str| masque.iter().any(|(n, m)| n == id && *m);
        for (id, largeur) in intervalles(&cases, 2, &est, 12) {
            prop_assert!(largeur >= LARGEUR, "{id} keeps only {largeur} in {cases:?}");
        }
    }

    #[test]
    fn small_counts_are_masked_and_values_never_change(cases in proptest::collection::vec(0u64..40, 12)) {
        let table = croisement(3, &cases);
        let p = proteger(table.clone(), 5, LARGEUR, false).unwrap();
        for (lue, ecrite) in table.cells.iter().zip(&p.table.cells) {
            let vraie = lue.value.as_u64().unwrap();
            prop_assert_eq!(ecrite.primary, vraie > 0 && vraie < 5);
            prop_assert!(!ecrite.primary || ecrite.suppressed);
            prop_assert_eq!(ecrite.value, (!ecrite.suppressed).then_some(vraie));
        }
    }

    #[test]
    fn the_same_table_gives_the_same_bytes_in_any_order(
        cases in proptest::collection::vec(0u64..40, 12), tours in 0usize..20,
    ) {
        let table = croisement(3, &cases);
        let mut tournee = table.clone();
        let n = tournee.cells.len();
        tournee.cells.rotate_left(tours % n);
        tournee.relations.reverse();
        tournee.relations.iter_mut().for_each(|r| r.parts.reverse());
        let mut a = masquees(table, 5);
        let mut b = masquees(tournee, 5);
        a.sort();
        b.sort();
        prop_assert_eq!(a, b);
    }

    #[test]
    fn a_higher_threshold_masks_no_fewer_primary_cells(cases in proptest::collection::vec(0u64..40, 12)) {
        let nombre = |seuil| {
            let p = proteger(croisement(3, &cases), seuil, LARGEUR, false).unwrap();
            p.table.cells.iter().filter(|c| c.primary).count()
        };
        prop_assert!(nombre(11) >= nombre(5));
    }

    #[test]
    fn the_certificate_is_refused_once_a_masked_cell_is_shown(
        cases in proptest::collection::vec(1u64..30, 9), choix in 0usize..50,
    ) {
        let (systeme, decision) = en_systeme(&cases);
        prop_assert!(verifier(&systeme, &decision.masquees, &decision.certificat).is_ok());
        let masquees: Vec<usize> = (0..decision.masquees.len()).filter(|i| decision.masquees[*i]).collect();
        prop_assume!(!masquees.is_empty());
        let mut montrees = decision.masquees.clone();
        montrees[masquees[choix % masquees.len()]] = false;
        prop_assert!(verifier(&systeme, &montrees, &decision.certificat).is_err());
    }
}

/// The 3 × 3 table as a system, protected at 5.
fn en_systeme(cases: &[u64]) -> (secret_statistique::systeme::Systeme, Decision) {
    use secret_statistique::systeme::{Cellule, Systeme};
    let table = croisement(3, cases);
    let place = |id: &str| table.cells.iter().position(|c| &*c.id == id).unwrap();
    let cellule = |c: &CelluleLue| match c.value.as_u64().unwrap() {
        n if n > 0 && n < 5 => Cellule::sensible(n, LARGEUR),
        n => Cellule::libre(n, LARGEUR),
    };
    let mut systeme = Systeme::nouveau(table.cells.iter().map(cellule).collect()).unwrap();
    for r in &table.relations {
        systeme.relie(place(&r.total), r.parts.iter().map(|p| (place(p), 1))).unwrap();
    }
    let decision = protege(&systeme).unwrap();
    (systeme, decision)
}

fn lue(json: &str) -> TableLue {
    serde_json::from_str(json).unwrap()
}

fn refus(json: &str) -> FichierInvalide {
    proteger(lue(json), 5, LARGEUR, false).unwrap_err()
}

#[test]
fn malformed_tables_are_refused_with_the_cell_or_the_relation() {
    assert_eq!(refus(r#"{"cells":[],"relations":[]}"#), FichierInvalide::Vide);
    let doublon = r#"{"cells":[{"id":"a","value":1},{"id":"a","value":2}],"relations":[]}"#;
    assert_eq!(refus(doublon), FichierInvalide::Doublon("a".into()));
    for valeur in ["-1", "1.5", "9007199254740993", "1e40"] {
        let texte = refus(&format!(r#"{{"cells":[{{"id":"a","value":{valeur}}}],"relations":[]}}"#)).to_string();
        assert!(texte.contains("« a »") && texte.contains("entier"), "{texte}");
    }
    let inconnue = r#"{"cells":[{"id":"a","value":1}],"relations":[{"total":"a","parts":["b"]}]}"#;
    assert_eq!(refus(inconnue), FichierInvalide::Inconnue { rang: 1, id: "b".into() });
    let fausse = r#"{"cells":[{"id":"a","value":1},{"id":"b","value":2}],"relations":[{"total":"a","parts":["b"]}]}"#;
    assert!(refus(fausse).to_string().contains("le total vaut 1 et la somme de ses parties 2"));
}

#[test]
fn degenerate_tables_are_protected() {
    let une = proteger(lue(r#"{"cells":[{"id":"a","value":3}],"relations":[]}"#), 5, LARGEUR, false).unwrap();
    assert_eq!((une.primaires, une.complementaires, une.table.cells[0].value), (1, 0, None));
    let petites = proteger(croisement(2, &[1, 1, 1, 1]), 5, LARGEUR, true).unwrap();
    assert_eq!((petites.primaires, petites.complementaires), (9, 0), "everything is small, nothing else to mask");
}

#[test]
fn a_long_chain_of_totals_takes_bounded_time_and_memory() {
    // total(i) = total(i − 1) + part(i): written in full, the totals would hold two hundred million terms.
    let mut cells = vec![CelluleLue { id: "t0".into(), value: 20.into() }];
    let mut relations = vec![];
    let mut total = 20;
    for i in 1..20_000u64 {
        cells.push(CelluleLue { id: format!("p{i}").into(), value: (7 + i % 5).into() });
        total += 7 + i % 5;
        cells.push(CelluleLue { id: format!("t{i}").into(), value: total.into() });
        let parts = vec![format!("t{}", i - 1).into(), format!("p{i}").into()];
        relations.push(RelationLue { total: format!("t{i}").into(), parts, coef: None });
    }
    let p = proteger(TableLue { cells, relations }, 9, LARGEUR, false).unwrap();
    assert!(p.primaires > 0 && p.largeur_atteinte >= Some(LARGEUR));
}
