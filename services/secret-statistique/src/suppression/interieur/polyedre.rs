//! The tables that the attacker cannot exclude, as a polyhedron over the parameters: a point deep
//! inside, then points far away in a direction (affine scaling). Floating point only chooses how far to
//! go; whatever is kept is checked with integers elsewhere.

use super::lineaire::{self, Pesee};
use crate::suppression::libertes::{ABSENTE, Libertes};
use crate::systeme::noyau::Noyau;

/// Steps of Newton towards the centre.
const CENTRAGE: usize = 40;
/// Steps of affine scaling away from the centre.
pub(crate) const POUSSEES: usize = 16;
/// Times the price of what moves is weighed anew, so that few cells move rather than many a little.
const PESEES: usize = 7;
/// How much a price counts beside the room of the atoms.
const RIGUEUR: f64 = 50.0;
/// Weight of what must not move, and change below which something does not.
const INTERDIT: f64 = 1e9;
const IMMOBILE: f64 = 1e-3;
/// Share of the way to the boundary that one step takes.
const PART: f64 = 0.9;
/// How much bounds that the true table touches are let go, less and less.
const RELACHES: [f64; 6] = [1.0, 0.25, 0.06, 0.015, 0.004, 0.001];

/// A variable that must stay inside bounds, with the room below and above its true value.
#[derive(Debug, Clone, Copy)]
struct Borne {
    variable: u32,
    dessous: f64,
    dessus: f64,
}

/// Rows of coefficients over the parameters, one for each variable.
#[derive(Debug, Clone)]
pub(crate) struct Polyedre {
    parametres: usize,
    debuts: Vec<usize>,
    termes: Vec<(u32, f64)>,
    bornes: Vec<Borne>,
}

impl Polyedre {
    /// `bornee` tells the classes whose bounds do not follow from those of the others.
    pub(crate) fn nouveau(noyau: &Noyau, libertes: &Libertes, bornee: impl Fn(u32) -> bool) -> Self {
        let parametres = libertes.parametres();
        let mut place = vec![0; libertes.classes.len()];
        for (i, p) in parametres.iter().enumerate() {
            place[*p as usize] = i as u32;
        }
        let (mut debuts, mut termes, mut bornes) = (vec![0], vec![], vec![]);
        for (v, k) in libertes.classes.iter().enumerate() {
            match libertes.ligne(v) {
                Some(ligne) => termes.extend(ligne.iter().map(|(p, c)| (place[*p as usize], *c as f64))),
                None => termes.push((place[v], 1.0)),
            }
            if *k != ABSENTE && bornee(*k) && termes.len() > debuts[v] {
                let c = &noyau.classes[*k as usize];
                // Going beyond a few times the width at stake would prove nothing more.
                let dessus = c.plafond.saturating_sub(c.valeur).min(c.valeur.saturating_add(20 * c.largeur.max(1)));
                let dessous = (c.valeur - c.plancher) as f64;
                bornes.push(Borne { variable: v as u32, dessous, dessus: dessus as f64 });
            }
            debuts.push(termes.len());
        }
        Self { parametres: parametres.len(), debuts, termes, bornes }
    }

    /// A direction that weighs nothing.
    pub(crate) fn nulle(&self) -> Vec<f64> {
        vec![0.0; self.parametres]
    }

    fn ligne(&self, v: u32) -> &[(u32, f64)] {
        &self.termes[self.debuts[v as usize]..self.debuts[v as usize + 1]]
    }

    fn produit(&self, v: u32, z: &[f64]) -> f64 {
        self.ligne(v).iter().map(|(p, c)| c * z[*p as usize]).sum()
    }

    /// Change of every variable at a point.
    pub(crate) fn changes(&self, z: &[f64]) -> Vec<f64> {
        (0..self.debuts.len() as u32 - 1).map(|v| self.produit(v, z)).collect()
    }

    /// Adds a weight on a variable to a direction.
    pub(crate) fn vise(&self, v: u32, poids: f64, gain: &mut [f64]) {
        self.ligne(v).iter().for_each(|(p, c)| gain[*p as usize] += poids * c);
    }

    fn ecarts(&self, z: &[f64]) -> Vec<f64> {
        self.bornes.iter().map(|b| self.produit(b.variable, z)).collect()
    }

