//! The declared jeux in the pages: what there is to key, the state of each sheet, what is wrong and where, the workbook to
//! fill elsewhere. One page for all of them, made from their files.

mod feuille;
mod geste;
mod ouverte;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use node_storage::declaration::DeclarationListee;
use node_storage::envoi::Envoi;
use referentiel::controle::Severite;
use referentiel::format::{compte, date_longue};
use referentiel::jeu::{Jeu, Periodicite, jeu, jeux};
use referentiel::periode::Trimestre;
use serde::Deserialize;
use tableur::AnomalieSituee;
use tableur::ecriture::{Remplissage, modele_de_jeu};
use web::{Cellule, Colonne, Table, Valeur};

use super::Pages;
use super::campagne::Modalite;
use super::envois::{moment, mot};
use super::rendu::{Entete, Onglet, Refus, XLSX, fichier};
use super::session::Agent;
use crate::jeux::convention;
use crate::jeux::periode::{commencees, connue, en_toutes_lettres};
use crate::jeux::saisie::{Feuille, place};
use crate::jeux::verdict::Verdict;
pub use feuille::{ecrit, montre as feuille, retire};
pub use geste::{abandonne, annule, defait, depose, enregistre};
use ouverte::SaisieOuverte;

/// Points told of one sheet in the summary.
const MONTREES: usize = 2;
/// Periods offered before those that hold something.
const PERIODES: usize = 6;

/// The period of the address.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    /// As the jeu writes it: `2024`, `2026-S1`, `2026-T1`.
    #[serde(default)]
    pub periode: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "jeux.html")]
struct Liste {
    table: Table,
}

/// `GET /jeux`
pub async fn liste(State(pages): State<Arc<Pages>>, agent: Agent) -> Result<Response, Refus> {
    let base = &pages.service.base;
    let (saisies, envois) = (base.declarations(1000).await?, base.envois(1000).await?);
    let brouillons = base.saisies_en_cours().await?;
    let mut lignes = Vec::new();
    for j in jeux().into_iter().filter(|j| j.est_declare() || convention::JEUX.contains(&j.code.as_str())) {
        let calcule = !j.est_declare();
        let brouillon = brouillons.iter().find(|b| b.jeu == j.code);
        let adresse = match brouillon {
            _ if calcule => format!("/apercu?jeu={}", j.code),
            Some(b) => format!("/jeux/{}?periode={}", j.code, b.periode),
            None => format!("/jeux/{}", j.code),
        };
        let saisie = saisies.iter().find(|s| s.jeu == j.code && !s.annulee);
        let envoi = envois.iter().find(|e| e.jeu == j.code);
        lignes.push(vec![
            Cellule::from(j.libelle.as_str()).vers(adresse),
            if calcule { "calculé de la convention" } else { rythme(j.periodicite) }.into(),
            brouillon.map(|b| format!("{}, {}", nommee(j, &b.periode), moment(b.ecrite_le))).into(),
            saisie.map(|s| format!("{}, {}", nommee(j, &s.periode), moment(s.importe_le))).into(),
            envoi.map(|e| format!("{}, {}", nommee(j, &e.periode), mot(e.etat))).into(),
        ]);
    }
    let colonnes = ["Jeu de données", "Rythme", "Brouillon", "Dernière saisie", "Dernier envoi"];
    let contenu = Liste {
        table: Table {
            identifiant: "jeux",
            titre: "Jeux de données qui se saisissent, ou se calculent de la convention".to_owned(),
            colonnes: colonnes.map(Colonne::texte).into(),
            lignes,
        },
    };
    Ok(pages.page(&agent, Entete::nouveau(Onglet::Jeux, "Autres jeux de données"), &contenu))
}

fn rythme(periodicite: Periodicite) -> &'static str {
    match periodicite {
        Periodicite::Trimestre => "chaque trimestre",
        Periodicite::Semestre => "chaque semestre",
        Periodicite::Annee => "chaque année",
        Periodicite::Changement => "à chaque changement",
    }
}

/// A stored period in words.
fn nommee(jeu: &Jeu, periode: &str) -> String {
    periode.parse().map_or_else(|_| periode.to_owned(), |p| en_toutes_lettres(jeu, p))
}

#[derive(Debug, Template)]
#[template(path = "jeu.html")]
struct Sommaire<'a> {
    jeu: &'a Jeu,
    periode: String,
    code_periode: String,
    periodes: Vec<Modalite>,
    rythme: &'static str,
    brouillon: Option<EnCours>,
    enregistree: Option<String>,
    envoyee: Option<String>,
    limite: Option<String>,
    feuilles: Table,
    graves: Vec<AFaire>,
    legeres: Vec<AFaire>,
    saisies: Vec<Passee>,
    refusees: Vec<String>,
    jeton: &'a str,
}

/// The draft.
#[derive(Debug)]
struct EnCours {
    numero: u32,
    ecrite: String,
    bilan: String,
    enregistrable: bool,
    defaisable: bool,
}

