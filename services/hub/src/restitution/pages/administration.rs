//! Administration: nodes and their keys, thresholds in force, accounts, and the audit journal on its own page. Only the
//! manager of the whole hub gets here; a key is approved by typing the fingerprint that was read aloud.

mod simulation;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, Utc};
use hub_storage::compte::CompteListe;
use hub_storage::enrolement::{EtatNoeud, Situation};
use hub_storage::journal::Ligne;
use referentiel::cellule::Audience;
use referentiel::format;
use referentiel::jeu::{Jeu, jeux};
use serde::Deserialize;
use web::{Cellule, Colonne, Lien, Table};

use super::Vue;
use super::fichier::{adresses_de, fichier};
use super::filtres::Filtres;
use super::formulaire::Formulaire;
use super::vue::ADMINISTRATION;
use crate::acces::{Guichet, Refus, Role};
use crate::configuration::Configuration;
use crate::noeud::{ActeImpossible, Geste};
use crate::service::Service;
use simulation::{Simulation, Voulue, en_vigueur, simule};

/// Lines of a page of the journal.
const LIGNES: u32 = 100;

/// What the reader asks for.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    table: Option<String>,
    format: Option<String>,
    avant: Option<u64>,
    verifier: Option<String>,
    sur: Option<String>,
    seuil: Option<String>,
    seuil_sensible: Option<String>,
}

impl Choix {
    fn simulation(&self) -> Voulue {
        let texte = |t: &Option<String>| t.clone().unwrap_or_default();
        Voulue { sur: texte(&self.sur), seuil: texte(&self.seuil), seuil_sensible: texte(&self.seuil_sensible) }
    }
}

