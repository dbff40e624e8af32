//! The three fiches as read from a workbook, before anything is sure: each field is a value, empty,
//! missing with its column, or already reported as faulty. Step 1 of the path (saisie).
//!
//! References keep their text even when malformed: a person and her events that share the same wrong
//! reference still match, so the mistake is reported once. Built by the node, never stored or sent.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use referentiel::Decimal;
use referentiel::controle::Fiche;

use crate::modalite::{
    Emploi, Formation, Handicap, NiveauSoutien, Orientation, Sexe, StatutAccompagnement, StatutDispositif,
};

/// What was found where a field should be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Champ<T> {
    /// An empty cell.
    #[default]
    Vide,
    /// The column is missing, which is reported once for the sheet.
    Absent,
    /// A value that could not be read, already reported at its cell.
    Fautif,
    /// A value of the right type.
    Valeur(T),
}

impl<T> Champ<T> {
    /// The value, when there is one.
    pub fn valeur(&self) -> Option<&T> {
        match self {
            Self::Valeur(valeur) => Some(valeur),
            _ => None,
        }
    }

    /// True for an empty cell: neither a missing column nor a value already reported.
    pub fn est_vide(&self) -> bool {
        matches!(self, Self::Vide)
    }

    /// True when something was wrong with the cell or its column, and was reported there.
    pub fn deja_signale(&self) -> bool {
        matches!(self, Self::Absent | Self::Fautif)
    }
}

impl<T: Copy> Champ<T> {
    /// The value itself, when there is one.
    pub fn copie(&self) -> Option<T> {
        self.valeur().copied()
    }
}

impl<T> From<Option<T>> for Champ<T> {
    fn from(valeur: Option<T>) -> Self {
        valeur.map_or(Self::Vide, Self::Valeur)
    }
}

/// A text kept once for all the rows that carry it (structures, dispositifs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbole(u32);

impl Symbole {
    /// Rank of the text, for tables indexed by it.
    pub fn rang(self) -> usize {
        self.0 as usize
    }
}

/// The distinct texts of a workbook.
#[derive(Debug, Clone, Default)]
pub struct Textes {
    rangs: HashMap<Box<str>, Symbole>,
    textes: Vec<Box<str>>,
}

impl Textes {
    /// The symbol of a text, the same for the same text.
    pub fn symbole(&mut self, texte: &str) -> Symbole {
        if let Some(symbole) = self.rangs.get(texte) {
            return *symbole;
        }
        let symbole = Symbole(u32::try_from(self.textes.len()).unwrap_or(u32::MAX));
        self.rangs.insert(texte.into(), symbole);
        self.textes.push(texte.into());
        symbole
    }

    /// The text of a symbol.
    pub fn texte(&self, symbole: Symbole) -> &str {
        self.textes.get(symbole.rang()).map_or("", AsRef::as_ref)
    }

    /// The distinct texts, by rank.
    pub fn tous(&self) -> impl Iterator<Item = &str> {
        self.textes.iter().map(AsRef::as_ref)
    }
}

/// Fiche dispositif as read.
#[derive(Debug, Clone, Default)]
pub struct DispositifLu {
    /// Row of the sheet, from 1.
    pub ligne: u32,
    /// `reference_dispositif`.
    pub reference: Champ<String>,
    /// `email_responsable`.
    pub email_responsable: Champ<String>,
    /// `nom_responsable`.
    pub nom_responsable: Champ<String>,
    /// `prenom_responsable`.
    pub prenom_responsable: Champ<String>,
    /// `nom_dispositif`.
    pub nom: Champ<String>,
    /// `code_departement`.
    pub departement: Champ<String>,
    /// `region_dispositif`.
    pub region: Champ<String>,
    /// `nom_departement`.
    pub nom_departement: Champ<String>,
    /// `emails_conseillers`.
    pub emails_conseillers: Champ<Vec<String>>,
    /// `statut_dispositif`.
    pub statut: Champ<StatutDispositif>,
    /// `structures_rattachees`.
    pub structures: Champ<Vec<String>>,
    /// `capacite_accompagnement`.
    pub capacite: Champ<u32>,
    /// `etp_total`.
    pub etp_total: Champ<Decimal>,
    /// `etp_hors_administratifs`.
    pub etp_hors_administratifs: Champ<Decimal>,
    /// `nb_professionnels_hors_administratifs`.
    pub professionnels: Champ<u32>,
    /// `nb_liste_attente`.
    pub liste_attente: Champ<u32>,
    /// `nb_sans_suite`.
    pub sans_suite: Champ<u32>,
}

