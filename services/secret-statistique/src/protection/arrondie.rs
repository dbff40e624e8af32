//! A table whose counts are all rounded: nothing is masked, and every rate is that of the rounded terms.

use std::collections::{BTreeMap, HashMap};

use referentiel::cellule::Statut;

use super::{EchecProtection, montre};
use crate::brute::{CelluleBrute, Grandeur, TableBrute};
use crate::modele::{self, Modele};
use crate::politique::{Passe, Politique};
use crate::politiques::arrondi::{self, BASE, SansArrondi};
use crate::protegee::{CelluleProtegee, Rapport, TableProtegee, ValeurPubliee};

/// Rounded denominator under which a rate would mostly be the error of its terms.
const DENOMINATEUR_ARRONDI: u64 = 4 * BASE;

/// Rounds, or says why the table cannot be.
pub(super) fn arrondie(
    brute: &TableBrute,
    politique: &Politique,
    passe: &Passe,
) -> Result<TableProtegee, EchecProtection> {
    if brute.cellules().iter().any(|c| matches!(c.grandeur, Grandeur::Montant { .. })) {
        return Err(SansArrondi::Montants.into());
    }
    let modele = modele::cache(brute, politique)?;
    let avant = montrees_avant(brute, &modele, passe)?;
    let arrondies = arrondi::controle(&modele.systeme, &avant)?;
    let differees: BTreeMap<usize, u64> = modele.places.iter().copied().zip(arrondies).collect();
    let modele = Modele { differees, ..modele };
    let cellules: Vec<CelluleProtegee> =
        brute.cellules().iter().enumerate().map(|(i, c)| cellule(i, c, brute, politique, &modele)).collect();
    let rapport = Rapport {
        publiees: cellules.iter().filter(|c| c.valeur.is_some()).count(),
        arrondies: modele.places.len(),
        largeur_atteinte: (!modele.places.is_empty()).then_some(politique.largeur),
        ..Rapport::default()
    };
    Ok(TableProtegee { jeu: brute.jeu().to_owned(), politique: politique.clone(), cellules, rapport })
}

/// The rounding that readers hold of each cell of the system; an exact count, or a mask among exact counts, cannot
/// be mixed with roundings.
fn montrees_avant(brute: &TableBrute, modele: &Modele, passe: &Passe) -> Result<Vec<Option<u64>>, SansArrondi> {
    let avant = |place: &usize| match passe.deja_publiees.get(&brute.cellules()[*place].cle) {
        Some(ValeurPubliee::Effectif(n)) => Some(*n),
        _ => None,
    };
    let mut avant: Vec<Option<u64>> = modele.places.iter().map(avant).collect();
    if !passe.deja_masquees.is_empty() || avant.iter().flatten().any(|n| !n.is_multiple_of(BASE)) {
        return Err(SansArrondi::DejaExacte);
    }
    avant.resize(modele.systeme.cellules().len(), None);
    Ok(avant)
}

fn cellule(
    place: usize,
    cellule: &CelluleBrute,
    brute: &TableBrute,
    politique: &Politique,
    modele: &Modele,
) -> CelluleProtegee {
    let exacte = montre(place, cellule, brute, politique, modele, &mut HashMap::new());
    if !compte(brute, &cellule.grandeur) {
        return exacte;
    }
    match &exacte.valeur {
        Some(ValeurPubliee::Taux { denominateur, .. }) if *denominateur < DENOMINATEUR_ARRONDI.into() => {
            CelluleProtegee { valeur: None, statut: Statut::NonSignificatif, ..exacte }
        }
        Some(_) => CelluleProtegee { statut: Statut::Arrondi, ..exacte },
        None => exacte,
    }
}

/// Whether a figure is a count, or made of counts.
fn compte(brute: &TableBrute, grandeur: &Grandeur) -> bool {
    let de = |cle| brute.cellule(cle).is_some_and(|c| compte(brute, &c.grandeur));
    match grandeur {
        Grandeur::Effectif(_) => true,
        Grandeur::Taux { numerateur, denominateur } => de(numerateur) || de(denominateur),
        Grandeur::Derive { termes } => termes.iter().any(|(_, cle)| de(cle)),
        _ => false,
    }
}
