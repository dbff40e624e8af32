//! Workbooks that the tests write themselves, in XLSX and in ODS, and a receiver that keeps what is read.

#![allow(dead_code, reason = "each test file uses its share")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use referentiel::controle::{Fiche, Severite};
use rust_xlsxwriter::{Format, Formula, Workbook};
use tableur::{AnomalieSituee, Illisible, LigneLue, Modele, RapportLecture, Recepteur, Valeur, lire};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Content of a cell to write.
#[derive(Debug, Clone, PartialEq)]
pub enum C {
    T(String),
    N(f64),
    /// Serial number shown as a date.
    D(f64),
    /// Formula and its recorded result.
    F(&'static str, &'static str),
}

/// A text cell.
pub fn t(texte: &str) -> C {
    C::T(texte.to_owned())
}

type Cases = BTreeMap<(u32, u32), C>;

/// A workbook to write.
#[derive(Debug, Clone)]
pub struct Classeur(pub Vec<(String, Cases)>);

impl Classeur {
    /// One dispositif, three persons, three events, nothing wrong.
    pub fn sain() -> Self {
        let modele = Modele::cfea();
        let feuilles = modele.feuilles().each_ref().map(|feuille| {
            let entetes = feuille.champs().iter().map(|c| t(&c.entete)).collect();
            let lignes: Vec<Vec<C>> = match feuille.fiche {
                Fiche::Dispositif => vec![dispositif()],
                Fiche::Personne => (1..=3).map(personne).collect(),
                Fiche::Evenement => (1..=3).map(evenement).collect(),
            };
            (feuille.nom.clone(), cases(std::iter::once(entetes).chain(lignes)))
        });
        Self(feuilles.into())
    }

    /// Puts something in a cell, or empties it with `None`.
    pub fn pose(mut self, feuille: &str, cellule: &str, contenu: Option<C>) -> Self {
        let place = case(cellule);
        let cases = self.0.iter_mut().find(|(nom, _)| nom == feuille).map(|(_, cases)| cases).expect("sheet");
        match contenu {
            Some(contenu) => cases.insert(place, contenu),
            None => cases.remove(&place),
        };
        self
    }

    pub fn xlsx(&self) -> Vec<u8> {
        let mut classeur = Workbook::new();
        let date = Format::new().set_num_format("dd/mm/yyyy");
        for (nom, cases) in &self.0 {
            let page = classeur.add_worksheet().set_name(nom).unwrap();
            for (&(ligne, colonne), contenu) in cases {
                let colonne = colonne as u16;
                match contenu {
                    C::T(texte) => page.write_string(ligne, colonne, texte),
                    C::N(n) => page.write_number(ligne, colonne, *n),
                    C::D(n) => page.write_number_with_format(ligne, colonne, *n, &date),
                    C::F(formule, resultat) => {
                        page.write_formula(ligne, colonne, Formula::new(*formule).set_result(*resultat))
                    }
                }
                .unwrap();
            }
        }
        classeur.save_to_buffer().unwrap()
    }

