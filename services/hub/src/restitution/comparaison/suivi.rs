//! Does a centre change? The run chart of an indicator over quarters (XmR): mean, natural limits, and the four signals.
//! A quarter without a value is a hole: nothing is computed across it as if it were there.

/// Quarters under which no limit is drawn: a line and its median only.
pub const POINTS_PROVISOIRES: usize = 6;
/// Quarters from which the limits are settled.
pub const POINTS_ETABLIS: usize = 12;
/// Points on one side, or in one direction, that chance alone hardly gives.
const SUITE: usize = 7;
/// From the mean moving range to three standard deviations.
const FACTEUR: f64 = 2.66;

/// What a series shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Constat {
    /// Mean; median while there are few points.
    pub centre: f64,
    /// Natural limits, from six points on.
    pub limites: Option<(f64, f64)>,
    /// True between six and eleven points.
    pub provisoires: bool,
    /// Ranks of the points out of the limits.
    pub hors_limites: Vec<usize>,
    /// Signals, in words.
    pub signaux: Vec<&'static str>,
}

/// Median of sorted values.
pub fn mediane(tries: &[f64]) -> Option<f64> {
    let milieu = tries.len() / 2;
    let haute = tries.get(milieu).copied();
    if tries.len() % 2 == 1 { haute } else { Some((tries.get(milieu.checked_sub(1)?)? + haute?) / 2.0) }
}

/// Reads a series; none without a value.
pub fn constat(serie: &[Option<f64>]) -> Option<Constat> {
    let valeurs: Vec<f64> = serie.iter().copied().flatten().collect();
    if valeurs.len() < POINTS_PROVISOIRES {
        let mut tries = valeurs;
        tries.sort_by(f64::total_cmp);
        let centre = mediane(&tries)?;
        return Some(Constat { centre, limites: None, provisoires: false, hors_limites: vec![], signaux: vec![] });
    }
    // The reference is settled on the first twelve points: what comes after is judged by it.
    let base = serie_de_reference(serie);
    let presentes: Vec<f64> = base.iter().copied().flatten().collect();
    let centre = moyenne(&presentes)?;
    // A range is that of two quarters that follow each other.
    let etendues: Vec<f64> =
        base.windows(2).filter_map(|w| Some((w.first().copied()?? - w.last().copied()??).abs())).collect();
    let ecart = FACTEUR * moyenne(&etendues)?;
    let limites = ((centre - ecart).max(0.0), centre + ecart);
    let hors = |v: f64| v < limites.0 || v > limites.1;
    let hors_limites: Vec<usize> =
        (0..).zip(serie).filter(|(_, v)| v.is_some_and(hors)).map(|(rang, _)| rang).collect();
    let signaux = signaux(serie, centre, limites, !hors_limites.is_empty());
    let provisoires = valeurs.len() < POINTS_ETABLIS;
    Some(Constat { centre, limites: Some(limites), provisoires, hors_limites, signaux })
}

fn serie_de_reference(serie: &[Option<f64>]) -> &[Option<f64>] {
    let mut lus = 0;
    let fin = serie.iter().position(|v| {
        lus += usize::from(v.is_some());
        lus == POINTS_ETABLIS
    });
    fin.and_then(|rang| serie.get(..=rang)).unwrap_or(serie)
}

fn moyenne(valeurs: &[f64]) -> Option<f64> {
    (!valeurs.is_empty()).then(|| valeurs.iter().sum::<f64>() / valeurs.len() as f64)
}

