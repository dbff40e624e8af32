//! The committee file of a campaign and a region: the sentences, charts and tables of the pages, in the order of a
//! meeting, under the rights of whoever asks. Nothing is computed here, and nothing depends on the clock: the same
//! register gives the same file.

mod comparaison;
mod conventions;
mod impression;
mod indicateurs;
mod methode;
mod plateformes;
mod pratiques;
mod rubrique;
mod synthese;

use chrono::{DateTime, NaiveDate, Utc};
use hub_storage::campagne::{Campagne, EtatCampagne};
use referentiel::format;
use web::document::{Bloc, Document, Section};

use super::pages::pilotage::{Avancement, avancement};
use super::pages::{libelle, nom_region};
use super::tableau::{self, Colonnes, Tableau};
use crate::acces::{Guichet, Refus};

pub use impression::{ImpressionImpossible, dessine, imprime};
pub use rubrique::{ChoixRefuse, Rubrique};

/// Longest comment: two pages.
const COMMENTAIRE: usize = 8_000;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Demande {
    /// Campaign.
    pub campagne: String,
    /// INSEE code of the region.
    pub region: String,
    /// The state of the register to describe; that of now without it.
    pub a_la_date: Option<DateTime<Utc>>,
    /// Sections, in their order.
    pub rubriques: Vec<Rubrique>,
    /// A word of whoever presents the file.
    pub commentaire: Option<Commentaire>,
}

impl Demande {
    /// The whole file of a campaign, as it is now.
    pub fn nouvelle(campagne: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            campagne: campagne.into(),
            region: region.into(),
            a_la_date: None,
            rubriques: Rubrique::TOUTES.to_vec(),
            commentaire: None,
        }
    }
}

/// A word of whoever presents the file: paragraphs, about no person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commentaire(Vec<String>);

/// Why a comment is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommentaireRefuse {
    /// Too long.
    #[error("Le commentaire compte {0} signes ; il en tient {COMMENTAIRE} au plus, soit deux pages.")]
    Long(usize),
    /// It may tell of a person.
    #[error("Le commentaire contient {0} : retirez-la, un dossier de comité ne désigne personne.")]
    Personne(publication::pii::Soupcon),
}

impl Commentaire {
    /// Reads a comment, a paragraph at each empty line; none when nothing is written.
    pub fn lit(texte: &str) -> Result<Option<Self>, CommentaireRefuse> {
        let texte = texte.replace("\r\n", "\n");
        let signes = texte.chars().count();
        if signes > COMMENTAIRE {
            return Err(CommentaireRefuse::Long(signes));
        }
        // A day is no secret in a comment: the next meeting has a date.
        if let Some(soupcon) = publication::pii::soupcon(&texte).filter(|s| *s != publication::pii::Soupcon::Date) {
            return Err(CommentaireRefuse::Personne(soupcon));
        }
        let propre = |p: &str| p.split_whitespace().collect::<Vec<_>>().join(" ");
        let paragraphes: Vec<String> = texte.split("\n\n").map(propre).filter(|p| !p.is_empty()).collect();
        Ok((!paragraphes.is_empty()).then_some(Self(paragraphes)))
    }
}

/// What the sections are made from.
struct Seance<'a> {
    /// The counter on the present: what is not told campaign by campaign.
    guichet: &'a Guichet,
    /// The counter on the campaign, as it is or as it was.
    passe: Guichet,
    demande: &'a Demande,
    campagne: &'a Campagne,
    /// None for those who may not know who has sent.
    avancement: Option<Avancement>,
    departements: Tableau,
}

/// The file; none when the campaign does not exist.
pub async fn compose(guichet: &Guichet, demande: &Demande) -> Result<Option<Document>, Refus> {
    let passe = guichet.a_la_date(demande.a_la_date, Some(&demande.campagne)).await?;
    let toutes = guichet.campagnes(demande.a_la_date).await?;
    let Some(rang) = toutes.iter().position(|c| c.code == demande.campagne) else { return Ok(None) };
    let Some(campagne) = toutes.get(rang) else { return Ok(None) };
    let recu = recu_le(&passe, campagne).await?;
    let moment = demande.a_la_date.or(recu);
    let jour = moment.map_or(campagne.date_evenement, |m| m.with_timezone(&chrono_tz::Europe::Paris).date_naive());
    let region = Some(demande.region.as_str());
    let avancement = match avancement(guichet, &toutes, rang, region, demande.a_la_date, fin(moment, campagne)).await {
        Err(Refus::Acces(_)) => None,
        lu => Some(lu?),
    };
    let departements = tableau::de_la_region(&passe, &campagne.code, &demande.region, Colonnes::Departements).await?;
    let seance = Seance { guichet, passe, demande, campagne, avancement, departements };
    let (sections, absentes) = seance.sections().await?;
    Ok(Some(Document {
        identifiant: format!("maillage/comite/{}/{}", campagne.code, demande.region),
        date: jour,
        titre: format!("Dossier de comité de pilotage, {}", libelle(&campagne.code)),
        sous_titre: nom_region(&demande.region),
        auteur: guichet.configuration().hub.nom.clone(),
        provisoire: campagne.etat != EtatCampagne::Close,
        mentions: mentions(guichet, campagne, jour, &absentes),
        sections,
    }))
}

