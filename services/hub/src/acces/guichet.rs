//! The counter: every reading of GraphQL, of the pages and of the commands passes here, with the caller's
//! rights written into the statement. Nothing else in `restitution` holds the database.

use std::sync::Arc;

use hub_storage::campagne::{self, Campagne};
use hub_storage::completude::{self, LigneCompletude};
use hub_storage::dispositif::{self, Dispositif, FiltreDispositif};
use hub_storage::noeud::{self, Noeud};
use hub_storage::observation::{self, Filtre, Observation, RangObservation};
use hub_storage::publication::{self, FiltrePublication, Publication};
use hub_storage::registre::{self, Bilan};
use hub_storage::{Db, ErreurBase};
use referentiel::cellule::Audience;

use super::Appelant;
use super::regle::{Regard, regard};
use crate::configuration::Configuration;

/// Why nothing is given.
#[derive(Debug, thiserror::Error)]
pub enum Refus {
    /// The role does not grant this object.
    #[error("Votre rôle ne donne pas accès à {0}.")]
    Acces(&'static str),
    /// The audience is wider than the caller's.
    #[error("Cette audience demande une identification ou un autre rôle.")]
    Audience,
    /// The database.
    #[error(transparent)]
    Base(#[from] ErreurBase),
}

/// A caller at the counter.
#[derive(Clone)]
pub struct Guichet {
    db: Db,
    configuration: Arc<Configuration>,
    appelant: Appelant,
    regard: Regard,
}

impl Guichet {
    /// Opens the counter to a caller.
    pub fn ouvre(db: Db, configuration: Arc<Configuration>, appelant: Appelant) -> Self {
        let regard = regard(&appelant, &configuration);
        Self { db, configuration, appelant, regard }
    }

    /// Who asks.
    pub fn appelant(&self) -> &Appelant {
        &self.appelant
    }

    /// What they may see.
    pub fn regard(&self) -> &Regard {
        &self.regard
    }

    /// What the hub is configured to be.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// The audience to serve: the caller's own, or the one asked for when it is granted.
    pub fn audience(&self, demandee: Option<Audience>) -> Result<Audience, Refus> {
        match demandee {
            None => Ok(self.appelant.audience),
            Some(audience) if audience >= self.regard.audience => Ok(audience),
            Some(_) => Err(Refus::Audience),
        }
    }

    /// Published cells. The audience of the filter is checked again: it comes from outside.
    pub async fn observations(
        &self,
        filtre: &Filtre,
        apres: Option<&RangObservation>,
        limite: u32,
    ) -> Result<Vec<Observation>, Refus> {
        let audience = self.audience(Some(filtre.audience))?;
        let visible = if audience == Audience::Convention { &self.regard.convention } else { &self.regard.cellules };
        Ok(observation::page(&self.db, visible, filtre, apres, limite).await?)
    }

    /// Fiches dispositif.
    pub async fn dispositifs(
        &self,
        audience: Audience,
        filtre: &FiltreDispositif,
        apres: Option<&(String, String, String)>,
        limite: u32,
    ) -> Result<Vec<Dispositif>, Refus> {
        let audience = self.audience(Some(audience))?;
        Ok(dispositif::page(&self.db, &self.regard.cellules, audience, filtre, apres, limite).await?)
    }

    /// Publications received; their reasons only where they may be told.
    pub async fn publications(
        &self,
        mut filtre: FiltrePublication,
        apres: Option<u64>,
        limite: u32,
    ) -> Result<Vec<Publication>, Refus> {
        let zone = self.regard.registre.as_ref().ok_or(Refus::Acces("la liste des publications"))?;
        filtre.jeux = self.appelant.jeux.clone().unwrap_or_default();
        let mut lues = publication::page(&self.db, zone, &filtre, apres, limite).await?;
        for lue in lues.iter_mut().filter(|p| !self.regard.voit_les_motifs(&p.noeud)) {
            lue.motifs = "[]".to_owned();
        }
        Ok(lues)
    }

    /// Completeness of a campaign.
    pub async fn completude(&self, campagne: &str) -> Result<Vec<LigneCompletude>, Refus> {
        let zone = self.regard.completude.as_ref().ok_or(Refus::Acces("la complétude"))?;
        let jeux = self.appelant.jeux.clone().unwrap_or_default();
        Ok(completude::de_la_campagne(&self.db, zone, &jeux, campagne).await?)
    }

    /// Campaigns: their dates are told to all.
    pub async fn campagnes(&self) -> Result<Vec<Campagne>, Refus> {
        Ok(campagne::liste(&self.db).await?)
    }

    /// Centres: their names are told to all.
    pub async fn emetteurs(&self) -> Result<Vec<Noeud>, Refus> {
        Ok(noeud::liste(&self.db).await?)
    }

    /// Counts of the whole hub.
    pub async fn bilan(&self) -> Result<Bilan, Refus> {
        if !self.regard.bilan {
            return Err(Refus::Acces("le bilan du hub"));
        }
        Ok(registre::bilan(&self.db).await?)
    }
}
