//! One table of one sheet, in the columns that a mapping declares: the follow-up tables that centres keep in a
//! spreadsheet or export as CSV. Same bounds, same readers and same faults as the remontée; no column is required by law.

use std::borrow::Cow;

use referentiel::Decimal;
use referentiel::controle::{Severite, controle_connu};
use referentiel::texte::plie;

use super::anomalie::{Faute, PAR_COLONNE, extrait};
use super::brut::{Brut, Cellule, Source};
use super::interpretation::{Colonne, interprete};
use super::nombre::depuis_texte;
use super::{Onglet, ods, xlsx};
use crate::conteneur::{self, Format, TAILLE_FICHIER};
use crate::illisible::Illisible;
use crate::modele::Champ;
use crate::position::{AnomalieSituee, a1};
use crate::valeur::Valeur;

/// Most rows of a table: a centre has a few thousand situations.
const LIGNES: u64 = 50_000;
/// Most columns of a table.
const COLONNES: u32 = 500;
/// Rows with something in them, among which the headers are looked for.
const ENTETES: usize = 20;

/// What is looked for in the file.
#[derive(Debug, Clone, Copy)]
pub struct Demande<'a> {
    /// Name of the sheet; the first visible one unless said.
    pub feuille: Option<&'a str>,
    /// Columns.
    pub champs: &'a [Champ],
    /// Headers that are known and not read.
    pub ignorees: &'a [String],
    /// The file is a CSV text.
    pub csv: bool,
}

/// A row with something in it.
#[derive(Debug, Clone, PartialEq)]
pub struct LigneTableau {
    /// Number of the row as the user sees it.
    pub numero: u32,
    /// One value for each column asked for, in its order.
    pub valeurs: Vec<Valeur<'static>>,
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct TableauLu {
    /// Name of the sheet.
    pub feuille: String,
    /// Rows.
    pub lignes: Vec<LigneTableau>,
    /// Anomalies of form, with their cells.
    pub anomalies: Vec<AnomalieSituee>,
    /// Place of each column asked for, counted from 0.
    pub colonnes: Vec<Option<u32>>,
}

impl TableauLu {
    /// The cell of a column on a row, or the first cell of the row.
    pub fn cellule(&self, champ: usize, numero: u32) -> String {
        a1(self.colonnes.get(champ).copied().flatten().unwrap_or(0), numero)
    }
}

/// Reads the table.
pub fn lire(octets: &[u8], demande: &Demande<'_>) -> Result<TableauLu, Illisible> {
    if demande.csv {
        let mut cellules = Csv::ouvre(octets)?;
        return lit("CSV", &mut cellules, false, demande);
    }
    let conteneur = conteneur::ouvre(octets)?;
    match conteneur.format {
        Format::Xlsx => {
            let mut classeur = xlsx::ouvre(octets)?;
            let nom = choisie(&xlsx::onglets(&classeur), demande)?;
            let epoque_1904 = classeur.has_1904_epoch();
            lit(&nom, &mut xlsx::Cellules::ouvre(&mut classeur, &nom)?, epoque_1904, demande)
        }
        Format::Ods => {
            let mut archive = conteneur.archive.clone();
            let nom = choisie(&ods::onglets(&mut archive)?, demande)?;
            lit(&nom, &mut ods::Cellules::ouvre(&mut archive, &nom)?, false, demande)
        }
    }
}

/// Names of the visible sheets of a workbook.
pub fn feuilles(octets: &[u8]) -> Result<Vec<String>, Illisible> {
    let conteneur = conteneur::ouvre(octets)?;
    let onglets = match conteneur.format {
        Format::Xlsx => xlsx::onglets(&xlsx::ouvre(octets)?),
        Format::Ods => ods::onglets(&mut conteneur.archive.clone())?,
    };
    Ok(onglets.into_iter().filter(|o| o.visible).map(|o| o.nom).collect())
}

/// A number as people write it: comma or point, spaces between thousands. Anything else is none.
pub fn nombre(texte: &str) -> Option<Decimal> {
    depuis_texte(texte)
}

fn choisie(onglets: &[Onglet], demande: &Demande<'_>) -> Result<String, Illisible> {
    let voulue = |o: &&Onglet| demande.feuille.map_or(o.visible, |nom| plie(nom) == plie(&o.nom));
    let choisie = onglets.iter().find(voulue).map(|o| o.nom.clone());
    choisie.ok_or_else(|| {
        let lues = onglets.iter().map(|o| format!("« {} »", extrait(&o.nom))).collect::<Vec<_>>().join(", ");
        Illisible::Contenu(format!(
            "feuille « {} » absente ; feuilles lues : {lues}",
            demande.feuille.unwrap_or("visible")
        ))
    })
}

fn lit<'a>(
    feuille: &str,
    source: &mut impl Source<'a>,
    epoque_1904: bool,
    demande: &Demande<'_>,
) -> Result<TableauLu, Illisible> {
    let mut lu = TableauLu { feuille: feuille.to_owned(), ..TableauLu::default() };
    let mut rangees = Rangees { source, attente: None, finie: false, lues: 0, feuille };
    let mut vues = 0;
    while let Some((numero, cases)) = rangees.suivante()? {
        if vues == ENTETES {
            break;
        }
        vues += 1;
        if reconnait(&mut lu, numero, &cases, demande) {
            let mut colonnes: Vec<Colonne> = demande.champs.iter().map(|_| Colonne::default()).collect();
            while let Some((numero, cases)) = rangees.suivante()? {
                ligne(&mut lu, numero, &cases, (demande.champs, &mut colonnes), epoque_1904);
            }
            return Ok(lu);
        }
    }
    let attendus = demande.champs.iter().map(|c| format!("« {} »", c.entete)).collect::<Vec<_>>().join(", ");
    let message = format!("La feuille « {feuille} » n’a pas la ligne d’en-têtes déclarée ({attendus}).");
    lu.anomalies.push(anomalie(&lu, "C-CL-01", None, ("aucun en-tête reconnu", &attendus), message));
    Ok(lu)
}

