//! Bounded simplex on a dictionary it never leaves: once a first vertex is found, the smallest and
//! largest value of every unknown are sought from the last one reached. Exact over fractions; over
//! floating point it is made anew from the dictionary now and then, so that errors do not pile up.

use super::AuditImpossible;
use super::dictionnaire::Ligne;
use super::nombre::Nombre;
use super::reduction::{Bornes, SANS_PLAFOND};

/// Steps without progress after which the entering unknown is the first one (Bland), which cannot cycle.
const PIETINEMENT: u32 = 60;
/// Steps after which a search is given up: rounding errors turn in circles.
const PAS_MAXIMAUX: u64 = 200_000;
/// Most entries of the matrix.
const ENTREES_MAXIMALES: usize = 60_000_000;

/// Where an unknown stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    Ligne(usize),
    Colonne(usize),
}

/// Towards which end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sens {
    Bas,
    Haut,
}

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fin {
    /// At an optimum.
    Optimum,
    /// The unknown grows for ever.
    Illimite,
}

/// Rows, entries, values of the current vertex.
pub(crate) struct Simplexe<N> {
    colonnes: usize,
    a: Vec<N>,
    den: Vec<N>,
    /// `den × value` of each basic unknown.
    valeur: Vec<N>,
    base: Vec<u32>,
    hors: Vec<u32>,
    /// Value of each free unknown: one of its bounds.
    au: Vec<i64>,
    bornes: Vec<Bornes>,
    place: Vec<Place>,
    /// Row of the weighted sum that is sought, which bounds nothing.
    objectif: Option<usize>,
    /// Pivots done, for the account of the work.
    pub pivots: u64,
}

/// What stops an entering unknown.
#[derive(Debug, Clone, Copy)]
enum Butee {
    /// Its own other bound.
    Bascule,
    /// The basic unknown of a row reaches this bound.
    Ligne(usize, i64),
}

/// The shortest step so far, `chemin / vitesse`, and what stops there.
struct Pas<N> {
    chemin: N,
    vitesse: N,
    butee: Butee,
    nom: u32,
}

fn compte<N: Nombre>(n: i64) -> N {
    N::de(i128::from(n))
}

impl<N: Nombre> Simplexe<N> {
    /// Free unknowns start at their lower bound; basic ones may be out of theirs until [`Self::realise`].
    pub(crate) fn nouveau(bornes: &[Bornes], lignes: &[Ligne]) -> Result<Self, AuditImpossible> {
        let mut place = vec![Place::Colonne(usize::MAX); bornes.len()];
        for (r, l) in lignes.iter().enumerate() {
            place[l.base as usize] = Place::Ligne(r);
        }
        let libre = |k: &u32| matches!(place[*k as usize], Place::Colonne(_));
        let hors: Vec<u32> = (0..bornes.len() as u32).filter(libre).collect();
        for (c, k) in hors.iter().enumerate() {
            place[*k as usize] = Place::Colonne(c);
        }
        let colonnes = hors.len();
        if colonnes.saturating_mul(lignes.len()) > ENTREES_MAXIMALES {
            return Err(AuditImpossible::TropGrand(bornes.len()));
        }
        let au: Vec<i64> = hors.iter().map(|k| bornes[*k as usize].bas).collect();
        let mut s = Self {
            colonnes,
            a: vec![N::de(0); colonnes * lignes.len()],
            den: lignes.iter().map(|l| N::de(l.den)).collect(),
            valeur: vec![],
            base: lignes.iter().map(|l| l.base).collect(),
            hors,
            au,
            bornes: bornes.to_vec(),
            place,
            objectif: None,
            pivots: 0,
        };
        for (r, l) in lignes.iter().enumerate() {
            for (k, coef) in &l.termes {
                if let Place::Colonne(c) = s.place[*k as usize] {
                    s.a[r * colonnes + c] = N::de(*coef);
                }
            }
            let libres = l.termes.iter().filter_map(|(k, coef)| match s.place[*k as usize] {
                Place::Colonne(c) => coef.checked_mul(i128::from(s.au[c])),
                Place::Ligne(_) => None,
            });
            let mut valeur = N::de(l.constante + libres.sum::<i128>());
            N::simplifie(&mut s.a[r * colonnes..(r + 1) * colonnes], &mut s.den[r], &mut valeur);
            s.valeur.push(valeur);
        }
        Ok(s)
    }

