//! Rules on the amounts of a plan d'actions: ceilings of the axes, no transfer between them, advance.

use std::collections::BTreeMap;

use referentiel::Decimal;
use referentiel::format::{euros, pourcentage};

use super::modele::{Convention, Plafonnement};

/// Identifiers of the rules held here.
pub(super) const REGLES: [&str; 5] = ["R-CAP1", "R-CAP3", "R-CAP5", "R-FONG", "R-ACOMPTE"];

/// Amounts by axis.
pub type Montants = BTreeMap<u8, Decimal>;

/// A rule of the plan that is not respected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depassement {
    /// Identifier of the rule.
    pub regle: String,
    /// Why, in French.
    pub explication: String,
}

/// R-CAP1, R-CAP3, R-CAP5: the share of each axis in the total asked stays under its ceiling.
pub fn plafonds(convention: &Convention, demandes: &Montants) -> Vec<Depassement> {
    let plafonnes = convention.axes.iter().filter_map(|axe| Some((axe.numero, axe.plafond_part?)));
    plafonnes.filter_map(|(axe, plafond)| plafond_de_l_axe(axe, plafond, demandes)).collect()
}

fn plafond_de_l_axe(axe: u8, plafond: Decimal, demandes: &Montants) -> Option<Depassement> {
    let total: Decimal = demandes.values().sum();
    let demande = demandes.get(&axe).copied().unwrap_or_default();
    let part = demande.checked_div(total).filter(|part| *part > plafond)?;
    Some(Depassement {
        regle: format!("R-CAP{axe}"),
        explication: format!(
            "L’axe {axe} atteint {} du total ({} sur {}) : plafond {}.",
            pourcentage_fin(part),
            euros(demande),
            euros(total),
            pourcentage(plafond)
        ),
    })
}

/// Two decimals, so that a slight excess does not read as the ceiling itself.
fn pourcentage_fin(part: Decimal) -> String {
    format!("{}\u{a0}%", referentiel::format::decimal((part * Decimal::ONE_HUNDRED).round_dp(2)))
}

/// R-FONG: what may be paid of what was valued. Without transfer, what an axis spends beyond its own
/// amount is lost even when another axis spends less; else only the whole is capped.
pub fn payable(convention: &Convention, demandes: &Montants, valorises: &Montants) -> Decimal {
    match convention.plafonnement {
        Plafonnement::Axe => {
            let paye = |(axe, valorise): (&u8, &Decimal)| demandes.get(axe).copied().unwrap_or_default().min(*valorise);
            valorises.iter().map(paye).sum()
        }
        Plafonnement::Global => demandes.values().sum::<Decimal>().min(valorises.values().sum()),
    }
}

/// R-ACOMPTE: the advance of the first year, when the convention has a rate.
pub fn acompte(convention: &Convention, total: Decimal) -> Option<Decimal> {
    convention.taux_acompte.map(|taux| (taux * total).round_dp(2))
}

#[cfg(test)]
mod tests {
    use super::super::modele::convention;
    use super::*;

    fn montants(valeurs: [i64; 5]) -> Montants {
        (1..).zip(valeurs.map(Decimal::from)).collect()
    }

    #[test]
    fn the_plan_of_the_source_is_within_its_ceilings_and_its_advance_is_exact() {
        let v5 = convention("fiphfp-v5").unwrap();
        let plan = montants([22_000, 68_000, 113_500, 90_000, 5_000]);
        assert_eq!(plafonds(v5, &plan), []);
        assert_eq!(acompte(v5, plan.values().sum()), Some(Decimal::from(119_400)));
    }

    #[test]
    fn each_ceiling_is_named_when_it_is_passed_and_not_when_it_is_reached() {
        let v5 = convention("fiphfp-v5").unwrap();
        let regles = |valeurs| plafonds(v5, &montants(valeurs)).into_iter().map(|d| d.regle).collect::<Vec<_>>();
        assert_eq!(regles([32_000, 68_000, 113_500, 90_000, 5_000]), ["R-CAP1"]);
        assert_eq!(regles([10, 30, 50, 0, 10]), Vec::<String>::new());
        assert_eq!(regles([0, 40, 60, 0, 0]), ["R-CAP3"]);
        assert_eq!(regles([0, 80, 0, 0, 20]), ["R-CAP5"]);
        assert_eq!(regles([0; 5]), Vec::<String>::new());
        let dit = plafonds(v5, &montants([32_000, 68_000, 113_500, 90_000, 5_000]));
        assert!(dit[0].explication.contains("10,37\u{a0}%"), "{}", dit[0].explication);
    }

    #[test]
    fn without_transfer_an_excess_is_lost_with_it_the_whole_is_capped() {
        let (v4, v5) = (convention("fiphfp-v4").unwrap(), convention("fiphfp-v5").unwrap());
        let demandes = montants([10_000, 20_000, 0, 0, 0]);
        let valorises = montants([15_000, 12_000, 0, 0, 0]);
        assert_eq!(payable(v5, &demandes, &valorises), Decimal::from(22_000));
        assert_eq!(payable(v4, &demandes, &valorises), Decimal::from(27_000));
        let (initial, depense) =
            (montants([10_980, 50_000, 75_000, 90_000, 0]), montants([11_400, 56_000, 87_900, 102_000, 0]));
        assert_eq!(payable(v4, &initial, &depense), Decimal::from(225_980));
    }
}
