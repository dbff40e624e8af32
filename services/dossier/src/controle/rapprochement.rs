//! Which event belongs to which person, by the reference as typed. Also tells the orphan events that
//! merely follow from a wrong reference on the persons sheet, so that one cause gives one anomaly.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use referentiel::controle::Fiche;
use referentiel::identifiant::ReferencePersonne;

use super::campagne::Campagne;
use crate::lecture::{Champ, ClasseurLu, EvenementLu, PersonneLue, cle_reference};

/// Beyond this many pairs, references are no longer compared letter by letter.
const COMPARAISONS: usize = 1_000_000;

/// Persons and events of a workbook, matched.
pub(super) struct Rapprochement {
    /// For each person, the event that tells her situation.
    pub evenement_de: Vec<Option<usize>>,
    /// For each event, the person it is about.
    pub personne_de: Vec<Option<usize>>,
    /// For each person, the earlier row with the same reference.
    pub personne_en_double: Vec<Option<usize>>,
    /// For each event, the earlier event of the same person at the same date.
    pub evenement_en_double: Vec<Option<usize>>,
    /// Events whose person exists nowhere, without an explanation on the persons sheet.
    pub inconnus: HashSet<usize>,
    /// Reference found on an orphan event that is almost that of a person, or the reverse.
    pub corrections_personne: HashMap<usize, usize>,
    /// For an orphan event, the person without event whose reference is almost the same.
    pub corrections_evenement: HashMap<usize, usize>,
    /// True when both sheets have the column to match by.
    pub possible: bool,
}

impl Rapprochement {
    pub(super) fn du_classeur(classeur: &ClasseurLu, campagne: &Campagne) -> Self {
        let (personnes, evenements) = (&classeur.personnes, &classeur.evenements);
        let mut premiere: HashMap<Cow<'_, str>, usize> = HashMap::with_capacity(personnes.len());
        let mut personne_en_double = vec![None; personnes.len()];
        for (rang, personne) in personnes.iter().enumerate() {
            if let Some(reference) = personne.reference.valeur() {
                let premier = *premiere.entry(cle_reference(reference)).or_insert(rang);
                personne_en_double[rang] = (premier != rang).then_some(premier);
            }
        }
        let mut r = Self {
            evenement_de: vec![None; personnes.len()],
            personne_de: evenements
                .iter()
                .map(|e| premiere.get(&cle_reference(e.personne.valeur()?)).copied())
                .collect(),
            personne_en_double,
            evenement_en_double: vec![None; evenements.len()],
            inconnus: HashSet::new(),
            corrections_personne: HashMap::new(),
            corrections_evenement: HashMap::new(),
            possible: rapprochables(classeur),
        };
        r.attribue_les_evenements(evenements, campagne);
        if r.possible {
            r.explique_les_orphelins(personnes, evenements);
        }
        r
    }

    /// An event dated otherwise (C-EV-02) tells the situation of a person only when no other does, and
    /// is no duplicate of one at the right date: X27 forbids two events of a person at one date.
    fn attribue_les_evenements(&mut self, evenements: &[EvenementLu], campagne: &Campagne) {
        let a_la_date = |e: &EvenementLu| e.date.copie().is_none_or(|date| campagne.date == Some(date));
        for bonne_date in [true, false] {
            for (rang, evenement) in evenements.iter().enumerate().filter(|(_, e)| a_la_date(e) == bonne_date) {
                let Some(personne) = self.personne_de[rang] else { continue };
                match self.evenement_de[personne] {
                    None => self.evenement_de[personne] = Some(rang),
                    Some(premier) if evenements[premier].date == evenement.date || bonne_date => {
                        self.evenement_en_double[rang] = Some(premier);
                    }
                    Some(_) => {}
                }
            }
        }
    }

    /// Sets apart the events whose person is unknown only because her own row is wrong: a reference
    /// one keystroke away, or as many rows without a usable reference as there are orphans left.
    fn explique_les_orphelins(&mut self, personnes: &[PersonneLue], evenements: &[EvenementLu]) {
        let orphelin =
            |(rang, e): &(usize, &EvenementLu)| e.personne.valeur().is_some() && self.personne_de[*rang].is_none();
        let mut orphelins: Vec<usize> = evenements.iter().enumerate().filter(orphelin).map(|(rang, _)| rang).collect();
        let mut fautives = self.personnes_fautives_sans_evenement(personnes, evenements);
        let texte_evenement = |rang: usize| evenements[rang].personne.valeur().map_or("", AsRef::as_ref);
        let texte_personne = |rang: usize| personnes[rang].reference.valeur().map_or("", AsRef::as_ref);

        apparie(&mut orphelins, &mut fautives, |e, p| {
            let proches = une_frappe_d_ecart(texte_evenement(e), texte_personne(p));
            if proches && texte_evenement(e).parse::<ReferencePersonne>().is_ok() {
                self.corrections_personne.insert(p, e);
            }
            proches
        });
        if orphelins.len() <= fautives.len() {
            return;
        }
        self.inconnus = orphelins.iter().copied().collect();
        let mut sans: Vec<usize> = (0..personnes.len())
            .filter(|p| self.evenement_de[*p].is_none() && self.personne_en_double[*p].is_none())
            .collect();
        apparie(&mut orphelins, &mut sans, |e, p| {
            let proches = une_frappe_d_ecart(texte_evenement(e), texte_personne(p));
            if proches {
                self.corrections_evenement.insert(e, p);
            }
            proches
        });
    }

