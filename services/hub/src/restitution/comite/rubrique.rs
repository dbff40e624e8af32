//! The sections of a committee file: their names, their usual order, and the choice of whoever presents it.

use clap::ValueEnum;

/// A section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rubrique {
    /// The campaign in sentences.
    Synthese,
    /// A word of whoever presents the file.
    Commentaire,
    /// Who has sent, and when.
    Completude,
    /// Indicators by département.
    EmploiAccompagne,
    /// Who carries and operates the platforms, by which conventions.
    Plateformes,
    /// Conventions with the FIPHFP.
    Conventions,
    /// Centres beside each other.
    Comparaison,
    /// Good practices.
    Pratiques,
    /// How the figures are made, and why some are not shown.
    Methode,
}

/// Why a choice of sections is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoixRefuse {
    /// Twice the same.
    #[error("La rubrique « {0} » est demandée deux fois : gardez-la une fois, à sa place.")]
    Double(&'static str),
    /// None.
    #[error("Aucune rubrique n’est demandée : choisissez-en une au moins.")]
    Aucune,
}

impl Rubrique {
    /// All of them, in the usual order of a meeting.
    pub const TOUTES: [Self; 9] = [
        Self::Synthese,
        Self::Commentaire,
        Self::Completude,
        Self::EmploiAccompagne,
        Self::Plateformes,
        Self::Conventions,
        Self::Comparaison,
        Self::Pratiques,
        Self::Methode,
    ];

    /// Name in the command and in the form.
    pub fn code(self) -> &'static str {
        match self {
            Self::Synthese => "synthese",
            Self::Commentaire => "commentaire",
            Self::Completude => "completude",
            Self::EmploiAccompagne => "emploi-accompagne",
            Self::Plateformes => "plateformes",
            Self::Conventions => "conventions",
            Self::Comparaison => "comparaison",
            Self::Pratiques => "pratiques",
            Self::Methode => "methode",
        }
    }

    /// Title.
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Synthese => "Synthèse",
            Self::Commentaire => "Commentaire",
            Self::Completude => "Complétude et délais",
            Self::EmploiAccompagne => "Emploi accompagné par département",
            Self::Plateformes => "État des lieux des plateformes",
            Self::Conventions => "Conventions avec le FIPHFP",
            Self::Comparaison => "Comparaison des centres",
            Self::Pratiques => "Bonnes pratiques",
            Self::Methode => "Méthode et secret",
        }
    }

    /// A choice as it was asked for, each once; the usual order without one.
    pub fn choisies(demandees: Vec<Self>) -> Result<Vec<Self>, ChoixRefuse> {
        for (rang, rubrique) in demandees.iter().enumerate() {
            if demandees.iter().take(rang).any(|autre| autre == rubrique) {
                return Err(ChoixRefuse::Double(rubrique.code()));
            }
        }
        if demandees.is_empty() { Err(ChoixRefuse::Aucune) } else { Ok(demandees) }
    }

    /// Sections in the order of the places that a form gives them; those without a place are left out.
    pub fn placees(place: impl Fn(Self) -> Option<u32>) -> Result<Vec<Self>, ChoixRefuse> {
        let mut placees: Vec<(u32, Self)> = Self::TOUTES.into_iter().filter_map(|r| Some((place(r)?, r))).collect();
        placees.sort_by_key(|(place, _)| *place);
        Self::choisies(placees.into_iter().map(|(_, r)| r).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_and_the_form_name_the_same_sections() {
        for rubrique in Rubrique::TOUTES {
            let de_la_commande = rubrique.to_possible_value().unwrap();
            assert_eq!(de_la_commande.get_name(), rubrique.code());
        }
        assert_eq!(Rubrique::value_variants(), Rubrique::TOUTES);
    }

    #[test]
    fn sections_keep_the_order_asked_for_and_none_comes_twice() {
        let inverse = vec![Rubrique::Methode, Rubrique::Synthese];
        assert_eq!(Rubrique::choisies(inverse.clone()), Ok(inverse));
        let double = vec![Rubrique::Synthese, Rubrique::Synthese];
        assert_eq!(Rubrique::choisies(double), Err(ChoixRefuse::Double("synthese")));
        assert_eq!(Rubrique::placees(|_| None), Err(ChoixRefuse::Aucune));
        let places = |r| {
            [(Rubrique::Methode, 1), (Rubrique::Pratiques, 2), (Rubrique::Synthese, 2)]
                .into_iter()
                .find(|p| p.0 == r)
                .map(|p| p.1)
        };
        assert_eq!(Rubrique::placees(places), Ok(vec![Rubrique::Methode, Rubrique::Synthese, Rubrique::Pratiques]));
    }
}
