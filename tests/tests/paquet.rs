//! The CFEA package from the centres to their recipient: refused by default, opened by its key alone, accepted by the very
//! checks of a remontée; pseudonymised, it holds no reference and no day that the centre knows.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::Path;

use maillage_tests::terrain::{Terrain, centre, reussie};
use serde_json::Value;

const CAMPAGNE: &str = "2026-T1";

/// Chooses a mode for a centre.
fn regle(terrain: &Terrain, dossier: &str, mode: &str, cle: &str) {
    let fichier = terrain.dossier().join(dossier).join("node.toml");
    let texte = fs::read_to_string(&fichier).unwrap();
    let sans = texte.split("[publication]").next().unwrap();
    fs::write(fichier, format!("{sans}[publication]\nfiches = \"{mode}\"\ndestinataires = [\"{cle}\"]\n")).unwrap();
}

fn ouvre(terrain: &Terrain, paquets: &[String], cle: &str, sortie: &Path) -> std::process::Output {
    let mut commande = terrain.hub(&["ouvrir", "--cle", cle, "-o"]).unwrap();
    commande.arg(sortie).args(paquets).output().unwrap()
}

/// The report of a node that knows nothing yet on a workbook.
fn verifie(terrain: &Terrain, classeur: &Path) -> Value {
    let mut commande = terrain.noeud(centre("cdg67").unwrap(), &[]).unwrap();
    let sortie = commande.arg("importer").arg(classeur).args(["--verifier", "--json"]).output().unwrap();
    serde_json::from_slice(&sortie.stdout).unwrap()
}

/// Texts of every cell of a workbook.
fn textes(classeur: &Path) -> String {
    use calamine::Reader as _;
    let mut lu: calamine::Xlsx<_> = calamine::open_workbook(classeur).unwrap();
    let mut textes = String::new();
    for nom in lu.sheet_names() {
        for ligne in lu.worksheet_range(&nom).unwrap().rows() {
            textes.extend(ligne.iter().map(|c| format!("{c}|")));
        }
    }
    textes
}

#[test]
fn the_package_of_a_region_is_opened_by_its_recipient_alone_and_accepted_as_a_remontee() {
    let centres = ["cdg70", "cdg25"].map(|c| centre(c).unwrap());
    let terrain = Terrain::prepare(&[centres[0], centres[1], centre("cdg67").unwrap()]).unwrap();
    let chemin = |nom: &str| terrain.dossier().join(nom).to_string_lossy().into_owned();
    let cle = |nom: &str| {
        let sortie = terrain.hub(&["cle", "destinataire", "-o", &chemin(nom)]).unwrap().output().unwrap();
        reussie(&sortie).unwrap().trim().to_owned()
    };
    let (cfea, _) = (cle("cfea.age"), cle("autre.age"));
    assert!(cfea.starts_with("age1"));
    for c in centres {
        for d in c.dispositifs {
            let fichier = terrain.classeur(c, d.reference, CAMPAGNE);
            terrain.execute(c, &["importer", &fichier.to_string_lossy()]).unwrap();
        }
    }
    // Nothing is sealed unless the centre chose so.
    let refus = terrain
        .noeud(centres[0], &["paquet", "--campagne", CAMPAGNE, "-o", &chemin("rien")])
        .unwrap()
        .output()
        .unwrap();
    assert!(!refus.status.success() && String::from_utf8_lossy(&refus.stderr).contains("aucune fiche"), "{refus:?}");
    assert!(!Path::new(&chemin("rien")).exists());

    let references = {
        let classeur = terrain.classeur(centres[0], "BFC01", CAMPAGNE);
        let textes = textes(&classeur);
        let references = textes.split('|').filter(|t| t.len() == 14 && t.starts_with("BFC01")).map(str::to_owned);
        references.collect::<std::collections::BTreeSet<String>>()
    };
    assert!(references.len() > 20, "{references:?}");
    for mode in ["scellees", "pseudonymisees"] {
        let paquets: Vec<String> = centres.iter().map(|c| chemin(&format!("{}-{mode}.age", c.dossier))).collect();
        for (c, paquet) in centres.iter().zip(&paquets) {
            regle(&terrain, c.dossier, mode, &cfea);
            let dit = terrain.execute(c, &["paquet", "--campagne", CAMPAGNE, "-o", paquet]).unwrap();
            assert!(dit.contains("pas même ce centre"), "{dit}");
            let octets = fs::read(paquet).unwrap();
            assert!(octets.starts_with(b"age-encryption.org/v1"));
            assert!(!octets.windows(5).any(|f| f == b"BFC01"), "nothing is readable");
        }
        let sortie = terrain.dossier().join(format!("region-{mode}.xlsx"));
        let refus = ouvre(&terrain, &paquets, &chemin("autre.age"), &sortie);
        assert!(!refus.status.success() && !sortie.exists(), "another key opens nothing");
        let dit = reussie(&ouvre(&terrain, &paquets, &chemin("cfea.age"), &sortie)).unwrap();
        assert!(dit.contains("2\u{a0}dispositifs"), "{dit}");
        let rapport = verifie(&terrain, &sortie);
        assert_eq!(rapport["comptes"]["bloquants"], 0, "{mode}: {rapport}");
        let textes = textes(&sortie);
        assert!(!textes.contains('@'), "no address of anybody leaves");
        let connues = references.iter().filter(|r| textes.contains(r.as_str())).count();
        assert_eq!(connues, if mode == "scellees" { references.len() } else { 0 }, "{mode}");
    }
    let journal = reussie(&terrain.hub(&["journal", "lister"]).unwrap().output().unwrap()).unwrap();
    assert_eq!(journal.matches("paquet.ouvrir").count(), 2, "{journal}");
}
