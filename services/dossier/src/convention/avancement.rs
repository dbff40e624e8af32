//! Plan against realised: what was asked, done, valued, capped and paid, at a date; the pace, and where it leads.
//!
//! Quantities and amounts are told apart, always both: a rate over one says nothing of the other. Computed from
//! nominative cases; the result names situations by their identifier only, and stays at the node.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use referentiel::Decimal;
use serde::Serialize;

use super::cas::Cas;
use super::controle::DocumentConvention;
use super::controle::{ActionImprimee, Bilan};
use super::evaluation::{Decision, Evaluation, Verdict, evaluer};
use super::modele::{Action, Convention, convention};
use super::plan::{Montants, payable, plafonds};
use super::situation::Dossier;
use super::suivi::suivi;
use super::{ErreurConvention, plan};

/// An action: asked and done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AvancementAction {
    /// Code.
    pub action: String,
    /// Title.
    pub libelle: String,
    /// Number of its axis.
    pub axe: u8,
    /// Unit counted.
    pub unite: String,
    /// Units aimed at.
    pub cible: Decimal,
    /// Units done and valued.
    pub realise: Decimal,
    /// Amount asked.
    pub demande_eur: Decimal,
    /// Amount valued, before any ceiling.
    pub valorise_eur: Decimal,
    /// Done over aimed at.
    pub taux_quantite: Option<Decimal>,
    /// Valued over asked.
    pub taux_montant: Option<Decimal>,
    /// Rate of the quantities over the share of the time elapsed: 1 is on time.
    pub rythme: Option<Decimal>,
    /// Units at the end of the convention, at the same pace.
    pub projection: Option<Decimal>,
    /// Day the target is reached at the same pace, if it ever is.
    pub cible_atteinte_le: Option<NaiveDate>,
    /// Situations refused.
    pub refusees: usize,
    /// A lump sum: followed by its indicators, no unit price values it.
    pub forfait: bool,
}

/// An axis: its ceilings and what is left under them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AvancementAxe {
    /// Number.
    pub axe: u8,
    /// Title.
    pub libelle: String,
    /// Amount asked.
    pub demande_eur: Decimal,
    /// Amount valued.
    pub valorise_eur: Decimal,
    /// Valued, within what was asked for the axis.
    pub plafonne_eur: Decimal,
    /// What may still be valued.
    pub marge_eur: Decimal,
    /// Share of the total asked.
    pub part: Option<Decimal>,
    /// Its ceiling, when the convention sets one.
    pub plafond_part: Option<Decimal>,
}

/// Amounts of the whole convention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Totaux {
    /// Asked.
    pub demande_eur: Decimal,
    /// Valued, before any ceiling.
    pub valorise_eur: Decimal,
    /// Payable, once capped as the convention says.
    pub plafonne_eur: Decimal,
    /// Lost to the ceilings.
    pub excedent_eur: Decimal,
    /// Paid so far.
    pub paye_eur: Decimal,
    /// Payable and not yet paid; below zero, paid in advance.
    pub reste_a_payer_eur: Decimal,
}

/// Situations that one rule refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusParMotif {
    /// Rule.
    pub regle: String,
    /// Its words.
    pub libelle: String,
    /// How many.
    pub nombre: usize,
    /// Which ones.
    pub situations: Vec<String>,
}

/// An action beside what it was in the convention before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComparaisonAction {
    /// Code.
    pub action: String,
    /// Codes in the convention before.
    pub anciennes: Vec<String>,
    /// The unit did not change.
    pub comparable: bool,
    /// Why.
    pub motif: String,
    /// Units done each year under the convention before; only when comparable.
    pub ancien_par_an: Option<Decimal>,
    /// Units aimed at each year.
    pub cible_par_an: Option<Decimal>,
}

/// An indicator of the specific action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndicateurSuivi {
    /// Code.
    pub code: String,
    /// What is counted.
    pub libelle: String,
    /// Total over the situations.
    pub valeur: Decimal,
}

