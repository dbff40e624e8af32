//! The checks of a jeu applied to what was keyed for a period. Pure: the period before and the day are
//! given. A figure that is missing is never replaced by zero; a check that misses one says nothing, except
//! `presence`. A correction is proposed where the mistake is recognisable, and never applied.

mod liste;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::cellule::Ventilation;
use crate::controle::Severite;
use crate::format;
use crate::indice::{arrondi, chiffres_inverses, dit, partie_oubliee, pour_cent};
use crate::nomenclature::Modalite;
use crate::periode::Trimestre;

use super::Jeu;
use super::declaration::{Coordonnee, Declaration};
use super::regle::{Borne, Identite, Operande, Parts, Presence, Ratio, Somme, Tete, Variation};

/// Where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The declaration as a whole.
    Ensemble,
    /// A cell of a grid.
    Cellule(Coordonnee),
    /// A field of a record, counted from 0.
    Rangee {
        /// List.
        liste: String,
        /// Record.
        rang: usize,
        /// Field.
        champ: String,
    },
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constat {
    /// Code of the check.
    pub controle: String,
    /// Weight.
    pub severite: Severite,
    /// Where.
    pub place: Place,
    /// What was read.
    pub lu: Option<String>,
    /// What is expected.
    pub attendu: Option<String>,
    /// French sentence.
    pub message: String,
    /// Proposed value.
    pub correction: Option<String>,
}

/// What the checks look at.
#[derive(Debug, Clone, Copy)]
pub struct Examen<'a> {
    /// Data set.
    pub jeu: &'a Jeu,
    /// Period.
    pub periode: Trimestre,
    /// What was keyed.
    pub courante: &'a Declaration,
    /// What was keyed for the period before, if it was.
    pub precedente: Option<&'a Declaration>,
    /// Today.
    pub jour: NaiveDate,
}

impl Tete<'_> {
    fn constat(&self, place: Place, lu: String, attendu: String, correction: Option<String>) -> Constat {
        let message = format!("{}\u{a0}: lu {lu}, attendu {attendu}.", self.regle.trim_end_matches('.'));
        Constat {
            controle: self.code.to_owned(),
            severite: self.severite,
            place,
            lu: Some(lu),
            attendu: Some(attendu),
            message,
            correction,
        }
    }
}

/// Applies every check of the jeu. Findings come by place of the file, then by code.
pub fn examiner(e: &Examen<'_>) -> Vec<Constat> {
    let c = &e.jeu.controles;
    let mut constats = Vec::new();
    c.somme.iter().for_each(|r| constats.extend(e.somme(r.get_ref())));
    c.parts.iter().for_each(|r| constats.extend(e.parts(r.get_ref())));
    c.identite.iter().for_each(|r| constats.extend(e.identite(r.get_ref())));
    c.borne.iter().for_each(|r| constats.extend(e.borne(r.get_ref())));
    c.ratio.iter().for_each(|r| constats.extend(e.ratio(r.get_ref())));
    c.variation.iter().for_each(|r| constats.extend(e.variation(r.get_ref())));
    c.presence.iter().for_each(|r| constats.extend(e.presence(r.get_ref())));
    constats.extend(liste::examiner(e));
    constats.extend(e.forclusion());
    constats.sort_by(|a, b| (&a.place, &a.controle).cmp(&(&b.place, &b.controle)));
    constats
}