fn signaux(serie: &[Option<f64>], centre: f64, (bas, haut): (f64, f64), hors: bool) -> Vec<&'static str> {
    let tous = |f: &dyn Fn(f64, f64) -> bool, longueur: usize| {
        serie.windows(longueur).any(|w| {
            let presents: Option<Vec<f64>> = w.iter().copied().collect();
            presents.is_some_and(|p| p.windows(2).all(|d| matches!(d, [a, b] if f(*a, *b))))
        })
    };
    let du_meme_cote = tous(&|a, b| a > centre && b > centre, SUITE) || tous(&|a, b| a < centre && b < centre, SUITE);
    let tendance = tous(&|a, b| b > a, SUITE) || tous(&|a, b| b < a, SUITE);
    let (pres_du_haut, pres_du_bas) = (centre + (haut - centre) * 2.0 / 3.0, centre - (centre - bas) * 2.0 / 3.0);
    let deux_sur_trois = |proche: &dyn Fn(f64) -> bool| {
        serie
            .windows(3)
            .any(|w| w.iter().flatten().filter(|v| proche(**v)).count() >= 2 && w.iter().all(Option::is_some))
    };
    let limite = deux_sur_trois(&|v| v > pres_du_haut) || deux_sur_trois(&|v| v < pres_du_bas);
    [
        (hors, "un trimestre hors des limites"),
        (du_meme_cote, "sept trimestres de suite du même côté de la moyenne"),
        (tendance, "sept trimestres de suite dans le même sens"),
        (limite, "deux trimestres sur trois près d’une limite"),
    ]
    .into_iter()
    .filter_map(|(vrai, mots)| vrai.then_some(mots))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serie(valeurs: &[f64]) -> Vec<Option<f64>> {
        valeurs.iter().copied().map(Some).collect()
    }

    #[test]
    fn few_points_have_a_median_and_no_limit() {
        let lu = constat(&serie(&[3.0, 1.0, 2.0])).unwrap();
        assert_eq!((lu.centre, lu.limites, lu.signaux.len()), (2.0, None, 0));
        assert_eq!(constat(&[None, None]), None);
        assert_eq!(mediane(&[1.0, 2.0, 3.0, 6.0]), Some(2.5));
    }

    /// Mean 10, moving ranges 2: limits 10 ± 5.32.
    #[test]
    fn the_limits_are_the_mean_and_its_moving_range() {
        let alternee = serie(&[9.0, 11.0, 9.0, 11.0, 9.0, 11.0]);
        let lu = constat(&alternee).unwrap();
        let (bas, haut) = lu.limites.unwrap();
        assert!((bas - 4.68).abs() < 1e-9 && (haut - 15.32).abs() < 1e-9 && lu.provisoires);
        assert!(lu.signaux.is_empty(), "{:?}", lu.signaux);
    }

    #[test]
    fn each_signal_is_seen() {
        let calme = [9.0, 11.0, 9.0, 11.0, 9.0, 11.0, 9.0, 11.0, 9.0, 11.0, 9.0, 11.0];
        let avec = |suite: &[f64]| {
            let toutes: Vec<f64> = calme.iter().chain(suite).copied().collect();
            constat(&serie(&toutes)).unwrap()
        };
        assert_eq!(avec(&[20.0]).hors_limites, [12]);
        assert!(avec(&[12.0; 7]).signaux.contains(&"sept trimestres de suite du même côté de la moyenne"));
        let monte = avec(&[9.0, 9.5, 10.0, 10.5, 11.0, 11.5, 12.0]);
        assert!(monte.signaux.contains(&"sept trimestres de suite dans le même sens"), "{:?}", monte.signaux);
        assert!(avec(&[14.5, 10.0, 14.5]).signaux.contains(&"deux trimestres sur trois près d’une limite"));
    }

    #[test]
    fn a_hole_breaks_a_run_and_gives_no_range() {
        let mut trouee = serie(&[9.0, 11.0, 9.0, 11.0, 9.0, 11.0, 12.0, 12.0, 12.0]);
        trouee.push(None);
        trouee.extend(serie(&[12.0, 12.0, 12.0, 12.0]));
        let lu = constat(&trouee).unwrap();
        assert!(!lu.signaux.contains(&"sept trimestres de suite du même côté de la moyenne"), "{:?}", lu.signaux);
    }
}
