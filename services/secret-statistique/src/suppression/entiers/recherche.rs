//! Looks for tables of integers that a reader cannot exclude and where one masked cell is far from its true
//! value: from the true table, parameter after parameter as far as the bounds allow, then several together
//! where one alone is stopped, then again from tables shaken at random. Every table met is a proof by itself.

use std::collections::HashSet;

use super::mobilite::Mobilite;
use crate::systeme::noyau::melange;

/// Parameters of a cell that are tried, those that move least first.
const CHEMINS: usize = 48;
/// Parameters joined to one that is stopped.
const DETOURS: usize = 6;
/// Cells that may stop a change before it is given up.
const OBSTACLES: usize = 12;
/// Parameters weighed to free one cell that stops the others.
const SECOURS: usize = 24;
/// Detours that start with one parameter.
const REPRISES: u32 = 4;
/// Tables shaken at random before a cell is given up.
const SECOUSSES: u64 = 12;
/// Parameters that each shakes.
const SECOUES: usize = 160;

/// A change of the table: (variable, change), sorted, without zeros.
pub(crate) type Mouvement = Vec<(u32, i64)>;

/// The table reached so far, as its change of each variable.
#[derive(Debug, Default)]
pub(crate) struct Recherche {
    ecarts: Vec<i64>,
    touchees: Vec<u32>,
    /// Several parameters together.
    detour: Vec<i64>,
    detournees: Vec<u32>,
    /// Coefficients gone through.
    pub effort: u64,
}

impl Recherche {
    pub(crate) fn nouvelle(mobilite: &Mobilite) -> Self {
        let n = mobilite.classes.len();
        Self { ecarts: vec![0; n], detour: vec![0; n], ..Self::default() }
    }

    /// Changes that together give the variable `largeur` more than those already known, if any do.
    /// `deja` is how far it is known to go down and up; `fort` tries from tables shaken at random too.
    pub(crate) fn etend(&mut self, m: &Mobilite, v: u32, largeur: i64, deja: (i64, i64), fort: bool) -> Vec<Mouvement> {
        let (mut bas, mut haut) = deja;
        let mut trouves = vec![];
        let secousses = if fort { SECOUSSES } else { 0 };
        for (tirage, sens) in (0..=secousses).flat_map(|t| [(t, 1), (t, -1)]) {
            if haut - bas >= largeur {
                break;
            }
            if tirage > 0 {
                self.secoue(m, v, melange(tirage << 33 ^ u64::from(v) << 1 ^ u64::from(sens > 0)));
            }
            let but = if sens > 0 { largeur + bas } else { largeur - haut };
            let atteint = sens * self.monte(m, v, sens, but);
            if atteint < bas || atteint > haut {
                (bas, haut) = (bas.min(atteint), haut.max(atteint));
                trouves.push(self.mouvement());
            }
            self.revient();
        }
        trouves
    }

    /// Moves the variable towards `but` (counted in `sens`); gives where it stands.
    fn monte(&mut self, m: &Mobilite, v: u32, sens: i64, but: i64) -> i64 {
        let mut chemins: Vec<(u32, i64)> = m.ligne(v).to_vec();
        chemins.sort_unstable_by_key(|(p, _)| (m.colonne(*p).len(), *p));
        chemins.truncate(CHEMINS);
        for (p, c) in &chemins {
            let reste = but - sens * self.ecarts[v as usize];
            if reste <= 0 {
                break;
            }
            let d = sens * c.signum();
            let t = self.portee(m, m.colonne(*p), d, (reste + c.abs() - 1) / c.abs());
            self.avance(m.colonne(*p), d * t);
        }
        for (p, c) in &chemins {
            let mut reprises = 0..REPRISES;
            let manque = |ici: &Self| sens * ici.ecarts[v as usize] < but;
            while manque(self) && reprises.next().is_some() && self.detourne(m, v, *p, sens * c.signum(), (sens, but)) {
            }
        }
        sens * self.ecarts[v as usize]
    }

    /// Steps of a change that the bounds allow, `assez` at most.
    fn portee(&mut self, m: &Mobilite, pas: &[(u32, i64)], d: i64, assez: i64) -> i64 {
        let mut t = assez;
        for (u, c) in pas {
            self.effort += 1;
            t = t.min(m.marges[*u as usize].portee(self.ecarts[*u as usize], d * c));
            if t <= 0 {
                return 0;
            }
        }
        t
    }

    fn avance(&mut self, pas: &[(u32, i64)], fois: i64) {
        if fois == 0 {
            return;
        }
        for (u, c) in pas {
            let ecart = &mut self.ecarts[*u as usize];
            if *ecart == 0 {
                self.touchees.push(*u);
            }
            *ecart += fois * c;
        }
        self.effort += pas.len() as u64;
    }

