//! The template of a campaign: the three sheets with what is already known, so that only what changed is typed.

use chrono::NaiveDate;
use referentiel::controle::Fiche;
use referentiel::nomenclature::Nomenclature;
use referentiel::periode::Trimestre;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Note, Workbook, Worksheet, XlsxError};

use super::choix::Choix;
use super::{COMMENTAIRE, EcritureImpossible, TEXTE, borne, style};
use crate::modele::{Auto, Champ, Feuille, Genre, Modele};
use crate::position::lettres;
use crate::valeur::Valeur;

/// Rows with drop-down lists, at least, below those that are prefilled.
const LIGNES_LIBRES: u32 = 500;

/// One row to write: a value for each field of a sheet of the layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saisie {
    valeurs: Vec<Valeur<'static>>,
}

impl Saisie {
    /// An empty row of a sheet.
    pub fn vierge(feuille: &Feuille) -> Self {
        Self { valeurs: vec![Valeur::Vide; feuille.champs().len()] }
    }

    /// Fills a field; an identifier that the layout does not have is passed over.
    #[must_use]
    pub fn avec(mut self, feuille: &Feuille, champ: &str, valeur: Valeur<'static>) -> Self {
        if let Some(case) = feuille.indice(champ).and_then(|rang| self.valeurs.get_mut(rang)) {
            *case = valeur;
        }
        self
    }

    /// The value of a field, empty for one that the layout does not have.
    pub fn valeur(&self, feuille: &Feuille, champ: &str) -> Valeur<'static> {
        feuille.indice(champ).and_then(|rang| self.valeurs.get(rang)).cloned().unwrap_or(Valeur::Vide)
    }
}

/// What a campaign's template is prefilled with.
#[derive(Debug, Clone)]
pub struct Campagne<'a> {
    /// Quarter of the campaign.
    pub trimestre: Trimestre,
    /// Event date announced by the CFEA, the same for all events.
    pub date_evenement: NaiveDate,
    /// Day the template is made.
    pub jour: NaiveDate,
    /// Fiches dispositif.
    pub dispositifs: &'a [Saisie],
    /// Known persons. An event is prefilled for each one without an exit date.
    pub personnes: &'a [Saisie],
}

/// Fields of an event that follow from the person, and from the dispositif of the person.
const DE_LA_PERSONNE: [(&str, &str); 3] = [
    ("evt_reference_personne", "reference_personne"),
    ("evt_reference_dispositif", "personne_reference_dispositif"),
    ("evt_structure_accompagnante", "structure_accompagnante"),
];
const DU_DISPOSITIF: [(&str, &str); 3] = [
    ("evt_nom_dispositif", "nom_dispositif"),
    ("evt_region", "region_dispositif"),
    ("evt_departement", "nom_departement"),
];

/// Writes the template of a campaign, prefilled, as XLSX.
pub fn modele_campagne(modele: &Modele, campagne: &Campagne<'_>) -> Result<Vec<u8>, EcritureImpossible> {
    let evenements = evenements(modele, campagne);
    let titre = format!("{} – {}", modele.titre(), campagne.trimestre.libelle_long());
    classeur(modele, &titre, campagne.jour, [campagne.dispositifs, campagne.personnes, &evenements])
}

/// Writes the three sheets with these rows, in the order of the layout, as XLSX.
pub fn classeur(
    modele: &Modele,
    titre: &str,
    jour: NaiveDate,
    saisies: [&[Saisie]; 3],
) -> Result<Vec<u8>, EcritureImpossible> {
    let [dispositifs, personnes, evenements] = saisies;
    let mut choix = Choix::du_modele(modele);
    choix.ajoute("structures", structures(modele, dispositifs));
    let mut classeur = Workbook::new();
    style::proprietes(&mut classeur, titre, jour)?;
    for feuille in modele.feuilles() {
        let lignes = match feuille.fiche {
            Fiche::Dispositif => dispositifs,
            Fiche::Personne => personnes,
            Fiche::Evenement => evenements,
        };
        ecrit_feuille(classeur.add_worksheet(), modele, feuille, lignes, &choix)?;
    }
    choix.ecrit(&mut classeur)?;
    Ok(classeur.save_to_buffer()?)
}

fn evenements(modele: &Modele, campagne: &Campagne<'_>) -> Vec<Saisie> {
    let [dispositif, personne, evenement] = modele.feuilles();
    let presentes = campagne.personnes.iter().filter(|p| p.valeur(personne, "date_sortie").vide());
    presentes
        .map(|p| {
            let mut saisie =
                Saisie::vierge(evenement).avec(evenement, "date_evenement", Valeur::Date(campagne.date_evenement));
            for (cible, origine) in DE_LA_PERSONNE {
                saisie = saisie.avec(evenement, cible, p.valeur(personne, origine));
            }
            let reference = p.valeur(personne, "personne_reference_dispositif");
            let rattachement =
                campagne.dispositifs.iter().find(|d| d.valeur(dispositif, "reference_dispositif") == reference);
            for (cible, origine) in DU_DISPOSITIF {
                let valeur = rattachement.map_or(Valeur::Vide, |d| d.valeur(dispositif, origine));
                saisie = saisie.avec(evenement, cible, valeur);
            }
            saisie
        })
        .collect()
}

