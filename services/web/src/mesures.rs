//! Measures for Prometheus, on an address of their own: what they tell of the load is for operators, never for the
//! public. A label has few values, all known beforehand: none comes from a request.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use prometheus::process_collector::ProcessCollector;
use prometheus::{
    Encoder as _, Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use tokio::net::TcpListener;

/// The measures of a service, under its prefix.
#[derive(Debug, Clone)]
pub struct Registre {
    prefixe: &'static str,
    registre: Registry,
}

impl Registre {
    /// A registry that already measures the process: memory, processor, open files.
    pub fn nouveau(prefixe: &'static str) -> Result<Self> {
        let registre = Registry::new();
        registre.register(Box::new(ProcessCollector::for_self()))?;
        Ok(Self { prefixe, registre })
    }

    fn inscrit<M: prometheus::core::Collector + Clone + 'static>(&self, mesure: prometheus::Result<M>) -> Result<M> {
        let mesure = mesure?;
        self.registre.register(Box::new(mesure.clone()))?;
        Ok(mesure)
    }

    fn options(&self, nom: &str, aide: &str) -> Opts {
        Opts::new(format!("{}_{nom}", self.prefixe), aide)
    }

    /// What only grows.
    pub fn compteur(&self, nom: &str, aide: &str) -> Result<IntCounter> {
        self.inscrit(IntCounter::with_opts(self.options(nom, aide)))
    }

    /// The same by the values of a label.
    pub fn compteurs(&self, nom: &str, aide: &str, label: &str) -> Result<IntCounterVec> {
        self.inscrit(IntCounterVec::new(self.options(nom, aide), &[label]))
    }

    /// What goes up and down.
    pub fn jauge(&self, nom: &str, aide: &str) -> Result<IntGauge> {
        self.inscrit(IntGauge::with_opts(self.options(nom, aide)))
    }

    /// The same in fractions.
    pub fn jauge_reelle(&self, nom: &str, aide: &str) -> Result<Gauge> {
        self.inscrit(Gauge::with_opts(self.options(nom, aide)))
    }

    /// The same by the values of a label.
    pub fn jauges(&self, nom: &str, aide: &str, label: &str) -> Result<IntGaugeVec> {
        self.inscrit(IntGaugeVec::new(self.options(nom, aide), &[label]))
    }

    /// How long something takes, in seconds.
    pub fn durees(&self, nom: &str, aide: &str, bornes: &[f64]) -> Result<Histogram> {
        let options = HistogramOpts::from(self.options(nom, aide)).buckets(bornes.to_vec());
        self.inscrit(Histogram::with_opts(options))
    }

    /// Everything, in the text format.
    pub fn texte(&self) -> Result<String> {
        let mut octets = Vec::new();
        TextEncoder::new().encode(&self.registre.gather(), &mut octets)?;
        Ok(String::from_utf8(octets)?)
    }
}

/// Listens on the operators' address.
pub async fn ecoute(adresse: SocketAddr) -> Result<TcpListener> {
    let place = TcpListener::bind(adresse).await;
    place.with_context(|| format!("L’adresse des mesures « {adresse} » ne peut pas être écoutée"))
}

/// Answers `GET /metrics`, after `releve` has read what is only known when asked for.
pub async fn sert<R, A>(place: TcpListener, registre: Registre, releve: R) -> std::io::Result<()>
where
    R: Fn() -> A + Clone + Send + Sync + 'static,
    A: Future<Output = ()> + Send,
{
    let repond = move || {
        let (registre, releve) = (registre.clone(), releve.clone());
        async move {
            releve().await;
            en_reponse(&registre)
        }
    };
    axum::serve(place, Router::new().route("/metrics", get(repond))).await
}

fn en_reponse(registre: &Registre) -> Response {
    match registre.texte() {
        Ok(texte) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], texte).into_response(),
        Err(erreur) => {
            tracing::error!(%erreur, "écriture des mesures");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_measure_says_what_it_is_and_a_name_serves_once() {
        let registre = Registre::nouveau("essai").unwrap();
        registre.compteurs("refus_total", "Refus, par motif.", "motif").unwrap().with_label_values(&["a"]).inc();
        assert!(registre.jauge("refus_total", "Autre chose.").is_err());
        let texte = registre.texte().unwrap();
        assert!(texte.contains("# TYPE essai_refus_total counter\nessai_refus_total{motif=\"a\"} 1\n"), "{texte}");
        assert!(texte.contains("process_resident_memory_bytes"), "{texte}");
    }
}
