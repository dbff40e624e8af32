//! What the hub shares, read page after page: benchmarks and good practices. This node holds a prefix of the hub's
//! feed, whichever way it was cut; an incarnation that ended is taken whole again.

use anyhow::{Result, bail};
use node_storage::partage::Prolongement;
use publication::CodeRefus;
use publication::fil::{Curseur, Page};
use publication::trousseau::Trousseau;
use rand::CryptoRng;

use crate::outbox::Outbox;
use crate::transport::{EchecTransport, Transport};

/// Most pages of one contact: fifty thousand articles, years of silence.
const PAGES_MAXIMUM: usize = 500;

/// Reads what is new; gives how many articles were.
pub async fn suit(
    outbox: &Outbox<'_>,
    trousseau: &Trousseau,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<u64> {
    let Some(cle) = &trousseau.reference else { return Ok(0) };
    let mut nouveaux = 0;
    let mut repris = false;
    for _ in 0..PAGES_MAXIMUM {
        let tenu = outbox.base.curseur_du_fil().await?;
        let page = match page(tenu, transport, rng).await {
            Ok(texte) => Page::verifier(&texte, cle, outbox.hub)?,
            Err(EchecTransport::Refuse(p)) if p.urn == CodeRefus::LogCursorGone && tenu.is_some() && !repris => {
                tracing::warn!(epoque = p.epoch, "le fil du hub recommence : il est repris en entier");
                outbox.base.oublie_fil().await?;
                repris = true;
                continue;
            }
            Err(e) => return Err(e.into()),
        };
        match outbox.base.prolonge_fil(&page, outbox.horloge.maintenant()).await? {
            Prolongement::Ajoutes(n) => nouveaux += n,
            Prolongement::Ailleurs => bail!("La page du fil reçue du hub n’est pas celle qui a été demandée."),
            Prolongement::Reecrit(position) => {
                bail!(
                    "Le hub a réécrit l’article {position} de son fil, qui ne fait que s’allonger : prévenez son administrateur."
                )
            }
        }
        if page.next.is_none() {
            break;
        }
    }
    Ok(nouveaux)
}

async fn page(
    tenu: Option<Curseur>,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<String, EchecTransport> {
    let chemin = tenu.map_or_else(|| "/v1/feed".to_owned(), |c| format!("/v1/feed?cursor={c}"));
    transport.public(&chemin, rng).await
}
