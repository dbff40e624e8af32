//! XLSX through calamine's streaming cell reader. Never its range API: it allocates by the corner cell, and a file of
//! two kilobytes can then ask for half a terabyte (tafia/calamine#693).

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use chrono::NaiveDate;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::avance::en_avance;
use super::brut::{Brut, CELLULES, Cellule, Source};
use super::feuille::Lecture;
use super::{Onglet, RapportLecture, Recepteur};
use crate::conteneur::{Archive, Conteneur, Format, Partie};
use crate::illisible::Illisible;
use crate::modele::Modele;

/// Reads the three sheets of an XLSX workbook.
pub(super) fn lit(
    conteneur: &Conteneur<'_>,
    modele: &Modele,
    recepteur: &mut dyn Recepteur,
) -> Result<RapportLecture, Illisible> {
    let classeur = ouvre(conteneur.octets)?;
    let onglets = onglets(&classeur);
    let chemins = chemins(&mut conteneur.archive.clone());
    let partie = |onglet: &Onglet| {
        let chemin = chemins.get(&onglet.nom)?;
        conteneur.parties.iter().find(|(nom, _)| nom.eq_ignore_ascii_case(chemin)).map(|(_, partie)| partie)
    };
    let epoque_1904 = classeur.has_1904_epoch();
    let mut lecture = Lecture::nouvelle(modele, Format::Xlsx, recepteur);
    let choisis = lecture.attribue(&onglets);
    // A reader borrows its workbook whole, so each sheet has a workbook of its own: opening one costs its shared
    // strings only, a thirtieth of a large remontée.
    let mut classeurs = vec![classeur];
    while classeurs.len() < choisis.len() {
        classeurs.push(ouvre(conteneur.octets)?);
    }
    let sources =
        classeurs.iter_mut().zip(&choisis).map(|(classeur, (_, onglet))| Cellules::ouvre(classeur, &onglet.nom));
    en_avance(sources.collect::<Result<Vec<_>, _>>()?, |avances| {
        for ((feuille, onglet), mut avance) in choisis.iter().zip(avances) {
            let suivi = lecture.lit(feuille, &mut avance, epoque_1904)?;
            lecture.signale_forme(feuille, &suivi, partie(onglet).unwrap_or(&Partie::default()));
        }
        Ok(())
    })?;
    Ok(lecture.termine())
}

/// A workbook in memory.
pub(crate) type Classeur<'o> = Xlsx<Cursor<&'o [u8]>>;

pub(crate) fn ouvre(octets: &[u8]) -> Result<Classeur<'_>, Illisible> {
    sans_panique(|| Xlsx::new(Cursor::new(octets)))
}

pub(crate) fn onglets(classeur: &Classeur<'_>) -> Vec<Onglet> {
    let feuilles = classeur.sheets_metadata().iter().filter(|s| s.typ == SheetType::WorkSheet);
    feuilles.map(|s| Onglet { nom: s.name.clone(), visible: s.visible == SheetVisible::Visible }).collect()
}

/// calamine multiplies the digits of a cell's name without checking, and may hold other surprises: whatever it does
/// with a hostile file, the file is unreadable and the process goes on.
fn sans_panique<T>(lecture: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, Illisible> {
    match catch_unwind(AssertUnwindSafe(lecture)) {
        Ok(resultat) => resultat.map_err(|e| illisible(&e)),
        Err(_) => Err(Illisible::Contenu("cellule incompréhensible".to_owned())),
    }
}

fn illisible(erreur: &XlsxError) -> Illisible {
    match erreur {
        XlsxError::Password => Illisible::MotDePasse,
        XlsxError::Io(_) | XlsxError::Zip(_) => Illisible::Tronque,
        autre => Illisible::Contenu(autre.to_string()),
    }
}

/// The cells of a sheet, as calamine streams them. Those that are only formatted stop here, but count.
pub(crate) struct Cellules<'a, 'o> {
    lecteur: XlsxCellReader<'a, Cursor<&'o [u8]>>,
    vides: u64,
}

impl<'a, 'o> Cellules<'a, 'o> {
    pub fn ouvre(classeur: &'a mut Classeur<'o>, nom: &str) -> Result<Self, Illisible> {
        sans_panique(|| classeur.worksheet_cells_reader(nom)).map(|lecteur| Self { lecteur, vides: 0 })
    }
}

impl<'a> Source<'a> for Cellules<'a, '_> {
    fn suivante(&mut self) -> Result<Option<Cellule<'a>>, Illisible> {
        loop {
            let Some(lue) = sans_panique(|| self.lecteur.next_cell_with_formula_metadata())? else { return Ok(None) };
            let formule = lue.formula.is_some();
            if lue.value != DataRef::Empty || formule {
                let (ligne, colonne) = lue.pos;
                return Ok(Some(Cellule { ligne, colonne, brut: brut(lue.value), formule }));
            }
            self.vides += 1;
            if self.vides > CELLULES {
                return Err(Illisible::Demesure("trop de cellules vides mises en forme"));
            }
        }
    }
}

