//! The attacker: the smallest and largest value that a reader cannot exclude for each masked cell,
//! given everything shown, the relations and that counts are not negative. It works from the published
//! view alone and shares no code with the protection. Exact over fractions; a component whose fractions
//! outgrow 128 bits is searched again in floating point, and the audit says so.

mod dictionnaire;
mod initie;
mod intervalle;
mod nombre;
mod publication;
mod reduction;
mod simplexe;

pub use initie::{Initie, inities};
pub use intervalle::Intervalle;
pub use publication::{CelluleVue, Contradiction, Publication};

use dictionnaire::Ligne;
use intervalle::Exploration;
use nombre::{Nombre, TOLERANCE};
use reduction::{Bornes, Composante, SANS_PLAFOND};
use simplexe::{Fin, Sens, Simplexe};

/// Directions in a row that prove next to nothing before unknowns are taken one by one.
const VAINES: u32 = 3;
/// Directions tried at most.
const DIRECTIONS: u64 = 64;

/// Pivots after which a floating vertex is computed again from the dictionary.
const REFONTE: u64 = 400;

/// How far the attacker goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Both ends of every interval.
    Complet,
    /// Stops on a cell once its interval is known to be at least as wide as required.
    Largeur,
}

/// Why the attack came to no conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuditImpossible {
    /// No table agrees with what is shown.
    #[error("aucune table ne s’accorde avec ce qui est montré et connu")]
    Vide,
    /// Neither arithmetic holds the numbers met.
    #[error("les nombres rencontrés dépassent ce que le calcul peut tenir")]
    Debordement,
    /// More unknowns tied together than memory allows.
    #[error("{0} inconnues sont liées entre elles, plus que l’attaque exacte ne peut en tenir en mémoire")]
    TropGrand(usize),
}

/// Why a view cannot be audited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EchecAudit {
    /// It contradicts itself.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// The search did not conclude.
    #[error(transparent)]
    Impossible(#[from] AuditImpossible),
}

/// What the attacker found.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    /// Interval of each cell; `None` for those that are shown.
    pub intervalles: Vec<Option<Intervalle>>,
    /// Groups of masked cells tied together.
    pub composantes: usize,
    /// Unknowns of the largest of them.
    pub plus_grande: usize,
    /// Groups whose exact fractions outgrew 128 bits: their ends are good to a millionth.
    pub numeriques: usize,
    /// Linear programs solved.
    pub programmes: u64,
    /// Simplex steps.
    pub pivots: u64,
}

impl Audit {
    /// Masked cells narrower than the width required of them, by position.
    pub fn etroites<'a>(&'a self, publication: &'a Publication) -> impl Iterator<Item = usize> + 'a {
        let paires = self.intervalles.iter().zip(publication.cellules()).enumerate();
        paires.filter(|(_, (i, c))| i.is_some_and(|i| i.est_plus_etroit(c.largeur))).map(|(place, _)| place)
    }
}

/// Attacks a published view.
pub fn attaque(publication: &Publication, effort: Effort) -> Result<Audit, EchecAudit> {
    let reduction = reduction::reduit(publication)?;
    let mut largeurs = vec![0u64; reduction.bornes.len()];
    for (c, k) in publication.cellules().iter().zip(&reduction.inconnue_de) {
        if let Some(k) = k {
            largeurs[*k as usize] = largeurs[*k as usize].max(c.largeur);
        }
    }
    let mut explorations: Vec<Exploration> = reduction.bornes.iter().map(Exploration::fixe).collect();
    let mut audit = Audit { composantes: reduction.composantes.len(), ..Audit::default() };
    for composante in &reduction.composantes {
        audit.plus_grande = audit.plus_grande.max(composante.inconnues.len());
        let due: Vec<u64> = composante.inconnues.iter().map(|k| largeurs[*k as usize]).collect();
        let lignes = dictionnaire::elimine(composante)?;
        let bilan = match Attaque::<i128>::mene(composante, &lignes, &due, effort) {
            Err(AuditImpossible::Debordement) => {
                audit.numeriques += 1;
                Attaque::<f64>::mene(composante, &lignes, &due, effort)?
            }
            autre => autre?,
        };
        audit.programmes += bilan.programmes;
        audit.pivots += bilan.pivots;
        for (k, e) in composante.inconnues.iter().zip(bilan.explorations) {
            explorations[*k as usize] = e;
        }
    }
    let intervalle = |k: &Option<u32>| k.map(|k| Intervalle::from(&explorations[k as usize]));
    audit.intervalles = reduction.inconnue_de.iter().map(intervalle).collect();
    Ok(audit)
}

impl Exploration {
    /// An unknown that plain arithmetic leaves a single value.
    fn fixe(bornes: &Bornes) -> Self {
        let haut = if bornes.haut == SANS_PLAFOND { f64::INFINITY } else { bornes.haut as f64 };
        Self { bas: bornes.bas as f64, haut, bas_atteint: true, haut_atteint: true }
    }
}

