//! Which keys of the hub this node believes: the one pinned in its configuration, and those that took its place
//! since, each announced by the one before. A key that nobody announced is nobody's.

use anyhow::Result;
use node_storage::Base;
use publication::succession::{ClesSuccessives, UsageCle};
use publication::trousseau::Trousseau;
use publication::{ClePublique, CodeRefus, Refus};
use rand::CryptoRng;

use crate::outbox::Outbox;
use crate::transport::Transport;

/// Keys of the receipts known so far: the pinned one first.
pub async fn connues(base: &Base, epinglee: ClePublique) -> Result<ClesSuccessives> {
    let gardees = base.cles_hub(UsageCle::Accuses).await?;
    let suite = gardees.filter(|suite| suite.toutes().next() == Some(&epinglee));
    Ok(suite.unwrap_or_else(|| ClesSuccessives::seule(epinglee)))
}

/// True when what failed may be the hub signing with its next key.
pub fn peut_etre_une_autre_cle(echec: &anyhow::Error) -> bool {
    echec.downcast_ref::<Refus>().is_some_and(|refus| refus.code() == CodeRefus::HeadInvalid)
}

/// Follows the hub to the key it presents, when those known announced it; keeps the change.
pub async fn suit(
    outbox: &Outbox<'_>,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<ClesSuccessives> {
    let presente = Trousseau::presenter(&transport.public("/v1/keys", rng).await?)?;
    let maintenant = outbox.horloge.maintenant();
    let (usage, annonces) = (UsageCle::Accuses, &presente.successions);
    let suite = outbox.cles_hub.avance(presente.receipts, usage, annonces, outbox.hub, maintenant)?;
    if suite != *outbox.cles_hub {
        outbox.base.garde_cles_hub(usage, &suite, maintenant).await?;
        tracing::warn!(kid = suite.actuelle().kid(), "le hub signe désormais de la clé qu’il avait annoncée");
    }
    Ok(suite)
}

/// The key of the register that the hub names: the one known, or one it announced. The first is taken on the word
/// of the key of the receipts.
pub async fn suit_celle_du_registre(outbox: &Outbox<'_>, trousseau: &Trousseau) -> Result<ClePublique> {
    let (usage, maintenant) = (UsageCle::Registre, outbox.horloge.maintenant());
    let connues = outbox.base.cles_hub(usage).await?;
    let suite = match &connues {
        None => ClesSuccessives::seule(trousseau.log),
        Some(connues) => connues.avance(trousseau.log, usage, &trousseau.successions, outbox.hub, maintenant)?,
    };
    if connues.as_ref() != Some(&suite) {
        outbox.base.garde_cles_hub(usage, &suite, maintenant).await?;
    }
    Ok(suite.actuelle())
}
