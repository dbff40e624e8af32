//! The counter: every reading of GraphQL, of the pages and of the commands passes here, with the caller's
//! rights written into the statement. Nothing else in `restitution` holds the database.

mod administration;
mod pratique;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use hub_storage::campagne::{self, Campagne, EtatCampagne};
use hub_storage::completude::{self, LigneCompletude};
use hub_storage::dispositif::{self, Dispositif, FiltreDispositif};
use hub_storage::fiche::{self, Fiche, FiltreFiche, RangFiche};
use hub_storage::journal::Fait;
use hub_storage::noeud::{self, Noeud};
use hub_storage::noeud_passe;
use hub_storage::observation::{self, Filtre, Observation, RangObservation};
use hub_storage::publication::{self, FiltrePublication, Publication};
use hub_storage::registre::{self, Bilan};
use hub_storage::relance::{self, Relance};
use hub_storage::remontee::{
    self, CleRemontee, EtatRemontee, FiltreRemontee, Passage, Remontee, Transition, TransitionRefusee,
};
use hub_storage::{Db, ErreurBase, Zone};
use referentiel::cellule::Audience;
use referentiel::territoire::Niveau;

use super::Appelant;
use super::passe::Passes;
use super::regle::{Action, Regard, peut, regard};
use super::territoire::region_de;
use crate::configuration::Configuration;

/// Periods of the past that one reading replays: the half-years of a convention, and their plans.
const PERIODES: usize = 12;

