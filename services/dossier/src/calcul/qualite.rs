//! What the node knows of EA28: the fields annexe 2 allows to leave empty, counted dispositif by
//! dispositif. Days late and corrections are known to the hub, which completes the indicator.

use referentiel::Decimal;
use referentiel::identifiant::ReferenceDispositif;
use rust_decimal::RoundingStrategy;

use super::erreur::ErreurCalcul;
use super::situation::{Campagne, Situation, SituationNoeud};
use crate::fiche::{FicheDispositif, FichePersonne};
use crate::modalite::StatutAccompagnement;

/// An optional field and how often it is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChampManquant {
    /// Identifier of annexe 2.
    pub champ: &'static str,
    /// Fiches that should have it.
    pub attendus: u64,
    /// Fiches that do not.
    pub manquants: u64,
}

/// Completeness of one dispositif's remontée.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualiteDispositif {
    /// The dispositif.
    pub dispositif: ReferenceDispositif,
    /// Fields that at least one fiche should have.
    pub champs: Vec<ChampManquant>,
}

impl QualiteDispositif {
    /// Share of the expected fields that are filled, in percent with one decimal.
    pub fn completude(&self) -> Option<Decimal> {
        let attendus: u64 = self.champs.iter().map(|c| c.attendus).sum();
        let manquants: u64 = self.champs.iter().map(|c| c.manquants).sum();
        let part = Decimal::from(attendus - manquants).checked_div(Decimal::from(attendus))? * Decimal::ONE_HUNDRED;
        Some(part.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero))
    }
}

/// Completeness of each dispositif of the campaign.
pub fn qualite(noeud: &SituationNoeud<'_>) -> Result<Vec<QualiteDispositif>, ErreurCalcul> {
    let campagne = Campagne::lit(*noeud)?;
    let du_dispositif = |(rang, d): (usize, &super::situation::Dispositif<'_>)| {
        let personnes: Vec<&Situation<'_>> = campagne.du_dispositif(rang).collect();
        QualiteDispositif {
            dispositif: d.fiche.reference.clone(),
            champs: champs_du_dispositif(d.fiche).into_iter().chain(champs_des_personnes(&personnes)).collect(),
        }
    };
    Ok(campagne.dispositifs.iter().enumerate().map(du_dispositif).collect())
}

fn champs_du_dispositif(fiche: &FicheDispositif) -> [ChampManquant; 9] {
    [
        ("nom_dispositif", fiche.nom.is_some()),
        ("code_departement", fiche.departement.is_some()),
        ("structures_rattachees", !fiche.structures.is_empty()),
        ("capacite_accompagnement", fiche.capacite.is_some()),
        ("etp_total", fiche.etp_total.is_some()),
        ("etp_hors_administratifs", fiche.etp_hors_administratifs.is_some()),
        ("nb_professionnels_hors_administratifs", fiche.professionnels.is_some()),
        ("nb_liste_attente", fiche.liste_attente.is_some()),
        ("nb_sans_suite", fiche.sans_suite.is_some()),
    ]
    .map(|(champ, rempli)| ChampManquant { champ, attendus: 1, manquants: u64::from(!rempli) })
}

/// Optional fields of a person and whether they are filled; the associated disability is not one of
/// them: empty means « none ».
fn champs_de_la_personne(p: &FichePersonne) -> [(&'static str, bool); 6] {
    [
        ("date_naissance", p.naissance.is_some()),
        ("sexe", p.sexe.is_some()),
        ("handicap_principal", p.handicap_principal.is_some()),
        ("date_entree", p.entree.is_some()),
        ("duree_sans_emploi_mois", p.duree_sans_emploi.is_some()),
        ("orientation", p.orientation.is_some()),
    ]
}

fn champs_des_personnes(personnes: &[&Situation<'_>]) -> Vec<ChampManquant> {
    let mut champs: Vec<ChampManquant> = Vec::new();
    let mut note = |champ, rempli: bool| match champs.iter_mut().find(|c| c.champ == champ) {
        Some(connu) => {
            connu.attendus += 1;
            connu.manquants += u64::from(!rempli);
        }
        None => champs.push(ChampManquant { champ, attendus: 1, manquants: u64::from(!rempli) }),
    };
    for situation in personnes {
        for (champ, rempli) in champs_de_la_personne(situation.personne) {
            note(champ, rempli);
        }
        if situation.a_statut(StatutAccompagnement::Termine) {
            note("date_sortie", situation.personne.sortie.is_some());
        }
        if !situation.sorti_avant() {
            note("evenement", situation.evenement.is_some());
        }
    }
    champs
}
