//! `maillage-node apercu`: exactly what would leave, and what the node alone may know of it.

use std::process::ExitCode;

use anyhow::{Context, Result};
use publication::{Contenu, empreinte_corps};
use referentiel::format;
use referentiel::jeu::jeu;
use secret_statistique::TableProtegee;

use super::{Acces, CampagneOption, dit};
use crate::emission::{Emetteur, JEUX};
use crate::preparation::Preparee;

/// Options of `apercu`.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    campagne: CampagneOption,
    /// Un seul jeu, par exemple rsu.boeth.
    #[arg(long, value_name = "JEU")]
    jeu: Option<String>,
    /// Les octets mêmes qui partiraient, un jeu par ligne.
    #[arg(long)]
    json: bool,
}

/// Shows.
pub fn execute(acces: &Acces, o: &Options) -> Result<ExitCode> {
    let cle = acces.cle()?;
    let codes: Vec<&str> = o.jeu.as_deref().map_or_else(|| JEUX.to_vec(), |voulu| vec![voulu]);
    for code in codes {
        let jeu = jeu(code).with_context(|| format!("Le jeu {code} manque."))?;
        let preparee = acces.attends(async {
            let base = acces.base().await?;
            let emetteur =
                Emetteur { configuration: &acces.configuration, base: &base, cle: &cle, horloge: &acces.horloge };
            emetteur.prepare(jeu, o.campagne.campagne).await
        })?;
        let octets = preparee.contenu.octets();
        if o.json {
            dit(&String::from_utf8(octets)?)?;
            continue;
        }
        dit(&format!(
            "\n{} ({code}, version {})\n  {} octets, empreinte {}",
            jeu.libelle,
            jeu.version,
            format::entier(i64::try_from(octets.len())?),
            empreinte_corps(&octets)
        ))?;
        resume(&preparee)?;
    }
    if !o.json && o.jeu.is_none() {
        dit("\nLes fiches personne et évènement ne partent pas (mode « aucune »).\nLe détail : --json.")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn resume(preparee: &Preparee) -> Result<()> {
    if preparee.protegees.is_empty() {
        return dit(&format!(
            "  {} en clair ; ni adresse électronique ni nom de responsable.",
            format::compte(preparee.contenu.taille() as u64, "fiche", "fiches")
        ));
    }
    preparee.protegees.iter().try_for_each(audience)?;
    if let Contenu::Indicateurs(c) = &preparee.contenu {
        for a in c.audiences().iter().filter(|a| !a.fiches.is_empty()) {
            let combien = format::compte(a.fiches.len() as u64, "fiche", "fiches");
            dit(&format!("  Audience « {} » : {combien}.", a.politique.audience.code()))?;
        }
    }
    Ok(())
}

fn audience(protegee: &TableProtegee) -> Result<()> {
    let r = protegee.rapport();
    let p = protegee.politique();
    let compte = |n: usize, un: &str, plusieurs: &str| format::compte(n as u64, un, plusieurs);
    dit(&format!(
        "  Audience « {} », seuil {} ({} avec le handicap) : {}, {} (dont {} en complément).",
        p.audience.code(),
        p.seuil,
        p.seuil_sensible,
        compte(r.publiees, "cellule montrée", "cellules montrées"),
        compte(r.motifs.len(), "masquée", "masquées"),
        r.complementaires,
    ))?;
    if let Some(phrase) = r.phrase() {
        dit(&format!("    {phrase}"))?;
    }
    r.croisements_retires
        .iter()
        .try_for_each(|c| dit(&format!("    Croisement retiré, aucun masque ne le protège : {c}")))
}
