//! A cloud of points inside the polyhedron, and what they show about the width of each masked cell.

use super::polyedre::{POUSSEES, Polyedre};
use crate::suppression::libertes::{ABSENTE, Libertes};
use crate::systeme::Sort;
use crate::systeme::noyau::{Noyau, melange};

/// Random directions tried before cells are taken one by one.
const TIRAGES: u64 = 40;
/// Directions that raise several at once: coefficients to go through for all, and how many at most.
const SOULEVEMENTS: usize = 3_000_000;
const SOULEVEMENTS_MAXIMAUX: usize = 300;
/// Of these, how many in a row may raise none.
const VAINS: u32 = 8;
/// Steps of each.
const ELAN: usize = 8;
/// Coefficients to go through for the cells taken one by one; past it, more masks are needed first.
const EFFORT: usize = 6_000_000;
/// What rounding to the certificate's grid may take away from a width.
const MARGE: f64 = 4e-4;

/// Points and the extreme change of each variable over them and the true table.
#[derive(Debug, Clone)]
pub(crate) struct Nuage {
    /// Change of each variable at each point.
    pub points: Vec<Vec<f64>>,
    /// The point farthest from every bound, over the variables then over the parameters.
    pub centre: Vec<f64>,
    depart: Vec<f64>,
    /// Directions followed by the last search.
    pub pousses: usize,
    bas: Vec<f64>,
    haut: Vec<f64>,
    due: Vec<f64>,
}

impl Nuage {
    /// No point but the true table.
    pub(crate) fn nouveau(noyau: &Noyau, libertes: &Libertes) -> Self {
        let due = |k: &u32| {
            let c = noyau.classes.get(*k as usize).filter(|c| *k != ABSENTE && c.sort != Sort::Auxiliaire);
            c.map_or(0.0, |c| c.largeur as f64 - MARGE)
        };
        let n = libertes.classes.len();
        let due = libertes.classes.iter().map(due).collect();
        Self { points: vec![], centre: vec![], depart: vec![], pousses: 0, bas: vec![0.0; n], haut: vec![0.0; n], due }
    }

    /// Asks nothing of the other variables.
    pub(crate) fn ne_demande_qu(&mut self, a: impl Fn(usize) -> bool) {
        self.due.iter_mut().enumerate().filter(|(v, _)| !a(*v)).for_each(|(_, due)| *due = 0.0);
    }

    /// What a point must reach upwards, then downwards, for a variable to have its width.
    pub(crate) fn but(&self, v: u32) -> [f64; 2] {
        let i = v as usize;
        [self.due[i] + MARGE + self.bas[i], self.haut[i] - self.due[i] - MARGE]
    }

    /// Width that a variable still lacks.
    pub(crate) fn manque(&self, v: u32) -> f64 {
        self.due[v as usize] - (self.haut[v as usize] - self.bas[v as usize])
    }

    /// Variables that lack width.
    pub(crate) fn etroites(&self) -> Vec<u32> {
        (0..self.due.len() as u32).filter(|v| self.manque(*v) > 0.0).collect()
    }

    /// Keeps a point that shows more of a variable that lacks it.
    pub(crate) fn retient(&mut self, changes: Vec<f64>) {
        let elargit = |(v, x): (usize, &f64)| self.manque(v as u32) > 0.0 && (*x < self.bas[v] || *x > self.haut[v]);
        if changes.iter().enumerate().any(elargit) {
            self.bas.iter_mut().zip(&changes).for_each(|(b, x)| *b = b.min(*x));
            self.haut.iter_mut().zip(&changes).for_each(|(h, x)| *h = h.max(*x));
            self.points.push(changes);
        }
    }

    /// Looks for points until every variable has its width, or nothing more is found.
    pub(crate) fn etend(&mut self, polyedre: &Polyedre, centre: Vec<f64>) {
        self.centre = polyedre.changes(&centre);
        self.retient(self.centre.clone());
        self.depart = centre;
        self.complete(polyedre);
    }

