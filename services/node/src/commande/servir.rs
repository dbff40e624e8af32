//! `maillage-node servir`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};

use super::Acces;
use crate::service::Service;

/// Lives until SIGINT or SIGTERM.
pub fn execute(acces: &Acces) -> Result<ExitCode> {
    let base = acces.attends(acces.base())?;
    let service = Service::nouveau(acces.configuration.clone(), base, Arc::new(acces.horloge))?;
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
