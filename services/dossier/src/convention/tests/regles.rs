//! Each rule at its edges, and what refuses a file.

use referentiel::Decimal;

use super::super::situation::{Contrat, Dossier, PaliersDossier, ParametresDossier, Situation};
use super::super::{Decision, ErreurConvention, Evaluation, evaluer, evaluer_json};
use super::admise;

fn jour(texte: &str) -> chrono::NaiveDate {
    texte.parse().unwrap()
}

fn evalue(situations: Vec<Situation>) -> Evaluation {
    evaluer(&Dossier { situations, ..Dossier::default() }).unwrap()
}

/// Rule that refuses the last situation, or its amount.
fn dernier(situations: Vec<Situation>) -> String {
    let evaluation = evalue(situations);
    let verdict = evaluation.verdicts.last().unwrap();
    verdict.regle.clone().unwrap_or_else(|| verdict.montant_eur.to_string())
}

fn seule(situation: Situation) -> String {
    dernier(vec![situation])
}

fn cdd(debut: &str, fin: &str) -> Contrat {
    Contrat { genre: "CDD".to_owned(), debut: jour(debut), fin: Some(jour(fin)) }
}

fn avec_contrats(action: &str, contrats: Vec<Contrat>) -> Situation {
    Situation { contrats, ..admise("S", action, "P") }
}

#[test]
fn the_model_situations_are_accepted_at_the_price_of_the_convention() {
    let prix = [
        ("1.1", "750"),
        ("1.2", "250"),
        ("2.1", "1000"),
        ("2.2", "2000"),
        ("3.1", "300"),
        ("3.2", "1500"),
        ("3.3", "2000"),
    ];
    for (action, prix) in prix.into_iter().chain([("4", "9000"), ("5", "0")]) {
        assert_eq!(seule(admise("S", action, "P")), prix, "{action}");
    }
}

#[test]
fn the_action_starts_during_the_convention() {
    let le = |debut: &str, fin| Situation { debut: Some(jour(debut)), fin, ..admise("S", "3.1", "P") };
    assert_eq!(seule(le("2025-12-31", None)), "R-DUREE");
    assert_eq!(seule(le("2026-01-01", None)), "300");
    assert_eq!(seule(le("2029-12-31", None)), "300");
    assert_eq!(seule(le("2030-01-01", None)), "R-DUREE");
    assert_eq!(seule(le("2026-03-01", Some(jour("2026-02-28")))), "R-DUREE");
    assert_eq!(seule(Situation { debut: None, ..admise("S", "3.1", "P") }), "R-DUREE");
    assert_eq!(seule(avec_contrats("2.1", vec![])), "R-DUREE");
}

#[test]
fn the_employer_is_named_public_or_affiliated() {
    let mut sans = admise("S", "3.1", "P");
    sans.employeur.siret = None;
    assert_eq!(seule(sans.clone()), "R-PIECES");
    sans.employeur.bcr = Some("BCR123".to_owned());
    assert_eq!(seule(sans), "300");
    let mut affiliee = admise("S", "3.1", "P");
    for (affiliation, attendu) in [("volontaire", "300"), ("Obligatoire", "300"), ("aucune", "R-AFFIL")] {
        affiliee.employeur.affiliation = Some(affiliation.to_owned());
        assert_eq!(seule(affiliee.clone()), attendu, "{affiliation}");
    }
    let mut public = admise("S", "2.1", "P");
    for (versant, attendu) in [("FPE", "1000"), ("FPH", "1000"), ("prive", "R-EMPL")] {
        public.employeur.versant = Some(versant.to_owned());
        assert_eq!(seule(public.clone()), attendu, "{versant}");
    }
    assert_eq!(seule(Situation { service_fait: Some(false), ..admise("S", "3.1", "P") }), "R-PIECES");
    let conventionne = Situation { employeur_conventionne_fiphfp: true, ..admise("S", "4", "P") };
    assert_eq!(seule(conventionne.clone()), "9000");
    assert_eq!(seule(Situation { preuve_accompagnement: false, ..conventionne }), "R-EMPL");
}

