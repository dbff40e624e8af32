//! The pages of the hub: the steering page of a campaign and a region, the accessibility statement, the
//! health of the service. Same query functions and same audience as the API.

pub mod administration;
mod comite;
pub(crate) mod comparaison;
pub mod connexion;
pub(crate) mod conventions;
pub mod donnees;
pub(crate) mod emploi;
mod fichier;
mod filtres;
mod formulaire;
mod offre;
pub(crate) mod pilotage;
pub mod pratiques;
pub mod relance;
mod vue;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_storage::completude::LigneCompletude;
use hub_storage::registre;
use referentiel::format;
use referentiel::jeu::jeu;
use referentiel::periode::Trimestre;
use referentiel::territoire;
use serde::Deserialize;
use web::table::APropos;
use web::{Accessibilite, STYLE, Table};

use crate::acces::{Guichet, Refus};

use super::tableau::{self, Colonnes, Tableau};
use crate::service::Service;

pub use comite::{compose as compose_dossier, dossier, prepare as prepare_dossier};
pub use comparaison::comparaison;
pub use conventions::{convention, conventions};
pub use emploi::emploi;
use filtres::{Filtres, Liste};
pub use offre::offre;
pub use pilotage::pilotage;
use vue::Vue;

/// What the reader chose, in the address: a page can be sent to a colleague.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    campagne: Option<String>,
    region: Option<String>,
    colonnes: Option<String>,
}

/// What one centre sent of one data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LigneCentre {
    /// Centre.
    pub centre: String,
    /// Data set.
    pub jeu: String,
    /// Expected.
    pub attendus: u64,
    /// Received.
    pub recus: u64,
    /// Received in time.
    pub dans_les_delais: u64,
    /// Received empty.
    pub vides: u64,
    /// First reception, in words.
    pub recu_le: String,
}

/// Content of the steering page.
#[derive(Debug, Template)]
#[template(path = "accueil.html")]
pub struct Accueil {
    /// Name of the campaign.
    pub campagne: String,
    /// Name of the region.
    pub region: String,
    /// Last day of the deposit.
    pub limite: Option<String>,
    /// « 5 centres sur 6 ont transmis ».
    pub bilan: String,
    /// Centres that have not sent everything, and where they are reminded; for those who may.
    pub a_relancer: Vec<(String, String)>,
    /// Campaign, region and columns to choose from.
    pub filtres: Filtres,
    /// Completeness.
    pub centres: Vec<LigneCentre>,
    /// Indicators.
    pub tableau: Tableau,
    /// Words of the table and what they mean.
    pub legende: &'static [(&'static str, &'static str)],
    /// What the model does not collect.
    pub non_collecte: String,
}

/// `GET /`.
pub async fn accueil(State(service): State<Service>, Query(choix): Query<Choix>, guichet: Guichet) -> Response {
    let vue = Vue::de(&service, &guichet);
    match page_d_accueil(&guichet, choix).await {
        Ok(Some(contenu)) => {
            let titre = format!("{} – {}", contenu.campagne, contenu.region);
            vue.page(StatusCode::OK, "/", &titre, &contenu)
        }
        Ok(None) => vue.message(
            StatusCode::NOT_FOUND,
            "Aucune campagne à montrer",
            "Cette campagne n’existe pas, ou aucune n’est encore ouverte. Une campagne s’ouvre par la configuration du hub, ou à la première publication d’un centre.",
        ),
        Err(erreur) => vue.refuse(&erreur),
    }
}

