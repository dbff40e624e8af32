//! Correction of one fiche in a page. What is typed becomes a cell of the slice's workbook, which goes through
//! the very checks of an import and is stored as one: same rules, same history, same undo.

use std::sync::Arc;

use anyhow::Context as _;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use referentiel::controle::{Fiche, Severite};
use sha2::{Digest, Sha256};
use tableur::modele::Champ;
use tableur::{AnomalieSituee, Valeur};
use web::{Avis, Ton};

use super::Pages;
use super::campagne::Choix;
use super::champ::{ChampSaisi, Fautes, Groupe, erreurs_en, modifiable, nom};
use super::fiches::{Dossier, adresse, texte};
use super::rendu::{Entete, Onglet, Refus, fait};
use super::session::{Agent, Champs, Formulaire};
use crate::saisie::modele::Tranche;
use crate::saisie::{Statut, Verdict};

#[derive(Debug, Template)]
#[template(path = "edition.html")]
struct Edition<'a> {
    titre: &'a str,
    groupes: Vec<Groupe>,
    fautes: Fautes,
    version: String,
    retour: &'a str,
    jeton: &'a str,
}

/// Which rows of the slice a form is about.
struct Cible {
    dossier: Dossier,
    lignes: Vec<(Fiche, usize, &'static str)>,
    titre: &'static str,
    retour: String,
    reference: String,
}

/// `GET /dispositifs/{reference}/modifier`
pub async fn dispositif(
    State(pages): State<Arc<Pages>>,
    Path(reference): Path<String>,
    Query(choix): Query<Choix>,
    agent: Agent,
) -> Result<Response, Refus> {
    let cible = cible_dispositif(&pages, reference, choix).await?;
    Ok(formulaire(&pages, &agent, &cible, None, None))
}

/// `POST /dispositifs/{reference}/modifier`
pub async fn corrige_dispositif(
    State(pages): State<Arc<Pages>>,
    Path(reference): Path<String>,
    Query(choix): Query<Choix>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let cible = cible_dispositif(&pages, reference, choix).await?;
    corrige(&pages, &agent, cible, &champs).await
}

/// `GET /dispositifs/{reference}/personnes/{repere}/modifier`
pub async fn personne(
    State(pages): State<Arc<Pages>>,
    Path(chemin): Path<(String, String)>,
    Query(choix): Query<Choix>,
    agent: Agent,
) -> Result<Response, Refus> {
    let cible = cible_personne(&pages, chemin, choix).await?;
    Ok(formulaire(&pages, &agent, &cible, None, None))
}

/// `POST /dispositifs/{reference}/personnes/{repere}/modifier`
pub async fn corrige_personne(
    State(pages): State<Arc<Pages>>,
    Path(chemin): Path<(String, String)>,
    Query(choix): Query<Choix>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let cible = cible_personne(&pages, chemin, choix).await?;
    corrige(&pages, &agent, cible, &champs).await
}

async fn cible_dispositif(pages: &Pages, reference: String, choix: Choix) -> Result<Cible, Refus> {
    let dossier = pages.dossier(&reference, choix.campagne).await?.enregistre()?;
    let retour = format!("/dispositifs/{reference}?campagne={}", dossier.trimestre);
    let lignes = vec![(Fiche::Dispositif, 0, "Fiche dispositif")];
    Ok(Cible { dossier, lignes, titre: "Modifier le dispositif", retour, reference })
}

async fn cible_personne(pages: &Pages, (reference, repere): (String, String), choix: Choix) -> Result<Cible, Refus> {
    let dossier = pages.dossier(&reference, choix.campagne).await?.enregistre()?;
    let rang = dossier.rang_de(pages, &repere)?;
    let retour = adresse(&reference, &repere, dossier.trimestre);
    let mut lignes = vec![(Fiche::Personne, rang, "Fiche personne")];
    lignes.extend(dossier.evenement_de(rang).map(|e| (Fiche::Evenement, e, "Évènement de la campagne")));
    Ok(Cible { dossier, lignes, titre: "Modifier la fiche personne", retour, reference })
}

impl Cible {
    /// What the form was made from: two people cannot overwrite each other without noticing.
    fn version(&self) -> String {
        let mut condense = Sha256::new();
        for (fiche, rang, _) in &self.lignes {
            let feuille = self.dossier.modele.feuille(*fiche);
            for champ in feuille.champs() {
                let valeur = self.dossier.ligne(*fiche, *rang).map(|l| l.valeur(feuille, &champ.identifiant));
                condense.update(valeur.map(|v| texte(champ, &v)).unwrap_or_default());
                condense.update([0]);
            }
        }
        condense.finalize().iter().take(16).map(|o| format!("{o:02x}")).collect()
    }