    pub fn ods(&self) -> Vec<u8> {
        let mut corps = String::new();
        for (nom, cases) in &self.0 {
            write!(
                corps,
                r#"<table:table table:name="{nom}"><table:table-column table:number-columns-repeated="20"/>"#
            )
            .unwrap();
            let mut suivante = 0;
            let lignes: std::collections::BTreeSet<u32> = cases.keys().map(|(ligne, _)| *ligne).collect();
            for ligne in lignes {
                if ligne > suivante {
                    let vides = ligne - suivante;
                    write!(corps, r#"<table:table-row table:number-rows-repeated="{vides}"><table:table-cell table:number-columns-repeated="1024"/></table:table-row>"#).unwrap();
                }
                corps.push_str("<table:table-row>");
                let mut colonne = 0;
                for ((_, place), contenu) in cases.range((ligne, 0)..(ligne + 1, 0)) {
                    if *place > colonne {
                        write!(corps, r#"<table:table-cell table:number-columns-repeated="{}"/>"#, place - colonne)
                            .unwrap();
                    }
                    corps.push_str(&cellule_ods(contenu));
                    colonne = place + 1;
                }
                corps.push_str(r#"<table:table-cell table:number-columns-repeated="1000"/></table:table-row>"#);
                suivante = ligne + 1;
            }
            corps.push_str(r#"<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"/></table:table-row></table:table>"#);
        }
        ods(&corps)
    }
}

/// An ODS around the tables of its content.
pub fn ods(tables: &str) -> Vec<u8> {
    let contenu = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"#
    );
    archive(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        (
            "META-INF/manifest.xml",
            br#"<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"#,
        ),
        ("content.xml", contenu.as_bytes()),
    ])
}

fn cellule_ods(contenu: &C) -> String {
    match contenu {
        C::T(texte) => {
            format!(
                r#"<table:table-cell office:value-type="string" calcext:value-type="string"><text:p>{}</text:p></table:table-cell>"#,
                echappe(texte)
            )
        }
        C::N(n) => format!(
            r#"<table:table-cell office:value-type="float" office:value="{n}"><text:p>{n}</text:p></table:table-cell>"#
        ),
        C::D(n) => {
            let date = chrono::NaiveDate::from_ymd_opt(1899, 12, 30).unwrap() + chrono::TimeDelta::days(*n as i64);
            format!(
                r#"<table:table-cell office:value-type="date" office:date-value="{date}"><text:p>{}</text:p></table:table-cell>"#,
                date.format("%d/%m/%y")
            )
        }
        C::F(formule, resultat) => format!(
            r#"<table:table-cell table:formula="of:{formule}" office:value-type="string" office:string-value="{resultat}"><text:p>{resultat}</text:p></table:table-cell>"#
        ),
    }
}

fn echappe(texte: &str) -> String {
    texte.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A zip of these parts.
pub fn archive(parties: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (nom, octets) in parties {
        zip.start_file(*nom, SimpleFileOptions::default()).unwrap();
        zip.write_all(octets).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The smallest XLSX that readers accept, around the sheets given as (name, XML of the part).
pub fn xlsx_brut(feuilles: &[(&str, &str)]) -> Vec<u8> {
    let mut parties = vec![
        ("[Content_Types].xml".to_owned(), r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#.to_owned()),
        ("_rels/.rels".to_owned(), r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.to_owned()),
    ];
    let (mut onglets, mut liens) = (String::new(), String::new());
    for (rang, (nom, xml)) in (1..).zip(feuilles) {
        write!(onglets, r#"<sheet name="{nom}" sheetId="{rang}" r:id="rId{rang}"/>"#).unwrap();
        write!(liens, r#"<Relationship Id="rId{rang}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{rang}.xml"/>"#).unwrap();
        parties.push((format!("xl/worksheets/sheet{rang}.xml"), (*xml).to_owned()));
    }
    parties.push(("xl/workbook.xml".to_owned(), format!(r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{onglets}</sheets></workbook>"#)));
    parties.push(("xl/_rels/workbook.xml.rels".to_owned(), format!(r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{liens}</Relationships>"#)));
    let parties: Vec<_> = parties.iter().map(|(nom, xml)| (nom.as_str(), xml.as_bytes())).collect();
    archive(&parties)
}

/// Keeps every row.
#[derive(Debug, Default, PartialEq)]
pub struct Recu(pub Vec<(Fiche, u32, Vec<Valeur<'static>>)>);

impl Recepteur for Recu {
    fn ligne(&mut self, fiche: Fiche, ligne: &LigneLue<'_>) {
        self.0.push((fiche, ligne.numero, ligne.valeurs.iter().map(Valeur::detache).collect()));
    }
}

impl Recu {
    /// Value of a field, by row as the user sees it.
    pub fn valeur(&self, fiche: Fiche, ligne: u32, champ: &str) -> &Valeur<'static> {
        let rang = tableur::modele::indice(fiche, champ).expect("field");
        let lue = self.0.iter().find(|(f, n, _)| (*f, *n) == (fiche, ligne)).expect("row");
        &lue.2[rang]
    }
}

pub fn lit(octets: &[u8]) -> Result<(RapportLecture, Recu), Illisible> {
    let mut recu = Recu::default();
    lire(octets, Modele::cfea(), &mut recu).map(|rapport| (rapport, recu))
}

/// The anomalies of a file, with their cells.
pub fn anomalies(octets: &[u8]) -> Vec<AnomalieSituee> {
    let (rapport, _) = lit(octets).expect("readable");
    rapport.anomalies.iter().map(|a| rapport.positions.situe(a.clone())).collect()
}

/// Check, sheet and cell of the anomalies that are more than an information.
pub fn signalees(octets: &[u8]) -> Vec<(String, String, Option<String>)> {
    let graves = anomalies(octets).into_iter().filter(|a| a.severite != Severite::Information);
    graves.map(|a| (a.controle, a.feuille.unwrap_or_default(), a.cellule)).collect()
}

fn case(cellule: &str) -> (u32, u32) {
    let chiffres = cellule.find(|c: char| c.is_ascii_digit()).expect("A1");
    let (lettres, ligne) = cellule.split_at(chiffres);
    let colonne = lettres.bytes().fold(0, |n, l| n * 26 + u32::from(l - b'A') + 1) - 1;
    (ligne.parse::<u32>().expect("A1") - 1, colonne)
}

fn cases(lignes: impl Iterator<Item = Vec<C>>) -> Cases {
    let mut cases = Cases::new();
    for (ligne, contenus) in (0u32..).zip(lignes) {
        for (colonne, contenu) in (0u32..).zip(contenus) {
            if contenu != t("") {
                cases.insert((ligne, colonne), contenu);
            }
        }
    }
    cases
}

fn dispositif() -> Vec<C> {
    let textes = [
        "BFC01",
        "responsable@bfc01.example",
        "RESPONSABLE",
        "Camille",
        "Plateforme 70",
        "70",
        "Bourgogne-Franche-Comté",
        "Haute-Saône",
        "un@bfc01.example; deux@bfc01.example",
        "En activité",
        "Les Tilleuls; Horizon",
    ];
    let mut ligne: Vec<C> = textes.map(t).into();
    ligne.extend([C::N(40.0), t("4,5"), C::N(3.5), C::N(5.0), C::N(2.0), C::N(2.0)]);
    ligne
}

fn personne(rang: u32) -> Vec<C> {
    let reference = format!("BFC01{rang:09}");
    vec![
        t(&reference),
        t("Suivi par le dispositif"),
        t("Plateforme 70"),
        t("BFC01"),
        t("Horizon"),
        C::D(34_000.0),
        t("Femme"),
        t("Troubles cognitifs"),
        t(""),
        t("10/04/2024"),
        t(""),
        C::N(5.0),
        t("MDPH"),
    ]
}

fn evenement(rang: u32) -> Vec<C> {
    let reference = format!("BFC01{rang:09}");
    let textes = [
        "",
        "BFC01",
        "Plateforme 70",
        "Bourgogne-Franche-Comté",
        "Haute-Saône",
        &reference,
        "Horizon",
        "Suivi par le dispositif",
        "Suivi – de 2 à 8h/mois",
        "CDD",
        "Sans objet",
        "Sans emploi",
        "Formation",
    ];
    let mut ligne: Vec<C> = textes.map(t).into();
    ligne.push(C::D(46_112.0));
    ligne
}
