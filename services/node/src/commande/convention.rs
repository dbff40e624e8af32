//! `maillage-node convention`: values FIPHFP situations and says why one is refused; checks a whole convention document;
//! shows the plan beside what was realised, and certifies a bilan.

mod bilan;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;
use dossier::convention::controle::{AnomalieDocument, Statut};
use dossier::convention::{Decision, Dossier, Evaluation, Rapport, controle, controler, evaluer, evaluer_json};
use referentiel::controle::Severite;
use referentiel::format;

use super::{Acces, dit};

#[derive(Debug, Subcommand)]
pub enum Options {
    /// Évalue des situations : valorisable ou refusée, avec la règle et le fait qui manque.
    Evaluer {
        /// Fichier JSON des situations.
        fichier: PathBuf,
        /// Sortie JSON.
        #[arg(long)]
        json: bool,
    },
    /// Contrôle un dossier de convention entier (plan d’actions, bilan, récit, situations) et propose les corrections.
    Controler {
        /// Fichier JSON du dossier (format : schema/conventions/README.md).
        fichier: PathBuf,
        /// Sortie JSON.
        #[arg(long)]
        json: bool,
    },
    /// Enregistre le dossier de convention auquel le réalisé se compare.
    Plan {
        /// Fichier JSON du dossier.
        fichier: PathBuf,
    },
    /// Montre le plan d’actions à côté du réalisé : quantités et montants, rythme, plafonds, refus.
    Bilan(bilan::Options),
    /// Certifie un bilan ; refusé tant qu’une pièce due manque, avec la liste exacte.
    Certifier(bilan::Options),
    /// Liste les bilans certifiés.
    Bilans {
        #[command(flatten)]
        quoi: bilan::ConventionOption,
        /// Sortie JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Runs a command. Exit codes of the check: 0 nothing blocks, 1 something does, 2 unreadable. What needs no store opens none.
pub fn execute(acces: impl FnOnce() -> Result<Acces>, options: &Options) -> Result<ExitCode> {
    match options {
        Options::Evaluer { fichier, json } => evalue(fichier, *json),
        Options::Controler { fichier, json } => controle(fichier, *json),
        Options::Plan { fichier } => bilan::garde_plan(&acces()?, &lit(fichier)?),
        Options::Bilan(o) => bilan::montre(&acces()?, o),
        Options::Certifier(o) => bilan::certifie(&acces()?, o),
        Options::Bilans { quoi, json } => bilan::liste(&acces()?, quoi, *json),
    }
}

fn lit(fichier: &Path) -> Result<String> {
    std::fs::read_to_string(fichier)
        .with_context(|| format!("Le fichier « {} » est introuvable ou illisible.", fichier.display()))
}

fn evalue(fichier: &Path, json: bool) -> Result<ExitCode> {
    let texte = lit(fichier)?;
    if json {
        dit(&evaluer_json(&texte)?)?;
    } else {
        let dossier: Dossier = serde_json::from_str(&texte)
            .with_context(|| format!("« {} » n’est pas une liste de situations.", fichier.display()))?;
        montre_verdicts(&evaluer(&dossier)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn montre_verdicts(evaluation: &Evaluation) -> Result<()> {
    for v in &evaluation.verdicts {
        let decision = match v.verdict {
            Decision::Valorisable => format::euros(v.montant_eur),
            Decision::Refuse => format!("refusée ({})", v.regle.as_deref().unwrap_or_default()),
        };
        dit(&format!("{:<6} {decision} — {}", v.id, v.explication))?;
    }
    dit(&format!("Total valorisable : {}", format::euros(evaluation.total_eur)))
}

fn controle(fichier: &Path, json: bool) -> Result<ExitCode> {
    let rapport = match lit(fichier).and_then(|texte| Ok(controler(&controle::lire(&texte)?)?)) {
        Ok(rapport) => rapport,
        Err(e) if json => {
            dit(&serde_json::json!({ "statut": "illisible", "message": e.to_string() }).to_string())?;
            return Ok(ExitCode::from(2));
        }
        Err(e) => {
            dit(&e.to_string())?;
            return Ok(ExitCode::from(2));
        }
    };
    if json {
        dit(&serde_json::to_string(&rapport)?)?;
    } else {
        montre_rapport(&rapport)?;
    }
    Ok(ExitCode::from(u8::from(rapport.statut == Statut::Bloque)))
}

fn montre_rapport(rapport: &Rapport) -> Result<()> {
    let titre = match rapport.statut {
        Statut::Conforme => "Dossier conforme.",
        Statut::Avertissements => "Dossier recevable, avec des points à expliquer.",
        Statut::Bloque => "Dossier à corriger avant l’envoi.",
    };
    dit(titre)?;
    let conformes = rapport.comptes.conformes as u64;
    dit(&format!("{} ; le détail : --json.", format::compte(conformes, "vérification juste", "vérifications justes")))?;
    for (severite, titre) in
        [(Severite::Bloquant, "À corriger"), (Severite::Avertissement, "À vérifier ou à expliquer")]
    {
        let groupe: Vec<_> = rapport.anomalies.iter().filter(|a| a.severite == severite).collect();
        if !groupe.is_empty() {
            dit(&format!("\n{titre} ({}) :", groupe.len()))?;
        }
        groupe.into_iter().try_for_each(montre_anomalie)?;
    }
    if !rapport.non_controle.is_empty() {
        dit(&format!("\nRubriques qu’aucun contrôle ne lit : {}.", rapport.non_controle.join(", ")))?;
    }
    Ok(())
}

fn montre_anomalie(anomalie: &AnomalieDocument) -> Result<()> {
    let source = anomalie.source.as_ref().map_or(String::new(), |s| format!(" ({s})"));
    dit(&format!("  {}{source} [{}] {}", anomalie.rubrique, anomalie.controle, anomalie.message))?;
    match &anomalie.correction {
        Some(correction) => dit(&format!("    → proposition : {correction}")),
        None => Ok(()),
    }
}
