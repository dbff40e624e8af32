//! `maillage-node retirer`: the hub shows a series no more. Its history stays: what was accepted can still be
//! proved, and the series can be published again.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use node_storage::envoi::EtatEnvoi;
use publication::enveloppe::PERIMETRE_CDG;
use publication::{Acte, Genre, Raison, Serie};

use super::{Acces, CampagneOption, dit, publier};
use crate::service;

/// Options of `retirer`.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    campagne: CampagneOption,
    /// Jeu à retirer, par exemple ea.indicateurs.
    #[arg(long, value_name = "JEU")]
    jeu: String,
    /// Motif du retrait.
    #[arg(long, value_name = "MOTIF")]
    motif: Motif,
}

/// Why a series is withdrawn.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Motif {
    /// Une erreur a été publiée.
    Correction,
    /// La règle de calcul ou de protection a changé.
    ChangementDeRegle,
}

/// Seals the withdrawal and sends it.
pub fn execute(acces: &Acces, o: &Options) -> Result<ExitCode> {
    let c = &acces.configuration;
    let cle = acces.cle()?;
    let periode = o.campagne.campagne.to_string();
    let bilan = acces.attends(async {
        let base = acces.base().await?;
        let Some(derniere) = base.derniere_entree(&o.jeu, &periode).await? else {
            bail!("Rien de {} n’a été publié pour la campagne {periode}.", o.jeu);
        };
        if derniere.genre == Genre::Retrait && derniere.etat != EtatEnvoi::Refuse {
            bail!("{} est déjà retiré pour la campagne {periode} (envoi {}).", o.jeu, derniere.seq);
        }
        let acte = Acte::Retrait {
            serie: Serie { dataset: o.jeu.clone(), period: periode.clone(), scope: PERIMETRE_CDG.to_owned() },
            rev: u64::from(derniere.revision) + 1,
            supersedes: derniere.empreinte.parse().context("Une empreinte enregistrée est illisible.")?,
            raison: match o.motif {
                Motif::Correction => Raison::Correction,
                Motif::ChangementDeRegle => Raison::ChangementDeRegle,
            },
        };
        let cles_hub = service::cles_du_hub(c, &base).await?;
        let outbox = service::outbox(c, &base, &cle, &cles_hub, &acces.horloge)?;
        let seq = outbox.scelle_acte(Some((&o.jeu, &periode)), &acces.acteur(), &acte).await?;
        dit(&format!("Retrait de {} {periode} scellé en position {seq}.", o.jeu))?;
        let bilan = service::envoie(c, &base, &acces.horloge).await?;
        base.ferme().await;
        Ok::<_, anyhow::Error>(bilan)
    })?;
    publier::montre(&bilan)
}
