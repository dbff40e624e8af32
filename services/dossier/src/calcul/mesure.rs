//! The formulas, one line each: what a count counts, what an operational figure reads, what a median
//! is taken over. Which of them are published, where and crossed with what, is the jeu's business.
//!
//! `D` is the event date, `D0` that of the campaign before, `ENT` and `SOR` the dates of entry and
//! exit, `SUI` and `VEI` the statuses « Suivi par le dispositif » and « Veille totale » (annexe 2).

use referentiel::Decimal;
use rust_decimal::RoundingStrategy;

use super::situation::{Situation, jours};
use crate::fiche::FicheDispositif;
use crate::modalite::StatutAccompagnement::{Suivi, VeilleTotale};

/// A count of persons.
#[derive(Clone, Copy)]
pub(super) struct Compte {
    pub retient: fn(&Situation<'_>) -> bool,
    /// Only persons with an event can be counted, so that their situation is known.
    pub evenement_assure: bool,
    /// Has no meaning without the campaign before.
    pub exige_precedente: bool,
}

/// The count of this code.
pub(super) fn compte(code: &str) -> Option<Compte> {
    let presents = |retient| Compte { retient, evenement_assure: true, exige_precedente: false };
    let comparaison = |retient| Compte { retient, evenement_assure: true, exige_precedente: true };
    let flux = |retient| Compte { retient, evenement_assure: false, exige_precedente: false };
    Some(match code {
        "EA01" => presents(|s| s.a_statut(Suivi)),
        "EA02V" => presents(|s| s.a_statut(VeilleTotale)),
        "EA02" => presents(|s| s.present()),
        "PRESENTS" => comparaison(|s| s.present() && s.present_avant()),
        "NOUVEAUX" => comparaison(|s| s.present() && !s.present_avant()),
        "EA03" => flux(|s| s.entre_au_plus_tard(s.date) && !s.sorti_avant()),
        "EA04" => flux(|s| s.entre_dans_la_periode()),
        "EA05" => flux(|s| s.sort_dans_la_periode()),
        "EA23E" => flux(|s| s.entre_dans_l_annee() && s.entre_au_plus_tard(s.date)),
        "EA23A" => flux(|s| s.entre_dans_l_annee() && s.entre_au_plus_tard(s.date_precedente)),
        _ => return None,
    })
}

/// Reads an operational figure of a fiche dispositif.
pub(super) type Releve = fn(&FicheDispositif) -> Option<Decimal>;

/// The operational figure of this code.
pub(super) fn releve(code: &str) -> Option<Releve> {
    Some(match code {
        "CAPACITE" => |d| d.capacite.map(Decimal::from),
        "ETP" => |d| d.etp_total,
        "ETP_HA" => |d| d.etp_hors_administratifs,
        "PRO" => |d| d.professionnels.map(Decimal::from),
        "EA22" => |d| d.liste_attente.map(Decimal::from),
        "SANS_SUITE" => |d| d.sans_suite.map(Decimal::from),
        _ => return None,
    })
}

/// A median or a mean over persons.
#[derive(Clone, Copy)]
pub(super) struct Statistique {
    /// Whole days or months of one person, `None` when the person is not concerned or not known.
    pub valeur: fn(&Situation<'_>) -> Option<i64>,
    resume: fn(&mut [i64]) -> Decimal,
    /// What the values are divided by to be months.
    diviseur: Decimal,
}

impl Statistique {
    /// The figure in months, rounded to one decimal; `None` when nobody contributes.
    pub fn resume(&self, valeurs: &mut [i64]) -> Option<Decimal> {
        if valeurs.is_empty() {
            return None;
        }
        let mois = (self.resume)(valeurs) / self.diviseur;
        let mut arrondi = mois.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero);
        arrondi.rescale(1);
        Some(arrondi)
    }
}

/// The median or mean of this code.
pub(super) fn statistique(code: &str) -> Option<Statistique> {
    // The mean length of a month, as the glossary fixes it.
    let en_jours = |valeur, resume| Statistique { valeur, resume, diviseur: Decimal::new(3044, 2) };
    let en_mois = |valeur, resume| Statistique { valeur, resume, diviseur: Decimal::ONE };
    Some(match code {
        "EA08M" => en_jours(duree_en_cours, mediane),
        "EA08" => en_jours(duree_en_cours, moyenne),
        "EA09M" => en_jours(duree_a_la_sortie, mediane),
        "EA09" => en_jours(duree_a_la_sortie, moyenne),
        "EA26M" => en_mois(duree_sans_emploi, mediane),
        _ => return None,
    })
}

fn duree_en_cours(s: &Situation<'_>) -> Option<i64> {
    s.personne.entree.filter(|_| s.present()).and_then(|entree| jours(entree, s.date))
}

fn duree_a_la_sortie(s: &Situation<'_>) -> Option<i64> {
    let sortie = s.personne.sortie.filter(|_| s.sort_dans_la_periode())?;
    jours(s.personne.entree?, sortie)
}

fn duree_sans_emploi(s: &Situation<'_>) -> Option<i64> {
    s.personne.duree_sans_emploi.filter(|_| s.a_statut(Suivi)).map(i64::from)
}

fn mediane(valeurs: &mut [i64]) -> Decimal {
    valeurs.sort_unstable();
    let milieu = valeurs.len() / 2;
    match valeurs {
        [] => Decimal::ZERO,
        impair if impair.len() % 2 == 1 => Decimal::from(impair[milieu]),
        pair => Decimal::from(pair[milieu - 1] + pair[milieu]) / Decimal::TWO,
    }
}

fn moyenne(valeurs: &mut [i64]) -> Decimal {
    Decimal::from(valeurs.iter().sum::<i64>()) / Decimal::from(valeurs.len().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_means_are_in_months_with_one_decimal() {
        let dixiemes = |v: i64| Some(Decimal::new(v, 1));
        let mediane_en_jours = statistique("EA08M").unwrap();
        assert_eq!(mediane_en_jours.resume(&mut [365, 30, 61]), dixiemes(20)); // 61 / 30.44 = 2.004
        assert_eq!(mediane_en_jours.resume(&mut [365, 30]), dixiemes(65)); // 197.5 / 30.44 = 6.488
        assert_eq!(statistique("EA08").unwrap().resume(&mut [365, 30, 61]), dixiemes(50)); // 152 / 30.44 = 4.993
        assert_eq!(statistique("EA26M").unwrap().resume(&mut [3, 24]), dixiemes(135));
        assert_eq!(mediane_en_jours.resume(&mut []), None);
    }
}