    /// The same vertex, computed again from the dictionary: rounding errors are left behind.
    pub(crate) fn refondu(&self, lignes: &[Ligne]) -> Result<Self, AuditImpossible> {
        let mut neuf = Self::nouveau(&self.bornes, lignes)?;
        let voulu = |k: u32| matches!(self.place[k as usize], Place::Colonne(_));
        for c in 0..neuf.colonnes {
            if let Place::Colonne(ancienne) = self.place[neuf.hors[c] as usize] {
                neuf.deplace(c, self.au[ancienne]);
            }
        }
        for r in 0..neuf.base.len() {
            let k = neuf.base[r];
            if let Place::Colonne(ancienne) = self.place[k as usize] {
                let entree = |c: &usize| neuf.a[r * neuf.colonnes + c].module();
                let candidats = (0..neuf.colonnes).filter(|c| !voulu(neuf.hors[*c]) && !entree(c).est_nul());
                let meilleur = candidats.reduce(|b, c| if entree(&c).vaut_mieux_que(entree(&b)) { c } else { b });
                neuf.pivote(r, meilleur.ok_or(AuditImpossible::Debordement)?, self.au[ancienne])?;
            }
        }
        neuf.pivots = self.pivots;
        Ok(neuf)
    }

    /// Value of an unknown at the current vertex.
    pub(crate) fn point(&self, k: u32) -> f64 {
        match self.place[k as usize] {
            Place::Ligne(r) => self.valeur[r].quotient(self.den[r]),
            Place::Colonne(c) => self.au[c] as f64,
        }
    }

    /// Finds a first vertex, bringing unknowns into their bounds one after the other.
    pub(crate) fn realise(&mut self) -> Result<(), AuditImpossible> {
        for r in 0..self.base.len() {
            // Unknowns brought in stay in; the one of this row may have changed meanwhile.
            while let Some(sens) = self.dehors(r) {
                let k = self.base[r];
                self.cherche(k, sens, true)?;
                if matches!(self.place[k as usize], Place::Ligne(s) if self.dehors(s).is_some()) {
                    return Err(AuditImpossible::Vide);
                }
            }
        }
        Ok(())
    }

    /// Which way the basic unknown of a row must go to be in its bounds; nothing when it is.
    fn dehors(&self, r: usize) -> Option<Sens> {
        let Bornes { bas, haut } = self.bornes[self.base[r] as usize];
        let a = |borne: i64| compte::<N>(borne) * self.den[r];
        if self.valeur[r].avant(a(bas)) {
            Some(Sens::Haut)
        } else if haut != SANS_PLAFOND && a(haut).avant(self.valeur[r]) {
            Some(Sens::Bas)
        } else {
            None
        }
    }

    /// Goes to the end of what an unknown can reach.
    pub(crate) fn optimise(&mut self, k: u32, sens: Sens) -> Result<Fin, AuditImpossible> {
        self.cherche(k, sens, false)
    }

    /// Goes to a vertex where a weighted sum of unknowns is largest.
    pub(crate) fn vers(&mut self, poids: impl Fn(u32) -> i64) -> Result<Fin, AuditImpossible> {
        let mut ligne: Vec<N> = self.hors.iter().map(|k| compte(poids(*k))).collect();
        for r in 0..self.base.len() {
            let p: N = compte(poids(self.base[r]));
            // Rows over a denominator are left out: any direction will do.
            if !p.est_nul() && self.den[r] == compte(1) {
                for (l, a) in ligne.iter_mut().zip(&self.a[r * self.colonnes..(r + 1) * self.colonnes]) {
                    *l = *l + *a * p;
                }
            }
        }
        let (r, k) = (self.base.len(), self.place.len() as u32);
        self.a.extend(ligne);
        self.den.push(compte(1));
        self.valeur.push(compte(0));
        self.base.push(k);
        self.place.push(Place::Ligne(r));
        self.bornes.push(Bornes { bas: 0, haut: SANS_PLAFOND });
        self.objectif = Some(r);
        let fin = self.cherche(k, Sens::Haut, false);
        self.objectif = None;
        self.a.truncate(r * self.colonnes);
        self.den.truncate(r);
        self.valeur.truncate(r);
        self.base.truncate(r);
        self.place.truncate(k as usize);
        self.bornes.truncate(k as usize);
        fin
    }

