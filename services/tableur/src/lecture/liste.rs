//! Values of a code list: the label, its long form or its code, without case, accents or double spaces. Nothing is
//! guessed; a label that is obviously meant is proposed (C-CL-04).

use referentiel::Decimal;
use referentiel::nomenclature::Nomenclature;
use referentiel::texte::{plie, sans_espaces};

use super::anomalie::{Faute, extrait};
use super::brut::{Brut, rogne};
use super::nombre;
use crate::modele::{Champ, Tranche};
use crate::valeur::Valeur;

/// Spellings remembered for a column: a list has ten values, each written in one or two ways.
const MEMOIRE: usize = 24;

/// Spellings already recognised in one column, so that a hundred thousand rows are not folded one by one.
#[derive(Debug, Default)]
pub(super) struct Memoire(Vec<(Box<str>, &'static str)>);

impl Memoire {
    fn connue(&self, texte: &str) -> Option<&'static str> {
        self.0.iter().find(|(lu, _)| **lu == *texte).map(|(_, code)| *code)
    }

    fn retient(&mut self, texte: &str, code: &'static str) {
        if self.0.len() < MEMOIRE {
            self.0.push((texte.into(), code));
        }
    }
}

/// The value in a cell of a code list, or the band of a number of hours.
pub(super) fn modalite(
    champ: &Champ,
    (liste, tranches): (&'static Nomenclature, &[Tranche]),
    brut: &Brut<'_>,
    memoire: &mut Memoire,
) -> Result<Valeur<'static>, Faute> {
    if let Brut::Texte(texte) = brut {
        if let Some(code) = memoire.connue(texte) {
            return Ok(Valeur::Modalite(code));
        }
        if let Some(connue) = liste.reconnait(texte) {
            memoire.retient(texte, &connue.code);
            return Ok(Valeur::Modalite(&connue.code));
        }
    }
    let bande = heures(brut).and_then(|h| Some((tranches.iter().find(|t| t.contient(h))?.code, h)));
    match bande {
        Some((code, heures)) => Ok(Valeur::Heures { code, heures }),
        None => Err(inconnue(champ, liste, &brut.affiche())),
    }
}

/// « 8 », « 8,5 h », « 8 h/mois » as a number of hours.
fn heures(brut: &Brut<'_>) -> Option<Decimal> {
    let heures = match brut {
        Brut::Texte(texte) => {
            let compact = sans_espaces(texte).to_lowercase();
            let unites = ["heures/mois", "heure/mois", "h/mois", "heures", "heure", "h"];
            let nombre = unites.iter().find_map(|unite| compact.strip_suffix(unite)).unwrap_or(&compact);
            nombre::depuis_texte(nombre)
        }
        _ => nombre::valeur(brut),
    };
    heures.filter(|h| !h.is_sign_negative() && *h <= Decimal::from(744))
}

fn inconnue(champ: &Champ, liste: &Nomenclature, lu: &str) -> Faute {
    let libelles: Vec<&str> = liste.saisissables().map(|m| m.libelle.as_str()).collect();
    let correction = evidente(&libelles, lu).map(str::to_owned);
    let conseil = match &correction {
        Some(libelle) => format!("Vouliez-vous écrire « {libelle} » ?"),
        None => format!("Choisissez {}.", choix(&libelles)),
    };
    let message = format!("« {} » n’est pas une valeur prévue pour « {} ». {conseil}", extrait(lu), champ.entete);
    Faute::nouvelle("C-CL-04", lu, libelles.join(" ; "), message).propose(correction)
}

/// « A, B ou C ».
fn choix(libelles: &[&str]) -> String {
    match libelles {
        [] => String::new(),
        [seul] => (*seul).to_owned(),
        [debut @ .., dernier] => format!("{} ou {dernier}", debut.join(", ")),
    }
}

/// The one label at one or two typing mistakes from what was read, short words excepted.
fn evidente<'l>(libelles: &[&'l str], lu: &str) -> Option<&'l str> {
    let lu = plie(rogne(lu));
    if !(4..=80).contains(&lu.chars().count()) {
        return None;
    }
    let tolerance = if lu.chars().count() < 8 { 1 } else { 2 };
    let mut proches = libelles.iter().filter(|l| strsim::osa_distance(&plie(l), &lu) <= tolerance);
    match (proches.next(), proches.next()) {
        (Some(libelle), None) => Some(libelle),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modele::{Genre, Modele};
    use proptest::prelude::*;
    use referentiel::controle::Fiche;

    fn lit(champ: &str, brut: &Brut<'_>) -> Result<Valeur<'static>, Faute> {
        let champ = Modele::cfea().feuille(Fiche::Evenement).champ(champ).unwrap();
        let Genre::Modalite(liste, tranches) = &champ.genre else { panic!("a code list") };
        modalite(champ, (liste, tranches), brut, &mut Memoire::default())
    }

    fn texte(t: &str) -> Brut<'_> {
        Brut::Texte(t.into())
    }

    #[test]
    fn labels_are_read_without_case_accents_or_spaces() {
        for (lu, code) in [("cdd  ", "CDD"), ("PMSMP OU ÉQUIVALENT  ", "PMS"), ("sans emploi", "SAN"), ("ALT", "ALT")]
        {
            assert_eq!(lit("emploi_date_evenement", &texte(lu)), Ok(Valeur::Modalite(code)));
        }
        assert_eq!(lit("niveau_soutien", &texte("Suivi - de 2 à 8H/mois")), Ok(Valeur::Modalite("N2")));
    }

    #[test]
    fn an_unknown_value_is_refused_and_the_choice_is_given() {
        let faute = lit("emploi_date_evenement", &texte("CDI intérimaire")).unwrap_err();
        assert_eq!((faute.controle, faute.correction.as_deref()), ("C-CL-04", None));
        assert!(faute.message.starts_with("« CDI intérimaire » n’est pas une valeur prévue pour « Emploi à la date"));
        assert!(faute.message.ends_with(
            "Choisissez CDI, CDD, Contrat en intérim, Contrat en alternance, PMSMP ou équivalent ou Sans emploi."
        ));
        let coquille = lit("emploi_date_evenement", &texte("Sans enploi")).unwrap_err();
        assert_eq!(coquille.correction.as_deref(), Some("Sans emploi"));
        assert!(lit("emploi_date_evenement", &texte("CDO")).unwrap_err().correction.is_none(), "too short to be sure");
        assert!(lit("emploi_date_evenement", &Brut::Nombre(8.0)).is_err());
    }

    #[test]
    fn hours_fall_in_the_bands_of_the_support_levels() {
        let huit = Valeur::Heures { code: "N3", heures: Decimal::from(8) };
        for brut in [Brut::Nombre(8.0), texte("8"), texte("8 h"), texte("8 h/mois"), texte("8 heures")] {
            assert_eq!(lit("niveau_soutien", &brut), Ok(huit.clone()), "{brut:?}");
        }
        let une_et_demie = Valeur::Heures { code: "N1", heures: Decimal::new(15, 1) };
        assert_eq!(lit("niveau_soutien", &texte("1,5h")), Ok(une_et_demie));
        assert!(["-2", "800", "h", "8 jours"].iter().all(|t| lit("niveau_soutien", &texte(t)).is_err()));
    }

    proptest! {
        #[test]
        fn no_text_panics_nor_is_guessed(t in "\\PC{0,40}") {
            if let Ok(Valeur::Modalite(code)) = lit("emploi_date_evenement", &texte(&t)) {
                let liste = referentiel::nomenclature::nomenclature("emploi").unwrap();
                prop_assert_eq!(&liste.reconnait(&t).unwrap().code, code);
            }
        }
    }
}
