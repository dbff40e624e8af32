//! The wire towards the nodes (publication protocol, §2.4): bodies, envelopes, heads, history, trials.
//! Each request carries a proof; a node reads and writes its own chain only.

use std::io::Read as _;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_storage::corps::CorpsIntegre;
use hub_storage::enrolement::{EtatNoeud, etat as etat_du_noeud};
use hub_storage::{corps, noeud as noeuds, preuve as preuves, publication as entrees, registre};
use publication::contenu::TAILLE_MAXIMALE;
use publication::preuve::{self, PreuveSansCorps, PreuveVerifiee};
use publication::tete::TeteSignee;
use publication::{CodeRefus, Contenu, Empreinte, Enveloppe, Motif, pii};
use referentiel::identifiant::IdentifiantNoeud;
use serde::{Deserialize, Serialize};

use crate::configuration::Configuration;
use crate::ingest::{self, PublicationRecue};
use crate::probleme::Rejet;
use crate::service::Service;
use crate::validation;

/// Largest envelope.
const ENVELOPPE_MAXIMALE: usize = 64 * 1024;

/// Entries of a history answered at a time.
const PAGE_D_HISTORIQUE: u32 = 100;

/// `PUT /v1/blobs/{digest}`: a body waits for its envelope.
pub async fn depose_corps(
    State(service): State<Service>,
    Path(empreinte): Path<String>,
    requete: Request,
) -> Result<Response, Rejet> {
    let Recue { octets, preuve, .. } = recue(&service, requete, TAILLE_MAXIMALE, None).await?;
    publie_encore(&service, preuve.noeud()).await?;
    let integre = CorpsIntegre::verifie(lit_empreinte(&empreinte)?, octets.into()).ok_or_else(|| {
        Rejet::nouveau(CodeRefus::BodyHashMismatch, "Les octets reçus n’ont pas l’empreinte de l’adresse.")
    })?;
    let nouveau = corps::depose(service.db(), integre, service.horloge().maintenant()).await?;
    Ok(if nouveau { StatusCode::CREATED } else { StatusCode::OK }.into_response())
}

/// `GET /v1/blobs/{digest}`: a node takes its own bodies back after a restore.
pub async fn lit_corps(
    State(service): State<Service>,
    Path(empreinte): Path<String>,
    requete: Request,
) -> Result<Response, Rejet> {
    let preuve = une_seule_fois(&service, recue(&service, requete, 0, None).await?.preuve).await?;
    let empreinte = lit_empreinte(&empreinte)?;
    // One answer for what does not exist and what belongs to another: existence is not told.
    if !corps::appartient(service.db(), empreinte, preuve.noeud().as_str()).await? {
        return Err(Rejet::nouveau(CodeRefus::BodyMissing, "Aucun corps de ce nœud sous cette empreinte."));
    }
    let octets = corps::find(service.db(), empreinte).await?;
    let octets = octets.ok_or_else(|| Rejet::nouveau(CodeRefus::BodyMissing, "Les octets ne sont pas conservés."))?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], octets).into_response())
}

/// `PUT /v1/nodes/{node}/chain/{seq}`: 201 the first time, 200 with the same receipt ever after.
pub async fn depose_enveloppe(
    State(service): State<Service>,
    Path((noeud, seq)): Path<(String, u64)>,
    requete: Request,
) -> Result<Response, Rejet> {
    let noeud = lit_noeud(&noeud)?;
    // A proof seen before is no matter here: the answer to the same bytes is the same receipt.
    let Recue { octets, .. } = recue(&service, requete, ENVELOPPE_MAXIMALE, Some(&noeud)).await?;
    publie_encore(&service, &noeud).await?;
    let jws = String::from_utf8(octets.into())
        .map_err(|_| Rejet::nouveau(CodeRefus::EnvMalformed, "L’enveloppe n’est pas du texte."))?;
    let recu = ingest::recoit(&service, PublicationRecue { noeud, seq, jws }).await?;
    let statut = if recu.nouveau { StatusCode::CREATED } else { StatusCode::OK };
    Ok((statut, [(header::CONTENT_TYPE, Enveloppe::MEDIA)], recu.accuse).into_response())
}

