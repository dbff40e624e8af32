//! The integer model of a publication: cells (counts that are non-negative integers) and the linear
//! relations which any reader knows between them. Everything released together, for one emitter, one
//! period and one audience, is one system: a cell shared by two tables is one unknown.
//!
//! Cells are designated by their position; whoever builds a system keeps the names (a file's ids, the
//! keys of a table) and gives positions in the order of these names, which breaks the last ties.

pub mod fichier;
pub(crate) mod noyau;

/// Largest value of a cell: integers that every JSON reader keeps exact.
pub const VALEUR_MAXIMALE: u64 = (1 << 53) - 1;
/// Largest coefficient of a relation.
pub const COEFFICIENT_MAXIMAL: i64 = 1_000_000;

/// What may be decided about a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Shown unless protection needs it.
    Libre,
    /// Must be shown: already published, operational or contractual.
    Gelee,
    /// Must be masked: below its threshold, masked before, masked for another audience.
    Forcee,
    /// Never published, known only through relations (the complement of a sub-count).
    Auxiliaire,
}

/// A cell of a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cellule {
    /// True value.
    pub valeur: u64,
    /// What may be decided about it.
    pub sort: Sort,
    /// True when its own value makes it sensitive (only counted and explained apart; outside nothing tells).
    pub primaire: bool,
    /// Width that its interval must keep for the attacker if it is masked.
    pub largeur: u64,
    /// Loss of information when it is masked.
    pub cout: u64,
    /// Smallest value that the attacker knows to be possible.
    pub plancher: u64,
    /// Largest value that the attacker knows to be possible.
    pub plafond: Option<u64>,
}

impl Cellule {
    /// A free cell: the attacker knows only that it is not negative.
    pub fn libre(valeur: u64, largeur: u64) -> Self {
        Self {
            valeur,
            sort: Sort::Libre,
            primaire: false,
            largeur,
            cout: cout_par_defaut(valeur),
            plancher: 0,
            plafond: None,
        }
    }

    /// A cell that its own value makes sensitive.
    pub fn sensible(valeur: u64, largeur: u64) -> Self {
        Self { sort: Sort::Forcee, primaire: true, ..Self::libre(valeur, largeur) }
    }

    /// An unknown that is never published and needs no protection of its own.
    pub fn auxiliaire(valeur: u64) -> Self {
        Self { sort: Sort::Auxiliaire, ..Self::libre(valeur, 0) }
    }
}

/// Declared cost of masking a cell: small and fine cells first. It grows with the logarithm of the
/// value, so that two small cells are not preferred to one of middling size.
pub fn cout_par_defaut(valeur: u64) -> u64 {
    16 + u64::from((valeur + 1).ilog2()) * 4
}

/// Why cells and relations do not make a system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SystemeInvalide {
    /// A relation refers to a position which does not exist.
    #[error("une relation cite une cellule inconnue")]
    Inconnue,
    /// Count that JSON would not keep.
    #[error("la valeur {0} dépasse le plus grand effectif accepté ({VALEUR_MAXIMALE})")]
    TropGrand(u64),
    /// Coefficient out of bounds.
    #[error("le coefficient {0} dépasse la borne de {COEFFICIENT_MAXIMAL}")]
    Coefficient(i64),
    /// True value out of the bounds said to be known.
    #[error("la valeur {0} est hors des bornes déclarées connues")]
    HorsBornes(u64),
    /// The values do not satisfy the relation.
    #[error("le total vaut {total} et la somme de ses parties {somme}")]
    Marge {
        /// Position of the total.
        cellule: usize,
        /// Its value.
        total: u64,
        /// What the parts add up to.
        somme: i128,
    },
}

/// Cells and relations.
#[derive(Debug, Clone, Default)]
pub struct Systeme {
    cellules: Vec<Cellule>,
    debuts: Vec<usize>,
    termes: Vec<(u32, i64)>,
    zeros_couverts: bool,
}

