//! The mapping a centre declares for the extracts of another tool (Données sociales, Handitorial): which column holds which
//! figures of a jeu, on which rows, and how the tool writes the values of an axis.

use std::collections::{BTreeMap, BTreeSet};

use referentiel::Decimal;
use referentiel::cellule::Ventilation;
use referentiel::jeu::declaration::Coordonnee;
use referentiel::jeu::{Jeu, Nature};
use referentiel::texte::plie;
use serde::Deserialize;

/// What a decoded value stands for when it is no code of the axis.
pub const TOTAL: &str = "total";
/// The same for a value that the jeu does not ask.
pub const IGNOREE: &str = "ignoree";

/// What two rows that give the same figure are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lignes {
    /// A mistake.
    #[default]
    Uniques,
    /// Parts of it: one row for each employer, say.
    Additionnees,
}

/// A column of figures.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colonne {
    /// Header of the figures.
    pub entete: String,
    /// Measure they are.
    pub mesure: String,
    /// Coordinates that are the same on every row.
    #[serde(default)]
    pub ventilation: BTreeMap<String, String>,
    /// Axis, and the header under which each row says its value.
    #[serde(default)]
    pub axes: BTreeMap<String, String>,
    /// Header and value: only the rows that have it are read.
    #[serde(default)]
    pub si: BTreeMap<String, String>,
    /// From the unit of the tool to that of the jeu.
    #[serde(default)]
    pub multiplie_par: Option<Decimal>,
}

/// A mapping.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correspondance {
    /// Data set that is filled.
    pub jeu: String,
    /// Name of the sheet; the first visible one unless said.
    #[serde(default)]
    pub feuille: Option<String>,
    /// Rows that give the same figure.
    #[serde(default)]
    pub lignes: Lignes,
    /// Headers that are known and not read.
    #[serde(default)]
    pub ignorees: Vec<String>,
    /// Axis, and what the words of the tool mean there: a code, « total » or « ignoree ».
    #[serde(default)]
    pub decodage: BTreeMap<String, BTreeMap<String, String>>,
    /// Columns.
    #[serde(rename = "colonne")]
    pub colonnes: Vec<Colonne>,
}

/// Why a mapping is refused.
#[derive(Debug, thiserror::Error)]
pub enum CorrespondanceInvalide {
    /// Not readable; the message carries line and column.
    #[error("La correspondance est illisible : {0}")]
    Forme(#[from] toml::de::Error),
    /// Made for another jeu.
    #[error("La correspondance est faite pour {0}, et l’import demande {1}.")]
    Jeu(String, String),
    /// A measure that nobody keys.
    #[error("La colonne « {0} » va dans « {1} », qui n’est pas une mesure saisie de {2}.")]
    Mesure(String, String, String),
    /// An axis.
    #[error("« {0} » n’est pas un axe de {1}.")]
    Axe(String, String),
    /// A code of an axis.
    #[error("« {0} » n’est pas une valeur de l’axe {1} : écrivez {2}, « {TOTAL} » ou « {IGNOREE} ».")]
    Code(String, String, String),
    /// A place that no sheet of the jeu has.
    #[error("La colonne « {0} » désigne une case que {1} ne demande pas.")]
    Place(String, String),
    /// Shares are not added.
    #[error(
        "La colonne « {0} » est une part ou un taux : elle ne s’additionne pas d’une ligne à l’autre. Retirez « lignes = \"additionnees\" » ou la colonne."
    )]
    Part(String),
}

impl Correspondance {
    /// Reads and verifies a mapping for a jeu.
    pub fn lit(texte: &str, jeu: &Jeu) -> Result<Self, CorrespondanceInvalide> {
        let lue: Self = toml::from_str(texte)?;
        if lue.jeu != jeu.code {
            return Err(CorrespondanceInvalide::Jeu(lue.jeu, jeu.code.clone()));
        }
        for (axe, sens) in &lue.decodage {
            let codes = codes(jeu, axe)?;
            for code in sens.values().filter(|c| ![TOTAL, IGNOREE].contains(&c.as_str())) {
                verifie_code(axe, code, &codes)?;
            }
        }
        let places = places(jeu);
        for colonne in &lue.colonnes {
            lue.verifie(colonne, jeu, &places)?;
        }
        Ok(lue)
    }

