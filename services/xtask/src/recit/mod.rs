//! A seeded story: the same seed always tells the same quarters.

pub mod accompagnements;
pub mod centres;
pub mod classeur;
pub mod convention;
pub mod partage;
pub mod population;

use chrono::{Months, NaiveDate};

pub use centres::{CENTRES, Centre};
pub use population::{Dispositif, Histoire, Personne, Trimestre};

/// The three quarters told, oldest first.
pub const TRIMESTRES: [&str; 3] = ["2025-T3", "2025-T4", "2026-T1"];

/// First and last day of a quarter written `2026-T1`.
pub fn bornes(code: &str) -> Option<(NaiveDate, NaiveDate)> {
    let (annee, rang) = code.split_once("-T")?;
    let debut = NaiveDate::from_ymd_opt(annee.parse().ok()?, rang.parse::<u32>().ok()? * 3 - 2, 1)?;
    Some((debut, debut.checked_add_months(Months::new(3))?.pred_opt()?))
}

/// The three quarters of a dispositif, oldest first.
pub fn quarts(dispositif: &Dispositif) -> Vec<(&'static str, Trimestre)> {
    let Some((depart, _)) = bornes(TRIMESTRES[0]) else { return vec![] };
    let graine = dispositif.reference.bytes().fold(0u64, |g, o| g * 257 + u64::from(o));
    let mut histoire = Histoire::nouvelle(*dispositif, graine, depart);
    TRIMESTRES
        .into_iter()
        .filter_map(|code| {
            let (debut, fin) = bornes(code)?;
            Some((code, histoire.trimestre(debut, fin)))
        })
        .collect()
}
