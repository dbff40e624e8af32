//! From the view to what is left to solve: shown values go to the right-hand side, cells that are always
//! equal become one unknown, bounds are narrowed by plain arithmetic, and what is not tied together is
//! cut apart. Every step is exact and keeps every integer table the reader cannot exclude.

use std::collections::{BTreeMap, HashSet};

use super::publication::{Contradiction, Publication};

/// Upper bound of an unknown that has none.
pub(crate) const SANS_PLAFOND: i64 = i64::MAX;
/// Sweeps over the relations: each may narrow what the one before left.
const BALAYAGES: usize = 60;

/// An unknown and the values that it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bornes {
    pub bas: i64,
    pub haut: i64,
}

impl Bornes {
    fn fixe(self) -> Option<i64> {
        (self.bas == self.haut).then_some(self.bas)
    }
}

/// `Σ coefficient × unknown = second`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Equation {
    pub termes: Vec<(u32, i64)>,
    pub second: i128,
}

/// Unknowns tied together by equations.
#[derive(Debug, Clone, Default)]
pub(crate) struct Composante {
    /// Unknown of the whole reduction that each local one is.
    pub inconnues: Vec<u32>,
    pub bornes: Vec<Bornes>,
    pub equations: Vec<Equation>,
}

/// What is left to solve.
#[derive(Debug)]
pub(crate) struct Reduction {
    /// Unknown of each masked cell.
    pub inconnue_de: Vec<Option<u32>>,
    pub bornes: Vec<Bornes>,
    pub composantes: Vec<Composante>,
}

/// Reduces a view, or says why it cannot be one.
pub(crate) fn reduit(publication: &Publication) -> Result<Reduction, Contradiction> {
    let (inconnue_de, mut bornes) = inconnues(publication, &mut egales(publication))?;
    let mut equations = equations(publication, &inconnue_de)?;
    for _ in 0..BALAYAGES {
        let mut change = false;
        for e in &equations {
            change |= resserre(e, &mut bornes)?;
        }
        if !change {
            break;
        }
    }
    equations = equations.into_iter().filter_map(|e| sans_fixes(e, &bornes).transpose()).collect::<Result<_, _>>()?;
    let composantes = composantes(&bornes, equations);
    Ok(Reduction { inconnue_de, bornes, composantes })
}

/// Disjoint groups of positions.
pub(crate) struct Groupes(Vec<u32>);

impl Groupes {
    pub(crate) fn de(taille: usize) -> Self {
        Self((0..taille as u32).collect())
    }

    pub(crate) fn racine(&mut self, mut i: u32) -> u32 {
        while self.0[i as usize] != i {
            self.0[i as usize] = self.0[self.0[i as usize] as usize];
            i = self.0[i as usize];
        }
        i
    }

