//! From a raw table to the system that the attacker faces: one cell for each count or amount, all
//! relations between them, what is already known, and what must be masked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use referentiel::Decimal;
use referentiel::cellule::Cle;
use rust_decimal::prelude::ToPrimitive as _;

use crate::brute::{CelluleBrute, Grandeur, TableBrute};
use crate::politique::{Passe, Politique};
use crate::primaire;
use crate::protection::EchecProtection;
use crate::protegee::{Lecteur, Motif, ValeurPubliee};
use crate::relations;
use crate::systeme::{Cellule, Sort, Systeme, cout_par_defaut};

/// The system, and where each of its first cells stands in the table.
pub(crate) struct Modele {
    pub systeme: Systeme,
    /// Position in the table of each cell; auxiliary unknowns come after.
    pub places: Vec<usize>,
    /// Why cells are masked from the start.
    pub motifs: BTreeMap<usize, Motif>,
    /// Counts that keep showing their earlier value, with that value.
    pub differees: BTreeMap<usize, u64>,
}

struct Relation {
    total: usize,
    parties: Vec<usize>,
}

/// What most readers come for, by place: stays shown whatever it costs the others, or costs much to mask.
#[derive(Debug, Default)]
pub(crate) struct Attendues {
    pub gardees: BTreeSet<usize>,
    pub cheres: BTreeSet<usize>,
}

/// How much dearer than another count a term of a rate is: it goes only where nothing else protects.
const CHERE: u64 = 1_000;

/// Builds the system of a table for one audience.
pub(crate) fn construit(
    brute: &TableBrute,
    politique: &Politique,
    passe: &Passe,
    lecteur: Lecteur,
    attendues: &Attendues,
) -> Result<Modele, EchecProtection> {
    let cellules = brute.cellules();
    let mut valeurs = valeurs(brute)?;
    let relations = additives(brute, &valeurs);
    let mut motifs = motifs(brute, politique, passe);
    let differees = differe(cellules, &relations, &mut valeurs, &mut motifs, politique, passe);
    let places: Vec<usize> = valeurs.keys().copied().collect();
    let liste: Vec<Cellule> = places
        .iter()
        .map(|i| {
            let connue = differees.contains_key(i) || attendues.gardees.contains(i) || inchangee(&cellules[*i], passe);
            let c = cellule(&cellules[*i], valeurs[i], motifs.get(i).copied(), connue, politique, passe);
            let poids = if attendues.cheres.contains(i) { CHERE } else { 1 };
            lue_par(lecteur, Cellule { cout: c.cout * poids, ..c })
        })
        .collect();
    let systeme = systeme(brute, liste, &valeurs, &relations)?;
    Ok(Modele { systeme, places, motifs, differees })
}

/// The system of a table none of whose counts is shown, for an attacker who knows nothing of them yet.
pub(crate) fn cache(brute: &TableBrute, politique: &Politique) -> Result<Modele, EchecProtection> {
    let valeurs = valeurs(brute)?;
    let cellule = |v: &u64| Cellule { sort: Sort::Forcee, ..Cellule::libre(*v, politique.largeur) };
    let liste = valeurs.values().map(cellule).collect();
    let systeme = systeme(brute, liste, &valeurs, &additives(brute, &valeurs))?;
    let places = valeurs.keys().copied().collect();
    Ok(Modele { systeme, places, motifs: BTreeMap::new(), differees: BTreeMap::new() })
}

fn valeurs(brute: &TableBrute) -> Result<BTreeMap<usize, u64>, EchecProtection> {
    let mut valeurs = BTreeMap::new();
    for (i, c) in brute.cellules().iter().enumerate() {
        match &c.grandeur {
            Grandeur::Effectif(n) => valeurs.insert(i, *n),
            Grandeur::Montant { valeur, .. } => valeurs.insert(i, centimes(*valeur, &c.cle)?),
            _ => None,
        };
    }
    Ok(valeurs)
}

