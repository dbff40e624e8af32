//! `fiphfp.plan` and `fiphfp.avancement`: nobody keys them, they are computed from the convention document
//! and the cases the node keeps. Counts and amounts by action leave this module, no case does.

use anyhow::{Context, Result};
use dossier::convention::avancement::{Avancement, avancement};
use dossier::convention::cas::Cas;
use dossier::convention::controle;
use node_storage::Base;
use node_storage::situation::Lecture;
use referentiel::Decimal;
use referentiel::cellule::Ventilation;
use referentiel::jeu::declaration::{Coordonnee, Declaration};
use referentiel::periode::Trimestre;

/// The convention these jeux speak of.
const CONVENTION: &str = "fiphfp-v5";
/// Axis of the actions.
const AXE: &str = "fiphfp_action";
/// What the rates of progress are over, declared every year with the activity of the centre.
const DENOMINATEURS: [(&str, &str); 2] = [("AC_AFFILIEES", "FP_AFFILIEES"), ("AC_AGENTS", "FP_AGENTS")];

/// Rule of the documents due at each review.
const PIECES: &str = "R-PIECES";

/// The jeux computed here.
pub const JEUX: [&str; 2] = ["fiphfp.plan", "fiphfp.avancement"];

/// True when the node keeps a plan, without which there is nothing to publish.
pub async fn a_un_plan(base: &Base) -> Result<bool> {
    Ok(base.plan(CONVENTION).await?.is_some())
}

/// What one of these jeux declares at the end of a period; none without a plan.
pub async fn declaration(base: &Base, jeu: &str, periode: Trimestre, l: Lecture<'_>) -> Result<Option<Declaration>> {
    let Some(plan) = base.plan(CONVENTION).await? else { return Ok(None) };
    let plan = controle::lire(&plan)?;
    let cas: Vec<Cas> = base.situations(CONVENTION, l).await?.into_iter().map(|c| c.cas).collect();
    let residus = base.residus(CONVENTION).await?;
    let etat = avancement(CONVENTION, &plan, (&cas, &residus), periode.fin()).context("Le plan ne s’évalue pas.")?;
    let mut declaration = Declaration::default();
    if jeu == "fiphfp.plan" {
        plan_d_actions(&mut declaration, &etat);
    } else {
        realise(&mut declaration, &etat);
        let annee = Trimestre::nouveau(periode.annee(), 4)?;
        let activite = match base.declaration("activite.cdg", &annee.to_string()).await? {
            Some(activite) => Some(activite),
            None => base.declaration_avant("activite.cdg", &annee.to_string()).await?,
        };
        for (declaree, reprise) in DENOMINATEURS {
            let lue = activite.as_ref().and_then(|a| a.valeur(declaree, &Ventilation::default()));
            pose(&mut declaration, reprise, None, lue);
        }
    }
    Ok(Some(declaration))
}

fn plan_d_actions(d: &mut Declaration, etat: &Avancement) {
    for action in etat.actions.iter().filter(|a| !a.demande_eur.is_zero() || !a.cible.is_zero()) {
        pose(d, "FP_CIBLE", Some(&action.action), Some(action.cible));
        pose(d, "FP_DEMANDE", Some(&action.action), Some(action.demande_eur));
    }
    pose(d, "FP_DEMANDE", None, Some(etat.totaux.demande_eur));
}

fn realise(d: &mut Declaration, etat: &Avancement) {
    for action in &etat.actions {
        pose(d, "FP_REALISE", Some(&action.action), Some(action.realise));
        pose(d, "FP_VALORISE", Some(&action.action), Some(action.valorise_eur));
        pose(d, "FP_REFUSEES", Some(&action.action), Some(Decimal::from(action.refusees)));
    }
    let pieces = etat.refus.iter().filter(|r| r.regle == PIECES).map(|r| r.nombre).sum::<usize>();
    pose(d, "FP_PIECES", None, Some(Decimal::from(pieces)));
    let t = &etat.totaux;
    pose(d, "FP_VALORISE", None, Some(t.valorise_eur));
    pose(d, "FP_PLAFONNE", None, Some(t.plafonne_eur));
    pose(d, "FP_PAYE", None, Some(t.paye_eur));
    pose(d, "FP_TEMPS", None, Some((etat.temps_ecoule * Decimal::ONE_HUNDRED).round_dp(1)));
}

fn pose(d: &mut Declaration, mesure: &str, action: Option<&str>, valeur: Option<Decimal>) {
    let ventilation = Ventilation::nouvelle(action.map(|a| (AXE, a)));
    let place = Coordonnee { mesure: mesure.to_owned(), ventilation };
    d.cellules.extend(valeur.map(|v| (place, v)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use dossier::convention::convention;
    use referentiel::jeu::jeu;

    #[test]
    fn the_actions_of_the_jeux_are_those_of_the_convention() {
        let actions: Vec<&str> = convention(CONVENTION).unwrap().actions.iter().map(|a| a.code.as_str()).collect();
        for code in JEUX {
            let liste = jeu(code).unwrap().nomenclature(AXE).unwrap();
            assert_eq!(liste.modalites.iter().map(|m| m.code.as_str()).collect::<Vec<_>>(), actions, "{code}");
        }
        assert!(convention(CONVENTION).unwrap().regles.iter().any(|r| r.id == PIECES));
        let activite = jeu("activite.cdg").unwrap();
        for (declaree, reprise) in DENOMINATEURS {
            let perimetre = |jeu: &referentiel::jeu::Jeu, mesure| jeu.mesure(mesure).unwrap().perimetre.clone();
            assert_eq!(perimetre(activite, declaree), perimetre(jeu(JEUX[1]).unwrap(), reprise), "{reprise}");
        }
    }
}
