//! One case: what the rules say of it, its documents, and the form that corrects it; or the form of a new one.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use dossier::convention::cas::{Cas, Genre, genre};
use dossier::convention::suivi::{EtatPiece, Exigence, Suivi};
use dossier::convention::{Decision, Verdict};
use node_storage::situation::CasGarde;
use referentiel::format::euros;
use tableur::AnomalieSituee;
use tableur::position::case;

use super::super::Pages;
use super::super::campagne::Modalite;
use super::super::champ::{ChampSaisi, Fautes, Groupe};
use super::super::rendu::{Entete, Onglet, Refus};
use super::super::session::Agent;
use super::{Choix, Suivies, actions, adresse};
use crate::situations::saisie::{ChampDeCas, champs, modalites, texte};

#[derive(Debug, Template)]
#[template(path = "situation.html")]
struct Fiche<'a> {
    titre: String,
    suivi: &'a Suivi,
    verdict: Option<(bool, String)>,
    etapes: Vec<String>,
    pieces: Vec<Piece>,
    source: Option<String>,
    depot: String,
    formule: Formule<'a>,
    jeton: &'a str,
}

/// A document of the case.
#[derive(Debug)]
struct Piece {
    code: String,
    libelle: String,
    etat: String,
    depot: bool,
}

#[derive(Debug, Template)]
#[template(path = "situation_nouvelle.html")]
struct Nouvelle<'a> {
    suivi: &'a Suivi,
    actions: Vec<Modalite>,
    formule: Option<Formule<'a>>,
}

/// The form of a case.
#[derive(Debug, Template)]
#[template(path = "situation_formule.html")]
pub struct Formule<'a> {
    groupes: Vec<Groupe>,
    fautes: Fautes,
    action: String,
    retour: String,
    bouton: &'static str,
    version: String,
    jeton: &'a str,
}

/// What a form was filled with, and what is wrong with it.
pub struct Rempli<'t> {
    /// Fields.
    pub champs: &'t [ChampDeCas],
    /// What each one holds.
    pub textes: &'t [String],
    /// Anomalies, by the column of the field.
    pub anomalies: &'t [AnomalieSituee],
}

/// `GET /convention/situations/{repere}?suivi=…`
pub async fn montre(
    State(pages): State<Arc<Pages>>,
    Path(repere): Path<String>,
    Query(choix): Query<Choix>,
    agent: Agent,
) -> Result<Response, Refus> {
    let suivies = pages.suivies(choix.suivi()?, &agent, "lire-situation").await?;
    let garde = trouve(&pages, &suivies, &repere)?;
    let champs = champs_de(&suivies, &garde.cas);
    let textes = textes_de(&garde.cas, &champs);
    page(&pages, &agent, &suivies, garde, &Rempli { champs: &champs, textes: &textes, anomalies: &[] })
}

/// `GET /convention/situations/nouvelle?suivi=…&action=…`
pub async fn nouvelle(
    State(pages): State<Arc<Pages>>,
    Query(choix): Query<Choix>,
    agent: Agent,
) -> Result<Response, Refus> {
    let suivi = choix.suivi()?;
    if !suivi.connait(&choix.action) {
        return Ok(page_nouvelle(&pages, &agent, suivi, "", None));
    }
    let champs = champs(suivi, &choix.action, 0);
    let textes = vec![String::new(); champs.len()];
    let rempli = Rempli { champs: &champs, textes: &textes, anomalies: &[] };
    Ok(page_nouvelle(&pages, &agent, suivi, &choix.action, Some(&rempli)))
}

/// A case, by the mark of its address.
pub fn trouve<'s>(pages: &Pages, s: &'s Suivies, repere: &str) -> Result<&'s CasGarde, Refus> {
    let sienne = |g: &&CasGarde| g.archive_le.is_none() && pages.repere_de_cas(s.suivi, &g.cas.situation.id) == repere;
    s.gardes.iter().find(sienne).ok_or_else(|| {
        Refus::introuvable("Cette situation n’est plus suivie : elle a été retirée par un import, ou archivée.")
    })
}

/// The fields of a case, its number apart: it is what tells it from the others.
pub fn champs_de(s: &Suivies, cas: &Cas) -> Vec<ChampDeCas> {
    champs(s.suivi, &cas.situation.action, cas.situation.contrats.len())
}

