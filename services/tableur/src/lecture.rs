//! Reading of a workbook, row by row: sheets and headers are recognised, every cell becomes a typed value or an anomaly.
//!
//! Checks C-CL-01 to C-CL-07 are made here; C-CL-08 (window, responsibility) and C-CL-09 (already deposited) belong to
//! the node. Rows are handed over as they are read: when this ends in an error, what was received must be forgotten.

mod anomalie;
mod avance;
pub(crate) mod brut;
mod code;
mod date;
mod entete;
mod feuille;
mod interpretation;
mod liste;
mod nombre;
pub(crate) mod ods;
pub mod tableau;
pub(crate) mod xlsx;

use referentiel::controle::{Anomalie, Fiche};

use crate::conteneur::{self, Format};
use crate::illisible::Illisible;
use crate::modele::Modele;
use crate::position::Positions;
use crate::valeur::LigneLue;

/// Receives the rows, sheet by sheet: Dispositif, then Personnes, then Évènements, whatever their order in the file.
pub trait Recepteur {
    /// One row that has something in it.
    fn ligne(&mut self, fiche: Fiche, ligne: &LigneLue<'_>);
}

/// What is known of a file once read.
#[derive(Debug, Clone)]
pub struct RapportLecture {
    /// Anomalies of form, in the order of the sheets and rows.
    pub anomalies: Vec<Anomalie>,
    /// Rows handed over for each fiche: dispositif, personne, évènement.
    pub lignes: [u32; 3],
    /// Where each field stands.
    pub positions: Positions,
    /// Format of the file.
    pub format: Format,
}

/// A tab of the file.
#[derive(Debug, Clone)]
pub(crate) struct Onglet {
    pub nom: String,
    pub visible: bool,
}

/// Reads a workbook and hands each row over, typed.
pub fn lire(octets: &[u8], modele: &Modele, recepteur: &mut dyn Recepteur) -> Result<RapportLecture, Illisible> {
    let conteneur = conteneur::ouvre(octets)?;
    match conteneur.format {
        Format::Xlsx => xlsx::lit(&conteneur, modele, recepteur),
        Format::Ods => ods::lit(&conteneur, modele, recepteur),
    }
}
