//! The declared jeux of the product through the commands as a centre runs them: template, filled workbook, report
//! at the cells, preview.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use referentiel::cellule::Ventilation;
use referentiel::jeu::declaration::{Coordonnee, Declaration, Rangee, ValeurDeclaree};
use referentiel::jeu::jeu;
use serde_json::{Value, json};
use tableur::ecriture::{Remplissage, modele_de_jeu};

const RSU_70: &str = include_str!("../../../schema/jeux/exemples/rsu-boeth-70.csv");

struct Noeud(tempfile::TempDir);

impl Noeud {
    fn nouveau() -> Self {
        let dossier = tempfile::tempdir().unwrap();
        let configuration = "[noeud]\nidentifiant = \"cdg-287000012\"\nnom = \"Essai\"\nregion = \"27\"\ndepartement = \"70\"\ncle = \"node.pem\"\n";
        fs::write(dossier.path().join("node.toml"), configuration).unwrap();
        let noeud = Self(dossier);
        assert!(noeud.lance(&["cle", "creer", "-o", "node.pem"]).status.success());
        noeud
    }

    fn lance(&self, arguments: &[&str]) -> Output {
        let mut commande = Command::new(env!("CARGO_BIN_EXE_maillage-node"));
        commande.current_dir(self.0.path()).args(["--configuration", "node.toml"]).args(arguments).output().unwrap()
    }

    /// Exit code and JSON of a command.
    fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let sortie = self.lance(arguments);
        let texte = String::from_utf8(sortie.stdout).unwrap();
        let erreur = String::from_utf8_lossy(&sortie.stderr).into_owned();
        let json = serde_json::from_str(&texte).unwrap_or_else(|e| panic!("{e} in {texte:?} {erreur}"));
        (sortie.status.code().unwrap(), json)
    }

    /// The workbook of a jeu, filled as somebody would.
    fn classeur(&self, code: &str, declaration: &Declaration) -> PathBuf {
        let remplissage =
            Remplissage { periode: "essai", declaration: Some(declaration), jour: "2026-01-05".parse().unwrap() };
        let chemin = self.0.path().join("classeur.xlsx");
        fs::write(&chemin, modele_de_jeu(jeu(code).unwrap(), &remplissage).unwrap()).unwrap();
        chemin
    }

    fn importe(&self, code: &str, periode: &str, declaration: &Declaration) -> (i32, Value) {
        let chemin = self.classeur(code, declaration);
        self.json(&["importer", chemin.to_str().unwrap(), "--jeu", code, "--campagne", periode, "--json"])
    }
}

/// `(code, sheet cell, correction)` of each anomaly.
fn dites(rapport: &Value) -> Vec<(String, String, String)> {
    let texte = |a: &Value, champ: &str| a[champ].as_str().unwrap_or_default().to_owned();
    let anomalies = rapport["anomalies"].as_array().unwrap().iter();
    let place = |a: &Value| format!("{} {}", texte(a, "feuille"), texte(a, "cellule"));
    anomalies.map(|a| (texte(a, "controle"), place(a), texte(a, "correction"))).collect()
}

/// The tables of a year; `ecrit` says what is put in an empty cell.
fn rsu(annee: usize) -> Declaration {
    let mut declaration = Declaration::default();
    for ligne in RSU_70.lines().filter(|l| !l.starts_with('#')) {
        let cases: Vec<&str> = ligne.split(';').collect();
        let axes = cases[1].split(',').filter_map(|c| c.split_once('='));
        let place = Coordonnee { mesure: cases[0].to_owned(), ventilation: Ventilation::nouvelle(axes) };
        match cases[annee - 2020].parse() {
            Ok(valeur) => {
                declaration.cellules.insert(place, valeur);
            }
            Err(_) => {
                declaration.non_disponibles.insert(place);
            }
        }
    }
    declaration
}

