//! ODS, streamed from `content.xml` by quick-xml. A sheet there is a run of rows and cells with repetition counts, so a
//! few bytes may stand for a million cells: what is empty is stepped over, what is not is handed over one by one and
//! counted like the cells of XLSX. (calamine reads the whole document and unfolds its repetitions in memory.)

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{BufReader, Cursor};

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::read::ZipFile;

use super::brut::{Brut, CELLULES, COLONNES, Cellule, LIGNES, Source, rogne};
use super::feuille::Lecture;
use super::{Onglet, RapportLecture, Recepteur};
use crate::conteneur::{Archive, Conteneur, FEUILLES, Format, Partie};
use crate::illisible::Illisible;
use crate::modele::Modele;

/// Longest text of a cell, in bytes.
const TEXTE: usize = 1 << 20;

type Flux<'z, 'o> = Reader<BufReader<ZipFile<'z, Cursor<&'o [u8]>>>>;

/// Reads the three sheets of an ODS workbook.
pub(super) fn lit(
    conteneur: &Conteneur<'_>,
    modele: &Modele,
    recepteur: &mut dyn Recepteur,
) -> Result<RapportLecture, Illisible> {
    let mut archive = conteneur.archive.clone();
    let onglets = onglets(&mut archive)?;
    let mut lecture = Lecture::nouvelle(modele, Format::Ods, recepteur);
    for (feuille, onglet) in lecture.attribue(&onglets) {
        let mut cellules = Cellules::ouvre(&mut archive, &onglet.nom)?;
        let suivi = lecture.lit(feuille, &mut cellules, false)?;
        lecture.signale_forme(feuille, &suivi, &cellules.partie);
    }
    Ok(lecture.termine())
}

