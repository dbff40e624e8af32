//! A data set that nobody wrote Rust for, from its TOML file and its workbook to the hub's answer, with the real
//! programs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::PathBuf;

use maillage_tests::terrain::{Terrain, centre};
use serde_json::{Value, json};
use tableur::ecriture::{Vue, vues};

const JEU: &str = r#"
code = "essai.formations"
version = "1"
libelle = "Formations"
periodicite = "annee"
source = "un essai"
[audiences.reseau]
seuil = 5
seuil_sensible = 11
[[nomenclature]]
code = "essai_theme"
version = "1"
libelle = "Thème"
modalite = [
    { code = "handicap", libelle = "Handicap" },
    { code = "tutorat", libelle = "Tutorat" },
    { code = "autre", libelle = "Autre thème" },
]
[[axe]]
code = "essai_theme"
nomenclature = "essai_theme"
libelle = "Thème"
[[mesure]]
code = "ESSAI_FORMES"
libelle = "Agents formés"
nature = "flux"
unite = "personnes"
definition = "agents formés dans l’année"
[[mesure]]
code = "ESSAI_AGENTS"
libelle = "Agents"
nature = "operationnel"
unite = "agents"
definition = "agents du ressort"
perimetre = "agents des collectivités affiliées"
[[mesure]]
code = "ESSAI_TAUX"
libelle = "Agents formés pour 1 000"
nature = "taux"
unite = "pour 1 000 agents"
definition = "agents formés / agents × 1 000"
numerateur = { mesure = "ESSAI_FORMES" }
denominateur = { mesure = "ESSAI_AGENTS" }
pour = "1000"
[[table]]
niveaux = ["departement"]
mesures = ["ESSAI_FORMES"]
croisements = [["essai_theme"]]
[[table]]
niveaux = ["departement"]
mesures = ["ESSAI_AGENTS", "ESSAI_TAUX"]
[[grille]]
code = "formes"
libelle = "Formés"
lignes = "essai_theme"
mesures = ["ESSAI_FORMES"]
total = true
[[grille]]
code = "perimetre"
libelle = "Périmètre"
mesures = ["ESSAI_AGENTS"]
[[liste]]
code = "session"
libelle = "Sessions"
cle = "titre"
audience = "reseau"
champ = [
    { code = "titre", libelle = "Titre", genre = "texte", obligatoire = true },
    { code = "theme", libelle = "Thème", genre = "code", nomenclature = "essai_theme" },
    { code = "le", libelle = "Le", genre = "date" },
    { code = "note", libelle = "Note", genre = "texte", interne = true },
]
[[controle.somme]]
code = "ESSAI-01"
severite = "bloquant"
regle = "Le total est la somme des thèmes"
mesure = "ESSAI_FORMES"
axe = "essai_theme"
"#;

fn feuille(nom: &str, lignes: &[&[&str]]) -> Vue {
    let texte = |l: &&[&str]| l.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    let mut lignes: Vec<Vec<String>> = lignes.iter().map(texte).collect();
    let entetes = lignes.remove(0);
    Vue { nom: nom.to_owned(), entetes, lignes }
}

/// A workbook as somebody fills it: themes, then their total.
fn classeur(terrain: &Terrain, nom: &str, formes: [&str; 4]) -> PathBuf {
    let [handicap, tutorat, autre, total] = formes;
    let feuilles = [
        feuille(
            "Formés",
            &[
                &["Ligne", "Agents formés"],
                &["Handicap", handicap],
                &["Tutorat", tutorat],
                &["Autre thème", autre],
                &["Total", total],
            ],
        ),
        feuille("Périmètre", &[&["Ligne", "Valeur"], &["Agents", "2 500"]]),
        feuille(
            "Sessions",
            &[
                &["Titre", "Thème", "Le", "Note"],
                &["Accueillir un collègue", "Handicap", "12/03/2025", "salle prêtée par la mairie"],
            ],
        ),
    ];
    let chemin = terrain.dossier().join(nom);
    fs::write(&chemin, vues("Formations", &feuilles, "2026-01-05".parse().unwrap()).unwrap()).unwrap();
    chemin
}

/// Declares the jeu at the node and at the hub, as their administrators would.
fn declare(terrain: &Terrain) {
    let jeux = terrain.dossier().join("jeux");
    fs::create_dir(&jeux).unwrap();
    fs::write(jeux.join("essai.formations.toml"), JEU).unwrap();
    for (fichier, section, ajout) in [
        ("cdg70/node.toml", "[noeud]\n", "[noeud]\njeux = \"../jeux\"\n"),
        ("hub.toml", "[hub]\n", "[hub]\njeux = \"jeux\"\n"),
    ] {
        let chemin = terrain.dossier().join(fichier);
        let texte = fs::read_to_string(&chemin).unwrap().replacen(section, ajout, 1);
        fs::write(chemin, texte).unwrap();
    }
}

