//! `maillage-node publier`: seals a campaign and sends it; a human's command is the agreement that the
//! schedule waits for.

use std::process::ExitCode;

use anyhow::{Context, Result};
use node_storage::envoi::Scellement;
use publication::StatutAccuse;

use super::{Acces, CampagneOption, dit};
use crate::emission::{Emetteur, JEUX};
use crate::outbox::{Bilan, phrase};
use crate::service;

/// Options of `publier`.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    campagne: CampagneOption,
    /// Un seul jeu, par exemple ea.indicateurs.
    #[arg(long, value_name = "JEU")]
    jeu: Option<String>,
}

/// Seals, sends, shows the receipts.
pub fn execute(acces: &Acces, o: &Options) -> Result<ExitCode> {
    let hub = acces
        .configuration
        .hub
        .as_ref()
        .context("La configuration ne nomme pas de hub : ajoutez une section [hub].")?;
    let cle = acces.cle()?;
    let trimestre = o.campagne.campagne;
    let bilan = acces.attends(async {
        let base = acces.base().await?;
        let emetteur =
            Emetteur { configuration: &acces.configuration, base: &base, cle: &cle, horloge: &acces.horloge };
        let codes: Vec<&str> = o.jeu.as_deref().map_or_else(|| JEUX.to_vec(), |voulu| vec![voulu]);
        for (code, scellement) in emetteur.publie(hub, &codes, trimestre, &acces.acteur()).await? {
            match scellement {
                Scellement::Nouveau(seq) => dit(&format!("{code} scellé en position {seq}."))?,
                Scellement::Inchange(_) => dit(&format!("{code} n’a pas changé depuis le dernier envoi."))?,
            }
        }
        let bilan = service::envoie(&acces.configuration, &base, &acces.horloge).await?;
        base.ferme().await;
        Ok::<_, anyhow::Error>(bilan)
    })?;
    montre(&bilan)
}

/// `maillage-node envoyer`: one run of the outbox, now.
pub fn envoie(acces: &Acces) -> Result<ExitCode> {
    let bilan = acces.attends(async {
        let base = acces.base().await?;
        let bilan = service::envoie(&acces.configuration, &base, &acces.horloge).await?;
        base.ferme().await;
        Ok::<_, anyhow::Error>(bilan)
    })?;
    montre(&bilan)
}

pub(super) fn montre(bilan: &Bilan) -> Result<ExitCode> {
    let mut refus = 0;
    for a in &bilan.accuses {
        match a.status {
            StatutAccuse::Acceptee => dit(&format!("Position {} acceptée par le hub.", a.seq))?,
            StatutAccuse::Perimee => {
                dit(&format!("Position {} : le hub avait déjà une révision plus récente.", a.seq))?;
            }
            StatutAccuse::Refusee => {
                refus += 1;
                dit(&format!("Position {} refusée par le hub :", a.seq))?;
                for motif in &a.reasons {
                    dit(&format!("  {}", phrase(motif)))?;
                }
            }
        }
    }
    if bilan.recuperes > 0 {
        dit(&format!(
            "Cette base venait d’une sauvegarde : {} du hub.",
            referentiel::format::compte(bilan.recuperes, "envoi repris", "envois repris")
        ))?;
    }
    if bilan.confirmes > 0 {
        let quoi = referentiel::format::compte(bilan.confirmes, "envoi prouvé", "envois prouvés");
        dit(&format!("{quoi} dans le registre du hub."))?;
    }
    if bilan.articles > 0 {
        let quoi = referentiel::format::compte(bilan.articles, "article reçu", "articles reçus");
        dit(&format!("{quoi} du hub : « maillage-node reperes » et « maillage-node pratiques » les montrent."))?;
    }
    for avertissement in &bilan.avertissements {
        dit(&format!("Attention : {avertissement}"))?;
    }
    if let Some(alarme) = &bilan.alarme {
        dit(&format!("Alarme : {alarme} La preuve est gardée dans la base ; prévenez l’administrateur du hub."))?;
    }
    if let Some(echec) = &bilan.interrompu {
        dit(&format!(
            "{echec}\nCe qui est scellé reste dans la file et repartira : « maillage-node servir » s’en charge."
        ))?;
    }
    Ok(if refus > 0 || bilan.interrompu.is_some() || bilan.alarme.is_some() {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}
