//! The ambiguous parameters, once chosen: by the file, else by the convention at the date of the situation.

use chrono::NaiveDate;
use referentiel::Decimal;
use referentiel::texte::plie;

use super::ErreurConvention;
use super::modele::{Action, Convention};
use super::situation::{PaliersDossier, ParametresDossier};

/// How « six months » is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SixMois {
    /// One contract in calendar months, several in days.
    Mixte,
    /// In days, one contract or several.
    Jours,
    /// In calendar months, the days left over adding up by thirty.
    Mois,
    /// One contract alone, in calendar months.
    CddUnique,
}

/// How the price of apprentices follows their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModePaliers {
    /// Each at the price of its rank.
    Marginal,
    /// All at the price of the tier that is reached.
    Global,
}

/// Parameters in force for a situation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parametres {
    pub six_mois: SixMois,
    /// A CDD of exactly one year is lasting.
    pub un_an_suffit: bool,
    pub paliers: ModePaliers,
}

impl Parametres {
    pub fn au(date: NaiveDate, convention: &Convention, dossier: &ParametresDossier) -> Result<Self, ErreurConvention> {
        let choisi = |cle: &'static str, du_dossier: Option<&str>| {
            let texte = du_dossier.or_else(|| convention.parametre(cle, date));
            let texte = texte.ok_or_else(|| ErreurConvention::ParametreAbsent(cle, convention.code.clone()))?;
            Ok((plie(texte), ErreurConvention::ParametreInconnu(cle, texte.to_owned())))
        };
        let (texte, inconnu) = choisi("duree_6_mois", dossier.duree_6_mois.as_deref())?;
        let six_mois = lit_six_mois(&texte).ok_or(inconnu)?;
        let (texte, inconnu) = choisi("cdd_exactement_1_an", dossier.cdd_exactement_1_an.as_deref())?;
        let un_an_suffit = lit_un_an(&texte).ok_or(inconnu)?;
        let mode = dossier.paliers_apprentis.as_ref().map(|p: &PaliersDossier| p.mode.as_str());
        let (texte, inconnu) = choisi("paliers_apprentis", mode)?;
        let paliers = match texte.as_str() {
            "marginal" => ModePaliers::Marginal,
            "global" => ModePaliers::Global,
            _ => return Err(inconnu),
        };
        Ok(Self { six_mois, un_an_suffit, paliers })
    }
}

/// Reads the words of the option, as the files of centres carry them.
fn lit_six_mois(texte: &str) -> Option<SixMois> {
    let dit = |mot: &str| texte.contains(mot);
    match texte {
        "mixte" => Some(SixMois::Mixte),
        "cdd_unique" => Some(SixMois::CddUnique),
        _ if dit("cumul") && dit("jours") && dit("mois") => Some(SixMois::Mixte),
        _ if dit("un seul") => Some(SixMois::CddUnique),
        _ if dit("jours") => Some(SixMois::Jours),
        _ if dit("mois") => Some(SixMois::Mois),
        _ => None,
    }
}

fn lit_un_an(texte: &str) -> Option<bool> {
    if texte.starts_with("2.1") {
        Some(false)
    } else if texte.contains("2.2") {
        Some(true)
    } else {
        None
    }
}

/// Prices by tier: (rank of the first unit, price), those of the file first.
pub(super) fn grille(action: &Action, dossier: &ParametresDossier) -> Vec<(usize, Decimal)> {
    let du_dossier = dossier.paliers_apprentis.as_ref().map_or(&[][..], |p| p.prix_eur.as_slice());
    let paliers = action.paliers.iter().enumerate();
    paliers.map(|(i, palier)| (palier.a_partir_de, du_dossier.get(i).copied().unwrap_or(palier.prix_eur))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_the_words_of_the_sources() {
        for (texte, attendu) in [
            ("CDD unique en mois calendaires ; cumul en jours ≥ 182", SixMois::Mixte),
            ("CDD unique : mois calendaires ; cumul : jours ≥ 182 dans l’année", SixMois::Mixte),
            ("somme de jours ≥ 182", SixMois::Jours),
            ("somme de mois calendaires", SixMois::Mois),
            ("un seul CDD : date de fin ≥ début + 6 mois − 1 jour", SixMois::CddUnique),
        ] {
            assert_eq!(lit_six_mois(&plie(texte)), Some(attendu), "{texte}");
        }
        assert_eq!(lit_six_mois("six lunes"), None);
        assert_eq!(lit_un_an(&plie("2.1 seulement : 2.2 exige STRICTEMENT plus d’un an")), Some(false));
        assert_eq!(lit_un_an(&plie("Éligible 2.2")), Some(true));
        assert_eq!(lit_un_an("3.1"), None);
    }
}
