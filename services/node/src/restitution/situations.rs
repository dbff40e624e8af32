//! The cases counted under a convention or an offer: what each one is worth and why, the documents that are missing, the plan
//! beside what it makes. Nominative: nothing of this leaves the node, and every reading is journalled.

mod fiche;
mod geste;

use std::sync::Arc;

use anyhow::Result;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use dossier::convention::avancement::{Avancement, avancement, evaluer_les_cas};
use dossier::convention::cas::Cas;
use dossier::convention::suivi::{Exigence, Suivi, suivi, suivis};
use dossier::convention::{Decision, DocumentConvention, Verdict, controle, convention};
use node_storage::bilan::PieceDeposee;
use node_storage::situation::{CasGarde, Lecture};
use referentiel::Decimal;
use referentiel::format::{compte, date, euros};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use web::{Cellule, Colonne, Table, Valeur};

use super::Pages;
use super::campagne::Modalite;
use super::rendu::{Entete, Onglet, Refus};
use super::session::Agent;
pub use fiche::{montre, nouvelle};
pub use geste::{ajoute, annule, corrige, depose};

/// What is followed, when the address does not say.
const SUIVI: &str = "fiphfp-v5";

/// What the reader chose.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Choix {
    suivi: String,
    action: String,
    montrer: String,
}

impl Choix {
    fn suivi(&self) -> Result<&'static Suivi, Refus> {
        let code = if self.suivi.is_empty() { SUIVI } else { &self.suivi };
        suivi(code).ok_or_else(|| Refus::introuvable("Cette convention ou cette offre n’est pas suivie par ce nœud."))
    }
}

/// The cases in everyday use, with what the rules say of them.
struct Suivies {
    suivi: &'static Suivi,
    gardes: Vec<CasGarde>,
    verdicts: Vec<Verdict>,
    pieces: Vec<PieceDeposee>,
}

#[derive(Debug, Template)]
#[template(path = "situations.html")]
struct Liste<'a> {
    suivi: &'a Suivi,
    suivis: Vec<Modalite>,
    montrer: Vec<Modalite>,
    actions: Vec<Modalite>,
    bilan: String,
    table: Table,
    plan: Option<Table>,
    imports: Vec<ImportMontre>,
    jeton: &'a str,
}

/// An import in the history; the last of its table can be undone.
#[derive(Debug)]
struct ImportMontre {
    id: i64,
    texte: String,
    annulable: bool,
}

/// `GET /convention/situations?suivi=…&montrer=…`
pub async fn liste(
    State(pages): State<Arc<Pages>>,
    Query(choix): Query<Choix>,
    agent: Agent,
) -> Result<Response, Refus> {
    let suivies = pages.suivies(choix.suivi()?, &agent, "lire-situations").await?;
    let suivi = suivies.suivi;
    let options = [("", "Toutes"), ("refusees", "Refusées"), ("pieces", "Avec une pièce manquante")];
    let contenu = Liste {
        suivis: suivis().iter().map(|s| Modalite::nouvelle(&s.code, &s.libelle, s.code == suivi.code)).collect(),
        montrer: options.iter().map(|(code, dit)| Modalite::nouvelle(*code, *dit, *code == choix.montrer)).collect(),
        actions: actions(suivi),
        bilan: suivies.bilan(),
        table: suivies.table(&pages, &choix.montrer),
        plan: pages.plan(&suivies).await?,
        imports: imports(&pages).await?,
        suivi,
        jeton: &agent.jeton,
    };
    let entete = Entete::nouveau(Onglet::Convention, "Situations suivies").sous("/convention", "Convention FIPHFP");
    Ok(pages.page(&agent, entete, &contenu))
}

/// The actions of a convention or offer, as a list to choose from.
fn actions(suivi: &Suivi) -> Vec<Modalite> {
    let d_une_convention = convention(&suivi.code).into_iter().flat_map(|c| &c.actions);
    let d_une_convention = d_une_convention.map(|a| (a.code.as_str(), a.libelle.as_str()));
    let propres = suivi.actions.iter().map(|a| (a.code.as_str(), a.libelle.as_str()));
    propres.chain(d_une_convention).map(|(c, l)| Modalite::nouvelle(c, format!("{c} {l}"), false)).collect()
}