impl Examen<'_> {
    fn cellule(&self, o: &Operande) -> Place {
        Place::Cellule(Coordonnee { mesure: o.mesure.clone(), ventilation: o.place() })
    }

    /// The figure of an operand; none when a cell it needs is empty.
    fn valeur(&self, o: &Operande) -> Option<Decimal> {
        let declaration = if o.precedente { self.precedente? } else { self.courante };
        let place = o.place();
        let lue = match &o.somme_sur {
            None => declaration.valeur(&o.mesure, &place)?,
            Some(axe) => {
                let parties: Vec<Decimal> = self
                    .racines(axe)
                    .filter_map(|m| declaration.valeur(&o.mesure, &place.avec(axe, &m.code)))
                    .collect();
                (!parties.is_empty()).then(|| parties.iter().sum())?
            }
        };
        let parametre = match &o.parametre {
            Some(code) => self.parametre(code)?,
            None => Decimal::ONE,
        };
        Some(lue * o.poids * parametre)
    }

    /// A parameter as it stands on the last day of the period.
    fn parametre(&self, code: &str) -> Option<Decimal> {
        self.jeu.parametre(code, self.periode.fin()).map(|p| p.valeur)
    }

    fn racines(&self, axe: &str) -> impl Iterator<Item = &Modalite> {
        self.jeu.nomenclature(axe).into_iter().flat_map(|n| n.racines()).filter(|m| !m.hors_saisie)
    }

    fn somme(&self, r: &Somme) -> Vec<Constat> {
        let Some(nomenclature) = self.jeu.nomenclature(&r.axe) else { return vec![] };
        let sans: BTreeSet<Ventilation> =
            self.courante.places(&r.mesure).map(|(place, _)| place.sans(&r.axe)).collect();
        let mut constats = Vec::new();
        for marge in sans {
            let parties: Vec<&Modalite> = self.racines(&r.axe).collect();
            constats.extend(self.total_faux(r, &marge, &marge, &parties));
            for groupe in nomenclature.modalites.iter().filter(|m| m.regroupement) {
                let parties: Vec<&Modalite> = nomenclature.enfants(&groupe.code).collect();
                constats.extend(self.total_faux(r, &marge.avec(&r.axe, &groupe.code), &marge, &parties));
            }
        }
        constats
    }

    fn total_faux(
        &self,
        r: &Somme,
        place: &Ventilation,
        marge: &Ventilation,
        modalites: &[&Modalite],
    ) -> Option<Constat> {
        let total = self.courante.valeur(&r.mesure, place)?;
        let valeur = |m: &Modalite| self.courante.valeur(&r.mesure, &marge.avec(&r.axe, &m.code));
        let parties: Vec<(&str, Decimal)> =
            modalites.iter().filter_map(|m| Some((m.libelle.as_str(), valeur(m)?))).collect();
        let vides: Vec<&str> = modalites.iter().filter(|m| valeur(m).is_none()).map(|m| m.libelle.as_str()).collect();
        let somme: Decimal = parties.iter().map(|(_, v)| *v).sum();
        if parties.is_empty() || (total - somme).abs() <= r.tolerance {
            return None;
        }
        let coordonnee = Coordonnee { mesure: r.mesure.clone(), ventilation: place.clone() };
        let correction = correction_du_total(total, &parties, &vides);
        Some(r.tete().constat(Place::Cellule(coordonnee), dit(total), dit(somme), correction))
    }

    fn parts(&self, r: &Parts) -> Vec<Constat> {
        let lignes: BTreeSet<Ventilation> =
            self.courante.places(&r.mesure).map(|(place, _)| place.sans(&r.axe)).collect();
        lignes.iter().filter_map(|ligne| self.parts_fausses(r, ligne)).collect()
    }

    fn parts_fausses(&self, r: &Parts, ligne: &Ventilation) -> Option<Constat> {
        let modalites: Vec<&Modalite> = self.racines(&r.axe).collect();
        let place = |m: &Modalite| ligne.avec(&r.axe, &m.code);
        let parties: Option<Vec<(&Modalite, Decimal)>> =
            modalites.iter().map(|m| Some((*m, self.courante.valeur(&r.mesure, &place(m))?))).collect();
        let parties = parties?;
        let somme: Decimal = parties.iter().map(|(_, v)| *v).sum();
        if (somme - r.total).abs() <= r.tolerance {
            return None;
        }
        // The part whose digits, in another order, make the whole again; else nothing tells which one is wrong.
        let juste = |v: Decimal| r.total - (somme - v);
        let mut candidates = parties.iter().filter(|(_, v)| chiffres_inverses(*v, juste(*v)));
        let inversee = candidates.next().filter(|_| candidates.next().is_none());
        let fautive = inversee.or(parties.first())?;
        let coordonnee = Coordonnee { mesure: r.mesure.clone(), ventilation: place(fautive.0) };
        let correction = inversee.map(|(m, v)| {
            let valeur = dit(juste(*v));
            format!("{valeur} pour «\u{a0}{}\u{a0}»\u{a0}: les chiffres de {} sont inversés", m.libelle, dit(*v))
        });
        let termes: Vec<String> = parties.iter().map(|(_, v)| dit(*v)).collect();
        let lu = format!("{} = {}", termes.join(" + "), dit(somme));
        Some(r.tete().constat(Place::Cellule(coordonnee), lu, dit(r.total), correction))
    }

    fn identite(&self, r: &Identite) -> Option<Constat> {
        let total = self.valeur(&r.total)?;
        let parties: Vec<Decimal> = r.parties.iter().map(|p| self.valeur(p)).collect::<Option<_>>()?;
        let somme: Decimal = parties.iter().sum();
        if (total - somme).abs() <= r.tolerance {
            return None;
        }
        let attendu = format!("{} (écart {})", dit(somme), dit(total - somme));
        Some(r.tete().constat(self.cellule(&r.total), dit(total), attendu, None))
    }

    fn borne(&self, r: &Borne) -> Option<Constat> {
        let valeur = self.valeur(&r.valeur)?;
        let plancher = [r.min, r.plancher.as_ref().and_then(|o| self.valeur(o))].into_iter().flatten().max();
        let plafond = [r.max, r.plafond.as_ref().and_then(|o| self.valeur(o))].into_iter().flatten().min();
        let attendu = hors_des_bornes(valeur, plancher, plafond, &dit)?;
        Some(r.tete().constat(self.cellule(&r.valeur), dit(valeur), attendu, None))
    }

    fn ratio(&self, r: &Ratio) -> Option<Constat> {
        let (n, d) = (self.valeur(&r.numerateur)?, self.valeur(&r.denominateur)?);
        let taux = n.checked_div(d)? * Decimal::ONE_HUNDRED;
        let attendu = hors_des_bornes(taux, r.min, r.max, &pour_cent)?;
        Some(r.tete().constat(self.cellule(&r.numerateur), pour_cent(taux), attendu, None))
    }

    fn variation(&self, r: &Variation) -> Option<Constat> {
        let evolution = |o: &Operande| {
            let avant = self.valeur(&Operande { precedente: true, ..o.clone() })?;
            (self.valeur(o)? - avant).checked_div(avant).map(|v| v * Decimal::ONE_HUNDRED)
        };
        let lue = evolution(&r.valeur)?;
        let signee = |v: Decimal| {
            let signe = if v.is_sign_positive() && !v.is_zero() { "+" } else { "" };
            format!("{signe}{}", pour_cent(v))
        };
        if let Some(autre) = r.comme.as_ref().and_then(evolution)
            && (lue * autre).is_sign_negative()
            && !(lue * autre).is_zero()
        {
            let attendu = format!("le même sens que {}", signee(autre));
            return Some(r.tete().constat(self.cellule(&r.valeur), signee(lue), attendu, None));
        }
        let attendu = hors_des_bornes(lue, r.baisse_max.map(|b| -b), r.hausse_max, &signee)?;
        Some(r.tete().constat(self.cellule(&r.valeur), signee(lue), attendu, None))
    }

    fn presence(&self, r: &Presence) -> Vec<Constat> {
        let place = |m: &Modalite| Coordonnee {
            mesure: r.mesure.clone(),
            ventilation: Ventilation::nouvelle([(r.axe.as_str(), m.code.as_str())]),
        };
        let vide =
            |c: &Coordonnee| !self.courante.cellules.contains_key(c) && !self.courante.non_disponibles.contains(c);
        let modalites = self.racines(&r.axe).map(|m| (m, place(m))).filter(|(_, c)| vide(c));
        let attendu = "un nombre, 0 compris, ou «\u{a0}non disponible\u{a0}»";
        let constat = |(m, c): (&Modalite, Coordonnee)| {
            r.tete().constat(Place::Cellule(c), format!("«\u{a0}{}\u{a0}» vide", m.libelle), attendu.to_owned(), None)
        };
        modalites.map(constat).collect()
    }

    fn forclusion(&self) -> Option<Constat> {
        let f = self.jeu.forclusion.as_ref()?;
        let echeance = f.echeance(self.periode.fin());
        let restant = (echeance - self.jour).num_days();
        let (severite, message) = match restant {
            ..0 => (Severite::Bloquant, format!("{} est forclos depuis le {}.", self.periode, format::date(echeance))),
            _ if restant <= f.rappel_jours => {
                let jours = format::compte(restant.unsigned_abs(), "jour", "jours");
                let message =
                    format!("{} sera forclos le {}\u{a0}: il reste {jours}.", self.periode, format::date(echeance));
                (Severite::Avertissement, message)
            }
            _ => return None,
        };
        Some(Constat {
            controle: f.code.clone(),
            severite,
            place: Place::Ensemble,
            lu: Some(format::date(self.jour)),
            attendu: Some(format!("au plus tard le {}", format::date(echeance))),
            message: format!("{}\u{a0}: {message}", f.regle.trim_end_matches('.')),
            correction: None,
        })
    }
}