impl Systeme {
    /// A system without relations.
    pub fn nouveau(cellules: Vec<Cellule>) -> Result<Self, SystemeInvalide> {
        for c in &cellules {
            if c.valeur > VALEUR_MAXIMALE {
                return Err(SystemeInvalide::TropGrand(c.valeur));
            }
            if c.valeur < c.plancher || c.plafond.is_some_and(|p| c.valeur > p) {
                return Err(SystemeInvalide::HorsBornes(c.valeur));
            }
        }
        Ok(Self { cellules, debuts: vec![0], termes: vec![], zeros_couverts: false })
    }

    /// Adds `total = Σ coefficient × part`; the true values must satisfy it.
    pub fn relie(
        &mut self,
        total: usize,
        parties: impl IntoIterator<Item = (usize, i64)>,
    ) -> Result<(), SystemeInvalide> {
        let avant = self.termes.len();
        let ajout = self.ajoute(total, parties);
        match ajout {
            Ok(()) => self.debuts.push(self.termes.len()),
            Err(_) => self.termes.truncate(avant),
        }
        ajout
    }

    fn ajoute(&mut self, total: usize, parties: impl IntoIterator<Item = (usize, i64)>) -> Result<(), SystemeInvalide> {
        let valeur = self.cellules.get(total).ok_or(SystemeInvalide::Inconnue)?.valeur;
        let mut somme = 0i128;
        self.termes.push((indice(total)?, -1));
        for (partie, coefficient) in parties {
            let cellule = self.cellules.get(partie).ok_or(SystemeInvalide::Inconnue)?;
            if coefficient.abs() > COEFFICIENT_MAXIMAL {
                return Err(SystemeInvalide::Coefficient(coefficient));
            }
            somme += i128::from(cellule.valeur) * i128::from(coefficient);
            self.termes.push((indice(partie)?, coefficient));
        }
        if somme == i128::from(valeur) {
            Ok(())
        } else {
            Err(SystemeInvalide::Marge { cellule: total, total: valeur, somme })
        }
    }

    /// The same values and relations for an attacker who knows other things of the cells.
    pub(crate) fn vu_par(&self, voit: impl Fn(usize, &Cellule) -> Cellule) -> Result<Self, SystemeInvalide> {
        let vue = |(i, c): (usize, &Cellule)| Cellule { valeur: c.valeur, ..voit(i, c) };
        let Self { cellules, .. } = Self::nouveau(self.cellules.iter().enumerate().map(vue).collect())?;
        Ok(Self { cellules, ..self.clone() })
    }

    /// The same relations around another table, which must satisfy them too.
    pub(crate) fn autour(&self, valeurs: &[u64]) -> Result<Self, SystemeInvalide> {
        let cellules = self.cellules.iter().zip(valeurs).map(|(c, v)| Cellule { valeur: *v, ..c.clone() });
        let mut systeme = Self { zeros_couverts: self.zeros_couverts, ..Self::nouveau(cellules.collect())? };
        for relation in self.relations() {
            if let [(total, _), parties @ ..] = relation {
                systeme.relie(*total as usize, parties.iter().map(|(p, c)| (*p as usize, *c)))?;
            }
        }
        Ok(systeme)
    }

    /// Asks for masks on zeros too, so that nobody can take for granted that a masked cell holds somebody.
    pub fn couvre_les_zeros(&mut self) {
        self.zeros_couverts = true;
    }

    /// Whether masks must fall on zeros too.
    pub(crate) fn zeros_couverts(&self) -> bool {
        self.zeros_couverts
    }

    /// The cells, by position.
    pub fn cellules(&self) -> &[Cellule] {
        &self.cellules
    }

    /// Each relation, as Σ coefficient × cell = 0.
    pub fn relations(&self) -> impl ExactSizeIterator<Item = &[(u32, i64)]> {
        self.debuts.windows(2).map(|d| &self.termes[d[0]..d[1]])
    }
}

fn indice(position: usize) -> Result<u32, SystemeInvalide> {
    u32::try_from(position).map_err(|_| SystemeInvalide::Inconnue)
}
