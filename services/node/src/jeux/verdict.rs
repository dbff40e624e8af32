//! What the checks of a jeu say of a workbook, at its own cells.

use referentiel::controle::Severite;
use referentiel::jeu::Jeu;
use referentiel::jeu::declaration::Declaration;
use referentiel::jeu::examen::{Constat, Examen, examiner};
use referentiel::periode::Trimestre;
use serde_json::{Value, json};
use tableur::AnomalieSituee;

use super::Lue;

/// A workbook, read and checked.
pub struct Verdict {
    /// What was keyed.
    pub lue: Lue,
    /// Everything found, what blocks first.
    pub anomalies: Vec<AnomalieSituee>,
}

impl Verdict {
    /// Applies the checks of the jeu.
    pub fn rendu(
        jeu: &Jeu,
        periode: Trimestre,
        lue: Lue,
        precedente: Option<&Declaration>,
        jour: chrono::NaiveDate,
    ) -> Self {
        let examen = Examen { jeu, periode, courante: &lue.declaration, precedente, jour };
        let situe = |c: Constat| {
            let (feuille, cellule) = lue.cellule(&c.place);
            let Constat { controle, severite, lu, attendu, message, correction, .. } = c;
            AnomalieSituee { controle, severite, feuille, cellule, lu, attendu, message, correction, nombre: None }
        };
        let mut anomalies: Vec<AnomalieSituee> = lue.anomalies.clone();
        anomalies.extend(examiner(&examen).into_iter().map(situe));
        anomalies.sort_by_key(|a| a.severite);
        Self { lue, anomalies }
    }

    fn combien(&self, severite: Severite) -> usize {
        self.anomalies.iter().filter(|a| a.severite == severite).count()
    }

    /// True when nothing may be kept.
    pub fn bloque(&self) -> bool {
        self.combien(Severite::Bloquant) > 0
    }

    /// `conforme`, `avertissements` or `bloque`.
    pub fn statut(&self) -> &'static str {
        match (self.bloque(), self.combien(Severite::Avertissement)) {
            (true, _) => "bloque",
            (false, 0) => "conforme",
            (false, _) => "avertissements",
        }
    }

    /// The same shape as every import.
    pub fn json(&self) -> Value {
        let d = &self.lue.declaration;
        let fiches: usize = d.listes.values().map(Vec::len).sum();
        json!({
            "statut": self.statut(),
            "comptes": {
                "cellules": d.cellules.len(),
                "fiches": fiches,
                "bloquants": self.combien(Severite::Bloquant),
                "avertissements": self.combien(Severite::Avertissement),
            },
            "anomalies": self.anomalies,
            "extrait": self.lue.apercu,
        })
    }
}
