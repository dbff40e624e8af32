//! The raw table: true figures, at the node (or, at the hub, sums over nodes). Deliberately without
//! `Serialize`: it cannot be written anywhere by accident.

use std::collections::{BTreeMap, HashMap};

use referentiel::Decimal;
use referentiel::cellule::Cle;
use referentiel::territoire::Niveau;

/// What a raw cell measures, hence how it is protected.
#[derive(Debug, Clone, PartialEq)]
pub enum Grandeur {
    /// A count of persons: threshold, complementary suppression.
    Effectif(u64),
    /// An operational figure (places, ETP, waiting list), classed as such by the jeu: never masked.
    Operationnel(Decimal),
    /// A ratio of two cells; shown only when both can be and the denominator is large enough.
    Taux {
        /// Cell of the numerator.
        numerateur: Cle,
        /// Cell of the denominator.
        denominateur: Cle,
    },
    /// A median or a mean over so many persons.
    Statistique {
        /// The figure.
        valeur: Decimal,
        /// Persons it is computed on.
        contributeurs: u64,
    },
    /// A linear combination of other cells, shown only when all of them are.
    Derive {
        /// Weight and cell of each term.
        termes: Vec<(Decimal, Cle)>,
    },
    /// Has no meaning here; the reader is told so.
    SansObjet,
}

/// A cell of a raw table.
#[derive(Debug, Clone, PartialEq)]
pub struct CelluleBrute {
    /// What it is about.
    pub cle: Cle,
    /// What it measures.
    pub grandeur: Grandeur,
}

/// Why cells do not make a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableIncoherente {
    /// Two cells with one key.
    #[error("La cellule « {0} » est calculée deux fois.")]
    Doublon(Cle),
    /// A rate or a derived cell refers to a cell that is not in the table.
    #[error("La cellule « {0} » dépend de « {1} », absente de la table.")]
    TermeAbsent(Cle, Cle),
}

/// A raw table: cells, and the territory tree they live in.
#[derive(Debug, Clone)]
pub struct TableBrute {
    jeu: String,
    cellules: Vec<CelluleBrute>,
    rang: HashMap<Cle, usize>,
    parents: BTreeMap<(Niveau, String), (Niveau, String)>,
}

impl TableBrute {
    /// Step 2 of the path. `parents` gives the territory just above each territory.
    pub fn nouvelle(
        jeu: &str,
        mut cellules: Vec<CelluleBrute>,
        parents: BTreeMap<(Niveau, String), (Niveau, String)>,
    ) -> Result<Self, TableIncoherente> {
        cellules.sort_by(|a, b| a.cle.cmp(&b.cle));
        let mut rang = HashMap::with_capacity(cellules.len());
        for (i, c) in cellules.iter().enumerate() {
            if rang.insert(c.cle.clone(), i).is_some() {
                return Err(TableIncoherente::Doublon(c.cle.clone()));
            }
        }
        for c in &cellules {
            let termes: Vec<&Cle> = match &c.grandeur {
                Grandeur::Taux { numerateur, denominateur } => vec![numerateur, denominateur],
                Grandeur::Derive { termes } => termes.iter().map(|(_, cle)| cle).collect(),
                _ => vec![],
            };
            if let Some(absent) = termes.into_iter().find(|t| !rang.contains_key(*t)) {
                return Err(TableIncoherente::TermeAbsent(c.cle.clone(), absent.clone()));
            }
        }
        Ok(Self { jeu: jeu.to_owned(), cellules, rang, parents })
    }

    /// Name of the jeu the table belongs to.
    pub fn jeu(&self) -> &str {
        &self.jeu
    }

    /// The cells, sorted by key.
    pub fn cellules(&self) -> &[CelluleBrute] {
        &self.cellules
    }

    /// The cell of this key.
    pub fn cellule(&self, cle: &Cle) -> Option<&CelluleBrute> {
        self.rang.get(cle).map(|i| &self.cellules[*i])
    }

    /// The true figure of a cell, for the node's own screens; a rate is the ratio of its terms.
    pub fn figure(&self, grandeur: &Grandeur) -> Option<Decimal> {
        let de = |cle: &Cle| self.cellule(cle).and_then(|c| self.figure(&c.grandeur));
        match grandeur {
            Grandeur::Effectif(n) => Some(Decimal::from(*n)),
            Grandeur::Operationnel(valeur) | Grandeur::Statistique { valeur, .. } => Some(*valeur),
            Grandeur::Taux { numerateur, denominateur } => de(numerateur)?.checked_div(de(denominateur)?),
            Grandeur::Derive { termes } => termes.iter().map(|(poids, cle)| Some(*poids * de(cle)?)).sum(),
            Grandeur::SansObjet => None,
        }
    }

    /// Territory just above each territory of the table.
    pub fn parents(&self) -> &BTreeMap<(Niveau, String), (Niveau, String)> {
        &self.parents
    }
}
