//! What may be done, noun first. A refusal of the business (a state, a missing reason) is part of the
//! answer; a refusal of access or a failure is an error with its code.

use async_graphql::{Context, Object, Result, SimpleObject};
use hub_storage::campagne::EtatCampagne as EtatDeCampagne;
use hub_storage::etat::EtatRemontee;
use hub_storage::remontee::{CleRemontee, MotifIndicateur, Passage};
use referentiel::jeu::jeux;

use super::Moment;
use super::noeuds::Campagne;
use super::remontee::{MotifDeCorrection, Remontee, Transition};
use super::requete::{guichet, refuse};
use crate::acces::{Guichet, Refus};

/// Pourquoi une demande n’a pas été suivie.
#[derive(SimpleObject, Debug, Clone)]
pub struct RefusMetier {
    /// Code stable.
    pub code: &'static str,
    /// Champ de la demande en cause, s’il y en a un.
    pub champ: Option<&'static str>,
    /// Phrase.
    pub message: String,
}

/// Suite donnée à une demande sur une remontée.
#[derive(SimpleObject)]
pub struct SuiteRemontee {
    /// La remontée, si la demande a été suivie.
    pub remontee: Option<Remontee>,
    /// Pourquoi elle ne l’a pas été.
    pub refus: Vec<RefusMetier>,
}

/// Suite donnée à une demande sur une campagne.
#[derive(SimpleObject)]
pub struct SuiteCampagne {
    /// La campagne, si la demande a été suivie.
    pub campagne: Option<Campagne>,
    /// Pourquoi elle ne l’a pas été.
    pub refus: Vec<RefusMetier>,
}

/// La remontée dont il s’agit.
#[derive(async_graphql::InputObject)]
pub struct RemonteeVisee {
    /// Campagne.
    campagne: String,
    /// Identifiant du centre.
    emetteur: String,
    /// Dispositif ; rien pour le centre entier.
    dispositif: Option<String>,
}

impl From<RemonteeVisee> for CleRemontee {
    fn from(v: RemonteeVisee) -> Self {
        Self { campagne: v.campagne, noeud: v.emetteur, dispositif: v.dispositif.unwrap_or_default() }
    }
}

/// Actions sur les remontées et les campagnes.
#[derive(Default)]
pub struct Transitions;

#[Object]
impl Transitions {
    /// Déclarer une remontée transmise : elle est complète, ou corrigée.
    async fn remontee_transmettre(&self, ctx: &Context<'_>, remontee: RemonteeVisee) -> Result<SuiteRemontee> {
        passe(ctx, remontee, EtatRemontee::Transmise, None, vec![]).await
    }

    /// Renvoyer une remontée, avec un motif par indicateur.
    async fn remontee_demander_correction(
        &self,
        ctx: &Context<'_>,
        remontee: RemonteeVisee,
        motifs: Vec<MotifDeCorrection>,
    ) -> Result<SuiteRemontee> {
        let refus = motifs_refuses(&motifs);
        if !refus.is_empty() {
            // Who may not ask is told so first, whatever they wrote.
            return acces(ctx, remontee, EtatRemontee::EnCorrection).map(|()| SuiteRemontee { remontee: None, refus });
        }
        let motifs = motifs.into_iter().map(|m| MotifIndicateur { indicateur: m.indicateur, motif: m.motif }).collect();
        passe(ctx, remontee, EtatRemontee::EnCorrection, None, motifs).await
    }

    /// Déclarer une remontée contrôlée.
    async fn remontee_controler(&self, ctx: &Context<'_>, remontee: RemonteeVisee) -> Result<SuiteRemontee> {
        passe(ctx, remontee, EtatRemontee::Controlee, None, vec![]).await
    }

    /// Valider une remontée contrôlée.
    async fn remontee_valider(&self, ctx: &Context<'_>, remontee: RemonteeVisee) -> Result<SuiteRemontee> {
        passe(ctx, remontee, EtatRemontee::Validee, None, vec![]).await
    }

    /// Déclarer une remontée sans objet : elle n’est plus attendue.
    async fn remontee_declarer_sans_objet(
        &self,
        ctx: &Context<'_>,
        remontee: RemonteeVisee,
        motif: String,
    ) -> Result<SuiteRemontee> {
        if motif.trim().is_empty() {
            let refus = vec![motif_requis("motif")];
            return acces(ctx, remontee, EtatRemontee::SansObjet).map(|()| SuiteRemontee { remontee: None, refus });
        }
        passe(ctx, remontee, EtatRemontee::SansObjet, Some(motif), vec![]).await
    }

    /// Ouvrir une campagne : les dépôts sont attendus.
    async fn campagne_ouvrir(&self, ctx: &Context<'_>, code: String) -> Result<SuiteCampagne> {
        passe_campagne(ctx, &code, EtatDeCampagne::Ouverte, None).await
    }

