//! The rules a table was protected with must not be softer than the floor, the jeu and the hub's own
//! thresholds.

use publication::{CodeRefus, Refus};
use referentiel::cellule::Audience;
use referentiel::jeu::{Jeu, Seuils};
use secret_statistique::Politique;

/// Smallest denominator of a rate: domain notes §2, « dénominateur < 5 : pas de taux ».
const DENOMINATEUR_PLANCHER: u64 = 5;

/// Thresholds an audience demands of a jeu: those of the jeu, raised by the hub's own, never under the floor. None
/// when the jeu is not published for that audience.
pub fn exiges(jeu: &Jeu, audience: Audience, releves: Option<&Seuils>) -> Option<Seuils> {
    let declares = jeu.audiences.get(&audience)?;
    let exige = |du_jeu: u64, releve: Option<u64>| du_jeu.max(releve.unwrap_or(0)).max(Seuils::PLANCHER);
    Some(Seuils {
        seuil: exige(declares.seuil, releves.map(|s| s.seuil)),
        seuil_sensible: exige(declares.seuil_sensible, releves.map(|s| s.seuil_sensible)),
    })
}

pub fn objections(politique: &Politique, jeu: &Jeu, releves: Option<&Seuils>) -> Vec<Refus> {
    let audience = politique.audience.code();
    let refus = |detail: String| Refus::nouveau(CodeRefus::SdcPolicyBelowFloor, detail);
    let Some(exiges) = exiges(jeu, politique.audience, releves) else {
        return vec![refus(format!("Le jeu {} n’est pas publié pour l’audience « {audience} ».", jeu.code))];
    };
    let mesures = [
        ("seuil", politique.seuil, exiges.seuil),
        ("seuil sensible", politique.seuil_sensible, exiges.seuil_sensible),
        ("dénominateur minimal", politique.denominateur_minimal, DENOMINATEUR_PLANCHER),
    ];
    let methode = politique.methode;
    // Masking is what is left where a table does not allow what its jeu asks for.
    let etrangere = (methode != jeu.politique && !methode.est_masquage()).then(|| {
        let (lue, attendue) = (methode.code(), jeu.politique.code());
        refus(format!("Audience « {audience} », politique : {lue} lu, {attendue} déclaré par le jeu."))
    });
    let mut objections: Vec<Refus> = mesures
        .into_iter()
        .filter(|(_, lu, exige)| lu < exige)
        .map(|(nom, lu, exige)| refus(format!("Audience « {audience} », {nom} : {lu} lu, {exige} exigé.")))
        .collect();
    let oublies = jeu.axes.iter().filter(|a| a.sensible && !politique.axes_sensibles.contains(&a.code));
    objections.extend(etrangere);
    objections.extend(oublies.map(|a| refus(format!("Audience « {audience} » : l’axe « {} » est sensible.", a.code))));
    objections
}

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::jeu::{Methode, jeu};

    #[test]
    fn only_a_policy_at_least_as_strict_passes() {
        let jeu = jeu("ea.indicateurs").unwrap();
        let bonne = Politique::du_jeu(jeu, Audience::Reseau).unwrap();
        assert!(objections(&bonne, jeu, None).is_empty());
        let plus_haut = Seuils { seuil: 6, seuil_sensible: 11 };
        assert_eq!(objections(&bonne, jeu, Some(&plus_haut)).len(), 1);
        let stricte = Politique { seuil: 20, seuil_sensible: 20, ..bonne.clone() };
        assert!(objections(&stricte, jeu, Some(&plus_haut)).is_empty());
        for molle in [
            Politique { seuil: 4, ..bonne.clone() },
            Politique { seuil_sensible: 10, ..bonne.clone() },
            Politique { denominateur_minimal: 1, ..bonne.clone() },
            Politique { axes_sensibles: Default::default(), ..bonne.clone() },
            Politique { methode: Methode::Arrondi, ..bonne.clone() },
            Politique { audience: Audience::Convention, ..bonne },
        ] {
            let lues = objections(&molle, jeu, None);
            assert!(!lues.is_empty() && lues.iter().all(|r| r.code() == CodeRefus::SdcPolicyBelowFloor), "{molle:?}");
        }
    }
}
