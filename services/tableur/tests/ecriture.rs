//! What is written reads back: the template of a campaign, the annotated workbook.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod classeur;

use std::io::{Cursor, Read};

use chrono::NaiveDate;
use classeur::{C, Classeur, anomalies, lit, t};
use proptest::prelude::*;
use referentiel::Decimal;
use referentiel::controle::{Fiche, Severite};
use tableur::ecriture::{Campagne, Correction, Saisie, annoter, corriger, modele_campagne};
use tableur::{AnomalieSituee, Modele, Valeur};

fn jour(annee: i32, mois: u32, jour: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(annee, mois, jour).unwrap()
}

fn texte(t: &str) -> Valeur<'static> {
    Valeur::Texte(t.to_owned().into())
}

fn dispositif() -> Saisie {
    let feuille = Modele::cfea().feuille(Fiche::Dispositif);
    Saisie::vierge(feuille)
        .avec(feuille, "reference_dispositif", texte("BFC01"))
        .avec(feuille, "nom_dispositif", texte("=Plateforme 08"))
        .avec(feuille, "code_departement", texte("08"))
        .avec(feuille, "region_dispositif", texte("Grand Est"))
        .avec(feuille, "statut_dispositif", Valeur::Modalite("ACT"))
        .avec(feuille, "structures_rattachees", Valeur::Liste(vec!["Les Tilleuls".into(), "Horizon".into()]))
        .avec(feuille, "capacite_accompagnement", Valeur::Entier(40))
        .avec(feuille, "etp_total", Valeur::Decimal(Decimal::new(45, 1)))
}

fn personne(reference: &str, sortie: Option<NaiveDate>) -> Saisie {
    let feuille = Modele::cfea().feuille(Fiche::Personne);
    Saisie::vierge(feuille)
        .avec(feuille, "reference_personne", texte(reference))
        .avec(feuille, "personne_reference_dispositif", texte("BFC01"))
        .avec(feuille, "structure_accompagnante", texte("Horizon"))
        .avec(feuille, "date_naissance", Valeur::Date(jour(1994, 7, 13)))
        .avec(feuille, "sexe", Valeur::Modalite("F"))
        .avec(feuille, "date_sortie", sortie.map_or(Valeur::Vide, Valeur::Date))
}

fn modele(personnes: &[Saisie]) -> Vec<u8> {
    let campagne = Campagne {
        trimestre: "2026-T1".parse().unwrap(),
        date_evenement: jour(2026, 3, 31),
        jour: jour(2026, 3, 1),
        dispositifs: &[dispositif()],
        personnes,
    };
    modele_campagne(Modele::cfea(), &campagne).unwrap()
}

/// Text of a part of the archive.
fn partie(octets: &[u8], nom: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(octets)).unwrap();
    let mut texte = String::new();
    archive.by_name(nom).unwrap().read_to_string(&mut texte).unwrap();
    texte
}

#[test]
fn the_template_reads_back_with_what_was_known_and_nothing_to_say() {
    let sortie = Some(jour(2025, 12, 1));
    let octets = modele(&[personne("BFC01000000001", None), personne("12345678901234", sortie)]);
    let (rapport, recu) = lit(&octets).unwrap();
    assert_eq!(rapport.anomalies, []);
    assert_eq!(rapport.lignes, [1, 2, 1], "no event for a person who left");
    assert_eq!(recu.valeur(Fiche::Dispositif, 2, "code_departement"), &texte("08"));
    assert_eq!(recu.valeur(Fiche::Dispositif, 2, "nom_dispositif"), &texte("=Plateforme 08"));
    assert_eq!(recu.valeur(Fiche::Dispositif, 2, "etp_total"), &Valeur::Decimal(Decimal::new(45, 1)));
    assert_eq!(recu.valeur(Fiche::Dispositif, 2, "statut_dispositif"), &Valeur::Modalite("ACT"));
    assert_eq!(recu.valeur(Fiche::Personne, 2, "date_naissance"), &Valeur::Date(jour(1994, 7, 13)));
    assert_eq!(recu.valeur(Fiche::Personne, 3, "reference_personne"), &texte("12345678901234"));
    assert_eq!(recu.valeur(Fiche::Evenement, 2, "evt_reference_personne"), &texte("BFC01000000001"));
    assert_eq!(recu.valeur(Fiche::Evenement, 2, "evt_region"), &texte("Grand Est"));
    assert_eq!(recu.valeur(Fiche::Evenement, 2, "date_evenement"), &Valeur::Date(jour(2026, 3, 31)));
    assert_eq!(recu.valeur(Fiche::Evenement, 2, "id_evenement"), &Valeur::Vide);
}

