//! What the network shares, as the hub handed it down: benchmarks beside this centre's own published figures, and good
//! practices. Read from what this node holds, so the pages work while the hub is away.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use publication::fil::Pratique;
use referentiel::jeu::jeu;
use referentiel::texte::plie;
use serde::Deserialize;
use web::{Cellule, Colonne, Table};

use super::Pages;
use super::campagne::{Choix, Modalite};
use super::rendu::{Entete, Onglet, Refus, nom_campagne};
use super::session::Agent;
use crate::repere::{self, Situe};

#[derive(Debug, Template)]
#[template(path = "reperes.html")]
struct Reperes {
    campagnes: Vec<Modalite>,
    table: Table,
}

/// `GET /reperes?campagne=…`
pub async fn reperes(
    State(pages): State<Arc<Pages>>,
    Query(choix): Query<Choix>,
    agent: Agent,
) -> Result<Response, Refus> {
    let tous = repere::situes(&pages.service.base, None).await?;
    let connues: BTreeSet<&str> = tous.iter().map(|s| s.repere.campaign.as_str()).collect();
    let voulue = choix.campagne.map(|c| c.to_string()).or(connues.last().map(|c| (*c).to_owned())).unwrap_or_default();
    let colonnes = [
        Colonne::texte("Indicateur"),
        Colonne::nombre("Ce centre"),
        Colonne::nombre("Médiane du réseau"),
        Colonne::nombre("La moitié des centres, de"),
        Colonne::nombre("à"),
        Colonne::nombre("Centres comptés"),
    ];
    let contenu = Reperes {
        campagnes: connues.iter().rev().map(|c| Modalite::nouvelle(*c, nom_campagne(c), *c == voulue)).collect(),
        table: Table {
            identifiant: "reperes",
            titre: format!("Repères du réseau, {}", nom_campagne(&voulue)),
            colonnes: colonnes.into(),
            lignes: tous.iter().filter(|s| s.repere.campaign == voulue).map(ligne).collect(),
        },
    };
    Ok(pages.page(&agent, Entete::nouveau(Onglet::Partage, "Repères du réseau"), &contenu))
}

fn ligne(s: &Situe) -> Vec<Cellule> {
    let r = &s.repere;
    vec![
        format!("{} ({})", s.libelle(), r.indicator).into(),
        s.ici.map_or_else(|| "non publié ou secret".to_owned(), |valeur| s.dit(valeur)).into(),
        s.dit(r.median).into(),
        s.dit(r.q1).into(),
        s.dit(r.q3).into(),
        r.contributors.into(),
    ]
}

/// What somebody looks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Recherche {
    q: String,
    theme: String,
}

#[derive(Debug, Template)]
#[template(path = "pratiques.html")]
struct Pratiques {
    mots: String,
    themes: Vec<Modalite>,
    aucune: bool,
    fiches: Vec<Fiche>,
}

/// A practice as it is read.
#[derive(Debug)]
struct Fiche {
    titre: String,
    centre: String,
    champs: Vec<(&'static str, String)>,
    au_hub: Option<String>,
}

/// The hub's list reduced to this very practice: its name there is not told to the nodes, its centre and its title are.
fn page_au_hub(hub: &str, p: &Pratique) -> String {
    let mut filtres = form_urlencoded::Serializer::new(String::new());
    filtres.append_pair("emetteur", p.node.as_str()).append_pair("q", repere::titre(p));
    format!("{hub}/pratiques?{}", filtres.finish())
}

/// `GET /pratiques?q=…&theme=…`
pub async fn pratiques(
    State(pages): State<Arc<Pages>>,
    Query(recherche): Query<Recherche>,
    agent: Agent,
) -> Result<Response, Refus> {
    let articles = pages.service.base.articles("pratique/").await?;
    let recues: Vec<Pratique> = articles.into_iter().filter_map(|a| a.practice).collect();
    let mots = plie(&recherche.q);
    let retient = |p: &&Pratique| {
        let theme = p.fields.get("theme").map_or("", String::as_str);
        let tout = plie(&p.fields.values().map(String::as_str).collect::<Vec<_>>().join(" "));
        (recherche.theme.is_empty() || recherche.theme == theme) && mots.split(' ').all(|mot| tout.contains(mot))
    };
    let hub = pages.service.configuration.hub.as_ref().map(|h| h.adresse.trim_end_matches('/'));
    let fiche = |p: &Pratique| Fiche {
        titre: repere::titre(p).to_owned(),
        centre: p.center.clone(),
        champs: repere::champs(p),
        // Adopting is said to the whole network: it is done at the hub, by an account of this centre.
        au_hub: hub.map(|h| page_au_hub(h, p)),
    };
    let themes = jeu("pratiques").and_then(|j| j.nomenclature_de_nom("pratique_theme"));
    let tous = Modalite::nouvelle("", "Tous les thèmes", recherche.theme.is_empty());
    let connus = themes.into_iter().flat_map(|n| &n.modalites);
    let contenu = Pratiques {
        themes: std::iter::once(tous)
            .chain(connus.map(|m| Modalite::nouvelle(&m.code, &m.libelle, m.code == recherche.theme)))
            .collect(),
        aucune: recues.is_empty(),
        fiches: recues.iter().filter(retient).map(fiche).collect(),
        mots: recherche.q,
    };
    Ok(pages.page(&agent, Entete::nouveau(Onglet::Partage, "Bonnes pratiques du réseau"), &contenu))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_to_the_hub_names_the_centre_and_the_title() {
        let titre = ("titre".to_owned(), "Parrainage à l’embauche & suivi".to_owned());
        let pratique =
            Pratique { node: "cdg-287000012".parse().unwrap(), center: "CDG 70".to_owned(), fields: [titre].into() };
        assert_eq!(
            page_au_hub("https://hub.example", &pratique),
            "https://hub.example/pratiques?emetteur=cdg-287000012&q=Parrainage+%C3%A0+l%E2%80%99embauche+%26+suivi"
        );
    }
}
