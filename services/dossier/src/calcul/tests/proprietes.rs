//! Properties over drawn campaigns: margins, territories, order, stock and flow, naive recount.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use proptest::sample::select;
use referentiel::cellule::Cle;
use referentiel::jeu::{Jeu, jeu};
use referentiel::territoire::Niveau;
use secret_statistique::{Grandeur, TableBrute};

use super::fabrique::{dispositif, evenement, jour, personne, remontee};
use crate::calcul::{SituationNoeud, calculer, stock_flux};
use crate::fiche::{FicheEvenement, FichePersonne, Remontee};
use crate::modalite::{
    Emploi, Formation, Handicap, NiveauSoutien, Orientation, Sexe, StatutAccompagnement as Statut, TrancheAge,
};

/// Two dispositifs of one département, one of another region, one whose département is not known.
const DISPOSITIFS: [(&str, Option<&str>); 4] =
    [("BFC01", Some("70")), ("BFC02", Some("70")), ("GES01", Some("67")), ("XXX01", None)];
const STRUCTURES: [&str; 2] = ["Structure Horizon", "Structure Passerelle"];

/// A person with the two events of her quarter, in a consistent story.
#[derive(Debug, Clone)]
struct Histoire {
    fiche: FichePersonne,
    avant: Option<FicheEvenement>,
    apres: Option<FicheEvenement>,
}

fn d0() -> NaiveDate {
    jour("2025-12-31")
}

fn d() -> NaiveDate {
    jour("2026-03-31")
}

prop_compose! {
    fn fiche()(
        dispositif in select(&DISPOSITIFS),
        structure in select(&STRUCTURES),
        entree in 0u64..400,
        sejour in proptest::option::of(0u64..400),
        naissance in proptest::option::of(0u64..18_000),
        sexe in proptest::option::of(select(Sexe::TOUTES)),
        handicap_principal in proptest::option::of(select(Handicap::TOUTES)),
        handicap_associe in proptest::option::of(select(Handicap::TOUTES)),
        duree_sans_emploi in proptest::option::of(0u32..40),
        orientation in proptest::option::of(select(Orientation::TOUTES)),
    ) -> FichePersonne {
        let entree = jour("2025-02-25") + Days::new(entree); // up to 400 days later: 31 March 2026
        FichePersonne {
            naissance: naissance.map(|n| jour("1958-01-01") + Days::new(n)),
            sexe,
            handicap_principal,
            handicap_associe,
            sortie: sejour.map(|duree| entree + Days::new(duree)).filter(|sortie| *sortie <= d()),
            duree_sans_emploi,
            orientation,
            ..personne(0, dispositif.0, structure, entree)
        }
    }
}

prop_compose! {
    fn moment()(
        veille in any::<bool>(),
        niveau in select(NiveauSoutien::TOUTES),
        emploi in select(Emploi::TOUTES),
        emploi_mois in select(Emploi::TOUTES),
        formation in select(Formation::TOUTES),
    ) -> FicheEvenement {
        let statut = if veille { Statut::VeilleTotale } else { Statut::Suivi };
        let modele = personne(0, "BFC01", "", d());
        FicheEvenement { niveau, emploi_mois, formation, ..evenement(&modele, d(), statut, emploi) }
    }
}

fn histoires() -> impl Strategy<Value = Vec<Histoire>> {
    let une = (fiche(), moment(), moment()).prop_map(|(fiche, avant, apres)| {
        let present = |date| fiche.entree <= Some(date) && fiche.sortie.is_none_or(|sortie| sortie > date);
        let avant = present(d0()).then_some(FicheEvenement { date: d0(), ..avant });
        let parti_avant = fiche.sortie.is_some_and(|sortie| sortie <= d0());
        let statut = if present(d()) { apres.statut } else { Statut::Termine };
        let apres = (!parti_avant).then_some(FicheEvenement { statut, ..apres });
        Histoire { fiche, avant, apres }
    });
    proptest::collection::vec(une, 0..60).prop_map(|mut histoires| {
        for (rang, h) in histoires.iter_mut().enumerate() {
            h.fiche.reference = format!("TST01{rang:09}").parse().unwrap();
            h.avant.iter_mut().chain(&mut h.apres).for_each(|e| e.personne = h.fiche.reference);
        }
        histoires
    })
}

/// The same stories with holes: dates and events that nobody typed.
fn histoires_trouees() -> impl Strategy<Value = Vec<Histoire>> {
    (histoires(), proptest::collection::vec(0u8..8, 60)).prop_map(|(mut histoires, trous)| {
        for (h, trou) in histoires.iter_mut().zip(trous) {
            match trou {
                0 => h.fiche.entree = None,
                1 => h.fiche.sortie = None,
                2 => h.apres = None,
                3 => h.avant = None,
                _ => {}
            }
        }
        histoires
    })
}

