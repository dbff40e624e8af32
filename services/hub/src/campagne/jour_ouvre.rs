//! Working days in France: neither Saturday, nor Sunday, nor public holiday (code du travail, art.
//! L. 3133-1); two more holidays in Alsace and Moselle (art. L. 3134-13).

use chrono::{Datelike as _, Days, NaiveDate, Weekday};

/// Whose holidays are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Droit {
    /// Common law.
    #[default]
    General,
    /// Bas-Rhin, Haut-Rhin, Moselle: Good Friday and 26 December too.
    AlsaceMoselle,
}

/// Départements of local law.
const ALSACE_MOSELLE: [&str; 3] = ["57", "67", "68"];

impl Droit {
    /// The law that suits a list of départements: one of local law is enough, so that a deadline is a
    /// working day for everybody.
    pub fn des_departements<'d>(mut codes: impl Iterator<Item = &'d str>) -> Self {
        if codes.any(|c| ALSACE_MOSELLE.contains(&c)) { Self::AlsaceMoselle } else { Self::General }
    }
}

/// Holidays at a fixed date: month, day.
const FIXES: [(u32, u32); 8] = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];

/// Easter Monday, Ascension, Whit Monday, in days after Easter.
const APRES_PAQUES: [i64; 3] = [1, 39, 50];

/// True on a public holiday.
pub fn est_ferie(jour: NaiveDate, droit: Droit) -> bool {
    let apres = computus::gregorian_naive(jour.year()).ok().map(|paques| (jour - paques).num_days());
    let local = droit == Droit::AlsaceMoselle && (apres == Some(-2) || (jour.month(), jour.day()) == (12, 26));
    local || FIXES.contains(&(jour.month(), jour.day())) || apres.is_some_and(|j| APRES_PAQUES.contains(&j))
}

/// True on a working day.
pub fn est_ouvre(jour: NaiveDate, droit: Droit) -> bool {
    !matches!(jour.weekday(), Weekday::Sat | Weekday::Sun) && !est_ferie(jour, droit)
}

/// This day, or the first working day after it.
pub fn suivant(jour: NaiveDate, droit: Droit) -> NaiveDate {
    cherche(jour, droit, |j| j.checked_add_days(Days::new(1)))
}

/// This day, or the last working day before it.
pub fn precedent(jour: NaiveDate, droit: Droit) -> NaiveDate {
    cherche(jour, droit, |j| j.checked_sub_days(Days::new(1)))
}

fn cherche(jour: NaiveDate, droit: Droit, pas: impl Fn(NaiveDate) -> Option<NaiveDate>) -> NaiveDate {
    let mut jours = std::iter::successors(Some(jour), |j| pas(*j));
    // Never more than four days off in a row; the bound only ends the search at the edge of the calendar.
    jours.by_ref().take(15).find(|j| est_ouvre(*j, droit)).unwrap_or(jour)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feries(annee: i32, droit: Droit) -> Vec<String> {
        let debut = NaiveDate::from_ymd_opt(annee, 1, 1).unwrap();
        debut
            .iter_days()
            .take_while(|j| j.year() == annee)
            .filter(|j| est_ferie(*j, droit))
            .map(|j| j.format("%m-%d").to_string())
            .collect()
    }

    #[test]
    fn the_holidays_are_those_of_the_official_calendar() {
        let communs =
            ["01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25"];
        assert_eq!(feries(2026, Droit::General), communs);
        let locaux: Vec<String> =
            feries(2026, Droit::AlsaceMoselle).into_iter().filter(|j| !communs.contains(&j.as_str())).collect();
        assert_eq!(locaux, ["04-03", "12-26"]);
        // Two holidays on the same day: Ascension and 1 May 2008.
        assert_eq!(feries(2008, Droit::General).len(), 10);
    }

    #[test]
    fn a_deadline_moves_to_a_working_day() {
        let jour = |t: &str| t.parse::<NaiveDate>().unwrap();
        assert_eq!(suivant(jour("2026-04-03"), Droit::General), jour("2026-04-03"));
        assert_eq!(
            suivant(jour("2026-04-03"), Droit::AlsaceMoselle),
            jour("2026-04-07"),
            "Good Friday, week-end, Easter Monday"
        );
        assert_eq!(precedent(jour("2026-12-26"), Droit::AlsaceMoselle), jour("2026-12-24"));
        assert_eq!(Droit::des_departements(["70", "67"].into_iter()), Droit::AlsaceMoselle);
        assert_eq!(Droit::des_departements(["70", "54"].into_iter()), Droit::General);
    }
}
