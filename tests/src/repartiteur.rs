//! A balancer in front of replicas: each connection goes to the next one that answers. Enough of it to test with.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;

/// Listens for as long as the test runs.
#[derive(Debug)]
pub struct Repartiteur(String);

impl Repartiteur {
    /// Starts it on a free port, before these addresses.
    pub fn devant(adresses: Vec<String>) -> Result<Self> {
        let ecoute = TcpListener::bind("127.0.0.1:0")?;
        let adresse = format!("http://{}", ecoute.local_addr()?);
        let adresses = Arc::new(adresses);
        let tour = Arc::new(AtomicUsize::new(0));
        std::thread::spawn(move || {
            for client in ecoute.incoming().flatten() {
                let (adresses, tour) = (Arc::clone(&adresses), Arc::clone(&tour));
                std::thread::spawn(move || relie(&client, &adresses, tour.fetch_add(1, Ordering::Relaxed)));
            }
        });
        Ok(Self(adresse))
    }

    /// Its address.
    pub fn adresse(&self) -> &str {
        &self.0
    }
}

fn relie(client: &TcpStream, adresses: &[String], tour: usize) -> io::Result<()> {
    let ordre = adresses.iter().cycle().skip(tour % adresses.len()).take(adresses.len());
    let Some(replique) = ordre.filter_map(|a| TcpStream::connect(a).ok()).next() else {
        return client.shutdown(Shutdown::Both);
    };
    let (mut aller, mut retour) = ((client.try_clone()?, replique.try_clone()?), (replique, client.try_clone()?));
    std::thread::spawn(move || {
        let _ = io::copy(&mut aller.0, &mut aller.1);
        let _ = aller.1.shutdown(Shutdown::Write);
    });
    io::copy(&mut retour.0, &mut retour.1)?;
    retour.1.shutdown(Shutdown::Write)
}
