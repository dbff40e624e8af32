//! Logs on standard error, as text for people or JSON for machines. A log line names steps, nodes and
//! digests; it never carries a body, a value of a cell or anything about a person.

use std::io::{self, IsTerminal as _};

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

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

/// Sends the logs to standard error. The filter is that of `RUST_LOG`, `info` by default; a second call
/// changes nothing.
pub fn installe(format: FormatJournal) {
    let filtre = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let base = tracing_subscriber::fmt().with_env_filter(filtre).with_writer(io::stderr).with_target(false);
    // An error here means that somebody installed the logs already: keep theirs.
    let _ = match format {
        FormatJournal::Texte => base.with_ansi(io::stderr().is_terminal()).try_init(),
        FormatJournal::Json => base.json().flatten_event(true).try_init(),
    };
}
