//! Drop-down lists. They stand on ranges of a sheet « Listes »: a list written inside a validation holds 255 characters.

use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, DataValidationRule, ExcelDateTime, Formula, Workbook, Worksheet,
    XlsxError,
};

use super::{TEXTE, borne, style};
use crate::modele::{Champ, Genre, Modele};
use crate::position::lettres;

const NOM: &str = "Listes";

/// Lists of a workbook, each a column of the sheet « Listes ».
#[derive(Debug, Default)]
pub(super) struct Choix {
    listes: Vec<(String, Vec<String>)>,
}

impl Choix {
    /// The nomenclatures of a layout.
    pub fn du_modele(modele: &Modele) -> Self {
        let mut choix = Self::default();
        for champ in modele.feuilles().iter().flat_map(|f| f.champs()) {
            if let Genre::Modalite(liste, _) = &champ.genre {
                choix.ajoute(&liste.code, liste.saisissables().map(|m| m.libelle.clone()).collect());
            }
        }
        choix
    }

    /// Adds a list, once.
    pub fn ajoute(&mut self, nom: &str, valeurs: Vec<String>) {
        if self.plage(nom).is_none() && !valeurs.is_empty() {
            self.listes.push((nom.to_owned(), valeurs));
        }
    }

    /// Range of the values of a list.
    pub fn plage(&self, nom: &str) -> Option<String> {
        let rang = self.listes.iter().position(|(n, _)| n == nom)?;
        let colonne = lettres(rang as u32);
        Some(format!("={NOM}!${colonne}$2:${colonne}${}", self.listes.get(rang)?.1.len() + 1))
    }

    /// Writes the sheet « Listes », hidden: it is only there for the validations.
    pub fn ecrit(&self, classeur: &mut Workbook) -> Result<(), XlsxError> {
        let feuille = classeur.add_worksheet().set_name(NOM)?;
        feuille.set_hidden(true);
        for (colonne, (nom, valeurs)) in (0u16..).zip(&self.listes) {
            feuille.write_string_with_format(0, colonne, nom, &style::entete())?;
            for (ligne, valeur) in (1u32..).zip(valeurs) {
                feuille.write_string(ligne, colonne, borne(valeur, TEXTE))?;
            }
        }
        Ok(())
    }

    /// Bounds what may be typed in a column, from row 2 to `derniere`.
    pub fn valide(
        &self,
        feuille: &mut Worksheet,
        colonne: u16,
        champ: &Champ,
        derniere: u32,
        plage: Option<String>,
    ) -> Result<(), XlsxError> {
        let regle = match &champ.genre {
            Genre::Modalite(liste, _) => self
                .plage(&liste.code)
                .map(|p| liste_fermee(&p, "Choisissez une valeur de la liste.", DataValidationErrorStyle::Stop)),
            Genre::Date => Some(date()?),
            Genre::Entier => {
                Some(DataValidation::new().allow_whole_number(DataValidationRule::GreaterThanOrEqualTo(0)))
                    .map(|v| v.set_error_message("Saisissez un nombre entier, 0 ou plus."))
                    .transpose()?
            }
            Genre::Decimal => {
                Some(DataValidation::new().allow_decimal_number(DataValidationRule::GreaterThanOrEqualTo(0.0)))
                    .map(|v| v.set_error_message("Saisissez un nombre, 0 ou plus, par exemple 3,5."))
                    .transpose()?
            }
            // What was typed in another sheet of this very workbook: only a warning, the list may be behind.
            _ => plage
                .map(|p| liste_fermee(&p, "Cette valeur n’est pas dans la liste.", DataValidationErrorStyle::Warning)),
        };
        if let Some(regle) = regle {
            let regle = regle.set_error_title("Valeur non prévue")?;
            feuille.add_data_validation(1, colonne, derniere, colonne, &regle)?;
        }
        Ok(())
    }
}

fn liste_fermee(plage: &str, message: &str, gravite: DataValidationErrorStyle) -> DataValidation {
    let regle = DataValidation::new().allow_list_formula(Formula::new(plage)).set_error_style(gravite);
    // The message is a short constant: the limit of 255 characters cannot be reached.
    regle.clone().set_error_message(message).unwrap_or(regle)
}

fn date() -> Result<DataValidation, XlsxError> {
    let (debut, fin) = (ExcelDateTime::from_ymd(1900, 3, 1)?, ExcelDateTime::from_ymd(2199, 12, 31)?);
    DataValidation::new()
        .allow_date(DataValidationRule::Between(debut, fin))
        .set_error_message("Saisissez une date au format jj/mm/aaaa, par exemple 31/03/2026.")
}
