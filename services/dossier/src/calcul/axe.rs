//! Coordinate of a person on each axis, as codes of the nomenclatures. What the fiche does not say
//! is « Non renseigné », never a guess.

use super::situation::Situation;
use crate::modalite::{Emploi, Formation, Handicap, NiveauSoutien, Orientation, Sexe, TrancheAge};

/// How an axis is read in the fiches.
#[derive(Clone, Copy)]
pub(super) struct Lecture {
    /// Code list of the codes given back.
    pub nomenclature: &'static str,
    /// Always known of a person who has an event.
    pub selon_evenement: bool,
    /// Code of a person, `None` when unknown.
    pub code: fn(&Situation<'_>) -> Option<&'static str>,
}

/// How the axis of this code is read, if the fiches tell it.
pub(super) fn lecture(axe: &str) -> Option<Lecture> {
    let personne = |nomenclature, code| Lecture { nomenclature, selon_evenement: false, code };
    let evenement = |nomenclature, code| Lecture { nomenclature, selon_evenement: true, code };
    Some(match axe {
        "sexe" => personne(Sexe::NOMENCLATURE, |s| s.personne.sexe.map(Sexe::code)),
        "age" => personne(TrancheAge::NOMENCLATURE, |s| s.personne.tranche_age(s.date).map(TrancheAge::code)),
        "handicap" => personne(Handicap::NOMENCLATURE, |s| s.personne.handicap_principal.map(Handicap::code)),
        "handicap_associe" => personne(OUI_NON, handicap_associe),
        "orientation" => personne(Orientation::NOMENCLATURE, |s| s.personne.orientation.map(Orientation::code)),
        "sans_emploi" => personne("duree_sans_emploi", |s| s.personne.duree_sans_emploi.map(tranche_sans_emploi)),
        "niveau_soutien" => evenement(NiveauSoutien::NOMENCLATURE, |s| s.evenement.map(|e| e.niveau.code())),
        "emploi" => evenement(Emploi::NOMENCLATURE, |s| s.evenement.map(|e| e.emploi.code())),
        "emploi_mois" => evenement(Emploi::NOMENCLATURE, |s| s.evenement.map(|e| e.emploi_mois.code())),
        "formation" => evenement(Formation::NOMENCLATURE, |s| s.evenement.map(|e| e.formation.code())),
        "formation_mois" => evenement(Formation::NOMENCLATURE, |s| s.evenement.map(|e| e.formation_mois.code())),
        "en_emploi" => evenement(OUI_NON, |s| s.evenement.map(|e| oui_non(e.emploi.en_emploi()))),
        "en_emploi_avant" => personne(OUI_NON, |s| s.avant.map(|e| oui_non(e.emploi.en_emploi()))),
        _ => return None,
    })
}

const OUI_NON: &str = "oui_non";

fn oui_non(reponse: bool) -> &'static str {
    if reponse { "OUI" } else { "NON" }
}

/// Annexe 2 leaves the field empty when there is no associated disability: empty means « no » as
/// soon as the principal one is known, and nothing at all when neither is.
fn handicap_associe(s: &Situation<'_>) -> Option<&'static str> {
    let connu = s.personne.handicap_principal.or(s.personne.handicap_associe);
    connu.map(|_| oui_non(s.personne.handicap_associe.is_some()))
}

fn tranche_sans_emploi(mois: u32) -> &'static str {
    match mois {
        ..12 => "M12",
        12..24 => "A1223",
        24.. => "P24",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::nomenclature::nomenclature;

    #[test]
    fn computed_codes_are_plain_values_of_their_lists() {
        let feuille =
            |liste: &str, code: &str| nomenclature(liste).unwrap().modalite(code).is_some_and(|m| !m.regroupement);
        for mois in [0, 11, 12, 23, 24, 600] {
            assert!(feuille("duree_sans_emploi", tranche_sans_emploi(mois)), "{mois}");
        }
        assert!([true, false].into_iter().all(|reponse| feuille(OUI_NON, oui_non(reponse))));
    }
}