async fn imports(pages: &Pages) -> Result<Vec<ImportMontre>> {
    let tous = pages.service.base.imports_de_situations(20).await?;
    let mut tableaux = std::collections::BTreeSet::new();
    let montre = |i: &node_storage::situation::ImportDeSituations| ImportMontre {
        id: i.id,
        texte: format!(
            "n° {}, {} : {}, {}, {}{}",
            i.id,
            super::envois::moment(i.importe_le),
            i.fichier,
            compte(u64::from(i.comptes.crees), "créée", "créées"),
            compte(u64::from(i.comptes.modifies), "modifiée", "modifiées"),
            if i.annule { ", annulé" } else { "" }
        ),
        annulable: !i.annule && tableaux.insert(i.correspondance.clone()),
    };
    Ok(tous.iter().map(montre).take(10).collect())
}

impl Suivies {
    fn actifs(&self) -> impl Iterator<Item = &Cas> {
        self.gardes.iter().filter(|g| g.archive_le.is_none()).map(|g| &g.cas)
    }

    fn verdict(&self, cas: &Cas) -> Option<&Verdict> {
        self.verdicts.iter().find(|v| v.id == cas.situation.id)
    }

    /// Titles of the documents that a bilan waits for.
    fn manquantes(&self, cas: &Cas) -> Vec<String> {
        let siennes = self.pieces.iter().filter(|p| p.situation == cas.situation.id);
        let deposees: Vec<&str> = siennes.map(|p| p.code.as_str()).collect();
        let etats = self.suivi.pieces_de(cas, &deposees).into_iter();
        etats.filter(|e| e.exigence == Exigence::Bilan && !e.presente).map(|e| e.libelle).collect()
    }

    fn bilan(&self) -> String {
        let nombre = self.actifs().count();
        let valorisables = self.verdicts.iter().filter(|v| v.verdict == Decision::Valorisable).count();
        let total: Decimal = self.verdicts.iter().map(|v| v.montant_eur).sum();
        let incompletes = self.actifs().filter(|c| !self.manquantes(c).is_empty()).count();
        format!(
            "{}, {}, {} au total ; {} une pièce pour le bilan.",
            compte(nombre as u64, "situation suivie", "situations suivies"),
            compte(valorisables as u64, "valorisable", "valorisables"),
            euros(total),
            compte(incompletes as u64, "situation attend", "situations attendent"),
        )
    }

    fn table(&self, pages: &Pages, montrer: &str) -> Table {
        let retenus = self.actifs().filter(|c| match montrer {
            "refusees" => self.verdict(c).is_some_and(|v| v.verdict == Decision::Refuse),
            "pieces" => !self.manquantes(c).is_empty(),
            _ => true,
        });
        let ligne = |cas: &Cas| {
            let s = &cas.situation;
            let verdict = self.verdict(cas);
            let adresse = adresse(self.suivi, &pages.repere_de_cas(self.suivi, &s.id));
            let tarif = || self.suivi.tarif(cas, s.date().unwrap_or(pages.aujourdhui()));
            let (decision, montant, pourquoi) = match verdict {
                Some(v) if v.verdict == Decision::Refuse => ("refusée", Valeur::Rien, v.explication.clone()),
                Some(v) => ("valorisable", Valeur::Euros(v.montant_eur), v.explication.clone()),
                None => {
                    let tarif = tarif();
                    let prix = tarif.as_ref().and_then(|t| t.prix_eur).map_or(Valeur::Rien, Valeur::Euros);
                    ("suivie", prix, tarif.map(|t| t.motif).unwrap_or_default())
                }
            };
            let manquantes = self.manquantes(cas);
            vec![
                Cellule::from(s.id.as_str()).vers(adresse),
                s.action.as_str().into(),
                s.date().into(),
                decision.into(),
                montant.into(),
                if pourquoi.is_empty() { Valeur::Rien.into() } else { pourquoi.into() },
                if manquantes.is_empty() { Valeur::Rien.into() } else { manquantes.join(" ; ").into() },
            ]
        };
        Table {
            identifiant: "situations",
            titre: format!("Situations, {}", self.suivi.libelle),
            colonnes: vec![
                Colonne::texte("Situation"),
                Colonne::texte("Action"),
                Colonne::texte("Début"),
                Colonne::texte("Verdict"),
                Colonne::nombre("Montant"),
                Colonne::texte("Pourquoi"),
                Colonne::texte("Pièces manquantes"),
            ],
            lignes: retenus.map(ligne).collect(),
        }
    }
}

