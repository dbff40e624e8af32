//! Benchmarks: where the centres of a network stand on a measure. Made only of figures that each centre shows to its
//! peers, by at least five of them, without a minimum nor a maximum: either would be one centre's own figure.

use std::collections::BTreeMap;

use hub_storage::observation::{self, Filtre, Observation, RangObservation};
use hub_storage::{Db, ErreurBase, Visibilite};
use publication::fil::{CONTRIBUTEURS_MINIMUM, Repere};
use referentiel::Decimal;
use referentiel::cellule::Audience;
use referentiel::jeu::{Mesure, Nature, jeux};
use referentiel::territoire::Niveau;

/// Observations read at a time.
const LOT: u32 = 500;

/// Digits kept of a share, and of any other figure.
const DECIMALES: (u32, u32) = (4, 2);

/// The benchmarks of a campaign, by measure.
pub async fn calcule(db: &Db, campagne: &str) -> Result<Vec<Repere>, ErreurBase> {
    let mut par_mesure: BTreeMap<String, BTreeMap<String, Vec<Observation>>> = BTreeMap::new();
    for o in totaux(db, campagne).await? {
        let centres = par_mesure.entry(o.rang.indicateur.clone()).or_default();
        centres.entry(o.rang.noeud.clone()).or_default().push(o);
    }
    let mut reperes = Vec::new();
    for (indicateur, centres) in par_mesure {
        let Some(mesure) = jeux().into_iter().find_map(|j| j.mesure(&indicateur)) else { continue };
        let valeurs = centres.values().filter_map(|cellules| figure(mesure, cellules)).collect();
        reperes.extend(repere(campagne, &indicateur, valeurs));
    }
    Ok(reperes)
}

/// What centres show of themselves as a whole: their départements, nothing crossed.
async fn totaux(db: &Db, campagne: &str) -> Result<Vec<Observation>, ErreurBase> {
    let mut filtre = Filtre::campagne(Audience::Reseau, campagne);
    filtre.niveau = Some(Niveau::Departement);
    filtre.axes = Some(String::new());
    let mut lues = Vec::new();
    let mut apres: Option<RangObservation> = None;
    loop {
        let page = observation::page(db, &Visibilite::entiere(), &filtre, apres.as_ref(), LOT).await?;
        apres = page.last().map(|o| o.rang.clone());
        let finie = page.len() < LOT as usize;
        lues.extend(page);
        if finie {
            return Ok(lues);
        }
    }
}

/// The figure of one centre; none when part of it is masked, or when parts of it do not add up.
fn figure(mesure: &Mesure, cellules: &[Observation]) -> Option<Decimal> {
    let somme = |partie: fn(&Observation) -> Option<Decimal>| -> Option<Decimal> {
        cellules.iter().map(partie).sum::<Option<Decimal>>()
    };
    match (mesure.nature, cellules) {
        (Nature::Taux, _) => {
            let (n, d) = (somme(|o| o.rapport.map(|r| r.0))?, somme(|o| o.rapport.map(|r| r.1))?);
            let decimales = if mesure.unite == "%" { DECIMALES.0 } else { DECIMALES.1 };
            n.checked_div(d).map(|taux| taux.round_dp(decimales).normalize())
        }
        (Nature::Statistique | Nature::Part | Nature::Derive, [seule]) => seule.valeur,
        (Nature::Statistique | Nature::Part | Nature::Derive, _) => None,
        _ => somme(|o| o.valeur),
    }
}

/// Median and quartiles; none under five centres.
pub fn repere(campagne: &str, indicateur: &str, mut valeurs: Vec<Decimal>) -> Option<Repere> {
    if (valeurs.len() as u64) < CONTRIBUTEURS_MINIMUM {
        return None;
    }
    valeurs.sort_unstable();
    Some(Repere {
        campaign: campagne.to_owned(),
        indicator: indicateur.to_owned(),
        contributors: valeurs.len() as u64,
        q1: quantile(&valeurs, 1)?,
        median: quantile(&valeurs, 2)?,
        q3: quantile(&valeurs, 3)?,
    })
}

/// The quartile of this rank, between the two nearest values in proportion (Hyndman and Fan, type 7).
fn quantile(triees: &[Decimal], rang: usize) -> Option<Decimal> {
    let quarts = (triees.len().checked_sub(1)?) * rang;
    let (bas, reste) = (quarts / 4, quarts % 4);
    let valeur = *triees.get(bas)?;
    let suivante = *triees.get(bas + 1).unwrap_or(&valeur);
    let part = Decimal::from(reste as u64) / Decimal::from(4);
    Some((valeur + (suivante - valeur) * part).round_dp(DECIMALES.0).normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valeurs(n: &[i64]) -> Vec<Decimal> {
        n.iter().map(|v| Decimal::from(*v)).collect()
    }

    #[test]
    fn five_centres_make_a_benchmark_and_four_do_not() {
        assert_eq!(repere("2026-T1", "EA01", valeurs(&[4, 1, 3, 2])), None);
        let r = repere("2026-T1", "EA01", valeurs(&[50, 10, 40, 20, 30])).unwrap();
        assert_eq!((r.contributors, r.q1, r.median, r.q3), (5, 20.into(), 30.into(), 40.into()));
    }

    #[test]
    fn a_quartile_between_two_values_is_in_proportion() {
        let r = repere("2026-T1", "EA01", valeurs(&[10, 20, 30, 40, 50, 60])).unwrap();
        let d = |texte: &str| texte.parse::<Decimal>().unwrap();
        assert_eq!((r.q1, r.median, r.q3), (d("22.5"), d("35"), d("47.5")));
        let egales = repere("2026-T1", "EA01", valeurs(&[7; 9])).unwrap();
        assert_eq!((egales.q1, egales.q3), (7.into(), 7.into()));
    }
}
