//! Publishing a campaign: prepare, seal in the outbox, and say what happened. Whether it may be sent
//! without a human is decided here.

use anyhow::{Context, Result, bail};
use node_storage::Base;
use node_storage::envoi::{Scellement, Suite};
use node_storage::situation::Lecture;
use publication::contenu::Contenu;
use publication::{CleSignature, Emission, Empreinte, Raison, References, SuiteChaine, sceller};
use referentiel::horloge::Horloge;
use referentiel::jeu::Jeu;
use referentiel::jeu::declaration::Declaration;
use referentiel::periode::Trimestre;

use crate::configuration::{Approbation, Configuration, Hub};
use crate::jeux::convention;
use crate::preparation::{Matiere, Preparee, prepare};

/// The jeux computed from the fiches, in the order they are published.
pub const JEUX: [&str; 2] = ["ea.dispositif", "ea.indicateurs"];

/// What publishing works with.
pub struct Emetteur<'a> {
    /// Configuration of the node.
    pub configuration: &'a Configuration,
    /// Its store.
    pub base: &'a Base,
    /// Its key.
    pub cle: &'a CleSignature,
    /// Clock.
    pub horloge: &'a dyn Horloge,
}

impl Emetteur<'_> {
    /// What would leave now.
    pub async fn prepare(&self, jeu: &Jeu, trimestre: Trimestre) -> Result<Preparee> {
        let declaration = self.declaration(jeu, trimestre).await?;
        let (courantes, precedentes) = match &declaration {
            Some(_) => (vec![], vec![]),
            None => (self.base.remontees(trimestre).await?, self.base.remontees(trimestre.precedent()).await?),
        };
        let derniere = self.contenu_publie(jeu, trimestre).await?;
        let precedente = self.contenu_publie(jeu, jeu.periodicite.precedente(trimestre)).await?;
        prepare(
            jeu,
            &Matiere {
                noeud: &self.configuration.noeud.identifiant,
                cle: self.cle,
                trimestre,
                seuils: &self.base.seuils_retenus().await?,
                departement: self.configuration.noeud.departement.as_ref(),
                declaration: declaration.as_ref(),
                courantes: &courantes,
                precedentes: &precedentes,
                derniere_revision: derniere.as_ref(),
                trimestre_precedent: precedente.as_ref(),
            },
        )
    }

    /// What was keyed for a declared jeu, or computed from the cases; none for the jeux made of fiches.
    async fn declaration(&self, jeu: &Jeu, trimestre: Trimestre) -> Result<Option<Declaration>> {
        let calcule = convention::JEUX.contains(&jeu.code.as_str());
        if !calcule && !jeu.est_declare() {
            return Ok(None);
        }
        if !jeu.periodicite.admet(trimestre) {
            bail!("Une période de {} est {} ; « {trimestre} » n’en est pas une.", jeu.code, jeu.periodicite.exemple());
        }
        let trouvee = if calcule {
            let lecture =
                Lecture { acteur: "publication", acte: "publier-convention", instant: self.horloge.maintenant() };
            convention::declaration(self.base, &jeu.code, trimestre, lecture).await?
        } else {
            self.base.declaration(&jeu.code, &trimestre.to_string()).await?
        };
        let absente = if calcule {
            "Aucun plan d’actions n’est enregistré : « maillage-node convention plan » l’enregistre.".to_owned()
        } else {
            format!("Rien n’est saisi de {} pour {trimestre} : importez d’abord son classeur.", jeu.code)
        };
        trouvee.map(Some).context(absente)
    }

    /// What readers of a campaign were last sent.
    pub async fn contenu_publie(&self, jeu: &Jeu, trimestre: Trimestre) -> Result<Option<Contenu>> {
        let derniere = self.base.derniere_revision(&jeu.code, &trimestre.to_string()).await?;
        Ok(derniere.map(|e| Contenu::lire(&e.corps)).transpose()?)
    }

    /// Prepares and seals. Nothing is sealed when the content is that of the last live revision.
    pub async fn scelle(&self, hub: &Hub, jeu: &Jeu, trimestre: Trimestre, acteur: &str) -> Result<Scellement> {
        let preparee = self.prepare(jeu, trimestre).await?;
        let instant = self.horloge.maintenant();
        let emission = Emission {
            hub: hub.identifiant.clone(),
            region: self.configuration.noeud.region.clone(),
            references: references(jeu, trimestre),
            cree_le: instant,
            essai: false,
        };
        let periode = trimestre.to_string();
        self.base
            .scelle(&jeu.code, &periode, (instant, acteur), |suite| -> Result<_> {
                Ok(sceller(&preparee.contenu, &suite_chaine(suite)?, &emission, self.cle)?)
            })
            .await
    }

    /// Seals jeux that somebody read and agrees to publish; that agreement is what the schedule waits for.
    pub async fn publie<'j>(
        &self,
        hub: &Hub,
        codes: &[&'j str],
        trimestre: Trimestre,
        acteur: &str,
    ) -> Result<Vec<(&'j str, Scellement)>> {
        let mut scellements = Vec::with_capacity(codes.len());
        for code in codes {
            let jeu = referentiel::jeu::jeu(code).with_context(|| format!("Le jeu {code} manque."))?;
            scellements.push((*code, self.scelle(hub, jeu, trimestre, acteur).await?));
            self.approuve(jeu, trimestre, acteur).await?;
        }
        Ok(scellements)
    }

    /// Whether the schedule may publish this jeu for this campaign without a human.
    pub async fn peut_partir_seule(&self, jeu: &Jeu, trimestre: Trimestre) -> Result<bool> {
        Ok(self.configuration.publication.approbation == Approbation::Automatique
            || self.base.approuvee(&jeu.code, &trimestre.to_string()).await?)
    }

    /// Notes that somebody agreed to publish.
    pub async fn approuve(&self, jeu: &Jeu, trimestre: Trimestre, acteur: &str) -> Result<()> {
        Ok(self.base.approuve(&jeu.code, &trimestre.to_string(), acteur, self.horloge.maintenant()).await?)
    }
}

/// Versions pinned in the envelope: the hub re-checks with the very same ones.
fn references(jeu: &Jeu, trimestre: Trimestre) -> References {
    References {
        catalogue: format!("{}@{}", jeu.code, jeu.version),
        thresholds: format!("{}@{}", jeu.code, jeu.version),
        campaign: trimestre.to_string(),
    }
}

/// Where the envelope stands, as the store says.
pub fn suite_chaine(suite: &Suite) -> Result<SuiteChaine> {
    let lit = |texte: &Option<String>| texte.as_deref().map(str::parse::<Empreinte>).transpose();
    Ok(SuiteChaine {
        seq: suite.seq,
        prev: lit(&suite.precedente)?,
        rev: u64::from(suite.revision),
        supersedes: lit(&suite.remplace)?,
        raison: if suite.revision == 1 { Raison::Premiere } else { Raison::Correction },
    })
}
