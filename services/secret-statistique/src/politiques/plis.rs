//! Folds of a raw table along the nomenclatures of its axes: where a category holds small counts, it is published
//! without its detail, at every territory of a level and in every crossing made of it. Whatever stays keeps all
//! of its margins, so that no sum is left with a single part that could be computed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use referentiel::cellule::Cle;
use referentiel::jeu::{Jeu, jeu};
use referentiel::territoire::Niveau;

use super::regroupement::{Membres, Taille, choisit};
use crate::brute::{Grandeur, TableBrute};
use crate::politique::{Passe, Politique};
use crate::primaire;
use crate::retrait::termes;

/// A category published without its detail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pli {
    /// Measures: one, with those that an identity ties to it.
    pub indicateurs: BTreeSet<String>,
    /// Level, and the finer ones.
    pub niveau: Niveau,
    /// Axes crossed, and the crossings that have more.
    pub axes: Vec<String>,
    /// Axis whose values are put together.
    pub axe: String,
    /// Value that they become; none when the axis is left out.
    pub parent: Option<String>,
}

impl fmt::Display for Pli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indicateurs: Vec<&str> = self.indicateurs.iter().map(String::as_str).collect();
        write!(f, "{} · {} · {} : ", indicateurs.join(", "), self.niveau.code(), self.axes.join(" × "))?;
        match &self.parent {
            Some(parent) => write!(f, "« {parent} » sans son détail"),
            None => write!(f, "sans l’axe « {} »", self.axe),
        }
    }
}

/// A table without the detail of what was folded.
pub(crate) struct Pliee {
    pub table: TableBrute,
    pub plis: BTreeSet<Pli>,
}

/// Folds what is small, and what was folded before for the same readers.
pub(crate) fn plie(brute: &TableBrute, politique: &Politique, passe: &Passe) -> Pliee {
    let cellules = brute.cellules();
    let tailles: Vec<Taille> = cellules
        .iter()
        .map(|c| match primaire::motif(c, brute, politique) {
            Some(_) => Taille::Petite,
            None if matches!(c.grandeur, Grandeur::Effectif(0) | Grandeur::SansObjet) => Taille::Vide,
            None => Taille::Grande,
        })
        .collect();
    let familles = Familles::de(brute);
    let deja = |cle: &Cle| passe.deja_regroupees.contains(cle);
    let interessantes = cellules.iter().zip(&tailles).filter(|(c, t)| **t == Taille::Petite || deja(&c.cle));
    let possibles: BTreeSet<Pli> = interessantes.flat_map(|(c, _)| familles.plis_de(&c.cle)).collect();
    // Without its terms, a rate or a combination would mean nothing.
    let termes: BTreeSet<&Cle> = cellules.iter().flat_map(|c| termes(&c.grandeur)).collect();
    let permis = |membres: &Membres| {
        let cles = || membres.iter().map(|i| &cellules[*i].cle);
        cles().all(|cle| !termes.contains(cle) && !passe.deja_publiees.contains_key(cle))
    };
    let membres =
        |pli: &Pli| -> Membres { (0..cellules.len()).filter(|i| familles.contient(pli, &cellules[*i].cle)).collect() };
    let (plis, groupes): (Vec<Pli>, Vec<Membres>) =
        possibles.into_iter().map(|p| (membres(&p), p)).filter(|(m, _)| permis(m)).map(|(m, p)| (p, m)).unzip();
    let retenu = |g: &usize| groupes[*g].iter().all(|i| deja(&cellules[*i].cle));
    let choisis: BTreeSet<usize> =
        choisit(&tailles, &groupes).into_iter().chain((0..groupes.len()).filter(retenu)).collect();
    let dehors: BTreeSet<usize> = choisis.iter().flat_map(|g| groupes[*g].iter().copied()).collect();
    let reste = |cle: &Cle| brute.rang(cle).is_none_or(|i| !dehors.contains(&i));
    Pliee { table: brute.filtree(reste), plis: choisis.into_iter().map(|g| plis[g].clone()).collect() }
}

/// Measures that identities tie together: the detail of one would be computed from that of the others.
pub(crate) struct Familles {
    jeu: Option<&'static Jeu>,
    familles: BTreeMap<String, BTreeSet<String>>,
}

impl Familles {
    pub(crate) fn de(brute: &TableBrute) -> Self {
        let jeu = jeu(brute.jeu());
        let dites = brute.relations().iter().map(|r| {
            let cites = r.parties.iter().chain([&r.total]).map(|c| c.indicateur.clone());
            cites.collect::<BTreeSet<String>>()
        });
        let identites = jeu.iter().flat_map(|j| &j.identites);
        let declarees = identites.map(|i| i.parties.iter().chain([&i.total]).cloned().collect());
        let mut familles: Vec<BTreeSet<String>> = vec![];
        for mut liee in declarees.chain(dites) {
            let (touchees, autres): (Vec<_>, Vec<_>) = familles.into_iter().partition(|f| !f.is_disjoint(&liee));
            liee.extend(touchees.into_iter().flatten());
            familles = autres;
            familles.push(liee);
        }
        let par_membre = familles.iter().flat_map(|f| f.iter().map(move |i| (i.clone(), f.clone())));
        Self { jeu, familles: par_membre.collect() }
    }

    /// A measure with those tied to it.
    pub(crate) fn parente(&self, indicateur: &str) -> BTreeSet<String> {
        self.familles.get(indicateur).cloned().unwrap_or_else(|| BTreeSet::from([indicateur.to_owned()]))
    }

    fn parent(&self, axe: &str, valeur: &str) -> Option<&str> {
        self.jeu?.nomenclature(axe)?.modalite(valeur)?.parent.as_deref()
    }

    /// Ways to put a cell together with its sisters, one for each of its axes.
    fn plis_de(&self, cle: &Cle) -> Vec<Pli> {
        let axes: Vec<String> = cle.ventilation.axes().map(|(axe, _)| axe.to_owned()).collect();
        let pli = |(axe, valeur): (&str, &str)| Pli {
            indicateurs: self.parente(&cle.indicateur),
            niveau: cle.niveau,
            axes: axes.clone(),
            axe: axe.to_owned(),
            parent: self.parent(axe, valeur).map(str::to_owned),
        };
        cle.ventilation.axes().map(pli).collect()
    }

    fn contient(&self, pli: &Pli, cle: &Cle) -> bool {
        let Some(valeur) = cle.ventilation.modalite(&pli.axe) else { return false };
        cle.niveau <= pli.niveau
            && pli.indicateurs.contains(&cle.indicateur)
            && pli.axes.iter().all(|axe| cle.ventilation.modalite(axe).is_some())
            && self.est_sous(&pli.axe, valeur, pli.parent.as_deref())
    }

    /// Strictly below a value, or anywhere on the axis.
    fn est_sous(&self, axe: &str, valeur: &str, parent: Option<&str>) -> bool {
        let Some(voulu) = parent else { return true };
        std::iter::successors(self.parent(axe, valeur), |v| self.parent(axe, v)).any(|ancetre| ancetre == voulu)
    }
}
