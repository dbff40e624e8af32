//! The file of the command `secret proteger`: cells and relations by name, in JSON. Reads and writes
//! nothing by itself; every refusal says which cell or relation, and what is expected.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Cellule, Sort, Systeme, SystemeInvalide, VALEUR_MAXIMALE};
use crate::certificat;
use crate::suppression::{Decision, Ebauche, SansIssue};

/// Most cells of a file.
pub const CELLULES_MAXIMALES: usize = 2_000_000;
/// Most terms of all relations of a file together.
pub const TERMES_MAXIMAUX: usize = 20_000_000;

/// A cell as read. The value is any JSON number, so that the refusal can show it.
#[derive(Debug, Clone, Deserialize)]
pub struct CelluleLue {
    /// Name.
    pub id: Box<str>,
    /// Count.
    pub value: serde_json::Number,
}

/// A relation `total = Σ parts`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RelationLue {
    /// Name of the total.
    pub total: Box<str>,
    /// Names of the parts.
    pub parts: Vec<Box<str>>,
    /// Coefficient of each part; all 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coef: Option<Vec<i64>>,
}

/// The file read.
#[derive(Debug, Clone, Deserialize)]
pub struct TableLue {
    /// Cells.
    pub cells: Vec<CelluleLue>,
    /// Relations.
    #[serde(default)]
    pub relations: Vec<RelationLue>,
}

/// A cell as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CelluleEcrite {
    /// Name.
    pub id: Box<str>,
    /// Count; absent where masked, unless asked for.
    pub value: Option<u64>,
    /// True when it must not be shown.
    pub suppressed: bool,
    /// True when its own value makes it sensitive.
    pub primary: bool,
}

/// The file written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TableEcrite {
    /// Cells, in the order they were read.
    pub cells: Vec<CelluleEcrite>,
    /// Relations, as they were read.
    pub relations: Vec<RelationLue>,
}

/// What was done to a file.
#[derive(Debug, Clone)]
pub struct Protection {
    /// What to write.
    pub table: TableEcrite,
    /// Cells under the threshold.
    pub primaires: usize,
    /// Cells masked to protect others.
    pub complementaires: usize,
    /// Persons counted in the latter.
    pub perte: u64,
    /// Smallest width proved for a masked cell.
    pub largeur_atteinte: Option<u64>,
    /// Decision and certificate.
    pub decision: Decision,
}

/// Why a file is refused, or cannot be protected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FichierInvalide {
    /// Nothing to protect.
    #[error("La table est vide : il faut au moins une cellule dans « cells ».")]
    Vide,
    /// Two cells with one name.
    #[error("La cellule « {0} » figure deux fois dans « cells » : un nom ne désigne qu’une cellule.")]
    Doublon(String),
    /// Not a count.
    #[error("La cellule « {id} » vaut {valeur} : il faut un effectif entier de 0 à {VALEUR_MAXIMALE}.")]
    Valeur {
        /// Cell.
        id: String,
        /// What was read.
        valeur: String,
    },
    /// A relation cites a name which is not a cell.
    #[error("La relation n° {rang} cite « {id} », qui n’est pas dans « cells ».")]
    Inconnue {
        /// Rank of the relation, from 1.
        rang: usize,
        /// The name.
        id: String,
    },
    /// The values contradict a relation.
    #[error("La relation n° {rang} est fausse : {raison} (total « {total} »). Corrigez les valeurs ou la relation.")]
    Relation {
        /// Rank of the relation, from 1.
        rang: usize,
        /// Name of its total.
        total: String,
        /// What is wrong.
        raison: SystemeInvalide,
    },
    /// As many coefficients as parts are expected.
    #[error("La relation n° {0} a des coefficients en nombre différent de ses parties.")]
    Coefficients(usize),
    /// Past the bounds.
    #[error("La table est trop grande : {0} ; découpez-la.")]
    TropGrande(&'static str),
    /// The parameters protect nothing.
    #[error("Le seuil doit être d’au moins 1 et la largeur d’au moins 1.")]
    Parametres,
    /// No pattern protects the table.
    #[error("La table ne peut pas être protégée : {0}.")]
    SansIssue(#[from] SansIssue),
    /// The audit failed.
    #[error("Le contrôle de la table protégée a échoué : {0}. Rien n’est écrit.")]
    Audit(#[from] certificat::Defaut),
}

/// What has just been done; whoever measures times looks at the clock then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Etape {
    /// Names and relations are read.
    Lecture,
    /// Partners are masked.
    Ebauche,
    /// Every masked cell is proved, with more masks where that took more.
    Preuve,
    /// The certificate is checked.
    Verification,
}

/// What a file is protected by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regles {
    /// Smallest count shown.
    pub seuil: u64,
    /// Width that the interval of every masked cell keeps.
    pub largeur: u64,
    /// All zeros are shown, and readers know it: a masked cell holds somebody. Otherwise a mask may fall
    /// on a zero, and a reader can tell nothing of the kind.
    pub zeros_montres: bool,
    /// Masks fall on zeros too, so that nobody can take for granted that a masked cell holds somebody.
    pub zeros_couverts: bool,
    /// Writes masked values too.
    pub avec_valeurs: bool,
}

