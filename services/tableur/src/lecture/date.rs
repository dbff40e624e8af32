//! Dates of a workbook: real dates, serial numbers and `jj/mm/aaaa` texts are read; anything else is refused with,
//! when the meaning is plain, the date to write (C-CL-03).

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::anomalie::{Faute, extrait};
use super::brut::{Brut, jour, rogne};

const ATTENDU: &str = "une date au format jj/mm/aaaa, par exemple 31/03/2026";
/// Smallest bare number read as a date (19/03/1908 from 1900): below, it is more likely a year or an age.
const SERIE_MINIMALE: f64 = 3001.0;
const ANNEES: std::ops::Range<i32> = 1900..2200;
/// Two-digit years from this one on belong to the twentieth century, in a proposal.
const PIVOT: i32 = 50;

/// The date in a cell that must hold one; `epoque_1904` is the workbook's date system.
pub(super) fn lit(brut: &Brut<'_>, epoque_1904: bool) -> Result<NaiveDate, Faute> {
    match brut {
        Brut::Jour { date: Some(date), .. } if ANNEES.contains(&date.year()) => Ok(*date),
        Brut::Nombre(n) => depuis_nombre(*n, epoque_1904).ok_or_else(|| refus_nombre(brut, *n)),
        Brut::Texte(texte) => depuis_texte(rogne(texte)),
        _ => Err(refus(&brut.affiche(), "n’est pas une date", None)),
    }
}

/// The day of a serial number: days since the epoch, with Lotus's 29 February 1900 in the 1900 system.
pub(crate) fn depuis_serie(serie: f64, epoque_1904: bool) -> Option<NaiveDate> {
    if !(0.0..2_958_466.0).contains(&serie) {
        return None;
    }
    let jours = serie as i64;
    let (annee, mois, decalage) = match (epoque_1904, jours) {
        (true, _) => (1904, 1, 0),
        // Before the 29 February 1900 that never was, serial numbers are one day late.
        (false, 0..60) => (1899, 12, 1),
        (false, _) => (1899, 12, 0),
    };
    let origine = NaiveDate::from_ymd_opt(annee, mois, if mois == 12 { 30 } else { 1 })?;
    origine.checked_add_signed(TimeDelta::days(jours + decalage))
}

fn depuis_nombre(n: f64, epoque_1904: bool) -> Option<NaiveDate> {
    let date = if n >= SERIE_MINIMALE { depuis_serie(n, epoque_1904)? } else { return None };
    ANNEES.contains(&date.year()).then_some(date)
}

/// 31032026 and 20260331 are dates typed without separators.
fn refus_nombre(brut: &Brut<'_>, n: f64) -> Faute {
    let chiffres = if n.fract() == 0.0 && (0.0..1e9).contains(&n) { format!("{:08}", n as u64) } else { String::new() };
    let partie = |de: usize, a: usize| chiffres.get(de..a).and_then(|p| p.parse::<i32>().ok());
    let a = |jour: (usize, usize), mois: (usize, usize), annee: (usize, usize)| {
        date(partie(annee.0, annee.1)?, partie(mois.0, mois.1)?, partie(jour.0, jour.1)?)
    };
    let lue = if chiffres.len() == 8 { a((0, 2), (2, 4), (4, 8)).or_else(|| a((6, 8), (4, 6), (0, 4))) } else { None };
    refus(&brut.affiche(), "n’est pas une date", lue)
}

fn depuis_texte(texte: &str) -> Result<NaiveDate, Faute> {
    // « 31/03/2026 00:00:00 » is what an export of a date often looks like.
    let jour_seul = texte.split_once([' ', 'T']).map_or(texte, |(jour, heure)| {
        if heure.bytes().all(|o| matches!(o, b'0' | b':' | b'.' | b'Z')) { jour } else { texte }
    });
    let Some(([a, b, c], separateur)) = morceaux(jour_seul) else {
        return Err(refus(texte, "n’est pas une date", None));
    };
    let n = |m: &str| m.parse::<i32>().unwrap_or(-1);
    match (a.len(), b.len(), c.len()) {
        (4, _, _) => Err(refus(texte, "n’est pas au format jj/mm/aaaa", date(n(a), n(b), n(c)))),
        (1 | 2, 1 | 2, 4) => jour_mois_annee(texte, separateur, (a, b), (n(a), n(b), n(c))),
        (1 | 2, 1 | 2, 2) => {
            let annee = if n(c) < PIVOT { 2000 + n(c) } else { 1900 + n(c) };
            Err(refus(texte, "a une année à deux chiffres", date(annee, n(b), n(a))))
        }
        _ => Err(refus(texte, "n’est pas une date", None)),
    }
}

fn jour_mois_annee(
    texte: &str,
    separateur: char,
    (a, b): (&str, &str),
    (jour, mois, annee): (i32, i32, i32),
) -> Result<NaiveDate, Faute> {
    if let Some(lue) = date(annee, mois, jour) {
        // Without its zeros « 3/12/2026 » may come from an American export: the reader must say which month it is.
        let certaine = (a.len() == 2 && b.len() == 2) || jour > 12;
        return match (separateur, certaine) {
            ('/', true) => Ok(lue),
            ('/', false) => Err(refus(texte, "est ambiguë (jour ou mois en premier ?)", Some(lue))),
            _ => Err(refus(texte, "n’est pas au format jj/mm/aaaa", Some(lue))),
        };
    }
    match date(annee, jour, mois) {
        Some(americaine) => Err(refus(texte, "est au format américain (mois avant le jour)", Some(americaine))),
        None => Err(refus(texte, "n’existe pas", None)),
    }
}

