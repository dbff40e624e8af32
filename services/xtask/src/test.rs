//! `cargo xtask test`: everything a fresh machine needs to pass the tests, then the tests.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::navigateur;
use crate::outil::{cargo, cible, construit, en_ci, installe, lance, racine, trouve};
use crate::postgres::Serveur;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Sans PostgreSQL, pour une machine où il ne peut pas être installé ; refusé en intégration continue.
    #[arg(long)]
    sans_postgresql: bool,
    /// Versions longues des simulations : 100 000 mondes sur les machines pures, 5 000 sur les vrais programmes.
    #[arg(long)]
    long: bool,
    /// Arguments passés à cargo test (par exemple « -p dossier » ou « -- nom_du_test »).
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Runs the tests.
pub fn execute(options: &Options) -> Result<()> {
    if options.sans_postgresql && en_ci() {
        bail!("the PostgreSQL tests are mandatory in continuous integration");
    }
    let postgres = if options.sans_postgresql { None } else { Some(Serveur::demarre()?) };
    let outils = [
        ("strace", "strace", "the kill tests"),
        ("pdftotext", "poppler-utils", "the reading of committee files"),
        ("promtool", "prometheus", "the conventions of measures and alerts"),
    ];
    for (programme, paquet, pourquoi) in outils.into_iter().filter(|(programme, ..)| trouve(programme).is_none()) {
        match installe(&[paquet], pourquoi) {
            Err(e) if en_ci() => return Err(e),
            Err(e) => println!("Without {programme}, {pourquoi} will be skipped: {e}"),
            Ok(()) => {}
        }
    }
    match navigateur::prepare() {
        Err(e) if en_ci() => return Err(e),
        Err(e) => println!("The browser tests will be skipped: {e}"),
        Ok(()) => {}
    }
    let harnais = [("graphql-http", "MAILLAGE_AUDITS_HTTP"), ("fournisseurs", "MAILLAGE_FOURNISSEURS")]
        .map(|(nom, variable)| (nom, variable, harnais(nom)));
    construit(false)?;
    let mut tests = cargo();
    tests.args(["test", "--workspace"]).args(&options.arguments).env("MAILLAGE_PROGRAMMES", cible().join("debug"));
    if options.long {
        tests.env("MAILLAGE_LONG", "1");
    }
    if let Some(serveur) = &postgres {
        tests.env("MAILLAGE_PG_URL", serveur.url()).env("MAILLAGE_PG_PROGRAMMES", serveur.programmes());
    }
    for (nom, variable, installe) in harnais {
        match installe {
            Ok(Some(dossier)) => {
                tests.env(variable, dossier);
            }
            Ok(None) => println!("Without node and npm, the tests that run tests/{nom} are skipped."),
            Err(e) if en_ci() => return Err(e),
            Err(e) => println!("The tests that run tests/{nom} will be skipped: {e}"),
        }
    }
    match python() {
        Ok(programme) => {
            tests.env("MAILLAGE_PYTHON", programme);
        }
        Err(e) if en_ci() => return Err(e),
        Err(e) => println!("The independent verifier of the wire contract will be skipped: {e}"),
    }
    lance(&mut tests)
}

/// A Python of our own with what `tests/interop` needs, beside the build.
fn python() -> Result<PathBuf> {
    if trouve("python3").is_none() {
        installe(&["python3", "python3-venv"], "the independent verifier")?;
    }
    let besoins = racine().join("tests/interop/requirements.txt");
    let dossier = cible().join("interop");
    let python = dossier.join("bin/python");
    let marque = dossier.join("requirements.txt");
    if std::fs::read(&marque).ok() == Some(std::fs::read(&besoins)?) && python.is_file() {
        return Ok(python);
    }
    lance(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&dossier))?;
    lance(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(&besoins))?;
    std::fs::copy(&besoins, &marque)?;
    Ok(python)
}

/// Installs a harness of `tests/` that runs on node beside the build, when node and npm are there.
pub(crate) fn harnais(nom: &str) -> Result<Option<PathBuf>> {
    let Some(npm) = trouve("npm").filter(|_| trouve("node").is_some()) else { return Ok(None) };
    let dossier = cible().join(nom);
    std::fs::create_dir_all(&dossier)?;
    for entree in std::fs::read_dir(racine().join("tests").join(nom))? {
        let fichier = entree?.path();
        if let Some(nom) = fichier.file_name().filter(|_| fichier.is_file()) {
            std::fs::copy(&fichier, dossier.join(nom))?;
        }
    }
    lance(Command::new(npm).args(["ci", "--silent", "--no-audit", "--no-fund"]).current_dir(&dossier))?;
    Ok(Some(dossier))
}
