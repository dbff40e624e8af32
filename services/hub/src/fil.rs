//! What the hub hands down to its nodes as it becomes known: benchmarks of a campaign once it is closed, good
//! practices that centres published. Every article is made of figures and texts that each centre already shows to
//! its peers; the feed only grows, and says later what is no longer true.

pub mod repere;

use std::collections::BTreeMap;

use axum::extract::{Query, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use hub_storage::fiche::{self, Fiche, FiltreFiche, RangFiche};
use hub_storage::{Db, ErreurBase, Visibilite, fil};
use publication::fil::{Article, Curseur, Page, Pratique, VERSION};
use publication::{CodeRefus, Enveloppe, Refus};
use referentiel::cellule::Audience;
use serde::Deserialize;

use crate::federation::requete_d_un_noeud;
use crate::probleme::Rejet;
use crate::service::Service;

/// Most articles of a page.
const ARTICLES_PAR_PAGE: u32 = 100;

/// Most bytes of the articles of a page: signed and in base64, it stays under the limit of a token.
const OCTETS_PAR_PAGE: usize = 40 * 1024;

/// Data set of the practices, its list, and the state in which a sheet is shared.
const PRATIQUES: (&str, &str, &str) = ("pratiques", "fiche", "publiee");

/// Records read at a time.
const LOT: u32 = 500;

/// Where a reader stands.
#[derive(Debug, Deserialize)]
pub struct Depuis {
    #[serde(default)]
    cursor: Option<String>,
}

/// `GET /v1/feed?cursor=`: what follows, signed. A cursor of another incarnation is answered 410.
pub async fn lit(
    State(service): State<Service>,
    Query(depuis): Query<Depuis>,
    requete: Request,
) -> Result<Response, Rejet> {
    requete_d_un_noeud(&service, requete).await?;
    let perdu = |detail: String, epoque| -> Rejet {
        Refus::nouveau(CodeRefus::LogCursorGone, detail).probleme().avec_epoque(epoque).into()
    };
    let demande = depuis.cursor.as_deref().map(str::parse::<Curseur>).transpose();
    let position = demande.as_ref().ok().copied().flatten().map_or(0, |c| c.position);
    let lue = fil::suite(service.db(), position, ARTICLES_PAR_PAGE).await?;
    let epoque = lue.fin.epoque;
    match demande {
        Err(faux) => return Err(perdu(faux.to_string(), epoque)),
        Ok(Some(c)) if c.epoque != epoque || c.position > lue.fin.position => {
            return Err(perdu(format!("Curseur lu : {c} ; fin du fil : {}.", lue.fin), epoque));
        }
        Ok(_) => {}
    }
    let items = borne(&lue.articles)?;
    let suite = Curseur { epoque, position: position + items.len() as u64 };
    let page = Page {
        v: VERSION,
        iss: service.configuration().hub.identifiant.clone(),
        epoch: epoque,
        from: position,
        items,
        next: (suite < lue.fin).then_some(suite),
    };
    Ok(([(header::CONTENT_TYPE, Enveloppe::MEDIA)], page.signer(service.cle_reference())).into_response())
}

/// As many articles as a page holds, one at least.
fn borne(textes: &[String]) -> Result<Vec<Article>, Rejet> {
    let mut octets = 0;
    let mut items = Vec::new();
    for texte in textes {
        octets += texte.len();
        if octets > OCTETS_PAR_PAGE && !items.is_empty() {
            break;
        }
        items.push(Article::lire(texte)?);
    }
    Ok(items)
}

/// Adds to the feed what is new: benchmarks of the campaigns closed since, practices published, changed or taken
/// back. Without effect when run again.
pub async fn complete(db: &Db, instant: DateTime<Utc>) -> Result<u64, ErreurBase> {
    let mut ajoutes = 0;
    for (campagne, transition) in fil::campagnes_a_calculer(db).await? {
        let articles = reperes_nouveaux(db, &campagne).await?;
        ajoutes += fil::ajoute(db, &articles, Some((&campagne, transition)), instant).await?;
    }
    let articles = pratiques_nouvelles(db).await?;
    if !articles.is_empty() {
        ajoutes += fil::ajoute(db, &articles, None, instant).await?;
    }
    Ok(ajoutes)
}

/// Adds the benchmarks of one campaign as they stand, closed or not.
pub async fn publie_les_reperes(db: &Db, campagne: &str, instant: DateTime<Utc>) -> Result<u64, ErreurBase> {
    let articles = reperes_nouveaux(db, campagne).await?;
    fil::ajoute(db, &articles, None, instant).await
}

async fn reperes_nouveaux(db: &Db, campagne: &str) -> Result<Vec<Article>, ErreurBase> {
    let connus = fil::en_vigueur(db, &format!("repere/{campagne}/")).await?;
    Ok(differences(&connus, repere::calcule(db, campagne).await?.into_iter().map(Article::repere)))
}

async fn pratiques_nouvelles(db: &Db) -> Result<Vec<Article>, ErreurBase> {
    let publiees = [pratiques(db).await?, pratiques_des_pages(db).await?].concat();
    let connues = fil::en_vigueur(db, "pratique/").await?;
    Ok(differences(&connues, publiees.into_iter().map(|(cle, p)| Article::pratique(&cle, p))))
}

/// What must be added so that the articles in force are these.
fn differences(connus: &BTreeMap<String, Article>, voulus: impl Iterator<Item = Article>) -> Vec<Article> {
    let voulus: BTreeMap<String, Article> = voulus.map(|a| (a.key.clone(), a)).collect();
    let est_retire = |a: &Article| a.benchmark.is_none() && a.practice.is_none();
    let retires = connus.iter().filter(|(cle, a)| !voulus.contains_key(*cle) && !est_retire(a));
    let retires: Vec<Article> = retires.map(|(cle, _)| Article::retrait(cle)).collect();
    let nouveaux = voulus.into_iter().filter(|(cle, a)| connus.get(cle) != Some(a)).map(|(_, a)| a);
    nouveaux.chain(retires).collect()
}

/// Practices published, by centre and title: those of the last period that each centre sent.
async fn pratiques(db: &Db) -> Result<Vec<(String, Pratique)>, ErreurBase> {
    let (jeu, liste, etat) = PRATIQUES;
    let filtre = FiltreFiche {
        audience: Audience::Reseau,
        jeu: jeu.to_owned(),
        campagne: None,
        liste: Some(liste.to_owned()),
        departement: None,
        emetteur: None,
    };
    let mut fiches: Vec<Fiche> = Vec::new();
    let mut apres: Option<RangFiche> = None;
    loop {
        let page = fiche::page(db, &Visibilite::entiere(), &filtre, apres.as_ref(), LOT).await?;
        apres = page.last().map(|f| f.rang.clone());
        let finie = page.len() < LOT as usize;
        fiches.extend(page);
        if finie {
            break;
        }
    }
    let mut derniere: BTreeMap<String, String> = BTreeMap::new();
    for f in &fiches {
        let vue = derniere.entry(f.rang.noeud.clone()).or_default();
        if f.rang.campagne > *vue {
            vue.clone_from(&f.rang.campagne);
        }
    }
    let presentes = fiches.into_iter().filter(|f| derniere.get(&f.rang.noeud) == Some(&f.rang.campagne));
    let publiees = presentes.filter(|f| f.champs.get("etat").is_some_and(|e| e == etat));
    Ok(publiees.filter_map(pratique).collect())
}

/// Practices proposed from the hub's pages, once published there: by the identifier of their proposal.
async fn pratiques_des_pages(db: &Db) -> Result<Vec<(String, Pratique)>, ErreurBase> {
    let publiees = hub_storage::pratique::publiees(db, &Visibilite::entiere()).await?;
    let lues = publiees.into_iter().filter_map(|p| {
        let mut fields = p.champs;
        fields.remove("etat");
        Some((p.identifiant, Pratique { node: p.noeud.parse().ok()?, center: p.emetteur_nom, fields }))
    });
    Ok(lues.collect())
}

fn pratique(f: Fiche) -> Option<(String, Pratique)> {
    let mut fields: BTreeMap<String, String> = f.champs;
    fields.remove("etat");
    let node = f.rang.noeud.parse().ok()?;
    Some((f.rang.cle, Pratique { node, center: f.emetteur_nom, fields }))
}
