//! The worked example, to the last anomaly, then one error at a time.

use serde_json::{Value, json};

use super::{AnomalieDocument, Rapport, Statut, controler, controler_json, lire};

const EXEMPLE: &str = include_str!("../../../../../schema/conventions/exemples/cdg70-2026-2029.json");

fn rapport(document: &Value) -> Rapport {
    controler(&lire(&document.to_string()).unwrap()).unwrap()
}

fn exemple() -> Rapport {
    controler(&lire(EXEMPLE).unwrap()).unwrap()
}

/// Weight, check and section, and the proposal.
fn resume(a: &AnomalieDocument) -> String {
    let poids = if a.severite == referentiel::controle::Severite::Bloquant { "B" } else { "A" };
    // No-break spaces do not read well in a test.
    let proposition = a.correction.as_deref().unwrap_or("-").replace(['\u{a0}', '\u{202f}'], " ");
    format!("{poids} {} {} → {proposition}", a.controle, a.rubrique)
}

fn resumes(document: &Value) -> Vec<String> {
    rapport(document).anomalies.iter().map(resume).collect()
}

#[test]
fn the_worked_example_gives_its_anomalies_and_no_other() {
    let lues: Vec<String> = exemple().anomalies.iter().map(resume).collect();
    let attendues = [
        "B C-FI-01 convention.montant_texte_eur → 298 500 €",
        "B C-FI-04 bilan.lignes[5].taux_imprime_pct → 157,9 %",
        "B C-FI-08 recit.references[0] → 1.2",
        "B C-OR-01 recit.etp.services[3].sous_total_imprime → 1,3",
        "B C-OR-01 recit.etp.total_imprime → 7,65",
        "B C-RS-01 recit.totaux[0].total[0] → 280",
        "B C-RS-01 recit.totaux[0].total[1] → 314",
        "B C-RS-01 recit.totaux[0].total[2] → 292",
        "A C-FI-04 bilan.lignes[7].taux_imprime_pct → 113,3 %",
        "A C-FI-05 recit.resultats[0] → 20",
        "A C-FI-06 bilan.total_depense_eur → 225 980 €",
        "A C-FI-07 recit.devenirs[0] → 18",
        "A C-FI-07 recit.devenirs[1] → -",
        "A C-FI-07 recit.devenirs[2] → -",
        "A C-FI-08 recit.references[1] → 2.2",
        "A C-FI-08 recit.libelles[0] → Favoriser et accroître l’emploi pérenne",
        "A C-FI-08 recit.definitions[0] → -",
        "A C-FI-08 recit.definitions[1] → -",
        "A C-FI-09 formulaire.collectivites_affiliees → 741",
        "A C-FI-09 formulaire.effectifs → -",
        "A C-FI-09 formulaire.siret → -",
        "A C-FI-09 actions[11].ventilation_eur → -",
        "A C-FI-09 actions[11].indicateurs[4] → -",
        "A C-FI-09 actions[11].indicateurs[5] → -",
        "A C-FI-09 recit.rubriques.2.2 → -",
        "A C-FI-10 recit.periodes[1] → 2026-2029",
        "A C-FI-11 recit.unites[0] → -",
        "A C-FI-12 convention.version_formulaire → -",
        "A C-OR-02 recit.taux[0] → 17,4 %",
        "A C-OR-02 recit.effectifs[0] → 22",
        "A C-OR-03 recit.evolutions[0] → 9,9 %",
        "A C-OR-03 recit.prix[0] → -",
        "A C-RS-07 recit.totaux[2].total[0] → 2",
        "A C-RS-07 recit.totaux[2].total[1] → 2",
        "A C-RS-07 recit.totaux[2].total[2] → 2",
        "A C-TX-01 recit.enumerations[0] → 4",
        "A C-TX-02 recit.appellations[0] → -",
        "A C-TX-02 recit.appellations[1] → -",
        "A C-TX-03 recit.effets[0] → -",
    ];
    assert_eq!(lues, attendues);
}