/// Protects a file: masks counts of 1 to `seuil` − 1, and what is needed for each masked cell to keep
/// an interval of at least `largeur`. Verified by its certificate before it is given back.
pub fn proteger(table: TableLue, seuil: u64, largeur: u64, avec_valeurs: bool) -> Result<Protection, FichierInvalide> {
    proteger_en_suivant(
        table,
        Regles { seuil, largeur, zeros_montres: false, zeros_couverts: false, avec_valeurs },
        |_| (),
    )
}

/// The same, telling what has been done as it goes.
pub fn proteger_en_suivant(
    table: TableLue,
    regles: Regles,
    suivi: impl FnMut(Etape),
) -> Result<Protection, FichierInvalide> {
    protege(table, regles, Ebauche::nouvelle, suivi)
}

/// The same from what was decided about the same cells and relations with the values of last quarter: what
/// was masked stays masked, and only what lost its proof is looked at again.
pub fn proteger_apres(
    table: TableLue,
    regles: Regles,
    ancienne: &Decision,
    suivi: impl FnMut(Etape),
) -> Result<Protection, FichierInvalide> {
    protege(table, regles, |systeme| Ebauche::reprise(systeme, ancienne), suivi)
}

fn protege(
    table: TableLue,
    regles: Regles,
    ebauche: impl FnOnce(&Systeme) -> Result<Ebauche, SansIssue>,
    mut suivi: impl FnMut(Etape),
) -> Result<Protection, FichierInvalide> {
    let Regles { seuil, largeur, avec_valeurs, .. } = regles;
    if seuil == 0 || largeur == 0 {
        return Err(FichierInvalide::Parametres);
    }
    let valeurs = valeurs(&table)?;
    // Positions in order of names: what is read in another order is protected alike.
    let mut ordre: Vec<usize> = (0..valeurs.len()).collect();
    ordre.sort_by(|a, b| table.cells[*a].id.cmp(&table.cells[*b].id));
    let systeme = systeme(&table, &valeurs, &ordre, regles)?;
    suivi(Etape::Lecture);
    let ebauche = ebauche(&systeme)?;
    suivi(Etape::Ebauche);
    let decision = ebauche.prouve()?;
    suivi(Etape::Preuve);
    let largeurs = certificat::verifier(&systeme, &decision.masquees, &decision.certificat)?;
    suivi(Etape::Verification);
    let mut cells: Vec<(usize, CelluleEcrite)> = ordre
        .iter()
        .enumerate()
        .map(|(rang, lue)| {
            let suppressed = decision.masquees[rang];
            let value = (avec_valeurs || !suppressed).then_some(valeurs[*lue]);
            let id = table.cells[*lue].id.clone();
            (*lue, CelluleEcrite { id, value, suppressed, primary: systeme.cellules()[rang].primaire })
        })
        .collect();
    cells.sort_unstable_by_key(|(lue, _)| *lue);
    let masquees = || systeme.cellules().iter().zip(&decision.masquees).filter(|(_, m)| **m).map(|(c, _)| c);
    Ok(Protection {
        primaires: masquees().filter(|c| c.primaire).count(),
        complementaires: masquees().filter(|c| !c.primaire).count(),
        perte: masquees().filter(|c| !c.primaire).map(|c| c.valeur).sum(),
        largeur_atteinte: (largeurs.iter().zip(&decision.masquees))
            .filter(|(_, m)| **m)
            .map(|(l, _)| u64::try_from(*l).unwrap_or(u64::MAX))
            .min(),
        table: TableEcrite { cells: cells.into_iter().map(|(_, c)| c).collect(), relations: table.relations },
        decision,
    })
}