    /// Coefficients that one direction takes into account.
    pub(crate) fn taille(&self) -> usize {
        self.bornes.iter().map(|b| self.ligne(b.variable).len()).sum()
    }

    /// What one step costs, in coefficients: small systems are factorised, which grows with their cube.
    pub(crate) fn travail(&self) -> usize {
        let n = self.parametres;
        self.taille() + if n > lineaire::DENSE { 0 } else { n * n * n / 2_000 }
    }

    /// From the true table, a change of `cible` by `montant` that moves as little as possible of the
    /// priced variables: the change of each of these.
    pub(crate) fn chemin(&self, cible: u32, montant: f64, prix: &[(u32, f64)]) -> Option<Vec<f64>> {
        let mut gain = self.nulle();
        self.vise(cible, montant.signum(), &mut gain);
        let mut poids: Vec<f64> = prix.iter().map(|(_, c)| RIGUEUR * c).collect();
        let mut mieux = self.chemin_pese(&gain, montant.abs(), prix, &poids)?;
        let mut finesse = 1.0;
        for _ in 0..PESEES {
            finesse *= 0.4;
            poids = mieux.iter().zip(prix).map(|(x, (_, c))| RIGUEUR * c / (x.abs() + finesse)).collect();
            let Some(autre) = self.chemin_pese(&gain, montant.abs(), prix, &poids) else { break };
            mieux = autre;
        }
        // Then without each of those that still move, the dearest first, as long as there is a way.
        let mut ordre: Vec<usize> = (0..prix.len()).collect();
        ordre.sort_by(|a, b| prix[*b].1.total_cmp(&prix[*a].1).then(a.cmp(b)));
        let immobile = |x: f64| x.abs() <= IMMOBILE;
        for i in 0..prix.len() {
            poids[i] = if immobile(mieux[i]) { INTERDIT } else { RIGUEUR * prix[i].1 };
        }
        for i in ordre.into_iter().filter(|i| !immobile(mieux[*i])).collect::<Vec<_>>() {
            let avant = std::mem::replace(&mut poids[i], INTERDIT);
            match self.chemin_pese(&gain, montant.abs(), prix, &poids) {
                Some(autre) => mieux = autre,
                None => poids[i] = avant,
            }
        }
        Some(mieux)
    }

