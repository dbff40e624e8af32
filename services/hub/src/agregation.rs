//! What the hub adds up over several centres is raw again: it is shown only as far as it tells nothing
//! more than the cells already published. No sum is ever computed as if a masked part were zero.

use referentiel::Decimal;
use referentiel::cellule::Statut;

/// The cell of one centre, as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// Value of a count or of a figure.
    pub valeur: Option<Decimal>,
    /// Terms of a rate.
    pub rapport: Option<(Decimal, Decimal)>,
    /// Why there is a value, or none.
    pub statut: Statut,
    /// What readers can already tell of a masked count: at least, and at most if anything.
    pub bornes: Option<(u64, Option<u64>)>,
}

/// What may be shown of a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agregat {
    /// Exact: every part is visible.
    Valeur(Decimal),
    /// Every part is visible, one at least is a rounded count.
    Arrondi(Decimal),
    /// Rate, as its two terms.
    Rapport(Decimal, Decimal),
    /// Framed, ends included; without an upper end when nothing shown bounds a masked part.
    Entre(Decimal, Option<Decimal>),
    /// Nothing to show, and why.
    Absent(Statut),
}

/// Sum over centres. A masked part counts for the frame that its own centre's cells leave it: the frame
/// of the total is then what any reader could add up, and teaches nothing more.
pub fn somme(contributions: &[Contribution]) -> Agregat {
    let concernees = || contributions.iter().filter(|c| c.statut != Statut::SansObjet);
    if concernees().next().is_none() {
        let vide = if contributions.is_empty() { Statut::NonTransmis } else { Statut::SansObjet };
        return Agregat::Absent(vide);
    }
    let visible: Decimal = concernees().filter_map(|c| c.valeur).sum();
    let absentes = || concernees().filter(|c| c.valeur.is_none());
    let Some(premiere) = absentes().next() else {
        let arrondie = concernees().any(|c| c.statut == Statut::Arrondi);
        return if arrondie { Agregat::Arrondi(visible) } else { Agregat::Valeur(visible) };
    };
    let cadre = absentes().try_fold((visible, Some(visible)), |(bas, haut), c| {
        let (b, h) = c.bornes.filter(|_| c.statut == Statut::Secret)?;
        Some((bas + Decimal::from(b), haut.zip(h).map(|(haut, h)| haut + Decimal::from(h))))
    });
    match cadre {
        // « at least nothing » says nothing.
        Some((bas, None)) if bas.is_zero() => Agregat::Absent(Statut::Secret),
        Some((bas, haut)) => Agregat::Entre(bas, haut),
        None if absentes().any(|c| c.statut == Statut::Secret) => Agregat::Absent(Statut::Secret),
        None => Agregat::Absent(premiere.statut),
    }
}

/// Regional rate = Σ numerators / Σ denominators, never the mean of rates; none under the smallest denominator.
pub fn rapport(numerateur: Agregat, denominateur: Agregat, minimum: Decimal) -> Agregat {
    let vue = |a| match a {
        Agregat::Valeur(v) | Agregat::Arrondi(v) => Some(v),
        _ => None,
    };
    if let (Some(n), Some(d)) = (vue(numerateur), vue(denominateur)) {
        let significatif = d >= minimum && !d.is_zero();
        return if significatif { Agregat::Rapport(n, d) } else { Agregat::Absent(Statut::NonSignificatif) };
    }
    match (numerateur, denominateur) {
        (Agregat::Absent(Statut::Secret) | Agregat::Entre(..), _)
        | (_, Agregat::Absent(Statut::Secret) | Agregat::Entre(..)) => Agregat::Absent(Statut::Secret),
        (Agregat::Absent(statut), _) | (_, Agregat::Absent(statut)) => Agregat::Absent(statut),
        _ => Agregat::Absent(Statut::SansObjet),
    }
}

/// The cell of a single centre needs no sum: it is shown as it was published.
pub fn tel_quel(c: &Contribution) -> Agregat {
    match (c.valeur, c.rapport) {
        (Some(valeur), _) if c.statut == Statut::Arrondi => Agregat::Arrondi(valeur),
        (Some(valeur), _) => Agregat::Valeur(valeur),
        (None, Some((n, d))) => Agregat::Rapport(n, d),
        (None, None) => Agregat::Absent(c.statut),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vue(n: u64) -> Contribution {
        Contribution { valeur: Some(n.into()), rapport: None, statut: Statut::Publie, bornes: None }
    }

    fn absente(statut: Statut) -> Contribution {
        Contribution { valeur: None, rapport: None, statut, bornes: None }
    }

    #[test]
    fn a_total_over_masked_parts_is_secret_or_framed_never_wrong() {
        let cadree = |bas, haut| Contribution { bornes: Some((bas, haut)), ..absente(Statut::Secret) };
        assert_eq!(somme(&[vue(7), vue(0)]), Agregat::Valeur(7.into()));
        let arrondie = Contribution { statut: Statut::Arrondi, ..vue(5) };
        assert_eq!(somme(&[vue(7), arrondie.clone()]), Agregat::Arrondi(12.into()));
        assert_eq!(tel_quel(&arrondie), Agregat::Arrondi(5.into()));
        assert_eq!(somme(&[vue(7), cadree(0, Some(12))]), Agregat::Entre(7.into(), Some(19.into())));
        assert_eq!(somme(&[cadree(2, Some(9)), cadree(0, Some(30))]), Agregat::Entre(2.into(), Some(39.into())));
        assert_eq!(somme(&[vue(7), cadree(1, None)]), Agregat::Entre(8.into(), None));
        assert_eq!(somme(&[cadree(0, None), cadree(0, None)]), Agregat::Absent(Statut::Secret));
        assert_eq!(somme(&[cadree(2, Some(9)), absente(Statut::NonTransmis)]), Agregat::Absent(Statut::Secret));
    }

    #[test]
    fn absences_are_carried() {
        assert_eq!(somme(&[]), Agregat::Absent(Statut::NonTransmis));
        assert_eq!(somme(&[absente(Statut::SansObjet)]), Agregat::Absent(Statut::SansObjet));
        assert_eq!(somme(&[vue(7), absente(Statut::SansObjet)]), Agregat::Valeur(7.into()));
        assert_eq!(somme(&[vue(7), absente(Statut::NonSignificatif)]), Agregat::Absent(Statut::NonSignificatif));
    }

    #[test]
    fn a_rate_is_the_quotient_of_the_sums() {
        let cinq = Decimal::from(5);
        let v = |n: u64| Agregat::Valeur(n.into());
        assert_eq!(rapport(v(3), v(10), cinq), Agregat::Rapport(3.into(), 10.into()));
        assert_eq!(rapport(v(3), v(4), cinq), Agregat::Absent(Statut::NonSignificatif));
        assert_eq!(rapport(v(0), v(0), Decimal::ZERO), Agregat::Absent(Statut::NonSignificatif));
        assert_eq!(rapport(Agregat::Entre(cinq, Some(cinq)), v(10), cinq), Agregat::Absent(Statut::Secret));
        assert_eq!(rapport(Agregat::Absent(Statut::NonTransmis), v(10), cinq), Agregat::Absent(Statut::NonTransmis));
    }
}
