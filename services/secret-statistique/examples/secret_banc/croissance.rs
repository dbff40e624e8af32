//! Generated tables of any size: territories nested four by four, crossed with sex, age and type of
//! handicap, all margins included. Always the same for the same size.

use std::collections::BTreeMap;

use secret_statistique::systeme::fichier::{CelluleLue, RelationLue, TableLue};

/// Values of each axis; each has its margin besides.
const AXES: [usize; 3] = [2, 3, 4];
/// Cells of one territory: all crossings of the axes with their margins.
const PAR_TERRITOIRE: usize = 60;
/// Territories under each other one.
const ENFANTS: usize = 4;
/// Persons in each of the finest territories, on average.
const PERSONNES: u64 = 90;

/// Value of each axis, the margin being the last.
type Case = [usize; 3];

/// A table of about `taille` cells; with `arrivees`, the one of the next quarter: one person more in each
/// of so many territories, all others the same.
pub fn table(taille: usize, mut arrivees: usize) -> TableLue {
    let territoires = (taille / PAR_TERRITOIRE).max(1);
    let mut valeurs: BTreeMap<(usize, Case), u64> = BTreeMap::new();
    let mut alea = 1u64;
    for t in (0..territoires).rev() {
        let feuille = t * ENFANTS + 1 >= territoires;
        for case in cases() {
            valeurs.entry((t, case)).or_default();
        }
        if feuille {
            for _ in 0..PERSONNES / 2 + suivant(&mut alea) % PERSONNES {
                // Squares make some values rare, as they are in truth.
                let personne =
                    AXES.map(|n| (suivant(&mut alea) % n as u64 * (suivant(&mut alea) % n as u64) / n as u64) as usize);
                compte(&mut valeurs, t, personne);
            }
            if arrivees > 0 {
                arrivees -= 1;
                compte(&mut valeurs, t, [0; 3]);
            }
        }
    }
    let nom = |t: usize, c: Case| -> Box<str> { format!("{t}|{}|{}|{}", c[0], c[1], c[2]).into() };
    let cells = valeurs.iter().map(|((t, c), v)| CelluleLue { id: nom(*t, *c), value: (*v).into() }).collect();
    let mut relations = vec![];
    for (t, case) in valeurs.keys() {
        for axe in (0..3).filter(|a| case[*a] == AXES[*a]) {
            let avec = |valeur| {
                let mut c = *case;
                c[axe] = valeur;
                nom(*t, c)
            };
            relations.push(RelationLue {
                total: nom(*t, *case),
                parts: (0..AXES[axe]).map(avec).collect(),
                coef: None,
            });
        }
        let enfants = (t * ENFANTS + 1..=t * ENFANTS + ENFANTS).filter(|e| *e < territoires);
        let parts: Vec<Box<str>> = enfants.map(|e| nom(e, *case)).collect();
        if !parts.is_empty() {
            relations.push(RelationLue { total: nom(*t, *case), parts, coef: None });
        }
    }
    TableLue { cells, relations }
}

/// Counts one person in every crossing and every territory above.
fn compte(valeurs: &mut BTreeMap<(usize, Case), u64>, territoire: usize, personne: Case) {
    for case in cases().filter(|c| (0..3).all(|a| c[a] == personne[a] || c[a] == AXES[a])) {
        let mut ancetre = Some(territoire);
        while let Some(a) = ancetre {
            *valeurs.entry((a, case)).or_default() += 1;
            ancetre = a.checked_sub(1).map(|a| a / ENFANTS);
        }
    }
}

fn cases() -> impl Iterator<Item = Case> {
    (0..=AXES[0]).flat_map(|a| (0..=AXES[1]).flat_map(move |b| (0..=AXES[2]).map(move |c| [a, b, c])))
}

/// Linear congruential generator of Knuth.
fn suivant(etat: &mut u64) -> u64 {
    *etat = etat.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *etat >> 33
}
