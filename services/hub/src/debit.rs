//! How much one caller may ask: each address, then each node once its proof holds, so that nobody spends the
//! share of another. The count is in memory: it protects a replica, it is no accounting.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use publication::CodeRefus;
use referentiel::horloge::Horloge;
use referentiel::identifiant::IdentifiantNoeud;

use crate::configuration::Debits;
use crate::probleme::Rejet;
use crate::service::Service;

/// The hub's own clock, as the limiter reads it.
#[derive(Clone)]
struct Heure(Arc<dyn Horloge>);

impl Clock for Heure {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let depuis: DateTime<Utc> = self.0.maintenant();
        Nanos::from(u64::try_from(depuis.timestamp_nanos_opt().unwrap_or_default()).unwrap_or_default())
    }
}

type Limite<C> = RateLimiter<C, DefaultKeyedStateStore<C>, Heure, NoOpMiddleware<Nanos>>;

/// The two limits of a replica.
pub struct Debit {
    heure: Heure,
    adresses: Limite<IpAddr>,
    noeuds: Limite<IdentifiantNoeud>,
}

impl Debit {
    /// Limits of a configuration.
    pub fn nouveau(debits: Debits, horloge: Arc<dyn Horloge>) -> Self {
        let heure = Heure(horloge);
        Self {
            adresses: RateLimiter::new(quota(debits.adresse), DefaultKeyedStateStore::default(), heure.clone()),
            noeuds: RateLimiter::new(quota(debits.noeud), DefaultKeyedStateStore::default(), heure.clone()),
            heure,
        }
    }

    /// One more request of a node whose proof holds.
    pub fn noeud(&self, noeud: &IdentifiantNoeud) -> Result<(), Rejet> {
        self.noeuds.check_key(noeud).map_err(|attente| trop(attente.wait_time_from(self.heure.now())))
    }

    fn adresse(&self, adresse: IpAddr) -> Result<(), Rejet> {
        self.adresses.check_key(&adresse).map_err(|attente| trop(attente.wait_time_from(self.heure.now())))
    }

    /// Forgets the callers that have been quiet: the memory does not grow with the years.
    pub fn balaie(&self) {
        self.adresses.retain_recent();
        self.noeuds.retain_recent();
    }
}

/// Ten seconds' worth at once, then evenly.
fn quota(par_seconde: NonZeroU32) -> Quota {
    Quota::per_second(par_seconde).allow_burst(par_seconde.saturating_mul(NonZeroU32::MIN.saturating_add(9)))
}

fn trop(attente: std::time::Duration) -> Rejet {
    Rejet::nouveau(CodeRefus::RateLimited, "Le débit permis est atteint.").apres(attente)
}

/// Counts the request for its address. Behind a proxy every request has the proxy's: the last hop that the
/// proxy itself wrote is then the caller's.
pub async fn par_adresse(State(service): State<Service>, requete: Request, suite: Next) -> Response {
    let directe = requete.extensions().get::<ConnectInfo<std::net::SocketAddr>>().map(|c| c.0.ip());
    let mandataire = service.configuration().hub.adresse.is_some() && service.configuration().tls.is_none();
    let relayee = requete.headers().get("x-forwarded-for").and_then(|v| v.to_str().ok()?.rsplit(',').next());
    let relayee = relayee.filter(|_| mandataire).and_then(|a| a.trim().parse().ok());
    match relayee.or(directe).map(|adresse| service.debit().adresse(adresse)) {
        Some(Err(rejet)) => rejet.into_response(),
        _ => suite.run(requete).await,
    }
}
