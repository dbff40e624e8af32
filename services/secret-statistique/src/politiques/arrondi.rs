//! Controlled rounding to base 5: the finest cells go to a multiple of five next to them, totals are the
//! sums of what is shown, so that everything still adds up; which way each goes is chosen so that totals
//! stay near the truth. A reader finds each finest count within four: 0 to 4 where zero is shown.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Inapplicable, Montre};
use crate::systeme::fichier::TableLue;

/// Base of the rounding.
pub const BASE: i64 = 5;
/// Terms of all the sums written over the finest cells.
const TERMES_MAXIMAUX: usize = 20_000_000;
/// Sweeps over the finest cells.
const PASSES: usize = 40;
/// What a false relation costs beside the squared error of a total.
const PENALITE: i64 = 1 << 20;

/// Rounds every count of a table.
pub fn arrondit(table: &TableLue) -> Result<Vec<Montre>, Inapplicable> {
    let sommes = Sommes::de(table)?;
    let mut recherche = Recherche::nouvelle(&sommes);
    for _ in 0..PASSES {
        if !recherche.passe() {
            break;
        }
    }
    let fausses = recherche.ecarts[table.cells.len()..].iter().filter(|e| **e != 0).count();
    if fausses > 0 {
        return Err(Inapplicable::SansArrondi(fausses));
    }
    // A multiple of five is no more certain than the others.
    let montre = |(vraie, ecart): (&u64, &i64)| Montre::Approchee(vraie.saturating_add_signed(*ecart));
    Ok(sommes.vraies.iter().zip(&recherche.ecarts).map(montre).collect())
}

type Combinaison = Vec<(u32, i64)>;

/// Every cell over the finest ones, then every relation that does not follow from that.
struct Sommes {
    vraies: Vec<u64>,
    combinaisons: Vec<Combinaison>,
    fines: Vec<u32>,
}

impl Sommes {
    fn de(table: &TableLue) -> Result<Self, Inapplicable> {
        let place: HashMap<&str, u32> = table.cells.iter().zip(0..).map(|(c, i)| (&*c.id, i)).collect();
        let rang = |id: &str| place.get(id).copied();
        let relations: Vec<(u32, Combinaison)> = table
            .relations
            .iter()
            .filter_map(|r| {
                let coefs = r.coef.iter().flatten().copied().chain(std::iter::repeat(1));
                let parts: Option<Combinaison> = r.parts.iter().zip(coefs).map(|(p, c)| Some((rang(p)?, c))).collect();
                Some((rang(&r.total)?, parts?))
            })
            .collect();
        let mut definition: BTreeMap<u32, usize> = BTreeMap::new();
        for (i, (total, _)) in relations.iter().enumerate() {
            definition.entry(*total).or_insert(i);
        }
        let mut e = Ecriture { relations: &relations, definition, ecrites: vec![None; table.cells.len()], termes: 0 };
        for k in 0..table.cells.len() as u32 {
            e.ecrit(k)?;
        }
        let mut combinaisons: Vec<Combinaison> = e.ecrites.into_iter().map(Option::unwrap_or_default).collect();
        let restes: Vec<Combinaison> = relations
            .iter()
            .map(|(total, parts)| {
                let parts = parts.iter().copied().chain([(*total, -1)]);
                additionne(parts.flat_map(|(k, c)| combinaisons[k as usize].iter().map(move |(f, d)| (*f, c * d))))
            })
            .filter(|reste| !reste.is_empty())
            .collect();
        let fines = (0..combinaisons.len() as u32).filter(|k| combinaisons[*k as usize] == [(*k, 1)]).collect();
        combinaisons.extend(restes);
        let vraies = table.cells.iter().map(|c| c.value.as_u64().unwrap_or_default()).collect();
        Ok(Self { vraies, combinaisons, fines })
    }
}

struct Ecriture<'r> {
    relations: &'r [(u32, Combinaison)],
    definition: BTreeMap<u32, usize>,
    ecrites: Vec<Option<Combinaison>>,
    termes: usize,
}

