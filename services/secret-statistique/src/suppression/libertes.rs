//! What the shown cells leave free: every masked cell as an integer combination of a few parameters,
//! found by sparse elimination over the whole system. Every integer choice of the parameters keeps
//! every shown cell and every relation exactly; only the bounds are left to whoever chooses. A shown
//! cell that would leave nothing free to a masked one is not held: it is to be masked as well.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::base::Base;
use super::combinaison::{Ligne, arrondi, fusionne, primitive};
use super::groupes::{Allure, Groupes, Marge};
use super::masquable;
use crate::systeme::noyau::{Classe, Noyau};

/// Marks what is not a variable, or not a class.
pub(crate) const ABSENTE: u32 = u32::MAX;

/// The masked cells as combinations of parameters. Variables are atoms, then other masked cells, then
/// parameters introduced when no coefficient is 1.
#[derive(Debug, Clone)]
pub(crate) struct Libertes {
    /// Class of each variable; [`ABSENTE`] for an introduced parameter.
    pub classes: Vec<u32>,
    /// Variable of each class.
    pub rang: Vec<u32>,
    /// Combination of each variable that is no parameter.
    pub lignes: Vec<Option<Ligne>>,
    /// Variables whose combination may hold the parameter.
    emplois: Vec<Vec<u32>>,
    /// What each variable may do alone.
    pub marges: Vec<Marge>,
    /// Variables that move together, by what their combinations have in common.
    groupes: Groupes,
    /// What each introduced parameter adds to the variable it replaced.
    introduits: Vec<Introduit>,
    somme: Vec<i64>,
    /// Parameters left, and how many there must be.
    libres: usize,
    minimum: usize,
}

/// `remplacee` = Σ `reste` + the parameter.
#[derive(Debug, Clone)]
struct Introduit {
    parametre: u32,
    remplacee: u32,
    reste: Ligne,
}

/// Why a constraint cannot be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// An entry would grow past [`ENTREE_MAXIMALE`].
    Debordement,
    /// Fewer parameters would be left than asked for.
    Epuise,
    /// A variable would no longer keep its width.
    Fige,
}

impl Libertes {
    /// Nothing can move.
    pub(crate) fn aucune(noyau: &Noyau) -> Self {
        Self {
            classes: vec![],
            rang: vec![ABSENTE; noyau.classes.len()],
            lignes: vec![],
            emplois: vec![],
            marges: vec![],
            groupes: Groupes::default(),
            introduits: vec![],
            somme: vec![],
            libres: 0,
            minimum: 0,
        }
    }

    /// Variable of a class, if it is one.
    pub(crate) fn variable(&self, classe: u32) -> Option<u32> {
        Some(self.rang[classe as usize]).filter(|v| *v != ABSENTE)
    }

    /// Holds what `masques` shows but for `bloques`, which cannot move; those of `priorites` come first.
    /// With it, the shown classes that could not be held: they are to be masked.
    pub(crate) fn nouvelles(
        noyau: &Noyau,
        base: &Base,
        masques: &[bool],
        bloques: &[bool],
        priorites: &[u32],
    ) -> Result<(Self, Vec<u32>), Obstacle> {
        Self::avec(noyau, base, masques, bloques, Some(priorites), 0)
    }

    /// How many parameters are left, unless fewer than `minimum`.
    pub(crate) fn ampleur(noyau: &Noyau, base: &Base, masques: &[bool], minimum: usize) -> Option<usize> {
        let bloques = vec![false; noyau.classes.len()];
        Some(Self::avec(noyau, base, masques, &bloques, Some(&[]), minimum).ok()?.0.libres)
    }

    /// Holds everything that `masques` shows, whatever that leaves to the others.
    pub(crate) fn strictes(noyau: &Noyau, base: &Base, masques: &[bool], bloques: &[bool]) -> Result<Self, Obstacle> {
        Ok(Self::avec(noyau, base, masques, bloques, None, 0)?.0)
    }

    fn avec(
        noyau: &Noyau,
        base: &Base,
        masques: &[bool],
        bloques: &[bool],
        priorites: Option<&[u32]>,
        minimum: usize,
    ) -> Result<(Self, Vec<u32>), Obstacle> {
        let mut libertes = Self::vides(noyau, base, masques, bloques);
        libertes.minimum = minimum;
        let montree = |c: &u32| !masques.get(*c as usize).is_some_and(|m| *m);
        let negociable = |c: &u32| (*c as usize) < noyau.classes.len() && priorites.is_some() && masquable(noyau, *c);
        let (mut libres, obligees): (Vec<u32>, Vec<u32>) =
            (0..base.combinaisons.len() as u32).filter(montree).partition(negociable);
        if !libertes.impose(noyau, base, &obligees, false)?.is_empty() {
            return Err(Obstacle::Debordement);
        }
        let mut refusees = vec![];
        let mut faites = vec![false; noyau.classes.len()];
        for c in priorites.iter().copied().flatten().filter(|c| montree(c)) {
            faites[*c as usize] = true;
            refusees.extend(libertes.impose(noyau, base, &[*c], true)?);
        }
        libres.retain(|c| !faites[*c as usize]);
        refusees.extend(libertes.impose(noyau, base, &libres, true)?);
        Ok((libertes, refusees))
    }

