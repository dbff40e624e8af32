//! What a check says of a workbook: a status, counts, the anomalies cell by cell, and the checked
//! fiches when they may be imported. Written as JSON for machines and as French text for people.

use std::fmt;

use dossier::Remontee;
use dossier::lecture::ClasseurLu;
use referentiel::controle::{Anomalie, Severite};
use referentiel::format;
use serde::{Deserialize, Serialize};
use tableur::{AnomalieSituee, Illisible, Positions};

/// Verdict on a workbook. Crosses the boundary of the process that reads untrusted files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether it can be imported.
    pub statut: Statut,
    /// How many of each thing.
    pub comptes: Comptes,
    /// What was found: what blocks first, then in the order of the sheets, rows and columns.
    pub anomalies: Vec<AnomalieSituee>,
    /// The checked fiches, when nothing blocks.
    pub remontee: Option<Remontee>,
    /// SHA-256 of the file, in hexadecimal.
    pub empreinte: String,
}

/// What can be done with a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Statut {
    /// Nothing to say.
    Conforme,
    /// Can be imported; comments are asked for.
    Avertissements,
    /// Refused until mended.
    Bloque,
    /// Not a workbook that can be read.
    Illisible,
}

/// How many of each thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comptes {
    /// Fiches dispositif.
    pub dispositifs: usize,
    /// Fiches personne.
    pub personnes: usize,
    /// Fiches évènement.
    pub evenements: usize,
    /// Blocking anomalies.
    pub bloquants: usize,
    /// Warnings.
    pub avertissements: usize,
    /// Remarks.
    pub informations: usize,
}

/// Code of the anomaly of a file that cannot be read; it is no check of the catalogue.
const FICHIER_ILLISIBLE: &str = "fichier-illisible";

impl Verdict {
    pub(super) fn nouveau(
        classeur: &ClasseurLu,
        anomalies: Vec<Anomalie>,
        positions: &Positions,
        remontee: Option<Remontee>,
        empreinte: String,
    ) -> Self {
        let anomalies = situees(anomalies, positions);
        let combien = |severite| anomalies.iter().filter(|a| a.severite == severite).count();
        let comptes = Comptes {
            dispositifs: classeur.dispositifs.len(),
            personnes: classeur.personnes.len(),
            evenements: classeur.evenements.len(),
            bloquants: combien(Severite::Bloquant),
            avertissements: combien(Severite::Avertissement),
            informations: combien(Severite::Information),
        };
        let statut = match comptes {
            Comptes { bloquants: 0, avertissements: 0, .. } => Statut::Conforme,
            Comptes { bloquants: 0, .. } => Statut::Avertissements,
            _ => Statut::Bloque,
        };
        Self { statut, comptes, anomalies, remontee: remontee.filter(|_| statut != Statut::Bloque), empreinte }
    }

    pub(super) fn illisible(raison: &Illisible, empreinte: String) -> Self {
        Self::refus(raison.to_string(), empreinte)
    }

    /// Verdict on a file that was not read at all: the reason is a French sentence. Also for whoever
    /// watches over the reading process, when it exceeds its bounds.
    pub fn refus(raison: String, empreinte: String) -> Self {
        let anomalie = AnomalieSituee {
            controle: FICHIER_ILLISIBLE.to_owned(),
            severite: Severite::Bloquant,
            feuille: None,
            cellule: None,
            lu: None,
            attendu: None,
            message: raison,
            correction: None,
            nombre: None,
        };
        let comptes = Comptes { bloquants: 1, ..Comptes::default() };
        Self { statut: Statut::Illisible, comptes, anomalies: vec![anomalie], remontee: None, empreinte }
    }

    /// Exit code of the command: 0 when nothing blocks, 1 when something does, 2 when unreadable.
    pub fn code_de_sortie(&self) -> u8 {
        match self.statut {
            Statut::Conforme | Statut::Avertissements => 0,
            Statut::Bloque => 1,
            Statut::Illisible => 2,
        }
    }

    /// The JSON of the command's contract: status, counts and anomalies, never the fiches.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({ "statut": self.statut, "comptes": self.comptes, "anomalies": self.anomalies })
    }
}

/// Gives each anomaly its cell, and sorts: weight, sheet, row, column, check.
fn situees(mut anomalies: Vec<Anomalie>, positions: &Positions) -> Vec<AnomalieSituee> {
    anomalies.sort_by_cached_key(|a| {
        let cellule = positions.cellule(&a.place).1;
        // Letters of the same length compare as columns do; the row comes before them.
        let colonne = cellule.map(|c| c.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned()).unwrap_or_default();
        (a.severite, a.place.fiche, a.place.ligne, colonne.len(), colonne, a.controle.clone())
    });
    anomalies.into_iter().map(|a| positions.situe(a)).collect()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = &self.comptes;
        match self.statut {
            Statut::Conforme => writeln!(f, "Classeur conforme.")?,
            Statut::Avertissements => writeln!(f, "Classeur accepté, avec des avertissements à commenter.")?,
            Statut::Bloque => writeln!(f, "Classeur refusé : rien n’a été enregistré.")?,
            Statut::Illisible => writeln!(f, "Fichier illisible : rien n’a été enregistré.")?,
        }
        if self.statut != Statut::Illisible {
            let compte = |n: usize, un: &str, plusieurs: &str| format::compte(n as u64, un, plusieurs);
            writeln!(
                f,
                "{}, {}, {} lus.",
                compte(c.dispositifs, "dispositif", "dispositifs"),
                compte(c.personnes, "personne", "personnes"),
                compte(c.evenements, "évènement", "évènements")
            )?;
        }
        for (severite, titre) in [
            (Severite::Bloquant, "À corriger avant le dépôt"),
            (Severite::Avertissement, "À vérifier ou à commenter"),
            (Severite::Information, "Pour information"),
        ] {
            let groupe: Vec<_> = self.anomalies.iter().filter(|a| a.severite == severite).collect();
            if !groupe.is_empty() {
                writeln!(f, "\n{titre} ({}) :", groupe.len())?;
            }
            groupe.into_iter().try_for_each(|anomalie| ecrit(f, anomalie))?;
        }
        Ok(())
    }
}

fn ecrit(f: &mut fmt::Formatter<'_>, anomalie: &AnomalieSituee) -> fmt::Result {
    let place = match (&anomalie.feuille, &anomalie.cellule) {
        (Some(feuille), Some(cellule)) => format!("{feuille} {cellule}"),
        (Some(feuille), None) => feuille.clone(),
        (None, _) => "Fichier".to_owned(),
    };
    writeln!(f, "  {place} [{}] {}", anomalie.controle, anomalie.message)?;
    match &anomalie.correction {
        Some(correction) => writeln!(f, "    → proposition : {correction}"),
        None => Ok(()),
    }
}
