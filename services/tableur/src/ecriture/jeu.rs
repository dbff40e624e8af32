//! The workbook of a declared jeu, made from its file: a sheet to read first, one for each grid, one for each
//! list, with what is already known. What the reader of `node::jeux` expects is what is written here.

use chrono::NaiveDate;
use referentiel::jeu::Jeu;
use referentiel::jeu::declaration::{Champ, Declaration, GenreChamp, Grille, Liste, Rangee, ValeurDeclaree};
use referentiel::nomenclature::Nomenclature;
use rust_decimal::prelude::ToPrimitive as _;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::choix::Choix;
use super::{EcritureImpossible, TEXTE, borne, style};
use crate::modele::{Champ as Colonne, Genre};

/// Header of the column of the labels in a grid.
pub const LIGNE: &str = "Ligne";
/// Last row of a list that has its validations.
const DERNIERE: u32 = 2000;
/// Width of the labels, then of the figures.
const LARGEURS: (f64, f64) = (60.0, 16.0);

/// What the workbook is for.
#[derive(Debug, Clone, Copy)]
pub struct Remplissage<'a> {
    /// Period, as people write it.
    pub periode: &'a str,
    /// What is already known.
    pub declaration: Option<&'a Declaration>,
    /// Day it is written.
    pub jour: NaiveDate,
}

/// Writes the workbook of a jeu.
pub fn modele_de_jeu(jeu: &'static Jeu, r: &Remplissage<'_>) -> Result<Vec<u8>, EcritureImpossible> {
    let vide = Declaration::default();
    let connue = r.declaration.unwrap_or(&vide);
    let mut classeur = Workbook::new();
    style::proprietes(&mut classeur, &jeu.libelle, r.jour)?;
    lisez_moi(classeur.add_worksheet().set_name("Lisez-moi")?, jeu, r.periode)?;
    for grille in jeu.grilles.iter().map(toml_ref) {
        ecrit_grille(classeur.add_worksheet().set_name(&grille.libelle)?, jeu, grille, connue)?;
    }
    let mut choix = Choix::default();
    let listes: Vec<&'static Liste> = jeu.listes.iter().map(toml_ref).collect();
    for champ in listes.iter().flat_map(|l| &l.champs) {
        if let Genre::Modalite(n, _) = genre(jeu, champ) {
            choix.ajoute(&n.code, n.saisissables().map(|m| m.libelle.clone()).collect());
        }
    }
    choix.ajoute(OUI_NON, vec!["oui".to_owned(), "non".to_owned()]);
    for liste in &listes {
        let feuille = classeur.add_worksheet().set_name(&liste.libelle)?;
        ecrit_liste(feuille, jeu, liste, connue.rangees(&liste.code), &choix)?;
    }
    if !listes.is_empty() {
        choix.ecrit(&mut classeur)?;
    }
    Ok(classeur.save_to_buffer()?)
}

const OUI_NON: &str = "oui_non_court";

