//! `secret proteger`: masks what must be, checks the result, and only then writes it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use referentiel::format;
use secret_statistique::audit::{EchecAudit, Effort, attaque};
use secret_statistique::systeme::fichier::{FichierInvalide, Protection, Regles, proteger_en_suivant};

use super::dit;
use super::fichier::{Illisible, Table};

/// Masked cells up to which the result is also attacked, besides the check of its certificate.
const ATTAQUEES: usize = 1_500;

/// Options of `secret proteger`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Table à protéger : {"cells": [{"id", "value"}], "relations": [{"total", "parts": […]}]}.
    #[arg(value_name = "TABLE.json")]
    table: PathBuf,
    /// Plus petit effectif montré ; 0 se montre.
    #[arg(long, value_name = "EFFECTIF")]
    seuil: u64,
    /// Largeur que garde l’intervalle de chaque case masquée pour qui connaît tout le reste.
    #[arg(long, default_value_t = 3, value_name = "EFFECTIF")]
    largeur: u64,
    /// Les zéros restent tous montrés, et le lecteur le sait : aucune case masquée n’est vide. Masque davantage.
    #[arg(long)]
    zeros_montres: bool,
    /// Masque aussi les zéros que le reste ne laisse pas calculer : une case masquée peut alors être vide.
    #[arg(long, conflicts_with = "zeros_montres")]
    zeros_couverts: bool,
    /// Écrit aussi les valeurs masquées : le fichier ne doit alors pas quitter le nœud.
    #[arg(long)]
    avec_valeurs: bool,
    /// Fichier à écrire.
    #[arg(short, long, value_name = "OUT.json")]
    out: PathBuf,
}

/// Protects, checks, writes.
pub fn execute(o: &Options) -> Result<ExitCode> {
    let mut table = Table::lit(&o.table)?;
    let regles = Regles {
        seuil: o.seuil,
        largeur: o.largeur,
        zeros_montres: o.zeros_montres,
        zeros_couverts: o.zeros_couverts,
        avec_valeurs: o.avec_valeurs,
    };
    let protection = match proteger_en_suivant(table.brute()?, regles, |_| ()) {
        // The table is well formed: no pattern protects it.
        Err(e @ (FichierInvalide::SansIssue(_) | FichierInvalide::Audit(_))) => bail!(e),
        autre => autre.map_err(Illisible::from)?,
    };
    table.masque(&protection);
    let controle = controle(&table, &protection, o)?;
    table.ecrit(&o.out)?;
    let compte = |n: usize, un: &str, plusieurs: &str| format::compte(n as u64, un, plusieurs);
    dit(&format!(
        "{} : {} primaires et {} complémentaires masquées ({} dans les complémentaires).",
        compte(protection.table.cells.len(), "cellule", "cellules"),
        protection.primaires,
        protection.complementaires,
        format::compte(protection.perte, "personne", "personnes"),
    ))?;
    dit(&controle)?;
    Ok(ExitCode::SUCCESS)
}

/// The certificate was verified by the protection; the view is attacked too, when it is small enough.
fn controle(table: &Table, protection: &Protection, o: &Options) -> Result<String> {
    let largeur_atteinte = protection.largeur_atteinte.map_or("—".to_owned(), |l| l.to_string());
    let certificat = format!("Certificat vérifié, largeur d’au moins {largeur_atteinte}");
    if table.masquees().count() > ATTAQUEES {
        return Ok(format!("{certificat}. Table trop grande pour l’attaque exacte : voir « secret auditer »."));
    }
    let publication =
        table.publication(o.largeur, |vue, _| if o.zeros_montres { vue.connue_entre(1, None) } else { vue })?;
    match attaque(&publication, Effort::Largeur) {
        Ok(audit) => match audit.etroites(&publication).count() {
            0 => Ok(format!("{certificat} ; l’attaque exacte ne trouve aucune case calculable ni trop étroite.")),
            n => bail!("L’attaque exacte trouve {n} cases calculables ou trop étroites. Rien n’est écrit."),
        },
        Err(EchecAudit::Impossible(raison)) => Ok(format!("{certificat}. L’attaque exacte n’a pas conclu : {raison}.")),
        Err(EchecAudit::Contradiction(raison)) => bail!(Illisible::from(raison)),
    }
}
