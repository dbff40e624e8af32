//! The calendar of a quarterly campaign, counted from its event date J (domain notes, §3). A deadline
//! that falls on a day off moves to the next working day; an opening, to the one before.

use chrono::{Days, NaiveDate};

use super::jour_ouvre::{Droit, precedent, suivant};

/// A step of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Etape {
    /// Stable name.
    pub code: &'static str,
    /// Days after the event date.
    pub rang: i64,
    /// What happens.
    pub libelle: &'static str,
    /// Who does it.
    pub qui: &'static str,
}

const fn etape(code: &'static str, rang: i64, libelle: &'static str, qui: &'static str) -> Etape {
    Etape { code, rang, libelle, qui }
}

/// Steps of a campaign, in order.
pub const ETAPES: [Etape; 11] = [
    etape(
        "ouverture",
        -15,
        "Ouverture : date de l’évènement, version du modèle, classeurs préremplis",
        "gestionnaire du hub",
    ),
    etape("evenement", 0, "Date de l’évènement", "–"),
    etape("saisie", 1, "Début de la saisie et des contrôles locaux", "structures, chef de file"),
    etape("relance_1", 8, "Première relance", "hub"),
    etape("depot", 10, "Limite du dépôt", "chef de file"),
    etape("relance_2", 11, "Début des corrections, deuxième relance", "hub"),
    etape("relance_3", 14, "Troisième relance", "hub"),
    etape("correction", 15, "Fin des corrections", "chef de file"),
    etape("validation", 18, "Validation signée du dispositif", "chef de file, nœud"),
    etape("consolidation", 22, "Consolidation régionale, secret statistique, commentaires", "hub, DTH, DREETS"),
    etape("publication", 25, "Publication, figée et numérotée", "hub"),
];

/// Day of a step. The event date is announced by the CFEA, and never moves by itself.
pub fn jour(evenement: NaiveDate, etape: &Etape, droit: Droit) -> NaiveDate {
    match etape.rang {
        0 => evenement,
        n if n < 0 => precedent(evenement.checked_sub_days(Days::new(n.unsigned_abs())).unwrap_or(evenement), droit),
        n => suivant(evenement.checked_add_days(Days::new(n.unsigned_abs())).unwrap_or(evenement), droit),
    }
}

/// Day of the step of this name.
pub fn jour_de(evenement: NaiveDate, code: &str, droit: Droit) -> Option<NaiveDate> {
    ETAPES.iter().find(|e| e.code == code).map(|e| jour(evenement, e, droit))
}

#[cfg(test)]
mod tests {
    use super::super::jour_ouvre::est_ouvre;
    use super::*;

    #[test]
    fn every_step_of_twenty_years_is_a_working_day_and_in_order() {
        for annee in 2020..2040 {
            for rang in 1..=4 {
                let evenement = referentiel::periode::Trimestre::nouveau(annee, rang).unwrap().fin();
                for droit in [Droit::General, Droit::AlsaceMoselle] {
                    let jours: Vec<NaiveDate> = ETAPES.iter().map(|e| jour(evenement, e, droit)).collect();
                    assert!(jours.is_sorted(), "{evenement}: {jours:?}");
                    let autres = ETAPES.iter().zip(&jours).filter(|(e, _)| e.rang != 0);
                    assert!(autres.into_iter().all(|(_, j)| est_ouvre(*j, droit)), "{evenement}: {jours:?}");
                }
            }
        }
    }

    #[test]
    fn the_deposit_of_the_first_quarter_of_2026_ends_on_a_friday() {
        let evenement = "2026-03-31".parse().unwrap();
        let lu = |code| jour_de(evenement, code, Droit::General).unwrap().to_string();
        assert_eq!(
            (lu("ouverture"), lu("depot"), lu("correction")),
            ("2026-03-16".into(), "2026-04-10".into(), "2026-04-15".into())
        );
        // 25 December at J−6, 10 January on a Sunday.
        assert_eq!(jour_de("2026-12-31".parse().unwrap(), "depot", Droit::General).unwrap().to_string(), "2027-01-11");
    }
}
