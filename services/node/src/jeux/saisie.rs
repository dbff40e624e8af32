//! A declared jeu as somebody keys it: the texts of its sheets, cell by cell, in the order of the jeu file. A form, a draft
//! and a deposited workbook are the same texts; they become a workbook and go through the one reader, so that no rule is
//! written for the pages.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::NaiveDate;
use referentiel::format::date;
use referentiel::jeu::Jeu;
use referentiel::jeu::declaration::{Champ, Declaration, Entete, Grille, Liste, Rangee, ValeurDeclaree};
use referentiel::jeu::examen::Place;
use serde::{Deserialize, Serialize};
use tableur::AnomalieSituee;
use tableur::ecriture::{LIGNE, Vue, vues};
use tableur::position::case;

use super::lecture::{Lue, interprete};

/// What says that a figure is not known.
const NON_DISPONIBLE: &str = "non disponible";

/// A sheet of a jeu.
#[derive(Debug, Clone, Copy)]
pub enum Feuille<'j> {
    /// Figures.
    Grille(&'j Grille),
    /// Records.
    Liste(&'j Liste),
}

impl<'j> Feuille<'j> {
    /// The sheets of a jeu, in order.
    pub fn toutes(jeu: &'j Jeu) -> Vec<Self> {
        let grilles = jeu.grilles.iter().map(|g| Self::Grille(g.get_ref()));
        grilles.chain(jeu.listes.iter().map(|l| Self::Liste(l.get_ref()))).collect()
    }

    /// Its code in the jeu.
    pub fn code(self) -> &'j str {
        match self {
            Self::Grille(g) => &g.code,
            Self::Liste(l) => &l.code,
        }
    }

    /// Its name.
    pub fn libelle(self) -> &'j str {
        match self {
            Self::Grille(g) => &g.libelle,
            Self::Liste(l) => &l.libelle,
        }
    }
}

/// A cell of the form: sheet, row, column, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    /// Code of the sheet.
    pub feuille: String,
    /// Row.
    pub rang: usize,
    /// Column.
    pub colonne: usize,
}

/// The texts of every sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saisie(BTreeMap<String, Vec<Vec<String>>>);

impl Saisie {
    /// What is already known, as texts.
    pub fn de(jeu: &Jeu, d: &Declaration) -> Self {
        let feuilles = Feuille::toutes(jeu).into_iter().map(|feuille| {
            let lignes = match feuille {
                Feuille::Grille(g) => chiffres(jeu, g, d),
                Feuille::Liste(l) => d.rangees(&l.code).iter().map(|r| fiche(jeu, l, r)).collect(),
            };
            (feuille.code().to_owned(), lignes)
        });
        Self(feuilles.collect())
    }

