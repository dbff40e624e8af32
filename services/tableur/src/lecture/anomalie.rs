//! How a fault of form becomes an anomaly, and how a column that is wrong on every row stays readable.

use referentiel::controle::{Anomalie, Fiche, Place, Severite};
use referentiel::format;

use crate::modele::Champ;

/// Anomalies told one by one for a column; the others are summed up in one.
pub(super) const PAR_COLONNE: u32 = 1000;
/// Longest extract of a cell put in an anomaly.
const EXTRAIT: usize = 80;

/// A fault found in the form of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Faute {
    pub controle: &'static str,
    pub lu: String,
    pub attendu: String,
    pub message: String,
    pub correction: Option<String>,
}

impl Faute {
    pub fn nouvelle(controle: &'static str, lu: &str, attendu: impl Into<String>, message: String) -> Self {
        Self { controle, lu: extrait(lu), attendu: attendu.into(), message, correction: None }
    }

    pub fn propose(mut self, correction: Option<String>) -> Self {
        self.correction = correction;
        self
    }

    pub fn en(self, fiche: Fiche, ligne: u32, champ: &Champ) -> Anomalie {
        let mut anomalie =
            Anomalie::nouvelle(self.controle, Place::champ(fiche, ligne, &champ.identifiant), self.message)
                .lu(self.lu)
                .attendu(self.attendu);
        // A formula in error only warns, but annexe 2 refuses a fiche without its mandatory fields.
        if champ.obligatoire {
            anomalie = anomalie.severite(Severite::Bloquant);
        }
        anomalie.correction = self.correction;
        anomalie
    }
}

/// The one anomaly that stands for those of a column beyond [`PAR_COLONNE`].
pub(super) fn reste(fiche: Fiche, champ: &Champ, controle: &str, nombre: u32, severite: Severite) -> Anomalie {
    let cellules = format::compte(u64::from(nombre), "autre cellule", "autres cellules");
    let message = format!("La colonne « {} » compte {cellules} en anomalie, non détaillées ici.", champ.entete);
    let place = Place { champ: Some(champ.identifiant.clone()), ..Place::feuille(fiche) };
    Anomalie::nouvelle(controle, place, message).nombre(nombre).severite(severite)
}

/// Beginning of a text, short enough for a message.
pub(super) fn extrait(texte: &str) -> String {
    match texte.char_indices().nth(EXTRAIT) {
        Some((fin, _)) => format!("{}…", texte.get(..fin).unwrap_or_default()),
        None => texte.to_owned(),
    }
}
