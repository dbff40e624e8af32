//! Good practices: look for one, read it, propose one, decide of those that wait, say that one's centre does the same.
//! Every act is a form of the session, and a line of the audit journal.

mod proposition;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use hub_storage::pratique::EtatPratique;
use referentiel::format;
use serde::Deserialize;
use web::{Cellule, Colonne, Lien, Table};

use super::Vue;
use super::fichier::{adresses, fichier};
use super::filtres::{Filtres, Liste};
use super::formulaire::Formulaire;
use crate::acces::regle::GestePratique;
use crate::acces::{Guichet, Refus};
use crate::pratique::{self, FichePratique, PratiqueImpossible, Recherche};
use crate::service::Service;

pub use proposition::{montre as proposition, recoit as propose};

/// Path of the list.
const CHEMIN: &str = "/pratiques";

/// What the reader looks for.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    q: Option<String>,
    theme: Option<String>,
    emetteur: Option<String>,
    format: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pratiques.html")]
struct Pratiques {
    filtres: Filtres,
    compte: String,
    a_relire: Vec<Entree>,
    publiees: Vec<Entree>,
    refusees: Vec<Entree>,
    exports: Vec<(String, &'static str)>,
    propose: bool,
}

/// A sheet in the list.
#[derive(Debug)]
struct Entree {
    adresse: String,
    titre: String,
    theme: String,
    centre: String,
    resultat: String,
    adoptee_par: String,
}

impl Entree {
    fn de(f: &FichePratique) -> Self {
        Self {
            adresse: format!("{CHEMIN}/{}", f.reference),
            titre: f.champ("titre").to_owned(),
            theme: f.theme(),
            centre: f.emetteur_nom.clone(),
            resultat: resultat(f),
            adoptee_par: adoptants(f),
        }
    }
}

/// « Maintiens pour 1 000 agents : 3,2 (2025) ».
pub(crate) fn resultat(f: &FichePratique) -> String {
    format!("{} : {} ({})", f.champ("indicateur"), f.champ("resultat").replace('.', ","), f.champ("periode"))
}

pub(crate) fn adoptants(f: &FichePratique) -> String {
    match f.adoptee_par.as_slice() {
        [] => "aucun centre pour l’instant".to_owned(),
        centres => {
            let noms: Vec<&str> = centres.iter().map(|(organisme, _)| organisme.as_str()).collect();
            format!("{} ({})", format::compte(noms.len() as u64, "centre", "centres"), noms.join(", "))
        }
    }
}

/// `GET /pratiques`
pub async fn liste(State(service): State<Service>, Query(choix): Query<Choix>, guichet: Guichet) -> Response {
    let vue = Vue::de(&service, &guichet);
    let toutes = match pratique::catalogue(&guichet).await {
        Ok(toutes) => toutes,
        Err(erreur) => return vue.refuse(&erreur),
    };
    let vide = |texte: &Option<String>| texte.clone().filter(|t| !t.is_empty());
    let recherche =
        Recherche { mots: choix.q.unwrap_or_default(), theme: vide(&choix.theme), emetteur: vide(&choix.emetteur) };
    let filtres = filtres(&toutes, &recherche);
    let trouvees = pratique::cherche(toutes, &recherche);
    let publiees: Vec<&FichePratique> = trouvees.iter().filter(|f| f.etat == EtatPratique::Publiee).collect();
    if let Some(reponse) = fichier(&service, &filtres, &table(&publiees), "bonnes-pratiques", choix.format.as_deref()) {
        return reponse;
    }
    let en = |etat| trouvees.iter().filter(move |f| f.etat == etat).map(Entree::de).collect::<Vec<_>>();
    let contenu = Pratiques {
        compte: format::compte(publiees.len() as u64, "fiche publiée", "fiches publiées"),
        a_relire: en(EtatPratique::Proposee),
        publiees: en(EtatPratique::Publiee),
        refusees: en(EtatPratique::Refusee),
        exports: adresses(&filtres),
        propose: !guichet.centres_ou_pratiquer(GestePratique::Proposer).is_empty(),
        filtres,
    };
    vue.page(StatusCode::OK, CHEMIN, "Bonnes pratiques", &contenu)
}

fn filtres(toutes: &[FichePratique], recherche: &Recherche) -> Filtres {
    let mut centres: Vec<(String, String)> = toutes.iter().map(|f| (f.noeud.clone(), f.emetteur_nom.clone())).collect();
    centres.sort_by(|a, b| a.1.cmp(&b.1));
    centres.dedup();
    let choisi = |texte: &Option<String>| texte.clone().unwrap_or_default();
    Filtres {
        chemin: CHEMIN.into(),
        bouton: "Chercher une fiche",
        recherche: Some(recherche.mots.clone()),
        listes: vec![
            Liste::nouvelle("theme", "Thème", pratique::themes(), &choisi(&recherche.theme))
                .avec_tout("Tous les thèmes"),
            Liste::nouvelle("emetteur", "Centre", centres, &choisi(&recherche.emetteur)).avec_tout("Tous les centres"),
        ],
    }
}

fn table(fiches: &[&FichePratique]) -> Table {
    let champs = pratique::champs();
    let ligne = |f: &&FichePratique| -> Vec<Cellule> {
        let autres = champs.iter().skip(1).map(|c| Cellule::from(dit(&c.code, f)));
        let debut = [Cellule::from(f.champ("titre")), f.emetteur_nom.as_str().into(), adoptants(f).into()];
        debut.into_iter().chain(autres).collect()
    };
    let debut = ["Titre", "Centre", "Adoptée par"].map(Colonne::texte);
    Table {
        identifiant: "pratiques",
        titre: "Bonnes pratiques publiées".to_owned(),
        colonnes: debut.into_iter().chain(champs.iter().skip(1).map(|c| Colonne::texte(c.libelle.as_str()))).collect(),
        lignes: fiches.iter().map(ligne).collect(),
    }
}

/// A field in words.
fn dit(code: &str, f: &FichePratique) -> String {
    match code {
        "theme" => f.theme(),
        "resultat" => f.champ(code).replace('.', ","),
        _ => f.champ(code).to_owned(),
    }
}

#[derive(Debug, Template)]
#[template(path = "pratique.html")]
struct Fiche {
    titre: String,
    centre: String,
    etat: &'static str,
    publiee: bool,
    motif: Option<String>,
    champs: Vec<(String, String)>,
    adoptee_par: String,
    action: String,
    jeton: Option<String>,
    decide: bool,
    adoptants: Vec<(String, String)>,
    erreur: Option<String>,
    motif_saisi: String,
}

/// `GET /pratiques/{reference}`
pub async fn lit(State(service): State<Service>, Path(reference): Path<String>, guichet: Guichet) -> Response {
    montre(&service, &guichet, &reference, StatusCode::OK, None, "").await
}

async fn montre(
    service: &Service,
    guichet: &Guichet,
    reference: &str,
    statut: StatusCode,
    erreur: Option<String>,
    motif_saisi: &str,
) -> Response {
    let vue = Vue::de(service, guichet);
    let fiche = match pratique::trouve(guichet, reference).await {
        Ok(fiche) => fiche,
        Err(autre) => return refuse(vue, &autre),
    };
    let contenu = ecran(guichet, &fiche, erreur, motif_saisi);
    let fil = [Lien::vers(CHEMIN, "Bonnes pratiques", false), Lien::vers("", &contenu.titre, true)];
    vue.sous(&fil).page(statut, CHEMIN, &format!("{} – Bonnes pratiques", contenu.titre), &contenu)
}

fn ecran(guichet: &Guichet, fiche: &FichePratique, erreur: Option<String>, motif_saisi: &str) -> Fiche {
    let champs = pratique::champs().into_iter().filter(|c| !["titre", "anonyme"].contains(&c.code.as_str()));
    let centres = pratique::adoptants(guichet, fiche);
    Fiche {
        titre: fiche.champ("titre").to_owned(),
        centre: fiche.emetteur_nom.clone(),
        etat: fiche.etat.libelle(),
        publiee: fiche.etat == EtatPratique::Publiee,
        motif: fiche.motif.clone(),
        champs: champs.map(|c| (c.libelle.clone(), dit(&c.code, fiche))).filter(|(_, v)| !v.is_empty()).collect(),
        adoptee_par: adoptants(fiche),
        action: format!("{CHEMIN}/{}", fiche.reference),
        jeton: guichet.appelant().session.as_ref().map(|s| s.jeton.clone()),
        decide: pratique::peut_decider(guichet, fiche),
        adoptants: centres.into_iter().map(|n| (n.identifiant.to_string(), n.nom.clone())).collect(),
        erreur,
        motif_saisi: motif_saisi.to_owned(),
    }
}

/// `POST /pratiques/{reference}/decision`: publish, or refuse with a reason.
pub async fn decide(State(service): State<Service>, Path(reference): Path<String>, formulaire: Formulaire) -> Response {
    let guichet = &formulaire.guichet;
    let vers = match formulaire.champ("geste") {
        "publier" => EtatPratique::Publiee,
        "refuser" => EtatPratique::Refusee,
        _ => return super::formulaire::perime(&service),
    };
    let moment = service.horloge().maintenant();
    match pratique::decide(guichet, &reference, vers, formulaire.champ("motif"), moment).await {
        Ok(fiche) => Redirect::to(&format!("{CHEMIN}/{}", fiche.reference)).into_response(),
        Err(erreur @ (PratiqueImpossible::Motif | PratiqueImpossible::Decidee)) => {
            let (statut, saisi) = (StatusCode::UNPROCESSABLE_ENTITY, formulaire.champ("motif"));
            montre(&service, guichet, &reference, statut, Some(erreur.to_string()), saisi).await
        }
        Err(erreur) => refuse(Vue::de(&service, guichet), &erreur),
    }
}

/// `POST /pratiques/{reference}/adoption`: a centre says that it does the same.
pub async fn adopte(State(service): State<Service>, Path(reference): Path<String>, formulaire: Formulaire) -> Response {
    let guichet = &formulaire.guichet;
    let moment = service.horloge().maintenant();
    match pratique::adopte(guichet, &reference, formulaire.champ("centre"), moment).await {
        Ok(fiche) => Redirect::to(&format!("{CHEMIN}/{}#adoptee", fiche.reference)).into_response(),
        Err(erreur) => refuse(Vue::de(&service, guichet), &erreur),
    }
}

fn refuse(vue: Vue<'_>, erreur: &PratiqueImpossible) -> Response {
    match erreur {
        PratiqueImpossible::Refus(refus) => vue.refuse(refus),
        PratiqueImpossible::Inconnue => vue.message(StatusCode::NOT_FOUND, "Fiche introuvable", &erreur.to_string()),
        autre => vue.message(StatusCode::CONFLICT, "Demande refusée", &autre.to_string()),
    }
}

/// Nobody proposes without a centre.
fn sans_centre() -> Refus {
    Refus::Acces("la proposition d’une bonne pratique")
}
