//! What is done with a keyed campaign as a whole: stored, taken one step back, dropped; or one fiche taken out of it.

use std::sync::Arc;

use anyhow::Result;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use referentiel::controle::{Fiche, Severite};
use referentiel::format::compte;
use tableur::AnomalieSituee;
use web::{Avis, Ton};

use super::super::Pages;
use super::super::campagne::Choix;
use super::super::fiches::{Remarque, page_dispositif};
use super::super::rendu::{Refus, fait};
use super::super::session::{Agent, Formulaire};
use super::formule::rang_de;
use super::{CampagneOuverte, EN_PAGE, Objet, importable};
use crate::saisie::Verdict;

/// Somebody wrote the draft meanwhile.
pub fn croise() -> Avis {
    let texte = "Une autre personne a modifié ce brouillon pendant ce temps : votre saisie n’est pas gardée. Relisez ce qui suit et recommencez.";
    Avis { ton: Ton::Erreur, texte: texte.to_owned(), geste: None }
}

/// `POST /dispositifs/{reference}/saisie/enregistrer`: all or nothing, as a workbook.
pub async fn enregistre(
    State(pages): State<Arc<Pages>>,
    Path(reference): Path<String>,
    Query(choix): Query<Choix>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let ouverte = pages.ouvre_campagne(&reference, choix.campagne).await?;
    if !ouverte.relue(&champs) {
        return Ok(pages.va(&agent, &ouverte.adresse(), croise()));
    }
    let verdict = pages.juge_campagne(&ouverte).await?;
    if importable(&verdict) {
        let adresse = ouverte.adresse();
        return importe(&pages, &agent, &ouverte, &verdict, &adresse).await;
    }
    let remarques = remarques(&pages, &ouverte, &verdict.anomalies);
    page_dispositif(&pages, &agent, &ouverte, remarques).await
}

/// Stores the campaign. The draft stays for its month: undoing the import gives back what was typed.
pub async fn importe(
    pages: &Arc<Pages>,
    agent: &Agent,
    ouverte: &CampagneOuverte,
    verdict: &Verdict,
    adresse: &str,
) -> Result<Response, Refus> {
    let origine = format!("{EN_PAGE}, {}", ouverte.reference);
    pages.importe(agent, verdict, &origine, adresse).await
}

/// What blocks, in sentences, each with the page that mends it. Events that are missing are said once, in numbers.
fn remarques(pages: &Pages, o: &CampagneOuverte, anomalies: &[AnomalieSituee]) -> Vec<Remarque> {
    let bloquantes = anomalies.iter().filter(|a| a.severite == Severite::Bloquant);
    let autres = bloquantes.filter(|a| a.controle != "C-EV-06");
    let mut remarques: Vec<Remarque> =
        autres.map(|a| Remarque { texte: a.message.clone(), adresse: adresse_de(pages, o, a) }).collect();
    let (faits, attendus) = o.preparation.avancement();
    if faits < attendus {
        let manque = compte(attendus - faits, "personne n’a pas", "personnes n’ont pas");
        let texte = format!("{manque} encore d’évènement : elles sont « à saisir » dans le tableau.");
        remarques.push(Remarque { texte, adresse: None });
    }
    remarques
}

fn adresse_de(pages: &Pages, o: &CampagneOuverte, a: &AnomalieSituee) -> Option<String> {
    let feuilles = [Fiche::Dispositif, Fiche::Personne, Fiche::Evenement];
    let nom = a.feuille.as_deref()?;
    let fiche = feuilles.into_iter().find(|f| o.modele.feuille(*f).nom == nom)?;
    if fiche == Fiche::Dispositif {
        return Some(o.geste(&Objet::Dispositif.code()));
    }
    let rang = rang_de(a.cellule.as_deref()?)?;
    let depart = &o.preparation.depart;
    let connue = depart.personnes.iter().enumerate().find(|(i, p)| match fiche {
        Fiche::Evenement => o.preparation.rang_evenement(p) == Some(rang),
        _ => *i == rang,
    });
    if let Some((rang, personne)) = connue {
        return Some(o.geste(&Objet::Personne { rang, repere: pages.repere(personne) }.code()));
    }
    let (premiere, premier_evenement) = o.preparation.rangs_nouvelle(0);
    let debut = if fiche == Fiche::Evenement { premier_evenement } else { premiere };
    Some(o.geste(&Objet::Nouvelle(rang.checked_sub(debut)?).code()))
}

/// `POST /dispositifs/{reference}/saisie/defaire`: the draft as it was before the last writing.
pub async fn defait(
    State(pages): State<Arc<Pages>>,
    Path(reference): Path<String>,
    Query(choix): Query<Choix>,
    Formulaire { agent, .. }: Formulaire,
) -> Result<Response, Refus> {
    let ouverte = pages.ouvre_campagne(&reference, choix.campagne).await?;
    let base = &pages.service.base;
    let texte = if base.defait_saisie(ouverte.rubrique()).await? {
        "La dernière saisie est annulée."
    } else if ouverte.numero == 1 {
        base.efface_saisie(ouverte.rubrique()).await?;
        "La saisie est annulée : le brouillon est vide."
    } else {
        "Il n’y a rien à annuler dans ce brouillon."
    };
    Ok(pages.va(&agent, &ouverte.adresse(), fait(texte)))
}

/// `POST /dispositifs/{reference}/saisie/abandonner`
pub async fn abandonne(
    State(pages): State<Arc<Pages>>,
    Path(reference): Path<String>,
    Query(choix): Query<Choix>,
    Formulaire { agent, .. }: Formulaire,
) -> Result<Response, Refus> {
    let ouverte = pages.ouvre_campagne(&reference, choix.campagne).await?;
    pages.service.base.efface_saisie(ouverte.rubrique()).await?;
    let texte = "Le brouillon est abandonné. Les fiches enregistrées n’ont pas changé.";
    Ok(pages.va(&agent, &ouverte.adresse(), fait(texte)))
}

/// `POST /dispositifs/{reference}/saisie/{objet}/retirer`: what was typed of one fiche leaves the draft.
pub async fn retire(
    State(pages): State<Arc<Pages>>,
    Path((reference, objet)): Path<(String, String)>,
    Query(choix): Query<Choix>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let mut ouverte = pages.ouvre_campagne(&reference, choix.campagne).await?;
    let objet = Objet::lu(&pages, &ouverte, &objet)?;
    objet.retire(&mut ouverte);
    if !ouverte.relue(&champs) || !pages.garde_campagne(&agent, &mut ouverte).await? {
        return Ok(pages.va(&agent, &ouverte.adresse(), croise()));
    }
    Ok(pages.va(&agent, &ouverte.adresse(), fait("La saisie de cette fiche est retirée du brouillon.")))
}
