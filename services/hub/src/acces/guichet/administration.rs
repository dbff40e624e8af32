//! The counter of the administration: nodes, accounts, audit journal. Closed to every role but that of the manager of
//! the whole hub. Nothing read here opens an account or signs anything.

use chrono::{DateTime, Utc};
use hub_storage::compte::{self, CompteListe};
use hub_storage::enrolement::{self, Situation};
use hub_storage::journal::{self, Constat, Ligne};
use hub_storage::seuil::{self, Effet};
use referentiel::cellule::Audience;
use referentiel::identifiant::IdentifiantNoeud;
use referentiel::jeu::{Jeu, Seuils};

use super::super::regle::{Action, peut};
use super::{Guichet, Refus};
use crate::noeud::{self, ActeImpossible, Geste};

impl Guichet {
    /// May the caller administer the hub?
    pub fn peut_administrer(&self) -> bool {
        peut(&self.appelant, &self.regard, Action::Administration, None)
    }

    fn exige_administration(&self) -> Result<(), Refus> {
        if self.peut_administrer() { Ok(()) } else { Err(Refus::Acces("l’administration du hub")) }
    }

    /// Every node and where it stands.
    pub async fn situations(&self) -> Result<Vec<Situation>, Refus> {
        self.exige_administration()?;
        Ok(enrolement::situations(&self.db).await?)
    }

    /// What higher thresholds would mask of what an audience reads.
    pub async fn effet_d_un_seuil(
        &self,
        jeu: &Jeu,
        audience: Audience,
        simules: Seuils,
    ) -> Result<Option<Effet>, Refus> {
        self.exige_administration()?;
        Ok(seuil::effet(&self.db, jeu, audience, simules).await?)
    }

    /// Open accounts.
    pub async fn comptes(&self) -> Result<Vec<CompteListe>, Refus> {
        self.exige_administration()?;
        Ok(compte::liste(&self.db).await?)
    }

    /// Lines of the audit journal, most recent first.
    pub async fn journal(&self, avant: Option<u64>, limite: u32) -> Result<Vec<Ligne>, Refus> {
        self.exige_administration()?;
        Ok(journal::dernieres(&self.db, avant, limite).await?)
    }

    /// Walks the whole chain of the journal.
    pub async fn verifie_journal(&self) -> Result<Constat, Refus> {
        self.exige_administration()?;
        Ok(journal::verifie(&self.db).await?)
    }

    /// Moves a node, in the name of the caller.
    pub async fn agit_sur_noeud(
        &self,
        noeud: &IdentifiantNoeud,
        geste: &Geste,
        moment: DateTime<Utc>,
    ) -> Result<(), ActeImpossible> {
        self.exige_administration()?;
        noeud::agit(&self.db, noeud, geste, &self.appelant.nom, moment).await
    }
}