/// Page of a case.
fn adresse(suivi: &Suivi, repere: &str) -> String {
    format!("/convention/situations/{repere}?suivi={}", suivi.code)
}

fn table_du_plan(a: &Avancement) -> Table {
    let ligne = |l: &dossier::convention::avancement::AvancementAction| {
        vec![
            format!("{} {}", l.action, l.libelle).into(),
            l.unite.as_str().into(),
            Cellule::from(if l.cible.is_zero() { "non saisie".into() } else { Valeur::Decimal(l.cible) }),
            Valeur::Decimal(l.realise).into(),
            l.taux_quantite.map_or(Valeur::Rien, Valeur::Taux).into(),
            Valeur::Euros(l.demande_eur).into(),
            Valeur::Euros(l.valorise_eur).into(),
            (l.refusees as u64).into(),
        ]
    };
    Table {
        identifiant: "plan",
        titre: format!("Plan et réalisé au {}", date(a.au)),
        colonnes: vec![
            Colonne::texte("Action"),
            Colonne::texte("Unité"),
            Colonne::nombre("Cible"),
            Colonne::nombre("Réalisé"),
            Colonne::nombre("Atteinte"),
            Colonne::nombre("Demandé"),
            Colonne::nombre("Valorisé"),
            Colonne::nombre("Refusées"),
        ],
        lignes: a.actions.iter().map(ligne).collect(),
    }
}

impl Pages {
    /// Mark of a case in an address.
    fn repere_de_cas(&self, suivi: &Suivi, id: &str) -> String {
        let condense = Sha256::new().chain_update(self.cle_repere).chain_update(&suivi.code).chain_update([0]);
        condense.chain_update(id).finalize().iter().take(10).map(|o| format!("{o:02x}")).collect()
    }

    /// The cases followed under a code: reading them is journalled.
    async fn suivies(&self, suivi: &'static Suivi, agent: &Agent, acte: &str) -> Result<Suivies, Refus> {
        let lecture = Lecture { acteur: &agent.acteur, acte, instant: self.service.horloge.maintenant() };
        let gardes = self.service.base.situations(&suivi.code, lecture).await?;
        let pieces = self.service.base.pieces(&suivi.code).await?;
        let tous: Vec<Cas> = gardes.iter().map(|g| g.cas.clone()).collect();
        let verdicts = match convention(&suivi.code) {
            Some(_) => {
                evaluer_les_cas(&suivi.code, &tous, chrono::NaiveDate::MAX).map_err(anyhow::Error::from)?.verdicts
            }
            None => Vec::new(),
        };
        Ok(Suivies { suivi, gardes, verdicts, pieces })
    }

    /// The plan beside what the cases make of it, for a convention that has one or the other.
    async fn plan(&self, s: &Suivies) -> Result<Option<Table>> {
        let base = &self.service.base;
        let plan = base.plan(&s.suivi.code).await?;
        if convention(&s.suivi.code).is_none() || (plan.is_none() && s.gardes.is_empty()) {
            return Ok(None);
        }
        let document = match plan {
            Some(texte) => controle::lire(&texte)?,
            None => DocumentConvention::default(),
        };
        let residus = base.residus(&s.suivi.code).await?;
        let cas: Vec<Cas> = s.gardes.iter().map(|g| g.cas.clone()).collect();
        let avancement = avancement(&s.suivi.code, &document, (&cas, &residus), self.aujourdhui())?;
        Ok(Some(table_du_plan(&avancement)))
    }
}
