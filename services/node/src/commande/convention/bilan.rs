//! `convention plan`, `bilan`, `certifier`, `bilans`: the plan d’actions beside what the node’s cases make of it.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use dossier::convention::avancement::{Avancement, AvancementAction, avancement};
use dossier::convention::cas::Cas;
use dossier::convention::suivi::{EtatPiece, Exigence, suivi};
use dossier::convention::{DocumentConvention, controle, convention, conventions};
use node_storage::Base;
use node_storage::situation::Lecture;
use referentiel::{Decimal, format};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::super::situations::{etat_des_pieces, lis, montre_manquante};
use super::{Acces, dit};

/// Characters of a title shown on a line.
const LIBELLE: usize = 38;

/// Which convention.
#[derive(Debug, clap::Args)]
pub struct ConventionOption {
    /// Convention : fiphfp-v5 ou fiphfp-v4.
    #[arg(long, value_name = "CONVENTION", default_value = "fiphfp-v5")]
    convention: String,
}

/// Options of `bilan` and `certifier`.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    quoi: ConventionOption,
    /// Date du bilan (aaaa-mm-jj) ; aujourd’hui par défaut.
    #[arg(long, value_name = "DATE")]
    au: Option<NaiveDate>,
    /// Sortie JSON.
    #[arg(long)]
    json: bool,
}

/// Keeps the convention document, once read.
pub fn garde_plan(acces: &Acces, texte: &str) -> Result<ExitCode> {
    let document = controle::lire(texte)?;
    let modele = document.convention.modele.as_deref().unwrap_or_default().to_ascii_lowercase();
    let code = if modele.starts_with("fiphfp-") { modele } else { format!("fiphfp-{modele}") };
    if convention(&code).is_none() {
        let connues: Vec<&str> = conventions().iter().map(|c| c.code.as_str()).collect();
        bail!("Le dossier ne dit pas son modèle (convention.modele) : écrivez {}.", connues.join(" ou "));
    }
    let acteur = acces.acteur();
    let lecture = Lecture { acteur: &acteur, acte: "enregistrer-plan", instant: acces.maintenant() };
    acces.attends(async { Ok::<_, anyhow::Error>(acces.base().await?.garde_plan(&code, texte, lecture).await?) })?;
    let total = document.actions.iter().filter_map(|a| a.montant_demande_eur).map(|m| m.0).sum::<Decimal>();
    let actions = format::compte(document.actions.len() as u64, "ligne", "lignes");
    dit(&format!("Plan d’actions {code} enregistré : {actions}, {} demandés.", format::euros(total)))?;
    Ok(ExitCode::SUCCESS)
}

/// What a bilan is made of: the cases stay here, the figures may be shown.
struct Matiere {
    base: Base,
    cas: Vec<Cas>,
    avancement: Avancement,
}

fn matiere(acces: &Acces, o: &Options, acte: &str) -> Result<Matiere> {
    let code = &o.quoi.convention;
    let au = o.au.unwrap_or_else(|| acces.maintenant().with_timezone(&chrono_tz::Europe::Paris).date_naive());
    let (base, gardes) = lis(acces, code, acte)?;
    let plan = match acces.attends(base.plan(code))? {
        Some(texte) => controle::lire(&texte)?,
        None => DocumentConvention::default(),
    };
    let residus = acces.attends(base.residus(code))?;
    let cas: Vec<Cas> = gardes.into_iter().map(|c| c.cas).collect();
    let avancement = avancement(code, &plan, (&cas, &residus), au)?;
    Ok(Matiere { base, cas, avancement })
}