/// What a case holds, field by field.
pub fn textes_de(cas: &Cas, champs: &[ChampDeCas]) -> Vec<String> {
    champs.iter().map(|c| texte(cas, &c.champ)).collect()
}

/// Name of a field in the form.
pub fn nom(champ: &ChampDeCas) -> String {
    format!("c-{}", champ.champ.replace('.', "-"))
}

/// The page of a case, with its form as it was filled.
pub fn page(
    pages: &Pages,
    agent: &Agent,
    s: &Suivies,
    garde: &CasGarde,
    rempli: &Rempli<'_>,
) -> Result<Response, Refus> {
    let cas = &garde.cas;
    let repere = pages.repere_de_cas(s.suivi, &cas.situation.id);
    let version = version(cas)?;
    let formule = formule(s.suivi, rempli, (adresse(s.suivi, &repere), version, agent), true);
    let statut = if formule.fautes.aucune() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let contenu = Fiche {
        titre: format!("Situation {}, action {}", cas.situation.id, cas.situation.action),
        suivi: s.suivi,
        verdict: s.verdict(cas).map(dit),
        etapes: s.suivi.defauts_d_etapes(cas),
        pieces: pieces(s, cas),
        source: (garde.correspondance != crate::situations::saisie::EN_PAGE).then(|| garde.correspondance.clone()),
        depot: format!("/convention/situations/{repere}/pieces?suivi={}", s.suivi.code),
        formule,
        jeton: &agent.jeton,
    };
    let titre = if statut == StatusCode::OK { "Situation suivie" } else { "Erreur : situation suivie" };
    let entete = entete(titre, s.suivi);
    let avis = pages.sessions.avis(agent);
    Ok(pages.page_avec(statut, entete, avis.as_ref(), &contenu))
}

/// The page of a new case; its action comes first, since the fields follow from it.
pub fn page_nouvelle(
    pages: &Pages,
    agent: &Agent,
    suivi: &Suivi,
    action: &str,
    rempli: Option<&Rempli<'_>>,
) -> Response {
    let vers = format!("/convention/situations/nouvelle?suivi={}&action={action}", suivi.code);
    let formule = rempli.map(|r| formule(suivi, r, (vers, String::new(), agent), false));
    let en_erreur = formule.as_ref().is_some_and(|f| !f.fautes.aucune());
    let actions = actions(suivi).into_iter().map(|m| Modalite { choisie: m.valeur == action, ..m }).collect();
    let contenu = Nouvelle { suivi, actions, formule };
    let titre = if en_erreur { "Erreur : ajouter une situation" } else { "Ajouter une situation" };
    let statut = if en_erreur { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    pages.page_avec(statut, entete(titre, suivi), pages.sessions.avis(agent).as_ref(), &contenu)
}

/// What a form was made from: two people cannot overwrite each other without noticing.
pub fn version(cas: &Cas) -> anyhow::Result<String> {
    use sha2::{Digest as _, Sha256};
    let condense = Sha256::digest(serde_json::to_vec(cas)?);
    Ok(condense.iter().take(16).map(|o| format!("{o:02x}")).collect())
}

fn entete<'t>(titre: &'t str, suivi: &Suivi) -> Entete<'t> {
    Entete::nouveau(Onglet::Convention, titre)
        .sous("/convention", "Convention FIPHFP")
        .sous(format!("/convention/situations?suivi={}", suivi.code), "Situations suivies")
}

fn dit(v: &Verdict) -> (bool, String) {
    let (bon, mot) = match v.verdict {
        Decision::Valorisable => (true, format!("Valorisable : {}.", euros(v.montant_eur))),
        Decision::Refuse => (false, format!("Refusée par la règle {}.", v.regle.as_deref().unwrap_or_default())),
    };
    (bon, format!("{mot} {}", v.explication))
}

