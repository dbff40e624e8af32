//! `situations importer`, `annuler`, `imports`: same dry run, same report by cell, same undo as the fiches.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use dossier::convention::avancement::evaluer_les_cas;
use dossier::convention::cas::Cas;
use dossier::convention::controle::code_du_controle;
use dossier::convention::{Decision, Evaluation, convention};
use node_storage::import::{Comptes, Issue};
use node_storage::situation::{Lecture, TableauAImporter};
use referentiel::controle::Severite;
use referentiel::{Decimal, format};
use serde_json::{Value, json};
use tableur::AnomalieSituee;

use super::super::{Acces, dit};
use super::lis;
use crate::situations::{Correspondance, TableauInterprete, processus};

/// Options of `situations importer`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Tableau à importer (.xlsx, .ods ou .csv).
    fichier: PathBuf,
    /// Correspondance entre les colonnes du tableau et les champs (TOML ; voir schema/conventions/README.md).
    #[arg(long, value_name = "FICHIER")]
    correspondance: PathBuf,
    /// Vérifier seulement : rien n’est enregistré.
    #[arg(long)]
    verifier: bool,
    /// Sortie JSON.
    #[arg(long)]
    json: bool,
}

/// What a table gave, once compared with what is stored.
struct Bilan {
    anomalies: Vec<AnomalieSituee>,
    situations: usize,
    valorisables: usize,
    refusees: usize,
    valorise_eur: Decimal,
    import: Option<Import>,
}

/// What became, or would become, of the store.
enum Import {
    Essai(Comptes),
    Fait(Issue),
}

impl Bilan {
    fn combien(&self, severite: Severite) -> usize {
        self.anomalies.iter().filter(|a| a.severite == severite).count()
    }

    fn statut(&self) -> &'static str {
        match (self.combien(Severite::Bloquant), self.combien(Severite::Avertissement)) {
            (0, 0) => "conforme",
            (0, _) => "avertissements",
            _ => "bloque",
        }
    }
}

/// Reads, checks and, unless told otherwise, stores. Exit codes: 0 nothing blocks, 1 something does, 2 unreadable.
pub fn execute(acces: &Acces, o: &Options) -> Result<ExitCode> {
    let texte = std::fs::read_to_string(&o.correspondance)
        .with_context(|| format!("La correspondance « {} » est introuvable.", o.correspondance.display()))?;
    let correspondance = Correspondance::lit(&texte)
        .with_context(|| format!("La correspondance « {} » n’est pas utilisable.", o.correspondance.display()))?;
    let lu = match processus::lit(&o.fichier, &texte)? {
        Ok(lu) => lu,
        Err(raison) => {
            illisible(&raison, o.json)?;
            return Ok(ExitCode::from(2));
        }
    };
    let bilan = juge(acces, o, &correspondance, &lu)?;
    if o.json {
        dit(&en_json(&bilan).to_string())?;
    } else {
        montre(&bilan)?;
    }
    Ok(ExitCode::from(u8::from(bilan.statut() == "bloque")))
}

fn illisible(raison: &str, json: bool) -> Result<()> {
    if json {
        let anomalie = json!({ "controle": "fichier-illisible", "severite": "bloquant", "message": raison });
        return dit(&json!({ "statut": "illisible", "comptes": {}, "anomalies": [anomalie] }).to_string());
    }
    dit(&format!("Fichier illisible : rien n’a été enregistré.\n  {raison}"))
}

