//! `maillage-node modele`: the campaign's workbook, prefilled with what the node knows.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::{Acces, CampagneOption, dit};
use crate::saisie::processus;

/// Options of `modele`.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    campagne: CampagneOption,
    /// Jeu de données, par exemple rsu.boeth ; sans lui, la remontée de l’annexe 2.
    #[arg(long, value_name = "JEU", conflicts_with = "dispositif")]
    jeu: Option<String>,
    /// Offre dont la table de décision préremplit les tarifs, par exemple cdg31-bilans-reperes.
    #[arg(long, value_name = "OFFRE", requires = "jeu")]
    offre: Option<String>,
    /// Dispositif dont on veut le classeur, s’il y en a plusieurs.
    #[arg(long, value_name = "REFERENCE")]
    dispositif: Option<referentiel::identifiant::ReferenceDispositif>,
    /// Classeur à écrire.
    #[arg(short, long, value_name = "FICHIER")]
    o: PathBuf,
}

/// Writes the template.
pub fn execute(acces: &Acces, o: &Options) -> Result<ExitCode> {
    let trimestre = o.campagne.campagne;
    if let Some(jeu) = &o.jeu {
        return super::jeux::modele(acces, (jeu, trimestre), o.offre.as_deref(), &o.o);
    }
    let date = acces.configuration.campagne_de(trimestre).and_then(|c| c.date).unwrap_or(trimestre.fin());
    let base = acces.attends(acces.base_existante())?;
    let remontees = match &base {
        Some(base) => acces.attends(crate::saisie::modele::connues(base, trimestre))?,
        None => vec![],
    };
    let remontee = remontees
        .into_iter()
        .find(|r| o.dispositif.as_ref().is_none_or(|d| r.dispositifs.iter().any(|f| &f.reference == d)));
    let propre = acces.configuration.noeud.modele_classeur.as_deref().map(processus::modele).transpose()?;
    let modele = propre.as_ref().unwrap_or_else(|| tableur::Modele::cfea());
    let jour = acces.maintenant().date_naive();
    let octets = crate::saisie::modele::prerempli(modele, remontee.as_ref(), trimestre, date, jour)
        .context("Le modèle n’a pas pu être écrit.")?;
    std::fs::write(&o.o, octets).with_context(|| format!("« {} » ne s’écrit pas.", o.o.display()))?;
    dit(&format!("Modèle de la campagne {trimestre} écrit : {}", o.o.display()))?;
    Ok(ExitCode::SUCCESS)
}
