//! The hub listens: in clear behind a proxy, or by its own TLS; measures on an address of their own. It stops cleanly:
//! answers under way are finished, then the database is closed.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;

use crate::configuration::Tls;
use crate::service::Service;

/// How often renewed certificates are looked for.
const RENOUVELLEMENT: Duration = Duration::from_secs(3600);
/// How long a client may take for its handshake, and for its first request.
const PATIENCE: Duration = Duration::from_secs(10);

/// Listens until `arret`, then finishes the answers under way and closes the database.
pub async fn sert(
    service: Service,
    annonce: impl FnOnce(SocketAddr) -> io::Result<()>,
    arret: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let ecoute = &service.configuration().hub.ecoute;
    let socket = tokio::net::TcpListener::bind(ecoute)
        .await
        .with_context(|| format!("L’adresse « {ecoute} » ne peut pas être écoutée"))?;
    let mut taches = tokio::task::JoinSet::new();
    if let Some(adresse) = service.configuration().hub.mesures {
        let place = web::mesures::ecoute(adresse).await?;
        tracing::info!(adresse = %place.local_addr()?, "mesures");
        let mesuree = service.clone();
        let releve = move || {
            let service = mesuree.clone();
            async move { service.mesures().releve(&service).await }
        };
        taches.spawn(web::mesures::sert(place, service.mesures().registre(), releve));
    }
    // Read before anybody is told that the hub listens.
    let tls =
        service.configuration().tls.clone().map(|tls| Ok::<_, anyhow::Error>((tls.charge()?, tls))).transpose()?;
    annonce(socket.local_addr()?)?;
    let veille = tokio::spawn(crate::campagne::veille(service.clone()));
    let routes = service.routes().into_make_service_with_connect_info::<SocketAddr>();
    match tls {
        None => axum::serve(socket, routes).with_graceful_shutdown(arret).await?,
        Some((config, tls)) => {
            let config = RustlsConfig::from_config(config);
            let poignee = Handle::new();
            taches.spawn(renouvelle(tls, config.clone()));
            let fin = poignee.clone();
            let delai = Duration::from_secs(service.configuration().hub.delai);
            taches.spawn(async move {
                arret.await;
                fin.graceful_shutdown(Some(delai));
                Ok(())
            });
            let serveur = axum_server::from_tcp_rustls(socket.into_std()?, config)?;
            serveur.handle(poignee).first_request_timeout(PATIENCE).serve(routes).await?;
        }
    }
    taches.abort_all();
    veille.abort();
    service.db().ferme().await;
    tracing::info!("hub arrêté");
    Ok(())
}

/// Takes a renewed certificate without a restart; keeps the one in service when the new one does not read.
async fn renouvelle(tls: Tls, config: RustlsConfig) -> io::Result<()> {
    let mut rythme = tokio::time::interval(RENOUVELLEMENT);
    loop {
        rythme.tick().await;
        match tls.charge() {
            Ok(lue) => config.reload_from_config(lue),
            Err(erreur) => tracing::error!(erreur = format!("{erreur:#}"), "certificat renouvelé illisible"),
        }
    }
}
