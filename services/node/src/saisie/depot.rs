//! Checks on the deposit itself: C-CL-08 (window, responsibility) and C-CL-09 (already deposited).
//!
//! Who answers for a dispositif comes from what the node already knows, never from the file: a
//! workbook cannot grant itself the right to be deposited.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dossier::controle::CampagneAttendue;
use dossier::lecture::ClasseurLu;
use referentiel::controle::{Anomalie, Fiche, Place};
use referentiel::format;
use referentiel::identifiant::ReferenceDispositif;
use referentiel::texte::plie;
use serde::{Deserialize, Serialize};

/// Who deposits, when, and what was deposited before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Depot {
    /// Day of the deposit, at the node's time.
    pub jour: Option<NaiveDate>,
    /// E-mail of the depositor; `None` for the node's own staff, who answer for all its dispositifs.
    pub deposant: Option<String>,
    /// Days on which the campaign takes deposits.
    pub fenetre: Option<Fenetre>,
    /// Dispositifs the campaign expects from this node, with the e-mails of those who answer for each.
    pub attendus: Option<BTreeMap<ReferenceDispositif, Vec<String>>>,
    /// Earlier deposits.
    pub anterieurs: Vec<DepotAnterieur>,
}

/// First and last day of the deposits of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fenetre {
    /// First day.
    pub ouverture: NaiveDate,
    /// Last day, included.
    pub cloture: NaiveDate,
}

/// A deposit of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepotAnterieur {
    /// SHA-256 of the file, in hexadecimal.
    pub empreinte: String,
    /// Day it was deposited.
    pub jour: NaiveDate,
}

/// C-CL-08, only once a campaign is configured: the window, then each dispositif.
pub(super) fn controler(depot: &Depot, campagne: Option<&CampagneAttendue>, classeur: &ClasseurLu) -> Vec<Anomalie> {
    let Some(campagne) = campagne else { return Vec::new() };
    let fiches = classeur.dispositifs.iter();
    let lues = fiches.filter_map(|f| Some((f.ligne, f.reference.valeur()?.parse::<ReferenceDispositif>().ok()?)));
    let hors_perimetre = lues.filter_map(|(ligne, reference)| hors_responsabilite(depot, ligne, &reference));
    hors_fenetre(depot, campagne).into_iter().chain(hors_perimetre).collect()
}

/// C-CL-08: the deposit falls within the window of the campaign.
fn hors_fenetre(depot: &Depot, campagne: &CampagneAttendue) -> Option<Anomalie> {
    let (jour, fenetre) = (depot.jour?, depot.fenetre?);
    let ouverte = (fenetre.ouverture..=fenetre.cloture).contains(&jour);
    (!ouverte).then(|| {
        let (debut, fin) = (format::date(fenetre.ouverture), format::date(fenetre.cloture));
        let message = format!(
            "La campagne {} reçoit les dépôts du {debut} au {fin} ; celui-ci est du {}. Demandez une réouverture à l’animateur de la campagne.",
            campagne.trimestre,
            format::date(jour)
        );
        Anomalie::nouvelle("C-CL-08", Place::fichier(), message)
            .lu(format::date(jour))
            .attendu(format!("du {debut} au {fin}"))
    })
}

/// C-CL-08: the depositor answers for the dispositif.
fn hors_responsabilite(depot: &Depot, ligne: u32, reference: &ReferenceDispositif) -> Option<Anomalie> {
    let attendus = depot.attendus.as_ref()?;
    let place = Place::champ(Fiche::Dispositif, ligne, "reference_dispositif");
    let refus = |message: String, attendu: String| {
        Some(Anomalie::nouvelle("C-CL-08", place, message).lu(reference.as_str()).attendu(attendu))
    };
    let Some(responsables) = attendus.get(reference) else {
        let connus: Vec<&str> = attendus.keys().map(ReferenceDispositif::as_str).collect();
        let message =
            format!("Le dispositif {reference} n’est pas attendu ici pour cette campagne : est-ce le bon fichier ?");
        return refus(message, connus.join(" ; "));
    };
    let deposant = depot.deposant.as_deref()?;
    if responsables.iter().any(|r| plie(r) == plie(deposant)) {
        return None;
    }
    let message =
        format!("Vous n’êtes pas responsable du dispositif {reference} : demandez à son responsable de le déposer.");
    refus(message, "un dispositif dont vous êtes responsable".to_owned())
}

