//! A PostgreSQL of our own for the tests: fresh folder, private port on the loopback, stopped at the end.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::outil::{installe, lance, sortie, trouve};

/// A running server; stopped and erased when dropped.
pub struct Serveur {
    programmes: PathBuf,
    dossier: TempDir,
    port: u16,
}

impl Serveur {
    /// Installs PostgreSQL if it is missing and may be, then starts a fresh one.
    pub fn demarre() -> Result<Self> {
        let programmes = match programmes() {
            Some(p) => p,
            None => {
                installe(&["postgresql"], "the PostgreSQL tests")?;
                programmes().context("PostgreSQL was installed but initdb is not found")?
            }
        };
        let dossier = tempfile::Builder::new().prefix("maillage-pg-").tempdir_in("/tmp")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let serveur = Self { programmes, dossier, port };
        serveur.prepare()?;
        Ok(serveur)
    }

    /// Address for `MAILLAGE_PG_URL`.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Folder of its programs.
    pub fn programmes(&self) -> &Path {
        &self.programmes
    }

    /// A client program of the same installation.
    pub fn programme(&self, nom: &str) -> PathBuf {
        self.programmes.join(nom)
    }

    fn prepare(&self) -> Result<()> {
        let dossier = self.dossier.path();
        if root() {
            lance(Command::new("chown").arg("postgres").arg(dossier))?;
        }
        let donnees = dossier.join("donnees");
        lance(
            self.commande("initdb")
                .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "-D"])
                .arg(&donnees)
                .stdout(std::process::Stdio::null()),
        )?;
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200",
            self.port,
            dossier.display()
        );
        lance(
            self.commande("pg_ctl")
                .args(["-w", "-t", "60", "-s", "-D"])
                .arg(&donnees)
                .arg("-l")
                .arg(dossier.join("journal"))
                .args(["-o", &options, "start"]),
        )
    }

    /// The server refuses root: as root, its programs run as the user the package made.
    fn commande(&self, programme: &str) -> Command {
        let chemin = self.programmes.join(programme);
        if root() {
            let mut c = Command::new("runuser");
            c.args(["-u", "postgres", "--"]).arg(chemin);
            c.current_dir(Path::new("/tmp"));
            c
        } else {
            Command::new(chemin)
        }
    }
}

impl Drop for Serveur {
    fn drop(&mut self) {
        let donnees = self.dossier.path().join("donnees");
        let _ = self.commande("pg_ctl").args(["-s", "-m", "immediate", "-D"]).arg(donnees).arg("stop").status();
    }
}

fn root() -> bool {
    sortie(Command::new("id").arg("-u")).is_ok_and(|u| u.trim() == "0")
}

fn programmes() -> Option<PathBuf> {
    // A link to one program does not make its folder that of all the others.
    if let Some(p) = trouve("initdb").and_then(|p| p.canonicalize().ok()) {
        return p.parent().map(Path::to_path_buf);
    }
    let mut versions: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(|d| Some(d.ok()?.path().join("bin"))).collect();
    versions.sort();
    versions.into_iter().rev().find(|d| d.join("initdb").is_file())
}
