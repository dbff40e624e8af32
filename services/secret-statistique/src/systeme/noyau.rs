//! The system as the algorithms see it: cells that are always equal are one, relations that say the
//! same are one, and the order depends on values and structure before it depends on names.
//! Never decides anything.

use std::collections::HashSet;

use super::{Cellule, Sort, Systeme};

/// Sparse matrix, by rows: for each row its (index, coefficient) pairs.
#[derive(Debug, Default, Clone)]
pub(crate) struct Creuse {
    debuts: Vec<u32>,
    termes: Vec<(u32, i64)>,
}

impl Creuse {
    pub(crate) fn depuis(lignes: impl IntoIterator<Item = impl IntoIterator<Item = (u32, i64)>>) -> Self {
        let mut m = Self { debuts: vec![0], termes: vec![] };
        for ligne in lignes {
            m.termes.extend(ligne);
            m.debuts.push(m.termes.len() as u32);
        }
        m
    }

    pub(crate) fn transposee(&self, largeur: usize) -> Self {
        let mut debuts = vec![0u32; largeur + 1];
        for (i, _) in &self.termes {
            debuts[*i as usize + 1] += 1;
        }
        for i in 0..largeur {
            debuts[i + 1] += debuts[i];
        }
        let mut place = debuts.clone();
        let mut termes = vec![(0, 0); self.termes.len()];
        for ligne in 0..self.len() {
            for (i, coef) in self.ligne(ligne as u32) {
                let p = &mut place[*i as usize];
                termes[*p as usize] = (ligne as u32, *coef);
                *p += 1;
            }
        }
        Self { debuts, termes }
    }

    pub(crate) fn len(&self) -> usize {
        self.debuts.len() - 1
    }

    pub(crate) fn ligne(&self, i: u32) -> &[(u32, i64)] {
        &self.termes[self.debuts[i as usize] as usize..self.debuts[i as usize + 1] as usize]
    }
}

/// A group of cells that are equal whatever the table (`total = one part`).
#[derive(Debug, Clone)]
pub(crate) struct Classe {
    pub valeur: i64,
    pub plancher: i64,
    pub plafond: i64,
    pub largeur: i64,
    pub cout: i64,
    pub sort: Sort,
    pub primaire: bool,
}

/// The reduced system, in canonical order.
#[derive(Debug)]
pub(crate) struct Noyau {
    pub classes: Vec<Classe>,
    /// Class of each cell of the system.
    pub classe_de: Vec<u32>,
    pub lignes: Creuse,
    pub colonnes: Creuse,
}

/// A cell that must be shown equals one that must be masked: positions of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contradiction(pub usize, pub usize);

impl Noyau {
    pub(crate) fn du_systeme(systeme: &Systeme) -> Result<Self, Contradiction> {
        let racine = egales(systeme);
        let mut rang = vec![u32::MAX; racine.len()];
        let mut classes: Vec<Classe> = vec![];
        let mut representant: Vec<usize> = vec![];
        let mut classe_de = Vec::with_capacity(racine.len());
        for (i, c) in systeme.cellules().iter().enumerate() {
            let r = racine[i] as usize;
            if rang[r] == u32::MAX {
                rang[r] = classes.len() as u32;
                classes.push(Classe::de(c));
                representant.push(i);
            } else {
                let k = rang[r] as usize;
                classes[k].joint(c).map_err(|()| Contradiction(representant[k], i))?;
            }
            classe_de.push(rang[r]);
        }
        let lignes = reduites(systeme, &classe_de);
        let (ordre, place) = ordre_canonique(&classes, &lignes);
        let classes: Vec<Classe> = ordre.iter().map(|k| classes[*k as usize].clone()).collect();
        let mut lignes: Vec<Vec<(u32, i64)>> = lignes
            .into_iter()
            .map(|l| {
                let mut l: Vec<_> = l.into_iter().map(|(k, coef)| (place[k as usize], coef)).collect();
                l.sort_unstable();
                l
            })
            .collect();
        lignes.sort_unstable();
        let lignes = Creuse::depuis(lignes);
        let colonnes = lignes.transposee(classes.len());
        let classe_de = classe_de.into_iter().map(|k| place[k as usize]).collect();
        Ok(Self { classes, classe_de, lignes, colonnes })
    }

    /// Classes already masked before anything complementary is.
    pub(crate) fn masques_initiaux(&self) -> Vec<bool> {
        self.classes.iter().map(|c| matches!(c.sort, Sort::Forcee | Sort::Auxiliaire)).collect()
    }
}

impl Classe {
    fn de(c: &Cellule) -> Self {
        Self {
            valeur: c.valeur as i64,
            plancher: c.plancher as i64,
            plafond: c.plafond.map_or(i64::MAX, |p| p as i64),
            largeur: c.largeur as i64,
            cout: c.cout as i64,
            sort: c.sort,
            primaire: c.primaire,
        }
    }

