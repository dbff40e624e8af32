//! A collector of traces that keeps what it receives: enough HTTP for an exporter, and nothing more.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;

/// Listens for as long as the test runs.
#[derive(Debug)]
pub struct Collecteur {
    adresse: String,
    recus: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collecteur {
    /// Starts it on a free port.
    pub fn demarre() -> Result<Self> {
        let ecoute = TcpListener::bind("127.0.0.1:0")?;
        let adresse = format!("http://{}", ecoute.local_addr()?);
        let recus = Arc::default();
        let garde = Arc::clone(&recus);
        std::thread::spawn(move || {
            for flux in ecoute.incoming().flatten() {
                let garde = Arc::clone(&garde);
                std::thread::spawn(move || repond(flux, &garde));
            }
        });
        Ok(Self { adresse, recus })
    }

    /// Its address.
    pub fn adresse(&self) -> &str {
        &self.adresse
    }

    /// Bodies received so far.
    pub fn recus(&self) -> Vec<Vec<u8>> {
        self.recus.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn repond(mut flux: TcpStream, garde: &Mutex<Vec<Vec<u8>>>) -> Option<()> {
    let mut lecture = BufReader::new(flux.try_clone().ok()?);
    loop {
        let mut longueur = 0;
        loop {
            let mut ligne = String::new();
            if lecture.read_line(&mut ligne).ok()? == 0 {
                return None;
            }
            if let Some(n) = ligne.to_ascii_lowercase().strip_prefix("content-length:") {
                longueur = n.trim().parse().ok()?;
            }
            if ligne == "\r\n" {
                break;
            }
        }
        let mut corps = vec![0; longueur];
        lecture.read_exact(&mut corps).ok()?;
        garde.lock().unwrap_or_else(PoisonError::into_inner).push(corps);
        flux.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n").ok()?;
    }
}
