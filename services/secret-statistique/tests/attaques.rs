//! Named attacks. Each shows first that masking small counts alone gives the secret away, then that
//! the protected table no longer does. The attacker is an enumeration of all integer tables that agree
//! with what is shown: it shares no code with the protection.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use referentiel::Decimal;
use referentiel::cellule::{Audience, Cle, Statut, Ventilation};
use referentiel::jeu::{Methode, jeu};
use referentiel::territoire::Niveau;
use secret_statistique::somme::{Part, bornes, exacte};
use secret_statistique::{
    Cadre, CelluleBrute, Grandeur, Lecteur, Passe, Politique, RelationConnue, TableBrute, TableProtegee, ValeurPubliee,
    proteger,
};

fn cle(indicateur: &str, niveau: Niveau, territoire: &str, axes: &[(&str, &str)]) -> Cle {
    let ventilation = Ventilation::nouvelle(axes.iter().copied());
    Cle { indicateur: indicateur.into(), niveau, territoire: territoire.into(), ventilation }
}

fn ici(axes: &[(&str, &str)]) -> Cle {
    cle("EA01", Niveau::Dispositif, "BFC01", axes)
}

fn effectif((cle, n): (Cle, u64)) -> CelluleBrute {
    CelluleBrute { cle, grandeur: Grandeur::Effectif(n) }
}

fn table(cellules: Vec<(Cle, u64)>) -> TableBrute {
    let departement = (Niveau::Departement, "70".to_owned());
    let dispositifs = ["BFC01", "BFC02", "BFC03"].map(|d| ((Niveau::Dispositif, d.to_owned()), departement.clone()));
    let cellules = cellules.into_iter().map(effectif).collect();
    TableBrute::nouvelle("ea.indicateurs", cellules, BTreeMap::from(dispositifs)).unwrap()
}

fn politique(audience: Audience) -> Politique {
    Politique::du_jeu(jeu("ea.indicateurs").unwrap(), audience).unwrap()
}

fn reseau(brute: &TableBrute) -> TableProtegee {
    proteger(brute, &politique(Audience::Reseau), &Passe::default()).unwrap()
}

/// What a table shows: values, nothing where masked.
type Vue = BTreeMap<Cle, Option<u64>>;

fn vue(protegee: &TableProtegee) -> Vue {
    let lit = |valeur: &Option<ValeurPubliee>| match valeur {
        Some(ValeurPubliee::Effectif(n)) => Some(*n),
        _ => None,
    };
    protegee.cellules().iter().map(|c| (c.cle.clone(), lit(&c.valeur))).collect()
}

fn masquees(protegee: &TableProtegee) -> BTreeSet<Cle> {
    protegee.cellules().iter().filter(|c| c.statut == Statut::Secret).map(|c| c.cle.clone()).collect()
}

/// The threshold rule alone: the mistake that every attack below exploits.
fn seuil_seul(brute: &TableBrute, seuil: u64) -> Vue {
    let lit = |c: &CelluleBrute| match c.grandeur {
        Grandeur::Effectif(n) => Some(n).filter(|n| *n == 0 || *n >= seuil),
        _ => None,
    };
    brute.cellules().iter().map(|c| (c.cle.clone(), lit(c))).collect()
}

/// `total = Σ parts`, as the attacker writes it.
type Somme = (Cle, Vec<Cle>);

/// All values of a cell in the integer tables that agree with the view, up to a largest value.
fn possibles(vue: &Vue, sommes: &[Somme], cible: &Cle, plafond: u64) -> BTreeSet<u64> {
    possibles_entre(vue, sommes, cible, 0..=plafond)
}

