//! The node as a witness of the hub's register: after each contact it reads the checkpoint, demands proof
//! that it only adds to the one it knew, and proof that its own entries stand in it. What does not hold is
//! an alarm, kept with its evidence; it never stops what is sealed from being sent.

use anyhow::{Context, Result};
use node_storage::envoi::Envoi;
use node_storage::temoin::{PointGarde, Temoin};
use publication::Empreinte;
use publication::registre::{Feuille, PointDeControle, PreuveCoherence, PreuveInclusion, nom_du_registre, suivre};
use publication::trousseau::Trousseau;
use rand::CryptoRng;

use crate::cles_hub::suit_celle_du_registre;
use crate::outbox::Outbox;
use crate::reprise::point_connu;
use crate::transport::Transport;

/// Follows the register; gives the number of entries whose place was proved.
pub async fn atteste(
    outbox: &Outbox<'_>,
    connu: &Temoin,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<u64> {
    let cle_hub = outbox.cles_hub.actuelle();
    let trousseau = Trousseau::verifier(&transport.public("/v1/keys", rng).await?, &cle_hub, outbox.hub)?;
    let cle_du_registre = match suit_celle_du_registre(outbox, &trousseau).await {
        Ok(cle) => cle,
        Err(e) => {
            let motif = format!("La clé du registre a changé sans annonce. {e}");
            outbox.base.alarme(&motif, &trousseau.log.to_string(), outbox.horloge.maintenant()).await?;
            return Err(e);
        }
    };
    let texte = transport.public("/v1/log/checkpoint", rng).await?;
    let annonce = PointDeControle::verifier(&texte, &nom_du_registre(outbox.hub), &cle_du_registre)?;
    let maintenant = outbox.horloge.maintenant();
    if let Some(garde) = &connu.point {
        let ancien = point_connu(outbox.hub, connu.epoque, garde)?;
        let preuve = coherence(&ancien, &annonce, transport, rng).await?;
        if let Err(alarme) = suivre(&ancien, &annonce, preuve.as_ref()) {
            tracing::error!(%alarme, "le registre du hub n’est plus celui que ce nœud connaît");
            outbox.base.alarme(&alarme.to_string(), &texte, maintenant).await?;
            return Err(alarme.into());
        }
    }
    let point = PointGarde { taille: annonce.taille, racine: annonce.racine.to_string(), texte: Some(texte) };
    outbox.base.note_temoin(&Temoin { point: Some(point), ..connu.clone() }, maintenant, |_| false).await?;
    let mut confirmes = 0;
    for envoi in outbox.base.a_confirmer().await? {
        if inscrit(outbox, &envoi, &annonce, transport, rng).await? {
            outbox.base.confirme(envoi.seq, maintenant).await?;
            confirmes += 1;
        }
    }
    Ok(confirmes)
}

async fn coherence(
    ancien: &PointDeControle,
    annonce: &PointDeControle,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<Option<PreuveCoherence>> {
    if ancien.taille == 0 || annonce.taille <= ancien.taille || annonce.epoque != ancien.epoque {
        return Ok(None);
    }
    let chemin = format!("/v1/log/consistency?epoch={}&from={}&to={}", annonce.epoque, ancien.taille, annonce.taille);
    let texte = transport.public(&chemin, rng).await?;
    Ok(Some(serde_json::from_str(&texte).context("La preuve de cohérence du hub est illisible.")?))
}

/// True when the entry and its receipt stand in the register; an entry recorded since waits for the next contact.
async fn inscrit(
    outbox: &Outbox<'_>,
    envoi: &Envoi,
    point: &PointDeControle,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<bool> {
    let Some(jws) = &envoi.accuse else { return Ok(false) };
    let accuse = outbox.cles_hub.accuse(jws)?;
    if accuse.leaf >= point.taille {
        return Ok(false);
    }
    let chemin = format!("/v1/log/proof?leaf={}&size={}", accuse.leaf, point.taille);
    let preuve: PreuveInclusion = serde_json::from_str(&transport.public(&chemin, rng).await?)
        .context("La preuve d’inclusion du hub est illisible.")?;
    let env: Empreinte = envoi.empreinte.parse().context("Une empreinte enregistrée est illisible.")?;
    let tient = (preuve.leaf, preuve.size) == (accuse.leaf, point.taille)
        && preuve.verifier(&Feuille::nouvelle(env, jws), point.racine).is_ok();
    if !tient {
        let motif = format!("L’envoi {} a un accusé mais n’est pas dans le registre du hub.", envoi.seq);
        tracing::error!("{motif}");
        outbox.base.alarme(&motif, jws, outbox.horloge.maintenant()).await?;
    }
    Ok(tient)
}
