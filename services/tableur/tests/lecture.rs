//! What a workbook becomes, in XLSX and in ODS alike.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod classeur;

use chrono::NaiveDate;
use classeur::{C, Classeur, anomalies, lit, signalees, t};
use proptest::prelude::*;
use referentiel::Decimal;
use referentiel::controle::{Fiche, Severite};
use tableur::{Modele, Valeur};

/// Check and cell raised by one change of one cell, the same in both formats.
fn faute(feuille: &str, cellule: &str, contenu: C) -> (String, Option<String>) {
    let classeur = Classeur::sain().pose(feuille, cellule, Some(contenu));
    let (xlsx, ods) = (signalees(&classeur.xlsx()), signalees(&classeur.ods()));
    assert_eq!(xlsx, ods);
    let [(controle, lue, place)] = &xlsx[..] else { panic!("one cause, one anomaly: {xlsx:?}") };
    assert_eq!(lue, feuille);
    (controle.clone(), place.clone())
}

fn codes(octets: &[u8]) -> Vec<String> {
    signalees(octets).into_iter().map(|(code, ..)| code).collect()
}

#[test]
fn a_sound_workbook_gives_typed_values_and_nothing_else() {
    for octets in [Classeur::sain().xlsx(), Classeur::sain().ods()] {
        let (rapport, recu) = lit(&octets).unwrap();
        assert_eq!(rapport.anomalies, []);
        assert_eq!(rapport.lignes, [1, 3, 3]);
        let lue = |fiche, champ| recu.valeur(fiche, 2, champ).clone();
        assert_eq!(lue(Fiche::Dispositif, "code_departement"), Valeur::Texte("70".into()));
        assert_eq!(lue(Fiche::Dispositif, "capacite_accompagnement"), Valeur::Entier(40));
        assert_eq!(lue(Fiche::Dispositif, "etp_total"), Valeur::Decimal(Decimal::new(45, 1)));
        assert_eq!(lue(Fiche::Dispositif, "etp_hors_administratifs"), Valeur::Decimal(Decimal::new(35, 1)));
        assert_eq!(lue(Fiche::Dispositif, "structures_rattachees").liste(), ["Les Tilleuls", "Horizon"]);
        assert_eq!(lue(Fiche::Personne, "sexe"), Valeur::Modalite("F"));
        assert_eq!(lue(Fiche::Personne, "date_sortie"), Valeur::Vide);
        assert_eq!(lue(Fiche::Personne, "date_naissance").date(), NaiveDate::from_ymd_opt(1993, 1, 31));
        assert_eq!(lue(Fiche::Evenement, "date_evenement").date(), NaiveDate::from_ymd_opt(2026, 3, 31));
        assert_eq!(lue(Fiche::Evenement, "niveau_soutien"), Valeur::Modalite("N2"));
    }
}

#[test]
fn each_fault_of_form_is_raised_once_at_its_cell() {
    let en = |code: &str, cellule: &str| (code.to_owned(), Some(cellule.to_owned()));
    assert_eq!(faute("Personnes", "F3", t("31/02/1990")), en("C-CL-03", "F3"));
    assert_eq!(faute("Personnes", "J4", t("2026-03-31")), en("C-CL-03", "J4"));
    assert_eq!(faute("Évènements", "N2", t("3/31/2026")), en("C-CL-03", "N2"));
    assert_eq!(faute("Évènements", "J4", t("CDI intérimaire")), en("C-CL-04", "J4"));
    assert_eq!(faute("Dispositif", "L2", t("24,5")), en("C-CL-05", "L2"));
    assert_eq!(faute("Dispositif", "L2", C::N(-1.0)), en("C-CL-05", "L2"));
    assert_eq!(faute("Dispositif", "M2", t("quatre")), en("C-CL-05", "M2"));
    assert_eq!(faute("Dispositif", "F2", C::N(8.0)), en("C-CL-06", "F2"));
    assert_eq!(faute("Personnes", "A2", t("1E14")), en("C-CL-06", "A2"));
    assert_eq!(faute("Évènements", "F2", C::N(1e20)), en("C-CL-06", "F2"));
    assert_eq!(faute("Personnes", "M2", C::F("=A1", "#REF!")), en("C-CL-07", "M2"));
    assert_eq!(faute("Personnes", "N1", t("Nom du bénéficiaire")), en("C-CL-02", "N1"));
    assert_eq!(faute("Personnes", "P3", t("DUPONT")), en("C-CL-02", "P1"));
}

#[test]
fn a_faulty_cell_is_marked_so_that_nothing_more_is_said_of_it() {
    let classeur = Classeur::sain().pose("Évènements", "J4", Some(t("CDI intérimaire")));
    let (_, recu) = lit(&classeur.xlsx()).unwrap();
    assert_eq!(recu.valeur(Fiche::Evenement, 4, "emploi_date_evenement"), &Valeur::Fautive);
}

