//! Sign-in and sign-out: the OpenID provider first, the local account as a fallback. A wrong password, an unknown
//! account and a used code get the same answer.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use cookie::{Cookie, SameSite};
use hub_storage::compte::Moyen;
use hub_storage::identite;
use hub_storage::journal::Fait;
use serde::Deserialize;
use serde_json::json;

use super::formulaire::{Formulaire, perime};
use super::vue::Vue;
use crate::acces::compte::{self, Saisie, jeton_de_formulaire};
use crate::acces::identification::{COOKIE, cookie as lit_cookie};
use crate::acces::jeton::{alea, condense};
use crate::acces::proconnect::Personne;
use crate::service::Service;

/// Cookie of a browser that has not signed in yet: its form is its own, and the provider answers to it.
const AVANT: &str = "maillage_avant";

#[derive(Debug, Template)]
#[template(path = "connexion.html")]
struct Connexion {
    fournisseur: Option<String>,
    jeton: String,
    retour: String,
    identifiant: String,
    erreur: Option<&'static str>,
}

/// Where to go once signed in.
#[derive(Debug, Default, Deserialize)]
pub struct Retour {
    #[serde(default)]
    retour: String,
}

/// `GET /connexion`
pub async fn montre(State(service): State<Service>, Query(retour): Query<Retour>, entetes: HeaderMap) -> Response {
    formulaire(&service, &entetes, StatusCode::OK, &local(&retour.retour), String::new(), None)
}

fn formulaire(
    service: &Service,
    entetes: &HeaderMap,
    statut: StatusCode,
    retour: &str,
    identifiant: String,
    erreur: Option<&'static str>,
) -> Response {
    let connu = lit_cookie(entetes, AVANT);
    let avant = connu.clone().unwrap_or_else(|| alea::<32>(&mut service.alea()));
    let contenu = Connexion {
        fournisseur: service.configuration().proconnect.as_ref().map(|p| p.nom.clone()),
        jeton: jeton_de_formulaire(&avant),
        retour: retour.to_owned(),
        identifiant,
        erreur,
    };
    let page = Vue::sans_lecteur(service).page(statut, "/connexion", "Se connecter", &contenu);
    if connu.is_some() { page } else { ([(header::SET_COOKIE, pose(service, AVANT, avant))], page).into_response() }
}

/// What the local form sends.
#[derive(Deserialize)]
pub struct Envoi {
    jeton: String,
    retour: String,
    #[serde(flatten)]
    saisie: Saisie,
}

/// `POST /connexion`
pub async fn ouvre(State(service): State<Service>, entetes: HeaderMap, Form(envoi): Form<Envoi>) -> Response {
    if !est_de_ce_navigateur(&entetes, &envoi.jeton) {
        return perime(&service);
    }
    let retour = local(&envoi.retour);
    let identifiant = envoi.saisie.identifiant.clone();
    let acces = service.secret_d_acces();
    let acces = match &acces {
        Ok(secret) => secret,
        Err(erreur) => return panne(&service, erreur),
    };
    let produit = &service.configuration().hub.nom;
    let mut alea = service.alea();
    let maintenant = service.horloge().maintenant();
    match compte::connecte(service.db(), (acces, produit), envoi.saisie, maintenant, &mut alea).await {
        Ok(Some(session)) => entre(&service, session, &retour),
        Ok(None) => {
            let erreur = "Identifiant, mot de passe ou code refusé. Un code ne sert qu’une fois ; après cinq refus, le compte se repose quinze minutes.";
            formulaire(&service, &entetes, StatusCode::FORBIDDEN, &retour, identifiant, Some(erreur))
        }
        Err(erreur) => panne(&service, &erreur.into()),
    }
}

/// What the button of the provider sends.
#[derive(Deserialize)]
pub struct Demande {
    jeton: String,
    retour: String,
}

/// `POST /connexion/fournisseur`: leaves for the provider.
pub async fn part(State(service): State<Service>, entetes: HeaderMap, Form(demande): Form<Demande>) -> Response {
    if !est_de_ce_navigateur(&entetes, &demande.jeton) {
        return perime(&service);
    }
    let maintenant = service.horloge().maintenant();
    let depart = async {
        let fournisseur = service.fournisseur()?;
        let depart = fournisseur.depart(local(&demande.retour), maintenant, &mut service.alea()).await?;
        identite::ouvre(service.db(), &depart.demande, maintenant).await?;
        anyhow::Ok(depart)
    };
    match depart.await {
        Ok(depart) => {
            let pose = pose(&service, AVANT, depart.cookie);
            ([(header::SET_COOKIE, pose)], Redirect::to(&depart.adresse)).into_response()
        }
        Err(erreur) => panne(&service, &erreur),
    }
}