    /// The slice with what was typed, or nothing when nothing changed.
    fn corrigee(&self, champs: &Champs) -> Option<Tranche> {
        let mut tranche = self.dossier.tranche.clone();
        let mut change = false;
        for (fiche, rang, _) in &self.lignes {
            let feuille = self.dossier.modele.feuille(*fiche);
            let Tranche([dispositifs, personnes, evenements]) = &mut tranche;
            let lignes = match fiche {
                Fiche::Dispositif => dispositifs,
                Fiche::Personne => personnes,
                Fiche::Evenement => evenements,
            };
            let Some(ligne) = lignes.get_mut(*rang) else { continue };
            for champ in feuille.champs().iter().filter(|c| modifiable(c)) {
                let tape = champs.valeur(&nom(*fiche, champ));
                if texte(champ, &ligne.valeur(feuille, &champ.identifiant)) != tape {
                    let valeur = if tape.is_empty() { Valeur::Vide } else { Valeur::Texte(tape.to_owned().into()) };
                    *ligne = ligne.clone().avec(feuille, &champ.identifiant, valeur);
                    change = true;
                }
            }
        }
        change.then_some(tranche)
    }
}

async fn corrige(pages: &Arc<Pages>, agent: &Agent, cible: Cible, champs: &Champs) -> Result<Response, Refus> {
    if champs.valeur("version") != cible.version() {
        let texte = "Cette fiche a changé pendant que vous la modifiiez : un import ou une autre personne l’a réécrite. Rien n’a été enregistré ; relisez-la et recommencez.";
        let avis = Avis { ton: Ton::Erreur, texte: texte.to_owned(), geste: None };
        return Ok(pages.va(agent, &cible.retour, avis));
    }
    let Some(tranche) = cible.corrigee(champs) else {
        return Ok(pages.va(agent, &cible.retour, fait("Rien n’a changé.")));
    };
    let octets = tranche
        .classeur(&cible.dossier.modele, pages.aujourdhui())
        .context("La fiche corrigée n’a pas pu être préparée.")?;
    let verdict = pages.verifie(octets, Some(cible.dossier.trimestre)).await?;
    if verdict.statut == Statut::Bloque || verdict.statut == Statut::Illisible {
        return Ok(formulaire(pages, agent, &cible, Some(champs), Some(&verdict)));
    }
    let origine = format!("Correction en page, {}", cible.reference);
    pages.importe(agent, &verdict, &origine, &cible.retour).await
}

fn formulaire(
    pages: &Pages,
    agent: &Agent,
    cible: &Cible,
    tapes: Option<&Champs>,
    verdict: Option<&Verdict>,
) -> Response {
    let anomalies = verdict.map_or(&[][..], |v| &v.anomalies);
    let bloquantes: Vec<&AnomalieSituee> = anomalies.iter().filter(|a| a.severite == Severite::Bloquant).collect();
    let groupes: Vec<Groupe> = cible
        .lignes
        .iter()
        .map(|(fiche, rang, titre)| {
            let feuille = cible.dossier.modele.feuille(*fiche);
            let champs = feuille.champs().iter().filter(|c| modifiable(c)).map(|c| {
                let erreurs = erreurs_en(anomalies, feuille, *rang, c);
                saisi(cible, (*fiche, *rang), c, tapes, erreurs)
            });
            Groupe::nouveau(*titre, champs.collect())
        })
        .collect();
    let dites: Vec<&String> = groupes.iter().flat_map(|g| &g.champs).flat_map(|c| &c.erreurs).collect();
    let ailleurs = bloquantes.iter().map(|a| &a.message).filter(|m| !dites.contains(m)).cloned().collect();
    let contenu = Edition {
        titre: cible.titre,
        fautes: Fautes::nouvelles("rien n’est enregistré", &groupes, ailleurs),
        groupes,
        version: cible.version(),
        retour: &cible.retour,
        jeton: &agent.jeton,
    };
    let trimestre = cible.dossier.trimestre;
    let titre = if bloquantes.is_empty() { cible.titre.to_owned() } else { format!("Erreur : {}", cible.titre) };
    let entete = Entete::nouveau(Onglet::Dispositifs, &titre)
        .sous(format!("/dispositifs?campagne={trimestre}"), "Dispositifs et fiches")
        .sous(format!("/dispositifs/{}?campagne={trimestre}", cible.reference), cible.reference.clone());
    let statut = if bloquantes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let avis = pages.sessions.avis(agent);
    pages.page_avec(statut, entete, avis.as_ref(), &contenu)
}

fn saisi(
    cible: &Cible,
    (fiche, rang): (Fiche, usize),
    champ: &Champ,
    tapes: Option<&Champs>,
    erreurs: Vec<String>,
) -> ChampSaisi {
    let feuille = cible.dossier.modele.feuille(fiche);
    let enregistre = cible
        .dossier
        .ligne(fiche, rang)
        .map(|l| texte(champ, &l.valeur(feuille, &champ.identifiant)))
        .unwrap_or_default();
    let valeur = tapes.map_or(enregistre, |t| t.valeur(&nom(fiche, champ)).to_owned());
    ChampSaisi::de_fiche(fiche, champ, valeur, erreurs)
}