    fn chemin_pese(&self, gain: &[f64], montant: f64, prix: &[(u32, f64)], poids: &[f64]) -> Option<Vec<f64>> {
        let mut z = self.nulle();
        let mut ecarts = vec![0.0; self.bornes.len()];
        let mut reste = montant;
        for _ in 0..POUSSEES {
            let courbures = self.courbures(&ecarts);
            let bornes = self.bornes.iter().zip(&courbures).map(|(b, w)| -> Pesee<'_> { (self.ligne(b.variable), *w) });
            let payes = prix.iter().zip(poids).map(|((v, _), w)| -> Pesee<'_> { (self.ligne(*v), *w) });
            let p = lineaire::resout(&bornes.chain(payes), gain);
            let avance = self.ecarts(&p);
            let monte: f64 = p.iter().zip(gain).map(|(a, b)| a * b).sum();
            let t = (PART * self.portee(&ecarts, &avance)).min(reste / monte);
            if !t.is_finite() || t <= 0.0 || t * monte < 1e-3 * montant {
                return None;
            }
            z.iter_mut().zip(&p).for_each(|(z, p)| *z += t * p);
            ecarts.iter_mut().zip(&avance).for_each(|(e, a)| *e += t * a);
            reste -= t * monte;
            if reste <= 1e-3 * montant {
                return Some(prix.iter().map(|(v, _)| self.produit(*v, &z)).collect());
            }
        }
        None
    }

    /// The way up along `gain` in the metric of the room left around a point.
    pub(crate) fn direction(&self, z: &[f64], gain: &[f64]) -> Vec<f64> {
        self.montee(&self.ecarts(z), gain)
    }

    fn courbures(&self, ecarts: &[f64]) -> Vec<f64> {
        let courbure = |(b, e): (&Borne, &f64)| (b.dessous + e).powi(-2) + (b.dessus - e).powi(-2);
        self.bornes.iter().zip(ecarts).map(courbure).collect()
    }

    fn montee(&self, ecarts: &[f64], gain: &[f64]) -> Vec<f64> {
        let courbures = self.courbures(ecarts);
        let lignes = self.bornes.iter().zip(&courbures);
        lineaire::resout(&lignes.map(|(b, w)| -> Pesee<'_> { (self.ligne(b.variable), *w) }), gain)
    }

    /// How far one may go before a bound.
    fn portee(&self, ecarts: &[f64], avance: &[f64]) -> f64 {
        let pas = |((b, e), a): ((&Borne, &f64), &f64)| match *a {
            a if a < 0.0 => -(b.dessous + e) / a,
            a if a > 0.0 => (b.dessus - e) / a,
            _ => f64::INFINITY,
        };
        self.bornes.iter().zip(ecarts).zip(avance).map(pas).fold(f64::INFINITY, f64::min)
    }

    /// How many times a change may be made from the true table before a bound.
    pub(crate) fn portee_depuis_la_verite(&self, changes: &[f64]) -> f64 {
        let avance: Vec<f64> = self.bornes.iter().map(|b| changes[b.variable as usize]).collect();
        self.portee(&vec![0.0; avance.len()], &avance)
    }

    /// A point far from every bound; or the variables that cannot leave a bound which the true table touches.
    pub(crate) fn interieur(&self) -> (Vec<f64>, Vec<u32>) {
        let touche = |b: &Borne| b.dessous <= 0.0 || b.dessus <= 0.0;
        if !self.bornes.iter().any(touche) {
            return (self.centre(self.nulle()), vec![]);
        }
        let (mut z, mut avant) = (self.nulle(), 1.0);
        let mut relache = self.clone();
        for jeu in RELACHES {
            for (b, vraie) in relache.bornes.iter_mut().zip(&self.bornes) {
                (b.dessous, b.dessus) = (vraie.dessous.max(jeu), vraie.dessus.max(jeu));
            }
            z.iter_mut().for_each(|x| *x *= jeu / avant);
            avant = jeu;
            z = relache.centre(z);
        }
        let ecarts = self.ecarts(&z);
        let colle = |(b, e): &(&Borne, &f64)| b.dessous + **e <= avant || b.dessus - **e <= avant;
        let fixes = self.bornes.iter().zip(&ecarts).filter(|(b, _)| touche(b)).filter(colle);
        (z, fixes.map(|(b, _)| b.variable).collect())
    }

    /// Newton from a point inside to the one that maximises the product of the room left.
    pub(crate) fn centre(&self, mut z: Vec<f64>) -> Vec<f64> {
        let mut ecarts = self.ecarts(&z);
        for _ in 0..CENTRAGE {
            let mut gain = self.nulle();
            for (b, e) in self.bornes.iter().zip(&ecarts) {
                self.vise(b.variable, 1.0 / (b.dessous + e) - 1.0 / (b.dessus - e), &mut gain);
            }
            let p = self.montee(&ecarts, &gain);
            let avance = self.ecarts(&p);
            let decroit: f64 = p.iter().zip(&gain).map(|(a, b)| a * b).sum();
            let t = (PART * self.portee(&ecarts, &avance)).min(1.0).min(4.0 / (1.0 + decroit.max(0.0).sqrt()));
            if !t.is_finite() || decroit < 1e-2 {
                break;
            }
            z.iter_mut().zip(&p).for_each(|(z, p)| *z += t * p);
            ecarts.iter_mut().zip(&avance).for_each(|(e, a)| *e += t * a);
        }
        z
    }

    /// From inside, as far as possible where `gain` grows, until it reaches `assez`.
    pub(crate) fn pousse(&self, depart: &[f64], gain: &[f64], assez: f64, pas: usize) -> Vec<f64> {
        let mut z = depart.to_vec();
        let mut ecarts = self.ecarts(&z);
        let valeur = |z: &[f64]| z.iter().zip(gain).map(|(a, b)| a * b).sum::<f64>();
        let mut avant = valeur(&z);
        for _ in 0..pas {
            let p = self.montee(&ecarts, gain);
            let avance = self.ecarts(&p);
            let t = PART * self.portee(&ecarts, &avance);
            if !t.is_finite() || t <= 0.0 {
                break;
            }
            z.iter_mut().zip(&p).for_each(|(z, p)| *z += t * p);
            ecarts.iter_mut().zip(&avance).for_each(|(e, a)| *e += t * a);
            let apres = valeur(&z);
            if apres >= assez || apres - avant < 2e-5 * apres.abs().max(1.0) {
                break;
            }
            avant = apres;
        }
        z
    }
}
