//! `maillage-node reperes` and `maillage-node pratiques`: what the centres of the network share, as the hub handed
//! it down.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use publication::fil::{Article, Pratique};
use referentiel::periode::Trimestre;
use serde_json::json;

use super::{Acces, dit, periode};
use crate::repere::{self, Situe};

/// Options of `reperes`.
#[derive(Debug, clap::Args)]
pub struct OptionsReperes {
    /// Une seule campagne : 2026-T1.
    #[arg(long, value_name = "PERIODE", value_parser = periode)]
    campagne: Option<Trimestre>,
    /// Sortie JSON.
    #[arg(long)]
    json: bool,
}

/// Options of `pratiques`.
#[derive(Debug, clap::Args)]
pub struct OptionsPratiques {
    /// Un seul thème, par son code : maintien, apprentissage…
    #[arg(long, value_name = "THEME")]
    theme: Option<String>,
    /// Sortie JSON.
    #[arg(long)]
    json: bool,
}

/// Shows the benchmarks, each beside what this centre publishes.
pub fn reperes(acces: &Acces, o: &OptionsReperes) -> Result<ExitCode> {
    acces.attends(async {
        let base = acces.base().await?;
        let reperes = repere::situes(&base, o.campagne).await?;
        if o.json {
            let lignes = reperes.iter().map(|s| json!({ "repere": s.repere, "ce_centre": s.ici }));
            dit(&serde_json::to_string(&lignes.collect::<Vec<_>>())?)?;
        } else if reperes.is_empty() {
            dit(
                "Aucun repère n’est reçu : le hub les calcule quand une campagne est close, à partir de cinq centres.",
            )?;
        }
        for s in reperes.iter().filter(|_| !o.json) {
            dit(&ligne(s))?;
        }
        base.ferme().await;
        Ok(ExitCode::SUCCESS)
    })
}

fn ligne(s: &Situe) -> String {
    let r = &s.repere;
    let ici = s.ici.map_or_else(|| "non publié ou secret".to_owned(), |valeur| s.dit(valeur));
    format!(
        "{}  {:<7} {} : médiane {}, la moitié des {} centres entre {} et {} ; ce centre : {ici}",
        r.campaign,
        r.indicator,
        s.libelle(),
        s.dit(r.median),
        r.contributors,
        s.dit(r.q1),
        s.dit(r.q3),
    )
}

/// Shows the practices.
pub fn pratiques(acces: &Acces, o: &OptionsPratiques) -> Result<ExitCode> {
    acces.attends(async {
        let base = acces.base().await?;
        let articles = base.articles("pratique/").await?;
        base.ferme().await;
        let du_theme = |p: &&Pratique| o.theme.as_ref().is_none_or(|t| p.fields.get("theme") == Some(t));
        let pratiques: Vec<&Pratique> =
            articles.iter().filter_map(|a: &Article| a.practice.as_ref()).filter(du_theme).collect();
        if o.json {
            dit(&serde_json::to_string(&pratiques)?)?;
        } else if pratiques.is_empty() {
            dit("Aucune bonne pratique n’est reçue.")?;
        }
        for p in pratiques.iter().filter(|_| !o.json) {
            dit(fiche(p).trim_end())?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// A practice, field by field, in the order of its sheet.
fn fiche(p: &Pratique) -> String {
    let mut texte = format!("{} ({})\n", repere::titre(p), p.center);
    for (libelle, valeur) in repere::champs(p) {
        let _ = writeln!(texte, "  {libelle} : {valeur}");
    }
    texte
}
