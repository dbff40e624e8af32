//! From business places to sheets and cells: `(personne, row 7, date_naissance)` becomes `Personnes`, `F7`.

use referentiel::controle::{Anomalie, Fiche, Place, Severite};
use serde::{Deserialize, Serialize};

use crate::modele::{Feuille, Modele};

/// Where each field stands in a file that was read.
#[derive(Debug, Clone)]
pub struct Positions {
    feuilles: [PositionsFeuille; 3],
}

#[derive(Debug, Clone)]
struct PositionsFeuille {
    nom: String,
    nom_lu: Option<String>,
    ligne_entete: u32,
    champs: Vec<(String, Option<u32>)>,
}

impl Positions {
    /// Every column absent until the headers have been read.
    pub(crate) fn inconnues(modele: &Modele) -> Self {
        let vierge = |feuille: &Feuille| PositionsFeuille {
            nom: feuille.nom.clone(),
            nom_lu: None,
            ligne_entete: 1,
            champs: feuille.champs().iter().map(|c| (c.identifiant.clone(), None)).collect(),
        };
        Self { feuilles: modele.feuilles().each_ref().map(vierge) }
    }

    pub(crate) fn note_feuille(&mut self, fiche: Fiche, nom_lu: &str) {
        self.feuille_mut(fiche).nom_lu = Some(nom_lu.to_owned());
    }

    pub(crate) fn note_entetes(&mut self, fiche: Fiche, ligne: u32, colonnes: impl Iterator<Item = Option<u32>>) {
        let feuille = self.feuille_mut(fiche);
        feuille.ligne_entete = ligne;
        for ((_, place), colonne) in feuille.champs.iter_mut().zip(colonnes) {
            *place = colonne;
        }
    }

    /// Sheet (canonical name) and cell of a place, as far as they exist in the file.
    /// A field without a row is its header cell; a row without a field is its first cell.
    pub fn cellule(&self, place: &Place) -> (Option<String>, Option<String>) {
        let Some(fiche) = place.fiche else { return (None, None) };
        let feuille = self.feuille(fiche);
        let ligne = place.ligne.unwrap_or(feuille.ligne_entete);
        let colonne = match (&place.champ, place.colonne) {
            (Some(champ), _) => feuille.champs.iter().find(|(c, _)| c == champ).and_then(|(_, colonne)| *colonne),
            (None, Some(colonne)) => Some(colonne),
            (None, None) => place.ligne.map(|_| 0),
        };
        (Some(feuille.nom.clone()), colonne.map(|colonne| a1(colonne, ligne)))
    }

    /// Name of the tab in the file, when the sheet is there.
    pub fn nom_lu(&self, fiche: Fiche) -> Option<&str> {
        self.feuille(fiche).nom_lu.as_deref()
    }

    /// The anomaly with its sheet and its cell, as it is shown and written.
    pub fn situe(&self, anomalie: Anomalie) -> AnomalieSituee {
        let (feuille, cellule) = self.cellule(&anomalie.place);
        let Anomalie { controle, severite, lu, attendu, message, correction, nombre, .. } = anomalie;
        AnomalieSituee { controle, severite, feuille, cellule, lu, attendu, message, correction, nombre }
    }

    fn feuille(&self, fiche: Fiche) -> &PositionsFeuille {
        let [dispositif, personne, evenement] = &self.feuilles;
        match fiche {
            Fiche::Dispositif => dispositif,
            Fiche::Personne => personne,
            Fiche::Evenement => evenement,
        }
    }

    fn feuille_mut(&mut self, fiche: Fiche) -> &mut PositionsFeuille {
        let [dispositif, personne, evenement] = &mut self.feuilles;
        match fiche {
            Fiche::Dispositif => dispositif,
            Fiche::Personne => personne,
            Fiche::Evenement => evenement,
        }
    }
}

/// An anomaly as people see it: with a sheet and a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnomalieSituee {
    /// Code of the check.
    pub controle: String,
    /// Weight.
    pub severite: Severite,
    /// Canonical name of the sheet.
    pub feuille: Option<String>,
    /// Cell, such as `K2`.
    pub cellule: Option<String>,
    /// What was read.
    pub lu: Option<String>,
    /// What is expected.
    pub attendu: Option<String>,
    /// Sentence for the user.
    pub message: String,
    /// Proposed value.
    pub correction: Option<String>,
    /// How many rows it stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nombre: Option<u32>,
}

/// Name of a cell: column counted from 0, row counted from 1.
///
/// ```
/// assert_eq!(tableur::position::a1(13, 1), "N1");
/// assert_eq!(tableur::position::a1(26, 14), "AA14");
/// ```
pub fn a1(colonne: u32, ligne: u32) -> String {
    format!("{}{ligne}", lettres(colonne))
}

/// Row and column, both from 0, of a cell named like `K2`.
pub fn case(cellule: &str) -> Option<(u32, u32)> {
    let chiffres = cellule.find(|c: char| c.is_ascii_digit())?;
    let (lettres, ligne) = cellule.split_at_checked(chiffres)?;
    let rang = |n: u32, l: char| n.checked_mul(26)?.checked_add(l.to_digit(36)?.checked_sub(9)?);
    let colonne = lettres.chars().try_fold(0u32, rang)?.checked_sub(1)?;
    Some((ligne.parse::<u32>().ok()?.checked_sub(1)?, colonne))
}

/// Letters of a column counted from 0.
pub fn lettres(colonne: u32) -> String {
    let mut lettres = Vec::new();
    let mut reste = u64::from(colonne) + 1;
    while reste > 0 {
        let rang = ((reste - 1) % 26) as u8;
        lettres.push(char::from(b'A' + rang));
        reste = (reste - 1) / 26;
    }
    lettres.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_place_without_a_cell_keeps_its_sheet() {
        let mut positions = Positions::inconnues(Modele::cfea());
        let feuille = |p: &Positions, place| p.cellule(&place);
        assert_eq!(feuille(&positions, Place::fichier()), (None, None));
        assert_eq!(feuille(&positions, Place::feuille(Fiche::Evenement)), (Some("Évènements".into()), None));
        let place = Place::champ(Fiche::Personne, 7, "date_naissance");
        assert_eq!(feuille(&positions, place.clone()), (Some("Personnes".into()), None));
        positions.note_entetes(Fiche::Personne, 1, (0..13).map(Some));
        assert_eq!(feuille(&positions, place), (Some("Personnes".into()), Some("F7".into())));
        let ligne = Place { ligne: Some(14), ..Place::feuille(Fiche::Personne) };
        assert_eq!(feuille(&positions, ligne).1, Some("A14".into()));
    }

    proptest! {
        #[test]
        fn letters_name_columns_in_order(colonne in 0u32..20_000) {
            prop_assert_eq!(case(&a1(colonne, 7)), Some((6, colonne)));
        }

        #[test]
        fn no_cell_name_panics(nom in "\\PC{0,12}") {
            let _ = case(&nom);
        }
    }
}
