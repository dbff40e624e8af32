//! The nodes at work and the reminders they were sent: read and acted on by those whom the counter lets, in the
//! same functions as the page and the commands.

use async_graphql::{Context, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use hub_storage::enrolement::{EtatNoeud, Situation};
use hub_storage::relance::Relance as RelanceLue;
use publication::ClePublique;
use referentiel::identifiant::IdentifiantNoeud;

use super::mutation::{RefusMetier, moment, refus_d_etat};
use super::requete::{guichet, refus, refuse};
use crate::noeud::{ActeImpossible, Geste};

/// Un nœud, et où il en est.
#[derive(SimpleObject)]
pub struct NoeudDuHub {
    /// Identifiant : cdg- suivi du SIREN.
    pub identifiant: String,
    /// Nom du centre.
    pub nom: String,
    /// enregistre, en_attente_approbation, actif, suspendu, maintenance ou revoque.
    pub etat: &'static str,
    /// Empreinte de la clé en vigueur, telle qu’elle se lit à voix haute.
    pub empreinte: Option<String>,
    /// Empreinte de la clé présentée, qui attend d’être approuvée.
    pub empreinte_presentee: Option<String>,
    /// Dernière entrée reçue.
    pub dernier_envoi: Option<DateTime<Utc>>,
    /// Qui a demandé sa révocation.
    pub revocation_demandee_par: Option<String>,
}

impl From<Situation> for NoeudDuHub {
    fn from(s: Situation) -> Self {
        let lisible = |cle: Option<ClePublique>| cle.map(|c| c.empreinte_lisible());
        Self {
            identifiant: s.noeud.to_string(),
            nom: s.nom,
            etat: s.etat.code(),
            empreinte: lisible(s.cle),
            empreinte_presentee: lisible(s.presentee),
            dernier_envoi: s.dernier_envoi,
            revocation_demandee_par: s.revocation,
        }
    }
}

/// Une relance envoyée à un centre.
#[derive(SimpleObject)]
pub struct Relance {
    /// Identifiant, aussi celui du message.
    pub identifiant: String,
    /// Campagne.
    pub campagne: String,
    /// Identifiant du centre.
    pub emetteur: String,
    /// Qui l’a demandée.
    pub par: String,
    /// Quand.
    pub demandee_le: DateTime<Utc>,
    /// Quand le serveur de messagerie l’a prise.
    pub envoyee_le: Option<DateTime<Utc>>,
    /// Pourquoi il ne l’a pas prise.
    pub erreur: Option<String>,
}

impl From<RelanceLue> for Relance {
    fn from(r: RelanceLue) -> Self {
        Self {
            identifiant: r.identifiant,
            campagne: r.campagne,
            emetteur: r.noeud,
            par: r.par,
            demandee_le: r.demandee_le,
            envoyee_le: r.envoyee_le,
            erreur: r.erreur,
        }
    }
}

/// Suite donnée à une demande sur un nœud.
#[derive(SimpleObject)]
pub struct SuiteNoeud {
    /// Le nœud, si la demande a été suivie.
    pub noeud: Option<NoeudDuHub>,
    /// Pourquoi elle ne l’a pas été.
    pub refus: Vec<RefusMetier>,
}

/// Lecture de l’administration.
#[derive(Default)]
pub struct LectureAdministration;

#[Object]
impl LectureAdministration {
    /// Nœuds du hub et leur état ; réservé à qui administre le hub.
    #[graphql(complexity = "100 * child_complexity")]
    async fn noeuds(&self, ctx: &Context<'_>) -> Result<Vec<NoeudDuHub>> {
        let situations = guichet(ctx)?.situations().await.map_err(refuse)?;
        Ok(situations.into_iter().map(NoeudDuHub::from).collect())
    }

    /// Relances d’une campagne aux centres que l’appelant peut relancer, de la plus récente à la plus ancienne.
    #[graphql(complexity = "100 * child_complexity")]
    async fn relances(&self, ctx: &Context<'_>, campagne: String) -> Result<Vec<Relance>> {
        let lues = guichet(ctx)?.relances(&campagne).await.map_err(refuse)?;
        Ok(lues.into_iter().map(Relance::from).collect())
    }
}

/// Actions sur les nœuds.
#[derive(Default)]
pub struct ActesNoeuds;

#[Object]
impl ActesNoeuds {
    /// Mettre en vigueur la clé présentée par un nœud invité, une fois son empreinte lue à voix haute.
    async fn noeud_enroler(
        &self,
        ctx: &Context<'_>,
        noeud: String,
        #[graphql(desc = "Empreinte que le nœud a lue : six groupes de cinq chiffres")] empreinte: String,
    ) -> Result<SuiteNoeud> {
        agit(ctx, &noeud, Geste::Approuver(empreinte)).await
    }

    /// Suspendre un nœud : il lit son histoire, il ne publie plus.
    async fn noeud_suspendre(&self, ctx: &Context<'_>, noeud: String) -> Result<SuiteNoeud> {
        agit(ctx, &noeud, Geste::Passer(EtatNoeud::Suspendu)).await
    }

    /// Mettre un nœud en maintenance : ses envois attendent et repartent d’eux-mêmes.
    async fn noeud_mettre_en_maintenance(&self, ctx: &Context<'_>, noeud: String) -> Result<SuiteNoeud> {
        agit(ctx, &noeud, Geste::Passer(EtatNoeud::Maintenance)).await
    }

    /// Remettre en service un nœud suspendu ou en maintenance.
    async fn noeud_reprendre(&self, ctx: &Context<'_>, noeud: String) -> Result<SuiteNoeud> {
        agit(ctx, &noeud, Geste::Passer(EtatNoeud::Actif)).await
    }
}

async fn agit(ctx: &Context<'_>, noeud: &str, geste: Geste) -> Result<SuiteNoeud> {
    let guichet = guichet(ctx)?;
    let identifiant: IdentifiantNoeud = noeud.parse().map_err(|_| {
        refus("IDENTIFIANT_INVALIDE", "Un nœud se nomme par son identifiant : cdg- suivi du SIREN du centre.")
    })?;
    match guichet.agit_sur_noeud(&identifiant, &geste, moment(ctx)?).await {
        Ok(()) => {
            let situations = guichet.situations().await.map_err(refuse)?;
            let noeud = situations.into_iter().find(|s| s.noeud == identifiant).map(NoeudDuHub::from);
            Ok(SuiteNoeud { noeud, refus: vec![] })
        }
        Err(ActeImpossible::Refus(erreur)) => Err(refuse(erreur)),
        Err(autre) => Ok(SuiteNoeud { noeud: None, refus: vec![refus_d_etat(&autre.to_string())] }),
    }
}
