//! Body of `ea.dispositif`: the organisation of each dispositif (annexe 2), never a person. The
//! access list (e-mails, name of the person in charge) stays at the node.

use chrono::NaiveDate;
use referentiel::Decimal;
use referentiel::identifiant::{CodeDepartement, IdentifiantNoeud, ReferenceDispositif};
use referentiel::periode::Trimestre;
use serde::{Deserialize, Serialize};

use super::indicateurs::croissant;
use super::{JEU_DISPOSITIF, Origine, Sel, VERSION, invalide};
use crate::refus::Refus;

/// A fiche dispositif as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispositifPublie {
    /// Unique key.
    pub reference: ReferenceDispositif,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nom: Option<String>,
    /// Département.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departement: Option<CodeDepartement>,
    /// INSEE code of the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Code of nomenclature `statut_dispositif`.
    pub statut: String,
    /// Names of the structures that share the file active.
    pub structures: Vec<String>,
    /// Contractual places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacite: Option<u64>,
    /// ETP, coordination and administration included.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::decimale::option")]
    pub etp_total: Option<Decimal>,
    /// ETP that accompany.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::decimale::option")]
    pub etp_hors_administratifs: Option<Decimal>,
    /// Heads that accompany.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub professionnels: Option<u64>,
    /// Persons waiting at the date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liste_attente: Option<u64>,
    /// Referrals without follow-up since 1 January.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sans_suite: Option<u64>,
}

/// Fiches dispositif of a node for a quarter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContenuDispositifs {
    salt: Sel,
    v: u64,
    jeu: String,
    version_jeu: String,
    emetteur: IdentifiantNoeud,
    periode: Trimestre,
    date: NaiveDate,
    dispositifs: Vec<DispositifPublie>,
}

impl ContenuDispositifs {
    pub(super) fn nouveau(origine: Origine, mut dispositifs: Vec<DispositifPublie>, salt: Sel) -> Result<Self, Refus> {
        dispositifs.sort_by(|a, b| a.reference.cmp(&b.reference));
        let Origine { version_jeu, emetteur, periode, date } = origine;
        let jeu = JEU_DISPOSITIF.to_owned();
        let contenu = Self { salt, v: VERSION, jeu, version_jeu, emetteur, periode, date, dispositifs };
        contenu.coherent()?;
        Ok(contenu)
    }

    /// Version of the data set's definition.
    pub fn version_jeu(&self) -> &str {
        &self.version_jeu
    }

    /// Node that publishes.
    pub fn emetteur(&self) -> &IdentifiantNoeud {
        &self.emetteur
    }

    /// Quarter.
    pub fn periode(&self) -> Trimestre {
        self.periode
    }

    /// Date the fiches describe.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// The fiches, sorted by reference.
    pub fn dispositifs(&self) -> &[DispositifPublie] {
        &self.dispositifs
    }

    pub(super) fn coherent(&self) -> Result<(), Refus> {
        if croissant(&self.dispositifs, |d| &d.reference) {
            Ok(())
        } else {
            Err(invalide("Chaque dispositif doit figurer une seule fois, dans l’ordre des références."))
        }
    }
}
