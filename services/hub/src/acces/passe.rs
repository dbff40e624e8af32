//! The campaigns of the past that were asked for lately. The past does not change: what is kept here is
//! exact for ever, and only bounded in number.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use hub_storage::{Db, ErreurBase, passe};
use tokio::sync::Mutex;

use crate::configuration::Configuration;

/// Past campaigns kept: each holds the cells of a whole campaign in memory.
const GARDEES: usize = 2;

type Cle = (String, DateTime<Utc>);

/// Past campaigns, most recently asked for first.
#[derive(Clone, Default)]
pub struct Passes(Arc<Mutex<VecDeque<(Cle, Db)>>>);

impl Passes {
    /// The campaign as it was. One is replayed at a time: asking twice does not work twice.
    pub async fn find(&self, db: &Db, campagne: &str, moment: DateTime<Utc>) -> Result<Db, ErreurBase> {
        let cle = (campagne.to_owned(), moment);
        let mut gardees = self.0.lock().await;
        let trouvee = gardees.iter().position(|(c, _)| *c == cle).and_then(|rang| gardees.remove(rang));
        let entree = match trouvee {
            Some(entree) => entree,
            None => {
                let jeux = Configuration::jeux_trimestriels();
                (cle, passe::de_la_campagne(db, campagne, moment, &jeux).await?)
            }
        };
        let passee = entree.1.clone();
        gardees.push_front(entree);
        gardees.truncate(GARDEES);
        Ok(passee)
    }
}
