//! `maillage-node importer`, `annuler-import`, `imports`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use dossier::controle::{CampagneAttendue, Contexte as ContexteControle, Referentiel};
use node_storage::Base;
use node_storage::import::{AImporter, Comptes, Issue};
use referentiel::format;
use referentiel::periode::Trimestre;
use serde_json::{Value, json};

use super::{Acces, dit, lecture};
use crate::configuration::Campagne;
use crate::saisie::{Contexte, Depot, DepotAnterieur, Fenetre, Statut, Verdict};

/// Options of `importer`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Classeur à importer (.xlsx ou .ods).
    fichier: PathBuf,
    /// Vérifier seulement : rien n’est enregistré.
    #[arg(long)]
    verifier: bool,
    /// Sortie JSON.
    #[arg(long)]
    json: bool,
    /// Campagne attendue ; par défaut celle que disent les dates du classeur.
    #[arg(long, value_name = "TRIMESTRE")]
    campagne: Option<Trimestre>,
    /// Écrire aussi le classeur annoté : un commentaire par cellule fautive, une feuille « Anomalies ».
    #[arg(long, value_name = "FICHIER")]
    annoter: Option<PathBuf>,
}

/// Checks a workbook and, unless told otherwise, stores it.
pub fn execute(acces: &Acces, o: &Options) -> Result<ExitCode> {
    let base = acces
        .attends(async { if o.verifier { acces.base_existante().await } else { acces.base().await.map(Some) } })?;
    let modele = acces.configuration.noeud.modele_classeur.as_deref();
    let verdict =
        lecture::verifie(&o.fichier, modele, !o.verifier, |lu| contexte(acces, base.as_ref(), o.campagne, lu))?;
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

fn en_phrase(c: &Comptes) -> String {
    let n = |n: u32, un: &str, plusieurs: &str| format::compte(u64::from(n), un, plusieurs);
    format!(
        "{}, {}, {}, {}",
        n(c.crees, "fiche créée", "fiches créées"),
        n(c.modifies, "modifiée", "modifiées"),
        n(c.inchanges, "inchangée", "inchangées"),
        n(c.supprimes, "supprimée", "supprimées")
    )
}

/// What the node knows, for a workbook of this campaign.
fn contexte(acces: &Acces, base: Option<&Base>, voulue: Option<Trimestre>, lue: Option<Trimestre>) -> Result<Contexte> {
    let Some(trimestre) = voulue.or(lue) else { return Ok(Contexte::default()) };
    let annoncee = acces.configuration.campagne_de(trimestre);
    let attendue = match (annoncee, voulue) {
        (Some(c), _) => Some(CampagneAttendue { trimestre, date: c.date.unwrap_or(trimestre.fin()) }),
        (None, Some(_)) => Some(CampagneAttendue { trimestre, date: trimestre.fin() }),
        (None, None) => None,
    };
    let (remontees, anterieurs, connus) = match base {
        Some(base) => acces.attends(memoire(base, trimestre))?,
        None => Default::default(),
    };
    let referentiel = match annoncee.filter(|c| !c.dispositifs.is_empty()) {
        Some(c) => Referentiel::Declare(c.dispositifs.iter().cloned().collect()),
        None => Referentiel::Constate(connus),
    };
    Ok(Contexte {
        controle: ContexteControle { campagne: attendue, referentiel, remontees, ..ContexteControle::default() },
        depot: depot(acces, annoncee, anterieurs),
    })
}

type Memoire = (Vec<dossier::Remontee>, Vec<DepotAnterieur>, BTreeSet<referentiel::identifiant::ReferenceDispositif>);

async fn memoire(base: &Base, trimestre: Trimestre) -> Result<Memoire> {
    let mut remontees = base.remontees(trimestre.precedent()).await?;
    remontees.extend(base.remontees(trimestre).await?);
    let imports = base.imports(10_000).await?;
    let connus = imports.iter().flat_map(|i| &i.dispositifs).filter_map(|d| d.parse().ok()).collect();
    let anterieurs = base.empreintes().await?;
    let anterieurs =
        anterieurs.into_iter().map(|(empreinte, le)| DepotAnterieur { empreinte, jour: le.date_naive() }).collect();
    Ok((remontees, anterieurs, connus))
}

fn depot(acces: &Acces, annoncee: Option<&Campagne>, anterieurs: Vec<DepotAnterieur>) -> Depot {
    let fenetre = annoncee.and_then(|c| Some(Fenetre { ouverture: c.ouverture?, cloture: c.limite_depot? }));
    let attendus = annoncee
        .filter(|c| !c.dispositifs.is_empty())
        .map(|c| c.dispositifs.iter().map(|d| (d.clone(), vec![])).collect::<BTreeMap<_, Vec<String>>>());
    let aujourdhui = acces.maintenant().with_timezone(&chrono_tz::Europe::Paris).date_naive();
    Depot { jour: Some(aujourdhui), deposant: None, fenetre, attendus, anterieurs }
}

fn annote(acces: &Acces, fichier: &Path, verdict: &Verdict, sortie: &Path) -> Result<()> {
    let octets = std::fs::read(fichier)?;
    let propre = acces.configuration.noeud.modele_classeur.as_deref().map(lecture::modele).transpose()?;
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
