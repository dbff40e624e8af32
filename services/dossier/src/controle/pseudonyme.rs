//! C-PE-02: a reference must say nothing of the person it stands for.
//!
//! The patterns are narrow on purpose: a neutral code such as three letters and eleven digits never
//! matches, whatever its digits, because a refusal here cannot be talked away.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};

/// What a reference gives away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Indice {
    /// Thirteen to fifteen digits built like a social security number (NIR).
    NumeroSecuriteSociale,
    /// Letters of a name and a date.
    NomEtDate,
    /// The person's own birth date.
    DateNaissance,
}

impl Indice {
    /// What the reference looks like, for a sentence.
    pub(super) fn ressemblance(self) -> &'static str {
        match self {
            Self::NumeroSecuriteSociale => "un numéro de sécurité sociale",
            Self::NomEtDate => "un nom suivi d’une date de naissance",
            Self::DateNaissance => "un code qui contient la date de naissance de la personne",
        }
    }
}

/// What gives a person away in her reference, if anything.
pub(super) fn indice(reference: &str, naissance: Option<NaiveDate>) -> Option<Indice> {
    let code = compact(reference);
    if ressemble_a_un_nir(code.as_bytes()) {
        return Some(Indice::NumeroSecuriteSociale);
    }
    if nom_et_date(&code) {
        return Some(Indice::NomEtDate);
    }
    naissance.is_some_and(|jour| contient_la_date(code.as_bytes(), jour)).then_some(Indice::DateNaissance)
}

/// Without the spaces, dots and dashes people put between the parts of a number.
fn compact(reference: &str) -> Cow<'_, str> {
    if reference.chars().all(char::is_alphanumeric) {
        Cow::Borrowed(reference)
    } else {
        Cow::Owned(reference.chars().filter(|c| c.is_alphanumeric()).collect())
    }
}

/// Sex, year, month, département, and the rest of the number, with or without its key.
fn ressemble_a_un_nir(code: &[u8]) -> bool {
    if !(13..=15).contains(&code.len()) {
        return false;
    }
    let corse = matches!(&code[5..7], [b'2', b'A' | b'B' | b'a' | b'b']);
    let chiffres = |octets: &[u8]| octets.iter().all(u8::is_ascii_digit);
    let sexe = matches!(code[0], b'1' | b'2' | b'3' | b'4' | b'7' | b'8');
    let mois = nombre(&code[3..5]).is_some_and(|m| matches!(m, 1..=12 | 20..=42 | 50..=99));
    let departement = corse || nombre(&code[5..7]).is_some_and(|d| d > 0);
    sexe && chiffres(&code[..5]) && chiffres(&code[7..]) && mois && departement
}

/// Four letters or more, then exactly a date (jjmmaaaa, aaaammjj; jjmmaa after six letters), or the reverse.
fn nom_et_date(code: &str) -> bool {
    let lettres_devant = code.chars().take_while(|c| c.is_alphabetic()).count();
    let (nom, date) = if lettres_devant > 0 {
        code.split_at(code.find(|c: char| !c.is_alphabetic()).unwrap_or(code.len()))
    } else {
        let (date, nom) = code.split_at(code.find(char::is_alphabetic).unwrap_or(code.len()));
        (nom, date)
    };
    let lettres = nom.chars().count();
    if !nom.chars().all(char::is_alphabetic) {
        return false;
    }
    match date.as_bytes() {
        [j1, j2, m1, m2, _, _] if lettres >= 6 => jour_et_mois(&[*j1, *j2, *m1, *m2]),
        d if d.len() == 8 && lettres >= 4 => {
            (jour_et_mois(&d[..4]) && annee(&d[4..])) || (annee(&d[..4]) && jour_et_mois(&[d[6], d[7], d[4], d[5]]))
        }
        _ => false,
    }
}

fn jour_et_mois(chiffres: &[u8]) -> bool {
    nombre(&chiffres[..2]).is_some_and(|j| (1..=31).contains(&j))
        && nombre(&chiffres[2..]).is_some_and(|m| (1..=12).contains(&m))
}

fn annee(chiffres: &[u8]) -> bool {
    nombre(chiffres).is_some_and(|a| (1900..2030).contains(&a))
}

/// The eight digits of a birth date, either way round. Six digits would meet neutral codes by chance.
fn contient_la_date(code: &[u8], jour: NaiveDate) -> bool {
    let (Ok(a), j, m) = (u32::try_from(jour.year()), jour.day(), jour.month()) else { return false };
    let chiffre = |n: u32| b'0' + (n % 10) as u8;
    let (j1, j2, m1, m2) = (chiffre(j / 10), chiffre(j), chiffre(m / 10), chiffre(m));
    let [a1, a2, a3, a4] = [a / 1000, a / 100, a / 10, a].map(chiffre);
    let francais = [j1, j2, m1, m2, a1, a2, a3, a4];
    let iso = [a1, a2, a3, a4, m1, m2, j1, j2];
    code.windows(8).any(|fenetre| fenetre == francais || fenetre == iso)
}

fn nombre(chiffres: &[u8]) -> Option<u32> {
    chiffres.iter().try_fold(0, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_and_names_are_recognised() {
        let sans = |r: &str| indice(r, None);
        assert_eq!(sans("18502701234567"), Some(Indice::NumeroSecuriteSociale));
        assert_eq!(sans("2 85 02 70 123 456 78"), Some(Indice::NumeroSecuriteSociale));
        assert_eq!(sans("185022A1234567"), Some(Indice::NumeroSecuriteSociale));
        assert_eq!(sans("DUPJEA15031985"), Some(Indice::NomEtDate));
        assert_eq!(sans("DUPJEA19850315"), Some(Indice::NomEtDate));
        assert_eq!(sans("DUPONTJE150385"), Some(Indice::NomEtDate));
        assert_eq!(sans("15031985DUPJEA"), Some(Indice::NomEtDate));
        assert_eq!(sans("BFC01829794086"), None);
        assert_eq!(sans("BFC01000000042"), None);
        assert_eq!(sans("STRUCT99999999"), None, "no such date");
        assert_eq!(sans(""), None);
        assert_eq!(sans("éé"), None);
    }

    #[test]
    fn the_person_s_own_birth_date_is_recognised() {
        let jour = NaiveDate::from_ymd_opt(1985, 3, 15);
        assert_eq!(indice("BFC01150319859", jour), Some(Indice::DateNaissance));
        assert_eq!(indice("BFC01919850315", jour), Some(Indice::DateNaissance));
        assert_eq!(indice("BFC01150385123", jour), None, "six digits happen by chance");
    }

    proptest! {
        #[test]
        fn a_neutral_code_never_matches(prefixe in "[A-Z]{3}[0-9]{2}", suite in "[0-9]{9}") {
            prop_assert_eq!(indice(&format!("{prefixe}{suite}"), None), None);
        }

        #[test]
        fn any_text_is_answered(texte in "\\PC{0,20}", jours in 0i32..60_000) {
            let jour = NaiveDate::from_num_days_from_ce_opt(690_000 + jours);
            let _ = indice(&texte, jour);
        }
    }
}
