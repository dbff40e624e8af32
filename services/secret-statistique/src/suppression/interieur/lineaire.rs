//! Symmetric positive systems `H x = g`, H being a weighted sum of squares of sparse rows: by Cholesky
//! when they are small, by conjugate gradients otherwise. Floating point; nobody relies on it being exact.

/// Most unknowns of a system that is factorised.
pub(crate) const DENSE: usize = 700;
/// Steps of conjugate gradients.
const GRADIENTS: usize = 60;
/// Residual at which they stop.
const PRECISION: f64 = 1e-3;

/// A row and its weight.
pub(crate) type Pesee<'a> = (&'a [(u32, f64)], f64);

/// Solves roughly; the answer always goes up along `g`.
pub(crate) fn resout<'a>(lignes: &(impl Iterator<Item = Pesee<'a>> + Clone), g: &[f64]) -> Vec<f64> {
    if g.len() > DENSE {
        return gradients(lignes, g);
    }
    factorise(lignes.clone(), g).unwrap_or_else(|| gradients(lignes, g))
}

fn factorise<'a>(lignes: impl Iterator<Item = Pesee<'a>>, g: &[f64]) -> Option<Vec<f64>> {
    let d = g.len();
    let mut h = vec![0.0; d * d];
    for (ligne, w) in lignes {
        for (rang, (i, c)) in ligne.iter().enumerate() {
            let poids = w * c;
            let cible = &mut h[*i as usize * d..(*i as usize + 1) * d];
            ligne[..=rang].iter().for_each(|(j, e)| cible[*j as usize] += poids * e);
        }
    }
    let mut x = g.to_vec();
    cholesky(&mut h, d)?;
    for i in 0..d {
        x[i] = (x[i] - produit(&h[i * d..i * d + i], &x[..i])) / h[i * d + i];
    }
    for i in (0..d).rev() {
        x[i] /= h[i * d + i];
        let y = x[i];
        x[..i].iter_mut().zip(&h[i * d..i * d + i]).for_each(|(x, h)| *x -= y * h);
    }
    x.iter().all(|x| x.is_finite()).then_some(x)
}

/// Lower factor in place; nothing when the matrix is not positive.
fn cholesky(h: &mut [f64], d: usize) -> Option<()> {
    let echelle = (0..d).map(|i| h[i * d + i]).fold(0.0, f64::max);
    for i in 0..d {
        let (avant, reste) = h.split_at_mut(i * d);
        let ligne = &mut reste[..d];
        for j in 0..i {
            let autre = &avant[j * d..j * d + j + 1];
            ligne[j] = (ligne[j] - produit(&ligne[..j], &autre[..j])) / autre[j];
        }
        let carre = ligne[i] + echelle * 1e-14 - produit(&ligne[..i], &ligne[..i]);
        if carre.is_nan() || carre <= 0.0 {
            return None;
        }
        ligne[i] = carre.sqrt();
    }
    Some(())
}

/// Dot product in eight interleaved sums, which the processor can do at once.
fn produit(a: &[f64], b: &[f64]) -> f64 {
    let mut s = [0.0; 8];
    let (ca, cb) = (a.chunks_exact(8), b.chunks_exact(8));
    let reste: f64 = ca.remainder().iter().zip(cb.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in ca.zip(cb) {
        for i in 0..8 {
            s[i] += x[i] * y[i];
        }
    }
    s.iter().sum::<f64>() + reste
}

fn gradients<'a>(lignes: &(impl Iterator<Item = Pesee<'a>> + Clone), g: &[f64]) -> Vec<f64> {
    let d = g.len();
    let mut diagonale = vec![1e-12; d];
    for (ligne, w) in lignes.clone() {
        ligne.iter().for_each(|(p, c)| diagonale[*p as usize] += w * c * c);
    }
    let (mut x, mut r) = (vec![0.0; d], g.to_vec());
    let precise = |r: &[f64]| -> Vec<f64> { r.iter().zip(&diagonale).map(|(r, h)| r / h).collect() };
    let mut s = precise(&r);
    let mut p = s.clone();
    let mut rs = produit(&r, &s);
    let assez = rs * PRECISION * PRECISION;
    let mut hp = vec![0.0; d];
    for _ in 0..GRADIENTS {
        hp.fill(0.0);
        for (ligne, w) in lignes.clone() {
            let u = w * ligne.iter().map(|(i, c)| c * p[*i as usize]).sum::<f64>();
            ligne.iter().for_each(|(i, c)| hp[*i as usize] += u * c);
        }
        let php = produit(&p, &hp);
        if php <= 0.0 || rs <= assez {
            break;
        }
        let alpha = rs / php;
        x.iter_mut().zip(&p).for_each(|(x, p)| *x += alpha * p);
        r.iter_mut().zip(&hp).for_each(|(r, h)| *r -= alpha * h);
        s = precise(&r);
        let suivant = produit(&r, &s);
        let beta = suivant / rs;
        rs = suivant;
        p.iter_mut().zip(&s).for_each(|(p, s)| *p = s + beta * *p);
    }
    x
}
