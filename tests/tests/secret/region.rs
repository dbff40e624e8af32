//! Everything that the hub shows of the six centres, its own sums included, attacked as one system. The system is
//! written beside the build for an attacker that shares no code with this one.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use hub::agregation::{Agregat, Contribution, somme};
use referentiel::Decimal;
use referentiel::cellule::{Audience, Cle, Statut};
use referentiel::jeu::Methode;
use referentiel::territoire::{self, Niveau};
use secret_statistique::audit::{CelluleVue, Effort, Publication, attaque};
use secret_statistique::recontrole::{Bornes, encadrer};
use secret_statistique::relations;
use secret_statistique::{CelluleProtegee, Grandeur, Lecteur, TableBrute, TableProtegee, ValeurPubliee};
use serde_json::{Value, json};

use crate::campagne::{CAMPAGNES, preparees};

/// What one reader holds: names, views, and what adds up.
#[derive(Default)]
struct Systeme {
    noms: Vec<String>,
    vues: Vec<CelluleVue>,
    relations: Vec<(usize, Vec<usize>)>,
}

impl Systeme {
    fn ajoute(&mut self, nom: String, vue: CelluleVue) -> usize {
        self.noms.push(nom);
        self.vues.push(vue);
        self.vues.len() - 1
    }

    /// The counts of a centre; gives their places.
    fn ajoute_centre(&mut self, centre: &str, brute: &TableBrute, table: &TableProtegee) -> HashMap<Cle, usize> {
        let plancher = u64::from(table.rapport().lecteur == Lecteur::SaitLesZerosMontres);
        let largeur = table.politique().largeur;
        let comptes: Vec<(&CelluleProtegee, u64)> = table
            .cellules()
            .iter()
            .filter_map(|c| match brute.cellule(&c.cle)?.grandeur {
                Grandeur::Effectif(n) => Some((c, n)),
                _ => None,
            })
            .collect();
        let depart = self.vues.len();
        for (c, vraie) in &comptes {
            let vue = match (&c.valeur, c.cadre) {
                (Some(ValeurPubliee::Effectif(n)), _) => CelluleVue::montree(*n),
                (_, Some(cadre)) => {
                    CelluleVue::masquee(largeur).connue_entre(cadre.bas.max(plancher), Some(cadre.haut))
                }
                // An empty cell that is masked all the same is no help to a reader: it was not due to its count.
                (_, None) => CelluleVue::masquee(largeur).connue_entre(plancher.min(*vraie), None),
            };
            self.ajoute(format!("{centre} {}", c.cle), vue);
        }
        let cles: Vec<&Cle> = comptes.iter().map(|(c, _)| &c.cle).collect();
        for r in relations::entre(table.jeu(), &cles, brute.parents()) {
            // A relation that the figures break (a date is missing) is none that a reader could use.
            if r.parties.iter().map(|p| comptes[*p].1).sum::<u64>() == comptes[r.total].1 {
                self.relations.push((depart + r.total, r.parties.iter().map(|p| depart + p).collect()));
            }
        }
        cles.into_iter().cloned().zip(depart..).collect()
    }

    /// What the hub shows of a total over départements, made of what their centres show.
    fn ajoute_somme(&mut self, nom: String, parts: &[(usize, Contribution)]) {
        let contributions: Vec<Contribution> = parts.iter().map(|(_, c)| c.clone()).collect();
        let entier = |d: Decimal| u64::try_from(d).unwrap_or(0);
        let vue = match somme(&contributions) {
            Agregat::Valeur(v) => CelluleVue::montree(entier(v)),
            Agregat::Entre(bas, haut) => CelluleVue::masquee(0).connue_entre(entier(bas), haut.map(entier)),
            _ => CelluleVue::masquee(0),
        };
        let total = self.ajoute(nom, vue);
        self.relations.push((total, parts.iter().map(|(place, _)| *place).collect()));
    }