fn juge(acces: &Acces, o: &Options, c: &Correspondance, lu: &TableauInterprete) -> Result<Bilan> {
    let fichier = o.fichier.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let cas: Vec<Cas> = lu.cas.iter().map(|l| l.cas.clone()).collect();
    let mut bilan = Bilan {
        anomalies: lu.anomalies.clone(),
        situations: cas.len(),
        valorisables: 0,
        refusees: 0,
        valorise_eur: Decimal::ZERO,
        import: None,
    };
    let existe = acces.configuration.noeud.base.exists();
    let deja = if existe { gardees_ailleurs(acces, c)? } else { Vec::new() };
    regles(c, &deja, lu, &mut bilan)?;
    bilan.anomalies.sort_by_key(|a| a.severite);
    if bilan.statut() == "bloque" || (o.verifier && !existe) {
        return Ok(bilan);
    }
    let tableau = TableauAImporter {
        cas: &cas,
        correspondance: &c.code,
        remplace: c.remplace,
        empreinte: &lu.empreinte,
        fichier: &fichier,
    };
    let acteur = acces.acteur();
    let lecture = Lecture { acteur: &acteur, acte: "importer-situations", instant: acces.maintenant() };
    bilan.import = Some(acces.attends(async {
        let base = acces.base().await?;
        let import = if o.verifier {
            Import::Essai(base.essaie_situations(tableau).await?)
        } else {
            Import::Fait(base.importe_situations(tableau, lecture).await?)
        };
        base.ferme().await;
        Ok::<_, anyhow::Error>(import)
    })?);
    Ok(bilan)
}

/// Cases of the other tables: rules of uniqueness look at them too.
fn gardees_ailleurs(acces: &Acces, c: &Correspondance) -> Result<Vec<Cas>> {
    let (_, gardes) = lis(acces, &c.suivi, "verifier-situations")?;
    Ok(gardes.into_iter().filter(|g| g.correspondance != c.code).map(|g| g.cas).collect())
}

/// What the rules and the steps say of the rows. A refusal does not block: the centre keeps what it did, valued or not.
fn regles(c: &Correspondance, deja: &[Cas], lu: &TableauInterprete, bilan: &mut Bilan) -> Result<()> {
    let signale = |cellule: &str, controle: &str, message: String| AnomalieSituee {
        controle: controle.to_owned(),
        severite: Severite::Avertissement,
        feuille: Some(lu.feuille.clone()),
        cellule: Some(cellule.to_owned()),
        lu: None,
        attendu: None,
        message,
        correction: None,
        nombre: None,
    };
    if let Some(suivi) = c.suivi() {
        for ligne in &lu.cas {
            let defauts = suivi.defauts_d_etapes(&ligne.cas).into_iter();
            bilan.anomalies.extend(defauts.map(|defaut| signale(&ligne.cellule, "etapes", defaut)));
        }
    }
    let suivi_connu = |action: &str| convention(&c.suivi).is_some_and(|convention| convention.action(action).is_some());
    let evaluables: Vec<Cas> = deja.iter().chain(lu.cas.iter().map(|l| &l.cas)).cloned().collect();
    let evaluables: Vec<Cas> = evaluables.into_iter().filter(|cas| suivi_connu(&cas.situation.action)).collect();
    if evaluables.is_empty() {
        return Ok(());
    }
    let Evaluation { verdicts, .. } = evaluer_les_cas(&c.suivi, &evaluables, chrono::NaiveDate::MAX)?;
    for ligne in &lu.cas {
        let situation = &ligne.cas.situation;
        let Some(verdict) = verdicts.iter().rev().find(|v| v.id == situation.id) else { continue };
        bilan.valorise_eur += verdict.montant_eur;
        match verdict.verdict {
            Decision::Valorisable => bilan.valorisables += 1,
            Decision::Refuse => {
                bilan.refusees += 1;
                let regle = verdict.regle.as_deref().unwrap_or_default();
                let controle = code_du_controle(regle, situation).unwrap_or(regle);
                let message = format!("Non valorisable ({regle}) : {}", verdict.explication);
                bilan.anomalies.push(signale(&ligne.cellule, controle, message));
            }
        }
    }
    Ok(())
}

fn en_json(bilan: &Bilan) -> Value {
    let mut sortie = json!({
        "statut": bilan.statut(),
        "comptes": {
            "situations": bilan.situations,
            "valorisables": bilan.valorisables,
            "refusees": bilan.refusees,
            "valorise_eur": bilan.valorise_eur,
            "bloquants": bilan.combien(Severite::Bloquant),
            "avertissements": bilan.combien(Severite::Avertissement),
        },
        "anomalies": bilan.anomalies,
    });
    match &bilan.import {
        Some(Import::Essai(comptes)) => sortie["essai"] = json!(comptes),
        Some(Import::Fait(Issue::Importe { id, comptes })) => {
            sortie["import"] = json!({ "numero": id, "deja_fait": false, "comptes": comptes });
        }
        Some(Import::Fait(Issue::DejaFait { le, comptes })) => {
            sortie["import"] = json!({ "numero": null, "deja_fait": true, "le": le, "comptes": comptes });
        }
        None => {}
    }
    sortie
}

