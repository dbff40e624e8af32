//! `maillage-node verifier-accuse`: from a receipt alone, or from a sending of this node, says what was
//! accepted, by whom and when. Nothing is asked of the network: signatures and digests are enough.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use publication::{Accuse, Attendu, ClePublique, StatutAccuse, empreinte_corps, verifier_enveloppe};
use referentiel::format;

use super::{Acces, dit};
use crate::outbox::phrase;
use crate::service;

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
    let cle_hub: ClePublique =
        service::hub(&acces.configuration)?.cle_publique.parse().context("[hub] cle_publique")?;
    let accuse = match (&o.fichier, o.position) {
        (Some(fichier), _) => {
            let texte = std::fs::read_to_string(fichier).with_context(|| fichier.display().to_string())?;
            Accuse::verifier(texte.trim(), &cle_hub)?
        }
        (None, Some(position)) => de_l_envoi(acces, position, &cle_hub)?,
        (None, None) => bail!("Donnez un fichier ou une position."),
    };
    raconte(&accuse)?;
    Ok(if accuse.status == StatutAccuse::Acceptee { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The receipt, the envelope it quotes, and the body the envelope announces: one holds the next.
fn de_l_envoi(acces: &Acces, position: u64, cle_hub: &ClePublique) -> Result<Accuse> {
    let envoi = acces.attends(async { Ok::<_, anyhow::Error>(acces.base().await?.envoi(position).await?) })?;
    let Some(jws) = &envoi.accuse else { bail!("L’envoi {position} n’a pas encore d’accusé.") };
    let accuse = Accuse::verifier(jws, cle_hub)?;
    if accuse.env.to_string() != envoi.empreinte || accuse.seq != position {
        bail!("L’accusé gardé pour l’envoi {position} répond à une autre enveloppe.");
    }
    let attendu = Attendu {
        noeud: acces.configuration.noeud.identifiant.clone(),
        hub: service::hub(&acces.configuration)?.identifiant.clone(),
    };
    // A key of the past cannot be checked here: the digest that the receipt quotes vouches for the text.
    match verifier_enveloppe(&envoi.enveloppe, &acces.cle()?.publique(), &attendu) {
        Ok(enveloppe) if enveloppe.empreinte() != accuse.env => {
            bail!("L’enveloppe gardée n’est pas celle de l’accusé.")
        }
        Ok(enveloppe) => {
            let annonce = enveloppe.enveloppe().body.as_ref().map(|b| b.sha256);
            if annonce.is_some_and(|a| a != empreinte_corps(&envoi.corps)) {
                bail!("Le corps gardé n’est pas celui qui a été signé.");
            }
            dit("L’enveloppe et le corps gardés ici sont ceux que l’accusé cite.")?;
        }
        Err(refus) => dit(&format!("L’enveloppe n’est pas vérifiable avec la clé actuelle ({refus})."))?,
    }
    match envoi.confirme_le {
        Some(quand) => dit(&format!("Inscription au registre prouvée le {}.", format::date(quand.date_naive())))?,
        None => dit("L’inscription au registre n’a pas encore été prouvée : « maillage-node envoyer ».")?,
    }
    Ok(accuse)
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
