//! The conventions of the story: the plan of each centre that has one, and the table of its accompaniments. One of them
//! was asked too little for an axis: what it realised passes its ceiling.

use serde_json::Value;

use super::accompagnements;
use super::centres::Centre;

const PLAN: &str = include_str!("../../../../schema/conventions/exemples/cdg70-2026-2029.json");

/// The mapping of the table, the same for all.
pub const CORRESPONDANCE: &str =
    include_str!("../../../../schema/conventions/exemples/accompagnements.correspondance.toml");

/// What a centre brings: its plan as JSON, its accompaniments as CSV.
pub struct Apport {
    /// Plan.
    pub plan: String,
    /// Accompaniments.
    pub tableau: String,
}

/// The convention of a centre; none for those that have not signed one.
pub fn apport(centre: &Centre) -> Option<Apport> {
    // (quarters of the example's plan, times its accompaniments)
    let (quarts, fois) = match centre.dossier {
        "cdg70" => (4, 1),
        "cdg25" => (1, 2),
        "cdg67" => (4, 2),
        _ => return None,
    };
    Some(Apport { plan: plan(quarts)?, tableau: accompagnements::tableau(fois)? })
}

/// The example's plan, its targets and amounts brought to so many quarters.
fn plan(quarts: u64) -> Option<String> {
    if quarts == 4 {
        return Some(PLAN.to_owned());
    }
    let mut lu: Value = serde_json::from_str(PLAN).ok()?;
    for action in lu.get_mut("actions")?.as_array_mut()? {
        for champ in ["cible", "montant_demande_eur"] {
            if let Some(valeur) = action.get_mut(champ)
                && let Some(entier) = valeur.as_u64()
            {
                *valeur = Value::from((entier * quarts).div_ceil(4));
            }
        }
    }
    Some(lu.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recit::CENTRES;

    #[test]
    fn three_centres_have_a_convention_and_one_asked_less() {
        let apports: Vec<Apport> = CENTRES.iter().filter_map(apport).collect();
        assert_eq!(apports.len(), 3);
        assert!(apports[1].plan.contains("\"cible\":4") && apports[1].tableau.len() > apports[0].tableau.len());
    }
}
