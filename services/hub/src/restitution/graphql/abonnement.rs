//! Subscriptions, over WebSocket (`graphql-transport-ws`): the progress of a campaign as it is received.
//! Same counter and same limits as questions; a reader is told something only when it has changed.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use async_graphql::http::ALL_WEBSOCKET_PROTOCOLS;
use async_graphql::{Context, Data, Executor, Request, Response as Reponse, Result, SimpleObject, Subscription};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::extract::{State, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse as _, Response};
use hub_storage::completude::LigneCompletude;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::requete::{guichet, refuse};
use super::{Moment, SchemaHub, limites};
use crate::acces::{Guichet, identification};
use crate::service::Service;

/// What another replica received is seen at the latest after this long.
const PERIODE: Duration = Duration::from_secs(5);

/// Rang de la dernière entrée reçue par ce processus : chaque changement réveille les lecteurs.
pub(crate) struct Arrivees(pub watch::Receiver<u64>);

/// Où en est une campagne, dans ce que l’appelant peut en voir.
#[derive(SimpleObject, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Avancement {
    /// Attendues : dispositifs × jeux.
    pub attendues: u64,
    /// Reçues.
    pub recues: u64,
    /// Reçues avant la fin du dépôt.
    pub dans_les_delais: u64,
    /// Reçues, mais vides.
    pub vides: u64,
    /// Jamais reçues.
    pub jamais_recues: u64,
}

impl Avancement {
    fn de(lignes: &[LigneCompletude]) -> Self {
        let somme = |champ: fn(&LigneCompletude) -> u64| lignes.iter().map(champ).sum::<u64>();
        let (attendues, recues) = (somme(|l| l.attendus), somme(|l| l.recus));
        Self {
            attendues,
            recues,
            dans_les_delais: somme(|l| l.dans_les_delais),
            vides: somme(|l| l.vides),
            jamais_recues: attendues.saturating_sub(recues),
        }
    }
}

/// Abonnements.
pub struct Abonnement;

/// What a stream of progress remembers between two answers.
struct Suivi {
    guichet: Guichet,
    campagne: String,
    arrivees: watch::Receiver<u64>,
    rythme: Interval,
    dernier: Option<Avancement>,
}

#[Subscription]
impl Abonnement {
    /// Avancement d’une campagne : tout de suite, puis à chaque changement.
    async fn campagne_avancement(
        &self,
        ctx: &Context<'_>,
        code: String,
    ) -> Result<impl Stream<Item = Result<Avancement>> + use<>> {
        let guichet = guichet(ctx)?.clone();
        // Refused at once to who may not know, rather than by an empty stream.
        guichet.completude(&code).await.map_err(refuse)?;
        let mut rythme = interval(PERIODE);
        rythme.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let arrivees = ctx.data::<Arrivees>()?.0.clone();
        let suivi = Suivi { guichet, campagne: code, arrivees, rythme, dernier: None };
        Ok(stream::unfold(suivi, |mut suivi| async move {
            let suivant = suivi.suivant().await;
            Some((suivant, suivi))
        }))
    }
}

impl Suivi {
    async fn suivant(&mut self) -> Result<Avancement> {
        loop {
            if self.dernier.is_some() {
                tokio::select! {
                    // The sender lives as long as the service.
                    _ = self.arrivees.changed() => {}
                    _ = self.rythme.tick() => {}
                }
            }
            let lignes = self.guichet.completude(&self.campagne).await.map_err(refuse)?;
            let present = Avancement::de(&lignes);
            if self.dernier.replace(present) != Some(present) {
                return Ok(present);
            }
        }
    }
}

/// `GET /graphql/ws`: the token is in the headers, or in `connection_init` for a browser.
pub async fn ecoute(
    State(service): State<Service>,
    protocole: GraphQLProtocol,
    entetes: HeaderMap,
    montee: WebSocketUpgrade,
) -> Response {
    let bornee = Bornee(service.schema().clone());
    montee
        .protocols(ALL_WEBSOCKET_PROTOCOLS)
        .max_message_size(super::TAILLE_MAXIMALE)
        .on_upgrade(move |flux| async move {
            let ouvre = move |initial: serde_json::Value| async move { session(&service, entetes, &initial).await };
            GraphQLWebSocket::new(flux, bornee, protocole)
                .on_connection_init(ouvre)
                .keepalive_timeout(Duration::from_secs(60))
                .serve()
                .await;
        })
        .into_response()
}

async fn session(service: &Service, mut entetes: HeaderMap, initial: &serde_json::Value) -> Result<Data> {
    let jeton = initial.get("authorization").or_else(|| initial.get("Authorization")).and_then(|j| j.as_str());
    if let Some(jeton) = jeton {
        entetes.insert(AUTHORIZATION, jeton.parse().map_err(|_| async_graphql::Error::new("Jeton illisible."))?);
    }
    let appelant = identification::par_jeton(service, &entetes).await;
    let appelant = appelant.map_err(|e| async_graphql::Error::new(e.to_string()))?;
    // Whatever is asked along the stream is free text.
    if appelant.role.is_none() && !service.configuration().questions.libres {
        return Err(async_graphql::Error::new("Sans jeton, ce hub ne répond qu’aux questions enregistrées."));
    }
    let mut donnees = Data::default();
    donnees.insert(service.guichet(appelant));
    donnees.insert(Moment(service.horloge().maintenant()));
    donnees.insert(Arrivees(service.arrivees()));
    Ok(donnees)
}

/// The schema behind the same analysis as over POST.
#[derive(Clone)]
struct Bornee(SchemaHub);

impl Executor for Bornee {
    async fn execute(&self, requete: Request) -> Reponse {
        match limites::analyse(requete) {
            Ok(requete) => limites::soigne(self.0.execute(requete).await),
            Err(refus) => limites::en_reponse(refus),
        }
    }

    fn execute_stream(&self, requete: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Reponse> {
        match limites::analyse(requete) {
            Ok(requete) => Executor::execute_stream(&self.0, requete, session).map(limites::soigne).boxed(),
            Err(refus) => stream::once(async move { limites::en_reponse(refus) }).boxed(),
        }
    }
}
