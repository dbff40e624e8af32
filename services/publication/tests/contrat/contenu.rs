//! Bodies: what is written reads back to the byte, and nothing that two JSON readers could read
//! differently is accepted (matrix 50 to 54, 56 and 60 of the protocol).

use proptest::prelude::*;
use publication::contenu::TAILLE_MAXIMALE;
use publication::{CodeRefus, Contenu};
use referentiel::cellule::{Audience, Statut};

use crate::fabrique::*;

fn refus(corps: &[u8]) -> CodeRefus {
    Contenu::lire(corps).expect_err("un corps hostile a été lu").code()
}

fn refus_modifie(avant: &str, apres: &str) -> CodeRefus {
    refus(&corps_modifie(avant, apres))
}

#[test]
fn canonical_bytes_read_back_to_themselves() {
    for contenu in [contenu(), dispositifs()] {
        let octets = contenu.octets();
        let lu = Contenu::lire(&octets).unwrap();
        assert_eq!((lu.octets(), &lu), (octets, &contenu));
    }
}

#[test]
fn the_salt_comes_first_and_changes_everything() {
    let texte = String::from_utf8(contenu().octets()).unwrap();
    assert!(texte.starts_with(r#"{"salt":"AAECAwQFBgcICQoLDA0ODw","v":1,"jeu":"ea.indicateurs""#), "{texte}");
    let tables = [protegee(Audience::Reseau)];
    let tire = |n| Contenu::indicateurs(&[&tables[0]], origine(), territoires(), &mut Compteur(n)).unwrap().octets();
    assert_ne!(publication::empreinte_corps(&tire(0)), publication::empreinte_corps(&tire(1)));
    assert_eq!(
        refus(
            &texte
                .replacen(r#""salt":"AAECAwQFBgcICQoLDA0ODw","v":1"#, r#""v":1,"salt":"AAECAwQFBgcICQoLDA0ODw""#, 1)
                .into_bytes()
        ),
        CodeRefus::SchemaInvalid
    );
    assert_eq!(refus_modifie("AAECAwQFBgcICQoLDA0ODw", "AAEC"), CodeRefus::SchemaInvalid);
}

#[test]
fn protected_tables_become_a_content_that_reads_back() {
    let tables = [protegee(Audience::Public), protegee(Audience::Reseau)];
    let contenu = Contenu::indicateurs(&[&tables[0], &tables[1]], origine(), territoires(), &mut Compteur(0)).unwrap();
    assert_eq!(Contenu::lire(&contenu.octets()).unwrap(), contenu);
    let Contenu::Indicateurs(c) = contenu else { panic!("des tables") };
    assert_eq!(
        c.audiences().iter().map(|a| a.politique.audience).collect::<Vec<_>>(),
        [Audience::Reseau, Audience::Public]
    );
    assert_eq!(c.audience(Audience::Reseau).unwrap().cellules, tables[1].cellules());
    let femmes = |c: &&secret_statistique::CelluleProtegee| c.cle.ventilation.modalite("sexe") == Some("F");
    let masquee = tables[1].cellules().iter().find(femmes).unwrap();
    assert_eq!((masquee.statut, &masquee.valeur), (Statut::Secret, &None));
}

#[test]
fn fiches_are_sorted_and_decimals_are_text() {
    let Contenu::Dispositifs(c) = dispositifs() else { panic!("des fiches") };
    assert_eq!(c.dispositifs().iter().map(|d| d.reference.as_str()).collect::<Vec<_>>(), ["BFC01", "BFC02"]);
    assert!(String::from_utf8(dispositifs().octets()).unwrap().contains(r#""etp_total":"4.5""#));
    let deux_fois = vec![dispositif("BFC01"), dispositif("BFC01")];
    assert!(Contenu::dispositifs(origine(), deux_fois, &mut Compteur(0)).is_err());
}

#[test]
fn matrix_50_a_key_twice_is_refused_whichever_the_level() {
    assert_eq!(refus_modifie(r#""v":1"#, r#""v":1,"v":1"#), CodeRefus::SchemaDuplicateKey);
    assert_eq!(refus_modifie(r#""sexe":"F""#, r#""sexe":"M","sexe":"F""#), CodeRefus::SchemaDuplicateKey);
    // The same key under an escape is the same key.
    assert_eq!(refus_modifie(r#""v":1"#, r#""v":1,"\u0076":2"#), CodeRefus::SchemaDuplicateKey);
}

#[test]
fn matrix_51_a_count_is_a_plain_integer() {
    for nombre in [
        "9007199254740992",
        "9007199254740993",
        "-1",
        "-0",
        "1.0",
        "40.0",
        "1e3",
        "1E3",
        "1e999",
        "18446744073709551616",
    ] {
        assert_eq!(
            refus_modifie(r#""effectif":40"#, &format!(r#""effectif":{nombre}"#)),
            CodeRefus::SchemaNumber,
            "{nombre}"
        );
    }
    for autre in ["NaN", "Infinity", "040", "+40", r#""40""#, "null", "true", "[40]"] {
        assert_eq!(
            refus_modifie(r#""effectif":40"#, &format!(r#""effectif":{autre}"#)),
            CodeRefus::SchemaInvalid,
            "{autre}"
        );
    }
    assert!(Contenu::lire(&corps_modifie(r#""effectif":40"#, r#""effectif":9007199254740991"#)).is_ok());
}

#[test]
fn a_decimal_has_one_spelling() {
    assert!(Contenu::lire(&corps_modifie(r#""45.50""#, r#""45.5""#)).is_ok());
    for decimal in [
        r#""45,50""#,
        r#""4.55e1""#,
        r#"" 45.50""#,
        r#""+45.50""#,
        r#""045.50""#,
        r#""4_5.50""#,
        r#""45.""#,
        r#"".5""#,
        r#""""#,
        "45",
    ] {
        assert_eq!(refus_modifie(r#""45.50""#, decimal), CodeRefus::SchemaInvalid, "{decimal}");
    }
    assert_eq!(refus_modifie(r#""45.50""#, "45.50"), CodeRefus::SchemaNumber);
}

#[test]
fn matrix_52_depth_members_and_length_are_bounded() {
    let profond = format!(r#"{{"salt":"","x":{}1{}}}"#, r#"{"x":"#.repeat(10_000), "}".repeat(10_000));
    assert_eq!(refus(profond.as_bytes()), CodeRefus::SchemaTooDeep);
    let membres: String = (0..1_000_000).map(|i| format!(r#","k{i}":1"#)).collect();
    assert_eq!(refus(format!(r#"{{"salt":""{membres}}}"#).as_bytes()), CodeRefus::SchemaInvalid);
    assert_eq!(refus(format!(r#"{{"salt":"","x":"{}"}}"#, "x".repeat(2_000)).as_bytes()), CodeRefus::SchemaText);
    assert_eq!(refus(&vec![b' '; TAILLE_MAXIMALE + 1]), CodeRefus::BodyTooLarge);
}

#[test]
fn matrix_54_texts_are_what_they_look_like() {
    for c in ["\u{202E}", "\u{200B}", "\u{FEFF}", "\u{2066}", "\\u0007", "\\u202e"] {
        assert_eq!(refus_modifie("Plateforme", &format!("Plate{c}forme")), CodeRefus::SchemaText, "{c:?}");
    }
    for c in ["\\ud800", "\u{7}"] {
        assert_eq!(refus_modifie("Plateforme", &format!("Plate{c}forme")), CodeRefus::SchemaInvalid, "{c:?}");
    }
    let mut octets = contenu().octets();
    let place = octets.windows(5).position(|f| f == b"Plate").unwrap();
    octets[place] = 0xFF;
    assert_eq!(refus(&octets), CodeRefus::SchemaInvalid);
}

#[test]
fn what_is_unknown_missing_or_too_much_is_refused() {
    assert_eq!(refus_modifie(r#""v":1"#, r#""v":1,"commentaire":"x""#), CodeRefus::SchemaInvalid);
    assert_eq!(
        refus_modifie(r#""indicateur":"EA01","#, r#""indicateur":"EA01","note":"x","#),
        CodeRefus::SchemaInvalid
    );
    assert_eq!(refus_modifie(r#""effectif":40"#, r#""effectif":40,"decimal":"1""#), CodeRefus::SchemaInvalid);
    assert_eq!(refus_modifie(r#""v":1,"#, ""), CodeRefus::SchemaInvalid);
    assert_eq!(refus_modifie(r#""v":1"#, r#""v":2"#), CodeRefus::RefWrongVersion);
    assert_eq!(refus_modifie(r#""2026-T1""#, r#""2026-T5""#), CodeRefus::SchemaInvalid);
    assert_eq!(refus_modifie(r#""2026-03-31""#, r#""2026-02-30""#), CodeRefus::SchemaInvalid);
    assert_eq!(refus_modifie("ea.indicateurs", "ea.dispositif"), CodeRefus::SchemaInvalid);
    let mut suivi = contenu().octets();
    suivi.extend(b"{}");
    assert_eq!(refus(&suivi), CodeRefus::SchemaInvalid);
    for court in ["", "{", r#"{"salt":""#, "null", "[]"] {
        assert_eq!(refus(court.as_bytes()), CodeRefus::SchemaInvalid, "{court}");
    }
}

#[test]
fn a_list_stands_only_where_the_contract_has_one() {
    let cellule = r#"{"indicateur":"EA10","niveau":"dispositif","territoire":"BFC01","statut":"sans_objet"}"#;
    let politique = r#"{"audience":"public","seuil":11,"seuil_sensible":11,"axes_sensibles":["handicap"],"zeros":"montres","denominateur_minimal":5,"largeur":3}"#;
    let parent = r#"{"niveau":"departement","code":"70"}}"#;
    // The JSON crate alone would read each of these as the object it replaces.
    assert_eq!(
        refus_modifie(cellule, r#"["EA10","dispositif","BFC01",{},null,"sans_objet"]"#),
        CodeRefus::SchemaInvalid
    );
    assert_eq!(refus_modifie(politique, r#"["public",11,11,["handicap"],"montres",5,3]"#), CodeRefus::SchemaInvalid);
    assert_eq!(refus_modifie(parent, r#"["departement","70"]}"#), CodeRefus::SchemaInvalid);
    assert_eq!(refus_modifie(r#"["handicap"]"#, r#"[["handicap"]]"#), CodeRefus::SchemaInvalid);
}

#[test]
fn the_private_key_of_the_number_parser_is_no_way_in() {
    let nombre = r#"{"$serde_json::private::Number":"40"}"#;
    assert_eq!(refus_modifie(r#""effectif":40"#, &format!(r#""effectif":{nombre}"#)), CodeRefus::SchemaInvalid);
    let double = r#""sexe":"F","$serde_json::private::Number":"4""#;
    assert_eq!(refus_modifie(r#""sexe":"F""#, double), CodeRefus::SchemaInvalid);
    let suivi = r#""$serde_json::private::Number":"4","sexe":"F""#;
    assert_eq!(refus_modifie(r#""sexe":"F""#, suivi), CodeRefus::SchemaInvalid);
}

#[test]
fn a_status_and_its_value_agree_and_territories_are_declared() {
    assert_eq!(refus_modifie(r#""statut":"publie""#, r#""statut":"secret""#), CodeRefus::SchemaInvalid);
    assert_eq!(refus_modifie(r#""statut":"secret""#, r#""statut":"publie""#), CodeRefus::SchemaInvalid);
    assert_eq!(refus_modifie(r#""statut":"sans_objet""#, r#""statut":"publie""#), CodeRefus::SchemaInvalid);
    let ailleurs = corps_modifie(
        r#""parent":{"niveau":"departement","code":"70"}"#,
        r#""parent":{"niveau":"departement","code":"71"}"#,
    );
    assert!(Contenu::lire(&ailleurs).is_ok(), "a parent may stand outside what is published");
    let refus = Contenu::lire(&corps_modifie(
        r#"{"niveau":"departement","code":"70"}]"#,
        r#"{"niveau":"departement","code":"71"}]"#,
    ))
    .unwrap_err();
    assert_eq!((refus.code(), refus.cellule()), (CodeRefus::RefUnknownCode, Some("EA01 · departement 70")));
}

#[test]
fn records_of_a_declared_jeu_are_sorted_once_and_about_nobody() {
    let octets = declare().octets();
    assert_eq!(Contenu::lire(&octets).unwrap(), declare());
    assert_eq!(declare().taille(), 2);
    let change = |avant: &str, apres: &str| {
        let texte = String::from_utf8(octets.clone()).unwrap();
        assert!(texte.contains(avant), "{avant}");
        Contenu::lire(texte.replacen(avant, apres, 1).as_bytes())
    };
    for (avant, apres) in [
        ("\"cle\":\"GPEEC\"", "\"cle\":\"Qlik\""),
        ("\"cle\":\"GPEEC\"", "\"cle\":\"Zeta\""),
        ("\"annees\":\"3\"", "\"annees\":3"),
        ("\"liste\":\"outil\"", "\"liste\":\"outil\",\"plus\":\"x\""),
    ] {
        assert_eq!(change(avant, apres).unwrap_err().code(), CodeRefus::SchemaInvalid, "{apres}");
    }
    for suspect in ["responsable@cdg70.example", "BFC01829794086", "12/03/2025"] {
        let contenu = change("Module GPEEC", suspect).unwrap();
        assert_eq!(publication::pii::inspecter(&contenu).unwrap().code(), CodeRefus::PiiSuspected, "{suspect}");
    }
}

#[test]
fn tables_of_two_data_sets_or_twice_one_audience_make_no_content() {
    let table = protegee(Audience::Reseau);
    assert!(Contenu::indicateurs(&[], origine(), territoires(), &mut Compteur(0)).is_err());
    assert!(Contenu::indicateurs(&[&table, &table], origine(), territoires(), &mut Compteur(0)).is_err());
}

#[test]
fn matrix_60_a_name_that_looks_like_a_person_is_never_sealed() {
    let mut fiche = dispositif("BFC01");
    fiche.structures.push("contact : BFC01829794086".to_owned());
    let contenu = Contenu::dispositifs(origine(), vec![fiche], &mut Compteur(0)).unwrap();
    let refus = publication::sceller(&contenu, &premiere(), &emission(), &cle_noeud()).unwrap_err();
    assert_eq!(refus.code(), CodeRefus::PiiSuspected);
    assert!(!refus.to_string().contains("829794086"));
}

proptest! {
    #[test]
    fn no_byte_changed_at_random_panics_or_reads_back_differently(place in 0usize..3000, octet in any::<u8>()) {
        let mut octets = contenu().octets();
        let place = place % octets.len();
        octets[place] = octet;
        if let Ok(lu) = Contenu::lire(&octets) {
            // Spaces and escapes may differ from the canonical bytes; what was read may not.
            prop_assert_eq!(Contenu::lire(&lu.octets()).unwrap(), lu);
        }
    }
}
