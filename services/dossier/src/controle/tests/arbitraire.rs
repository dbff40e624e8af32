//! Whatever the fields hold, the checks answer, and what they let through is whole.

use chrono::NaiveDate;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use referentiel::controle::Fiche;

use super::super::fabrique::{conforme, contexte, jour};
use super::super::{CampagneAttendue, Contexte, controler};
use crate::lecture::{Champ, ClasseurLu, DispositifLu, EvenementLu, PersonneLue, SoutienLu};
use crate::modalite::{
    Emploi, Formation, Handicap, NiveauSoutien, Orientation, Sexe, StatutAccompagnement, StatutDispositif,
};

fn champ<T: Clone + std::fmt::Debug + 'static>(valeur: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Champ<T>> {
    prop_oneof![
        8 => valeur.prop_map(Champ::Valeur),
        1 => Just(Champ::Vide),
        1 => Just(Champ::Absent),
        1 => Just(Champ::Fautif),
    ]
    .boxed()
}

fn texte() -> BoxedStrategy<String> {
    prop_oneof![
        3 => select(&["BFC01", "BFC02", "bfc01", "BFC1", "Plateforme 70", "Structure Horizon", "70", "Doubs", ""][..])
            .prop_map(str::to_owned),
        1 => "\\PC{0,16}",
    ]
    .boxed()
}

fn reference() -> BoxedStrategy<Box<str>> {
    prop_oneof![3 => "BFC0100000000[0-4]", 1 => "[A-Z0-9]{12,15}", 1 => "\\PC{0,16}"]
        .prop_map(|t: String| t.into_boxed_str())
        .boxed()
}

fn date() -> BoxedStrategy<NaiveDate> {
    prop_oneof![
        select(vec![
            jour(2026, 3, 31),
            jour(2025, 12, 31),
            jour(1900, 1, 1),
            jour(9999, 12, 31),
            NaiveDate::MIN,
            NaiveDate::MAX
        ]),
        (0i32..200).prop_map(|j| jour(2026, 1, 1) + chrono::Duration::days(j.into())),
    ]
    .boxed()
}

fn dispositif() -> impl Strategy<Value = DispositifLu> {
    let nombre = || champ(prop_oneof![0u32..100, Just(u32::MAX)]);
    let decimal = || {
        champ(prop_oneof![(0i64..1000).prop_map(|n| referentiel::Decimal::new(n, 1)), Just(referentiel::Decimal::MAX)])
    };
    let textes = (champ(texte()), champ(texte()), champ(texte()), champ(texte()), champ(texte()));
    let listes = (champ(vec(texte(), 0..4)), champ(vec(texte(), 0..4)), champ(select(StatutDispositif::TOUTES)));
    (textes, listes, (nombre(), nombre(), nombre()), (decimal(), decimal())).prop_map(|(t, l, n, d)| DispositifLu {
        ligne: 2,
        reference: t.0,
        nom: t.1,
        departement: t.2,
        region: t.3,
        nom_departement: t.4,
        emails_conseillers: l.0,
        structures: l.1,
        statut: l.2,
        capacite: n.0,
        professionnels: n.1,
        sans_suite: n.2,
        etp_total: d.0,
        etp_hors_administratifs: d.1,
        ..DispositifLu::default()
    })
}

type Textes3 = (Champ<String>, Champ<String>, Champ<String>);

fn personne() -> impl Strategy<Value = (PersonneLue, Textes3)> {
    let dates = (champ(date()), champ(date()), champ(date()));
    let listes = (champ(select(Sexe::TOUTES)), champ(select(Handicap::TOUTES)), champ(select(Orientation::TOUTES)));
    let textes = (champ(texte()), champ(texte()), champ(texte()));
    (champ(reference()), dates, listes, champ(any::<u32>()), textes).prop_map(|(reference, d, l, duree, textes)| {
        let personne = PersonneLue {
            reference,
            naissance: d.0,
            entree: d.1,
            sortie: d.2,
            sexe: l.0,
            handicap_principal: l.1,
            handicap_associe: l.1,
            orientation: l.2,
            duree_sans_emploi: duree,
            ..PersonneLue::default()
        };
        (personne, textes)
    })
}

fn evenement() -> impl Strategy<Value = (EvenementLu, Textes3)> {
    let soutien = (select(NiveauSoutien::TOUTES), option::of(0i64..20))
        .prop_map(|(niveau, heures)| SoutienLu { niveau, heures: heures.map(Into::into) });
    let listes = (
        champ(select(StatutAccompagnement::TOUTES)),
        champ(soutien),
        champ(select(Emploi::TOUTES)),
        champ(select(Formation::TOUTES)),
    );
    let textes = (champ(texte()), champ(texte()), champ(texte()));
    (champ(reference()), champ(reference()), listes, champ(date()), textes).prop_map(
        |(id, personne, l, date, textes)| {
            let evenement = EvenementLu {
                id,
                personne,
                statut: l.0,
                niveau: l.1,
                emploi: l.2,
                emploi_mois: l.2,
                formation: l.3,
                formation_mois: l.3,
                date,
                ..EvenementLu::default()
            };
            (evenement, textes)
        },
    )
}

fn classeur() -> impl Strategy<Value = ClasseurLu> {
    let absentes = vec(select(&[Fiche::Dispositif, Fiche::Personne, Fiche::Evenement][..]), 0..2);
    (vec(dispositif(), 0..3), vec(personne(), 0..8), vec(evenement(), 0..8), absentes).prop_map(
        |(dispositifs, personnes, evenements, absentes)| {
            let mut classeur = ClasseurLu { dispositifs, ..ClasseurLu::default() };
            classeur.feuilles_absentes = absentes.into_iter().collect();
            let textes = &mut classeur.textes;
            let mut symbole = |champ: Champ<String>| match champ {
                Champ::Valeur(texte) => Champ::Valeur(textes.symbole(&texte)),
                Champ::Vide => Champ::Vide,
                Champ::Absent => Champ::Absent,
                Champ::Fautif => Champ::Fautif,
            };
            for (rang, (mut personne, t)) in personnes.into_iter().enumerate() {
                personne.ligne = rang as u32 + 2;
                (personne.dispositif, personne.reference_dispositif) = (symbole(t.0), symbole(t.1));
                personne.structure = symbole(t.2);
                classeur.personnes.push(personne);
            }
            for (rang, (mut evenement, t)) in evenements.into_iter().enumerate() {
                evenement.ligne = rang as u32 + 2;
                (evenement.dispositif, evenement.region) = (symbole(t.0), symbole(t.1));
                evenement.nom_dispositif = symbole(t.2);
                classeur.evenements.push(evenement);
            }
            classeur
        },
    )
}

proptest! {
    #[test]
    fn whatever_the_fields_hold_the_checks_answer(classeur in classeur(), campagne in option::of(date())) {
        let trimestre = "2026-T1".parse().unwrap();
        let (_, precedent) = controler(&conforme(5), &contexte());
        let mut precedent = precedent.unwrap();
        precedent.trimestre = "2025-T4".parse().unwrap();
        let contexte = Contexte {
            campagne: campagne.map(|date| CampagneAttendue { trimestre, date }),
            remontees: vec![precedent],
            ..contexte()
        };
        let (anomalies, remontee) = controler(&classeur, &contexte);
        if anomalies.iter().any(|a| a.bloque()) {
            prop_assert!(remontee.is_none());
        }
        if let Some(remontee) = remontee {
            prop_assert_eq!(remontee.personnes.len(), classeur.personnes.len());
            prop_assert_eq!(remontee.evenements.len(), classeur.evenements.len());
        }
    }
}
