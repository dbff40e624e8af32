//! What operators must know of a certificate before it is too late: the day it ends. Nothing is trusted here.

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// When a certificate (DER) ends.
pub fn expire_le(der: &[u8]) -> Result<DateTime<Utc>> {
    let (_, certificat) = X509Certificate::from_der(der).context("Ce n’est pas un certificat X.509")?;
    DateTime::from_timestamp(certificat.validity().not_after.timestamp(), 0).context("La date de fin est illisible")
}
