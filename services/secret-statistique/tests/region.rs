//! Six centres and the sums that the hub makes of them, as one system: whoever reads everything at once, and
//! knows the rules, finds no masked cell of any centre.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use referentiel::cellule::{Audience, Cle, Statut, Ventilation};
use referentiel::jeu::jeu;
use referentiel::territoire::Niveau;
use secret_statistique::audit::{CelluleVue, Effort, Publication, attaque};
use secret_statistique::somme::{Part, bornes};
use secret_statistique::{
    CelluleBrute, CelluleProtegee, Grandeur, Lecteur, Passe, Politique, TableBrute, ValeurPubliee, proteger,
};

const CENTRES: [&str; 6] = ["21", "25", "39", "58", "70", "71"];
const SEXES: [&str; 2] = ["F", "M"];
const NIVEAUX: [&str; 4] = ["N1", "N2", "N3", "N4"];
const LARGEUR: u64 = 3;
const CASES: usize = SEXES.len() * NIVEAUX.len();

/// Sex and level, `None` for all of them.
type Case = (Option<&'static str>, Option<&'static str>);

fn cases() -> impl Iterator<Item = Case> {
    let tous = |codes: &'static [&'static str]| codes.iter().map(|c| Some(*c)).chain([None]);
    tous(&SEXES).flat_map(move |s| tous(&NIVEAUX).map(move |n| (s, n)))
}

/// Cases that add up to one: over the sexes, over the levels.
fn sommes((sexe, niveau): Case) -> Vec<Vec<Case>> {
    let par_sexe = sexe.is_none().then(|| SEXES.map(|s| (Some(s), niveau)).to_vec());
    let par_niveau = niveau.is_none().then(|| NIVEAUX.map(|n| (sexe, Some(n))).to_vec());
    par_sexe.into_iter().chain(par_niveau).collect()
}

fn cle(territoire: &str, (sexe, niveau): Case) -> Cle {
    let axes = sexe.map(|s| ("sexe", s)).into_iter().chain(niveau.map(|n| ("niveau_soutien", n)));
    let ventilation = Ventilation::nouvelle(axes);
    Cle { indicateur: "EA01".into(), niveau: Niveau::Departement, territoire: territoire.into(), ventilation }
}

fn valeur(feuilles: &[u64], (sexe, niveau): Case) -> u64 {
    let dedans = |s: usize, n: usize| sexe.is_none_or(|x| x == SEXES[s]) && niveau.is_none_or(|x| x == NIVEAUX[n]);
    let toutes = (0..SEXES.len()).flat_map(|s| (0..NIVEAUX.len()).map(move |n| (s, n)));
    toutes.filter(|(s, n)| dedans(*s, *n)).map(|(s, n)| feuilles[s * NIVEAUX.len() + n]).sum()
}

/// What each centre shows, case by case, and the smallest value of what it masks for who knows the rules.
type Montre = (BTreeMap<Case, CelluleProtegee>, u64);

fn protege(centre: &str, feuilles: &[u64]) -> Montre {
    let brutes =
        cases().map(|c| CelluleBrute { cle: cle(centre, c), grandeur: Grandeur::Effectif(valeur(feuilles, c)) });
    let brute = TableBrute::nouvelle("ea.indicateurs", brutes.collect(), BTreeMap::default()).unwrap();
    let politique = Politique::du_jeu(jeu("ea.indicateurs").unwrap(), Audience::Reseau).unwrap();
    let protegee = proteger(&brute, &politique, &Passe::default()).unwrap();
    let plancher = u64::from(protegee.rapport().lecteur == Lecteur::SaitLesZerosMontres);
    let cellule = |c: Case| (c, protegee.cellules().iter().find(|p| p.cle == cle(centre, c)).unwrap().clone());
    (cases().map(cellule).collect(), plancher)
}

/// The threshold rule alone.
fn seuil_seul(centre: &str, feuilles: &[u64]) -> Montre {
    let cellule = |c: Case| {
        let n = valeur(feuilles, c);
        let montree = n == 0 || n >= 5;
        let statut = if montree { Statut::Publie } else { Statut::Secret };
        let valeur = montree.then_some(ValeurPubliee::Effectif(n));
        (c, CelluleProtegee { cle: cle(centre, c), valeur, cadre: None, statut })
    };
    (cases().map(cellule).collect(), 1)
}

/// Everything a reader holds: the six centres, the sums of the hub where it shows them, and what adds up.
fn tout(centres: &[Montre]) -> Publication {
    let rang: BTreeMap<Case, usize> = cases().enumerate().map(|(i, c)| (c, i)).collect();
    let vue = |c: &CelluleProtegee, plancher| match &c.valeur {
        Some(ValeurPubliee::Effectif(n)) => CelluleVue::montree(*n),
        _ => CelluleVue::masquee(LARGEUR).connue_entre(plancher, None),
    };
    let mut cellules: Vec<CelluleVue> =
        centres.iter().flat_map(|(montre, plancher)| cases().map(move |c| vue(&montre[&c], *plancher))).collect();
    let region = centres.len() * rang.len();
    for c in cases() {
        let parts: Vec<Part> = centres.iter().map(|(m, _)| Part::de(m.get(&c), 4)).collect();
        cellules.push(bornes(cle("27", c), &parts).valeur.map_or(CelluleVue::masquee(0), CelluleVue::montree));
    }
    let mut publication = Publication::nouvelle(cellules);
    for (table, total) in (0..=centres.len()).flat_map(|t| cases().map(move |c| (t * CASES_ET_MARGES, c))) {
        for parts in sommes(total) {
            publication.relie(table + rang[&total], parts.iter().map(|p| (table + rang[p], 1))).unwrap();
        }
    }
    for c in cases() {
        let parts = (0..centres.len()).map(|t| (t * CASES_ET_MARGES + rang[&c], 1));
        publication.relie(region + rang[&c], parts).unwrap();
    }
    publication
}

const CASES_ET_MARGES: usize = (SEXES.len() + 1) * (NIVEAUX.len() + 1);

fn etroites(centres: &[Montre]) -> usize {
    let publication = tout(centres);
    attaque(&publication, Effort::Largeur).unwrap().etroites(&publication).count()
}

#[test]
fn the_threshold_alone_gives_a_centre_away_among_six() {
    let feuilles = [3, 12, 9, 20, 15, 30, 11, 8];
    let centres: Vec<Montre> = CENTRES.iter().map(|c| seuil_seul(c, &feuilles)).collect();
    assert!(etroites(&centres) > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn six_centres_and_their_sums_give_nobody_away(
        tirages in proptest::collection::vec(proptest::collection::vec(0u64..25, CASES), CENTRES.len()),
    ) {
        let centres: Vec<Montre> = CENTRES.iter().zip(&tirages).map(|(c, feuilles)| protege(c, feuilles)).collect();
        prop_assert_eq!(etroites(&centres), 0);
    }
}
