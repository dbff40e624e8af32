//! The printed RSU tables of a centre, errors included, and properties of the check language.

use proptest::prelude::*;

use super::*;
use crate::jeu::jeu;

const RSU_70: &str = include_str!("../../../../../schema/jeux/exemples/rsu-boeth-70.csv");

/// The tables of 2022, 2023 or 2024.
fn rsu(annee: usize) -> Declaration {
    let mut declaration = Declaration::default();
    for ligne in RSU_70.lines().filter(|l| !l.starts_with('#')) {
        let cases: Vec<&str> = ligne.split(';').collect();
        let axes = cases[1].split(',').filter_map(|c| c.split_once('='));
        let coordonnee = Coordonnee { mesure: cases[0].to_owned(), ventilation: Ventilation::nouvelle(axes) };
        if let Ok(valeur) = cases[annee - 2020].parse() {
            declaration.cellules.insert(coordonnee, valeur);
        }
    }
    declaration
}

fn constats(annee: usize) -> Vec<Constat> {
    let (courante, avant) = (rsu(annee), (annee > 2022).then(|| rsu(annee - 1)));
    examiner(&Examen {
        jeu: jeu("rsu.boeth").unwrap(),
        periode: format!("{annee}-T4").parse().unwrap(),
        courante: &courante,
        precedente: avant.as_ref(),
        jour: NaiveDate::MIN,
    })
}

fn dits(annee: usize, code: &str) -> Vec<String> {
    let trouves = constats(annee).into_iter().filter(|c| c.controle == code);
    trouves
        .map(|c| format!("{} → {}", c.lu.unwrap_or_default(), c.correction.or(c.attendu).unwrap_or_default()))
        .collect()
}

#[test]
fn the_forgotten_first_row_of_anciennete_is_named_each_year() {
    for (annee, lu, juste) in [(2022, "253", "280"), (2023, "283", "314"), (2024, "265", "292")] {
        let attendu = format!("{lu} → {juste}\u{a0}: le total oublie «\u{a0}Moins d’un an\u{a0}»");
        assert_eq!(dits(annee, "C-RS-01"), [attendu], "and no other total is wrong in {annee}");
    }
}

#[test]
fn shares_of_105_per_cent_are_flagged_with_the_digits_put_right() {
    let inverses = "49,3 + 56,1 = 105,4 → 43,9 pour «\u{a0}Homme\u{a0}»\u{a0}: les chiffres de 49,3 sont inversés";
    let lus = dits(2024, "C-RS-02");
    assert_eq!(lus.len(), 1, "{lus:?}");
    assert!(lus[0].contains("105,4") && lus[0].contains("43,9 pour") && lus[0].contains("49,3"), "{lus:?} {inverses}");
    assert!(dits(2022, "C-RS-02").is_empty() && dits(2023, "C-RS-02").is_empty());
}

#[test]
fn an_empty_cell_is_asked_about_and_a_zero_is_not() {
    let vides = dits(2023, "C-RS-08");
    assert!(vides.iter().any(|v| v.contains("Mise en disponibilité sur demande")), "{vides:?}");
    assert!(!vides.iter().any(|v| v.contains("Rupture conventionnelle")), "0 was printed: {vides:?}");
}

#[test]
fn crossings_of_tables_and_years_say_what_the_source_says() {
    assert_eq!(dits(2023, "C-RS-04"), ["336 → 365 (écart −29)"]);
    assert_eq!(dits(2024, "C-RS-04"), ["313 → 447 (écart −134)"]);
    assert!(dits(2022, "C-RS-04").is_empty(), "the year before is not known");
    assert!(dits(2022, "C-RS-03").contains(&"280 → 281 (écart −1)".to_owned()));
    assert!(dits(2023, "C-RS-03").contains(&"314 → 336 (écart −22)".to_owned()));
    assert_eq!(dits(2022, "RSU-04"), ["107 → au plus 27"]);
    assert!(dits(2024, "RSU-04").is_empty(), "25 newcomers, 27 under a year");
    assert!((2022..=2024).all(|annee| dits(annee, "RSU-06").is_empty()), "21, 12 and 11 in the three tables");
    assert_eq!(dits(2023, "C-RS-05"), ["19,8\u{a0}% → au plus 15\u{a0}%"]);
    assert_eq!(dits(2024, "RSU-10"), ["2\u{202f}493 → au moins 3\u{202f}230"]);
    assert_eq!(dits(2023, "C-RS-06"), ["−2,1\u{a0}% → le même sens que +26,6\u{a0}%"]);
    assert_eq!(dits(2023, "C-RS-07"), ["0 → 2 (écart −2)"], "7 = 5 + 2 holds and stays silent");
    assert!(dits(2024, "C-RS-09").is_empty(), "577 of 741");
}

#[test]
fn a_check_of_the_catalogue_weighs_what_the_catalogue_says() {
    for jeu in crate::jeu::jeux() {
        for (code, severite) in jeu.controles.tous() {
            let connu = crate::controle::controle_connu(code);
            assert!(connu.is_none_or(|c| c.severite == severite), "{} {code}", jeu.code);
        }
    }
}

