//! What the hub lets anybody check: its keys, the checkpoint of its register, and the proofs that an
//! entry is there and that nothing was rewritten. Digests only: no figure can be read from them.

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hub_storage::{arbre, registre, restauration};
use publication::registre::{PointDeControle, Question, nom_du_registre, prouver_coherence, prouver_inclusion};
use publication::trousseau::{self, Trousseau};
use publication::{CodeRefus, Enveloppe};
use serde::Deserialize;

use crate::probleme::Rejet;
use crate::service::Service;

/// `GET /v1/keys`: the key of the receipts vouches for that of the register.
pub async fn trousseau(State(service): State<Service>) -> Response {
    let annonce = Trousseau {
        v: trousseau::VERSION,
        iss: service.configuration().hub.identifiant.clone(),
        receipts: service.cle().publique(),
        log: service.cle_registre().publique(),
        reference: Some(service.cle_reference().publique()),
        successions: service.successions().to_vec(),
        issued_at: service.horloge().maintenant(),
    };
    ([(header::CONTENT_TYPE, Enveloppe::MEDIA)], annonce.signer(service.cle())).into_response()
}

/// `GET /v1/log/checkpoint`: size and root of the register, signed, in the format of transparency logs.
pub async fn point(State(service): State<Service>) -> Result<Response, Rejet> {
    let etat = arbre::etat(service.db()).await?;
    let point = PointDeControle {
        hub: nom_du_registre(&service.configuration().hub.identifiant),
        epoque: etat.epoque,
        taille: etat.taille,
        racine: etat.racine,
    };
    let texte = point.signer(service.cle_registre()).map_err(|e| Rejet::nouveau(CodeRefus::HubBusy, e.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], texte).into_response())
}

/// A leaf and the size of the tree it is proved in.
#[derive(Debug, Deserialize)]
pub struct Feuille {
    leaf: u64,
    size: u64,
}

/// `GET /v1/log/proof?leaf=&size=`: the path of a leaf.
pub async fn inclusion(State(service): State<Service>, Query(q): Query<Feuille>) -> Result<Response, Rejet> {
    borne(&service, q.size).await?;
    let connus = arbre::hachages(service.db(), Question::Inclusion { rang: q.leaf, taille: q.size }).await?;
    let preuve = prouver_inclusion(q.leaf, q.size, &connus).map_err(|e| hors_registre(&e))?;
    Ok(axum::Json(preuve).into_response())
}

/// Two sizes of one incarnation.
#[derive(Debug, Deserialize)]
pub struct Tailles {
    epoch: u64,
    from: u64,
    to: u64,
}

/// `GET /v1/log/consistency?epoch=&from=&to=`: the larger tree begins with the smaller.
pub async fn coherence(State(service): State<Service>, Query(q): Query<Tailles>) -> Result<Response, Rejet> {
    let epoque = borne(&service, q.to).await?;
    if q.epoch != epoque {
        return Err(Rejet::nouveau(CodeRefus::LogCursorGone, format!("Époque du registre : {epoque}.")));
    }
    let question = Question::Coherence { ancienne: q.from, nouvelle: q.to };
    let connus = arbre::hachages(service.db(), question).await?;
    let preuve = prouver_coherence(epoque, q.from, q.to, &connus).map_err(|e| hors_registre(&e))?;
    Ok(axum::Json(preuve).into_response())
}

/// First incarnation asked for.
#[derive(Debug, Deserialize)]
pub struct Depuis {
    #[serde(default)]
    from: u64,
}

/// `GET /v1/log/restores?from=`: the signed statements of the restores, one for each incarnation left.
pub async fn restaurations(State(service): State<Service>, Query(q): Query<Depuis>) -> Result<Response, Rejet> {
    Ok(axum::Json(restauration::declarations(service.db(), q.from).await?).into_response())
}

/// A size the register never had has no proof; gives the present incarnation.
async fn borne(service: &Service, taille: u64) -> Result<u64, Rejet> {
    let (epoque, presente) = registre::tete_registre(service.db()).await?;
    if taille > presente {
        let detail = format!("Taille demandée : {taille} ; taille du registre : {presente}.");
        return Err(Rejet::nouveau(CodeRefus::LogOutOfRange, detail));
    }
    Ok(epoque)
}

fn hors_registre(erreur: &publication::registre::ErreurRegistre) -> Rejet {
    Rejet::nouveau(CodeRefus::LogOutOfRange, erreur.to_string())
}
