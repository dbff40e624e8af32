//! A campaign opened for keying: its draft if somebody began one, over what is stored of it or of the one before.

use std::borrow::Cow;

use anyhow::{Context as _, Result};
use dossier::Remontee;
use node_storage::saisie_en_cours::Rubrique;
use referentiel::periode::Trimestre;
use tableur::Modele;

use super::super::Pages;
use super::super::rendu::Refus;
use super::super::session::{Agent, Champs};
use crate::saisie::preparation::{Preparation, depart};

/// What stands before the dispositif in the name of a draft.
pub const PREFIXE: &str = "fiches/";

/// A campaign of a dispositif, being keyed.
#[derive(Debug)]
pub struct CampagneOuverte {
    /// Dispositif.
    pub reference: String,
    /// What it starts from and what was typed.
    pub preparation: Preparation,
    /// The writing that is on the screen, 0 without a draft.
    pub numero: u32,
    /// True when the last writing can be undone.
    pub defaisable: bool,
    /// The campaign before, as a help to whoever types.
    pub precedente: Option<Remontee>,
    /// Layout of the rows.
    pub modele: Cow<'static, Modele>,
    periode: String,
    cle: String,
}

impl CampagneOuverte {
    /// Its campaign.
    pub fn trimestre(&self) -> Trimestre {
        self.preparation.depart.trimestre
    }

    /// The draft's place in the store.
    pub fn rubrique(&self) -> Rubrique<'_> {
        Rubrique { jeu: &self.cle, version: self.modele.version(), periode: &self.periode }
    }

    /// True when a form was made from the draft as it is now: two people cannot overwrite each other unseen.
    pub fn relue(&self, champs: &Champs) -> bool {
        champs.valeur("numero") == self.numero.to_string()
    }

    /// The page of the dispositif.
    pub fn adresse(&self) -> String {
        format!("/dispositifs/{}?campagne={}", self.reference, self.periode)
    }

    /// What is done with the draft as a whole.
    pub fn geste(&self, geste: &str) -> String {
        format!("/dispositifs/{}/saisie/{geste}?campagne={}", self.reference, self.periode)
    }
}

impl Pages {
    /// Opens a campaign of a dispositif.
    pub(in super::super) async fn ouvre_campagne(
        &self,
        reference: &str,
        choix: Option<Trimestre>,
    ) -> Result<CampagneOuverte, Refus> {
        let trimestre = self.campagne(choix).await?;
        let (depart, enregistree) = self.depart(reference, trimestre).await?;
        let precedentes = self.service.base.remontees(trimestre.precedent()).await?;
        let modele = self.modele()?;
        let mut ouverte = CampagneOuverte {
            reference: reference.to_owned(),
            preparation: Preparation::nouvelle(depart, enregistree, Default::default()),
            numero: 0,
            defaisable: false,
            precedente: precedentes.into_iter().find(|r| concerne(r, reference)),
            modele,
            periode: trimestre.to_string(),
            cle: format!("{PREFIXE}{reference}"),
        };
        if let Some(brouillon) = self.service.base.saisie_en_cours(ouverte.rubrique()).await? {
            let saisies = serde_json::from_str(&brouillon.contenu).context("Le brouillon enregistré ne se lit pas.")?;
            let Preparation { depart, enregistree, .. } = ouverte.preparation;
            ouverte.preparation = Preparation::nouvelle(depart, enregistree, saisies);
            ouverte.numero = brouillon.numero;
            ouverte.defaisable = brouillon.defaisable;
        }
        Ok(ouverte)
    }

    /// Writes the draft in the place of the one that was on the screen; false when somebody wrote since.
    pub(super) async fn garde_campagne(&self, agent: &Agent, ouverte: &mut CampagneOuverte) -> Result<bool> {
        // An empty event is judged, which says what it lacks, and not kept.
        let contenu = serde_json::to_string(&ouverte.preparation.saisies.clone().sans_vides())?;
        let instant = self.service.horloge.maintenant();
        let ecrite = (ouverte.numero, contenu.as_str());
        let garde = self.service.base.ecrit_saisie(ouverte.rubrique(), ecrite, (&agent.acteur, instant)).await?;
        ouverte.numero += u32::from(garde);
        Ok(garde)
    }

    /// The fiches a dispositif's campaign starts from, and whether they are those of the campaign itself.
    pub(in super::super) async fn depart(
        &self,
        reference: &str,
        trimestre: Trimestre,
    ) -> Result<(Remontee, bool), Refus> {
        let toutes = self.remontees_a_tenir(trimestre).await?;
        toutes.into_iter().find(|(r, _)| concerne(r, reference)).ok_or_else(|| {
            Refus::introuvable(format!(
                "Le dispositif {reference} n’a pas de fiche pour le {}, ni pour le trimestre d’avant.",
                trimestre.libelle_long()
            ))
        })
    }

    /// The fiches of a campaign, dispositif by dispositif: stored, else those that the one before leads to.
    pub(in super::super) async fn remontees_a_tenir(&self, trimestre: Trimestre) -> Result<Vec<(Remontee, bool)>> {
        let stockees = self.service.base.remontees(trimestre).await?;
        let annoncee = self.service.configuration.campagne_de(trimestre);
        let date = annoncee.and_then(|c| c.date).unwrap_or(trimestre.fin());
        let mut a_tenir = Vec::new();
        for precedente in self.service.base.remontees(trimestre.precedent()).await? {
            let reference = precedente.dispositifs.first().map(|d| d.reference.to_string()).unwrap_or_default();
            if !stockees.iter().any(|r| concerne(r, &reference)) {
                a_tenir.push((depart(&precedente, trimestre, date), false));
            }
        }
        Ok(stockees.into_iter().map(|r| (r, true)).chain(a_tenir).collect())
    }

    /// Campaigns that can be keyed, most recent first: those that are known, and the one that has begun since the last.
    pub(in super::super) async fn campagnes_a_tenir(&self) -> Result<Vec<Trimestre>> {
        let mut toutes = self.campagnes().await?;
        if let Some(suivante) = self.service.base.campagnes().await?.last().map(|t| t.suivant())
            && suivante.debut() <= self.aujourdhui()
            && !toutes.contains(&suivante)
        {
            toutes.push(suivante);
            toutes.sort_unstable();
            toutes.reverse();
        }
        Ok(toutes)
    }
}

fn concerne(remontee: &Remontee, reference: &str) -> bool {
    remontee.dispositifs.iter().any(|d| d.reference.as_str() == reference)
}