fn toml_ref<T>(element: &'static referentiel::jeu::Situe<T>) -> &'static T {
    element.get_ref()
}

fn lisez_moi(feuille: &mut Worksheet, jeu: &Jeu, periode: &str) -> Result<(), XlsxError> {
    let lignes = [
        (jeu.libelle.as_str(), String::new()),
        ("Jeu de données", format!("{} (version {})", jeu.code, jeu.version)),
        ("Période", periode.to_owned()),
        ("Source", jeu.source.clone()),
        ("Case vide", "Une case vide n’est pas un zéro : écrivez 0, ou « non disponible ».".to_owned()),
        ("Feuilles et en-têtes", "Ne changez ni leurs noms ni leurs libellés ; l’ordre est libre.".to_owned()),
    ];
    feuille.set_column_width(0, LARGEURS.1 * 2.0)?.set_column_width(1, LARGEURS.0 * 1.5)?;
    for (rang, (titre, texte)) in (0u32..).zip(lignes) {
        feuille.write_string_with_format(rang, 0, titre, &style::entete())?;
        feuille.write_string_with_format(rang, 1, borne(&texte, TEXTE), &style::paragraphe())?;
    }
    Ok(())
}

fn ecrit_grille(feuille: &mut Worksheet, jeu: &Jeu, grille: &Grille, connue: &Declaration) -> Result<(), XlsxError> {
    let (rangs, colonnes) = (grille.rangs(jeu), grille.colonnes(jeu));
    feuille.write_string_with_format(0, 0, LIGNE, &style::entete())?;
    feuille.set_column_width(0, LARGEURS.0)?;
    for (place, colonne) in (1u16..).zip(&colonnes) {
        feuille.write_string_with_format(0, place, &colonne.libelle, &style::entete())?;
        feuille.set_column_width(place, LARGEURS.1)?;
    }
    for (ligne, rang) in (1u32..).zip(&rangs) {
        feuille.write_string_with_format(ligne, 0, borne(&rang.libelle, TEXTE), &style::paragraphe())?;
        for (place, colonne) in (1u16..).zip(&colonnes) {
            let Some(coordonnee) = grille.coordonnee(rang, colonne) else { continue };
            if let Some(valeur) = connue.cellules.get(&coordonnee).and_then(|v| v.to_f64()) {
                feuille.write_number(ligne, place, valeur)?;
            } else if connue.non_disponibles.contains(&coordonnee) {
                feuille.write_string(ligne, place, "non disponible")?;
            }
        }
    }
    feuille.set_freeze_panes(1, 1)?;
    Ok(())
}

fn ecrit_liste(
    feuille: &mut Worksheet,
    jeu: &'static Jeu,
    liste: &Liste,
    rangees: &[Rangee],
    choix: &Choix,
) -> Result<(), XlsxError> {
    for (place, champ) in (0u16..).zip(&liste.champs) {
        let genre = genre(jeu, champ);
        feuille.write_string_with_format(0, place, &champ.libelle, &style::entete())?;
        feuille.set_column_format(place, &style::colonne(&genre))?.set_column_width(place, LARGEURS.1 * 1.5)?;
        let colonne = Colonne::libre(&champ.code, &champ.libelle, genre, champ.obligatoire);
        let plage = (champ.genre == GenreChamp::OuiNon).then(|| choix.plage(OUI_NON)).flatten();
        choix.valide(feuille, place, &colonne, DERNIERE, plage)?;
        for (ligne, rangee) in (1u32..).zip(rangees) {
            if let Some(valeur) = rangee.get(&champ.code) {
                ecrit_valeur(feuille, (ligne, place), jeu, champ, valeur)?;
            }
        }
    }
    feuille.set_freeze_panes(1, 0)?;
    Ok(())
}

fn ecrit_valeur(
    feuille: &mut Worksheet,
    (ligne, place): (u32, u16),
    jeu: &Jeu,
    champ: &Champ,
    valeur: &ValeurDeclaree,
) -> Result<(), XlsxError> {
    match valeur {
        ValeurDeclaree::Nombre(n) => {
            feuille.write_number(ligne, place, n.to_f64().unwrap_or_default())?;
        }
        ValeurDeclaree::Date(jour) => {
            feuille.write_number_with_format(ligne, place, style::serie(*jour), &style::date(Format::new()))?;
        }
        ValeurDeclaree::Texte(code) => {
            let liste = champ.nomenclature.as_deref().and_then(|nom| jeu.nomenclature_de_nom(nom));
            let libelle = liste.and_then(|l| l.modalite(code)).map_or(code, |m| &m.libelle);
            feuille.write_string_with_format(ligne, place, borne(libelle, TEXTE), &style::paragraphe())?;
        }
        ValeurDeclaree::OuiNon(_) => {
            feuille.write_string(ligne, place, valeur.to_string())?;
        }
    }
    Ok(())
}

/// What a cell of a field holds, for the reader and the writer alike.
pub fn genre(jeu: &'static Jeu, champ: &Champ) -> Genre {
    let liste = || champ.nomenclature.as_deref().and_then(|nom| jeu.nomenclature_de_nom(nom));
    match champ.genre {
        GenreChamp::Effectif | GenreChamp::Entier => Genre::Entier,
        GenreChamp::Decimal | GenreChamp::Montant => Genre::Decimal,
        GenreChamp::Date => Genre::Date,
        GenreChamp::Code => liste().map_or(Genre::Texte, |l: &'static Nomenclature| Genre::Modalite(l, vec![])),
        GenreChamp::Texte | GenreChamp::OuiNon => Genre::Texte,
    }
}
