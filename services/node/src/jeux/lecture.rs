//! From the cells of a workbook to what a jeu declares, with the anomalies cell by cell. Form only: the checks
//! of the jeu come after, in `verdict`.

use std::collections::{BTreeMap, BTreeSet};

use referentiel::Decimal;
use referentiel::controle::{Severite, controle_connu};
use referentiel::jeu::Jeu;
use referentiel::jeu::declaration::{
    Champ as ChampDeJeu, Coordonnee, Declaration, Entete, GenreChamp, Grille, Liste, Rangee, ValeurDeclaree,
};
use referentiel::jeu::examen::Place;
use referentiel::texte::plie;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tableur::ecriture::{LIGNE, genre};
use tableur::modele::{Champ, Genre};
use tableur::tableau::{self, Demande, LigneTableau, TableauLu};
use tableur::{AnomalieSituee, Illisible, Valeur};

use super::extrait::Apercu;

/// Words for a figure that somebody does not have.
pub(super) const NON_DISPONIBLE: [&str; 5] = ["non disponible", "nd", "n.d.", "n/d", "nc"];
/// Longest text of a field: it is published as one text of the wire.
const TEXTE: usize = 1000;

/// Code under which a required field is told to be empty.
pub const OBLIGATOIRE: &str = "champ-obligatoire";

/// What was understood of a workbook. Crosses the boundary of the process that reads untrusted files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Lue {
    /// What was keyed.
    pub declaration: Declaration,
    /// Anomalies of form.
    pub anomalies: Vec<AnomalieSituee>,
    /// Sheet and cell of each place of a grid, empty ones included.
    cellules: Vec<(Coordonnee, String, String)>,
    /// Sheet and cell of each field of a record.
    champs: Vec<(String, usize, String, String, String)>,
    /// SHA-256 of the file, in hexadecimal.
    pub empreinte: String,
    /// What the extract of another tool brings, when it is one.
    pub apercu: Option<Apercu>,
}

impl Lue {
    /// What was read of an extract, with the cell of each figure; its digest is that of the file and of its mapping.
    pub(super) fn d_un_extrait(
        declaration: Declaration,
        anomalies: Vec<AnomalieSituee>,
        cellules: Vec<(Coordonnee, String, String)>,
        empreinte: String,
        apercu: Apercu,
    ) -> Self {
        Self { declaration, anomalies, cellules, champs: vec![], empreinte, apercu: Some(apercu) }
    }

    /// Sheet and cell of a place.
    pub fn cellule(&self, place: &Place) -> (Option<String>, Option<String>) {
        let trouvee = match place {
            Place::Ensemble => None,
            Place::Cellule(c) => {
                // A total that is not keyed is told at the sheet of its measure.
                let exacte = self.cellules.iter().find(|(lue, ..)| lue == c);
                let voisine = || self.cellules.iter().find(|(lue, ..)| lue.mesure == c.mesure);
                exacte.or_else(voisine).map(|(_, feuille, cellule)| (feuille, cellule))
            }
            Place::Rangee { liste, rang, champ } => {
                let exacte = self.champs.iter().find(|(l, r, c, ..)| l == liste && r == rang && c == champ);
                exacte.map(|(.., feuille, cellule)| (feuille, cellule))
            }
        };
        trouvee.map_or((None, None), |(f, c)| (Some(f.clone()), Some(c.clone())))
    }

    /// The place that a cell holds.
    pub fn place_de(&self, feuille: &str, cellule: &str) -> Option<Place> {
        let grille = self.cellules.iter().find(|(_, f, c)| f == feuille && c == cellule);
        let champ = || self.champs.iter().find(|(.., f, c)| f == feuille && c == cellule);
        grille.map(|(c, ..)| Place::Cellule(c.clone())).or_else(|| {
            champ().map(|(liste, rang, champ, ..)| Place::Rangee {
                liste: liste.clone(),
                rang: *rang,
                champ: champ.clone(),
            })
        })
    }
}

