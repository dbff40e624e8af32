//! What a reader holds: the values shown, which cells are masked, and the relations anybody can write.
//! Made from what is published only; a true value never enters here.

/// A cell as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CelluleVue {
    /// Value shown; `None` where it is masked.
    pub valeur: Option<u64>,
    /// Smallest value that the reader knows to be possible.
    pub plancher: u64,
    /// Largest value that the reader knows to be possible.
    pub plafond: Option<u64>,
    /// Width that its interval must keep.
    pub largeur: u64,
}

impl CelluleVue {
    /// A cell that shows its value.
    pub fn montree(valeur: u64) -> Self {
        Self { valeur: Some(valeur), plancher: 0, plafond: None, largeur: 0 }
    }

    /// A masked cell, of which the reader knows only that it is not negative.
    pub fn masquee(largeur: u64) -> Self {
        Self { valeur: None, plancher: 0, plafond: None, largeur }
    }

    /// The same, for a reader who knows by other means that it lies in `plancher..=plafond`.
    #[must_use]
    pub fn connue_entre(self, plancher: u64, plafond: Option<u64>) -> Self {
        Self { plancher, plafond, ..self }
    }
}

/// What no reader could have in hand: the published view contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// A relation refers to a position which does not exist.
    #[error("une relation cite une cellule inconnue")]
    Inconnue,
    /// The values shown break a relation.
    #[error("les valeurs montrées rompent la relation n° {0}")]
    Relation(usize),
    /// No table agrees with everything shown and known.
    #[error("aucune table ne s’accorde avec ce qui est montré et connu")]
    Vide,
}

/// A linear relation: (position, coefficient) pairs whose sum is zero.
pub(crate) type Relation = Vec<(u32, i64)>;

/// Everything a reader holds.
#[derive(Debug, Clone, Default)]
pub struct Publication {
    pub(crate) cellules: Vec<CelluleVue>,
    pub(crate) relations: Vec<Relation>,
}

impl Publication {
    /// Cells without relations.
    pub fn nouvelle(cellules: Vec<CelluleVue>) -> Self {
        Self { cellules, relations: vec![] }
    }

    /// Adds `total = Σ coefficient × part`.
    pub fn relie(
        &mut self,
        total: usize,
        parties: impl IntoIterator<Item = (usize, i64)>,
    ) -> Result<(), Contradiction> {
        let mut relation: Relation = vec![];
        for (place, coefficient) in parties.into_iter().chain([(total, -1)]) {
            if place >= self.cellules.len() {
                return Err(Contradiction::Inconnue);
            }
            relation.push((u32::try_from(place).map_err(|_| Contradiction::Inconnue)?, coefficient));
        }
        self.relations.push(relation);
        Ok(())
    }

    /// The cells, by position.
    pub fn cellules(&self) -> &[CelluleVue] {
        &self.cellules
    }

    /// The same view, asking this width of every masked cell.
    #[must_use]
    pub fn avec_largeur(mut self, largeur: u64) -> Self {
        self.cellules.iter_mut().filter(|c| c.valeur.is_none()).for_each(|c| c.largeur = largeur);
        self
    }

    /// The same view, for a reader who knows the figure of one cell: the person counted alone in it.
    #[must_use]
    pub fn vue_par(&self, cellule: usize, valeur: u64) -> Self {
        let mut vue = self.clone();
        if let Some(c) = vue.cellules.get_mut(cellule) {
            (c.plancher, c.plafond) = (valeur, Some(valeur));
        }
        vue
    }
}