/// The figures put right, as the report proposes.
fn corrigee(annee: usize) -> Declaration {
    let mut d = rsu(annee);
    let total = Coordonnee { mesure: "RSU_ANCIENNETE".into(), ventilation: Ventilation::default() };
    d.cellules.insert(total, [280, 314, 292][annee - 2022].into());
    let place = |sexe: &str| Ventilation::nouvelle([("rsu_statut", "fonctionnaires"), ("sexe", sexe)]);
    let hommes = Coordonnee { mesure: "RSU_PART_GENRE".into(), ventilation: place("M") };
    if annee == 2024 {
        d.cellules.insert(hommes, "43.9".parse().unwrap());
    }
    // The detail by cadre d’emplois is not in the fixture: said to be unavailable, which is not zero.
    let cadres = jeu("rsu.boeth").unwrap().nomenclature("rsu_cadre").unwrap();
    for m in &cadres.modalites {
        let ventilation = Ventilation::nouvelle([("rsu_cadre", m.code.as_str())]);
        d.non_disponibles.insert(Coordonnee { mesure: "RSU_CADRES".into(), ventilation });
    }
    d
}

#[test]
fn an_extract_of_the_collection_tool_fills_what_it_knows_and_leaves_the_rest() {
    let noeud = Noeud::nouveau();
    let chemin = |nom: &str| noeud.0.path().join(nom).to_string_lossy().into_owned();
    // By sex, nobody keyed the figures: the collection tool has them.
    let (mut sans, entiere) = (corrigee(2024), corrigee(2024));
    let genre: Vec<Coordonnee> = entiere.cellules.keys().filter(|p| p.mesure == "RSU_GENRE").cloned().collect();
    for place in &genre {
        sans.cellules.remove(place);
        sans.non_disponibles.insert(place.clone());
    }
    assert_eq!(noeud.importe("rsu.boeth", "2024", &sans).0, 0);
    let de = |ou: &[(&str, &str)]| entiere.valeur("RSU_GENRE", &Ventilation::nouvelle(ou.iter().copied())).unwrap();
    let extrait = format!(
        "Tableau;Modalit\u{e9};Genre;Effectif;Inattendue\r\nBOETH par genre;;Femmes;{};x\r\nBOETH par genre;;Hommes;{};\r\nBOETH par genre;;Ensemble;{};\r\n",
        de(&[("sexe", "F")]),
        de(&[("sexe", "M")]),
        de(&[])
    );
    fs::write(chemin("extrait.csv"), extrait.chars().map(|c| c as u8).collect::<Vec<u8>>()).unwrap();
    fs::write(chemin("c.toml"), include_str!("../../../schema/jeux/correspondances/rsu.boeth.toml")).unwrap();
    let (fichier, correspondance, modele) = (chemin("extrait.csv"), chemin("c.toml"), chemin("a-completer.xlsx"));
    let commande = [
        "importer",
        &fichier,
        "--jeu",
        "rsu.boeth",
        "--campagne",
        "2024",
        "--json",
        "--correspondance",
        &correspondance,
    ];
    let saisies = || noeud.json(&["jeux", "saisies", "--json"]).1.as_array().unwrap().len();

    let (code, essai) = noeud.json(&[&commande[..], &["--verifier", "--completer", &modele]].concat());
    assert_eq!(code, 0, "{essai}");
    assert_eq!(essai["extrait"]["lignes"], 3);
    assert!(
        dites(&essai).iter().any(|d| d.0 == "C-CL-02" && d.1.ends_with("E1")),
        "an unknown column is said: {essai}"
    );
    assert_eq!(saisies(), 1, "nothing is kept of a trial");
    assert!(fs::read(&modele).unwrap().starts_with(b"PK"));

    let (code, fait) = noeud.json(&commande);
    assert_eq!((code, &fait["import"]["deja_fait"]), (0, &json!(false)), "{fait}");
    assert_eq!(fait["comptes"]["cellules"], entiere.cellules.len(), "its figures, and those that were keyed");
    let (_, encore) = noeud.json(&commande);
    assert_eq!((&encore["import"]["deja_fait"], saisies()), (&json!(true), 2), "the same extract changes nothing");
    // What the tool calls by a name that nobody declared stops everything.
    fs::write(&fichier, "Tableau;Modalit\u{e9};Genre;Effectif\r\nBOETH par genre;;Inconnu;3\r\n").unwrap();
    let (code, refus) = noeud.json(&commande);
    assert_eq!((code, saisies()), (1, 2), "{refus}");
    assert!(dites(&refus).iter().any(|d| d.0 == "C-CL-04" && d.1.ends_with("C2")), "{refus}");
}

