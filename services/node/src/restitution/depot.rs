//! Step 1 in a page: a workbook is deposited, checked, mended where it is faulty, then stored or dropped.
//! Nothing is stored before somebody says so, and every import can be undone.

use std::path::Path as Chemin;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use node_storage::brouillon::Brouillon;
use node_storage::import::{AImporter, ImportListe, Issue};
use referentiel::controle::Severite;
use referentiel::format::{compte, date};
use referentiel::periode::Trimestre;
use serde::Deserialize;
use tableur::ecriture::Correction;
use tableur::{AnomalieSituee, Modele};
use web::table::APropos;
use web::{Avis, Cellule, Colonne, Geste, Table, Ton, Valeur};

use super::Pages;
use super::campagne::Modalite;
use super::envois::moment;
use super::rendu::{CSV, Entete, Onglet, Refus, XLSX, fait, fichier, nom_campagne};
use super::session::{Agent, Depose, Formulaire};
use crate::commande::en_phrase;
use crate::saisie::processus::{self, Source};
use crate::saisie::{self, Statut, Verdict};

/// Anomalies shown with a field to mend them: beyond, the annotated workbook serves better.
const AFFICHEES: usize = 200;

#[derive(Debug, Template)]
#[template(path = "imports.html")]
struct Imports<'a> {
    brouillons: Vec<(i64, String)>,
    imports: &'a [ImportListe],
    campagnes: Vec<Modalite>,
    jeton: &'a str,
}

impl Imports<'_> {
    fn etat(i: &ImportListe) -> String {
        if i.annule { "annulé".to_owned() } else { en_phrase(&i.comptes) }
    }

    fn jour(i: &ImportListe) -> String {
        moment(i.importe_le)
    }

    fn campagne(i: &ImportListe) -> String {
        nom_campagne(&i.trimestre)
    }
}

#[derive(Debug, Template)]
#[template(path = "brouillon.html")]
struct Verification<'a> {
    b: &'a Brouillon,
    depose_le: String,
    verdict: &'a Verdict,
    bilan: String,
    comptes: String,
    changements: Option<String>,
    graves: Vec<AFaire<'a>>,
    legeres: Vec<AFaire<'a>>,
    restantes: usize,
    jeton: &'a str,
}

/// An anomaly, and the field that mends it when it stands in a cell.
#[derive(Debug)]
struct AFaire<'a> {
    a: &'a AnomalieSituee,
    lieu: String,
    champ: Option<Champ>,
}

#[derive(Debug)]
struct Champ {
    identifiant: String,
    nom: String,
    valeur: String,
}

impl Verification<'_> {
    fn enregistrable(&self) -> bool {
        matches!(self.verdict.statut, Statut::Conforme | Statut::Avertissements)
    }

    fn lisible(&self) -> bool {
        self.verdict.statut != Statut::Illisible
    }

    fn corrigeable(&self) -> bool {
        self.graves.iter().chain(&self.legeres).any(|a| a.champ.is_some())
    }
}

/// `GET /imports`
pub async fn montre(State(pages): State<Arc<Pages>>, agent: Agent) -> Result<Response, Refus> {
    let base = &pages.service.base;
    let imports = base.imports(100).await?;
    let brouillons = base.brouillons().await?;
    let (suivante, actuelle) = {
        let actuelle =
            Trimestre::contenant(pages.aujourdhui()).context("La date de la machine est hors calendrier.")?;
        (actuelle, actuelle.precedent())
    };
    let mut campagnes = pages.campagnes().await?;
    campagnes.extend([suivante, actuelle]);
    campagnes.sort_unstable();
    campagnes.dedup();
    let contenu = Imports {
        brouillons: brouillons
            .into_iter()
            .map(|b| (b.id, format!("{}, déposé le {} par {}", b.fichier, moment(b.depose_le), b.depose_par)))
            .collect(),
        imports: &imports,
        campagnes: campagnes
            .into_iter()
            .rev()
            .map(|c| Modalite::nouvelle(c.to_string(), c.libelle_long(), c == actuelle))
            .collect(),
        jeton: &agent.jeton,
    };
    Ok(pages.page(&agent, Entete::nouveau(Onglet::Imports, "Importer un classeur"), &contenu))
}

/// `POST /imports`: keeps the workbook as a draft; nothing else.
pub async fn depose(State(pages): State<Arc<Pages>>, depose: Depose) -> Result<Response, Refus> {
    let Depose { agent, fichier, octets, .. } = depose;
    if fichier.is_empty() || octets.is_empty() {
        let texte = "Aucun fichier n’a été choisi : choisissez un classeur .xlsx ou .ods, puis vérifiez-le.".to_owned();
        return Ok(pages.va(&agent, "/imports", Avis { ton: Ton::Erreur, texte, geste: None }));
    }
    let instant = pages.service.horloge.maintenant();
    let numero = pages.service.base.depose_brouillon(&fichier, &octets, &agent.acteur, instant).await?;
    Ok(axum::response::IntoResponse::into_response(axum::response::Redirect::to(&format!(
        "/imports/brouillons/{numero}"
    ))))
}

