//! Properties of the engine over drawn situations.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use proptest::sample::select;
use referentiel::Decimal;

use super::super::situation::{Contrat, Dossier, Situation};
use super::super::{Evaluation, evaluer};
use super::admise;

fn evalue(situations: Vec<Situation>) -> Evaluation {
    evaluer(&Dossier { situations, ..Dossier::default() }).unwrap()
}

fn premier_jour() -> NaiveDate {
    "2026-01-01".parse().unwrap()
}

prop_compose! {
    /// A situation close to the edges of its rules.
    fn situation()(
        action in select(&["2.1", "2.2", "3.1", "3.2", "3.3", "4"]),
        personne in 0u8..4,
        debut in 0u64..1400,
        duree in 150u64..400,
        genre in select(&["CDD", "CDI"]),
        fin_parcours in 0u64..1400,
        public in select(&["interim", "apprenti", "demandeur_emploi"]),
        qualite in select(&["BOE", "BOE", "BOE", "apte_avec_restrictions"]),
    ) -> Situation {
        let debut = premier_jour() + Days::new(debut);
        let fin = debut + Days::new(duree);
        let modele = admise("S", action, &format!("P{personne}"));
        Situation {
            public: Some(public.to_owned()),
            qualite: Some(qualite.to_owned()),
            fin_parcours: Some(premier_jour() + Days::new(fin_parcours)),
            contrats: modele.contrats.iter().map(|_| Contrat {
                genre: genre.to_owned(),
                debut,
                fin: (genre == "CDD").then_some(fin),
            }).collect(),
            debut: modele.debut.map(|_| debut),
            fin: modele.fin.map(|_| fin),
            ..modele
        }
    }
}

fn decale(situation: &Situation, jours: u64) -> Situation {
    let plus_tard = |jour: NaiveDate| jour + Days::new(jours);
    let mut decalee = situation.clone();
    for contrat in &mut decalee.contrats {
        contrat.debut = plus_tard(contrat.debut);
        contrat.fin = contrat.fin.map(plus_tard);
    }
    decalee
}

/// The same action on two lines, cut at a day.
fn coupe(situation: &Situation, jours: u64) -> Option<[Situation; 2]> {
    let milieu = situation.date()? + Days::new(jours);
    let lendemain = milieu + Days::new(1);
    let (mut debut, mut suite) = (situation.clone(), situation.clone());
    if let Some(contrat) = situation.contrats.first() {
        contrat.fin.filter(|fin| *fin > milieu)?;
        debut.contrats[0].fin = Some(milieu);
        suite.contrats[0].debut = lendemain;
    } else {
        situation.fin.filter(|fin| *fin > milieu)?;
        debut.fin = Some(milieu);
        suite.debut = Some(lendemain);
    }
    Some([debut, suite])
}

proptest! {
    #[test]
    fn a_later_start_never_turns_a_late_recruitment_into_an_accepted_one(
        situation in situation(), jours in 1u64..800,
    ) {
        let regle = |s: Situation| evalue(vec![s]).verdicts[0].regle.clone();
        if regle(situation.clone()).as_deref() == Some("R-A2-DELAI") {
            prop_assert!(regle(decale(&situation, jours)).is_some());
        }
    }

    #[test]
    fn cutting_a_valued_action_into_two_lines_never_raises_the_total(situation in situation(), jours in 1u64..300) {
        let entiere = evalue(vec![situation.clone()]).total_eur;
        if let Some(deux) = coupe(&situation, jours).filter(|_| entiere > Decimal::ZERO) {
            prop_assert!(evalue(deux.to_vec()).total_eur <= entiere);
        }
    }

    #[test]
    fn entering_a_line_twice_never_raises_the_total(situations in proptest::collection::vec(situation(), 1..12)) {
        let doubles = situations.iter().flat_map(|s| [s.clone(), s.clone()]).collect();
        prop_assert_eq!(evalue(doubles).total_eur, evalue(situations).total_eur);
    }

    #[test]
    fn the_order_changes_nothing_where_each_line_is_another_person(
        (situations, melange) in proptest::collection::vec(situation(), 1..20).prop_map(|mut situations| {
            for (rang, s) in situations.iter_mut().enumerate() {
                s.personne = Some(format!("P{rang}"));
                s.id = format!("S{rang}");
            }
            situations
        }).prop_flat_map(|s| (Just(s.clone()), Just(s).prop_shuffle())),
    ) {
        let (un, deux) = (evalue(situations), evalue(melange));
        prop_assert_eq!(un.total_eur, deux.total_eur);
        let regles = |e: &Evaluation| {
            let mut regles: Vec<_> = e.verdicts.iter().map(|v| (v.id.clone(), v.regle.clone())).collect();
            regles.sort();
            regles
        };
        prop_assert_eq!(regles(&un), regles(&deux));
    }

    #[test]
    fn the_total_is_the_sum_of_the_amounts_and_of_the_axes(situations in proptest::collection::vec(situation(), 0..20)) {
        let evaluation = evalue(situations);
        prop_assert_eq!(evaluation.total_eur, evaluation.verdicts.iter().map(|v| v.montant_eur).sum::<Decimal>());
        prop_assert_eq!(evaluation.total_eur, evaluation.par_axe().values().sum::<Decimal>());
        for verdict in &evaluation.verdicts {
            prop_assert!(verdict.regle.is_none() || verdict.montant_eur.is_zero());
        }
    }
}

proptest! {
    #[test]
    fn calendar_months_hold_over_leap_years_and_month_ends(debut in 0u64..1200, mois in 1u32..=12) {
        // A CDD of six calendar months to the day counts, one day less never does, whatever the month it starts in.
        let debut = premier_jour() + Days::new(debut);
        let terme = debut.checked_add_months(chrono::Months::new(mois)).unwrap() - Days::new(1);
        let avec_fin = |action: &str, fin: NaiveDate| {
            let mut situation = admise("S", action, "P");
            situation.fin_parcours = Some(debut);
            situation.contrats = vec![Contrat { genre: "CDD".to_owned(), debut, fin: Some(fin) }];
            evalue(vec![situation]).verdicts[0].regle.clone()
        };
        let trop_court = (mois < 6).then(|| "R-A2-6MOIS".to_owned());
        prop_assert_eq!(avec_fin("2.1", terme), trop_court);
        if mois == 6 {
            prop_assert_eq!(avec_fin("2.1", terme - Days::new(1)), Some("R-A2-6MOIS".to_owned()));
        }
        if mois == 12 {
            prop_assert_eq!(avec_fin("2.2", terme), Some("R-A2-PERENNE".to_owned()));
            prop_assert_eq!(avec_fin("2.2", terme + Days::new(1)), None);
        }
    }
}