/// Answer to a trial.
#[derive(Debug, Serialize)]
struct Essai {
    status: &'static str,
    reasons: Vec<Motif>,
    cells: u64,
}

/// `POST /v1/nodes/{node}/chain:dry-run`: the content alone, wholly checked, nothing stored, no position
/// consumed. The node has nothing to seal yet.
pub async fn essaie(
    State(service): State<Service>,
    Path(noeud): Path<String>,
    requete: Request,
) -> Result<Response, Rejet> {
    let noeud = lit_noeud(&noeud)?;
    let Recue { octets, preuve, .. } = recue(&service, requete, TAILLE_MAXIMALE, Some(&noeud)).await?;
    une_seule_fois(&service, preuve).await?;
    let essai = tokio::task::spawn_blocking(move || essai(&service, &noeud, &octets));
    let essai = essai.await.map_err(|_| Rejet::nouveau(CodeRefus::HubBusy, "L’essai s’est interrompu."))?;
    Ok(axum::Json(essai).into_response())
}

fn essai(service: &Service, noeud: &IdentifiantNoeud, octets: &[u8]) -> Essai {
    let lu = Contenu::lire(octets).map_err(|refus| pii::inspecter_octets(octets).unwrap_or(refus));
    let (refus, cells) = match lu {
        Err(refus) => (vec![refus], 0),
        Ok(contenu) => {
            let mut refus = validation::objections_au_contenu(&contenu, service.configuration());
            refus.extend(pii::inspecter(&contenu));
            if contenu.emetteur() != noeud {
                let detail = format!("Émetteur du contenu : {}.", contenu.emetteur());
                refus.push(publication::Refus::nouveau(CodeRefus::SchemaSeriesMismatch, detail));
            }
            (refus, contenu.taille() as u64)
        }
    };
    let status = if refus.is_empty() { "accepted" } else { "refused" };
    Essai { status, reasons: refus.iter().take(200).map(Motif::from).collect(), cells }
}

/// `GET /v1/nodes/{node}/head`: read first at every contact.
pub async fn tete(
    State(service): State<Service>,
    Path(noeud): Path<String>,
    requete: Request,
) -> Result<Response, Rejet> {
    let noeud = lit_noeud(&noeud)?;
    let Recue { parties, preuve, .. } = recue(&service, requete, 0, Some(&noeud)).await?;
    let kid = kid_de(&parties.headers)?;
    une_seule_fois(&service, preuve).await?;
    let tete = registre::tete(service.db(), &noeud).await?;
    let (log_epoch, _) = registre::tete_registre(service.db()).await?;
    let signee = TeteSignee { node: noeud, log_epoch, seq: tete.seq, digest: tete.empreinte, kid };
    Ok(([(header::CONTENT_TYPE, Enveloppe::MEDIA)], signee.signer(service.cle())).into_response())
}

/// Where a history starts.
#[derive(Debug, Deserialize)]
pub struct Depuis {
    #[serde(default)]
    from: u64,
}

#[derive(Debug, Serialize)]
struct Historique {
    entries: Vec<EntreeHistorique>,
    next: Option<u64>,
}

#[derive(Debug, Serialize)]
struct EntreeHistorique {
    seq: u64,
    envelope: String,
    receipt: String,
    body: Option<String>,
}

/// `GET /v1/nodes/{node}/chain?from=`: the node's own history.
pub async fn historique(
    State(service): State<Service>,
    Path(noeud): Path<String>,
    Query(depuis): Query<Depuis>,
    requete: Request,
) -> Result<Response, Rejet> {
    let noeud = lit_noeud(&noeud)?;
    une_seule_fois(&service, recue(&service, requete, 0, Some(&noeud)).await?.preuve).await?;
    let lues = entrees::historique(service.db(), &noeud, depuis.from, PAGE_D_HISTORIQUE).await?;
    let next = (lues.len() == PAGE_D_HISTORIQUE as usize).then(|| lues.last().map(|e| e.seq + 1)).flatten();
    let entries = lues
        .into_iter()
        .map(|e| EntreeHistorique { seq: e.seq, envelope: e.jws, receipt: e.accuse, body: e.corps })
        .collect();
    Ok(axum::Json(Historique { entries, next }).into_response())
}

