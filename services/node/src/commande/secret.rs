//! `maillage-node secret`: disclosure control from the command line. Protects a table given as cells and
//! relations, attacks a protected one as a reader would, compares policies, and says to the node's own
//! agent why a cell of the preview is masked. Files stay where they are asked; nothing is sent.

mod auditer;
mod comparer;
mod expliquer;
mod fichier;
mod proteger;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use super::{Acces, CampagneOption, dit};

/// Commands of `secret`.
#[derive(Debug, Subcommand)]
pub enum Options {
    /// Protège une table : masque les petits effectifs et ce qui permettrait de les calculer.
    Proteger(proteger::Options),
    /// Attaque une table protégée : intervalle de chaque case masquée, et verdict.
    Auditer(auditer::Options),
    /// Compare ce que perdent les lecteurs : masquage, intervalles, regroupement, arrondi.
    Comparer(comparer::Options),
    /// Dit pourquoi une cellule de l’aperçu est masquée. La réponse ne quitte pas le nœud.
    Expliquer(expliquer::Options),
}

/// Runs one of them; the node is opened only for those that read its store.
pub fn execute(options: &Options, acces: impl FnOnce() -> Result<Acces>) -> Result<ExitCode> {
    match options {
        Options::Proteger(o) => fichier::ou_illisible(proteger::execute(o)),
        Options::Auditer(o) => fichier::ou_illisible(auditer::execute(o)),
        Options::Comparer(o) => fichier::ou_illisible(comparer::execute(o)),
        Options::Expliquer(o) => expliquer::execute(&acces()?, o),
    }
}