#[test]
fn six_months_follow_the_calendar_and_several_contracts_add_up_within_a_year() {
    let avec = |contrats| seule(avec_contrats("2.1", contrats));
    assert_eq!(avec(vec![cdd("2026-08-31", "2027-02-27")]), "1000");
    assert_eq!(avec(vec![cdd("2026-08-31", "2027-02-26")]), "R-A2-6MOIS");
    assert_eq!(avec(vec![cdd("2027-08-30", "2028-02-28")]), "1000");
    let premier = || cdd("2026-01-05", "2026-04-14"); // 100 days
    assert_eq!(avec(vec![premier(), cdd("2026-06-14", "2026-09-03")]), "1000"); // 82 more
    assert_eq!(avec(vec![premier(), cdd("2026-06-14", "2026-09-02")]), "R-A2-6MOIS");
    assert_eq!(avec(vec![premier(), cdd("2026-10-16", "2027-02-28")]), "R-A2-6MOIS", "81 days are in the year");
    assert_eq!(avec(vec![premier(), cdd("2026-10-15", "2027-02-28")]), "1000", "82 days are in the year");
    assert_eq!(avec(vec![premier(), premier()]), "R-A2-6MOIS", "a day counts once");
    let cdi = Contrat { genre: "CDI".to_owned(), debut: jour("2026-02-01"), fin: None };
    assert_eq!(avec(vec![cdi]), "R-A2-6MOIS");
}

#[test]
fn six_months_are_counted_as_the_parameter_says() {
    let regle = |mode: &str, contrats| {
        let parametres = ParametresDossier { duree_6_mois: Some(mode.to_owned()), ..Default::default() };
        let situations = vec![avec_contrats("2.1", contrats)];
        evaluer(&Dossier { parametres, situations, ..Dossier::default() }).unwrap().verdicts[0].regle.clone()
    };
    let court = || vec![cdd("2026-02-01", "2026-07-31")]; // six months, 181 days
    let deux = || vec![cdd("2026-01-01", "2026-03-31"), cdd("2026-05-01", "2026-07-31")]; // 3 + 3 months, 182 days
    let refus = Some("R-A2-6MOIS".to_owned());
    assert_eq!((regle("somme de jours ≥ 182", court()), regle("somme de jours ≥ 182", deux())), (refus.clone(), None));
    assert_eq!((regle("mois", court()), regle("mois", deux())), (None, None));
    assert_eq!((regle("cdd_unique", court()), regle("mixte", deux())), (None, None));
    let trente = || vec![cdd("2026-02-01", "2026-04-15"), cdd("2026-06-01", "2026-09-14")]; // 2 m 15 j + 3 m 14 j
    assert_eq!(regle("somme de mois calendaires", trente()), refus);
}

#[test]
fn lasting_means_strictly_more_than_a_year_unless_the_parameter_says_otherwise() {
    let un_an = || avec_contrats("2.2", vec![cdd("2026-03-31", "2027-03-30")]);
    assert_eq!(seule(un_an()), "R-A2-PERENNE");
    let a_temps = |contrats| Situation { fin_parcours: Some(jour("2026-03-01")), ..avec_contrats("2.2", contrats) };
    assert_eq!(seule(a_temps(vec![cdd("2026-03-31", "2027-03-31")])), "2000");
    let parametres = ParametresDossier { cdd_exactement_1_an: Some("éligible 2.2".to_owned()), ..Default::default() };
    let situations = vec![a_temps(vec![cdd("2026-03-31", "2027-03-30")])];
    assert_eq!(
        evaluer(&Dossier { parametres, situations, ..Dossier::default() }).unwrap().total_eur,
        Decimal::from(2000)
    );
}

