//! The checks together: a conforming workbook has nothing, each fault raises its code and nothing
//! blocking besides, the order of rows does not count, nothing panics.

mod arbitraire;
mod fautes;
mod precedent;

use referentiel::controle::{Anomalie, Severite};

use super::fabrique::{conforme, contexte};
use super::{Contexte, controler};
use crate::lecture::ClasseurLu;

/// Code, sheet, row and field of what was found.
fn resume(anomalie: &Anomalie) -> String {
    let place = &anomalie.place;
    format!("{} {:?} {:?} {}", anomalie.controle, place.fiche, place.ligne, place.champ.as_deref().unwrap_or("-"))
}

fn trouvees(classeur: &ClasseurLu, contexte: &Contexte, severite: Severite) -> Vec<String> {
    let (anomalies, _) = controler(classeur, contexte);
    anomalies.iter().filter(|a| a.severite == severite).map(resume).collect()
}

#[test]
fn a_conforming_workbook_becomes_a_remontee() {
    let (anomalies, remontee) = controler(&conforme(24), &contexte());
    assert_eq!(anomalies, []);
    let remontee = remontee.unwrap();
    assert_eq!(remontee.trimestre.to_string(), "2026-T1");
    assert_eq!((remontee.dispositifs.len(), remontee.personnes.len(), remontee.evenements.len()), (1, 24, 24));
    assert_eq!(remontee.personnes[1].structure, "Structure Les Tilleuls", "spelled as the dispositif spells it");
}

#[test]
fn a_node_without_roster_says_that_the_first_fiche_creates_the_dispositif() {
    let (anomalies, remontee) = controler(&conforme(24), &Contexte::default());
    assert_eq!(
        anomalies.iter().map(|a| (a.controle.as_str(), a.severite)).collect::<Vec<_>>(),
        [("C-DI-02", Severite::Information)]
    );
    assert!(remontee.is_some());
}

#[test]
fn no_message_shows_a_reference_or_a_birth_date() {
    for faute in fautes::FAUTES {
        let mut classeur = conforme(24);
        (faute.commet)(&mut classeur);
        let (anomalies, _) = controler(&classeur, &contexte());
        for anomalie in anomalies {
            let dit = format!("{} {:?} {:?}", anomalie.message, anomalie.lu, anomalie.attendu);
            for personne in &classeur.personnes {
                let naissance = personne.naissance.copie().map(referentiel::format::date).unwrap_or_default();
                let reference = personne.reference.valeur().map_or("", AsRef::as_ref);
                assert!(naissance.is_empty() || !dit.contains(&naissance), "{dit}");
                assert!(reference.is_empty() || !dit.contains(reference), "{dit}");
            }
        }
    }
}
