//! Every parser that reads what a stranger wrote, given valid inputs that were spoilt in a thousand ways: it refuses or it
//! reads, it never breaks. `MAILLAGE_LONG=1` tries a hundred times as many; what once broke is kept beside this file.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub::configuration::Questions;
use hub::restitution::graphql;
use proptest::prelude::*;
use publication::Contenu;
use referentiel::controle::Fiche;
use referentiel::jeu::Jeu;
use tableur::{LigneLue, Modele, Recepteur};
use web::reglage::{self, Environnement};
use xtask::recit::{CENTRES, classeur, quarts};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// What parsers stumble on.
const PIEGES: &[&str] = &[
    "",
    "\0",
    "-1",
    "1e400",
    "99999999999999999999",
    "NaN",
    "\u{202e}",
    "é",
    "\"",
    "'",
    "\\",
    "\\ud800",
    "{",
    "}",
    "[[[[[[",
    "null",
    "<![CDATA[",
    "&#0;",
    "]]>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "\r\n",
    "2026-13-32",
    "0000-00-00",
    "=1+1",
    "__typename",
];

/// One way to spoil a text; places are thousandths of it.
#[derive(Debug, Clone)]
enum Degat {
    Octet(u16, u8),
    Coupe(u16, u16),
    Double(u16, u16),
    Piege(u16, usize),
}

fn degats() -> impl Strategy<Value = Vec<Degat>> {
    let place = 0..1000u16;
    let un = prop_oneof![
        (place.clone(), any::<u8>()).prop_map(|(p, o)| Degat::Octet(p, o)),
        (place.clone(), 1..200u16).prop_map(|(p, n)| Degat::Coupe(p, n)),
        (place.clone(), 1..200u16).prop_map(|(p, n)| Degat::Double(p, n)),
        (place, 0..PIEGES.len()).prop_map(|(p, rang)| Degat::Piege(p, rang)),
    ];
    proptest::collection::vec(un, 1..6)
}

fn gate(octets: &[u8], degats: &[Degat]) -> Vec<u8> {
    let mut gates = octets.to_vec();
    for degat in degats {
        let a = |p: u16, gates: &[u8]| gates.len() * usize::from(p) / 1000;
        match degat {
            Degat::Octet(p, o) => {
                let place = a(*p, &gates);
                gates.splice(place..(place + 1).min(gates.len()), [*o]);
            }
            Degat::Coupe(p, n) => {
                let place = a(*p, &gates);
                gates.drain(place..(place + usize::from(*n)).min(gates.len()));
            }
            Degat::Double(p, n) => {
                let place = a(*p, &gates);
                let morceau = gates[place..(place + usize::from(*n)).min(gates.len())].to_vec();
                gates.splice(place..place, morceau);
            }
            Degat::Piege(p, rang) => {
                let place = a(*p, &gates);
                gates.splice(place..place, PIEGES[*rang].bytes());
            }
        }
    }
    gates
}

fn schema(sous: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("schema").join(sous)
}

fn fichiers(dossier: &str, extension: &str) -> Vec<Vec<u8>> {
    let mut chemins: Vec<PathBuf> = fs::read_dir(schema(dossier)).unwrap().map(|f| f.unwrap().path()).collect();
    chemins.retain(|f| f.extension().is_some_and(|e| e == extension));
    chemins.sort();
    chemins.iter().map(|f| fs::read(f).unwrap()).collect()
}

/// Every text of the signed vectors: envelopes, receipts, contents, manifests.
static VECTEURS: LazyLock<Vec<String>> = LazyLock::new(|| {
    fn textes(valeur: &serde_json::Value, trouves: &mut Vec<String>) {
        match valeur {
            serde_json::Value::String(t) if t.len() > 40 => trouves.push(t.clone()),
            serde_json::Value::Array(a) => a.iter().for_each(|v| textes(v, trouves)),
            serde_json::Value::Object(o) => {
                let corps = o.get("corps").and_then(|c| URL_SAFE_NO_PAD.decode(c.as_str()?).ok());
                trouves.extend(corps.and_then(|octets| String::from_utf8(octets).ok()));
                o.values().for_each(|v| textes(v, trouves));
            }
            _ => {}
        }
    }
    let mut trouves = vec![];
    for octets in fichiers("vecteurs/v1", "json") {
        textes(&serde_json::from_slice(&octets).unwrap(), &mut trouves);
    }
    assert!(trouves.iter().any(|t| Contenu::lire(t.as_bytes()).is_ok()), "a content is among them");
    trouves
});