const ESSAI: &str = r#"
code = "essai.examen"
version = "1"
libelle = "Essai"
periodicite = "trimestre"
source = "essai"
[forclusion]
code = "C-TM-02"
mois = 6
rappel_jours = 30
regle = "Un trimestre se demande dans les six mois"
[[nomenclature]]
code = "lettre"
version = "1"
libelle = "Lettre"
modalite = [{ code = "a", libelle = "A" }, { code = "b", libelle = "B" }, { code = "c", libelle = "C" }]
[[nomenclature]]
code = "etat"
version = "1"
libelle = "État"
modalite = [{ code = "brouillon", libelle = "Brouillon" }, { code = "relecture", libelle = "Relecture" }, { code = "publiee", libelle = "Publiée" }]
[[axe]]
code = "lettre"
nomenclature = "lettre"
libelle = "Lettre"
[[mesure]]
code = "N"
libelle = "Nombre"
nature = "stock"
unite = "personnes"
definition = "essai"
[[mesure]]
code = "EUROS"
libelle = "Montant"
nature = "operationnel"
unite = "€"
definition = "essai"
[[parametre]]
code = "prix"
libelle = "Prix"
valeur = "15"
depuis = "2026-01-01"
source = "essai"
[[parametre]]
code = "prix"
libelle = "Prix"
valeur = "20"
depuis = "2022-01-01"
jusqu_au = "2025-12-31"
source = "essai"
[[grille]]
code = "g"
libelle = "Grille"
lignes = "lettre"
mesures = ["N"]
total = true
[[liste]]
code = "l"
libelle = "Liste"
cle = "nom"
champ = [
    { code = "nom", libelle = "Nom", genre = "texte" },
    { code = "mois", libelle = "Mois", genre = "entier" },
    { code = "montant", libelle = "Montant", genre = "montant" },
    { code = "etat", libelle = "État", genre = "code", nomenclature = "etat" },
]
cycle = { champ = "etat", etats = ["brouillon", "relecture", "publiee"] }
[[controle.somme]]
code = "S"
severite = "bloquant"
regle = "Le total est la somme"
mesure = "N"
axe = "lettre"
[[controle.rangee]]
code = "R"
severite = "bloquant"
regle = "Onze mois au plus"
liste = "l"
champ = "mois"
max = "11"
[[controle.produit]]
code = "P"
severite = "bloquant"
regle = "Montant = mois × prix"
liste = "l"
champ = "montant"
facteurs = ["mois"]
parametres = ["prix"]
[[controle.cumul]]
code = "K"
severite = "bloquant"
regle = "Le total est celui de la liste"
total = { mesure = "EUROS" }
liste = "l"
champ = "montant"
"#;

fn examine(courante: &Declaration, precedente: Option<&Declaration>, periode: &str, jour: &str) -> Vec<Constat> {
    let jeu = Jeu::lit(ESSAI).unwrap();
    let (periode, jour) = (periode.parse().unwrap(), jour.parse().unwrap());
    examiner(&Examen { jeu: &jeu, periode, courante, precedente, jour })
}

fn codes(constats: &[Constat]) -> Vec<&str> {
    constats.iter().map(|c| c.controle.as_str()).collect()
}

fn fiche(nom: &str, mois: i64, montant: i64, etat: &str) -> super::super::declaration::Rangee {
    use super::super::declaration::ValeurDeclaree::{Nombre, Texte};
    [
        ("nom", Texte(nom.into())),
        ("mois", Nombre(mois.into())),
        ("montant", Nombre(montant.into())),
        ("etat", Texte(etat.into())),
    ]
    .map(|(champ, valeur)| (champ.to_owned(), valeur))
    .into()
}

fn avec(fiches: Vec<super::super::declaration::Rangee>) -> Declaration {
    Declaration { listes: [("l".to_owned(), fiches)].into(), ..Declaration::default() }
}

#[test]
fn a_price_is_the_one_of_the_period() {
    let d = avec(vec![fiche("x", 3, 45, "brouillon")]);
    assert!(examine(&d, None, "2026-T1", "2026-04-01").is_empty());
    let avant = examine(&d, None, "2025-T4", "2026-04-01");
    assert_eq!((codes(&avant), avant[0].correction.as_deref()), (vec!["P"], Some("60")));
    let trop = avec(vec![fiche("x", 12, 180, "brouillon")]);
    assert_eq!(codes(&examine(&trop, None, "2026-T1", "2026-04-01")), ["R"]);
}

#[test]
fn a_quarter_is_recalled_then_lost() {
    let d = Declaration::default();
    let le = |jour: &str| examine(&d, None, "2026-T2", jour).into_iter().map(|c| c.severite).collect::<Vec<_>>();
    assert_eq!(le("2026-11-30"), []);
    assert_eq!(le("2026-12-01"), [Severite::Avertissement]);
    assert_eq!(le("2026-12-31"), [Severite::Avertissement]);
    assert_eq!(le("2027-01-01"), [Severite::Bloquant]);
}

