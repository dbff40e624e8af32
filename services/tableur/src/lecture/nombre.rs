//! Numbers of a workbook: whole numbers and ETP, with a comma or a point, with or without spaces (C-CL-05).

use referentiel::Decimal;
use referentiel::texte::sans_espaces;

use super::anomalie::{Faute, extrait};
use super::brut::Brut;
use crate::modele::Champ;

/// Decimals kept of a number typed in a spreadsheet: beyond, it is binary noise (4.4999999999999996).
const DECIMALES: u32 = 6;

/// A whole number, 0 or more.
pub(super) fn entier(champ: &Champ, brut: &Brut<'_>) -> Result<u32, Faute> {
    let lu = brut.affiche();
    let refus = |defaut: &str| {
        let message =
            format!("« {} » doit être un nombre entier, 0 ou plus : « {} » {defaut}.", champ.entete, extrait(&lu));
        Faute::nouvelle("C-CL-05", &lu, "un nombre entier, 0 ou plus", message)
    };
    let Some(valeur) = valeur(brut) else {
        return Err(refus("n’en est pas un").propose(nombre_en_tete(&lu).filter(|n| !n.contains(','))));
    };
    if valeur.is_sign_negative() && !valeur.is_zero() {
        return Err(refus("est négatif"));
    }
    if !valeur.fract().is_zero() {
        return Err(refus("a des décimales"));
    }
    u32::try_from(valeur).map_err(|_| refus("est trop grand"))
}

/// A decimal number, 0 or more.
pub(super) fn decimal(champ: &Champ, brut: &Brut<'_>) -> Result<Decimal, Faute> {
    let lu = brut.affiche();
    let refus = |defaut: &str| {
        let message = format!("« {} » doit être un nombre, 0 ou plus : « {} » {defaut}.", champ.entete, extrait(&lu));
        Faute::nouvelle("C-CL-05", &lu, "un nombre, 0 ou plus, par exemple 3,5", message)
    };
    match valeur(brut) {
        None => Err(refus("n’en est pas un").propose(nombre_en_tete(&lu))),
        Some(n) if n.is_sign_negative() && !n.is_zero() => Err(refus("est négatif")),
        Some(n) => Ok(n),
    }
}

/// The number in a cell, if it is one and nothing else.
pub(super) fn valeur(brut: &Brut<'_>) -> Option<Decimal> {
    match brut {
        Brut::Nombre(n) => depuis_flottant(*n),
        Brut::Texte(texte) => depuis_texte(texte),
        _ => None,
    }
}

/// Reads the shortest text of the number: 4.5 is 4,5, not the nearest binary fraction.
fn depuis_flottant(n: f64) -> Option<Decimal> {
    let lu = if n.abs() < 1e15 { format!("{n}").parse::<Decimal>().ok()? } else { return None };
    Some(lu.round_dp(DECIMALES).normalize())
}

/// Comma or point for the decimals, spaces of any kind between thousands. Two separators are refused: « 1,234.5 » is a guess.
pub(super) fn depuis_texte(texte: &str) -> Option<Decimal> {
    let compact = sans_espaces(texte).replace(',', ".").replace('−', "-");
    let chiffres = compact.strip_prefix(['-', '+']).unwrap_or(&compact);
    let (unites, fraction) = chiffres.split_once('.').unwrap_or((chiffres, "0"));
    let numerique = |t: &str| !t.is_empty() && t.bytes().all(|o| o.is_ascii_digit());
    if !numerique(unites) || !numerique(fraction) || chiffres.len() > 24 {
        return None;
    }
    Some(compact.parse::<Decimal>().ok()?.normalize())
}

/// « 12 mois » is 12: proposed, since the unit is in the header.
fn nombre_en_tete(texte: &str) -> Option<String> {
    let fin = texte.find(|c: char| c.is_alphabetic())?;
    let nombre = depuis_texte(texte.get(..fin)?)?;
    Some(nombre.to_string().replace('.', ","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modele::Modele;
    use proptest::prelude::*;
    use referentiel::controle::Fiche;

    fn champ() -> &'static Champ {
        Modele::cfea().feuille(Fiche::Dispositif).champ("capacite_accompagnement").unwrap()
    }

    fn texte(t: &str) -> Brut<'_> {
        Brut::Texte(t.into())
    }

    #[test]
    fn whole_numbers_are_read_with_their_spaces() {
        for (lu, n) in [("40", 40), (" 1\u{202f}234 ", 1234), ("1\u{a0}234", 1234), ("24,0", 24), ("+3", 3), ("-0", 0)]
        {
            assert_eq!(entier(champ(), &texte(lu)), Ok(n), "{lu}");
        }
        assert_eq!(entier(champ(), &Brut::Nombre(40.0)), Ok(40));
    }

    #[test]
    fn what_is_not_a_whole_number_says_why() {
        for (lu, mot) in
            [("24,5", "décimales"), ("-3", "négatif"), ("99999999999", "trop grand"), ("douze", "n’en est pas un")]
        {
            let faute = entier(champ(), &texte(lu)).unwrap_err();
            assert_eq!(faute.controle, "C-CL-05");
            assert!(faute.message.contains(mot) && faute.message.contains(lu), "{}", faute.message);
        }
        assert_eq!(entier(champ(), &texte("12 mois")).unwrap_err().correction.as_deref(), Some("12"));
        assert!(entier(champ(), &Brut::Nombre(f64::INFINITY)).is_err());
        assert!(entier(champ(), &Brut::Booleen(true)).is_err());
    }

    #[test]
    fn etp_take_a_comma_or_a_point_but_not_both() {
        let lu = |t: &str| decimal(champ(), &texte(t)).map(|d| d.to_string());
        assert_eq!((lu("4,5"), lu("4.50"), lu("1 234,25")), (Ok("4.5".into()), Ok("4.5".into()), Ok("1234.25".into())));
        assert!(["1,234.5", "4,", ",5", "1.2.3", "1e3", ""].iter().all(|t| lu(t).is_err()));
        assert_eq!(decimal(champ(), &Brut::Nombre(0.1 + 0.2)).map(|d| d.to_string()), Ok("0.3".into()));
        assert_eq!(lu("3,5 ETP").unwrap_err().correction.as_deref(), Some("3,5"));
    }

    proptest! {
        #[test]
        fn numbers_read_back(n in 0u32.., centiemes in 0u32..10_000_000) {
            prop_assert_eq!(entier(champ(), &texte(&n.to_string())), Ok(n));
            prop_assert_eq!(entier(champ(), &Brut::Nombre(f64::from(n))), Ok(n));
            let etp = Decimal::new(i64::from(centiemes), 2);
            prop_assert_eq!(decimal(champ(), &texte(&referentiel::format::decimal(etp))), Ok(etp.normalize()));
            prop_assert_eq!(decimal(champ(), &Brut::Nombre(f64::from(centiemes) / 100.0)), Ok(etp.normalize()));
        }

        #[test]
        fn no_text_panics(t in "\\PC{0,40}", n in proptest::num::f64::ANY) {
            let _ = (entier(champ(), &texte(&t)), decimal(champ(), &texte(&t)), decimal(champ(), &Brut::Nombre(n)));
        }
    }
}