    /// Nothing held yet: every mobile atom is a parameter.
    fn vides(noyau: &Noyau, base: &Base, masques: &[bool], bloques: &[bool]) -> Self {
        let mut libertes = Self::aucune(noyau);
        let masquees = || (0..noyau.classes.len() as u32).filter(|k| masques[*k as usize]);
        let mobile = |c: &Classe| c.plancher < c.plafond;
        let atome = |k: &u32| base.est_atome(*k) && !bloques[*k as usize] && mobile(&noyau.classes[*k as usize]);
        for k in masquees().filter(atome) {
            libertes.rang[k as usize] = libertes.classes.len() as u32;
            libertes.ajoute(k, None, Marge::de(&noyau.classes[k as usize]));
        }
        let totaux: Vec<(u32, Ligne)> = masquees()
            .filter(|k| !base.est_atome(*k))
            .map(|k| (k, libertes.variables(base.combinaisons.ligne(k))))
            .collect();
        for (k, ligne) in totaux {
            libertes.suit(k, ligne, Marge::de(&noyau.classes[k as usize]));
        }
        libertes
    }

    /// Holds constraints to their true value, the shortest first. With `souple`, gives those that would
    /// leave too little to a variable, which it follows in their turn.
    fn impose(&mut self, noyau: &Noyau, base: &Base, contraintes: &[u32], souple: bool) -> Result<Vec<u32>, Obstacle> {
        let mut refusees = vec![];
        let mut lignes: Vec<Ligne> = contraintes.iter().map(|c| self.variables(base.combinaisons.ligne(*c))).collect();
        let mut file: BinaryHeap<Reverse<(usize, usize)>> =
            lignes.iter().enumerate().map(|(i, l)| Reverse((l.len(), i))).collect();
        while let Some(Reverse((longueur, i))) = file.pop() {
            let ligne = self.reduit(&lignes[i]);
            let rang = difficulte(&ligne);
            let suivante = file.peek().map_or(usize::MAX, |Reverse((l, _))| *l);
            if rang > longueur && rang > suivante {
                lignes[i] = ligne;
                file.push(Reverse((rang, i)));
                continue;
            }
            match self.resout(ligne, souple) {
                Ok(()) if self.libres < self.minimum => return Err(Obstacle::Epuise),
                Ok(()) => {}
                Err(_) if souple => {
                    let ligne = self.reduit(&lignes[i]);
                    self.suit(contraintes[i], ligne, Marge::de(&noyau.classes[contraintes[i] as usize]));
                    refusees.push(contraintes[i]);
                }
                Err(obstacle) => return Err(obstacle),
            }
        }
        Ok(refusees)
    }

    /// Holds one more variable to its true value, if all the others keep their width.
    pub(crate) fn tient(&mut self, variable: u32) -> Result<(), Obstacle> {
        self.marges[variable as usize].largeur = 0;
        let ligne = self.reduit(&[(variable, 1)]);
        self.resout(ligne, true)
    }

    /// The atoms of a combination as variables; the others do not move.
    fn variables(&self, combinaison: &[(u32, i64)]) -> Ligne {
        let variable = |(a, c): &(u32, i64)| (self.rang[*a as usize], *c);
        combinaison.iter().map(variable).filter(|(v, _)| *v != ABSENTE).collect()
    }

    /// A class that is no atom must keep its width too.
    fn suit(&mut self, classe: u32, ligne: Ligne, marge: Marge) {
        let variable = self.lignes.len() as u32;
        for (v, _) in &ligne {
            self.emplois[*v as usize].push(variable);
        }
        self.rang[classe as usize] = variable;
        self.ajoute(classe, Some(ligne), marge);
    }

    fn ajoute(&mut self, classe: u32, ligne: Option<Ligne>, marge: Marge) {
        let variable = self.lignes.len() as u32;
        let allure = ligne.as_deref().map_or_else(|| Allure::de(&[(variable, 1)]), Allure::de);
        self.groupes.ajoute(variable, allure);
        self.libres += usize::from(ligne.is_none());
        self.classes.push(classe);
        self.lignes.push(ligne);
        self.emplois.push(vec![]);
        self.marges.push(marge);
        self.somme.push(0);
    }

    /// A combination of variables over the parameters.
    fn reduit(&mut self, termes: &[(u32, i64)]) -> Ligne {
        let mut touchees: Vec<u32> = vec![];
        let somme = &mut self.somme;
        let mut ajoute = |v: u32, c: i64| {
            if somme[v as usize] == 0 {
                touchees.push(v);
            }
            somme[v as usize] = somme[v as usize].saturating_add(c);
        };
        for (v, c) in termes {
            match &self.lignes[*v as usize] {
                None => ajoute(*v, *c),
                Some(ligne) => ligne.iter().for_each(|(f, d)| ajoute(*f, d.saturating_mul(*c))),
            }
        }
        touchees.sort_unstable();
        touchees.dedup();
        let ligne: Ligne = touchees
            .into_iter()
            .map(|v| (v, std::mem::take(&mut somme[v as usize])))
            .filter(|(_, c)| *c != 0)
            .collect();
        ligne
    }

