//! How a node enters the federation (publication protocol, §2.7): the hub's administrator invites it with a
//! one-time token, the node presents its key with the proof that it holds it, both sides read the fingerprints
//! aloud, and the administrator approves. The token is never stored, only its digest.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hub_storage::enrolement::{self, Presentation};
use hub_storage::journal::Fait;
use hub_storage::{Db, ErreurBase};
use publication::empreinte::empreinte_invitation;
use publication::possession::{self, Usage};
use publication::{ClePublique, CodeRefus};
use rand::CryptoRng;
use referentiel::identifiant::IdentifiantNoeud;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::probleme::Rejet;
use crate::service::Service;

/// Life of an invitation.
pub const VIE: TimeDelta = TimeDelta::hours(72);

/// Invites a node; gives the token, which is shown once.
pub async fn invite(
    db: &Db,
    noeud: &IdentifiantNoeud,
    par: &str,
    maintenant: DateTime<Utc>,
    rng: &mut impl CryptoRng,
) -> Result<String, ErreurBase> {
    let mut secret = [0u8; 16];
    rng.fill_bytes(&mut secret);
    let jeton = URL_SAFE_NO_PAD.encode(secret);
    let expire_le = maintenant + VIE;
    let fait = Fait {
        moment: maintenant,
        acteur: par.to_owned(),
        action: "noeud.inviter",
        objet: noeud.to_string(),
        detail: json!({ "expire": expire_le }),
    };
    enrolement::invite(db, noeud, empreinte_invitation(&jeton), expire_le, &fait).await?;
    Ok(jeton)
}

/// What a node sends with its token.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Demande {
    node: IdentifiantNoeud,
    token: String,
    x: String,
    proof: String,
}

/// What it is answered: the fingerprint of the key as the hub read it.
#[derive(Debug, Serialize)]
struct Reponse {
    node: IdentifiantNoeud,
    kid: String,
    fingerprint: String,
}

/// `POST /v1/enrol`. An unknown node, a wrong, used, expired or worn-out token: one answer for all.
pub async fn recoit(State(service): State<Service>, octets: axum::body::Bytes) -> Result<Response, Rejet> {
    const TAILLE_MAXIMALE: usize = 4096;
    let illisible =
        || Rejet::nouveau(CodeRefus::EnvMalformed, "« node », « token », « x » et « proof » sont attendus.");
    if octets.len() > TAILLE_MAXIMALE {
        return Err(illisible());
    }
    let demande: Demande = serde_json::from_slice(&octets).map_err(|_| illisible())?;
    let cle: ClePublique = demande
        .x
        .parse()
        .map_err(|e: publication::cle::CleInvalide| Rejet::nouveau(CodeRefus::AuthKeyWeak, e.to_string()))?;
    let condense = empreinte_invitation(&demande.token);
    let hub = &service.configuration().hub.identifiant;
    possession::verifier(&demande.proof, &cle, &demande.node, hub, Usage::Enrolement { token: condense })?;
    let maintenant = service.horloge().maintenant();
    let fait = |issue: Presentation| Fait {
        moment: maintenant,
        acteur: demande.node.to_string(),
        action: if issue == Presentation::Recue { "noeud.presenter_cle" } else { "noeud.presenter_cle_refusee" },
        objet: demande.node.to_string(),
        detail: json!({ "kid": cle.kid() }),
    };
    if enrolement::etat(service.db(), demande.node.as_str()).await?.is_none() {
        return Err(refusee());
    }
    match enrolement::presente(service.db(), &demande.node, condense, &cle, fait).await? {
        Presentation::Refusee => Err(refusee()),
        Presentation::Recue => {
            let reponse = Reponse { node: demande.node, kid: cle.kid(), fingerprint: cle.empreinte_lisible() };
            Ok(axum::Json(reponse).into_response())
        }
    }
}

fn refusee() -> Rejet {
    Rejet::nouveau(CodeRefus::EnrolRefused, "Demandez-en une autre à l’administrateur du hub.")
}
