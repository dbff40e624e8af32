//! Files that should never have been deposited: each gets its sentence, in bounded time and memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod classeur;

use std::fmt::Write as _;

use classeur::{C, Classeur, archive, lit, ods, signalees, t, xlsx_brut};
use proptest::prelude::*;
use tableur::Illisible;

const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

fn refus(octets: &[u8]) -> Illisible {
    lit(octets).expect_err("refused")
}

/// A workbook with these sheets XML, the other parts being sound.
fn feuille(donnees: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{donnees}</sheetData></worksheet>"#
    )
}

#[test]
fn what_is_no_workbook_is_told_apart() {
    assert_eq!(refus(b""), Illisible::FichierVide);
    assert_eq!(refus(b"nom;prenom\nDUPONT;Jean\n"), Illisible::PasUnClasseur);
    assert_eq!(refus(b"%PDF-1.7"), Illisible::PasUnClasseur);
    assert_eq!(refus(b"PK\x03\x04 et puis rien"), Illisible::Tronque);
    assert_eq!(
        refus(&archive(&[("word/document.xml", b"<a/>"), ("[Content_Types].xml", b"<a/>")])),
        Illisible::PasUnClasseur
    );
    assert_eq!(refus(&archive(&[("mimetype", b"application/vnd.oasis.opendocument.text")])), Illisible::PasUnClasseur);
    assert_eq!(
        refus(&archive(&[("[Content_Types].xml", b"<a/>"), ("xl/workbook.bin", b"")])),
        Illisible::FormatBinaire
    );
    assert_eq!(refus(&[0x09, 0x08, 0x10, 0x00]), Illisible::AncienFormat);
}

#[test]
fn an_old_workbook_and_a_password_are_two_things() {
    let mut ancien = OLE.to_vec();
    ancien.extend([0; 2048]);
    assert_eq!(refus(&ancien), Illisible::AncienFormat);
    ancien.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(refus(&ancien), Illisible::MotDePasse);
    let chiffre = archive(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"),
    ]);
    assert_eq!(refus(&chiffre), Illisible::MotDePasse);
}

#[test]
fn macros_are_refused() {
    let macros =
        archive(&[("[Content_Types].xml", b"<a/>"), ("xl/workbook.xml", b"<a/>"), ("xl/vbaProject.bin", b"x")]);
    assert_eq!(refus(&macros), Illisible::Macros);
    let basic =
        archive(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("Basic/script-lc.xml", b"<a/>")]);
    assert_eq!(refus(&basic), Illisible::Macros);
}

#[test]
fn a_truncated_or_altered_copy_is_refused() {
    for octets in [Classeur::sain().xlsx(), Classeur::sain().ods()] {
        for part in [3, 2] {
            assert_eq!(refus(&octets[..octets.len() * part / 4]), Illisible::Tronque);
        }
        assert_eq!(refus(&octets[..octets.len() - 1]), Illisible::Tronque);
    }
}

#[test]
fn a_document_type_is_refused_wherever_it_is() {
    let xml = format!(
        "<!--{}--><!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;\">]>{}",
        " ".repeat(300 << 10),
        feuille("<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>&b;</t></is></c></row>")
    );
    assert_eq!(refus(&xlsx_brut(&[("Personnes", &xml)])), Illisible::Doctype);
}

#[test]
fn a_bomb_is_refused_before_it_unfolds() {
    let chaines = format!("<sst>{}</sst>", "<si><t>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</t></si>".repeat(400_000));
    let bombe = archive(&[
        ("[Content_Types].xml", b"<a/>"),
        ("xl/workbook.xml", b"<a/>"),
        ("xl/sharedStrings.xml", chaines.as_bytes()),
    ]);
    assert!(bombe.len() < 200_000);
    assert_eq!(refus(&bombe), Illisible::Demesure("taux de compression anormal"));
    let sans_fin = feuille(&format!("<row r=\"1\"><c r=\"A1\"><v>{}</v></c></row>", "1".repeat(3 << 20)));
    assert_eq!(
        refus(&xlsx_brut(&[("Personnes", &sans_fin)])),
        Illisible::Demesure("un texte ou une balise est sans fin")
    );
}

#[test]
fn a_part_larger_than_it_says_is_refused() {
    let mut octets = xlsx_brut(&[("Personnes", &feuille(&"<row r=\"1\"/>".repeat(50_000)))]);
    let nom = b"xl/worksheets/sheet1.xml";
    let places: Vec<usize> = octets.windows(nom.len()).enumerate().filter(|(_, o)| o == nom).map(|(p, _)| p).collect();
    // Uncompressed size: 8 bytes before the name in the local header (30 bytes), 22 in the central directory (46 bytes).
    for (place, recul) in places.iter().zip([8, 22]) {
        octets[place - recul..place - recul + 4].copy_from_slice(&100u32.to_le_bytes());
    }
    assert!(matches!(refus(&octets), Illisible::Demesure(_) | Illisible::Tronque));
}

#[test]
fn two_hundred_sheets_and_a_file_too_large_are_told_so() {
    let noms: Vec<String> = (1..=200).map(|n| format!("Feuille {n}")).collect();
    let vide = feuille("");
    let feuilles: Vec<_> = noms.iter().map(|nom| (nom.as_str(), vide.as_str())).collect();
    assert_eq!(refus(&xlsx_brut(&feuilles)), Illisible::TropDeFeuilles { lues: 200, limite: 50 });
    let tables: String = noms.iter().fold(String::new(), |mut tables, nom| {
        write!(tables, "<table:table table:name=\"{nom}\"/>").unwrap();
        tables
    });
    assert_eq!(refus(&ods(&tables)), Illisible::TropDeFeuilles { lues: 200, limite: 50 });
    let gros = refus(&vec![b'P'; (60 << 20) + 1]);
    assert_eq!(gros, Illisible::TropVolumineux { taille_mo: 61, limite_mo: 50 });
    assert!(gros.to_string().starts_with("Ce fichier pèse 61 Mo, la limite est de 50 Mo."));
}

