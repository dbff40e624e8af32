//! The committee file from the pages: what to put in it, then the file as a PDF, a document to edit or a workbook, under
//! the rights of whoever asks. Nothing is kept of it: the comment goes into the file and nowhere else.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, TimeZone as _, Utc};
use serde::Deserialize;
use tokio::sync::Semaphore;
use web::Lien;
use web::document::Document;

use super::{Vue, libelle, nom_region};
use crate::acces::Guichet;
use crate::restitution::comite::{self, Commentaire, Demande, Rubrique};
use crate::service::Service;

/// Files laid out at once: each takes a processor for about a second.
pub(super) static IMPRESSIONS: Semaphore = Semaphore::const_new(2);

/// (code, words, media type) of each form of the file; the first one when none is asked for.
const FORMES: [(&str, &str, &str); 4] = [
    ("pdf", "PDF accessible", "application/pdf"),
    ("docx", "document à modifier (DOCX)", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "classeur (XLSX)", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ods", "classeur (ODS)", "application/vnd.oasis.opendocument.spreadsheet"),
];

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    #[serde(default)]
    campagne: String,
    #[serde(default)]
    region: String,
    format: Option<String>,
}

/// What the form says: the place of each section by its code, and the rest.
type Champs = HashMap<String, String>;

#[derive(Debug, Template)]
#[template(path = "dossier.html")]
struct Preparation {
    campagne: String,
    region: String,
    adresse: String,
    rubriques: Vec<Place>,
    places: Vec<String>,
    commentaire: String,
    a_la_date: String,
    faute: Option<String>,
}

/// A section and the place chosen for it; empty when it is left out.
#[derive(Debug)]
struct Place {
    code: &'static str,
    libelle: &'static str,
    place: String,
}

/// `GET /dossier`: the whole file, in the form that the address asks for.
pub async fn dossier(State(service): State<Service>, Query(choix): Query<Choix>, guichet: Guichet) -> Response {
    match vise(&service, &guichet, &choix) {
        Ok(demande) => rend(&service, &guichet, &demande, choix.format.as_deref()).await,
        Err(refus) => *refus,
    }
}

/// `GET /dossier/preparer`: what to put in the file.
pub async fn prepare(State(service): State<Service>, Query(choix): Query<Choix>, guichet: Guichet) -> Response {
    let usuelles = (1..).zip(Rubrique::TOUTES).map(|(place, r): (u32, _)| (r.code().to_owned(), place.to_string()));
    match vise(&service, &guichet, &choix) {
        Ok(demande) => formulaire(&service, &guichet, &demande, &usuelles.collect(), None),
        Err(refus) => *refus,
    }
}

/// `POST /dossier`: the file as it was prepared.
pub async fn compose(
    State(service): State<Service>,
    Query(choix): Query<Choix>,
    guichet: Guichet,
    Form(champs): Form<Champs>,
) -> Response {
    let mut demande = match vise(&service, &guichet, &choix) {
        Ok(demande) => demande,
        Err(refus) => return *refus,
    };
    match complete(&mut demande, &champs) {
        Ok(()) => rend(&service, &guichet, &demande, champs.get("format").map(String::as_str)).await,
        Err(faute) => formulaire(&service, &guichet, &demande, &champs, Some(faute)),
    }
}

fn vise(service: &Service, guichet: &Guichet, choix: &Choix) -> Result<Demande, Box<Response>> {
    if referentiel::territoire::region(&choix.region).is_some() {
        return Ok(Demande::nouvelle(&choix.campagne, &choix.region));
    }
    let texte = "Choisissez une région avant de demander son dossier de comité.";
    Err(Box::new(Vue::de(service, guichet).message(StatusCode::NOT_FOUND, "Région à choisir", texte)))
}

/// What the form adds to the request, or the sentence that says what to mend.
fn complete(demande: &mut Demande, champs: &Champs) -> Result<(), String> {
    let champ = |nom: &str| champs.get(nom).map_or("", |t| t.trim());
    demande.rubriques = Rubrique::placees(|r| champ(r.code()).parse().ok()).map_err(|e| e.to_string())?;
    demande.commentaire = Commentaire::lit(champ("texte")).map_err(|e| e.to_string())?;
    demande.a_la_date = match champ("a_la_date") {
        "" => None,
        jour => Some(fin_du_jour(jour).ok_or("La date du dossier ne se lit pas : écrivez-la comme 2026-04-20.")?),
    };
    Ok(())
}

/// Last moment of a day in Paris.
fn fin_du_jour(jour: &str) -> Option<DateTime<Utc>> {
    let jour: NaiveDate = jour.parse().ok()?;
    let fin = chrono_tz::Europe::Paris.from_local_datetime(&jour.and_hms_opt(23, 59, 59)?).earliest()?;
    Some(fin.with_timezone(&Utc))
}

