//! How a page, a file or a refusal leaves the node. Never cached, never with a person in its address.

use std::fmt::Display;

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use node_storage::ErreurBase;
use referentiel::periode::Trimestre;
use web::{Avis, Cote, Lien, Page, Ton};

use super::Pages;
use super::session::Agent;

/// Entry of the menu that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onglet {
    /// Dashboard.
    Accueil,
    /// Fiches.
    Dispositifs,
    /// Imports.
    Imports,
    /// What leaves.
    Apercu,
    /// Declared jeux.
    Jeux,
    /// Sendings and receipts.
    Envois,
    /// Benchmarks and practices of the network.
    Partage,
    /// FIPHFP convention.
    Convention,
    /// Settings.
    Reglages,
    /// None of them.
    Aucun,
}

const MENU: [(Onglet, &str, &str); 9] = [
    (Onglet::Accueil, "/", "Tableau de bord"),
    (Onglet::Dispositifs, "/dispositifs", "Dispositifs et fiches"),
    (Onglet::Imports, "/imports", "Importer"),
    (Onglet::Apercu, "/apercu", "Ce qui sort d’ici"),
    (Onglet::Jeux, "/jeux", "Autres jeux"),
    (Onglet::Envois, "/envois", "Envois et accusés"),
    (Onglet::Convention, "/convention", "Convention FIPHFP"),
    (Onglet::Partage, "/reperes", "Le réseau"),
    (Onglet::Reglages, "/reglages", "Réglages"),
];

fn menu(ici: Onglet) -> Vec<Lien> {
    MENU.iter().map(|(onglet, adresse, libelle)| Lien::vers(*adresse, *libelle, *onglet == ici)).collect()
}

/// Title, place in the menu and way back of a page.
#[derive(Debug)]
pub struct Entete<'a> {
    /// Entry of the menu.
    pub onglet: Onglet,
    /// Title, most precise part first.
    pub titre: &'a str,
    /// Pages above this one.
    pub fil: Vec<(String, String)>,
}

impl<'a> Entete<'a> {
    /// A page right under the menu.
    pub fn nouveau(onglet: Onglet, titre: &'a str) -> Self {
        Self { onglet, titre, fil: vec![] }
    }

    /// Says which page stands above.
    #[must_use]
    pub fn sous(mut self, adresse: impl Into<String>, libelle: impl Into<String>) -> Self {
        self.fil.push((adresse.into(), libelle.into()));
        self
    }
}

impl Pages {
    /// A page for somebody who is in.
    pub fn page<C: Template + Display>(&self, agent: &Agent, entete: Entete<'_>, contenu: &C) -> Response {
        let avis = self.sessions.avis(agent);
        self.page_avec(StatusCode::OK, entete, avis.as_ref(), contenu)
    }

    /// A page with a status and a notice.
    pub fn page_avec<C: Template + Display>(
        &self,
        statut: StatusCode,
        entete: Entete<'_>,
        avis: Option<&Avis>,
        contenu: &C,
    ) -> Response {
        rend(&self.produit(), statut, entete, avis, contenu)
    }

    /// Name of the node, as its readers know it.
    pub fn produit(&self) -> String {
        let noeud = &self.service.configuration.noeud;
        if noeud.nom.is_empty() { format!("Nœud {}", noeud.identifiant) } else { noeud.nom.clone() }
    }

    /// Goes to a page and says there what was done.
    pub fn va(&self, agent: &Agent, adresse: &str, avis: Avis) -> Response {
        self.sessions.annonce(agent, avis);
        Redirect::to(adresse).into_response()
    }
}

