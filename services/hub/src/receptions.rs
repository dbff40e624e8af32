//! Contents being examined: as many as there are processors, the others wait their turn in order of arrival. On a
//! campaign's last evening, sixty nodes that all come at once would else share the processors so thinly that each would
//! be given up before its end, and everything read again.

use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::Duration;

use publication::CodeRefus;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::probleme::Rejet;

/// The places there are.
pub struct Receptions {
    places: Semaphore,
    patience: Duration,
}

impl Receptions {
    /// A place for each processor; a request waits for three quarters of the time it is allowed.
    pub fn nouvelles(delai: Duration) -> Self {
        let places = available_parallelism().map_or(1, NonZero::get);
        Self { places: Semaphore::new(places), patience: delai * 3 / 4 }
    }

    /// A place, kept until it is dropped; or the word to come back, before anything was read.
    pub async fn place(&self) -> Result<SemaphorePermit<'_>, Rejet> {
        match timeout(self.patience, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(Rejet::nouveau(CodeRefus::HubBusy, "D’autres envois sont à l’examen : le vôtre n’est pas lu.")),
        }
    }

    /// Places that nobody holds.
    pub fn libres(&self) -> usize {
        self.places.available_permits()
    }
}