fn pieces(s: &Suivies, cas: &Cas) -> Vec<Piece> {
    let siennes = || s.pieces.iter().filter(|p| p.situation == cas.situation.id);
    let deposees: Vec<&str> = siennes().map(|p| p.code.as_str()).collect();
    let libelles = champs_de(s, cas);
    let libelle = |champ: &String| {
        let connu = libelles.iter().find(|c| c.champ == *champ || c.champ == format!("{champ}.siret"));
        connu.map_or_else(|| champ.clone(), |c| format!("« {} »", c.libelle))
    };
    let etat = |e: &EtatPiece| {
        let fichier = siennes().find(|p| p.code == e.piece).map(|p| p.nom.clone());
        match (fichier, e.presente, e.champs_manquants.as_slice()) {
            (Some(nom), ..) => format!("notée : {nom}"),
            (None, true, _) => "établie par la saisie".to_owned(),
            (None, false, []) if e.exigence == Exigence::Demande => "à produire sur demande".to_owned(),
            (None, false, []) => "manque".to_owned(),
            (None, false, champs) => {
                format!("manque : remplissez {}", champs.iter().map(libelle).collect::<Vec<_>>().join(", "))
            }
        }
    };
    let etats = s.suivi.pieces_de(cas, &deposees);
    etats
        .iter()
        .map(|e| Piece {
            code: e.piece.clone(),
            libelle: e.libelle.clone(),
            etat: etat(e),
            depot: e.champs_manquants.is_empty() && !e.presente,
        })
        .collect()
}

fn formule<'a>(
    suivi: &Suivi,
    r: &Rempli<'_>,
    (action, version, agent): (String, String, &'a Agent),
    connue: bool,
) -> Formule<'a> {
    let mut groupes: Vec<Groupe> = Vec::new();
    let mut ailleurs = Vec::new();
    for (rang, (champ, valeur)) in r.champs.iter().zip(r.textes).enumerate() {
        let ici = |a: &&AnomalieSituee| {
            a.cellule.as_deref().and_then(case).is_some_and(|(_, colonne)| usize::try_from(colonne) == Ok(rang))
        };
        let erreurs: Vec<String> = r.anomalies.iter().filter(ici).map(|a| a.message.clone()).collect();
        // The number of a case is its name: a stored one keeps it.
        if connue && champ.champ == "id" {
            ailleurs.extend(erreurs);
            continue;
        }
        let saisi = saisi(champ, valeur, erreurs);
        match groupes.iter_mut().find(|g| g.titre.as_deref() == Some(champ.groupe)) {
            Some(groupe) => groupe.champs.push(saisi),
            None => groupes.push(Groupe::nouveau(champ.groupe, vec![saisi])),
        }
    }
    Formule {
        fautes: Fautes::nouvelles("rien n’est enregistré", &groupes, ailleurs),
        groupes,
        action,
        retour: format!("/convention/situations?suivi={}", suivi.code),
        bouton: if connue { "Enregistrer la situation" } else { "Ajouter la situation" },
        version,
        jeton: &agent.jeton,
    }
}

fn saisi(champ: &ChampDeCas, valeur: &str, erreurs: Vec<String>) -> ChampSaisi {
    let connues = modalites(&champ.champ);
    let choix = (!connues.is_empty()).then(|| {
        let hors_liste = !valeur.is_empty() && connues.iter().all(|(code, _)| *code != valeur);
        let autre = hors_liste.then(|| Modalite::nouvelle(valeur, valeur, true));
        let vide = Modalite::nouvelle("", "Non renseigné", valeur.is_empty());
        let siennes = connues.iter().map(|(code, dit)| Modalite::nouvelle(*code, *dit, *code == valeur));
        std::iter::once(vide).chain(siennes).chain(autre).collect()
    });
    let aide = match genre(&champ.champ) {
        Some(Genre::Date) => Some("Format jj/mm/aaaa, par exemple 31/03/2026"),
        Some(Genre::Montant) => Some("Par exemple 12 500,50"),
        Some(Genre::Entier) => Some("Un nombre entier, par exemple 2"),
        _ if champ.champ == "employeur.siret" => Some("14 chiffres, avec ou sans espaces"),
        _ if champ.champ == "personne" => {
            Some("Un code qui ne dit rien de la personne : ni nom, ni numéro de sécurité sociale")
        }
        _ => None,
    };
    ChampSaisi {
        nom: nom(champ),
        libelle: champ.libelle.clone(),
        valeur: valeur.to_owned(),
        obligatoire: champ.champ == "id",
        aide: aide.map(str::to_owned),
        portee: "reste ici",
        erreurs,
        choix,
        long: false,
    }
}
