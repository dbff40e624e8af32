//! Looks into the container before anything is parsed: what kind of file it is, and whether it unfolds to a sane size.
//!
//! Every XML part that will be parsed is inflated once here and thrown away, counting real bytes: declared sizes lie.
//! The same pass looks for the two things that calamine does not report, hidden rows and merged cells.

use std::io::{Cursor, Read};

use memchr::memmem;
use zip::ZipArchive;

use crate::illisible::Illisible;

/// Largest file accepted.
pub const TAILLE_FICHIER: u64 = 50 << 20;
/// Most tabs accepted.
pub const FEUILLES: usize = 50;
/// Most entries of the archive.
const ENTREES: usize = 200;
/// Largest total of the XML parts once inflated.
const TAILLE_DEPLIEE: u64 = 600 << 20;
/// Largest shared string table: it is the only part held in memory whole.
const TAILLE_CHAINES: u64 = 128 << 20;
/// Largest of the other parts held in memory (styles, relationships).
const TAILLE_ANNEXE: u64 = 16 << 20;
/// Highest compression of a part larger than `TAILLE_SANS_RAPPORT`; a real sheet stays under 40.
const RAPPORT: u64 = 100;
const TAILLE_SANS_RAPPORT: u64 = 10 << 20;
/// Longest stretch without markup: a cell holds 32 767 characters at most.
const SANS_BALISE: u64 = 2 << 20;
/// Merged ranges remembered for one sheet.
const FUSIONS: usize = 1000;

/// An archive over bytes in memory; cloning it is cheap.
pub(crate) type Archive<'o> = ZipArchive<Cursor<&'o [u8]>>;

/// The two formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Office Open XML (ISO/IEC 29500).
    Xlsx,
    /// OpenDocument (ISO/IEC 26300).
    Ods,
}

/// A container that was found sound.
pub(crate) struct Conteneur<'o> {
    pub octets: &'o [u8],
    pub archive: Archive<'o>,
    pub format: Format,
    /// What was seen in each XML part, by path.
    pub parties: Vec<(String, Partie)>,
}

/// What a part holds that calamine does not tell.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Partie {
    pub lignes_masquees: u32,
    pub colonnes_masquees: u32,
    pub fusions: Vec<String>,
}

impl Partie {
    pub fn note_fusion(&mut self, plage: String) {
        if self.fusions.len() < FUSIONS {
            self.fusions.push(plage);
        }
    }
}

/// Opens a file, or says why it is not one that can be read.
pub(crate) fn ouvre(octets: &[u8]) -> Result<Conteneur<'_>, Illisible> {
    let taille = octets.len() as u64;
    match octets {
        [] => return Err(Illisible::FichierVide),
        _ if taille > TAILLE_FICHIER => {
            let mega = |octets: u64| octets.div_ceil(1 << 20);
            return Err(Illisible::TropVolumineux { taille_mo: mega(taille), limite_mo: mega(TAILLE_FICHIER) });
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return Err(conteneur_ole(octets)),
        // BIFF 2 to 5, from before the OLE container.
        [0x09, 0x00 | 0x02 | 0x04 | 0x08, ..] => return Err(Illisible::AncienFormat),
        [b'P', b'K', 3, 4, ..] => {}
        _ => return Err(Illisible::PasUnClasseur),
    }
    let mut archive = ZipArchive::new(Cursor::new(octets)).map_err(|_| Illisible::Tronque)?;
    let noms = noms(&archive)?;
    let format = format(&mut archive, &noms)?;
    compte(&noms)?;
    let parties = inspecte(&mut archive, &noms)?;
    Ok(Conteneur { octets, archive, format, parties })
}

/// An encrypted XLSX lies in an OLE container under the name `EncryptedPackage`, written in UTF-16.
fn conteneur_ole(octets: &[u8]) -> Illisible {
    let chiffre: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if memmem::find(octets, &chiffre).is_some() { Illisible::MotDePasse } else { Illisible::AncienFormat }
}

fn noms(archive: &Archive<'_>) -> Result<Vec<String>, Illisible> {
    let noms = archive.file_names().map(|nom| nom.map(|n| n.replace('\\', "/")));
    noms.collect::<Result<_, _>>().map_err(|_| Illisible::Tronque)
}