#[derive(Debug, Template)]
#[template(path = "administration.html")]
struct Administration {
    noeuds: Vec<FicheNoeud>,
    table: Table,
    exports_noeuds: Vec<(String, &'static str)>,
    seuils: Table,
    comptes: Table,
    simulation: Simulation,
    jeton: Option<String>,
    erreur: Option<String>,
}

/// A node and what may be done to it.
#[derive(Debug)]
struct FicheNoeud {
    identifiant: String,
    nom: String,
    etat: &'static str,
    presentee: Option<String>,
    revocation: Option<String>,
    gestes: Vec<(&'static str, &'static str)>,
}

/// `GET /administration`
pub async fn montre(State(service): State<Service>, Query(choix): Query<Choix>, guichet: Guichet) -> Response {
    page(&service, &guichet, &choix, StatusCode::OK, None).await
}

async fn page(
    service: &Service,
    guichet: &Guichet,
    choix: &Choix,
    statut: StatusCode,
    erreur: Option<String>,
) -> Response {
    let vue = Vue::de(service, guichet);
    let contenu = match compose(guichet, choix, erreur).await {
        Ok(contenu) => contenu,
        Err(refus) => return vue.refuse(&refus),
    };
    let (table, nom) = match choix.table.as_deref() {
        Some("comptes") => (&contenu.comptes, "comptes"),
        Some("seuils") => (&contenu.seuils, "seuils"),
        _ => (&contenu.table, "noeuds"),
    };
    if let Some(reponse) = fichier(service, &sans_filtre(), table, nom, choix.format.as_deref()) {
        return reponse;
    }
    vue.page(statut, ADMINISTRATION, "Administration", &contenu)
}

fn sans_filtre() -> Filtres {
    Filtres { chemin: ADMINISTRATION.into(), bouton: "", recherche: None, listes: vec![] }
}

async fn compose(guichet: &Guichet, choix: &Choix, erreur: Option<String>) -> Result<Administration, Refus> {
    let situations = guichet.situations().await?;
    Ok(Administration {
        noeuds: situations.iter().map(fiche).collect(),
        table: table_des_noeuds(&situations),
        exports_noeuds: adresses_de(&sans_filtre(), "noeuds"),
        seuils: table_des_seuils(guichet.configuration()),
        comptes: table_des_comptes(&guichet.comptes().await?),
        simulation: simule(guichet, &choix.simulation()).await?,
        jeton: guichet.appelant().session.as_ref().map(|s| s.jeton.clone()),
        erreur,
    })
}

/// States that a person moves a node to, with the words of the button.
const GESTES: [(&str, &str, EtatNoeud); 3] = [
    ("suspendre", "Suspendre", EtatNoeud::Suspendu),
    ("maintenance", "Mettre en maintenance", EtatNoeud::Maintenance),
    ("reprendre", "Remettre en service", EtatNoeud::Actif),
];

fn fiche(s: &Situation) -> FicheNoeud {
    FicheNoeud {
        identifiant: s.noeud.to_string(),
        nom: s.nom.clone(),
        etat: s.etat.libelle(),
        presentee: s.presentee.as_ref().map(|cle| cle.empreinte_lisible()),
        revocation: s.revocation.clone(),
        gestes: GESTES
            .iter()
            .filter(|(.., vers)| s.etat.admet(*vers))
            .map(|(geste, mots, _)| (*geste, *mots))
            .collect(),
    }
}

fn moment(t: DateTime<Utc>) -> String {
    let ici = t.with_timezone(&chrono_tz::Europe::Paris);
    format!("{} à {}", format::date(ici.date_naive()), ici.format("%H:%M"))
}

fn table_des_noeuds(situations: &[Situation]) -> Table {
    let ligne = |s: &Situation| -> Vec<Cellule> {
        let cle = s.cle.as_ref().map_or_else(|| "aucune".to_owned(), |cle| cle.empreinte_lisible());
        vec![
            s.nom.as_str().into(),
            s.noeud.to_string().into(),
            s.etat.libelle().into(),
            s.dernier_envoi.map_or_else(|| "jamais".to_owned(), moment).into(),
            cle.into(),
        ]
    };
    Table {
        identifiant: "noeuds",
        titre: "Nœuds de la fédération".to_owned(),
        colonnes: ["Centre", "Nœud", "État", "Dernier envoi", "Empreinte de la clé"].map(Colonne::texte).into(),
        lignes: situations.iter().map(ligne).collect(),
    }
}

/// The thresholds of each data set and audience: those of the jeu, or higher where the hub asks for more.
fn table_des_seuils(configuration: &Configuration) -> Table {
    let ligne = |jeu: &Jeu, audience: Audience| -> Option<Vec<Cellule>> {
        let seuils = en_vigueur(configuration, jeu, audience)?;
        let fixe = if configuration.seuils.contains_key(&audience) { "jeu et hub" } else { "jeu" };
        Some(vec![
            jeu.libelle.as_str().into(),
            audience.code().into(),
            seuils.seuil.into(),
            seuils.seuil_sensible.into(),
            fixe.into(),
        ])
    };
    let lignes = jeux().into_iter().flat_map(|j| j.audiences.keys().filter_map(move |a| ligne(j, *a)));
    Table {
        identifiant: "seuils",
        titre: "Seuils du secret statistique en vigueur".to_owned(),
        colonnes: vec![
            Colonne::texte("Jeu de données"),
            Colonne::texte("Audience"),
            Colonne::nombre("Seuil"),
            Colonne::nombre("Seuil avec le handicap"),
            Colonne::texte("Fixé par"),
        ],
        lignes: lignes.collect(),
    }
}

fn table_des_comptes(comptes: &[CompteListe]) -> Table {
    let ligne = |c: &CompteListe| -> Vec<Cellule> {
        let role = Role::depuis_code(&c.role).map_or_else(|| c.role.clone(), |r| r.libelle().to_owned());
        let territoires = if c.territoires.is_empty() { "tous".to_owned() } else { c.territoires.join(", ") };
        let jour = c.cree_le.with_timezone(&chrono_tz::Europe::Paris).date_naive();
        vec![
            c.identifiant.as_str().into(),
            c.nom.as_str().into(),
            role.into(),
            territoires.into(),
            jour.into(),
            c.sessions.into(),
        ]
    };
    Table {
        identifiant: "comptes",
        titre: "Comptes ouverts".to_owned(),
        colonnes: vec![
            Colonne::texte("Identifiant"),
            Colonne::texte("Nom"),
            Colonne::texte("Rôle"),
            Colonne::texte("Territoires"),
            Colonne::texte("Créé le"),
            Colonne::nombre("Sessions"),
        ],
        lignes: comptes.iter().map(ligne).collect(),
    }
}

/// `POST /administration/noeud`
pub async fn agit(State(service): State<Service>, formulaire: Formulaire) -> Response {
    let guichet = &formulaire.guichet;
    let geste = match formulaire.champ("geste") {
        "approuver" => Some(Geste::Approuver(formulaire.champ("empreinte").to_owned())),
        autre => GESTES.iter().find(|(geste, ..)| *geste == autre).map(|(.., vers)| Geste::Passer(*vers)),
    };
    let (Some(geste), Ok(noeud)) = (geste, formulaire.champ("noeud").parse()) else {
        return super::formulaire::perime(&service);
    };
    match guichet.agit_sur_noeud(&noeud, &geste, service.horloge().maintenant()).await {
        Ok(()) => Redirect::to(&format!("{ADMINISTRATION}#noeuds")).into_response(),
        Err(ActeImpossible::Refus(refus)) => Vue::de(&service, guichet).refuse(&refus),
        Err(erreur) => page(&service, guichet, &Choix::default(), StatusCode::CONFLICT, Some(erreur.to_string())).await,
    }
}

#[derive(Debug, Template)]
#[template(path = "journal.html")]
struct Journal {
    table: Table,
    suite: Option<String>,
    constat: Option<Result<String, Vec<String>>>,
    exports: Vec<(String, &'static str)>,
}

/// `GET /administration/journal`
pub async fn journal(State(service): State<Service>, Query(choix): Query<Choix>, guichet: Guichet) -> Response {
    let vue = Vue::de(&service, &guichet);
    let contenu = match compose_journal(&guichet, &choix).await {
        Ok(contenu) => contenu,
        Err(refus) => return vue.refuse(&refus),
    };
    if let Some(reponse) = fichier(&service, &sans_filtre(), &contenu.table, "journal", choix.format.as_deref()) {
        return reponse;
    }
    let fil = [Lien::vers(ADMINISTRATION, "Administration", false), Lien::vers("", "Journal d’audit", true)];
    vue.sous(&fil).page(StatusCode::OK, ADMINISTRATION, "Journal d’audit – Administration", &contenu)
}

async fn compose_journal(guichet: &Guichet, choix: &Choix) -> Result<Journal, Refus> {
    let lignes = guichet.journal(choix.avant, LIGNES).await?;
    let constat = match choix.verifier {
        Some(_) => {
            let constat = guichet.verifie_journal().await?;
            let lues = format::compte(constat.lignes, "ligne relue", "lignes relues");
            Some(if constat.defauts.is_empty() { Ok(lues) } else { Err(constat.defauts) })
        }
        None => None,
    };
    let chemin = format!("{ADMINISTRATION}/journal");
    // A page is full when there may be another.
    let pleine = lignes.len() >= LIGNES as usize;
    let avant = choix.avant.map_or_else(String::new, |a| format!("avant={a}&"));
    Ok(Journal {
        suite: lignes.last().filter(|_| pleine).map(|l| format!("{chemin}?avant={}", l.ordre)),
        exports: super::exports(&format!("{chemin}?{avant}table=journal")),
        table: table_du_journal(&lignes),
        constat,
    })
}

fn table_du_journal(lignes: &[Ligne]) -> Table {
    let ligne = |l: &Ligne| -> Vec<Cellule> {
        let textes = [l.acteur.as_str(), l.action.as_str(), l.objet.as_str(), l.detail.as_str()];
        let debut = [Cellule::from(l.ordre), moment(l.moment).into()];
        debut.into_iter().chain(textes.map(Cellule::from)).collect()
    };
    let textes = ["Quand", "Qui", "Quoi", "Objet", "Circonstances"].map(Colonne::texte);
    Table {
        identifiant: "journal",
        titre: "Journal d’audit, du plus récent au plus ancien".to_owned(),
        colonnes: std::iter::once(Colonne::nombre("Ligne")).chain(textes).collect(),
        lignes: lignes.iter().map(ligne).collect(),
    }
}