/// Fiche personne as read. `dernier_statut` is computed by the tool and not kept.
#[derive(Debug, Clone, Default)]
pub struct PersonneLue {
    /// Row of the sheet, from 1.
    pub ligne: u32,
    /// `reference_personne`, as typed.
    pub reference: Champ<Box<str>>,
    /// `dispositif_accompagnant`: a name, sometimes a reference.
    pub dispositif: Champ<Symbole>,
    /// `personne_reference_dispositif`.
    pub reference_dispositif: Champ<Symbole>,
    /// `structure_accompagnante`.
    pub structure: Champ<Symbole>,
    /// `date_naissance`.
    pub naissance: Champ<NaiveDate>,
    /// `sexe`.
    pub sexe: Champ<Sexe>,
    /// `handicap_principal`.
    pub handicap_principal: Champ<Handicap>,
    /// `handicap_associe`.
    pub handicap_associe: Champ<Handicap>,
    /// `date_entree`.
    pub entree: Champ<NaiveDate>,
    /// `date_sortie`.
    pub sortie: Champ<NaiveDate>,
    /// `duree_sans_emploi_mois`.
    pub duree_sans_emploi: Champ<u32>,
    /// `orientation`.
    pub orientation: Champ<Orientation>,
}

/// A level of support, chosen from the list or reached through the hours typed instead (C-EV-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoutienLu {
    /// The level.
    pub niveau: NiveauSoutien,
    /// Hours of the last month, when they were typed in the place of a level.
    pub heures: Option<Decimal>,
}

impl From<NiveauSoutien> for SoutienLu {
    fn from(niveau: NiveauSoutien) -> Self {
        Self { niveau, heures: None }
    }
}

/// Fiche évènement as read. The structure and both time stamps are computed by the tool and not kept.
#[derive(Debug, Clone, Default)]
pub struct EvenementLu {
    /// Row of the sheet, from 1.
    pub ligne: u32,
    /// `id_evenement`, which should be empty.
    pub id: Champ<Box<str>>,
    /// `evt_reference_dispositif`.
    pub dispositif: Champ<Symbole>,
    /// `evt_nom_dispositif`.
    pub nom_dispositif: Champ<Symbole>,
    /// `evt_region`.
    pub region: Champ<Symbole>,
    /// `evt_departement`.
    pub departement: Champ<Symbole>,
    /// `evt_reference_personne`, as typed.
    pub personne: Champ<Box<str>>,
    /// `statut_evenement`.
    pub statut: Champ<StatutAccompagnement>,
    /// `niveau_soutien`.
    pub niveau: Champ<SoutienLu>,
    /// `emploi_date_evenement`.
    pub emploi: Champ<Emploi>,
    /// `formation_date_evenement`.
    pub formation: Champ<Formation>,
    /// `emploi_dernier_mois`.
    pub emploi_mois: Champ<Emploi>,
    /// `formation_dernier_mois`.
    pub formation_mois: Champ<Formation>,
    /// `date_evenement`.
    pub date: Champ<NaiveDate>,
}

/// A workbook as read.
#[derive(Debug, Clone, Default)]
pub struct ClasseurLu {
    /// Texts the rows point to.
    pub textes: Textes,
    /// Fiches dispositif.
    pub dispositifs: Vec<DispositifLu>,
    /// Fiches personne.
    pub personnes: Vec<PersonneLue>,
    /// Fiches évènement.
    pub evenements: Vec<EvenementLu>,
    /// Sheets that are missing, which is reported once each.
    pub feuilles_absentes: BTreeSet<Fiche>,
}

impl ClasseurLu {
    /// True when the sheet of this fiche was there.
    pub fn a_la_feuille(&self, fiche: Fiche) -> bool {
        !self.feuilles_absentes.contains(&fiche)
    }
}

/// What two references are compared by: annexe 2 writes them in capitals, people do not always.
pub fn cle_reference(texte: &str) -> Cow<'_, str> {
    let texte = texte.trim();
    if texte.bytes().any(|o| o.is_ascii_lowercase()) {
        Cow::Owned(texte.to_ascii_uppercase())
    } else {
        Cow::Borrowed(texte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let mut textes = Textes::default();
        let (a, b) = (textes.symbole("Structure Horizon"), textes.symbole("Structure Passerelle"));
        assert_ne!(a, b);
        assert_eq!(textes.symbole("Structure Horizon"), a);
        assert_eq!(textes.texte(b), "Structure Passerelle");
        assert_eq!(textes.tous().count(), 2);
    }

    #[test]
    fn a_hundred_thousand_rows_stay_small() {
        assert!(size_of::<PersonneLue>() <= 96, "{}", size_of::<PersonneLue>());
        assert!(size_of::<EvenementLu>() <= 144, "{}", size_of::<EvenementLu>());
    }
}
