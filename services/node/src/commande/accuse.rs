//! `maillage-node verifier-accuse`: from a receipt alone, or from a sending of this node, says what was
//! accepted, by whom and when. Nothing is asked of the network: signatures and digests are enough.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use node_storage::envoi::Envoi;
use publication::succession::ClesSuccessives;
use publication::{Accuse, Attendu, EnveloppeVerifiee, StatutAccuse, empreinte_corps, verifier_enveloppe};
use referentiel::format;

use super::{Acces, dit};
use crate::outbox::phrase;
use crate::{rotation, service};

/// Options of `verifier-accuse`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Fichier de l’accusé (le JWS tel que le hub l’a signé).
    #[arg(value_name = "FICHIER", required_unless_present = "position")]
    fichier: Option<PathBuf>,
    /// Position d’un envoi de ce nœud, au lieu d’un fichier : l’enveloppe et le corps sont vérifiés aussi.
    #[arg(long, value_name = "N", conflicts_with = "fichier")]
    position: Option<u64>,
}

/// Verifies and tells; 1 when something does not hold.
pub fn execute(acces: &Acces, o: &Options) -> Result<ExitCode> {
    let cles_hub = cles_hub(acces)?;
    let accuse = match (&o.fichier, o.position) {
        (Some(fichier), _) => {
            let texte = std::fs::read_to_string(fichier).with_context(|| fichier.display().to_string())?;
            cles_hub.accuse(texte.trim())?
        }
        (None, Some(position)) => de_l_envoi(acces, position, &cles_hub)?,
        (None, None) => bail!("Donnez un fichier ou une position."),
    };
    raconte(&accuse)?;
    Ok(if accuse.status == StatutAccuse::Acceptee { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The key pinned, and those that took its place: a receipt of years ago was signed by an older one.
fn cles_hub(acces: &Acces) -> Result<ClesSuccessives> {
    acces.attends(async {
        match acces.base_existante().await? {
            Some(base) => service::cles_du_hub(&acces.configuration, &base).await,
            None => Ok(ClesSuccessives::seule(service::cle_epinglee(&acces.configuration)?)),
        }
    })
}

/// The receipt, the envelope it quotes, and the body the envelope announces: one holds the next.
fn de_l_envoi(acces: &Acces, position: u64, cles_hub: &ClesSuccessives) -> Result<Accuse> {
    let envoi = acces.attends(async { Ok::<_, anyhow::Error>(acces.base().await?.envoi(position).await?) })?;
    let Some(jws) = &envoi.accuse else { bail!("L’envoi {position} n’a pas encore d’accusé.") };
    let accuse = cles_hub.accuse(jws)?;
    if accuse.env.to_string() != envoi.empreinte || accuse.seq != position {
        bail!("L’accusé gardé pour l’envoi {position} répond à une autre enveloppe.");
    }
    match enveloppe_verifiee(acces, &envoi)? {
        Some(enveloppe) if enveloppe.empreinte() != accuse.env => {
            bail!("L’enveloppe gardée n’est pas celle de l’accusé.")
        }
        Some(enveloppe) => dit(corps_verifie(&envoi, &enveloppe)?)?,
        None => dit("L’enveloppe ne se vérifie avec aucune des clés gardées ici : seul l’accusé est prouvé.")?,
    }
    match envoi.confirme_le {
        Some(quand) => dit(&format!("Inscription au registre prouvée le {}.", format::date(quand.date_naive())))?,
        None => dit("L’inscription au registre n’a pas encore été prouvée : « maillage-node envoyer ».")?,
    }
    Ok(accuse)
}

/// The envelope kept here, under the key in force or one of those it replaced.
fn enveloppe_verifiee(acces: &Acces, envoi: &Envoi) -> Result<Option<EnveloppeVerifiee>> {
    let attendu = Attendu {
        noeud: acces.configuration.noeud.identifiant.clone(),
        hub: service::hub(&acces.configuration)?.identifiant.clone(),
    };
    let voisines = rotation::voisines(&acces.configuration.noeud.cle)?;
    let mut cles = std::iter::once(acces.cle()?).chain(voisines.suivante).chain(voisines.anciennes);
    Ok(cles.find_map(|cle| verifier_enveloppe(&envoi.enveloppe, &cle.publique(), &attendu).ok()))
}

/// What can be said of the body kept beside an envelope; an error when it is another one.
fn corps_verifie(envoi: &Envoi, enveloppe: &EnveloppeVerifiee) -> Result<&'static str> {
    let annonce = enveloppe.enveloppe().body.as_ref().map(|b| b.sha256);
    match annonce {
        None => Ok("L’enveloppe gardée ici est celle que l’accusé cite ; elle n’a pas de corps."),
        // The hub does not keep the body of a refused entry: a node put back cannot have it again.
        Some(_) if envoi.corps.is_empty() => {
            Ok("L’enveloppe gardée ici est celle que l’accusé cite ; son corps, refusé, n’a pas été récupéré.")
        }
        Some(sceau) if sceau == empreinte_corps(&envoi.corps) => {
            Ok("L’enveloppe et le corps gardés ici sont ceux que l’accusé cite.")
        }
        Some(_) => bail!("Le corps gardé n’est pas celui qui a été signé."),
    }
}

fn raconte(a: &Accuse) -> Result<()> {
    let quoi = match a.status {
        StatutAccuse::Acceptee => "acceptée",
        StatutAccuse::Refusee => "refusée",
        StatutAccuse::Perimee => "périmée",
    };
    dit(&format!(
        "Signature valable. {} a reçu l’entrée {} de {} le {} ({} UTC) : {quoi}.",
        a.iss,
        a.seq,
        a.node,
        format::date(a.received_at.date_naive()),
        a.received_at.format("%H:%M:%S"),
    ))?;
    dit(&format!("Enveloppe {} ; feuille {} du registre, époque {}.", a.env, a.leaf, a.log_epoch))?;
    dit(&format!("{}.", format::compte(a.counts.cells, "cellule", "cellules")))?;
    for motif in &a.reasons {
        dit(&format!("  {}", phrase(motif)))?;
    }
    Ok(())
}