#[test]
fn the_printed_rsu_is_refused_at_its_cells_then_published_once_put_right() {
    let noeud = Noeud::nouveau();
    let (code, rapport) = noeud.importe("rsu.boeth", "2024", &rsu(2024));
    assert_eq!((code, &rapport["statut"]), (1, &json!("bloque")));
    let dites = dites(&rapport);
    let de = |controle: &str| dites.iter().filter(|d| d.0 == controle).collect::<Vec<_>>();
    let [(_, place, correction)] = de("C-RS-01")[..] else { panic!("{dites:?}") };
    assert_eq!(place, "Ancienneté B7");
    assert!(correction.starts_with("292") && correction.contains("Moins d’un an"), "{correction}");
    let [(_, place, correction)] = de("C-RS-02")[..] else { panic!("{dites:?}") };
    assert_eq!(place, "Statut et genre C2");
    assert!(correction.starts_with("43,9"), "{correction}");

    for annee in [2022, 2023, 2024] {
        let (code, rapport) = noeud.importe("rsu.boeth", &annee.to_string(), &corrigee(annee));
        assert_eq!((code, &rapport["statut"]), (0, &json!("avertissements")), "{rapport}");
    }
    // The year before is known by now: stock and flow are compared.
    let (_, rapport) = noeud.importe("rsu.boeth", "2024", &corrigee(2024));
    let flux = rapport["anomalies"].as_array().unwrap().iter().find(|a| a["controle"] == "C-RS-04").unwrap();
    assert_eq!((&flux["lu"], &flux["cellule"]), (&json!("313"), &json!("B6")));

    let (_, apercu) = noeud.json(&["apercu", "--jeu", "rsu.boeth", "--campagne", "2024", "--json"]);
    let texte = apercu.to_string();
    assert!(!texte.contains("RSU_PART_GENRE") && !texte.contains("rsu_cadre"), "shares and details stay");
    for audience in apercu["audiences"].as_array().unwrap() {
        for c in audience["cellules"].as_array().unwrap() {
            let n = c["valeur"]["effectif"].as_u64().unwrap_or(0);
            assert!(n == 0 || n >= 5, "{c}");
        }
    }
}

fn texte(t: &str) -> ValeurDeclaree {
    ValeurDeclaree::Texte(t.to_owned())
}

fn nombre(n: &str) -> ValeurDeclaree {
    ValeurDeclaree::Nombre(n.parse().unwrap())
}

fn rangee(champs: &[(&str, ValeurDeclaree)]) -> Rangee {
    champs.iter().map(|(c, v)| ((*c).to_owned(), v.clone())).collect()
}

/// Nine beneficiaries of two communes, each helped three months.
fn tickets(mois_annee: &str) -> Declaration {
    let mut d = Declaration::default();
    let beneficiaire = |n: usize| {
        rangee(&[
            ("code", texte(&format!("A{n}"))),
            ("sexe", texte(if n < 5 { "F" } else { "M" })),
            ("contrat", texte("CDI")),
            ("distance_km", nombre("42.5")),
            ("smic", nombre("1.4")),
            ("en_region", ValeurDeclaree::OuiNon(true)),
            ("sans_transport", ValeurDeclaree::OuiNon(true)),
            ("rembourse", ValeurDeclaree::OuiNon(false)),
            ("vehicule", ValeurDeclaree::OuiNon(false)),
            ("aide", nombre("35")),
            ("mois", nombre("3")),
            ("mois_annee", nombre(if n == 0 { mois_annee } else { "6" })),
            ("part_region", nombre("45")),
        ])
    };
    d.listes.insert("beneficiaire".into(), (0..10).map(beneficiaire).collect());
    let commune = |nom: &str, n: &str| {
        rangee(&[("commune", texte(nom)), ("epci", texte("CC du Pays")), ("beneficiaires", nombre(n))])
    };
    d.listes.insert("commune".into(), vec![commune("Vesoul", "9"), commune("Vy-lès-Lure", "1")]);
    let signature = [("signataire", texte("comptable")), ("le", ValeurDeclaree::Date("2026-10-02".parse().unwrap()))];
    d.listes.insert("signature".into(), vec![rangee(&signature)]);
    let mut pose = |mesure: &str, axe: &[(&str, &str)], valeur: i64| {
        let ventilation = Ventilation::nouvelle(axe.iter().copied());
        d.cellules.insert(Coordonnee { mesure: mesure.into(), ventilation }, valeur.into());
    };
    pose("TM_BENEFICIAIRES", &[], 10);
    pose("TM_BENEFICIAIRES", &[("sexe", "F")], 5);
    pose("TM_BENEFICIAIRES", &[("sexe", "M")], 5);
    pose("TM_MOIS", &[], 30);
    pose("TM_PART_REGION", &[], 450);
    d
}

