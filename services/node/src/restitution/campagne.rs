//! The campaign a page is about: chosen in the address, else the last one that is announced or has fiches.

use anyhow::Result;
use chrono::NaiveDate;
use referentiel::periode::Trimestre;
use serde::Deserialize;

use super::Pages;
use super::rendu::Refus;

/// What the reader chose.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    /// Campaign.
    #[serde(default)]
    pub campagne: Option<Trimestre>,
}

/// An option of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modalite {
    /// Value sent.
    pub valeur: String,
    /// Words.
    pub libelle: String,
    /// True for the present choice.
    pub choisie: bool,
}

impl Modalite {
    /// An option.
    pub fn nouvelle(valeur: impl Into<String>, libelle: impl Into<String>, choisie: bool) -> Self {
        Self { valeur: valeur.into(), libelle: libelle.into(), choisie }
    }
}

impl Pages {
    /// Campaigns announced or with fiches, most recent first.
    pub async fn campagnes(&self) -> Result<Vec<Trimestre>> {
        let mut toutes = self.service.base.campagnes().await?;
        let annoncees = self.service.configuration.campagne.iter().map(|c| c.code);
        toutes.extend(annoncees.filter(|c| c.debut() <= self.aujourdhui()));
        toutes.sort_unstable();
        toutes.dedup();
        toutes.reverse();
        Ok(toutes)
    }

    /// The campaign chosen, else the last one with fiches, else the last one.
    pub async fn campagne(&self, choix: Option<Trimestre>) -> Result<Trimestre, Refus> {
        let toutes = self.campagnes_a_tenir().await?;
        match choix {
            Some(choix) if toutes.contains(&choix) => Ok(choix),
            Some(choix) => Err(Refus::introuvable(format!(
                "Aucune fiche de la campagne {} n’est enregistrée ici.",
                choix.libelle_long()
            ))),
            None => {
                let avec_fiches = self.service.base.campagnes().await?.last().copied();
                avec_fiches
                    .or(toutes.first().copied())
                    .ok_or_else(|| Refus::introuvable("Aucune campagne pour l’instant : importez d’abord un classeur."))
            }
        }
    }

    /// The campaigns as a list to choose from.
    pub async fn choix_de_campagne(&self, ici: Trimestre) -> Result<Vec<Modalite>> {
        let toutes = self.campagnes_a_tenir().await?;
        Ok(toutes.into_iter().map(|c| Modalite::nouvelle(c.to_string(), c.libelle_long(), c == ici)).collect())
    }

    /// Today in Paris.
    pub fn aujourdhui(&self) -> NaiveDate {
        self.service.horloge.maintenant().with_timezone(&chrono_tz::Europe::Paris).date_naive()
    }
}
