//! Step 2 of the path: the fiches of one quarter become the raw table of the indicators EA01 to EA28.
//!
//! The jeu `ea.indicateurs` says which measures are published, at which level, crossed with what;
//! `mesure` and `axe` hold the formulas, which read the fiches of annexe 2 and nothing else. What they
//! do not tell (exit reason, employer, length of the contract) is declared in the jeu and never made up.
//!
//! ```
//! use dossier::calcul::{SituationNoeud, calculer};
//! let jeu = referentiel::jeu::jeu("ea.indicateurs").unwrap();
//! let erreur = calculer(&SituationNoeud { campagne: &[], precedente: &[] }, jeu).unwrap_err();
//! assert!(erreur.to_string().starts_with("Aucune remontée"));
//! ```

mod axe;
mod cellule;
mod erreur;
mod grille;
mod mesure;
mod plan;
mod qualite;
mod situation;
mod stock_flux;
mod territoire;

#[cfg(test)]
mod tests;

use referentiel::jeu::Jeu;
use secret_statistique::TableBrute;

pub use erreur::ErreurCalcul;
pub use qualite::{ChampManquant, QualiteDispositif, qualite};
pub use situation::SituationNoeud;
pub use stock_flux::{EcartStockFlux, stock_flux};

/// Computes every cell the jeu asks for. The order of persons and of workbooks changes nothing.
pub fn calculer(noeud: &SituationNoeud<'_>, jeu: &Jeu) -> Result<TableBrute, ErreurCalcul> {
    let plan = plan::Plan::du_jeu(jeu, &territoire::NIVEAUX)?;
    let campagne = situation::Campagne::lit(*noeud)?;
    let (etages, parents) = territoire::etages(&campagne);
    let cellules = cellule::cellules(&plan, &campagne, &etages);
    Ok(TableBrute::nouvelle(&jeu.code, cellules, parents)?)
}