/// Reads the workbook of a jeu.
pub fn interprete(jeu: &'static Jeu, octets: &[u8]) -> Result<Lue, Illisible> {
    let presentes: BTreeSet<String> = tableau::feuilles(octets)?.iter().map(|nom| plie(nom)).collect();
    let empreinte = Sha256::digest(octets).iter().map(|o| format!("{o:02x}")).collect();
    let mut lecteur = Lecteur { jeu, octets, lue: Lue { empreinte, ..Lue::default() } };
    for feuille in jeu.feuilles().filter(|f| !presentes.contains(&plie(f))) {
        let message = format!("La feuille « {feuille} » manque : reprenez le modèle du jeu {}.", jeu.code);
        lecteur.signale("C-CL-01", (feuille, None), "absente", feuille, message);
    }
    let presente = |nom: &str| presentes.contains(&plie(nom));
    for grille in jeu.grilles.iter().map(|g| g.get_ref()).filter(|g| presente(&g.libelle)) {
        lecteur.grille(grille)?;
    }
    for liste in jeu.listes.iter().map(|l| l.get_ref()).filter(|l| presente(&l.libelle)) {
        lecteur.liste(liste)?;
    }
    Ok(lecteur.lue)
}

/// A figure of a measure, in its unit, or what is expected in its place.
pub(super) fn chiffre(jeu: &Jeu, mesure: &str, texte: &str, facteur: Decimal) -> Result<Decimal, &'static str> {
    let entier = jeu.mesure(mesure).is_some_and(|m| m.nature.compte_des_personnes());
    let lu = tableau::nombre(texte.trim_end_matches(['%', '€'])).filter(|n| !n.is_sign_negative() || n.is_zero());
    match lu.and_then(|n| n.checked_mul(facteur)) {
        Some(n) if entier && !n.fract().is_zero() => Err("un nombre entier de personnes"),
        Some(n) => Ok(n),
        None if entier => Err("un nombre entier, 0 ou plus"),
        None => Err("un nombre, 0 ou plus, par exemple 3,5"),
    }
}

struct Lecteur<'a> {
    jeu: &'static Jeu,
    octets: &'a [u8],
    lue: Lue,
}

