//! `maillage-node situations`: the cases of the conventions and offers, in and out. Nominative: nothing of this leaves the
//! node, and every reading is journalled.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use dossier::convention::avancement::evaluer_les_cas;
use dossier::convention::cas::Cas;
use dossier::convention::convention;
use dossier::convention::suivi::{EtatPiece, Exigence, Suivi, suivi, suivis};
use node_storage::Base;
use node_storage::bilan::PieceDeposee;
use node_storage::conservation::{CasEchu, Trace, limite};
use node_storage::situation::{CasGarde, Lecture};
use referentiel::{Decimal, format};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Acces, dit};
use crate::configuration::SortDesCas;
use crate::situations::vue;

mod import;

/// What is followed, when the command does not say.
const SUIVI: &str = "fiphfp-v5";

#[derive(Debug, Subcommand)]
pub enum Options {
    /// Importe un tableau de suivi (XLSX, ODS, CSV) par sa correspondance ; rien n’est enregistré si une anomalie bloque.
    Importer(import::Options),
    /// Annule un import : les situations redeviennent ce qu’elles étaient.
    Annuler {
        /// Numéro de l’import (voir « imports »).
        numero: i64,
    },
    /// Liste les imports de tableaux.
    Imports {
        /// Sortie JSON.
        #[arg(long)]
        json: bool,
    },
    /// Liste les situations et ce qu’elles valent.
    Lister {
        #[command(flatten)]
        quoi: SuiviOption,
        /// Sortie JSON.
        #[arg(long)]
        json: bool,
    },
    /// Écrit les tableaux internes de suivi, une feuille par tableau.
    Exporter {
        #[command(flatten)]
        quoi: SuiviOption,
        /// Classeur à écrire.
        #[arg(short, long, value_name = "FICHIER")]
        o: PathBuf,
    },
    /// Note une pièce justificative : son nom et son empreinte, le fichier reste où il est.
    Deposer {
        #[command(flatten)]
        quoi: SuiviOption,
        /// Numéro de la situation.
        #[arg(long, value_name = "NUMERO")]
        situation: String,
        /// Code de la pièce (voir « pieces »).
        #[arg(long, value_name = "CODE")]
        piece: String,
        /// Fichier de la pièce.
        fichier: PathBuf,
    },
    /// Dit, situation par situation, les pièces dues et celles qui manquent.
    Pieces {
        #[command(flatten)]
        quoi: SuiviOption,
        /// Sortie JSON.
        #[arg(long)]
        json: bool,
    },
    /// Montre les situations au-delà de la durée de conservation ; avec --appliquer, les archive ou les efface.
    Conservation {
        /// Faire, et non seulement montrer.
        #[arg(long)]
        appliquer: bool,
        /// Sort des situations, à la place de celui de la configuration.
        #[arg(long, value_enum)]
        sort: Option<SortDesCas>,
        /// Sortie JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What is followed.
#[derive(Debug, clap::Args)]
pub struct SuiviOption {
    /// Convention ou offre : fiphfp-v5, fiphfp-v4, cdg31-bilans-reperes, cig-petite-couronne.
    #[arg(long, value_name = "SUIVI", default_value = SUIVI)]
    suivi: String,
}

impl SuiviOption {
    fn lit(&self) -> Result<&'static Suivi> {
        let connus: Vec<&str> = suivis().iter().map(|s| s.code.as_str()).collect();
        suivi(&self.suivi)
            .with_context(|| format!("« {} » n’est pas un suivi connu : écrivez {}.", self.suivi, connus.join(", ")))
    }
}

/// Runs a command on the cases.
pub fn execute(acces: &Acces, options: &Options) -> Result<ExitCode> {
    match options {
        Options::Importer(o) => return import::execute(acces, o),
        Options::Annuler { numero } => import::annule(acces, *numero)?,
        Options::Imports { json } => import::liste(acces, *json)?,
        Options::Lister { quoi, json } => liste(acces, quoi.lit()?, *json)?,
        Options::Exporter { quoi, o } => exporte(acces, quoi.lit()?, o)?,
        Options::Deposer { quoi, situation, piece, fichier } => {
            depose(acces, quoi.lit()?, (situation, piece), fichier)?;
        }
        Options::Pieces { quoi, json } => pieces(acces, quoi.lit()?, *json)?,
        Options::Conservation { appliquer, sort, json } => conserve(acces, (*appliquer, *sort), *json)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the cases and says so in the journal.
pub(super) fn lis(acces: &Acces, suivi: &str, acte: &str) -> Result<(Base, Vec<CasGarde>)> {
    let acteur = acces.acteur();
    let lecture = Lecture { acteur: &acteur, acte, instant: acces.maintenant() };
    acces.attends(async {
        let base = acces.base().await?;
        let cas = base.situations(suivi, lecture).await?;
        Ok((base, cas))
    })
}

/// The cases in everyday use.
fn actifs(gardes: Vec<CasGarde>) -> Vec<Cas> {
    gardes.into_iter().filter(|c| c.archive_le.is_none()).map(|c| c.cas).collect()
}

fn liste(acces: &Acces, suivi: &Suivi, json: bool) -> Result<()> {
    let (_, gardes) = lis(acces, &suivi.code, "lire-situations")?;
    let tous: Vec<Cas> = gardes.iter().map(|c| c.cas.clone()).collect();
    let jour = acces.maintenant().date_naive();
    let verdicts = match convention(&suivi.code) {
        Some(_) => evaluer_les_cas(&suivi.code, &tous, chrono::NaiveDate::MAX)?.verdicts,
        None => Vec::new(),
    };
    let mut lignes = Vec::new();
    for garde in gardes.iter().filter(|c| c.archive_le.is_none()) {
        let situation = &garde.cas.situation;
        let verdict = verdicts.iter().find(|v| v.id == situation.id);
        let tarif = suivi.tarif(&garde.cas, situation.date().unwrap_or(jour));
        let etapes = suivi.defauts_d_etapes(&garde.cas);
        if json {
            lignes.push(json!({
                "id": situation.id, "action": situation.action, "debut": situation.date(), "fin": situation.fin,
                "dernier_contact": garde.cas.dernier_contact(), "correspondance": garde.correspondance,
                "verdict": verdict, "tarif": tarif, "etapes": etapes,
            }));
            continue;
        }
        let valeur = verdict.map(|v| v.explication.clone()).or(tarif.map(|t| t.motif)).unwrap_or_default();
        let debut = situation.date().map_or("sans date".to_owned(), format::date);
        dit(&format!("{:<10} {:<6} {debut} — {valeur}", situation.id, situation.action))?;
        etapes.iter().try_for_each(|defaut| dit(&format!("    étapes : {defaut}")))?;
    }
    let archives = gardes.iter().filter(|c| c.archive_le.is_some()).count();
    if json {
        return dit(&json!({ "suivi": suivi.code, "situations": lignes, "archivees": archives }).to_string());
    }
    let compte = format::compte((gardes.len() - archives) as u64, "situation", "situations");
    dit(&format!("{compte}, {}.", format::compte(archives as u64, "archivée", "archivées")))
}

fn exporte(acces: &Acces, suivi: &Suivi, sortie: &Path) -> Result<()> {
    let (_, gardes) = lis(acces, &suivi.code, "exporter-situations")?;
    let cas = actifs(gardes);
    let octets = vue::tableaux(suivi, &cas, acces.maintenant().date_naive())
        .context("Les tableaux n’ont pas pu être écrits.")?;
    std::fs::write(sortie, octets).with_context(|| format!("« {} » ne s’écrit pas.", sortie.display()))?;
    dit(&format!(
        "{} dans {}, {} : {}. Ce fichier est nominatif.",
        format::compte(cas.len() as u64, "situation", "situations"),
        format::compte(suivi.tableaux.len() as u64, "tableau", "tableaux"),
        suivi.libelle,
        sortie.display()
    ))
}

fn depose(acces: &Acces, suivi: &Suivi, (situation, piece): (&str, &str), fichier: &Path) -> Result<()> {
    if !suivi.pieces.iter().any(|p| p.code == piece) {
        let mut connues: Vec<&str> = suivi.pieces.iter().map(|p| p.code.as_str()).collect();
        connues.sort_unstable();
        connues.dedup();
        bail!("« {piece} » n’est pas une pièce de {} : écrivez {}.", suivi.libelle, connues.join(", "));
    }
    let octets =
        std::fs::read(fichier).with_context(|| format!("« {} » est introuvable ou illisible.", fichier.display()))?;
    let deposee = PieceDeposee {
        situation: situation.to_owned(),
        code: piece.to_owned(),
        nom: fichier.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        empreinte: Sha256::digest(&octets).iter().map(|o| format!("{o:02x}")).collect(),
    };
    let acteur = acces.acteur();
    let lecture = Lecture { acteur: &acteur, acte: "deposer-piece", instant: acces.maintenant() };
    acces.attends(async {
        Ok::<_, anyhow::Error>(acces.base().await?.depose_piece(&suivi.code, &deposee, lecture).await?)
    })?;
    dit(&format!(
        "Pièce « {piece} » notée pour la situation {situation} ({}, empreinte {}).",
        deposee.nom, deposee.empreinte
    ))
}

/// State of the documents of each case in everyday use.
pub(super) fn etat_des_pieces(acces: &Acces, base: &Base, suivi: &Suivi, cas: &[Cas]) -> Result<Vec<EtatPiece>> {
    let deposees = acces.attends(base.pieces(&suivi.code))?;
    let etat = |c: &Cas| {
        let siennes: Vec<&str> =
            deposees.iter().filter(|p| p.situation == c.situation.id).map(|p| p.code.as_str()).collect();
        suivi.pieces_de(c, &siennes)
    };
    Ok(cas.iter().flat_map(etat).collect())
}

fn pieces(acces: &Acces, suivi: &Suivi, json: bool) -> Result<()> {
    let (base, gardes) = lis(acces, &suivi.code, "lire-pieces")?;
    let etats = etat_des_pieces(acces, &base, suivi, &actifs(gardes))?;
    let deposees = acces.attends(base.pieces(&suivi.code))?;
    if json {
        return dit(&json!({ "suivi": suivi.code, "pieces": etats, "deposees": deposees }).to_string());
    }
    let manquantes: Vec<&EtatPiece> = etats.iter().filter(|e| e.exigence == Exigence::Bilan && !e.presente).collect();
    manquantes.iter().try_for_each(|e| montre_manquante(e))?;
    let presentes = etats.iter().filter(|e| e.presente).count();
    dit(&format!(
        "{} pour un bilan, {} présentes, {} produites sur demande.",
        format::compte(manquantes.len() as u64, "pièce manque", "pièces manquent"),
        presentes,
        etats.iter().filter(|e| e.exigence == Exigence::Demande).count()
    ))
}

/// One missing document, with the fields to fill or the file to deposit.
pub(super) fn montre_manquante(e: &EtatPiece) -> Result<()> {
    let remede = if e.champs_manquants.is_empty() {
        format!("déposez-la : situations deposer --situation {} --piece {}", e.situation, e.piece)
    } else {
        format!("remplissez {}", e.champs_manquants.join(", "))
    };
    dit(&format!("  {:<10} {} — {remede}", e.situation, e.libelle))
}

fn conserve(acces: &Acces, (appliquer, sort): (bool, Option<SortDesCas>), json: bool) -> Result<()> {
    let conservation = acces.configuration.conservation;
    let sort = sort.unwrap_or(conservation.sort);
    let jour = limite(acces.maintenant(), conservation.mois);
    let base = acces.attends(acces.base())?;
    let mut echues = acces.attends(base.situations_echues(jour))?;
    if sort == SortDesCas::Archiver {
        echues.retain(|c| !c.archive);
    }
    let verbe = if sort == SortDesCas::Archiver { "archiver" } else { "effacer" };
    if appliquer && !echues.is_empty() {
        applique(acces, &base, (sort, verbe), &echues)?;
    }
    if json {
        return dit(
            &json!({ "dernier_contact_jusqu_au": jour, "sort": verbe, "fait": appliquer, "situations": echues })
                .to_string(),
        );
    }
    for c in &echues {
        dit(&format!(
            "  {} {} (action {}), dernier contact le {}",
            c.suivi,
            c.id,
            c.action,
            format::date(c.dernier_contact)
        ))?;
    }
    let combien = format::compte(echues.len() as u64, "situation", "situations");
    let mois = conservation.mois;
    dit(&match (appliquer, echues.is_empty()) {
        (_, true) => format!("Aucune situation n’a dépassé {mois} mois depuis le dernier contact."),
        (true, false) => format!("Fait : {combien} ({verbe})."),
        (false, false) => {
            format!("{combien} à {verbe}, {mois} mois après le dernier contact. Rien n’est fait sans --appliquer.")
        }
    })
}

fn applique(acces: &Acces, base: &Base, (sort, verbe): (SortDesCas, &str), echues: &[CasEchu]) -> Result<()> {
    let acteur = acces.acteur();
    let acte = format!("conservation-{verbe}");
    let lecture = Lecture { acteur: &acteur, acte: &acte, instant: acces.maintenant() };
    if sort == SortDesCas::Archiver {
        return Ok(acces.attends(base.archive_situations(echues, lecture))?);
    }
    // What each one counted for is noted before it goes: a bilan does not shrink because time passes.
    let mut traces = Vec::with_capacity(echues.len());
    for suivi in suivis() {
        let siens: Vec<&CasEchu> = echues.iter().filter(|c| c.suivi == suivi.code).collect();
        if siens.is_empty() {
            continue;
        }
        let gardes = acces.attends(base.situations(&suivi.code, lecture))?;
        let cas: Vec<Cas> = gardes.into_iter().map(|c| c.cas).collect();
        let verdicts = match convention(&suivi.code) {
            Some(_) => evaluer_les_cas(&suivi.code, &cas, chrono::NaiveDate::MAX)?.verdicts,
            None => Vec::new(),
        };
        for echu in siens {
            let verdict = verdicts.iter().find(|v| v.id == echu.id);
            let quantite = verdict.map_or(Decimal::ONE, |v| Decimal::from(v.quantite));
            let montant_eur = verdict.map_or(Decimal::ZERO, |v| v.montant_eur);
            traces.push((echu.clone(), Trace { quantite, montant_eur }));
        }
    }
    Ok(acces.attends(base.efface_situations(&traces, lecture))?)
}