/// Plan against realised, at a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Avancement {
    /// Convention.
    pub convention: String,
    /// Date.
    pub au: NaiveDate,
    /// Share of the time of the convention that has elapsed.
    pub temps_ecoule: Decimal,
    /// Actions.
    pub actions: Vec<AvancementAction>,
    /// Axes.
    pub axes: Vec<AvancementAxe>,
    /// Amounts of the whole.
    pub totaux: Totaux,
    /// Ceilings that the plan itself passes, in French.
    pub plafonds_depasses: Vec<String>,
    /// Refused situations, by reason.
    pub refus: Vec<RefusParMotif>,
    /// Beside the convention before.
    pub comparaison: Vec<ComparaisonAction>,
    /// Indicators of the specific action.
    pub indicateurs: Vec<IndicateurSuivi>,
}

/// What became of a situation whose case was erased: a count, nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Residu {
    /// Code of the action.
    pub action: String,
    /// Units.
    pub quantite: Decimal,
    /// Amount valued.
    pub montant_eur: Decimal,
}

/// Values the cases of a convention that had started at a date, in the order they were entered.
pub fn evaluer_les_cas(code: &str, cas: &[Cas], au: NaiveDate) -> Result<Evaluation, ErreurConvention> {
    let commences = cas.iter().filter(|c| c.suivi_par == code && c.situation.date().is_none_or(|jour| jour <= au));
    let situations = commences.map(|c| c.situation.clone()).collect();
    evaluer(&Dossier { convention: Some(code.to_owned()), situations, ..Dossier::default() })
}

/// Plan against realised. `plan` is the convention document; `cas` are in the order they were entered.
pub fn avancement(
    code: &str,
    plan: &DocumentConvention,
    (cas, residus): (&[Cas], &[Residu]),
    au: NaiveDate,
) -> Result<Avancement, ErreurConvention> {
    let modele = convention(code).ok_or_else(|| ErreurConvention::ConventionInconnue(code.to_owned()))?;
    let evaluation = evaluer_les_cas(code, cas, au)?;
    let action_de: BTreeMap<&str, &str> =
        cas.iter().map(|c| (c.situation.id.as_str(), c.situation.action.as_str())).collect();
    let de_l_action = |code: &str| -> Vec<&Verdict> {
        evaluation.verdicts.iter().filter(|v| action_de.get(v.id.as_str()) == Some(&code)).collect()
    };
    let temps_ecoule = temps(modele, au);
    let ligne = |action: &Action| {
        let effaces: Vec<&Residu> = residus.iter().filter(|r| r.action == action.code).collect();
        ligne(modele, action, (&plan.actions, &de_l_action(&action.code), &effaces), temps_ecoule)
    };
    let actions: Vec<AvancementAction> = modele.actions.iter().map(ligne).collect();
    let montants = |valeur: fn(&AvancementAction) -> Decimal| {
        actions.iter().fold(Montants::new(), |mut m, a| {
            *m.entry(a.axe).or_default() += valeur(a);
            m
        })
    };
    let (demandes, valorises) = (montants(|a| a.demande_eur), montants(|a| a.valorise_eur));
    let paye = plan.versements.iter().filter(|v| v.date <= au).map(|v| v.montant_eur.0).sum();
    Ok(Avancement {
        convention: modele.code.clone(),
        au,
        temps_ecoule: temps_ecoule.round_dp(4),
        axes: axes(modele, &demandes, &valorises),
        totaux: totaux(modele, (&demandes, &valorises), paye),
        plafonds_depasses: plafonds(modele, &demandes).into_iter().map(|d: plan::Depassement| d.explication).collect(),
        refus: refus(modele, &evaluation),
        comparaison: comparaison(modele, plan.bilan.as_ref(), &actions),
        indicateurs: indicateurs(code, cas, au),
        actions,
    })
}

/// Share of the days of the convention that have elapsed, the day itself included.
fn temps(modele: &Convention, au: NaiveDate) -> Decimal {
    let jours = |fin: NaiveDate| Decimal::from((fin - modele.debut).num_days() + 1);
    let part = jours(au).checked_div(jours(modele.fin)).unwrap_or_default();
    part.clamp(Decimal::ZERO, Decimal::ONE)
}