fn rend<C: Template + Display>(
    produit: &str,
    statut: StatusCode,
    entete: Entete<'_>,
    avis: Option<&Avis>,
    contenu: &C,
) -> Response {
    let mut fil: Vec<Lien> = entete.fil.into_iter().map(|(a, l)| Lien::vers(a, l, false)).collect();
    if !fil.is_empty() {
        fil.push(Lien::vers("", entete.titre, true));
    }
    let navigation = menu(entete.onglet);
    let page = Page {
        titre: entete.titre,
        produit,
        cote: Cote::Noeud,
        navigation: &navigation,
        fil: &fil,
        avis,
        lecteur: None,
        contenu,
    };
    match page.html() {
        Ok(html) => (statut, Html(html)).into_response(),
        Err(erreur) => {
            tracing::error!(%erreur, "rendu d’une page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A sentence instead of a page.
#[derive(Debug, Template)]
#[template(
    source = "<h1>{{ titre }}</h1>\n<p class=\"message erreur\" role=\"alert\">{{ texte }}</p>\n<p><a href=\"/\">Revenir au tableau de bord</a></p>",
    ext = "html"
)]
struct Message<'a> {
    titre: &'a str,
    texte: &'a str,
}

/// Why a page is not shown, or an action not done: always a sentence and what to do.
#[derive(Debug)]
pub struct Refus {
    statut: StatusCode,
    titre: &'static str,
    texte: String,
}

impl Refus {
    /// Nothing there.
    pub fn introuvable(texte: impl Into<String>) -> Self {
        Self { statut: StatusCode::NOT_FOUND, titre: "Page introuvable", texte: texte.into() }
    }

    /// Asked for something that cannot be done.
    pub fn impossible(texte: impl Into<String>) -> Self {
        Self { statut: StatusCode::CONFLICT, titre: "L’action n’a pas été faite", texte: texte.into() }
    }

    /// The token of the form is not that of the session.
    pub fn formulaire_perime() -> Self {
        let texte = "Ce formulaire vient d’une autre session, ou d’un autre site. Rien n’a été enregistré : rouvrez la page et recommencez.";
        Self { statut: StatusCode::FORBIDDEN, titre: "Formulaire refusé", texte: texte.to_owned() }
    }
}

impl IntoResponse for Refus {
    fn into_response(self) -> Response {
        let contenu = Message { titre: self.titre, texte: &self.texte };
        rend("Nœud Maillage", self.statut, Entete::nouveau(Onglet::Aucun, self.titre), None, &contenu)
    }
}

impl From<anyhow::Error> for Refus {
    fn from(erreur: anyhow::Error) -> Self {
        match erreur.downcast::<ErreurBase>() {
            Ok(erreur) => erreur.into(),
            // The chain of causes, in sentences, as the commands print it.
            Err(erreur) => {
                let causes: Vec<String> = erreur.chain().map(ToString::to_string).collect();
                Self::impossible(causes.join(" "))
            }
        }
    }
}

impl From<ErreurBase> for Refus {
    fn from(erreur: ErreurBase) -> Self {
        match erreur {
            ErreurBase::Introuvable(texte) => Self::introuvable(texte),
            autre => {
                tracing::error!("{autre}");
                let statut = StatusCode::INTERNAL_SERVER_ERROR;
                Self { statut, titre: "La base du nœud n’a pas répondu", texte: autre.to_string() }
            }
        }
    }
}

/// A notice that something was done.
pub fn fait(texte: impl Into<String>) -> Avis {
    Avis { ton: Ton::Fait, texte: texte.into(), geste: None }
}

/// A file to download.
pub fn fichier(nom: &str, genre: &'static str, octets: Vec<u8>) -> Response {
    let mut entetes = HeaderMap::new();
    entetes.insert(header::CONTENT_TYPE, HeaderValue::from_static(genre));
    // Names are made here, in ASCII, and never hold what a user typed.
    if let Ok(valeur) = HeaderValue::from_str(&format!("attachment; filename=\"{nom}\"")) {
        entetes.insert(header::CONTENT_DISPOSITION, valeur);
    }
    (entetes, octets).into_response()
}

/// Media type of an XLSX workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Media type of a CSV file.
pub const CSV: &str = "text/csv; charset=utf-8";

/// « 1er trimestre 2026 » for a code that is one, the code otherwise.
pub fn nom_campagne(code: &str) -> String {
    code.parse::<Trimestre>().map_or_else(|_| code.to_owned(), Trimestre::libelle_long)
}
