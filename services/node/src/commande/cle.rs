//! `maillage-node cle creer|publique`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;

use super::{Acces, dit};
use crate::{rotation, service};

#[derive(Debug, Subcommand)]
pub enum Options {
    /// Crée la clé privée du nœud et affiche sa clé publique.
    Creer {
        /// Fichier à créer ; jamais remplacé s’il existe.
        #[arg(short, long, value_name = "FICHIER")]
        o: PathBuf,
    },
    /// Change la clé du nœud : la nouvelle est annoncée au hub dans la chaîne, signée par l’actuelle.
    Tourner,
    /// Affiche la clé publique, à transmettre au hub.
    Publique {
        /// Fichier de la clé privée.
        fichier: PathBuf,
    },
}

pub fn execute(options: &Options) -> Result<ExitCode> {
    let cle = match options {
        Options::Creer { o } => crate::cle::cree(o, &mut systeme())?,
        Options::Publique { fichier } => crate::cle::lit(fichier)?,
        Options::Tourner => bail!("« cle tourner » a besoin de la configuration du nœud."),
    };
    dit(&cle.publique().to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// Announces a new key, sends, and puts it in force when the hub has it.
pub fn tourne(acces: &Acces) -> Result<ExitCode> {
    let c = &acces.configuration;
    let cle = acces.cle()?;
    acces.attends(async {
        let base = acces.base().await?;
        let cles_hub = service::cles_du_hub(c, &base).await?;
        let outbox = service::outbox(c, &base, &cle, &cles_hub, &acces.horloge)?;
        let seq = rotation::annonce(&outbox, &c.noeud.cle, &acces.acteur(), &mut service::hasard()).await?;
        dit(&format!("La nouvelle clé est annoncée en position {seq}."))?;
        let bilan = service::envoie(c, &base, &acces.horloge).await?;
        base.ferme().await;
        if let Some(echec) = bilan.interrompu {
            dit(&format!("{echec}\nL’annonce reste dans la file ; l’ancienne clé vaut jusqu’à son accusé."))?;
            return Ok(ExitCode::from(1));
        }
        let nouvelle = acces.cle()?.publique();
        dit(&format!("En vigueur : {nouvelle}\nEmpreinte à relire au téléphone : {}", nouvelle.empreinte_lisible()))?;
        Ok(ExitCode::SUCCESS)
    })
}

/// The operating system's generator: keys are made here and nowhere else.
#[expect(clippy::disallowed_methods, reason = "the binary makes the generator that everything else receives")]
fn systeme() -> impl rand::CryptoRng {
    rand::rng()
}