fn format(archive: &mut Archive<'_>, noms: &[String]) -> Result<Format, Illisible> {
    let a = |debut: &str, fin: &str| {
        noms.iter().map(|n| n.to_ascii_lowercase()).any(|n| n.starts_with(debut) && n.ends_with(fin))
    };
    if a("", "vbaproject.bin") || a("basic/", "") || a("scripts/", "") {
        return Err(Illisible::Macros);
    }
    if a("xl/workbook", ".bin") {
        return Err(Illisible::FormatBinaire);
    }
    if a("[content_types].xml", "") && a("xl/", ".xml") {
        return Ok(Format::Xlsx);
    }
    let annonce = lit_petit(archive, "mimetype").unwrap_or_default();
    if !annonce.starts_with(b"application/vnd.oasis.opendocument.spreadsheet") {
        return Err(Illisible::PasUnClasseur);
    }
    let manifeste = lit_petit(archive, "META-INF/manifest.xml").unwrap_or_default();
    if memmem::find(&manifeste, b"encryption-data").is_some() {
        return Err(Illisible::MotDePasse);
    }
    Ok(Format::Ods)
}

fn lit_petit(archive: &mut Archive<'_>, nom: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    archive.by_name(nom).ok()?.take(1 << 20).read_to_end(&mut octets).ok()?;
    Some(octets)
}

fn compte(noms: &[String]) -> Result<(), Illisible> {
    let feuilles = noms.iter().filter(|n| est_feuille(n)).count();
    if feuilles > FEUILLES {
        return Err(Illisible::TropDeFeuilles { lues: feuilles, limite: FEUILLES });
    }
    if noms.len() > ENTREES {
        return Err(Illisible::Demesure("trop de parties dans l’archive"));
    }
    Ok(())
}

fn est_feuille(nom: &str) -> bool {
    nom.starts_with("xl/worksheets/") && nom.ends_with(".xml")
}

/// Checks the declared sizes of every part, then inflates those that will be parsed, in two threads.
fn inspecte(archive: &mut Archive<'_>, noms: &[String]) -> Result<Vec<(String, Partie)>, Illisible> {
    let mut a_lire = Vec::new();
    let mut reste = TAILLE_DEPLIEE;
    for (rang, nom) in noms.iter().enumerate() {
        let fichier = archive.by_index_raw(rang).map_err(|_| Illisible::Tronque)?;
        if fichier.encrypted() {
            return Err(Illisible::MotDePasse);
        }
        // Images and other attachments are never opened.
        if !(nom.ends_with(".xml") || nom.ends_with(".rels")) {
            continue;
        }
        let (annonce, compresse) = (fichier.size(), fichier.compressed_size());
        if annonce > reste.min(taille_limite(nom)) {
            return Err(Illisible::Demesure("une partie se déplie sans mesure"));
        }
        if annonce > TAILLE_SANS_RAPPORT && annonce / compresse.max(1) > RAPPORT {
            return Err(Illisible::Demesure("taux de compression anormal"));
        }
        reste -= annonce;
        a_lire.push((annonce, rang));
    }
    // Largest first, dealt in turn: the two large sheets of a remontée are inflated side by side.
    a_lire.sort_unstable_by(|a, b| b.cmp(a));
    let (pairs, impairs): (Vec<_>, Vec<_>) = a_lire.iter().enumerate().partition(|(tour, _)| tour % 2 == 0);
    let lit = |parts: Vec<(usize, &(u64, usize))>, archive: &mut Archive<'_>| {
        let lues = parts.into_iter().map(|(_, &(annonce, rang))| {
            let fichier = archive.by_index(rang).map_err(|_| Illisible::Tronque)?;
            Ok((rang, Inspection::default().parcourt(fichier, annonce)?))
        });
        lues.collect::<Result<Vec<_>, Illisible>>()
    };
    let mut autre = archive.clone();
    let (lues, autres) = std::thread::scope(|portee| {
        let impairs = portee.spawn(move || lit(impairs, &mut autre));
        (lit(pairs, archive), impairs.join().unwrap_or(Err(Illisible::Tronque)))
    });
    let lues = lues?.into_iter().chain(autres?);
    Ok(lues.filter_map(|(rang, partie)| Some((noms.get(rang)?.clone(), partie))).collect())
}

fn taille_limite(nom: &str) -> u64 {
    if est_feuille(nom) || nom == "content.xml" {
        TAILLE_DEPLIEE
    } else if nom.ends_with("sharedStrings.xml") {
        TAILLE_CHAINES
    } else {
        TAILLE_ANNEXE
    }
}

