//! What is done with a keying as a whole: a workbook taken as a draft, the draft kept, dropped or taken one step back, a
//! keying undone.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use node_storage::declaration::{ADeclarer, IssueDeclaration};
use node_storage::situation::Lecture;
use referentiel::controle::Severite;
use referentiel::format::compte;
use sha2::{Digest as _, Sha256};
use web::{Avis, Geste, Ton};

use super::super::Pages;
use super::super::envois::moment;
use super::super::rendu::{Refus, fait};
use super::super::session::{Depose, Formulaire};
use super::{Choix, bilan, sommaire};
use crate::enfant::Source;
use crate::jeux::processus;
use crate::jeux::saisie::Saisie;

/// Origin of a keying made in the pages.
const EN_PAGE: &str = "saisie en page";

/// Somebody wrote the draft meanwhile.
pub(super) fn croise() -> Avis {
    let texte = "Une autre personne a modifié ce brouillon pendant ce temps : votre modification n’est pas enregistrée. Relisez ce qui suit et recommencez.";
    Avis { ton: Ton::Erreur, texte: texte.to_owned(), geste: None }
}

/// `POST /jeux/{jeu}/deposer`: a filled workbook becomes the draft, whole, faults included.
pub async fn depose(
    State(pages): State<Arc<Pages>>,
    Path(code): Path<String>,
    Query(choix): Query<Choix>,
    depose: Depose,
) -> Result<Response, Refus> {
    let ouverte = pages.ouvre(&code, choix.periode.as_deref()).await?;
    let Depose { agent, fichier, octets, .. } = depose;
    if octets.is_empty() {
        let texte = "Aucun fichier n’a été choisi : choisissez le classeur rempli (.xlsx ou .ods).".to_owned();
        return Ok(pages.va(&agent, &ouverte.adresse(), Avis { ton: Ton::Erreur, texte, geste: None }));
    }
    let jeu = ouverte.jeu;
    let lecture = move || processus::lit(Source::Octets(&octets), jeu, None);
    let lue = match tokio::task::spawn_blocking(lecture).await.context("La lecture est interrompue.")?? {
        Ok(lue) => lue,
        Err(raison) => return sommaire(&pages, &agent, &ouverte, vec![raison]).await,
    };
    let (saisie, ailleurs) = Saisie::du_classeur(jeu, &lue);
    let bloquantes: Vec<String> =
        ailleurs.iter().filter(|a| a.severite == Severite::Bloquant).map(|a| a.message.clone()).collect();
    if !bloquantes.is_empty() {
        return sommaire(&pages, &agent, &ouverte, bloquantes).await;
    }
    if !pages.garde(&agent, &ouverte, (ouverte.numero(), &saisie)).await? {
        return Ok(pages.va(&agent, &ouverte.adresse(), croise()));
    }
    let mut verifiee = ouverte;
    verifiee.saisie = saisie;
    let fautes = verifiee.verdict(pages.aujourdhui())?.anomalies.len() as u64;
    let texte =
        format!("Le classeur « {fichier} » est repris en brouillon : {}.", compte(fautes, "remarque", "remarques"));
    Ok(pages.va(&agent, &verifiee.adresse(), fait(texte)))
}

