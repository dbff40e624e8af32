//! From the rows of an extract to the figures of a jeu, through a mapping, with the anomalies cell by cell and what was
//! matched and what was not. No store is looked at here.

use std::collections::{BTreeMap, BTreeSet};

use referentiel::Decimal;
use referentiel::cellule::Ventilation;
use referentiel::controle::{Severite, controle_connu};
use referentiel::jeu::Jeu;
use referentiel::jeu::declaration::{Coordonnee, Declaration};
use referentiel::texte::plie;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tableur::modele::{Champ, Genre};
use tableur::tableau::{self, Demande, LigneTableau, TableauLu};
use tableur::{AnomalieSituee, Illisible, Valeur};

use super::correspondance::{Colonne, Correspondance, IGNOREE, Lignes, TOTAL, places};
use super::lecture::{Lue, NON_DISPONIBLE, chiffre};

/// What an extract brings to a jeu, told before anything is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apercu {
    /// Rows read.
    pub lignes: usize,
    /// (header, label of the measure, figures taken) of each column.
    pub reprises: Vec<(String, String, usize)>,
    /// (sheet of the jeu, figures it asks that the extract does not give).
    pub restantes: Vec<(String, usize)>,
}

/// Reads an extract.
pub fn interprete(
    jeu: &'static Jeu,
    (octets, csv): (&[u8], bool),
    correspondance: &str,
) -> Result<Lue, Box<dyn std::error::Error>> {
    let c = Correspondance::lit(correspondance, jeu)?;
    let entetes = c.entetes();
    let champs: Vec<Champ> = entetes.iter().map(|e| Champ::libre(e, e, Genre::Texte, true)).collect();
    let demande = Demande { feuille: c.feuille.as_deref(), champs: &champs, ignorees: &c.ignorees, csv };
    let lu = lit(octets, &demande)?;
    let mut extrait = Extrait { jeu, c: &c, entetes, places: places(jeu), lu: &lu, recu: Recu::default() };
    for ligne in &lu.lignes {
        for (rang, colonne) in c.colonnes.iter().enumerate() {
            extrait.case(ligne, rang, colonne);
        }
    }
    let apercu = extrait.apercu();
    let recu = extrait.recu;
    let empreinte = Sha256::new_with_prefix(octets).chain_update([0]).chain_update(correspondance).finalize();
    let mut declaration = Declaration::default();
    // A sum of which one part is not available is not available.
    let connues = recu.chiffres.into_iter().filter(|(place, _)| !recu.non_disponibles.contains(place));
    declaration.cellules = connues.collect();
    declaration.non_disponibles = recu.non_disponibles.into_iter().collect();
    let anomalies = lu.anomalies.iter().cloned().chain(recu.anomalies).collect();
    let cellules = recu.cellules.into_iter().map(|(place, cellule)| (place, lu.feuille.clone(), cellule)).collect();
    let empreinte = empreinte.iter().map(|o| format!("{o:02x}")).collect();
    Ok(Lue::d_un_extrait(declaration, anomalies, cellules, empreinte, apercu))
}

fn lit(octets: &[u8], demande: &Demande<'_>) -> Result<TableauLu, Illisible> {
    tableau::lire(octets, demande)
}

/// What was taken so far.
#[derive(Default)]
struct Recu {
    chiffres: BTreeMap<Coordonnee, Decimal>,
    non_disponibles: BTreeSet<Coordonnee>,
    cellules: BTreeMap<Coordonnee, String>,
    par_colonne: BTreeMap<usize, usize>,
    anomalies: Vec<AnomalieSituee>,
}

struct Extrait<'a> {
    jeu: &'static Jeu,
    c: &'a Correspondance,
    entetes: Vec<&'a str>,
    places: BTreeSet<Coordonnee>,
    lu: &'a TableauLu,
    recu: Recu,
}

