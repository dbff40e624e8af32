//! What a reader can tell of a masked cell: the ends of its interval.

use super::nombre::TOLERANCE;

/// Ends of an interval while it is being explored; `haut` is infinite when there is none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exploration {
    pub bas: f64,
    pub haut: f64,
    pub bas_atteint: bool,
    pub haut_atteint: bool,
}

/// Counts that a reader cannot exclude for a masked cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intervalle {
    /// Smallest.
    pub bas: u64,
    /// Largest; `None` when there is none.
    pub haut: Option<u64>,
    /// True when nothing beyond these ends is possible; otherwise the interval is at least this wide.
    pub complet: bool,
}

impl Intervalle {
    /// Number of counts beyond the first; `None` when it has no end.
    pub fn largeur(&self) -> Option<u64> {
        self.haut.map(|h| h.saturating_sub(self.bas))
    }

    /// True when the interval is narrower than this.
    pub fn est_plus_etroit(&self, largeur: u64) -> bool {
        self.largeur().is_some_and(|l| l < largeur)
    }

    /// True when the reader knows the count.
    pub fn est_exact(&self) -> bool {
        self.complet && self.largeur() == Some(0)
    }
}

impl From<&Exploration> for Intervalle {
    /// A count is an integer: the ends are rounded inwards.
    fn from(e: &Exploration) -> Self {
        let bas = (e.bas - TOLERANCE).ceil().max(0.0) as u64;
        let haut = e.haut.is_finite().then(|| ((e.haut + TOLERANCE).floor() as u64).max(bas));
        Self { bas, haut, complet: e.bas_atteint && e.haut_atteint }
    }
}
