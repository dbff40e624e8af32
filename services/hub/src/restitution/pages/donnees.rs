//! The open-data space: what anybody may see, and nothing else, whoever asks. Each state of a data set has an
//! address of its own that never changes; the register makes it again for ever.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono_tz::Europe::Paris;
use hub_storage::publication::{self, Version};
use referentiel::cellule::Audience;
use referentiel::format;
use referentiel::jeu::{Jeu, jeux};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use web::table::APropos;

use super::super::extraction::{extrait, sans_ligne, sdmx};
use super::{Vue, libelle};
use crate::acces::{Appelant, Guichet, Refus, Role};
use crate::service::Service;

/// Licence of what is open (Licence Ouverte 2.0, Etalab).
const LICENCE: &str = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/";
/// The table of cells, which is what a data set opens.
const TABLEAU: &str = "indicateurs";
/// Forms of a state: end of the address, media type, name.
const FORMES: [(&str, &str, &str); 3] = [
    ("csv", "text/csv; charset=utf-8", "CSV ouvert"),
    ("json", "application/json; charset=utf-8", "JSON"),
    ("sdmx.csv", "application/vnd.sdmx.data+csv; version=2.0.0", "SDMX-CSV 2.0"),
];

#[derive(Template)]
#[template(path = "donnees.html")]
struct Espace {
    jeux: Vec<JeuOuvert>,
}

struct JeuOuvert {
    code: String,
    /// Name of its section in the page: a code with a point is no place one can link to.
    ancre: String,
    libelle: String,
    source: String,
    periodes: Vec<Periode>,
}

struct Periode {
    libelle: String,
    version: u64,
    depuis: String,
    fichiers: Vec<(String, &'static str)>,
}

/// Data sets protected for everybody.
fn ouverts() -> impl Iterator<Item = &'static Jeu> {
    jeux().into_iter().filter(|j| j.audiences.contains_key(&Audience::Public))
}

fn guichet(service: &Service) -> Guichet {
    service.guichet(Appelant::de_role("donnees-ouvertes".to_owned(), Role::Public, vec![]))
}

/// `GET /donnees`
pub async fn espace(State(service): State<Service>, lecteur: Guichet) -> Response {
    let vue = Vue::de(&service, &lecteur);
    let mut liste = Vec::new();
    for jeu in ouverts() {
        match publication::versions(service.db(), &jeu.code).await {
            Ok(versions) => liste.push(JeuOuvert {
                code: jeu.code.clone(),
                ancre: format!("jeu-{}", jeu.code.replace('.', "-")),
                libelle: jeu.libelle.clone(),
                source: jeu.source.clone(),
                periodes: versions.iter().map(|v| periode(jeu, v)).collect(),
            }),
            Err(erreur) => return vue.refuse(&Refus::Base(erreur)),
        }
    }
    vue.page(StatusCode::OK, "/donnees", "Données ouvertes", &Espace { jeux: liste })
}

fn periode(jeu: &Jeu, version: &Version) -> Periode {
    let adresse = |extension: &str| format!("/donnees/{}/{}/v{}.{extension}", jeu.code, version.periode, version.rang);
    Periode {
        libelle: libelle(&version.periode),
        version: version.rang,
        depuis: format::date(version.depuis.with_timezone(&Paris).date_naive()),
        fichiers: FORMES.map(|(extension, _, nom)| (adresse(extension), nom)).into(),
    }
}

/// `GET /donnees/{jeu}/{fichier}`: the Table Schema, or the way to the present state of a period.
pub async fn jeu_ouvert(State(service): State<Service>, Path((code, fichier)): Path<(String, String)>) -> Response {
    let Some(jeu) = ouverts().find(|j| j.code == code) else { return absent() };
    if fichier == "schema.json" {
        return en_json(&sans_ligne(jeu).schema_ouvert(), "application/json; charset=utf-8");
    }
    let forme = fichier.split_once('.').filter(|(_, extension)| FORMES.iter().any(|(e, ..)| e == extension));
    let Some((periode, extension)) = forme else { return absent() };
    match publication::versions(service.db(), &code).await {
        Ok(versions) => versions.iter().find(|v| v.periode == periode).map_or_else(absent, |v| {
            Redirect::temporary(&format!("/donnees/{code}/{periode}/v{}.{extension}", v.rang)).into_response()
        }),
        Err(erreur) => refuse(&Refus::Base(erreur)),
    }
}

/// `GET /donnees/{jeu}/{periode}/{version}`: a state, for ever the same bytes.
pub async fn etat(
    State(service): State<Service>,
    Path((code, periode, fichier)): Path<(String, String, String)>,
    entetes: HeaderMap,
) -> Response {
    let Some(jeu) = ouverts().find(|j| j.code == code) else { return absent() };
    let lue = fichier.strip_prefix('v').and_then(|f| f.split_once('.'));
    let demandee = lue.and_then(|(rang, extension)| {
        Some((rang.parse::<u64>().ok()?, *FORMES.iter().find(|(e, ..)| *e == extension)?))
    });
    let Some((rang, (extension, media, _))) = demandee else { return absent() };
    match octets(&service, jeu, &periode, rang, extension).await {
        Ok(Some(octets)) => immuable(octets, media, &entetes),
        Ok(None) => absent(),
        Err(erreur) => refuse(&erreur),
    }
}