/// What the provider sends the browser back with.
#[derive(Debug, Deserialize)]
pub struct Reponse {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// `GET /connexion/retour`: comes back from the provider.
pub async fn revient(State(service): State<Service>, Query(reponse): Query<Reponse>, entetes: HeaderMap) -> Response {
    let vue = Vue::sans_lecteur(&service);
    if let Some(erreur) = reponse.error {
        tracing::info!(erreur = erreur_connue(&erreur), "connexion refusée par le fournisseur");
        let texte =
            "Le fournisseur d’identité n’a pas confirmé la connexion. Recommencez, ou utilisez un compte local.";
        return vue.message(StatusCode::FORBIDDEN, "Connexion non aboutie", texte);
    }
    let (Some(etat), Some(code), Some(navigateur)) = (reponse.state, reponse.code, lit_cookie(&entetes, AVANT)) else {
        return perime(&service);
    };
    let maintenant = service.horloge().maintenant();
    let reprise = identite::reprend(service.db(), &condense(&etat), &condense(&navigateur), maintenant).await;
    let demande = match reprise {
        Ok(Some(demande)) => demande,
        Ok(None) => return perime(&service),
        Err(erreur) => return panne(&service, &erreur.into()),
    };
    let retour = demande.retour.clone();
    let personne = match service.fournisseur() {
        Ok(fournisseur) => fournisseur.arrivee(demande, code, maintenant).await,
        Err(erreur) => return panne(&service, &erreur),
    };
    match personne {
        Ok(personne) => accueille(&service, &personne, &retour).await,
        Err(erreur) => {
            tracing::warn!(erreur = format!("{erreur:#}"), "le fournisseur n’a pas convaincu");
            let texte = "La réponse du fournisseur d’identité n’a pas pu être vérifiée. Recommencez ; si cela se répète, prévenez le gestionnaire du hub.";
            vue.message(StatusCode::FORBIDDEN, "Connexion non aboutie", texte)
        }
    }
}

/// Anybody may write this parameter in an address: only the codes of the standards are believed (RFC 6749 §4.1.2.1,
/// OpenID Connect Core §3.1.2.6).
fn erreur_connue(recue: &str) -> &'static str {
    const CODES: &[&str] = &[
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    ];
    CODES.iter().find(|code| **code == recue).copied().unwrap_or("inconnue")
}

/// Lets a person in when an account waits for them; says plainly that none does otherwise.
async fn accueille(service: &Service, personne: &Personne, retour: &str) -> Response {
    let maintenant = service.horloge().maintenant();
    let fait = Fait {
        moment: maintenant,
        acteur: "fournisseur".to_owned(),
        action: "compte.attacher",
        objet: String::new(),
        detail: json!({ "emetteur": personne.emetteur }),
    };
    let qui = (personne.emetteur.as_str(), personne.sujet.as_str());
    let trouve = match identite::compte(service.db(), qui, &personne.attache, &fait).await {
        Ok(trouve) => trouve,
        Err(erreur) => return panne(service, &erreur.into()),
    };
    // Somebody who changed employer keeps their subject: the account was given for the other one.
    let habilite = trouve.filter(|c| c.attache.as_ref().is_some_and(|a| a.siret == personne.attache.siret));
    let Some(compte) = habilite else {
        let contact = service.configuration().hub.contact.as_deref().unwrap_or("le gestionnaire du hub");
        let texte = format!(
            "Votre identité est reconnue, mais aucun compte n’est ouvert pour vous au titre de votre structure (SIRET {}). Pour demander l’accès : {contact}.",
            personne.attache.siret
        );
        return Vue::sans_lecteur(service).message(StatusCode::FORBIDDEN, "Accès à demander", &texte);
    };
    let moyen = Moyen::Preuve(&personne.preuve);
    match compte::ouvre(service.db(), &compte, moyen, maintenant, &mut service.alea()).await {
        Ok(Some(session)) => entre(service, session, retour),
        Ok(None) => perime(service),
        Err(erreur) => panne(service, &erreur.into()),
    }
}