    /// `arret`: stops as soon as the unknown is in its bounds (search of a first vertex).
    fn cherche(&mut self, k: u32, sens: Sens, arret: bool) -> Result<Fin, AuditImpossible> {
        let mut pietine = 0;
        for _ in 0..PAS_MAXIMAUX {
            let prudent = pietine > PIETINEMENT;
            let entrant = match self.place[k as usize] {
                Place::Colonne(_) if arret => None,
                Place::Colonne(c) => self.peut(c, sens == Sens::Haut).then_some((c, sens == Sens::Haut)),
                Place::Ligne(r) if arret && self.dehors(r) != Some(sens) => None,
                Place::Ligne(r) => self.entrant(r, sens, prudent),
            };
            let Some((c, monte)) = entrant else { return Ok(Fin::Optimum) };
            let Some(pas) = self.pas(c, monte, k, prudent) else { return Ok(Fin::Illimite) };
            pietine = if pas.chemin.est_nul() { pietine + 1 } else { 0 };
            match pas.butee {
                Butee::Bascule => {
                    let Bornes { bas, haut } = self.bornes[self.hors[c] as usize];
                    self.deplace(c, if monte { haut } else { bas });
                }
                Butee::Ligne(r, borne) => self.pivote(r, c, borne)?,
            }
        }
        Err(AuditImpossible::Debordement)
    }

    fn peut(&self, c: usize, monte: bool) -> bool {
        let Bornes { bas, haut } = self.bornes[self.hors[c] as usize];
        if monte { self.au[c] < haut } else { self.au[c] > bas }
    }

    /// Free unknown whose change moves the basic one of row `r` fastest, or the first in order of names.
    fn entrant(&self, r: usize, sens: Sens, premier: bool) -> Option<(usize, bool)> {
        let ligne = &self.a[r * self.colonnes..(r + 1) * self.colonnes];
        let mut choisi: Option<(usize, bool)> = None;
        for (c, x) in ligne.iter().enumerate() {
            let monte = (*x > compte(0)) == (sens == Sens::Haut);
            if x.est_nul() || !self.peut(c, monte) {
                continue;
            }
            let mieux = |(autre, _): (usize, bool)| {
                if premier { self.hors[c] < self.hors[autre] } else { ligne[autre].module() < x.module() }
            };
            if choisi.is_none_or(mieux) {
                choisi = Some((c, monte));
            }
        }
        choisi
    }

    /// First obstacle met by the free unknown of column `c`.
    fn pas(&self, c: usize, monte: bool, cible: u32, premier: bool) -> Option<Pas<N>> {
        let Bornes { bas, haut } = self.bornes[self.hors[c] as usize];
        let mut court = (haut != SANS_PLAFOND).then(|| Pas {
            chemin: compte(haut - bas),
            vitesse: compte(1),
            butee: Butee::Bascule,
            nom: 0,
        });
        for r in 0..self.base.len() {
            let coef = self.a[r * self.colonnes + c];
            if coef.est_nul() || self.objectif == Some(r) {
                continue;
            }
            let haut = (coef > compte(0)) == monte;
            let Some(borne) = self.obstacle(r, haut, self.base[r] == cible) else { continue };
            let reste = compte::<N>(borne) * self.den[r] - self.valeur[r];
            // A rounding error beyond the bound is no distance.
            let chemin = if (reste > compte(0)) == haut { reste.module() } else { compte(0) };
            let ici = Pas { chemin, vitesse: coef.module(), butee: Butee::Ligne(r, borne), nom: self.base[r] };
            if court.as_ref().is_none_or(|autre| ici.avant(autre, premier)) {
                court = Some(ici);
            }
        }
        court
    }

