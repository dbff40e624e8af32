//! Lengths by calendar months: a contract from the 5th lasts six months up to the 4th, month ends and
//! leap years included (31 August + 6 months is the last day of February).

use chrono::{Days, Months, NaiveDate};

/// First and last day, both included.
pub(super) type Periode = (NaiveDate, NaiveDate);

/// The same day so many months later, or the last day of that month.
pub(super) fn plus_mois(date: NaiveDate, mois: u32) -> NaiveDate {
    date.checked_add_months(Months::new(mois)).unwrap_or(NaiveDate::MAX)
}

/// Last day of a period of so many months from this day.
pub(super) fn terme(debut: NaiveDate, mois: u32) -> NaiveDate {
    plus_mois(debut, mois).checked_sub_days(Days::new(1)).unwrap_or(debut)
}

/// Days covered by periods within a window, each day counted once.
pub(super) fn jours_couverts(periodes: &[Periode], fenetre: Periode) -> u64 {
    let mut coupees: Vec<Periode> = periodes.iter().map(|p| (p.0.max(fenetre.0), p.1.min(fenetre.1))).collect();
    coupees.sort_unstable();
    let mut total = 0;
    let mut compte_jusqu_a: Option<NaiveDate> = None;
    for (debut, fin) in coupees {
        let debut = compte_jusqu_a.and_then(|j| j.succ_opt()).map_or(debut, |suivant| debut.max(suivant));
        if debut <= fin {
            total += (fin - debut).num_days().unsigned_abs() + 1;
            compte_jusqu_a = Some(fin);
        }
    }
    total
}

/// Whole months and days left over of a period.
pub(super) fn mois_et_jours((debut, fin): Periode) -> (u32, u64) {
    if fin < debut {
        return (0, 0);
    }
    let mois = (1..).take_while(|mois| terme(debut, *mois) <= fin).last().unwrap_or(0);
    let reste = if mois == 0 { (fin - debut).num_days() + 1 } else { (fin - terme(debut, mois)).num_days() };
    (mois, reste.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn jour(texte: &str) -> NaiveDate {
        texte.parse().unwrap()
    }

    #[test]
    fn months_follow_the_calendar() {
        for (debut, mois, fin) in [
            ("2026-02-01", 6, "2026-07-31"),
            ("2026-01-05", 6, "2026-07-04"),
            ("2026-08-31", 6, "2027-02-27"), // the last day of February, less one
            ("2027-08-31", 6, "2028-02-28"),
            ("2028-02-29", 12, "2029-02-27"),
            ("2027-03-01", 12, "2028-02-29"),
            ("2026-03-31", 12, "2027-03-30"),
        ] {
            assert_eq!(terme(jour(debut), mois), jour(fin), "{debut} + {mois}");
        }
    }

    #[test]
    fn days_are_counted_once_and_only_in_the_window() {
        let fenetre = (jour("2026-01-05"), jour("2027-01-04"));
        let deux = [(jour("2026-01-05"), jour("2026-04-14")), (jour("2026-06-14"), jour("2026-09-03"))];
        assert_eq!(jours_couverts(&deux, fenetre), 182);
        let superposes = [deux[0], deux[0], (jour("2026-02-01"), jour("2026-04-15"))];
        assert_eq!(jours_couverts(&superposes, fenetre), 101);
        assert_eq!(jours_couverts(&[(jour("2027-01-04"), jour("2027-06-30"))], fenetre), 1);
        assert_eq!(jours_couverts(&[(jour("2026-03-02"), jour("2026-03-01"))], fenetre), 0);
    }

    proptest! {
        #[test]
        fn a_period_is_its_months_and_days(debut in 0u64..3000, jours in 0u64..900) {
            let debut = jour("2024-01-01") + Days::new(debut);
            let fin = debut + Days::new(jours);
            let (mois, reste) = mois_et_jours((debut, fin));
            prop_assert!(reste < 32);
            prop_assert!(mois == 0 || terme(debut, mois) + Days::new(reste) == fin);
            prop_assert!(terme(debut, mois + 1) > fin);
        }
    }
}
