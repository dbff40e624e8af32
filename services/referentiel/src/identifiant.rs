//! Identifiers as value types: what is malformed cannot be built, and the error says why in French.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::texte::sans_espaces;

/// Why a text is not the identifier it should be. The sentence is shown to the user as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifiantInvalide {
    /// Not three letters and two digits (annexe 2, « Référence dispositif »).
    #[error("La référence du dispositif doit comporter 3 lettres et 2 chiffres, par exemple BFC01 (lu : « {0} »).")]
    ReferenceDispositif(String),
    /// Not fourteen characters (annexe 2, « Référence personne accompagnée »).
    #[error("La référence doit compter 14 caractères ({0} lus).")]
    LongueurReferencePersonne(usize),
    /// A character outside A–Z and 0–9.
    #[error("La référence ne doit contenir que des lettres sans accent et des chiffres (caractère lu : « {0} »).")]
    CaractereReferencePersonne(char),
    /// Not fourteen digits, or not nine for a SIREN.
    #[error("Un {0} compte {1} chiffres (lu : « {2} »).")]
    LongueurSiret(&'static str, usize, String),
    /// The Luhn key is wrong.
    #[error("Ce {0} est invalide : sa clé de contrôle ne correspond pas (« {1} »).")]
    CleSiret(&'static str, String),
    /// Not a département of the code officiel géographique.
    #[error("« {0} » n’est pas un numéro de département (exemples : 08, 2A, 70, 974).")]
    Departement(String),
    /// Not a node identifier.
    #[error("« {0} » n’est pas un identifiant de nœud : écrivez « cdg- » suivi d’un SIREN à 9 chiffres.")]
    Noeud(String),
}

macro_rules! identifiant_texte {
    ($(#[$doc:meta])* $nom:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $nom(String);

        impl $nom {
            /// The canonical text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $nom {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $nom {
            type Error = IdentifiantInvalide;
            fn try_from(texte: String) -> Result<Self, Self::Error> {
                texte.parse()
            }
        }
        impl From<$nom> for String {
            fn from(identifiant: $nom) -> Self {
                identifiant.0
            }
        }
    };
}

identifiant_texte! {
    /// Reference of a dispositif d'emploi accompagné: three letters and two digits (annexe 2).
    ReferenceDispositif
}

impl FromStr for ReferenceDispositif {
    type Err = IdentifiantInvalide;
    fn from_str(texte: &str) -> Result<Self, Self::Err> {
        let code = texte.trim().to_ascii_uppercase();
        let octets = code.as_bytes();
        let conforme = octets.len() == 5
            && octets[..3].iter().all(u8::is_ascii_uppercase)
            && octets[3..].iter().all(u8::is_ascii_digit);
        if conforme { Ok(Self(code)) } else { Err(IdentifiantInvalide::ReferenceDispositif(texte.to_owned())) }
    }
}

/// Reference of an accompanied person: fourteen characters A–Z 0–9 (annexe 2). A pseudonym, hence
/// personal data: it never leaves the node. Kept inline, so that a hundred thousand of them stay small.
///
/// ```
/// use referentiel::identifiant::ReferencePersonne;
/// let r: ReferencePersonne = "BFC01000000042".parse().unwrap();
/// assert_eq!(format!("{r:?}"), "ReferencePersonne(…)"); // a log line cannot show it by accident
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReferencePersonne([u8; 14]);

impl ReferencePersonne {
    /// The fourteen characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for ReferencePersonne {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReferencePersonne(…)")
    }
}

impl FromStr for ReferencePersonne {
    type Err = IdentifiantInvalide;
    fn from_str(texte: &str) -> Result<Self, Self::Err> {
        let texte = texte.trim();
        if let Some(c) = texte.chars().find(|c| !c.is_ascii_alphanumeric()) {
            return Err(IdentifiantInvalide::CaractereReferencePersonne(c));
        }
        let mut code: [u8; 14] =
            texte.as_bytes().try_into().map_err(|_| IdentifiantInvalide::LongueurReferencePersonne(texte.len()))?;
        code.make_ascii_uppercase();
        Ok(Self(code))
    }
}

impl TryFrom<String> for ReferencePersonne {
    type Error = IdentifiantInvalide;
    fn try_from(texte: String) -> Result<Self, Self::Error> {
        texte.parse()
    }
}

impl From<ReferencePersonne> for String {
    fn from(r: ReferencePersonne) -> Self {
        r.as_str().to_owned()
    }
}

identifiant_texte! {
    /// SIREN: nine digits with a Luhn key.
    Siren
}

impl FromStr for Siren {
    type Err = IdentifiantInvalide;
    fn from_str(texte: &str) -> Result<Self, Self::Err> {
        let chiffres = chiffres("SIREN", 9, texte)?;
        if somme_luhn(&chiffres).is_multiple_of(10) {
            Ok(Self(chiffres))
        } else {
            Err(IdentifiantInvalide::CleSiret("SIREN", chiffres))
        }
    }
}

identifiant_texte! {
    /// SIRET: fourteen digits with a Luhn key; La Poste's establishments (SIREN 356000000) are
    /// valid when the plain sum of their digits is a multiple of five.
    Siret
}

impl Siret {
    /// The nine first digits.
    pub fn siren(&self) -> &str {
        &self.0[..9]
    }
}

impl FromStr for Siret {
    type Err = IdentifiantInvalide;
    fn from_str(texte: &str) -> Result<Self, Self::Err> {
        let chiffres = chiffres("SIRET", 14, texte)?;
        let somme_simple: u32 = chiffres.bytes().map(|o| u32::from(o - b'0')).sum();
        let la_poste = chiffres.starts_with("356000000") && somme_simple.is_multiple_of(5);
        if la_poste || somme_luhn(&chiffres).is_multiple_of(10) {
            Ok(Self(chiffres))
        } else {
            Err(IdentifiantInvalide::CleSiret("SIRET", chiffres))
        }
    }
}

fn chiffres(nom: &'static str, longueur: usize, texte: &str) -> Result<String, IdentifiantInvalide> {
    let compact = sans_espaces(texte);
    if compact.len() == longueur && compact.bytes().all(|o| o.is_ascii_digit()) {
        Ok(compact)
    } else {
        Err(IdentifiantInvalide::LongueurSiret(nom, longueur, texte.to_owned()))
    }
}

fn somme_luhn(chiffres: &str) -> u32 {
    let double = |d: u32| if d * 2 > 9 { d * 2 - 9 } else { d * 2 };
    let valeurs = chiffres.bytes().rev().map(|o| u32::from(o - b'0'));
    valeurs.enumerate().map(|(rang, d)| if rang % 2 == 1 { double(d) } else { d }).sum()
}

identifiant_texte! {
    /// Number of a département as text: `08`, `2A`, `70`, `974`. A lost zero is an error, not a guess.
    CodeDepartement
}

impl FromStr for CodeDepartement {
    type Err = IdentifiantInvalide;
    fn from_str(texte: &str) -> Result<Self, Self::Err> {
        let code = texte.trim().to_ascii_uppercase();
        let connu = match code.as_bytes() {
            [b'2', b'A' | b'B'] => true,
            [a, b] if a.is_ascii_digit() && b.is_ascii_digit() => {
                (1..=95).contains(&((a - b'0') * 10 + (b - b'0'))) && code != "20"
            }
            [b'9', b'7', c] => (b'1'..=b'6').contains(c),
            _ => false,
        };
        if connu { Ok(Self(code)) } else { Err(IdentifiantInvalide::Departement(texte.to_owned())) }
    }
}

identifiant_texte! {
    /// Identifier of a node: `cdg-` and the centre's SIREN.
    IdentifiantNoeud
}

impl FromStr for IdentifiantNoeud {
    type Err = IdentifiantInvalide;
    fn from_str(texte: &str) -> Result<Self, Self::Err> {
        let invalide = || IdentifiantInvalide::Noeud(texte.to_owned());
        let siren: Siren = texte.strip_prefix("cdg-").ok_or_else(invalide)?.parse().map_err(|_| invalide())?;
        let canonique = format!("cdg-{siren}");
        if canonique == texte { Ok(Self(canonique)) } else { Err(invalide()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn siret_key_and_la_poste_exception() {
        assert!("26920037400016".parse::<Siret>().is_ok());
        assert!("26920037400017".parse::<Siret>().is_err());
        assert!("110 020 013 00097".parse::<Siret>().is_ok());
        assert!("35600000000048".parse::<Siret>().is_ok()); // head office, by Luhn
        assert!("35600000049837".parse::<Siret>().is_ok()); // by the sum of digits only
        assert!("35600000049838".parse::<Siret>().is_err());
    }

    #[test]
    fn departements_are_text() {
        for bon in ["01", "08", "2A", "2b", "70", "95", "971", "976"] {
            assert!(bon.parse::<CodeDepartement>().is_ok(), "{bon}");
        }
        for mauvais in ["8", "0", "00", "20", "96", "970", "977", "2C", "", "070"] {
            assert!(mauvais.parse::<CodeDepartement>().is_err(), "{mauvais}");
        }
    }

    #[test]
    fn references_say_what_is_wrong() {
        assert!("bfc01".parse::<ReferenceDispositif>().is_ok());
        assert!("BFC1".parse::<ReferenceDispositif>().is_err());
        assert_eq!(
            "BFC0182979408".parse::<ReferencePersonne>().unwrap_err().to_string(),
            "La référence doit compter 14 caractères (13 lus)."
        );
        assert!("BFC01-82979408".parse::<ReferencePersonne>().is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics_and_what_parses_is_canonical(texte in "\\PC{0,20}") {
            if let Ok(r) = texte.parse::<ReferencePersonne>() {
                prop_assert_eq!(r.as_str().parse::<ReferencePersonne>().unwrap(), r);
            }
            let _ = texte.parse::<Siret>();
            let _ = texte.parse::<CodeDepartement>();
            let _ = texte.parse::<IdentifiantNoeud>();
            let _ = texte.parse::<ReferenceDispositif>();
        }

        #[test]
        fn one_wrong_digit_breaks_a_siren(base in 0u64..99_999_999, place in 0usize..9, ajout in 1u8..9) {
            let racine = format!("{base:08}");
            let cle = (0..10).find(|c| somme_luhn(&format!("{racine}{c}")).is_multiple_of(10)).unwrap();
            let bon = format!("{racine}{cle}");
            prop_assert!(bon.parse::<Siren>().is_ok());
            let mut octets = bon.into_bytes();
            octets[place] = b'0' + (octets[place] - b'0' + ajout) % 10;
            prop_assert!(String::from_utf8(octets).unwrap().parse::<Siren>().is_err());
        }
    }
}
