//! Situations of the document (section 7): each refusal of the rules under the code of its check, SIRET (C-FI-15), tiers
//! of the apprentices (C-V5-10).

use referentiel::format::euros;

use super::super::evaluation::{Decision, Verdict, evaluer};
use super::super::modele::{Action, Convention};
use super::super::situation::{Dossier, Situation};
use super::super::{ErreurConvention, modele};
use super::document::DocumentConvention;
use super::forme::siret;
use super::recueil::{AnomalieDocument, Recueil};

pub(super) fn controle(
    document: &DocumentConvention,
    modele: Option<&Convention>,
    recueil: &mut Recueil,
) -> Result<(), ErreurConvention> {
    if document.situations.is_empty() {
        return Ok(());
    }
    let dossier = Dossier {
        convention: modele.map(|m| m.code.clone()),
        parametres: document.parametres.clone(),
        situations: document.situations.clone(),
    };
    let evaluation = evaluer(&dossier)?;
    let convention = dossier.convention.as_deref().map_or_else(modele_par_defaut, modele::convention);
    let mut comptees = std::collections::BTreeMap::<&str, usize>::new();
    for (rang, (situation, verdict)) in dossier.situations.iter().zip(&evaluation.verdicts).enumerate() {
        if let Some(texte) = &situation.employeur.siret {
            siret(format!("situations[{rang}].employeur.siret"), texte, recueil);
        }
        refus(rang, situation, verdict, convention, recueil);
        let action = convention.and_then(|c| c.action(&situation.action)).filter(|a| !a.paliers.is_empty());
        if let Some(action) = action.filter(|_| verdict.verdict == Decision::Valorisable) {
            let n = comptees.entry(&situation.action).or_default();
            *n += 1;
            palier(rang, action, *n, recueil);
        }
    }
    Ok(())
}

fn modele_par_defaut() -> Option<&'static Convention> {
    modele::convention(super::super::evaluation::CONVENTION_PAR_DEFAUT)
}

fn refus(
    rang: usize,
    situation: &Situation,
    verdict: &Verdict,
    convention: Option<&Convention>,
    recueil: &mut Recueil,
) {
    let rubrique = format!("situations[{rang}]");
    let Some(regle) = &verdict.regle else {
        let constat = format!("Situation {} : {}", verdict.id, verdict.explication);
        return recueil.conforme("C-V5", rubrique, constat);
    };
    let code = code_du_controle(regle, situation);
    let enonce = convention.and_then(|c| c.regles.iter().find(|r| r.id == *regle));
    let attendu = enonce.map_or(regle.clone(), |r| r.libelle.clone());
    let message =
        format!("Situation {} (action {}, règle {regle}) : {}", verdict.id, situation.action, verdict.explication);
    let lu = format!("situation {}", verdict.id);
    let anomalie = AnomalieDocument::nouvelle(code.unwrap_or(regle), rubrique, (lu, attendu), message);
    recueil.signale(match regle.as_str() {
        "R-A2-PERENNE" => anomalie.propose("action 2.1, si le CDD atteint six mois"),
        "R-PIECES" | "R-A3-MEDECIN" => anomalie.propose("joindre la pièce qui manque"),
        _ => anomalie.propose("ne pas la valoriser"),
    });
}

/// The check that tells a refusal; a rule that has none is told under its own name.
pub fn code_du_controle(regle: &str, situation: &Situation) -> Option<&'static str> {
    Some(match (regle, situation.action.as_str()) {
        ("R-A2-6MOIS", _) => "C-V5-01",
        ("R-A2-PERENNE", _) => "C-V5-02",
        ("R-A2-DELAI", _) => "C-V5-03",
        ("R-A2-UNIQUE", _) => "C-V5-04",
        ("R-A3-UNIQUE", _) | ("R-A3-PUBLIC", "3.1") => "C-V5-05",
        ("R-A3-DUREE", _) => "C-V5-06",
        ("R-A3-MEDECIN", "3.2") => "C-V5-07",
        ("R-A3-MEDECIN", _) => "C-V5-08",
        ("R-A3-GRATUIT" | "R-A3-EXCLU", _) => "C-V5-09",
        ("R-EMPL", _) if situation.employeur_conventionne_fiphfp => "C-V5-11",
        ("R-DUREE", _) => "C-V5-12",
        ("R-PIECES", _) => "C-FI-14",
        _ => return None,
    })
}

/// C-V5-10: the first apprentice of a tier changes the price of those that follow.
fn palier(rang: usize, action: &Action, n: usize, recueil: &mut Recueil) {
    let Some(i) = action.paliers.iter().position(|p| p.a_partir_de == n).filter(|i| *i > 0) else { return };
    let (Some(palier), Some(avant)) = (action.paliers.get(i), action.paliers.get(i - 1)) else { return };
    let message = format!(
        "Au-delà de {} apprentis, un autre tarif s’applique : {} au lieu de {} ({}). Confirmez la grille.",
        n - 1,
        euros(palier.prix_eur),
        euros(avant.prix_eur),
        palier.statut
    );
    let rubrique = format!("situations[{rang}]");
    recueil.signale(AnomalieDocument::nouvelle(
        "C-V5-10",
        rubrique,
        (format!("apprenti n° {n}"), format!("au plus {} au tarif de {}", n - 1, euros(avant.prix_eur))),
        message,
    ));
}