/// Ties the cells of these values, in order, and the complements of sub-counts after them.
fn systeme(
    brute: &TableBrute,
    mut liste: Vec<Cellule>,
    valeurs: &BTreeMap<usize, u64>,
    relations: &[Relation],
) -> Result<Systeme, EchecProtection> {
    let rang: HashMap<usize, usize> = valeurs.keys().enumerate().map(|(r, i)| (*i, r)).collect();
    let sous_comptes = sous_comptes(brute, valeurs);
    let premiere_auxiliaire = liste.len();
    liste.extend(sous_comptes.iter().map(|(total, partie)| Cellule::auxiliaire(valeurs[total] - valeurs[partie])));
    let invalide = |e| EchecProtection::Incoherente(format!("{e}"));
    let mut systeme = Systeme::nouveau(liste).map_err(invalide)?;
    for r in relations {
        systeme.relie(rang[&r.total], r.parties.iter().map(|p| (rang[p], 1))).map_err(invalide)?;
    }
    for (i, (total, partie)) in sous_comptes.iter().enumerate() {
        systeme.relie(rang[total], [(rang[partie], 1), (premiere_auxiliaire + i, 1)]).map_err(invalide)?;
    }
    Ok(systeme)
}

fn centimes(valeur: Decimal, cle: &Cle) -> Result<u64, EchecProtection> {
    let entier = (valeur * Decimal::from(100)).round();
    entier.to_u64().ok_or_else(|| EchecProtection::Incoherente(format!("le montant de « {cle} » n’est pas acceptable")))
}

/// Relations which the true values satisfy. Those that the caller said hold by construction; among those
/// deduced from axes and territories, one whose parts are not all in the table (a crossing withdrawn, a
/// centre that did not answer) does not add up, and is no knowledge that a reader could use.
fn additives(brute: &TableBrute, valeurs: &BTreeMap<usize, u64>) -> Vec<Relation> {
    let places: Vec<usize> = valeurs.keys().copied().collect();
    let cles: Vec<&Cle> = places.iter().map(|i| &brute.cellules()[*i].cle).collect();
    let connues = relations::entre(brute.jeu(), &cles, brute.parents());
    let deduites = connues
        .into_iter()
        .map(|a| Relation { total: places[a.total], parties: a.parties.into_iter().map(|p| places[p]).collect() });
    let dites = brute.relations().iter().filter_map(|r| {
        let parties: Option<Vec<usize>> = r.parties.iter().map(|c| brute.rang(c)).collect();
        Some(Relation { total: brute.rang(&r.total)?, parties: parties? })
    });
    let tient = |r: &Relation| {
        let somme: Option<u128> = r.parties.iter().map(|p| valeurs.get(p).map(|v| u128::from(*v))).sum();
        somme.is_some() && somme == valeurs.get(&r.total).map(|v| u128::from(*v))
    };
    deduites.chain(dites).filter(tient).collect()
}

/// Numerators that count some of the persons of their denominator, when no other relation says it.
fn sous_comptes(brute: &TableBrute, valeurs: &BTreeMap<usize, u64>) -> BTreeSet<(usize, usize)> {
    let paire = |c: &CelluleBrute| {
        let Grandeur::Taux { numerateur, denominateur } = &c.grandeur else { return None };
        let (n, d) = (brute.rang(numerateur)?, brute.rang(denominateur)?);
        let ventilee = numerateur.indicateur == denominateur.indicateur;
        (!ventilee && valeurs.get(&n)? <= valeurs.get(&d)?).then_some((d, n))
    };
    brute.cellules().iter().filter_map(paire).collect()
}

fn motifs(brute: &TableBrute, politique: &Politique, passe: &Passe) -> BTreeMap<usize, Motif> {
    let mut motifs = BTreeMap::new();
    for (i, c) in brute.cellules().iter().enumerate() {
        if let Some(motif) = primaire::motif(c, brute, politique) {
            motifs.insert(i, motif);
            if motif == Motif::Groupe {
                motifs.extend(zero_voisin(brute, &c.cle, politique).map(|z| (z, Motif::Groupe)));
            }
        } else if passe.deja_masquees.contains(&c.cle) {
            motifs.insert(i, Motif::DejaMasquee);
        }
    }
    motifs
}

/// An empty value of the same sensitive axis: if all were shown, they would tell what is not.
fn zero_voisin(brute: &TableBrute, cle: &Cle, politique: &Politique) -> Option<usize> {
    cle.ventilation.axes().filter(|(axe, _)| politique.axes_sensibles.contains(*axe)).find_map(|(axe, _)| {
        let marge = cle.ventilation.sans(axe);
        brute.cellules().iter().position(|c| {
            c.grandeur == Grandeur::Effectif(0)
                && c.cle.indicateur == cle.indicateur
                && (c.cle.niveau, &c.cle.territoire) == (cle.niveau, &cle.territoire)
                && c.cle.ventilation.modalite(axe).is_some()
                && c.cle.ventilation.sans(axe) == marge
        })
    })
}

