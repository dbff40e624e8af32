//! What the checks need to know besides the workbook: the campaign, the dispositifs known, what the
//! node already holds, and the thresholds. Everything is optional: a node that starts knows nothing.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use referentiel::Decimal;
use referentiel::identifiant::ReferenceDispositif;
use referentiel::periode::Trimestre;
use serde::{Deserialize, Serialize};

use crate::fiche::Remontee;

/// What is known before the workbook is opened.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Contexte {
    /// The campaign, once one is configured; otherwise the events say it.
    pub campagne: Option<CampagneAttendue>,
    /// The dispositifs known.
    pub referentiel: Referentiel,
    /// Remontées the node holds: the checks pick the quarter before, and the same quarter of other
    /// dispositifs. An earlier version of the very remontée does no harm.
    pub remontees: Vec<Remontee>,
    /// Thresholds.
    pub parametres: Parametres,
}

/// The campaign a workbook is expected for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampagneAttendue {
    /// Quarter.
    pub trimestre: Trimestre,
    /// Event date announced by the CFEA.
    pub date: NaiveDate,
}

/// The dispositifs that may be spoken of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Referentiel {
    /// The regional roster: an unknown dispositif is refused.
    Declare(BTreeSet<ReferenceDispositif>),
    /// No roster yet: the dispositifs already imported; the first fiche of another creates it.
    Constate(BTreeSet<ReferenceDispositif>),
}

impl Default for Referentiel {
    fn default() -> Self {
        Self::Constate(BTreeSet::new())
    }
}

/// Thresholds of plausibility: none is written in the texts, so all can be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parametres {
    /// Lengths of the region, structure and person segments of a reference (hypothesis of annexe 2).
    pub segments: [usize; 3],
    /// Usual ages at the entry, both included.
    pub age_entree: (i32, i32),
    /// Usual occupation: file active over capacity.
    pub occupation: (Decimal, Decimal),
    /// Usual number of persons for one ETP hors administratifs.
    pub personnes_par_etp: (Decimal, Decimal),
    /// Largest change of the file active from one quarter to the next that needs no word.
    pub variation: Decimal,
    /// Largest share of « Autre déficience ».
    pub autre_deficience: Decimal,
    /// Largest share of empty cells in an optional field.
    pub champs_vides: Decimal,
}

impl Default for Parametres {
    fn default() -> Self {
        Self {
            segments: [3, 2, 9],
            age_entree: (16, 67),
            occupation: (Decimal::new(50, 2), Decimal::new(130, 2)),
            personnes_par_etp: (Decimal::from(8), Decimal::from(25)),
            variation: Decimal::new(30, 2),
            autre_deficience: Decimal::new(20, 2),
            champs_vides: Decimal::new(10, 2),
        }
    }
}
