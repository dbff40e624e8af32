//! One fault at a time: the code, the place, and nothing blocking besides.

use proptest::prelude::*;
use referentiel::controle::{Fiche, Place, Severite};

use super::super::controler;
use super::super::fabrique::{conforme, contexte, jour};
use super::{resume, trouvees};
use crate::lecture::{Champ, ClasseurLu, SoutienLu};
use crate::modalite::{Emploi, Formation, NiveauSoutien, StatutAccompagnement, StatutDispositif};

/// A fault and the one anomaly of that weight it must raise.
pub(super) struct Faute {
    pub nom: &'static str,
    pub commet: fn(&mut ClasseurLu),
    code: &'static str,
    severite: Severite,
    fiche: Fiche,
    ligne: Option<u32>,
    champ: Option<&'static str>,
}

const fn bloque(
    nom: &'static str,
    code: &'static str,
    fiche: Fiche,
    ligne: u32,
    champ: &'static str,
    commet: fn(&mut ClasseurLu),
) -> Faute {
    Faute { nom, commet, code, severite: Bloquant, fiche, ligne: Some(ligne), champ: Some(champ) }
}

const fn avertit(
    nom: &'static str,
    code: &'static str,
    fiche: Fiche,
    ligne: u32,
    champ: &'static str,
    commet: fn(&mut ClasseurLu),
) -> Faute {
    Faute { nom, commet, code, severite: Avertissement, fiche, ligne: Some(ligne), champ: Some(champ) }
}

const fn feuille(
    nom: &'static str,
    code: &'static str,
    severite: Severite,
    fiche: Fiche,
    commet: fn(&mut ClasseurLu),
) -> Faute {
    Faute { nom, commet, code, severite, fiche, ligne: None, champ: None }
}

use Fiche::{Dispositif as D, Evenement as E, Personne as P};
use Severite::{Avertissement, Bloquant};

fn valeur(texte: &str) -> Champ<String> {
    Champ::Valeur(texte.to_owned())
}

fn reference(texte: &str) -> Champ<Box<str>> {
    Champ::Valeur(texte.into())
}

