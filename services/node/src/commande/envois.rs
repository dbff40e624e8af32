//! `maillage-node envois`: what was sent, and the hub's receipts.

use std::process::ExitCode;

use anyhow::Result;
use node_storage::envoi::{Envoi, EtatEnvoi};
use referentiel::format;
use serde_json::json;

use super::{Acces, dit};

/// Lists.
pub fn execute(acces: &Acces, json: bool) -> Result<ExitCode> {
    let envois = acces.attends(async { Ok::<_, anyhow::Error>(acces.base().await?.envois(1000).await?) })?;
    if json {
        let lignes: Vec<_> = envois.iter().map(en_json).collect();
        dit(&serde_json::to_string(&lignes)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if envois.is_empty() {
        dit("Aucun envoi.")?;
    }
    for e in &envois {
        let etat = match e.etat {
            EtatEnvoi::Scelle => "en file",
            EtatEnvoi::Accepte => "accepté",
            EtatEnvoi::Refuse => "refusé",
            EtatEnvoi::Perime => "périmé",
        };
        let quand = format::date(e.scelle_le.date_naive());
        dit(&format!("{:>4}  {quand}  {:<15} {}  révision {}  {etat}", e.seq, e.jeu, e.periode, e.revision))?;
        if let Some(erreur) = &e.derniere_erreur {
            dit(&format!("      {} ; {erreur}", format::compte(u64::from(e.tentatives), "essai", "essais")))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn en_json(e: &Envoi) -> serde_json::Value {
    json!({
        "seq": e.seq, "jeu": e.jeu, "periode": e.periode, "revision": e.revision, "empreinte": e.empreinte,
        "etat": e.etat, "scelle_le": e.scelle_le, "tentatives": e.tentatives, "prochain_essai": e.prochain_essai,
        "derniere_erreur": e.derniere_erreur, "accuse": e.accuse,
    })
}
