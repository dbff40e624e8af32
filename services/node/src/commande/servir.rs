//! `maillage-node servir`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};

use super::Acces;
use crate::service::Service;

/// Lives until SIGINT or SIGTERM.
pub fn execute(acces: &Acces) -> Result<ExitCode> {
    let service = Service {
        configuration: acces.configuration.clone(),
        base: acces.attends(acces.base())?,
        horloge: Arc::new(acces.horloge),
    };
    acces.attends(async {
        let mut interruption = signal(SignalKind::interrupt())?;
        let mut fin = signal(SignalKind::terminate())?;
        let arret = async move {
            tokio::select! {
                _ = interruption.recv() => {}
                _ = fin.recv() => {}
            }
        };
        Arc::new(service).vit(arret).await
    })?;
    Ok(ExitCode::SUCCESS)
}
