//! A cell is never a bare number: a key, a value or none, and a status.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::territoire::Niveau;

/// Coordinates on the axes of a table: `[(axis, value code)]`, sorted by axis. Empty means the total.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ventilation(std::collections::BTreeMap<String, String>);

impl Ventilation {
    /// Builds from (axis, value) pairs; a repeated axis keeps the last value.
    pub fn nouvelle<A: Into<String>, M: Into<String>>(axes: impl IntoIterator<Item = (A, M)>) -> Self {
        Self(axes.into_iter().map(|(a, m)| (a.into(), m.into())).collect())
    }

    /// True for the total, not split by anything.
    pub fn est_total(&self) -> bool {
        self.0.is_empty()
    }

    /// (axis, value) pairs in order of axis.
    pub fn axes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(a, m)| (a.as_str(), m.as_str()))
    }

    /// Value on an axis.
    pub fn modalite(&self, axe: &str) -> Option<&str> {
        self.0.get(axe).map(String::as_str)
    }

    /// The same coordinates without one axis: the margin over it.
    #[must_use]
    pub fn sans(&self, axe: &str) -> Self {
        let mut reste = self.0.clone();
        reste.remove(axe);
        Self(reste)
    }

    /// The same coordinates with one axis set.
    #[must_use]
    pub fn avec(&self, axe: &str, modalite: &str) -> Self {
        let mut plus = self.0.clone();
        plus.insert(axe.to_owned(), modalite.to_owned());
        Self(plus)
    }
}

/// What a cell is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cle {
    /// Indicator or measure, such as `EA01`.
    pub indicateur: String,
    /// Level of the territory.
    pub niveau: Niveau,
    /// Code of the territory at that level.
    pub territoire: String,
    /// Coordinates; empty for the total.
    #[serde(default, skip_serializing_if = "Ventilation::est_total")]
    pub ventilation: Ventilation,
}

impl fmt::Display for Cle {
    /// `EA01 · departement 70 · emploi=CDI, sexe=F`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} · {} {}", self.indicateur, self.niveau.code(), self.territoire)?;
        for (rang, (axe, modalite)) in self.ventilation.axes().enumerate() {
            write!(f, "{}{axe}={modalite}", if rang == 0 { " · " } else { ", " })?;
        }
        Ok(())
    }
}

/// Why a cell shows a value, or none. Zero is a value; the four absences are carried into totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statut {
    /// Shown.
    Publie,
    /// Masked by the secret statistique; outside the node nothing says whether primary or complementary.
    Secret,
    /// Expected, not received.
    NonTransmis,
    /// Has no meaning here (no capacity, model without the field).
    SansObjet,
    /// Denominator or number of contributors too small for a rate, a median or a rank.
    NonSignificatif,
    /// Shown, not yet validated.
    Provisoire,
    /// Shown, differs from an earlier vintage.
    Revise,
    /// Shown as a multiple of five near the true count.
    Arrondi,
}

impl Statut {
    /// Name on the wire and in the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Publie => "publie",
            Self::Secret => "secret",
            Self::NonTransmis => "non_transmis",
            Self::SansObjet => "sans_objet",
            Self::NonSignificatif => "non_significatif",
            Self::Provisoire => "provisoire",
            Self::Revise => "revise",
            Self::Arrondi => "arrondi",
        }
    }

    /// The status of this code.
    pub fn depuis_code(code: &str) -> Option<Self> {
        [
            Self::Publie,
            Self::Secret,
            Self::NonTransmis,
            Self::SansObjet,
            Self::NonSignificatif,
            Self::Provisoire,
            Self::Revise,
            Self::Arrondi,
        ]
        .into_iter()
        .find(|s| s.code() == code)
    }

    /// True when the cell shows a value.
    pub fn montre_valeur(self) -> bool {
        matches!(self, Self::Publie | Self::Provisoire | Self::Revise | Self::Arrondi)
    }
}

/// Who a table is protected for. An audience sees its own tables and those of the wider ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The centre itself and its DTH: contractual counts and amounts, no crossing.
    Convention,
    /// Peers, ARS, DREETS: threshold 5, 11 when crossed with disability type.
    Reseau,
    /// Everybody: threshold 11.
    Public,
}

impl Audience {
    /// Name on the wire and in the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Convention => "convention",
            Self::Reseau => "reseau",
            Self::Public => "public",
        }
    }

    /// The audience of this code.
    pub fn depuis_code(code: &str) -> Option<Self> {
        [Self::Convention, Self::Reseau, Self::Public].into_iter().find(|a| a.code() == code)
    }
}