fn deja_montree(cellule: &CelluleBrute, passe: &Passe) -> Option<u64> {
    match passe.deja_publiees.get(&cellule.cle)? {
        ValeurPubliee::Effectif(n) => Some(*n),
        _ => None,
    }
}

fn inchangee(cellule: &CelluleBrute, passe: &Passe) -> bool {
    matches!(cellule.grandeur, Grandeur::Effectif(n) if deja_montree(cellule, passe) == Some(n))
}

/// A correction of too few persons is kept for later: the cell shows its earlier value as long as
/// everything still adds up, else it is masked.
fn differe(
    cellules: &[CelluleBrute],
    relations: &[Relation],
    valeurs: &mut BTreeMap<usize, u64>,
    motifs: &mut BTreeMap<usize, Motif>,
    politique: &Politique,
    passe: &Passe,
) -> BTreeMap<usize, u64> {
    let mut differees: BTreeMap<usize, u64> = BTreeMap::new();
    for (i, c) in cellules.iter().enumerate() {
        let (Some(avant), Grandeur::Effectif(n), false) =
            (deja_montree(c, passe), &c.grandeur, motifs.contains_key(&i))
        else {
            continue;
        };
        if avant != *n && avant.abs_diff(*n) < politique.seuil_de(&c.cle) {
            differees.insert(i, avant);
        }
    }
    loop {
        let montre = |i: &usize| i128::from(differees.get(i).copied().unwrap_or(valeurs[i]));
        let rompue = relations.iter().find(|r| {
            let concernee = r.parties.iter().chain([&r.total]).any(|i| differees.contains_key(i));
            concernee && r.parties.iter().map(montre).sum::<i128>() != montre(&r.total)
        });
        let Some(r) = rompue else { break };
        for i in r.parties.iter().chain([&r.total]) {
            if differees.remove(i).is_some() {
                motifs.insert(*i, Motif::Revision);
            }
        }
    }
    valeurs.extend(differees.iter().map(|(i, avant)| (*i, *avant)));
    differees
}

fn cellule(
    brute: &CelluleBrute,
    valeur: u64,
    motif: Option<Motif>,
    connue: bool,
    politique: &Politique,
    passe: &Passe,
) -> Cellule {
    let largeur = match &brute.grandeur {
        Grandeur::Montant { personnes, employeurs, .. } => {
            let plus_grande = personnes.premiere.max(employeurs.premiere) * Decimal::from(primaire::P_POUR_CENT);
            plus_grande.round().to_u64().unwrap_or(0).max(politique.largeur)
        }
        _ => politique.largeur,
    };
    let sort = match (motif, connue) {
        (Some(_), _) => Sort::Forcee,
        (None, true) => Sort::Gelee,
        (None, false) => Sort::Libre,
    };
    let stable = if passe.motif_precedent.contains(&brute.cle) { 2 } else { 1 };
    let fin = 1 + u64::from(brute.cle.niveau as u8);
    // A frame given before is known, unless the count has left it since.
    let cadre = passe.cadres.get(&brute.cle).filter(|c| c.contient(valeur));
    Cellule {
        valeur,
        sort,
        primaire: motif.is_some_and(Motif::est_primaire),
        largeur,
        cout: (cout_par_defaut(valeur) * fin / stable).max(1),
        plancher: cadre.map_or(0, |c| c.bas),
        plafond: cadre.map(|c| c.haut),
    }
}

/// Where all zeros are shown, a masked cell holds somebody; an empty one that must be masked all the same
/// (it would tell the value of a sensitive axis, or it was masked before) is no help to the others.
fn lue_par(lecteur: Lecteur, c: Cellule) -> Cellule {
    match (lecteur, c.valeur, c.sort) {
        (Lecteur::NeSupposeRien, ..) | (_, 0, Sort::Forcee) => c,
        (Lecteur::SaitLesZerosMontres, 0, _) => Cellule { sort: Sort::Gelee, ..c },
        (Lecteur::SaitLesZerosMontres, ..) => Cellule { plancher: c.plancher.max(1), ..c },
    }
}