    /// What a workbook holds, the texts of its faulty cells included. The anomalies left over have no place in the form.
    pub fn du_classeur<'a>(jeu: &Jeu, lue: &'a Lue) -> (Self, Vec<&'a AnomalieSituee>) {
        let mut saisie = Self::de(jeu, &lue.declaration);
        let mut ailleurs = Vec::new();
        for a in &lue.anomalies {
            let place = a.feuille.as_deref().zip(a.cellule.as_deref()).and_then(|(f, c)| lue.place_de(f, c));
            match (place.and_then(|p| case_de(jeu, p)), &a.lu) {
                (Some(case), Some(lu)) if a.controle != super::lecture::OBLIGATOIRE => {
                    if saisie.texte(&case).is_empty() {
                        saisie.pose(&case, lu.clone());
                    }
                }
                (Some(_), _) => {}
                (None, _) => ailleurs.push(a),
            }
        }
        (saisie, ailleurs)
    }

    /// The rows of a sheet.
    pub fn lignes(&self, feuille: &str) -> &[Vec<String>] {
        self.0.get(feuille).map_or(&[], Vec::as_slice)
    }

    /// The text of a cell, empty when there is none.
    pub fn texte(&self, case: &Case) -> &str {
        self.lignes(&case.feuille).get(case.rang).and_then(|l| l.get(case.colonne)).map_or("", String::as_str)
    }

    /// Writes a cell.
    pub fn pose(&mut self, case: &Case, texte: String) {
        let lignes = self.0.entry(case.feuille.clone()).or_default();
        if lignes.len() <= case.rang {
            lignes.resize_with(case.rang + 1, Vec::new);
        }
        if let Some(ligne) = lignes.get_mut(case.rang) {
            if ligne.len() <= case.colonne {
                ligne.resize_with(case.colonne + 1, String::new);
            }
            if let Some(place) = ligne.get_mut(case.colonne) {
                *place = texte;
            }
        }
    }

    /// Takes a record away.
    pub fn retire(&mut self, liste: &str, rang: usize) {
        if let Some(lignes) = self.0.get_mut(liste).filter(|l| rang < l.len()) {
            lignes.remove(rang);
        }
    }

    /// Takes a record away when nothing is written in it.
    pub fn retire_si_vide(&mut self, liste: &str, rang: usize) {
        if self.lignes(liste).get(rang).is_some_and(|l| l.iter().all(String::is_empty)) {
            self.retire(liste, rang);
        }
    }

    /// Cells that hold something in a sheet.
    pub fn remplies(&self, feuille: &str) -> usize {
        self.lignes(feuille).iter().flatten().filter(|t| !t.is_empty()).count()
    }

    /// Reads these texts with the reader of the workbooks.
    pub fn lue(&self, jeu: &'static Jeu, jour: NaiveDate) -> Result<Lue> {
        Ok(interprete(jeu, &self.classeur(jeu, jour)?)?)
    }

    fn classeur(&self, jeu: &Jeu, jour: NaiveDate) -> Result<Vec<u8>> {
        let feuilles: Vec<Vue> = Feuille::toutes(jeu).into_iter().map(|f| self.vue(jeu, f)).collect();
        vues(&jeu.libelle, &feuilles, jour).context("La saisie n’a pas pu être préparée.")
    }

    fn vue(&self, jeu: &Jeu, feuille: Feuille<'_>) -> Vue {
        let lignes = self.lignes(feuille.code());
        let (entetes, lignes) = match feuille {
            Feuille::Grille(g) => {
                let colonnes = g.colonnes(jeu).into_iter().map(|c| c.libelle);
                let vide = Vec::new();
                let rangs = g.rangs(jeu);
                let ligne = |(n, r): (usize, &Entete)| {
                    std::iter::once(r.libelle.clone()).chain(lignes.get(n).unwrap_or(&vide).iter().cloned()).collect()
                };
                let ecrites = rangs.iter().enumerate().map(ligne).collect();
                (std::iter::once(LIGNE.to_owned()).chain(colonnes).collect(), ecrites)
            }
            Feuille::Liste(l) => (l.champs.iter().map(|c| c.libelle.clone()).collect(), lignes.to_vec()),
        };
        Vue { nom: feuille.libelle().to_owned(), entetes, lignes }
    }
}

/// Where an anomaly of the workbook that [`Saisie::lue`] wrote stands in the form.
pub fn place(jeu: &Jeu, anomalie: &AnomalieSituee) -> Option<Case> {
    let libelle = anomalie.feuille.as_deref()?;
    let feuille = Feuille::toutes(jeu).into_iter().find(|f| f.libelle() == libelle)?;
    let (ligne, colonne) = case(anomalie.cellule.as_deref()?)?;
    let rang = usize::try_from(ligne).ok()?.checked_sub(1)?;
    let colonne = usize::try_from(colonne).ok()?;
    // The first column of a grid holds the labels.
    let colonne = if matches!(feuille, Feuille::Grille(_)) { colonne.checked_sub(1)? } else { colonne };
    Some(Case { feuille: feuille.code().to_owned(), rang, colonne })
}

fn chiffres(jeu: &Jeu, grille: &Grille, d: &Declaration) -> Vec<Vec<String>> {
    let colonnes = grille.colonnes(jeu);
    let case = |rang: &Entete, colonne: &Entete| match grille.coordonnee(rang, colonne) {
        Some(c) if d.non_disponibles.contains(&c) => NON_DISPONIBLE.to_owned(),
        Some(c) => d.cellules.get(&c).map(|n| nombre(*n)).unwrap_or_default(),
        None => String::new(),
    };
    grille.rangs(jeu).iter().map(|r| colonnes.iter().map(|c| case(r, c)).collect()).collect()
}

fn fiche(jeu: &Jeu, liste: &Liste, rangee: &Rangee) -> Vec<String> {
    liste.champs.iter().map(|c| rangee.get(&c.code).map(|v| ecrit(jeu, c, v)).unwrap_or_default()).collect()
}

