//! `maillage-node indicateurs`: the true figures, for the centre's own eyes. Nothing here leaves the node.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use dossier::calcul::stock_flux;
use referentiel::cellule::Cle;
use referentiel::format;
use referentiel::jeu::{Jeu, jeu};
use secret_statistique::{Grandeur, TableBrute};
use serde_json::{Value, json};

use super::{Acces, CampagneOption, dit};
use crate::preparation::table_brute;

/// Options of `indicateurs`.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    campagne: CampagneOption,
    /// Sortie JSON, toutes les cellules.
    #[arg(long)]
    json: bool,
}

/// Computes and shows.
pub fn execute(acces: &Acces, o: &Options) -> Result<ExitCode> {
    let trimestre = o.campagne.campagne;
    let jeu = jeu("ea.indicateurs").context("Le jeu ea.indicateurs manque.")?;
    let (courantes, precedentes) = acces.attends(async {
        let base = acces.base().await?;
        Ok::<_, anyhow::Error>((base.remontees(trimestre).await?, base.remontees(trimestre.precedent()).await?))
    })?;
    if courantes.is_empty() {
        bail!("Aucune fiche n’est enregistrée pour la campagne {trimestre} : importez d’abord un classeur.");
    }
    let brute = table_brute(jeu, &courantes, &precedentes)?;
    let ecarts = stock_flux(&dossier::calcul::SituationNoeud { campagne: &courantes, precedente: &precedentes })?;
    if o.json {
        let cellules: Vec<Value> = brute.cellules().iter().map(|c| cellule(&brute, &c.cle, &c.grandeur)).collect();
        let ecarts: Vec<Value> = ecarts
            .iter()
            .map(|e| json!({ "dispositif": e.dispositif, "attendu": e.attendu, "constate": e.constate }))
            .collect();
        dit(&json!({
            "campagne": trimestre,
            "jeu": { "code": jeu.code, "version": jeu.version },
            "non_collecte": jeu.non_collecte,
            "ecarts_stock_flux": ecarts,
            "cellules": cellules,
        })
        .to_string())?;
    } else {
        texte(jeu, &brute)?;
        for e in &ecarts {
            dit(&format!("Stock et flux : {} attendu {}, constaté {}.", e.dispositif, e.attendu, e.constate))?;
        }
        dit(&format!("\nLa V1 ne collecte pas {} : aucun indicateur ne les suppose.", jeu.non_collecte.join(", ")))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn cellule(brute: &TableBrute, cle: &Cle, grandeur: &Grandeur) -> Value {
    let mut v = json!({
        "indicateur": cle.indicateur,
        "niveau": cle.niveau,
        "territoire": cle.territoire,
        "ventilation": cle.ventilation,
    });
    match brute.figure(grandeur) {
        Some(terme) => v["valeur"] = json!(terme.to_string()),
        None => v["statut"] = json!("sans_objet"),
    }
    if let Grandeur::Taux { numerateur, denominateur } = grandeur {
        let terme = |c: &Cle| brute.cellule(c).and_then(|c| brute.figure(&c.grandeur)).map(|d| d.to_string());
        v["numerateur"] = json!(terme(numerateur));
        v["denominateur"] = json!(terme(denominateur));
    }
    v
}

/// The totals of each dispositif, one line for each measure.
fn texte(jeu: &Jeu, brute: &TableBrute) -> Result<()> {
    let niveau = referentiel::territoire::Niveau::Dispositif;
    let dispositifs: std::collections::BTreeSet<&str> =
        brute.cellules().iter().filter(|c| c.cle.niveau == niveau).map(|c| c.cle.territoire.as_str()).collect();
    for dispositif in dispositifs {
        dit(&format!("\n{dispositif}"))?;
        for mesure in &jeu.mesures {
            let cle = Cle {
                indicateur: mesure.code.clone(),
                niveau,
                territoire: dispositif.to_owned(),
                ventilation: Default::default(),
            };
            let Some(c) = brute.cellule(&cle) else { continue };
            let valeur = match brute.figure(&c.grandeur) {
                Some(v) if mesure.unite == "%" => format::pourcentage(v),
                Some(v) => format!("{} {}", format::decimal(v.round_dp(1)), mesure.unite),
                None => "sans objet".to_owned(),
            };
            dit(&format!("  {:<9} {:<58} {valeur}", mesure.code, mesure.libelle))?;
        }
    }
    Ok(())
}
