//! Plain tables, one sheet each: headers, then texts. For what a reader prints or files.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::{EcritureImpossible, TEXTE, borne, style};

/// Longest name of a sheet, a limit of the format.
const NOM: usize = 31;
/// Width of a column of text.
const LARGEUR: f64 = 22.0;

/// A table to write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vue {
    /// Name of the sheet; cut, and told apart, as the format wants.
    pub nom: String,
    /// Headers.
    pub entetes: Vec<String>,
    /// Rows.
    pub lignes: Vec<Vec<String>>,
}

/// Writes tables in one workbook.
pub fn vues(titre: &str, vues: &[Vue], jour: NaiveDate) -> Result<Vec<u8>, EcritureImpossible> {
    let mut classeur = Workbook::new();
    style::proprietes(&mut classeur, titre, jour)?;
    let mut noms = BTreeSet::new();
    for vue in vues {
        let nom = nom_de_feuille(&vue.nom, &mut noms);
        ecrit(classeur.add_worksheet().set_name(nom)?, vue)?;
    }
    Ok(classeur.save_to_buffer()?)
}

/// A name the format admits, that no other sheet has.
fn nom_de_feuille(nom: &str, pris: &mut BTreeSet<String>) -> String {
    let permis: String = nom.chars().map(|c| if "[]:*?/\\".contains(c) { '-' } else { c }).collect();
    let essai = |suffixe: &str| {
        let place = NOM - suffixe.chars().count();
        borne(permis.trim_matches('\''), place) + suffixe
    };
    let candidats = std::iter::once(String::new()).chain((2..).map(|n| format!(" {n}")));
    let mut noms = candidats.map(|suffixe| essai(&suffixe));
    let choisi = noms.find(|nom| !pris.contains(&nom.to_lowercase())).unwrap_or_default();
    pris.insert(choisi.to_lowercase());
    choisi
}

fn ecrit(feuille: &mut Worksheet, vue: &Vue) -> Result<(), XlsxError> {
    let (entete, paragraphe) = (style::entete(), style::paragraphe());
    for (colonne, titre) in (0u16..).zip(&vue.entetes) {
        feuille.write_string_with_format(0, colonne, borne(titre, TEXTE), &entete)?;
        feuille.set_column_width(colonne, LARGEUR)?;
    }
    for (ligne, valeurs) in (1u32..).zip(&vue.lignes) {
        for (colonne, texte) in (0u16..).zip(valeurs).filter(|(_, texte)| !texte.is_empty()) {
            feuille.write_string_with_format(ligne, colonne, borne(texte, TEXTE), &paragraphe)?;
        }
    }
    feuille.set_freeze_panes(1, 0)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sheets_are_cut_and_told_apart() {
        let mut pris = BTreeSet::new();
        let premier = nom_de_feuille("Tableau de suivi des accompagnements sociaux", &mut pris);
        let second = nom_de_feuille("Tableau de suivi des accompagnements du maintien", &mut pris);
        assert!(
            premier.chars().count() <= NOM && second.chars().count() <= NOM && premier != second,
            "{premier} {second}"
        );
        assert_eq!(nom_de_feuille("a/b [c]", &mut pris), "a-b -c-");
    }

    #[test]
    fn two_writings_give_the_same_bytes() {
        let vue = Vue { nom: "Vue".to_owned(), entetes: vec!["N°".to_owned()], lignes: vec![vec!["=1+1".to_owned()]] };
        let ecrit = || vues("Titre", std::slice::from_ref(&vue), NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()).unwrap();
        assert_eq!(ecrit(), ecrit());
    }
}