/// One pass over a part as a stream of bytes, in a window that keeps the end of the previous block.
#[derive(Default)]
struct Inspection {
    fenetre: Vec<u8>,
    /// Offset in the part of the first byte of the window.
    debut: u64,
    /// Offset up to which marks were already looked for.
    vu: u64,
    derniere_balise: u64,
    partie: Partie,
}

const BLOC: usize = 256 << 10;
/// Bytes kept from one block to the next: more than the longest start tag of a row.
const RAPPEL: usize = 1024;
/// Bytes needed after a mark to understand it.
const AVANCE: usize = 64;

impl Inspection {
    fn parcourt(mut self, mut flux: impl Read, annonce: u64) -> Result<Partie, Illisible> {
        let mut bloc = vec![0; BLOC];
        loop {
            // An error here is a stream cut short or a wrong checksum.
            let lus = flux.read(&mut bloc).map_err(|_| Illisible::Tronque)?;
            let fin = lus == 0;
            self.fenetre.extend_from_slice(bloc.get(..lus).unwrap_or_default());
            let atteint = self.debut + self.fenetre.len() as u64;
            if atteint > annonce {
                return Err(Illisible::Demesure("une partie est plus grande qu’annoncé"));
            }
            self.cherche(if fin { atteint } else { atteint.saturating_sub(AVANCE as u64) })?;
            if fin {
                return Ok(self.partie);
            }
            let jete = self.fenetre.len().saturating_sub(RAPPEL);
            self.fenetre.drain(..jete);
            self.debut += jete as u64;
        }
    }

    fn cherche(&mut self, jusqua: u64) -> Result<(), Illisible> {
        let depart = (self.vu.max(self.debut) - self.debut) as usize;
        let arrivee = (jusqua.max(self.debut) - self.debut) as usize;
        let nouveau = depart..arrivee.max(depart);
        let apres = self.fenetre.get(depart..).unwrap_or_default();
        if memmem::find_iter(apres, b"<!DOCTYPE").any(|p| nouveau.contains(&(depart + p))) {
            return Err(Illisible::Doctype);
        }
        if let Some(balise) = self.fenetre.get(nouveau.clone()).and_then(|octets| memchr::memrchr(b'<', octets)) {
            self.derniere_balise = self.debut + (depart + balise) as u64;
        } else if jusqua.saturating_sub(self.derniere_balise) > SANS_BALISE {
            return Err(Illisible::Demesure("un texte ou une balise est sans fin"));
        }
        let places = |marque: &'static [u8]| {
            memmem::find_iter(apres, marque)
                .map(move |p| depart + p)
                .filter(|p| nouveau.contains(p))
                .collect::<Vec<_>>()
        };
        let (masques, fusions) = (places(b" hidden="), places(b"mergeCell "));
        for place in masques {
            self.note_masque(place);
        }
        for place in fusions {
            self.note_fusion(place);
        }
        self.vu = jusqua.max(self.vu);
        Ok(())
    }

    /// `hidden` counts when it is an attribute of a row or a column and says so.
    fn note_masque(&mut self, place: usize) {
        let (avant, apres) = self.fenetre.split_at(place);
        if !apres.get(9..).is_some_and(|v| v.starts_with(b"1") || v.starts_with(b"true")) {
            return;
        }
        let Some(ouvrante) = memchr::memrchr2(b'<', b'>', avant) else { return };
        match nom_local(avant.get(ouvrante..).unwrap_or_default()) {
            b"row" => self.partie.lignes_masquees += 1,
            b"col" => self.partie.colonnes_masquees += 1,
            _ => {}
        }
    }

    fn note_fusion(&mut self, place: usize) {
        let precedent = place.checked_sub(1).and_then(|p| self.fenetre.get(p));
        if !matches!(precedent, Some(b'<' | b':')) {
            return;
        }
        let texte = String::from_utf8_lossy(self.fenetre.get(place..).map_or(&[], |o| &o[..o.len().min(AVANCE)]));
        if let Some(plage) = texte.split("ref=\"").nth(1).and_then(|r| r.split('"').next()) {
            self.partie.note_fusion(plage.to_owned());
        }
    }
}

/// Local name of a start tag: `row` for `<row r="1"` as for `<x:row r="1"`; nothing when this is not a start tag.
fn nom_local(balise: &[u8]) -> &[u8] {
    let Some(corps) = balise.strip_prefix(b"<") else { return &[] };
    let nom = corps.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    nom.rsplit(|o| *o == b':').next().unwrap_or_default()
}