    fn personnes_fautives_sans_evenement(&self, personnes: &[PersonneLue], evenements: &[EvenementLu]) -> Vec<usize> {
        // A repeated reference has its events too when they are repeated as well.
        let mut en_trop: HashMap<usize, usize> = HashMap::new();
        for (rang, premier) in self.evenement_en_double.iter().enumerate() {
            if let (Some(_), Some(personne)) = (premier, self.personne_de[rang]) {
                *en_trop.entry(personne).or_default() += 1;
            }
        }
        debug_assert_eq!(self.evenement_en_double.len(), evenements.len());
        let mut fautives = Vec::new();
        for (rang, personne) in personnes.iter().enumerate() {
            let fautive = match (&personne.reference, self.personne_en_double[rang]) {
                (Champ::Valeur(_), Some(premier)) => match en_trop.get_mut(&premier) {
                    Some(reste) if *reste > 0 => {
                        *reste -= 1;
                        false
                    }
                    _ => true,
                },
                (Champ::Valeur(texte), None) => {
                    self.evenement_de[rang].is_none() && texte.parse::<ReferencePersonne>().is_err()
                }
                (Champ::Vide | Champ::Fautif, _) => true,
                (Champ::Absent, _) => false,
            };
            if fautive {
                fautives.push(rang);
            }
        }
        fautives
    }

    /// Events that stand for no present person: nobody's, unreadable, or a second one (for C-EV-06).
    pub(super) fn evenements_perdus(&self, evenements: &[EvenementLu]) -> usize {
        (0..evenements.len())
            .filter(|e| self.personne_de[*e].is_none() || self.evenement_en_double[*e].is_some())
            .count()
    }
}

fn rapprochables(classeur: &ClasseurLu) -> bool {
    let feuilles = classeur.a_la_feuille(Fiche::Personne) && classeur.a_la_feuille(Fiche::Evenement);
    let colonnes = !classeur.personnes.iter().any(|p| matches!(p.reference, Champ::Absent))
        && !classeur.evenements.iter().any(|e| matches!(e.personne, Champ::Absent));
    feuilles && colonnes
}

/// Takes out of both lists the pairs that satisfy a test, each element at most once.
fn apparie(gauche: &mut Vec<usize>, droite: &mut Vec<usize>, mut paire: impl FnMut(usize, usize) -> bool) {
    if gauche.len().saturating_mul(droite.len()) > COMPARAISONS {
        return;
    }
    gauche.retain(|g| match droite.iter().position(|d| paire(*g, *d)) {
        Some(rang) => {
            droite.remove(rang);
            false
        }
        None => true,
    });
}

/// True when two references differ by one character added, dropped or changed, or by two swapped.
fn une_frappe_d_ecart(a: &str, b: &str) -> bool {
    let (a, b) = (cle_reference(a), cle_reference(b));
    let (a, b) = if a.len() <= b.len() { (a.as_bytes(), b.as_bytes()) } else { (b.as_bytes(), a.as_bytes()) };
    if a.is_empty() || b.len() - a.len() > 1 {
        return false;
    }
    let debut = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (reste_a, reste_b) = (&a[debut..], &b[debut..]);
    if a.len() < b.len() {
        return reste_b.get(1..) == Some(reste_a);
    }
    let echange = match (reste_a, reste_b) {
        ([x, y, suite_a @ ..], [u, v, suite_b @ ..]) => x == v && y == u && suite_a == suite_b,
        _ => false,
    };
    echange || reste_a.get(1..) == reste_b.get(1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_keystroke_apart() {
        let proche = une_frappe_d_ecart;
        assert!(proche("BFC0182979408", "BFC01829794086"), "dropped");
        assert!(proche("BFC01829794086", "BFC01829794O86"), "changed");
        assert!(proche("BFC01829794086", "BFC01829790486"), "swapped");
        assert!(proche("bfc01829794086", "BFC01829794086"), "case does not count");
        assert!(!proche("BFC01829794086", "BFC01871086580"));
        assert!(!proche("", "A"));
        assert!(!proche("BFC018297940", "BFC01829794086"));
    }
}
