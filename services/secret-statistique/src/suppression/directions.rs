//! Integer directions along which nothing shown changes, over a neighbourhood of atoms: elimination on
//! unit pivots, then a Euclid step for the few relations that have none, then shortening. And, for each
//! constraint, a direction along which it alone gives way: what masking one more cell would free.

use super::base::Base;
use super::mouvement::Mouvement;
use crate::systeme::noyau::Noyau;

/// Past this, an entry is given up rather than risk an overflow; directions are checked exactly anyway.
const ENTREE_MAXIMALE: i32 = 1 << 20;

/// Directions over atoms: (atom, change).
#[derive(Debug)]
pub(crate) struct Directions {
    /// Those that change masked cells only.
    pub libres: Vec<Mouvement>,
    elimination: Elimination,
    atomes: Vec<u32>,
}

#[derive(Debug)]
/// Rows reduced on unit pivots: over the atoms, then over the rows they come from.
struct Elimination {
    n: usize,
    jeu: Vec<i64>,
    lignes: Vec<Vec<i32>>,
    pivots: Vec<usize>,
    /// Row that has its pivot at the atom.
    base: Vec<Option<usize>>,
    /// Rows without a unit entry so far.
    rebelles: Vec<(u32, Vec<i32>)>,
    /// Constraint of each row.
    origines: Vec<u32>,
    /// For each rebel constraint, a direction along which it alone gives way.
    reponses: Vec<Reponse>,
}

impl Directions {
    /// Directions over `atomes`; the others do not move.
    pub(crate) fn entre(noyau: &Noyau, base: &Base, masques: &[bool], mut atomes: Vec<u32>) -> Self {
        atomes.sort_unstable();
        let jeu = atomes.iter().map(|a| jeu(noyau, *a)).collect();
        let mut e = Elimination::nouvelle(jeu);
        for (id, termes) in contraintes(noyau, base, masques, &atomes) {
            e.ajoute(id, &termes);
        }
        e.insiste();
        let (mut libres, reponses) = e.euclide(e.circuits());
        raccourcit(&mut libres, &e.jeu);
        e.reponses = reponses;
        let libres = libres.iter().map(|v| nomme(v, &atomes)).collect();
        Self { libres, elimination: e, atomes }
    }

    /// Shown constraints whose release by one would change the atoms combined, with that change.
    pub(crate) fn liberateurs(&self, combinaison: &[(u32, i64)]) -> Vec<(u32, Mouvement)> {
        let e = &self.elimination;
        let mut effet = vec![0i64; e.lignes.len()];
        for (a, coef) in combinaison {
            let Ok(i) = self.atomes.binary_search(a) else { continue };
            let Some(ligne) = e.base[i] else { continue };
            for (l, x) in effet.iter_mut().zip(&e.lignes[ligne][e.n..]) {
                *l += coef * i64::from(*x);
            }
        }
        let simples = (0..effet.len()).filter(|l| effet[*l] != 0).map(|l| (e.origines[l], e.reponse(l)));
        let rebelles = e.reponses.iter().map(|(id, v)| (*id, v.clone()));
        simples.chain(rebelles).map(|(id, v)| (id, nomme(&v, &self.atomes))).collect()
    }
}

fn nomme(v: &[i32], atomes: &[u32]) -> Mouvement {
    v.iter().zip(atomes).filter(|(d, _)| **d != 0).map(|(d, a)| (*a, i64::from(*d))).collect()
}

/// A constraint, and the change of all atoms along which it alone gives way.
type Reponse = (u32, Vec<i32>);

/// Constraints over the atoms (rank, coefficient), the finest first.
fn contraintes(noyau: &Noyau, base: &Base, masques: &[bool], atomes: &[u32]) -> Vec<(u32, Vec<(usize, i32)>)> {
    let mut rang = vec![u32::MAX; noyau.classes.len()];
    for (i, a) in atomes.iter().enumerate() {
        rang[*a as usize] = i as u32;
    }
    let mut ids: Vec<u32> = atomes
        .iter()
        .flat_map(|a| base.appartenances.ligne(*a).iter().map(|(c, _)| *c))
        .filter(|c| !masques.get(*c as usize).is_some_and(|m| *m))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut lignes: Vec<(u32, Vec<(usize, i32)>)> = ids
        .into_iter()
        .map(|c| {
            let dedans = base.combinaisons.ligne(c).iter().filter(|(a, _)| rang[*a as usize] != u32::MAX);
            (c, dedans.map(|(a, coef)| (rang[*a as usize] as usize, *coef as i32)).collect())
        })
        .collect();
    lignes.sort_by_key(|(_, l)| l.len());
    lignes
}

/// Room below the true value: what an atom can absorb.
fn jeu(noyau: &Noyau, a: u32) -> i64 {
    let c = &noyau.classes[a as usize];
    (c.valeur - c.plancher).min(c.plafond.saturating_sub(c.valeur))
}

impl Elimination {
    fn nouvelle(jeu: Vec<i64>) -> Self {
        let n = jeu.len();
        Self {
            n,
            jeu,
            lignes: vec![],
            pivots: vec![],
            base: vec![None; n],
            rebelles: vec![],
            origines: vec![],
            reponses: vec![],
        }
    }

    /// Adds a constraint; one that says nothing new is dropped.
    fn ajoute(&mut self, id: u32, termes: &[(usize, i32)]) {
        let mut v = vec![0i32; 2 * self.n];
        for (i, coef) in termes {
            v[*i] += coef;
        }
        self.insere(id, v);
    }