/// `POST /jeux/{jeu}/enregistrer`: the draft speaks for its period from now on.
pub async fn enregistre(
    State(pages): State<Arc<Pages>>,
    Path(code): Path<String>,
    Query(choix): Query<Choix>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let ouverte = pages.ouvre(&code, choix.periode.as_deref()).await?;
    let adresse = ouverte.adresse();
    let Some(brouillon) = &ouverte.brouillon else {
        return Ok(pages.va(&agent, &adresse, fait("Il n’y a pas de brouillon à enregistrer.")));
    };
    if champs.valeur("numero") != brouillon.numero.to_string() {
        return Ok(pages.va(&agent, &adresse, croise()));
    }
    let verdict = ouverte.verdict(pages.aujourdhui())?;
    if verdict.bloque() {
        return Ok(pages.va(&agent, &adresse, Avis { ton: Ton::Erreur, texte: bilan(&verdict), geste: None }));
    }
    let empreinte = Sha256::digest(&brouillon.contenu).iter().map(|o| format!("{o:02x}")).collect::<String>();
    let a_declarer = ADeclarer {
        jeu: &ouverte.jeu.code,
        periode: ouverte.rubrique().periode,
        declaration: &verdict.lue.declaration,
        fichier: EN_PAGE,
        empreinte: &empreinte,
    };
    let base = &pages.service.base;
    let instant = pages.service.horloge.maintenant();
    let issue = base.declare(a_declarer, Lecture { acteur: &agent.acteur, acte: "saisir-jeu", instant }).await?;
    base.efface_saisie(ouverte.rubrique()).await?;
    let avis = match issue {
        IssueDeclaration::Importee(id) => Avis {
            ton: Ton::Fait,
            texte: format!("Saisie n° {id} enregistrée. Relisez ce qui sort avant de l’envoyer."),
            geste: Some(Geste {
                adresse: format!("/jeux/saisies/{id}/annuler"),
                libelle: "Annuler cet enregistrement".to_owned(),
                jeton: agent.jeton.clone(),
            }),
        },
        IssueDeclaration::DejaFaite(le) => {
            fait(format!("La même saisie est enregistrée depuis le {} : rien n’a changé.", moment(le)))
        }
    };
    Ok(pages.va(&agent, &adresse, avis))
}

/// `POST /jeux/{jeu}/abandonner`
pub async fn abandonne(
    State(pages): State<Arc<Pages>>,
    Path(code): Path<String>,
    Query(choix): Query<Choix>,
    Formulaire { agent, .. }: Formulaire,
) -> Result<Response, Refus> {
    let ouverte = pages.ouvre(&code, choix.periode.as_deref()).await?;
    pages.service.base.efface_saisie(ouverte.rubrique()).await?;
    Ok(pages.va(
        &agent,
        &ouverte.adresse(),
        fait("Le brouillon est abandonné. Ce qui était enregistré n’a pas changé."),
    ))
}

/// `POST /jeux/{jeu}/defaire`: the draft as it was before the last change.
pub async fn defait(
    State(pages): State<Arc<Pages>>,
    Path(code): Path<String>,
    Query(choix): Query<Choix>,
    Formulaire { agent, .. }: Formulaire,
) -> Result<Response, Refus> {
    let ouverte = pages.ouvre(&code, choix.periode.as_deref()).await?;
    let texte = if pages.service.base.defait_saisie(ouverte.rubrique()).await? {
        "La dernière modification du brouillon est annulée."
    } else {
        "Il n’y a rien à annuler dans ce brouillon."
    };
    Ok(pages.va(&agent, &ouverte.adresse(), fait(texte)))
}

/// `POST /jeux/saisies/{id}/annuler`: what stood before stands again; what was keyed becomes a draft again.
pub async fn annule(
    State(pages): State<Arc<Pages>>,
    Path(id): Path<i64>,
    Formulaire { agent, .. }: Formulaire,
) -> Result<Response, Refus> {
    let base = &pages.service.base;
    let toutes = base.declarations(1000).await?;
    let visee = toutes.iter().find(|s| s.id == id);
    let visee = visee.ok_or_else(|| Refus::introuvable(format!("Aucune saisie n° {id} à annuler.")))?;
    let en_vigueur = toutes.iter().find(|s| s.jeu == visee.jeu && s.periode == visee.periode && !s.annulee);
    let contenu = match en_vigueur {
        Some(s) if s.id == id => base.declaration(&visee.jeu, &visee.periode).await?,
        _ => None,
    };
    let instant = pages.service.horloge.maintenant();
    base.annule_declaration(id, Lecture { acteur: &agent.acteur, acte: "annuler-saisie", instant }).await?;
    let ouverte = match pages.ouvre(&visee.jeu, Some(&visee.periode)).await {
        Ok(ouverte) => ouverte,
        // The file of this jeu was taken away since: there is nothing to key any more.
        Err(_) => return Ok(Redirect::to("/jeux").into_response()),
    };
    let mut texte = format!("Saisie n° {id} annulée : celle d’avant vaut de nouveau, s’il y en a une.");
    if let Some(contenu) = contenu.filter(|_| ouverte.brouillon.is_none())
        && pages.garde(&agent, &ouverte, (0, &Saisie::de(ouverte.jeu, &contenu))).await?
    {
        texte.push_str(" Ce qu’elle contenait est redevenu un brouillon.");
    }
    Ok(pages.va(&agent, &ouverte.adresse(), fait(texte)))
}
