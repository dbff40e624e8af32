//! `maillage-hub campagne`: the calendar of a campaign, printed.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use chrono::NaiveDate;
use clap::Subcommand;
use referentiel::format::date_longue;
use referentiel::periode::Trimestre;

use super::{AIDE, ecris};
use crate::campagne::calendrier::{ETAPES, jour};
use crate::campagne::jour_ouvre::Droit;
use crate::configuration::Configuration;

#[derive(Debug, Clone, Copy, Subcommand)]
#[command(help_template = AIDE)]
pub enum ActionCampagne {
    /// Écrire le calendrier d’une campagne, en jours ouvrés.
    Calendrier {
        /// Campagne : 2026-T1.
        campagne: Trimestre,
        /// Date de l’évènement annoncée, si ce n’est pas le dernier jour du trimestre.
        #[arg(long, value_name = "JOUR")]
        date: Option<NaiveDate>,
        /// Compter les jours fériés d’Alsace et de Moselle, même si aucun centre du hub n’y est.
        #[arg(long)]
        alsace_moselle: bool,
    },
}

/// Runs the command. The configuration only says where the centres are.
pub fn execute(fichier: &Path, action: ActionCampagne) -> Result<ExitCode> {
    let ActionCampagne::Calendrier { campagne, date, alsace_moselle } = action;
    let droit = match fichier.exists().then(|| Configuration::lit(fichier)).transpose()? {
        _ if alsace_moselle => Droit::AlsaceMoselle,
        Some(configuration) => configuration.droit(),
        None => Droit::General,
    };
    let evenement = date.unwrap_or(campagne.fin());
    let mut texte = format!("Campagne {campagne}, date de l’évènement : {}\n", date_longue(evenement));
    for e in &ETAPES {
        let rang = if e.rang == 0 { "J".to_owned() } else { format!("J{:+}", e.rang).replace('-', "−") };
        texte.push_str(&format!("{rang:<5} {}  {} ({})\n", jour(evenement, e, droit), e.libelle, e.qui));
    }
    ecris(&texte)?;
    Ok(ExitCode::SUCCESS)
}
