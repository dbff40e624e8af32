//! `proteger`: the threshold rule, and what depends on it.

use std::collections::HashMap;

use referentiel::Decimal;
use referentiel::cellule::{Cle, Statut};

use crate::brute::{CelluleBrute, Grandeur, TableBrute};
use crate::politique::{Passe, Politique, Zeros};
use crate::protegee::{CelluleProtegee, Motif, Rapport, TableProtegee, ValeurPubliee};

/// Why a table cannot be protected, hence cannot leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EchecProtection {
    /// The policy is under the floor.
    #[error("Le seuil de {0} est inférieur au plancher de {1} : aucune table ne peut être protégée ainsi.")]
    SousLePlancher(u64, u64),
}

/// Decides what may be shown of a raw table to one audience.
pub fn proteger(brute: &TableBrute, politique: &Politique, passe: &Passe) -> Result<TableProtegee, EchecProtection> {
    let plancher = referentiel::jeu::Seuils::PLANCHER;
    if politique.seuil < plancher || politique.seuil_sensible < plancher {
        return Err(EchecProtection::SousLePlancher(politique.seuil.min(politique.seuil_sensible), plancher));
    }
    let mut masques: HashMap<&Cle, Motif> = HashMap::new();
    for cellule in brute.cellules() {
        if passe.deja_masquees.contains(&cellule.cle) {
            masques.insert(&cellule.cle, Motif::DejaMasquee);
        } else if sous_le_seuil(cellule, politique) {
            masques.insert(&cellule.cle, Motif::Seuil);
        }
    }
    let cellules: Vec<CelluleProtegee> =
        brute.cellules().iter().map(|c| montre(c, brute, politique, &mut masques)).collect();
    let rapport = Rapport {
        publiees: cellules.iter().filter(|c| c.valeur.is_some()).count(),
        primaires: masques.values().filter(|m| **m == Motif::Seuil).count(),
        complementaires: 0,
        motifs: masques.iter().map(|(cle, motif)| ((*cle).clone(), *motif)).collect(),
    };
    Ok(TableProtegee { jeu: brute.jeu().to_owned(), politique: politique.clone(), cellules, rapport })
}

fn sous_le_seuil(cellule: &CelluleBrute, politique: &Politique) -> bool {
    let seuil = politique.seuil_de(&cellule.cle);
    match cellule.grandeur {
        Grandeur::Effectif(0) => politique.zeros == Zeros::Proteges,
        Grandeur::Effectif(n) => n < seuil,
        _ => false,
    }
}

fn montre<'a>(
    cellule: &'a CelluleBrute,
    brute: &TableBrute,
    politique: &Politique,
    masques: &mut HashMap<&'a Cle, Motif>,
) -> CelluleProtegee {
    let cle = cellule.cle.clone();
    let absente = |statut| CelluleProtegee { cle: cle.clone(), valeur: None, statut };
    if masques.contains_key(&cellule.cle) {
        return absente(Statut::Secret);
    }
    let valeur = match &cellule.grandeur {
        Grandeur::Effectif(n) => ValeurPubliee::Effectif(*n),
        Grandeur::Operationnel(v) => ValeurPubliee::Decimal(*v),
        Grandeur::SansObjet => return absente(Statut::SansObjet),
        Grandeur::Statistique { valeur, contributeurs } => {
            if *contributeurs < politique.seuil.max(politique.denominateur_minimal) {
                return absente(Statut::NonSignificatif);
            }
            ValeurPubliee::Decimal(*valeur)
        }
        Grandeur::Taux { numerateur, denominateur } => {
            if [numerateur, denominateur].into_iter().any(|t| depend_d_un_secret(brute, masques, t)) {
                masques.insert(&cellule.cle, Motif::Terme);
                return absente(Statut::Secret);
            }
            match (valeur_de(brute, numerateur), valeur_de(brute, denominateur)) {
                (Some(n), Some(d)) if d >= minimum(brute, denominateur, politique) => {
                    ValeurPubliee::Taux { numerateur: n, denominateur: d }
                }
                (Some(_), Some(_)) => return absente(Statut::NonSignificatif),
                _ => return absente(Statut::SansObjet),
            }
        }
        Grandeur::Derive { termes } => {
            if termes.iter().any(|(_, t)| depend_d_un_secret(brute, masques, t)) {
                masques.insert(&cellule.cle, Motif::Terme);
                return absente(Statut::Secret);
            }
            let somme = termes.iter().map(|(poids, t)| Some(*poids * valeur_de(brute, t)?)).sum::<Option<Decimal>>();
            match somme {
                Some(somme) => ValeurPubliee::Decimal(somme),
                None => return absente(Statut::SansObjet),
            }
        }
    };
    CelluleProtegee { cle, valeur: Some(valeur), statut: Statut::Publie }
}

/// Whether a term is masked, by itself or through the terms it is made of (EA23 divides by a combination).
fn depend_d_un_secret(brute: &TableBrute, masques: &HashMap<&Cle, Motif>, cle: &Cle) -> bool {
    masques.contains_key(cle)
        || match brute.cellule(cle).map(|c| &c.grandeur) {
            Some(Grandeur::Derive { termes }) => termes.iter().any(|(_, t)| depend_d_un_secret(brute, masques, t)),
            _ => false,
        }
}

/// Denominator under which a rate is not significant: five persons, or anything above zero for ETP and places.
fn minimum(brute: &TableBrute, denominateur: &Cle, politique: &Politique) -> Decimal {
    match brute.cellule(denominateur).map(|c| &c.grandeur) {
        Some(Grandeur::Operationnel(_)) => Decimal::new(1, 2),
        _ => Decimal::from(politique.denominateur_minimal),
    }
}

fn valeur_de(brute: &TableBrute, cle: &Cle) -> Option<Decimal> {
    match &brute.cellule(cle)?.grandeur {
        Grandeur::Effectif(n) => Some(Decimal::from(*n)),
        Grandeur::Operationnel(v) => Some(*v),
        Grandeur::Derive { termes } => termes.iter().map(|(p, t)| Some(*p * valeur_de(brute, t)?)).sum(),
        _ => None,
    }
}