/// A table as the file that the address asks for; nothing when it asks for the page.
fn export(table: &Table, nom: &str, format: Option<&str>, a_propos: Vec<(String, String)>) -> Option<Response> {
    let a_propos = APropos { lignes: a_propos, date: None };
    let (octets, genre, extension) = match format? {
        "csv" => (table.csv_tableur(&a_propos), "text/csv; charset=utf-8", "csv"),
        "csv-ouvert" => (table.csv_ouvert(), "text/csv; charset=utf-8", "ouvert.csv"),
        "xlsx" => (table.xlsx(&a_propos), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        "ods" => (table.ods(&a_propos), "application/vnd.oasis.opendocument.spreadsheet", "ods"),
        _ => return None,
    };
    Some(match octets {
        Ok(octets) => {
            let disposition = format!("attachment; filename=\"{nom}.{extension}\"");
            let entetes = [(header::CONTENT_TYPE, genre.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
            (entetes, octets).into_response()
        }
        Err(erreur) => {
            tracing::error!(%erreur, "écriture d’un export");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    })
}

/// The files of a table, under it.
fn exports(adresse: &str) -> Vec<(String, &'static str)> {
    [("xlsx", "classeur (XLSX)"), ("ods", "classeur (ODS)"), ("csv", "CSV pour tableur"), ("csv-ouvert", "CSV ouvert")]
        .map(|(format, libelle)| (format!("{adresse}&format={format}"), libelle))
        .into()
}

async fn page_d_accueil(guichet: &Guichet, choix: Choix) -> Result<Option<Accueil>, Refus> {
    let toutes = guichet.campagnes(None).await?;
    let rang = filtres::rang(&toutes, choix.campagne.as_deref());
    let Some(choisie) = rang.and_then(|r| toutes.get(r)) else { return Ok(None) };
    let codes = filtres::codes_de_regions(guichet);
    let region = filtres::region_montree(guichet, &codes, choix.region.as_deref());
    let (maille, colonnes) = match choix.colonnes.as_deref() {
        Some("departements") => ("departements", Colonnes::Departements),
        _ => ("dispositifs", Colonnes::Dispositifs),
    };
    let noeuds = &guichet.configuration().noeuds;
    let de_la_region = |l: &LigneCompletude| {
        noeuds.iter().any(|(n, _)| n.identifiant.as_str() == l.noeud && n.regions.contains(&region))
    };
    // Who may not know who has sent sees the figures without that table.
    let mut lignes = match guichet.completude(&choisie.code).await {
        Err(Refus::Acces(_)) => vec![],
        lues => lues?,
    };
    lignes.retain(de_la_region);
    let tableau = tableau::de_la_region(guichet, &choisie.code, &region, colonnes).await?;
    let mailles = [("departements", "Départements"), ("dispositifs", "Dispositifs")];
    let mailles = mailles.map(|(valeur, mots)| (valeur.to_owned(), mots.to_owned()));
    Ok(Some(Accueil {
        campagne: libelle(&choisie.code),
        region: nom_region(&region),
        limite: choisie
            .limite_depot
            .map(|l| format::date_longue(l.with_timezone(&chrono_tz::Europe::Paris).date_naive())),
        bilan: bilan(&lignes),
        a_relancer: a_relancer(guichet, &choisie.code, &lignes),
        filtres: Filtres {
            chemin: "/".into(),
            bouton: "Afficher la campagne",
            recherche: None,
            listes: vec![
                filtres::campagnes(&toutes, &choisie.code),
                filtres::regions(&codes, &region),
                Liste::nouvelle("colonnes", "Colonnes du tableau", mailles, maille),
            ],
        },
        centres: lignes.iter().map(ligne).collect(),
        tableau,
        legende: web::statut::LEGENDE,
        non_collecte: jeu("ea.indicateurs").map(|j| j.non_collecte.join(", ")).unwrap_or_default(),
    }))
}

fn bilan(lignes: &[LigneCompletude]) -> String {
    let attendus: BTreeSet<&str> = lignes.iter().map(|l| l.noeud.as_str()).collect();
    let recus: BTreeSet<&str> = lignes.iter().filter(|l| l.recus > 0).map(|l| l.noeud.as_str()).collect();
    let accord = if recus.len() < 2 { "centre a" } else { "centres ont" };
    match attendus.len() {
        0 => "Aucun centre n’est attendu dans cette région.".to_owned(),
        n => format!("{} {accord} transmis, sur {n} {}.", recus.len(), if n < 2 { "attendu" } else { "attendus" }),
    }
}

fn a_relancer(guichet: &Guichet, campagne: &str, lignes: &[LigneCompletude]) -> Vec<(String, String)> {
    let incomplets: BTreeMap<&str, &str> =
        lignes.iter().filter(|l| l.recus < l.attendus).map(|l| (l.noeud.as_str(), l.nom.as_str())).collect();
    incomplets
        .into_iter()
        .filter(|(noeud, _)| guichet.peut_relancer(campagne, noeud))
        .map(|(noeud, nom)| (nom.to_owned(), pilotage::adresse_de_relance(campagne, noeud)))
        .collect()
}

fn ligne(l: &LigneCompletude) -> LigneCentre {
    let jour = l.recu_le.map(|t| format::date(t.with_timezone(&chrono_tz::Europe::Paris).date_naive()));
    LigneCentre {
        centre: l.nom.clone(),
        jeu: jeu(&l.jeu).map_or_else(|| l.jeu.clone(), |j| j.libelle.clone()),
        attendus: l.attendus,
        recus: l.recus,
        dans_les_delais: l.dans_les_delais,
        vides: l.vides,
        recu_le: jour.unwrap_or_else(|| "non transmis".to_owned()),
    }
}

pub(crate) fn libelle(code: &str) -> String {
    code.parse::<Trimestre>().map_or_else(|_| code.to_owned(), Trimestre::libelle_long)
}

pub(crate) fn nom_region(code: &str) -> String {
    territoire::region(code).map_or_else(|| "Aucune région".to_owned(), |r| r.nom.clone())
}

/// `GET /accessibilite`.
pub async fn accessibilite(State(service): State<Service>) -> Response {
    let hub = &service.configuration().hub;
    let contenu = Accessibilite {
        produit: &hub.nom,
        responsable: "La structure qui porte ce hub",
        contact: hub.contact.as_deref(),
    };
    Vue::sans_lecteur(&service).page(StatusCode::OK, "/accessibilite", "Accessibilité", &contenu)
}

/// `GET /style.css`.
pub async fn style() -> Response {
    let entetes = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (entetes, STYLE).into_response()
}

/// `GET /pret`: the database answers.
pub async fn pret(State(service): State<Service>) -> Response {
    match registre::tete_registre(service.db()).await {
        Ok(_) => (StatusCode::OK, "prêt\n").into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "la base ne répond pas\n").into_response(),
    }
}

/// Any other address.
pub async fn introuvable(State(service): State<Service>) -> Response {
    let texte = "Vérifiez l’adresse, ou revenez à l’accueil.";
    Vue::sans_lecteur(&service).message(StatusCode::NOT_FOUND, "Page introuvable", texte)
}

#[cfg(test)]
mod tests {
    use super::super::tableau::{Case, Ligne};
    use super::*;

    fn accueil() -> Accueil {
        let option = |valeur: &str| (valeur.to_owned(), valeur.to_owned());
        let case = |texte: &str, absente| Case { texte: texte.to_owned(), absente, valeur: texte.into() };
        Accueil {
            campagne: "1er trimestre 2026".to_owned(),
            region: "Bourgogne-Franche-Comté".to_owned(),
            limite: Some("10 avril 2026".to_owned()),
            bilan: "1 centre a transmis, sur 2 attendus.".to_owned(),
            a_relancer: vec![],
            filtres: Filtres {
                chemin: "/".into(),
                bouton: "Afficher la campagne",
                recherche: None,
                listes: vec![Liste::nouvelle("region", "Région", [option("27")], "27")],
            },
            centres: vec![LigneCentre {
                centre: "CDG <70>".to_owned(),
                jeu: "Indicateurs".to_owned(),
                attendus: 6,
                recus: 5,
                dans_les_delais: 4,
                vides: 1,
                recu_le: "02/04/2026".to_owned(),
            }],
            tableau: Tableau {
                colonnes: vec!["70 Haute-Saône".to_owned()],
                lignes: vec![Ligne {
                    code: "EA01".to_owned(),
                    libelle: "File active".to_owned(),
                    unite: "personnes".to_owned(),
                    definition: "x".to_owned(),
                    cases: vec![case("secret", true)],
                    total: case("entre 12 et 16", false),
                }],
            },
            legende: web::statut::LEGENDE,
            non_collecte: "le motif de sortie".to_owned(),
        }
    }

    #[test]
    fn the_steering_page_is_rendered_with_everything_and_with_nothing() {
        let html = accueil().render().unwrap();
        assert!(html.contains("CDG &#60;70&#62;"), "escaped");
        assert!(html.contains("5 sur 6") && html.contains("<progress") && html.contains("entre 12 et 16"));
        assert_eq!(html.matches("<table").count(), html.matches("<caption").count());
        assert_eq!(html.matches("<th ").count(), html.matches("scope=").count());
        assert!(!html.contains("style=") && !html.contains("<script"));
        let vide = Accueil { centres: vec![], tableau: Tableau::default(), limite: None, ..accueil() };
        let html = vide.render().unwrap();
        assert!(html.contains("Aucun indicateur") && !html.contains("<table"));
    }
}