/// A reading that any node in service may ask for; gives the parts of the request.
pub(crate) async fn requete_d_un_noeud(service: &Service, requete: Request) -> Result<Parts, Rejet> {
    let Recue { parties, preuve, .. } = recue(service, requete, 0, None).await?;
    une_seule_fois(service, preuve).await?;
    Ok(parties)
}

/// A request whose proof holds, and its body.
struct Recue {
    parties: Parts,
    octets: Bytes,
    preuve: PreuveVerifiee,
}

/// Verifies the proof of a request, then reads its body, to `limite` bytes and never past the signed length; `noeud`
/// is that of the address, when it names one.
async fn recue(
    service: &Service,
    requete: Request<Body>,
    limite: usize,
    noeud: Option<&IdentifiantNoeud>,
) -> Result<Recue, Rejet> {
    let (parties, corps) = requete.into_parts();
    let preuve = authentifie(service, &parties, noeud).await?;
    let octets = corps_de(&parties.headers, corps, limite, preuve.longueur()).await?;
    Ok(Recue { preuve: preuve.avec_corps(&octets)?, parties, octets })
}

async fn authentifie(
    service: &Service,
    parties: &Parts,
    noeud: Option<&IdentifiantNoeud>,
) -> Result<PreuveSansCorps, Rejet> {
    let autorisation = autorisation(&parties.headers)?;
    let connue = noeuds::du_kid(service.db(), &kid_de(&parties.headers)?).await?;
    let Some((proprietaire, cle)) = connue else { return Err(sans_cle(service, noeud).await?) };
    let hub = &service.configuration().hub;
    let demandee = (parties.method.as_str(), &*adresse_demandee(service.configuration(), parties));
    let (noeud, maintenant) = (noeud.unwrap_or(&proprietaire), service.horloge().maintenant());
    let verifiee = preuve::verifier_sans_corps(autorisation, demandee, noeud, &hub.identifiant, &cle, maintenant)
        .map_err(|refus| match refus.code() {
            CodeRefus::ClockSkew => refus.probleme().avec_heure(maintenant).into(),
            _ => Rejet::from(refus),
        })?;
    service.debit().noeud(verifiee.noeud())?;
    Ok(verifiee)
}

/// A suspended node reads its history and publishes nothing; one in maintenance tries again later.
async fn publie_encore(service: &Service, noeud: &IdentifiantNoeud) -> Result<(), Rejet> {
    match etat_du_noeud(service.db(), noeud.as_str()).await? {
        Some(EtatNoeud::Suspendu) => Err(Rejet::nouveau(CodeRefus::NodeSuspended, "Il ne publie plus pour l’instant.")),
        Some(EtatNoeud::Maintenance) => Err(Rejet::nouveau(CodeRefus::HubReadonly, "Ce nœud est en maintenance.")),
        _ => Ok(()),
    }
}

/// A revoked node is told so; of any other, nothing is told.
async fn sans_cle(service: &Service, noeud: Option<&IdentifiantNoeud>) -> Result<Rejet, Rejet> {
    let etat = match noeud {
        Some(noeud) => etat_du_noeud(service.db(), noeud.as_str()).await?,
        None => None,
    };
    Ok(match etat {
        Some(EtatNoeud::Revoque) => Rejet::nouveau(CodeRefus::AuthKeyRevoked, "Demandez une nouvelle invitation."),
        _ => Rejet::nouveau(CodeRefus::AuthKeyUnknown, "Cette clé n’est pas celle d’un nœud en service."),
    })
}

/// Where repeating a request is not harmless by itself, a proof serves once.
async fn une_seule_fois(service: &Service, preuve: PreuveVerifiee) -> Result<PreuveVerifiee, Rejet> {
    if preuves::retient(service.db(), &preuve, service.horloge().maintenant()).await? {
        Ok(preuve)
    } else {
        Err(Rejet::nouveau(CodeRefus::AuthProofInvalid, "Cette preuve a déjà servi."))
    }
}

