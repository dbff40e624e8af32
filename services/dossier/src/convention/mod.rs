//! The FIPHFP convention of a centre: what each situation is worth, and why one is refused.
//!
//! The engine is pure. Prices, tiers, ceilings, lengths and ambiguous parameters are data
//! (`schema/conventions/*.toml`); the rules are functions, one for each identifier of the convention.
//! Situations are nominative, even under a pseudonym: verdicts stay at the node, only counts leave.

pub mod avancement;
pub mod cas;
pub mod controle;
mod duree;
mod evaluation;
pub mod modele;
mod parametre;
pub mod plan;
mod regle;
pub mod situation;
pub mod suivi;

#[cfg(test)]
mod tests;

pub use controle::{DocumentConvention, Rapport, controler, controler_json};
pub use evaluation::{Decision, Evaluation, Verdict, evaluer};
pub use modele::{Convention, convention, conventions};
pub use situation::{Dossier, Situation};

/// Why situations cannot be valued.
#[derive(Debug, thiserror::Error)]
pub enum ErreurConvention {
    /// Not a file of situations; the message carries line and column.
    #[error("Le fichier n’est pas une liste de situations lisible : {0}")]
    Lecture(#[source] serde_json::Error),
    /// Not a convention document; the message carries line and column.
    #[error(
        "Le fichier n’est pas un dossier de convention lisible : {0}. Le format est décrit dans schema/conventions/README.md."
    )]
    Document(#[source] serde_json::Error),
    /// The answer cannot be written.
    #[error("Les verdicts ne peuvent pas être écrits : {0}")]
    Ecriture(#[source] serde_json::Error),
    /// No such convention.
    #[error("La convention « {0} » n’est pas connue : écrivez fiphfp-v4 ou fiphfp-v5.")]
    ConventionInconnue(String),
    /// The convention has no such action.
    #[error("La situation {0} relève de l’action « {1} », que la {2} ne prévoit pas.")]
    ActionInconnue(String, String, String),
    /// The parameter has no value.
    #[error("Le paramètre « {0} » n’a pas de valeur dans la convention {1}.")]
    ParametreAbsent(&'static str, String),
    /// The value of the parameter is not one of its options.
    #[error("« {1} » n’est pas une valeur du paramètre « {0} » : voyez ses options dans schema/conventions/.")]
    ParametreInconnu(&'static str, String),
}

/// Values a file of situations and writes the verdicts, JSON in and JSON out.
///
/// ```
/// let verdicts = dossier::convention::evaluer_json(r#"{"situations":[{
///     "id": "S1", "action": "3.1", "personne": "P1", "qualite": "BOE", "debut": "2026-02-01",
///     "employeur": {"siret": "26920037400016", "versant": "FPT", "affiliation": "obligatoire"}}]}"#).unwrap();
/// assert!(verdicts.contains(r#""verdict":"valorisable","regle":null,"montant_eur":300"#));
/// assert!(verdicts.ends_with(r#""total_eur":300}"#));
/// ```
pub fn evaluer_json(texte: &str) -> Result<String, ErreurConvention> {
    let dossier: Dossier = serde_json::from_str(texte).map_err(ErreurConvention::Lecture)?;
    serde_json::to_string(&evaluer(&dossier)?).map_err(ErreurConvention::Ecriture)
}