    /// Moves one parameter, and with it others that free what stops it. False when nothing moved.
    fn detourne(&mut self, m: &Mobilite, v: u32, p: u32, d: i64, (sens, but): (i64, i64)) -> bool {
        self.joint(m.colonne(p), d);
        let mut pris = vec![p];
        let fait = loop {
            let arrete = |u: &&u32| {
                let pas = self.detour[**u as usize];
                pas != 0 && m.marges[**u as usize].portee(self.ecarts[**u as usize], pas) < 1
            };
            self.effort += self.detournees.len() as u64;
            let obstacles: Vec<u32> = self.detournees.iter().filter(arrete).take(OBSTACLES + 1).copied().collect();
            if obstacles.is_empty() {
                break true;
            }
            if obstacles.len() > OBSTACLES || pris.len() > DETOURS {
                break false;
            }
            let Some((q, f)) = self.secours(m, v, sens, &obstacles, &pris) else { break false };
            self.joint(m.colonne(q), f);
            pris.push(q);
        };
        let mut pas: Mouvement = vec![];
        for u in std::mem::take(&mut self.detournees) {
            let c = std::mem::take(&mut self.detour[u as usize]);
            if c != 0 {
                pas.push((u, c));
            }
        }
        let gain = pas.iter().find(|(u, _)| *u == v).map_or(0, |(_, c)| sens * c);
        if !fait || gain <= 0 {
            return false;
        }
        let reste = but - sens * self.ecarts[v as usize];
        let t = self.portee(m, &pas, 1, (reste + gain - 1) / gain);
        self.avance(&pas, t);
        t > 0
    }

    fn joint(&mut self, pas: &[(u32, i64)], fois: i64) {
        for (u, c) in pas {
            let somme = &mut self.detour[*u as usize];
            if *somme == 0 {
                self.detournees.push(*u);
            }
            *somme += fois * c;
        }
        self.effort += pas.len() as u64;
    }

    /// The parameter, and how many times, that frees the first obstacle and stops the fewest others.
    fn secours(&mut self, m: &Mobilite, v: u32, sens: i64, obstacles: &[u32], pris: &[u32]) -> Option<(u32, i64)> {
        let u = *obstacles.iter().min_by_key(|u| (m.ligne(**u).len(), **u))?;
        let pas = self.detour[u as usize];
        let mut candidats: Vec<(u32, i64)> = m.ligne(u).iter().filter(|(q, _)| !pris.contains(q)).copied().collect();
        candidats.sort_unstable_by_key(|(q, _)| (m.colonne(*q).len(), *q));
        candidats.truncate(SECOURS);
        let mut mieux: Option<(usize, u32, i64)> = None;
        for (q, e) in candidats {
            let f = -pas.signum() * e.signum() * ((pas.abs() + e.abs() - 1) / e.abs());
            let mut arretes = 0;
            let mut gain = sens * self.detour[v as usize];
            for (w, c) in m.colonne(q) {
                let suivant = self.detour[*w as usize] + f * c;
                if *w == v {
                    gain = sens * suivant;
                }
                let ecart = self.ecarts[*w as usize];
                arretes += usize::from(suivant != 0 && m.marges[*w as usize].portee(ecart, suivant) < 1);
            }
            self.effort += m.colonne(q).len() as u64;
            if gain > 0 && mieux.is_none_or(|(a, ..)| arretes < a) {
                mieux = Some((arretes, q, f));
            }
        }
        mieux.map(|(_, q, f)| (q, f))
    }

    /// Moves the parameters around a variable at random, as far as the bounds allow.
    fn secoue(&mut self, m: &Mobilite, v: u32, graine: u64) {
        let mut autour: Vec<u32> = m.ligne(v).iter().map(|(p, _)| *p).collect();
        let mut vus = 0;
        while vus < autour.len() && autour.len() < SECOUES {
            for (u, _) in m.colonne(autour[vus]) {
                autour.extend(m.ligne(*u).iter().map(|(q, _)| *q).take(8));
            }
            vus += 1;
            if vus % 4 == 0 || vus == autour.len() {
                let mut deja = HashSet::new();
                autour.retain(|p| deja.insert(*p));
            }
        }
        let mut hasard = graine;
        for p in autour {
            hasard = melange(hasard);
            let d = if hasard & 1 == 0 { 1 } else { -1 };
            let loin = self.portee(m, m.colonne(p), d, 1 << 20);
            let t = if loin > 0 { 1 + (hasard >> 8) as i64 % loin.min(8) } else { 0 };
            self.avance(m.colonne(p), d * t.min(loin));
        }
    }

    fn mouvement(&self) -> Mouvement {
        let mut pas: Mouvement =
            self.touchees.iter().map(|u| (*u, self.ecarts[*u as usize])).filter(|(_, c)| *c != 0).collect();
        pas.sort_unstable();
        pas.dedup();
        pas
    }

    /// Back to the true table.
    fn revient(&mut self) {
        for u in self.touchees.drain(..) {
            self.ecarts[u as usize] = 0;
        }
    }
}