/// Shows the plan beside what was realised.
pub fn montre(acces: &Acces, o: &Options) -> Result<ExitCode> {
    let Matiere { avancement, .. } = matiere(acces, o, "lire-bilan")?;
    if o.json {
        dit(&serde_json::to_string(&avancement)?)?;
    } else {
        texte(&avancement)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn texte(a: &Avancement) -> Result<()> {
    dit(&format!(
        "{} au {} — {} du temps écoulé",
        a.convention,
        format::date(a.au),
        format::pourcentage(a.temps_ecoule)
    ))?;
    dit("\nAction                                         cible    réalisé   demandé → valorisé           rythme")?;
    a.actions.iter().try_for_each(ligne)?;
    dit("\nAxes : demandé, valorisé, plafonné, marge, part du total demandé (plafond)")?;
    for axe in &a.axes {
        let part = axe.part.map(format::pourcentage).unwrap_or_default();
        let plafond = axe.plafond_part.map(|p| format!(" (plafond {})", format::pourcentage(p))).unwrap_or_default();
        let montants = [axe.demande_eur, axe.valorise_eur, axe.plafonne_eur, axe.marge_eur].map(format::euros);
        dit(&format!("  {} — {} — {part}{plafond}", axe.axe, montants.join(" — ")))?;
    }
    let t = &a.totaux;
    dit(&format!(
        "\nDemandé {} ; valorisé {} ; plafonné {} (perdu {}) ; payé {} ; reste à payer {}.",
        format::euros(t.demande_eur),
        format::euros(t.valorise_eur),
        format::euros(t.plafonne_eur),
        format::euros(t.excedent_eur),
        format::euros(t.paye_eur),
        format::euros(t.reste_a_payer_eur)
    ))?;
    a.plafonds_depasses.iter().try_for_each(|p| dit(&format!("  Plan : {p}")))?;
    refus_et_comparaison(a)
}

fn ligne(a: &AvancementAction) -> Result<()> {
    let taux = |t: Option<Decimal>| t.map(|t| format!(" ({})", format::pourcentage(t))).unwrap_or_default();
    let rythme = match (a.forfait, a.rythme) {
        (true, _) => "forfait, suivi par ses indicateurs".to_owned(),
        (false, Some(rythme)) => format!("× {}", format::decimal(rythme)),
        (false, None) => "sans cible".to_owned(),
    };
    let projection = match (a.projection.filter(|p| !p.is_zero()), a.cible_atteinte_le) {
        (Some(projection), Some(jour)) if projection >= a.cible => {
            format!(", à ce rythme {} à la fin, cible atteinte le {}", format::decimal(projection), format::date(jour))
        }
        (Some(projection), Some(_)) => format!(", à ce rythme {} à la fin, sous la cible", format::decimal(projection)),
        _ => String::new(),
    };
    let refusees = match a.refusees {
        0 => String::new(),
        n => format!(", {}", format::compte(n as u64, "refusée", "refusées")),
    };
    let libelle: String = match a.libelle.char_indices().nth(LIBELLE) {
        Some((fin, _)) => format!("{}…", a.libelle.get(..fin).unwrap_or_default()),
        None => a.libelle.clone(),
    };
    dit(&format!(
        "  {:<4} {libelle:<40} {:>5} → {}{}   {} → {}{}   {rythme}{projection}{refusees}",
        a.action,
        format::decimal(a.cible.normalize()),
        format::decimal(a.realise.normalize()),
        taux(a.taux_quantite),
        format::euros(a.demande_eur),
        format::euros(a.valorise_eur),
        taux(a.taux_montant)
    ))
}

fn refus_et_comparaison(a: &Avancement) -> Result<()> {
    if !a.refus.is_empty() {
        dit("\nSituations refusées, par motif")?;
    }
    for r in &a.refus {
        dit(&format!("  {} × {} — {} ({})", r.nombre, r.regle, r.libelle, r.situations.join(", ")))?;
    }
    if !a.comparaison.is_empty() {
        dit("\nÀ côté de la convention précédente (par an, là où l’unité n’a pas changé)")?;
    }
    for c in &a.comparaison {
        let nombre = |n: Option<Decimal>| n.map_or("?".to_owned(), format::decimal);
        let constat = match c.comparable {
            true => format!(
                "{} réalisés par an, {} visés par an — {}",
                nombre(c.ancien_par_an),
                nombre(c.cible_par_an),
                c.motif
            ),
            false => format!("non comparable : {}", c.motif),
        };
        dit(&format!("  {:<4} {constat}", c.action))?;
    }
    if a.indicateurs.iter().any(|i| !i.valeur.is_zero()) {
        dit("\nIndicateurs de l’action spécifique")?;
        for i in &a.indicateurs {
            dit(&format!("  {} — {}", format::decimal(i.valeur.normalize()), i.libelle))?;
        }
    }
    Ok(())
}

/// Certifies, unless a mandatory document of a valued case is missing.
pub fn certifie(acces: &Acces, o: &Options) -> Result<ExitCode> {
    let code = &o.quoi.convention;
    let suivi = suivi(code).with_context(|| format!("« {code} » n’est pas un suivi connu."))?;
    let Matiere { base, cas, mut avancement } = matiere(acces, o, "certifier-bilan")?;
    let refusees: Vec<String> = avancement.refus.iter().flat_map(|r| r.situations.clone()).collect();
    // A refused situation asks for nothing: its documents are not due. Nor are those of what had not started.
    let dues: Vec<Cas> = cas
        .into_iter()
        .filter(|c| !refusees.contains(&c.situation.id) && c.situation.date().is_none_or(|jour| jour <= avancement.au))
        .collect();
    if dues.is_empty() {
        bail!("Aucune situation valorisable au {} : il n’y a rien à certifier.", format::date(avancement.au));
    }
    let etats = etat_des_pieces(acces, &base, suivi, &dues)?;
    let manquantes: Vec<EtatPiece> =
        etats.into_iter().filter(|e| e.exigence == Exigence::Bilan && !e.presente).collect();
    if !manquantes.is_empty() {
        return refuse(&manquantes, o.json);
    }
    // The numbers of the situations stay in the store: what is certified is kept for ever.
    avancement.refus.iter_mut().for_each(|r| r.situations.clear());
    let contenu = serde_json::to_string(&avancement)?;
    let empreinte: String = Sha256::digest(contenu.as_bytes()).iter().map(|o| format!("{o:02x}")).collect();
    let acteur = acces.acteur();
    let lecture = Lecture { acteur: &acteur, acte: "certifier-bilan", instant: acces.maintenant() };
    let numero = acces.attends(base.certifie_bilan(code, avancement.au, (&contenu, &empreinte), lecture))?;
    if o.json {
        let certifie = json!({ "certifie": true, "numero": numero, "empreinte": empreinte, "manquantes": [] });
        dit(&certifie.to_string())?;
    } else {
        let montant = format::euros(avancement.totaux.plafonne_eur);
        let jour = format::date(avancement.au);
        dit(&format!("Bilan n° {numero} certifié au {jour} : {montant} payables. Empreinte {empreinte}."))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn refuse(manquantes: &[EtatPiece], json: bool) -> Result<ExitCode> {
    if json {
        dit(&json!({ "certifie": false, "manquantes": manquantes }).to_string())?;
    } else {
        let combien = format::compte(manquantes.len() as u64, "pièce due manque", "pièces dues manquent");
        dit(&format!("Le bilan ne peut pas être certifié : {combien}."))?;
        manquantes.iter().try_for_each(montre_manquante)?;
    }
    Ok(ExitCode::from(1))
}

/// Lists the certified bilans.
pub fn liste(acces: &Acces, quoi: &ConventionOption, json: bool) -> Result<ExitCode> {
    let bilans = acces
        .attends(async { Ok::<_, anyhow::Error>(acces.base().await?.bilans_certifies(&quoi.convention).await?) })?;
    if json {
        dit(&serde_json::to_string(&bilans)?)?;
    } else if bilans.is_empty() {
        dit("Aucun bilan certifié.")?;
    }
    for b in bilans.iter().filter(|_| !json) {
        let jour = format::date(b.certifie_le.date_naive());
        dit(&format!("n° {} — au {} — certifié le {jour} par {} — {}", b.id, b.au, b.certifie_par, b.empreinte))?;
    }
    Ok(ExitCode::SUCCESS)
}