#[test]
fn a_quarter_of_tickets_follows_its_regime_and_tells_no_lonely_commune() {
    let noeud = Noeud::nouveau();
    let (code, rapport) = noeud.importe("mobilite.ticket", "2026-T4", &tickets("12"));
    assert_eq!(code, 1, "twelve months of twelve: {rapport}");
    assert_eq!(dites(&rapport).iter().map(|d| d.0.as_str()).collect::<Vec<_>>(), ["C-TM-01"]);
    // Under the rules before April 2026, the region paid 20 € a month; the quarter is lost for long, too.
    let (_, rapport) = noeud.importe("mobilite.ticket", "2025-T4", &tickets("6"));
    let codes: BTreeMap<String, usize> = dites(&rapport).into_iter().fold(BTreeMap::new(), |mut m, d| {
        *m.entry(format!("{} {}", d.0, d.2)).or_default() += 1;
        m
    });
    assert_eq!(codes.get("C-TM-01 60"), Some(&10), "{codes:?}");
    assert_eq!(codes.get("C-TM-02 "), Some(&1), "{codes:?}");

    let mut sans_signature = tickets("6");
    sans_signature.listes.remove("signature");
    let (code, rapport) = noeud.importe("mobilite.ticket", "2026-T4", &sans_signature);
    assert_eq!((code, dites(&rapport)[0].0.as_str()), (1, "liste-incomplete"), "{rapport}");
    let (code, rapport) = noeud.importe("mobilite.ticket", "2026-T4", &tickets("6"));
    assert_eq!((code, dites(&rapport)), (0, vec![]), "{rapport}");
    let (_, apercu) = noeud.json(&["apercu", "--jeu", "mobilite.ticket", "--campagne", "2026-T4", "--json"]);
    let octets = apercu.to_string();
    assert!(
        !octets.contains("Vy-lès-Lure") && !octets.contains("Vesoul") && octets.contains("Autres communes"),
        "{octets}"
    );
    assert!(!octets.contains("\"A1\""), "the list of the beneficiaries stays");
    let audiences = apercu["audiences"].as_array().unwrap();
    let montre =
        |n: usize, code: &str| audiences[n]["cellules"].as_array().unwrap().iter().any(|c| c["indicateur"] == code);
    assert!(audiences[2]["fiches"].is_null(), "the total is masked for the public: its groups would give it back");
    assert!(montre(0, "TM_PART_REGION") && !montre(1, "TM_PART_REGION"), "amounts are for the convention alone");
}

