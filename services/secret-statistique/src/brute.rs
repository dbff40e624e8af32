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
    /// A sum of money over persons and their employers: threshold, dominance, complementary suppression.
    Montant {
        /// Total, never negative.
        valeur: Decimal,
        /// Persons who contribute.
        personnes: Contributions,
        /// Employers who contribute: eleven persons of one employer do not protect the employer.
        employeurs: Contributions,
    },
    /// Has no meaning here; the reader is told so.
    SansObjet,
}

/// Who makes up an amount, counted in persons or in employers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contributions {
    /// How many contribute.
    pub nombre: u64,
    /// Largest contribution.
    pub premiere: Decimal,
    /// Second largest.
    pub deuxieme: Decimal,
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
    TermeAbsent(Cle, Box<Cle>),
    /// The values contradict a relation that is said to be known.
    #[error(
        "La relation de « {total} » est fausse : elle vaut {valeur} et ses {parties} parties font {somme}. Corrigez les valeurs, ou retirez la relation."
    )]
    RelationRompue {
        /// The total.
        total: Box<Cle>,
        /// Its value.
        valeur: Decimal,
        /// How many parts it is said to have.
        parties: usize,
        /// What they add up to.
        somme: Decimal,
    },
}

/// A raw table: cells, and the territory tree they live in.
#[derive(Debug, Clone)]
pub struct TableBrute {
    jeu: String,
    cellules: Vec<CelluleBrute>,
    rang: HashMap<Cle, usize>,
    parents: BTreeMap<(Niveau, String), (Niveau, String)>,
    relations: Vec<RelationConnue>,
}

/// `total = Σ parties`, known to any reader besides what the jeu, the nomenclatures and the territories say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationConnue {
    /// The sum.
    pub total: Cle,
    /// What adds up to it.
    pub parties: Vec<Cle>,
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
                return Err(TableIncoherente::TermeAbsent(c.cle.clone(), Box::new(absent.clone())));
            }
        }
        Ok(Self { jeu: jeu.to_owned(), cellules, rang, parents, relations: vec![] })
    }

    /// Adds relations that only the caller knows (increments of a cumulative series, nested perimeters).
    pub fn avec_relations(mut self, relations: Vec<RelationConnue>) -> Result<Self, TableIncoherente> {
        for r in &relations {
            if let Some(absente) = r.parties.iter().chain([&r.total]).find(|c| !self.rang.contains_key(*c)) {
                return Err(TableIncoherente::TermeAbsent(r.total.clone(), Box::new(absente.clone())));
            }
            self.verifie(r)?;
        }
        self.relations.extend(relations);
        Ok(self)
    }

    /// A relation that a reader would solve must hold: dropped in silence, it would protect nothing.
    fn verifie(&self, r: &RelationConnue) -> Result<(), TableIncoherente> {
        let figure = |cle: &Cle| self.cellule(cle).and_then(|c| self.figure(&c.grandeur));
        let somme: Option<Decimal> = r.parties.iter().map(figure).sum();
        match (figure(&r.total), somme) {
            (Some(valeur), Some(somme)) if valeur != somme => {
                let (total, parties) = (Box::new(r.total.clone()), r.parties.len());
                Err(TableIncoherente::RelationRompue { total, valeur, parties, somme })
            }
            _ => Ok(()),
        }
    }

    /// The cells that pass, with the relations all of whose members do.
    pub(crate) fn filtree(&self, passe: impl Fn(&Cle) -> bool) -> Self {
        let cellules: Vec<CelluleBrute> = self.cellules.iter().filter(|c| passe(&c.cle)).cloned().collect();
        let rang = cellules.iter().enumerate().map(|(i, c)| (c.cle.clone(), i)).collect();
        let entiere = |r: &&RelationConnue| r.parties.iter().chain([&r.total]).all(&passe);
        let relations = self.relations.iter().filter(entiere).cloned().collect();
        Self { jeu: self.jeu.clone(), cellules, rang, parents: self.parents.clone(), relations }
    }

    /// Relations added by the caller.
    pub fn relations(&self) -> &[RelationConnue] {
        &self.relations
    }

    /// Place of the cell of this key in [`TableBrute::cellules`].
    pub fn rang(&self, cle: &Cle) -> Option<usize> {
        self.rang.get(cle).copied()
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
            Grandeur::Operationnel(valeur)
            | Grandeur::Statistique { valeur, .. }
            | Grandeur::Montant { valeur, .. } => Some(*valeur),
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

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::cellule::Ventilation;

    #[test]
    fn a_relation_that_the_values_contradict_is_refused_by_name() {
        let cle = |indicateur: &str| Cle {
            indicateur: indicateur.to_owned(),
            niveau: Niveau::Dispositif,
            territoire: "BFC01".to_owned(),
            ventilation: Ventilation::default(),
        };
        let cellule = |code, n| CelluleBrute { cle: cle(code), grandeur: Grandeur::Effectif(n) };
        let cellules = vec![cellule("EA03", 3), cellule("EA04", 21), cellule("EA05", 19)];
        let brute = TableBrute::nouvelle("ea.indicateurs", cellules, BTreeMap::new()).unwrap();
        let fausse = RelationConnue { total: cle("EA04"), parties: vec![cle("EA05"), cle("EA03")] };
        let refus = brute.avec_relations(vec![fausse]).unwrap_err().to_string();
        assert!(refus.contains("EA04") && refus.contains("21") && refus.contains("22"), "{refus}");
    }
}
