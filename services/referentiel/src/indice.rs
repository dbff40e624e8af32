//! Recognising a mistake from the wrong number itself: digits in the wrong order, a row left out of a
//! total. A clue proposes; it decides nothing.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::format;

/// A number with a comma, without useless zeros.
pub fn dit(valeur: Decimal) -> String {
    format::decimal(valeur.normalize())
}

/// A percentage given in percent, one decimal at most.
pub fn pour_cent(valeur: Decimal) -> String {
    format!("{}\u{a0}%", dit(arrondi(valeur, 1)))
}

/// Rounded half away from zero, as people do.
pub fn arrondi(valeur: Decimal, decimales: u32) -> Decimal {
    valeur.round_dp_with_strategy(decimales, RoundingStrategy::MidpointAwayFromZero)
}

/// The digits are those expected, in another order (175 for 157,9; 49,3 for 43,9).
pub fn chiffres_inverses(lu: Decimal, attendu: Decimal) -> bool {
    let chiffres = |valeur: Decimal| {
        let mut chiffres: Vec<char> = valeur.abs().to_string().chars().filter(char::is_ascii_digit).collect();
        chiffres.sort_unstable();
        chiffres
    };
    let proches = [arrondi(attendu, lu.scale()), attendu.trunc_with_scale(lu.scale())];
    proches.into_iter().any(|proche| proche != lu && chiffres(proche) == chiffres(lu))
}

/// The part that a total leaves out, when it is one among several.
pub fn partie_oubliee<'a>(total: Decimal, parties: &[(&'a str, Decimal)]) -> Option<&'a str> {
    if parties.len() < 2 {
        return None;
    }
    let ecart = parties.iter().map(|(_, valeur)| *valeur).sum::<Decimal>() - total;
    let mut candidates = parties.iter().filter(|(_, valeur)| !valeur.is_zero() && *valeur == ecart);
    let (nom, _) = candidates.next()?;
    candidates.next().is_none().then_some(nom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(texte: &str) -> Decimal {
        texte.parse().unwrap()
    }

    #[test]
    fn digits_in_another_order_are_recognised() {
        for (lu, attendu, inverses) in [
            ("175", "157.93", true),
            ("49.3", "43.9", true),
            ("120", "113.3", false),
            ("157", "157.9", false),
            ("105", "105.3", false),
        ] {
            assert_eq!(chiffres_inverses(d(lu), d(attendu)), inverses, "{lu} for {attendu}");
        }
    }

    #[test]
    fn a_forgotten_row_is_named_only_when_there_is_one_candidate() {
        let lignes = [("moins d’un an", d("27")), ("1 à 5 ans", d("100")), ("plus", d("153"))];
        assert_eq!(partie_oubliee(d("253"), &lignes), Some("moins d’un an"));
        assert_eq!(partie_oubliee(d("250"), &lignes), None);
        assert_eq!(partie_oubliee(d("280"), &lignes), None, "nothing is missing");
        assert_eq!(partie_oubliee(d("1"), &[("a", d("1")), ("b", d("1"))]), None);
    }
}
