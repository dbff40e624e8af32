//! The committee file as its readers get it: made twice it is the same, it is accessible for an independent
//! validator, its text is that of the screen, and nobody finds in it what their role does not see.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it saw and stops at the first surprise"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use maillage_tests::terrain::{Terrain, centre, reussie};

const CAMPAGNE: &str = "2026-T1";

/// Every form of a committee file.
fn dossier(terrain: &Terrain, public: &str, territoire: &str, nom: &str, reste: &[&str]) -> PathBuf {
    let fichier = terrain.dossier().join(nom);
    let mut commande = terrain.hub(&["dossier", "--campagne", CAMPAGNE, "--territoire", territoire]).unwrap();
    commande.args(["--public", public, "-o"]).arg(&fichier).args(reste);
    for forme in ["docx", "xlsx", "ods"] {
        commande.arg(format!("--{forme}")).arg(fichier.with_extension(forme));
    }
    let dit = reussie(&commande.output().unwrap()).unwrap();
    assert_eq!(dit.lines().count(), 4, "a digest for each file: {dit}");
    fichier
}

/// The document to edit, read by another program: the tables of the workbook, header rows, alternatives, language. Gives
/// its headings.
fn est_modifiable(fichier: &Path) -> Option<Vec<String>> {
    let Some(python) = std::env::var_os("MAILLAGE_PYTHON") else {
        println!("MAILLAGE_PYTHON is not set: {} was not read", fichier.display());
        return None;
    };
    let lecteur = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/modifiable.py");
    let sortie = Command::new(python)
        .arg(lecteur)
        .args([fichier.with_extension("docx"), fichier.with_extension("ods")])
        .output()
        .unwrap();
    assert!(sortie.status.success(), "{}", String::from_utf8_lossy(&sortie.stderr));
    Some(String::from_utf8(sortie.stdout).unwrap().lines().map(str::to_owned).collect())
}

/// The words of a PDF, when poppler is there.
fn texte(fichier: &Path) -> Option<String> {
    let sortie = Command::new("pdftotext").arg("-layout").arg(fichier).arg("-").output().ok()?;
    Some(String::from_utf8(sortie.stdout).unwrap())
}

/// An independent validator of PDF/UA-1: no failure.
fn est_accessible(fichier: &Path) {
    let Some(python) = std::env::var_os("MAILLAGE_PYTHON") else {
        println!("MAILLAGE_PYTHON is not set: {} was not validated", fichier.display());
        return;
    };
    let controle = "import page, sys\nr = page.validate_pdf(sys.argv[1], profile='ua1')\nprint([(f.rule_id, f.message) for f in r.failures])\nsys.exit(not r.is_compliant)";
    let sortie = Command::new(python).args(["-c", controle]).arg(fichier).output().unwrap();
    assert!(
        sortie.status.success(),
        "{} {}",
        String::from_utf8_lossy(&sortie.stdout),
        String::from_utf8_lossy(&sortie.stderr)
    );
}

/// Every format of a data set; the open CSV holds what its schema says, for an independent validator.
fn exports(terrain: &Terrain) {
    let exporte = |jeu: &str, format: &str, nom: &str, public: &[&str]| {
        let fichier = terrain.dossier().join(nom);
        let mut commande = terrain.hub(&["exporter", jeu, "--format", format, "--campagne", CAMPAGNE]).unwrap();
        let sortie = commande.args(public).arg("-o").arg(&fichier).output().unwrap();
        reussie(&sortie).unwrap();
        std::fs::read(fichier).unwrap()
    };
    let comite = ["--public", "comite-regional", "--territoire", "27"];
    for (format, debut) in [
        ("xlsx", &b"PK"[..]),
        ("ods", b"PK"),
        ("csv-tableur", b"\xEF\xBB\xBFP"),
        ("csv-ouvert", "Période,".as_bytes()),
        ("json", b"{"),
        ("sdmx-csv", b"STRUCTURE,"),
    ] {
        let octets = exporte("ea.indicateurs", format, &format!("comite.{format}"), &comite);
        assert!(octets.starts_with(debut), "{format}");
    }
    let fiches = exporte("ea.dispositif", "json", "fiches.json", &comite);
    assert!(String::from_utf8(fiches).unwrap().contains("BFC01"), "ARS and DREETS see the dispositifs of their region");
    let ouvert = String::from_utf8(exporte("ea.indicateurs", "csv-ouvert", "ouvert.csv", &[])).unwrap();
    assert!(ouvert.contains("EA01") && !ouvert.contains("BFC01"), "the public does not");
    assert!(ouvert.contains(",secret,,secret,"), "what is masked has a status and no value");
    let Some(python) = std::env::var_os("MAILLAGE_PYTHON") else {
        println!("MAILLAGE_PYTHON is not set: the open data were not validated");
        return;
    };
    let controle = "import sys\nfrom frictionless import Resource\nr = Resource(path='ouvert.csv', schema='schema.json').validate()\nprint(r.flatten(['rowNumber', 'fieldName', 'message']))\nsys.exit(not r.valid)";
    let sortie = Command::new(python).args(["-c", controle]).current_dir(terrain.dossier()).output().unwrap();
    assert!(sortie.status.success(), "{}", String::from_utf8_lossy(&sortie.stdout));
}