impl Ecriture<'_> {
    /// Writes a cell over the finest ones, its parts first. A cell that would be part of itself is a finest one.
    fn ecrit(&mut self, depart: u32) -> Result<(), Inapplicable> {
        let mut pile = vec![(depart, false)];
        let mut en_cours = HashSet::new();
        while let Some((k, parts_ecrites)) = pile.pop() {
            if self.ecrites[k as usize].is_some() {
                continue;
            }
            let parts = self.definition.get(&k).map(|r| &self.relations[*r].1);
            let circulaire = |parts: &&Combinaison| !parts.iter().any(|(p, _)| *p == k || en_cours.contains(p));
            match parts.filter(circulaire) {
                None => self.retient(k, vec![(k, 1)])?,
                Some(parts) if parts_ecrites => {
                    let vide = vec![];
                    let terme = |(p, c): &(u32, i64)| (self.ecrites[*p as usize].as_ref().unwrap_or(&vide), *c);
                    let tous = parts.iter().map(terme).flat_map(|(l, c)| l.iter().map(move |(f, d)| (*f, c * d)));
                    let somme = additionne(tous);
                    en_cours.remove(&k);
                    self.retient(k, somme)?;
                }
                Some(parts) => {
                    pile.push((k, true));
                    pile.extend(parts.iter().map(|(p, _)| (*p, false)));
                    en_cours.insert(k);
                }
            }
        }
        Ok(())
    }

    fn retient(&mut self, k: u32, combinaison: Combinaison) -> Result<(), Inapplicable> {
        self.termes += combinaison.len();
        self.ecrites[k as usize] = Some(combinaison);
        if self.termes > TERMES_MAXIMAUX { Err(Inapplicable::TropGrande) } else { Ok(()) }
    }
}

fn additionne(termes: impl Iterator<Item = (u32, i64)>) -> Combinaison {
    let mut tout: BTreeMap<u32, i64> = BTreeMap::new();
    for (k, c) in termes {
        *tout.entry(k).or_default() += c;
    }
    tout.into_iter().filter(|(_, c)| *c != 0).collect()
}

/// Which way each finest cell goes, and how far every sum is from the truth.
struct Recherche {
    fines: Vec<u32>,
    /// What an error costs, for each sum.
    poids: Vec<i64>,
    /// Change made to each finest cell, between the two multiples next to it.
    choix: Vec<(i64, i64)>,
    /// Sums that each finest cell is part of.
    presences: Vec<Vec<(u32, i64)>>,
    ecarts: Vec<i64>,
}

/// What an error costs: that of a total is to be small, that of a relation to vanish. A relation whose
/// cells are all in shorter ones mostly follows from them: to weigh it too would hold the search back.
fn poids(sommes: &Sommes) -> Vec<i64> {
    let cellules = sommes.vraies.len();
    let mut poids = vec![1; sommes.combinaisons.len()];
    let mut restes: Vec<usize> = (cellules..sommes.combinaisons.len()).collect();
    restes.sort_by_key(|l| sommes.combinaisons[*l].len());
    let mut vues: HashSet<u32> = HashSet::new();
    for l in restes {
        let nouvelles = sommes.combinaisons[l].iter().filter(|(k, _)| vues.insert(*k)).count();
        poids[l] = if nouvelles > 0 { PENALITE } else { 0 };
    }
    poids
}

impl Recherche {
    /// Everything to the nearest multiple, to begin with.
    fn nouvelle(sommes: &Sommes) -> Self {
        let rang: HashMap<u32, usize> = sommes.fines.iter().enumerate().map(|(i, k)| (*k, i)).collect();
        let mut presences = vec![vec![]; sommes.fines.len()];
        for (l, combinaison) in sommes.combinaisons.iter().enumerate() {
            for (k, c) in combinaison {
                presences[rang[k]].push((l as u32, *c));
            }
        }
        let choix = |k: &u32| match (sommes.vraies[*k as usize] % BASE as u64) as i64 {
            0 => (0, 0),
            reste if 2 * reste < BASE => (-reste, BASE - reste),
            reste => (BASE - reste, -reste),
        };
        let choix: Vec<(i64, i64)> = sommes.fines.iter().map(choix).collect();
        let mut ecarts = vec![0; sommes.combinaisons.len()];
        for (p, (change, _)) in presences.iter().zip(&choix) {
            p.iter().for_each(|(l, c)| ecarts[*l as usize] += c * change);
        }
        Self { fines: sommes.fines.clone(), choix, presences, ecarts, poids: poids(sommes) }
    }

    /// Turns every finest cell whose other way is better for the sums; true when one was.
    fn passe(&mut self) -> bool {
        let mut change = false;
        for i in 0..self.fines.len() {
            let (ici, autre) = self.choix[i];
            let pas = autre - ici;
            let prix = |(l, c): &(u32, i64)| {
                let avant = self.ecarts[*l as usize];
                let apres = avant + c * pas;
                self.poids[*l as usize] * (apres * apres - avant * avant)
            };
            if pas != 0 && self.presences[i].iter().map(prix).sum::<i64>() < 0 {
                self.presences[i].iter().for_each(|(l, c)| self.ecarts[*l as usize] += c * pas);
                self.choix[i] = (autre, ici);
                change = true;
            }
        }
        change
    }
}