/// Something to mend, with the place where it is mended.
#[derive(Debug)]
struct AFaire {
    lieu: String,
    adresse: Option<String>,
    texte: String,
}

/// A keying of the past.
#[derive(Debug)]
struct Passee {
    id: i64,
    quand: String,
    origine: String,
    annulee: bool,
}

/// `GET /jeux/{jeu}?periode=…`
pub async fn montre(
    State(pages): State<Arc<Pages>>,
    Path(code): Path<String>,
    Query(choix): Query<Choix>,
    agent: Agent,
) -> Result<Response, Refus> {
    let ouverte = pages.ouvre(&code, choix.periode.as_deref()).await?;
    sommaire(&pages, &agent, &ouverte, vec![]).await
}

/// The summary, with what is wrong in a workbook that was not taken.
async fn sommaire(
    pages: &Pages,
    agent: &Agent,
    ouverte: &SaisieOuverte,
    refusees: Vec<String>,
) -> Result<Response, Refus> {
    let (base, jour) = (&pages.service.base, pages.aujourdhui());
    let jeu = ouverte.jeu;
    let verdict = ouverte.brouillon.is_some().then(|| ouverte.verdict(jour)).transpose()?;
    let toutes = base.declarations(1000).await?;
    let saisies: Vec<&DeclarationListee> =
        toutes.iter().filter(|s| s.jeu == jeu.code && s.periode == ouverte.periode.to_string()).collect();
    let envoi = base.derniere_revision(&jeu.code, &ouverte.periode.to_string()).await?;
    let (graves, legeres) = a_faire(ouverte, verdict.as_ref());
    let contenu = Sommaire {
        periode: en_toutes_lettres(jeu, ouverte.periode),
        code_periode: ouverte.periode.to_string(),
        periodes: periodes(pages, jeu, ouverte.periode, &toutes)?,
        rythme: rythme(jeu.periodicite),
        brouillon: ouverte.brouillon.as_ref().zip(verdict.as_ref()).map(|(b, v)| EnCours {
            numero: b.numero,
            ecrite: format!("{}, par {}", moment(b.ecrite_le), b.ecrite_par),
            bilan: bilan(v),
            enregistrable: !v.bloque(),
            defaisable: b.defaisable,
        }),
        enregistree: saisies
            .iter()
            .find(|s| !s.annulee)
            .map(|s| format!("n° {}, {} ({})", s.id, moment(s.importe_le), s.fichier)),
        envoyee: envoi.as_ref().map(envoyee),
        limite: jeu.forclusion.as_ref().map(|f| {
            format!("À déposer au plus tard le {}. {}.", date_longue(f.echeance(ouverte.periode.fin())), f.regle)
        }),
        feuilles: feuilles(ouverte, verdict.as_ref()),
        graves,
        legeres,
        saisies: saisies.iter().map(|s| passee(s)).collect(),
        refusees,
        jeu,
        jeton: &agent.jeton,
    };
    let entete = Entete::nouveau(Onglet::Jeux, &jeu.libelle).sous("/jeux", "Autres jeux");
    Ok(pages.page(agent, entete, &contenu))
}

fn envoyee(e: &Envoi) -> String {
    format!("envoi n° {}, {} : {}", e.seq, moment(e.scelle_le), mot(e.etat))
}

fn passee(s: &DeclarationListee) -> Passee {
    Passee { id: s.id, quand: moment(s.importe_le), origine: s.fichier.clone(), annulee: s.annulee }
}

fn bilan(verdict: &Verdict) -> String {
    let combien = |severite| verdict.anomalies.iter().filter(|a| a.severite == severite).count() as u64;
    let (graves, legeres) = (combien(Severite::Bloquant), combien(Severite::Avertissement));
    match (graves, legeres) {
        (0, 0) => "Ce brouillon est conforme : il peut être enregistré.".to_owned(),
        (0, n) => {
            format!(
                "Ce brouillon peut être enregistré, avec {} à vérifier.",
                compte(n, "avertissement", "avertissements")
            )
        }
        (n, _) => format!(
            "{} l’enregistrement. Le brouillon reste ici, rien n’est enregistré.",
            compte(n, "anomalie empêche", "anomalies empêchent")
        ),
    }
}

