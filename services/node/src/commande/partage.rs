//! `maillage-node reperes` and `maillage-node pratiques`: what the centres of the network share, as the hub handed
//! it down.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use node_storage::Base;
use publication::Contenu;
use publication::fil::{Article, Pratique, Repere};
use referentiel::Decimal;
use referentiel::cellule::Audience;
use referentiel::format::{decimal, pourcentage};
use referentiel::jeu::{Mesure, jeu, jeux};
use referentiel::periode::Trimestre;
use referentiel::territoire::Niveau;
use secret_statistique::ValeurPubliee;
use serde_json::json;

use super::{Acces, dit, periode};

/// Options of `reperes`.
#[derive(Debug, clap::Args)]
pub struct OptionsReperes {
    /// Une seule campagne : 2026-T1.
    #[arg(long, value_name = "PERIODE", value_parser = periode)]
    campagne: Option<Trimestre>,
    /// Sortie JSON.
    #[arg(long)]
    json: bool,
}

/// Options of `pratiques`.
#[derive(Debug, clap::Args)]
pub struct OptionsPratiques {
    /// Un seul thème, par son code : maintien, apprentissage…
    #[arg(long, value_name = "THEME")]
    theme: Option<String>,
    /// Sortie JSON.
    #[arg(long)]
    json: bool,
}

/// Shows the benchmarks, each beside what this centre publishes.
pub fn reperes(acces: &Acces, o: &OptionsReperes) -> Result<ExitCode> {
    acces.attends(async {
        let base = acces.base().await?;
        let debut = o.campagne.map_or_else(|| "repere/".to_owned(), |c| format!("repere/{c}/"));
        let articles = base.articles(&debut).await?;
        let reperes: Vec<&Repere> = articles.iter().filter_map(|a| a.benchmark.as_ref()).collect();
        let mut ici = BTreeMap::new();
        for campagne in reperes.iter().map(|r| r.campaign.as_str()) {
            if !ici.contains_key(campagne) {
                ici.insert(campagne, publies_ici(&base, campagne).await?);
            }
        }
        let du_centre = |r: &Repere| ici.get(r.campaign.as_str()).and_then(|v| v.get(&r.indicator)).copied();
        if o.json {
            let lignes = reperes.iter().map(|r| json!({ "repere": r, "ce_centre": du_centre(r) }));
            dit(&serde_json::to_string(&lignes.collect::<Vec<_>>())?)?;
        } else if reperes.is_empty() {
            dit(
                "Aucun repère n’est reçu : le hub les calcule quand une campagne est close, à partir de cinq centres.",
            )?;
        }
        for r in reperes.iter().filter(|_| !o.json) {
            dit(&ligne(r, du_centre(r)))?;
        }
        base.ferme().await;
        Ok(ExitCode::SUCCESS)
    })
}

fn ligne(r: &Repere, ici: Option<Decimal>) -> String {
    let mesure = jeux().into_iter().find_map(|j| j.mesure(&r.indicator));
    let dit = |valeur: Decimal| match mesure {
        Some(m) if m.unite == "%" => pourcentage(valeur),
        _ => decimal(valeur),
    };
    let ici = ici.map_or_else(|| "non publié ou secret".to_owned(), dit);
    format!(
        "{}  {:<7} {} : médiane {}, la moitié des {} centres entre {} et {} ; ce centre : {ici}",
        r.campaign,
        r.indicator,
        mesure.map_or("", |m: &Mesure| m.libelle.as_str()),
        dit(r.median),
        r.contributors,
        dit(r.q1),
        dit(r.q3),
    )
}

/// What this centre last published of itself as a whole, by measure: its only département, nothing crossed.
async fn publies_ici(base: &Base, campagne: &str) -> Result<BTreeMap<String, Decimal>> {
    let mut valeurs = BTreeMap::new();
    for jeu in jeux() {
        let Some(envoi) = base.derniere_revision(&jeu.code, campagne).await? else { continue };
        let Contenu::Indicateurs(contenu) = Contenu::lire(&envoi.corps)? else { continue };
        let Some(reseau) = contenu.audiences().iter().find(|a| a.politique.audience == Audience::Reseau) else {
            continue;
        };
        let du_centre = reseau
            .cellules
            .iter()
            .filter(|c| c.cle.niveau == Niveau::Departement && c.cle.ventilation.axes().next().is_none());
        let mut plusieurs: BTreeMap<&str, Vec<Option<Decimal>>> = BTreeMap::new();
        for c in du_centre {
            plusieurs.entry(&c.cle.indicateur).or_default().push(c.valeur.as_ref().and_then(figure));
        }
        valeurs.extend(plusieurs.into_iter().filter_map(|(mesure, lues)| match lues.as_slice() {
            [Some(seule)] => Some((mesure.to_owned(), *seule)),
            _ => None,
        }));
    }
    Ok(valeurs)
}

fn figure(valeur: &ValeurPubliee) -> Option<Decimal> {
    match valeur {
        ValeurPubliee::Effectif(n) => Some(Decimal::from(*n)),
        ValeurPubliee::Decimal(d) => Some(*d),
        ValeurPubliee::Taux { numerateur, denominateur } => {
            numerateur.checked_div(*denominateur).map(|taux| taux.round_dp(4).normalize())
        }
    }
}

/// Shows the practices.
pub fn pratiques(acces: &Acces, o: &OptionsPratiques) -> Result<ExitCode> {
    acces.attends(async {
        let base = acces.base().await?;
        let articles = base.articles("pratique/").await?;
        base.ferme().await;
        let du_theme = |p: &&Pratique| o.theme.as_ref().is_none_or(|t| p.fields.get("theme") == Some(t));
        let pratiques: Vec<&Pratique> =
            articles.iter().filter_map(|a: &Article| a.practice.as_ref()).filter(du_theme).collect();
        if o.json {
            dit(&serde_json::to_string(&pratiques)?)?;
        } else if pratiques.is_empty() {
            dit("Aucune bonne pratique n’est reçue.")?;
        }
        for p in pratiques.iter().filter(|_| !o.json) {
            dit(fiche(p).trim_end())?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// A practice, field by field, in the order of its sheet.
fn fiche(p: &Pratique) -> String {
    let champ = |code: &str| p.fields.get(code).map_or("", String::as_str);
    let mut texte = format!("{} ({})\n", champ("titre"), p.center);
    let liste = jeu("pratiques").and_then(|j| Some((j, j.liste("fiche")?)));
    let Some((jeu, liste)) = liste else { return texte };
    for c in liste.champs.iter().filter(|c| c.code != "titre") {
        let Some(valeur) = p.fields.get(&c.code) else { continue };
        let nomenclature = c.nomenclature.as_deref().and_then(|nom| jeu.nomenclature_de_nom(nom));
        let libelle = nomenclature.and_then(|n| n.modalite(valeur)).map_or(valeur.as_str(), |m| m.libelle.as_str());
        let _ = writeln!(texte, "  {} : {libelle}", c.libelle);
    }
    texte
}
