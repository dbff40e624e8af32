//! Campaigns: their calendar, and what becomes due in it. The states themselves are `hub_storage::etat`.

pub mod calendrier;
pub mod jour_ouvre;
pub mod relance;

use std::time::Duration;

use hub_storage::{campagne, corps};

use crate::fil;
use crate::service::Service;

/// How often the calendar is looked at.
const PERIODE: Duration = Duration::from_secs(60);

/// How long a body waits for its envelope.
const ATTENTE_D_UN_CORPS: chrono::TimeDelta = chrono::TimeDelta::days(1);

/// Does what is due now: idempotent, and done by one replica at a time.
pub async fn active(service: &Service) -> Result<u64, hub_storage::ErreurBase> {
    let maintenant = service.horloge().maintenant();
    let passees = campagne::echeances(service.db(), maintenant).await?;
    let balayes = corps::balaie(service.db(), maintenant - ATTENTE_D_UN_CORPS).await?;
    let partages = fil::complete(service.db(), maintenant).await?;
    if passees + balayes + partages > 0 {
        tracing::info!(passages = passees, corps = balayes, articles = partages, "échéances");
    }
    Ok(passees)
}

/// Does it again and again, for as long as the service runs.
pub async fn veille(service: Service) {
    let mut rythme = tokio::time::interval(PERIODE);
    rythme.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rythme.tick().await;
        service.debit().balaie();
        if let Err(erreur) = active(&service).await {
            tracing::error!(erreur = %erreur, "échéances");
        }
    }
}