fn montre(bilan: &Bilan) -> Result<()> {
    dit(match bilan.statut() {
        "conforme" => "Tableau conforme.",
        "avertissements" => "Tableau accepté, avec des avertissements.",
        _ => "Tableau refusé : rien n’a été enregistré.",
    })?;
    dit(&format!(
        "{} : {}, {} ; {}.",
        format::compte(bilan.situations as u64, "situation lue", "situations lues"),
        format::compte(bilan.valorisables as u64, "valorisable", "valorisables"),
        format::compte(bilan.refusees as u64, "refusée", "refusées"),
        format::euros(bilan.valorise_eur)
    ))?;
    for a in &bilan.anomalies {
        let place = match (&a.feuille, &a.cellule) {
            (Some(feuille), Some(cellule)) => format!("{feuille} {cellule}"),
            (Some(feuille), None) => feuille.clone(),
            _ => "Fichier".to_owned(),
        };
        let poids = if a.severite == Severite::Bloquant { "à corriger" } else { "à vérifier" };
        dit(&format!("  {place} [{}, {poids}] {}", a.controle, a.message))?;
        if let Some(correction) = &a.correction {
            dit(&format!("    → proposition : {correction}"))?;
        }
    }
    match &bilan.import {
        Some(Import::Essai(comptes)) => dit(&format!("\nÀ l’import : {}.", en_phrase(comptes))),
        Some(Import::Fait(Issue::Importe { id, comptes })) => {
            dit(&format!("\nImport n° {id} : {}.", en_phrase(comptes)))
        }
        Some(Import::Fait(Issue::DejaFait { le, .. })) => {
            dit(&format!("\nCe tableau a déjà été importé le {} : aucun changement.", format::date(le.date_naive())))
        }
        None => Ok(()),
    }
}

fn en_phrase(c: &Comptes) -> String {
    let n = |n: u32, un: &str, plusieurs: &str| format::compte(u64::from(n), un, plusieurs);
    format!(
        "{}, {}, {}, {}",
        n(c.crees, "situation créée", "situations créées"),
        n(c.modifies, "modifiée", "modifiées"),
        n(c.inchanges, "inchangée", "inchangées"),
        n(c.supprimes, "retirée", "retirées")
    )
}

/// Undoes an import.
pub fn annule(acces: &Acces, numero: i64) -> Result<()> {
    let acteur = acces.acteur();
    let lecture = Lecture { acteur: &acteur, acte: "annuler-import-de-situations", instant: acces.maintenant() };
    let comptes = acces
        .attends(async { Ok::<_, anyhow::Error>(acces.base().await?.annule_situations(numero, lecture).await?) })?;
    dit(&format!(
        "Import n° {numero} annulé : {}, {}.",
        format::compte(u64::from(comptes.modifies), "situation remise", "situations remises"),
        format::compte(u64::from(comptes.supprimes), "retirée", "retirées")
    ))
}

/// Lists the imports.
pub fn liste(acces: &Acces, json: bool) -> Result<()> {
    let imports =
        acces.attends(async { Ok::<_, anyhow::Error>(acces.base().await?.imports_de_situations(1000).await?) })?;
    if json {
        return dit(&serde_json::to_string(&imports)?);
    }
    if imports.is_empty() {
        dit("Aucun import de situations.")?;
    }
    for i in &imports {
        let etat = if i.annule { " (annulé)" } else { "" };
        let jour = format::date(i.importe_le.date_naive());
        dit(&format!("n° {} — {jour} — {} — {} — {}{etat}", i.id, i.correspondance, i.fichier, en_phrase(&i.comptes)))?;
    }
    Ok(())
}
