//! `maillage-node jeux`, and what `modele`, `importer` do with a declared jeu. The jeu file alone says what is
//! asked, checked and published.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use dossier::convention::suivi::suivi;
use node_storage::declaration::{ADeclarer, IssueDeclaration};
use node_storage::situation::Lecture;
use referentiel::controle::Severite;
use referentiel::format;
use referentiel::jeu::declaration::{Declaration, Rangee};
use referentiel::jeu::{Jeu, jeux};
use referentiel::periode::Trimestre;
use serde_json::{Value, json};
use tableur::AnomalieSituee;
use tableur::ecriture::{Remplissage, modele_de_jeu};

use super::{Acces, dit};
use crate::enfant::Source;
use crate::jeux::extrait::{self, Apercu};
use crate::jeux::offre::LISTE;
use crate::jeux::periode::{connue, declare, en_toutes_lettres, precedente};
use crate::jeux::processus;
use crate::jeux::verdict::Verdict;

/// `maillage-node jeux`.
#[derive(Debug, clap::Subcommand)]
pub enum Options {
    /// Liste les jeux de données : ceux du produit et ceux de la configuration.
    Lister {
        /// Sortie JSON.
        #[arg(long)]
        json: bool,
    },
    /// Liste les saisies importées.
    Saisies {
        /// Sortie JSON.
        #[arg(long)]
        json: bool,
    },
    /// Annule une saisie : celle d’avant vaut de nouveau.
    Annuler {
        /// Numéro de la saisie (voir « jeux saisies »).
        numero: i64,
    },
}

