//! Codes are text: a spreadsheet that took one for a number has cut its zeros or rounded its digits (C-CL-06).

use std::borrow::Cow;

use super::anomalie::{Faute, extrait};
use super::brut::{Brut, nombre, rogne};

/// A code with letters: nothing to lose, its own check is the node's.
pub(super) fn code<'a>(brut: &'a Brut<'_>) -> Cow<'a, str> {
    brut.affiche()
}

/// Number of a département: « 8 » has lost its zero.
pub(super) fn departement<'a>(brut: &'a Brut<'_>) -> Result<Cow<'a, str>, Faute> {
    let lu = brut.affiche();
    match lu.as_bytes() {
        [chiffre @ b'1'..=b'9'] => {
            let correction = format!("0{}", char::from(*chiffre));
            let message = format!("Le département « {lu} » a perdu son zéro : écrivez « {correction} ».");
            Err(Faute::nouvelle(
                "C-CL-06",
                &lu,
                "un numéro de département en texte, par exemple 08, 2A ou 974",
                message,
            )
            .propose(Some(correction)))
        }
        _ => Ok(lu),
    }
}

/// A reference that may be all digits, of this length: as a number it must still have them all.
pub(super) fn reference<'a>(brut: &'a Brut<'_>, longueur: usize) -> Result<Cow<'a, str>, Faute> {
    match brut {
        Brut::Texte(texte) => {
            let texte = rogne(texte);
            // « 1E000000000042 » is a sound reference; « 1,10020013E+13 » has as many characters and is not.
            let conforme = texte.len() == longueur && texte.bytes().all(|o| o.is_ascii_alphanumeric());
            if scientifique(texte) && !conforme { Err(arrondie(texte, longueur)) } else { Ok(texte.into()) }
        }
        Brut::Nombre(n) => depuis_nombre(*n, longueur),
        _ => Ok(brut.affiche()),
    }
}

fn depuis_nombre<'a>(n: f64, longueur: usize) -> Result<Cow<'a, str>, Faute> {
    // Beyond fifteen digits a spreadsheet writes zeros in the place of what it lost.
    if n.fract() != 0.0 || !(0.0..1e15).contains(&n) {
        return Err(arrondie(&nombre(n), longueur));
    }
    let chiffres = format!("{n}");
    match chiffres.len().cmp(&longueur) {
        std::cmp::Ordering::Equal => Ok(chiffres.into()),
        std::cmp::Ordering::Greater => Err(arrondie(&chiffres, longueur)),
        std::cmp::Ordering::Less => {
            let correction = format!("{chiffres:0>longueur$}");
            let message = format!(
                "La référence « {chiffres} » a été prise pour un nombre et a perdu ses zéros ou ses lettres : mettez la \
                 colonne au format Texte et ressaisissez-la, par exemple « {correction} » s’il ne manque que des zéros."
            );
            Err(Faute::nouvelle("C-CL-06", &chiffres, attendu(longueur), message).propose(Some(correction)))
        }
    }
}

fn arrondie(lu: &str, longueur: usize) -> Faute {
    let message = format!(
        "La référence « {} » a été prise pour un nombre et a perdu des chiffres : mettez la colonne au format Texte et \
         ressaisissez les {longueur} caractères d’origine.",
        extrait(lu)
    );
    Faute::nouvelle("C-CL-06", lu, attendu(longueur), message)
}

fn attendu(longueur: usize) -> String {
    format!("une référence de {longueur} caractères, en texte")
}

/// `1E14`, `1,10020013E+13`: what is left of a number too long to be shown.
fn scientifique(texte: &str) -> bool {
    let Some((mantisse, exposant)) = texte.split_once(['E', 'e']) else { return false };
    let exposant = exposant.strip_prefix('+').unwrap_or(exposant);
    let numerique = |t: &str| !t.is_empty() && t.bytes().all(|o| o.is_ascii_digit());
    let (unites, fraction) = mantisse.split_once([',', '.']).unwrap_or((mantisse, "0"));
    unites.len() == 1 && numerique(unites) && numerique(fraction) && numerique(exposant) && exposant.len() <= 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texte(t: &str) -> Brut<'_> {
        Brut::Texte(t.into())
    }

    #[test]
    fn a_departement_that_lost_its_zero_is_told_how_to_get_it_back() {
        for brut in [texte("8"), Brut::Nombre(8.0)] {
            let faute = departement(&brut).unwrap_err();
            assert_eq!((faute.controle, faute.correction.as_deref()), ("C-CL-06", Some("08")));
            assert_eq!(faute.message, "Le département « 8 » a perdu son zéro : écrivez « 08 ».");
        }
        for bon in [texte("08"), texte("2A"), texte("974"), Brut::Nombre(70.0)] {
            assert_eq!(departement(&bon).unwrap(), bon.affiche());
        }
    }

    #[test]
    fn a_reference_taken_for_a_number_is_refused_unless_it_kept_every_digit() {
        for (brut, correction) in [
            (texte("1E14"), None),
            (texte("1,10020013E+13"), None),
            (Brut::Nombre(1e14), None),
            (Brut::Nombre(1.5e20), None),
            (Brut::Nombre(829_794_086.0), Some("00000829794086")),
        ] {
            let faute = reference(&brut, 14).unwrap_err();
            assert_eq!((faute.controle, faute.correction.as_deref()), ("C-CL-06", correction), "{brut:?}");
        }
        for (brut, lue) in [
            (texte(" BFC01829794086 "), "BFC01829794086"),
            (texte("BFC0182979408"), "BFC0182979408"),
            (texte("1E000000000042"), "1E000000000042"),
            (Brut::Nombre(12_345_678_901_234.0), "12345678901234"),
        ] {
            assert_eq!(reference(&brut, 14).unwrap(), lue);
        }
    }

    proptest! {
        #[test]
        fn a_reference_in_text_reads_back(r in "[A-Z0-9]{14}") {
            let brut = texte(&r);
            prop_assert_eq!(reference(&brut, 14).unwrap(), r.as_str());
        }

        #[test]
        fn nothing_panics(t in "\\PC{0,24}", n in proptest::num::f64::ANY, longueur in 0usize..40) {
            let _ = (reference(&texte(&t), longueur), departement(&texte(&t)), reference(&Brut::Nombre(n), longueur));
        }
    }
}
