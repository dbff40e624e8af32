//! The form that proposes a practice: its fields are those of the jeu, in their order; what is to be mended is said
//! beside its field and at the top, and nothing that was written is lost.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use referentiel::jeu::declaration::{Champ, GenreChamp};
use web::Lien;

use super::{CHEMIN, refuse, sans_centre};
use crate::acces::Guichet;
use crate::acces::jeton::alea;
use crate::acces::regle::GestePratique;
use crate::pratique::{self, Faute, PratiqueImpossible};
use crate::restitution::pages::Vue;
use crate::restitution::pages::formulaire::{self, Formulaire};
use crate::service::Service;

/// Fields that hold several sentences.
const LONGS: [&str; 4] = ["probleme", "realisation", "moyens", "limites"];

/// How a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Genre {
    Ligne,
    Texte,
    Liste,
    Attestation,
}

/// A field of the form.
#[derive(Debug)]
struct Saisie {
    code: String,
    libelle: String,
    obligatoire: bool,
    genre: Genre,
    aide: Option<&'static str>,
    valeur: String,
    options: Vec<(String, String)>,
    faute: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "proposition.html")]
struct Proposition {
    jeton: String,
    identifiant: String,
    centres: Vec<(String, String, bool)>,
    saisies: Vec<Saisie>,
}

impl Proposition {
    fn fautes(&self) -> Vec<(&str, &str)> {
        self.saisies.iter().filter_map(|s| Some((s.code.as_str(), s.faute.as_deref()?))).collect()
    }
}

/// `GET /pratiques/proposer`
pub async fn montre(State(service): State<Service>, guichet: Guichet) -> Response {
    let identifiant = alea::<16>(&mut service.alea());
    formulaire(&service, &guichet, StatusCode::OK, identifiant, "", &BTreeMap::new(), &[])
}

/// `POST /pratiques/proposer`
pub async fn recoit(State(service): State<Service>, formulaire: Formulaire) -> Response {
    let guichet = &formulaire.guichet;
    let identifiant = formulaire.champ("fiche");
    if identifiant.len() != 22 || !identifiant.bytes().all(|o| o.is_ascii_alphanumeric() || b"-_".contains(&o)) {
        return formulaire::perime(&service);
    }
    let ecrits: BTreeMap<String, String> =
        pratique::champs().iter().map(|c| (c.code.clone(), formulaire.champ(&c.code).to_owned())).collect();
    let (centre, moment) = (formulaire.champ("centre"), service.horloge().maintenant());
    match pratique::propose(guichet, identifiant, centre, ecrits.clone(), moment).await {
        Ok(fiche) => Redirect::to(&format!("{CHEMIN}/{}", fiche.reference)).into_response(),
        Err(PratiqueImpossible::Champs(fautes)) => {
            let statut = StatusCode::UNPROCESSABLE_ENTITY;
            self::formulaire(&service, guichet, statut, identifiant.to_owned(), centre, &ecrits, &fautes)
        }
        Err(erreur) => refuse(Vue::de(&service, guichet), &erreur),
    }
}

fn formulaire(
    service: &Service,
    guichet: &Guichet,
    statut: StatusCode,
    identifiant: String,
    centre: &str,
    ecrits: &BTreeMap<String, String>,
    fautes: &[Faute],
) -> Response {
    let vue = Vue::de(service, guichet);
    let centres = guichet.centres_ou_pratiquer(GestePratique::Proposer);
    let (false, Some(session)) = (centres.is_empty(), guichet.appelant().session.as_ref()) else {
        return vue.refuse(&sans_centre());
    };
    let contenu = Proposition {
        jeton: session.jeton.clone(),
        identifiant,
        centres: centres
            .into_iter()
            .map(|n| (n.identifiant.to_string(), n.nom.clone(), n.identifiant.as_str() == centre))
            .collect(),
        saisies: pratique::champs().into_iter().map(|c| saisie(c, ecrits, fautes)).collect(),
    };
    let fil = [Lien::vers(CHEMIN, "Bonnes pratiques", false), Lien::vers("", "Proposer une fiche", true)];
    let debut = if fautes.is_empty() { "" } else { "Erreur – " };
    vue.sous(&fil).page(statut, CHEMIN, &format!("{debut}Proposer une fiche – Bonnes pratiques"), &contenu)
}

fn saisie(champ: &Champ, ecrits: &BTreeMap<String, String>, fautes: &[Faute]) -> Saisie {
    let genre = match champ.genre {
        GenreChamp::OuiNon => Genre::Attestation,
        GenreChamp::Code => Genre::Liste,
        _ if LONGS.contains(&champ.code.as_str()) => Genre::Texte,
        _ => Genre::Ligne,
    };
    let aide = match champ.code.as_str() {
        "realisation" => Some("Ce qui a été fait, par qui, dans quel ordre. N’écrivez rien d’une personne."),
        "moyens" => Some("Par exemple : 0,2 ETP, une réunion par mois, un outil partagé."),
        "indicateur" => Some("Ce qui est mesuré, par exemple : maintiens pour 1 000 agents."),
        "resultat" => Some("Un nombre, par exemple 3,2."),
        "periode" => Some("Par exemple : année 2025."),
        "contact" => Some("Un service, jamais une personne, par exemple : service handicap, handicap@cdg70.example."),
        _ => None,
    };
    Saisie {
        code: champ.code.clone(),
        libelle: champ.libelle.clone(),
        obligatoire: champ.obligatoire,
        genre,
        aide,
        valeur: ecrits.get(&champ.code).cloned().unwrap_or_default(),
        options: if genre == Genre::Liste { pratique::themes() } else { vec![] },
        faute: fautes.iter().find(|f| f.champ == champ.code).map(|f| f.message.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_jeu_has_its_label_and_a_fault_is_tied_to_its_field() {
        let ecrits = BTreeMap::from([("titre".to_owned(), "\"<b>".to_owned())]);
        let fautes = pratique::controle(&ecrits);
        let contenu = Proposition {
            jeton: "j".to_owned(),
            identifiant: "i".to_owned(),
            centres: vec![("cdg-1".to_owned(), "Centre".to_owned(), true)],
            saisies: pratique::champs().into_iter().map(|c| saisie(c, &ecrits, &fautes)).collect(),
        };
        let html = contenu.render().unwrap();
        assert_eq!(html.matches("<label for=").count(), pratique::champs().len() + 1);
        assert!(html.contains("value=\"&#34;&#60;b&#62;\""));
        assert_eq!(html.matches("aria-invalid=\"true\"").count(), fautes.len());
        assert!(html.contains("href=\"#probleme\"") && html.contains("role=\"alert\""));
        assert!(!html.contains("name=\"etat\""), "its life is not written by its author");
    }
}