fn json(texte: &str) -> Value {
    serde_json::from_str(texte).unwrap_or_else(|e| panic!("{e}: {texte}"))
}

#[test]
fn a_brand_new_jeu_goes_from_its_file_and_its_workbook_to_graphql() {
    let cdg70 = centre("cdg70").unwrap();
    let terrain = Terrain::prepare(&[cdg70]).unwrap();
    declare(&terrain);
    let hub = terrain.sert().unwrap();
    let importe = |fichier: &PathBuf| {
        let chemin = fichier.to_string_lossy().into_owned();
        let arguments = ["importer", &chemin, "--jeu", "essai.formations", "--campagne", "2025", "--json"];
        terrain.noeud(cdg70, &arguments).unwrap().output().unwrap()
    };

    // The template is made from the file.
    let modele = terrain.dossier().join("modele.xlsx");
    let sortie = ["modele", "--jeu", "essai.formations", "--campagne", "2025", "-o", &modele.to_string_lossy()]
        .map(str::to_owned);
    terrain.execute(cdg70, &sortie.each_ref().map(String::as_str)).unwrap();
    assert_eq!(
        tableur::tableau::feuilles(&fs::read(&modele).unwrap()).unwrap(),
        ["Lisez-moi", "Formés", "Périmètre", "Sessions"]
    );

    // A wrong total is refused at its cell, with what it left out; nothing is kept.
    let faux = importe(&classeur(&terrain, "faux.xlsx", ["40", "12", "3", "15"]));
    assert_eq!(faux.status.code(), Some(1));
    let refus = json(&String::from_utf8(faux.stdout).unwrap());
    let anomalie = &refus["anomalies"][0];
    assert_eq!(
        (&anomalie["controle"], &anomalie["feuille"], &anomalie["cellule"]),
        (&json!("ESSAI-01"), &json!("Formés"), &json!("B5"))
    );
    assert!(anomalie["correction"].as_str().unwrap().contains("Handicap"), "{anomalie}");
    assert_eq!(terrain.execute(cdg70, &["jeux", "saisies", "--json"]).unwrap().trim(), "[]");

    let bon = classeur(&terrain, "bon.xlsx", ["40", "12", "3", "55"]);
    let sortie = importe(&bon);
    assert_eq!(sortie.status.code(), Some(0), "{}", String::from_utf8_lossy(&sortie.stderr));
    assert_eq!(json(&String::from_utf8(sortie.stdout).unwrap())["import"]["deja_fait"], false);
    assert_eq!(json(&String::from_utf8(importe(&bon).stdout).unwrap())["import"]["deja_fait"], true);

    // What would leave: three persons are masked, and another theme with them; the internal note stays.
    let apercu =
        terrain.execute(cdg70, &["apercu", "--jeu", "essai.formations", "--campagne", "2025", "--json"]).unwrap();
    assert!(!apercu.contains("mairie") && apercu.contains("\"2025-03\"") && !apercu.contains("12/03/2025"), "{apercu}");
    let sortie = terrain.execute(cdg70, &["publier", "--jeu", "essai.formations", "--campagne", "2025"]).unwrap();
    assert!(sortie.contains("acceptée"), "{sortie}");

    let question = r#"{ observations(jeu: "essai.formations") { nodes { indicateur { code pour perimetre } valeur numerateur denominateur statut ventilation { libelle } } }
        fiches(jeu: "essai.formations") { nodes { cle periode champs { libelle valeur code } departement { code } } } }"#;
    let lues = terrain.demande(question).unwrap();
    let cellules = lues["observations"]["nodes"].as_array().unwrap();
    let de = |code: &str, libelle: Option<&str>| {
        cellules
            .iter()
            .find(|c| c["indicateur"]["code"] == code && c["ventilation"][0]["libelle"].as_str() == libelle)
            .unwrap()
    };
    assert_eq!(de("ESSAI_FORMES", None)["valeur"], "55");
    assert_eq!(de("ESSAI_FORMES", Some("Autre thème"))["statut"], "SECRET");
    let masquees = cellules.iter().filter(|c| c["statut"] == "SECRET").count();
    assert!(masquees >= 2, "one masked alone would be a subtraction away: {cellules:?}");
    let taux = de("ESSAI_TAUX", None);
    assert_eq!((&taux["numerateur"], &taux["denominateur"]), (&json!("55"), &json!("2500")));
    assert_eq!(taux["indicateur"]["perimetre"], "agents des collectivités affiliées");
    let fiche = &lues["fiches"]["nodes"][0];
    assert_eq!((&fiche["cle"], &fiche["periode"]), (&json!("Accueillir un collègue"), &json!("2025-T4")));
    assert_eq!(fiche["champs"].as_array().unwrap().len(), 3, "{fiche}");

    // The read models are rebuilt from the register, records included.
    drop(hub);
    let verification = terrain.hub(&["verifier"]).unwrap().output().unwrap();
    assert!(verification.status.success(), "{}", String::from_utf8_lossy(&verification.stdout));
}
