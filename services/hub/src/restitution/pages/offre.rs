//! Services and tariffs of the centres side by side, by service, by mode, by membership.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use web::Table;

use super::Vue;
use super::fichier::{adresses_de, fichier};
use super::filtres::{Filtres, Liste};
use crate::acces::Guichet;
use crate::restitution::offre::{self, Affiliation, Mode, Recherche};
use crate::service::Service;

/// Codes and words of the modes.
const MODES: [(&str, &str, Mode); 2] =
    [("individuel", "Individuel", Mode::Individuel), ("collectif", "En groupe", Mode::Collectif)];
/// The same of membership.
const AFFILIATIONS: [(&str, &str, Affiliation); 2] = [
    ("affiliee", "Collectivité affiliée", Affiliation::Affiliee),
    ("non-affiliee", "Collectivité non affiliée", Affiliation::NonAffiliee),
];

/// What the reader chose.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    q: Option<String>,
    famille: Option<String>,
    mode: Option<String>,
    affiliation: Option<String>,
    table: Option<String>,
    format: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "offre.html")]
struct Offre {
    filtres: Filtres,
    /// Those that have a row.
    sections: Vec<Section>,
}

/// A table, its title and its files.
#[derive(Debug)]
struct Section {
    titre: &'static str,
    table: Table,
    exports: Vec<(String, &'static str)>,
}

/// `GET /offre`
pub async fn offre(State(service): State<Service>, Query(choix): Query<Choix>, guichet: Guichet) -> Response {
    let vue = Vue::de(&service, &guichet);
    let recherche = choix.recherche();
    let lue = match offre::lit(&guichet, &recherche).await {
        Ok(lue) => lue,
        Err(erreur) => return vue.refuse(&erreur),
    };
    let filtres = choix.filtres(&recherche);
    let tables = [
        ("Prestations", lue.prestations, "prestations"),
        ("Tarifs", lue.tarifs, "tarifs"),
        ("Outils partagés", lue.outils, "outils"),
    ];
    if let Some((_, table, nom)) = tables.iter().find(|(.., nom)| choix.table.as_deref() == Some(nom)) {
        let nom = format!("offre-{nom}");
        if let Some(reponse) = fichier(&service, &filtres, table, &nom, choix.format.as_deref()) {
            return reponse;
        }
    }
    let pleines = tables.into_iter().filter(|(_, table, _)| !table.est_vide());
    let section = |(titre, table, nom)| Section { titre, table, exports: adresses_de(&filtres, nom) };
    let sections = pleines.map(section).collect();
    vue.page(StatusCode::OK, "/offre", "Offre de services", &Offre { filtres, sections })
}

impl Choix {
    fn recherche(&self) -> Recherche {
        let famille = self.famille.as_deref().and_then(|f| offre::familles().into_iter().find(|(c, _)| c == f));
        let mode = MODES.iter().find(|(c, ..)| self.mode.as_deref() == Some(c));
        let affiliation = AFFILIATIONS.iter().find(|(c, ..)| self.affiliation.as_deref() == Some(c));
        Recherche {
            mots: self.q.clone().unwrap_or_default(),
            famille: famille.map(|(code, _)| code),
            mode: mode.map(|(.., m)| *m),
            affiliation: affiliation.map(|(.., a)| *a),
        }
    }

    fn filtres(&self, recherche: &Recherche) -> Filtres {
        let options =
            |codes: &[(&str, &str)]| codes.iter().map(|(c, l)| ((*c).to_owned(), (*l).to_owned())).collect::<Vec<_>>();
        let modes = options(&MODES.map(|(c, l, _)| (c, l)));
        let affiliations = options(&AFFILIATIONS.map(|(c, l, _)| (c, l)));
        let choisi = |texte: &Option<String>| texte.clone().unwrap_or_default();
        Filtres {
            chemin: "/offre".into(),
            bouton: "Filtrer l’offre",
            recherche: Some(recherche.mots.clone()),
            listes: vec![
                Liste::nouvelle("famille", "Famille", offre::familles(), &choisi(&recherche.famille))
                    .avec_tout("Toutes les familles"),
                Liste::nouvelle("mode", "Mode", modes, &choisi(&self.mode)).avec_tout("Tous les modes"),
                Liste::nouvelle("affiliation", "Pour une collectivité", affiliations, &choisi(&self.affiliation))
                    .avec_tout("Affiliée ou non"),
            ],
        }
    }
}