async fn octets(
    service: &Service,
    jeu: &Jeu,
    periode: &str,
    rang: u64,
    extension: &str,
) -> Result<Option<Vec<u8>>, Refus> {
    let lue = || publication::version(service.db(), &jeu.code, periode, rang);
    let Some(version) = lue().await? else { return Ok(None) };
    let present = guichet(service);
    let passe = async || {
        let guichet = present.a_la_date(Some(version.depuis), Some(periode)).await?;
        extrait(&guichet, jeu, Some(periode)).await
    };
    // The present needs no replay, unless something came while it was read: these bytes are kept by whoever asked.
    let extraction = if version.derniere {
        let extraction = extrait(&present, jeu, Some(periode)).await?;
        if lue().await?.is_some_and(|v| v.derniere) { extraction } else { passe().await? }
    } else {
        passe().await?
    };
    let Some((_, table)) = extraction.tables.iter().find(|(nom, _)| nom == TABLEAU) else { return Ok(None) };
    let ecrits = match extension {
        "sdmx.csv" => sdmx::csv(jeu, &extraction.observations).map_err(|e| e.to_string()),
        "json" => table.json(&a_propos(service, jeu, &version)).map_err(|e| e.to_string()),
        _ => table.csv_ouvert().map_err(|e| e.to_string()),
    };
    Ok(ecrits.map_err(|erreur| tracing::error!(%erreur, "écriture de données ouvertes")).ok())
}

fn a_propos(service: &Service, jeu: &Jeu, version: &Version) -> APropos {
    let depuis = version.depuis.with_timezone(&Paris).date_naive();
    APropos {
        lignes: [
            ("Jeu de données", format!("{}, version {}", jeu.code, jeu.version)),
            ("Période", version.periode.clone()),
            ("État", format!("{}, du {}", version.rang, format::date(depuis))),
            ("Origine", jeu.source.clone()),
            ("Source", service.configuration().hub.nom.clone()),
            ("Licence", LICENCE.to_owned()),
        ]
        .map(|(nom, mots)| (nom.to_owned(), mots))
        .into(),
        date: Some(depuis),
    }
}

/// `GET /catalogue.jsonld`: the catalogue as DCAT-AP.
pub async fn catalogue(State(service): State<Service>) -> Response {
    let mut jeux = Vec::new();
    let racine = service.configuration().hub.adresse.clone().unwrap_or_default();
    for jeu in ouverts() {
        match publication::versions(service.db(), &jeu.code).await {
            Ok(versions) => jeux.push(dataset(&racine, jeu, &versions)),
            Err(erreur) => return refuse(&Refus::Base(erreur)),
        }
    }
    let nom = &service.configuration().hub.nom;
    let catalogue = json!({
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/", "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": format!("{racine}/catalogue.jsonld"),
        "@type": "dcat:Catalog",
        "dct:title": format!("Données ouvertes – {nom}"),
        "dct:description": "Indicateurs d’emploi accompagné et de handicap dans la fonction publique territoriale, protégés par le secret statistique.",
        "dct:language": { "@id": "http://publications.europa.eu/resource/authority/language/FRA" },
        "dct:license": { "@id": LICENCE },
        "dct:publisher": { "@type": "foaf:Organization", "foaf:name": nom },
        "dcat:dataset": jeux,
    });
    en_json(&catalogue, "application/ld+json; charset=utf-8")
}

fn dataset(racine: &str, jeu: &Jeu, versions: &[Version]) -> Json {
    let distributions = versions.iter().flat_map(|v| {
        FORMES.iter().map(move |(extension, media, nom)| {
            let adresse = format!("{racine}/donnees/{}/{}/v{}.{extension}", jeu.code, v.periode, v.rang);
            json!({
                "@id": adresse, "@type": "dcat:Distribution",
                "dct:title": format!("{} – {nom}", libelle(&v.periode)),
                "dcat:accessURL": { "@id": adresse }, "dcat:downloadURL": { "@id": adresse },
                "dcat:mediaType": media.split(';').next(),
                "dct:license": { "@id": LICENCE },
                "dct:conformsTo": { "@id": format!("{racine}/donnees/{}/schema.json", jeu.code) },
                "dct:issued": { "@type": "xsd:dateTime", "@value": v.depuis.to_rfc3339() },
            })
        })
    });
    json!({
        "@id": format!("{racine}/donnees/{}", jeu.code),
        "@type": "dcat:Dataset",
        "dct:identifier": jeu.code,
        "dct:title": jeu.libelle,
        "dct:description": format!("Origine : {}. Un effectif inférieur au seuil est masqué.", jeu.source),
        "dct:source": jeu.source,
        "dcat:version": jeu.version,
        "dcat:distribution": distributions.collect::<Vec<_>>(),
    })
}

/// The bytes of an address never change: whoever has them need not ask again.
fn immuable(octets: Vec<u8>, media: &'static str, entetes: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(&octets)));
    let tetes = [
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
        (header::ETAG, etag.clone()),
    ];
    let connu = entetes.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    if connu.is_some_and(|c| c.split(',').any(|c| c.trim() == etag)) {
        return (StatusCode::NOT_MODIFIED, tetes).into_response();
    }
    (tetes, [(header::CONTENT_TYPE, media)], octets).into_response()
}

fn en_json(json: &Json, media: &'static str) -> Response {
    let tetes = [(header::CONTENT_TYPE, media), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (tetes, json.to_string()).into_response()
}

fn absent() -> Response {
    (StatusCode::NOT_FOUND, "Aucune donnée ouverte à cette adresse : voir /donnees.\n").into_response()
}

fn refuse(erreur: &Refus) -> Response {
    tracing::error!(%erreur, "lecture des données ouvertes");
    (StatusCode::SERVICE_UNAVAILABLE, "Le hub ne peut pas répondre pour le moment.\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_data_sets_protected_for_everybody_are_open() {
        let codes: Vec<&str> = ouverts().map(|j| j.code.as_str()).collect();
        assert!(codes.contains(&"ea.indicateurs"), "{codes:?}");
        assert!(!codes.contains(&"ea.dispositif"), "{codes:?}");
    }
}
