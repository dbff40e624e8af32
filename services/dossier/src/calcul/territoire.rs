//! The territories of a campaign: structure < dispositif < département < région, and where each
//! person stands in them. Département and région are this node's own part of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use referentiel::territoire::{Niveau, departement};

use super::situation::Campagne;

/// From the finest to the widest.
pub(super) const NIVEAUX: [Niveau; 4] = [Niveau::Structure, Niveau::Dispositif, Niveau::Departement, Niveau::Region];

/// A territory, with the dispositifs that make it (the one it belongs to, for a structure).
#[derive(Debug, Default)]
pub(super) struct Territoire {
    pub code: String,
    pub dispositifs: Vec<usize>,
}

/// The territories of one level, and the one each person belongs to.
#[derive(Debug, Default)]
pub(super) struct Etage {
    pub territoires: Vec<Territoire>,
    /// For each person; `None` when the dispositif has no département.
    pub de_la_personne: Vec<Option<usize>>,
}

/// The territory just above each territory.
pub(super) type Parents = BTreeMap<(Niveau, String), (Niveau, String)>;

/// Code of a structure, unique over the node: two dispositifs may have structures of one name.
fn code_structure(dispositif: &str, structure: &str) -> String {
    format!("{dispositif}/{structure}")
}

/// The floors of the tree, in the order of [`NIVEAUX`], and the links between them.
pub(super) fn etages(campagne: &Campagne<'_>) -> ([Etage; 4], Parents) {
    let mut parents = Parents::new();
    let mut departements = Vec::new();
    let mut regions = Vec::new();
    for d in &campagne.dispositifs {
        let connu = d.fiche.departement.as_ref().and_then(departement);
        departements.push(connu.map(|d| d.code.to_string()));
        regions.push(connu.map(|d| d.region.clone()));
        if let Some(connu) = connu {
            let code = connu.code.to_string();
            parents.insert((Niveau::Dispositif, d.fiche.reference.to_string()), (Niveau::Departement, code.clone()));
            parents.insert((Niveau::Departement, code), (Niveau::Region, connu.region.clone()));
        }
    }
    let references = campagne.dispositifs.iter().map(|d| Some(d.fiche.reference.to_string())).collect::<Vec<_>>();
    let structures = etage_des_structures(campagne, &mut parents);
    let autres = [references, departements, regions].map(|codes| etage(campagne, &codes));
    let [dispositifs, departements, regions] = autres;
    ([structures, dispositifs, departements, regions], parents)
}

/// The floor where the dispositif of rank `i` belongs to the territory `codes[i]`.
fn etage(campagne: &Campagne<'_>, codes: &[Option<String>]) -> Etage {
    let distincts: BTreeSet<&String> = codes.iter().flatten().collect();
    let territoires: Vec<Territoire> = distincts
        .into_iter()
        .map(|code| Territoire {
            code: code.clone(),
            dispositifs: (0..codes.len()).filter(|rang| codes[*rang].as_ref() == Some(code)).collect(),
        })
        .collect();
    let du_dispositif: Vec<Option<usize>> = (0..codes.len())
        .map(|rang| territoires.iter().position(|territoire| territoire.dispositifs.contains(&rang)))
        .collect();
    let de_la_personne = campagne.personnes.iter().map(|p| du_dispositif[p.dispositif]).collect();
    Etage { territoires, de_la_personne }
}

/// Structures of the fiches, and any other one that persons name.
fn etage_des_structures(campagne: &Campagne<'_>, parents: &mut Parents) -> Etage {
    let listees = campagne
        .dispositifs
        .iter()
        .enumerate()
        .flat_map(|(rang, d)| d.fiche.structures.iter().map(move |structure| (rang, structure.as_str())));
    let nommees = campagne.personnes.iter().map(|p| (p.dispositif, p.personne.structure.as_str()));
    let structures: BTreeSet<(usize, &str)> = listees.chain(nommees).collect();
    let mut territoires = Vec::with_capacity(structures.len());
    let mut rangs = HashMap::with_capacity(structures.len());
    for (rang, structure) in structures {
        let dispositif = campagne.dispositifs[rang].fiche.reference.as_str();
        let code = code_structure(dispositif, structure);
        parents.insert((Niveau::Structure, code.clone()), (Niveau::Dispositif, dispositif.to_owned()));
        rangs.insert((rang, structure), territoires.len());
        territoires.push(Territoire { code, dispositifs: vec![rang] });
    }
    let de_la_personne =
        campagne.personnes.iter().map(|p| rangs.get(&(p.dispositif, p.personne.structure.as_str())).copied()).collect();
    Etage { territoires, de_la_personne }
}