/// C-CL-09: the very same file was deposited before.
pub(super) fn deja_depose(depot: &Depot, empreinte: &str) -> Option<Anomalie> {
    let anterieur = depot.anterieurs.iter().filter(|d| d.empreinte == empreinte).max_by_key(|d| d.jour)?;
    let jour = format::date(anterieur.jour);
    let message = format!("Ce fichier a déjà été déposé le {jour}. Aucun changement.");
    Some(Anomalie::nouvelle("C-CL-09", Place::fichier(), message).lu(format!("déposé le {jour}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dossier::lecture::{Champ, DispositifLu};

    fn jour(a: i32, m: u32, j: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(a, m, j).unwrap()
    }

    fn campagne() -> CampagneAttendue {
        CampagneAttendue { trimestre: "2026-T1".parse().unwrap(), date: jour(2026, 3, 31) }
    }

    fn classeur(reference: &str) -> ClasseurLu {
        let fiche = DispositifLu { ligne: 2, reference: Champ::Valeur(reference.into()), ..DispositifLu::default() };
        ClasseurLu { dispositifs: vec![fiche], ..ClasseurLu::default() }
    }

    fn depot() -> Depot {
        Depot {
            jour: Some(jour(2026, 4, 2)),
            deposant: Some("Chef@BFC01.example".into()),
            fenetre: Some(Fenetre { ouverture: jour(2026, 4, 1), cloture: jour(2026, 4, 10) }),
            attendus: Some(BTreeMap::from([("BFC01".parse().unwrap(), vec!["chef@bfc01.example".into()])])),
            anterieurs: vec![DepotAnterieur { empreinte: "ab".into(), jour: jour(2026, 4, 1) }],
        }
    }

    #[test]
    fn a_deposit_in_its_window_by_whoever_answers_for_it_passes() {
        assert_eq!(controler(&depot(), Some(&campagne()), &classeur("BFC01")), []);
    }

    #[test]
    fn nothing_is_checked_before_a_campaign_is_configured() {
        let tard = Depot { jour: Some(jour(2027, 1, 1)), ..depot() };
        assert_eq!(controler(&tard, None, &classeur("BFC99")), []);
    }

    #[test]
    fn a_deposit_outside_the_window_is_refused() {
        for hors in [jour(2026, 3, 31), jour(2026, 4, 11)] {
            let anomalies = controler(&Depot { jour: Some(hors), ..depot() }, Some(&campagne()), &classeur("BFC01"));
            assert_eq!(anomalies.iter().map(|a| a.controle.as_str()).collect::<Vec<_>>(), ["C-CL-08"]);
            assert!(anomalies[0].bloque());
        }
    }

    #[test]
    fn another_dispositif_and_another_depositor_are_refused_once_each() {
        let autre = controler(&depot(), Some(&campagne()), &classeur("BFC03"));
        assert_eq!(autre.len(), 1);
        assert_eq!(autre[0].place, Place::champ(Fiche::Dispositif, 2, "reference_dispositif"));
        let intrus = Depot { deposant: Some("autre@bfc03.example".into()), ..depot() };
        let anomalies = controler(&intrus, Some(&campagne()), &classeur("BFC01"));
        assert!(anomalies[0].message.contains("responsable du dispositif BFC01"), "{}", anomalies[0].message);
    }

    #[test]
    fn the_same_file_again_is_said_with_its_day() {
        let anomalie = deja_depose(&depot(), "ab").unwrap();
        assert!(anomalie.message.contains("01/04/2026") && !anomalie.bloque());
        assert_eq!(deja_depose(&depot(), "cd"), None);
    }
}
