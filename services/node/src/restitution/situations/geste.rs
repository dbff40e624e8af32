//! What is done with a case: added, corrected, a document noted, an import undone. A case written here is an import of one
//! row, so it is undone like one.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use dossier::convention::cas::Cas;
use dossier::convention::suivi::Suivi;
use node_storage::bilan::PieceDeposee;
use node_storage::import::Issue;
use node_storage::situation::{Lecture, TableauAImporter};
use referentiel::controle::Severite;
use referentiel::format::compte;
use sha2::{Digest as _, Sha256};
use tableur::AnomalieSituee;
use web::{Avis, Geste, Ton};

use super::super::Pages;
use super::super::rendu::{Refus, fait};
use super::super::session::{Agent, Champs, Depose, Formulaire};
use super::fiche::{Rempli, champs_de, nom, page, page_nouvelle, textes_de, trouve, version};
use super::{Choix, adresse};
use crate::situations::saisie::{ChampDeCas, EN_PAGE, champs, complete, lit};

/// `POST /convention/situations/{repere}?suivi=…`
pub async fn corrige(
    State(pages): State<Arc<Pages>>,
    Path(repere): Path<String>,
    Query(choix): Query<Choix>,
    Formulaire { agent, champs: tapes }: Formulaire,
) -> Result<Response, Refus> {
    let suivies = pages.suivies(choix.suivi()?, &agent, "lire-situation").await?;
    let garde = trouve(&pages, &suivies, &repere)?;
    let suivi = suivies.suivi;
    let retour = adresse(suivi, &repere);
    if tapes.valeur("version") != version(&garde.cas)? {
        let texte = "Cette situation a changé pendant que vous la modifiiez : rien n’est enregistré. Relisez-la et recommencez.";
        return Ok(pages.va(&agent, &retour, Avis { ton: Ton::Erreur, texte: texte.to_owned(), geste: None }));
    }
    let champs = champs_de(&suivies, &garde.cas);
    let avant = textes_de(&garde.cas, &champs);
    let textes: Vec<String> = champs
        .iter()
        .zip(avant)
        .map(|(c, avant)| if c.champ == "id" { avant } else { tapes.valeur(&nom(c)).to_owned() })
        .collect();
    let action = &garde.cas.situation.action;
    match pages.lue((suivi, action), &champs, &textes)? {
        Ok(saisi) => {
            let cas = complete(saisi, &garde.cas, &champs);
            pages.garde_cas(&agent, (&cas, &garde.correspondance), &retour).await
        }
        Err(anomalies) => {
            page(&pages, &agent, &suivies, garde, &Rempli { champs: &champs, textes: &textes, anomalies: &anomalies })
        }
    }
}

/// `POST /convention/situations/nouvelle?suivi=…&action=…`
pub async fn ajoute(
    State(pages): State<Arc<Pages>>,
    Query(choix): Query<Choix>,
    Formulaire { agent, champs: tapes }: Formulaire,
) -> Result<Response, Refus> {
    let suivi = choix.suivi()?;
    if !suivi.connait(&choix.action) {
        return Err(Refus::introuvable("Cette action n’est pas suivie : revenez à la liste et choisissez-la."));
    }
    let champs = champs(suivi, &choix.action, 0);
    let textes = textes_tapes(&champs, &tapes);
    let suivies = pages.suivies(suivi, &agent, "ajouter-situation").await?;
    let lue = pages.lue((suivi, &choix.action), &champs, &textes)?;
    let anomalies = match lue {
        Ok(cas) if suivies.gardes.iter().any(|g| g.cas.situation.id == cas.situation.id) => {
            let id = &cas.situation.id;
            vec![de_numero(format!("Le numéro « {id} » est déjà celui d’une situation : donnez-en un autre."))]
        }
        Ok(cas) => {
            let retour = adresse(suivi, &pages.repere_de_cas(suivi, &cas.situation.id));
            return pages.garde_cas(&agent, (&cas, EN_PAGE), &retour).await;
        }
        Err(anomalies) => anomalies,
    };
    let rempli = Rempli { champs: &champs, textes: &textes, anomalies: &anomalies };
    Ok(page_nouvelle(&pages, &agent, suivi, &choix.action, Some(&rempli)))
}

fn textes_tapes(champs: &[ChampDeCas], tapes: &Champs) -> Vec<String> {
    champs.iter().map(|c| tapes.valeur(&nom(c)).to_owned()).collect()
}

/// An anomaly of the number of the case, which is the first field of its form.
fn de_numero(message: String) -> AnomalieSituee {
    AnomalieSituee {
        controle: "numero-repete".to_owned(),
        severite: Severite::Bloquant,
        feuille: None,
        cellule: Some("A2".to_owned()),
        lu: None,
        attendu: None,
        message,
        correction: None,
        nombre: None,
    }
}

