//! Each cell by itself: its value has the nature of its measure, a count shown is zero or reaches its
//! threshold, a rate or a combination shows only what its terms show.

use publication::{CodeRefus, Refus};
use referentiel::Decimal;
use referentiel::cellule::Audience;
use referentiel::jeu::{Mesure, Methode, Nature, Terme};
use secret_statistique::{CelluleProtegee, Politique, ValeurPubliee, Zeros};

use super::codage::{CleCodee, Codage, TableCodee};

pub fn objections(codage: &Codage<'_>, table: &TableCodee<'_>, politique: &Politique) -> Vec<Refus> {
    let mut refus: Vec<Refus> = table
        .index
        .iter()
        .filter_map(|(cle, cellule)| {
            let valeur = cellule.valeur.as_ref()?;
            let mesure = codage.mesure(*cle)?;
            let objection = objection(codage, table, politique, *cle, mesure, cellule, valeur)?;
            Some(Refus::nouveau(objection.0, objection.1).sur_cellule(&cellule.cle))
        })
        .collect();
    refus.sort_by(|a, b| a.cellule().cmp(&b.cellule()));
    refus
}

type Objection = (CodeRefus, &'static str);

fn objection(
    codage: &Codage<'_>,
    table: &TableCodee<'_>,
    politique: &Politique,
    cle: CleCodee,
    mesure: &Mesure,
    cellule: &CelluleProtegee,
    valeur: &ValeurPubliee,
) -> Option<Objection> {
    match (mesure.nature, valeur) {
        // Quantities and amounts of a convention concern its signatories, who see them exactly.
        (Nature::Contractuel, ValeurPubliee::Decimal(v)) if politique.audience == Audience::Convention => {
            v.is_sign_negative().then_some((CodeRefus::SchemaInvalid, "Le chiffre est négatif."))
        }
        (nature, ValeurPubliee::Effectif(n)) if nature.compte_des_personnes() || contractuel(nature, politique) => {
            // A multiple of five next to the true count: a small one is hidden among its neighbours.
            let montrable = politique.methode == Methode::Arrondi
                || if *n == 0 { politique.zeros == Zeros::Montres } else { *n >= politique.seuil_de(&cellule.cle) };
            (!montrable).then_some((CodeRefus::SdcCellBelowThreshold, "L’effectif doit être masqué."))
        }
        (Nature::Taux, ValeurPubliee::Taux { numerateur, denominateur }) => {
            let termes = [(&mesure.numerateur, *numerateur), (&mesure.denominateur, *denominateur)];
            for (terme, lu) in termes {
                let terme = terme.as_ref()?;
                match visible(codage, table, terme, cle) {
                    None => return Some((CodeRefus::SdcRecoverableCell, "Le taux montre un terme qui ne l’est pas.")),
                    Some(montre) if montre != lu => {
                        return Some((CodeRefus::SumMarginMismatch, "Un terme du taux contredit sa propre cellule."));
                    }
                    Some(_) => {}
                }
            }
            let minimum = denominateur_minimal(codage, mesure, politique);
            (*denominateur < minimum)
                .then_some((CodeRefus::SdcCellBelowThreshold, "Le dénominateur est trop petit pour un taux."))
        }
        (Nature::Derive, ValeurPubliee::Decimal(lu)) => {
            let termes = mesure.combinaison.iter().map(|t| Some(t.poids * visible(codage, table, &t.terme, cle)?));
            match termes.sum::<Option<Decimal>>() {
                None => Some((CodeRefus::SdcRecoverableCell, "La combinaison montre un terme qui ne l’est pas.")),
                Some(somme) if somme != *lu => {
                    Some((CodeRefus::SumMarginMismatch, "La combinaison contredit ses termes."))
                }
                Some(_) => None,
            }
        }
        (Nature::Operationnel | Nature::Statistique, ValeurPubliee::Decimal(v)) => {
            v.is_sign_negative().then_some((CodeRefus::SchemaInvalid, "Le chiffre est négatif."))
        }
        _ => Some((CodeRefus::SchemaInvalid, "La valeur n’a pas la nature de sa mesure.")),
    }
}

/// For all others, what a convention pays for is a count of persons.
fn contractuel(nature: Nature, politique: &Politique) -> bool {
    nature == Nature::Contractuel && politique.audience != Audience::Convention
}

fn visible(codage: &Codage<'_>, table: &TableCodee<'_>, terme: &Terme, place: CleCodee) -> Option<Decimal> {
    match table.index.get(&codage.cle_du_terme(terme, place)?)?.valeur.as_ref()? {
        ValeurPubliee::Effectif(n) => Some(Decimal::from(*n)),
        ValeurPubliee::Decimal(v) => Some(*v),
        ValeurPubliee::Taux { .. } => None,
    }
}

/// Five persons; anything above zero for places and ETP.
fn denominateur_minimal(codage: &Codage<'_>, mesure: &Mesure, politique: &Politique) -> Decimal {
    let nature = mesure.denominateur.as_ref().and_then(|t| codage.jeu.mesure(&t.mesure)).map(|m| m.nature);
    match nature {
        Some(Nature::Operationnel) => Decimal::new(1, 2),
        _ => Decimal::from(politique.denominateur_minimal),
    }
}