    fn verifie(&self, c: &Colonne, jeu: &Jeu, places: &BTreeSet<Coordonnee>) -> Result<(), CorrespondanceInvalide> {
        let saisie = places.iter().any(|p| p.mesure == c.mesure);
        let mesure = jeu.mesure(&c.mesure).filter(|_| saisie);
        let inconnue = || CorrespondanceInvalide::Mesure(c.entete.clone(), c.mesure.clone(), jeu.code.clone());
        let mesure = mesure.ok_or_else(inconnue)?;
        if self.lignes == Lignes::Additionnees && matches!(mesure.nature, Nature::Part | Nature::Taux) {
            return Err(CorrespondanceInvalide::Part(c.entete.clone()));
        }
        for (axe, code) in &c.ventilation {
            verifie_code(axe, code, &codes(jeu, axe)?)?;
        }
        for axe in c.axes.keys() {
            codes(jeu, axe)?;
        }
        let fixe = Coordonnee { mesure: c.mesure.clone(), ventilation: Ventilation::nouvelle(c.ventilation.clone()) };
        if c.axes.is_empty() && !places.contains(&fixe) {
            return Err(CorrespondanceInvalide::Place(c.entete.clone(), jeu.code.clone()));
        }
        Ok(())
    }

    /// Every header that is read, once, in the order of the mapping.
    pub fn entetes(&self) -> Vec<&str> {
        let mut vus = BTreeSet::new();
        let tous = self.colonnes.iter().flat_map(|c| {
            let lus = c.axes.values().chain(c.si.keys()).map(String::as_str);
            std::iter::once(c.entete.as_str()).chain(lus)
        });
        tous.filter(|entete| vus.insert(plie(entete))).collect()
    }
}

/// Every place that the sheets of a jeu ask.
pub fn places(jeu: &Jeu) -> BTreeSet<Coordonnee> {
    let grilles = jeu.grilles.iter().map(|g| g.get_ref());
    let places = grilles.flat_map(|g| {
        let colonnes = g.colonnes(jeu);
        let rangs = g.rangs(jeu);
        rangs.iter().flat_map(|r| colonnes.iter().filter_map(|c| g.coordonnee(r, c))).collect::<Vec<_>>()
    });
    places.collect()
}

fn codes(jeu: &Jeu, axe: &str) -> Result<Vec<String>, CorrespondanceInvalide> {
    let nomenclature = jeu.nomenclature(axe).filter(|_| jeu.axes.iter().any(|a| a.code == axe));
    let nomenclature = nomenclature.ok_or_else(|| CorrespondanceInvalide::Axe(axe.to_owned(), jeu.code.clone()))?;
    Ok(nomenclature.modalites.iter().filter(|m| !m.hors_saisie).map(|m| m.code.clone()).collect())
}

fn verifie_code(axe: &str, code: &str, codes: &[String]) -> Result<(), CorrespondanceInvalide> {
    if codes.iter().any(|c| c == code) {
        return Ok(());
    }
    Err(CorrespondanceInvalide::Code(code.to_owned(), axe.to_owned(), codes.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::jeu::jeu;

    #[test]
    fn the_mapping_shipped_as_an_example_holds_together() {
        let texte = include_str!("../../../../schema/jeux/correspondances/rsu.boeth.toml");
        let lue = Correspondance::lit(texte, jeu("rsu.boeth").unwrap()).unwrap();
        assert_eq!(lue.entetes().len(), 4, "{:?}", lue.entetes());
    }

    #[test]
    fn a_mapping_is_refused_with_its_reason() {
        let rsu = jeu("rsu.boeth").unwrap();
        let refus = |texte: &str| Correspondance::lit(texte, rsu).unwrap_err().to_string();
        let colonne = |reste: &str| format!("jeu = \"rsu.boeth\"\n[[colonne]]\nentete = \"E\"\n{reste}");
        assert!(refus("jeu = \"pratiques\"\ncolonne = []").contains("pratiques"));
        assert!(refus(&colonne("mesure = \"EA01\"")).contains("n’est pas une mesure saisie"));
        assert!(refus(&colonne("mesure = \"RSU_GENRE\"\nventilation = { sexe = \"Z\" }")).contains("« Z »"));
        assert!(refus(&colonne("mesure = \"RSU_GENRE\"\naxes = { couleur = \"C\" }")).contains("« couleur »"));
        assert!(
            refus(&colonne("mesure = \"RSU_GENRE\"\nventilation = { rsu_statut = \"fonctionnaires\" }"))
                .contains("ne demande pas")
        );
        let parts = "lignes = \"additionnees\"\njeu = \"rsu.boeth\"\n[[colonne]]\nentete = \"E\"\nmesure = \"RSU_PART_GENRE\"\nventilation = { sexe = \"F\", rsu_statut = \"fonctionnaires\" }";
        assert!(refus(parts).contains("ne s’additionne pas"), "{}", refus(parts));
        assert!(refus("jeu = \"rsu.boeth\"\ncouleur = 1\ncolonne = []").contains("couleur"));
    }
}
