//! A table of a page as a file: which one the address asks for, and what goes with its figures.

use axum::response::Response;
use referentiel::format;
use web::Table;

use super::filtres::Filtres;
use super::{export, exports};
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