    fn publication(&self) -> Publication {
        let mut publication = Publication::nouvelle(self.vues.clone());
        for (total, parts) in &self.relations {
            publication.relie(*total, parts.iter().map(|p| (*p, 1))).unwrap();
        }
        publication
    }

    /// The same for an attacker outside: `{"cells", "relations"}`, without any true value.
    fn en_json(&self) -> Value {
        let cellule = |(nom, vue): (&String, &CelluleVue)| {
            json!({
                "id": nom, "value": vue.valeur, "suppressed": vue.valeur.is_none(), "lb": vue.plancher,
                "ub": vue.plafond.map_or(json!(1e12), Value::from), "min_width": vue.largeur, "check": vue.largeur > 0,
            })
        };
        let nom = |i: &usize| &self.noms[*i];
        let relation = |(total, parts): &(usize, Vec<usize>)| json!({ "total": nom(total), "parts": parts.iter().map(nom).collect::<Vec<_>>() });
        json!({
            "cells": self.noms.iter().zip(&self.vues).map(cellule).collect::<Vec<_>>(),
            "relations": self.relations.iter().map(relation).collect::<Vec<_>>(),
        })
    }
}

fn contribution(c: &CelluleProtegee, cadre: Option<Bornes>) -> Contribution {
    let valeur = match c.valeur {
        Some(ValeurPubliee::Effectif(n)) => Some(Decimal::from(n)),
        _ => None,
    };
    let bornes = cadre.filter(|_| c.statut == Statut::Secret).map(|Bornes(bas, haut)| (bas, haut));
    Contribution { valeur, rapport: None, statut: c.statut, bornes }
}

fn tout(methode: Methode) -> Systeme {
    let mut systeme = Systeme::default();
    let mut sommes: BTreeMap<Cle, Vec<(usize, Contribution)>> = BTreeMap::new();
    for (campagne, preparee) in CAMPAGNES.iter().zip(preparees(methode)) {
        let table = preparee.protegees.iter().find(|t| t.politique().audience == Audience::Reseau).unwrap();
        let brute = preparee.brute(Audience::Reseau).unwrap();
        let places = systeme.ajoute_centre(campagne.centre.organisme, brute, table);
        let cadres = encadrer(table.jeu(), table.cellules(), brute.parents());
        for (c, cadre) in table.cellules().iter().zip(cadres) {
            let (Some(place), Niveau::Departement) = (places.get(&c.cle), c.cle.niveau) else { continue };
            let code = c.cle.territoire.parse().unwrap();
            let region = territoire::departement(&code).unwrap().region.clone();
            let cle = Cle { niveau: Niveau::Region, territoire: region, ..c.cle.clone() };
            sommes.entry(cle).or_default().push((*place, contribution(c, cadre)));
        }
    }
    for (cle, parts) in sommes.iter().filter(|(_, parts)| parts.len() > 1) {
        systeme.ajoute_somme(format!("hub {cle}"), parts);
    }
    systeme
}

fn attaque_tout(methode: Methode) {
    let systeme = tout(methode);
    let fichier = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("demonstration-{}.json", methode.code()));
    fs::write(&fichier, serde_json::to_vec(&systeme.en_json()).unwrap()).unwrap();
    let publication = systeme.publication();
    let audit = attaque(&publication, Effort::Largeur).unwrap();
    let masquees = systeme.vues.iter().filter(|v| v.valeur.is_none() && v.largeur > 0).count();
    assert!(masquees > 0);
    let etroites: Vec<&str> = audit.etroites(&publication).map(|i| systeme.noms[i].as_str()).collect();
    assert!(etroites.is_empty(), "{} : {:?}", etroites.len(), &etroites[..etroites.len().min(5)]);
}

#[test]
fn six_centres_and_the_sums_of_the_hub_tell_no_masked_cell() {
    attaque_tout(Methode::Masquage);
}

#[test]
fn nor_do_they_with_frames_in_place_of_blanks() {
    attaque_tout(Methode::Intervalles);
}
