//! Coarser categories: groups along the trees of the axes are published without their detail where the
//! detail holds small counts. What remains is protected as usual, with far fewer holes.
//!
//! In a file, the axes are read from the names (`F|CDI|S1`: three of them) and the trees from the relations: a
//! total and its parts differ on one axis.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Inapplicable, Montre, masquage};
use crate::systeme::fichier::{TableLue, proteger};

/// What a group would take away of a table: cells, by position.
pub(crate) type Membres = Vec<usize>;

/// A cell as grouping sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taille {
    /// Nobody: no reason to group, nothing lost.
    Vide,
    /// Under its threshold.
    Petite,
    /// Could be shown.
    Grande,
}

/// The fewest groups, as far as taking the most useful one each time tells, so that no small cell remains where
/// one could be taken away. Gives positions among the groups, in the order they were chosen.
pub(crate) fn choisit(tailles: &[Taille], groupes: &[Membres]) -> Vec<usize> {
    let mut groupes_de: Vec<Vec<usize>> = vec![vec![]; tailles.len()];
    // Small and large cells that each group would still take away.
    let mut comptes = vec![(0usize, 0usize); groupes.len()];
    for (g, membres) in groupes.iter().enumerate() {
        for i in membres {
            groupes_de[*i].push(g);
            compte(&mut comptes[g], tailles[*i], |n| n + 1);
        }
    }
    let mut dehors = vec![false; tailles.len()];
    let mut choisis = vec![];
    loop {
        let interet = |(g, (petites, grandes)): (usize, &(usize, usize))| {
            (petites * 1000 / (1 + grandes), *petites, std::cmp::Reverse(g))
        };
        let Some((_, petites, std::cmp::Reverse(g))) = comptes.iter().enumerate().map(interet).max() else { break };
        if petites == 0 {
            break;
        }
        for i in groupes[g].iter().filter(|i| !std::mem::replace(&mut dehors[**i], true)) {
            groupes_de[*i].iter().for_each(|g| compte(&mut comptes[*g], tailles[*i], |n| n - 1));
        }
        choisis.push(g);
    }
    inutiles(tailles, groupes, choisis)
}

fn compte((petites, grandes): &mut (usize, usize), taille: Taille, change: impl Fn(usize) -> usize) {
    match taille {
        Taille::Vide => {}
        Taille::Petite => *petites = change(*petites),
        Taille::Grande => *grandes = change(*grandes),
    }
}

/// A group chosen early may have become useless with what was chosen after.
fn inutiles(tailles: &[Taille], groupes: &[Membres], mut choisis: Vec<usize>) -> Vec<usize> {
    let mut fois = vec![0usize; tailles.len()];
    choisis.iter().flat_map(|g| &groupes[*g]).for_each(|i| fois[*i] += 1);
    for n in (0..choisis.len()).rev() {
        let membres = &groupes[choisis[n]];
        if membres.iter().all(|i| tailles[*i] != Taille::Petite || fois[*i] > 1) {
            membres.iter().for_each(|i| fois[*i] -= 1);
            choisis.remove(n);
        }
    }
    choisis
}

/// Merges, then protects what remains.
pub fn regroupe(table: &TableLue, seuil: u64, largeur: u64) -> Result<Vec<Montre>, Inapplicable> {
    let retirees = retirees(table, seuil);
    let reste = TableLue {
        cells: table.cells.iter().filter(|c| !retirees.contains(&*c.id)).cloned().collect(),
        relations: (table.relations.iter())
            .filter(|r| !retirees.contains(&*r.total) && r.parts.iter().all(|p| !retirees.contains(&**p)))
            .cloned()
            .collect(),
    };
    let mut restantes = masquage(&proteger(reste, seuil, largeur, true)?).into_iter();
    let montre = |id: &str| if retirees.contains(id) { None } else { restantes.next() };
    Ok(table.cells.iter().map(|c| &*c.id).map(montre).map(|m| m.unwrap_or(Montre::Retiree)).collect())
}

/// A value of an axis.
type Place<'t> = (usize, &'t str);

/// For each value of an axis, the one it is a part of.
struct Arbres<'t>(BTreeMap<Place<'t>, &'t str>);

/// A grouping of a file: the value that stays in place of what it is made of, and how deep in the tree of each
/// axis the crossings are that it is done for, finer ones included.
type Groupe<'t> = (Place<'t>, Vec<usize>);

impl<'t> Arbres<'t> {
    fn de(table: &'t TableLue) -> Self {
        let mut arbres = BTreeMap::new();
        for r in &table.relations {
            for part in &r.parts {
                let (total, part): (Vec<&str>, Vec<&str>) = (r.total.split('|').collect(), part.split('|').collect());
                let mut differents = (0..total.len().min(part.len())).filter(|i| total[*i] != part[*i]);
                if let (Some(axe), None, true) = (differents.next(), differents.next(), total.len() == part.len()) {
                    arbres.entry((axe, part[axe])).or_insert(total[axe]);
                }
            }
        }
        Self(arbres)
    }

    /// What a value is a part of, nearest first.
    fn dessus(&self, (axe, valeur): Place<'t>) -> impl Iterator<Item = &'t str> {
        // A file may say that two values are parts of each other.
        let parent = move |v: &&'t str| self.0.get(&(axe, *v)).copied();
        std::iter::successors(parent(&valeur), parent).take(self.0.len())
    }
}

/// Cells left out.
fn retirees(table: &TableLue, seuil: u64) -> HashSet<&str> {
    let taille = |v: u64| match v {
        0 => Taille::Vide,
        v if v < seuil => Taille::Petite,
        _ => Taille::Grande,
    };
    let tailles: Vec<Taille> = table.cells.iter().map(|c| taille(c.value.as_u64().unwrap_or_default())).collect();
    let arbres = Arbres::de(table);
    let dessus: Vec<Vec<Vec<&str>>> = table
        .cells
        .iter()
        .map(|c| c.id.split('|').enumerate().map(|place| arbres.dessus(place).collect()).collect())
        .collect();
    let profil = |i: usize| dessus[i].iter().map(Vec::len).collect::<Vec<usize>>();
    let petites = (0..tailles.len()).filter(|i| tailles[*i] == Taille::Petite);
    let groupes: BTreeSet<Groupe<'_>> = petites
        .flat_map(|i| {
            let parents = dessus[i].iter().enumerate().filter_map(|(axe, d)| Some((axe, *d.first()?)));
            parents.map(move |place| (place, profil(i)))
        })
        .collect();
    let dedans = |((axe, valeur), profil): &Groupe<'_>, d: &[Vec<&str>]| {
        d.len() == profil.len()
            && d.iter().zip(profil).all(|(d, p)| d.len() >= *p)
            && d.get(*axe).is_some_and(|d| d.contains(valeur))
    };
    let membres = |g: &Groupe<'_>| (0..dessus.len()).filter(|i| dedans(g, &dessus[*i])).collect();
    let groupes: Vec<Membres> = groupes.iter().map(membres).collect();
    choisit(&tailles, &groupes).iter().flat_map(|g| &groupes[*g]).map(|i| &*table.cells[*i].id).collect()
}
