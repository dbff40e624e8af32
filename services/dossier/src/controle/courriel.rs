//! Shape of an e-mail address, and whether it is a personal one (C-DI-09).

use referentiel::texte::plie;

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defaut {
    /// Not an address.
    Malforme,
    /// At a provider for private persons.
    Personnel,
}

/// Providers for private persons, whatever their country suffix.
const FOURNISSEURS: &[&str] = &[
    "gmail",
    "googlemail",
    "hotmail",
    "outlook",
    "live",
    "msn",
    "yahoo",
    "ymail",
    "aol",
    "gmx",
    "icloud",
    "me",
    "proton",
    "protonmail",
    "orange",
    "wanadoo",
    "free",
    "sfr",
    "neuf",
    "laposte",
    "bbox",
    "numericable",
    "club-internet",
];

/// What is wrong with an address, if anything.
pub(super) fn defaut(adresse: &str) -> Option<Defaut> {
    let adresse = plie(adresse);
    let Some((compte, domaine)) = adresse.split_once('@') else { return Some(Defaut::Malforme) };
    let etiquettes: Vec<&str> = domaine.split('.').collect();
    let bien_forme = !compte.is_empty()
        && !adresse.contains(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '"'))
        && !domaine.contains('@')
        && etiquettes.len() >= 2
        && etiquettes.iter().all(|e| !e.is_empty() && e.chars().all(|c| c.is_alphanumeric() || c == '-'));
    if !bien_forme {
        return Some(Defaut::Malforme);
    }
    // Only `gmail.com`, not `gmail.cdg70.fr`.
    let personnel = etiquettes.len() == 2 || (etiquettes.len() == 3 && etiquettes[1] == "co");
    (personnel && FOURNISSEURS.contains(&etiquettes[0])).then_some(Defaut::Personnel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_judged() {
        assert_eq!(defaut("conseil1@bfc01.example"), None);
        assert_eq!(defaut("Prenom.Nom@cdg70.fr"), None);
        assert_eq!(defaut("conseiller@gmail.com"), Some(Defaut::Personnel));
        assert_eq!(defaut("x@Yahoo.co.uk"), Some(Defaut::Personnel));
        assert_eq!(defaut("x@orange.fr"), Some(Defaut::Personnel));
        assert_eq!(defaut("x@free.cdg70.fr"), None);
        for malforme in ["", "x", "@y.fr", "x@y", "x@.fr", "x y@z.fr", "a@b@c.fr", "x@y..fr"] {
            assert_eq!(defaut(malforme), Some(Defaut::Malforme), "{malforme}");
        }
    }
}
