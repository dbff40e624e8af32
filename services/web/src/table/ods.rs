//! Tables as an OpenDocument spreadsheet (OASIS ODF 1.3, part 3): the format of an administration that does
//! not buy one. Figures keep their exact decimals, absences are words, and the same tables give the same bytes.

use std::borrow::Cow;
use std::io::{Cursor, Write as _};

use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::export::legende;
use super::{APropos, Cellule, ExportImpossible, Table, Valeur};

type Xml = Writer<Cursor<Vec<u8>>>;

const GENRE: &str = "application/vnd.oasis.opendocument.spreadsheet";

const ESPACES: [(&str, &str); 7] = [
    ("xmlns:office", "urn:oasis:names:tc:opendocument:xmlns:office:1.0"),
    ("xmlns:table", "urn:oasis:names:tc:opendocument:xmlns:table:1.0"),
    ("xmlns:text", "urn:oasis:names:tc:opendocument:xmlns:text:1.0"),
    ("xmlns:style", "urn:oasis:names:tc:opendocument:xmlns:style:1.0"),
    ("xmlns:number", "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"),
    ("xmlns:fo", "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"),
    ("office:version", "1.3"),
];

/// Formats of figures and of headers; the cells name them.
const STYLES: &str = r##"<office:automatic-styles>
<number:percentage-style style:name="N-taux"><number:number number:decimal-places="1" number:min-integer-digits="1"/><number:text> %</number:text></number:percentage-style>
<number:currency-style style:name="N-euros"><number:number number:decimal-places="2" number:min-integer-digits="1" number:grouping="true"/><number:text> </number:text><number:currency-symbol number:language="fr" number:country="FR">€</number:currency-symbol></number:currency-style>
<number:date-style style:name="N-jour"><number:day number:style="long"/><number:text>/</number:text><number:month number:style="long"/><number:text>/</number:text><number:year number:style="long"/></number:date-style>
<style:style style:name="taux" style:family="table-cell" style:data-style-name="N-taux"/>
<style:style style:name="euros" style:family="table-cell" style:data-style-name="N-euros"/>
<style:style style:name="jour" style:family="table-cell" style:data-style-name="N-jour"/>
<style:style style:name="entete" style:family="table-cell"><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="large" style:family="table-column"><style:table-column-properties style:column-width="7cm"/></style:style>
<style:style style:name="etroite" style:family="table-column"><style:table-column-properties style:column-width="3.2cm"/></style:style>
</office:automatic-styles>"##;

const MANIFESTE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>
"#;

impl Table {
    /// ODS: the table from A1, then a sheet « À propos ».
    pub fn ods(&self, a_propos: &APropos) -> Result<Vec<u8>, ExportImpossible> {
        classeur([("Tableau".to_owned(), self)], a_propos)
    }
}

/// A sheet per table, under these names, then « À propos ».
pub fn classeur<'t>(
    feuilles: impl IntoIterator<Item = (String, &'t Table)>,
    a_propos: &APropos,
) -> Result<Vec<u8>, ExportImpossible> {
    let mut xml = Writer::new(Cursor::new(Vec::new()));
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("office:document-content").with_attributes(ESPACES).write_inner_content(|xml| {
        xml.get_mut().write_all(STYLES.as_bytes())?;
        xml.create_element("office:body").write_inner_content(|xml| {
            xml.create_element("office:spreadsheet").write_inner_content(|xml| {
                for (nom, table) in feuilles {
                    ecrit_table(xml, &nom, table)?;
                }
                ecrit_a_propos(xml, a_propos)
            })?;
            Ok(())
        })?;
        Ok(())
    })?;
    conteneur(&xml.into_inner().into_inner())
}