/// The sheets: how far each is, and what is wrong in it.
fn feuilles(ouverte: &SaisieOuverte, verdict: Option<&Verdict>) -> Table {
    let jeu = ouverte.jeu;
    let lignes = Feuille::toutes(jeu).into_iter().map(|feuille| {
        let remplies = ouverte.saisie.remplies(feuille.code()) as u64;
        let rempli = match feuille {
            Feuille::Grille(g) => {
                let cases = g.rangs(jeu).len() * g.colonnes(jeu).len();
                format!("{remplies} sur {}", compte(cases as u64, "case", "cases"))
            }
            Feuille::Liste(l) => compte(ouverte.saisie.lignes(&l.code).len() as u64, "fiche", "fiches"),
        };
        let ici =
            |a: &&AnomalieSituee| a.severite == Severite::Bloquant && a.feuille.as_deref() == Some(feuille.libelle());
        let fautes = verdict.map_or(0, |v| v.anomalies.iter().filter(ici).count());
        vec![
            Cellule::from(feuille.libelle()).vers(ouverte.adresse_feuille(feuille.code())),
            rempli.into(),
            if fautes == 0 { Valeur::Rien } else { (fautes as u64).into() }.into(),
        ]
    });
    Table {
        identifiant: "feuilles",
        titre: "Feuilles à remplir".to_owned(),
        colonnes: vec![Colonne::texte("Feuille"), Colonne::texte("Rempli"), Colonne::nombre("À corriger")],
        lignes: lignes.collect(),
    }
}

fn a_faire(ouverte: &SaisieOuverte, verdict: Option<&Verdict>) -> (Vec<AFaire>, Vec<AFaire>) {
    let situe = |a: &AnomalieSituee| {
        let case = place(ouverte.jeu, a);
        let fiche = case.as_ref().filter(|c| ouverte.jeu.liste(&c.feuille).is_some()).map(|c| c.rang + 1);
        let lieu = match (&a.feuille, fiche) {
            (Some(feuille), Some(fiche)) => format!("{feuille}, fiche {fiche}"),
            (Some(feuille), None) => feuille.clone(),
            (None, _) => "Ensemble".to_owned(),
        };
        let adresse = case.map(|c| ouverte.adresse_case(&c));
        let correction = a.correction.as_ref().map(|c| format!(" Proposition : {c}.")).unwrap_or_default();
        (a.severite, AFaire { lieu, adresse, texte: format!("{}{correction}", a.message) })
    };
    let toutes = verdict.into_iter().flat_map(|v| &v.anomalies).map(situe);
    let (graves, legeres): (Vec<_>, Vec<_>) = toutes.partition(|(severite, _)| *severite == Severite::Bloquant);
    (abrege(graves), abrege(legeres))
}

/// The first ones of each place, and how many follow: the sheet itself says them all.
fn abrege(toutes: Vec<(Severite, AFaire)>) -> Vec<AFaire> {
    let mut par_lieu: BTreeMap<String, usize> = BTreeMap::new();
    for (_, a) in &toutes {
        *par_lieu.entry(a.lieu.clone()).or_default() += 1;
    }
    let mut dites: BTreeMap<String, usize> = BTreeMap::new();
    let retient = |(_, mut a): (Severite, AFaire)| {
        let deja = dites.entry(a.lieu.clone()).or_default();
        *deja += 1;
        let reste = par_lieu.get(&a.lieu).map_or(0, |n| n.saturating_sub(MONTREES));
        if *deja == MONTREES && reste > 0 {
            a.texte =
                format!("{} Et {} dans cette feuille.", a.texte, compte(reste as u64, "autre point", "autres points"));
        }
        (*deja <= MONTREES).then_some(a)
    };
    toutes.into_iter().filter_map(retient).collect()
}

/// The periods to choose from: those that have begun lately, and those that hold something.
fn periodes(pages: &Pages, jeu: &Jeu, ici: Trimestre, saisies: &[DeclarationListee]) -> Result<Vec<Modalite>> {
    let mut toutes = commencees(jeu.periodicite, Trimestre::contenant(pages.aujourdhui())?, PERIODES);
    toutes.extend(saisies.iter().filter(|s| s.jeu == jeu.code).filter_map(|s| s.periode.parse::<Trimestre>().ok()));
    toutes.push(ici);
    toutes.sort_unstable();
    toutes.dedup();
    let modalite = |p: &Trimestre| Modalite::nouvelle(p.to_string(), en_toutes_lettres(jeu, *p), *p == ici);
    Ok(toutes.iter().rev().map(modalite).collect())
}

/// `GET /jeux/{jeu}/modele?periode=…`: the workbook, with what is known.
pub async fn modele(
    State(pages): State<Arc<Pages>>,
    Path(code): Path<String>,
    Query(choix): Query<Choix>,
    _agent: Agent,
) -> Result<Response, Refus> {
    let ouverte = pages.ouvre(&code, choix.periode.as_deref()).await?;
    let jeu = jeu(&code).context("Ce jeu de données n’est pas connu.")?;
    let connue = connue(&pages.service.base, jeu, ouverte.periode).await?;
    let periode = en_toutes_lettres(jeu, ouverte.periode);
    let remplissage = Remplissage { periode: &periode, declaration: connue.as_ref(), jour: pages.aujourdhui() };
    let octets = modele_de_jeu(jeu, &remplissage).context("Le modèle n’a pas pu être écrit.")?;
    Ok(fichier(&format!("{}-{}.xlsx", jeu.code, ouverte.periode), XLSX, octets))
}
