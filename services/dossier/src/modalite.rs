//! Values of the code lists that rules reason about, as types. A test keeps them equal to
//! `schema/nomenclatures/*.toml`, where labels stand.

use serde::{Deserialize, Serialize};

macro_rules! modalites {
    ($(#[$doc:meta])* $nom:ident = $nomenclature:literal { $($(#[$vdoc:meta])* $variante:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $nom {
            $($(#[$vdoc])* #[serde(rename = $code)] $variante),+
        }

        impl $nom {
            /// Name of the code list.
            pub const NOMENCLATURE: &'static str = $nomenclature;
            /// All values, in the order of the official text.
            pub const TOUTES: &'static [Self] = &[$(Self::$variante),+];

            /// Stable code.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variante => $code),+
                }
            }

            /// The value of this code.
            pub fn depuis_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variante),)+
                    _ => None,
                }
            }

            /// Label of the official text.
            pub fn libelle(self) -> &'static str {
                referentiel::nomenclature::nomenclature($nomenclature)
                    .and_then(|n| n.modalite(self.code()))
                    .map_or(self.code(), |m| m.libelle.as_str())
            }
        }
    };
}

modalites! {
    /// Whether a dispositif still works.
    StatutDispositif = "statut_dispositif" {
        /// En activité.
        EnActivite = "ACT",
        /// Plus en activité.
        PlusEnActivite = "INA",
    }
}
modalites! {
    /// Status of the accompaniment at the event date. Not to be confused with the level « Veille ».
    StatutAccompagnement = "statut_accompagnement" {
        /// Suivi par le dispositif: in the file active.
        Suivi = "SUI",
        /// Veille totale: no more contact, not yet officially out.
        VeilleTotale = "VEI",
        /// Suivi terminé: out of the workforce, an exit date is due.
        Termine = "TER",
    }
}
modalites! {
    /// Hours of support over the last month.
    NiveauSoutien = "niveau_soutien" {
        /// Less than 2 h a month.
        Veille = "N1",
        /// 2 to 8 h a month.
        Suivi = "N2",
        /// 8 to 12 h a month; 8 h exactly stands here by convention of the region.
        Regulier = "N3",
        /// More than 12 h a month.
        Intensif = "N4",
    }
}
modalites! {
    /// Employment situation, one value even with several contracts.
    Emploi = "emploi" {
        /// CDI.
        Cdi = "CDI",
        /// CDD; its length is not collected.
        Cdd = "CDD",
        /// Contrat en intérim.
        Interim = "INT",
        /// Contrat en alternance.
        Alternance = "ALT",
        /// PMSMP or equivalent: in the list, but not employment.
        Pmsmp = "PMS",
        /// Sans emploi.
        SansEmploi = "SAN",
    }
}
modalites! {
    /// Training situation.
    Formation = "formation" {
        /// Formation.
        Formation = "FOR",
        /// Stage ou équivalent.
        Stage = "STA",
        /// Sans objet.
        SansObjet = "SOB",
    }
}
modalites! {
    /// Nature of the disability, principal or associated.
    Handicap = "handicap" {
        /// Déficience intellectuelle.
        Intellectuel = "DI",
        /// Troubles cognitifs.
        Cognitif = "COG",
        /// Troubles du psychisme.
        Psychique = "PSY",
        /// Troubles du spectre de l’autisme.
        Autisme = "TSA",
        /// Troubles parole et langage.
        Langage = "PL",
        /// Déficiences auditives.
        Auditif = "AUD",
        /// Déficiences visuelles.
        Visuel = "VIS",
        /// Déficiences motrices.
        Moteur = "MOT",
        /// Autre déficience.
        Autre = "AUT",
    }
}
modalites! {
    /// Who oriented the person.
    Orientation = "orientation" {
        /// Notification of the CDAPH.
        Mdph = "MDPH",
        /// Service public de l’emploi.
        Spe = "SPE",
    }
}
modalites! {
    /// Sex, as known by the état civil.
    Sexe = "sexe" {
        /// Femme.
        Femme = "F",
        /// Homme.
        Homme = "M",
    }
}
modalites! {
    /// Age band at the event date, the only trace of a birth date that is ever published.
    TrancheAge = "tranche_age" {
        /// Under 26.
        Moins26 = "M26",
        /// 26 to 49.
        De26A49 = "A2649",
        /// 50 and more.
        Plus50 = "P50",
    }
}

impl Emploi {
    /// True for CDI, CDD, intérim and alternance; an immersion (PMSMP) is not employment.
    pub fn en_emploi(self) -> bool {
        matches!(self, Self::Cdi | Self::Cdd | Self::Interim | Self::Alternance)
    }
}

impl Formation {
    /// True for a training or an internship.
    pub fn en_formation(self) -> bool {
        self != Self::SansObjet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::nomenclature::nomenclature;

    fn accord(nom: &str, types: &[&str], lu: impl Fn(&str) -> bool) {
        let liste = nomenclature(nom).unwrap();
        let codes: Vec<_> =
            liste.modalites.iter().filter(|m| !m.regroupement && m.code != "NR").map(|m| m.code.as_str()).collect();
        assert_eq!(codes, types, "{nom}: the data file and the types drifted apart");
        assert!(codes.iter().all(|c| lu(c)));
    }

    #[test]
    fn types_and_data_files_agree() {
        macro_rules! verifie {
            ($($t:ty),+) => {$(
                accord(<$t>::NOMENCLATURE, &<$t>::TOUTES.iter().map(|m| m.code()).collect::<Vec<_>>(), |c| <$t>::depuis_code(c).is_some());
            )+};
        }
        verifie!(
            StatutDispositif,
            StatutAccompagnement,
            NiveauSoutien,
            Emploi,
            Formation,
            Handicap,
            Orientation,
            Sexe,
            TrancheAge
        );
    }

    #[test]
    fn the_employment_grouping_of_the_list_is_that_of_the_type() {
        let liste = nomenclature("emploi").unwrap();
        for e in Emploi::TOUTES {
            assert_eq!(liste.modalite(e.code()).unwrap().parent.is_some(), e.en_emploi());
        }
    }
}
