//! A person found by reference, in the last campaign that can be keyed. The reference travels in the body of the request:
//! it is in no address, nor in the history of the browser.

use std::sync::Arc;

use anyhow::Result;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use referentiel::texte::plie;
use web::{Avis, Cellule, Colonne, Table, Ton};

use super::super::Pages;
use super::super::fiches::adresse;
use super::super::rendu::{Entete, Onglet, Refus};
use super::super::session::Formulaire;

/// Characters below which a search would list almost everybody.
const MINIMUM: usize = 3;
/// Persons listed.
const LISTEES: usize = 50;

#[derive(Debug, Template)]
#[template(path = "recherche.html")]
struct Trouvees<'a> {
    campagne: String,
    table: Table,
    limite: bool,
    jeton: &'a str,
}

/// `POST /personnes/chercher`: the fiche itself when there is only one.
pub async fn cherche(
    State(pages): State<Arc<Pages>>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let cherchee: String = plie(champs.valeur("reference")).chars().filter(|c| !c.is_whitespace()).collect();
    if cherchee.chars().count() < MINIMUM {
        let texte = "Écrivez au moins trois caractères de la référence, par exemple BFC01 ou les derniers chiffres.";
        return Ok(pages.va(&agent, "/", Avis { ton: Ton::Erreur, texte: texte.to_owned(), geste: None }));
    }
    let campagnes = pages.campagnes_a_tenir().await?;
    let Some(trimestre) = campagnes.first().copied() else {
        return Err(Refus::introuvable("Aucune fiche pour l’instant : importez d’abord un classeur."));
    };
    let remontees = pages.remontees_a_tenir(trimestre).await?;
    let lignes: Vec<(String, Vec<Cellule>)> = remontees
        .iter()
        .flat_map(|(r, _)| &r.personnes)
        .filter(|p| plie(p.reference.as_str()).contains(&cherchee))
        .take(LISTEES + 1)
        .map(|p| {
            let adresse = adresse(p.dispositif.as_str(), &pages.repere(p), trimestre);
            let cellule = Cellule::from(p.reference.as_str()).vers(adresse.as_str());
            (adresse, vec![cellule, p.dispositif.as_str().into(), p.structure.as_str().into()])
        })
        .collect();
    if let [(adresse, _)] = lignes.as_slice() {
        return Ok(Redirect::to(adresse).into_response());
    }
    let contenu = Trouvees {
        campagne: trimestre.libelle_long(),
        limite: lignes.len() > LISTEES,
        table: Table {
            identifiant: "trouvees",
            titre: "Personnes trouvées, par référence".to_owned(),
            colonnes: ["Référence", "Dispositif", "Structure"].map(Colonne::texte).into(),
            lignes: lignes.into_iter().take(LISTEES).map(|(_, ligne)| ligne).collect(),
        },
        jeton: &agent.jeton,
    };
    let entete = Entete::nouveau(Onglet::Dispositifs, "Chercher une personne")
        .sous(format!("/dispositifs?campagne={trimestre}"), "Dispositifs et fiches");
    Ok(pages.page(&agent, entete, &contenu))
}
