//! The equations of a component solved for some of its unknowns: each *basic* one written over the
//! others, in exact integers (`den × basic = constant + Σ coefficient × free`). Sparse elimination that
//! prefers unit pivots and short columns, so that what comes out stays small.

use super::AuditImpossible;
use super::reduction::Composante;

/// Largest coefficient: products of two, and their sum, still hold.
const COEFFICIENT_MAXIMAL: i128 = 1 << 60;

/// A basic unknown over the free ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ligne {
    pub base: u32,
    pub den: i128,
    pub constante: i128,
    /// (free unknown, coefficient), sorted.
    pub termes: Vec<(u32, i128)>,
}

/// `den × x = constante + Σ`, without a basic unknown yet: an equation is `0 = constante + Σ`.
type Somme = (i128, Vec<(u32, i128)>);

/// Solves the equations of a component; an impossible one is a contradiction of what was published.
pub(crate) fn elimine(c: &Composante) -> Result<Vec<Ligne>, AuditImpossible> {
    let mut ordre: Vec<usize> = (0..c.equations.len()).collect();
    ordre.sort_by_key(|e| (c.equations[*e].termes.len(), *e));
    let mut e = Elimination {
        lignes: vec![],
        ligne_de: vec![None; c.inconnues.len()],
        presences: vec![vec![]; c.inconnues.len()],
    };
    for rang in ordre {
        let equation = &c.equations[rang];
        e.ajoute((-equation.second, equation.termes.iter().map(|(k, c)| (*k, i128::from(*c))).collect()))?;
    }
    Ok(e.lignes)
}

struct Elimination {
    lignes: Vec<Ligne>,
    /// Row of each basic unknown.
    ligne_de: Vec<Option<u32>>,
    /// Rows where each free unknown may appear.
    presences: Vec<Vec<u32>>,
}

impl Elimination {
    fn ajoute(&mut self, equation: Somme) -> Result<(), AuditImpossible> {
        let (constante, termes) = self.substitue(equation)?;
        if termes.is_empty() {
            return if constante == 0 { Ok(()) } else { Err(AuditImpossible::Vide) };
        }
        let prix = |(k, c): &&(u32, i128)| (c.abs(), self.presences[*k as usize].len(), *k);
        let Some((base, pivot)) = termes.iter().min_by_key(prix).copied() else { return Ok(()) };
        // 0 = constante + pivot × base + Σ, hence |pivot| × base = −signe × (constante + Σ).
        let signe = pivot.signum();
        let termes: Vec<(u32, i128)> =
            termes.into_iter().filter(|(k, _)| *k != base).map(|(k, c)| (k, -signe * c)).collect();
        let ligne = Ligne { base, den: pivot.abs(), constante: -signe * constante, termes };
        self.remplace(&ligne)?;
        let rang = self.lignes.len() as u32;
        for (k, _) in &ligne.termes {
            self.presences[*k as usize].push(rang);
        }
        self.ligne_de[base as usize] = Some(rang);
        self.lignes.push(ligne);
        Ok(())
    }

    /// The equation over free unknowns only.
    fn substitue(&self, (mut constante, termes): Somme) -> Result<Somme, AuditImpossible> {
        let mut facteur = 1i128;
        for (k, _) in &termes {
            if let Some(ligne) = self.ligne_de[*k as usize] {
                let den = self.lignes[ligne as usize].den;
                facteur = facteur.checked_mul(den / pgcd(facteur, den)).ok_or(AuditImpossible::Debordement)?;
            }
        }
        constante = constante.checked_mul(facteur).ok_or(AuditImpossible::Debordement)?;
        let mut tout: Vec<(u32, i128)> = vec![];
        for (k, c) in termes {
            let c = produit(c, facteur)?;
            match self.ligne_de[k as usize] {
                None => tout.push((k, c)),
                Some(ligne) => {
                    let l = &self.lignes[ligne as usize];
                    let c = c / l.den;
                    constante += c * l.constante;
                    for (j, d) in &l.termes {
                        tout.push((*j, produit(c, *d)?));
                    }
                }
            }
        }
        reduite(constante, tout)
    }

    /// Writes the new basic unknown away from the rows where it was free.
    fn remplace(&mut self, nouvelle: &Ligne) -> Result<(), AuditImpossible> {
        let base = nouvelle.base;
        for rang in std::mem::take(&mut self.presences[base as usize]) {
            let ligne = &mut self.lignes[rang as usize];
            let Ok(place) = ligne.termes.binary_search_by_key(&base, |(k, _)| *k) else { continue };
            let (_, coef) = ligne.termes.remove(place);
            let g = pgcd(nouvelle.den, coef);
            let (m, f) = (nouvelle.den / g, coef / g);
            for (_, c) in &mut ligne.termes {
                *c = produit(*c, m)?;
            }
            for (k, c) in &nouvelle.termes {
                ligne.termes.push((*k, produit(f, *c)?));
                self.presences[*k as usize].push(rang);
            }
            let constante = ligne.constante * m + f * nouvelle.constante;
            let (constante, termes) = somme(constante, std::mem::take(&mut ligne.termes));
            let den = produit(ligne.den, m)?;
            let g = termes.iter().map(|(_, c)| *c).fold(pgcd(constante, den), pgcd);
            ligne.den = den / g;
            ligne.constante = constante / g;
            ligne.termes = termes.into_iter().map(|(k, c)| (k, c / g)).collect();
            verifie(&ligne.termes)?;
        }
        // The same row may have been noted twice for one unknown.
        for (k, _) in &nouvelle.termes {
            let p = &mut self.presences[*k as usize];
            p.sort_unstable();
            p.dedup();
        }
        Ok(())
    }
}

fn produit(a: i128, b: i128) -> Result<i128, AuditImpossible> {
    a.checked_mul(b).filter(|p| p.abs() <= 1 << 121).ok_or(AuditImpossible::Debordement)
}

fn verifie(termes: &[(u32, i128)]) -> Result<(), AuditImpossible> {
    let tient = termes.iter().all(|(_, c)| c.abs() <= COEFFICIENT_MAXIMAL);
    if tient { Ok(()) } else { Err(AuditImpossible::Debordement) }
}

/// Terms of equal unknowns added up, sorted, without zeros.
fn somme(constante: i128, mut tout: Vec<(u32, i128)>) -> Somme {
    tout.sort_unstable_by_key(|(k, _)| *k);
    tout.dedup_by(|suivant, garde| {
        let meme = suivant.0 == garde.0;
        if meme {
            garde.1 += suivant.1;
        }
        meme
    });
    tout.retain(|(_, c)| *c != 0);
    (constante, tout)
}

fn reduite(constante: i128, tout: Vec<(u32, i128)>) -> Result<Somme, AuditImpossible> {
    let (constante, mut termes) = somme(constante, tout);
    let g = termes.iter().map(|(_, c)| *c).fold(0, pgcd);
    if g > 1 && constante % g == 0 {
        termes.iter_mut().for_each(|(_, c)| *c /= g);
        verifie(&termes)?;
        return Ok((constante / g, termes));
    }
    verifie(&termes)?;
    Ok((constante, termes))
}

/// Greatest common divisor, never negative; that of zero and x is |x|.
pub(crate) fn pgcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
