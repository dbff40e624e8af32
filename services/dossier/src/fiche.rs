//! The three fiches of annexe 2 once checked: no field can hold a wrong value any more.

use chrono::{Datelike, NaiveDate};
use referentiel::Decimal;
use referentiel::identifiant::{CodeDepartement, ReferenceDispositif, ReferencePersonne};
use referentiel::periode::Trimestre;
use serde::{Deserialize, Serialize};

use crate::modalite::{
    Emploi, Formation, Handicap, NiveauSoutien, Orientation, Sexe, StatutAccompagnement, StatutDispositif, TrancheAge,
};

/// Fiche dispositif: 17 fields, the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FicheDispositif {
    /// Unique key.
    pub reference: ReferenceDispositif,
    /// Name.
    pub nom: Option<String>,
    /// Département; region and name of the département follow from it.
    pub departement: Option<CodeDepartement>,
    /// En activité or not.
    pub statut: StatutDispositif,
    /// Structures that share the file active.
    pub structures: Vec<String>,
    /// Contractual places.
    pub capacite: Option<u32>,
    /// ETP, coordination and administration included.
    pub etp_total: Option<Decimal>,
    /// ETP that accompany.
    pub etp_hors_administratifs: Option<Decimal>,
    /// Heads that accompany.
    pub professionnels: Option<u32>,
    /// Persons waiting at the event date.
    pub liste_attente: Option<u32>,
    /// Referrals without follow-up since 1 January.
    pub sans_suite: Option<u32>,
    /// Access list and contact: stays at the node.
    pub acces: Acces,
}

/// Who answers for a dispositif and who may see its data: personal, never sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acces {
    /// E-mail of the person in charge.
    pub email_responsable: Option<String>,
    /// Surname.
    pub nom_responsable: Option<String>,
    /// First name.
    pub prenom_responsable: Option<String>,
    /// E-mails of the team allowed to see and export.
    pub emails_conseillers: Vec<String>,
}

/// Fiche personne: 13 fields, pseudonymous health data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FichePersonne {
    /// Unique key, a pseudonym.
    pub reference: ReferencePersonne,
    /// Dispositif that accompanies.
    pub dispositif: ReferenceDispositif,
    /// Structure that accompanies, spelled as the dispositif spells it.
    pub structure: String,
    /// Birth date; only an age band is ever published.
    pub naissance: Option<NaiveDate>,
    /// Sex.
    pub sexe: Option<Sexe>,
    /// Principal disability.
    pub handicap_principal: Option<Handicap>,
    /// Associated disability.
    pub handicap_associe: Option<Handicap>,
    /// First day in the dispositif.
    pub entree: Option<NaiveDate>,
    /// Exit, for persons no longer accompanied.
    pub sortie: Option<NaiveDate>,
    /// Months of the last period without work before the entry.
    pub duree_sans_emploi: Option<u32>,
    /// Who oriented.
    pub orientation: Option<Orientation>,
}

/// Fiche évènement: the situation of a person at the campaign's date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FicheEvenement {
    /// Person.
    pub personne: ReferencePersonne,
    /// Status.
    pub statut: StatutAccompagnement,
    /// Level of support over the last month.
    pub niveau: NiveauSoutien,
    /// Employment at the date.
    pub emploi: Emploi,
    /// Training at the date.
    pub formation: Formation,
    /// Employment in the last month.
    pub emploi_mois: Emploi,
    /// Training in the last month.
    pub formation_mois: Formation,
    /// Event date, the same for all events of a remontée.
    pub date: NaiveDate,
}

/// A checked workbook: what one campaign's import stores, whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remontee {
    /// Campaign.
    pub trimestre: Trimestre,
    /// Event date common to all events.
    pub date: NaiveDate,
    /// Fiches dispositif, usually one.
    pub dispositifs: Vec<FicheDispositif>,
    /// Fiches personne.
    pub personnes: Vec<FichePersonne>,
    /// Fiches évènement, at most one for a person.
    pub evenements: Vec<FicheEvenement>,
}

impl FichePersonne {
    /// Age band at a date, if the birth date is known.
    pub fn tranche_age(&self, date: NaiveDate) -> Option<TrancheAge> {
        Some(match age(self.naissance?, date) {
            ..26 => TrancheAge::Moins26,
            26..50 => TrancheAge::De26A49,
            _ => TrancheAge::Plus50,
        })
    }
}

/// Completed years between a birth date and a date; negative when the date comes first.
pub fn age(naissance: NaiveDate, date: NaiveDate) -> i32 {
    let anniversaire_passe = (date.month(), date.day()) >= (naissance.month(), naissance.day());
    date.year() - naissance.year() - i32::from(!anniversaire_passe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_counts_completed_years() {
        let jour = |a, m, j| NaiveDate::from_ymd_opt(a, m, j).unwrap();
        assert_eq!(age(jour(2000, 3, 31), jour(2026, 3, 31)), 26);
        assert_eq!(age(jour(2000, 4, 1), jour(2026, 3, 31)), 25);
        assert_eq!(age(jour(2004, 2, 29), jour(2026, 2, 28)), 21);
    }
}
