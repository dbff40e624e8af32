//! Everything the checks look things up in, computed once: the campaign, the fiche dispositif of each
//! person, the event of each person, what the node already holds.

use std::collections::HashMap;

use chrono::NaiveDate;
use referentiel::identifiant::ReferencePersonne;
use referentiel::texte::plie;

use super::campagne::Campagne;
use super::contexte::Contexte;
use super::memoire::Memoire;
use super::rapprochement::Rapprochement;
use super::rattachement::Rattachement;
use crate::lecture::{ClasseurLu, EvenementLu, PersonneLue, Symbole};

/// The frame of one check run.
pub(super) struct Cadre<'a> {
    pub classeur: &'a ClasseurLu,
    pub contexte: &'a Contexte,
    pub campagne: Campagne,
    pub rattachement: Rattachement,
    pub rapprochement: Rapprochement,
    pub memoire: Memoire<'a>,
    /// Well-formed reference of each person.
    pub references: Vec<Option<ReferencePersonne>>,
    /// Fiche dispositif of each person.
    pub fiches: Vec<Option<usize>>,
    /// Distinct texts, folded for comparison.
    pub plies: Vec<String>,
    /// For each fiche and each structure text that a person of hers carries: rank in the fiche's list.
    structures: HashMap<(usize, Symbole), Option<usize>>,
}

impl<'a> Cadre<'a> {
    pub(super) fn nouveau(classeur: &'a ClasseurLu, contexte: &'a Contexte) -> Self {
        let campagne = Campagne::du_classeur(classeur, contexte);
        let rattachement = Rattachement::du_classeur(classeur);
        let personnes = &classeur.personnes;
        let fiches: Vec<_> =
            personnes.iter().map(|p| rattachement.fiche(p.reference_dispositif, p.dispositif)).collect();
        let plies: Vec<_> = classeur.textes.tous().map(plie).collect();
        Self {
            structures: rangs_des_structures(classeur, &fiches, &plies),
            references: personnes.iter().map(|p| p.reference.valeur()?.parse().ok()).collect(),
            rapprochement: Rapprochement::du_classeur(classeur, &campagne),
            memoire: Memoire::du_contexte(contexte, campagne.trimestre, classeur),
            classeur,
            contexte,
            campagne,
            rattachement,
            fiches,
            plies,
        }
    }

    /// The text of a symbol.
    pub(super) fn texte(&self, symbole: Symbole) -> &'a str {
        self.classeur.textes.texte(symbole)
    }

    /// A text folded for comparison.
    pub(super) fn plie(&self, symbole: Symbole) -> &str {
        self.plies.get(symbole.rang()).map_or("", String::as_str)
    }

    /// Rank, in the list of a fiche dispositif, of a structure that one of its persons carries.
    pub(super) fn rang_structure(&self, fiche: usize, structure: Symbole) -> Option<usize> {
        self.structures.get(&(fiche, structure)).copied().flatten()
    }

    /// The event that tells the situation of a person.
    pub(super) fn evenement(&self, personne: usize) -> Option<&'a EvenementLu> {
        self.rapprochement.evenement_de[personne].map(|rang| &self.classeur.evenements[rang])
    }

    /// The person an event is about, and her rank.
    pub(super) fn personne(&self, evenement: usize) -> Option<(usize, &'a PersonneLue)> {
        self.rapprochement.personne_de[evenement].map(|rang| (rang, &self.classeur.personnes[rang]))
    }

    /// Exit already over before this campaign's period.
    pub(super) fn deja_sortie(&self, personne: &PersonneLue) -> bool {
        personne.sortie.copie().is_some_and(|sortie| self.campagne.deja_sortie(sortie))
    }

    /// Entry announced for after the campaign's date.
    pub(super) fn entree_future(&self, personne: &PersonneLue) -> bool {
        personne.entree.copie().is_some_and(|entree: NaiveDate| self.campagne.depassee_par(entree))
    }
}

fn rangs_des_structures(
    classeur: &ClasseurLu,
    fiches: &[Option<usize>],
    plies: &[String],
) -> HashMap<(usize, Symbole), Option<usize>> {
    let listes: Vec<HashMap<String, usize>> = classeur
        .dispositifs
        .iter()
        .map(|d| {
            let structures = d.structures.valeur().map_or(&[][..], Vec::as_slice).iter().enumerate();
            // The first spelling of a structure wins; C-DI-08 speaks of the others.
            structures.rev().map(|(rang, nom)| (plie(nom), rang)).collect()
        })
        .collect();
    let mut rangs = HashMap::new();
    for (personne, fiche) in classeur.personnes.iter().zip(fiches) {
        if let (Some(fiche), Some(structure)) = (*fiche, personne.structure.copie()) {
            rangs.entry((fiche, structure)).or_insert_with(|| {
                listes.get(fiche).zip(plies.get(structure.rang())).and_then(|(liste, nom)| liste.get(nom)).copied()
            });
        }
    }
    rangs
}