/// Rows 5 and 9 are at rank 3 and 7.
pub(super) const FAUTES: &[Faute] = &[
    bloque("short dispositif reference", "C-DI-01", D, 2, "reference_dispositif", |c| {
        c.dispositifs[0].reference = valeur("BFC1");
    }),
    bloque("no dispositif reference", "C-DI-01", D, 2, "reference_dispositif", |c| {
        c.dispositifs[0].reference = Champ::Vide;
    }),
    feuille("no fiche dispositif", "C-DI-01", Bloquant, D, |c| c.dispositifs.clear()),
    bloque("dispositif given twice", "C-DI-02", D, 3, "reference_dispositif", |c| {
        let mut seconde = c.dispositifs[0].clone();
        (seconde.ligne, seconde.nom) = (3, valeur("Autre plateforme"));
        c.dispositifs.push(seconde);
    }),
    bloque("fiche of another dispositif", "C-DI-02", D, 2, "reference_dispositif", |c| {
        c.dispositifs[0].reference = valeur("BFC02");
    }),
    bloque("more ETP than the total", "C-DI-03", D, 2, "etp_hors_administratifs", |c| {
        c.dispositifs[0].etp_hors_administratifs = Champ::Valeur("4.5".parse().unwrap());
    }),
    avertit("too few professionals", "C-DI-04", D, 2, "nb_professionnels_hors_administratifs", |c| {
        c.dispositifs[0].professionnels = Champ::Valeur(1);
    }),
    bloque("wrong region", "C-DI-05", D, 2, "region_dispositif", |c| c.dispositifs[0].region = valeur("Grand Est")),
    bloque("wrong name of département", "C-DI-05", D, 2, "nom_departement", |c| {
        c.dispositifs[0].nom_departement = valeur("Doubs");
    }),
    bloque("number against region and name", "C-DI-05", D, 2, "code_departement", |c| {
        c.dispositifs[0].departement = valeur("67");
    }),
    bloque("no such département", "C-DI-05", D, 2, "code_departement", |c| {
        c.dispositifs[0].departement = valeur("99");
    }),
    avertit("no structure", "C-DI-08", D, 2, "structures_rattachees", |c| c.dispositifs[0].structures = Champ::Vide),
    avertit("two spellings of a structure", "C-DI-08", D, 2, "structures_rattachees", |c| {
        let structures = ["Structure Horizon", "Structure Les Tilleuls", "structure horizon"];
        c.dispositifs[0].structures = Champ::Valeur(structures.map(str::to_owned).into());
    }),
    avertit("personal address", "C-DI-09", D, 2, "emails_conseillers", |c| {
        c.dispositifs[0].emails_conseillers = Champ::Valeur(vec!["x@cdg.example".into(), "y@gmail.com".into()]);
    }),
    avertit("no address at all", "C-DI-09", D, 2, "email_responsable", |c| {
        c.dispositifs[0].email_responsable = valeur("responsable");
    }),
    avertit("persons in a closed dispositif", "C-DI-10", D, 2, "statut_dispositif", |c| {
        c.dispositifs[0].statut = Champ::Valeur(StatutDispositif::PlusEnActivite);
    }),
    bloque("short reference on both sheets", "C-PE-01", P, 5, "reference_personne", |c| {
        c.personnes[3].reference = reference("BFC0102210636");
        c.evenements[3].personne = reference("BFC0102210636");
    }),
    bloque("last digit dropped on the persons sheet", "C-PE-01", P, 5, "reference_personne", |c| {
        let juste = c.personnes[3].reference.valeur().unwrap().to_string();
        c.personnes[3].reference = reference(&juste[..13]);
    }),
    bloque("accented reference", "C-PE-01", P, 5, "reference_personne", |c| {
        c.personnes[3].reference = reference("BFC0100000004É");
        c.evenements[3].personne = reference("BFC0100000004É");
    }),
    bloque("no reference", "C-PE-01", P, 5, "reference_personne", |c| c.personnes[3].reference = Champ::Vide),
    bloque("reference of the row above", "C-PE-01", P, 5, "reference_personne", |c| {
        c.personnes[3].reference = c.personnes[2].reference.clone();
    }),
    bloque("NIR", "C-PE-02", P, 5, "reference_personne", |c| {
        c.personnes[3].reference = reference("18502701234567");
        c.evenements[3].personne = reference("18502701234567");
    }),
    bloque("name and date", "C-PE-02", P, 5, "reference_personne", |c| {
        c.personnes[3].reference = reference("DUPJEA15031985");
        c.evenements[3].personne = reference("DUPJEA15031985");
    }),
    bloque("NIR too long, on the persons sheet alone", "C-PE-02", P, 5, "reference_personne", |c| {
        c.personnes[3].reference = reference("185027012345678");
    }),
    avertit("prefix of elsewhere", "C-PE-03", P, 5, "reference_personne", |c| {
        c.personnes[3].reference = reference("GES04000000042");
        c.evenements[3].personne = reference("GES04000000042");
    }),
    bloque("unknown structure", "C-PE-04", P, 5, "structure_accompagnante", |c| {
        c.personnes[3].structure = Champ::Valeur(c.textes.symbole("Cap emploi 25"));
    }),
    bloque("no structure for a person", "C-PE-04", P, 5, "structure_accompagnante", |c| {
        c.personnes[3].structure = Champ::Vide;
    }),
    bloque("unknown dispositif name", "C-PE-04", P, 5, "dispositif_accompagnant", |c| {
        c.personnes[3].dispositif = Champ::Valeur(c.textes.symbole("Plateforme d’ailleurs"));
    }),
    bloque("unknown dispositif, name and reference", "C-PE-04", P, 5, "dispositif_accompagnant", |c| {
        c.personnes[3].dispositif = Champ::Valeur(c.textes.symbole("Plateforme d’ailleurs"));
        c.personnes[3].reference_dispositif = Champ::Valeur(c.textes.symbole("BFC02"));
    }),
    bloque("dispositif reference of elsewhere", "C-PE-04", P, 5, "personne_reference_dispositif", |c| {
        c.personnes[3].reference_dispositif = Champ::Valeur(c.textes.symbole("BFC02"));
    }),
    bloque("no dispositif for a person", "C-PE-04", P, 5, "dispositif_accompagnant", |c| {
        c.personnes[3].dispositif = Champ::Vide;
    }),
    bloque("exit before entry", "C-PE-05", P, 5, "date_sortie", |c| {
        c.personnes[3].entree = Champ::Valeur(jour(2026, 3, 10));
        c.personnes[3].sortie = Champ::Valeur(jour(2026, 2, 2));
        c.evenements[3].statut = Champ::Valeur(StatutAccompagnement::Termine);
        c.evenements[3].niveau = Champ::Valeur(NiveauSoutien::Veille.into());
    }),
    bloque("entry after the campaign", "C-PE-06", P, 5, "date_entree", |c| {
        c.personnes[3].entree = Champ::Valeur(jour(2026, 4, 15));
    }),
    bloque("exit after the campaign", "C-PE-06", P, 5, "date_sortie", |c| {
        c.personnes[3].sortie = Champ::Valeur(jour(2026, 4, 15));
    }),
    avertit("entry before the scheme", "C-PE-06", P, 5, "date_entree", |c| {
        c.personnes[3].entree = Champ::Valeur(jour(2014, 1, 1));
    }),
    bloque("born after the entry", "C-PE-07", P, 5, "date_naissance", |c| {
        c.personnes[3].naissance = Champ::Valeur(jour(2024, 6, 12));
    }),
    avertit("ten years old", "C-PE-07", P, 5, "date_naissance", |c| {
        c.personnes[3].naissance = Champ::Valeur(jour(2012, 6, 12));
    }),
    avertit("same disability twice", "C-PE-08", P, 5, "handicap_associe", |c| {
        c.personnes[3].handicap_associe = c.personnes[3].handicap_principal;
    }),
    avertit("forty years without work", "C-PE-09", P, 5, "duree_sans_emploi_mois", |c| {
        c.personnes[3].duree_sans_emploi = Champ::Valeur(480);
    }),
    avertit("no orientation", "C-PE-10", P, 5, "orientation", |c| c.personnes[3].orientation = Champ::Vide),
    avertit("probably one person", "C-PE-11", P, 5, "reference_personne", |c| {
        let (naissance, sexe, entree) = (c.personnes[2].naissance, c.personnes[2].sexe, c.personnes[2].entree);
        let p = &mut c.personnes[3];
        (p.naissance, p.sexe, p.entree) = (naissance, sexe, entree);
    }),
    bloque("Id filled in", "C-EV-01", E, 5, "id_evenement", |c| c.evenements[3].id = reference("3")),
    bloque("other date", "C-EV-02", E, 5, "date_evenement", |c| c.evenements[3].date = Champ::Valeur(jour(2026, 4, 2))),
    bloque("no person", "C-EV-03", E, 5, "evt_reference_personne", |c| c.evenements[3].personne = Champ::Vide),
    bloque("no status", "C-EV-03", E, 5, "statut_evenement", |c| c.evenements[3].statut = Champ::Vide),
    bloque("no level", "C-EV-03", E, 5, "niveau_soutien", |c| c.evenements[3].niveau = Champ::Vide),
    bloque("no employment", "C-EV-03", E, 5, "emploi_date_evenement", |c| c.evenements[3].emploi = Champ::Vide),
    bloque("no training", "C-EV-03", E, 5, "formation_date_evenement", |c| c.evenements[3].formation = Champ::Vide),
    bloque("no employment of the month", "C-EV-03", E, 5, "emploi_dernier_mois", |c| {
        c.evenements[3].emploi_mois = Champ::Vide;
    }),
    bloque("no training of the month", "C-EV-03", E, 5, "formation_dernier_mois", |c| {
        c.evenements[3].formation_mois = Champ::Vide;
    }),
    bloque("no date", "C-EV-03", E, 5, "date_evenement", |c| c.evenements[3].date = Champ::Vide),
    bloque("unknown person", "C-EV-04", E, 5, "evt_reference_personne", |c| {
        c.evenements[3].personne = reference("BFC01999999999");
    }),
    bloque("short reference on the events sheet alone", "C-EV-04", E, 5, "evt_reference_personne", |c| {
        c.evenements[3].personne = reference("BFC0102210636");
    }),
    bloque("event of another dispositif", "C-EV-04", E, 5, "evt_reference_dispositif", |c| {
        c.evenements[3].dispositif = Champ::Valeur(c.textes.symbole("BFC02"));
    }),
    feuille("all events of another dispositif", "C-EV-04", Bloquant, E, |c| {
        let autre = Champ::Valeur(c.textes.symbole("BFC02"));
        c.evenements.iter_mut().for_each(|e| e.dispositif = autre);
    }),
    bloque("two events for a person", "C-EV-05", E, 5, "evt_reference_personne", |c| {
        c.evenements[3].personne = c.evenements[2].personne.clone();
    }),
    feuille("two events removed", "C-EV-06", Bloquant, E, |c| {
        c.evenements.drain(3..5);
    }),
    feuille("no event at all", "C-EV-06", Bloquant, E, |c| c.evenements.clear()),
    bloque("ended without an exit date", "C-EV-07", P, 5, "date_sortie", |c| {
        c.evenements[3].statut = Champ::Valeur(StatutAccompagnement::Termine);
    }),
    bloque("exit date but followed", "C-EV-08", P, 5, "date_sortie", |c| {
        c.personnes[3].sortie = Champ::Valeur(jour(2026, 2, 12));
    }),
    avertit("intensive support without contact", "C-EV-09", E, 5, "niveau_soutien", |c| {
        c.evenements[3].statut = Champ::Valeur(StatutAccompagnement::VeilleTotale);
        c.evenements[3].niveau = Champ::Valeur(NiveauSoutien::Intensif.into());
    }),
    avertit("eight hours typed", "C-EV-11", E, 5, "niveau_soutien", |c| {
        c.evenements[3].niveau = Champ::Valeur(SoutienLu { niveau: NiveauSoutien::Regulier, heures: Some(8.into()) });
    }),
    avertit("work-study without training", "C-EV-12", E, 5, "formation_date_evenement", |c| {
        let e = &mut c.evenements[3];
        (e.emploi, e.emploi_mois) = (Champ::Valeur(Emploi::Alternance), Champ::Valeur(Emploi::Alternance));
        e.formation = Champ::Valeur(Formation::SansObjet);
    }),
    avertit("just hired", "C-EV-13", E, 5, "emploi_dernier_mois", |c| {
        c.evenements[3].emploi = Champ::Valeur(Emploi::Cdi);
        c.evenements[3].emploi_mois = Champ::Valeur(Emploi::SansEmploi);
    }),
    avertit("capacity too small", "C-AG-02", D, 2, "capacite_accompagnement", |c| {
        c.dispositifs[0].capacite = Champ::Valeur(10);
    }),
    avertit("persons without ETP", "C-AG-03", D, 2, "etp_hors_administratifs", |c| {
        c.dispositifs[0].etp_hors_administratifs = Champ::Valeur(0.into());
    }),
    feuille("birth dates missing", "C-AG-06", Avertissement, P, |c| {
        c.personnes.iter_mut().take(6).for_each(|p| p.naissance = Champ::Vide);
    }),
];