impl Lecteur<'_> {
    fn tableau(&mut self, feuille: &str, champs: &[Champ]) -> Result<TableauLu, Illisible> {
        let demande = Demande { feuille: Some(feuille), champs, ignorees: &[], csv: false };
        let mut lu = tableau::lire(self.octets, &demande)?;
        self.lue.anomalies.append(&mut lu.anomalies);
        Ok(lu)
    }

    fn grille(&mut self, grille: &Grille) -> Result<(), Illisible> {
        let (rangs, colonnes) = (grille.rangs(self.jeu), grille.colonnes(self.jeu));
        let libre = |entete: &str| Champ::libre(entete, entete, Genre::Texte, true);
        let champs: Vec<Champ> =
            std::iter::once(libre(LIGNE)).chain(colonnes.iter().map(|c| libre(&c.libelle))).collect();
        let lu = self.tableau(&grille.libelle, &champs)?;
        let mut vus: BTreeSet<usize> = BTreeSet::new();
        for ligne in &lu.lignes {
            let Some(Valeur::Texte(libelle)) = ligne.valeurs.first() else { continue };
            let Some(rang) = rangs.iter().position(|r| r.reconnait(libelle)) else {
                let connues: Vec<&str> = rangs.iter().map(|r| r.libelle.as_str()).collect();
                let message = format!("La ligne « {} » n’est pas de cette table.", extrait(libelle));
                let place = (grille.libelle.as_str(), Some(lu.cellule(0, ligne.numero)));
                self.signale("C-CL-04", place, libelle, &connues.join(", "), message);
                continue;
            };
            if !vus.insert(rang) {
                let message = format!("La ligne « {} » figure deux fois : gardez-en une.", extrait(libelle));
                self.signale(
                    "C-CL-04",
                    (&grille.libelle, Some(lu.cellule(0, ligne.numero))),
                    libelle,
                    "une ligne",
                    message,
                );
                continue;
            }
            if let Some(entete) = rangs.get(rang) {
                self.rang(grille, entete, &colonnes, &lu, ligne);
            }
        }
        for (_, rang) in rangs.iter().enumerate().filter(|(n, _)| !vus.contains(n)) {
            let message = format!("La ligne « {} » manque : reprenez le modèle.", rang.libelle);
            self.signale("C-CL-01", (&grille.libelle, None), "absente", &rang.libelle, message);
        }
        Ok(())
    }

    fn rang(&mut self, grille: &Grille, rang: &Entete, colonnes: &[Entete], lu: &TableauLu, ligne: &LigneTableau) {
        for (place, colonne) in (1..).zip(colonnes) {
            let Some(coordonnee) = grille.coordonnee(rang, colonne) else { continue };
            let cellule = lu.cellule(place, ligne.numero);
            self.lue.cellules.push((coordonnee.clone(), grille.libelle.clone(), cellule.clone()));
            let Some(Valeur::Texte(texte)) = ligne.valeurs.get(place) else { continue };
            if NON_DISPONIBLE.contains(&plie(texte).as_str()) {
                self.lue.declaration.non_disponibles.insert(coordonnee);
                continue;
            }
            match chiffre(self.jeu, &coordonnee.mesure, texte, Decimal::ONE) {
                Ok(valeur) => {
                    self.lue.declaration.cellules.insert(coordonnee, valeur);
                }
                Err(attendu) => {
                    let message = format!("« {} » n’est pas {attendu}.", extrait(texte));
                    self.signale("C-CL-05", (&grille.libelle, Some(cellule)), texte, attendu, message);
                }
            }
        }
    }

    fn liste(&mut self, liste: &Liste) -> Result<(), Illisible> {
        let jeu = self.jeu;
        let libre = |c: &ChampDeJeu| Champ::libre(&c.code, &c.libelle, genre(jeu, c), c.obligatoire);
        let champs: Vec<Champ> = liste.champs.iter().map(libre).collect();
        let lu = self.tableau(&liste.libelle, &champs)?;
        let mut rangees: Vec<Rangee> = Vec::new();
        let mut vues: BTreeMap<ValeurDeclaree, String> = BTreeMap::new();
        for ligne in &lu.lignes {
            let rangee = self.rangee(liste, &lu, ligne, rangees.len());
            if rangee.is_empty() {
                continue;
            }
            if let Some(cle) = rangee.get(&liste.cle) {
                let place = liste.champs.iter().position(|c| c.code == liste.cle).unwrap_or(0);
                let cellule = lu.cellule(place, ligne.numero);
                if let Some(premiere) = vues.insert(cle.clone(), cellule.clone()) {
                    let message =
                        format!("« {} » est déjà en {premiere} : chaque fiche a son nom.", extrait(&cle.to_string()));
                    self.signale(
                        "cle-repetee",
                        (&liste.libelle, Some(cellule)),
                        &cle.to_string(),
                        "un nom par fiche",
                        message,
                    );
                }
            }
            rangees.push(rangee);
        }
        self.lue.declaration.listes.insert(liste.code.clone(), rangees);
        Ok(())
    }

    fn rangee(&mut self, liste: &Liste, lu: &TableauLu, ligne: &LigneTableau, rang: usize) -> Rangee {
        let mut rangee = Rangee::new();
        for (place, champ) in liste.champs.iter().enumerate() {
            let cellule = lu.cellule(place, ligne.numero);
            let position = (liste.code.clone(), rang, champ.code.clone(), liste.libelle.clone(), cellule.clone());
            self.lue.champs.push(position);
            match ligne.valeurs.get(place) {
                Some(Valeur::Texte(texte)) => {
                    if let Some(valeur) = self.texte(liste, champ, texte, &cellule) {
                        rangee.insert(champ.code.clone(), valeur);
                    }
                }
                Some(valeur) => {
                    if let Some(valeur) = typee(valeur) {
                        rangee.insert(champ.code.clone(), valeur);
                    }
                }
                None => {}
            }
        }
        let vide = |c: &&ChampDeJeu| (c.obligatoire || c.code == liste.cle) && !rangee.contains_key(&c.code);
        let manquants: Vec<(usize, &ChampDeJeu)> = liste.champs.iter().enumerate().filter(|(_, c)| vide(c)).collect();
        for (place, champ) in manquants.into_iter().filter(|_| !rangee.is_empty()) {
            // A cell already told to be faulty is not told again to be empty.
            if ligne.valeurs.get(place).is_none_or(Valeur::vide) {
                let message = format!("« {} » est obligatoire.", champ.libelle);
                let cellule = lu.cellule(place, ligne.numero);
                self.signale(OBLIGATOIRE, (&liste.libelle, Some(cellule)), "vide", &champ.libelle, message);
            }
        }
        rangee
    }

    fn texte(&mut self, liste: &Liste, champ: &ChampDeJeu, texte: &str, cellule: &str) -> Option<ValeurDeclaree> {
        if champ.genre == GenreChamp::OuiNon {
            return match plie(texte).as_str() {
                "oui" | "o" | "x" => Some(ValeurDeclaree::OuiNon(true)),
                "non" | "n" => Some(ValeurDeclaree::OuiNon(false)),
                _ => {
                    let message = format!("« {} » : écrivez « oui » ou « non ».", extrait(texte));
                    self.signale("C-CL-04", (&liste.libelle, Some(cellule.to_owned())), texte, "oui ou non", message);
                    None
                }
            };
        }
        if texte.len() > TEXTE {
            let message = format!("« {} » dépasse {TEXTE} caractères : résumez.", champ.libelle);
            self.signale(
                "texte-trop-long",
                (&liste.libelle, Some(cellule.to_owned())),
                "trop long",
                "un texte plus court",
                message,
            );
        }
        Some(ValeurDeclaree::Texte(texte.to_owned()))
    }

    fn signale(&mut self, controle: &str, place: (&str, Option<String>), lu: &str, attendu: &str, message: String) {
        self.lue.anomalies.push(AnomalieSituee {
            controle: controle.to_owned(),
            severite: controle_connu(controle).map_or(Severite::Bloquant, |c| c.severite),
            feuille: Some(place.0.to_owned()),
            cellule: place.1,
            lu: Some(extrait(lu)),
            attendu: Some(attendu.to_owned()),
            message,
            correction: None,
            nombre: None,
        });
    }
}

