//! French number, date and plural formats, in one tested place (screens, messages, exports).

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

/// Narrow no-break space, between groups of thousands.
const FINE: char = '\u{202f}';

/// `1 234` with a narrow no-break space; the minus sign is U+2212.
pub fn entier(n: i64) -> String {
    let chiffres = n.unsigned_abs().to_string();
    let mut groupe = String::new();
    for (rang, c) in chiffres.chars().enumerate() {
        if rang > 0 && (chiffres.len() - rang).is_multiple_of(3) {
            groupe.push(FINE);
        }
        groupe.push(c);
    }
    if n < 0 { format!("−{groupe}") } else { groupe }
}

/// Decimal number with a comma: `1 234,5`.
pub fn decimal(valeur: Decimal) -> String {
    let texte = valeur.abs().to_string();
    let (unites, fraction) = texte.split_once('.').map_or((texte.as_str(), ""), |(u, f)| (u, f));
    let unites = unites.parse().map_or_else(|_| unites.to_owned(), entier);
    let signe = if valeur.is_sign_negative() && !valeur.is_zero() { "−" } else { "" };
    if fraction.is_empty() { format!("{signe}{unites}") } else { format!("{signe}{unites},{fraction}") }
}

/// Percentage of a ratio, one decimal: `70,4 %`.
pub fn pourcentage(rapport: Decimal) -> String {
    format!("{}\u{a0}%", decimal((rapport * Decimal::ONE_HUNDRED).round_dp(1)))
}

/// Amount in euros: `12 500 €`, cents only when there are some.
pub fn euros(montant: Decimal) -> String {
    let arrondi = montant.round_dp(2).normalize();
    let texte = if arrondi.scale() == 1 { decimal(arrondi) + "0" } else { decimal(arrondi) };
    format!("{texte}\u{a0}€")
}

/// `31/03/2026`.
pub fn date(jour: NaiveDate) -> String {
    jour.format("%d/%m/%Y").to_string()
}

/// `31 mars 2026`, `1er mars 2026`.
pub fn date_longue(jour: NaiveDate) -> String {
    const MOIS: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let quantieme = if jour.day() == 1 { "1er".to_owned() } else { jour.day().to_string() };
    format!("{quantieme} {} {}", MOIS[jour.month0() as usize], jour.year())
}

/// « 0 dossier », « 1 dossier », « 2 dossiers »: in French zero is singular.
pub fn compte(n: u64, singulier: &str, pluriel: &str) -> String {
    format!("{}\u{a0}{}", entier(i64::try_from(n).unwrap_or(i64::MAX)), if n < 2 { singulier } else { pluriel })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_formats() {
        assert_eq!(entier(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(entier(-12), "−12");
        assert_eq!(decimal("1234567.891".parse().unwrap()), "1\u{202f}234\u{202f}567,891");
        assert_eq!(pourcentage("0.704".parse().unwrap()), "70,4\u{a0}%");
        assert_eq!(euros("12500".parse().unwrap()), "12\u{202f}500\u{a0}€");
        assert_eq!(euros("12.5".parse().unwrap()), "12,50\u{a0}€");
        assert_eq!(compte(0, "dossier", "dossiers"), "0\u{a0}dossier");
        assert_eq!(compte(2, "dossier", "dossiers"), "2\u{a0}dossiers");
        let premier = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        assert_eq!((date(premier).as_str(), date_longue(premier).as_str()), ("01/03/2026", "1er mars 2026"));
    }
}