#[test]
fn the_recruitment_follows_the_path_within_a_year() {
    let recrute = |debut: &str, fin_parcours: &str| Situation {
        fin_parcours: Some(jour(fin_parcours)),
        contrats: vec![Contrat { genre: "nomination".to_owned(), debut: jour(debut), fin: None }],
        ..admise("S", "2.2", "P")
    };
    assert_eq!(seule(recrute("2027-03-01", "2026-03-01")), "2000");
    assert_eq!(seule(recrute("2027-03-02", "2026-03-01")), "R-A2-DELAI");
    assert_eq!(seule(recrute("2029-02-28", "2028-02-29")), "2000");
    assert_eq!(seule(recrute("2029-03-01", "2028-02-29")), "R-A2-DELAI");
    assert_eq!(seule(recrute("2026-02-01", "2026-03-01")), "2000", "an early recruitment is not late");
    assert_eq!(seule(Situation { fin_parcours: None, ..admise("S", "2.2", "P") }), "R-A2-DELAI");
}

#[test]
fn uniqueness_looks_at_what_was_funded_before_and_names_it() {
    for (premiere, seconde, attendu) in [
        ("2.1", "2.2", "R-A2-UNIQUE"),
        ("2.2", "2.1", "R-A2-UNIQUE"),
        ("2.1", "2.1", "R-A2-UNIQUE"),
        ("3.1", "3.1", "R-A3-UNIQUE"),
        ("3.1", "3.2", "1500"),
        ("2.1", "3.1", "300"),
    ] {
        let deux = vec![admise("S1", premiere, "P"), admise("S2", seconde, "P")];
        assert_eq!(dernier(deux), attendu, "{premiere} then {seconde}");
    }
    let refusee = Situation { public: Some("apprenti".to_owned()), ..admise("S1", "2.1", "P") };
    assert_eq!(dernier(vec![refusee, admise("S2", "2.2", "P")]), "2000", "a refusal funds nothing");
    let evaluation = evalue(vec![admise("S1", "2.1", "P"), admise("S2", "2.2", "P")]);
    assert!(evaluation.verdicts[1].explication.contains("situation S1, 01/02/2026"));
}

#[test]
fn job_retention_lasts_a_year_and_is_renewed_once() {
    let maintien = |id, debut: &str, fin: &str| Situation {
        debut: Some(jour(debut)),
        fin: Some(jour(fin)),
        ..admise(id, "3.3", "P")
    };
    let annee = |n: i32| maintien("S", &format!("{}-02-01", 2025 + n), &format!("{}-01-31", 2026 + n));
    assert_eq!(seule(maintien("S", "2026-02-01", "2027-02-01")), "R-A3-DUREE");
    assert_eq!(seule(maintien("S", "2028-02-29", "2029-02-27")), "2000");
    assert_eq!(dernier(vec![annee(1), annee(2)]), "2000");
    assert_eq!(dernier(vec![annee(1), annee(2), annee(3)]), "R-A3-DUREE");
    let coupe = vec![maintien("A", "2026-02-01", "2026-07-31"), maintien("B", "2026-08-01", "2027-01-31")];
    assert_eq!(dernier(coupe), "R-A3-DUREE", "one year cut in two is one funding");
    let repris = vec![maintien("A", "2026-02-01", "2026-04-30"), maintien("B", "2026-10-01", "2026-12-31")];
    assert_eq!(dernier(repris), "2000", "a new period is the renewal");
    assert_eq!(seule(Situation { desinsertion_constatee_medecin: false, ..annee(1) }), "R-A3-MEDECIN");
}

#[test]
fn studies_need_their_papers_and_are_neither_invoiced_nor_done_by_others() {
    let etude = || admise("S", "3.2", "P");
    assert_eq!(seule(Situation { aides_mobilisees: false, ..etude() }), "R-A3-MEDECIN");
    assert_eq!(seule(Situation { facturee_eur: Some(Decimal::new(1, 2)), ..etude() }), "R-A3-GRATUIT");
    assert_eq!(seule(Situation { facturee_eur: Some(Decimal::ZERO), ..etude() }), "1500");
    let par = |qui: &str, gratuite| Situation { realisee_par: Some(qui.to_owned()), gratuite, ..etude() };
    assert_eq!(seule(par("Cap emploi", true)), "R-A3-EXCLU");
    assert_eq!(seule(par("Cap emploi", false)), "1500");
    assert_eq!(seule(par("CDG 70", true)), "1500");
    let suite = Situation { debut: Some(jour("2027-02-01")), fin: Some(jour("2027-02-20")), ..etude() };
    assert_eq!(dernier(vec![etude(), suite.clone()]), "R-A3-CUMUL", "it goes on with the first one");
    let autre = Situation { debut: Some(jour("2027-06-01")), ..suite };
    assert_eq!(dernier(vec![etude(), Situation { fin: Some(jour("2027-06-20")), ..autre }]), "1500");
}