fn anomalie(
    lu: &TableauLu,
    controle: &str,
    cellule: Option<String>,
    (vu, attendu): (&str, &str),
    message: String,
) -> AnomalieSituee {
    AnomalieSituee {
        controle: controle.to_owned(),
        severite: controle_connu(controle).map_or(Severite::Bloquant, |c| c.severite),
        feuille: Some(lu.feuille.clone()),
        cellule,
        lu: Some(vu.to_owned()),
        attendu: Some(attendu.to_owned()),
        message,
        correction: None,
        nombre: None,
    }
}

/// Recognises the row of the headers: it has at least half of those declared.
fn reconnait(lu: &mut TableauLu, numero: u32, cases: &[(u32, Brut<'_>)], demande: &Demande<'_>) -> bool {
    let titres: Vec<(u32, String, String)> =
        cases.iter().map(|(colonne, brut)| (*colonne, plie(&brut.affiche()), brut.affiche().into_owned())).collect();
    let place = |champ: &Champ| titres.iter().find(|(_, titre, _)| champ.repond_a(titre)).map(|(colonne, ..)| *colonne);
    let places: Vec<Option<u32>> = demande.champs.iter().map(place).collect();
    let trouvees = places.iter().flatten().count();
    if trouvees == 0 || trouvees * 2 < demande.champs.len() {
        return false;
    }
    for (champ, _) in demande.champs.iter().zip(&places).filter(|(_, place)| place.is_none()) {
        let message =
            format!("Il manque la colonne « {} » : ajoutez-la, ou retirez-la de la correspondance.", champ.entete);
        let mut absente = anomalie(lu, "C-CL-01", None, ("absente", &champ.entete), message);
        if !champ.obligatoire {
            absente.severite = Severite::Avertissement;
        }
        lu.anomalies.push(absente);
    }
    let ignorees: Vec<String> = demande.ignorees.iter().map(|titre| plie(titre)).collect();
    for (colonne, _, affiche) in titres.iter().filter(|(colonne, titre, _)| {
        !titre.is_empty() && !places.contains(&Some(*colonne)) && !ignorees.contains(titre)
    }) {
        let affiche = extrait(affiche);
        let message = format!(
            "La colonne « {affiche} » n’est pas déclarée dans la correspondance : elle n’est ni lue ni enregistrée. \
             Déclarez-la, ou ajoutez-la aux colonnes ignorées."
        );
        let mut inconnue =
            anomalie(lu, "C-CL-02", Some(a1(*colonne, numero + 1)), (&affiche, "une colonne déclarée"), message);
        inconnue.severite = Severite::Avertissement;
        lu.anomalies.push(inconnue);
    }
    lu.colonnes = places;
    true
}

/// Types the cells of a row.
fn ligne(
    lu: &mut TableauLu,
    ligne: u32,
    cases: &[(u32, Brut<'_>)],
    (champs, colonnes): (&[Champ], &mut [Colonne]),
    epoque_1904: bool,
) {
    let numero = ligne + 1;
    let mut valeurs = Vec::with_capacity(champs.len());
    let places = lu.colonnes.clone();
    for ((champ, place), colonne) in champs.iter().zip(&places).zip(colonnes) {
        let Some(place) = place else {
            valeurs.push(Valeur::Absente);
            continue;
        };
        let vide = Brut::Vide;
        let brut = cases.iter().find(|(c, _)| c == place).map_or(&vide, |(_, brut)| brut);
        valeurs.push(match interprete(champ, colonne, brut, epoque_1904) {
            Ok(valeur) => valeur.detache(),
            Err(faute) => {
                colonne.fautes += 1;
                if colonne.fautes <= PAR_COLONNE {
                    let situee = situe(lu, faute, champ, a1(*place, numero));
                    lu.anomalies.push(situee);
                }
                Valeur::Fautive
            }
        });
    }
    if valeurs.iter().any(|v| !matches!(v, Valeur::Vide | Valeur::Absente)) {
        lu.lignes.push(LigneTableau { numero, valeurs });
    }
}

fn situe(lu: &TableauLu, faute: Faute, champ: &Champ, cellule: String) -> AnomalieSituee {
    let mut situee = anomalie(lu, faute.controle, Some(cellule), (&faute.lu, &faute.attendu), faute.message);
    situee.correction = faute.correction;
    if champ.obligatoire {
        situee.severite = Severite::Bloquant;
    }
    situee
}

/// The cells of a source, row by row, those that are empty left out.
struct Rangees<'s, 'a, S> {
    source: &'s mut S,
    attente: Option<Cellule<'a>>,
    /// A source is not asked again once it has ended.
    finie: bool,
    lues: u64,
    feuille: &'s str,
}

/// Number of a row from 0, and its cells by column.
type Rangee<'a> = (u32, Vec<(u32, Brut<'a>)>);

impl<'a, S: Source<'a>> Rangees<'_, 'a, S> {
    fn suivante(&mut self) -> Result<Option<Rangee<'a>>, Illisible> {
        let Some(premiere) = self.attente.take().map_or_else(|| self.tire(), |c| Ok(Some(c)))? else { return Ok(None) };
        self.lues += 1;
        if self.lues > LIGNES {
            let feuille = self.feuille.to_owned();
            return Err(Illisible::TropDeCellules { feuille, quoi: "lignes", limite: LIGNES });
        }
        let ligne = premiere.ligne;
        let mut cases = vec![(premiere.colonne, premiere.brut)];
        while let Some(cellule) = self.tire()? {
            if cellule.ligne != ligne {
                self.attente = Some(cellule);
                break;
            }
            cases.push((cellule.colonne, cellule.brut));
        }
        Ok(Some((ligne, cases)))
    }

    /// The next cell that holds something.
    fn tire(&mut self) -> Result<Option<Cellule<'a>>, Illisible> {
        while !self.finie {
            match self.source.suivante()? {
                Some(cellule) if cellule.colonne >= COLONNES || cellule.brut.vide() => {}
                Some(cellule) => return Ok(Some(cellule)),
                None => self.finie = true,
            }
        }
        Ok(None)
    }
}

