//! Recognising an error from the wrong number itself: digits in the wrong order, a row left out of a total, a right total
//! over wrong sub-totals. A clue proposes; it decides nothing.

use referentiel::Decimal;
pub(super) use referentiel::indice::{arrondi, chiffres_inverses, dit, partie_oubliee, pour_cent};

/// The printed number is this value, at the precision it is printed with.
pub(super) fn imprime_comme(valeur: Decimal, imprime: Decimal) -> bool {
    arrondi(valeur, imprime.scale()) == imprime
}

/// `a + b + c = s`, for a sentence; one term alone is said alone.
pub(super) fn somme_dite(valeurs: impl Iterator<Item = Decimal>) -> String {
    let termes: Vec<Decimal> = valeurs.collect();
    let somme = dit(termes.iter().sum());
    let termes: Vec<String> = termes.into_iter().map(dit).collect();
    if termes.len() == 1 { somme } else { format!("{} = {somme}", termes.join(" + ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(texte: &str) -> Decimal {
        texte.parse().unwrap()
    }

    #[test]
    fn a_printed_number_is_compared_at_its_own_precision() {
        assert!(imprime_comme(d("105.263"), d("105")));
        assert!(imprime_comme(d("30.1507"), d("30.15")));
        assert!(!imprime_comme(d("157.93"), d("157")));
    }
}