fn formulaire(
    service: &Service,
    guichet: &Guichet,
    demande: &Demande,
    champs: &Champs,
    faute: Option<String>,
) -> Response {
    let champ = |nom: &str| champs.get(nom).cloned().unwrap_or_default();
    let place = |r: Rubrique| Place { code: r.code(), libelle: r.libelle(), place: champ(r.code()) };
    let contenu = Preparation {
        campagne: libelle(&demande.campagne),
        region: nom_region(&demande.region),
        adresse: format!("/dossier?campagne={}&region={}", demande.campagne, demande.region),
        rubriques: Rubrique::TOUTES.map(place).into(),
        places: (1..=Rubrique::TOUTES.len()).map(|n| n.to_string()).collect(),
        commentaire: champ("texte"),
        a_la_date: champ("a_la_date"),
        faute,
    };
    let statut = if contenu.faute.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let titre = format!("Dossier de comité – {} – {}", contenu.campagne, contenu.region);
    let retour = format!("/pilotage?campagne={}&region={}", demande.campagne, demande.region);
    let fil = [Lien::vers(&retour, "Pilotage de la campagne", false), Lien::vers("", "Dossier de comité", true)];
    Vue::de(service, guichet).sous(&fil).page(statut, "/pilotage", &titre, &contenu)
}

async fn rend(service: &Service, guichet: &Guichet, demande: &Demande, forme: Option<&str>) -> Response {
    let vue = Vue::de(service, guichet);
    let document = match comite::compose(guichet, demande).await {
        Ok(Some(document)) => document,
        Ok(None) => {
            return vue.message(StatusCode::NOT_FOUND, "Campagne inconnue", "Revenez au pilotage de la campagne.");
        }
        Err(erreur) => return vue.refuse(&erreur),
    };
    let [pdf_, ..] = FORMES;
    let (code, _, genre) = FORMES.into_iter().find(|(code, ..)| forme == Some(code)).unwrap_or(pdf_);
    let rendu = match code {
        "docx" => document.docx().map_err(|e| e.to_string()),
        "xlsx" => document.xlsx().map_err(|e| e.to_string()),
        "ods" => document.ods().map_err(|e| e.to_string()),
        _ => pdf(service, document).await,
    };
    match rendu {
        Ok(octets) => {
            let nom = format!("attachment; filename=\"copil_{}_{}.{code}\"", demande.campagne, demande.region);
            ([(header::CONTENT_TYPE, genre.to_owned()), (header::CONTENT_DISPOSITION, nom)], octets).into_response()
        }
        Err(erreur) => {
            tracing::error!(erreur, "dossier de comité");
            // The journal names the program and its place; the reader of a page has no use for them.
            let texte = "Le dossier n’a pas pu être mis en page. Réessayez, ou prévenez le gestionnaire du hub.";
            vue.message(StatusCode::SERVICE_UNAVAILABLE, "Dossier momentanément indisponible", texte)
        }
    }
}

async fn pdf(service: &Service, document: Document) -> Result<Vec<u8>, String> {
    let programme = service.configuration().hub.imprimerie();
    let _place = IMPRESSIONS.acquire().await.map_err(|e| e.to_string())?;
    let imprime = tokio::task::spawn_blocking(move || comite::imprime(&programme, &document)).await;
    imprime.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn champs(paires: &[(&str, &str)]) -> Champs {
        paires.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn the_form_chooses_orders_comments_and_dates() {
        let mut demande = Demande::nouvelle("2026-T1", "27");
        let envoye = champs(&[("methode", "1"), ("synthese", "2"), ("texte", "Mot."), ("a_la_date", "2026-04-20")]);
        complete(&mut demande, &envoye).unwrap();
        assert_eq!(demande.rubriques, [Rubrique::Methode, Rubrique::Synthese]);
        assert!(demande.commentaire.is_some());
        assert_eq!(demande.a_la_date.unwrap().to_rfc3339(), "2026-04-20T21:59:59+00:00");
        assert!(complete(&mut demande, &champs(&[])).unwrap_err().contains("une au moins"));
        assert!(
            complete(&mut demande, &champs(&[("methode", "1"), ("a_la_date", "hier")])).unwrap_err().contains("date")
        );
    }

    #[test]
    fn what_was_typed_comes_back_with_what_is_to_mend() {
        let page = Preparation {
            campagne: "1er trimestre 2026".to_owned(),
            region: "Bourgogne-Franche-Comté".to_owned(),
            adresse: "/dossier?campagne=2026-T1&region=27".to_owned(),
            rubriques: vec![Place { code: "synthese", libelle: "Synthèse", place: "2".to_owned() }],
            places: vec!["1".to_owned(), "2".to_owned()],
            commentaire: "<b>".to_owned(),
            a_la_date: String::new(),
            faute: Some("À reprendre.".to_owned()),
        };
        let html = page.render().unwrap();
        assert!(html.contains("<option value=\"2\" selected>") && html.contains("&#60;b&#62;"), "{html}");
        assert!(html.contains("role=\"alert\"") && html.contains("À reprendre."));
        assert_eq!(html.matches("<label").count(), html.matches("id=\"champ-").count());
    }
}
