//! `secret auditer`: what a reader of a protected table can tell of each masked cell.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use referentiel::format;
use secret_statistique::audit::{
    Audit, CelluleVue, EchecAudit, Effort, Initie, Intervalle, Publication, attaque, inities,
};
use serde_json::{Value, json};

use super::dit;
use super::fichier::{Illisible, Masquee, Table};

/// Options of `secret auditer`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Table protégée, telle que « secret proteger » l’écrit.
    #[arg(value_name = "OUT.json")]
    table: PathBuf,
    /// Largeur demandée à chaque intervalle.
    #[arg(long, default_value_t = 3, value_name = "EFFECTIF")]
    largeur: u64,
    /// S’arrête sur une case dès que son intervalle est assez large.
    #[arg(long)]
    rapide: bool,
    /// L’attaquant sait qu’aucune case masquée n’est vide (les zéros sont montrés).
    #[arg(long)]
    positifs: bool,
    /// L’attaquant sait de plus quelles cases sont sous ce seuil.
    #[arg(long, value_name = "EFFECTIF")]
    seuil: Option<u64>,
    /// Attaque aussi au nom de chaque personne seule dans sa case, qui connaît la sienne (demande les valeurs).
    #[arg(long)]
    inities: bool,
    /// Sortie JSON.
    #[arg(long)]
    json: bool,
}

/// Attacks and shows. Code 1 when a cell is exact or too narrow.
pub fn execute(o: &Options) -> Result<ExitCode> {
    let table = Table::lit(&o.table)?;
    let publication = table.publication(o.largeur, |vue, primaire| sait(o, vue, primaire))?;
    let effort = if o.rapide { Effort::Largeur } else { Effort::Complet };
    let audit = attaque(&publication, effort).map_err(raison)?;
    let inities = if o.inities { inities(&publication, &table.valeurs()).map_err(raison)? } else { vec![] };
    if o.json {
        dit(&en_json(&table, &publication, &audit, &inities).to_string())?;
    } else {
        montre(&table, &publication, &audit, &inities)?;
    }
    let sure = audit.etroites(&publication).next().is_none() && inities.is_empty();
    Ok(if sure { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What this attacker knows besides the view.
fn sait(o: &Options, vue: CelluleVue, primaire: bool) -> CelluleVue {
    match o.seuil {
        Some(seuil) if primaire => vue.connue_entre(1, Some(seuil.saturating_sub(1).max(1))),
        _ if o.positifs || o.seuil.is_some() => vue.connue_entre(1, None),
        _ => vue,
    }
}

fn raison(echec: EchecAudit) -> anyhow::Error {
    match echec {
        EchecAudit::Contradiction(c) => Illisible::from(c).into(),
        EchecAudit::Impossible(raison) => anyhow::anyhow!("L’attaque n’a pas conclu : {raison}."),
    }
}

fn verdict(i: &Intervalle, largeur: u64) -> &'static str {
    match () {
        () if i.est_exact() => "EXACTE",
        () if i.est_plus_etroit(largeur) => "TROP ÉTROITE",
        () if i.complet => "sûre",
        () => "sûre, au moins cet intervalle",
    }
}

fn montre(table: &Table, publication: &Publication, audit: &Audit, inities: &[Initie]) -> Result<()> {
    for m in table.masquees() {
        if let Some(i) = &audit.intervalles[m.place] {
            let haut = i.haut.map_or("sans fin".to_owned(), |h| h.to_string());
            let verdict = verdict(i, publication.cellules()[m.place].largeur);
            dit(&format!("{} : de {} à {haut} — {verdict}", m.nom, i.bas))?;
        }
    }
    for initie in inities {
        let noms =
            |places: &[usize]| places.iter().map(|i| format!("« {} »", table.nom(*i))).collect::<Vec<_>>().join(", ");
        dit(&format!("La personne seule dans {} calcule {}.", noms(&initie.sait), noms(&initie.trouve)))?;
    }
    let n = audit.intervalles.iter().flatten().count() as u64;
    let exactes = audit.intervalles.iter().flatten().filter(|i| i.est_exact()).count();
    let etroites = audit.etroites(publication).count() - exactes;
    dit(&format!(
        "{} : {exactes} exactes, {etroites} trop étroites. {}, {} résolus.",
        format::compte(n, "case masquée", "cases masquées"),
        format::compte(audit.composantes as u64, "groupe lié", "groupes liés"),
        format::compte(audit.programmes, "programme linéaire", "programmes linéaires"),
    ))
}

fn en_json(table: &Table, publication: &Publication, audit: &Audit, inities: &[Initie]) -> Value {
    let cellule = |m: Masquee<'_>| {
        let i = audit.intervalles[m.place]?;
        let etroite = i.est_plus_etroit(publication.cellules()[m.place].largeur);
        Some(json!({
            "id": m.nom, "min": i.bas, "max": i.haut, "complet": i.complet,
            "exact": i.est_exact(), "narrow": etroite,
        }))
    };
    let noms = |places: &[usize]| places.iter().map(|i| table.nom(*i).to_owned()).collect::<Vec<_>>();
    json!({
        "ok": audit.etroites(publication).next().is_none() && inities.is_empty(),
        "suppressed": audit.intervalles.iter().flatten().count(),
        "exact": audit.intervalles.iter().flatten().filter(|i| i.est_exact()).count(),
        "narrow": audit.etroites(publication).count(),
        "components": audit.composantes,
        "lps": audit.programmes,
        "insiders": inities.iter().map(|i| json!({ "knows": noms(&i.sait), "computes": noms(&i.trouve) })).collect::<Vec<_>>(),
        "cells": table.masquees().filter_map(cellule).collect::<Vec<_>>(),
    })
}
