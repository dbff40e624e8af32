//! Business checks of a deposited workbook: sections 2 to 5 of the catalogue (C-DI, C-PE, C-EV, C-AG).
//! Step 1 of the path (saisie). One file for each section, one small pure function for each check.
//!
//! One cause gives one anomaly: what `tableur` reported is not reported again, and what merely follows
//! from another anomaly is left out. Nothing is corrected here, and nothing is read or written.

mod agregat;
mod cadre;
mod campagne;
mod contexte;
mod courriel;
mod dispositif;
mod evenement;
mod memoire;
mod personne;
mod pseudonyme;
mod rapprochement;
mod rattachement;
mod recueil;
mod remontee;

#[cfg(test)]
mod fabrique;
#[cfg(test)]
mod tests;

use recueil::Recueil;
use referentiel::controle::Anomalie;

use crate::fiche::Remontee;
use crate::lecture::ClasseurLu;

pub use campagne::date_majoritaire;
pub use contexte::{CampagneAttendue, Contexte, Parametres, Referentiel};

/// Checks a workbook: everything found, and the checked fiches when nothing found here blocks.
///
/// The caller adds what it found itself (section 1 of the catalogue) and must not use the remontée
/// when one of those anomalies blocks.
pub fn controler(classeur: &ClasseurLu, contexte: &Contexte) -> (Vec<Anomalie>, Option<Remontee>) {
    let cadre = cadre::Cadre::nouveau(classeur, contexte);
    let mut anomalies = Recueil::default();
    campagne::controler(&cadre, &mut anomalies);
    personne::controler(&cadre, &mut anomalies);
    evenement::controler(&cadre, &mut anomalies);
    let effectifs = agregat::effectifs(&cadre);
    dispositif::controler(&cadre, &effectifs, &mut anomalies);
    agregat::controler(&cadre, &effectifs, &mut anomalies);
    let (anomalies, bloque) = anomalies.rend();
    let remontee = if bloque { None } else { remontee::etablir(&cadre) };
    (anomalies, remontee)
}

/// « texte », with the spaces that keep the quotation marks beside it.
fn cite(texte: &str) -> String {
    format!("«\u{a0}{texte}\u{a0}»")
}
