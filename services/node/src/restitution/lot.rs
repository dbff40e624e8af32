//! Which jeux leave together, and for which period: those made of the fiches as one campaign, any other by itself.

use anyhow::Result;
use referentiel::jeu::{Jeu, jeu};
use referentiel::periode::Trimestre;

use super::Pages;
use super::campagne::Modalite;
use super::rendu::Refus;
use crate::emission::JEUX;
use crate::jeux::convention;
use crate::jeux::periode::{commencees, en_toutes_lettres};

/// Periods offered of a jeu that is computed from the convention.
const PERIODES: usize = 4;

/// Jeux that leave together.
pub struct Lot {
    /// All of them.
    pub jeux: Vec<&'static Jeu>,
    /// The one that is read.
    pub voulu: &'static Jeu,
    /// Period.
    pub periode: Trimestre,
}

impl Lot {
    /// True for a jeu that is keyed, or computed from the convention, and leaves by itself.
    pub fn declare(&self) -> bool {
        !JEUX.contains(&self.voulu.code.as_str())
    }
}

impl Pages {
    /// The jeux that leave with this one.
    pub(super) async fn lot(&self, code: Option<&str>, periode: Option<Trimestre>) -> Result<Lot, Refus> {
        let inconnu = || Refus::introuvable("Ce jeu de données n’est pas connu.");
        let code = code.filter(|c| !c.is_empty()).unwrap_or("ea.indicateurs");
        let voulu = jeu(code).ok_or_else(inconnu)?;
        if JEUX.contains(&code) {
            let jeux = JEUX.into_iter().filter_map(jeu).collect();
            return Ok(Lot { jeux, voulu, periode: self.campagne(periode).await? });
        }
        if !voulu.est_declare() && !convention::JEUX.contains(&code) {
            return Err(inconnu());
        }
        let connues = self.periodes_publiables(voulu).await?;
        let periode = periode.or(connues.first().copied()).ok_or_else(|| {
            Refus::introuvable(format!("Rien n’est encore enregistré de « {} » : saisissez-le d’abord.", voulu.libelle))
        })?;
        Ok(Lot { jeux: vec![voulu], voulu, periode })
    }

    /// The periods a lot can be read for, as a list to choose from.
    pub(super) async fn periodes_du_lot(&self, lot: &Lot) -> Result<Vec<Modalite>> {
        if !lot.declare() {
            return self.choix_de_campagne(lot.periode).await;
        }
        let mut connues = self.periodes_publiables(lot.voulu).await?;
        connues.push(lot.periode);
        connues.sort_unstable();
        connues.dedup();
        let modalite =
            |p: &Trimestre| Modalite::nouvelle(p.to_string(), en_toutes_lettres(lot.voulu, *p), *p == lot.periode);
        Ok(connues.iter().rev().map(modalite).collect())
    }

    /// The periods of a jeu for which there is something to publish, the last first.
    pub(super) async fn periodes_publiables(&self, jeu: &Jeu) -> Result<Vec<Trimestre>> {
        let base = &self.service.base;
        if !jeu.est_declare() {
            let ouvertes = if convention::a_un_plan(base).await? { PERIODES } else { 0 };
            return Ok(commencees(jeu.periodicite, Trimestre::contenant(self.aujourdhui())?, ouvertes));
        }
        let saisies = base.declarations(1000).await?;
        let vivantes = saisies.iter().filter(|s| s.jeu == jeu.code && !s.annulee);
        let mut periodes: Vec<Trimestre> = vivantes.filter_map(|s| s.periode.parse().ok()).collect();
        periodes.sort_unstable();
        periodes.dedup();
        periodes.reverse();
        Ok(periodes)
    }
}