#[test]
fn a_practice_is_published_after_its_two_steps_without_its_internal_fields() {
    let noeud = Noeud::nouveau();
    let fiche = |etat: &str| {
        let textes = ["titre", "probleme", "realisation", "moyens", "indicateur", "periode", "limites", "contact"];
        let mut f: Rangee = textes.iter().map(|c| ((*c).to_owned(), texte(&format!("Texte de {c}")))).collect();
        f.extend(rangee(&[
            ("theme", texte("cap_emploi")),
            ("resultat", nombre("12")),
            ("anonyme", ValeurDeclaree::OuiNon(true)),
            ("etat", texte(etat)),
            ("relecteur", texte("La cheffe de service")),
        ]));
        Declaration { listes: [("fiche".to_owned(), vec![f])].into(), ..Declaration::default() }
    };
    let (code, rapport) = noeud.importe("pratiques", "2026-T1", &fiche("publiee"));
    assert_eq!((code, dites(&rapport)[0].0.as_str()), (1, "cycle"), "nobody read it: {rapport}");
    for etat in ["brouillon", "relecture"] {
        assert_eq!(noeud.importe("pratiques", "2026-T1", &fiche(etat)).0, 0);
        let (_, apercu) = noeud.json(&["apercu", "--jeu", "pratiques", "--campagne", "2026-T1", "--json"]);
        assert!(apercu["audiences"][0]["fiches"].is_null(), "{apercu}");
    }
    assert_eq!(noeud.importe("pratiques", "2026-T1", &fiche("publiee")).0, 0);
    let (_, apercu) = noeud.json(&["apercu", "--jeu", "pratiques", "--campagne", "2026-T1", "--json"]);
    let champs = &apercu["audiences"][0]["fiches"][0]["champs"];
    assert_eq!((&champs["theme"], &champs["relecteur"]), (&json!("cap_emploi"), &Value::Null), "{apercu}");
}

#[test]
fn a_question_with_facts_gets_a_tariff_and_its_reason() {
    let noeud = Noeud::nouveau();
    let offre = |plus: &[&str]| {
        let debut = ["offre", "tarif", "cdg31-bilans-reperes", "realisation", "--au", "2026-04-01"];
        noeud.lance(&debut.into_iter().chain(plus.iter().copied()).collect::<Vec<_>>())
    };
    let dit = |sortie: &Output| String::from_utf8_lossy(&sortie.stdout).into_owned();
    let affiliee = offre(&["--affiliee", "oui", "--suivi-commission", "non"]);
    assert!(affiliee.status.success() && dit(&affiliee).contains("640") && dit(&affiliee).contains("01/01/2015"));
    let vague = offre(&["--affiliee", "non", "--suivi-commission", "oui"]);
    assert!(String::from_utf8_lossy(&vague.stderr).contains("--convention-fiphfp"));
    let impossible = offre(&["--affiliee", "non", "--suivi-commission", "oui", "--convention-fiphfp", "oui"]);
    assert_eq!(impossible.status.code(), Some(1));
    assert!(dit(&impossible).contains("impossible"));
}

#[test]
fn the_tariffs_of_an_offer_are_published_from_its_decision_table() {
    let noeud = Noeud::nouveau();
    let modele = [
        "modele",
        "--jeu",
        "offre.services",
        "--campagne",
        "2026-T1",
        "--offre",
        "cdg31-bilans-reperes",
        "-o",
        "o.xlsx",
    ];
    assert!(noeud.lance(&modele).status.success());
    let (code, _) = noeud.json(&["importer", "o.xlsx", "--jeu", "offre.services", "--campagne", "2026-T1", "--json"]);
    assert_eq!(code, 0);
    let (_, apercu) = noeud.json(&["apercu", "--jeu", "offre.services", "--campagne", "2026-T1", "--json"]);
    let fiches = apercu["audiences"][0]["fiches"].as_array().unwrap();
    let prix: Vec<&str> = fiches.iter().map(|f| f["champs"]["prix"].as_str().unwrap_or("impossible")).collect();
    assert_eq!(prix, ["0", "640", "impossible", "663", "0", "250", "350"], "{apercu}");
    assert_eq!(fiches[0]["champs"]["en_vigueur"], "2015-01");
}