    /// Bound that the basic unknown of a row would hit. One still out of its bounds only stops at the far
    /// one, except the one being brought in, which stops at the near one.
    fn obstacle(&self, r: usize, monte: bool, cible: bool) -> Option<i64> {
        let Bornes { bas, haut } = self.bornes[self.base[r] as usize];
        let plafond = (haut != SANS_PLAFOND).then_some(haut);
        match (self.dehors(r), monte) {
            (None, true) => plafond,
            (None, false) => Some(bas),
            (Some(Sens::Haut), true) if cible => Some(bas),
            (Some(Sens::Haut), true) => plafond,
            (Some(Sens::Bas), false) if cible => plafond,
            (Some(Sens::Bas), false) => Some(bas),
            _ => None,
        }
    }

    /// Takes the free unknown of column `c` to a value.
    fn deplace(&mut self, c: usize, valeur: i64) {
        let pas: N = compte(valeur - self.au[c]);
        for r in 0..self.base.len() {
            self.valeur[r] = self.valeur[r] + self.a[r * self.colonnes + c] * pas;
        }
        self.au[c] = valeur;
    }

    /// The basic unknown of row `r` leaves at `borne`; the free one of column `c` takes its place.
    fn pivote(&mut self, r: usize, c: usize, borne: i64) -> Result<(), AuditImpossible> {
        self.pivots += 1;
        let n = self.colonnes;
        let (pivot, den) = (self.a[r * n + c], self.den[r]);
        let module = pivot.module();
        let signe: N = compte(if pivot > compte(0) { 1 } else { -1 });
        // module × (change of the entering unknown)
        let pas = signe * (compte::<N>(borne) * den - self.valeur[r]);
        let mut ligne: Vec<N> = self.a[r * n..(r + 1) * n].iter().map(|x| -signe * *x).collect();
        ligne[c] = signe * den;
        for i in (0..self.base.len()).filter(|i| *i != r) {
            let rangee = &mut self.a[i * n..(i + 1) * n];
            let e = std::mem::replace(&mut rangee[c], compte(0));
            if e.est_nul() {
                continue;
            }
            let (m, f) = N::facteurs(module, e);
            for (x, l) in rangee.iter_mut().zip(&ligne) {
                *x = *x * m + *l * f;
            }
            self.den[i] = self.den[i] * m;
            self.valeur[i] = self.valeur[i] * m + f * pas;
            if self.den[i] != compte(1) {
                N::simplifie(rangee, &mut self.den[i], &mut self.valeur[i]);
            }
            N::tiennent(rangee, self.den[i], self.valeur[i])?;
        }
        let (entre, sort) = (self.hors[c], self.base[r]);
        self.valeur[r] = module * compte(self.au[c]) + pas;
        self.den[r] = module;
        self.a[r * n..(r + 1) * n].copy_from_slice(&ligne);
        N::simplifie(&mut self.a[r * n..(r + 1) * n], &mut self.den[r], &mut self.valeur[r]);
        (self.base[r], self.hors[c], self.au[c]) = (entre, sort, borne);
        self.place[entre as usize] = Place::Ligne(r);
        self.place[sort as usize] = Place::Colonne(c);
        Ok(())
    }
}

impl<N: Nombre> Pas<N> {
    /// True when this obstacle is met first; of two met together, the one with the better pivot, or the
    /// first in order of names.
    fn avant(&self, autre: &Self, premier: bool) -> bool {
        let (ici, la) = (self.chemin * autre.vitesse, autre.chemin * self.vitesse);
        if ici != la {
            return ici < la;
        }
        match autre.butee {
            Butee::Bascule => false,
            Butee::Ligne(..) if premier => self.nom < autre.nom,
            Butee::Ligne(..) => self.vitesse.vaut_mieux_que(autre.vitesse),
        }
    }
}
