//! A document as Office Open XML (ECMA-376), for those who edit it: headings, lists, tables whose header row is repeated,
//! native charts that carry their sentence as alternative. The same document gives the same bytes.
//!
//! Written from templates rather than by a library: the one that could be used marks no header row and gives no
//! alternative to what it draws.

use std::io::{Cursor, Write as _};

use askama::Template;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::{Bloc, Document};
use crate::graphique::Barres;
use crate::table::{Colonne, ExportImpossible, Table, permis};
use crate::typographie::typo;

/// Width of the text, in twentieths of a point.
const LARGEUR: usize = 9_638;
/// Columns beyond which a table is written smaller, as in the PDF.
const COLONNES: usize = 7;
/// Height of a bar and of the margins of a chart, in English metric units.
const BARRE: usize = 252_000;

#[derive(Template)]
#[template(path = "docx/document.xml")]
struct Corps<'d> {
    document: &'d Document,
    graphiques: &'d [&'d Barres],
}

impl Corps<'_> {
    /// Number of a chart in the document, from 1.
    fn rang(&self, barres: &Barres) -> usize {
        self.graphiques.iter().position(|g| std::ptr::eq(*g, barres)).unwrap_or_default() + 1
    }
}

#[derive(Template)]
#[template(path = "docx/graphique.xml")]
struct Graphique<'d> {
    barres: &'d Barres,
}

#[derive(Template)]
#[template(path = "docx/contenus.xml")]
struct Contenus {
    graphiques: usize,
}

#[derive(Template)]
#[template(path = "docx/relations.xml")]
struct Relations {
    graphiques: usize,
}

#[derive(Template)]
#[template(path = "docx/proprietes.xml")]
struct Proprietes<'d> {
    document: &'d Document,
}

#[derive(Template)]
#[template(path = "docx/entete.xml")]
struct Entete<'d> {
    document: &'d Document,
}

#[derive(Template)]
#[template(path = "docx/pied.xml")]
struct Pied<'d> {
    document: &'d Document,
}

fn hauteur(barres: &Barres) -> usize {
    (barres.parts().count() + 2) * BARRE
}

/// Names are wider than figures.
fn largeur(colonne: &Colonne, table: &Table) -> usize {
    let poids = |c: &Colonne| if c.nombre { 5 } else { 8 };
    let total: usize = table.colonnes.iter().map(poids).sum();
    (LARGEUR * poids(colonne)).checked_div(total).unwrap_or(LARGEUR)
}

fn case(table: &Table) -> &'static str {
    if table.colonnes.len() > COLONNES { "CaseSerree" } else { "Case" }
}

impl Document {
    /// The document to edit. No markup has a space before `: ; ! ?`: its texts alone are composed.
    pub fn docx(&self) -> Result<Vec<u8>, ExportImpossible> {
        let blocs = self.sections.iter().flat_map(|s| &s.blocs);
        let graphiques: Vec<&Barres> =
            blocs.filter_map(|b| if let Bloc::Barres(barres) = b { Some(barres) } else { None }).collect();
        let nombre = graphiques.len();
        let mut parties = vec![
            ("[Content_Types].xml".to_owned(), Contenus { graphiques: nombre }.render()?),
            ("_rels/.rels".to_owned(), include_str!("docx/racine.rels").to_owned()),
            ("docProps/core.xml".to_owned(), Proprietes { document: self }.render()?),
            ("word/document.xml".to_owned(), typo(&Corps { document: self, graphiques: &graphiques }.render()?)),
            ("word/_rels/document.xml.rels".to_owned(), Relations { graphiques: nombre }.render()?),
            ("word/styles.xml".to_owned(), include_str!("docx/styles.xml").to_owned()),
            ("word/numbering.xml".to_owned(), include_str!("docx/numerotation.xml").to_owned()),
            ("word/settings.xml".to_owned(), include_str!("docx/reglages.xml").to_owned()),
            ("word/header1.xml".to_owned(), typo(&Entete { document: self }.render()?)),
            ("word/footer1.xml".to_owned(), typo(&Pied { document: self }.render()?)),
        ];
        for (rang, barres) in (1..).zip(&graphiques) {
            parties.push((format!("word/charts/chart{rang}.xml"), typo(&Graphique { barres }.render()?)));
        }
        // Without a date of their own, the entries of the container are all of 1980: the bytes depend on nothing else.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (nom, xml) in parties {
            zip.start_file(nom, options)?;
            zip.write_all(permis(&xml).as_bytes())?;
        }
        Ok(zip.finish()?.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::super::tests::document;
    use super::*;

    /// Parts of the container; each is read as XML to its end.
    fn parties(octets: Vec<u8>) -> Vec<(String, String)> {
        let mut zip = zip::ZipArchive::new(Cursor::new(octets)).unwrap();
        let mut lues = vec![];
        for rang in 0..zip.len() {
            let mut partie = zip.by_index(rang).unwrap();
            let mut xml = String::new();
            partie.read_to_string(&mut xml).unwrap();
            let mut lecteur = quick_xml::Reader::from_str(&xml);
            while !matches!(lecteur.read_event().unwrap(), quick_xml::events::Event::Eof) {}
            lues.push((partie.name().unwrap().into_owned(), xml));
        }
        lues
    }

    #[test]
    fn the_document_holds_headings_header_rows_and_the_sentence_of_each_chart() {
        let mut document = document();
        document.provisoire = true;
        document.sections[0].blocs.push(Bloc::Paragraphe("Un <mot> & un autre\u{1}".to_owned()));
        let lues = parties(document.docx().unwrap());
        let de = |nom: &str| &lues.iter().find(|(n, _)| n == nom).unwrap().1;
        let corps = de("word/document.xml");
        assert_eq!(corps.matches("<w:pStyle w:val=\"Rubrique\"/>").count(), document.sections.len());
        assert_eq!(corps.matches("<w:tblHeader/>").count(), document.tables().count());
        assert!(
            corps.contains("descr=\"Constat.\"") && corps.contains(">secret<") && corps.contains("Un &#60;mot&#62;")
        );
        let graphique = de("word/charts/chart1.xml");
        assert!(graphique.contains("<c:v>70\u{a0}: secret</c:v>") && graphique.contains("<c:ptCount val=\"3\"/>"));
        assert_eq!(graphique.matches("<c:v>").count(), 5, "three names, and a length for the two that have a value");
        assert!(de("docProps/core.xml").contains("<dc:language>fr-FR</dc:language>"));
        assert!(de("word/header1.xml").contains("PROVISOIRE"));
        document.provisoire = false;
        let close = parties(document.docx().unwrap());
        assert!(!close.iter().any(|(_, xml)| xml.contains("PROVISOIRE")));
    }

    #[test]
    fn the_same_document_gives_the_same_bytes() {
        assert_eq!(document().docx().unwrap(), document().docx().unwrap());
        let mut autre = document();
        autre.date = "2026-04-21".parse().unwrap();
        assert_ne!(autre.docx().unwrap(), document().docx().unwrap());
    }
}