/// The content of a cell; it is only empty here when it holds a formula without a result.
fn brut(valeur: DataRef<'_>) -> Brut<'_> {
    match valeur {
        DataRef::Empty => Brut::SansResultat,
        DataRef::SharedString(texte) => Brut::Texte(Cow::Borrowed(texte)),
        DataRef::String(texte) | DataRef::DurationIso(texte) => Brut::Texte(Cow::Owned(texte)),
        DataRef::Float(n) => Brut::Nombre(n),
        DataRef::Int(n) => Brut::Nombre(n as f64),
        DataRef::Bool(b) => Brut::Booleen(b),
        DataRef::DateTime(jour) => {
            Brut::Jour { date: jour.as_datetime().map(|instant| instant.date()), serie: jour.as_f64() }
        }
        DataRef::DateTimeIso(texte) => match iso(&texte) {
            Some(date) => Brut::Jour { date: Some(date), serie: 0.0 },
            None => Brut::Texte(Cow::Owned(texte)),
        },
        DataRef::Error(erreur) => Brut::Erreur(erreur.to_string().into()),
    }
}

/// The day of an ISO 8601 date cell (`t="d"`), which is a typed date, not a text.
fn iso(texte: &str) -> Option<NaiveDate> {
    texte.get(..10)?.parse().ok()
}

/// Path in the archive of each sheet, by the name of its tab: calamine keeps it to itself.
/// Only used to say what is hidden or merged, so what is not understood is left out.
fn chemins(archive: &mut Archive<'_>) -> HashMap<String, String> {
    let mut cibles = HashMap::new();
    parcourt(archive, "xl/_rels/workbook.xml.rels", "Relationship", |e| {
        if let (Some(id), Some(cible)) = (attribut(e, "Id"), attribut(e, "Target")) {
            let chemin = cible.strip_prefix('/').map_or_else(|| format!("xl/{cible}"), str::to_owned);
            cibles.insert(id, chemin);
        }
    });
    let mut chemins = HashMap::new();
    parcourt(archive, "xl/workbook.xml", "sheet", |e| {
        let cible = attribut(e, "id").and_then(|id| cibles.get(&id));
        if let (Some(nom), Some(cible)) = (attribut(e, "name"), cible) {
            chemins.insert(nom, cible.clone());
        }
    });
    chemins
}

fn parcourt(archive: &mut Archive<'_>, chemin: &str, balise: &str, mut vu: impl FnMut(&BytesStart<'_>)) {
    let mut texte = String::new();
    if archive.by_name(chemin).is_ok_and(|mut f| f.read_to_string(&mut texte).is_ok()) {
        let mut xml = quick_xml::Reader::from_str(&texte);
        while let Ok(evenement) = xml.read_event() {
            match evenement {
                Event::Start(e) | Event::Empty(e) if e.local_name().as_ref() == balise => vu(&e),
                Event::Eof => break,
                _ => {}
            }
        }
    }
}

/// Value of an attribute by its local name (`id` for `r:id`).
fn attribut(element: &BytesStart<'_>, nom: &str) -> Option<String> {
    let attribut = element.attributes().flatten().find(|a| a.key.local_name().as_ref() == nom)?;
    attribut.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned)
}