/// What a wrong total itself says of the mistake: a part left out, digits in another order, an empty cell.
fn correction_du_total(total: Decimal, parties: &[(&str, Decimal)], vides: &[&str]) -> Option<String> {
    let somme: Decimal = parties.iter().map(|(_, v)| *v).sum();
    if let Some(oubliee) = partie_oubliee(total, parties) {
        return Some(format!("{}\u{a0}: le total oublie «\u{a0}{oubliee}\u{a0}»", dit(somme)));
    }
    if chiffres_inverses(total, somme) {
        return Some(format!("{}\u{a0}: les chiffres du total sont inversés", dit(somme)));
    }
    let juste = |v: Decimal| total - (somme - v);
    let mut inversees = parties.iter().filter(|(_, v)| chiffres_inverses(*v, juste(*v)));
    if let (Some((libelle, v)), None) = (inversees.next(), inversees.next()) {
        return Some(format!(
            "{} pour «\u{a0}{libelle}\u{a0}»\u{a0}: les chiffres de {} sont inversés",
            dit(juste(*v)),
            dit(*v)
        ));
    }
    match vides {
        [seule] if total > somme => Some(format!("{} dans la cellule vide «\u{a0}{seule}\u{a0}»", dit(total - somme))),
        _ => None,
    }
}

/// What was expected, when the figure is not between the bounds.
fn hors_des_bornes(
    valeur: Decimal,
    min: Option<Decimal>,
    max: Option<Decimal>,
    ecrit: &dyn Fn(Decimal) -> String,
) -> Option<String> {
    if let Some(min) = min.filter(|min| valeur < *min) {
        return Some(format!("au moins {}", ecrit(min)));
    }
    max.filter(|max| valeur > *max).map(|max| format!("au plus {}", ecrit(max)))
}

/// Rounded to the cent, as an amount is written.
fn au_centime(valeur: Decimal) -> Decimal {
    arrondi(valeur, 2)
}