#[test]
fn cells_at_two_corners_cost_nothing() {
    let coins =
        feuille(r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#);
    let lues = signalees(&xlsx_brut(&[("Dispositif", &coins), ("Personnes", &coins), ("Evenements", &coins)]));
    assert!(lues.iter().all(|(code, _, cellule)| code == "C-CL-01" && cellule.is_none()), "{lues:?}");
}

#[test]
fn a_cell_beyond_the_last_column_or_row_is_refused() {
    for cellule in ["XFE1", "ZZZZZZ1", "A1048577", "A99999999999"] {
        let dehors = feuille(&format!(r#"<row r="1"><c r="{cellule}"><v>1</v></c></row>"#));
        assert!(matches!(
            refus(&xlsx_brut(&[("Personnes", &dehors)])),
            Illisible::TropDeCellules { .. } | Illisible::Contenu(_)
        ));
    }
}

#[test]
fn tens_of_thousands_of_empty_rows_are_passed_over() {
    let mut donnees = String::new();
    for ligne in 1..=50_000 {
        write!(donnees, "<row r=\"{ligne}\" ht=\"15\"><c r=\"A{ligne}\" s=\"0\"/></row>").unwrap();
    }
    let lues = signalees(&xlsx_brut(&[("Personnes", &feuille(&donnees))]));
    assert_eq!(lues.len(), 3, "two sheets missing, one empty: {lues:?}");
    // In ODS the same emptiness takes one element, here above a last person.
    let classeur = Classeur::sain().pose("Personnes", "A1048576", Some(t("BFC01000000009")));
    let attendue = ("C-CL-07".to_owned(), "Personnes".to_owned(), Some("A5".to_owned()));
    assert_eq!(signalees(&classeur.ods()), std::slice::from_ref(&attendue));
    assert_eq!(signalees(&classeur.xlsx()), [attendue]);
}

#[test]
fn repetitions_of_an_ods_do_not_unfold_without_measure() {
    let case = r#"<table:table-cell table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p></table:table-cell>"#;
    let tables = format!(
        r#"<table:table table:name="Personnes"><table:table-row table:number-rows-repeated="1048576">{case}</table:table-row></table:table>"#
    );
    assert!(matches!(refus(&ods(&tables)), Illisible::Demesure(_)));
    let large =
        format!(r#"<table:table table:name="Personnes"><table:table-row>{case}{case}</table:table-row></table:table>"#);
    assert!(matches!(refus(&ods(&large)), Illisible::Contenu(_)));
}

#[test]
fn hidden_rows_columns_and_merged_cells_are_told() {
    let masquee = r#"<?xml version="1.0"?><x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:cols><x:col min="1" max="1" width="9" hidden="1"/></x:cols><x:sheetData><x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>Sexe</x:t></x:is></x:c><x:c r="B1" t="inlineStr"><x:is><x:t>Orientation &lt;row hidden="1"&gt;</x:t></x:is></x:c><x:c r="C1" t="inlineStr"><x:is><x:t>Orientation</x:t></x:is></x:c></x:row><x:row r="2" hidden="true" ht="3"><x:c r="A2" t="inlineStr"><x:is><x:t>Femme</x:t></x:is></x:c></x:row></x:sheetData><x:mergeCells count="2"><x:mergeCell ref="A1:B1"/><x:mergeCell ref="A2:A3"/></x:mergeCells></x:worksheet>"#;
    let lues: Vec<String> = classeur::anomalies(&xlsx_brut(&[("Personnes", masquee)]))
        .into_iter()
        .filter(|a| a.controle == "C-CL-07")
        .map(|a| format!("{} {}", a.cellule.unwrap_or_default(), a.message))
        .collect();
    assert_eq!(
        lues,
        [
            "A3 1\u{a0}plage de cellules fusionnées dans les données, à partir de A2:A3 : défusionnez-les et répétez la valeur sur chaque ligne.",
            " 1\u{a0}ligne masquée a été lue comme les autres.",
            " 1\u{a0}colonne masquée a été lue comme les autres.",
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_refused_without_a_panic(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut zip = b"PK\x03\x04".to_vec();
        zip.extend(&octets);
        prop_assert!(lit(&octets).is_err());
        prop_assert!(lit(&zip).is_err());
    }

    #[test]
    fn an_altered_workbook_never_panics(place in any::<prop::sample::Index>(), octet in any::<u8>(), en_ods in any::<bool>()) {
        let classeur = Classeur::sain().pose("Personnes", "L2", Some(C::F("=1", "5")));
        let mut octets = if en_ods { classeur.ods() } else { classeur.xlsx() };
        *place.get_mut(&mut octets) = octet;
        let _ = lit(&octets);
    }

    #[test]
    fn any_xml_in_a_sheet_never_panics(donnees in "(<row( r=\"[0-9]{1,8}\")?>|</row>|<c r=\"[A-Z]{1,4}[0-9]{0,8}\"( t=\"[a-z]{1,3}\")?>|<v>[0-9E.#-]{0,6}</v>|<f>x</f>|<is><t>é</t></is>|</c>|<mergeCell ref=\"[A-Z0-9:]{0,8}|&amp;|x){0,24}") {
        let _ = lit(&xlsx_brut(&[("Personnes", &feuille(&donnees))]));
        let _ = lit(&ods(&donnees));
    }
}