/// The tabs in the order of the file; a hidden one has a style that says so.
pub(crate) fn onglets(archive: &mut Archive<'_>) -> Result<Vec<Onglet>, Illisible> {
    let mut flux = flux(archive)?;
    let (mut onglets, mut masques, mut style, mut tampon) = (Vec::new(), HashSet::new(), None, Vec::new());
    loop {
        match evenement(&mut flux, &mut tampon)? {
            Event::Start(e) => match e.name().as_ref() {
                "style:style" => style = attribut(&e, "style:name"),
                "style:table-properties" if attribut(&e, "table:display").as_deref() == Some("false") => {
                    masques.extend(style.take());
                }
                "table:table" => {
                    let visible = !attribut(&e, "table:style-name").is_some_and(|style| masques.contains(&style));
                    onglets.extend(attribut(&e, "table:name").map(|nom| Onglet { nom, visible }));
                }
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    if onglets.len() > FEUILLES {
        return Err(Illisible::TropDeFeuilles { lues: onglets.len(), limite: FEUILLES });
    }
    Ok(onglets)
}

/// The cells of a sheet, as they are found.
pub(crate) struct Cellules<'z, 'o> {
    flux: Flux<'z, 'o>,
    tampon: Vec<u8>,
    /// Cells of the current row that hold something, and the next one to hand over.
    rangee: Vec<Cellule<'static>>,
    rang: usize,
    /// Times that the current row is still to be repeated.
    repetitions: u32,
    /// Row that the next row of the document is, from 0.
    prochaine: u32,
    /// What is hidden or merged.
    pub partie: Partie,
}

impl<'z, 'o> Cellules<'z, 'o> {
    /// Stands at the first row of the sheet of this name.
    pub fn ouvre(archive: &'z mut Archive<'o>, nom: &str) -> Result<Self, Illisible> {
        let mut flux = flux(archive)?;
        let mut tampon = Vec::new();
        loop {
            match evenement(&mut flux, &mut tampon)? {
                Event::Start(e) if est(&e, "table:table") && attribut(&e, "table:name").as_deref() == Some(nom) => {
                    break;
                }
                Event::Eof => return Err(contenu("feuille introuvable")),
                _ => {}
            }
        }
        let (rangee, partie) = (Vec::new(), Partie::default());
        Ok(Self { flux, tampon, rangee, rang: 0, repetitions: 0, prochaine: 0, partie })
    }

    /// Reads on to the end of the next row; false at the end of the sheet.
    fn lit_rangee(&mut self) -> Result<bool, Illisible> {
        self.rangee.clear();
        self.rang = 0;
        loop {
            match evenement(&mut self.flux, &mut self.tampon)? {
                Event::Start(e) if est(&e, "table:table-row") => {
                    let repetitions = repete(&e, "table:number-rows-repeated", LIGNES);
                    if masque(&e) {
                        self.partie.lignes_masquees += repetitions;
                    }
                    self.lit_cellules()?;
                    if self.rangee.len() as u64 * u64::from(repetitions) > CELLULES {
                        return Err(Illisible::Demesure("une ligne est répétée sans mesure"));
                    }
                    self.repetitions = repetitions - 1;
                    self.prochaine = self.prochaine.saturating_add(repetitions);
                    return Ok(true);
                }
                Event::Start(e) if est(&e, "table:table-column") && masque(&e) => {
                    self.partie.colonnes_masquees += repete(&e, "table:number-columns-repeated", COLONNES);
                }
                // Drawings lie before the rows and hold texts of their own.
                Event::Start(e) if est(&e, "table:shapes") => saute(&mut self.flux, &e.into_owned())?,
                Event::End(e) if e.name().as_ref() == "table:table" => return Ok(false),
                Event::Eof => return Err(Illisible::Tronque),
                _ => {}
            }
        }
    }

    fn lit_cellules(&mut self) -> Result<(), Illisible> {
        let mut colonne = 0u32;
        loop {
            match evenement(&mut self.flux, &mut self.tampon)? {
                Event::Start(e) if est(&e, "table:table-cell") || est(&e, "table:covered-table-cell") => {
                    let e = e.into_owned();
                    self.note_fusion(&e, colonne);
                    let fois = repete(&e, "table:number-columns-repeated", COLONNES);
                    let texte = self.lit_texte(&e)?;
                    let formule = attribut(&e, "table:formula").is_some();
                    let brut = brut(&e, texte, formule);
                    if !brut.vide() || formule {
                        let ligne = self.prochaine;
                        let cellule = |colonne| Cellule { ligne, colonne, brut: brut.clone(), formule };
                        self.rangee.extend((colonne..colonne.saturating_add(fois)).map(cellule));
                    }
                    colonne = colonne.saturating_add(fois);
                    if colonne > COLONNES {
                        return Err(contenu("trop de colonnes"));
                    }
                }
                Event::End(e) if e.name().as_ref() == "table:table-row" => return Ok(()),
                Event::Eof => return Err(Illisible::Tronque),
                _ => {}
            }
        }
    }

    /// The paragraphs of a cell, without its comment nor its drawings.
    fn lit_texte(&mut self, cellule: &BytesStart<'_>) -> Result<String, Illisible> {
        let mut texte = String::new();
        loop {
            if texte.len() > TEXTE {
                return Err(Illisible::Demesure("un texte est sans fin"));
            }
            match evenement(&mut self.flux, &mut self.tampon)? {
                Event::Start(e) => match e.name().as_ref() {
                    "text:p" if !texte.is_empty() => texte.push('\n'),
                    "text:s" => {
                        let espaces = repete(&e, "text:c", 1000);
                        texte.extend(std::iter::repeat_n(' ', espaces as usize));
                    }
                    "text:tab" => texte.push('\t'),
                    "text:line-break" => texte.push('\n'),
                    nom if nom == "office:annotation" || nom == "table:table" || nom.starts_with("draw:") => {
                        saute(&mut self.flux, &e.into_owned())?;
                    }
                    _ => {}
                },
                Event::Text(t) => texte.push_str(&t.xml10_content()),
                Event::CData(t) => texte.push_str(&t.xml10_content()),
                Event::GeneralRef(r) => match r.resolve_char_ref() {
                    Ok(Some(c)) => texte.push(c),
                    _ => texte.push_str(resolve_predefined_entity(&r).ok_or_else(|| contenu("entité inconnue"))?),
                },
                Event::End(e) if e.name() == cellule.name() => return Ok(texte),
                Event::Eof => return Err(Illisible::Tronque),
                _ => {}
            }
        }
    }

    fn note_fusion(&mut self, cellule: &BytesStart<'_>, colonne: u32) {
        let etendue = |nom| attribut(cellule, nom).and_then(|n| n.parse::<u32>().ok()).unwrap_or(1).clamp(1, LIGNES);
        let (lignes, colonnes) = (etendue("table:number-rows-spanned"), etendue("table:number-columns-spanned"));
        if lignes > 1 || colonnes > 1 {
            let coin = |colonne: u32, ligne: u32| crate::position::a1(colonne, ligne + 1);
            let fin = coin(colonne.saturating_add(colonnes - 1), self.prochaine.saturating_add(lignes - 1));
            self.partie.note_fusion(format!("{}:{fin}", coin(colonne, self.prochaine)));
        }
    }
}

impl Source<'static> for Cellules<'_, '_> {
    fn suivante(&mut self) -> Result<Option<Cellule<'static>>, Illisible> {
        loop {
            if let Some(cellule) = self.rangee.get(self.rang) {
                self.rang += 1;
                return Ok(Some(cellule.clone()));
            }
            if self.repetitions > 0 && !self.rangee.is_empty() {
                self.repetitions -= 1;
                self.rang = 0;
                self.rangee.iter_mut().for_each(|c| c.ligne = c.ligne.saturating_add(1));
            } else if !self.lit_rangee()? {
                return Ok(None);
            }
        }
    }
}

/// The value of a cell, from its attributes; its paragraphs are only what it looks like.
fn brut(cellule: &BytesStart<'_>, texte: String, formule: bool) -> Brut<'static> {
    let genre = attribut(cellule, "office:value-type");
    let en_erreur = attribut(cellule, "calcext:value-type").as_deref() == Some("error");
    let nombre = || attribut(cellule, "office:value").and_then(|v| v.parse::<f64>().ok());
    match genre.as_deref() {
        _ if en_erreur || (formule && erreur(&texte)) => Brut::Erreur(rogne(&texte).to_owned().into()),
        Some("float" | "percentage" | "currency") => nombre().map_or_else(|| en_texte(texte), Brut::Nombre),
        Some("date") => {
            let date = attribut(cellule, "office:date-value").and_then(|v| v.get(..10)?.parse().ok());
            date.map_or_else(|| en_texte(texte), |date| Brut::Jour { date: Some(date), serie: 0.0 })
        }
        Some("boolean") => Brut::Booleen(attribut(cellule, "office:boolean-value").as_deref() == Some("true")),
        Some(_) => en_texte(attribut(cellule, "office:string-value").unwrap_or(texte)),
        None if formule && texte.is_empty() => Brut::SansResultat,
        None => en_texte(texte),
    }
}

fn en_texte(texte: String) -> Brut<'static> {
    if texte.is_empty() { Brut::Vide } else { Brut::Texte(Cow::Owned(texte)) }
}

/// `#REF!`, `#N/A`, `Err:522`: how a formula in error looks when the file does not say it otherwise.
fn erreur(texte: &str) -> bool {
    texte.starts_with("Err:") || (texte.starts_with('#') && texte.ends_with(['!', '?', 'A']))
}

fn flux<'z, 'o>(archive: &'z mut Archive<'o>) -> Result<Flux<'z, 'o>, Illisible> {
    let partie = archive.by_name("content.xml").map_err(|_| contenu("content.xml manque"))?;
    let mut flux = Reader::from_reader(BufReader::new(partie));
    flux.config_mut().expand_empty_elements = true;
    Ok(flux)
}

fn evenement<'t>(flux: &mut Flux<'_, '_>, tampon: &'t mut Vec<u8>) -> Result<Event<'t>, Illisible> {
    tampon.clear();
    flux.read_event_into(tampon).map_err(|e| contenu(&e.to_string()))
}

fn saute(flux: &mut Flux<'_, '_>, element: &BytesStart<'_>) -> Result<(), Illisible> {
    flux.read_to_end_into(element.name(), &mut Vec::new()).map_err(|e| contenu(&e.to_string()))?;
    Ok(())
}

fn contenu(quoi: &str) -> Illisible {
    Illisible::Contenu(quoi.to_owned())
}

fn est(element: &BytesStart<'_>, nom: &str) -> bool {
    element.name().as_ref() == nom
}

fn masque(element: &BytesStart<'_>) -> bool {
    matches!(attribut(element, "table:visibility").as_deref(), Some("collapse" | "filter"))
}

/// A repetition count, at least once, never more than a sheet can hold.
fn repete(element: &BytesStart<'_>, nom: &str, limite: u32) -> u32 {
    attribut(element, nom).and_then(|n| n.parse::<u32>().ok()).unwrap_or(1).clamp(1, limite)
}

fn attribut(element: &BytesStart<'_>, nom: &str) -> Option<String> {
    let attribut = element.try_get_attribute(nom).ok()??;
    attribut.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned)
}