#[test]
fn the_committee_file_is_accessible_reproducible_and_holds_what_its_public_may_see() {
    let centres = ["cdg70", "cdg25"].map(|c| centre(c).unwrap());
    let terrain = Terrain::prepare(&centres).unwrap();
    let hub = terrain.sert().unwrap();
    for centre in centres {
        terrain.publie(centre, CAMPAGNE).unwrap();
        terrain.partage(centre).unwrap();
    }
    let adresse = format!("/dossier?campagne={CAMPAGNE}&region=27");
    let servi = ureq::get(format!("{}{adresse}", terrain.adresse())).call().unwrap().body_mut().read_to_vec().unwrap();
    assert!(servi.starts_with(b"%PDF-1.7"), "{:?}", String::from_utf8_lossy(&servi[..servi.len().min(400)]));
    let schema = ureq::get(format!("{}/donnees/ea.indicateurs/schema.json", terrain.adresse())).call().unwrap();
    let schema = schema.into_body().read_to_vec().unwrap();
    std::fs::write(terrain.dossier().join("schema.json"), schema).unwrap();
    hub.arrete().unwrap();
    exports(&terrain);

    let region = dossier(&terrain, "comite-regional", "27", "region.pdf", &[]);
    let encore = dossier(&terrain, "comite-regional", "27", "encore.pdf", &[]);
    for forme in ["pdf", "docx", "xlsx", "ods"] {
        let octets = |f: &Path| std::fs::read(f.with_extension(forme)).unwrap();
        assert!(octets(&region) == octets(&encore), "same register, same bytes: {forme}");
    }
    let departement = dossier(&terrain, "comite-departemental", "70", "departement.pdf", &[]);
    let mot = terrain.dossier().join("mot.txt");
    std::fs::write(&mot, "Un trimestre de reprise.\n\nLa convention du Doubs est à revoir ensemble.\n").unwrap();
    let choix = ["--sections", "conventions,commentaire,synthese", "--commentaire", mot.to_str().unwrap()];
    let dth = dossier(&terrain, "dth", "27", "dth.pdf", &choix);
    for fichier in [&region, &departement, &dth] {
        est_accessible(fichier);
    }
    let journal = reussie(&terrain.hub(&["journal", "lister"]).unwrap().output().unwrap()).unwrap();
    let sortis = journal.lines().filter(|l| l.contains(&format!("exploitant export.ecrire dossier/{CAMPAGNE}")));
    assert_eq!(sortis.count(), 4, "each committee file that left is written down: {journal}");
    let attendues = [
        "Synthèse",
        "Complétude et délais",
        "Emploi accompagné par département",
        "État des lieux des plateformes",
        "Conventions avec le FIPHFP",
        "Comparaison des centres",
        "Bonnes pratiques",
        "Méthode et secret",
    ];
    assert!(est_modifiable(&region).is_none_or(|lues| lues == attendues), "every section, in the usual order");
    let choisies = ["Conventions avec le FIPHFP", "Commentaire", "Synthèse"];
    assert!(est_modifiable(&dth).is_none_or(|lues| lues == choisies), "the sections and the order asked for");
    let Some(lu) = texte(&region) else {
        assert!(std::env::var_os("CI").is_none(), "reading the PDF is mandatory in continuous integration");
        println!("pdftotext is not installed: the words were not read");
        return;
    };
    for attendu in ["Bourgogne-Franche-Comté", "Agence régionale de santé", "File active", "BFC01", "secret", "Méthode"]
    {
        assert!(lu.contains(attendu), "{attendu} is missing: {lu}");
    }
    // A département's committee sees its own dispositifs, the DTH none (domain notes, §4).
    let departement = texte(&departement).unwrap();
    assert!(departement.contains("BFC01") && !departement.contains("BFC02"), "{departement}");
    let dth = texte(&dth).unwrap();
    assert!(!dth.contains("BFC01") && dth.contains("La convention du Doubs est à revoir ensemble."), "{dth}");
    // Amounts are for the centre and its DTH; what was done is for the network.
    assert!(dth.contains("Montants des conventions") && dth.contains('€'), "{dth}");
    assert!(!lu.contains('€') && lu.contains("Réalisé par action"), "{lu}");
    assert!(lu.contains("Reversements sans accord de tous les financeurs : BFC01 vers Structure Passerelle"), "{lu}");

    let mut inconnu = terrain.hub(&["dossier", "--campagne", "1999-T1", "--territoire", "27"]).unwrap();
    let refus = inconnu.args(["--public", "dth", "-o"]).arg(terrain.dossier().join("rien.pdf")).output().unwrap();
    assert!(!refus.status.success() && String::from_utf8_lossy(&refus.stderr).contains("1999-T1"));
    assert!(!terrain.dossier().join("rien.pdf").exists());
}