/// `GET /imports/brouillons/{numero}`: checks and shows; stores nothing.
pub async fn brouillon(
    State(pages): State<Arc<Pages>>,
    Path(numero): Path<i64>,
    agent: Agent,
) -> Result<Response, Refus> {
    let b = pages.service.base.brouillon(numero).await?;
    let verdict = pages.verifie(b.octets.clone(), None).await?;
    let changements = match &verdict.remontee {
        Some(remontee) => {
            let a = AImporter { remontee, empreinte: &verdict.empreinte, fichier: &b.fichier };
            Some(en_phrase(&pages.service.base.essaie_import(a, pages.service.horloge.maintenant()).await?))
        }
        None => None,
    };
    let c = &verdict.comptes;
    let n = |n: usize, un: &str, plusieurs: &str| compte(n as u64, un, plusieurs);
    let (graves, legeres) = a_faire(&verdict);
    let contenu = Verification {
        depose_le: moment(b.depose_le),
        bilan: bilan(&verdict),
        comptes: format!(
            "{}, {}, {} lus",
            n(c.dispositifs, "dispositif", "dispositifs"),
            n(c.personnes, "personne", "personnes"),
            n(c.evenements, "évènement", "évènements")
        ),
        changements,
        restantes: verdict.anomalies.len().saturating_sub(AFFICHEES),
        graves,
        legeres,
        b: &b,
        verdict: &verdict,
        jeton: &agent.jeton,
    };
    let entete = Entete::nouveau(Onglet::Imports, "Vérifier un classeur").sous("/imports", "Importer un classeur");
    Ok(pages.page(&agent, entete, &contenu))
}

fn bilan(verdict: &Verdict) -> String {
    let c = &verdict.comptes;
    let bloquants = compte(c.bloquants as u64, "anomalie bloque", "anomalies bloquent");
    let avertissements = compte(c.avertissements as u64, "avertissement", "avertissements");
    match verdict.statut {
        Statut::Conforme => "Ce classeur est conforme : il peut être enregistré.".to_owned(),
        Statut::Avertissements => {
            format!("Ce classeur peut être enregistré, avec {avertissements} à vérifier ou à commenter.")
        }
        Statut::Bloque => format!("{bloquants} l’enregistrement. Rien n’est enregistré tant qu’il en reste."),
        Statut::Illisible => "Ce fichier ne se lit pas. Rien n’est enregistré.".to_owned(),
    }
}

fn a_faire(verdict: &Verdict) -> (Vec<AFaire<'_>>, Vec<AFaire<'_>>) {
    let mut deja = std::collections::BTreeSet::new();
    let affichees = verdict.anomalies.iter().take(AFFICHEES).map(|a| {
        let (feuille, cellule) = (a.feuille.as_deref(), a.cellule.as_deref());
        let lieu = match (feuille, cellule) {
            (Some(feuille), Some(cellule)) => format!("{feuille} {cellule}"),
            (Some(feuille), None) => feuille.to_owned(),
            (None, _) => "Fichier".to_owned(),
        };
        // One field for each cell, even when several checks speak of it; none for a header.
        let corrigeable = feuille.is_some() && cellule.is_some_and(sous_l_entete);
        let champ = (corrigeable && a.severite != Severite::Information && deja.insert(lieu.clone())).then(|| Champ {
            identifiant: format!("c-{}", lieu.replace(' ', "-")),
            nom: format!("c:{}!{}", feuille.unwrap_or_default(), cellule.unwrap_or_default()),
            valeur: a.correction.clone().or_else(|| a.lu.clone()).unwrap_or_default(),
        });
        AFaire { a, lieu, champ }
    });
    affichees.partition(|f| f.a.severite == Severite::Bloquant)
}

fn sous_l_entete(cellule: &str) -> bool {
    let ligne = cellule.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    ligne.parse::<u32>().is_ok_and(|ligne| ligne > 1)
}

