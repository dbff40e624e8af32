//! Which cells add up to which: read from the axes and their nomenclatures, from the tree of
//! territories, from the identities of the jeu, and from the rates (a numerator is part of its
//! denominator). Any reader knows these; they are what the attacker solves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use referentiel::cellule::{Cle, Ventilation};
use referentiel::jeu::{Jeu, jeu};
use referentiel::nomenclature::Nomenclature;
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
    let rang: HashMap<&Cle, usize> = cles.iter().enumerate().map(|(i, c)| (*c, i)).collect();
    let jeu = jeu(nom_du_jeu);
    let mut groupes: BTreeMap<(usize, String), Vec<usize>> = BTreeMap::new();
    for (i, cle) in cles.iter().enumerate() {
        for (marge, famille) in marges(jeu, cle) {
            if let Some(total) = rang.get(&marge) {
                groupes.entry((*total, famille)).or_default().push(i);
            }
        }
        if let Some((niveau, territoire)) = parents.get(&(cle.niveau, cle.territoire.clone())) {
            let dessus = Cle { niveau: *niveau, territoire: territoire.clone(), ..(*cle).clone() };
            if let Some(total) = rang.get(&dessus) {
                groupes.entry((*total, format!("/{}", cle.niveau.code()))).or_default().push(i);
            }
        }
    }
    let mut toutes: BTreeSet<Additive> =
        groupes.into_iter().map(|((total, _), parties)| Additive { total, parties }).collect();
    toutes.extend(jeu.into_iter().flat_map(|j| identites(j, cles, &rang)));
    toutes.into_iter().collect()
}

/// Margins that the cell is a part of, each with the name of the family of parts it belongs to.
fn marges(jeu: Option<&Jeu>, cle: &Cle) -> Vec<(Cle, String)> {
    let dans = |ventilation: Ventilation| Cle { ventilation, ..cle.clone() };
    cle.ventilation
        .axes()
        .map(|(axe, valeur)| {
            let liste: Option<&Nomenclature> = jeu.and_then(|j| j.nomenclature(axe));
            let parent = liste.and_then(|l| l.modalite(valeur)).and_then(|m| m.parent.clone());
            match parent {
                Some(p) => (dans(cle.ventilation.avec(axe, &p)), format!("{axe}:{p}")),
                None => (dans(cle.ventilation.sans(axe)), axe.to_owned()),
            }
        })
        .collect()
}

fn identites(jeu: &Jeu, cles: &[&Cle], rang: &HashMap<&Cle, usize>) -> Vec<Additive> {
    let mut toutes = vec![];
    for identite in &jeu.identites {
        for (total, cle) in cles.iter().enumerate().filter(|(_, c)| c.indicateur == identite.total) {
            let partie =
                |indicateur: &String| rang.get(&Cle { indicateur: indicateur.clone(), ..(*cle).clone() }).copied();
            if let Some(parties) = identite.parties.iter().map(partie).collect() {
                toutes.push(Additive { total, parties });
            }
        }
    }
    toutes
}
