//! Territories of a role: which codes it takes, and which centres, départements and regions they stand for.

use std::collections::BTreeSet;

use referentiel::identifiant::{CodeDepartement, IdentifiantNoeud, ReferenceDispositif};
use referentiel::territoire::{departement, departements, organismes, region};

use super::Role;
use crate::configuration::Configuration;

/// Why a territory does not suit a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TerritoireInvalide {
    /// Nothing given.
    #[error("Le rôle « {0} » demande au moins un territoire ({1}) : --territoire CODE.")]
    Manquant(&'static str, &'static str),
    /// Not of the expected kind.
    #[error("« {lu} » ne convient pas au rôle « {role} », qui attend {attendu}.")]
    Inattendu {
        /// What was read.
        lu: String,
        /// Role.
        role: &'static str,
        /// What is expected.
        attendu: &'static str,
    },
}

/// Kind of territory of a role, in words, and whether it must have one.
fn attendu(role: Role) -> (&'static str, bool) {
    match role {
        Role::Cdg => ("un centre inscrit : son numéro de département, son code (CDG70) ou son identifiant", true),
        Role::ChefDeFile => ("une référence de dispositif (BFC01) et, s’il le faut, son numéro de département", true),
        Role::Dth | Role::Ars | Role::Dreets => ("un code de région (27)", true),
        Role::Ddets => ("un numéro de département (70)", true),
        Role::Cfea | Role::GestionnaireHub | Role::Public => ("un code de région (27)", false),
    }
}

/// Checks the territories of a role.
pub fn verifie(role: Role, codes: &[String], configuration: &Configuration) -> Result<(), TerritoireInvalide> {
    let (mots, obligatoire) = attendu(role);
    let reference = |c: &str| c.parse::<ReferenceDispositif>().is_ok();
    if (codes.is_empty() && obligatoire) || (role == Role::ChefDeFile && !codes.iter().any(|c| reference(c))) {
        return Err(TerritoireInvalide::Manquant(role.code(), mots));
    }
    let convient = |code: &str| match role {
        Role::Cdg => !centres_de(code, configuration).is_empty(),
        Role::ChefDeFile => reference(code) || est_departement(code),
        Role::Ddets => est_departement(code),
        _ => region(code).is_some(),
    };
    match codes.iter().find(|c| !convient(c)) {
        Some(lu) => Err(TerritoireInvalide::Inattendu { lu: lu.clone(), role: role.code(), attendu: mots }),
        None => Ok(()),
    }
}

fn est_departement(code: &str) -> bool {
    code.parse::<CodeDepartement>().is_ok_and(|c| departement(&c).is_some())
}

/// Nodes of a centre named by its identifier, its code or one of its départements.
pub fn centres_de(code: &str, configuration: &Configuration) -> Vec<String> {
    let organismes: BTreeSet<&str> = organismes()
        .iter()
        .filter(|o| o.departements.iter().any(|d| d.as_str() == code))
        .map(|o| o.code.as_str())
        .chain([code])
        .collect();
    let noeuds = configuration.noeuds.iter().map(|(n, _)| n);
    let retenus = noeuds.filter(|n| n.identifiant.as_str() == code || organismes.contains(n.organisme.as_str()));
    retenus.map(|n| n.identifiant.to_string()).collect()
}

/// The region that a territory of a role belongs to: a code alone does not tell a département from a region.
pub fn region_de(role: Role, code: &str, configuration: &Configuration) -> Option<String> {
    let trouvees = match role {
        Role::Cdg => regions_des_centres(&centres_de(code, configuration), configuration),
        Role::ChefDeFile | Role::Ddets => regions_des_departements(&[code.to_owned()]),
        _ => region(code).map(|_| code.to_owned()).into_iter().collect(),
    };
    trouvees.into_iter().next()
}

/// Nodes that have one of these regions.
pub fn centres_des_regions(regions: &[String], configuration: &Configuration) -> Vec<String> {
    let noeuds = configuration.noeuds.iter().map(|(n, _)| n);
    let retenus = noeuds.filter(|n| n.regions.iter().any(|r| regions.contains(r)));
    retenus.map(|n| n.identifiant.to_string()).collect()
}

/// Regions of these nodes.
pub fn regions_des_centres(centres: &[String], configuration: &Configuration) -> Vec<String> {
    let connu = |n: &IdentifiantNoeud| centres.iter().any(|c| c == n.as_str());
    let noeuds = configuration.noeuds.iter().map(|(n, _)| n).filter(|n| connu(&n.identifiant));
    noeuds.flat_map(|n| n.regions.iter().cloned()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Départements of these regions.
pub fn departements_des_regions(regions: &[String]) -> Vec<String> {
    departements().iter().filter(|d| regions.contains(&d.region)).map(|d| d.code.to_string()).collect()
}

/// Regions of these départements.
pub fn regions_des_departements(codes: &[String]) -> Vec<String> {
    let trouves = codes.iter().filter_map(|c| departement(&c.parse().ok()?));
    trouves.map(|d| d.region.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}