fn ligne(
    modele: &Convention,
    action: &Action,
    (plan, verdicts, effaces): (&[ActionImprimee], &[&Verdict], &[&Residu]),
    temps: Decimal,
) -> AvancementAction {
    let prevues = || plan.iter().filter(|a| a.sous_axe() == action.code);
    let cible: Decimal = prevues().filter_map(|a| a.cible).map(|c| c.0).sum();
    let demande_eur: Decimal = prevues().filter_map(|a| a.montant_demande_eur).map(|m| m.0).sum();
    let realise = verdicts.iter().map(|v| Decimal::from(v.quantite)).sum::<Decimal>()
        + effaces.iter().map(|r| r.quantite).sum::<Decimal>();
    let valorise_eur = verdicts.iter().map(|v| v.montant_eur).sum::<Decimal>()
        + effaces.iter().map(|r| r.montant_eur).sum::<Decimal>();
    let taux_quantite = realise.checked_div(cible);
    let projection = realise.checked_div(temps);
    AvancementAction {
        action: action.code.clone(),
        libelle: action.libelle.clone(),
        axe: action.axe,
        unite: action.unite.clone(),
        cible,
        realise,
        demande_eur,
        valorise_eur,
        taux_quantite: taux_quantite.map(|t| t.round_dp(4)),
        taux_montant: valorise_eur.checked_div(demande_eur).map(|t| t.round_dp(4)),
        rythme: taux_quantite.and_then(|t| t.checked_div(temps)).map(|r| r.round_dp(2)),
        projection: projection.map(|p| p.round_dp(1)),
        cible_atteinte_le: cible_atteinte_le(modele, (cible, realise), temps),
        refusees: verdicts.iter().filter(|v| v.verdict == Decision::Refuse).count(),
        forfait: action.prix_eur.is_none() && action.paliers.is_empty(),
    }
}

/// The day the target is reached at the pace so far; none when nothing was done.
fn cible_atteinte_le(modele: &Convention, (cible, realise): (Decimal, Decimal), temps: Decimal) -> Option<NaiveDate> {
    if cible.is_zero() {
        return None;
    }
    let jours = Decimal::from((modele.fin - modele.debut).num_days() + 1);
    let jours = (jours * temps * cible).checked_div(realise)?.round_dp(6).ceil();
    modele.debut.checked_add_days(Days::new(u64::try_from(jours).ok()?.saturating_sub(1)))
}

fn axes(modele: &Convention, demandes: &Montants, valorises: &Montants) -> Vec<AvancementAxe> {
    let total: Decimal = demandes.values().sum();
    let de = |montants: &Montants, axe: u8| montants.get(&axe).copied().unwrap_or_default();
    let axe = |axe: &super::modele::Axe| {
        let (demande_eur, valorise_eur) = (de(demandes, axe.numero), de(valorises, axe.numero));
        let plafonne_eur = valorise_eur.min(demande_eur);
        AvancementAxe {
            axe: axe.numero,
            libelle: axe.libelle.clone(),
            demande_eur,
            valorise_eur,
            plafonne_eur,
            marge_eur: demande_eur - plafonne_eur,
            part: demande_eur.checked_div(total).map(|p| p.round_dp(4)),
            plafond_part: axe.plafond_part,
        }
    };
    modele.axes.iter().map(axe).collect()
}

fn totaux(modele: &Convention, (demandes, valorises): (&Montants, &Montants), paye_eur: Decimal) -> Totaux {
    let valorise_eur: Decimal = valorises.values().sum();
    let plafonne_eur = payable(modele, demandes, valorises);
    Totaux {
        demande_eur: demandes.values().sum(),
        valorise_eur,
        plafonne_eur,
        excedent_eur: valorise_eur - plafonne_eur,
        paye_eur,
        reste_a_payer_eur: plafonne_eur - paye_eur,
    }
}

fn refus(modele: &Convention, evaluation: &Evaluation) -> Vec<RefusParMotif> {
    let mut par_regle: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for verdict in &evaluation.verdicts {
        if let Some(regle) = &verdict.regle {
            par_regle.entry(regle).or_default().push(verdict.id.clone());
        }
    }
    let libelle = |id: &str| modele.regles.iter().find(|r| r.id == id).map_or(String::new(), |r| r.libelle.clone());
    let motif = |(regle, situations): (&str, Vec<String>)| RefusParMotif {
        regle: regle.to_owned(),
        libelle: libelle(regle),
        nombre: situations.len(),
        situations,
    };
    par_regle.into_iter().map(motif).collect()
}

/// Years from the first day to the last.
fn annees(modele: &Convention) -> Decimal {
    Decimal::from((1..).take_while(|n| super::duree::terme(modele.debut, 12 * n) < modele.fin).count() + 1)
}

