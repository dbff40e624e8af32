//! Schedules: five-field crontab lines read in Europe/Paris.
//!
//! The `cron` crate wants a field for seconds, numbers week days from Sunday = 1, and skips or doubles
//! runs on the two days a year when the clock changes. This module is the only place that knows it: a
//! fixed hour that does not exist runs at the next one that does, an hour that exists twice runs once.
//! `*` hours keep running every real hour. `croner` is the oracle of the tests.

use std::str::FromStr;

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::{Europe, Tz};

const PARIS: Tz = Europe::Paris;

/// Why a line is not a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoraireInvalide {
    /// Not five fields.
    #[error(
        "« {0} » n’est pas un horaire : cinq champs sont attendus (minute heure jour mois jour-de-semaine), par exemple « 0 6 * * 1 » pour chaque lundi à 6 h."
    )]
    Champs(String),
    /// A field is not understood.
    #[error("« {0} » n’est pas un horaire : {1}.")]
    Champ(String, String),
    /// No date will ever match.
    #[error("L’horaire « {0} » ne tombe jamais.")]
    Jamais(String),
}

/// A schedule.
#[derive(Debug, Clone)]
pub struct Horaire {
    /// One schedule, or two when both day fields are restricted: crontab runs when either matches.
    lignes: Vec<cron::Schedule>,
    heure_libre: bool,
}

impl Horaire {
    /// Reads a crontab line.
    pub fn lit(ligne: &str) -> Result<Self, HoraireInvalide> {
        let champs: Vec<&str> = ligne.split_whitespace().collect();
        let [minute, heure, jour, mois, semaine] = champs[..] else {
            return Err(HoraireInvalide::Champs(ligne.to_owned()));
        };
        let semaine = jours_nommes(semaine).map_err(|detail| HoraireInvalide::Champ(ligne.to_owned(), detail))?;
        let jours: Vec<(&str, &str)> = match (jour, semaine.as_str()) {
            ("*", _) | (_, "*") => vec![(jour, semaine.as_str())],
            _ => vec![(jour, "*"), ("*", semaine.as_str())],
        };
        let lignes = jours
            .into_iter()
            .map(|(j, s)| cron::Schedule::from_str(&format!("0 {minute} {heure} {j} {mois} {s}")))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| HoraireInvalide::Champ(ligne.to_owned(), e.to_string()))?;
        let horaire = Self { lignes, heure_libre: heure == "*" };
        let origine = Utc.timestamp_opt(1_767_225_600, 0).single().unwrap_or_default();
        if horaire.suivant(origine).is_none() {
            return Err(HoraireInvalide::Jamais(ligne.to_owned()));
        }
        Ok(horaire)
    }

    /// First run strictly after a moment.
    pub fn suivant(&self, apres: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.lignes.iter().filter_map(|l| self.suivant_de(l, apres)).min()
    }

    /// Last run at or before a moment, looking back at most a year and a bit.
    pub fn precedent(&self, a: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut pas = Duration::hours(1);
        while pas <= Duration::days(400) {
            let mut trouve = None;
            let mut depuis = a - pas;
            while let Some(t) = self.suivant(depuis).filter(|t| *t <= a) {
                trouve = Some(t);
                depuis = t;
            }
            if trouve.is_some() {
                return trouve;
            }
            pas = pas * 5;
        }
        None
    }

    fn suivant_de(&self, ligne: &cron::Schedule, apres: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // Wall-clock times as if Paris had no change of hour, then each is placed in real time.
        let mur = Utc.from_utc_datetime(&apres.with_timezone(&PARIS).naive_local());
        ligne
            .after(&(mur - Duration::hours(3)))
            .take(100_000)
            .flat_map(|n| self.instants(n.naive_utc()))
            .find(|t| *t > apres)
    }

    fn instants(&self, mut mur: NaiveDateTime) -> Vec<DateTime<Utc>> {
        loop {
            match PARIS.from_local_datetime(&mur) {
                LocalResult::Single(t) => return vec![t.with_timezone(&Utc)],
                LocalResult::Ambiguous(t, _) if !self.heure_libre => return vec![t.with_timezone(&Utc)],
                LocalResult::Ambiguous(t, u) => return vec![t.with_timezone(&Utc), u.with_timezone(&Utc)],
                LocalResult::None if self.heure_libre => return vec![],
                LocalResult::None => mur += Duration::minutes(1),
            }
        }
    }
}

