//! Logs on standard error, as text for people or JSON for machines, and spans towards a collector. A log line names
//! steps, nodes and digests; it never carries a body, a value of a cell, a secret or anything about a person.

use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, Result};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde::Deserialize;
use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Form of the log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FormatJournal {
    /// Lines for people.
    #[default]
    Texte,
    /// One JSON object a line.
    Json,
}

/// What is logged, and where spans go.
#[derive(Debug, Clone, Copy)]
pub struct Journal<'a> {
    /// Name of the service in the traces.
    pub service: &'static str,
    /// Form of the lines.
    pub format: FormatJournal,
    /// Filter in the syntax of `RUST_LOG`.
    pub filtre: &'a str,
    /// Address of an OpenTelemetry collector (OTLP over HTTP), if any.
    pub collecteur: Option<&'a str>,
}

/// Sends the spans that still wait when the service ends.
#[must_use]
#[derive(Debug)]
pub struct Garde(SdkTracerProvider);

impl Drop for Garde {
    fn drop(&mut self) {
        // A collector that does not answer is no reason to fail at the very end.
        let _ = self.0.shutdown();
    }
}

/// Our own crates: they keep the rule above, at every level. Of the others, lines finer than `info` are never
/// written, whatever the filter: at `trace`, an HTTP library writes the headers that hold tokens and proofs.
const NOTRES: &[&str] = &["hub", "node", "web", "publication", "referentiel", "dossier", "tableur", "maillage"];

fn est_notre(cible: &str) -> bool {
    let crate_ = cible.split("::").next().unwrap_or_default();
    NOTRES.iter().any(|n| crate_ == *n || crate_.strip_prefix(n).is_some_and(|suite| suite.starts_with('_')))
}

/// Installs the logs. To be called outside the asynchronous runtime, once; a second call changes nothing.
pub fn installe(journal: Journal<'_>) -> Result<Garde> {
    let filtre = EnvFilter::try_new(journal.filtre)
        .with_context(|| format!("Le filtre du journal « {} » est illisible", journal.filtre))?;
    let muets = filter_fn(|ligne| *ligne.level() <= Level::INFO || est_notre(ligne.target()));
    // Filters for everything, not for each layer: those forget lines after a library asks by itself whether a level is
    // enabled, as sqlx does.
    let lignes = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
    let lignes = match journal.format {
        FormatJournal::Texte => lignes.with_ansi(io::stderr().is_terminal()).boxed(),
        FormatJournal::Json => lignes.with_ansi(false).json().flatten_event(true).boxed(),
    };
    let fournisseur = fournisseur(&journal)?;
    let traces = tracing_opentelemetry::layer().with_tracer(fournisseur.tracer(journal.service));
    // An error here means that somebody installed the logs already: keep theirs.
    let _ = tracing_subscriber::registry().with(lignes).with(traces).with(filtre).with(muets).try_init();
    Ok(Garde(fournisseur))
}

/// Without a collector the identifiers of the traces still travel and stand in the logs.
fn fournisseur(journal: &Journal<'_>) -> Result<SdkTracerProvider> {
    let identite = Resource::builder().with_service_name(journal.service).build();
    let fournisseur = SdkTracerProvider::builder().with_resource(identite);
    let Some(collecteur) = journal.collecteur else { return Ok(fournisseur.build()) };
    let exporteur = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{}/v1/traces", collecteur.trim_end_matches('/')))
        .build()
        .with_context(|| format!("Le collecteur de traces « {collecteur} » ne peut pas être employé"))?;
    Ok(fournisseur.with_batch_exporter(exporteur).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_crates_may_write_finer_lines() {
        assert!(est_notre("hub::ingest") && est_notre("node_storage::envoi") && est_notre("hub_storage"));
        for autre in ["hyper::proto", "h2", "reqwest::connect", "sqlx::query", "hubris", "rustls"] {
            assert!(!est_notre(autre), "{autre}");
        }
    }
}