fn remontees(histoires: &[Histoire]) -> (Vec<Remontee>, Vec<Remontee>) {
    let une = |campagne, reference: &str, departement, evenement: &dyn Fn(&Histoire) -> Option<FicheEvenement>| {
        let du_dispositif = || histoires.iter().filter(|h| h.fiche.dispositif.as_str() == reference);
        remontee(
            campagne,
            vec![dispositif(reference, departement, &STRUCTURES)],
            du_dispositif().map(|h| h.fiche.clone()).collect(),
            du_dispositif().filter_map(evenement).collect(),
        )
    };
    let campagne = DISPOSITIFS.map(|(r, departement)| une("2026-T1", r, departement, &|h| h.apres.clone()));
    let precedente = DISPOSITIFS.map(|(r, departement)| une("2025-T4", r, departement, &|h| h.avant.clone()));
    (campagne.into(), precedente.into())
}

fn indicateurs() -> &'static Jeu {
    jeu("ea.indicateurs").unwrap()
}

fn table(histoires: &[Histoire]) -> TableBrute {
    let (campagne, precedente) = remontees(histoires);
    calculer(&SituationNoeud { campagne: &campagne, precedente: &precedente }, indicateurs()).unwrap()
}

fn effectif(table: &TableBrute, cle: &Cle) -> Option<u64> {
    match table.cellule(cle)?.grandeur {
        Grandeur::Effectif(n) => Some(n),
        _ => None,
    }
}

/// The count of a cell, person by person, with nothing of the fast way.
fn recompte(histoires: &[Histoire], cle: &Cle) -> u64 {
    histoires
        .iter()
        .filter(|h| est_du_territoire(h, cle) && est_compte(h, &cle.indicateur) && a_ces_valeurs(h, cle))
        .count() as u64
}

fn est_du_territoire(h: &Histoire, cle: &Cle) -> bool {
    let reference = h.fiche.dispositif.as_str();
    let departement = DISPOSITIFS.iter().find(|d| d.0 == reference).and_then(|d| d.1);
    let code = match cle.niveau {
        Niveau::Structure => Some(format!("{reference}/{}", h.fiche.structure)),
        Niveau::Dispositif => Some(reference.to_owned()),
        Niveau::Departement => departement.map(str::to_owned),
        Niveau::Region => departement.map(|d| if d == "70" { "27" } else { "44" }.to_owned()),
    };
    code.as_ref() == Some(&cle.territoire)
}

fn est_compte(h: &Histoire, mesure: &str) -> bool {
    let statut = h.apres.as_ref().map(|e| e.statut);
    let present = matches!(statut, Some(Statut::Suivi | Statut::VeilleTotale));
    let avant = h.avant.is_some();
    let entree = |de: &str, a: NaiveDate| h.fiche.entree.is_some_and(|e| jour(de) <= e && e <= a);
    match mesure {
        "EA01" => statut == Some(Statut::Suivi),
        "EA02V" => statut == Some(Statut::VeilleTotale),
        "EA02" => present,
        "EA03" => entree("1900-01-01", d()) && h.fiche.sortie.is_none_or(|s| s > d0()),
        "EA04" | "EA23E" => entree("2026-01-01", d()), // 31 December, the previous date, is in the year before
        "EA23A" => false,
        "EA05" => h.fiche.sortie.is_some_and(|s| s > d0() && s <= d()),
        "PRESENTS" => present && avant,
        "NOUVEAUX" => present && !avant,
        autre => panic!("{autre} is not recounted"),
    }
}