#[test]
fn apprentices_are_priced_by_their_rank_or_by_their_number() {
    let apprentis = |n: usize| (1..=n).map(|i| admise(&format!("S{i}"), "4", &format!("A{i}"))).collect::<Vec<_>>();
    let total = |n, mode: &str, prix: &[i64]| {
        let paliers =
            PaliersDossier { mode: mode.to_owned(), prix_eur: prix.iter().map(|p| Decimal::from(*p)).collect() };
        let parametres = ParametresDossier { paliers_apprentis: Some(paliers), ..Default::default() };
        evaluer(&Dossier { parametres, situations: apprentis(n), ..Dossier::default() }).unwrap().total_eur
    };
    assert_eq!(total(12, "marginal", &[9000, 6000, 6000]), Decimal::from(102_000));
    assert_eq!(total(12, "global", &[9000, 8500, 8000]), Decimal::from(102_000));
    assert_eq!(total(31, "marginal", &[9000, 6000, 5000]), Decimal::from(90_000 + 120_000 + 5_000));
    assert_eq!(total(31, "global", &[9000, 8500, 8000]), Decimal::from(31 * 8_000));
    assert_eq!(dernier(apprentis(11)), "6000");
    let mut deux_fois = apprentis(1);
    deux_fois.push(admise("S2", "4", "A1"));
    assert_eq!(dernier(deux_fois), "R-A4-PALIER");
    assert_eq!(seule(Situation { qualite: Some("sans".to_owned()), ..admise("S", "4", "P") }), "R-A4-PALIER");
}

#[test]
fn collectivites_are_counted_once() {
    let evaluation = evalue(vec![admise("S1", "1.2", "P1"), admise("S2", "1.2", "P2")]);
    assert_eq!(evaluation.total_eur, Decimal::from(250));
    assert_eq!(evaluation.verdicts[1].verdict, Decision::Valorisable);
    assert!(evaluation.verdicts[1].explication.contains("situation S1"));
}

#[test]
fn the_v4_has_its_own_actions_and_prices() {
    let mut situation = admise("S", "3.N2", "P");
    situation.debut = Some(jour("2024-05-01"));
    let evalue = |convention: &str, situation: &Situation| {
        let situations = vec![situation.clone()];
        evaluer(&Dossier { convention: Some(convention.to_owned()), situations, ..Dossier::default() })
    };
    assert_eq!(evalue("fiphfp-v4", &situation).unwrap().total_eur, Decimal::from(1300));
    assert!(matches!(evalue("fiphfp-v5", &situation), Err(ErreurConvention::ActionInconnue(..))));
    assert!(matches!(evalue("fiphfp-v9", &situation), Err(ErreurConvention::ConventionInconnue(_))));
}

#[test]
fn a_file_is_refused_with_a_place_or_a_name() {
    let erreur = |texte: &str| evaluer_json(texte).unwrap_err().to_string();
    assert!(erreur("{\"situations\":[{\"id\":\"S1\"}]}").contains("line 1"));
    assert!(erreur("[]").contains("liste de situations"));
    let parametre =
        "{\"parametres\":{\"duree_6_mois\":\"six lunes\"},\"situations\":[{\"id\":\"S1\",\"action\":\"3.1\"}]}";
    assert!(erreur(parametre).contains("six lunes"));
    let montant = "{\"situations\":[{\"id\":\"S1\",\"action\":\"3.1\",\"facturee_eur\":\"mille\"}]}";
    assert!(erreur(montant).contains("« mille » n’est pas un montant"));
    assert!(evaluer_json("{\"situations\":[{\"id\":\"S1\",\"action\":\"3.1\",\"facturee_eur\":1200.5}]}").is_ok());
}

