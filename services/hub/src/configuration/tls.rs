//! Section `[tls]`: the hub's own HTTPS, when no proxy stands in front. With an authority of clients, who has no
//! certificate of it does not get as far as a request.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde::Deserialize;

/// Files of the certificates, PEM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Certificate of the hub, followed by those of its authorities.
    pub certificat: PathBuf,
    /// Its private key.
    pub cle: PathBuf,
    /// Authority of the clients, when they must show a certificate.
    #[serde(default)]
    pub clients: Option<PathBuf>,
}

impl Tls {
    pub(super) fn depuis(mut self, dossier: &Path) -> Self {
        self.certificat = dossier.join(&self.certificat);
        self.cle = dossier.join(&self.cle);
        self.clients = self.clients.map(|fichier| dossier.join(fichier));
        self
    }

    /// Reads the files. Called again for each renewal.
    pub fn charge(&self) -> Result<Arc<ServerConfig>> {
        let fournisseur = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let cle = PrivateKeyDer::from_pem_file(&self.cle)
            .with_context(|| format!("[tls] cle : {} ne se lit pas", self.cle.display()))?;
        let config =
            ServerConfig::builder_with_provider(Arc::clone(&fournisseur)).with_safe_default_protocol_versions()?;
        let config = match &self.clients {
            None => config.with_no_client_auth(),
            Some(fichier) => {
                let mut autorites = RootCertStore::empty();
                for certificat in chaine(fichier, "clients")? {
                    autorites.add(certificat).with_context(|| format!("[tls] clients : {}", fichier.display()))?;
                }
                let juge = WebPkiClientVerifier::builder_with_provider(Arc::new(autorites), fournisseur).build();
                config.with_client_cert_verifier(juge.context("[tls] clients")?)
            }
        };
        let mut config = config
            .with_single_cert(chaine(&self.certificat, "certificat")?, cle)
            .context("[tls] : la clé n’est pas celle du certificat")?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// When the certificate of the hub ends.
    pub fn expire_le(&self) -> Result<DateTime<Utc>> {
        let premier = chaine(&self.certificat, "certificat")?.into_iter().next().context("[tls] certificat vide")?;
        web::certificat::expire_le(&premier)
            .with_context(|| format!("[tls] certificat : {} ne se lit pas", self.certificat.display()))
    }
}

fn chaine(fichier: &Path, cle: &str) -> Result<Vec<CertificateDer<'static>>> {
    let illisible = || format!("[tls] {cle} : {} ne se lit pas", fichier.display());
    let lus: Vec<_> = CertificateDer::pem_file_iter(fichier)
        .with_context(illisible)?
        .collect::<Result<_, _>>()
        .with_context(illisible)?;
    anyhow::ensure!(!lus.is_empty(), "[tls] {cle} : {} ne contient aucun certificat.", fichier.display());
    Ok(lus)
}
