//! What operators see of the hub from outside: counters kept as requests go by, and what is read of the store at each
//! scrape. Labels are codes of the program: never a node, a route as it was written, a value that somebody sent.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, Utc};
use hub_storage::mesure::{self, Releve};
use prometheus::{Histogram, IntCounter, IntCounterVec, IntGauge, IntGaugeVec};
use publication::CodeRefus;
use tracing::Instrument as _;
use web::mesures::Registre;
use web::trace;

use crate::ingest::Issue;
use crate::service::Service;

/// Seconds that a reception takes, from a heartbeat to the largest content.
const DUREES: &[f64] = &[0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// What became of a question put to the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Answered from memory.
    Gardee,
    /// Computed.
    Calculee,
    /// Not executed: its form, its cost, its caller.
    Refusee,
    /// Stopped by the clock.
    Interrompue,
}

impl Question {
    fn code(self) -> &'static str {
        match self {
            Self::Gardee => "gardee",
            Self::Calculee => "calculee",
            Self::Refusee => "refusee",
            Self::Interrompue => "interrompue",
        }
    }
}

/// The measures of a replica. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mesures(Arc<Interieur>);

#[derive(Debug)]
struct Interieur {
    registre: Registre,
    publications: IntCounterVec,
    refus: IntCounterVec,
    receptions: Histogram,
    questions: IntCounterVec,
    reponses: IntCounterVec,
    requetes_sql: IntCounter,
    connexions: IntGaugeVec,
    gardees: IntGauge,
    noeuds: IntGaugeVec,
    muets: IntGauge,
    en_retard: IntGauge,
    epoque: IntGauge,
    entrees: IntGauge,
    derniere_entree: IntGauge,
    coherent: IntGauge,
    jeton: IntGauge,
    certificat: IntGauge,
    cle_suivante: IntGauge,
    lisible: IntGauge,
}

impl Mesures {
    /// All of them, at zero.
    pub fn nouvelles() -> Result<Self> {
        let r = Registre::nouveau("maillage_hub")?;
        let mesures = Interieur {
            publications: r.compteurs("publications_total", "Entrées reçues des nœuds, par issue.", "issue")?,
            refus: r.compteurs("refus_total", "Requêtes et publications refusées, par motif.", "motif")?,
            receptions: r.durees("reception_duration_seconds", "Durée de la réception d’une entrée.", DUREES)?,
            questions: r.compteurs("questions_total", "Questions posées à l’API, par issue.", "issue")?,
            reponses: r.compteurs("http_responses_total", "Réponses HTTP, par classe de statut.", "classe")?,
            requetes_sql: r.compteur("database_statements_total", "Instructions envoyées à la base.")?,
            connexions: r.jauges("database_connections", "Connexions à la base, par état.", "etat")?,
            gardees: r.jauge("kept_answers_bytes", "Octets des réponses gardées en mémoire.")?,
            noeuds: r.jauges("noeuds", "Nœuds connus, par état.", "etat")?,
            muets: r.jauge("noeuds_muets", "Nœuds actifs dont rien n’est venu depuis deux jours.")?,
            en_retard: r.jauge("noeuds_en_retard", "Nœuds attendus après la limite d’une campagne ouverte.")?,
            epoque: r.jauge("registre_epoque", "Époque du registre : elle change à chaque restauration.")?,
            entrees: r.jauge("registre_entrees", "Entrées du registre.")?,
            derniere_entree: r.jauge(
                "registre_derniere_entree_timestamp_seconds",
                "Moment de la dernière entrée du registre, que couvre le dernier point de contrôle ; 0 avant la première.",
            )?,
            coherent: r.jauge("registre_coherent", "1 quand l’arbre du registre a une racine pour toutes ses entrées.")?,
            jeton: r.jauge(
                "jeton_expiration_timestamp_seconds",
                "Fin du prochain jeton de machine à expirer ; 0 sans jeton qui expire.",
            )?,
            certificat: r.jauge(
                "certificat_expiration_timestamp_seconds",
                "Fin du certificat TLS du hub ; 0 quand un mandataire le porte.",
            )?,
            cle_suivante: r.jauge(
                "cle_suivante_timestamp_seconds",
                "Moment où la clé annoncée peut servir ; 0 quand aucune n’attend.",
            )?,
            lisible: r.jauge("database_up", "1 quand la base a répondu au dernier relevé.")?,
            registre: r,
        };
        let mesures = Self(Arc::new(mesures));
        mesures.pose_les_zeros();
        Ok(mesures)
    }