/// Why nothing is given.
#[derive(Debug, thiserror::Error)]
pub enum Refus {
    /// The role does not grant this object.
    #[error("Votre rôle ne donne pas accès à {0}.")]
    Acces(&'static str),
    /// The audience is wider than the caller's.
    #[error("Cette audience demande une identification ou un autre rôle.")]
    Audience,
    /// The past is served campaign by campaign.
    #[error("« aLaDate » demande aussi une campagne.")]
    CampagneRequise,
    /// The state of the object.
    #[error(transparent)]
    Transition(TransitionRefusee),
    /// The database.
    #[error(transparent)]
    Base(#[from] ErreurBase),
}

impl From<TransitionRefusee> for Refus {
    fn from(refus: TransitionRefusee) -> Self {
        match refus {
            TransitionRefusee::Base(erreur) => Self::Base(erreur),
            autre => Self::Transition(autre),
        }
    }
}

/// A caller at the counter.
#[derive(Clone)]
pub struct Guichet {
    db: Db,
    passes: Passes,
    configuration: Arc<Configuration>,
    appelant: Appelant,
    regard: Regard,
}

impl Guichet {
    /// Opens the counter to a caller.
    pub fn ouvre(db: Db, configuration: Arc<Configuration>, appelant: Appelant) -> Self {
        Self::avec_passes(db, Passes::default(), configuration, appelant)
    }

    /// The same, sharing the past campaigns already replayed.
    pub fn avec_passes(db: Db, passes: Passes, configuration: Arc<Configuration>, appelant: Appelant) -> Self {
        let regard = regard(&appelant, &configuration);
        Self { db, passes, configuration, appelant, regard }
    }

    /// The counter on a campaign as it was at a moment, with the same rights; the present without one.
    pub async fn a_la_date(&self, moment: Option<DateTime<Utc>>, campagne: Option<&str>) -> Result<Self, Refus> {
        let Some(moment) = moment else { return Ok(self.clone()) };
        let campagne = campagne.ok_or(Refus::CampagneRequise)?;
        Ok(Self { db: self.passes.find(&self.db, campagne, moment).await?, ..self.clone() })
    }

    /// The counters on the latest periods of these data sets as they were at a moment; the present in a single one.
    pub async fn par_periode(&self, moment: Option<DateTime<Utc>>, jeux: &[&str]) -> Result<Vec<Self>, Refus> {
        if moment.is_none() {
            return Ok(vec![self.clone()]);
        }
        let mut periodes = BTreeSet::new();
        for jeu in jeux {
            periodes.extend(publication::versions(&self.db, jeu).await?.into_iter().map(|v| v.periode));
        }
        let mut passes = Vec::new();
        for periode in periodes.iter().rev().take(PERIODES) {
            passes.push(self.a_la_date(moment, Some(periode)).await?);
        }
        Ok(passes)
    }

    /// Who asks.
    pub fn appelant(&self) -> &Appelant {
        &self.appelant
    }

    /// The region of whoever asks, where pages open for them; none for those who answer for no territory.
    pub fn region_usuelle(&self) -> Option<String> {
        let role = self.appelant.role?;
        self.appelant.territoires.iter().find_map(|code| region_de(role, code, self.configuration()))
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

    /// Records of a declared jeu.
    pub async fn fiches(
        &self,
        filtre: &FiltreFiche,
        apres: Option<&RangFiche>,
        limite: u32,
    ) -> Result<Vec<Fiche>, Refus> {
        let audience = self.audience(Some(filtre.audience))?;
        let visible = if audience == Audience::Convention { &self.regard.convention } else { &self.regard.cellules };
        Ok(fiche::page(&self.db, visible, filtre, apres, limite).await?)
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
        for lue in lues.iter_mut().filter(|p| !self.regard.voit_les_motifs(&p.noeud, None)) {
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

    /// Remontées and where they stand.
    pub async fn remontees(
        &self,
        filtre: &FiltreRemontee,
        apres: Option<&CleRemontee>,
        limite: u32,
    ) -> Result<Vec<Remontee>, Refus> {
        let zone = self.regard.remontees.as_ref().ok_or(Refus::Acces("l’état des remontées"))?;
        Ok(remontee::page(&self.db, zone, filtre, apres, limite).await?)
    }

    /// What happened to remontées that were given; why, where it may be told.
    pub async fn historique(&self, cles: &[CleRemontee]) -> Result<Vec<(CleRemontee, Transition)>, Refus> {
        let mut lues = remontee::historique(&self.db, cles).await?;
        for (cle, transition) in &mut lues {
            if !self.regard.voit_les_motifs(&cle.noeud, Some(&cle.dispositif)) {
                transition.motif = None;
                transition.motifs.clear();
            }
        }
        Ok(lues)
    }

    /// May the caller do this, in its present state?
    pub fn peut_passer(&self, remontee: &Remontee, vers: EtatRemontee) -> bool {
        remontee.etat.suivants().contains(&vers)
            && peut(&self.appelant, &self.regard, Action::Remontee(vers), Some(&remontee.cle))
    }

    /// May the caller ask for it, whatever the present state?
    pub fn peut_demander(&self, cle: &CleRemontee, vers: EtatRemontee) -> bool {
        peut(&self.appelant, &self.regard, Action::Remontee(vers), Some(cle))
    }

    /// May the caller run campaigns?
    pub fn peut_mener_les_campagnes(&self) -> bool {
        peut(&self.appelant, &self.regard, Action::Campagne, None)
    }

    /// May the caller remind this centre?
    pub fn peut_relancer(&self, campagne: &str, noeud: &str) -> bool {
        let cle = CleRemontee { campagne: campagne.to_owned(), noeud: noeud.to_owned(), dispositif: String::new() };
        peut(&self.appelant, &self.regard, Action::Relance, Some(&cle))
    }

    /// Reminders of a campaign to the centres that the caller may remind, latest first.
    pub async fn relances(&self, campagne: &str) -> Result<Vec<Relance>, Refus> {
        let mut lues = relance::de_la_campagne(&self.db, campagne).await?;
        lues.retain(|r| self.peut_relancer(&r.campagne, &r.noeud));
        Ok(lues)
    }

    /// Writes a reminder down before it leaves; false when it was already.
    pub async fn demande_relance(&self, relance: &Relance) -> Result<bool, Refus> {
        if !self.peut_relancer(&relance.campagne, &relance.noeud) {
            return Err(Refus::Acces("cette action"));
        }
        let objet = format!("{}/{}", relance.campagne, relance.noeud);
        let fait = self.fait("relance.envoyer", objet, &relance.identifiant, relance.demandee_le);
        Ok(relance::demande(&self.db, relance, &fait).await?)
    }

    /// Writes down what became of it.
    pub async fn conclut_relance(
        &self,
        identifiant: &str,
        moment: DateTime<Utc>,
        erreur: Option<&str>,
    ) -> Result<(), Refus> {
        Ok(relance::conclut(&self.db, identifiant, moment, erreur).await?)
    }

    /// May the caller move this campaign to this state?
    pub fn peut_passer_campagne(&self, campagne: &Campagne, vers: EtatCampagne) -> bool {
        campagne.etat.suivants().contains(&vers) && peut(&self.appelant, &self.regard, Action::Campagne, None)
    }

    /// Moves a remontée; writes who, when and why.
    pub async fn passe(&self, cle: &CleRemontee, passage: &Passage, moment: DateTime<Utc>) -> Result<Remontee, Refus> {
        if !peut(&self.appelant, &self.regard, Action::Remontee(passage.vers), Some(cle)) {
            return Err(Refus::Acces("cette action"));
        }
        let fait = self.fait("remontee.passer", cle.to_string(), passage.vers.code(), moment);
        Ok(remontee::passe(&self.db, cle, passage, &fait).await?)
    }

    /// Moves a campaign; writes who, when and why.
    pub async fn passe_campagne(
        &self,
        code: &str,
        vers: EtatCampagne,
        motif: Option<&str>,
        moment: DateTime<Utc>,
    ) -> Result<EtatCampagne, Refus> {
        if !peut(&self.appelant, &self.regard, Action::Campagne, None) {
            return Err(Refus::Acces("cette action"));
        }
        let fait = self.fait("campagne.passer", code.to_owned(), vers.code(), moment);
        Ok(campagne::passe(&self.db, code, vers, motif, &fait).await?)
    }

    fn fait(&self, action: &'static str, objet: String, vers: &str, moment: DateTime<Utc>) -> Fait {
        Fait { moment, acteur: self.appelant.nom.clone(), action, objet, detail: serde_json::json!({ "vers": vers }) }
    }

    /// True when the plan and the amounts of this centre's convention are told to the caller.
    pub fn voit_la_convention(&self, noeud: &str) -> bool {
        self.regard.convention.parts.iter().any(|(niveau, zone)| {
            *niveau == Niveau::Departement
                && match zone {
                    Zone::Tout => true,
                    Zone::Centres(centres) => centres.iter().any(|c| c == noeud),
                    Zone::Regions(_) | Zone::Departements(_) | Zone::Dispositifs(_) => false,
                }
        })
    }

    /// Campaigns, now or as they were: their dates are told to all.
    pub async fn campagnes(&self, a_la_date: Option<DateTime<Utc>>) -> Result<Vec<Campagne>, Refus> {
        Ok(match a_la_date {
            Some(moment) => campagne::liste_a(&self.db, moment).await?,
            None => campagne::liste(&self.db).await?,
        })
    }

    /// Centres, now or as they were: their names are told to all.
    pub async fn emetteurs(&self, a_la_date: Option<DateTime<Utc>>) -> Result<Vec<Noeud>, Refus> {
        Ok(match a_la_date {
            Some(moment) => noeud_passe::liste(&self.db, moment).await?,
            None => noeud::liste(&self.db).await?,
        })
    }

    /// Counts of the whole hub, now or as they were.
    pub async fn bilan(&self, a_la_date: Option<DateTime<Utc>>) -> Result<Bilan, Refus> {
        if !self.regard.bilan {
            return Err(Refus::Acces("le bilan du hub"));
        }
        Ok(match a_la_date {
            Some(moment) => registre::bilan_a(&self.db, moment).await?,
            None => registre::bilan(&self.db).await?,
        })
    }
}