fn comparaison(modele: &Convention, bilan: Option<&Bilan>, actions: &[AvancementAction]) -> Vec<ComparaisonAction> {
    let ancien = bilan.and_then(|b| {
        let nom = b.modele.as_deref()?.to_ascii_lowercase();
        convention(&nom).or_else(|| convention(&format!("fiphfp-{nom}")))
    });
    let realise_ancien = |codes: &[String]| -> Option<Decimal> {
        let concernees = bilan?.lignes.iter().filter(|l| {
            let du_detail = || !l.detail.is_empty() && l.detail.keys().all(|code| codes.contains(code));
            l.code.as_ref().map_or_else(du_detail, |code| codes.contains(code))
        });
        concernees.map(|l| l.resultat.0).sum::<Decimal>().checked_div(annees(ancien?))
    };
    let compare = |c: &super::modele::Comparaison| {
        let cible = actions.iter().find(|a| a.action == c.action).map(|a| a.cible);
        ComparaisonAction {
            action: c.action.clone(),
            anciennes: c.anciennes.clone(),
            comparable: c.comparable,
            motif: c.motif.clone(),
            ancien_par_an: realise_ancien(&c.anciennes).filter(|_| c.comparable).map(|n| n.round_dp(1)),
            cible_par_an: cible
                .and_then(|n| n.checked_div(annees(modele)))
                .filter(|_| c.comparable)
                .map(|n| n.round_dp(1)),
        }
    };
    modele.comparaisons.iter().map(compare).collect()
}