#[test]
fn a_column_of_names_is_never_repeated() {
    let mut classeur = Classeur::sain().pose("Personnes", "N1", Some(t("NIR")));
    for ligne in 2..=4 {
        classeur = classeur.pose("Personnes", &format!("N{ligne}"), Some(t("285057012345678")));
    }
    for octets in [classeur.xlsx(), classeur.ods()] {
        let (rapport, recu) = lit(&octets).unwrap();
        let tout = format!("{:?}{recu:?}", rapport.anomalies);
        assert!(!tout.contains("285057012345678"));
        assert!(tout.contains("Elle semble nominative"));
    }
}

#[test]
fn a_missing_sheet_or_header_is_said_once_without_a_cell() {
    let mut sans_feuille = Classeur::sain();
    sans_feuille.0.retain(|(nom, _)| nom != "Évènements");
    let attendue = ("C-CL-01".to_owned(), "Évènements".to_owned(), None);
    assert_eq!(signalees(&sans_feuille.xlsx()), std::slice::from_ref(&attendue));
    assert_eq!(signalees(&sans_feuille.ods()), [attendue]);

    let sans_colonne = Classeur::sain().pose("Personnes", "M1", None).pose("Personnes", "M2", None);
    let sans_colonne = sans_colonne.pose("Personnes", "M3", None).pose("Personnes", "M4", None);
    assert_eq!(signalees(&sans_colonne.xlsx()), [("C-CL-01".into(), "Personnes".into(), None)]);
    let (_, recu) = lit(&sans_colonne.xlsx()).unwrap();
    assert_eq!(recu.valeur(Fiche::Personne, 2, "orientation"), &Valeur::Absente);
}

#[test]
fn an_empty_sheet_or_one_without_headers_is_one_anomaly() {
    for (nom, cases) in [("vide", vec![]), ("sans en-têtes", vec![((0, 0), t("DUPONT")), ((0, 1), t("Jean"))])] {
        let mut classeur = Classeur::sain();
        classeur.0[1].1 = cases.into_iter().collect();
        let lues = anomalies(&classeur.xlsx());
        assert_eq!(lues.len(), 1, "{nom}");
        assert_eq!((lues[0].controle.as_str(), &lues[0].cellule), ("C-CL-01", &None));
        assert!(!lues[0].message.contains("DUPONT"));
    }
}

#[test]
fn titles_above_the_headers_shift_the_cells_of_the_anomalies() {
    let mut classeur = Classeur::sain().pose("Personnes", "F3", Some(t("hier")));
    let cases = std::mem::take(&mut classeur.0[1].1);
    classeur.0[1].1 = cases.into_iter().map(|((ligne, colonne), c)| ((ligne + 2, colonne + 1), c)).collect();
    let classeur = classeur.pose("Personnes", "B1", Some(t("INFORMATIONS SUR LA PERSONNE")));
    for octets in [classeur.xlsx(), classeur.ods()] {
        assert_eq!(signalees(&octets), [("C-CL-03".into(), "Personnes".into(), Some("G5".into()))]);
    }
}

#[test]
fn blank_rows_and_formulas_are_told_once_for_a_sheet() {
    let mut classeur = Classeur::sain();
    for (cellule, contenu) in [("A9", t("BFC01000000009")), ("L9", C::F("=2+3", "5")), ("L2", C::F("=2+3", "5"))] {
        classeur = classeur.pose("Personnes", cellule, Some(contenu));
    }
    for octets in [classeur.xlsx(), classeur.ods()] {
        let lues = anomalies(&octets);
        let resume: Vec<_> =
            lues.iter().map(|a| (a.controle.as_str(), a.severite, a.cellule.as_deref(), a.nombre)).collect();
        let (vides, formules) = (Some("A5"), None);
        assert_eq!(
            resume,
            [
                ("C-CL-07", Severite::Avertissement, vides, Some(4)),
                ("C-CL-07", Severite::Information, formules, Some(2))
            ]
        );
        let (_, recu) = lit(&octets).unwrap();
        assert_eq!(recu.valeur(Fiche::Personne, 9, "duree_sans_emploi_mois"), &Valeur::Entier(5));
    }
}

#[test]
fn a_column_wrong_on_every_row_stays_readable() {
    let mut classeur = Classeur::sain();
    for ligne in 2..=1502 {
        classeur = classeur.pose("Personnes", &format!("A{ligne}"), Some(t("BFC01000000001")));
        classeur = classeur.pose("Personnes", &format!("F{ligne}"), Some(t("2026-03-31")));
    }
    let lues = anomalies(&classeur.xlsx());
    assert_eq!(lues.len(), 1001);
    let reste = &lues[1000];
    assert_eq!((reste.controle.as_str(), reste.cellule.as_deref(), reste.nombre), ("C-CL-03", Some("F1"), Some(501)));
    assert_eq!(reste.severite, Severite::Bloquant);
}