/// A CSV text: the separator is the one that its first lines hold most, the encoding UTF-8 or that of an older Windows.
struct Csv {
    lignes: csv::StringRecordsIntoIter<std::io::Cursor<Vec<u8>>>,
    cases: std::vec::IntoIter<(u32, String)>,
    ligne: u32,
}

impl Csv {
    fn ouvre(octets: &[u8]) -> Result<Self, Illisible> {
        if octets.is_empty() {
            return Err(Illisible::FichierVide);
        }
        let taille = octets.len() as u64;
        if taille > TAILLE_FICHIER {
            let (taille_mo, limite_mo) = (taille.div_ceil(1 << 20), TAILLE_FICHIER >> 20);
            return Err(Illisible::TropVolumineux { taille_mo, limite_mo });
        }
        let texte = match std::str::from_utf8(octets) {
            Ok(texte) => Cow::Borrowed(texte.trim_start_matches('\u{feff}')),
            // A spreadsheet in French saves « CSV » in Windows-1252; every byte has a meaning there.
            Err(_) => encoding_rs::WINDOWS_1252.decode(octets).0,
        };
        // A title may stand above the headers, with a comma of its own.
        let dans = |ligne: &str, separateur: u8| ligne.bytes().filter(|o| *o == separateur).count();
        let combien = |separateur: u8| texte.lines().take(ENTETES).map(|ligne| dans(ligne, separateur)).max();
        let separateur = [b';', b'\t', b','].into_iter().rev().max_by_key(|s| combien(*s)).unwrap_or(b';');
        let lecteur = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separateur)
            // The reader counts a line at its last sign: after CRLF a row would be told to be the one above.
            .from_reader(std::io::Cursor::new(texte.replace("\r\n", "\n").into_bytes()));
        Ok(Self { lignes: lecteur.into_records(), cases: Vec::new().into_iter(), ligne: 0 })
    }
}

