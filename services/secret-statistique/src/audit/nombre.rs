//! The two arithmetics of the simplex: exact fractions over a common denominator for each row, and
//! floating point for the components whose fractions outgrow 128 bits.

use std::ops::{Add, Mul, Neg, Sub};

use super::AuditImpossible;
use super::dictionnaire::pgcd;

/// Largest entry of an exact matrix: products of two, and their sum, still hold.
const ENTREE_MAXIMALE: i128 = 1 << 60;
/// Floating entry taken for zero.
const NUL: f64 = 1e-9;
/// Distance to a bound taken for the bound itself, in persons.
pub(crate) const TOLERANCE: f64 = 1e-6;

/// A number of the simplex.
pub(crate) trait Nombre:
    Copy + PartialOrd + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Neg<Output = Self>
{
    /// The same count.
    fn de(entier: i128) -> Self;
    /// True for zero.
    fn est_nul(self) -> bool;
    /// Without its sign.
    fn module(self) -> Self;
    /// True when it is less by more than rounding errors.
    fn avant(self, autre: Self) -> bool;
    /// True when this pivot is to be preferred to another that would do as well.
    fn vaut_mieux_que(self, autre: Self) -> bool;
    /// `(m, f)` such that `m × entry + f × pivot` vanishes, as small as can be.
    fn facteurs(pivot: Self, entree: Self) -> (Self, Self);
    /// Divides a row, its denominator and its value by what they have in common.
    fn simplifie(rangee: &mut [Self], den: &mut Self, valeur: &mut Self);
    /// Refuses entries that the arithmetic cannot hold.
    fn tiennent(rangee: &[Self], den: Self, valeur: Self) -> Result<(), AuditImpossible>;
    /// The quotient, as a floating number.
    fn quotient(self, den: Self) -> f64;
}

impl Nombre for i128 {
    fn de(entier: i128) -> Self {
        entier
    }

    fn est_nul(self) -> bool {
        self == 0
    }

    fn module(self) -> Self {
        self.abs()
    }

    fn avant(self, autre: Self) -> bool {
        self < autre
    }

    fn vaut_mieux_que(self, autre: Self) -> bool {
        self < autre
    }

    fn facteurs(pivot: Self, entree: Self) -> (Self, Self) {
        let g = pgcd(pivot, entree);
        (pivot / g, entree / g)
    }

    fn simplifie(rangee: &mut [Self], den: &mut Self, valeur: &mut Self) {
        let mut g = pgcd(*valeur, *den);
        for x in rangee.iter() {
            if g == 1 {
                return;
            }
            g = pgcd(g, *x);
        }
        rangee.iter_mut().chain([den, valeur]).for_each(|x| *x /= g);
    }

    fn tiennent(rangee: &[Self], den: Self, valeur: Self) -> Result<(), AuditImpossible> {
        let plus_grande = rangee.iter().fold(den.unsigned_abs(), |tous, x| tous | x.unsigned_abs());
        let tient = plus_grande < ENTREE_MAXIMALE.unsigned_abs() && valeur.unsigned_abs() < 1 << 120;
        if tient { Ok(()) } else { Err(AuditImpossible::Debordement) }
    }

    fn quotient(self, den: Self) -> f64 {
        self as f64 / den as f64
    }
}

impl Nombre for f64 {
    fn de(entier: i128) -> Self {
        entier as Self
    }

    fn est_nul(self) -> bool {
        self.abs() < NUL
    }

    fn module(self) -> Self {
        self.abs()
    }

    fn avant(self, autre: Self) -> bool {
        self < autre - TOLERANCE / 8.0
    }

    fn vaut_mieux_que(self, autre: Self) -> bool {
        self > autre
    }

    fn facteurs(pivot: Self, entree: Self) -> (Self, Self) {
        (1.0, entree / pivot)
    }

    fn simplifie(rangee: &mut [Self], den: &mut Self, valeur: &mut Self) {
        let inverse = den.recip();
        rangee.iter_mut().for_each(|x| *x *= inverse);
        *valeur *= inverse;
        *den = 1.0;
    }

    fn tiennent(_: &[Self], _: Self, valeur: Self) -> Result<(), AuditImpossible> {
        if valeur.is_finite() { Ok(()) } else { Err(AuditImpossible::Debordement) }
    }

    fn quotient(self, den: Self) -> f64 {
        self / den
    }
}
