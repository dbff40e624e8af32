//! The reference data handed down to the nodes: code lists and data sets in every version held, rules of the
//! conventions, thresholds demanded, calendar of the campaigns. The manifest names each part by its digest.
//!
//! A manifest is issued when its parts change, and again every day so that a node can tell a hub that is silent
//! from one that says the same. Its version is the time of issue: a hub put back from a backup never goes back.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use hub_storage::reference::{self, ManifesteEmis};
use publication::manifeste::{Manifeste, Partie, VERSION, empreinte_des_parties};
use publication::reference::{
    CAMPAGNES, CampagneAnnoncee, SEUILS, SeuilExige, VERSION as VERSION_DES_LISTES, convention, ecrire, embarquees,
};
use publication::{CodeRefus, Empreinte, Enveloppe};
use referentiel::jeu::jeux;

use crate::configuration::Configuration;
use crate::federation::requete_d_un_noeud;
use crate::probleme::Rejet;
use crate::service::Service;
use crate::validation::politique::exiges;

/// How long a manifest is fresh.
const VALIDITE: TimeDelta = TimeDelta::days(7);

/// Age from which it is issued again.
const RENOUVELLEMENT: TimeDelta = TimeDelta::days(1);

/// Rules of the conventions: files of the contract, which only nodes evaluate.
const CONVENTIONS: [(&str, &str); 2] = [
    ("fiphfp-v4", include_str!("../../../schema/conventions/fiphfp-v4.toml")),
    ("fiphfp-v5", include_str!("../../../schema/conventions/fiphfp-v5.toml")),
];

/// What a hub hands down, made once from its configuration.
#[derive(Debug, Clone)]
pub struct Reference {
    parts: Vec<(Partie, Vec<u8>)>,
    contenu: Empreinte,
}

impl Reference {
    /// Gathers the parts.
    pub fn de(configuration: &Configuration) -> Self {
        let mut parts = embarquees();
        parts.extend(CONVENTIONS.iter().map(|(code, texte)| convention(code, texte)));
        for (nom, octets) in [(SEUILS, ecrire(seuils(configuration))), (CAMPAGNES, ecrire(campagnes(configuration)))] {
            parts.push((Partie::decrire(nom, VERSION_DES_LISTES, &octets), octets));
        }
        parts.sort_by(|(a, _), (b, _)| a.cmp(b));
        let contenu = empreinte_des_parties(&decrites(&parts));
        Self { parts, contenu }
    }

    fn emet(&self, hub: &str, apres: Option<u64>, instant: DateTime<Utc>) -> Manifeste {
        let horodatage = u64::try_from(instant.timestamp()).unwrap_or_default();
        Manifeste {
            v: VERSION,
            iss: hub.to_owned(),
            version: apres.map_or(horodatage.max(1), |v| horodatage.max(v + 1)),
            issued: instant,
            valid_until: instant + VALIDITE,
            parts: decrites(&self.parts),
        }
    }
}

fn decrites(parts: &[(Partie, Vec<u8>)]) -> Vec<Partie> {
    parts.iter().map(|(partie, _)| partie.clone()).collect()
}

fn seuils(configuration: &Configuration) -> Vec<SeuilExige> {
    let mut seuils = Vec::new();
    for jeu in jeux() {
        for audience in jeu.audiences.keys() {
            let Some(exiges) = exiges(jeu, *audience, configuration.seuils.get(audience)) else { continue };
            seuils.push(SeuilExige {
                jeu: jeu.code.clone(),
                audience: *audience,
                seuil: exiges.seuil,
                seuil_sensible: exiges.seuil_sensible,
            });
        }
    }
    seuils
}

fn campagnes(configuration: &Configuration) -> Vec<CampagneAnnoncee> {
    let annonce = |c: &hub_storage::campagne::CampagneDeclaree| CampagneAnnoncee {
        code: c.code,
        date: c.date_evenement,
        ouverture: c.ouverture,
        limite_depot: c.limite_depot,
        fin_correction: c.fin_correction,
    };
    configuration.campagnes.iter().map(annonce).collect()
}

/// `GET /v1/ref/manifest`: the signed list, issued again when it is a day old or says something else.
pub async fn manifeste(State(service): State<Service>, requete: Request) -> Result<Response, Rejet> {
    requete_d_un_noeud(&service, requete).await?;
    let emis = a_jour(&service).await?;
    Ok(([(header::CONTENT_TYPE, Enveloppe::MEDIA)], emis.jws).into_response())
}

async fn a_jour(service: &Service) -> Result<ManifesteEmis, Rejet> {
    let (instant, reference) = (service.horloge().maintenant(), service.reference());
    let dernier = reference::dernier(service.db()).await?;
    if let Some(emis) = dernier.as_ref().filter(|m| m.contenu == reference.contenu.to_string())
        && instant - emis.emis_le < RENOUVELLEMENT
    {
        return Ok(emis.clone());
    }
    let apres = dernier.map(|m| m.version);
    let manifeste = reference.emet(&service.configuration().hub.identifiant, apres, instant);
    let emis = ManifesteEmis {
        version: manifeste.version,
        contenu: reference.contenu.to_string(),
        jws: manifeste.signer(service.cle_reference()),
        emis_le: instant,
    };
    if reference::emet(service.db(), apres, &emis, &reference.parts).await? {
        tracing::info!(version = emis.version, parties = reference.parts.len(), "manifeste émis");
        return Ok(emis);
    }
    // Another replica issued one meanwhile: it is as good as this one.
    let ailleurs = reference::dernier(service.db()).await?;
    ailleurs.ok_or_else(|| Rejet::nouveau(CodeRefus::HubBusy, "Un manifeste est en cours d’émission."))
}

/// `GET /v1/ref/parts/{digest}`: the bytes of a part, which never change.
pub async fn partie(
    State(service): State<Service>,
    Path(empreinte): Path<String>,
    requete: Request,
) -> Result<Response, Rejet> {
    let parties = requete_d_un_noeud(&service, requete).await?;
    let inconnue = || Rejet::nouveau(CodeRefus::RefUnknownPart, "Relisez le manifeste.");
    let empreinte: Empreinte = empreinte.parse().map_err(|_| inconnue())?;
    let etiquette = format!("\"{empreinte}\"");
    let entetes = [(header::ETAG, etiquette.clone()), (header::CACHE_CONTROL, "private, immutable".to_owned())];
    if deja_tenue(&parties.headers, &etiquette) {
        return Ok((StatusCode::NOT_MODIFIED, entetes).into_response());
    }
    let octets = reference::partie(service.db(), empreinte).await?.ok_or_else(inconnue)?;
    Ok((entetes, [(header::CONTENT_TYPE, "application/octet-stream")], octets).into_response())
}

fn deja_tenue(entetes: &HeaderMap, etiquette: &str) -> bool {
    let lu = entetes.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
    lu.split(',').any(|e| e.trim() == etiquette)
}