fn structures(modele: &Modele, dispositifs: &[Saisie]) -> Vec<String> {
    let feuille = modele.feuille(Fiche::Dispositif);
    dispositifs.iter().flat_map(|d| d.valeur(feuille, "structures_rattachees").liste().to_vec()).collect()
}

fn ecrit_feuille(
    page: &mut Worksheet,
    modele: &Modele,
    feuille: &Feuille,
    saisies: &[Saisie],
    choix: &Choix,
) -> Result<(), XlsxError> {
    page.set_name(&feuille.nom)?.set_freeze_panes(1, 0)?.set_landscape().set_repeat_rows(0, 0)?;
    page.set_row_height(0, 48)?;
    let derniere = saisies.len() as u32 + LIGNES_LIBRES;
    for (colonne, champ) in (0u16..).zip(feuille.champs()) {
        let format = if champ.auto.is_some() { style::entete_auto() } else { style::entete() };
        page.set_column_width(colonne, largeur(champ))?;
        page.set_column_format(colonne, &style::colonne(&champ.genre))?;
        page.write_string_with_format(0, colonne, &champ.entete, &format)?;
        let aide = aide(champ);
        if !aide.is_empty() {
            page.insert_note(0, colonne, &Note::new(borne(&aide, COMMENTAIRE)).add_author_prefix(false))?;
        }
        choix.valide(page, colonne, champ, derniere, plage(modele, champ, choix))?;
        for (ligne, saisie) in (1u32..).zip(saisies) {
            if let Some(valeur) = saisie.valeurs.get(usize::from(colonne)) {
                ecrit_valeur(page, (ligne, colonne), champ, valeur)?;
            }
        }
    }
    Ok(())
}

/// Values already in the workbook that a field chooses among.
fn plage(modele: &Modele, champ: &Champ, choix: &Choix) -> Option<String> {
    let colonne = |fiche, identifiant: &str| {
        let feuille = modele.feuille(fiche);
        let lettre = lettres(feuille.indice(identifiant)? as u32);
        Some(format!("='{}'!${lettre}$2:${lettre}$5000", feuille.nom))
    };
    match champ.identifiant.as_str() {
        "evt_reference_personne" => colonne(Fiche::Personne, "reference_personne"),
        "evt_reference_dispositif" => colonne(Fiche::Dispositif, "reference_dispositif"),
        "dispositif_accompagnant" => colonne(Fiche::Dispositif, "nom_dispositif"),
        "structure_accompagnante" => choix.plage("structures"),
        _ => None,
    }
}

fn ecrit_valeur(
    page: &mut Worksheet,
    (ligne, colonne): (u32, u16),
    champ: &Champ,
    valeur: &Valeur<'_>,
) -> Result<(), XlsxError> {
    let format = style::colonne(&champ.genre);
    let texte = |page: &mut Worksheet, texte: &str| {
        page.write_string_with_format(ligne, colonne, borne(texte, TEXTE), &format).map(|_| ())
    };
    match valeur {
        Valeur::Vide | Valeur::Absente | Valeur::Fautive => Ok(()),
        Valeur::Texte(t) => texte(page, t),
        Valeur::Liste(textes) => texte(page, &textes.join("; ")),
        Valeur::Modalite(code) | Valeur::Heures { code, .. } => texte(page, libelle(champ, code)),
        Valeur::Date(date) => page.write_number_with_format(ligne, colonne, style::serie(*date), &format).map(|_| ()),
        Valeur::Entier(n) => page.write_number_with_format(ligne, colonne, *n, &format).map(|_| ()),
        Valeur::Decimal(n) => {
            page.write_number_with_format(ligne, colonne, n.to_f64().unwrap_or_default(), &format).map(|_| ())
        }
    }
}

fn libelle<'c>(champ: &'c Champ, code: &'c str) -> &'c str {
    let liste: Option<&Nomenclature> = if let Genre::Modalite(liste, _) = &champ.genre { Some(liste) } else { None };
    liste.and_then(|l| l.modalite(code)).map_or(code, |m| &m.libelle)
}

fn aide(champ: &Champ) -> String {
    let qui = match champ.auto {
        Some(Auto::Outil) => "Laissez cette colonne vide : l’outil la remplit.\n",
        Some(Auto::Calcule) => "Déduit d’autres champs : rien à saisir.\n",
        Some(Auto::Prerempli) => "Pré-rempli : corrigez si besoin.\n",
        None if champ.obligatoire => "Obligatoire.\n",
        None => "",
    };
    format!("{qui}{}", champ.aide).trim_end().to_owned()
}

fn largeur(champ: &Champ) -> f64 {
    match champ.genre {
        Genre::Departement | Genre::Entier | Genre::Decimal | Genre::Code(_) => 14.0,
        Genre::Date => 13.0,
        Genre::Reference(_) => 19.0,
        Genre::Texte | Genre::Liste(_) | Genre::Modalite(..) => 28.0,
    }
}