/// The parts of a workbook of the story.
static CLASSEUR: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let dossier = tempfile::tempdir().unwrap();
    let fichier = dossier.path().join("c.xlsx");
    let (_, mut trimestre) = quarts(&CENTRES[0].dispositifs[0]).pop().unwrap();
    trimestre.personnes.truncate(4);
    classeur::ecrit(&trimestre, &fichier).unwrap();
    let mut archive = ZipArchive::new(fs::File::open(fichier).unwrap()).unwrap();
    let mut parties = vec![];
    for rang in 0..archive.len() {
        let mut partie = archive.by_index(rang).unwrap();
        let mut octets = vec![];
        partie.read_to_end(&mut octets).unwrap();
        parties.push((partie.name().unwrap().into_owned(), octets));
    }
    parties
});

/// The workbook again, one of its parts spoilt before it is packed.
fn empaquete(rang: usize, degats: &[Degat]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(vec![]));
    for (i, (nom, octets)) in CLASSEUR.iter().enumerate() {
        archive.start_file(nom.as_str(), SimpleFileOptions::default()).unwrap();
        let octets = if i == rang % CLASSEUR.len() { gate(octets, degats) } else { octets.clone() };
        archive.write_all(&octets).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

struct Compte(usize);

impl Recepteur for Compte {
    fn ligne(&mut self, _: Fiche, _: &LigneLue<'_>) {
        self.0 += 1;
    }
}

fn essais() -> ProptestConfig {
    let longs = std::env::var_os("MAILLAGE_LONG").is_some();
    ProptestConfig { cases: if longs { 25_600 } else { 256 }, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(essais())]

    #[test]
    fn a_spoilt_workbook_is_read_or_refused(rang in 0..64usize, degats in degats(), dehors in any::<bool>()) {
        let octets = if dehors { gate(&empaquete(rang, &[]), &degats) } else { empaquete(rang, &degats) };
        let mut compte = Compte(0);
        if let Ok(rapport) = tableur::lire(&octets, Modele::cfea(), &mut compte) {
            let dit: u32 = rapport.lignes.iter().sum();
            prop_assert_eq!(usize::try_from(dit).unwrap(), compte.0);
        }
    }

    #[test]
    fn a_spoilt_publication_is_refused_or_is_exactly_what_was_read(rang in any::<usize>(), degats in degats()) {
        let octets = gate(VECTEURS[rang % VECTEURS.len()].as_bytes(), &degats);
        if let Ok(lu) = Contenu::lire(&octets) {
            prop_assert_eq!(&lu.octets(), &octets, "what is accepted has one form only");
        }
        if let Ok(texte) = std::str::from_utf8(&octets) {
            let _ = publication::verification::kid_annonce(texte);
            let _ = publication::preuve::kid_annonce(texte);
            let _ = publication::succession::SuccessionDeCle::presenter(texte);
            let _ = publication::trousseau::Trousseau::presenter(texte);
        }
    }

    #[test]
    fn a_spoilt_data_set_is_read_or_refused_in_words(rang in any::<usize>(), degats in degats()) {
        static JEUX: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| fichiers("jeux", "toml"));
        let octets = gate(&JEUX[rang % JEUX.len()], &degats);
        if let Err(refus) = Jeu::lit(&String::from_utf8_lossy(&octets)) {
            prop_assert!(!refus.to_string().is_empty());
        }
    }

    #[test]
    fn a_spoilt_question_and_its_variables_are_read_or_refused(rang in any::<usize>(), degats in degats()) {
        static QUESTIONS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
            let variables = serde_json::json!({ "campagne": "2026-T1", "region": "27", "apres": null, "n": [1.5, { "a": true }] });
            let en_json = |texte: Vec<u8>| serde_json::json!({ "query": String::from_utf8(texte).unwrap(), "variables": variables });
            fichiers("graphql/questions", "graphql").into_iter().map(|t| en_json(t).to_string().into_bytes()).collect()
        });
        let octets = gate(&QUESTIONS[rang % QUESTIONS.len()], &degats);
        if let Err(refus) = graphql::examine(&octets, &Questions::default()) {
            prop_assert!(refus.len() < 400, "a refusal does not echo what it refuses: {}", refus);
        }
    }

    #[test]
    fn a_spoilt_configuration_is_read_or_refused_with_its_place(degats in degats(), valeur in "\\PC{0,20}") {
        let exemple = fs::read(schema("../deploy/hub.exemple.toml")).unwrap();
        let texte = String::from_utf8_lossy(&gate(&exemple, &degats)).into_owned();
        let variables = [("M__HUB__BASE".to_owned(), valeur.clone()), ("M__NEUVE__CLE".to_owned(), valeur)];
        let environnement = Environnement::de("M__", variables.into_iter());
        if let Err(refus) = reglage::lit(&texte, &environnement).and_then(|lus| lus.en::<serde_json::Value>()) {
            prop_assert!(refus.to_string().starts_with("ligne ") || refus.to_string().starts_with("variable M__"));
        }
        let _ = hub::configuration::Configuration::depuis_texte(&texte, Path::new("/nulle-part/hub.toml"));
    }
}
