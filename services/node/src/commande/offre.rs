//! `maillage-node offre`: a question with facts gets a tariff and its reason, from the decision table of an
//! offer. Facts that were not given are tried both ways: when they matter, they are asked for.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use clap::ValueEnum;
use dossier::convention::cas::Cas;
use dossier::convention::suivi::{Suivi, TarifApplique, suivi, suivis};
use referentiel::format;
use serde_json::json;

use super::{Acces, dit};

/// `maillage-node offre`.
#[derive(Debug, clap::Subcommand)]
pub enum Options {
    /// Tarif d’une prestation selon la situation, et pourquoi.
    Tarif(Question),
    /// Liste les offres qui ont une table de décision.
    Lister,
}

/// Oui ou non.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Fait {
    Oui,
    Non,
}

/// What is asked.
#[derive(Debug, clap::Args)]
pub struct Question {
    /// Offre, par exemple cdg31-bilans-reperes.
    offre: String,
    /// Prestation, par exemple realisation.
    prestation: String,
    /// La collectivité est affiliée.
    #[arg(long, value_name = "FAIT")]
    affiliee: Option<Fait>,
    /// L’agent est suivi par la commission.
    #[arg(long, value_name = "FAIT")]
    suivi_commission: Option<Fait>,
    /// La collectivité a sa propre convention avec le FIPHFP.
    #[arg(long, value_name = "FAIT")]
    convention_fiphfp: Option<Fait>,
    /// Date de la prestation (aaaa-mm-jj) ; aujourd’hui par défaut.
    #[arg(long, value_name = "DATE")]
    au: Option<NaiveDate>,
    /// Sortie JSON.
    #[arg(long)]
    json: bool,
}

/// Names of the facts, in the order of the bits of a combination.
const FAITS: [&str; 3] = ["--affiliee", "--suivi-commission", "--convention-fiphfp"];

