//! The convention of one centre: its actions, its axes, what is to be looked at.

use askama::Template;
use axum::response::Response;
use chrono::NaiveDate;
use referentiel::format;
use web::graphique::{Graphique, Puce, Puces};
use web::{Cellule, Colonne, Table, Valeur};

use super::{Choix, echeances, montant, nom_de_periode, periodes};
use crate::restitution::convention::alerte::{self, Alerte, SEUIL_PLAFOND, SEUIL_RYTHME};
use crate::restitution::convention::{Etat, Lecture, cellule, modele, part, rythme};
use crate::restitution::pages::fichier::{Image, adresses_de, fichier};
use crate::restitution::pages::filtres::Filtres;
use crate::service::Service;

#[derive(Debug, Template)]
#[template(path = "convention.html")]
pub struct Convention {
    nom: String,
    periode: String,
    complet: bool,
    filtres: Filtres,
    chiffres: Vec<(String, &'static str)>,
    alertes: Vec<Alerte>,
    puces: Puces,
    actions: Table,
    exports_actions: Vec<(String, &'static str)>,
    axes: Table,
    exports_axes: Vec<(String, &'static str)>,
    echeances: Vec<(String, &'static str)>,
    modele: &'static str,
    seuil: String,
    legende: &'static [(&'static str, &'static str)],
}

impl Convention {
    /// Its chart as a picture, when the address asks for it and the reader sees it.
    pub fn image(&self, service: &Service, choix: &Choix) -> Option<Image> {
        let graphique = self.complet.then_some(&self.puces as &dyn Graphique);
        let titre = format!("Convention avec le FIPHFP, {}, {}", self.nom, self.periode);
        Image::demandee(service, &self.filtres, (graphique, &titre), choix.format.as_deref())
    }

    /// One of its tables as a file, when the address asks for one.
    pub fn fichier(&self, service: &Service, choix: &Choix) -> Option<Response> {
        let (table, nom) = match choix.table.as_deref() {
            Some("axes") => (&self.axes, "convention-axes"),
            _ => (&self.actions, "convention-actions"),
        };
        fichier(service, &self.filtres, table, nom, choix.format.as_deref())
    }
}

/// The page of a convention that is received.
pub fn compose(etat: &Etat, lecture: &Lecture, aujourdhui: NaiveDate) -> Convention {
    let filtres = Filtres {
        chemin: format!("/conventions/{}", etat.noeud.identifiant).into(),
        bouton: "Afficher la période",
        recherche: None,
        listes: vec![periodes(lecture)],
    };
    let periode = nom_de_periode(&etat.periode);
    let euros = |mesure| montant(etat, etat.lit(mesure, None), Valeur::Euros).valeur.to_string();
    Convention {
        nom: etat.noeud.nom.clone(),
        complet: etat.complet,
        chiffres: vec![
            (euros("FP_DEMANDE"), "demandés"),
            (euros("FP_VALORISE"), "valorisés"),
            (euros("FP_PLAFONNE"), "payables"),
            (euros("FP_PAYE"), "payés"),
            (cellule(etat.temps(), Valeur::Taux).to_string(), "du temps écoulé"),
        ],
        alertes: alerte::alertes(etat),
        puces: puces(etat),
        actions: actions(etat, &periode),
        exports_actions: adresses_de(&filtres, "actions"),
        axes: axes(etat, &periode),
        exports_axes: adresses_de(&filtres, "axes"),
        echeances: echeances(aujourdhui),
        modele: &modele().libelle,
        seuil: format!(
            "Une alerte paraît quand le rythme est inférieur à {} du temps écoulé, et quand un axe atteint {} de son montant.",
            format::pourcentage(SEUIL_RYTHME),
            format::pourcentage(SEUIL_PLAFOND)
        ),
        legende: web::statut::LEGENDE,
        periode,
        filtres,
    }
}

fn puces(etat: &Etat) -> Puces {
    let lues: Vec<Puce> = modele()
        .actions
        .iter()
        .filter(|a| etat.lit("FP_CIBLE", Some(&a.code)).is_ok())
        .map(|a| {
            let part = etat.part_realisee(&a.code);
            Puce {
                libelle: court(&format!("{} {}", a.code, a.libelle)),
                valeur: cellule(part, Valeur::Taux).to_string(),
                part: part.ok(),
                attendu: etat.temps().ok(),
            }
        })
        .collect();
    let bonnes = lues.iter().filter(|p| p.part >= p.attendu && p.part.is_some()).count() as u64;
    let constat = format!(
        "{}, sur {} au plan.",
        format::compte(bonnes, "action suit le temps écoulé", "actions suivent le temps écoulé"),
        lues.len()
    );
    Puces::nouvelles(constat, "actions", lues)
}

/// What fits beside a bar; the table has the whole title.
fn court(texte: &str) -> String {
    const LARGEUR: usize = 26;
    if texte.chars().count() <= LARGEUR {
        return texte.to_owned();
    }
    let debut: String = texte.chars().take(LARGEUR).collect();
    let mots = debut.rsplit_once(' ').map_or(debut.as_str(), |(mots, _)| mots);
    format!("{mots}…")
}

fn actions(etat: &Etat, periode: &str) -> Table {
    let nombre = |d: referentiel::Decimal| Valeur::Decimal(d.normalize());
    let lignes = modele().actions.iter().map(|a| -> Vec<Cellule> {
        let code = Some(a.code.as_str());
        let part = etat.part_realisee(&a.code);
        let mot = alerte::mot_du_rythme(rythme(part, etat.temps())).map_or_else(Valeur::Absente, Valeur::from);
        vec![
            format!("{} {}", a.code, a.libelle).into(),
            a.unite.as_str().into(),
            montant(etat, etat.lit("FP_CIBLE", code), nombre),
            cellule(etat.lit("FP_REALISE", code), nombre).into(),
            montant(etat, part, Valeur::Taux),
            if etat.complet { mot.into() } else { Valeur::Rien.into() },
            montant(etat, etat.lit("FP_DEMANDE", code), Valeur::Euros),
            montant(etat, etat.lit("FP_VALORISE", code), Valeur::Euros),
            montant(etat, etat.lit("FP_REFUSEES", code), nombre),
        ]
    });
    Table {
        identifiant: "actions",
        titre: format!("Plan et réalisé par action, {periode}"),
        colonnes: vec![
            Colonne::texte("Action"),
            Colonne::texte("Unité"),
            Colonne::nombre("Cible"),
            Colonne::nombre("Réalisé"),
            Colonne::nombre("Atteinte"),
            Colonne::texte("Rythme"),
            Colonne::nombre("Demandé"),
            Colonne::nombre("Valorisé"),
            Colonne::nombre("Situations refusées"),
        ],
        lignes: lignes.collect(),
    }
}

fn axes(etat: &Etat, periode: &str) -> Table {
    let total = etat.lit("FP_DEMANDE", None);
    let lignes = modele().axes.iter().map(|axe| -> Vec<Cellule> {
        let (demande, valorise) = (etat.de_l_axe("FP_DEMANDE", axe.numero), etat.de_l_axe("FP_VALORISE", axe.numero));
        vec![
            format!("Axe {} : {}", axe.numero, axe.libelle).into(),
            montant(etat, demande, Valeur::Euros),
            montant(etat, part(demande, total), Valeur::Taux),
            axe.plafond_part.map_or(Valeur::Rien, Valeur::Taux).into(),
            montant(etat, valorise, Valeur::Euros),
            montant(etat, part(valorise, demande), Valeur::Taux),
        ]
    });
    Table {
        identifiant: "axes",
        titre: format!("Axes et plafonds, {periode}"),
        colonnes: vec![
            Colonne::texte("Axe"),
            Colonne::nombre("Demandé"),
            Colonne::nombre("Part du plan"),
            Colonne::nombre("Plafond de la part"),
            Colonne::nombre("Valorisé"),
            Colonne::nombre("Consommé"),
        ],
        lignes: lignes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_cut_between_words() {
        assert_eq!(court("3.2 Étude de poste"), "3.2 Étude de poste");
        assert_eq!(court("3.3 Accompagnement au maintien dans l’emploi"), "3.3 Accompagnement au…");
    }
}
