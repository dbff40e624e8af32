//! Checks of a whole convention document: plan d’actions, bilan, what the text says of them, situations.
//!
//! Sections 6 and 7 of the catalogue, and those of its section 9 that bear on the same document. Each anomaly says what
//! was read, what is expected and how to mend it; a correction is proposed when the error is recognisable, never applied.

mod bilan;
mod document;
mod forme;
mod indice;
mod montant;
mod narration;
mod nombre;
mod organisation;
mod recit;
mod recueil;
mod situation;

#[cfg(test)]
mod tests;

use referentiel::controle::Severite;
use serde::Serialize;

use super::ErreurConvention;
use super::modele::{Convention, convention};
use recueil::Recueil;

pub use document::{
    ActionImprimee, AxeBilan, AxeImprime, Bilan, DocumentConvention, Entete, Indicateur, LigneBilan, Transfert,
    Versement,
};
pub use nombre::{Nombre, Texte};
pub use recit::Recit;
pub use recueil::{AnomalieDocument, Conforme};
pub use situation::code_du_controle;

/// What can be done with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Statut {
    /// Nothing to say.
    Conforme,
    /// To be explained or mended.
    Avertissements,
    /// To be mended before it is sent.
    Bloque,
}

/// How many of each thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Comptes {
    /// Blocking anomalies.
    pub bloquants: usize,
    /// Warnings.
    pub avertissements: usize,
    /// Verifications that hold.
    pub conformes: usize,
}

/// What the checks say of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rapport {
    /// Whether it can be sent.
    pub statut: Statut,
    /// How many of each thing.
    pub comptes: Comptes,
    /// What was found, what blocks first, then by check.
    pub anomalies: Vec<AnomalieDocument>,
    /// What was verified and holds.
    pub conformes: Vec<Conforme>,
    /// Sections of the document that no check reads.
    pub non_controle: Vec<String>,
}

/// Checks a document.
pub fn controler(document: &DocumentConvention) -> Result<Rapport, ErreurConvention> {
    let modele = modele(document.convention.modele.as_deref())?;
    let cloture = modele_du_bilan(document)?;
    let mut recueil = Recueil::default();
    montant::controle(document, modele, &mut recueil);
    bilan::controle(document, cloture, modele, &mut recueil);
    narration::controle(document, modele, &mut recueil);
    forme::controle(document, modele, &mut recueil);
    organisation::controle(&document.recit, &mut recueil);
    situation::controle(document, modele, &mut recueil)?;
    Ok(rapport(recueil, document.autres.keys().cloned().collect()))
}

/// Checks a document, JSON in and JSON out.
///
/// ```
/// let rapport = dossier::convention::controler_json(r#"{"actions": [{"code": "1.2", "axe": 1,
///     "prix_unitaire_eur": 250, "cible": 40, "montant_demande_eur": 12000}]}"#).unwrap();
/// assert!(rapport.contains(r#""controle":"C-FI-02""#) && rapport.contains("10\u{202f}000"));
/// ```
pub fn controler_json(texte: &str) -> Result<String, ErreurConvention> {
    let document = lire(texte)?;
    serde_json::to_string(&controler(&document)?).map_err(ErreurConvention::Ecriture)
}

/// Reads a document.
pub fn lire(texte: &str) -> Result<DocumentConvention, ErreurConvention> {
    serde_json::from_str(texte).map_err(ErreurConvention::Document)
}

fn rapport(recueil: Recueil, non_controle: Vec<String>) -> Rapport {
    let Recueil { mut anomalies, conformes } = recueil;
    anomalies.sort_by(|a, b| (a.severite, &a.controle).cmp(&(b.severite, &b.controle)));
    let combien = |severite| anomalies.iter().filter(|a| a.severite == severite).count();
    let comptes = Comptes {
        bloquants: combien(Severite::Bloquant),
        avertissements: combien(Severite::Avertissement),
        conformes: conformes.len(),
    };
    let statut = match comptes {
        Comptes { bloquants: 0, avertissements: 0, .. } => Statut::Conforme,
        Comptes { bloquants: 0, .. } => Statut::Avertissements,
        _ => Statut::Bloque,
    };
    Rapport { statut, comptes, anomalies, conformes, non_controle }
}

/// The convention a document names: `V5` or `fiphfp-v5`. None named, none compared with.
fn modele(nom: Option<&str>) -> Result<Option<&'static Convention>, ErreurConvention> {
    let Some(nom) = nom else { return Ok(None) };
    let code = nom.trim().to_ascii_lowercase();
    let code = if code.starts_with("fiphfp-") { code } else { format!("fiphfp-{code}") };
    convention(&code).map(Some).ok_or_else(|| ErreurConvention::ConventionInconnue(nom.to_owned()))
}

fn modele_du_bilan(document: &DocumentConvention) -> Result<Option<&'static Convention>, ErreurConvention> {
    modele(document.bilan.as_ref().and_then(|b| b.modele.as_deref()))
}
