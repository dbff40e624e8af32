//! Which cells add up to which: read from the axes and their nomenclatures, from the tree of
//! territories, from the identities of the jeu, and from the rates (a numerator is part of its
//! denominator). Any reader knows these; they are what the attacker solves.
//!
//! A hub relates the twenty thousand cells of a publication within the answer: each code is looked up once, and a
//! margin is a short row of numbers with one fewer.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use referentiel::cellule::Cle;
use referentiel::jeu::{Jeu, jeu};
use referentiel::territoire::Niveau;

/// Territory just above each territory.
pub type Parents = BTreeMap<(Niveau, String), (Niveau, String)>;

/// A total and its parts, by position in the list of keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Additive {
    /// Position of the total.
    pub total: usize,
    /// Positions of the parts.
    pub parties: Vec<usize>,
}

/// Relations between the cells of these keys. Parts that are not in the table are taken as empty:
/// whoever has the values keeps only the relations that these satisfy.
pub fn entre(nom_du_jeu: &str, cles: &[&Cle], parents: &Parents) -> Vec<Additive> {
    let table = Numerotation::de(cles);
    let jeu = jeu(nom_du_jeu);
    let mut groupes: HashMap<(usize, Famille), Vec<usize>> = HashMap::new();
    table.sommes_d_axe(jeu, |total, famille, partie| groupes.entry((total, famille)).or_default().push(partie));
    table.sommes_de_lieu(parents, |total, famille, partie| groupes.entry((total, famille)).or_default().push(partie));
    let mut toutes: Vec<Additive> =
        groupes.into_iter().map(|((total, _), parties)| Additive { total, parties }).collect();
    toutes.extend(jeu.into_iter().flat_map(|j| table.identites(j)));
    toutes.sort_unstable();
    toutes.dedup();
    toutes
}

/// Parts of one family add up to their total: the values of an axis, those grouped under one of them, the
/// territories of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Famille {
    Axe(u32),
    Regroupement(u32),
    Niveau(Niveau),
}

/// A number for each distinct thing, in order of appearance.
struct Numeros<T>(HashMap<T, u32>);

impl<T: Eq + Hash + Copy> Numeros<T> {
    fn numero(&mut self, chose: T) -> u32 {
        let suivant = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(chose).or_insert(suivant)
    }
}

impl<T> Default for Numeros<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

/// Keys as rows of numbers: indicator, place, then the values on axes in order of axis.
#[derive(Default)]
struct Numerotation<'c> {
    indicateurs: Numeros<&'c str>,
    lieux: Numeros<(Niveau, &'c str)>,
    axes: Numeros<&'c str>,
    modalites: Numeros<(&'c str, &'c str)>,
    lignes: Vec<Vec<u32>>,
    rang: HashMap<Vec<u32>, usize>,
}

/// Place of the first value in a row.
const INDICATEUR: usize = 0;
const LIEU: usize = 1;
const MODALITES: usize = 2;