    /// A rate over a counter that appears with its first event misses that event.
    fn pose_les_zeros(&self) {
        for issue in Issue::TOUTES {
            self.0.publications.with_label_values(&[issue.code()]);
        }
        for question in [Question::Gardee, Question::Calculee, Question::Refusee, Question::Interrompue] {
            self.0.questions.with_label_values(&[question.code()]);
        }
        for motif in CodeRefus::TOUS {
            self.0.refus.with_label_values(&[motif.code()]);
        }
    }

    /// An entry was received.
    pub fn publication(&self, issue: Issue, debut: Instant) {
        self.0.publications.with_label_values(&[issue.code()]).inc();
        self.0.receptions.observe(debut.elapsed().as_secs_f64());
    }

    /// A request or a content was refused.
    pub fn refus(&self, motif: CodeRefus) {
        self.0.refus.with_label_values(&[motif.code()]).inc();
    }

    /// A question was put to the API.
    pub fn question(&self, question: Question) {
        self.0.questions.with_label_values(&[question.code()]).inc();
    }

    fn reponse(&self, reponse: &Response) {
        let classe = match reponse.status().as_u16() {
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
        self.0.reponses.with_label_values(&[classe]).inc();
        if let Some(motif) = reponse.extensions().get::<CodeRefus>() {
            self.refus(*motif);
        }
    }

    /// What the text of the measures is made of.
    pub fn registre(&self) -> Registre {
        self.0.registre.clone()
    }

    /// Reads what is only known when asked for.
    pub async fn releve(&self, service: &Service) {
        let (m, db) = (&self.0, service.db());
        let (ouvertes, libres) = db.connexions();
        m.connexions.with_label_values(&["occupee"]).set(entier(ouvertes.saturating_sub(libres)));
        m.connexions.with_label_values(&["libre"]).set(entier(libres));
        m.requetes_sql.inc_by(db.compte_requetes().saturating_sub(m.requetes_sql.get()));
        m.gardees.set(entier(service.memoire().poids()));
        m.certificat.set(secondes(service.certificat_expire_le()));
        m.cle_suivante.set(secondes(service.cle_suivante_le()));
        match mesure::releve(db, service.horloge().maintenant()).await {
            Ok(releve) => {
                m.lisible.set(1);
                self.pose(&releve);
            }
            Err(erreur) => {
                m.lisible.set(0);
                tracing::warn!(%erreur, "relevé des mesures");
            }
        }
    }

    fn pose(&self, releve: &Releve) {
        let m = &self.0;
        for (etat, nombre) in &releve.noeuds {
            m.noeuds.with_label_values(&[etat]).set(entier(*nombre));
        }
        m.muets.set(entier(releve.muets));
        m.en_retard.set(entier(releve.en_retard));
        m.epoque.set(entier(releve.epoque));
        m.entrees.set(entier(releve.entrees));
        m.derniere_entree.set(secondes(releve.derniere_entree));
        m.coherent.set(i64::from(releve.coherent));
        m.jeton.set(secondes(releve.jeton_expire_le));
    }
}

fn entier(nombre: u64) -> i64 {
    i64::try_from(nombre).unwrap_or(i64::MAX)
}

fn secondes(moment: Option<DateTime<Utc>>) -> i64 {
    moment.map_or(0, |m| m.timestamp())
}

/// Counts each answer; requests of the nodes go on in the trace that they bring.
pub async fn observe(State(service): State<Service>, requete: Request, suite: Next) -> Response {
    let route = requete.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let reponse = match route.filter(|route| route.starts_with("/v1/")) {
        None => suite.run(requete).await,
        Some(route) => {
            // Whatever the level of the lines: the trace of the node goes on.
            let span = tracing::error_span!("reception", route, trace = tracing::field::Empty);
            trace::reprend(&span, requete.headers());
            trace::note(&span);
            suite.run(requete).instrument(span).await
        }
    };
    service.mesures().reponse(&reponse);
    reponse
}
