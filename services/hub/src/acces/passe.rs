//! The campaigns of the past that were asked for lately. The past does not change: what is kept here is
//! exact for ever, and only bounded in number. What is asked of a moment that is not quite past, or to come, is
//! exact until something is received.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hub_storage::registre::{self, Reception};
use hub_storage::{Db, ErreurBase, passe};
use tokio::sync::Mutex;

use crate::configuration::Configuration;

/// Past campaigns kept: each holds the cells of a whole campaign in memory.
const GARDEES: usize = 2;

/// Replicas read their clock before they take their place in the register: places and moments may cross by that much.
const CROISEMENT: TimeDelta = TimeDelta::hours(1);

/// A campaign as it was at a moment.
struct Passee {
    campagne: String,
    moment: DateTime<Utc>,
    base: Db,
    /// Where the register stood when it was replayed.
    lue: Reception,
}

impl Passee {
    /// Whether replaying it now would give the same.
    fn vaut_encore(&self, derniere: &Reception) -> bool {
        self.lue.ordre == derniere.ordre || self.lue.moment.is_some_and(|lue| self.moment + CROISEMENT < lue)
    }
}

/// Past campaigns, most recently asked for first.
#[derive(Clone, Default)]
pub struct Passes(Arc<Mutex<VecDeque<Passee>>>);

impl Passes {
    /// The campaign as it was. One is replayed at a time: asking twice does not work twice.
    pub async fn find(&self, db: &Db, campagne: &str, moment: DateTime<Utc>) -> Result<Db, ErreurBase> {
        let mut gardees = self.0.lock().await;
        let derniere = registre::derniere_reception(db).await?;
        gardees.retain(|p| p.vaut_encore(&derniere));
        let rang = gardees.iter().position(|p| p.campagne == campagne && p.moment == moment);
        let passee = match rang.and_then(|rang| gardees.remove(rang)) {
            Some(passee) => passee,
            None => {
                let base = passe::de_la_campagne(db, campagne, moment, &Configuration::jeux_trimestriels()).await?;
                Passee { campagne: campagne.to_owned(), moment, base, lue: derniere }
            }
        };
        let base = passee.base.clone();
        gardees.push_front(passee);
        gardees.truncate(GARDEES);
        Ok(base)
    }
}
