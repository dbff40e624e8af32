//! A jeu opened for a period in a page: its draft if somebody began one, else what is already known.

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use node_storage::saisie_en_cours::{Rubrique, SaisieEnCours};
use referentiel::jeu::declaration::Declaration;
use referentiel::jeu::{Jeu, Periodicite, jeu};
use referentiel::periode::Trimestre;

use super::super::Pages;
use super::super::rendu::Refus;
use super::super::session::Agent;
use crate::jeux::periode::{commencees, connue, declare, precedente};
use crate::jeux::saisie::{Case, Saisie};
use crate::jeux::verdict::Verdict;

/// A jeu and a period, with what is keyed of them.
pub struct SaisieOuverte {
    /// Data set.
    pub jeu: &'static Jeu,
    /// Period.
    pub periode: Trimestre,
    /// The draft.
    pub brouillon: Option<SaisieEnCours>,
    /// What the form shows.
    pub saisie: Saisie,
    texte: String,
    precedente: Option<Declaration>,
}

impl SaisieOuverte {
    /// The draft's place in the store.
    pub fn rubrique(&self) -> Rubrique<'_> {
        Rubrique { jeu: &self.jeu.code, version: &self.jeu.version, periode: &self.texte }
    }

    /// The writing that is on the screen, 0 without a draft.
    pub fn numero(&self) -> u32 {
        self.brouillon.as_ref().map_or(0, |b| b.numero)
    }

    /// What the checks of the jeu say of it.
    pub fn verdict(&self, jour: NaiveDate) -> Result<Verdict> {
        let lue = self.saisie.lue(self.jeu, jour)?;
        Ok(Verdict::rendu(self.jeu, self.periode, lue, self.precedente.as_ref(), jour))
    }

    /// Its page.
    pub fn adresse(&self) -> String {
        format!("/jeux/{}?periode={}", self.jeu.code, self.texte)
    }

    /// The page of a sheet.
    pub fn adresse_feuille(&self, feuille: &str) -> String {
        format!("/jeux/{}/feuilles/{feuille}?periode={}", self.jeu.code, self.texte)
    }

    /// The field of a cell.
    pub fn adresse_case(&self, case: &Case) -> String {
        let fiche = self.jeu.liste(&case.feuille).map(|_| format!("&fiche={}", case.rang + 1)).unwrap_or_default();
        format!("{}{fiche}#{}", self.adresse_feuille(&case.feuille), nom(case))
    }
}

/// Name of the field of a cell.
pub fn nom(case: &Case) -> String {
    format!("c-{}-{}", case.rang, case.colonne)
}

impl Pages {
    /// Opens a jeu for the period of the address, else for that of a draft, of the last keying, or the last one ended.
    pub(super) async fn ouvre(&self, code: &str, periode: Option<&str>) -> Result<SaisieOuverte, Refus> {
        let connu = jeu(code).filter(|j| j.est_declare());
        let connu = connu.ok_or_else(|| Refus::introuvable("Ce jeu de données ne se saisit pas ici."))?;
        let periode = match periode {
            Some(texte) => connu.periodicite.lit(texte).ok_or_else(|| {
                Refus::introuvable(format!("Une période de ce jeu est {}.", connu.periodicite.exemple()))
            })?,
            None => self.periode_usuelle(connu).await?,
        };
        let jeu = declare(code, periode)?;
        let base = &self.service.base;
        let texte = periode.to_string();
        let rubrique = Rubrique { jeu: &jeu.code, version: &jeu.version, periode: &texte };
        let brouillon = base.saisie_en_cours(rubrique).await?;
        let saisie = match &brouillon {
            Some(b) => serde_json::from_str(&b.contenu).context("Le brouillon enregistré ne se lit pas.")?,
            None => Saisie::de(jeu, &connue(base, jeu, periode).await?.unwrap_or_default()),
        };
        let precedente = precedente(base, jeu, periode).await?;
        Ok(SaisieOuverte { jeu, periode, brouillon, saisie, texte, precedente })
    }

    async fn periode_usuelle(&self, jeu: &Jeu) -> Result<Trimestre> {
        let brouillons = self.service.base.saisies_en_cours().await?;
        if let Some(lue) = brouillons.iter().find(|b| b.jeu == jeu.code).and_then(|b| b.periode.parse().ok()) {
            return Ok(lue);
        }
        if let Some(derniere) = self.periodes_publiables(jeu).await?.first() {
            return Ok(*derniere);
        }
        let deux = commencees(jeu.periodicite, Trimestre::contenant(self.aujourdhui())?, 2);
        let achevee = |p: &&Trimestre| jeu.periodicite == Periodicite::Changement || p.fin() < self.aujourdhui();
        deux.iter().find(achevee).or(deux.first()).copied().context("La date de la machine est hors calendrier.")
    }

    /// Writes a draft in the place of the one that was on the screen; false when somebody wrote since.
    pub(super) async fn garde(
        &self,
        agent: &Agent,
        ouverte: &SaisieOuverte,
        (lue, saisie): (u32, &Saisie),
    ) -> Result<bool> {
        let contenu = serde_json::to_string(saisie)?;
        let instant = self.service.horloge.maintenant();
        Ok(self.service.base.ecrit_saisie(ouverte.rubrique(), (lue, &contenu), (&agent.acteur, instant)).await?)
    }
}
