//! Settings, read-only: they stand in a file that the service parses when it starts. Also the journal.

use std::sync::Arc;

use anyhow::Result;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use node_storage::brouillon::CONSERVATION;
use referentiel::jeu::jeu;
use web::{Colonne, Table};

use super::Pages;
use super::envois::moment;
use super::rendu::{Entete, Onglet, Refus};
use super::session::Agent;
use crate::configuration::{Approbation, Hub};

#[derive(Debug, Template)]
#[template(path = "reglages.html")]
struct Reglages<'a> {
    identifiant: String,
    empreinte: String,
    cle: String,
    hub: Option<&'a Hub>,
    empreinte_hub: String,
    humaine: bool,
    horaires: Table,
    jours_brouillon: i64,
    journal: Table,
    acteur: &'a str,
    fin: String,
    jeton: &'a str,
}

/// `GET /reglages`
pub async fn montre(State(pages): State<Arc<Pages>>, agent: Agent) -> Result<Response, Refus> {
    let service = &pages.service;
    let publique = service.cle()?.publique();
    let maintenant = service.horloge.maintenant();
    let horaires = service.horaires()?.into_iter().map(|(code, horaire)| {
        let ligne = service.configuration.horaire.get(code).map_or("", String::as_str);
        let prochain = horaire.suivant(maintenant).map_or_else(|| "jamais".to_owned(), moment);
        vec![jeu(code).map_or(code, |j| j.libelle.as_str()).into(), ligne.into(), prochain.into()]
    });
    let hub = service.configuration.hub.as_ref();
    let lignes = service
        .base
        .journal(50)
        .await?
        .into_iter()
        .map(|l| vec![moment(l.quand).into(), l.acteur.into(), l.acte.into(), l.objet.into()]);
    let contenu = Reglages {
        identifiant: service.configuration.noeud.identifiant.to_string(),
        empreinte: publique.empreinte_lisible(),
        cle: publique.kid(),
        empreinte_hub: hub
            .and_then(|h| h.cle_publique.parse::<publication::ClePublique>().ok())
            .map(|c| c.empreinte_lisible())
            .unwrap_or_default(),
        hub,
        humaine: service.configuration.publication.approbation == Approbation::Humaine,
        horaires: Table {
            identifiant: "horaires",
            titre: "Envois planifiés, heure de Paris".to_owned(),
            colonnes: ["Jeu de données", "Horaire", "Prochain envoi"].map(Colonne::texte).into(),
            lignes: horaires.collect(),
        },
        jours_brouillon: CONSERVATION.num_days(),
        journal: Table {
            identifiant: "journal",
            titre: "Journal du nœud, du plus récent au plus ancien".to_owned(),
            colonnes: ["Quand", "Qui", "Quoi", "Sur quoi"].map(Colonne::texte).into(),
            lignes: lignes.collect(),
        },
        acteur: &agent.acteur,
        fin: moment(agent.fin),
        jeton: &agent.jeton,
    };
    Ok(pages.page(&agent, Entete::nouveau(Onglet::Reglages, "Réglages"), &contenu))
}
