//! Points inside the set of tables that the attacker cannot exclude, found by a barrier method along
//! integer directions. Floating point only chooses how far to go along each: the point kept is an
//! exact combination of the directions, checked with integers.

use super::mouvement::Mouvement;
use super::preuves::ECHELLE;

/// The atoms that can move, with the room below and above, and the directions over them.
#[derive(Debug)]
pub(crate) struct Interieur<'a> {
    directions: &'a [Mouvement],
    atomes: Vec<u32>,
    /// For each atom, (direction, change).
    lignes: Vec<Vec<(usize, f64)>>,
    dessous: Vec<f64>,
    dessus: Vec<f64>,
}

/// How often the weight of the barrier is lowered before giving up.
const RELACHES: usize = 18;

impl<'a> Interieur<'a> {
    /// `place` gives the room of an atom below and above its true value.
    pub(crate) fn nouveau(directions: &'a [Mouvement], place: impl Fn(u32) -> (i64, i64)) -> Self {
        let mut atomes: Vec<u32> = directions.iter().flatten().map(|(a, _)| *a).collect();
        atomes.sort_unstable();
        atomes.dedup();
        let mut lignes = vec![vec![]; atomes.len()];
        for (i, d) in directions.iter().enumerate() {
            for (a, coef) in d {
                if let Ok(p) = atomes.binary_search(a) {
                    lignes[p].push((i, *coef as f64));
                }
            }
        }
        let (dessous, dessus) = atomes.iter().map(|a| place(*a)).map(|(b, h)| (b as f64, h as f64)).unzip();
        Self { directions, atomes, lignes, dessous, dessus }
    }

    /// Goes as far as possible in the direction where `gain` (per direction) grows, and gives the points
    /// met, in units of 1/[`ECHELLE`]; stops once the gain reaches `assez`.
    pub(crate) fn vers(&self, gain: &[f64], assez: f64) -> Vec<Mouvement> {
        let d = self.directions.len();
        let mut z = vec![0.0; d];
        let mut ecart = vec![0.0; self.atomes.len()];
        let norme = gain.iter().map(|g| g * g).sum::<f64>().sqrt();
        if norme == 0.0 {
            return vec![];
        }
        let mut mu = norme.max(1.0) * 4.0;
        for _ in 0..RELACHES {
            let Some(pas) = self.newton(gain, mu, &ecart) else { return self.point(&z) };
            let avance: Vec<f64> = self.lignes.iter().map(|l| l.iter().map(|(i, c)| c * pas[*i]).sum()).collect();
            let t = self.longueur(&ecart, &avance);
            z.iter_mut().zip(&pas).for_each(|(x, p)| *x += t * p);
            ecart.iter_mut().zip(&avance).for_each(|(x, p)| *x += t * p);
            if gain.iter().zip(&z).map(|(g, x)| g * x).sum::<f64>() >= assez {
                break;
            }
            mu *= 0.35;
        }
        self.point(&z)
    }

    /// Newton step of `gain·z + mu Σ log(room)`.
    fn newton(&self, gain: &[f64], mu: f64, ecart: &[f64]) -> Option<Vec<f64>> {
        let d = gain.len();
        let mut h = vec![0.0; d * d];
        let mut g: Vec<f64> = gain.to_vec();
        for (p, ligne) in self.lignes.iter().enumerate() {
            let (bas, haut) = (1.0 / (self.dessous[p] + ecart[p]), 1.0 / (self.dessus[p] - ecart[p]));
            let pente = mu * (bas - haut);
            let courbure = mu * (bas * bas + haut * haut);
            for (rang, (i, c)) in ligne.iter().enumerate() {
                g[*i] += pente * c;
                let poids = courbure * c;
                let cible = &mut h[i * d..(i + 1) * d];
                for (j, e) in &ligne[..=rang] {
                    cible[*j] += poids * e;
                }
            }
        }
        resout(&mut h, &mut g, d).then_some(g)
    }

    /// Share of the step that stays well inside.
    fn longueur(&self, ecart: &[f64], avance: &[f64]) -> f64 {
        let mut t = 1.0f64;
        for (p, a) in avance.iter().enumerate() {
            if *a < 0.0 {
                t = t.min(-0.95 * (self.dessous[p] + ecart[p]) / a);
            } else if *a > 0.0 {
                t = t.min(0.95 * (self.dessus[p] - ecart[p]) / a);
            }
        }
        t
    }

    /// The exact point nearest to `z`.
    fn point(&self, z: &[f64]) -> Vec<Mouvement> {
        let mut ecart = vec![0i64; self.atomes.len()];
        for (x, d) in z.iter().zip(self.directions) {
            let fois = (x * ECHELLE as f64).round();
            if fois.abs() > 1e15 {
                return vec![];
            }
            for (a, coef) in d {
                if let Ok(p) = self.atomes.binary_search(a) {
                    ecart[p] = ecart[p].saturating_add((fois as i64).saturating_mul(*coef));
                }
            }
        }
        vec![self.atomes.iter().copied().zip(ecart).filter(|(_, e)| *e != 0).collect()]
    }
}

/// Solves a symmetric positive system by Cholesky, in place; false when it is not positive.
fn resout(h: &mut [f64], g: &mut [f64], d: usize) -> bool {
    let echelle = (0..d).map(|i| h[i * d + i]).fold(0.0, f64::max);
    for i in 0..d {
        let (avant, reste) = h.split_at_mut(i * d);
        let ligne = &mut reste[..d];
        for j in 0..i {
            let autre = &avant[j * d..j * d + j + 1];
            let produit: f64 = produit(&ligne[..j], &autre[..j]);
            ligne[j] = (ligne[j] - produit) / autre[j];
        }
        let carre = ligne[i] + echelle * 1e-14 - produit(&ligne[..i], &ligne[..i]);
        if carre.is_nan() || carre <= 0.0 {
            return false;
        }
        ligne[i] = carre.sqrt();
    }
    for i in 0..d {
        g[i] = (g[i] - produit(&h[i * d..i * d + i], &g[..i])) / h[i * d + i];
    }
    for i in (0..d).rev() {
        g[i] /= h[i * d + i];
        let x = g[i];
        for j in 0..i {
            g[j] -= x * h[i * d + j];
        }
    }
    g.iter().all(|x| x.is_finite())
}

/// Dot product in four interleaved sums, which the processor can do at once.
fn produit(a: &[f64], b: &[f64]) -> f64 {
    let mut s = [0.0; 4];
    let (ca, cb) = (a.chunks_exact(4), b.chunks_exact(4));
    let reste: f64 = ca.remainder().iter().zip(cb.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in ca.zip(cb) {
        for i in 0..4 {
            s[i] += x[i] * y[i];
        }
    }
    s.iter().sum::<f64>() + reste
}
