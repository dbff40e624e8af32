//! What the hub can tell from published values alone: a count below its threshold, a masked cell that
//! the others give away. It needs nothing secret, and never learns more than a reader would.

use referentiel::cellule::{Cle, Statut};
use referentiel::jeu::Methode;

use crate::politique::{Politique, Zeros};
use crate::protegee::{CelluleProtegee, ValeurPubliee};
use crate::relations::{self, Additive, Parents};

/// Passes over the relations: each may narrow what the one before left.
const PASSES: usize = 12;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Faute {
    /// A count that had to be masked is shown.
    SousLeSeuil,
    /// A relation has a single masked cell: it can be computed.
    SecondaireManquante,
    /// The others leave the cell too narrow an interval.
    Calculable,
}

impl Faute {
    /// Code of the refusal on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::SousLeSeuil => "sdc.cell_below_threshold",
            Self::SecondaireManquante => "sdc.missing_secondary",
            Self::Calculable => "sdc.recoverable_cell",
        }
    }
}

/// A fault and the cell it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Constat {
    /// The cell.
    pub cle: Cle,
    /// What is wrong.
    pub faute: Faute,
}

/// What a reader can tell of a count: at least this, at most that (`None`: no relation bounds it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bornes(pub u64, pub Option<u64>);

/// Re-checks published counts with the rules they were protected by. Necessary conditions only: it
/// finds what simple arithmetic finds, in time proportional to the relations.
pub fn recontrole(jeu: &str, cellules: &[CelluleProtegee], parents: &Parents, politique: &Politique) -> Vec<Constat> {
    let comptes: Vec<&CelluleProtegee> = cellules.iter().filter(|c| est_un_compte(c)).collect();
    let constat = |i: usize, faute| Constat { cle: comptes[i].cle.clone(), faute };
    let mut constats: Vec<Constat> = (0..comptes.len())
        .filter(|i| sous_le_seuil(comptes[*i], politique))
        .map(|i| constat(i, Faute::SousLeSeuil))
        .collect();
    let (relations, mut bornes) = systeme(jeu, &comptes, parents);
    let masquee = |i: &usize| comptes[*i].valeur.is_none();
    for r in &relations {
        let mut inconnues = r.parties.iter().chain([&r.total]).filter(|i| masquee(i));
        if let (Some(seule), None) = (inconnues.next(), inconnues.next()) {
            constats.push(constat(*seule, Faute::SecondaireManquante));
        }
    }
    propage(&relations, &mut bornes);
    let etroite = |i: &usize| bornes[*i].1.is_some_and(|haut| haut.saturating_sub(bornes[*i].0) < politique.largeur);
    let calculables = (0..comptes.len()).filter(|i| masquee(i) && etroite(i));
    constats.extend(calculables.map(|i| constat(i, Faute::Calculable)));
    constats.sort();
    constats.dedup();
    constats
}

/// What a reader of these cells can tell of each: its value when it is shown, a frame when it is
/// masked, nothing when it is no count. Same order as the cells. Made of published figures only, hence
/// teaches nothing: the hub shows totals over masked parts with it.
pub fn encadrer(jeu: &str, cellules: &[CelluleProtegee], parents: &Parents) -> Vec<Option<Bornes>> {
    let comptes: Vec<&CelluleProtegee> = cellules.iter().filter(|c| est_un_compte(c)).collect();
    let (relations, mut bornes) = systeme(jeu, &comptes, parents);
    propage(&relations, &mut bornes);
    let mut suite = bornes.into_iter();
    cellules.iter().map(|c| if est_un_compte(c) { suite.next() } else { None }).collect()
}

/// Shown counts, and masked cells: among these some are rates, which add up to nothing and stay unbounded.
fn est_un_compte(cellule: &CelluleProtegee) -> bool {
    matches!(cellule.valeur, Some(ValeurPubliee::Effectif(_))) || cellule.statut == Statut::Secret
}

/// Relations that the shown values do not contradict, and what is known before using them.
fn systeme(jeu: &str, comptes: &[&CelluleProtegee], parents: &Parents) -> (Vec<Additive>, Vec<Bornes>) {
    let cles: Vec<&Cle> = comptes.iter().map(|c| &c.cle).collect();
    let bornes: Vec<Bornes> = comptes
        .iter()
        .map(|c| match (&c.valeur, c.cadre) {
            (Some(ValeurPubliee::Effectif(n)), _) => Bornes(*n, Some(*n)),
            (_, Some(cadre)) => Bornes(cadre.bas, Some(cadre.haut)),
            (_, None) => Bornes(0, None),
        })
        .collect();
    let relations = relations::entre(jeu, &cles, parents).into_iter().filter(|r| coherente(r, &bornes)).collect();
    (relations, bornes)
}

fn propage(relations: &[Additive], bornes: &mut [Bornes]) {
    for _ in 0..PASSES {
        if relations.iter().filter(|r| resserre(r, bornes)).count() == 0 {
            return;
        }
    }
}

fn sous_le_seuil(cellule: &CelluleProtegee, politique: &Politique) -> bool {
    match cellule.valeur {
        // Next to the true count, which it tells within four: the threshold has nothing to say.
        Some(ValeurPubliee::Effectif(_)) if politique.methode == Methode::Arrondi => false,
        Some(ValeurPubliee::Effectif(0)) => politique.zeros == Zeros::Proteges,
        Some(ValeurPubliee::Effectif(n)) => n < politique.seuil_de(&cellule.cle),
        _ => false,
    }
}

/// A relation whose shown parts already exceed their total, or which is all shown and false, is another check's.
fn coherente(r: &Additive, bornes: &[Bornes]) -> bool {
    let bas: u128 = r.parties.iter().map(|p| u128::from(bornes[*p].0)).sum();
    let hauts: Option<u128> = r.parties.iter().map(|p| bornes[*p].1.map(u128::from)).sum();
    let Bornes(bas_total, haut_total) = bornes[r.total];
    haut_total.is_none_or(|h| bas <= u128::from(h)) && hauts.is_none_or(|h| h >= u128::from(bas_total))
}

/// Narrows every cell of a relation by the others; true when one was.
fn resserre(r: &Additive, bornes: &mut [Bornes]) -> bool {
    let bas: u64 = r.parties.iter().map(|p| bornes[*p].0).fold(0, u64::saturating_add);
    let sans_plafond = r.parties.iter().filter(|p| bornes[**p].1.is_none()).count();
    let hauts: u64 = r.parties.iter().filter_map(|p| bornes[*p].1).fold(0, u64::saturating_add);
    let mut change = serre(&mut bornes[r.total], bas, (sans_plafond == 0).then_some(hauts));
    let Bornes(bas_total, haut_total) = bornes[r.total];
    for p in &r.parties {
        let Bornes(b, h) = bornes[*p];
        let autres_illimitees = sans_plafond > usize::from(h.is_none());
        let plancher = if autres_illimitees { 0 } else { bas_total.saturating_sub(hauts - h.unwrap_or(0)) };
        let plafond = haut_total.map(|t| t.saturating_sub(bas - b));
        // The sums above are of the bounds before: no less true, and another pass uses the new ones.
        change |= serre(&mut bornes[*p], plancher, plafond);
    }
    change
}

fn serre(bornes: &mut Bornes, bas: u64, haut: Option<u64>) -> bool {
    let avant = *bornes;
    bornes.0 = bornes.0.max(bas);
    bornes.1 = match (bornes.1, haut) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    avant.0 != bornes.0 || avant.1 != bornes.1
}
