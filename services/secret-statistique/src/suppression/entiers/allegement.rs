//! A sparser basis of what may move: elimination gives changes that move hundreds of cells at once, which
//! bounds stop at once; adding one to another or taking it away often leaves the few corners of a cube.

use crate::suppression::combinaison::{Ligne, fusionne};
use crate::suppression::libertes::ABSENTE;

/// Sweeps over the columns.
const BALAYAGES: usize = 60;
/// Coefficients gone through before it is left as it is.
const EFFORT: usize = 400_000_000;

/// Replaces columns by shorter ones that generate the same changes.
pub(crate) fn allege(colonnes: &mut [Ligne], variables: usize) {
    let n = colonnes.len();
    let (mut memes, mut contraires) = (vec![0i32; n], vec![0i32; n]);
    let mut effort = 0;
    for _ in 0..BALAYAGES {
        let lignes = transpose(colonnes, variables);
        let mut ordre: Vec<usize> = (0..n).filter(|q| colonnes[*q].len() > 1).collect();
        ordre.sort_by_key(|q| (std::cmp::Reverse(colonnes[*q].len()), *q));
        let mut change = false;
        for q in ordre {
            let mut touchees: Vec<u32> = vec![];
            for (u, c) in &colonnes[q] {
                for (p, e) in &lignes[*u as usize] {
                    let i = *p as usize;
                    if memes[i] == 0 && contraires[i] == 0 {
                        touchees.push(*p);
                    }
                    memes[i] += i32::from(c == e);
                    contraires[i] += i32::from(*c == -e);
                    effort += 1;
                }
            }
            let mut mieux = (0, 0, 0);
            for p in touchees {
                let i = p as usize;
                let (a, b) = (std::mem::take(&mut memes[i]), std::mem::take(&mut contraires[i]));
                if i != q {
                    let longueur = colonnes[i].len() as i32;
                    mieux = mieux.max((2 * a + b - longueur, p, -1)).max((2 * b + a - longueur, p, 1));
                }
            }
            let (gain, p, signe) = mieux;
            if gain > 0
                && let Some(somme) = fusionne(&colonnes[q], ABSENTE, &colonnes[p as usize], signe)
                && somme.len() < colonnes[q].len()
            {
                colonnes[q] = somme;
                change = true;
            }
        }
        if !change || effort > EFFORT {
            return;
        }
    }
}

/// Rows of the matrix of these columns.
pub(crate) fn transpose(colonnes: &[Ligne], variables: usize) -> Vec<Ligne> {
    let mut lignes: Vec<Ligne> = vec![vec![]; variables];
    for (p, colonne) in colonnes.iter().enumerate() {
        colonne.iter().for_each(|(u, c)| lignes[*u as usize].push((p as u32, *c)));
    }
    lignes
}
