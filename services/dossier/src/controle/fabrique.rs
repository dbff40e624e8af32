//! Workbooks for the tests of this folder: one that conforms to the last detail, of any size.

use chrono::{Days, Months, NaiveDate};
use referentiel::identifiant::ReferenceDispositif;

use super::{Contexte, Referentiel};
use crate::lecture::{Champ, ClasseurLu, DispositifLu, EvenementLu, PersonneLue};
use crate::modalite::{
    Emploi, Formation, Handicap, NiveauSoutien, Orientation, Sexe, StatutAccompagnement, StatutDispositif,
};

pub(super) fn jour(annee: i32, mois: u32, jour: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(annee, mois, jour).unwrap()
}

/// A node that already knows BFC01 and BFC02.
pub(super) fn contexte() -> Contexte {
    let connus = ["BFC01", "BFC02"].map(|r| r.parse::<ReferenceDispositif>().unwrap());
    Contexte { referentiel: Referentiel::Constate(connus.into()), ..Contexte::default() }
}

/// One dispositif and so many persons, each with her event of 31/03/2026.
pub(super) fn conforme(personnes: u32) -> ClasseurLu {
    let mut classeur = ClasseurLu { dispositifs: vec![dispositif(personnes)], ..ClasseurLu::default() };
    for rang in 0..personnes {
        ajoute_personne(&mut classeur, rang);
    }
    classeur
}

fn dispositif(personnes: u32) -> DispositifLu {
    let etp = (personnes / 12).max(1);
    let texte = |t: &str| Champ::Valeur(t.to_owned());
    DispositifLu {
        ligne: 2,
        reference: texte("BFC01"),
        email_responsable: texte("responsable@bfc01.example"),
        nom_responsable: texte("RESPONSABLE"),
        prenom_responsable: texte("Camille"),
        nom: texte("Plateforme emploi accompagné 70"),
        departement: texte("70"),
        region: texte("Bourgogne-Franche-Comté"),
        nom_departement: texte("Haute-Saône"),
        emails_conseillers: Champ::Valeur(vec!["conseil@bfc01.example".into()]),
        statut: Champ::Valeur(StatutDispositif::EnActivite),
        structures: Champ::Valeur(vec!["Structure Horizon".into(), "Structure Les Tilleuls".into()]),
        capacite: Champ::Valeur(personnes),
        etp_total: Champ::Valeur((etp + 1).into()),
        etp_hors_administratifs: Champ::Valeur(etp.into()),
        professionnels: Champ::Valeur(etp + 1),
        liste_attente: Champ::Valeur(2),
        sans_suite: Champ::Valeur(1),
    }
}

/// A person and her event; what varies follows from her rank, so that a workbook can be made again.
fn ajoute_personne(classeur: &mut ClasseurLu, rang: u32) {
    let textes = &mut classeur.textes;
    let mut symbole = |t: &str| Champ::Valeur(textes.symbole(t));
    let reference: Box<str> = format!("BFC01{:09}", u64::from(rang) * 7_368_787 % 999_999_937).into();
    let parmi = |combien: usize| rang as usize % combien;
    classeur.personnes.push(PersonneLue {
        ligne: rang + 2,
        reference: Champ::Valeur(reference.clone()),
        dispositif: symbole("Plateforme emploi accompagné 70"),
        reference_dispositif: symbole("BFC01"),
        structure: symbole(["Structure Horizon", "STRUCTURE LES  TILLEULS"][parmi(2)]),
        naissance: Champ::Valeur(jour(1975, 1, 10) + Days::new(u64::from(rang % 7000))),
        sexe: Champ::Valeur(Sexe::TOUTES[parmi(2)]),
        handicap_principal: Champ::Valeur(Handicap::TOUTES[parmi(8)]),
        handicap_associe: Champ::Vide,
        entree: Champ::Valeur(jour(2023, 2, 1) + Months::new(rang % 30)),
        sortie: Champ::Vide,
        duree_sans_emploi: Champ::Valeur(rang % 40),
        orientation: Champ::Valeur(Orientation::TOUTES[parmi(2)]),
    });
    let emploi = Emploi::TOUTES[parmi(6)];
    let formation = if emploi == Emploi::Alternance { Formation::Formation } else { Formation::TOUTES[parmi(3)] };
    classeur.evenements.push(EvenementLu {
        ligne: rang + 2,
        id: Champ::Vide,
        dispositif: symbole("BFC01"),
        nom_dispositif: symbole("Plateforme emploi accompagné 70"),
        region: symbole("Bourgogne-Franche-Comté"),
        departement: symbole("Haute-Saône"),
        personne: Champ::Valeur(reference),
        statut: Champ::Valeur(StatutAccompagnement::Suivi),
        niveau: Champ::Valeur(NiveauSoutien::TOUTES[parmi(4)].into()),
        emploi: Champ::Valeur(emploi),
        formation: Champ::Valeur(formation),
        emploi_mois: Champ::Valeur(emploi),
        formation_mois: Champ::Valeur(formation),
        date: Champ::Valeur(jour(2026, 3, 31)),
    });
}