/// Runs a subcommand.
pub fn execute(acces: &Acces, o: &Options) -> Result<ExitCode> {
    match o {
        Options::Lister { json } => liste(*json)?,
        Options::Saisies { json } => saisies(acces, *json)?,
        Options::Annuler { numero } => {
            let acteur = acces.acteur();
            let l = Lecture { acteur: &acteur, acte: "annuler-saisie", instant: acces.maintenant() };
            acces
                .attends(async { Ok::<_, anyhow::Error>(acces.base().await?.annule_declaration(*numero, l).await?) })?;
            dit(&format!("Saisie n° {numero} annulée."))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn liste(json: bool) -> Result<()> {
    for j in jeux() {
        if json {
            let feuilles: Vec<&str> = j.feuilles().collect();
            dit(
                &json!({ "jeu": j.code, "version": j.version, "libelle": j.libelle, "feuilles": feuilles }).to_string()
            )?;
            continue;
        }
        let feuilles = j.feuilles().count() as u64;
        let comment = match feuilles {
            0 => "calculé au nœud".to_owned(),
            n => format!("saisi en {}", format::compte(n, "feuille", "feuilles")),
        };
        dit(&format!("{:<18} {} — {comment}, version {}", j.code, j.libelle, j.version))?;
    }
    Ok(())
}

fn saisies(acces: &Acces, json: bool) -> Result<()> {
    let lues = acces.attends(async { Ok::<_, anyhow::Error>(acces.base().await?.declarations(1000).await?) })?;
    if json {
        return dit(&serde_json::to_string(&lues)?);
    }
    if lues.is_empty() {
        dit("Aucune saisie.")?;
    }
    for s in &lues {
        let etat = if s.annulee { " (annulée)" } else { "" };
        let jour = format::date(s.importe_le.date_naive());
        dit(&format!("n° {} — {jour} — {} {} — {}{etat}", s.id, s.jeu, s.periode, s.fichier))?;
    }
    Ok(())
}

/// Writes the workbook of a jeu, with what is already keyed.
pub fn modele(
    acces: &Acces,
    (code, periode): (&str, Trimestre),
    offre: Option<&str>,
    sortie: &Path,
) -> Result<ExitCode> {
    let jeu = declare(code, periode)?;
    let mut saisie = acces.attends(async {
        let Some(base) = acces.base_existante().await? else { return Ok::<_, anyhow::Error>(None) };
        Ok(connue(&base, jeu, periode).await?)
    })?;
    if let Some(offre) = offre {
        let tarifs = tarifs(jeu, offre)?;
        saisie.get_or_insert_default().listes.insert(LISTE.to_owned(), tarifs);
    }
    let ecrite = ecrit_modele(acces, jeu, periode, saisie.as_ref(), sortie)?;
    dit(&format!("Modèle de {code} ({ecrite}) écrit : {}", sortie.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the workbook of a jeu with what is known; gives the period in words.
fn ecrit_modele(
    acces: &Acces,
    jeu: &'static Jeu,
    periode: Trimestre,
    declaration: Option<&Declaration>,
    sortie: &Path,
) -> Result<String> {
    let ecrite = en_toutes_lettres(jeu, periode);
    let remplissage = Remplissage { periode: &ecrite, declaration, jour: acces.maintenant().date_naive() };
    let octets = modele_de_jeu(jeu, &remplissage).context("Le modèle n’a pas pu être écrit.")?;
    std::fs::write(sortie, octets).with_context(|| format!("« {} » ne s’écrit pas.", sortie.display()))?;
    Ok(ecrite)
}

/// The tariffs of an offer, as records of a jeu that has a list for them.
fn tarifs(jeu: &Jeu, offre: &str) -> Result<Vec<Rangee>> {
    if jeu.liste(LISTE).is_none() {
        bail!("{} n’a pas de liste de tarifs : --offre va avec offre.services.", jeu.code);
    }
    let connue = suivi(offre).filter(|s| !s.tarifs.is_empty());
    let connue =
        connue.with_context(|| format!("« {offre} » n’a pas de table de tarifs : « offre lister » les nomme."))?;
    Ok(crate::jeux::offre::tarifs(connue))
}

/// A filled workbook of a declared jeu.
pub struct AImporterJeu<'a> {
    /// Data set.
    pub jeu: &'a str,
    /// Period.
    pub periode: Trimestre,
    /// Workbook.
    pub fichier: &'a Path,
    /// Mapping, when the file is the extract of another tool.
    pub correspondance: Option<&'a Path>,
    /// Workbook to write with what the extract brings, for somebody to complete.
    pub completer: Option<&'a Path>,
    /// Check only.
    pub essai: bool,
    /// JSON output.
    pub json: bool,
}

/// Reads, checks and, unless told otherwise, keeps. Exit codes: 0 nothing blocks, 1 something does, 2 unreadable.
pub fn importe(acces: &Acces, a: &AImporterJeu<'_>) -> Result<ExitCode> {
    let jeu = declare(a.jeu, a.periode)?;
    let correspondance = a.correspondance.map(correspondance).transpose()?;
    let mut lue = match processus::lit(Source::Fichier(a.fichier), jeu, correspondance)? {
        Ok(lue) => lue,
        Err(raison) => {
            illisible(&raison, a.json)?;
            return Ok(ExitCode::from(2));
        }
    };
    if lue.apercu.is_some() {
        let connue = acces.attends(async {
            let Some(base) = acces.base_existante().await? else { return Ok::<_, anyhow::Error>(None) };
            Ok(base.declaration(a.jeu, &a.periode.to_string()).await?)
        })?;
        extrait::complete(connue.unwrap_or_default(), &mut lue);
        if let Some(sortie) = a.completer {
            ecrit_modele(acces, jeu, a.periode, Some(&lue.declaration), sortie)?;
        }
    }
    let precedente = acces.attends(async {
        let Some(base) = acces.base_existante().await? else { return Ok::<_, anyhow::Error>(None) };
        Ok(precedente(&base, jeu, a.periode).await?)
    })?;
    let verdict = Verdict::rendu(jeu, a.periode, lue, precedente.as_ref(), acces.maintenant().date_naive());
    let issue = if a.essai || verdict.bloque() { None } else { Some(garde(acces, a, &verdict)?) };
    if a.json {
        let mut sortie = verdict.json();
        if let Some(issue) = &issue {
            sortie["import"] = en_json(issue);
        }
        dit(&sortie.to_string())?;
    } else {
        montre(jeu, a, &verdict, issue.as_ref())?;
    }
    Ok(ExitCode::from(u8::from(verdict.bloque())))
}

fn correspondance(fichier: &Path) -> Result<String> {
    std::fs::read_to_string(fichier)
        .with_context(|| format!("La correspondance « {} » est introuvable ou illisible.", fichier.display()))
}

fn garde(acces: &Acces, a: &AImporterJeu<'_>, verdict: &Verdict) -> Result<IssueDeclaration> {
    let fichier = a.fichier.file_name().unwrap_or_default().to_string_lossy();
    let periode = a.periode.to_string();
    let a_declarer = ADeclarer {
        jeu: a.jeu,
        periode: &periode,
        declaration: &verdict.lue.declaration,
        fichier: &fichier,
        empreinte: &verdict.lue.empreinte,
    };
    let acteur = acces.acteur();
    let l = Lecture { acteur: &acteur, acte: "importer-jeu", instant: acces.maintenant() };
    acces.attends(async {
        let base = acces.base().await?;
        let issue = base.declare(a_declarer, l).await?;
        base.ferme().await;
        Ok(issue)
    })
}

fn illisible(raison: &str, json: bool) -> Result<()> {
    if json {
        let anomalie = json!({ "controle": "fichier-illisible", "severite": "bloquant", "message": raison });
        return dit(&json!({ "statut": "illisible", "comptes": {}, "anomalies": [anomalie] }).to_string());
    }
    dit(&format!("Fichier illisible : rien n’a été enregistré.\n  {raison}"))
}

fn en_json(issue: &IssueDeclaration) -> Value {
    match issue {
        IssueDeclaration::Importee(numero) => json!({ "numero": numero, "deja_fait": false }),
        IssueDeclaration::DejaFaite(le) => json!({ "numero": null, "deja_fait": true, "le": le }),
    }
}

fn montre(jeu: &Jeu, a: &AImporterJeu<'_>, verdict: &Verdict, issue: Option<&IssueDeclaration>) -> Result<()> {
    let periode = en_toutes_lettres(jeu, a.periode);
    dit(&match verdict.statut() {
        "conforme" => format!("{} ({periode}) : classeur conforme.", jeu.libelle),
        "avertissements" => format!("{} ({periode}) : classeur accepté, avec des avertissements.", jeu.libelle),
        _ => format!("{} ({periode}) : classeur refusé, rien n’a été enregistré.", jeu.libelle),
    })?;
    if let Some(apercu) = &verdict.lue.apercu {
        montre_apercu(apercu)?;
    }
    verdict.anomalies.iter().try_for_each(anomalie)?;
    match issue {
        Some(IssueDeclaration::Importee(numero)) => dit(&format!("\nSaisie n° {numero} enregistrée.")),
        Some(IssueDeclaration::DejaFaite(le)) => {
            dit(&format!("\nCe classeur a déjà été importé le {} : aucun changement.", format::date(le.date_naive())))
        }
        None => Ok(()),
    }
}

/// What an extract brings, and what it leaves to be keyed.
fn montre_apercu(apercu: &Apercu) -> Result<()> {
    dit(&format!("Extrait : {}.", format::compte(apercu.lignes as u64, "ligne lue", "lignes lues")))?;
    for (entete, mesure, cases) in &apercu.reprises {
        dit(&format!(
            "  « {entete} » → {mesure} : {}",
            format::compte(*cases as u64, "chiffre repris", "chiffres repris")
        ))?;
    }
    let restantes: Vec<String> = apercu.restantes.iter().map(|(feuille, n)| format!("{feuille} ({n})")).collect();
    if restantes.is_empty() {
        Ok(())
    } else {
        dit(&format!("Que l’extrait ne donne pas : {}.", restantes.join(", ")))
    }
}

fn anomalie(a: &AnomalieSituee) -> Result<()> {
    let place = match (&a.feuille, &a.cellule) {
        (Some(feuille), Some(cellule)) => format!("{feuille} {cellule}"),
        (Some(feuille), None) => feuille.clone(),
        _ => "Classeur".to_owned(),
    };
    let poids = if a.severite == Severite::Bloquant { "à corriger" } else { "à vérifier" };
    dit(&format!("  {place} [{}, {poids}] {}", a.controle, a.message))?;
    match &a.correction {
        Some(correction) => dit(&format!("    → proposition : {correction}")),
        None => Ok(()),
    }
}