fn a_ces_valeurs(h: &Histoire, cle: &Cle) -> bool {
    let connu = |valeur: Option<&str>| valeur.unwrap_or("NR").to_owned();
    let emploi = |e: Emploi| if e.en_emploi() { format!("{} EMP", e.code()) } else { e.code().to_owned() };
    let oui = |reponse: bool| if reponse { "OUI" } else { "NON" };
    let apres = |lit: &dyn Fn(&FicheEvenement) -> String| h.apres.as_ref().map_or("NR".to_owned(), lit);
    cle.ventilation.axes().all(|(axe, valeur)| {
        let codes = match axe {
            "sexe" => connu(h.fiche.sexe.map(Sexe::code)),
            "age" => connu(h.fiche.tranche_age(d()).map(TrancheAge::code)),
            "handicap" => connu(h.fiche.handicap_principal.map(Handicap::code)),
            "orientation" => connu(h.fiche.orientation.map(Orientation::code)),
            "handicap_associe" => match (h.fiche.handicap_principal, h.fiche.handicap_associe) {
                (None, None) => "NR".to_owned(),
                (_, associe) => oui(associe.is_some()).to_owned(),
            },
            "sans_emploi" => match h.fiche.duree_sans_emploi {
                None => "NR",
                Some(0..=11) => "REN M12",
                Some(12..=23) => "REN P12 A1223",
                Some(_) => "REN P12 P24",
            }
            .to_owned(),
            "niveau_soutien" => apres(&|e| e.niveau.code().to_owned()),
            "emploi" => apres(&|e| emploi(e.emploi)),
            "emploi_mois" => apres(&|e| emploi(e.emploi_mois)),
            "formation" => apres(&|e| match e.formation {
                Formation::SansObjet => "SOB".to_owned(),
                autre => format!("ENF {}", autre.code()),
            }),
            "en_emploi" => apres(&|e| oui(e.emploi.en_emploi()).to_owned()),
            "en_emploi_avant" => connu(h.avant.as_ref().map(|e| oui(e.emploi.en_emploi()))),
            autre => panic!("{autre} is not recounted"),
        };
        codes.split(' ').any(|code| code == valeur)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn counts_equal_a_naive_recount(histoires in histoires_trouees()) {
        for cellule in table(&histoires).cellules() {
            if let Grandeur::Effectif(n) = cellule.grandeur {
                prop_assert_eq!(n, recompte(&histoires, &cellule.cle), "{}", cellule.cle);
            }
        }
    }

    #[test]
    fn along_each_axis_parts_add_up_to_their_whole(histoires in histoires_trouees()) {
        let table = table(&histoires);
        let mut verifiees = 0;
        for cellule in table.cellules() {
            for (axe, valeur) in cellule.cle.ventilation.axes() {
                let liste = indicateurs().nomenclature(axe).unwrap();
                let parent = liste.modalite(valeur).unwrap().parent.as_deref();
                let tout = match parent {
                    Some(parent) => cellule.cle.ventilation.avec(axe, parent),
                    None => cellule.cle.ventilation.sans(axe),
                };
                let a = |ventilation| Cle { ventilation, ..cellule.cle.clone() };
                let parts = liste.modalites.iter().filter(|m| m.parent.as_deref() == parent);
                let somme = parts.map(|m| effectif(&table, &a(cellule.cle.ventilation.avec(axe, &m.code)))).sum();
                prop_assert_eq!(effectif(&table, &a(tout)), somme, "{}, {}", cellule.cle, axe);
                prop_assert!(somme.is_some(), "{} lacks a neighbour", cellule.cle);
                verifiees += 1;
            }
        }
        prop_assert!(verifiees > 1000);
    }

    #[test]
    fn along_the_territory_tree_parts_add_up_to_their_whole(histoires in histoires_trouees()) {
        let table = table(&histoires);
        let mut verifiees = 0;
        for ((niveau, parent), enfants) in enfants(&table) {
            for cellule in table.cellules().iter().filter(|c| c.cle.niveau == niveau && c.cle.territoire == parent) {
                let de = |(niveau, territoire): &(Niveau, String)| {
                    effectif(&table, &Cle { niveau: *niveau, territoire: territoire.clone(), ..cellule.cle.clone() })
                };
                if let (Some(tout), Some(somme)) = (effectif(&table, &cellule.cle), enfants.iter().map(de).sum::<Option<u64>>()) {
                    prop_assert_eq!(tout, somme, "{}", cellule.cle);
                    verifiees += 1;
                }
            }
        }
        prop_assert!(verifiees > 300);
    }

    #[test]
    fn the_order_of_persons_and_workbooks_changes_nothing(
        (histoires, melange) in histoires_trouees().prop_flat_map(|h| (Just(h.clone()), Just(h).prop_shuffle())),
    ) {
        let (mut campagne, mut precedente) = remontees(&melange);
        campagne.reverse();
        precedente.reverse();
        let noeud = SituationNoeud { campagne: &campagne, precedente: &precedente };
        let autre = calculer(&noeud, indicateurs()).unwrap();
        let table = table(&histoires);
        prop_assert_eq!(table.cellules(), autre.cellules());
    }

    #[test]
    fn consistent_data_satisfy_every_identity(histoires in histoires()) {
        let (campagne, precedente) = remontees(&histoires);
        let noeud = SituationNoeud { campagne: &campagne, precedente: &precedente };
        prop_assert_eq!(stock_flux(&noeud).unwrap(), []);
        let table = calculer(&noeud, indicateurs()).unwrap();
        let totaux: BTreeSet<&Cle> = table.cellules().iter().map(|c| &c.cle).collect();
        for identite in &indicateurs().identites {
            for cle in totaux.iter().filter(|cle| cle.indicateur == identite.total && cle.niveau != Niveau::Structure) {
                let de = |mesure: &String| effectif(&table, &Cle { indicateur: mesure.clone(), ..(*cle).clone() });
                prop_assert_eq!(effectif(&table, cle), identite.parties.iter().map(de).sum(), "{}", cle);
            }
        }
    }
}

type Lieu = (Niveau, String);

fn enfants(table: &TableBrute) -> std::collections::BTreeMap<Lieu, Vec<Lieu>> {
    let mut enfants = std::collections::BTreeMap::<Lieu, Vec<Lieu>>::new();
    for (enfant, parent) in table.parents() {
        enfants.entry(parent.clone()).or_default().push(enfant.clone());
    }
    enfants
}
