//! Rounding on drawn tables, against an enumeration of all roundings and an exact attacker.

use proptest::prelude::*;

use super::*;
use crate::audit::{CelluleVue, Effort, Publication, attaque};
use crate::systeme::Sort;

const LARGEUR: u64 = 3;

/// Cells of a cube with all its margins: coordinates up to each size, the size itself for the margin.
struct Cube {
    tailles: Vec<usize>,
}

impl Cube {
    fn places(&self) -> Vec<Vec<usize>> {
        self.tailles.iter().fold(vec![vec![]], |places, n| {
            places.iter().flat_map(|p| (0..=*n).map(move |x| [p.clone(), vec![x]].concat())).collect()
        })
    }

    fn est_fine(&self, place: &[usize]) -> bool {
        place.iter().zip(&self.tailles).all(|(x, n)| x < n)
    }

    fn systeme(&self, fines: &[u64]) -> Systeme {
        let places = self.places();
        let mut suite = fines.iter().copied();
        let fines: Vec<(&Vec<usize>, u64)> =
            places.iter().filter(|p| self.est_fine(p)).map(|p| (p, suite.next().unwrap_or(0))).collect();
        let dedans = |large: &[usize], fine: &[usize]| {
            large.iter().zip(fine).zip(&self.tailles).all(|((l, f), n)| l == n || l == f)
        };
        let valeur = |p: &Vec<usize>| fines.iter().filter(|(f, _)| dedans(p, f)).map(|(_, v)| v).sum();
        let masquee = |p| Cellule { sort: Sort::Forcee, ..Cellule::libre(valeur(p), LARGEUR) };
        let mut systeme = Systeme::nouveau(places.iter().map(masquee).collect()).unwrap();
        let rang = |p: &Vec<usize>| places.iter().position(|q| q == p).unwrap();
        for p in &places {
            for axe in (0..self.tailles.len()).filter(|a| p[*a] == self.tailles[*a]) {
                let part = |x| (rang(&p.iter().enumerate().map(|(a, y)| if a == axe { x } else { *y }).collect()), 1);
                systeme.relie(rang(p), (0..self.tailles[axe]).map(part)).unwrap();
            }
        }
        systeme
    }
}

fn additif(systeme: &Systeme, arrondies: &[u64]) -> bool {
    let somme = |r: &[(u32, i64)]| r.iter().map(|(i, c)| c * arrondies[*i as usize].cast_signed()).sum::<i64>();
    systeme.relations().all(|r| somme(r) == 0)
}

/// Whether any choice of neighbouring multiples adds up, all of them tried.
fn existe(systeme: &Systeme) -> bool {
    let valeurs: Vec<u64> = systeme.cellules().iter().map(|c| c.valeur).collect();
    let libres: Vec<usize> = (0..valeurs.len()).filter(|i| !valeurs[*i].is_multiple_of(BASE)).collect();
    (0u32..1 << libres.len()).any(|choix| {
        let mut arrondies: Vec<u64> = valeurs.iter().map(|v| v / BASE * BASE).collect();
        libres.iter().enumerate().filter(|(n, _)| choix >> n & 1 == 1).for_each(|(_, i)| arrondies[*i] += BASE);
        additif(systeme, &arrondies)
    })
}

/// What an attacker finds who knows all roundings, the rule and the sums.
fn etroites(systeme: &Systeme, arrondies: &[u64]) -> usize {
    let vue = |r: &u64| CelluleVue::masquee(LARGEUR).connue_entre(cadre(*r).0, Some(cadre(*r).1));
    let mut p = Publication::nouvelle(arrondies.iter().map(vue).collect());
    for r in systeme.relations() {
        p.relie(r[0].0 as usize, r[1..].iter().map(|(i, c)| (*i as usize, *c))).unwrap();
    }
    attaque(&p, Effort::Complet).unwrap().etroites(&p).count()
}

fn verifie(systeme: &Systeme, arrondies: &[u64]) -> Result<(), TestCaseError> {
    prop_assert!(additif(systeme, arrondies));
    for (c, r) in systeme.cellules().iter().zip(arrondies) {
        prop_assert!(r.is_multiple_of(BASE) && r.abs_diff(c.valeur) < BASE, "{} became {r}", c.valeur);
    }
    prop_assert_eq!(etroites(systeme, arrondies), 0);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_small_table_is_rounded_wherever_it_can_be(fines in prop::collection::vec(0u64..13, 8)) {
        // Two by two by two, with all margins: twenty-seven cells, at most 2^26 roundings.
        let systeme = Cube { tailles: vec![2, 2, 2] }.systeme(&fines);
        prop_assume!(systeme.cellules().iter().filter(|c| !c.valeur.is_multiple_of(BASE)).count() <= 18);
        match controle(&systeme, &vec![None; 27]) {
            Ok(arrondies) => verifie(&systeme, &arrondies)?,
            Err(echec) => {
                prop_assert_eq!(echec, SansArrondi::Inexistant);
                prop_assert!(!existe(&systeme));
            }
        }
    }

    #[test]
    fn every_table_of_two_axes_is_rounded(fines in prop::collection::vec(0u64..60, 20)) {
        let systeme = Cube { tailles: vec![4, 5] }.systeme(&fines);
        let n = systeme.cellules().len();
        verifie(&systeme, &controle(&systeme, &vec![None; n]).unwrap())?;
    }

    #[test]
    fn what_has_not_changed_is_rounded_as_before(
        fines in prop::collection::vec(0u64..60, 20), place in 0usize..20, plus in 1u64..4,
    ) {
        let cube = Cube { tailles: vec![4, 5] };
        let avant = cube.systeme(&fines);
        let aucune = vec![None; avant.cellules().len()];
        let premiere = controle(&avant, &aucune).unwrap();
        let rappel: Vec<Option<u64>> = premiere.iter().copied().map(Some).collect();
        prop_assert_eq!(&controle(&avant, &rappel).unwrap(), &premiere);
        let mut corrigees = fines;
        corrigees[place] += plus;
        let apres = cube.systeme(&corrigees);
        // Another value for a few: either everything near keeps its rounding, or a proof stands against both.
        if let Ok(seconde) = controle(&apres, &rappel) {
            prop_assert!(additif(&apres, &seconde));
        }
    }
}
