//! From the points found to the certificate: parameters rounded to a fine grid, and the change of every
//! cell recomputed from them with integers.

use super::nuage::Nuage;
use crate::certificat::Certificat;
use crate::suppression::libertes::{ABSENTE, Libertes};
use crate::systeme::noyau::Noyau;

/// Finest grid, in bits.
const FINESSE: u32 = 24;
/// Bits that values and their sums may take.
const ETENDUE: u32 = 44;
/// Share of the centre that keeps a rounded point inside.
const RETRAIT: f64 = 1e-5;

/// The points as moves of all cells of the system; those that rounding would take out are left out.
pub(crate) fn certifie(noyau: &Noyau, libertes: &Libertes, nuage: &Nuage) -> Certificat {
    let plus_grande = libertes.classes.iter().filter_map(|k| noyau.classes.get(*k as usize));
    let bits = plus_grande.map(|c| 64 - c.valeur.saturating_add(c.largeur).leading_zeros()).max().unwrap_or(0);
    let echelle = 1i64 << ETENDUE.saturating_sub(bits).min(FINESSE);
    let mut membres: Vec<Vec<u32>> = vec![vec![]; noyau.classes.len()];
    for (i, k) in noyau.classe_de.iter().enumerate() {
        membres[*k as usize].push(i as u32);
    }
    let etend = |m: Vec<(u32, i64)>| -> Vec<(u32, i64)> {
        m.iter().flat_map(|(k, d)| membres[*k as usize].iter().map(move |i| (*i, *d))).collect()
    };
    let points = nuage.points.iter();
    Certificat {
        echelle,
        mouvements: points.filter_map(|p| exact(noyau, libertes, (p, &nuage.centre), echelle)).map(etend).collect(),
    }
}

/// The exact change of every class nearest to a point, if it stays inside the bounds.
fn exact(
    noyau: &Noyau,
    libertes: &Libertes,
    (point, centre): (&[f64], &[f64]),
    echelle: i64,
) -> Option<Vec<(u32, i64)>> {
    let arrondi = |v: usize| {
        let dedans = point[v] + RETRAIT * (centre[v] - point[v]);
        (dedans * echelle as f64).round() as i64
    };
    let mut m = vec![];
    for (v, k) in libertes.classes.iter().enumerate().filter(|(_, k)| **k != ABSENTE) {
        let change = match libertes.ligne(v) {
            None => i128::from(arrondi(v)),
            Some(ligne) => ligne.iter().map(|(p, c)| i128::from(*c) * i128::from(arrondi(*p as usize))).sum(),
        };
        let c = &noyau.classes[*k as usize];
        let arrivee = i128::from(c.valeur) * i128::from(echelle) + change;
        let plafond = i128::from(c.plafond) * i128::from(echelle);
        if arrivee < i128::from(c.plancher) * i128::from(echelle) || arrivee > plafond {
            return None;
        }
        if change != 0 {
            m.push((*k, i64::try_from(change).ok()?));
        }
    }
    (!m.is_empty()).then_some(m)
}