/// The three numbers of a date and what separates them.
fn morceaux(texte: &str) -> Option<([&str; 3], char)> {
    let separateur = texte.chars().find(|c| !c.is_ascii_digit()).filter(|c| matches!(c, '/' | '-' | '.'))?;
    let mut morceaux = texte.split(separateur).map(rogne);
    let trois = [morceaux.next()?, morceaux.next()?, morceaux.next()?];
    let chiffres = |m: &&str| !m.is_empty() && m.bytes().all(|o| o.is_ascii_digit());
    (morceaux.next().is_none() && trois.iter().all(chiffres)).then_some((trois, separateur))
}

fn date(annee: i32, mois: i32, jour: i32) -> Option<NaiveDate> {
    let date = NaiveDate::from_ymd_opt(annee, u32::try_from(mois).ok()?, u32::try_from(jour).ok()?)?;
    ANNEES.contains(&annee).then_some(date)
}

fn refus(lu: &str, defaut: &str, correction: Option<NaiveDate>) -> Faute {
    let correction = correction.map(jour);
    let remede = match &correction {
        Some(date) => format!(" : écrivez « {date} » si c’est bien la date voulue."),
        None if defaut == "n’existe pas" => ".".to_owned(),
        None => " : écrivez jj/mm/aaaa, par exemple 31/03/2026.".to_owned(),
    };
    let nom = if defaut == "n’est pas une date" { "La valeur" } else { "La date" };
    Faute::nouvelle("C-CL-03", lu, ATTENDU, format!("{nom} « {} » {defaut}{remede}", extrait(lu))).propose(correction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texte(t: &str) -> Result<NaiveDate, Faute> {
        lit(&Brut::Texte(t.into()), false)
    }

    fn jma(j: u32, m: u32, a: i32) -> NaiveDate {
        NaiveDate::from_ymd_opt(a, m, j).unwrap()
    }

    #[test]
    fn french_texts_serials_and_date_cells_are_dates() {
        assert_eq!(texte(" 31/03/2026\u{a0}"), Ok(jma(31, 3, 2026)));
        assert_eq!(texte("31/3/2026"), Ok(jma(31, 3, 2026)));
        assert_eq!(texte("31/03/2026 00:00:00"), Ok(jma(31, 3, 2026)));
        assert_eq!(lit(&Brut::Nombre(46112.0), false), Ok(jma(31, 3, 2026)));
        assert_eq!(lit(&Brut::Nombre(44650.0), true), Ok(jma(31, 3, 2026)));
        assert_eq!(lit(&Brut::Jour { date: Some(jma(1, 2, 1990)), serie: 0.0 }, false), Ok(jma(1, 2, 1990)));
    }

    #[test]
    fn what_is_recognised_is_proposed_but_never_taken() {
        for (lu, correction, mot) in [
            ("31/02/1990", None, "La date « 31/02/1990 » n’existe pas."),
            ("2026-03-31", Some("31/03/2026"), "jj/mm/aaaa"),
            ("3/31/2026", Some("31/03/2026"), "américain"),
            ("3/4/2026", Some("03/04/2026"), "ambiguë"),
            ("31/03/26", Some("31/03/2026"), "deux chiffres"),
            ("13/07/94", Some("13/07/1994"), "deux chiffres"),
            ("31-03-2026", Some("31/03/2026"), "jj/mm/aaaa"),
            ("mars 2026", None, "n’est pas une date"),
            ("31/03/2026 14:05", None, "n’est pas une date"),
            ("31/03/12026", None, "n’est pas une date"),
        ] {
            let faute = texte(lu).unwrap_err();
            assert_eq!((faute.controle, faute.correction.as_deref()), ("C-CL-03", correction), "{lu}");
            assert!(faute.message.contains(mot), "{lu} : {}", faute.message);
        }
    }

    #[test]
    fn a_year_or_a_date_typed_without_separators_is_no_serial_number() {
        let nombre = |n| lit(&Brut::Nombre(n), false).unwrap_err().correction;
        assert_eq!(nombre(1990.0), None);
        assert_eq!(nombre(31_032_026.0), Some("31/03/2026".into()));
        assert_eq!(nombre(20_260_331.0), Some("31/03/2026".into()));
        assert_eq!(nombre(-5.0), None);
        assert_eq!(nombre(f64::NAN), None);
    }

    #[test]
    fn the_29_february_1900_of_spreadsheets_is_passed_over() {
        assert_eq!(depuis_serie(1.0, false), Some(jma(1, 1, 1900)));
        assert_eq!(depuis_serie(59.0, false), Some(jma(28, 2, 1900)));
        assert_eq!(depuis_serie(61.0, false), Some(jma(1, 3, 1900)));
    }

    proptest! {
        #[test]
        fn a_date_written_in_french_reads_back(jours in 0i64..100_000) {
            let date = jma(1, 1, 1910) + TimeDelta::days(jours);
            prop_assert_eq!(texte(&jour(date)), Ok(date));
            let serie = (date - jma(30, 12, 1899)).num_days() as f64;
            prop_assert_eq!(depuis_serie(serie, false), Some(date));
            prop_assert_eq!(depuis_serie(serie - 1462.0, true), Some(date));
            prop_assert_eq!(texte(&date.format("%Y-%m-%d").to_string()).unwrap_err().correction, Some(jour(date)));
        }

        #[test]
        fn no_text_panics(t in "\\PC{0,24}", n in proptest::num::f64::ANY) {
            let _ = texte(&t);
            let _ = lit(&Brut::Nombre(n), true);
        }
    }
}