impl Extrait<'_> {
    /// Rank of a header among those read.
    fn rang(&self, entete: &str) -> usize {
        self.entetes.iter().position(|e| plie(e) == plie(entete)).unwrap_or_default()
    }

    fn texte<'l>(&self, ligne: &'l LigneTableau, entete: &str) -> &'l str {
        match ligne.valeurs.get(self.rang(entete)) {
            Some(Valeur::Texte(texte)) => texte.trim(),
            _ => "",
        }
    }

    fn case(&mut self, ligne: &LigneTableau, rang: usize, colonne: &Colonne) {
        let retenue = colonne.si.iter().all(|(entete, valeur)| plie(self.texte(ligne, entete)) == plie(valeur));
        let texte = self.texte(ligne, &colonne.entete);
        if !retenue || texte.is_empty() {
            return;
        }
        let Some(place) = self.place(ligne, colonne) else { return };
        let cellule = self.lu.cellule(self.rang(&colonne.entete), ligne.numero);
        let deja = self.recu.cellules.insert(place.clone(), cellule.clone());
        *self.recu.par_colonne.entry(rang).or_default() += 1;
        if let Some(premiere) = deja.filter(|_| self.c.lignes == Lignes::Uniques) {
            let message = format!(
                "La même case est déjà donnée en {premiere} : gardez une ligne, ou déclarez « lignes = \"additionnees\" »."
            );
            self.signale("C-CL-04", cellule, texte, "une ligne par case", message);
            return;
        }
        if NON_DISPONIBLE.contains(&plie(texte).as_str()) {
            self.recu.non_disponibles.insert(place);
            return;
        }
        let facteur = colonne.multiplie_par.unwrap_or(Decimal::ONE);
        match chiffre(self.jeu, &colonne.mesure, texte, facteur) {
            Ok(valeur) => *self.recu.chiffres.entry(place).or_default() += valeur,
            Err(attendu) => {
                let message = format!("« {} », colonne « {} », n’est pas {attendu}.", extrait(texte), colonne.entete);
                self.signale("C-CL-05", cellule, texte, attendu, message);
            }
        }
    }

    /// The place of a figure; none when the mapping leaves it out, or when it is told to be wrong.
    fn place(&mut self, ligne: &LigneTableau, colonne: &Colonne) -> Option<Coordonnee> {
        let mut coordonnees = colonne.ventilation.clone();
        for (axe, entete) in &colonne.axes {
            let ecrit = self.texte(ligne, entete);
            match self.code(axe, ecrit) {
                Some(code) if code == IGNOREE => return None,
                Some(code) if code == TOTAL => {}
                Some(code) => {
                    coordonnees.insert(axe.clone(), code);
                }
                None => {
                    let cellule = self.lu.cellule(self.rang(entete), ligne.numero);
                    let message = format!(
                        "« {} », colonne « {entete} », n’a pas de correspondance : déclarez-la sous [decodage.{axe}], au besoin comme « {IGNOREE} ».",
                        extrait(ecrit)
                    );
                    self.signale("C-CL-04", cellule, ecrit, "une valeur déclarée", message);
                    return None;
                }
            }
        }
        let place = Coordonnee { mesure: colonne.mesure.clone(), ventilation: Ventilation::nouvelle(coordonnees) };
        if self.places.contains(&place) {
            return Some(place);
        }
        let cellule = self.lu.cellule(self.rang(&colonne.entete), ligne.numero);
        let message = format!("Cette ligne désigne une case que {} ne demande pas.", self.jeu.code);
        self.signale("C-CL-04", cellule, &colonne.entete, "une case du jeu", message);
        None
    }

    /// What a word of the tool means: as declared, else as the jeu itself writes it.
    fn code(&self, axe: &str, ecrit: &str) -> Option<String> {
        let lu = plie(ecrit);
        let declare = self.c.decodage.get(axe).and_then(|sens| sens.iter().find(|(mot, _)| plie(mot) == lu));
        if let Some((_, sens)) = declare {
            return Some(sens.clone());
        }
        let mut modalites = self.jeu.nomenclature(axe)?.modalites.iter();
        let officielle = modalites.find(|m| plie(&m.libelle) == lu || plie(&m.code) == lu);
        officielle.map(|m| m.code.clone())
    }

    fn signale(&mut self, controle: &str, cellule: String, lu: &str, attendu: &str, message: String) {
        self.recu.anomalies.push(AnomalieSituee {
            controle: controle.to_owned(),
            severite: controle_connu(controle).map_or(Severite::Bloquant, |c| c.severite),
            feuille: Some(self.lu.feuille.clone()),
            cellule: Some(cellule),
            lu: Some(extrait(lu)),
            attendu: Some(attendu.to_owned()),
            message,
            correction: None,
            nombre: None,
        });
    }

    fn apercu(&self) -> Apercu {
        let reprise = |(rang, c): (usize, &Colonne)| {
            let mesure = self.jeu.mesure(&c.mesure).map_or(c.mesure.as_str(), |m| m.libelle.as_str());
            (c.entete.clone(), mesure.to_owned(), self.recu.par_colonne.get(&rang).copied().unwrap_or_default())
        };
        let restantes = self.jeu.grilles.iter().map(|g| g.get_ref()).filter_map(|g| {
            let colonnes = g.colonnes(self.jeu);
            let rangs = g.rangs(self.jeu);
            let places = rangs.iter().flat_map(|r| colonnes.iter().filter_map(|c| g.coordonnee(r, c)));
            let manque = places.filter(|p| !self.recu.cellules.contains_key(p)).count();
            (manque > 0).then(|| (g.libelle.clone(), manque))
        });
        Apercu {
            lignes: self.lu.lignes.len(),
            reprises: self.c.colonnes.iter().enumerate().map(reprise).collect(),
            restantes: restantes.collect(),
        }
    }
}

/// The beginning of what was read: a report is no copy of the file.
fn extrait(texte: &str) -> String {
    texte.chars().take(60).collect()
}