impl<'c> Numerotation<'c> {
    fn de(cles: &[&'c Cle]) -> Self {
        let mut table = Self::default();
        for (rang, cle) in cles.iter().enumerate() {
            let mut ligne = Vec::with_capacity(MODALITES + 3);
            ligne.push(table.indicateurs.numero(&cle.indicateur));
            ligne.push(table.lieux.numero((cle.niveau, &cle.territoire)));
            for (axe, valeur) in cle.ventilation.axes() {
                table.axes.numero(axe);
                ligne.push(table.modalites.numero((axe, valeur)));
            }
            table.rang.insert(ligne.clone(), rang);
            table.lignes.push(ligne);
        }
        table
    }

    /// For each value: the family its cells belong to, and the value that stands in its place in their total, if
    /// any does. A grouping that no cell shows has no total.
    fn marges(&self, jeu: Option<&Jeu>) -> Vec<Option<(Famille, Option<u32>)>> {
        let mut marges = vec![None; self.modalites.0.len()];
        for ((axe, valeur), numero) in &self.modalites.0 {
            let liste = jeu.and_then(|j| j.nomenclature(axe));
            let parent = liste.and_then(|l| l.modalite(valeur)).and_then(|m| m.parent.as_deref());
            let marge = match parent {
                None => self.axes.0.get(axe).map(|axe| (Famille::Axe(*axe), None)),
                Some(parent) => self.modalites.0.get(&(*axe, parent)).map(|p| (Famille::Regroupement(*p), Some(*p))),
            };
            if let Some(place) = marges.get_mut(*numero as usize) {
                *place = marge;
            }
        }
        marges
    }

    /// Calls with each total, family and part that the axes and their nomenclatures make.
    fn sommes_d_axe(&self, jeu: Option<&Jeu>, mut note: impl FnMut(usize, Famille, usize)) {
        let marges = self.marges(jeu);
        let mut cherchee = Vec::new();
        for (rang, ligne) in self.lignes.iter().enumerate() {
            for (place, modalite) in ligne.iter().enumerate().skip(MODALITES) {
                let Some((famille, parent)) = marges.get(*modalite as usize).copied().flatten() else { continue };
                cherchee.clear();
                cherchee
                    .extend(ligne.iter().enumerate().filter_map(|(p, m)| if p == place { parent } else { Some(*m) }));
                if let Some(total) = self.rang.get(cherchee.as_slice()) {
                    note(*total, famille, rang);
                }
            }
        }
    }

    /// Calls with each total, family and part that the tree of territories makes.
    fn sommes_de_lieu(&self, parents: &Parents, mut note: impl FnMut(usize, Famille, usize)) {
        let dessus: HashMap<u32, (u32, Niveau)> = parents
            .iter()
            .filter_map(|((niveau, code), (plus_haut, au_dessus))| {
                let (lieu, total) = (self.lieu(*niveau, code)?, self.lieu(*plus_haut, au_dessus)?);
                Some((lieu, (total, *niveau)))
            })
            .collect();
        for (rang, ligne) in self.lignes.iter().enumerate() {
            let Some((lieu, niveau)) = ligne.get(LIEU).and_then(|l| dessus.get(l)) else { continue };
            if let Some(total) = self.ailleurs(ligne, LIEU, *lieu) {
                note(total, Famille::Niveau(*niveau), rang);
            }
        }
    }

    fn lieu(&self, niveau: Niveau, code: &str) -> Option<u32> {
        self.lieux.0.get(&(niveau, code)).copied()
    }

    /// Position of the cell whose row differs in one place.
    fn ailleurs(&self, ligne: &[u32], place: usize, numero: u32) -> Option<usize> {
        let mut autre = ligne.to_vec();
        *autre.get_mut(place)? = numero;
        self.rang.get(&autre).copied()
    }

    fn identites(&self, jeu: &Jeu) -> Vec<Additive> {
        let numero = |indicateur: &str| self.indicateurs.0.get(indicateur).copied();
        let mut toutes = vec![];
        for identite in &jeu.identites {
            let Some(somme) = numero(&identite.total) else { continue };
            let Some(termes) = identite.parties.iter().map(|p| numero(p)).collect::<Option<Vec<u32>>>() else {
                continue;
            };
            for (total, ligne) in self.lignes.iter().enumerate().filter(|(_, l)| l.get(INDICATEUR) == Some(&somme)) {
                if let Some(parties) = termes.iter().map(|t| self.ailleurs(ligne, INDICATEUR, *t)).collect() {
                    toutes.push(Additive { total, parties });
                }
            }
        }
        toutes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use referentiel::cellule::Ventilation;
    use std::collections::BTreeSet;

    /// The definition, key by key.
    fn definition(nom_du_jeu: &str, cles: &[&Cle], parents: &Parents) -> Vec<Additive> {
        let rang: HashMap<&Cle, usize> = cles.iter().enumerate().map(|(i, c)| (*c, i)).collect();
        let jeu = jeu(nom_du_jeu);
        let mut groupes: BTreeMap<(usize, String), Vec<usize>> = BTreeMap::new();
        for (i, cle) in cles.iter().enumerate() {
            let mut marges: Vec<(Cle, String)> = vec![];
            for (axe, valeur) in cle.ventilation.axes() {
                let parent = jeu.and_then(|j| j.nomenclature(axe)?.modalite(valeur)?.parent.clone());
                let ventilation = match &parent {
                    Some(p) => cle.ventilation.avec(axe, p),
                    None => cle.ventilation.sans(axe),
                };
                let famille = parent.map_or_else(|| axe.to_owned(), |p| format!("{axe}:{p}"));
                marges.push((Cle { ventilation, ..(*cle).clone() }, famille));
            }
            if let Some((niveau, territoire)) = parents.get(&(cle.niveau, cle.territoire.clone())) {
                let dessus = Cle { niveau: *niveau, territoire: territoire.clone(), ..(*cle).clone() };
                marges.push((dessus, format!("/{}", cle.niveau.code())));
            }
            for (marge, famille) in marges {
                if let Some(total) = rang.get(&marge) {
                    groupes.entry((*total, famille)).or_default().push(i);
                }
            }
        }
        let mut toutes: BTreeSet<Additive> =
            groupes.into_iter().map(|((total, _), parties)| Additive { total, parties }).collect();
        for identite in jeu.iter().flat_map(|j| &j.identites) {
            for (total, cle) in cles.iter().enumerate().filter(|(_, c)| c.indicateur == identite.total) {
                let partie = |i: &String| rang.get(&Cle { indicateur: i.clone(), ..(*cle).clone() }).copied();
                if let Some(parties) = identite.parties.iter().map(partie).collect() {
                    toutes.insert(Additive { total, parties });
                }
            }
        }
        toutes.into_iter().collect()
    }

    /// A cell of the jeu's own measures, territories and axes, groupings included.
    fn cle() -> impl Strategy<Value = Cle> {
        let jeu = jeu("ea.indicateurs").unwrap();
        let cites = jeu.identites.iter().flat_map(|i| i.parties.iter().chain([&i.total]).cloned());
        let indicateurs: Vec<String> = cites.chain([jeu.mesures[0].code.clone()]).collect();
        let lieux = [(Niveau::Region, "27"), (Niveau::Departement, "25"), (Niveau::Departement, "70")];
        let valeurs = |axe: &str| -> Vec<Option<(String, String)>> {
            let liste = jeu.nomenclature(axe).unwrap();
            let codes = liste.modalites.iter().map(|m| Some((axe.to_owned(), m.code.clone())));
            codes.take(6).chain([None, None]).collect()
        };
        let axes: Vec<_> = jeu.axes.iter().take(3).map(|a| prop::sample::select(valeurs(&a.code))).collect();
        (prop::sample::select(indicateurs), prop::sample::select(lieux.to_vec()), axes).prop_map(
            |(indicateur, (niveau, territoire), axes)| Cle {
                indicateur,
                niveau,
                territoire: territoire.to_owned(),
                ventilation: Ventilation::nouvelle(axes.into_iter().flatten()),
            },
        )
    }

    proptest! {
        #[test]
        fn numbered_keys_are_related_as_the_keys_themselves(cles in prop::collection::vec(cle(), 0..120)) {
            let region = (Niveau::Region, "27".to_owned());
            let parents: Parents =
                ["25", "70"].map(|d| ((Niveau::Departement, d.to_owned()), region.clone())).into_iter().collect();
            let cles: Vec<&Cle> = cles.iter().collect();
            prop_assert_eq!(
                entre("ea.indicateurs", &cles, &parents),
                definition("ea.indicateurs", &cles, &parents)
            );
        }
    }
}