fn attendue(faute: &Faute) -> String {
    let (ligne, champ) = (faute.ligne, faute.champ.unwrap_or("-"));
    format!("{} {:?} {ligne:?} {champ}", faute.code, Some(faute.fiche))
}

#[test]
fn each_fault_raises_its_code_at_its_place_and_nothing_blocking_besides() {
    for faute in FAUTES {
        let mut classeur = conforme(24);
        (faute.commet)(&mut classeur);
        let bloquants = trouvees(&classeur, &contexte(), Bloquant);
        let (anomalies, remontee) = controler(&classeur, &contexte());
        if faute.severite == Bloquant {
            assert_eq!(bloquants, [attendue(faute)], "{}", faute.nom);
            assert!(remontee.is_none(), "{}", faute.nom);
        } else {
            assert_eq!(bloquants, [""; 0], "{}", faute.nom);
            let averties = trouvees(&classeur, &contexte(), Avertissement);
            assert_eq!(averties, [attendue(faute)], "{}", faute.nom);
            assert!(remontee.is_some(), "{}", faute.nom);
        }
        assert!(anomalies.iter().all(|a| !a.message.is_empty() && a.message.ends_with(['.', '?'])), "{}", faute.nom);
    }
}

#[test]
fn what_the_reader_reported_is_not_reported_again() {
    type DejaSignale = (&'static str, fn(&mut ClasseurLu));
    let deja: &[DejaSignale] = &[
        ("département that lost its zero", |c| c.dispositifs[0].departement = Champ::Fautif),
        ("faulty capacity", |c| c.dispositifs[0].capacite = Champ::Fautif),
        ("faulty dispositif reference", |c| c.dispositifs[0].reference = Champ::Fautif),
        ("faulty exit", |c| c.personnes[3].sortie = Champ::Fautif),
        ("faulty exit of an ended accompaniment", |c| {
            c.personnes[3].sortie = Champ::Fautif;
            c.evenements[3].statut = Champ::Valeur(StatutAccompagnement::Termine);
        }),
        ("faulty reference on both sheets", |c| {
            c.personnes[3].reference = Champ::Fautif;
            c.evenements[3].personne = Champ::Fautif;
        }),
        ("faulty reference on the persons sheet", |c| c.personnes[3].reference = Champ::Fautif),
        ("faulty reference on the events sheet", |c| c.evenements[3].personne = Champ::Fautif),
        ("faulty status", |c| c.evenements[3].statut = Champ::Fautif),
        ("missing status column", |c| c.evenements.iter_mut().for_each(|e| e.statut = Champ::Absent)),
        ("missing date column", |c| c.evenements.iter_mut().for_each(|e| e.date = Champ::Absent)),
        ("missing persons column", |c| c.evenements.iter_mut().for_each(|e| e.personne = Champ::Absent)),
        ("missing reference column", |c| c.personnes.iter_mut().for_each(|p| p.reference = Champ::Absent)),
        ("missing structures column", |c| c.dispositifs[0].structures = Champ::Absent),
        ("missing sheet of events", |c| {
            c.evenements.clear();
            c.feuilles_absentes.insert(E);
        }),
        ("missing sheet of persons", |c| {
            c.personnes.clear();
            c.feuilles_absentes.insert(P);
        }),
        ("missing sheet of dispositifs", |c| {
            c.dispositifs.clear();
            c.feuilles_absentes.insert(D);
        }),
    ];
    for (nom, commet) in deja {
        let mut classeur = conforme(24);
        commet(&mut classeur);
        assert_eq!(trouvees(&classeur, &contexte(), Bloquant), [""; 0], "{nom}");
    }
}

#[test]
fn a_wrong_exit_date_can_be_wrong_twice() {
    let mut classeur = conforme(24);
    classeur.personnes[0].sortie = Champ::Valeur(jour(2018, 1, 1));
    let bloquants = trouvees(&classeur, &contexte(), Bloquant);
    assert_eq!(bloquants, ["C-PE-05 Some(Personne) Some(2) date_sortie", "C-EV-08 Some(Personne) Some(2) date_sortie"]);
}

#[test]
fn a_reference_repeated_on_both_sheets_is_mended_on_both() {
    let mut classeur = conforme(24);
    classeur.personnes[7].reference = classeur.personnes[6].reference.clone();
    classeur.evenements[7].personne = classeur.evenements[6].personne.clone();
    let bloquants = trouvees(&classeur, &contexte(), Bloquant);
    assert_eq!(
        bloquants,
        ["C-PE-01 Some(Personne) Some(9) reference_personne", "C-EV-05 Some(Evenement) Some(9) evt_reference_personne"]
    );
}

#[test]
fn a_dropped_character_is_recognised_and_the_right_reference_proposed() {
    let mut classeur = conforme(24);
    let juste = classeur.personnes[3].reference.valeur().unwrap().clone();
    classeur.personnes[3].reference = reference(&juste[..13]);
    let (anomalies, _) = controler(&classeur, &contexte());
    assert_eq!(anomalies.iter().find(|a| a.bloque()).unwrap().correction.as_deref(), Some(juste.as_ref()));
}

#[test]
fn events_that_stand_for_nobody_are_deducted_from_the_missing_ones() {
    let mut classeur = conforme(24);
    classeur.evenements.truncate(22);
    classeur.evenements[3].personne = reference("BFC01999999999");
    classeur.evenements[5].personne = Champ::Vide;
    let (anomalies, _) = controler(&classeur, &contexte());
    let manquants = anomalies.iter().find(|a| a.controle == "C-EV-06").unwrap();
    assert_eq!((manquants.nombre, &manquants.place), (Some(2), &Place::feuille(E)));
    assert_eq!(anomalies.iter().filter(|a| a.bloque()).count(), 3);
}

#[test]
fn a_person_gone_before_the_period_needs_no_event() {
    let mut classeur = conforme(24);
    classeur.personnes[3].sortie = Champ::Valeur(jour(2025, 11, 3));
    classeur.evenements.remove(3);
    assert_eq!(trouvees(&classeur, &contexte(), Bloquant), [""; 0]);
    classeur.personnes[3].sortie = Champ::Valeur(jour(2026, 1, 3));
    assert_eq!(trouvees(&classeur, &contexte(), Bloquant), ["C-EV-06 Some(Evenement) None -"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_conforming_workbook_of_any_size_has_nothing(personnes in 12u32..400) {
        let (anomalies, remontee) = controler(&conforme(personnes), &contexte());
        prop_assert_eq!(anomalies, []);
        prop_assert!(remontee.is_some());
    }

    #[test]
    fn the_order_of_rows_does_not_count(
        ordre in Just((0usize..24).collect::<Vec<_>>()).prop_shuffle(),
        faute in 0..FAUTES.len(),
    ) {
        // Repeated rows are reported on the later one, which the order decides.
        prop_assume!(!["reference of the row above", "two events for a person", "probably one person"].contains(&FAUTES[faute].nom));
        let mut classeur = conforme(24);
        (FAUTES[faute].commet)(&mut classeur);
        let mut melange = classeur.clone();
        let range = |lignes: usize| ordre.iter().copied().filter(move |rang| *rang < lignes);
        melange.personnes = range(classeur.personnes.len()).map(|r| classeur.personnes[r].clone()).collect();
        melange.evenements = range(classeur.evenements.len()).map(|r| classeur.evenements[r].clone()).collect();
        let (attendues, _) = controler(&classeur, &contexte());
        let (trouvees, _) = controler(&melange, &contexte());
        let trie = |anomalies: &[_]| {
            let mut resumes: Vec<_> = anomalies.iter().map(resume).collect();
            resumes.sort();
            resumes
        };
        prop_assert_eq!(trie(&attendues), trie(&trouvees));
    }
}
