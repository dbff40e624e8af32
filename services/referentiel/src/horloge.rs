//! The clock is a parameter: rules, services and tests receive one, nothing reads the time by itself.

use std::sync::Mutex;

use chrono::{DateTime, Utc};

/// Source of the present moment.
pub trait Horloge: Send + Sync {
    /// The present moment, in UTC, truncated to the microsecond (what both databases can store).
    fn maintenant(&self) -> DateTime<Utc>;
}

/// The machine's clock; made once, in `main`.
#[derive(Debug, Clone, Copy, Default)]
pub struct HorlogeSysteme;

impl Horloge for HorlogeSysteme {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn maintenant(&self) -> DateTime<Utc> {
        tronque(Utc::now())
    }
}

/// A clock that moves only when told; for tests, replays and reproducible documents.
#[derive(Debug)]
pub struct HorlogeFixe(Mutex<DateTime<Utc>>);

impl HorlogeFixe {
    /// A clock stopped at the given moment.
    pub fn nouvelle(instant: DateTime<Utc>) -> Self {
        Self(Mutex::new(tronque(instant)))
    }

    /// Moves the clock to another moment, forwards or backwards.
    pub fn regle(&self, instant: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = tronque(instant);
    }
}

impl Horloge for HorlogeFixe {
    fn maintenant(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn tronque(instant: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(instant.timestamp_micros()).unwrap_or(instant)
}
