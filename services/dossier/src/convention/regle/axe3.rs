//! Axis 3: social support (3.1), workplace studies (3.2), job retention (3.3).

use chrono::{Days, NaiveDate};
use referentiel::format::{date, euros};
use referentiel::texte::plie;

use super::super::duree::terme;
use super::super::modele::Fait;
use super::super::situation::Situation;
use super::{Avis, Examen};

/// R-A3-PUBLIC: the quality of the person.
pub(super) fn public(e: &Examen<'_>) -> Avis {
    e.qualite_admise()
}

/// R-A3-MEDECIN: what a doctor must have said, and what must have been tried.
pub(super) fn medecin(e: &Examen<'_>) -> Avis {
    let etabli = |fait: &Fait| match fait {
        Fait::PrescriptionMedicale => (e.situation.prescription_medicale, "la prescription médicale"),
        Fait::AidesMobilisees => (e.situation.aides_mobilisees, "la mobilisation des aides"),
        Fait::AvisMateriels => (e.situation.avis_materiels, "la demande d’avis sur les matériels"),
        Fait::DesinsertionConstateeMedecin => (
            e.situation.desinsertion_constatee_medecin,
            "le constat du risque de désinsertion par le médecin du travail",
        ),
    };
    let manquants: Vec<&str> =
        e.action.minimum_requis.iter().map(etabli).filter(|(etabli, _)| !etabli).map(|(_, nom)| nom).collect();
    if manquants.is_empty() { Ok(()) } else { Err(format!("Il manque {}.", manquants.join(", "))) }
}

/// R-A3-GRATUIT: nothing is invoiced to the collectivité.
pub(super) fn gratuit(e: &Examen<'_>) -> Avis {
    match e.situation.facturee_eur.filter(|montant| !montant.is_zero()) {
        Some(montant) => Err(format!(
            "La prestation a été facturée {} : une prestation valorisée en axe 3 ne se facture pas.",
            euros(montant)
        )),
        None => Ok(()),
    }
}

/// R-A3-EXCLU: what another actor does for free is not the centre’s.
pub(super) fn exclu(e: &Examen<'_>) -> Avis {
    let du_centre =
        |nom: &str| e.convention.intervenants_du_centre.iter().any(|debut| plie(nom).starts_with(&plie(debut)));
    match e.situation.realisee_par.as_deref().filter(|nom| e.situation.gratuite && !du_centre(nom)) {
        Some(nom) => Err(format!("L’intervention a été réalisée gratuitement par {nom} : elle est exclue.")),
        None => Ok(()),
    }
}

/// R-A3-UNIQUE: once for a person.
pub(super) fn unique(e: &Examen<'_>) -> Avis {
    match financees(e).next() {
        Some(premiere) => Err(format!(
            "Cette personne a déjà bénéficié de l’action {} (situation {}{}).",
            e.action.code,
            premiere.id,
            premiere.debut.map_or(String::new(), |jour| format!(", {}", date(jour)))
        )),
        None => Ok(()),
    }
}

/// R-A3-DUREE: one year at most, renewed once. A period that merely goes on with a funded one, without
/// going past its year, is the same funding cut in two.
pub(super) fn duree(e: &Examen<'_>) -> Avis {
    let (Some(debut), Some(fin)) = (e.situation.debut, e.situation.fin) else {
        return Err("Les dates de début et de fin de l’accompagnement ne sont pas renseignées.".to_owned());
    };
    let mois = e.action.mois_maximum.unwrap_or(u32::MAX);
    if fin > terme(debut, mois) {
        return Err(format!(
            "L’accompagnement du {} au {} dépasse {mois} mois (terme : {}) : un an au plus, renouvelable une fois.",
            date(debut),
            date(fin),
            date(terme(debut, mois))
        ));
    }
    if let Some(premiere) = financees(e).find(|p| se_touchent(p, e.situation) && ensemble(p, e.situation, mois)) {
        return Err(format!(
            "Cet accompagnement prolonge celui de la situation {} sans dépasser {mois} mois : un seul financement les couvre.",
            premiere.id
        ));
    }
    let deja = financees(e).count();
    match e.action.financements_maximum.filter(|maximum| deja >= *maximum) {
        Some(maximum) => Err(format!(
            "Cet agent a déjà été financé {deja} fois ({}) : {maximum} financements au plus.",
            financees(e).map(|s| s.id.as_str()).collect::<Vec<_>>().join(", ")
        )),
        None => Ok(()),
    }
}

/// R-A3-CUMUL: different actions add up for one person; one study entered on two lines does not.
pub(super) fn cumul(e: &Examen<'_>) -> Avis {
    let meme_employeur = |s: &Situation| s.employeur.identifiant() == e.situation.employeur.identifiant();
    match financees(e).find(|s| meme_employeur(s) && se_touchent(s, e.situation)) {
        Some(premiere) => Err(format!(
            "Cette ligne prolonge ou recouvre la situation {} : la même action ne se compte qu’une fois.",
            premiere.id
        )),
        None => Ok(()),
    }
}

/// Situations of the same action funded before.
fn financees<'e>(e: &'e Examen<'_>) -> impl Iterator<Item = &'e Situation> {
    e.financees.iter().filter(|(_, action)| action.code == e.action.code).map(|(situation, _)| *situation)
}

/// Dates of an action; one that has no end lasts a day.
fn periode(s: &Situation) -> Option<(NaiveDate, NaiveDate)> {
    let debut = s.debut?;
    Some((debut, s.fin.unwrap_or(debut)))
}

/// The two actions overlap, or one starts the day after the other ends.
fn se_touchent(a: &Situation, b: &Situation) -> bool {
    let (Some(a), Some(b)) = (periode(a), periode(b)) else { return false };
    let lendemain = |jour: NaiveDate| jour.checked_add_days(Days::new(1)).unwrap_or(jour);
    a.0 <= lendemain(b.1) && b.0 <= lendemain(a.1)
}

/// The two actions together last no longer than so many months.
fn ensemble(a: &Situation, b: &Situation, mois: u32) -> bool {
    let (Some(a), Some(b)) = (periode(a), periode(b)) else { return false };
    a.1.max(b.1) <= terme(a.0.min(b.0), mois)
}