#[test]
fn what_was_read_and_what_is_expected_are_said() {
    let rapport = exemple();
    let dit = |controle: &str, rubrique: &str| {
        let a = rapport.anomalies.iter().find(|a| a.controle == controle && a.rubrique == rubrique).unwrap();
        format!("{} | {} | {}", a.lu, a.attendu, a.message).replace(['\u{a0}', '\u{202f}'], " ")
    };
    for (controle, rubrique, extraits) in [
        ("C-FI-01", "convention.montant_texte_eur", &["298 000 €", "298 500 €", "119 400 €"][..]),
        ("C-FI-04", "bilan.lignes[5].taux_imprime_pct", &["175 %", "157,9 %", "160 %", "chiffres inversés"]),
        ("C-FI-04", "bilan.lignes[7].taux_imprime_pct", &["120 %", "113,3 %", "mêle les deux bases"]),
        ("C-FI-05", "recit.resultats[0]", &["le récit dit 21, le tableau 20", "3 000 €", "150 €"]),
        ("C-FI-06", "bilan.total_depense_eur", &["257 300 €", "225 980 €", "31 320 €", "113,9 %"]),
        ("C-FI-08", "recit.references[0]", &["10 000 € est rattaché à 1.1, déjà utilisé pour 12 000 €"]),
        ("C-OR-01", "recit.etp.total_imprime", &["7,45", "7,65", "sous-totaux dont un est faux"]),
        ("C-RS-01", "recit.totaux[0].total[0]", &["253", "280", "« moins d’un an » est oubliée"]),
        ("C-OR-03", "recit.prix[0]", &["10 429 €", "5 000 unités"]),
    ] {
        let dit = dit(controle, rubrique);
        extraits.iter().for_each(|extrait| assert!(dit.contains(extrait), "{extrait} in {dit}"));
    }
}

#[test]
fn the_control_case_of_unfitness_stays_silent_because_it_was_verified() {
    let rapport = exemple();
    assert!(!rapport.anomalies.iter().any(|a| a.rubrique.starts_with("recit.totaux[1]")));
    let verifies: Vec<&str> = rapport
        .conformes
        .iter()
        .filter(|c| c.rubrique.starts_with("recit.totaux[1]") && c.controle == "C-RS-07")
        .map(|c| c.constat.as_str())
        .collect();
    assert_eq!(verifies.len(), 3);
    assert!(verifies[1].ends_with("2023 : 2 + 5 = 7."), "{}", verifies[1]);
}

#[test]
fn the_figures_that_are_right_are_computed_again_and_found_right() {
    let rapport = exemple();
    let constats: Vec<String> = rapport
        .conformes
        .iter()
        .map(|c| format!("{} {}", c.controle, c.constat.replace(['\u{a0}', '\u{202f}'], " ")))
        .collect();
    for attendu in [
        // Every target × price of the plan.
        "C-FI-02 16 × 750 € = 12 000 €.",
        "C-FI-02 40 × 250 € = 10 000 €.",
        "C-FI-02 20 × 1 000 € = 20 000 €.",
        "C-FI-02 2 × 2 000 € = 4 000 €.",
        "C-FI-02 4 × 2 000 € = 8 000 €.",
        "C-FI-02 8 × 2 000 € = 16 000 €.",
        "C-FI-02 45 × 300 € = 13 500 €.",
        "C-FI-02 40 × 1 500 € = 60 000 €.",
        "C-FI-02 20 × 2 000 € = 40 000 €.",
        "C-FI-02 10 × 9 000 € = 90 000 €.",
        // Sub-totals, total, shares, ceilings.
        "C-FI-01 Total de l’axe 1 : 22 000 €.",
        "C-FI-01 Total de l’axe 2 : 68 000 €.",
        "C-FI-01 Total de l’axe 3 : 113 500 €.",
        "C-FI-01 Total de l’axe 4 : 90 000 €.",
        "C-FI-01 Total de l’axe 5 : 5 000 €.",
        "C-FI-01 298 500 € : la somme des axes, le tableau, l’acompte de 119 400 € à 40,0 %.",
        "C-FI-03 Axe 1 : 7,37 % du total.",
        "C-FI-03 Axe 2 : 22,78 % du total.",
        "C-FI-03 Axe 3 : 38,02 % du total.",
        "C-FI-03 Axe 4 : 30,15 % du total.",
        "C-FI-03 Axe 5 : 1,68 % du total.",
        "C-FI-03 Axe 1 : 7,4 % du total, plafond 10,0 %.",
        "C-FI-03 Axe 3 : 38,0 % du total, plafond 50,0 %.",
        "C-FI-03 Axe 5 : 1,7 % du total, plafond 10,0 %.",
        // The V4 bilan.
        "C-FI-01 Somme des lignes : 225 980 €.",
        "C-FI-01 Somme des lignes : 257 300 €.",
        "C-FI-04 Informer et sensibiliser sur la politique handicap : 105 %.",
        "C-FI-04 DOETH et saisie des aides : 100 %.",
        "C-FI-04 Agents du service d’intérim en emploi durable : 100 %.",
        "C-FI-04 Demandeurs d’emploi en emploi durable : 130 %.",
        "C-FI-04 Niveau 1 – Accompagnement social en 1ère demande : 235 %.",
        "C-FI-04 Niveau 4 – Bilans de compétences et bilans professionnels : 70 %.",
        "C-FI-02 « Niveaux 2 et 3 – Études de poste », objectif : 29 000 € au prix de la convention.",
        "C-FI-02 « Niveaux 2 et 3 – Études de poste », resultat : 45 800 € au prix de la convention.",
        "C-FI-02 « Nombre d’apprentis », resultat : 102 000 € au prix de la convention.",
        "C-FI-07 « Informer et sensibiliser sur la politique handicap », resultat : 27 + 33 = 60.",
        "C-FI-07 « Nombre d’apprentis », resultat : 8 + 4 = 12.",
        "C-FI-07 Parcours non valorisés : 1 + 3 + 1 + 7 = 12.",
        "C-OR-02 Parcours d’insertion accompagnés au-delà du bilan : 29 + 12 = 41.",
        // The text.
        "C-OR-02 Collectivités et établissements affiliés au 31/12/2025 : 187 + 1 + 17 + 536 = 741.",
        "C-OR-01 3 + 8,8 + 4 + 5 + 1 = 21,8 ETP.",
        "C-OR-03 Licences Qlik : 3 × 310 € = 930 €.",
        "C-OR-03 Module GPEEC : 3 × 171 € = 513 €.",
    ] {
        assert!(constats.iter().any(|c| c == attendu), "{attendu} not in {constats:#?}");
    }
    let parts: rust_decimal::Decimal = lire(EXEMPLE).unwrap().axes.iter().map(|a| a.part_imprimee_pct.unwrap().0).sum();
    assert_eq!(parts, rust_decimal::Decimal::ONE_HUNDRED);
    assert_eq!(rapport.non_controle, Vec::<String>::new());
    assert_eq!(rapport.statut, Statut::Bloque);
}

