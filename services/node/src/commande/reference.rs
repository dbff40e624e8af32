//! `maillage-node reference`: what the hub handed down, and how fresh it is.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use chrono_tz::Europe::Paris;
use node_storage::Base;
use node_storage::reference::ManifesteGarde;
use publication::manifeste::Partie;
use publication::reference::{CampagneAnnoncee, SeuilExige};
use referentiel::format::{compte, date};
use serde_json::json;

use super::{Acces, dit};
use crate::reference;

/// Options of `reference`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Options {
    /// Sortie JSON.
    #[arg(long)]
    json: bool,
    /// Accepter les seuils tels que le hub les annonce, même plus bas que ceux retenus ici.
    #[arg(long, conflicts_with = "json")]
    accepter_seuils: bool,
}

/// What is held.
struct Tenu {
    manifeste: ManifesteGarde,
    parties: Vec<Partie>,
    campagnes: Vec<CampagneAnnoncee>,
    seuils: Vec<SeuilExige>,
    avertissements: Vec<String>,
}

/// Shows, or accepts the thresholds; 1 when something must be said.
pub fn execute(acces: &Acces, o: Options) -> Result<ExitCode> {
    let maintenant = acces.maintenant();
    acces.attends(async {
        let base = acces.base().await?;
        if o.accepter_seuils {
            accepte(&base, &acces.acteur(), maintenant).await?;
        }
        let Some(tenu) = tenu(&base, maintenant).await? else {
            dit("Rien n’a encore été reçu du hub : « maillage-node envoyer » le demande.")?;
            return Ok(ExitCode::from(1));
        };
        base.ferme().await;
        dit(&if o.json { en_json(&tenu) } else { en_phrases(&tenu, maintenant) })?;
        Ok(if tenu.avertissements.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    })
}

async fn accepte(base: &Base, acteur: &str, instant: DateTime<Utc>) -> Result<()> {
    let annonces = reference::annonces(base).await?;
    if annonces.is_empty() {
        bail!("Le hub n’a annoncé aucun seuil : « maillage-node envoyer » d’abord.");
    }
    Ok(base.accepte_seuils(&annonces, acteur, instant).await?)
}

async fn tenu(base: &Base, maintenant: DateTime<Utc>) -> Result<Option<Tenu>> {
    let Some(manifeste) = base.manifeste().await? else { return Ok(None) };
    Ok(Some(Tenu {
        manifeste,
        parties: base.parties().await?,
        campagnes: reference::campagnes(base).await?,
        seuils: base.seuils_retenus().await?,
        avertissements: reference::avertissements(base, maintenant).await?,
    }))
}

fn en_phrases(t: &Tenu, maintenant: DateTime<Utc>) -> String {
    let jour = |t: DateTime<Utc>| date(t.with_timezone(&Paris).date_naive());
    let fraicheur = if maintenant > t.manifeste.valable_jusqu_au { "périmé depuis le" } else { "valable jusqu’au" };
    let mut texte = format!(
        "Manifeste {} reçu le {}, {fraicheur} {} : {}.\n",
        t.manifeste.connu.version,
        jour(t.manifeste.recu_le),
        jour(t.manifeste.valable_jusqu_au),
        compte(t.parties.len() as u64, "partie", "parties"),
    );
    for p in &t.parties {
        let _ = writeln!(texte, "  {:<36} {:<10} {} octets", p.name, p.semver, p.len);
    }
    texte.push_str("Calendrier des campagnes :\n");
    for c in &t.campagnes {
        let echeance = |quoi: &str, moment: Option<DateTime<Utc>>| {
            moment.map(|m| format!(" ; {quoi} {}", jour(m))).unwrap_or_default()
        };
        let _ = writeln!(
            texte,
            "  {} évènement du {}{}{}{}",
            c.code,
            date(c.date),
            echeance("ouverture le", c.ouverture),
            echeance("dépôt jusqu’au", c.limite_depot),
            echeance("corrections jusqu’au", c.fin_correction)
        );
    }
    texte.push_str("Seuils appliqués au moins :\n");
    for s in &t.seuils {
        let _ = writeln!(
            texte,
            "  {:<20} {:<10} {} ; {} croisé avec un axe sensible",
            s.jeu,
            s.audience.code(),
            s.seuil,
            s.seuil_sensible
        );
    }
    for a in &t.avertissements {
        let _ = writeln!(texte, "Attention : {a}");
    }
    texte.trim_end().to_owned()
}

fn en_json(t: &Tenu) -> String {
    json!({
        "version": t.manifeste.connu.version,
        "recu_le": t.manifeste.recu_le,
        "valable_jusqu_au": t.manifeste.valable_jusqu_au,
        "parties": t.parties,
        "campagnes": t.campagnes,
        "seuils": t.seuils,
        "avertissements": t.avertissements,
    })
    .to_string()
}
