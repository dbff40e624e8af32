//! Embeds `migrations/hub/{sqlite,postgres}/NNNN_name.sql`: adding a file is all it takes, and a stale
//! set cannot be compiled in silently because the folders are watched.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let racine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/hub");
    let mut code = String::new();
    for (constante, dossier) in [("SQLITE", "sqlite"), ("POSTGRES", "postgres")] {
        let dossier = racine.join(dossier);
        println!("cargo::rerun-if-changed={}", dossier.display());
        let mut fichiers: Vec<PathBuf> =
            fs::read_dir(&dossier)?.map(|e| e.map(|e| e.path())).collect::<io::Result<_>>()?;
        fichiers.retain(|f| f.extension().is_some_and(|e| e == "sql"));
        fichiers.sort();
        let _ = writeln!(code, "const {constante}: &[(i64, &str, &str)] = &[");
        for fichier in fichiers {
            println!("cargo::rerun-if-changed={}", fichier.display());
            let nom = fichier.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
            let (numero, nom) = nom
                .split_once('_')
                .and_then(|(n, nom)| Some((n.parse::<i64>().ok()?, nom)))
                .ok_or_else(|| io::Error::other(format!("{} is not named NNNN_name.sql", fichier.display())))?;
            let _ = writeln!(code, "    ({numero}, {nom:?}, include_str!({:?})),", fichier.canonicalize()?);
        }
        code.push_str("];\n");
    }
    fs::write(Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("migrations.rs"), code)
}
