//! Good practices: the catalogue as the pages show it, and the acts of a centre and of who reads what it proposes.

use std::collections::BTreeMap;

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use hub_storage::pratique::EtatPratique;
use referentiel::identifiant::IdentifiantNoeud;

use super::mutation::{RefusMetier, moment, motif_requis, refus_d_etat};
use super::requete::{guichet, refus, refuse};
use super::types::Emetteur;
use crate::acces::Guichet;
use crate::pratique::{self, FichePratique, PratiqueImpossible, Recherche};

/// Fiches qu’une réponse peut compter.
const FICHES: usize = 100;

/// Une rubrique d’une fiche.
#[derive(SimpleObject)]
pub struct RubriquePratique {
    /// Code de la rubrique, dans le jeu « pratiques ».
    pub champ: String,
    /// Valeur.
    pub valeur: String,
}

/// Une rubrique écrite.
#[derive(InputObject)]
pub struct RubriqueEcrite {
    /// Code de la rubrique, dans le jeu « pratiques ».
    pub champ: String,
    /// Valeur.
    pub valeur: String,
}

/// Ce que l’appelant peut faire d’une fiche, maintenant.
#[derive(SimpleObject)]
pub struct DroitsPratique {
    /// Publier ou refuser la fiche.
    pub decider: bool,
    /// Déclarer qu’un de ses centres l’adopte.
    pub adopter: bool,
}

/// Une bonne pratique, publiée par un nœud ou proposée depuis les pages.
#[derive(SimpleObject)]
pub struct BonnePratique {
    /// Référence, la même d’une publication à l’autre.
    pub reference: String,
    /// Centre qui l’a écrite.
    pub emetteur: Emetteur,
    /// proposee, publiee ou refusee.
    pub etat: &'static str,
    /// Motif d’un refus.
    pub motif: Option<String>,
    /// Rubriques.
    pub rubriques: Vec<RubriquePratique>,
    /// Codes des centres qui l’ont adoptée.
    pub adoptee_par: Vec<String>,
    /// Ce que l’appelant peut en faire.
    pub droits: DroitsPratique,
}

impl BonnePratique {
    fn de(f: FichePratique, guichet: &Guichet) -> Self {
        let droits = DroitsPratique {
            decider: pratique::peut_decider(guichet, &f),
            adopter: !pratique::adoptants(guichet, &f).is_empty(),
        };
        Self {
            droits,
            reference: f.reference,
            emetteur: Emetteur { identifiant: f.noeud, nom: f.emetteur_nom, organisme: f.organisme },
            etat: f.etat.code(),
            motif: f.motif,
            rubriques: f.champs.into_iter().map(|(champ, valeur)| RubriquePratique { champ, valeur }).collect(),
            adoptee_par: f.adoptee_par.into_iter().map(|(organisme, _)| organisme).collect(),
        }
    }
}

/// Suite donnée à une demande sur une bonne pratique.
#[derive(SimpleObject)]
pub struct SuitePratique {
    /// La fiche, si la demande a été suivie.
    pub pratique: Option<BonnePratique>,
    /// Pourquoi elle ne l’a pas été.
    pub refus: Vec<RefusMetier>,
}

/// Lecture des bonnes pratiques.
#[derive(Default)]
pub struct LecturePratiques;

#[Object]
impl LecturePratiques {
    /// Bonnes pratiques, qu’un nœud les publie ou qu’un centre les propose depuis les pages ; cent au plus.
    #[graphql(complexity = "FICHES * child_complexity")]
    async fn bonnes_pratiques(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Mots cherchés, sans accents ni casse", default)] recherche: String,
        #[graphql(desc = "Code du thème")] theme: Option<String>,
        #[graphql(desc = "Centre qui l’a écrite")] emetteur: Option<String>,
    ) -> Result<Vec<BonnePratique>> {
        let guichet = guichet(ctx)?;
        let voulues = Recherche { mots: recherche, theme, emetteur };
        let trouvees = pratique::cherche(pratique::catalogue(guichet).await.map_err(refuse)?, &voulues);
        Ok(trouvees.into_iter().take(FICHES).map(|f| BonnePratique::de(f, guichet)).collect())
    }
}

/// Actions sur les bonnes pratiques.
#[derive(Default)]
pub struct ActesPratiques;

#[Object]
impl ActesPratiques {
    /// Proposer une bonne pratique d’un centre ; elle attend une relecture. La même référence deux fois n’en propose qu’une.
    async fn pratique_proposer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Référence choisie par l’appelant : 22 lettres ou chiffres")] reference: String,
        emetteur: String,
        rubriques: Vec<RubriqueEcrite>,
    ) -> Result<SuitePratique> {
        if reference.len() != 22 || !reference.bytes().all(|o| o.is_ascii_alphanumeric() || b"-_".contains(&o)) {
            return Err(refus("REFERENCE_INVALIDE", "Une référence compte 22 lettres, chiffres, « - » ou « _ »."));
        }
        let ecrits: BTreeMap<String, String> = rubriques.into_iter().map(|r| (r.champ, r.valeur)).collect();
        let guichet = guichet(ctx)?;
        suite(guichet, pratique::propose(guichet, &reference, &emetteur, ecrits, moment(ctx)?).await)
    }

    /// Publier une bonne pratique proposée.
    async fn pratique_publier(&self, ctx: &Context<'_>, reference: String) -> Result<SuitePratique> {
        let guichet = guichet(ctx)?;
        suite(guichet, pratique::decide(guichet, &reference, EtatPratique::Publiee, "", moment(ctx)?).await)
    }

    /// Refuser une bonne pratique proposée, avec un motif.
    async fn pratique_refuser(&self, ctx: &Context<'_>, reference: String, motif: String) -> Result<SuitePratique> {
        let guichet = guichet(ctx)?;
        suite(guichet, pratique::decide(guichet, &reference, EtatPratique::Refusee, &motif, moment(ctx)?).await)
    }

    /// Déclarer qu’un centre adopte une bonne pratique publiée.
    async fn pratique_adopter(
        &self,
        ctx: &Context<'_>,
        reference: String,
        #[graphql(desc = "Centre qui l’adopte")] emetteur: String,
    ) -> Result<SuitePratique> {
        let centre: IdentifiantNoeud = emetteur.parse().map_err(|_| {
            refus("IDENTIFIANT_INVALIDE", "Un centre se nomme par l’identifiant de son nœud : cdg- suivi du SIREN.")
        })?;
        let guichet = guichet(ctx)?;
        suite(guichet, pratique::adopte(guichet, &reference, centre.as_str(), moment(ctx)?).await)
    }
}

/// A refusal of the business is part of the answer; one of access is an error.
fn suite(guichet: &Guichet, issue: Result<FichePratique, PratiqueImpossible>) -> Result<SuitePratique> {
    let refus = match issue {
        Ok(fiche) => {
            return Ok(SuitePratique { pratique: Some(BonnePratique::de(fiche, guichet)), refus: vec![] });
        }
        Err(PratiqueImpossible::Refus(erreur)) => return Err(refuse(erreur)),
        Err(PratiqueImpossible::Motif) => vec![motif_requis("motif")],
        Err(PratiqueImpossible::Champs(fautes)) => fautes
            .into_iter()
            .map(|f| RefusMetier { code: "RUBRIQUE_REFUSEE", champ: Some("rubriques"), message: f.message })
            .collect(),
        Err(autre) => vec![refus_d_etat(&autre.to_string())],
    };
    Ok(SuitePratique { pratique: None, refus })
}