fn typee(valeur: &Valeur<'_>) -> Option<ValeurDeclaree> {
    match valeur {
        Valeur::Date(jour) => Some(ValeurDeclaree::Date(*jour)),
        Valeur::Entier(n) => Some(ValeurDeclaree::Nombre((*n).into())),
        Valeur::Decimal(n) => Some(ValeurDeclaree::Nombre(*n)),
        Valeur::Modalite(code) => Some(ValeurDeclaree::Texte((*code).to_owned())),
        _ => None,
    }
}

/// The beginning of a text: an anomaly does not repeat a page.
fn extrait(texte: &str) -> String {
    if texte.chars().count() > 60 { texte.chars().take(59).chain(['…']).collect() } else { texte.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::jeu::{ajoute, jeux};
    use tableur::ecriture::{Remplissage, Vue, modele_de_jeu, vues};

    #[test]
    fn the_template_of_every_jeu_reads_back_without_a_fault() {
        for jeu in jeux().into_iter().filter(|j| j.est_declare()) {
            let remplissage = Remplissage { periode: "essai", declaration: None, jour: "2026-01-05".parse().unwrap() };
            let lue = interprete(jeu, &modele_de_jeu(jeu, &remplissage).unwrap()).unwrap();
            assert_eq!(lue.anomalies, [], "{}", jeu.code);
            assert!(lue.declaration.cellules.is_empty(), "an empty template declares nothing");
        }
    }

    const JEU: &str = "
code = 'essai.lecture'
version = '1'
libelle = 'Essai'
periodicite = 'annee'
source = 'essai'
[[nomenclature]]
code = 'essai_lettre'
version = '1'
libelle = 'Lettre'
modalite = [{ code = 'a', libelle = 'Première' }, { code = 'b', libelle = 'Seconde' }]
[[axe]]
code = 'essai_lettre'
nomenclature = 'essai_lettre'
libelle = 'Lettre'
[[mesure]]
code = 'LECTURE_N'
libelle = 'Personnes'
nature = 'stock'
unite = 'personnes'
definition = 'essai'
[[grille]]
code = 'g'
libelle = 'Grille'
lignes = 'essai_lettre'
mesures = ['LECTURE_N']
[[liste]]
code = 'l'
libelle = 'Liste'
cle = 'nom'
champ = [
    { code = 'nom', libelle = 'Nom', genre = 'texte', obligatoire = true },
    { code = 'fait', libelle = 'Fait', genre = 'oui_non', obligatoire = true },
]
";

    fn lue(grille: &[[&str; 2]], liste: &[[&str; 2]]) -> Lue {
        let feuille = |nom: &str, entetes: [&str; 2], lignes: &[[&str; 2]]| Vue {
            nom: nom.to_owned(),
            entetes: entetes.map(str::to_owned).to_vec(),
            lignes: lignes.iter().map(|l| l.map(str::to_owned).to_vec()).collect(),
        };
        let feuilles = [feuille("Grille", ["Ligne", "Personnes"], grille), feuille("liste ", ["Nom", "FAIT"], liste)];
        let octets = vues("Essai", &feuilles, "2026-01-05".parse().unwrap()).unwrap();
        interprete(ajoute(JEU).unwrap(), &octets).unwrap()
    }

    fn dites(lue: &Lue) -> Vec<String> {
        let dite = |a: &AnomalieSituee| {
            let cellule = a.cellule.as_deref().unwrap_or("-");
            format!("{} {} {cellule}", a.controle, a.feuille.as_deref().unwrap_or("-"))
        };
        lue.anomalies.iter().map(dite).collect()
    }

    #[test]
    fn each_fault_of_form_is_told_at_its_cell() {
        let fautes = lue(
            &[["PREMIERE", "3,5"], ["première", "2"], ["Troisième", "4"]],
            &[["Anne", "peut-être"], ["Anne", "oui"], ["", "non"]],
        );
        let attendues = [
            "C-CL-05 Grille B2",
            "C-CL-04 Grille A3",
            "C-CL-04 Grille A4",
            "C-CL-01 Grille -",
            "C-CL-04 Liste B2",
            "cle-repetee Liste A3",
            "champ-obligatoire Liste A4",
        ];
        assert_eq!(dites(&fautes), attendues);
    }

    #[test]
    fn an_empty_cell_a_zero_and_a_figure_that_is_not_available_are_three_things() {
        let lu = lue(&[["Première", "0"], ["Seconde", "non disponible"]], &[]);
        assert_eq!(dites(&lu), Vec::<String>::new());
        assert_eq!((lu.declaration.cellules.len(), lu.declaration.non_disponibles.len()), (1, 1));
        let lu = lue(&[["Première", ""], ["Seconde", "1 200"]], &[]);
        assert_eq!((lu.declaration.cellules.len(), lu.declaration.non_disponibles.len()), (1, 0));
        let relue: Lue = serde_json::from_str(&serde_json::to_string(&lu).unwrap()).unwrap();
        assert_eq!(relue, lu, "it crosses a process boundary whole");
    }
}
