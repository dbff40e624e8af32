//! What chance alone does to a rate measured on so many: exact limits, interpolated between two counts, and the exact
//! interval of one centre when there are too few to compare (Clopper-Pearson; Garwood for Poisson).

use statrs::distribution::{Beta, Binomial, ContinuousCDF, Discrete, DiscreteCDF, Gamma, Poisson};

/// Probabilities of the 95 % limits.
pub const HABITUELLE: (f64, f64) = (0.025, 0.975);
/// Probabilities of the 99.8 % limits.
pub const EXTREME: (f64, f64) = (0.001, 0.999);

/// What a count follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loi {
    /// A share: so many among so many.
    Binomiale,
    /// A number of events for so many: it has no upper end.
    Poisson,
}

/// Limits of the rate around a reference, for a size; none for a size or a reference that has no law.
pub fn limites(loi: Loi, reference: f64, taille: f64, (bas, haut): (f64, f64)) -> Option<(f64, f64)> {
    if taille < 1.0 || !taille.is_finite() {
        return None;
    }
    match loi {
        Loi::Binomiale => {
            let n = taille.round();
            let loi = Binomial::new(reference, n as u64).ok()?;
            let limite = |p| interpolee(&loi, p) / n;
            Some((limite(bas).clamp(0.0, 1.0), limite(haut).clamp(0.0, 1.0)))
        }
        Loi::Poisson => {
            let loi = Poisson::new(reference * taille).ok()?;
            let limite = |p| interpolee(&loi, p) / taille;
            Some((limite(bas).max(0.0), limite(haut)))
        }
    }
}

/// r − (F(r) − p) / (F(r) − F(r − 1)), r being the smallest count with F(r) ≥ p.
fn interpolee(loi: &(impl DiscreteCDF<u64, f64> + Discrete<u64, f64>), p: f64) -> f64 {
    let r = loi.inverse_cdf(p);
    let (masse, depasse) = (loi.pmf(r), loi.cdf(r) - p);
    if masse > 0.0 { r as f64 - (depasse / masse).clamp(0.0, 1.0) } else { r as f64 }
}

/// Exact interval at 95 % of the rate of one centre.
pub fn intervalle(loi: Loi, compte: f64, taille: f64) -> Option<(f64, f64)> {
    if taille < 1.0 || compte < 0.0 {
        return None;
    }
    let (bas, haut) = HABITUELLE;
    match loi {
        Loi::Binomiale => {
            let reste = taille - compte;
            let gauche = if compte < 0.5 { 0.0 } else { Beta::new(compte, reste + 1.0).ok()?.inverse_cdf(bas) };
            let droite = if reste < 0.5 { 1.0 } else { Beta::new(compte + 1.0, reste).ok()?.inverse_cdf(haut) };
            Some((gauche, droite))
        }
        Loi::Poisson => {
            let gauche = if compte < 0.5 { 0.0 } else { Gamma::new(compte, 1.0).ok()?.inverse_cdf(bas) };
            let droite = Gamma::new(compte + 1.0, 1.0).ok()?.inverse_cdf(haut);
            Some((gauche / taille, droite / taille))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrondies(limites: Option<(f64, f64)>) -> (i64, i64) {
        let (bas, haut) = limites.unwrap();
        ((bas * 100.0).round() as i64, (haut * 100.0).round() as i64)
    }

    /// Values computed apart, by the formula of the design, for a reference of 52.5 %.
    #[test]
    fn the_exact_limits_are_those_computed_apart() {
        let de = |n: f64, p| arrondies(limites(Loi::Binomiale, 0.525, n, p));
        assert_eq!((de(20.0, HABITUELLE), de(20.0, EXTREME)), ((28, 72), (16, 84)));
        assert_eq!((de(50.0, HABITUELLE), de(50.0, EXTREME)), ((38, 65), (30, 73)));
        assert_eq!((de(200.0, HABITUELLE), de(200.0, EXTREME)), ((45, 59), (41, 63)));
    }

    #[test]
    fn limits_narrow_as_the_size_grows_and_stay_where_rates_are() {
        let mut avant = f64::INFINITY;
        for n in [20.0, 60.0, 200.0, 1_000.0] {
            let (bas, haut) = limites(Loi::Binomiale, 0.1, n, EXTREME).unwrap();
            assert!((0.0..=0.1).contains(&bas) && (0.1..=1.0).contains(&haut) && haut - bas < avant);
            avant = haut - bas;
        }
        let (bas, haut) = limites(Loi::Poisson, 0.002, 10_000.0, HABITUELLE).unwrap();
        assert!(bas > 0.001 && bas < 0.002 && haut > 0.002 && haut < 0.004);
        assert_eq!(limites(Loi::Binomiale, 0.5, 0.0, EXTREME), None);
        assert_eq!(limites(Loi::Binomiale, 1.5, 10.0, EXTREME), None);
    }

    /// Clopper-Pearson of 8 in 20 and Garwood of 10, as tables print them.
    #[test]
    fn intervals_are_the_exact_ones() {
        assert_eq!(arrondies(intervalle(Loi::Binomiale, 8.0, 20.0)), (19, 64));
        assert_eq!(arrondies(intervalle(Loi::Binomiale, 0.0, 10.0)), (0, 31));
        assert_eq!(arrondies(intervalle(Loi::Binomiale, 10.0, 10.0)), (69, 100));
        let (bas, haut) = intervalle(Loi::Poisson, 10.0, 1.0).unwrap();
        assert!((bas - 4.795).abs() < 0.01 && (haut - 18.39).abs() < 0.01, "{bas} {haut}");
    }
}