    fn joint(&mut self, c: &Cellule) -> Result<(), ()> {
        let autre = Self::de(c);
        self.sort = match (self.sort, autre.sort) {
            (Sort::Gelee, Sort::Forcee) | (Sort::Forcee, Sort::Gelee) => return Err(()),
            (Sort::Gelee, _) | (_, Sort::Gelee) => Sort::Gelee,
            (Sort::Forcee, _) | (_, Sort::Forcee) => Sort::Forcee,
            (Sort::Libre, _) | (_, Sort::Libre) => Sort::Libre,
            (Sort::Auxiliaire, Sort::Auxiliaire) => Sort::Auxiliaire,
        };
        self.plancher = self.plancher.max(autre.plancher);
        self.plafond = self.plafond.min(autre.plafond);
        self.largeur = self.largeur.max(autre.largeur);
        self.cout = self.cout.saturating_add(autre.cout);
        self.primaire |= autre.primaire;
        Ok(())
    }
}

/// Representative of the cells that relations with a single part make equal.
fn egales(systeme: &Systeme) -> Vec<u32> {
    let mut parent: Vec<u32> = (0..systeme.cellules().len() as u32).collect();
    fn racine(parent: &mut [u32], mut i: u32) -> u32 {
        while parent[i as usize] != i {
            parent[i as usize] = parent[parent[i as usize] as usize];
            i = parent[i as usize];
        }
        i
    }
    for relation in systeme.relations() {
        if let [(a, _), (b, 1)] = relation {
            let (a, b) = (racine(&mut parent, *a), racine(&mut parent, *b));
            parent[a.max(b) as usize] = a.min(b);
        }
    }
    (0..parent.len() as u32).map(|i| racine(&mut parent, i)).collect()
}

/// Relations between classes, each once, without those that became empty.
fn reduites(systeme: &Systeme, classe_de: &[u32]) -> Vec<Vec<(u32, i64)>> {
    let mut vues: HashSet<Vec<(u32, i64)>> = HashSet::with_capacity(systeme.relations().len());
    let mut lignes = vec![];
    for relation in systeme.relations() {
        let mut termes: Vec<(u32, i64)> = relation.iter().map(|(i, c)| (classe_de[*i as usize], *c)).collect();
        termes.sort_unstable();
        let mut ligne: Vec<(u32, i64)> = Vec::with_capacity(termes.len());
        for (k, coef) in termes {
            match ligne.last_mut() {
                Some((dernier, somme)) if *dernier == k => *somme += coef,
                _ => ligne.push((k, coef)),
            }
        }
        ligne.retain(|(_, coef)| *coef != 0);
        let negatifs = ligne.iter().filter(|(_, coef)| *coef < 0).count();
        if 2 * negatifs > ligne.len() {
            ligne.iter_mut().for_each(|(_, coef)| *coef = -*coef);
        }
        if !ligne.is_empty() && vues.insert(ligne.clone()) {
            lignes.push(ligne);
        }
    }
    lignes
}

/// Order of the classes by value, then by what surrounds them (colour refinement), then by position;
/// with the place of each class in that order.
fn ordre_canonique(classes: &[Classe], lignes: &[Vec<(u32, i64)>]) -> (Vec<u32>, Vec<u32>) {
    let mut couleur: Vec<u64> = classes
        .iter()
        .map(|c| melange(c.valeur as u64 ^ melange(c.cout as u64 * 8 + c.sort as u64 * 2 + u64::from(c.primaire))))
        .collect();
    for _ in 0..3 {
        let mut suivante = vec![0u64; classes.len()];
        for ligne in lignes {
            let teinte = |(k, coef): &(u32, i64)| melange(couleur[*k as usize] ^ melange(*coef as u64));
            let somme = ligne.iter().map(teinte).fold(0, u64::wrapping_add);
            for terme in ligne {
                let s = &mut suivante[terme.0 as usize];
                *s = s.wrapping_add(melange(somme ^ melange(terme.1 as u64)));
            }
        }
        for (c, s) in couleur.iter_mut().zip(suivante) {
            *c = melange(*c ^ s.rotate_left(17));
        }
    }
    let mut ordre: Vec<u32> = (0..classes.len() as u32).collect();
    ordre.sort_unstable_by_key(|k| (classes[*k as usize].valeur, couleur[*k as usize], *k));
    let mut place = vec![0; ordre.len()];
    for (p, k) in ordre.iter().enumerate() {
        place[*k as usize] = p as u32;
    }
    (ordre, place)
}

/// Bijective scrambling of 64 bits (the finaliser of SplitMix64).
pub(crate) fn melange(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
