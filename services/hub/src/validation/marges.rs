//! What is fully visible must add up: over the values of an axis, over the children of a grouping, over
//! the territories below. A part can never exceed its whole, even when its sisters are masked.
//!
//! Identities between measures are not checked: they hold on consistent data only (an entry date may
//! be missing), which is the node's matter.

use std::collections::BTreeMap;

use publication::{CodeRefus, Refus, TerritoirePublie};
use referentiel::territoire::Niveau;
use secret_statistique::{CelluleProtegee, ValeurPubliee};

use super::codage::{CleCodee, Codage, TableCodee, avec, depaquete, masque};

pub fn objections(codage: &Codage<'_>, table: &TableCodee<'_>, territoires: &[TerritoirePublie]) -> Vec<Refus> {
    let dessous = territoires_dessous(table, territoires);
    let mut refus: Vec<Refus> = table
        .index
        .iter()
        .filter(|(cle, _)| codage.mesure(**cle).is_some_and(|m| m.nature.compte_des_personnes()))
        .filter_map(|(cle, cellule)| {
            let total = effectif(cellule)?;
            let faux = axes(codage, table, *cle, cellule, total)
                .or_else(|| regroupements(codage, table, *cle, total))
                .or_else(|| territoire(table, *cle, total, &dessous))?;
            Some(Refus::nouveau(CodeRefus::SumMarginMismatch, faux).sur_cellule(&cellule.cle))
        })
        .collect();
    refus.sort_by(|a, b| a.cellule().cmp(&b.cellule()));
    refus
}

/// Values of each axis the jeu crosses further with.
fn axes(
    codage: &Codage<'_>,
    table: &TableCodee<'_>,
    cle: CleCodee,
    cellule: &CelluleProtegee,
    total: u64,
) -> Option<&'static str> {
    let deja = masque(cle.2);
    let faux = (0..codage.nombre_d_axes())
        .filter(|axe| deja >> axe & 1 == 0 && codage.permis(cellule.cle.niveau, cle.0, deja | 1 << axe))
        .any(|axe| !tient(table, total, codage.racines(axe).iter().map(|m| (cle.0, cle.1, avec(cle.2, axe, *m)))));
    faux.then_some("La somme des valeurs d’un axe n’est pas celle de la marge.")
}

/// Children of each grouping among the cell's own values (« en emploi » = CDI + CDD + intérim + alternance).
fn regroupements(codage: &Codage<'_>, table: &TableCodee<'_>, cle: CleCodee, total: u64) -> Option<&'static str> {
    let faux = depaquete(cle.2).any(|(axe, modalite)| {
        let Some(enfants) = codage.enfants(axe, modalite) else { return false };
        let reste = depaquete(cle.2).filter(|(a, _)| *a != axe).fold(0, |v, (a, m)| avec(v, a, m));
        !tient(table, total, enfants.iter().map(|m| (cle.0, cle.1, avec(reste, axe, *m))))
    });
    faux.then_some("La somme des valeurs regroupées n’est pas celle du regroupement.")
}

type Dessous = BTreeMap<(u32, Niveau), Vec<u32>>;

/// Territories just below each, by level.
fn territoires_dessous(table: &TableCodee<'_>, territoires: &[TerritoirePublie]) -> Dessous {
    let mut dessous = Dessous::new();
    for t in territoires {
        let parent = t.parent.as_ref().and_then(|p| table.territoire(p.niveau, &p.code));
        if let (Some(parent), Some(enfant)) = (parent, table.territoire(t.niveau, &t.code)) {
            dessous.entry((parent, t.niveau)).or_default().push(enfant);
        }
    }
    dessous
}

fn territoire(table: &TableCodee<'_>, cle: CleCodee, total: u64, dessous: &Dessous) -> Option<&'static str> {
    let niveaux = dessous.range((cle.1, Niveau::Structure)..=(cle.1, Niveau::Region));
    let faux = niveaux.into_iter().any(|(_, enfants)| !tient(table, total, enfants.iter().map(|t| (cle.0, *t, cle.2))));
    faux.then_some("La somme des territoires n’est pas celle du territoire qui les contient.")
}

/// Parts that are all there add up to the total; parts of which some are hidden or absent do not exceed it.
fn tient(table: &TableCodee<'_>, total: u64, parties: impl Iterator<Item = CleCodee>) -> bool {
    let (mut somme, mut completes, mut nombre) = (0u64, true, 0);
    for cle in parties {
        nombre += 1;
        match table.index.get(&cle).and_then(|c| effectif(c)) {
            Some(n) => somme = somme.saturating_add(n),
            None => completes = false,
        }
    }
    nombre == 0 || if completes { somme == total } else { somme <= total }
}

fn effectif(cellule: &CelluleProtegee) -> Option<u64> {
    match cellule.valeur {
        Some(ValeurPubliee::Effectif(n)) => Some(n),
        _ => None,
    }
}
