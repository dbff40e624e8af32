//! Tries every rounding of a small table: finds one where there is one, and says so where there is none.

use super::SansArrondi;
use super::sommes::Probleme;

/// Finest cells with a choice up to which all are tried.
const CHOIX_MAXIMAUX: usize = 48;
/// Choices made before giving up.
const ESSAIS: u64 = 4_000_000;

/// The change of each finest cell.
pub(super) fn cherche(probleme: &Probleme) -> Result<Vec<i64>, SansArrondi> {
    let libres: Vec<usize> =
        (0..probleme.fines.len()).filter(|f| probleme.fines[*f].0 != probleme.fines[*f].1).collect();
    if libres.len() > CHOIX_MAXIMAUX {
        return Err(SansArrondi::NonTrouve);
    }
    let mut essai = Essai::nouveau(probleme);
    match essai.complete(&libres) {
        true => Ok(essai.choisis),
        false if essai.essais > ESSAIS => Err(SansArrondi::NonTrouve),
        false => Err(SansArrondi::Inexistant),
    }
}

struct Essai<'p> {
    probleme: &'p Probleme,
    choisis: Vec<i64>,
    /// Smallest and largest error that each sum can still have.
    bas: Vec<i64>,
    haut: Vec<i64>,
    essais: u64,
}

impl<'p> Essai<'p> {
    fn nouveau(probleme: &'p Probleme) -> Self {
        let mut bas = vec![0; probleme.bornes.len()];
        let mut haut = bas.clone();
        for (presences, (b, h)) in probleme.presences.iter().zip(&probleme.fines) {
            for (s, c) in presences {
                bas[*s as usize] += (c * b).min(c * h);
                haut[*s as usize] += (c * b).max(c * h);
            }
        }
        let choisis = probleme.fines.iter().map(|(b, _)| *b).collect();
        Self { probleme, choisis, bas, haut, essais: 0 }
    }

    fn tenable(&self, f: usize) -> bool {
        let possible = |s: &u32| {
            let borne = self.probleme.bornes[*s as usize];
            self.bas[*s as usize] <= borne.haut && self.haut[*s as usize] >= borne.bas
        };
        self.probleme.presences[f].iter().all(|(s, _)| possible(s))
    }

    /// Narrows every sum of a cell to one of its choices, or (`sens` of −1) takes that back.
    fn fixe(&mut self, f: usize, choix: i64, sens: i64) {
        let (b, h) = self.probleme.fines[f];
        for (s, c) in &self.probleme.presences[f] {
            self.bas[*s as usize] += sens * (c * choix - (c * b).min(c * h));
            self.haut[*s as usize] += sens * (c * choix - (c * b).max(c * h));
        }
    }

    fn complete(&mut self, restent: &[usize]) -> bool {
        let Some((f, suite)) = restent.split_first() else {
            return (0..self.bas.len()).all(|s| self.probleme.bornes[s].defaut(self.bas[s]) == 0);
        };
        let (b, h) = self.probleme.fines[*f];
        let proche = if -b <= h { [b, h] } else { [h, b] };
        for choix in proche {
            self.essais += 1;
            if self.essais > ESSAIS {
                return false;
            }
            self.fixe(*f, choix, 1);
            self.choisis[*f] = choix;
            if self.tenable(*f) && self.complete(suite) {
                return true;
            }
            self.fixe(*f, choix, -1);
        }
        false
    }
}