/// The system of a table all of whose cells are hidden, and the place in the table of each of its cells.
pub(crate) fn entierement_masquee(table: &TableLue, largeur: u64) -> Result<(Systeme, Vec<usize>), FichierInvalide> {
    let valeurs = valeurs(table)?;
    let mut ordre: Vec<usize> = (0..valeurs.len()).collect();
    ordre.sort_by(|a, b| table.cells[*a].id.cmp(&table.cells[*b].id));
    let regles = Regles { seuil: 1, largeur, zeros_montres: false, zeros_couverts: false, avec_valeurs: false };
    let systeme = systeme(table, &valeurs, &ordre, regles)?;
    let masquee = |_: usize, c: &Cellule| Cellule { sort: Sort::Forcee, ..c.clone() };
    let systeme = systeme.vu_par(masquee).map_err(|_| FichierInvalide::Parametres)?;
    Ok((systeme, ordre))
}

fn valeurs(table: &TableLue) -> Result<Vec<u64>, FichierInvalide> {
    if table.cells.is_empty() {
        return Err(FichierInvalide::Vide);
    }
    if table.cells.len() > CELLULES_MAXIMALES {
        return Err(FichierInvalide::TropGrande("plus de deux millions de cellules"));
    }
    let lit = |c: &CelluleLue| {
        let valeur = c.value.as_u64().filter(|v| *v <= VALEUR_MAXIMALE);
        valeur.ok_or_else(|| FichierInvalide::Valeur { id: c.id.to_string(), valeur: c.value.to_string() })
    };
    table.cells.iter().map(lit).collect()
}

fn systeme(
    table: &TableLue,
    valeurs: &[u64],
    ordre: &[usize],
    Regles { seuil, largeur, zeros_montres, zeros_couverts, .. }: Regles,
) -> Result<Systeme, FichierInvalide> {
    let mut rang_de: HashMap<&str, usize> = HashMap::with_capacity(ordre.len());
    for (rang, lue) in ordre.iter().enumerate() {
        if rang_de.insert(&table.cells[*lue].id, rang).is_some() {
            return Err(FichierInvalide::Doublon(table.cells[*lue].id.to_string()));
        }
    }
    let plancher = u64::from(zeros_montres);
    let cellule = |lue: &usize| match valeurs[*lue] {
        0 if zeros_montres => Cellule { sort: Sort::Gelee, ..Cellule::libre(0, largeur) },
        v if v > 0 && v < seuil => Cellule { plancher, ..Cellule::sensible(v, largeur) },
        0 => Cellule::libre(0, largeur),
        v => Cellule { plancher, ..Cellule::libre(v, largeur) },
    };
    let refus = |rang: usize, total: &str| {
        let total = total.to_owned();
        move |raison| FichierInvalide::Relation { rang, total, raison }
    };
    let mut systeme = Systeme::nouveau(ordre.iter().map(cellule).collect()).map_err(refus(0, ""))?;
    if zeros_couverts {
        systeme.couvre_les_zeros();
    }
    let mut termes = 0;
    for (r, relation) in table.relations.iter().enumerate() {
        let rang = r + 1;
        let place =
            |id: &str| rang_de.get(id).copied().ok_or_else(|| FichierInvalide::Inconnue { rang, id: id.to_owned() });
        termes += relation.parts.len() + 1;
        if termes > TERMES_MAXIMAUX {
            return Err(FichierInvalide::TropGrande("plus de vingt millions de termes dans les relations"));
        }
        if relation.coef.as_ref().is_some_and(|c| c.len() != relation.parts.len()) {
            return Err(FichierInvalide::Coefficients(rang));
        }
        let coefficients = relation.coef.iter().flatten().copied().chain(std::iter::repeat(1));
        let parties: Vec<usize> = relation.parts.iter().map(|p| place(p)).collect::<Result<_, _>>()?;
        systeme
            .relie(place(&relation.total)?, parties.into_iter().zip(coefficients))
            .map_err(refus(rang, &relation.total))?;
    }
    Ok(systeme)
}