/// Week days by name: crontab counts from Sunday = 0 or 7, the crate from Sunday = 1.
fn jours_nommes(champ: &str) -> Result<String, String> {
    const NOMS: [&str; 8] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
    let nomme = |jour: &str| -> Result<String, String> {
        match jour.parse::<usize>() {
            Ok(n) => NOMS
                .get(n)
                .map(|s| (*s).to_owned())
                .ok_or_else(|| format!("« {n} » n’est pas un jour de semaine (0 à 7)")),
            Err(_) => Ok(jour.to_ascii_uppercase()),
        }
    };
    if champ == "*" || champ == "?" {
        return Ok("*".to_owned());
    }
    let mut jours: Vec<String> = Vec::new();
    for partie in champ.split(',') {
        match partie.split_once('-') {
            None => jours.push(nomme(partie)?),
            Some((de, a)) => {
                let rang = |j: &str| -> Result<usize, String> {
                    let nom = nomme(j)?;
                    NOMS.iter().position(|n| *n == nom).ok_or_else(|| format!("« {j} » n’est pas un jour de semaine"))
                };
                let (de, mut a) = (rang(de)?, if a == "7" { 7 } else { rang(a)? });
                if a < de {
                    a += 7;
                }
                jours.extend((de..=a).map(|n| NOMS[n % 7].to_owned()));
            }
        }
    }
    Ok(jours.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utc(texte: &str) -> DateTime<Utc> {
        texte.parse().unwrap()
    }

    #[test]
    fn the_hour_that_does_not_exist_runs_at_the_next_that_does() {
        let h = Horaire::lit("30 2 * * *").unwrap();
        assert_eq!(h.suivant(utc("2026-03-28T12:00:00Z")).unwrap(), utc("2026-03-29T01:00:00Z"));
    }

    #[test]
    fn the_hour_that_exists_twice_runs_once() {
        let h = Horaire::lit("30 2 * * *").unwrap();
        let premier = h.suivant(utc("2026-10-24T12:00:00Z")).unwrap();
        assert_eq!(premier, utc("2026-10-25T00:30:00Z"));
        assert_eq!(h.suivant(premier).unwrap(), utc("2026-10-26T01:30:00Z"));
    }

    #[test]
    fn a_missed_run_is_found_looking_back() {
        let h = Horaire::lit("0 6 * * 1").unwrap();
        assert_eq!(h.precedent(utc("2026-11-22T10:00:00Z")).unwrap(), utc("2026-11-16T05:00:00Z"));
        assert_eq!(h.precedent(utc("2026-11-16T05:00:00Z")).unwrap(), utc("2026-11-16T05:00:00Z"));
        let trimestriel = Horaire::lit("0 6 11 1,4,7,10 *").unwrap();
        assert_eq!(trimestriel.precedent(utc("2026-11-22T10:00:00Z")).unwrap(), utc("2026-10-11T04:00:00Z"));
    }

    #[test]
    fn bad_lines_are_refused_in_french() {
        for mauvais in ["", "* * * *", "0 0 6 * * 1", "61 * * * *", "0 6 30 2 *", "0 6 * * 9", "0 6 * * lundi"] {
            assert!(Horaire::lit(mauvais).is_err(), "{mauvais}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn fixed_hours_agree_with_croner(minute in 0u32..60, heure in 0u32..24, jour in prop::option::of(1u32..29),
                                         semaine in prop::option::of(0u32..8), depart in 0i64..365) {
            let texte = |o: Option<u32>| o.map_or("*".to_owned(), |n| n.to_string());
            let ligne = format!("{minute} {heure} {} * {}", texte(jour), texte(semaine));
            let notre = Horaire::lit(&ligne).unwrap();
            let oracle: croner::Cron = ligne.parse().unwrap();
            let mut apres = utc("2026-01-01T00:00:00Z") + Duration::days(depart);
            for _ in 0..20 {
                let attendu = oracle.find_next_occurrence(&apres.with_timezone(&PARIS), false).unwrap().with_timezone(&Utc);
                let obtenu = notre.suivant(apres).unwrap();
                prop_assert_eq!(obtenu, attendu, "{} après {}", ligne, apres);
                apres = obtenu;
            }
        }
    }
}