/// `POST /imports/brouillons/{numero}/corriger`: writes what was typed in the cells, then checks again.
pub async fn corrige(
    State(pages): State<Arc<Pages>>,
    Path(numero): Path<i64>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let b = pages.service.base.brouillon(numero).await?;
    let verdict = pages.verifie(b.octets.clone(), None).await?;
    let corrections: Vec<Correction> = champs
        .sous("c:")
        .filter_map(|(place, valeur)| {
            let (feuille, cellule) = place.split_once('!')?;
            let dite = verdict
                .anomalies
                .iter()
                .find(|a| a.feuille.as_deref() == Some(feuille) && a.cellule.as_deref() == Some(cellule))?;
            let change = dite.lu.as_deref().unwrap_or_default() != valeur;
            change.then(|| Correction {
                feuille: feuille.to_owned(),
                cellule: cellule.to_owned(),
                valeur: valeur.to_owned(),
            })
        })
        .collect();
    let adresse = format!("/imports/brouillons/{numero}");
    if corrections.is_empty() {
        let texte = "Aucune cellule n’a changé : écrivez la valeur juste dans la colonne « Correction ».".to_owned();
        return Ok(pages.va(&agent, &adresse, Avis { ton: Ton::Alerte, texte, geste: None }));
    }
    let modele = pages.modele()?;
    let octets = tableur::ecriture::corriger(&b.octets, &modele, &corrections, pages.aujourdhui())
        .context("Le classeur corrigé n’a pas pu être écrit.")?;
    let nombre = u32::try_from(corrections.len()).unwrap_or(u32::MAX);
    pages.service.base.corrige_brouillon(numero, &octets, nombre).await?;
    let texte =
        format!("{}, puis tout a été revérifié.", compte(u64::from(nombre), "cellule corrigée", "cellules corrigées"));
    Ok(pages.va(&agent, &adresse, fait(texte)))
}

/// `POST /imports/brouillons/{numero}/enregistrer`
pub async fn enregistre(
    State(pages): State<Arc<Pages>>,
    Path(numero): Path<i64>,
    Formulaire { agent, .. }: Formulaire,
) -> Result<Response, Refus> {
    let b = pages.service.base.brouillon(numero).await?;
    let verdict = pages.verifie(b.octets.clone(), None).await?;
    if verdict.remontee.is_none() {
        let adresse = format!("/imports/brouillons/{numero}");
        let avis = Avis { ton: Ton::Erreur, texte: bilan(&verdict), geste: None };
        return Ok(pages.va(&agent, &adresse, avis));
    }
    let reponse = pages.importe(&agent, &verdict, &b.fichier, "/imports").await?;
    pages.service.base.efface_brouillon(numero).await?;
    Ok(reponse)
}

/// `POST /imports/brouillons/{numero}/abandonner`
pub async fn abandonne(
    State(pages): State<Arc<Pages>>,
    Path(numero): Path<i64>,
    Formulaire { agent, .. }: Formulaire,
) -> Result<Response, Refus> {
    pages.service.base.efface_brouillon(numero).await?;
    Ok(pages.va(
        &agent,
        "/imports",
        fait("Le classeur en attente est abandonné. Les fiches enregistrées n’ont pas changé."),
    ))
}

/// `POST /imports/{numero}/annuler`
pub async fn annule(
    State(pages): State<Arc<Pages>>,
    Path(numero): Path<i64>,
    Formulaire { agent, .. }: Formulaire,
) -> Result<Response, Refus> {
    let instant = pages.service.horloge.maintenant();
    let comptes = pages.service.base.annule_import(numero, instant).await?;
    pages.service.base.note(instant, &agent.acteur, "annule", &format!("import {numero}")).await?;
    let texte = format!(
        "Import n° {numero} annulé : {}, {}.",
        compte(u64::from(comptes.modifies), "fiche remise", "fiches remises"),
        compte(u64::from(comptes.supprimes), "retirée", "retirées")
    );
    Ok(pages.va(&agent, "/imports", fait(texte)))
}

/// `GET /imports/brouillons/{numero}/annote.xlsx`
pub async fn annote(
    State(pages): State<Arc<Pages>>,
    Path(numero): Path<i64>,
    _agent: Agent,
) -> Result<Response, Refus> {
    let b = pages.service.base.brouillon(numero).await?;
    let verdict = pages.verifie(b.octets.clone(), None).await?;
    let octets = tableur::ecriture::annoter(&b.octets, &*pages.modele()?, &verdict.anomalies, pages.aujourdhui())
        .context("Le classeur annoté n’a pas pu être écrit.")?;
    Ok(fichier(&format!("classeur-annote-{numero}.xlsx"), XLSX, octets))
}

