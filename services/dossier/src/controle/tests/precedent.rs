//! What the quarter before, the configured campaign and the other dispositifs add to the checks.

use chrono::Months;
use referentiel::controle::Severite::{Avertissement, Bloquant};

use super::super::fabrique::{conforme, contexte, jour};
use super::super::{CampagneAttendue, Contexte, Referentiel, controler};
use super::trouvees;
use crate::fiche::Remontee;
use crate::lecture::{Champ, ClasseurLu};
use crate::modalite::{Emploi, NiveauSoutien, StatutAccompagnement};

/// The workbook of the same dispositif three months earlier.
fn precedente(modifie: impl FnOnce(&mut Remontee)) -> Contexte {
    let mut remontee = controler(&conforme(24), &contexte()).1.unwrap();
    remontee.trimestre = "2025-T4".parse().unwrap();
    remontee.date = jour(2025, 12, 31);
    for evenement in &mut remontee.evenements {
        evenement.date = remontee.date;
    }
    modifie(&mut remontee);
    Contexte { remontees: vec![remontee], ..contexte() }
}

fn un_changement(classeur: &mut ClasseurLu) {
    classeur.evenements[0].emploi = Champ::Valeur(Emploi::Pmsmp);
}

/// Level « Veille » twice comes from the conforming workbook itself: every fourth person.
fn sans_c_ev_10(anomalies: Vec<String>) -> Vec<String> {
    anomalies.into_iter().filter(|a| !a.starts_with("C-EV-10")).collect()
}

fn averties(classeur: &ClasseurLu, contexte: &Contexte) -> Vec<String> {
    assert_eq!(trouvees(classeur, contexte, Bloquant), [""; 0]);
    sans_c_ev_10(trouvees(classeur, contexte, Avertissement))
}

#[test]
fn a_quarter_that_follows_another_has_nothing() {
    let mut classeur = conforme(24);
    un_changement(&mut classeur);
    assert_eq!(averties(&classeur, &precedente(|_| {})), [""; 0]);
}

#[test]
fn the_same_file_dated_otherwise_is_noticed() {
    assert_eq!(averties(&conforme(24), &precedente(|_| {})), ["C-AG-05 Some(Evenement) None -"]);
}

#[test]
fn figures_of_the_dispositif_are_compared() {
    let mut classeur = conforme(24);
    un_changement(&mut classeur);
    let contexte = precedente(|r| {
        r.dispositifs[0].capacite = Some(30);
        r.dispositifs[0].sans_suite = Some(9);
    });
    // A new year starts the total of « sans suite » again.
    assert_eq!(averties(&classeur, &contexte), ["C-DI-07 Some(Dispositif) Some(2) capacite_accompagnement"]);
    for evenement in &mut classeur.evenements {
        evenement.date = Champ::Valeur(jour(2026, 6, 30));
    }
    let mut contexte = precedente(|r| r.dispositifs[0].sans_suite = Some(9));
    contexte.remontees[0].trimestre = "2026-T1".parse().unwrap();
    contexte.remontees[0].date = jour(2026, 3, 31);
    assert_eq!(averties(&classeur, &contexte), ["C-DI-06 Some(Dispositif) Some(2) nb_sans_suite"]);
}

#[test]
fn stock_and_flows_are_compared() {
    let mut classeur = conforme(24);
    un_changement(&mut classeur);
    let contexte = precedente(|r| {
        r.evenements.truncate(17);
        r.personnes.truncate(17);
    });
    assert_eq!(averties(&classeur, &contexte), ["C-AG-01 Some(Personne) None -", "C-AG-04 Some(Evenement) None -"]);
    // Seven entries of the period explain the seven persons more; the variation remains.
    for personne in &mut classeur.personnes[17..] {
        personne.entree = Champ::Valeur(jour(2026, 1, 5) + Months::new(personne.ligne % 2));
    }
    assert_eq!(averties(&classeur, &contexte), ["C-AG-04 Some(Evenement) None -"]);
}

#[test]
fn what_becomes_of_a_person_is_compared() {
    let mut classeur = conforme(24);
    classeur.evenements[3].niveau = Champ::Valeur(NiveauSoutien::Veille.into());
    let contexte = precedente(|r| {
        r.evenements[3].niveau = NiveauSoutien::Veille;
        r.evenements[4].statut = StatutAccompagnement::Termine;
    });
    let averties = trouvees(&classeur, &contexte, Avertissement);
    assert!(averties.contains(&"C-EV-10 Some(Evenement) Some(5) niveau_soutien".to_owned()), "{averties:?}");
    assert!(averties.contains(&"C-EV-14 Some(Personne) Some(6) date_entree".to_owned()), "{averties:?}");
    classeur.personnes[4].entree = Champ::Valeur(jour(2026, 2, 1));
    assert!(!trouvees(&classeur, &contexte, Avertissement).iter().any(|a| a.starts_with("C-EV-14")));
}

#[test]
fn a_person_active_in_another_dispositif_is_noticed() {
    let classeur = conforme(24);
    let mut ailleurs = controler(&classeur, &contexte()).1.unwrap();
    for personne in &mut ailleurs.personnes {
        personne.dispositif = "BFC02".parse().unwrap();
    }
    ailleurs.evenements.truncate(4);
    ailleurs.evenements[0].statut = StatutAccompagnement::Termine;
    let contexte = Contexte { remontees: vec![ailleurs], ..contexte() };
    let averties = trouvees(&classeur, &contexte, Avertissement);
    assert_eq!(averties, [3, 4, 5].map(|ligne| format!("C-PE-12 Some(Personne) Some({ligne}) reference_personne")));
}

#[test]
fn the_file_of_another_campaign_is_one_anomaly() {
    let campagne = CampagneAttendue { trimestre: "2025-T4".parse().unwrap(), date: jour(2025, 12, 31) };
    let contexte = Contexte { campagne: Some(campagne), ..contexte() };
    let (anomalies, _) = controler(&conforme(24), &contexte);
    let bloquants: Vec<_> = anomalies.iter().filter(|a| a.bloque()).collect();
    assert_eq!(bloquants.len(), 1, "{bloquants:?}");
    assert_eq!((bloquants[0].controle.as_str(), bloquants[0].nombre), ("C-EV-02", Some(24)));
    assert!(bloquants[0].message.contains("31/03/2026") && bloquants[0].message.contains("31/12/2025"));
}

#[test]
fn a_dispositif_outside_the_roster_is_refused() {
    let roster = Referentiel::Declare(["BFC02".parse().unwrap()].into());
    let contexte = Contexte { referentiel: roster, ..Contexte::default() };
    let bloquants = trouvees(&conforme(24), &contexte, Bloquant);
    assert_eq!(bloquants, ["C-DI-02 Some(Dispositif) Some(2) reference_dispositif"]);
}

#[test]
fn the_configured_campaign_decides_even_when_most_events_are_dated_otherwise() {
    let campagne = CampagneAttendue { trimestre: "2026-T1".parse().unwrap(), date: jour(2026, 3, 31) };
    let mut classeur = conforme(24);
    for evenement in &mut classeur.evenements[1..] {
        evenement.date = Champ::Valeur(jour(2026, 3, 30));
    }
    let contexte = Contexte { campagne: Some(campagne), ..contexte() };
    assert_eq!(trouvees(&classeur, &contexte, Bloquant).len(), 23);
    assert_eq!(trouvees(&classeur, &super::contexte(), Bloquant).len(), 1, "without a campaign, the majority decides");
}