/// The same for who knows between which values every masked cell lies.
fn possibles_entre(vue: &Vue, sommes: &[Somme], cible: &Cle, bornes: RangeInclusive<u64>) -> BTreeSet<u64> {
    let inconnues: Vec<&Cle> = vue.iter().filter(|(_, v)| v.is_none()).map(|(c, _)| c).collect();
    let mut table: BTreeMap<&Cle, u64> = vue.iter().filter_map(|(c, v)| Some((c, (*v)?))).collect();
    let mut trouves = BTreeSet::new();
    enumere(&inconnues, sommes, &bornes, &mut table, &mut |t| {
        trouves.insert(t[cible]);
    });
    trouves
}

fn enumere<'a>(
    restent: &[&'a Cle],
    sommes: &[Somme],
    bornes: &RangeInclusive<u64>,
    table: &mut BTreeMap<&'a Cle, u64>,
    trouve: &mut dyn FnMut(&BTreeMap<&'a Cle, u64>),
) {
    let tenable = sommes.iter().all(|(total, parts)| {
        let connu: u64 = parts.iter().filter_map(|p| table.get(p)).sum();
        let complet = parts.iter().all(|p| table.contains_key(p));
        table.get(total).is_none_or(|t| if complet { connu == *t } else { connu <= *t })
    });
    if !tenable {
        return;
    }
    let Some((premiere, suite)) = restent.split_first() else {
        trouve(table);
        return;
    };
    for valeur in bornes.clone() {
        table.insert(premiere, valeur);
        enumere(suite, sommes, bornes, table, trouve);
    }
    table.remove(*premiere);
}

fn etendue(valeurs: &BTreeSet<u64>) -> u64 {
    valeurs.last().unwrap() - valeurs.first().unwrap()
}

/// The attack succeeds on the threshold rule alone, and every masked cell keeps its width once protected.
fn reussit_puis_echoue(brute: &TableBrute, sommes: &[Somme], secret: &Cle, plafond: u64) {
    let naive = possibles(&seuil_seul(brute, 5), sommes, secret, plafond);
    assert_eq!(naive.len(), 1, "the threshold alone gives {secret} away");
    let protegee = vue(&reseau(brute));
    assert_eq!(protegee[secret], None);
    for cle in protegee.iter().filter(|(_, v)| v.is_none()).map(|(c, _)| c) {
        let reste = possibles(&protegee, sommes, cle, plafond);
        assert!(etendue(&reste) >= 3, "{cle} is in {reste:?}");
    }
}

#[test]
fn subtraction_from_a_margin() {
    let (f, m) = (ici(&[("sexe", "F")]), ici(&[("sexe", "M")]));
    let brute = table(vec![(ici(&[]), 30), (f.clone(), 3), (m.clone(), 27)]);
    reussit_puis_echoue(&brute, &[(ici(&[]), vec![f.clone(), m])], &f, 32);
}

#[test]
fn hierarchy_of_territories() {
    let la = |d| cle("EA01", Niveau::Dispositif, d, &[]);
    let total = cle("EA01", Niveau::Departement, "70", &[]);
    let brute = table(vec![(total.clone(), 31), (la("BFC01"), 2), (la("BFC02"), 12), (la("BFC03"), 17)]);
    reussit_puis_echoue(&brute, &[(total, vec![la("BFC01"), la("BFC02"), la("BFC03")])], &la("BFC01"), 32);
}

#[test]
fn linked_groupings() {
    let emploi = |m| ici(&[("emploi", m)]);
    let valeurs = [("EMP", 20), ("CDI", 18), ("CDD", 2), ("SAN", 4)].map(|(m, n)| (emploi(m), n));
    let brute = table([vec![(ici(&[]), 24)], valeurs.to_vec()].concat());
    let sommes = [(ici(&[]), vec![emploi("EMP"), emploi("SAN")]), (emploi("EMP"), vec![emploi("CDI"), emploi("CDD")])];
    reussit_puis_echoue(&brute, &sommes, &emploi("SAN"), 26);
}

#[test]
fn identity_between_linked_tables() {
    let de = |m| cle(m, Niveau::Dispositif, "BFC01", &[]);
    let brute = table(vec![(de("EA02"), 34), (de("EA01"), 31), (de("EA02V"), 3)]);
    reussit_puis_echoue(&brute, &[(de("EA02"), vec![de("EA01"), de("EA02V")])], &de("EA02V"), 36);
}

#[test]
fn non_negativity_with_a_small_total() {
    let de = |s, e| ici(&[("sexe", s), ("emploi", e)]);
    let (f, m) = (ici(&[("sexe", "F")]), ici(&[("sexe", "M")]));
    let (emp, san) = (ici(&[("emploi", "EMP")]), ici(&[("emploi", "SAN")]));
    let marges = vec![(ici(&[]), 20), (f.clone(), 10), (m.clone(), 10), (emp.clone(), 17), (san.clone(), 3)];
    let cases = vec![(de("F", "EMP"), 7), (de("M", "EMP"), 10), (de("F", "SAN"), 3), (de("M", "SAN"), 0)];
    let sommes = [
        (ici(&[]), vec![f.clone(), m.clone()]),
        (ici(&[]), vec![emp.clone(), san.clone()]),
        (f, vec![de("F", "EMP"), de("F", "SAN")]),
        (m, vec![de("M", "EMP"), de("M", "SAN")]),
        (emp, vec![de("F", "EMP"), de("M", "EMP")]),
        (san, vec![de("F", "SAN"), de("M", "SAN")]),
    ];
    reussit_puis_echoue(&table([marges, cases].concat()), &sommes, &de("F", "SAN"), 26);
}

#[test]
fn the_rule_that_shows_zeros() {
    // Three masked levels that add up to three: nobody can place them, but for whoever knows that none is empty.
    let niveau = |m| ici(&[("niveau_soutien", m)]);
    let niveaux = ["N1", "N2", "N3", "N4"].map(niveau);
    let brute = table([(ici(&[]), 12)].into_iter().chain(niveaux.clone().into_iter().zip([1, 1, 1, 9])).collect());
    let sommes = [(ici(&[]), niveaux.to_vec())];
    let naive = seuil_seul(&brute, 5);
    assert_eq!(etendue(&possibles(&naive, &sommes, &niveaux[0], 14)), 3);
    assert_eq!(possibles_entre(&naive, &sommes, &niveaux[0], 1..=14), BTreeSet::from([1]));
    let protegee = reseau(&brute);
    assert_eq!(protegee.rapport().lecteur, Lecteur::SaitLesZerosMontres);
    for cle in &masquees(&protegee) {
        let reste = possibles_entre(&vue(&protegee), &sommes, cle, 1..=14);
        assert!(etendue(&reste) >= 3, "{cle} is in {reste:?}");
    }
}

#[test]
fn a_table_too_narrow_for_who_knows_the_rule_says_so() {
    // The total is out already: three persons at least in three levels leave too little to choose from.
    let niveau = |m| ici(&[("niveau_soutien", m)]);
    let niveaux = ["N1", "N2", "N3", "N4"].map(niveau);
    let brute = table([(ici(&[]), 5)].into_iter().chain(niveaux.clone().into_iter().zip([2, 2, 1, 0])).collect());
    let deja = BTreeMap::from([(ici(&[]), ValeurPubliee::Effectif(5))]);
    let passe = Passe { deja_publiees: deja, ..Passe::default() };
    let protegee = proteger(&brute, &politique(Audience::Reseau), &passe).unwrap();
    assert_eq!(protegee.rapport().lecteur, Lecteur::NeSupposeRien);
    assert_eq!(masquees(&protegee), niveaux[..3].iter().cloned().collect());
}

#[test]
fn a_person_alone_in_her_cell() {
    // Two masked cells of one person each: the one would find the other by subtraction.
    let age = |m| ici(&[("age", m)]);
    let brute = table(vec![(ici(&[]), 22), (age("-26"), 1), (age("26-49"), 20), (age("50+"), 1)]);
    let sommes = [(ici(&[]), vec![age("-26"), age("26-49"), age("50+")])];
    let sachant = |mut v: Vue| {
        v.insert(age("-26"), Some(1));
        possibles(&v, &sommes, &age("50+"), 24)
    };
    assert_eq!(sachant(seuil_seul(&brute, 5)).len(), 1);
    assert!(etendue(&sachant(vue(&reseau(&brute)))) >= 1);
}

#[test]
fn nested_perimeters() {
    // A measure on a perimeter, and on the same one without a structure: the difference is that structure.
    let de = |m| cle(m, Niveau::Dispositif, "BFC01", &[]);
    let (large, etroit, ecart) = (de("EA04"), de("EA05"), de("EA03"));
    let brute = table(vec![(large.clone(), 21), (etroit.clone(), 19), (ecart.clone(), 2)]);
    let sommes = [(large.clone(), vec![etroit.clone(), ecart.clone()])];
    assert_eq!(possibles(&seuil_seul(&brute, 5), &sommes, &ecart, 24), BTreeSet::from([2]));
    let dite = RelationConnue { total: large, parties: vec![etroit, ecart.clone()] };
    let protegee = vue(&reseau(&brute.avec_relations(vec![dite]).unwrap()));
    assert!(etendue(&possibles(&protegee, &sommes, &ecart, 30)) >= 3);
}

#[test]
fn revision_by_one_person() {
    let la = |n| table(vec![(ici(&[]), n), (ici(&[("sexe", "F")]), 12), (ici(&[("sexe", "M")]), n - 12)]);
    let premiere = reseau(&la(40));
    let publiees = premiere.cellules().iter().filter_map(|c| Some((c.cle.clone(), c.valeur.clone()?)));
    let passe = Passe { deja_publiees: publiees.collect(), ..Passe::default() };
    assert_eq!(vue(&reseau(&la(41)))[&ici(&[])], Some(41), "without memory, the second one says that one man came");
    let seconde = proteger(&la(41), &politique(Audience::Reseau), &passe).unwrap();
    assert_eq!(vue(&seconde), vue(&premiere), "the correction waits");
    assert!(seconde.rapport().expliquer(&ici(&[])).unwrap().contains("valeur antérieure"));
}

#[test]
fn revision_that_would_unmask() {
    let la = |f| table(vec![(ici(&[]), 40), (ici(&[("sexe", "F")]), f), (ici(&[("sexe", "M")]), 40 - f)]);
    let passe = Passe { deja_masquees: masquees(&reseau(&la(3))), ..Passe::default() };
    let f = ici(&[("sexe", "F")]);
    assert_eq!(vue(&reseau(&la(9)))[&f], Some(9));
    assert_eq!(vue(&proteger(&la(9), &politique(Audience::Reseau), &passe).unwrap())[&f], None);
}

#[test]
fn two_audiences() {
    let age = |m| ici(&[("age", m)]);
    let brute = table(vec![(ici(&[]), 60), (age("-26"), 3), (age("26-49"), 12), (age("50+"), 45)]);
    let sommes = [(ici(&[]), vec![age("-26"), age("26-49"), age("50+")])];
    let union = |a: &Vue, b: &Vue| -> Vue { a.iter().map(|(c, v)| (c.clone(), v.or(b[c]))).collect() };
    let naive = union(&seuil_seul(&brute, 5), &seuil_seul(&brute, 11));
    assert_eq!(possibles(&naive, &sommes, &age("-26"), 62).len(), 1);
    let proche = reseau(&brute);
    let passe = Passe { deja_masquees: masquees(&proche), ..Passe::default() };
    let large = proteger(&brute, &politique(Audience::Public), &passe).unwrap();
    assert!(masquees(&proche).is_subset(&masquees(&large)), "one audience does not show what the other masks");
    assert!(etendue(&possibles(&union(&vue(&proche), &vue(&large)), &sommes, &age("-26"), 62)) >= 3);
}

#[test]
fn rate_times_denominator() {
    let f = ici(&[("sexe", "F")]);
    let taux = cle("EA10", Niveau::Dispositif, "BFC01", &[]);
    let comptes = [(ici(&[]), 30), (f.clone(), 3), (ici(&[("sexe", "M")]), 27)];
    let mut cellules: Vec<CelluleBrute> = comptes.into_iter().map(effectif).collect();
    let grandeur = Grandeur::Taux { numerateur: f, denominateur: ici(&[]) };
    cellules.push(CelluleBrute { cle: taux.clone(), grandeur });
    let brute = TableBrute::nouvelle("ea.indicateurs", cellules, BTreeMap::new()).unwrap();
    // The threshold looks at counts alone: it shows 10 %, and 30.
    let naif = brute.figure(&brute.cellule(&taux).unwrap().grandeur).unwrap();
    assert_eq!((seuil_seul(&brute, 5)[&ici(&[])], naif * Decimal::from(30)), (Some(30), Decimal::from(3)));
    let protegee = reseau(&brute);
    let montre = protegee.cellules().iter().find(|c| c.cle == taux).unwrap();
    assert_eq!((montre.valeur.clone(), montre.statut), (None, Statut::Secret), "10 % of 30 is 3");
}

#[test]
fn median_of_three() {
    // Of three figures sorted, the second is that of one person, and no count is small enough to hide it.
    let de = |contributeurs| {
        let grandeur = Grandeur::Statistique { valeur: Decimal::from(14), contributeurs };
        let cellule = CelluleBrute { cle: cle("EA08M", Niveau::Dispositif, "BFC01", &[]), grandeur };
        reseau(&TableBrute::nouvelle("ea.indicateurs", vec![cellule], BTreeMap::new()).unwrap()).cellules()[0].statut
    };
    assert_eq!((de(3), de(5)), (Statut::NonSignificatif, Statut::Publie));
}

#[test]
fn group_disclosure() {
    let handicap = |m| ici(&[("handicap", m)]);
    let brute = table(vec![(ici(&[]), 40), (handicap("PSY"), 40), (handicap("MOT"), 0), (handicap("VIS"), 0)]);
    assert_eq!(seuil_seul(&brute, 11)[&handicap("PSY")], Some(40), "the threshold shows everybody's handicap");
    let protegee = vue(&reseau(&brute));
    let sommes = [(ici(&[]), vec![handicap("PSY"), handicap("MOT"), handicap("VIS")])];
    assert!(etendue(&possibles(&protegee, &sommes, &handicap("PSY"), 44)) >= 3);
    assert!(protegee[&handicap("MOT")].is_none() || protegee[&handicap("VIS")].is_none(), "zeros would tell it too");
}

#[test]
fn regional_total_minus_published_centres() {
    let region = cle("EA01", Niveau::Region, "27", &[("sexe", "F")]);
    let masquee = Part::Masquee { plafond: 4 };
    let un = [Part::Montree(12), Part::Montree(9), masquee];
    let montrees: u64 = un.iter().filter_map(|p| if let Part::Montree(n) = p { Some(*n) } else { None }).sum();
    assert_eq!(24 - montrees, 3, "a total that reaches the threshold by far");
    assert_eq!(exacte(region.clone(), 24, &un, &[3]).bornes, Some((22, 25)), "24 − 21 would be that centre's 3");
    let trois = [Part::Montree(12), masquee, masquee, masquee];
    assert_eq!(exacte(region.clone(), 15, &trois, &[1, 1, 1]).valeur, None, "three that share 3 are all 1");
    assert_eq!(exacte(region.clone(), 20, &trois, &[3, 2, 3]).valeur, Some(20));
    assert_eq!(exacte(region.clone(), 21, &trois, &[1, 4, 4]).valeur, None, "the one that has 1 finds both others");
    assert_eq!(bornes(region, &[Part::Absente, masquee]).statut, Statut::NonTransmis);
}

#[test]
fn cumulative_difference() {
    // A series counted since January: what the second quarter adds is the difference of two published totals.
    let de = |m| cle(m, Niveau::Dispositif, "BFC01", &[]);
    let (avant, apres, flux) = (de("CUMUL_T1"), de("CUMUL_T2"), de("FLUX_T2"));
    let brute = table(vec![(avant.clone(), 21), (apres.clone(), 23), (flux.clone(), 2)]);
    let sommes = [(apres.clone(), vec![avant.clone(), flux.clone()])];
    assert_eq!(possibles(&seuil_seul(&brute, 5), &sommes, &flux, 30), BTreeSet::from([2]));
    let dite = RelationConnue { total: apres.clone(), parties: vec![avant.clone(), flux.clone()] };
    let passe =
        Passe { deja_publiees: BTreeMap::from([(avant.clone(), ValeurPubliee::Effectif(21))]), ..Passe::default() };
    let brute = brute.avec_relations(vec![dite]).unwrap();
    let protegee = vue(&proteger(&brute, &politique(Audience::Reseau), &passe).unwrap());
    assert_eq!((protegee[&avant], protegee[&apres]), (Some(21), None), "what was shown stays, the new total waits");
    assert!(etendue(&possibles(&protegee, &sommes, &flux, 30)) >= 3);
}

#[test]
fn sort_order() {
    let age = |m| ici(&[("age", m)]);
    let la =
        |jeunes, moyens| table(vec![(ici(&[]), 40), (age("-26"), jeunes), (age("26-49"), moyens), (age("50+"), 24)]);
    // Listed from the largest down, a masked figure lies between its neighbours.
    let mut rangee: Vec<(Cle, u64)> = la(3, 13)
        .cellules()
        .iter()
        .map(|c| (c.cle.clone(), la(3, 13).figure(&c.grandeur).unwrap().try_into().unwrap()))
        .collect();
    rangee.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let place = rangee.iter().position(|(c, _)| *c == age("26-49")).unwrap();
    assert_eq!((place, rangee[place - 1].1), (2, 24), "the threshold alone, sorted, says that it is below 24");
    let ordre = |t: TableBrute| reseau(&t).cellules().iter().map(|c| c.cle.clone()).collect::<Vec<_>>();
    let cles = ordre(la(3, 13));
    assert!(cles.is_sorted(), "the order comes from the names");
    assert_eq!(cles, ordre(la(4, 12)), "and from nothing else");
}

#[test]
fn file_size() {
    let age = |m| ici(&[("age", m)]);
    let la =
        |jeunes, moyens| table(vec![(ici(&[]), 30), (age("-26"), jeunes), (age("26-49"), moyens), (age("50+"), 18)]);
    let (un, deux) = (la(4, 8), la(2, 10));
    // Blanks as wide as the figures they cover would tell eight from ten.
    let blancs = |t: &TableBrute| -> usize {
        let masquees = masquees(&reseau(t));
        masquees.iter().map(|c| t.figure(&t.cellule(c).unwrap().grandeur).unwrap().to_string().len()).sum()
    };
    assert_ne!(blancs(&un), blancs(&deux));
    let octets = |t: &TableBrute| serde_json::to_vec(reseau(t).cellules()).unwrap();
    assert_eq!(octets(&un), octets(&deux), "byte for byte the same, whatever is under the masks");
}

#[test]
fn last_quarter_pattern_is_kept() {
    let age = |m| ici(&[("age", m)]);
    let la = |a, b, c| table(vec![(ici(&[]), a + b + c), (age("-26"), a), (age("26-49"), b), (age("50+"), c)]);
    let premier = masquees(&reseau(&la(3, 30, 10)));
    assert_eq!(premier, BTreeSet::from([age("-26"), age("50+")]));
    let second = la(3, 6, 10);
    assert_ne!(masquees(&reseau(&second)), premier, "alone, the second quarter masks the cheaper cell");
    let passe = Passe { motif_precedent: premier.clone(), ..Passe::default() };
    assert_eq!(masquees(&proteger(&second, &politique(Audience::Reseau), &passe).unwrap()), premier);
}

/// All values of a cell in the tables of at most `plafond` that agree with the view and with what else is known.
fn possibles_si(
    vue: &Vue,
    sommes: &[Somme],
    cible: &Cle,
    plafond: u64,
    sait: impl Fn(&Cle, u64) -> bool,
) -> BTreeSet<u64> {
    let inconnues: Vec<&Cle> = vue.iter().filter(|(_, v)| v.is_none()).map(|(c, _)| c).collect();
    let mut table: BTreeMap<&Cle, u64> = vue.iter().filter_map(|(c, v)| Some((c, (*v)?))).collect();
    let mut trouves = BTreeSet::new();
    enumere(&inconnues, sommes, &(0..=plafond), &mut table, &mut |t| {
        if t.iter().all(|(c, n)| sait(c, *n)) {
            trouves.insert(t[cible]);
        }
    });
    trouves
}

#[test]
fn rounding_each_count_alone() {
    let (f, m) = (ici(&[("sexe", "F")]), ici(&[("sexe", "M")]));
    let brute = table(vec![(ici(&[]), 6), (f.clone(), 3), (m.clone(), 3)]);
    let sommes = [(ici(&[]), vec![f.clone(), m])];
    let cachees: Vue = brute.cellules().iter().map(|c| (c.cle.clone(), None)).collect();
    // Each to the nearest multiple: 5 and 5, of a total of 5 too. Nobody has fewer than 3, together at most 7.
    let naive = possibles_si(&cachees, &sommes, &f, 12, |_, n| (3..=7).contains(&n));
    assert_eq!(naive, BTreeSet::from([3, 4]));
    let politique = Politique { methode: Methode::Arrondi, ..politique(Audience::Reseau) };
    let montre = vue(&proteger(&brute, &politique, &Passe::default()).unwrap());
    let arrondi = |cle: &Cle| montre[cle].unwrap();
    for (total, parts) in &sommes {
        assert_eq!(arrondi(total), parts.iter().map(arrondi).sum::<u64>());
    }
    for cle in montre.keys() {
        let reste = possibles_si(&cachees, &sommes, cle, 16, |c, n| n.abs_diff(arrondi(c)) < 5);
        assert!(etendue(&reste) >= 3, "{cle} is in {reste:?}");
    }
}

#[test]
fn frames_for_two_audiences() {
    let age = |m| ici(&[("age", m)]);
    let brute = table(vec![(ici(&[]), 40), (age("-26"), 3), (age("26-49"), 12), (age("50+"), 25)]);
    let sommes = [(ici(&[]), vec![age("-26"), age("26-49"), age("50+")])];
    let par = |audience, passe: &Passe| {
        proteger(&brute, &Politique { methode: Methode::Intervalles, ..politique(audience) }, passe).unwrap()
    };
    let proche = par(Audience::Reseau, &Passe::default());
    let mut passe = Passe::default();
    passe.apres(&brute, &proche);
    let large = par(Audience::Public, &passe);
    // A frame tight around the count would be the count: nothing of the threshold alone forbids it.
    let serre = |c: &Cle, n: u64| c != &age("-26") || n == 3;
    assert_eq!(possibles_si(&seuil_seul(&brute, 5), &sommes, &age("-26"), 42, serre).len(), 1);
    let cadres: Vec<(&Cle, Cadre)> =
        [&proche, &large].iter().flat_map(|t| t.cellules()).filter_map(|c| Some((&c.cle, c.cadre?))).collect();
    assert!(!cadres.is_empty());
    let sait = |c: &Cle, n| cadres.iter().filter(|(cle, _)| *cle == c).all(|(_, cadre)| cadre.contient(n));
    let vue = vue(&proche);
    for cle in &masquees(&proche) {
        let reste = possibles_si(&vue, &sommes, cle, 42, sait);
        assert!(etendue(&reste) >= 3, "{cle} is in {reste:?}");
    }
}