/// `GET /imports/brouillons/{numero}/anomalies.csv`
pub async fn anomalies(
    State(pages): State<Arc<Pages>>,
    Path(numero): Path<i64>,
    _agent: Agent,
) -> Result<Response, Refus> {
    let b = pages.service.base.brouillon(numero).await?;
    let verdict = pages.verifie(b.octets, None).await?;
    let texte = |t: &Option<String>| Cellule::from(t.clone().map_or(Valeur::Texte(String::new()), Valeur::Texte));
    let ligne = |a: &AnomalieSituee| {
        vec![
            a.controle.as_str().into(),
            gravite(a.severite).into(),
            texte(&a.feuille),
            texte(&a.cellule),
            texte(&a.lu),
            texte(&a.attendu),
            a.message.as_str().into(),
            texte(&a.correction),
        ]
    };
    let table = Table {
        identifiant: "anomalies",
        titre: "Anomalies".to_owned(),
        colonnes: ["Contrôle", "Gravité", "Feuille", "Cellule", "Lu", "Attendu", "Message", "Correction proposée"]
            .map(Colonne::texte)
            .into(),
        lignes: verdict.anomalies.iter().map(ligne).collect(),
    };
    let a_propos = APropos { lignes: vec![("Extrait le".to_owned(), date(pages.aujourdhui()))], date: None };
    let octets = table.csv_tableur(&a_propos).context("La liste n’a pas pu être écrite.")?;
    Ok(fichier(&format!("anomalies-{numero}.csv"), CSV, octets))
}

fn gravite(severite: Severite) -> &'static str {
    match severite {
        Severite::Bloquant => "bloquant",
        Severite::Avertissement => "avertissement",
        Severite::Information => "information",
    }
}

/// What the template is wanted for.
#[derive(Debug, Deserialize)]
pub struct ModeleVoulu {
    campagne: Trimestre,
}

/// `GET /imports/modele?campagne=…`: the campaign's workbook, prefilled.
pub async fn modele(
    State(pages): State<Arc<Pages>>,
    Query(voulu): Query<ModeleVoulu>,
    _agent: Agent,
) -> Result<Response, Refus> {
    let trimestre = voulu.campagne;
    let configuration = &pages.service.configuration;
    let date = configuration.campagne_de(trimestre).and_then(|c| c.date).unwrap_or(trimestre.fin());
    let connues = saisie::modele::connues(&pages.service.base, trimestre).await?;
    let modele = pages.modele()?;
    let octets = saisie::modele::prerempli(&modele, connues.first(), trimestre, date, pages.aujourdhui())
        .context("Le modèle n’a pas pu être écrit.")?;
    Ok(fichier(&format!("modele-{trimestre}.xlsx"), XLSX, octets))
}

impl Pages {
    /// The layout of the workbooks of this node.
    pub(super) fn modele(&self) -> Result<std::borrow::Cow<'static, Modele>> {
        let propre = self.service.configuration.noeud.modele_classeur.as_deref();
        Ok(match propre.map(processus::modele).transpose()? {
            Some(modele) => std::borrow::Cow::Owned(modele),
            None => std::borrow::Cow::Borrowed(Modele::cfea()),
        })
    }

    /// Checks a workbook in the bounded process, as the command does.
    pub(super) async fn verifie(self: &Arc<Self>, octets: Vec<u8>, voulue: Option<Trimestre>) -> Result<Verdict> {
        let pages = Arc::clone(self);
        let execution = tokio::runtime::Handle::current();
        let lecture = move || {
            let c = &pages.service.configuration;
            let modele: Option<&Chemin> = c.noeud.modele_classeur.as_deref();
            processus::verifie(Source::Octets(&octets), modele, true, |lue| {
                let instant = pages.service.horloge.maintenant();
                execution.block_on(saisie::contexte(c, Some(&pages.service.base), instant, (voulue, lue)))
            })
        };
        tokio::task::spawn_blocking(lecture).await?
    }

    /// Stores what a verdict allows, and says so with the way to undo it.
    pub(super) async fn importe(
        &self,
        agent: &Agent,
        verdict: &Verdict,
        nom: &str,
        adresse: &str,
    ) -> Result<Response, Refus> {
        let Some(remontee) = &verdict.remontee else { return Err(Refus::impossible(bilan(verdict))) };
        let a = AImporter { remontee, empreinte: &verdict.empreinte, fichier: nom };
        let instant = self.service.horloge.maintenant();
        let avis = match self.service.base.importe(a, instant).await? {
            Issue::Importe { id, comptes } => {
                self.service.base.note(instant, &agent.acteur, "importe", &format!("import {id}")).await?;
                Avis {
                    ton: Ton::Fait,
                    texte: format!("Enregistré : {}.", en_phrase(&comptes)),
                    geste: Some(Geste {
                        adresse: format!("/imports/{id}/annuler"),
                        libelle: "Annuler cet enregistrement".to_owned(),
                        jeton: agent.jeton.clone(),
                    }),
                }
            }
            Issue::DejaFait { le, .. } => {
                fait(format!("Ce classeur a déjà été enregistré le {} : rien n’a changé.", moment(le)))
            }
        };
        Ok(self.va(agent, adresse, avis))
    }
}