    /// The same for variables that stand at their lower bound: some are raised together, fewer each time that
    /// they were in each other's way.
    pub(crate) fn souleve(&mut self, polyedre: &Polyedre, centre: Vec<f64>) {
        self.centre = polyedre.changes(&centre);
        self.retient(self.centre.clone());
        self.depart = centre;
        let tirages = (SOULEVEMENTS / polyedre.travail().max(1)).min(SOULEVEMENTS_MAXIMAUX) as u64;
        let (mut part, mut vains) = (1, 0);
        for tirage in 0..tirages {
            let etroites = self.etroites();
            if etroites.is_empty() || vains == VAINS {
                break;
            }
            let mut choisies = etroites.clone();
            choisies.retain(|v| melange(tirage << 32 ^ u64::from(*v)).is_multiple_of(part));
            let mut gain = polyedre.nulle();
            choisies.iter().for_each(|v| polyedre.vise(*v, 1.0, &mut gain));
            self.pousses += 1;
            self.retient(polyedre.changes(&polyedre.pousse(&self.depart, &gain, f64::INFINITY, ELAN)));
            let gagnees = etroites.len() - self.etroites().len();
            vains = if gagnees == 0 && !choisies.is_empty() { vains + 1 } else { 0 };
            if gagnees * 4 < choisies.len() {
                part = (part * 2).min(etroites.len() as u64);
            } else if choisies.len() <= gagnees {
                part = (part / 2).max(1);
            }
        }
    }

    /// Looks for points from the centre.
    pub(crate) fn complete(&mut self, polyedre: &Polyedre) {
        self.pousses = 0;
        let mut avant = usize::MAX;
        for tirage in 0..TIRAGES {
            let etroites = self.etroites();
            if etroites.len() < 8 || etroites.len() * 30 > avant.saturating_mul(29) {
                break;
            }
            avant = etroites.len();
            let mut gain = polyedre.nulle();
            for v in etroites {
                let hasard = melange(tirage << 32 ^ u64::from(v)) % 2001;
                polyedre.vise(v, hasard as f64 / 1000.0 - 1.0, &mut gain);
            }
            for _ in 0..2 {
                self.pousses += 1;
                self.retient(polyedre.changes(&polyedre.pousse(&self.depart, &gain, f64::INFINITY, ELAN)));
                gain.iter_mut().for_each(|g| *g = -*g);
            }
        }
        let etroites = self.etroites();
        if etroites.len() * polyedre.taille() <= EFFORT {
            etroites.into_iter().for_each(|v| self.insiste(polyedre, v));
        }
    }

    /// The points brought to where a variable has its true value, as near as the room around the centre
    /// commends, and not farther from the true table than the bounds allow.
    pub(crate) fn projete(&self, polyedre: &Polyedre, v: u32) -> Self {
        let n = self.due.len();
        let mut gain = polyedre.nulle();
        polyedre.vise(v, 1.0, &mut gain);
        let pas = polyedre.changes(&polyedre.direction(&self.depart, &gain));
        let projete = |p: &Vec<f64>| -> Vec<f64> {
            let fois = p[v as usize] / pas[v as usize];
            let mut q: Vec<f64> = p.iter().zip(&pas).map(|(x, u)| x - fois * u).collect();
            let t = (0.99 * polyedre.portee_depuis_la_verite(&q)).min(1.0);
            q.iter_mut().for_each(|x| *x *= t);
            q[v as usize] = 0.0;
            q
        };
        let mut autre = Self {
            points: vec![],
            centre: projete(&self.centre),
            depart: vec![],
            pousses: 0,
            bas: vec![0.0; n],
            haut: vec![0.0; n],
            due: self.due.clone(),
        };
        autre.due[v as usize] = 0.0;
        let centre = autre.centre.clone();
        autre.retient(centre);
        self.points.iter().for_each(|p| autre.retient(projete(p)));
        autre
    }

    /// Takes as a start the centre brought along, over the parameters left.
    pub(crate) fn recentre(&mut self, polyedre: &Polyedre, parametres: &[u32]) {
        self.depart = polyedre.centre(parametres.iter().map(|p| self.centre[*p as usize]).collect());
        self.centre = polyedre.changes(&self.depart);
    }

    /// Both ends of the interval of one variable.
    fn insiste(&mut self, polyedre: &Polyedre, v: u32) {
        for sens in [1.0, -1.0] {
            let mut gain = polyedre.nulle();
            polyedre.vise(v, sens, &mut gain);
            if self.manque(v) > 0.0 && gain.iter().any(|g| *g != 0.0) {
                self.pousses += 1;
                let deja = if sens > 0.0 { self.bas[v as usize] } else { -self.haut[v as usize] };
                let point = polyedre.pousse(&self.depart, &gain, self.due[v as usize] + deja + MARGE, POUSSEES);
                self.retient(polyedre.changes(&point));
            }
        }
    }
}