#[test]
fn a_shared_tool_costs_what_its_years_and_its_users_make() {
    let noeud = Noeud::nouveau();
    let outils = |total: &str| {
        let outil = |code: &str, prix: &str, total: &str| {
            rangee(&[
                ("code", texte(code)),
                ("titre", texte(code)),
                ("prix_annuel", nombre(prix)),
                ("annees", nombre("3")),
                ("prix_total", nombre(total)),
                ("en_vigueur", ValeurDeclaree::Date("2026-01-01".parse().unwrap())),
            ])
        };
        let liste = vec![outil("Qlik", "310", total), outil("GPEEC", "171", "513")];
        Declaration { listes: [("outil".to_owned(), liste)].into(), ..Declaration::default() }
    };
    assert_eq!(noeud.importe("offre.services", "2026-T1", &outils("930")).0, 0);
    let (code, rapport) = noeud.importe("offre.services", "2026-T2", &outils("903"));
    assert_eq!((code, dites(&rapport)[0].2.as_str()), (1, "930"), "{rapport}");
    let (_, apercu) = noeud.json(&["apercu", "--jeu", "offre.services", "--campagne", "2026-T1", "--json"]);
    assert_eq!(apercu["audiences"][0]["fiches"][1]["champs"]["en_vigueur"], "2026-01", "{apercu}");
}

#[test]
fn the_etp_of_a_service_are_those_of_its_posts_and_741_collectivites_are_four_kinds() {
    let noeud = Noeud::nouveau();
    let postes = [
        ("direction", "1", "25"),
        ("direction", "1", "5"),
        ("direction", "1", "5"),
        ("carrieres", "1", "15"),
        ("carrieres", "1", "85"),
        ("carrieres", "1", "15"),
        ("carrieres", "1", "5"),
        ("carrieres", "1", "10"),
    ];
    let poste = |(n, (service, quotite, part)): (usize, &(&str, &str, &str))| {
        let etp = format!("0.{part:0>2}");
        rangee(&[
            ("numero", nombre(&n.to_string())),
            ("service", texte(service)),
            ("fonction", texte("Fonction")),
            ("quotite", nombre(quotite)),
            ("part", nombre(part)),
            ("etp", nombre(&etp)),
        ])
    };
    let declaration = |carrieres: &str, total: &str, affiliees: &str| {
        let mut d = Declaration::default();
        d.listes.insert("poste".into(), postes.iter().enumerate().map(poste).collect());
        let mut pose = |mesure: &str, axe: &[(&str, &str)], valeur: &str| {
            let ventilation = Ventilation::nouvelle(axe.iter().copied());
            d.cellules.insert(Coordonnee { mesure: mesure.into(), ventilation }, valeur.parse().unwrap());
        };
        for (service, etp, postes) in [("direction", "0.35", "3"), ("carrieres", carrieres, "5")] {
            pose("AC_ETP", &[("ac_service", service)], etp);
            pose("AC_POSTES", &[("ac_service", service)], postes);
        }
        pose("AC_ETP", &[], total);
        pose("AC_POSTES", &[], "8");
        for (genre, n) in [("communes", "536"), ("cc", "17"), ("ca", "1"), ("autres", "187")] {
            pose("AC_AFFILIEES", &[("ac_collectivite", genre)], n);
        }
        pose("AC_AFFILIEES", &[], affiliees);
        d
    };
    // 1,10 is printed for five posts that make 1,30, and the total follows the wrong sub-total.
    let (code, rapport) = noeud.importe("activite.cdg", "2025", &declaration("1.10", "1.45", "741"));
    let dites = dites(&rapport);
    let [(controle, place, correction)] = &dites[..] else { panic!("{dites:?}") };
    assert_eq!(
        (code, controle.as_str(), place.as_str(), correction.as_str()),
        (1, "C-OR-01", "ETP par service C5", "1,3")
    );
    assert_eq!(noeud.importe("activite.cdg", "2025", &declaration("1.30", "1.65", "741")).0, 0);
    assert_eq!(noeud.importe("activite.cdg", "2025", &declaration("1.30", "1.65", "714")).0, 1);
    let (_, apercu) = noeud.json(&["apercu", "--jeu", "activite.cdg", "--campagne", "2025", "--json"]);
    let octets = apercu.to_string();
    assert!(octets.contains("AC_AFFILIEES") && !octets.contains("poste"), "{octets}");
}