#[test]
fn a_refusal_names_the_first_rule_and_lists_the_others() {
    let mut situation = admise("S", "2.1", "P");
    situation.employeur.versant = Some("prive".to_owned());
    situation.public = Some("apprenti".to_owned());
    let evaluation = evalue(vec![situation]);
    assert_eq!(evaluation.verdicts[0].regle.as_deref(), Some("R-EMPL"));
    assert!(evaluation.verdicts[0].explication.ends_with("Autres règles non satisfaites : R-A2-PUBLIC."));
}

/// For each rule on situations, the last line of a file that it refuses.
fn refusees_par() -> Vec<(&'static str, Vec<Situation>)> {
    let deux = |action: &str| vec![admise("S1", action, "P"), admise("S2", action, "P")];
    let prive = |action: &str| {
        let mut situation = admise("S", action, "P");
        situation.employeur.versant = Some("prive".to_owned());
        situation.employeur.affiliation = Some("aucune".to_owned());
        vec![situation]
    };
    let tardive = Situation { fin_parcours: Some(jour("2025-01-31")), ..admise("S", "2.2", "P") };
    let ailleurs = Situation { realisee_par: Some("Cap emploi".to_owned()), gratuite: true, ..admise("S", "3.1", "P") };
    let longue = Situation { fin: Some(jour("2027-02-01")), ..admise("S", "3.3", "P") };
    let apprenti = Situation { public: Some("apprenti".to_owned()), ..admise("S", "2.1", "P") };
    vec![
        ("R-DUREE", vec![Situation { debut: None, ..admise("S", "3.1", "P") }]),
        ("R-PIECES", vec![Situation { service_fait: Some(false), ..admise("S", "3.1", "P") }]),
        ("R-AFFIL", prive("3.1")),
        ("R-EMPL", prive("2.1")),
        ("R-A2-PUBLIC", vec![apprenti]),
        ("R-A2-6MOIS", vec![avec_contrats("2.1", vec![cdd("2026-02-01", "2026-07-30")])]),
        ("R-A2-PERENNE", vec![avec_contrats("2.2", vec![cdd("2026-02-01", "2027-01-31")])]),
        ("R-A2-DELAI", vec![tardive]),
        ("R-A2-UNIQUE", deux("2.1")),
        ("R-A3-PUBLIC", vec![Situation { qualite: Some("sans".to_owned()), ..admise("S", "3.1", "P") }]),
        ("R-A3-MEDECIN", vec![Situation { avis_materiels: false, ..admise("S", "3.2", "P") }]),
        ("R-A3-GRATUIT", vec![Situation { facturee_eur: Some(Decimal::ONE), ..admise("S", "3.1", "P") }]),
        ("R-A3-EXCLU", vec![ailleurs]),
        ("R-A3-UNIQUE", deux("3.1")),
        ("R-A3-DUREE", vec![longue]),
        ("R-A3-CUMUL", deux("3.2")),
        ("R-A4-PALIER", deux("4")),
    ]
}

#[test]
fn each_of_the_twenty_two_rules_has_its_identifier_and_refuses_something() {
    let cas = refusees_par();
    for (regle, situations) in &cas {
        assert_eq!(dernier(situations.clone()), *regle);
    }
    // The five others look at a plan: plan.rs tries each of them.
    let essayees = cas.iter().map(|(regle, _)| *regle).chain(super::super::plan::REGLES);
    let essayees: std::collections::BTreeSet<&str> = essayees.collect();
    let v5 = super::super::convention("fiphfp-v5").unwrap();
    let declarees: std::collections::BTreeSet<&str> = v5.regles.iter().map(|r| r.id.as_str()).collect();
    assert_eq!((&essayees, declarees.len()), (&declarees, 22));
}