/// `POST /deconnexion`: closes the session here, then at the provider that opened it.
pub async fn ferme(State(service): State<Service>, formulaire: Formulaire) -> Response {
    let maintenant = service.horloge().maintenant();
    let appelant = formulaire.guichet.appelant();
    let preuve = match compte::deconnecte(service.db(), &formulaire.session, appelant, maintenant).await {
        Ok(preuve) => preuve,
        Err(erreur) => return panne(&service, &erreur.into()),
    };
    let mut suite = "/".to_owned();
    if let (Some(preuve), Ok(fournisseur)) = (preuve, service.fournisseur()) {
        match fournisseur.adieu(&preuve, &mut service.alea()).await {
            Ok(adresse) => suite = adresse.unwrap_or(suite),
            // The session here is closed: that is what was asked for.
            Err(erreur) => tracing::warn!(erreur = format!("{erreur:#}"), "déconnexion chez le fournisseur"),
        }
    }
    let mut fini = Cookie::from(COOKIE);
    fini.set_path("/");
    fini.make_removal();
    ([(header::SET_COOKIE, fini.to_string())], Redirect::to(&suite)).into_response()
}

fn est_de_ce_navigateur(entetes: &HeaderMap, jeton: &str) -> bool {
    lit_cookie(entetes, AVANT).is_some_and(|avant| jeton_de_formulaire(&avant) == jeton)
}

/// A page of this hub, never an address of elsewhere.
fn local(retour: &str) -> String {
    let ici = retour.starts_with('/') && !retour.starts_with("//") && !retour.contains(['\\', '\n', '\r']);
    if ici { retour.to_owned() } else { "/".to_owned() }
}

fn entre(service: &Service, session: String, retour: &str) -> Response {
    ([(header::SET_COOKIE, pose(service, COOKIE, session))], Redirect::to(retour)).into_response()
}

/// `Lax`: a browser that comes back from the provider, or follows a link in a mail, is still signed in; forms have
/// a token of their own.
fn pose(service: &Service, nom: &'static str, valeur: String) -> String {
    let chiffre = service.configuration().hub.adresse.as_ref().is_some_and(|a| a.starts_with("https://"));
    let cookie = Cookie::build((nom, valeur)).path("/").http_only(true).same_site(SameSite::Lax).secure(chiffre);
    cookie.build().to_string()
}

fn panne(service: &Service, erreur: &anyhow::Error) -> Response {
    tracing::error!(erreur = format!("{erreur:#}"), "connexion");
    let texte = "La connexion n’est pas possible pour le moment. Réessayez dans quelques instants.";
    Vue::sans_lecteur(service).message(StatusCode::SERVICE_UNAVAILABLE, "Service momentanément indisponible", texte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says_of_an_error_is_believed_when_it_is_a_known_code() {
        assert_eq!(erreur_connue("access_denied"), "access_denied");
        assert_eq!(erreur_connue("\u{1b}[2J 1 84 12 75 116 001 42"), "inconnue");
    }

    #[test]
    fn one_comes_back_to_a_page_of_this_hub_only() {
        assert_eq!(local("/pilotage?campagne=2026-T1"), "/pilotage?campagne=2026-T1");
        for ailleurs in ["//mal.example", "https://mal.example", "", "/\\mal.example", "/a\r\nSet-Cookie: x"] {
            assert_eq!(local(ailleurs), "/", "{ailleurs:?}");
        }
    }

    #[test]
    fn the_form_is_labelled_keeps_what_was_typed_and_escapes_it() {
        let contenu = Connexion {
            fournisseur: Some("ProConnect".to_owned()),
            jeton: "j".to_owned(),
            retour: "/".to_owned(),
            identifiant: "a\"<b>".to_owned(),
            erreur: Some("Refusé."),
        };
        let html = contenu.render().unwrap();
        assert!(html.contains("S’identifier avec ProConnect") && html.contains("role=\"alert\""));
        assert!(html.contains("value=\"a&#34;&#60;b&#62;\""));
        assert_eq!(html.matches("<label for=").count(), 3);
        let sans = Connexion { fournisseur: None, erreur: None, ..contenu }.render().unwrap();
        assert!(!sans.contains("/connexion/fournisseur") && !sans.contains("role=\"alert\""));
    }
}
