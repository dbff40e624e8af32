//! Step 5 as people see it: what was sealed, what became of it, the hub's signed receipts.

use std::sync::Arc;

use anyhow::Context;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use node_storage::envoi::{Envoi, EtatEnvoi};
use publication::{Accuse, ClePublique, StatutAccuse, empreinte_corps};
use referentiel::format::{compte, date, entier};
use referentiel::jeu::jeu;
use web::{Avis, Cellule, Colonne, Table, Ton};

use super::Pages;
use super::rendu::{Entete, Onglet, Refus, fait, fichier, nom_campagne};
use super::session::{Agent, Formulaire};
use crate::outbox::{Bilan, phrase};

#[derive(Debug, Template)]
#[template(path = "envois.html")]
struct Liste<'a> {
    table: Table,
    en_file: u64,
    jeton: &'a str,
}

#[derive(Debug, Template)]
#[template(path = "envoi.html")]
struct Detail<'a> {
    e: &'a Envoi,
    jeu: String,
    campagne: String,
    mot: &'static str,
    scelle_le: String,
    taille: String,
    empreinte_corps: String,
    cle: String,
    accuse: Option<Recu>,
    motif_essai: Option<String>,
}

/// A receipt whose signature was just verified, or the reason why it was not.
#[derive(Debug)]
enum Recu {
    Verifie { accuse: Box<Accuse>, recu_le: String, motifs: Vec<String>, meme_enveloppe: bool },
    Douteux(String),
}

/// Word of a state.
pub fn mot(etat: EtatEnvoi) -> &'static str {
    match etat {
        EtatEnvoi::Scelle => "en file",
        EtatEnvoi::Accepte => "accepté",
        EtatEnvoi::Refuse => "refusé",
        EtatEnvoi::Perime => "remplacé",
    }
}

/// The sendings as a table.
pub fn table(identifiant: &'static str, titre: &str, envois: &[Envoi]) -> Table {
    let ligne = |e: &Envoi| -> Vec<Cellule> {
        vec![
            Cellule::from(format!("n° {}", e.seq)).vers(format!("/envois/{}", e.seq)),
            moment(e.scelle_le).into(),
            nom_campagne(&e.periode).into(),
            jeu(&e.jeu).map_or_else(|| e.jeu.clone(), |j| j.libelle.clone()).into(),
            u64::from(e.revision).into(),
            mot(e.etat).into(),
        ]
    };
    Table {
        identifiant,
        titre: titre.to_owned(),
        colonnes: vec![
            Colonne::texte("Envoi"),
            Colonne::texte("Scellé le"),
            Colonne::texte("Campagne"),
            Colonne::texte("Jeu de données"),
            Colonne::nombre("Révision"),
            Colonne::texte("État"),
        ],
        lignes: envois.iter().map(ligne).collect(),
    }
}

/// `31/03/2026 à 14 h 05`, in Paris.
pub fn moment(instant: DateTime<Utc>) -> String {
    let paris = instant.with_timezone(&chrono_tz::Europe::Paris);
    format!("{} à {}", date(paris.date_naive()), paris.format("%-H\u{a0}h\u{a0}%M"))
}

/// `GET /envois`
pub async fn liste(State(pages): State<Arc<Pages>>, agent: Agent) -> Result<Response, Refus> {
    let base = &pages.service.base;
    let contenu = Liste {
        table: table("envois", "Envois, du plus récent au plus ancien", &base.envois(500).await?),
        en_file: base.a_envoyer(u64::MAX).await?.len() as u64,
        jeton: &agent.jeton,
    };
    Ok(pages.page(&agent, Entete::nouveau(Onglet::Envois, "Envois et accusés"), &contenu))
}