impl Seance<'_> {
    /// The sections that have something to show this reader, and the names of the others.
    async fn sections(&self) -> Result<(Vec<Section>, Vec<&'static str>), Refus> {
        let (mut sections, mut absentes) = (Vec::new(), Vec::new());
        for rubrique in &self.demande.rubriques {
            match self.blocs(*rubrique).await? {
                Some(blocs) => sections.push(Section { titre: rubrique.libelle().to_owned(), blocs }),
                // A comment that nobody wrote is not missing.
                None if *rubrique == Rubrique::Commentaire => {}
                None => absentes.push(rubrique.libelle()),
            }
        }
        Ok((sections, absentes))
    }

    async fn blocs(&self, rubrique: Rubrique) -> Result<Option<Vec<Bloc>>, Refus> {
        Ok(match rubrique {
            Rubrique::Synthese => Some(synthese::blocs(self)),
            Rubrique::Commentaire => {
                self.demande.commentaire.as_ref().map(|c| c.0.iter().cloned().map(Bloc::Paragraphe).collect())
            }
            Rubrique::Completude => self.avancement.as_ref().map(|a| vec![Bloc::Table(a.matrice.clone())]),
            Rubrique::EmploiAccompagne => Some(indicateurs::blocs(&self.departements)),
            Rubrique::Plateformes => plateformes::blocs(self).await?,
            Rubrique::Conventions => conventions::blocs(self).await?,
            Rubrique::Comparaison => comparaison::blocs(self).await?,
            Rubrique::Pratiques => pratiques::blocs(self).await?,
            Rubrique::Methode => Some(methode::blocs(&self.departements)),
        })
    }
}

async fn recu_le(guichet: &Guichet, campagne: &Campagne) -> Result<Option<DateTime<Utc>>, Refus> {
    match guichet.completude(&campagne.code).await {
        Err(Refus::Acces(_)) => Ok(None),
        lues => Ok(lues?.iter().filter_map(|l| l.recu_le).max()),
    }
}

/// Lateness is counted to the date of the file, not to the day it is printed.
fn fin(moment: Option<DateTime<Utc>>, campagne: &Campagne) -> DateTime<Utc> {
    moment.or(campagne.limite_depot).unwrap_or_default()
}

fn mentions(guichet: &Guichet, campagne: &Campagne, jour: NaiveDate, absentes: &[&str]) -> Vec<(String, String)> {
    let ligne = |nom: &str, mots: String| (nom.to_owned(), mots);
    let situation = format::date_longue(campagne.date_evenement);
    let mut lignes = vec![
        ligne("Campagne", format!("{}, situation au {situation}", libelle(&campagne.code))),
        ligne("Arrêté au", format::date_longue(jour)),
        ligne("Destinataire", guichet.appelant().role.map_or("tout public", |r| r.libelle()).to_owned()),
        ligne("Source", guichet.configuration().hub.nom.clone()),
    ];
    if !absentes.is_empty() {
        lignes.push(ligne("Sans rien à montrer à ce destinataire", absentes.join(", ")));
    }
    lignes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_paragraphs_and_designates_nobody() {
        let lu = Commentaire::lit("Un  mot\r\nsuivi.\r\n\r\n\r\nPuis un autre, le 12/03/2026.\n").unwrap().unwrap();
        assert_eq!(lu.0, ["Un mot suivi.", "Puis un autre, le 12/03/2026."]);
        assert_eq!(Commentaire::lit(" \n\n "), Ok(None));
        let refus = Commentaire::lit("dossier 1 84 12 70 123 456 78").unwrap_err();
        assert!(refus.to_string().contains("sécurité sociale"), "{refus}");
        assert!(Commentaire::lit("Voir BFC01ABCDEFGH1").is_err());
        assert!(Commentaire::lit(&"x ".repeat(COMMENTAIRE)).unwrap_err().to_string().contains("16000"));
    }
}
