//! Fiches for tests, as short as a line of a workbook.

use chrono::NaiveDate;
use referentiel::Decimal;
use referentiel::periode::Trimestre;

use crate::fiche::{Acces, FicheDispositif, FicheEvenement, FichePersonne, Remontee};
use crate::modalite::{Emploi, Formation, NiveauSoutien, StatutAccompagnement, StatutDispositif};

pub fn jour(texte: &str) -> NaiveDate {
    texte.parse().unwrap()
}

pub fn trimestre(texte: &str) -> Trimestre {
    texte.parse().unwrap()
}

pub fn dispositif(reference: &str, departement: Option<&str>, structures: &[&str]) -> FicheDispositif {
    FicheDispositif {
        reference: reference.parse().unwrap(),
        nom: Some(format!("Plateforme {reference}")),
        departement: departement.map(|d| d.parse().unwrap()),
        statut: StatutDispositif::EnActivite,
        structures: structures.iter().map(|s| (*s).to_owned()).collect(),
        capacite: Some(10),
        etp_total: Some(Decimal::new(25, 1)),
        etp_hors_administratifs: Some(Decimal::TWO),
        professionnels: Some(3),
        liste_attente: Some(4),
        sans_suite: Some(1),
        acces: Acces::default(),
    }
}

/// A person of whom only the entry is known.
pub fn personne(rang: usize, dispositif: &str, structure: &str, entree: NaiveDate) -> FichePersonne {
    FichePersonne {
        reference: format!("TST01{rang:09}").parse().unwrap(),
        dispositif: dispositif.parse().unwrap(),
        structure: structure.to_owned(),
        naissance: None,
        sexe: None,
        handicap_principal: None,
        handicap_associe: None,
        entree: Some(entree),
        sortie: None,
        duree_sans_emploi: None,
        orientation: None,
    }
}

/// An event of a followed person at the usual date of a quarter.
pub fn evenement(
    personne: &FichePersonne,
    date: NaiveDate,
    statut: StatutAccompagnement,
    emploi: Emploi,
) -> FicheEvenement {
    FicheEvenement {
        personne: personne.reference,
        statut,
        niveau: NiveauSoutien::Suivi,
        emploi,
        formation: Formation::SansObjet,
        emploi_mois: emploi,
        formation_mois: Formation::SansObjet,
        date,
    }
}

pub fn remontee(
    campagne: &str,
    dispositifs: Vec<FicheDispositif>,
    personnes: Vec<FichePersonne>,
    evenements: Vec<FicheEvenement>,
) -> Remontee {
    let trimestre = trimestre(campagne);
    Remontee { trimestre, date: trimestre.fin(), dispositifs, personnes, evenements }
}