    /// Finir le dépôt et ouvrir les corrections ; rouvrir celles d’une campagne close demande un motif.
    async fn campagne_corriger(&self, ctx: &Context<'_>, code: String, motif: Option<String>) -> Result<SuiteCampagne> {
        passe_campagne(ctx, &code, EtatDeCampagne::EnCorrection, motif).await
    }

    /// Clore une campagne : ce qui n’est pas venu est déclaré non reçu.
    async fn campagne_clore(&self, ctx: &Context<'_>, code: String) -> Result<SuiteCampagne> {
        passe_campagne(ctx, &code, EtatDeCampagne::Close, None).await
    }

    /// Publier une campagne close : elle est figée.
    async fn campagne_publier(&self, ctx: &Context<'_>, code: String) -> Result<SuiteCampagne> {
        passe_campagne(ctx, &code, EtatDeCampagne::Publiee, None).await
    }
}

pub(super) fn moment(ctx: &Context<'_>) -> Result<chrono::DateTime<chrono::Utc>> {
    ctx.data::<Moment>().map(|m| m.0)
}

fn acces(ctx: &Context<'_>, visee: RemonteeVisee, vers: EtatRemontee) -> Result<()> {
    let guichet = guichet(ctx)?;
    if guichet.peut_demander(&visee.into(), vers) { Ok(()) } else { Err(refuse(Refus::Acces("cette action"))) }
}

async fn passe(
    ctx: &Context<'_>,
    visee: RemonteeVisee,
    vers: EtatRemontee,
    motif: Option<String>,
    motifs: Vec<MotifIndicateur>,
) -> Result<SuiteRemontee> {
    let guichet = guichet(ctx)?;
    let cle: CleRemontee = visee.into();
    match guichet.passe(&cle, &Passage { vers, motif, motifs }, moment(ctx)?).await {
        Ok(lue) => {
            let historique = guichet.historique(&[cle]).await.map_err(refuse)?;
            let historique = historique.into_iter().map(|(_, t)| Transition::from(t)).collect();
            Ok(SuiteRemontee { remontee: Some(Remontee::nouvelle(lue, historique, guichet)), refus: vec![] })
        }
        Err(Refus::Transition(refus)) => {
            Ok(SuiteRemontee { remontee: None, refus: vec![refus_d_etat(&refus.to_string())] })
        }
        Err(autre) => Err(refuse(autre)),
    }
}

async fn passe_campagne(
    ctx: &Context<'_>,
    code: &str,
    vers: EtatDeCampagne,
    motif: Option<String>,
) -> Result<SuiteCampagne> {
    let guichet = guichet(ctx)?;
    let refus = match presente(guichet, code).await?.map(|c| c.etat) {
        Some(EtatDeCampagne::Close) if vers == EtatDeCampagne::EnCorrection && vide(motif.as_deref()) => {
            acces_campagne(guichet)?;
            motif_requis("motif")
        }
        _ => match guichet.passe_campagne(code, vers, motif.as_deref(), moment(ctx)?).await {
            Ok(_) => {
                let campagne = presente(guichet, code).await?.map(|c| Campagne::nouvelle(c, guichet));
                return Ok(SuiteCampagne { campagne, refus: vec![] });
            }
            Err(Refus::Transition(refus)) => refus_d_etat(&refus.to_string()),
            Err(autre) => return Err(refuse(autre)),
        },
    };
    Ok(SuiteCampagne { campagne: None, refus: vec![refus] })
}

fn acces_campagne(guichet: &Guichet) -> Result<()> {
    if guichet.peut_mener_les_campagnes() { Ok(()) } else { Err(refuse(Refus::Acces("cette action"))) }
}

async fn presente(guichet: &Guichet, code: &str) -> Result<Option<hub_storage::campagne::Campagne>> {
    Ok(guichet.campagnes(None).await.map_err(refuse)?.into_iter().find(|c| c.code == code))
}

fn vide(motif: Option<&str>) -> bool {
    motif.is_none_or(|m| m.trim().is_empty())
}

pub(super) fn motif_requis(champ: &'static str) -> RefusMetier {
    RefusMetier { code: "MOTIF_REQUIS", champ: Some(champ), message: "Un motif est demandé.".to_owned() }
}

pub(super) fn refus_d_etat(message: &str) -> RefusMetier {
    RefusMetier { code: "ETAT_REFUSE", champ: None, message: message.to_owned() }
}

/// A send-back carries a reason per indicator, of indicators that exist.
fn motifs_refuses(motifs: &[MotifDeCorrection]) -> Vec<RefusMetier> {
    if motifs.is_empty() {
        return vec![motif_requis("motifs")];
    }
    let connu = |code: &str| jeux().into_iter().any(|j| j.mesure(code).is_some());
    let inconnus = motifs.iter().filter(|m| !connu(&m.indicateur)).map(|m| RefusMetier {
        code: "INDICATEUR_INCONNU",
        champ: Some("motifs"),
        message: format!("L’indicateur « {} » est inconnu.", m.indicateur),
    });
    let muets = motifs.iter().filter(|m| vide(Some(&m.motif))).map(|_| motif_requis("motifs"));
    inconnus.chain(muets).collect()
}