/// What was found in one component.
struct Bilan {
    explorations: Vec<Exploration>,
    programmes: u64,
    pivots: u64,
}

/// The attack of one component.
struct Attaque<'c, N> {
    composante: &'c Composante,
    lignes: &'c [Ligne],
    due: &'c [u64],
    effort: Effort,
    simplexe: Simplexe<N>,
    refonte: u64,
    explorations: Vec<Exploration>,
    programmes: u64,
}

impl<'c, N: Nombre> Attaque<'c, N> {
    fn mene(
        composante: &'c Composante,
        lignes: &'c [Ligne],
        due: &'c [u64],
        effort: Effort,
    ) -> Result<Bilan, AuditImpossible> {
        let mut simplexe = Simplexe::<N>::nouveau(&composante.bornes, lignes)?;
        simplexe.realise()?;
        let point = |k: usize| {
            let ici = simplexe.point(k as u32);
            Exploration { bas: ici, haut: ici, bas_atteint: false, haut_atteint: false }
        };
        let explorations = (0..composante.inconnues.len()).map(point).collect();
        let mut a = Self { composante, lignes, due, effort, simplexe, refonte: 0, explorations, programmes: 1 };
        a.releve()?;
        a.directions()?;
        a.une_par_une()?;
        Ok(Bilan { explorations: a.explorations, programmes: a.programmes, pivots: a.simplexe.pivots })
    }

    fn une_par_une(&mut self) -> Result<(), AuditImpossible> {
        for k in 0..self.explorations.len() {
            for sens in [Sens::Bas, Sens::Haut] {
                if self.suffit(k) || self.atteint(k, sens) {
                    continue;
                }
                self.programmes += 1;
                let fin = self.simplexe.optimise(k as u32, sens)?;
                self.releve()?;
                let e = &mut self.explorations[k];
                if fin == Fin::Illimite {
                    e.haut = f64::INFINITY;
                }
                match sens {
                    Sens::Bas => e.bas_atteint = true,
                    Sens::Haut => e.haut_atteint = true,
                }
            }
        }
        Ok(())
    }

    /// Vertices in random directions: each widens many intervals at once.
    fn directions(&mut self) -> Result<(), AuditImpossible> {
        let mut vaines = 0;
        for tirage in 0..DIRECTIONS {
            let restes: Vec<bool> = (0..self.explorations.len()).map(|k| !self.suffit(k)).collect();
            let avant = restes.iter().filter(|r| **r).count();
            if avant < 4 || vaines >= VAINES {
                return Ok(());
            }
            for sens in [1, -1] {
                self.programmes += 1;
                self.simplexe.vers(|k| sens * restes.get(k as usize).map_or(0, |r| poids(tirage, k, *r)))?;
                self.releve()?;
            }
            let apres = (0..self.explorations.len()).filter(|k| !self.suffit(*k)).count();
            vaines = if apres + avant / 50 + 1 > avant { vaines + 1 } else { 0 };
        }
        Ok(())
    }

    /// Widens every interval to the current vertex, made anew when much was computed since the last time.
    fn releve(&mut self) -> Result<(), AuditImpossible> {
        if self.simplexe.pivots >= self.refonte + REFONTE {
            self.simplexe = self.simplexe.refondu(self.lignes)?;
            self.simplexe.realise()?;
            self.refonte = self.simplexe.pivots;
        }
        for (k, e) in self.explorations.iter_mut().enumerate() {
            let ici = self.simplexe.point(k as u32);
            (e.bas, e.haut) = (e.bas.min(ici), e.haut.max(ici));
            let Bornes { bas, haut } = self.composante.bornes[k];
            e.bas_atteint |= e.bas <= bas as f64 + TOLERANCE;
            e.haut_atteint |= haut != SANS_PLAFOND && e.haut >= haut as f64 - TOLERANCE;
        }
        Ok(())
    }

    fn atteint(&self, k: usize, sens: Sens) -> bool {
        match sens {
            Sens::Bas => self.explorations[k].bas_atteint,
            Sens::Haut => self.explorations[k].haut_atteint,
        }
    }

    fn suffit(&self, k: usize) -> bool {
        let i = Intervalle::from(&self.explorations[k]);
        i.complet || (self.effort == Effort::Largeur && !i.est_plus_etroit(self.due[k]))
    }
}

/// Weight of an unknown in a random direction: the ones still narrow weigh, the others hardly.
fn poids(tirage: u64, k: u32, reste: bool) -> i64 {
    let x = (tirage << 32 | u64::from(k)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = i64::from((x >> 40) as u16 % 201) - 100;
    if reste { x } else { x / 50 }
}

#[cfg(test)]
mod tests;