    /// Makes the combination of parameters zero by giving one of them up. With `prudent`, not at the
    /// price of the width of a variable.
    fn resout(&mut self, mut ligne: Ligne, prudent: bool) -> Result<(), Obstacle> {
        while !ligne.is_empty() {
            ligne = primitive(ligne);
            let unites = ligne.iter().filter(|(_, c)| c.abs() == 1);
            let pivot = unites.min_by_key(|(v, _)| (self.emplois[*v as usize].len(), *v)).copied();
            if let Some((pivot, signe)) = pivot {
                let autres = ligne.iter().filter(|(v, _)| *v != pivot).map(|(v, c)| (*v, -c * signe)).collect();
                return self.remplace(pivot, autres, prudent);
            }
            self.euclide(&ligne)?;
            ligne = self.reduit(&ligne);
        }
        Ok(())
    }

    /// One step of Euclid: a new parameter takes up what the smallest coefficient goes into the others.
    fn euclide(&mut self, ligne: &[(u32, i64)]) -> Result<(), Obstacle> {
        let Some((pivot, coef)) = ligne.iter().copied().min_by_key(|(v, c)| (c.abs(), *v)) else { return Ok(()) };
        let quotients = ligne.iter().filter(|(v, _)| *v != pivot).map(|(v, c)| (*v, -arrondi(*c, coef)));
        let mut combinaison: Ligne = quotients.filter(|(_, q)| *q != 0).collect();
        let parametre = self.lignes.len() as u32;
        self.introduits.push(Introduit { parametre, remplacee: pivot, reste: combinaison.clone() });
        combinaison.push((parametre, 1));
        self.ajoute(ABSENTE, None, Marge::LIBRE);
        self.remplace(pivot, combinaison, false)
    }

    /// Writes a parameter as a combination of the others, everywhere.
    fn remplace(&mut self, pivot: u32, ligne: Ligne, prudent: bool) -> Result<(), Obstacle> {
        let mut suivantes: Vec<(u32, Ligne)> = vec![];
        for variable in &self.emplois[pivot as usize] {
            let Some(actuelle) = &self.lignes[*variable as usize] else { continue };
            let Ok(place) = actuelle.binary_search_by_key(&pivot, |(v, _)| *v) else { continue };
            let suivante = fusionne(actuelle, pivot, &ligne, actuelle[place].1).ok_or(Obstacle::Debordement)?;
            suivantes.push((*variable, suivante));
        }
        let mut allures: Vec<(u32, Allure)> = suivantes.iter().map(|(v, l)| (*v, Allure::de(l))).collect();
        allures.push((pivot, Allure::de(&ligne)));
        if prudent && self.groupes.serre(&self.marges, &allures) {
            return Err(Obstacle::Fige);
        }
        self.groupes.deplace(&allures);
        self.emplois[pivot as usize] = vec![];
        for (variable, suivante) in suivantes {
            let Some(avant) = self.lignes[variable as usize].replace(suivante) else { continue };
            for (v, _) in &ligne {
                if avant.binary_search_by_key(v, |(v, _)| *v).is_err() {
                    self.emplois[*v as usize].push(variable);
                }
            }
        }
        for (v, _) in &ligne {
            self.emplois[*v as usize].push(pivot);
        }
        self.lignes[pivot as usize] = Some(ligne);
        self.libres -= 1;
        Ok(())
    }

    /// A change of classes that keeps everything held, over all variables.
    pub(crate) fn transpose(&self, change: impl Fn(u32) -> f64) -> Vec<f64> {
        let mut valeurs: Vec<f64> = self.classes.iter().map(|k| if *k == ABSENTE { 0.0 } else { change(*k) }).collect();
        for i in &self.introduits {
            let reste: f64 = i.reste.iter().map(|(v, c)| *c as f64 * valeurs[*v as usize]).sum();
            valeurs[i.parametre as usize] = valeurs[i.remplacee as usize] - reste;
        }
        valeurs
    }

    /// Coefficients of all combinations.
    pub(crate) fn taille(&self) -> usize {
        self.lignes.iter().flatten().map(Vec::len).sum()
    }

    /// The parameters.
    pub(crate) fn parametres(&self) -> Vec<u32> {
        (0..self.lignes.len() as u32).filter(|v| self.lignes[*v as usize].is_none()).collect()
    }

    /// Combination of parameters of a variable; nothing when it is one.
    pub(crate) fn ligne(&self, i: usize) -> Option<&Ligne> {
        self.lignes[i].as_ref()
    }
}

/// Rows are taken shortest first; those without a coefficient of 1 last.
fn difficulte(ligne: &[(u32, i64)]) -> usize {
    let grands = ligne.iter().map(|(_, c)| (c.unsigned_abs().ilog2() as usize) * 8).sum::<usize>();
    let sans_pivot = !ligne.is_empty() && ligne.iter().all(|(_, c)| c.abs() > 1);
    ligne.len() + grands + if sans_pivot { 1 << 20 } else { 0 }
}