#[test]
fn a_record_skips_no_step_and_may_come_back() {
    let passe = |avant: Option<&str>, apres: &str| {
        let avant = avant.map(|etat| avec(vec![fiche("x", 1, 15, etat)]));
        codes(&examine(&avec(vec![fiche("x", 1, 15, apres)]), avant.as_ref(), "2026-T1", "2026-04-01")).is_empty()
    };
    assert!(passe(None, "brouillon") && !passe(None, "relecture") && !passe(None, "publiee"));
    assert!(passe(Some("brouillon"), "relecture") && !passe(Some("brouillon"), "publiee"));
    assert!(passe(Some("relecture"), "publiee") && passe(Some("publiee"), "brouillon"));
}

#[test]
fn a_malformed_file_is_refused_by_line() {
    let refus = |bon: &str, mauvais: &str| {
        let texte = ESSAI.replacen(bon, mauvais, 1);
        let attendue = ESSAI.find(bon).map(|p| ESSAI[..p].matches('\n').count() + 1).unwrap();
        let message = Jeu::lit(&texte).unwrap_err().to_string();
        assert!(message.contains(&format!("ligne {attendue}")), "{mauvais} : {message}");
        message
    };
    assert!(refus("axe = \"lettre\"", "axe = \"chiffre\"").contains("l’axe « chiffre » n’est pas déclaré"));
    assert!(refus("facteurs = [\"mois\"]", "facteurs = [\"jours\"]").contains("« jours » n’est pas un champ"));
    assert!(refus("parametres = [\"prix\"]", "parametres = [\"cout\"]").contains("paramètre « cout »"));
    assert!(refus("max = \"11\"", "maxi = \"11\"").contains("la clé « maxi » est inconnue"));
    assert!(refus("total = true", "total = \"oui\"").contains("type attendu"));
    assert!(refus("total = { mesure = \"EUROS\" }", "total = { mesure = \"FRANCS\" }").contains("« FRANCS »"));
    assert!(refus("[\"brouillon\", \"relecture\", \"publiee\"]", "[\"brouillon\", \"archivee\"]").contains("archivee"));
}

/// A grid of three rows with its true total.
fn grille(valeurs: &[i64; 3]) -> Declaration {
    let place = |v: Ventilation| Coordonnee { mesure: "N".into(), ventilation: v };
    let rangs = ["a", "b", "c"].iter().zip(valeurs);
    let mut cellules: std::collections::BTreeMap<_, _> =
        rangs.map(|(m, v)| (place(Ventilation::nouvelle([("lettre", *m)])), Decimal::from(*v))).collect();
    cellules.insert(place(Ventilation::default()), Decimal::from(valeurs.iter().sum::<i64>()));
    Declaration { cellules, ..Declaration::default() }
}

proptest! {
    #[test]
    fn a_true_total_is_never_flagged(valeurs in [0i64..500, 0i64..500, 0i64..500]) {
        prop_assert!(examine(&grille(&valeurs), None, "2026-T1", "2026-04-01").is_empty());
    }

    #[test]
    fn a_wrong_total_is_always_flagged_and_a_forgotten_row_gives_back_the_sum(
        valeurs in [1i64..500, 1i64..500, 1i64..500], oubliee in 0usize..3,
    ) {
        let mut d = grille(&valeurs);
        let total = Coordonnee { mesure: "N".into(), ventilation: Ventilation::default() };
        let somme: i64 = valeurs.iter().sum();
        d.cellules.insert(total, Decimal::from(somme - valeurs[oubliee]));
        let constats = examine(&d, None, "2026-T1", "2026-04-01");
        prop_assert_eq!(codes(&constats), ["S"]);
        let unique = valeurs.iter().filter(|v| **v == valeurs[oubliee]).count() == 1;
        if unique {
            let propose = constats[0].correction.clone().unwrap_or_default();
            prop_assert!(propose.starts_with(&format!("{}\u{a0}: le total oublie", dit(Decimal::from(somme)))), "{}", propose);
        }
    }

    #[test]
    fn adding_an_empty_cell_never_silences_a_check_on_what_is_filled(
        valeurs in [1i64..500, 1i64..500, 1i64..500], ecart in 1i64..50,
    ) {
        let mut d = grille(&valeurs);
        let total = Coordonnee { mesure: "N".into(), ventilation: Ventilation::default() };
        d.cellules.insert(total, Decimal::from(valeurs.iter().sum::<i64>() + ecart));
        d.cellules.remove(&Coordonnee { mesure: "N".into(), ventilation: Ventilation::nouvelle([("lettre", "b")]) });
        let constats = examine(&d, None, "2026-T1", "2026-04-01");
        prop_assert_eq!(codes(&constats), ["S"]);
    }
}