#[test]
fn the_total_follows_the_places_that_agree_whichever_is_wrong() {
    let document = |texte: u32, tableau: u32, acompte: u32| {
        json!({
            "convention": {"modele": "V5", "montant_texte_eur": texte, "montant_total_eur": tableau, "acompte_eur": acompte},
            "axes": [{"axe": 2, "total_imprime_eur": 60000}, {"axe": 4, "total_imprime_eur": 40000}]
        })
    };
    assert_eq!(resumes(&document(100_000, 100_000, 40_000)), Vec::<String>::new());
    assert_eq!(resumes(&document(100_000, 110_000, 40_000)), ["B C-FI-01 convention.montant_total_eur → 100 000 €"]);
    assert_eq!(resumes(&document(100_000, 100_000, 41_000)), ["B C-FI-01 convention.acompte_eur → 100 000 €"]);
    assert_eq!(resumes(&document(110_000, 110_000, 44_000)), ["B C-FI-01 actions → 110 000 €"]);
}

#[test]
fn amounts_prices_tiers_and_ceilings_of_the_plan_are_computed() {
    let action = |code: &str, axe: u8, prix: u32, cible: u32, montant: u32| {
        json!({"convention": {"modele": "V5"}, "actions": [{"code": code, "axe": axe, "prix_unitaire_eur": prix,
            "cible": cible, "montant_demande_eur": montant}]})
    };
    let de_l_axe_2 = |code, prix, cible, montant| resumes(&action(code, 2, prix, cible, montant));
    assert_eq!(de_l_axe_2("2.1a", 1000, 12, 12_000), Vec::<String>::new());
    assert_eq!(de_l_axe_2("2.1a", 1000, 12, 21_000), ["B C-FI-02 actions[0].montant_demande_eur → 12 000 €"]);
    assert_eq!(de_l_axe_2("2.1a", 900, 10, 9_000), ["B C-FI-02 actions[0].prix_unitaire_eur → 1 000 €"]);
    // Twelve apprentices are ten at the first price and two at the second.
    assert_eq!(resumes(&action("4", 4, 9000, 12, 102_000)), Vec::<String>::new());
    assert_eq!(resumes(&action("4", 4, 9000, 12, 108_000)), ["B C-FI-02 actions[0].montant_demande_eur → 102 000 €"]);
    let axes = json!({"convention": {"modele": "V5"}, "axes": [{"axe": 1, "total_imprime_eur": 32000},
        {"axe": 2, "total_imprime_eur": 276500, "part_imprimee_pct": 98.63}]});
    assert_eq!(resumes(&axes), ["B C-FI-03 axes[1].part_imprimee_pct → 89,63 %", "B C-FI-03 axe 1 → 30 722,22 €"]);
}