    fn insere(&mut self, id: u32, mut v: Vec<i32>) {
        for i in 0..self.n {
            if let (Some(ligne), x @ 1.. | x @ ..=-1) = (self.base[i], v[i]) {
                soustrait(&mut v, &self.lignes[ligne], x);
            }
        }
        if v[..self.n].iter().all(|x| *x == 0) || v.iter().any(|x| x.abs() > ENTREE_MAXIMALE) {
            return;
        }
        let Some(pivot) = self.choisit(&v) else {
            self.rebelles.push((id, v));
            return;
        };
        let rang = self.lignes.len();
        if rang < self.n {
            v[self.n + rang] = 1;
        }
        if v[pivot] < 0 {
            v.iter_mut().for_each(|x| *x = -*x);
        }
        for autre in &mut self.lignes {
            let facteur = autre[pivot];
            if facteur != 0 {
                soustrait(autre, &v, facteur);
            }
        }
        self.lignes.push(v);
        self.origines.push(id);
        self.pivots.push(pivot);
        self.base[pivot] = Some(rang);
    }

    /// Unit entry of the atom with the most room.
    fn choisit(&self, v: &[i32]) -> Option<usize> {
        let libres = (0..self.n).filter(|i| self.base[*i].is_none() && v[*i].abs() == 1);
        libres.max_by_key(|i| (self.jeu[*i], std::cmp::Reverse(*i)))
    }

    /// Tries again the rows that had no unit entry, now that others were removed from them.
    fn insiste(&mut self) {
        for _ in 0..3 {
            let avant = self.lignes.len();
            for (id, v) in std::mem::take(&mut self.rebelles) {
                self.insere(id, v);
            }
            if self.lignes.len() == avant {
                return;
            }
        }
    }

    /// Change of all atoms when a free one grows by one.
    fn circuits(&self) -> Vec<Vec<i32>> {
        let libres = (0..self.n).filter(|f| self.base[*f].is_none());
        libres
            .map(|f| {
                let mut v = vec![0; self.n];
                v[f] = 1;
                for (ligne, pivot) in self.lignes.iter().zip(&self.pivots) {
                    v[*pivot] = -ligne[f];
                }
                v
            })
            .collect()
    }

    /// Change of the atoms when the constraint of row `l` is let go by one.
    fn reponse(&self, l: usize) -> Vec<i32> {
        let mut v = vec![0; self.n];
        for (ligne, pivot) in self.lignes.iter().zip(&self.pivots) {
            v[*pivot] = ligne[self.n + l];
        }
        v
    }

    /// Combines circuits until the rebel rows hold too; with, for each of these, the direction that breaks it.
    fn euclide(&self, mut circuits: Vec<Vec<i32>>) -> (Vec<Vec<i32>>, Vec<Reponse>) {
        let mut reponses = vec![];
        for (id, rebelle) in &self.rebelles {
            let produit = |v: &Vec<i32>| v.iter().zip(rebelle).map(|(x, y)| i64::from(*x) * i64::from(*y)).sum::<i64>();
            let mut valeurs: Vec<i64> = circuits.iter().map(produit).collect();
            loop {
                let non_nuls = (0..valeurs.len()).filter(|i| valeurs[*i] != 0);
                let Some(p) = non_nuls.min_by_key(|i| (valeurs[*i].abs(), norme(&circuits[*i], &self.jeu))) else {
                    break;
                };
                let pivot = circuits[p].clone();
                let mut seul = true;
                for i in 0..valeurs.len() {
                    if i != p && valeurs[i] != 0 {
                        let q = arrondi(valeurs[i], valeurs[p]);
                        soustrait(&mut circuits[i], &pivot, i32::try_from(q).unwrap_or(0));
                        valeurs[i] -= q * valeurs[p];
                        seul = false;
                    }
                }
                if seul {
                    reponses.push((*id, circuits.swap_remove(p)));
                    break;
                }
            }
            circuits.retain(|v| v.iter().all(|x| x.abs() < ENTREE_MAXIMALE));
        }
        (circuits, reponses)
    }
}

fn arrondi(a: i64, b: i64) -> i64 {
    (2 * a + b.abs() * a.signum() * b.signum() * b.signum()) / (2 * b)
}

fn soustrait(v: &mut [i32], ligne: &[i32], facteur: i32) {
    for (x, y) in v.iter_mut().zip(ligne) {
        *x = x.wrapping_sub(facteur.wrapping_mul(*y));
    }
}

/// Weight of a direction: the atoms it changes, those with little room counting more.
fn norme(v: &[i32], jeu: &[i64]) -> i64 {
    v.iter().zip(jeu).map(|(x, j)| i64::from(x.abs()) * (1 + 3 / (1 + j))).sum()
}

fn difference(u: &[i32], v: &[i32], signe: i32, jeu: &[i64]) -> i64 {
    u.iter().zip(v).zip(jeu).map(|((x, y), j)| i64::from((x - signe * y).abs()) * (1 + 3 / (1 + j))).sum()
}

/// Replaces directions by sums or differences with others while that makes them lighter.
fn raccourcit(directions: &mut [Vec<i32>], jeu: &[i64]) {
    let mut normes: Vec<i64> = directions.iter().map(|v| norme(v, jeu)).collect();
    for _ in 0..2 {
        let mut change = false;
        for i in 0..directions.len() {
            for j in 0..directions.len() {
                if i == j || normes[j] > 2 * normes[i] {
                    continue;
                }
                for signe in [1, -1] {
                    let apres = difference(&directions[i], &directions[j], signe, jeu);
                    if apres < normes[i] && apres > 0 {
                        let autre = directions[j].clone();
                        soustrait(&mut directions[i], &autre, signe);
                        normes[i] = apres;
                        change = true;
                    }
                }
            }
        }
        if !change {
            return;
        }
    }
}