#[test]
fn the_template_helps_to_type() {
    let octets = modele(&[personne("BFC01000000001", None)]);
    let evenements = partie(&octets, "xl/worksheets/sheet3.xml");
    assert!(evenements.contains("<pane ySplit=\"1\""), "frozen header");
    assert!(evenements.contains("Listes!$"), "lists stand on ranges");
    assert!(evenements.contains("'Personnes'!$A$2:$A$5000"), "a person is chosen among those of the workbook");
    assert!(!evenements.contains("<f>"), "no formula");
    let commentaires = partie(&octets, "xl/comments3.xml");
    assert!(commentaires.contains("Laissez cette colonne vide"));
    assert!(partie(&octets, "docProps/core.xml").contains("Remontée emploi accompagné – 1er trimestre 2026"));
    assert!(partie(&octets, "docProps/custom.xml").contains("fr-FR"));
    assert!(partie(&octets, "xl/workbook.xml").contains("name=\"Listes\" sheetId=\"4\" state=\"hidden\""));
    assert_eq!(octets, modele(&[personne("BFC01000000001", None)]), "the same bytes each time");
}

#[test]
fn an_empty_template_still_has_its_lists() {
    let campagne = Campagne {
        trimestre: "2026-T1".parse().unwrap(),
        date_evenement: jour(2026, 3, 31),
        jour: jour(2026, 3, 1),
        dispositifs: &[],
        personnes: &[],
    };
    let (rapport, recu) = lit(&modele_campagne(Modele::cfea(), &campagne).unwrap()).unwrap();
    assert_eq!((rapport.anomalies, recu.0), (vec![], vec![]));
}

fn fautif() -> Classeur {
    Classeur::sain()
        .pose("Personnes", "F3", Some(t("31/02/1990")))
        .pose("Évènements", "J4", Some(t("=CDI intérimaire")))
        .pose("Dispositif", "F2", Some(t("8")))
        .pose("Personnes", "N1", Some(t("Téléphone")))
}

#[test]
fn the_annotated_workbook_holds_the_same_data_and_the_same_anomalies() {
    for octets in [fautif().xlsx(), fautif().ods()] {
        let dites = anomalies(&octets);
        assert_eq!(dites.len(), 4);
        let annote = annoter(&octets, Modele::cfea(), &dites, jour(2026, 4, 2)).unwrap();
        assert_eq!(anomalies(&annote), dites);
        assert_eq!(lit(&annote).unwrap().1, lit(&octets).unwrap().1);
        let encore = annoter(&annote, Modele::cfea(), &dites, jour(2026, 4, 2)).unwrap();
        assert_eq!(encore, annote, "annotating again changes nothing");
    }
}

#[test]
fn each_fault_has_its_comment_its_border_and_its_line() {
    let octets = fautif().xlsx();
    let annote = annoter(&octets, Modele::cfea(), &anomalies(&octets), jour(2026, 4, 2)).unwrap();
    let commentaires = partie(&annote, "xl/comments2.xml");
    assert!(
        commentaires.contains("<comment ref=\"F3\"") && commentaires.contains("La date « 31/02/1990 » n’existe pas.")
    );
    let liste = partie(&annote, "xl/worksheets/sheet1.xml");
    assert!(liste.contains("location=\"'Évènements'!J4\""), "a link to each cell");
    let textes = partie(&annote, "xl/sharedStrings.xml");
    for mot in ["C-CL-06", "bloquant", "Le département « 8 » a perdu son zéro : écrivez « 08 ».", "=CDI intérimaire"]
    {
        assert!(textes.contains(mot), "{mot}");
    }
    assert!(partie(&annote, "xl/styles.xml").contains("style=\"thick\""));
}

#[test]
fn a_fault_on_an_empty_cell_is_shown_too() {
    let octets = Classeur::sain().pose("Évènements", "I4", None).xlsx();
    let anomalie = AnomalieSituee {
        controle: "C-EV-03".into(),
        severite: Severite::Bloquant,
        feuille: Some("Évènements".into()),
        cellule: Some("I4".into()),
        lu: None,
        attendu: None,
        message: "Le niveau de soutien manque à la ligne 4.".repeat(100),
        correction: None,
        nombre: None,
    };
    let annote = annoter(&octets, Modele::cfea(), &[anomalie], jour(2026, 4, 2)).unwrap();
    let commentaire = partie(&annote, "xl/comments1.xml");
    assert!(commentaire.contains("<comment ref=\"I4\"") && commentaire.contains("manque"));
    assert!(commentaire.chars().count() < 2500, "a comment is bounded");
    assert!(partie(&annote, "xl/worksheets/sheet4.xml").contains("<c r=\"I4\" s="));
}

