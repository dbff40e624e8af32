//! Sparse combinations with integer coefficients: the arithmetic of the elimination.

/// Past this, an entry is refused rather than risk an overflow.
const ENTREE_MAXIMALE: i64 = 1 << 31;

/// Sparse combination of variables, sorted.
pub(crate) type Ligne = Vec<(u32, i64)>;

/// Divided by what all its coefficients share: it is zero all the same.
pub(crate) fn primitive(mut ligne: Ligne) -> Ligne {
    let pgcd = ligne.iter().fold(0, |g, (_, c)| pgcd(g, c.abs()));
    if pgcd > 1 {
        ligne.iter_mut().for_each(|(_, c)| *c /= pgcd);
    }
    ligne
}

/// Greatest common divisor.
pub(crate) fn pgcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { pgcd(b, a % b) }
}

/// Nearest integer to the quotient.
pub(crate) fn arrondi(a: i64, b: i64) -> i64 {
    let (q, r) = (a.div_euclid(b), a.rem_euclid(b));
    if 2 * r > b.abs() { q + b.signum() } else { q }
}

/// `actuelle` where `pivot` is written as `ligne`; nothing when an entry becomes too large.
pub(crate) fn fusionne(actuelle: &[(u32, i64)], pivot: u32, ligne: &[(u32, i64)], facteur: i64) -> Option<Ligne> {
    let mut suivante = Vec::with_capacity(actuelle.len() + ligne.len());
    let (mut i, mut j) = (0, 0);
    while i < actuelle.len() || j < ligne.len() {
        let a = actuelle.get(i).map_or(u32::MAX, |t| t.0);
        let b = ligne.get(j).map_or(u32::MAX, |t| t.0);
        let mut coef = 0i64;
        if a <= b {
            coef = if a == pivot { 0 } else { actuelle[i].1 };
            i += 1;
        }
        if b <= a {
            coef += ligne[j].1.checked_mul(facteur)?;
            j += 1;
        }
        if coef.abs() > ENTREE_MAXIMALE {
            return None;
        }
        if coef != 0 {
            suivante.push((a.min(b), coef));
        }
    }
    Some(suivante)
}
