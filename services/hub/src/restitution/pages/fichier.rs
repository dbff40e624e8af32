//! A table or a chart of a page as a file: which one the address asks for, and what goes with its figures.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use referentiel::format;
use web::Table;
use web::graphique::{Graphique, Mentions, image};

use super::Vue;
use super::comite::IMPRESSIONS;
use super::filtres::Filtres;
use super::{export, exports};
use crate::restitution::comite::dessine;
use crate::service::Service;

/// The table as the file that the address asks for; nothing when it asks for the page.
pub fn fichier(
    service: &Service,
    filtres: &Filtres,
    table: &Table,
    nom: &str,
    format: Option<&str>,
) -> Option<Response> {
    let mut a_propos = vec![("Titre".to_owned(), table.titre.clone())];
    a_propos.extend(filtres.mots());
    a_propos.push(("Source".to_owned(), service.configuration().hub.nom.clone()));
    a_propos.push(("Extrait le".to_owned(), aujourdhui(service)));
    export(table, nom, format, a_propos)
}

/// A chart of a page as a picture.
pub enum Image {
    /// The drawing itself.
    Svg(String),
    /// The drawing, to be painted.
    Png(String),
}

impl Image {
    /// The picture that the address asks for; nothing when it asks for the page or a table, or when there is no chart.
    pub fn demandee(
        service: &Service,
        filtres: &Filtres,
        (graphique, titre): (Option<&dyn Graphique>, &str),
        format: Option<&str>,
    ) -> Option<Self> {
        let genre = match format? {
            "svg" => Self::Svg,
            "png" => Self::Png,
            _ => return None,
        };
        let mots: Vec<String> = filtres.mots().into_iter().map(|(quoi, choix)| format!("{quoi} : {choix}")).collect();
        let source = format!("Source : {}. Extrait le {}.", service.configuration().hub.nom, aujourdhui(service));
        let notes = [format!("{}.", mots.join(" ; ")), source];
        let mentions = Mentions { titre: titre.to_owned(), notes: notes.into() };
        match image(graphique?, &mentions) {
            Ok(svg) => Some(genre(svg)),
            Err(erreur) => {
                tracing::error!(%erreur, "dessin d’une image");
                None
            }
        }
    }

    /// The file. Its name says the page and nothing of what is drawn.
    pub async fn reponse(self, service: &Service, vue: &Vue<'_>, nom: &str) -> Response {
        let (octets, genre, extension) = match self {
            Self::Svg(svg) => (Ok(svg.into_bytes()), "image/svg+xml", "svg"),
            Self::Png(svg) => (peint(service, svg).await, "image/png", "png"),
        };
        match octets {
            Ok(octets) => {
                let disposition = format!("attachment; filename=\"{nom}.{extension}\"");
                ([(header::CONTENT_TYPE, genre), (header::CONTENT_DISPOSITION, &disposition)], octets).into_response()
            }
            Err(erreur) => {
                tracing::error!(erreur, "image d’un graphique");
                let texte = "L’image n’a pas pu être dessinée. Prenez la version SVG, ou réessayez plus tard.";
                vue.message(StatusCode::SERVICE_UNAVAILABLE, "Image momentanément indisponible", texte)
            }
        }
    }
}

async fn peint(service: &Service, svg: String) -> Result<Vec<u8>, String> {
    let programme = service.configuration().hub.imprimerie();
    let _place = IMPRESSIONS.acquire().await.map_err(|e| e.to_string())?;
    let peinte = tokio::task::spawn_blocking(move || dessine(&programme, svg)).await;
    peinte.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}

/// Addresses of the files of a page that has one table.
pub fn adresses(filtres: &Filtres) -> Vec<(String, &'static str)> {
    exports(&filtres.adresse())
}

/// Addresses of the files of one table of a page that has several.
pub fn adresses_de(filtres: &Filtres, table: &str) -> Vec<(String, &'static str)> {
    exports(&format!("{}&table={table}", filtres.adresse()))
}

fn aujourdhui(service: &Service) -> String {
    format::date(service.horloge().maintenant().with_timezone(&chrono_tz::Europe::Paris).date_naive())
}
