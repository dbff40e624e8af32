//! What the node already holds about the persons and dispositifs of a workbook: the quarter before,
//! and the same quarter of other dispositifs. Looked up by reference, never by anything else.

use std::collections::{HashMap, HashSet};

use referentiel::identifiant::{ReferenceDispositif, ReferencePersonne};
use referentiel::periode::Trimestre;

use super::contexte::Contexte;
use crate::fiche::{FicheDispositif, FicheEvenement, Remontee};
use crate::lecture::ClasseurLu;
use crate::modalite::StatutAccompagnement;

/// A dispositif at the quarter before.
pub(super) struct Precedent<'a> {
    pub fiche: &'a FicheDispositif,
    pub remontee: &'a Remontee,
}

/// Earlier and neighbouring remontées, by reference.
#[derive(Default)]
pub(super) struct Memoire<'a> {
    /// Event of each person at the quarter before.
    pub evenements: HashMap<ReferencePersonne, &'a FicheEvenement>,
    /// Each dispositif at the quarter before.
    pub dispositifs: HashMap<&'a ReferenceDispositif, Precedent<'a>>,
    /// Persons accompanied this quarter by a dispositif that is not in the workbook.
    pub ailleurs: HashMap<ReferencePersonne, &'a ReferenceDispositif>,
}

impl<'a> Memoire<'a> {
    pub(super) fn du_contexte(contexte: &'a Contexte, trimestre: Option<Trimestre>, classeur: &ClasseurLu) -> Self {
        let Some(trimestre) = trimestre else { return Self::default() };
        let mut memoire = Self::default();
        for remontee in contexte.remontees.iter().filter(|r| r.trimestre == trimestre.precedent()) {
            memoire.evenements.extend(remontee.evenements.iter().map(|e| (e.personne, e)));
            let fiches = remontee.dispositifs.iter();
            memoire.dispositifs.extend(fiches.map(|fiche| (&fiche.reference, Precedent { fiche, remontee })));
        }
        let ici: HashSet<ReferenceDispositif> =
            classeur.dispositifs.iter().filter_map(|d| d.reference.valeur()?.parse().ok()).collect();
        for remontee in contexte.remontees.iter().filter(|r| r.trimestre == trimestre) {
            let suivies: HashSet<_> =
                remontee.evenements.iter().filter(|e| est_presente(e.statut)).map(|e| e.personne).collect();
            let ailleurs = remontee.personnes.iter().filter(|p| !ici.contains(&p.dispositif));
            let actives = ailleurs.filter(|p| suivies.contains(&p.reference));
            memoire.ailleurs.extend(actives.map(|p| (p.reference, &p.dispositif)));
        }
        memoire
    }
}

/// In the workforce: followed, or in veille totale.
pub(super) fn est_presente(statut: StatutAccompagnement) -> bool {
    statut != StatutAccompagnement::Termine
}