/// The media type first and as it is: this is how a desktop recognises the file (ODF 1.3, part 2, §3.3).
fn conteneur(contenu: &[u8]) -> Result<Vec<u8>, ExportImpossible> {
    let tel_quel = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let serre = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (nom, octets, options) in [
        ("mimetype", GENRE.as_bytes(), tel_quel),
        ("content.xml", contenu, serre),
        ("META-INF/manifest.xml", MANIFESTE.as_bytes(), serre),
    ] {
        zip.start_file(nom, options)?;
        zip.write_all(octets)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn ecrit_table(xml: &mut Xml, nom: &str, table: &Table) -> std::io::Result<()> {
    xml.create_element("table:table").with_attribute(("table:name", nom)).write_inner_content(|xml| {
        for colonne in &table.colonnes {
            let largeur = if colonne.nombre { "etroite" } else { "large" };
            xml.create_element("table:table-column").with_attribute(("table:style-name", largeur)).write_empty()?;
        }
        xml.create_element("table:table-header-rows").write_inner_content(|xml| {
            ligne(xml, table.colonnes.iter(), |xml, c| texte(xml, &c.libelle, Some("entete")))
        })?;
        for cellules in &table.lignes {
            ligne(xml, cellules.iter(), |xml, c: &Cellule| cellule(xml, &c.valeur))?;
        }
        Ok(())
    })?;
    Ok(())
}

fn ecrit_a_propos(xml: &mut Xml, a_propos: &APropos) -> std::io::Result<()> {
    xml.create_element("table:table").with_attribute(("table:name", "À propos")).write_inner_content(|xml| {
        let largeur = [("table:style-name", "large"), ("table:number-columns-repeated", "2")];
        xml.create_element("table:table-column").with_attributes(largeur).write_empty()?;
        for (titre, mots) in a_propos.lignes.iter().chain(&legende()) {
            ligne(xml, [(titre, Some("entete")), (mots, None)].into_iter(), |xml, (t, style)| texte(xml, t, style))?;
        }
        Ok(())
    })?;
    Ok(())
}

fn ligne<C>(
    xml: &mut Xml,
    cellules: impl Iterator<Item = C>,
    mut ecrit: impl FnMut(&mut Xml, C) -> std::io::Result<()>,
) -> std::io::Result<()> {
    xml.create_element("table:table-row").write_inner_content(|xml| {
        for cellule in cellules {
            ecrit(xml, cellule)?;
        }
        Ok(())
    })?;
    Ok(())
}

fn cellule(xml: &mut Xml, valeur: &Valeur) -> std::io::Result<()> {
    let (genre, attribut, exact, style) = match valeur {
        Valeur::Entier(n) => ("float", "office:value", n.to_string(), None),
        Valeur::Decimal(d) => ("float", "office:value", d.to_string(), None),
        Valeur::Taux(t) => ("percentage", "office:value", t.to_string(), Some("taux")),
        Valeur::Euros(m) => ("currency", "office:value", m.to_string(), Some("euros")),
        Valeur::Jour(j) => ("date", "office:date-value", j.to_string(), Some("jour")),
        Valeur::Texte(_) | Valeur::Absente(_) | Valeur::Rien => return texte(xml, &valeur.to_string(), None),
    };
    let mut element = xml
        .create_element("table:table-cell")
        .with_attributes([("office:value-type", genre), (attribut, exact.as_str())]);
    if genre == "currency" {
        element = element.with_attribute(("office:currency", "EUR"));
    }
    if let Some(style) = style {
        element = element.with_attribute(("table:style-name", style));
    }
    element.write_inner_content(|xml| paragraphe(xml, &valeur.to_string()))?;
    Ok(())
}

fn texte(xml: &mut Xml, texte: &str, style: Option<&str>) -> std::io::Result<()> {
    let mut element = xml.create_element("table:table-cell").with_attribute(("office:value-type", "string"));
    if let Some(style) = style {
        element = element.with_attribute(("table:style-name", style));
    }
    element.write_inner_content(|xml| paragraphe(xml, texte))?;
    Ok(())
}

fn paragraphe(xml: &mut Xml, texte: &str) -> std::io::Result<()> {
    xml.create_element("text:p").write_text_content(BytesText::new(&permis(texte)))?;
    Ok(())
}

/// XML 1.0 has no place for control characters, even escaped.
pub(crate) fn permis(texte: &str) -> Cow<'_, str> {
    let interdit = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if texte.contains(interdit) { texte.replace(interdit, " ").into() } else { texte.into() }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use calamine::{Data, Ods, Reader as _, open_workbook_from_rs};
    use chrono::NaiveDate;
    use referentiel::Decimal;

    use super::super::tests::exemple;
    use super::*;
    use crate::Colonne;

    fn a_propos() -> APropos {
        APropos { lignes: vec![("Campagne".to_owned(), "T1 2026 <provisoire>".to_owned())], date: None }
    }

    #[test]
    fn another_reader_finds_the_same_rows_order_and_words() {
        let mut table = exemple();
        table.colonnes.push(Colonne::texte("Note"));
        table.colonnes.push(Colonne::nombre("Montant"));
        table.colonnes.push(Colonne::texte("Jour"));
        for ligne in &mut table.lignes {
            ligne.push("<b>&\u{1}".into());
            ligne.push(Valeur::Euros(Decimal::new(3_820_000, 2)).into());
            ligne.push(NaiveDate::from_ymd_opt(2026, 4, 2).unwrap().into());
        }
        let octets = table.ods(&a_propos()).unwrap();
        assert_eq!(octets, table.ods(&a_propos()).unwrap(), "same table, same bytes");
        let mut lu: Ods<_> = open_workbook_from_rs(Cursor::new(octets)).unwrap();
        assert_eq!(lu.sheet_names(), ["Tableau", "À propos"]);
        let feuille = lu.worksheet_range("Tableau").unwrap();
        let lignes: Vec<Vec<String>> = feuille.rows().map(|l| l.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(lignes[0], ["Département", "Personnes", "En emploi", "Note", "Montant", "Jour"]);
        assert_eq!(lignes[1][..5], ["70 Haute-Saône", "1234", "0.6154", "<b>& ", "38200"]);
        assert_eq!(lignes[2][..3], ["=cmd|'/c calc'!A1", "secret", "–"], "a text stays a text");
        assert!(matches!(feuille.get((1, 5)), Some(Data::DateTimeIso(j)) if j == "2026-04-02"), "{feuille:?}");
        let a_propos = lu.worksheet_range("À propos").unwrap();
        assert_eq!(a_propos.get((0, 1)).map(ToString::to_string).as_deref(), Some("T1 2026 <provisoire>"));
    }

    #[test]
    fn the_media_type_comes_first_and_is_not_compressed() {
        let octets = exemple().ods(&a_propos()).unwrap();
        assert_eq!(&octets[30..38], b"mimetype");
        let mut zip = zip::ZipArchive::new(Cursor::new(octets)).unwrap();
        let mut genre = String::new();
        zip.by_index(0).unwrap().read_to_string(&mut genre).unwrap();
        assert_eq!(genre, GENRE);
    }
}
