//! Which campaign a workbook is for, and C-EV-02: one event date, that of the campaign.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use referentiel::controle::{Anomalie, Fiche, Place};
use referentiel::format;
use referentiel::periode::Trimestre;

use super::cadre::Cadre;
use super::contexte::{CampagneAttendue, Contexte};
use super::recueil::Recueil;
use crate::lecture::ClasseurLu;

/// Campaign of the workbook under check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Campagne {
    /// Date the persons are judged at, when one can be told.
    pub date: Option<NaiveDate>,
    /// Its quarter.
    pub trimestre: Option<Trimestre>,
    /// Event date of the campaign before; the end of that quarter when the node does not hold it.
    pub precedente: Option<NaiveDate>,
    /// Another date than the configured one, carried by every event: the file of another campaign.
    pub autre: Option<NaiveDate>,
    /// The configured campaign.
    attendue: Option<CampagneAttendue>,
}

impl Campagne {
    pub(super) fn du_classeur(classeur: &ClasseurLu, contexte: &Contexte) -> Self {
        let dates = effectif_des_dates(classeur);
        let attendue = contexte.campagne;
        let autre = match (attendue, dates.first_key_value()) {
            (Some(c), Some((date, _))) if dates.len() == 1 && *date != c.date => Some(*date),
            _ => None,
        };
        let date = autre.or(attendue.map(|c| c.date)).or_else(|| majoritaire(&dates));
        let trimestre = match (autre, attendue) {
            (None, Some(c)) => Some(c.trimestre),
            _ => date.and_then(|d| Trimestre::contenant(d).ok()),
        };
        let precedente = trimestre.map(|t| date_tenue(contexte, t.precedent()).unwrap_or(t.precedent().fin()));
        Self { date, trimestre, precedente, autre, attendue }
    }

    /// True when the person had left before this campaign's period: no event is due any more.
    pub(super) fn deja_sortie(&self, sortie: NaiveDate) -> bool {
        self.precedente.is_some_and(|d0| sortie <= d0)
    }

    /// True when a date is in the period: after the campaign before, at the latest on this one's date.
    pub(super) fn dans_la_periode(&self, date: NaiveDate) -> bool {
        self.precedente.is_none_or(|d0| date > d0) && self.date.is_none_or(|d| date <= d)
    }

    /// True when a date comes after the campaign's.
    pub(super) fn depassee_par(&self, date: NaiveDate) -> bool {
        self.date.is_some_and(|d| date > d)
    }
}

/// The date that most events carry: the campaign of a file when none is configured.
pub fn date_majoritaire(classeur: &ClasseurLu) -> Option<NaiveDate> {
    majoritaire(&effectif_des_dates(classeur))
}

fn effectif_des_dates(classeur: &ClasseurLu) -> BTreeMap<NaiveDate, u32> {
    let mut dates = BTreeMap::new();
    for date in classeur.evenements.iter().filter_map(|e| e.date.copie()) {
        *dates.entry(date).or_default() += 1;
    }
    dates
}

/// Ties go to the end of a quarter, then to the latest date, so that the order of rows never counts.
fn majoritaire(dates: &BTreeMap<NaiveDate, u32>) -> Option<NaiveDate> {
    let fin_de_trimestre = |date: NaiveDate| Trimestre::contenant(date).is_ok_and(|t| t.fin() == date);
    dates.iter().max_by_key(|(date, n)| (**n, fin_de_trimestre(**date), **date)).map(|(date, _)| *date)
}

fn date_tenue(contexte: &Contexte, trimestre: Trimestre) -> Option<NaiveDate> {
    contexte.remontees.iter().filter(|r| r.trimestre == trimestre).map(|r| r.date).max()
}

pub(super) fn controler(cadre: &Cadre<'_>, anomalies: &mut Recueil) {
    let campagne = &cadre.campagne;
    if let Some(autre) = campagne.autre {
        anomalies.note(fichier_d_une_autre_campagne(cadre, autre));
    } else if let Some(date) = campagne.date {
        let ecarts = cadre.classeur.evenements.iter();
        anomalies.extend(ecarts.filter_map(|e| date_de_la_campagne(e.ligne, e.date.copie()?, date)));
    }
    anomalies.note(campagne_reconnaissable(cadre));
}

/// C-EV-02, when the file is that of another campaign: one cause, one anomaly.
fn fichier_d_une_autre_campagne(cadre: &Cadre<'_>, autre: NaiveDate) -> Option<Anomalie> {
    let attendue = cadre.campagne.attendue?;
    let nombre = cadre.classeur.evenements.iter().filter(|e| e.date.valeur().is_some()).count();
    Some(
        Anomalie::nouvelle(
            "C-EV-02",
            Place::feuille(Fiche::Evenement),
            format!(
                "Tous les évènements portent la date du {} alors que la campagne {} est datée du {} : est-ce le fichier d’un autre trimestre ? Déposez celui de la campagne, ou corrigez la date.",
                format::date(autre),
                attendue.trimestre,
                format::date(attendue.date)
            ),
        )
        .lu(format::date(autre))
        .attendu(format::date(attendue.date))
        .nombre(u32::try_from(nombre).unwrap_or(u32::MAX)),
    )
}

/// C-EV-02: the event carries the date of the campaign.
fn date_de_la_campagne(ligne: u32, lue: NaiveDate, attendue: NaiveDate) -> Option<Anomalie> {
    (lue != attendue).then(|| {
        Anomalie::nouvelle(
            "C-EV-02",
            Place::champ(Fiche::Evenement, ligne, "date_evenement"),
            format!(
                "Cet évènement porte la date du {} : tous doivent porter celle de la campagne, le {}.",
                format::date(lue),
                format::date(attendue)
            ),
        )
        .lu(format::date(lue))
        .attendu(format::date(attendue))
        .correction(format::date(attendue))
    })
}

/// C-EV-02: the events, or the configuration, tell which campaign the file is for.
fn campagne_reconnaissable(cadre: &Cadre<'_>) -> Option<Anomalie> {
    let classeur = cadre.classeur;
    if cadre.campagne.trimestre.is_some() || !classeur.a_la_feuille(Fiche::Evenement) {
        return None;
    }
    let place = Place::feuille(Fiche::Evenement);
    if let Some(date) = cadre.campagne.date {
        let lue = format::date(date);
        let message = format!("Les évènements sont datés du {lue} : écrivez une date de campagne entre 2000 et 2199.");
        return Some(Anomalie::nouvelle("C-EV-02", place, message).lu(lue));
    }
    // With persons, the missing events are said by C-EV-06; with events, the missing dates by C-EV-03.
    (classeur.evenements.is_empty() && classeur.personnes.is_empty()).then(|| {
        Anomalie::nouvelle(
            "C-EV-02",
            place,
            "Le classeur ne contient ni personne ni évènement : rien ne dit de quelle campagne il s’agit. Remplissez les feuilles, ou vérifiez le fichier déposé.",
        )
    })
}