fn ligne(taux: f64, depense: u32, resultat: u32) -> Value {
    json!({"axe": 3, "action": "Études", "objectif": 20, "montant_initial": 30000, "resultat": resultat,
        "depense": depense, "taux_imprime_pct": taux})
}

#[test]
fn a_rate_is_over_the_base_that_is_announced() {
    let regles =
        |base: Option<&str>, taux| resumes(&json!({"bilan": {"base_taux": base, "lignes": [ligne(taux, 27_000, 16)]}}));
    assert_eq!(regles(Some("montant"), 90.0), Vec::<String>::new());
    assert_eq!(regles(Some("quantite"), 80.0), Vec::<String>::new());
    assert_eq!(regles(Some("montant"), 80.0), ["B C-FI-04 bilan.lignes[0].taux_imprime_pct → 90 %"]);
    assert_eq!(regles(Some("quantite"), 90.0), ["B C-FI-04 bilan.lignes[0].taux_imprime_pct → 80 %"]);
    assert_eq!(regles(None, 80.0), ["A C-FI-04 bilan.lignes[0].taux_imprime_pct → 90 %"]);
    assert_eq!(regles(None, 85.0), ["B C-FI-04 bilan.lignes[0].taux_imprime_pct → 90 %"]);
}

#[test]
fn beyond_the_ceiling_the_capped_amount_must_be_shown_and_axes_do_not_help_each_other() {
    let bilan = |modele: &str, plafonne: Value| {
        json!({"bilan": {"modele": modele, "total_plafonne_eur": plafonne, "lignes": [
            {"axe": 1, "action": "A", "objectif": 1, "montant_initial": 10000, "resultat": 1, "depense": 15000},
            {"axe": 2, "action": "B", "objectif": 1, "montant_initial": 20000, "resultat": 1, "depense": 12000}]}})
    };
    // Globally 27 000 € are under 30 000 €; by axis 5 000 € are lost.
    assert_eq!(resumes(&bilan("V4", Value::Null)), Vec::<String>::new());
    assert_eq!(resumes(&bilan("V5", Value::Null)), ["A C-FI-06 bilan.total_depense_eur → 22 000 €"]);
    assert_eq!(resumes(&bilan("V5", json!(22000))), Vec::<String>::new());
    let transfert = |modele: &str| {
        json!({"bilan": {"modele": modele, "transferts": [{"de": 3, "vers": 4, "montant_eur": 5000}],
            "par_axe": [{"axe": 1, "initial": 100, "depense": 100, "paye": 120}]}})
    };
    assert_eq!(
        resumes(&transfert("V5")),
        ["B C-FI-13 bilan.transferts[0] → 0 €", "B C-FI-13 bilan.par_axe[0].paye → 100 €"]
    );
    assert_eq!(resumes(&transfert("V4")), Vec::<String>::new(), "the V4 admits transfers");
}

