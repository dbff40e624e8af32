//! A service of the demonstration: started, known ready by the line it prints, stopped when dropped.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// A running service.
pub struct Processus(Child);

/// Path of one of our programs.
pub fn programme(dossier: &Path, nom: &str) -> PathBuf {
    dossier.join(nom)
}

impl Processus {
    /// Starts `programme servir` and waits for its first line, which says that it listens.
    pub fn sert(programme: &Path, configuration: &Path) -> Result<Self> {
        let journal = std::fs::File::create(configuration.with_extension("journal"))?;
        let mut enfant = Command::new(programme)
            .arg("--configuration")
            .arg(configuration)
            .arg("servir")
            .stdout(Stdio::piped())
            .stderr(journal)
            .spawn()
            .with_context(|| format!("{} does not start", programme.display()))?;
        let sortie = enfant.stdout.take().context("no standard output")?;
        let mut ligne = String::new();
        BufReader::new(sortie).read_line(&mut ligne)?;
        if ligne.is_empty() {
            let etat = enfant.wait()?;
            bail!(
                "{} stopped at once ({etat}); see {}",
                programme.display(),
                configuration.with_extension("journal").display()
            );
        }
        Ok(Self(enfant))
    }

    /// Kills it, as a power cut would.
    pub fn tue(mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Processus {
    fn drop(&mut self) {
        // SIGTERM through kill(1): the service closes its database before it ends.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}
