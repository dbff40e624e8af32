//! Each policy of a jeu, from the fiches to the hub's own checks.

use std::collections::BTreeSet;

use hub::configuration::Configuration;
use hub::validation::objections_au_contenu;
use node::preparation::Preparee;
use publication::{Contenu, Refus};
use referentiel::cellule::{Audience, Cle, Statut};
use referentiel::jeu::Methode;
use secret_statistique::{Grandeur, Lecteur, TableProtegee, ValeurPubliee};

use crate::campagne::{CAMPAGNES, jeu_par, preparees};

/// What the hub says of the very bytes that would leave.
fn objections(preparee: &Preparee) -> Vec<Refus> {
    let texte = include_str!("../../../deploy/hub.exemple.toml");
    let configuration = Configuration::depuis_texte(texte, std::path::Path::new("/etc/maillage/hub.toml")).unwrap();
    let lu = Contenu::lire(&preparee.contenu.octets()).unwrap();
    assert_eq!(lu, preparee.contenu);
    objections_au_contenu(&lu, &configuration)
}

fn chaque_table(methode: Methode, mut verifie: impl FnMut(&Preparee, &TableProtegee)) {
    for (campagne, preparee) in CAMPAGNES.iter().zip(preparees(methode)) {
        let objections = objections(preparee);
        assert!(objections.is_empty(), "{} : {:?}", campagne.centre.nom, objections.first());
        preparee.protegees.iter().for_each(|t| verifie(preparee, t));
    }
}

/// True counts beside what is shown of them.
fn effectifs<'a>(
    preparee: &'a Preparee,
    table: &'a TableProtegee,
) -> impl Iterator<Item = (u64, &'a secret_statistique::CelluleProtegee)> {
    let brute = preparee.brute(table.politique().audience).unwrap();
    table.cellules().iter().filter_map(|c| match brute.cellule(&c.cle)?.grandeur {
        Grandeur::Effectif(n) => Some((n, c)),
        _ => None,
    })
}

#[test]
fn masked_tables_tell_who_they_were_proved_against() {
    let mut suppose_rien = vec![];
    for (campagne, preparee) in CAMPAGNES.iter().zip(preparees(Methode::Masquage)) {
        let replis = preparee.protegees.iter().filter(|t| t.rapport().lecteur == Lecteur::NeSupposeRien);
        suppose_rien.extend(replis.map(|t| (campagne.centre.organisme, t.politique().audience)));
    }
    assert_eq!(suppose_rien, REPLIS, "tables proved against who takes nothing for granted");
}

/// Tables of the demonstration's last quarter, of twelve, for which no proof is found against who knows that zeros
/// are shown without masking one more figure that is not crossed.
const REPLIS: &[(&str, Audience)] = &[
    ("CIGPC", Audience::Reseau),
    ("CIGPC", Audience::Public),
    ("CIGGC", Audience::Reseau),
    ("CIGGC", Audience::Public),
];

#[test]
fn rounded_tables_are_additive_near_and_accepted() {
    let mut arrondies = 0;
    chaque_table(Methode::Arrondi, |preparee, table| {
        if table.rapport().repli.is_some() {
            return;
        }
        arrondies += 1;
        for (vraie, c) in effectifs(preparee, table) {
            let Some(ValeurPubliee::Effectif(n)) = c.valeur else { panic!("{} is not shown", c.cle) };
            assert!(
                n.is_multiple_of(5) && n.abs_diff(vraie) < 5 && c.statut == Statut::Arrondi,
                "{} : {vraie} became {n}",
                c.cle
            );
        }
    });
    assert!(arrondies > 0);
}

#[test]
fn masked_counts_are_framed_and_accepted() {
    chaque_table(Methode::Intervalles, |preparee, table| {
        for (vraie, c) in effectifs(preparee, table) {
            match (&c.valeur, c.cadre) {
                (Some(ValeurPubliee::Effectif(n)), None) => assert_eq!(*n, vraie),
                (None, Some(cadre)) => {
                    assert!(cadre.contient(vraie) && cadre.haut - cadre.bas >= table.politique().largeur, "{}", c.cle);
                }
                autre => panic!("{} : {autre:?}", c.cle),
            }
        }
    });
}

#[test]
fn folded_tables_lose_detail_rather_than_cells_and_are_accepted() {
    let mut masquees = 0;
    chaque_table(Methode::Regroupement, |preparee, table| {
        let brute = preparee.brute(table.politique().audience).unwrap();
        assert!(!table.rapport().plis.is_empty() && table.cellules().len() < brute.cellules().len());
        // A cell that stays keeps its margins: no sum is left with some of its parts alone.
        let restent: BTreeSet<&Cle> = table.cellules().iter().map(|c| &c.cle).collect();
        for c in table.cellules() {
            for (axe, _) in c.cle.ventilation.axes() {
                let marge = Cle { ventilation: c.cle.ventilation.sans(axe), ..c.cle.clone() };
                assert!(restent.contains(&marge) || brute.cellule(&marge).is_none(), "{} without {marge}", c.cle);
            }
        }
        masquees += table.rapport().motifs.len();
    });
    let mut sans_plis = 0;
    chaque_table(Methode::Masquage, |_, table| sans_plis += table.rapport().motifs.len());
    assert!(masquees * 2 < sans_plis, "{masquees} holes, {sans_plis} without folding");
}

#[test]
fn a_revision_keeps_what_the_first_publication_decided() {
    for methode in [Methode::Arrondi, Methode::Intervalles, Methode::Regroupement] {
        let campagne = &CAMPAGNES[1];
        let premiere = &preparees(methode)[1];
        let lue = Contenu::lire(&premiere.contenu.octets()).unwrap();
        let seconde = campagne.prepare(jeu_par(methode), Some(&lue)).unwrap();
        for (avant, apres) in premiere.protegees.iter().zip(&seconde.protegees) {
            let cles =
                |t: &TableProtegee| t.cellules().iter().map(|c| (c.cle.clone(), c.valeur.clone())).collect::<Vec<_>>();
            assert_eq!(cles(avant), cles(apres), "{}", methode.code());
        }
        assert!(objections(&seconde).is_empty());
    }
}