#[test]
fn each_refusal_of_a_situation_is_told_under_its_check() {
    let employeur = json!({"siret": "26920037400016", "versant": "FPT", "affiliation": "obligatoire"});
    let base = |action: &str| {
        json!({"id": "S1", "action": action, "personne": "P1", "qualite": "BOE", "public": "interim",
            "employeur": employeur, "debut": "2026-02-01", "fin": "2026-06-01", "prescription_medicale": true,
            "aides_mobilisees": true, "avis_materiels": true, "desinsertion_constatee_medecin": true})
    };
    let avec = |action: &str, changement: Value| {
        let mut situation = base(action);
        for (cle, valeur) in changement.as_object().unwrap() {
            situation[cle] = valeur.clone();
        }
        situation
    };
    let cdd = |fin: &str| json!([{"type": "CDD", "debut": "2026-02-01", "fin": fin}]);
    let controles = |situations: Vec<Value>| -> Vec<String> {
        let document = json!({"convention": {"modele": "V5"}, "situations": situations});
        rapport(&document).anomalies.into_iter().map(|a| a.controle).collect()
    };
    let tard =
        json!({"contrats": [{"type": "CDI", "debut": "2027-04-15"}], "fin_parcours": "2026-03-01", "debut": null});
    let conventionne = json!({"employeur_conventionne_fiphfp": true});
    let prive = json!({"employeur": {"siret": "26920037400016", "versant": "prive"}, "contrats": cdd("2026-12-31")});
    for (situation, attendu) in [
        (avec("2.1", json!({"contrats": cdd("2026-05-01")})), "C-V5-01"),
        (avec("2.2", json!({"contrats": cdd("2027-01-31"), "fin_parcours": "2026-01-15"})), "C-V5-02"),
        (avec("2.2", tard), "C-V5-03"),
        (avec("3.1", json!({"qualite": "sans"})), "C-V5-05"),
        (avec("3.3", json!({"fin": "2027-04-01"})), "C-V5-06"),
        (avec("3.2", json!({"prescription_medicale": false})), "C-V5-07"),
        (avec("3.3", json!({"desinsertion_constatee_medecin": false})), "C-V5-08"),
        (avec("3.2", json!({"facturee_eur": 1200})), "C-V5-09"),
        (avec("4", conventionne), "C-V5-11"),
        (avec("3.2", json!({"debut": "2025-12-12"})), "C-V5-12"),
        (avec("3.1", json!({"employeur": {"affiliation": "obligatoire"}})), "C-FI-14"),
        (avec("3.1", json!({"employeur": {"siret": "26920037400017", "affiliation": "obligatoire"}})), "C-FI-15"),
        (avec("2.1", prive), "R-EMPL"),
    ] {
        assert_eq!(controles(vec![situation.clone()]), [attendu], "{situation}");
    }
    let recrute = |id: &str, action: &str| {
        avec(
            action,
            json!({"id": id, "contrats": [{"type": "CDD", "debut": "2026-02-01", "fin": "2027-12-31"}], "fin_parcours": "2026-01-15"}),
        )
    };
    assert_eq!(controles(vec![recrute("S1", "2.1"), recrute("S2", "2.2")]), ["C-V5-04"]);
    let apprentis = (1..=12).map(|n| avec("4", json!({"id": format!("S{n}"), "personne": format!("P{n}")})));
    assert_eq!(controles(apprentis.collect()), ["C-V5-10"], "once, at the eleventh");
}

#[test]
fn a_document_that_is_right_says_nothing() {
    let conforme = json!({
        "convention": {"modele": "V5", "debut": 2026, "fin": 2029, "duree_annees": 4, "montant_total_eur": 25000,
            "montant_texte_eur": 25000, "acompte_eur": 10000, "date_deliberation": "2026-03-05",
            "version_formulaire": "janvier 2026"},
        "formulaire": {"siret": "26920037400016", "effectifs": 3230},
        "actions": [{"code": "2.1", "axe": 2, "prix_unitaire_eur": 1000, "cible": 25, "montant_demande_eur": 25000}],
        "bilan": {"lignes": [ligne(90.0, 27_000, 18)]},
        "recit": {"resultats": [{"ligne": "etudes", "valeur": 18}], "periodes": [{"debut": "2026", "fin": 2029}]},
        "situations": []
    });
    let rapport = rapport(&conforme);
    assert_eq!((rapport.statut, rapport.anomalies.as_slice()), (Statut::Conforme, &[][..]));
    assert!(rapport.comptes.conformes >= 9, "{}", rapport.comptes.conformes);
}

#[test]
fn what_cannot_be_read_is_refused_and_what_is_not_checked_is_named() {
    let refus = |texte: &str| controler_json(texte).unwrap_err().to_string();
    assert!(refus("[").contains("schema/conventions/README.md"));
    assert!(refus(r#"{"recit": {"devenir": []}}"#).contains("devenir"), "an unknown kind of fact is refused");
    assert!(refus(r#"{"convention": {"modele": "V9"}}"#).contains("V9"));
    assert!(refus(r#"{"convention": {"montant_total_eur": "beaucoup"}}"#).contains("« beaucoup »"));
    assert_eq!(rapport(&json!({"biland": {}})).non_controle, ["biland"]);
}
