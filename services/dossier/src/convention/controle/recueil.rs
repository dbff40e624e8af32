//! What the checks of a document find, and what they verified and found right: silence is told apart from a check that
//! had nothing to read.

use referentiel::controle::{Severite, controle_connu};
use serde::Serialize;

/// Something found in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnomalieDocument {
    /// Code of the check, or identifier of the rule that has no check of its own.
    pub controle: String,
    /// Weight.
    pub severite: Severite,
    /// Section of the document, such as `bilan.lignes[5].taux_imprime_pct`.
    pub rubrique: String,
    /// Place in the source document, when the section names it.
    pub source: Option<String>,
    /// What was read.
    pub lu: String,
    /// What is expected.
    pub attendu: String,
    /// French sentence: what is read, what is expected, how to mend it.
    pub message: String,
    /// Proposed value, when the error is recognisable. Never applied by itself.
    pub correction: Option<String>,
}

impl AnomalieDocument {
    /// An anomaly with the weight its check has in the catalogue.
    pub(super) fn nouvelle(
        controle: &str,
        rubrique: impl Into<String>,
        (lu, attendu): (impl Into<String>, impl Into<String>),
        message: impl Into<String>,
    ) -> Self {
        Self {
            controle: controle.to_owned(),
            severite: controle_connu(controle).map_or(Severite::Bloquant, |c| c.severite),
            rubrique: rubrique.into(),
            source: None,
            lu: lu.into(),
            attendu: attendu.into(),
            message: message.into(),
            correction: None,
        }
    }

    #[must_use]
    pub(super) fn propose(mut self, correction: impl Into<String>) -> Self {
        self.correction = Some(correction.into());
        self
    }

    #[must_use]
    pub(super) fn source(mut self, source: Option<&String>) -> Self {
        self.source = source.cloned();
        self
    }

    #[must_use]
    pub(super) fn severite(mut self, severite: Severite) -> Self {
        self.severite = severite;
        self
    }
}

/// Something that was verified and is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conforme {
    /// Code of the check.
    pub controle: String,
    /// Section of the document.
    pub rubrique: String,
    /// What was verified, in French.
    pub constat: String,
}

/// Findings in the making.
#[derive(Debug, Default)]
pub(super) struct Recueil {
    pub anomalies: Vec<AnomalieDocument>,
    pub conformes: Vec<Conforme>,
}

impl Recueil {
    pub fn signale(&mut self, anomalie: AnomalieDocument) {
        self.anomalies.push(anomalie);
    }

    pub fn conforme(&mut self, controle: &str, rubrique: impl Into<String>, constat: impl Into<String>) {
        self.conformes.push(Conforme {
            controle: controle.to_owned(),
            rubrique: rubrique.into(),
            constat: constat.into(),
        });
    }
}