/// An extract completes what is keyed by hand: its figures take their places, the rest stays.
pub fn complete(connue: Declaration, lue: &mut Lue) {
    let apporte = std::mem::replace(&mut lue.declaration, connue);
    let Declaration { cellules, non_disponibles, .. } = apporte;
    let tenue = &mut lue.declaration;
    for place in &non_disponibles {
        tenue.cellules.remove(place);
    }
    tenue.non_disponibles.retain(|place| !cellules.contains_key(place));
    tenue.cellules.extend(cellules);
    tenue.non_disponibles.extend(non_disponibles);
}

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::jeu::jeu;

    const CORRESPONDANCE: &str = include_str!("../../../../schema/jeux/correspondances/rsu.boeth.toml");

    fn lue(csv: &str, correspondance: &str) -> Lue {
        // As a French spreadsheet saves it: Windows-1252.
        let octets: Vec<u8> = csv.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        interprete(jeu("rsu.boeth").unwrap(), (&octets, true), correspondance).unwrap()
    }

    fn valeur(lue: &Lue, mesure: &str, ou: &[(&str, &str)]) -> Option<Decimal> {
        lue.declaration.valeur(mesure, &Ventilation::nouvelle(ou.iter().copied()))
    }

    #[test]
    fn a_long_extract_fills_the_places_its_mapping_says() {
        let lue = lue(
            "Tableau;Modalité;Genre;Effectif;Note\r\n\
             BOETH par genre;;Femmes;60;x\r\nBOETH par genre;;Hommes;40;\r\nBOETH par genre;;Ensemble;100;\r\n\
             BOETH par catégorie;RQTH;;80;\r\nBOETH par catégorie;Agents reclassés;;nd;\r\n",
            CORRESPONDANCE,
        );
        assert_eq!(valeur(&lue, "RSU_GENRE", &[("sexe", "F")]), Some(60.into()));
        assert_eq!(valeur(&lue, "RSU_GENRE", &[]), Some(100.into()));
        assert_eq!(valeur(&lue, "RSU_CATEGORIE", &[("rsu_categorie", "rqth")]), Some(80.into()));
        assert_eq!(lue.declaration.non_disponibles.len(), 1);
        let dites: Vec<(&str, Option<&str>)> =
            lue.anomalies.iter().map(|a| (a.controle.as_str(), a.cellule.as_deref())).collect();
        assert_eq!(dites, [("C-CL-02", Some("E1"))], "the column that nobody declared is said: {:?}", lue.anomalies);
        let apercu = lue.apercu.unwrap();
        assert_eq!(apercu.lignes, 5);
        assert!(apercu.reprises.iter().any(|(entete, _, n)| entete == "Effectif" && *n == 3), "{apercu:?}");
        assert!(apercu.restantes.iter().any(|(grille, _)| grille == "Départs"), "{apercu:?}");
    }

    #[test]
    fn what_is_not_matched_blocks_at_its_cell() {
        let lue = lue(
            "Tableau;Modalité;Genre;Effectif\r\nBOETH par genre;;Autre;3\r\nBOETH par genre;;Femmes;6\r\n\
             BOETH par genre;;Femmes;7\r\nBOETH par catégorie;RQTH;;2,5\r\n",
            CORRESPONDANCE,
        );
        let dites: Vec<(&str, Option<&str>)> =
            lue.anomalies.iter().map(|a| (a.controle.as_str(), a.cellule.as_deref())).collect();
        assert_eq!(dites, [("C-CL-04", Some("C2")), ("C-CL-04", Some("D4")), ("C-CL-05", Some("D5"))]);
        assert!(lue.anomalies.iter().all(|a| a.severite == Severite::Bloquant));
    }

    #[test]
    fn rows_of_employers_are_added_when_the_mapping_says_so() {
        let large = "jeu = \"rsu.boeth\"\nlignes = \"additionnees\"\nignorees = [\"Collectivité\"]\n\
            [[colonne]]\nentete = \"BOETH femmes\"\nmesure = \"RSU_GENRE\"\nventilation = { sexe = \"F\" }\n\
            [[colonne]]\nentete = \"Agents (milliers)\"\nmesure = \"RSU_AGENTS\"\nmultiplie_par = \"1000\"\n";
        let lue = lue("Collectivité;BOETH femmes;Agents (milliers)\r\nA;4;1,2\r\nB;3;0,8\r\nC;nd;1\r\n", large);
        assert_eq!(lue.anomalies, []);
        assert_eq!(valeur(&lue, "RSU_AGENTS", &[]), Some(3000.into()));
        assert_eq!(valeur(&lue, "RSU_GENRE", &[("sexe", "F")]), None, "a sum with a missing part is no sum");
        assert_eq!(lue.declaration.non_disponibles.len(), 1);
    }

    #[test]
    fn an_extract_completes_what_was_keyed() {
        let place = |code: &str| Coordonnee {
            mesure: "RSU_GENRE".into(),
            ventilation: Ventilation::nouvelle([("sexe", code)]),
        };
        let cellules = [(place("F"), Decimal::ONE), (place("M"), Decimal::TWO)].into();
        let mut lue = Lue::default();
        lue.declaration.cellules = [(place("F"), Decimal::TEN)].into();
        complete(Declaration { cellules, ..Declaration::default() }, &mut lue);
        assert_eq!(lue.declaration.cellules[&place("F")], Decimal::TEN);
        assert_eq!(lue.declaration.cellules[&place("M")], Decimal::TWO);
    }
}
