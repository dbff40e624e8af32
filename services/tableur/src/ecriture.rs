//! Workbooks written by the product: the campaign template, prefilled, and the deposited workbook with its anomalies.
//!
//! Everything is made in memory: a workbook holds personal data and must not leave a temporary file behind.
//! Texts are always written as texts, so that one that begins with `=` is never taken for a formula.

mod annotation;
mod campagne;
mod choix;
mod jeu;
mod style;
mod vue;

pub use annotation::{Correction, annoter, corriger};
pub use campagne::{Campagne, Saisie, classeur, modele_campagne};
pub use jeu::{LIGNE, Remplissage, genre, modele_de_jeu};
pub use vue::{Vue, vues};

use rust_xlsxwriter::XlsxError;

use crate::illisible::Illisible;

/// Longest text of a cell comment: beyond, a comment box cannot be read.
const COMMENTAIRE: usize = 1000;
/// Longest text of a cell, a limit of the format.
const TEXTE: usize = 32_767;

/// Why a workbook could not be written.
#[derive(Debug, thiserror::Error)]
pub enum EcritureImpossible {
    /// The workbook to annotate is not readable.
    #[error(transparent)]
    Source(#[from] Illisible),
    /// The writer refused, for instance a name of sheet.
    #[error("Le classeur n’a pas pu être écrit ({0}).")]
    Classeur(#[from] XlsxError),
}

/// The beginning of a text, so many characters at most.
fn borne(texte: &str, limite: usize) -> String {
    match texte.char_indices().nth(limite.saturating_sub(1)) {
        Some((fin, dernier)) if fin + dernier.len_utf8() < texte.len() => {
            format!("{}…", texte.get(..fin).unwrap_or_default())
        }
        _ => texte.to_owned(),
    }
}