/// `GET /envois/{seq}`
pub async fn montre(State(pages): State<Arc<Pages>>, Path(seq): Path<u64>, agent: Agent) -> Result<Response, Refus> {
    let e = pages.service.base.envoi(seq).await?;
    let essais = compte(u64::from(e.tentatives), "essai", "essais");
    let contenu = Detail {
        jeu: jeu(&e.jeu).map_or_else(|| e.jeu.clone(), |j| j.libelle.clone()),
        campagne: nom_campagne(&e.periode),
        mot: mot(e.etat),
        scelle_le: moment(e.scelle_le),
        taille: entier(i64::try_from(e.corps.len()).unwrap_or(i64::MAX)),
        empreinte_corps: empreinte_corps(&e.corps).to_string(),
        cle: pages.service.cle().context("La clé du nœud ne se lit pas.")?.publique().kid(),
        accuse: recu(&pages, &e),
        motif_essai: e.derniere_erreur.as_ref().map(|erreur| format!("{erreur} ({essais}).")),
        e: &e,
    };
    let titre = format!("Envoi n° {seq}");
    let entete = Entete::nouveau(Onglet::Envois, &titre).sous("/envois", "Envois et accusés");
    Ok(pages.page(&agent, entete, &contenu))
}

/// The receipt is verified again each time it is shown.
fn recu(pages: &Pages, e: &Envoi) -> Option<Recu> {
    let texte = e.accuse.as_ref()?;
    let cle = pages.service.configuration.hub.as_ref().map(|h| h.cle_publique.parse::<ClePublique>());
    let Some(Ok(cle)) = cle else {
        return Some(Recu::Douteux("La configuration ne donne pas la clé publique du hub.".to_owned()));
    };
    Some(match Accuse::verifier(texte, &cle) {
        Ok(accuse) => Recu::Verifie {
            recu_le: moment(accuse.received_at),
            motifs: accuse.reasons.iter().map(phrase).collect(),
            meme_enveloppe: accuse.env.to_string() == e.empreinte,
            accuse: Box::new(accuse),
        },
        Err(refus) => Recu::Douteux(refus.to_string()),
    })
}

/// `GET /envois/{seq}/accuse | enveloppe | contenu`
pub async fn piece(
    State(pages): State<Arc<Pages>>,
    Path((seq, piece)): Path<(u64, String)>,
    _agent: Agent,
) -> Result<Response, Refus> {
    let e = pages.service.base.envoi(seq).await?;
    match (piece.as_str(), e.accuse) {
        ("accuse", Some(accuse)) => Ok(fichier(&format!("accuse-{seq}.jws"), "application/jose", accuse.into_bytes())),
        ("accuse", None) => Err(Refus::introuvable("Le hub n’a pas encore accusé réception de cet envoi.")),
        ("enveloppe", _) => Ok(fichier(&format!("enveloppe-{seq}.jws"), "application/jose", e.enveloppe.into_bytes())),
        ("contenu", _) => Ok(fichier(&format!("contenu-{seq}.json"), "application/json", e.corps)),
        _ => Err(Refus::introuvable("Un envoi a trois pièces : son contenu, son enveloppe et son accusé.")),
    }
}

/// `POST /envois/relancer`: one more run of the outbox.
pub async fn relance(State(pages): State<Arc<Pages>>, Formulaire { agent, .. }: Formulaire) -> Result<Response, Refus> {
    let bilan = pages.service.envoie().await.context("L’envoi est arrêté.")?;
    Ok(pages.va(&agent, "/envois", avis(&bilan)))
}

/// What a run of the outbox did, in a sentence.
pub fn avis(bilan: &Bilan) -> Avis {
    let de = |statut| bilan.accuses.iter().filter(|a| a.status == statut).count() as u64;
    let refuses = de(StatutAccuse::Refusee);
    let acceptes = compte(de(StatutAccuse::Acceptee), "envoi accepté", "envois acceptés");
    if let Some(echec) = &bilan.interrompu {
        let texte = format!("{echec} Ce qui est scellé reste dans la file et repartira seul.");
        return Avis { ton: Ton::Alerte, texte, geste: None };
    }
    if refuses > 0 {
        let texte = format!(
            "{acceptes}, {} par le hub : ouvrez leurs accusés pour lire les motifs.",
            compte(refuses, "refusé", "refusés")
        );
        return Avis { ton: Ton::Erreur, texte, geste: None };
    }
    if bilan.accuses.is_empty() {
        return fait("Rien n’était en file : le hub a tout reçu.");
    }
    fait(format!("{acceptes} par le hub. Les accusés signés sont ici."))
}