/// Runs a subcommand.
pub fn execute(acces: impl Fn() -> Result<Acces>, o: &Options) -> Result<ExitCode> {
    match o {
        Options::Lister => {
            for s in suivis().iter().filter(|s| !s.tarifs.is_empty()) {
                let actions: Vec<&str> = s.actions.iter().map(|a| a.code.as_str()).collect();
                dit(&format!("{} — {} : {}", s.code, s.libelle, actions.join(", ")))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Options::Tarif(q) => {
            tarif(q, q.au.map_or_else(|| Ok(acces()?.maintenant().date_naive()), Ok::<_, anyhow::Error>)?)
        }
    }
}

fn tarif(q: &Question, jour: NaiveDate) -> Result<ExitCode> {
    let avec_tarifs =
        || suivis().iter().filter(|s| !s.tarifs.is_empty()).map(|s| s.code.as_str()).collect::<Vec<_>>().join(", ");
    let offre = suivi(&q.offre).filter(|s| !s.tarifs.is_empty());
    let offre =
        offre.with_context(|| format!("« {} » n’a pas de table de tarifs : écrivez {}.", q.offre, avec_tarifs()))?;
    if !offre.connait(&q.prestation) {
        let connues = offre.actions_connues().join(", ");
        bail!("« {} » n’est pas une prestation de {} : écrivez {connues}.", q.prestation, offre.libelle);
    }
    let reponses = reponses(offre, q, jour);
    let [(_, premiere), autres @ ..] = reponses.as_slice() else { bail!("Aucune situation à évaluer.") };
    if autres.iter().any(|(_, reponse)| reponse != premiere) {
        let manquants = manquants(&reponses);
        bail!("Le tarif dépend de ce qui n’est pas dit : précisez {} (oui ou non).", manquants.join(", "));
    }
    let Some(tarif) = premiere else {
        bail!("Aucun tarif de {} ne s’applique au {}.", offre.libelle, format::date(jour));
    };
    if q.json {
        dit(&json!({ "prix_eur": tarif.prix_eur, "possible": tarif.prix_eur.is_some(), "motif": tarif.motif })
            .to_string())?;
    } else {
        dit(&tarif.motif)?;
    }
    Ok(ExitCode::from(u8::from(tarif.prix_eur.is_none())))
}

/// The answer for each combination of the facts that were not given.
fn reponses(offre: &Suivi, q: &Question, jour: NaiveDate) -> Vec<(u8, Option<TarifApplique>)> {
    let donnes = [q.affiliee, q.suivi_commission, q.convention_fiphfp];
    let admise = |n: &u8| {
        donnes.iter().enumerate().all(|(rang, fait)| fait.is_none_or(|f| (f == Fait::Oui) == (n >> rang & 1 == 1)))
    };
    let cas = |n: u8| {
        let mut cas = Cas { suivi_par: offre.code.clone(), ..Cas::default() };
        cas.situation.action.clone_from(&q.prestation);
        let dit = |rang: u8| if n >> rang & 1 == 1 { "oui" } else { "non" }.to_owned();
        cas.situation.employeur.affiliation = Some(if n & 1 == 1 { "obligatoire" } else { "aucune" }.to_owned());
        cas.suivi.insert("suivi_commission".to_owned(), dit(1));
        cas.suivi.insert("convention_fiphfp".to_owned(), dit(2));
        cas
    };
    (0..8u8).filter(admise).map(|n| (n, offre.tarif(&cas(n), jour))).collect()
}

/// Facts whose change alone changes the answer.
fn manquants(reponses: &[(u8, Option<TarifApplique>)]) -> Vec<&'static str> {
    let change = |rang: usize| {
        reponses.iter().any(|(n, r)| reponses.iter().any(|(m, autre)| *m == n ^ (1 << rang) && autre != r))
    };
    FAITS.iter().enumerate().filter(|(rang, _)| change(*rang)).map(|(_, nom)| *nom).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(prestation: &str, faits: [Option<bool>; 3]) -> Vec<(u8, Option<TarifApplique>)> {
        let fait = |f: Option<bool>| f.map(|oui| if oui { Fait::Oui } else { Fait::Non });
        let q = Question {
            offre: "cdg31-bilans-reperes".into(),
            prestation: prestation.into(),
            affiliee: fait(faits[0]),
            suivi_commission: fait(faits[1]),
            convention_fiphfp: fait(faits[2]),
            au: None,
            json: false,
        };
        reponses(suivi(&q.offre).unwrap(), &q, "2026-04-01".parse().unwrap())
    }

    #[test]
    fn the_decision_table_of_the_source_comes_out_whole() {
        let prix = |prestation, faits: [Option<bool>; 3]| {
            let lues = question(prestation, faits);
            assert!(lues.windows(2).all(|p| p[0].1 == p[1].1), "{prestation} {faits:?}");
            lues[0].1.as_ref().unwrap().prix_eur.map(|p| p.to_string())
        };
        let (oui, non) = (Some(true), Some(false));
        assert_eq!(prix("realisation", [oui, oui, None]).as_deref(), Some("0"));
        assert_eq!(prix("realisation", [oui, non, None]).as_deref(), Some("640"));
        assert_eq!(prix("realisation", [non, oui, non]).as_deref(), Some("663"));
        assert_eq!(prix("realisation", [non, oui, oui]), None, "impossible");
        assert_eq!(prix("realisation", [non, non, None]).as_deref(), Some("663"));
        assert_eq!(prix("assistance", [oui, oui, None]).as_deref(), Some("0"));
        assert_eq!(prix("assistance", [oui, non, None]).as_deref(), Some("250"));
        assert_eq!(prix("assistance", [non, None, None]).as_deref(), Some("350"));
    }

    #[test]
    fn only_the_facts_that_matter_are_asked_for() {
        assert_eq!(manquants(&question("realisation", [Some(false), Some(true), None])), ["--convention-fiphfp"]);
        assert_eq!(manquants(&question("assistance", [None, Some(false), None])), ["--affiliee"]);
        assert!(manquants(&question("assistance", [Some(false), None, None])).is_empty());
    }
}