#[test]
fn dates_and_sheets_left_aside_are_copied() {
    let mut classeur = Classeur::sain().pose("Personnes", "F3", Some(C::D(46_112.0)));
    classeur.0.push(("Notes".to_owned(), [((0, 0), t("à garder"))].into_iter().collect()));
    let octets = classeur.xlsx();
    let dites = anomalies(&octets);
    let annote = annoter(&octets, Modele::cfea(), &dites, jour(2026, 4, 2)).unwrap();
    assert_eq!(lit(&annote).unwrap().1.valeur(Fiche::Personne, 3, "date_naissance"), &Valeur::Date(jour(2026, 3, 31)));
    assert!(partie(&annote, "xl/sharedStrings.xml").contains("à garder"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_known_person_prefills_a_template_without_a_blocking_anomaly(
        references in prop::collection::hash_set("[A-Z0-9]{14}", 0..12),
        structure in "[=+@A-Za-zé’ -]{1,20}",
        jours in 0i64..40_000,
        mois in 0u32..500,
    ) {
        let feuille = Modele::cfea().feuille(Fiche::Personne);
        let personnes: Vec<Saisie> = references.iter().map(|reference| {
            personne(reference, None)
                .avec(feuille, "structure_accompagnante", texte(&structure))
                .avec(feuille, "date_entree", Valeur::Date(jour(1910, 1, 1) + chrono::TimeDelta::days(jours)))
                .avec(feuille, "duree_sans_emploi_mois", Valeur::Entier(mois))
        }).collect();
        let (rapport, recu) = lit(&modele(&personnes)).unwrap();
        prop_assert!(rapport.anomalies.is_empty(), "{:?}", rapport.anomalies);
        prop_assert_eq!(rapport.lignes, [1, references.len() as u32, references.len() as u32]);
        for (ligne, reference) in (2u32..).zip(&references) {
            prop_assert_eq!(recu.valeur(Fiche::Personne, ligne, "reference_personne"), &texte(reference));
            prop_assert_eq!(recu.valeur(Fiche::Personne, ligne, "duree_sans_emploi_mois"), &Valeur::Entier(mois));
        }
    }

    #[test]
    fn any_anomaly_can_be_written(textes in prop::collection::vec("\\PC{0,60}", 4), cellule in "[A-Z]{1,3}[0-9]{1,6}", nombre in 1usize..4) {
        let anomalie = AnomalieSituee {
            controle: "C-XX-00".into(),
            severite: Severite::Avertissement,
            feuille: Some("Personnes".into()),
            cellule: Some(cellule),
            lu: Some(textes[0].clone()),
            attendu: Some(textes[1].clone()),
            message: textes[2].clone(),
            correction: Some(textes[3].clone()),
            nombre: None,
        };
        let source = Classeur::sain().ods();
        prop_assert!(annoter(&source, Modele::cfea(), &vec![anomalie; nombre], jour(2026, 4, 2)).is_ok());
    }
}

#[test]
fn a_corrected_workbook_changes_only_the_cells_that_were_mended() {
    let fautif = Classeur::sain().pose("Personnes", "F2", Some(t("31/02/1990"))).pose("Personnes", "E3", None);
    for octets in [fautif.xlsx(), fautif.ods()] {
        let correction = |cellule: &str, valeur: &str| Correction {
            feuille: "Personnes".to_owned(),
            cellule: cellule.to_owned(),
            valeur: valeur.to_owned(),
        };
        let corrections = [correction("F2", "28/02/1990"), correction("E3", "Horizon"), correction("F4", "")];
        let corrige = corriger(&octets, Modele::cfea(), &corrections, jour(2026, 4, 2)).unwrap();
        let (_, avant) = lit(&octets).unwrap();
        let (_, apres) = lit(&corrige).unwrap();
        assert_eq!(apres.valeur(Fiche::Personne, 2, "date_naissance"), &Valeur::Date(jour(1990, 2, 28)));
        assert_eq!(apres.valeur(Fiche::Personne, 3, "structure_accompagnante"), &texte("Horizon"));
        assert_eq!(apres.valeur(Fiche::Personne, 4, "date_naissance"), &Valeur::Vide, "an empty correction empties");
        for champ in ["reference_personne", "date_entree", "sexe"] {
            assert_eq!(apres.valeur(Fiche::Personne, 2, champ), avant.valeur(Fiche::Personne, 2, champ));
        }
    }
}