#[test]
fn a_formula_in_error_blocks_where_annexe_2_wants_a_value() {
    let severite = |feuille: &str, cellule: &str| {
        anomalies(&Classeur::sain().pose(feuille, cellule, Some(C::F("=A1", "#N/A"))).xlsx())[0].severite
    };
    assert_eq!(severite("Personnes", "M2"), Severite::Avertissement);
    assert_eq!(severite("Évènements", "J2"), Severite::Bloquant);
}

#[test]
fn another_layout_needs_no_code() {
    let texte = include_str!("../../../schema/tableur/cfea-2021-12.toml")
        .replace("entete = \"Sexe\"", "entete = \"Genre\"")
        .replace("nom = \"Personnes\"", "nom = \"Bénéficiaires\"");
    let modele = Modele::lit(&texte).unwrap();
    let mut classeur = Classeur::sain().pose("Personnes", "G1", Some(t("GENRE")));
    classeur.0[1].0 = "Beneficiaires".to_owned();
    let mut recu = classeur::Recu::default();
    let rapport = tableur::lire(&classeur.xlsx(), &modele, &mut recu).unwrap();
    assert_eq!(rapport.anomalies, []);
    assert_eq!(recu.valeur(Fiche::Personne, 2, "sexe"), &Valeur::Modalite("F"));
}

#[test]
fn hours_and_lost_zeros_are_read_for_what_they_are() {
    let (_, recu) = lit(&Classeur::sain().pose("Évènements", "I2", Some(C::N(8.0))).xlsx()).unwrap();
    let lu = recu.valeur(Fiche::Evenement, 2, "niveau_soutien");
    assert_eq!((lu, lu.modalite()), (&Valeur::Heures { code: "N3", heures: Decimal::from(8) }, Some("N3")));
}

/// A way of writing a header that must not matter.
fn deguise(texte: &str, facon: u8) -> String {
    match facon {
        0 => texte.to_uppercase(),
        1 => format!("  {} ", texte.replace(' ', "  ")),
        2 => texte.replace('’', "'").to_lowercase(),
        3 => texte.replace(' ', "\u{a0}"),
        4 => texte
            .chars()
            .map(|c| match c {
                'é' | 'è' => 'e',
                'É' | 'È' => 'E',
                c => c,
            })
            .collect(),
        _ => texte.to_owned(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_way_headers_and_sheets_are_written_does_not_matter(facons in prop::collection::vec(0u8..6, 49)) {
        let mut classeur = Classeur::sain();
        let mut suivante = facons.into_iter().cycle();
        for (nom, cases) in &mut classeur.0 {
            *nom = deguise(nom, suivante.next().unwrap());
            for (_, contenu) in cases.range_mut((0, 0)..(1, 0)) {
                let C::T(texte) = contenu else { unreachable!() };
                *texte = deguise(texte, suivante.next().unwrap());
            }
        }
        let (rapport, recu) = lit(&classeur.ods()).unwrap();
        prop_assert_eq!(rapport.anomalies, []);
        prop_assert_eq!(recu, lit(&Classeur::sain().ods()).unwrap().1);
    }

    #[test]
    fn the_order_of_sheets_and_columns_does_not_matter(feuilles in Just([0usize, 1, 2]).prop_shuffle(), decalage in 0u32..16) {
        let mut classeur = Classeur(feuilles.map(|rang| Classeur::sain().0[rang].clone()).into());
        for (_, cases) in &mut classeur.0 {
            let largeur = cases.keys().filter(|(ligne, _)| *ligne == 0).count() as u32;
            *cases = std::mem::take(cases).into_iter().map(|((l, c), v)| ((l, (c + decalage) % largeur), v)).collect();
        }
        for octets in [classeur.xlsx(), classeur.ods()] {
            let (rapport, recu) = lit(&octets).unwrap();
            prop_assert_eq!(rapport.anomalies, []);
            prop_assert_eq!(&recu, &lit(&Classeur::sain().xlsx()).unwrap().1);
        }
    }

    #[test]
    fn any_text_anywhere_is_a_value_or_one_anomaly(texte in "\\PC{0,30}", feuille in 0usize..3, colonne in 0u32..17, ligne in 0u32..4) {
        let mut classeur = Classeur::sain();
        classeur.0[feuille].1.insert((ligne, colonne), t(&texte));
        let (xlsx, ods) = (codes(&classeur.xlsx()), codes(&classeur.ods()));
        prop_assert!(xlsx.len() <= 2, "{:?}", xlsx);
        prop_assert_eq!(xlsx, ods);
    }
}
