//! `secret expliquer`: why a cell of the node's own preview is masked, for the agent who prepares it.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use referentiel::cellule::{Cle, Statut};
use referentiel::format;
use referentiel::jeu::{Methode, jeu};
use secret_statistique::retrait::Croisement;
use secret_statistique::{TableBrute, TableProtegee, ValeurPubliee};

use super::{Acces, CampagneOption, dit};
use crate::emission::{Emetteur, JEUX};

/// Options of `secret expliquer`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Cellule telle que l’aperçu la nomme : « EA01 departement 70 sexe=F ».
    #[arg(required = true, num_args = 1.., value_name = "CELLULE")]
    cellule: Vec<String>,
    #[command(flatten)]
    campagne: CampagneOption,
}

/// Explains, for each audience. Code 1 when no table of the campaign holds the cell.
pub fn execute(acces: &Acces, o: &Options) -> Result<ExitCode> {
    let cle = acces.cle()?;
    let voulue = mots(&o.cellule.join(" "));
    let mut proches: BTreeSet<String> = BTreeSet::new();
    for code in JEUX {
        let jeu = jeu(code).with_context(|| format!("Le jeu {code} manque."))?;
        let preparee = acces.attends(async {
            let base = acces.base().await?;
            let emetteur =
                Emetteur { configuration: &acces.configuration, base: &base, cle: &cle, horloge: &acces.horloge };
            emetteur.prepare(jeu, o.campagne.campagne).await
        })?;
        // The fiches make one raw table for every audience.
        let Some(brute) = preparee.protegees.iter().find_map(|t| preparee.brute(t.politique().audience)) else {
            continue;
        };
        let Some(trouvee) = brute.cellules().iter().find(|c| mots(&c.cle.to_string()) == voulue) else {
            let noms = brute.cellules().iter().map(|c| c.cle.to_string());
            proches.extend(noms.filter(|nom| voulue.is_subset(&mots(nom))).take(5));
            continue;
        };
        for protegee in &preparee.protegees {
            dit(&explique(&trouvee.cle, brute, protegee))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let suite = if proches.is_empty() {
        "Son nom s’écrit comme dans l’aperçu, par exemple « EA01 departement 70 sexe=F ».".to_owned()
    } else {
        format!("Vouliez-vous dire : {} ?", proches.into_iter().collect::<Vec<_>>().join(" ; "))
    };
    bail!("La campagne {} n’a pas de cellule « {} ». {suite}", o.campagne.campagne, o.cellule.join(" "))
}

/// The words of a name, whatever separates them and in whatever order the axes come.
fn mots(nom: &str) -> BTreeSet<String> {
    let separe = |c: char| c.is_whitespace() || "·,;:/".contains(c);
    nom.split(separe).filter(|m| !m.is_empty()).map(str::to_lowercase).collect()
}

fn explique(cle: &Cle, brute: &TableBrute, protegee: &TableProtegee) -> String {
    let audience = protegee.politique().audience.code();
    let vraie = brute.cellule(cle).and_then(|c| brute.figure(&c.grandeur));
    let ici = vraie.map_or(String::new(), |v| format!(" Au nœud seulement : {}.", format::decimal(v.round_dp(1))));
    if let Some(raison) = protegee.rapport().expliquer(cle) {
        let cadre = protegee.cellules().iter().find(|c| c.cle == *cle).and_then(|c| c.cadre);
        let cadre = cadre.map_or(String::new(), |c| format!(" Elle est publiée entre {} et {}.", c.bas, c.haut));
        return format!("Audience « {audience} » : {raison}{cadre}{ici}");
    }
    match protegee.cellules().iter().find(|c| c.cle == *cle) {
        Some(c) => {
            let valeur = match &c.valeur {
                Some(ValeurPubliee::Effectif(n)) if c.statut == Statut::Arrondi => format!("est arrondie à {n}"),
                Some(ValeurPubliee::Effectif(n)) => format!("est montrée : {n}"),
                Some(ValeurPubliee::Decimal(d)) => format!("est montrée : {}", format::decimal(*d)),
                Some(ValeurPubliee::Taux { numerateur, denominateur }) => {
                    format!("est montrée : {} sur {}", format::decimal(*numerateur), format::decimal(*denominateur))
                }
                None => format!("n’a pas de valeur (statut « {} »)", c.statut.code()),
            };
            format!("Audience « {audience} » : « {cle} » {valeur}.")
        }
        None if protegee.politique().methode == Methode::Regroupement => {
            format!("Audience « {audience} » : « {cle} » ne part pas, sa catégorie est publiée sans son détail.{ici}")
        }
        None => format!(
            "Audience « {audience} » : « {cle} » ne part pas, son croisement ({}) est retiré : \
             aucun masque ne le protège.{ici}",
            Croisement::de(cle)
        ),
    }
}