/// A value as somebody types it.
fn ecrit(jeu: &Jeu, champ: &Champ, valeur: &ValeurDeclaree) -> String {
    match valeur {
        ValeurDeclaree::Texte(code) => {
            let liste = champ.nomenclature.as_deref().and_then(|nom| jeu.nomenclature_de_nom(nom));
            liste.and_then(|l| l.modalite(code)).map_or_else(|| code.clone(), |m| m.libelle.clone())
        }
        ValeurDeclaree::Nombre(n) => nombre(*n),
        ValeurDeclaree::Date(jour) => date(*jour),
        ValeurDeclaree::OuiNon(oui) => if *oui { "oui" } else { "non" }.to_owned(),
    }
}

fn nombre(n: referentiel::Decimal) -> String {
    n.normalize().to_string().replace('.', ",")
}

fn case_de(jeu: &Jeu, place: Place) -> Option<Case> {
    match place {
        Place::Ensemble => None,
        Place::Rangee { liste, rang, champ } => {
            let colonne = jeu.liste(&liste)?.champs.iter().position(|c| c.code == champ)?;
            Some(Case { feuille: liste, rang, colonne })
        }
        Place::Cellule(cherchee) => Feuille::toutes(jeu).into_iter().find_map(|feuille| {
            let Feuille::Grille(g) = feuille else { return None };
            let colonnes = g.colonnes(jeu);
            let trouvee = g.rangs(jeu).iter().enumerate().find_map(|(rang, r)| {
                let ici = |c: &Entete| g.coordonnee(r, c).as_ref() == Some(&cherchee);
                colonnes.iter().position(ici).map(|colonne| (rang, colonne))
            });
            trouvee.map(|(rang, colonne)| Case { feuille: g.code.clone(), rang, colonne })
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::jeu::{jeu, jeux};

    const JOUR: &str = "2026-01-05";

    #[test]
    fn what_is_kept_becomes_texts_that_read_back_to_the_same_for_every_jeu() {
        for jeu in jeux().into_iter().filter(|j| j.est_declare()) {
            let vide = Saisie::de(jeu, &Declaration::default());
            let lue = vide.lue(jeu, JOUR.parse().unwrap()).unwrap();
            assert_eq!(lue.anomalies, [], "{}", jeu.code);
            let mut pleine = vide;
            for feuille in Feuille::toutes(jeu) {
                let Feuille::Grille(g) = feuille else { continue };
                let (rangs, colonnes) = (g.rangs(jeu).len(), g.colonnes(jeu).len());
                for (rang, colonne) in (0..rangs).flat_map(|r| (0..colonnes).map(move |c| (r, c))) {
                    pleine.pose(&Case { feuille: g.code.clone(), rang, colonne }, (rang + colonne).to_string());
                }
            }
            let lue = pleine.lue(jeu, JOUR.parse().unwrap()).unwrap();
            assert_eq!(lue.anomalies, [], "{}", jeu.code);
            assert_eq!(Saisie::de(jeu, &lue.declaration), pleine, "{}", jeu.code);
        }
    }

    #[test]
    fn a_faulty_cell_keeps_its_text_and_is_told_at_its_place() {
        let jeu = jeu("offre.services").unwrap();
        let mut saisie = Saisie::de(jeu, &Declaration::default());
        let case = |rang, champ: &str| {
            let colonne = jeu.liste("outil").unwrap().champs.iter().position(|c| c.code == champ).unwrap();
            Case { feuille: "outil".to_owned(), rang, colonne }
        };
        for (champ, texte) in
            [("code", "qlik"), ("titre", "Qlik"), ("prix_annuel", "310"), ("en_vigueur", "31/02/2026")]
        {
            saisie.pose(&case(0, champ), texte.to_owned());
        }
        let lue = saisie.lue(jeu, JOUR.parse().unwrap()).unwrap();
        let places: Vec<Option<Case>> = lue.anomalies.iter().map(|a| place(jeu, a)).collect();
        assert!(!places.is_empty() && places.iter().all(|p| *p == Some(case(0, "en_vigueur"))), "{:?}", lue.anomalies);
        let (reprise, ailleurs) = Saisie::du_classeur(jeu, &lue);
        assert!(ailleurs.is_empty());
        assert_eq!(reprise.texte(&case(0, "en_vigueur")), "31/02/2026");
        assert_eq!(reprise.texte(&case(0, "prix_annuel")), "310");
        let mut sans = reprise;
        sans.retire_si_vide("outil", 0);
        assert_eq!(sans.lignes("outil").len(), 1, "something is written in it");
        sans.retire("outil", 0);
        assert_eq!(sans.remplies("outil"), 0);
    }
}
