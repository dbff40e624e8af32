//! Coarser categories: groups along the trees of the axes are published without their detail where the
//! detail is mostly small counts. What remains is protected as usual, with far fewer holes.
//!
//! The axes are read from the names (`F|CDI|S1`: three of them) and the trees from the relations: a
//! total and its parts differ on one axis.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Inapplicable, Montre, masquage};
use crate::systeme::fichier::{TableLue, proteger};

/// Groups are merged until at most one non-empty cell in this many is small.
const UNE_SUR: usize = 4;

/// A grouping: an axis and the value that stays in place of what it is made of.
pub type Groupe = (usize, String);

/// Merges, then protects what remains.
pub fn regroupe(table: &TableLue, seuil: u64, largeur: u64) -> Result<Vec<Montre>, Inapplicable> {
    let arbres = Arbres::de(table);
    let retirees = retirees(table, &arbres, seuil);
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

/// For each axis, what each value is made of.
struct Arbres(BTreeMap<Groupe, BTreeSet<String>>);

impl Arbres {
    fn de(table: &TableLue) -> Self {
        let mut arbres: BTreeMap<Groupe, BTreeSet<String>> = BTreeMap::new();
        for r in &table.relations {
            for part in &r.parts {
                let (total, part): (Vec<&str>, Vec<&str>) = (r.total.split('|').collect(), part.split('|').collect());
                let mut differents = (0..total.len().min(part.len())).filter(|i| total[*i] != part[*i]);
                if let (Some(axe), None, true) = (differents.next(), differents.next(), total.len() == part.len()) {
                    arbres.entry((axe, total[axe].to_owned())).or_default().insert(part[axe].to_owned());
                }
            }
        }
        Self(arbres)
    }

    /// Everything below a value, at any depth.
    fn sous(&self, (axe, valeur): &Groupe) -> HashSet<&str> {
        let mut tout = HashSet::new();
        let mut pile = vec![valeur.as_str()];
        while let Some(v) = pile.pop() {
            for enfant in self.0.get(&(*axe, v.to_owned())).into_iter().flatten() {
                if tout.insert(enfant.as_str()) {
                    pile.push(enfant);
                }
            }
        }
        tout
    }
}

/// Cells left out, group after group: each time the one that removes most small counts for what it loses.
fn retirees<'t>(table: &'t TableLue, arbres: &Arbres, seuil: u64) -> HashSet<&'t str> {
    let valeur = |i: usize| table.cells[i].value.as_u64().unwrap_or_default();
    let petite = |i: &usize| valeur(*i) > 0 && valeur(*i) < seuil;
    let mut restent: Vec<usize> = (0..table.cells.len()).collect();
    let mut groupes: Vec<(&Groupe, Vec<usize>)> = (arbres.0.keys())
        .map(|g| {
            let sous = arbres.sous(g);
            let dedans = |i: &usize| table.cells[*i].id.split('|').nth(g.0).is_some_and(|v| sous.contains(v));
            (g, (0..table.cells.len()).filter(dedans).collect())
        })
        .collect();
    let mut sorties: HashSet<usize> = HashSet::new();
    loop {
        let petites = restent.iter().filter(|i| petite(i)).count();
        let pleines = restent.iter().filter(|i| valeur(**i) > 0).count();
        if petites * UNE_SUR <= pleines {
            break;
        }
        let interet = |membres: &[usize]| {
            let gagnees = membres.iter().filter(|i| petite(i)).count();
            let perdues = membres.iter().filter(|i| valeur(**i) >= seuil).count();
            (gagnees * 1000 / (1 + perdues), gagnees)
        };
        let meilleur = groupes
            .iter()
            .filter(|(_, m)| m.iter().any(petite))
            .max_by_key(|(g, m)| (interet(m), std::cmp::Reverse((*g).clone())));
        let Some((_, membres)) = meilleur else { break };
        sorties.extend(membres);
        restent.retain(|i| !sorties.contains(i));
        groupes.iter_mut().for_each(|(_, m)| m.retain(|i| !sorties.contains(i)));
    }
    sorties.into_iter().map(|i| &*table.cells[i].id).collect()
}
