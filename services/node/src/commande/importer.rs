//! `maillage-node importer`, `annuler-import`, `imports`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use node_storage::import::{AImporter, Comptes, Issue};
use referentiel::format;
use referentiel::periode::Trimestre;
use serde_json::{Value, json};

use super::jeux::AImporterJeu;
use super::{Acces, dit};
use crate::saisie::processus::{self, Source};
use crate::saisie::{self, Statut, Verdict};

/// Options of `importer`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Classeur à importer (.xlsx ou .ods ; .csv aussi avec une correspondance).
    fichier: PathBuf,
    /// Vérifier seulement : rien n’est enregistré.
    #[arg(long)]
    verifier: bool,
    /// Sortie JSON.
    #[arg(long)]
    json: bool,
    /// Campagne attendue ; par défaut celle que disent les dates du classeur.
    #[arg(long, value_name = "PERIODE", value_parser = super::periode)]
    campagne: Option<Trimestre>,
    /// Jeu de données du classeur, par exemple rsu.boeth ; sans lui, une remontée de l’annexe 2.
    #[arg(long, value_name = "JEU", requires = "campagne", conflicts_with = "annoter")]
    jeu: Option<String>,
    /// Correspondance d’un extrait d’un autre outil vers le jeu (TOML ; voir schema/README.md).
    #[arg(long, value_name = "FICHIER", requires = "jeu")]
    correspondance: Option<PathBuf>,
    /// Écrire aussi le classeur du jeu, rempli de l’extrait et de ce qui est déjà saisi, pour le compléter.
    #[arg(long, value_name = "FICHIER", requires = "correspondance")]
    completer: Option<PathBuf>,
    /// Écrire aussi le classeur annoté : un commentaire par cellule fautive, une feuille « Anomalies ».
    #[arg(long, value_name = "FICHIER")]
    annoter: Option<PathBuf>,
}

/// Checks a workbook and, unless told otherwise, stores it.
pub fn execute(acces: &Acces, o: &Options) -> Result<ExitCode> {
    if let (Some(jeu), Some(periode)) = (&o.jeu, o.campagne) {
        return super::jeux::importe(
            acces,
            &AImporterJeu {
                jeu,
                periode,
                fichier: &o.fichier,
                correspondance: o.correspondance.as_deref(),
                completer: o.completer.as_deref(),
                essai: o.verifier,
                json: o.json,
            },
        );
    }
    let base = acces
        .attends(async { if o.verifier { acces.base_existante().await } else { acces.base().await.map(Some) } })?;
    let modele = acces.configuration.noeud.modele_classeur.as_deref();
    let verdict = processus::verifie(Source::Fichier(&o.fichier), modele, !o.verifier, |lue| {
        acces.attends(saisie::contexte(&acces.configuration, base.as_ref(), acces.maintenant(), (o.campagne, lue)))
    })?;
    if let Some(sortie) = o.annoter.as_ref().filter(|_| verdict.statut != Statut::Illisible) {
        annote(acces, &o.fichier, &verdict, sortie)?;
    }
    let issue = match (&base, &verdict.remontee) {
        (Some(base), Some(remontee)) if !o.verifier => {
            let fichier = o.fichier.file_name().unwrap_or_default().to_string_lossy();
            let a = AImporter { remontee, empreinte: &verdict.empreinte, fichier: &fichier };
            Some(acces.attends(base.importe(a, acces.maintenant()))?)
        }
        _ => None,
    };
    if let Some(base) = base {
        acces.attends(base.ferme());
    }
    montre(&verdict, issue.as_ref(), o.json)?;
    Ok(ExitCode::from(verdict.code_de_sortie()))
}

fn montre(verdict: &Verdict, issue: Option<&Issue>, json: bool) -> Result<()> {
    if json {
        let mut sortie = verdict.json();
        if let Some(issue) = issue {
            sortie["import"] = json_de(issue);
        }
        return dit(&sortie.to_string());
    }
    dit(verdict.to_string().trim_end())?;
    match issue {
        Some(Issue::Importe { id, comptes }) => dit(&format!("\nImport n° {id} : {}.", en_phrase(comptes))),
        Some(Issue::DejaFait { le, comptes }) => dit(&format!(
            "\nCe classeur a déjà été importé le {} : aucun changement ({} fiches).",
            format::date(le.date_naive()),
            comptes.inchanges
        )),
        None => Ok(()),
    }
}

fn json_de(issue: &Issue) -> Value {
    match issue {
        Issue::Importe { id, comptes } => json!({ "numero": id, "deja_fait": false, "comptes": comptes }),
        Issue::DejaFait { le, comptes } => json!({ "numero": null, "deja_fait": true, "le": le, "comptes": comptes }),
    }
}

/// What an import changed, in words.
pub(crate) fn en_phrase(c: &Comptes) -> String {
    let n = |n: u32, un: &str, plusieurs: &str| format::compte(u64::from(n), un, plusieurs);
    format!(
        "{}, {}, {}, {}",
        n(c.crees, "fiche créée", "fiches créées"),
        n(c.modifies, "modifiée", "modifiées"),
        n(c.inchanges, "inchangée", "inchangées"),
        n(c.supprimes, "supprimée", "supprimées")
    )
}

fn annote(acces: &Acces, fichier: &Path, verdict: &Verdict, sortie: &Path) -> Result<()> {
    let octets = std::fs::read(fichier)?;
    let propre = acces.configuration.noeud.modele_classeur.as_deref().map(processus::modele).transpose()?;
    let modele = propre.as_ref().unwrap_or_else(|| tableur::Modele::cfea());
    let annote = tableur::ecriture::annoter(&octets, modele, &verdict.anomalies, acces.maintenant().date_naive())
        .context("Le classeur annoté n’a pas pu être écrit.")?;
    std::fs::write(sortie, annote).with_context(|| format!("« {} » ne s’écrit pas.", sortie.display()))
}

/// Undoes an import.
pub fn annule(acces: &Acces, numero: i64) -> Result<ExitCode> {
    let comptes = acces.attends(async {
        Ok::<_, anyhow::Error>(acces.base().await?.annule_import(numero, acces.maintenant()).await?)
    })?;
    dit(&format!(
        "Import n° {numero} annulé : {}, {}.",
        format::compte(u64::from(comptes.modifies), "fiche remise", "fiches remises"),
        format::compte(u64::from(comptes.supprimes), "retirée", "retirées")
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Lists the imports.
pub fn liste(acces: &Acces, json: bool) -> Result<ExitCode> {
    let imports = acces.attends(async { Ok::<_, anyhow::Error>(acces.base().await?.imports(1000).await?) })?;
    if json {
        dit(&serde_json::to_string(&imports)?)?;
    } else if imports.is_empty() {
        dit("Aucun import.")?;
    }
    for i in imports.iter().filter(|_| !json) {
        let etat = if i.annule { " (annulé)" } else { "" };
        let jour = format::date(i.importe_le.date_naive());
        dit(&format!("n° {} — {jour} — {} — {} — {}{etat}", i.id, i.trimestre, i.fichier, en_phrase(&i.comptes)))?;
    }
    Ok(ExitCode::SUCCESS)
}