impl Source<'static> for Csv {
    fn suivante(&mut self) -> Result<Option<Cellule<'static>>, Illisible> {
        loop {
            if let Some((colonne, texte)) = self.cases.next() {
                let brut = Brut::Texte(Cow::Owned(texte));
                return Ok(Some(Cellule { ligne: self.ligne, colonne, brut, formule: false }));
            }
            let Some(lue) = self.lignes.next() else { return Ok(None) };
            let lue = lue.map_err(|e| Illisible::Contenu(e.to_string()))?;
            let ligne = lue.position().map_or(1, csv::Position::line);
            self.ligne = u32::try_from(ligne.saturating_sub(1)).unwrap_or(u32::MAX);
            self.cases = (0..).zip(lue.iter().map(str::to_owned)).collect::<Vec<_>>().into_iter();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modele::Genre;

    fn champs() -> Vec<Champ> {
        vec![
            Champ::libre("id", "N° dossier", Genre::Texte, true),
            Champ::libre("debut", "Début", Genre::Date, false),
            Champ::libre("facturee_eur", "Facturé", Genre::Decimal, false),
        ]
    }

    fn lu(octets: &[u8], csv: bool, feuille: Option<&str>) -> TableauLu {
        lire(octets, &Demande { feuille, champs: &champs(), ignorees: &["Observations".to_owned()], csv }).unwrap()
    }

    fn codes(lu: &TableauLu) -> Vec<(&str, &str)> {
        lu.anomalies.iter().map(|a| (a.controle.as_str(), a.cellule.as_deref().unwrap_or("-"))).collect()
    }

    #[test]
    fn a_csv_of_a_french_spreadsheet_is_read_whatever_its_encoding() {
        let texte = "Suivi 2026, agents inventés\n\nN° dossier;Début;Facturé;Observations\nA1;02/02/2026;1 200,50;x\nA2;31/02/2026;;\n";
        let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(texte);
        let windows = texte.replace('\n', "\r\n").into_bytes();
        for octets in [texte.as_bytes().to_vec(), latin.into_owned(), windows] {
            let lu = lu(&octets, true, None);
            assert_eq!(lu.lignes.len(), 2, "{:?}", lu.anomalies);
            assert_eq!(lu.lignes[0].numero, 4);
            assert_eq!(lu.lignes[0].valeurs[0].texte(), Some("A1"));
            assert_eq!(lu.lignes[0].valeurs[2].decimal().unwrap().to_string(), "1200.5");
            assert_eq!(codes(&lu), [("C-CL-03", "B5")]);
        }
    }

    #[test]
    fn a_workbook_is_read_by_sheet_and_unknown_columns_are_told_and_left_out() {
        let mut fichier = rust_xlsxwriter::Workbook::new();
        fichier.add_worksheet().set_name("Accueil").unwrap().write_string(0, 0, "Bonjour").unwrap();
        let feuille = fichier.add_worksheet().set_name("Études de poste").unwrap();
        for (colonne, titre) in (0u16..).zip(["Nom", "n° DOSSIER", "debut"]) {
            feuille.write_string(2, colonne, titre).unwrap();
        }
        feuille.write_string(3, 0, "Martin").unwrap();
        feuille.write_string(3, 1, "E7").unwrap();
        feuille.write_string(3, 2, "12/05/2026").unwrap();
        let octets = fichier.save_to_buffer().unwrap();
        let tableau = lu(&octets, false, Some("etudes de poste"));
        assert_eq!(codes(&tableau), [("C-CL-01", "-"), ("C-CL-02", "A3")]);
        assert_eq!(tableau.lignes[0].valeurs[0].texte(), Some("E7"));
        assert_eq!(tableau.cellule(1, 4), "C4");
        assert!(!format!("{:?}", tableau.lignes).contains("Martin"), "what is not declared is not kept");
        assert_eq!(codes(&lu(&octets, false, None)), [("C-CL-01", "-")], "the first sheet has no header");
        let absente = Demande { feuille: Some("Suivi"), champs: &champs(), ignorees: &[], csv: false };
        assert!(lire(&octets, &absente).unwrap_err().to_string().contains("« Études de poste »"));
    }
}