/// `POST /convention/situations/{repere}/pieces?suivi=…`: the name and the digest of a file, which stays where it is.
pub async fn depose(
    State(pages): State<Arc<Pages>>,
    Path(repere): Path<String>,
    Query(choix): Query<Choix>,
    Depose { agent, champs, fichier, octets }: Depose,
) -> Result<Response, Refus> {
    let suivies = pages.suivies(choix.suivi()?, &agent, "lire-situation").await?;
    let cas = &trouve(&pages, &suivies, &repere)?.cas;
    let retour = adresse(suivies.suivi, &repere);
    let code = champs.valeur("piece");
    let connue = suivies.suivi.pieces.iter().find(|p| p.code == code);
    let Some(piece) = connue.filter(|_| !octets.is_empty()) else {
        let texte = "Aucun fichier n’a été choisi : choisissez celui de la pièce. Il n’est pas gardé ici, son nom et son empreinte le sont.";
        return Ok(pages.va(&agent, &retour, Avis { ton: Ton::Erreur, texte: texte.to_owned(), geste: None }));
    };
    let deposee = PieceDeposee {
        situation: cas.situation.id.clone(),
        code: code.to_owned(),
        nom: fichier,
        empreinte: Sha256::digest(&octets).iter().map(|o| format!("{o:02x}")).collect(),
    };
    let instant = pages.service.horloge.maintenant();
    let lecture = Lecture { acteur: &agent.acteur, acte: "deposer-piece", instant };
    pages.service.base.depose_piece(&suivies.suivi.code, &deposee, lecture).await?;
    Ok(pages.va(&agent, &retour, fait(format!("Pièce notée : {}.", piece.libelle))))
}

/// `POST /convention/situations/imports/{numero}/annuler`
pub async fn annule(
    State(pages): State<Arc<Pages>>,
    Path(numero): Path<i64>,
    Formulaire { agent, .. }: Formulaire,
) -> Result<Response, Refus> {
    let instant = pages.service.horloge.maintenant();
    let lecture = Lecture { acteur: &agent.acteur, acte: "annuler-import-de-situations", instant };
    let comptes = pages.service.base.annule_situations(numero, lecture).await?;
    let texte = format!(
        "Enregistrement n° {numero} annulé : {}, {}.",
        compte(u64::from(comptes.modifies), "situation remise", "situations remises"),
        compte(u64::from(comptes.supprimes), "retirée", "retirées")
    );
    Ok(pages.va(&agent, "/convention/situations", fait(texte)))
}

impl Pages {
    /// The case that was typed, or what blocks.
    fn lue(
        &self,
        quoi: (&Suivi, &str),
        champs: &[ChampDeCas],
        textes: &[String],
    ) -> Result<Result<Cas, Vec<AnomalieSituee>>> {
        let lu = lit(quoi, champs, textes, self.aujourdhui()).context("La situation saisie n’a pas pu être lue.")?;
        let bloquantes: Vec<AnomalieSituee> =
            lu.anomalies.into_iter().filter(|a| a.severite == Severite::Bloquant).collect();
        Ok(match (lu.cas.into_iter().next(), bloquantes.is_empty()) {
            (Some(lu), true) => Ok(lu.cas),
            (None, true) => {
                Err(vec![de_numero("Donnez un numéro à cette situation, par exemple S-2026-014.".to_owned())])
            }
            (_, false) => Err(bloquantes),
        })
    }

    /// Stores a case as an import of one row, and says so with the way to undo it.
    async fn garde_cas(&self, agent: &Agent, (cas, tableau): (&Cas, &str), retour: &str) -> Result<Response, Refus> {
        let a_importer = TableauAImporter {
            cas: std::slice::from_ref(cas),
            correspondance: tableau,
            remplace: false,
            empreinte: &version(cas)?,
            fichier: "Saisie en page",
        };
        let instant = self.service.horloge.maintenant();
        let lecture = Lecture { acteur: &agent.acteur, acte: "saisir-situation", instant };
        let avis = match self.service.base.importe_situations(a_importer, lecture).await? {
            Issue::Importe { id, .. } => Avis {
                ton: Ton::Fait,
                texte: "La situation est enregistrée. Rien n’est envoyé.".to_owned(),
                geste: Some(Geste {
                    adresse: format!("/convention/situations/imports/{id}/annuler"),
                    libelle: "Annuler cet enregistrement".to_owned(),
                    jeton: agent.jeton.clone(),
                }),
            },
            Issue::DejaFait { .. } => fait("Rien n’a changé."),
        };
        Ok(self.va(agent, retour, avis))
    }
}