fn autorisation(entetes: &HeaderMap) -> Result<&str, Rejet> {
    let valeur = entetes.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    valeur.ok_or_else(|| Rejet::nouveau(CodeRefus::AuthProofInvalid, "L’en-tête « Authorization » manque."))
}

fn kid_de(entetes: &HeaderMap) -> Result<String, Rejet> {
    Ok(preuve::kid_annonce(autorisation(entetes)?)?)
}

/// The address as the node wrote it: the public one when a proxy stands in front, else the `Host` it named.
fn adresse_demandee(configuration: &Configuration, parties: &Parts) -> String {
    let chemin = parties.uri.path();
    match &configuration.hub.adresse {
        Some(base) => format!("{}{chemin}", base.trim_end_matches('/')),
        None => {
            let hote = parties.headers.get(header::HOST).and_then(|h| h.to_str().ok());
            let hote = hote.or_else(|| parties.uri.authority().map(|a| a.as_str())).unwrap_or_default();
            let schema = if configuration.tls.is_some() { "https" } else { "http" };
            format!("{schema}://{hote}{chemin}")
        }
    }
}

/// Reads a bounded body; a compressed one, to the length that was signed.
async fn corps_de(entetes: &HeaderMap, corps: Body, limite: usize, signee: Option<u64>) -> Result<Bytes, Rejet> {
    let octets = axum::body::to_bytes(corps, limite).await.map_err(|_| trop_grand(limite))?;
    match entetes.get(header::CONTENT_ENCODING).map(|e| e.as_bytes()) {
        None | Some(b"identity") => Ok(octets),
        Some(b"gzip") => {
            let sans_longueur =
                || Rejet::nouveau(CodeRefus::BodyEncoding, "Une preuve sans « bln » ne couvre pas un corps en gzip.");
            let borne = usize::try_from(signee.ok_or_else(sans_longueur)?).unwrap_or(usize::MAX).min(limite);
            let lu = tokio::task::spawn_blocking(move || decompresse(&octets, borne)).await;
            lu.map_err(|_| Rejet::nouveau(CodeRefus::HubBusy, "La lecture du corps s’est interrompue."))?
        }
        Some(_) => Err(Rejet::nouveau(CodeRefus::BodyEncoding, "Ce hub lit des corps en clair ou en gzip.")),
    }
}

fn trop_grand(limite: usize) -> Rejet {
    Rejet::nouveau(CodeRefus::BodyTooLarge, format!("Taille permise : {limite} octets."))
}

/// Stops one byte after the bound, whatever the compressed bytes promise; nothing may follow them.
fn decompresse(octets: &[u8], limite: usize) -> Result<Bytes, Rejet> {
    let invalide = |_| Rejet::nouveau(CodeRefus::BodyEncoding, "Le corps n’est pas un gzip entier.");
    let mut flux = flate2::bufread::GzDecoder::new(octets);
    let mut lu = Vec::new();
    let borne = u64::try_from(limite).unwrap_or(u64::MAX).saturating_add(1);
    (&mut flux).take(borne).read_to_end(&mut lu).map_err(invalide)?;
    if lu.len() > limite {
        return Err(trop_grand(limite));
    }
    if flux.into_inner().is_empty() {
        Ok(lu.into())
    } else {
        Err(Rejet::nouveau(CodeRefus::BodyEncoding, "Des octets suivent le corps."))
    }
}

fn lit_noeud(texte: &str) -> Result<IdentifiantNoeud, Rejet> {
    texte.parse().map_err(|e: referentiel::identifiant::IdentifiantInvalide| {
        Rejet::nouveau(CodeRefus::AuthKeyUnknown, e.to_string())
    })
}

fn lit_empreinte(texte: &str) -> Result<Empreinte, Rejet> {
    texte.parse().map_err(|e: publication::empreinte::EmpreinteInvalide| {
        Rejet::nouveau(CodeRefus::BodyHashMismatch, e.to_string())
    })
}