    pub(crate) fn unit(&mut self, a: u32, b: u32) {
        let (a, b) = (self.racine(a), self.racine(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}

/// Groups of masked cells that relations make equal: a total, its only masked part, and shown ones that sum to zero.
fn egales(publication: &Publication) -> Groupes {
    let mut groupes = Groupes::de(publication.cellules.len());
    for relation in &publication.relations {
        let valeur = |(i, c): &(u32, i64)| Some((publication.cellules[*i as usize].valeur?, *c));
        let reste: i128 = relation.iter().filter_map(valeur).map(|(v, c)| i128::from(v) * i128::from(c)).sum();
        let mut masquees = relation.iter().filter(|t| valeur(t).is_none());
        if let (Some((a, c)), Some((b, d)), None, 0) = (masquees.next(), masquees.next(), masquees.next(), reste)
            && *c == -*d
        {
            groupes.unit(*a, *b);
        }
    }
    groupes
}

type Inconnues = (Vec<Option<u32>>, Vec<Bornes>);

fn inconnues(publication: &Publication, egales: &mut Groupes) -> Result<Inconnues, Contradiction> {
    let mut rang: BTreeMap<u32, u32> = BTreeMap::new();
    let mut bornes: Vec<Bornes> = vec![];
    let mut inconnue_de = Vec::with_capacity(publication.cellules.len());
    for (i, c) in publication.cellules.iter().enumerate() {
        if c.valeur.is_some() {
            inconnue_de.push(None);
            continue;
        }
        let k = *rang.entry(egales.racine(i as u32)).or_insert_with(|| {
            bornes.push(Bornes { bas: 0, haut: SANS_PLAFOND });
            bornes.len() as u32 - 1
        });
        let b = &mut bornes[k as usize];
        b.bas = b.bas.max(i64::try_from(c.plancher).unwrap_or(SANS_PLAFOND));
        b.haut = b.haut.min(c.plafond.and_then(|p| i64::try_from(p).ok()).unwrap_or(SANS_PLAFOND));
        if b.bas > b.haut {
            return Err(Contradiction::Vide);
        }
        inconnue_de.push(Some(k));
    }
    Ok((inconnue_de, bornes))
}

fn equations(publication: &Publication, inconnue_de: &[Option<u32>]) -> Result<Vec<Equation>, Contradiction> {
    let mut vues: HashSet<Equation> = HashSet::new();
    let mut toutes = vec![];
    for (rang, relation) in publication.relations.iter().enumerate() {
        let mut second = 0i128;
        let mut termes: BTreeMap<u32, i64> = BTreeMap::new();
        for (i, coef) in relation {
            match (inconnue_de[*i as usize], publication.cellules[*i as usize].valeur) {
                (Some(k), _) => *termes.entry(k).or_default() += coef,
                (None, valeur) => second -= i128::from(*coef) * i128::from(valeur.unwrap_or(0)),
            }
        }
        termes.retain(|_, coef| *coef != 0);
        if termes.is_empty() {
            if second != 0 {
                return Err(Contradiction::Relation(rang + 1));
            }
            continue;
        }
        let e = Equation { termes: termes.into_iter().collect(), second };
        if vues.insert(e.clone()) {
            toutes.push(e);
        }
    }
    Ok(toutes)
}

/// What `Σ c·x` can reach at least or at most, leaving out the terms that have no bound.
#[derive(Debug, Default, Clone, Copy)]
struct Portee {
    somme: i128,
    sans_borne: usize,
}

impl Portee {
    fn ajoute(&mut self, terme: Option<i128>) {
        terme.map_or_else(|| self.sans_borne += 1, |t| self.somme += t);
    }

    fn sans(self, terme: Option<i128>) -> Self {
        match terme {
            Some(t) => Self { somme: self.somme - t, ..self },
            None => Self { sans_borne: self.sans_borne - 1, ..self },
        }
    }

    fn finie(self) -> Option<i128> {
        (self.sans_borne == 0).then_some(self.somme)
    }
}

/// Narrows every unknown of an equation by the others; true when one was.
fn resserre(e: &Equation, bornes: &mut [Bornes]) -> Result<bool, Contradiction> {
    let (mut bas, mut haut) = (Portee::default(), Portee::default());
    for (k, c) in &e.termes {
        let (petit, grand) = extremes(bornes[*k as usize], *c);
        bas.ajoute(petit);
        haut.ajoute(grand);
    }
    let mut change = false;
    for (k, c) in &e.termes {
        let avant = bornes[*k as usize];
        let (petit, grand) = extremes(avant, *c);
        let (autres_bas, autres_haut) = (bas.sans(petit), haut.sans(grand));
        let (plus, moins) = (autres_bas.finie().map(|a| e.second - a), autres_haut.finie().map(|a| e.second - a));
        let (dessus, dessous) = if *c > 0 { (plus, moins) } else { (moins, plus) };
        let c128 = i128::from(*c);
        let apres = Bornes {
            bas: dessous.map_or(avant.bas, |d| avant.bas.max(borne(div_haut(d, c128)))),
            haut: dessus.map_or(avant.haut, |d| avant.haut.min(borne(div_bas(d, c128)))),
        };
        if apres.bas > apres.haut {
            return Err(Contradiction::Vide);
        }
        if apres != avant {
            let (petit, grand) = extremes(apres, *c);
            (bas, haut) = (autres_bas, autres_haut);
            bas.ajoute(petit);
            haut.ajoute(grand);
            bornes[*k as usize] = apres;
            change = true;
        }
    }
    Ok(change)
}

/// Smallest and largest value of `c × x`.
fn extremes(b: Bornes, c: i64) -> (Option<i128>, Option<i128>) {
    let c = i128::from(c);
    let bas = Some(c * i128::from(b.bas));
    let haut = (b.haut != SANS_PLAFOND).then(|| c * i128::from(b.haut));
    if c > 0 { (bas, haut) } else { (haut, bas) }
}

fn borne(x: i128) -> i64 {
    i64::try_from(x.clamp(-1, i128::from(SANS_PLAFOND))).unwrap_or(SANS_PLAFOND)
}

/// Quotient rounded towards minus infinity.
fn div_bas(a: i128, b: i128) -> i128 {
    let (a, b) = if b < 0 { (-a, -b) } else { (a, b) };
    a.div_euclid(b)
}

/// Quotient rounded towards plus infinity.
fn div_haut(a: i128, b: i128) -> i128 {
    -div_bas(-a, b)
}

/// The equation without the unknowns that have a single value left.
fn sans_fixes(e: Equation, bornes: &[Bornes]) -> Result<Option<Equation>, Contradiction> {
    let mut second = e.second;
    let mut termes = vec![];
    for (k, c) in e.termes {
        match bornes[k as usize].fixe() {
            Some(v) => second -= i128::from(c) * i128::from(v),
            None => termes.push((k, c)),
        }
    }
    match termes.is_empty() {
        true if second != 0 => Err(Contradiction::Vide),
        true => Ok(None),
        false => Ok(Some(Equation { termes, second })),
    }
}

/// Unknowns tied by equations, each group by itself; those with a single value left are solved already.
fn composantes(bornes: &[Bornes], equations: Vec<Equation>) -> Vec<Composante> {
    let mut lies = Groupes::de(bornes.len());
    for e in &equations {
        e.termes.iter().for_each(|(k, _)| lies.unit(e.termes[0].0, *k));
    }
    let mut groupes: BTreeMap<u32, Composante> = BTreeMap::new();
    let mut local = vec![0u32; bornes.len()];
    for (k, b) in bornes.iter().enumerate().filter(|(_, b)| b.fixe().is_none()) {
        let c = groupes.entry(lies.racine(k as u32)).or_default();
        local[k] = c.inconnues.len() as u32;
        c.inconnues.push(k as u32);
        c.bornes.push(*b);
    }
    for mut e in equations {
        let groupe = groupes.entry(lies.racine(e.termes[0].0)).or_default();
        e.termes.iter_mut().for_each(|(k, _)| *k = local[*k as usize]);
        groupe.equations.push(e);
    }
    groupes.into_values().collect()
}