fn indicateurs(code: &str, cas: &[Cas], au: NaiveDate) -> Vec<IndicateurSuivi> {
    let declares = suivi(code).into_iter().flat_map(|s| &s.indicateurs);
    declares
        .map(|i| {
            let concernes = cas.iter().filter(|c| {
                c.suivi_par == code
                    && c.situation.action == i.action
                    && c.situation.date().is_none_or(|jour| jour <= au)
            });
            let valeur = concernes.filter_map(|c| c.indicateurs.get(&i.code)).sum();
            IndicateurSuivi { code: i.code.clone(), libelle: i.libelle.clone(), valeur }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::controle::lire;
    use super::super::tests::admise;
    use super::*;

    const PLAN: &str = include_str!("../../../../schema/conventions/exemples/cdg70-2026-2029.json");

    fn jour(texte: &str) -> NaiveDate {
        texte.parse().unwrap()
    }

    fn cas(action: &str, combien: usize) -> Vec<Cas> {
        let cas = |n: usize| {
            let mut situation = admise(&format!("{action}-{n}"), action, &format!("{action}-P{n}"));
            situation.employeur.siret = Some(format!("2692003740{n:04}"));
            Cas { suivi_par: "fiphfp-v5".to_owned(), situation, ..Cas::default() }
        };
        (0..combien).map(cas).collect()
    }

    fn bilan(cas: &[Cas], au: &str) -> Avancement {
        avancement("fiphfp-v5", &lire(PLAN).unwrap(), (cas, &[]), jour(au)).unwrap()
    }

    fn action<'a>(avancement: &'a Avancement, code: &str) -> &'a AvancementAction {
        avancement.actions.iter().find(|a| a.action == code).unwrap()
    }

    fn d(texte: &str) -> Decimal {
        texte.parse().unwrap()
    }

    #[test]
    fn the_plan_of_the_example_is_gathered_by_action() {
        let vide = bilan(&[], "2026-12-31");
        let demandes: Vec<String> = vide.axes.iter().map(|a| a.demande_eur.to_string()).collect();
        assert_eq!(demandes, ["22000", "68000", "113500", "90000", "5000"]);
        assert_eq!((action(&vide, "2.1").cible, action(&vide, "2.2").demande_eur), (d("40"), d("28000")));
        assert_eq!((vide.totaux.demande_eur, vide.totaux.valorise_eur), (d("298500"), d("0")));
        assert_eq!((action(&vide, "3.1").taux_quantite, action(&vide, "3.1").cible_atteinte_le), (Some(d("0")), None));
        assert!(action(&vide, "5").forfait);
        assert_eq!(vide.plafonds_depasses, Vec::<String>::new());
    }

    #[test]
    fn quantity_and_amount_pace_and_projection_are_told() {
        let mut tous = cas("1.2", 20);
        // The same collectivité again counts nothing more.
        let mut encore = tous[0].clone();
        encore.situation.id = "encore".to_owned();
        tous.push(encore);
        let avancement = bilan(&tous, "2026-12-31");
        assert_eq!(avancement.temps_ecoule, d("0.2498"));
        let ligne = action(&avancement, "1.2");
        assert_eq!((ligne.realise, ligne.valorise_eur, ligne.refusees), (d("20"), d("5000"), 0));
        assert_eq!((ligne.taux_quantite, ligne.taux_montant), (Some(d("0.5")), Some(d("0.5"))));
        assert_eq!((ligne.rythme, ligne.projection), (Some(d("2.00")), Some(d("80.1"))));
        assert_eq!(ligne.cible_atteinte_le, Some(jour("2027-12-31")));
        assert_eq!(bilan(&tous, "2026-01-15").totaux.valorise_eur, d("0"), "none had started");
    }

    #[test]
    fn valued_capped_and_paid_are_three_amounts() {
        let mut plan = lire(PLAN).unwrap();
        plan.versements = serde_json::from_str(
            r#"[{"date": "2026-06-01", "montant_eur": 9000}, {"date": "2028-06-01", "montant_eur": 1}]"#,
        )
        .unwrap();
        // A hundred collectivités at 250 € pass the 22 000 € asked for axis 1.
        let tous = cas("1.2", 100);
        let avancement = avancement("fiphfp-v5", &plan, (&tous, &[]), jour("2026-12-31")).unwrap();
        let t = &avancement.totaux;
        assert_eq!((t.valorise_eur, t.plafonne_eur, t.excedent_eur), (d("25000"), d("22000"), d("3000")));
        assert_eq!((t.paye_eur, t.reste_a_payer_eur), (d("9000"), d("13000")));
        assert_eq!(avancement.axes[0].marge_eur, d("0"));
    }

    #[test]
    fn refusals_are_grouped_by_rule_and_erased_cases_still_count() {
        let mut tous = cas("3.1", 3);
        tous[1].situation.qualite = Some("sans".to_owned());
        tous[2].situation.qualite = Some("sans".to_owned());
        let residus = [Residu { action: "3.1".to_owned(), quantite: d("2"), montant_eur: d("600") }];
        let avancement = avancement("fiphfp-v5", &lire(PLAN).unwrap(), (&tous, &residus), jour("2027-06-30")).unwrap();
        assert_eq!(avancement.refus.len(), 1);
        assert_eq!((avancement.refus[0].regle.as_str(), avancement.refus[0].nombre), ("R-A3-PUBLIC", 2));
        assert_eq!(avancement.refus[0].situations, ["3.1-1", "3.1-2"]);
        let ligne = action(&avancement, "3.1");
        assert_eq!((ligne.realise, ligne.valorise_eur, ligne.refusees), (d("3"), d("900"), 2));
    }

    #[test]
    fn only_what_kept_its_unit_is_compared_with_the_convention_before() {
        let avancement = bilan(&[], "2026-12-31");
        let dites: Vec<_> = avancement
            .comparaison
            .iter()
            .map(|c| (c.action.as_str(), c.comparable, c.ancien_par_an, c.cible_par_an))
            .collect();
        assert_eq!(dites[0], ("1.1", false, None, None));
        assert_eq!(dites[3], ("2.2", true, Some(d("9.3")), Some(d("3.5"))));
        assert_eq!(dites[4], ("3.1", true, Some(d("15.7")), Some(d("11.2"))));
        assert_eq!(dites[5], ("3.2", true, Some(d("10.7")), Some(d("10"))));
        assert_eq!(dites[7], ("4", true, Some(d("4")), Some(d("2.5"))));
    }

    #[test]
    fn the_indicators_of_the_specific_action_add_up() {
        let mut deux = cas("5", 2);
        for cas in &mut deux {
            cas.indicateurs.insert("temps_de_coordination".to_owned(), d("2"));
        }
        let avancement = bilan(&deux, "2026-12-31");
        assert_eq!(avancement.indicateurs.len(), 6);
        assert_eq!(avancement.indicateurs[0].valeur, d("4"));
        assert_eq!(avancement.totaux.valorise_eur, d("0"));
    }
}
