//! Cells as numbers: each code is looked up once in its data set and nomenclature (what is unknown is
//! refused here), then every rule works on small integers. Twenty thousand cells must be re-checked in
//! a fraction of the 150 ms that a publication may take.

use std::collections::{HashMap, HashSet};

use publication::{CodeRefus, Refus};
use referentiel::cellule::Audience;
use referentiel::jeu::{Jeu, Mesure, Terme};
use referentiel::territoire::Niveau;
use secret_statistique::CelluleProtegee;

/// Values of at most so many axes fit a key.
const AXES_MAXIMUM: usize = 4;

/// (measure, territory of the table, values on axes packed in order).
pub type CleCodee = (u16, u32, u64);

/// A data set, its codes numbered.
pub struct Codage<'j> {
    pub jeu: &'j Jeu,
    mesures: HashMap<&'j str, u16>,
    axes: HashMap<&'j str, u8>,
    modalites: Vec<ListeCodee<'j>>,
    permis: HashSet<(Niveau, u16, u32)>,
}

/// Values of an axis: by code, the roots (which add up to the margin), the children of each grouping.
struct ListeCodee<'j> {
    rangs: HashMap<&'j str, u8>,
    racines: Vec<u8>,
    enfants: Vec<(u8, Vec<u8>)>,
}

/// The cells of one table, by coded key.
pub struct TableCodee<'c> {
    pub index: HashMap<CleCodee, &'c CelluleProtegee>,
    territoires: HashMap<(Niveau, &'c str), u32>,
}

impl<'j> Codage<'j> {
    pub fn du_jeu(jeu: &'j Jeu, audience: Audience) -> Self {
        let rang = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let mesures: HashMap<&str, u16> =
            jeu.mesures.iter().enumerate().map(|(n, m)| (m.code.as_str(), rang(n))).collect();
        let axes: HashMap<&str, u8> = jeu.axes.iter().zip(0u8..).map(|(a, n)| (a.code.as_str(), n)).collect();
        let modalites = jeu.axes.iter().map(|a| ListeCodee::de_l_axe(jeu, &a.code)).collect();
        let mut codage = Self { jeu, mesures, axes, modalites, permis: HashSet::new() };
        codage.permet_les_tables(audience);
        codage
    }

    /// What the tables of the jeu publish: totals, crossings with all their margins, and the terms of
    /// the rates and combinations they show.
    fn permet_les_tables(&mut self, audience: Audience) {
        for table in self.jeu.tables.iter().filter(|t| t.est_pour(audience)) {
            for mesure in table.mesures.iter().filter_map(|m| self.jeu.mesure(m)) {
                self.permet(&table.niveaux, &mesure.code, &[]);
                for croisement in &table.croisements {
                    let axes: Vec<&str> = croisement.iter().map(String::as_str).collect();
                    self.permet(&table.niveaux, &mesure.code, &axes);
                }
                self.permet_les_termes(&table.niveaux, mesure);
            }
        }
    }

    fn permet_les_termes(&mut self, niveaux: &[Niveau], mesure: &Mesure) {
        for terme in mesure.termes() {
            let axes: Vec<&str> = terme.ventilation.keys().map(String::as_str).collect();
            self.permet(niveaux, &terme.mesure, &axes);
            if let Some(citee) = self.jeu.mesure(&terme.mesure) {
                self.permet_les_termes(niveaux, citee);
            }
        }
    }

    fn permet(&mut self, niveaux: &[Niveau], mesure: &str, axes: &[&str]) {
        let Some(mesure) = self.mesures.get(mesure).copied() else { return };
        let rangs: Vec<u8> = axes.iter().filter_map(|a| self.axes.get(a).copied()).collect();
        for choix in 0..1u32 << rangs.len() {
            let masque = rangs.iter().enumerate().filter(|(n, _)| choix >> n & 1 == 1).map(|(_, r)| 1u32 << r).sum();
            self.permis.extend(niveaux.iter().map(|niveau| (*niveau, mesure, masque)));
        }
    }

    /// True when the jeu publishes this measure at this level, crossed by these axes.
    pub fn permis(&self, niveau: Niveau, mesure: u16, masque: u32) -> bool {
        self.permis.contains(&(niveau, mesure, masque))
    }

    pub fn mesure(&self, cle: CleCodee) -> Option<&'j Mesure> {
        self.jeu.mesures.get(usize::from(cle.0))
    }

    pub fn nombre_d_axes(&self) -> u8 {
        u8::try_from(self.modalites.len()).unwrap_or(u8::MAX)
    }

    /// Values whose counts add up to the margin over an axis.
    pub fn racines(&self, axe: u8) -> &[u8] {
        self.modalites.get(usize::from(axe)).map_or(&[], |l| &l.racines)
    }

    /// Values grouped under another.
    pub fn enfants(&self, axe: u8, modalite: u8) -> Option<&[u8]> {
        let liste = self.modalites.get(usize::from(axe))?;
        liste.enfants.iter().find(|(m, _)| *m == modalite).map(|(_, e)| e.as_slice())
    }

    /// Coded key of a term of a rate at the place of the rate's own cell.
    pub fn cle_du_terme(&self, terme: &Terme, place: CleCodee) -> Option<CleCodee> {
        let mesure = self.mesures.get(terme.mesure.as_str())?;
        let valeurs = terme.ventilation.iter().try_fold(place.2, |v, (axe, modalite)| {
            let axe = *self.axes.get(axe.as_str())?;
            Some(avec(v, axe, *self.modalites.get(usize::from(axe))?.rangs.get(modalite.as_str())?))
        })?;
        Some((*mesure, place.1, valeurs))
    }

    /// Codes the cells of a table; unknown codes and crossings the jeu does not publish are refused.
    pub fn table<'c>(&self, cellules: &'c [CelluleProtegee]) -> Result<TableCodee<'c>, Vec<Refus>> {
        let mut refus = Vec::new();
        let mut table = TableCodee { index: HashMap::with_capacity(cellules.len()), territoires: HashMap::new() };
        for cellule in cellules {
            match self.code(&mut table.territoires, cellule) {
                Ok(cle) => {
                    table.index.insert(cle, cellule);
                }
                Err(detail) => {
                    refus.push(Refus::nouveau(CodeRefus::RefUnknownCode, detail).sur_cellule(&cellule.cle));
                }
            }
        }
        if refus.is_empty() { Ok(table) } else { Err(refus) }
    }

    fn code<'c>(
        &self,
        territoires: &mut HashMap<(Niveau, &'c str), u32>,
        cellule: &'c CelluleProtegee,
    ) -> Result<CleCodee, &'static str> {
        let cle = &cellule.cle;
        let mesure = *self.mesures.get(cle.indicateur.as_str()).ok_or("Indicateur absent du jeu.")?;
        let (mut masque, mut valeurs, mut nombre) = (0u32, 0u64, 0);
        for (axe, modalite) in cle.ventilation.axes() {
            let rang = *self.axes.get(axe).ok_or("Axe absent du jeu.")?;
            let liste = self.modalites.get(usize::from(rang)).ok_or("Axe absent du jeu.")?;
            let modalite = *liste.rangs.get(modalite).ok_or("Valeur absente de la nomenclature de son axe.")?;
            masque |= 1 << rang;
            valeurs = avec(valeurs, rang, modalite);
            nombre += 1;
        }
        if nombre > AXES_MAXIMUM || !self.permis(cle.niveau, mesure, masque) {
            return Err("Croisement que le jeu ne publie pas à ce niveau.");
        }
        let suivant = u32::try_from(territoires.len()).unwrap_or(u32::MAX);
        let territoire = *territoires.entry((cle.niveau, cle.territoire.as_str())).or_insert(suivant);
        Ok((mesure, territoire, valeurs))
    }
}

impl TableCodee<'_> {
    /// Number of a territory that some cell refers to.
    pub fn territoire(&self, niveau: Niveau, code: &str) -> Option<u32> {
        self.territoires.get(&(niveau, code)).copied()
    }
}

impl<'j> ListeCodee<'j> {
    fn de_l_axe(jeu: &'j Jeu, axe: &str) -> Self {
        let modalites = jeu.nomenclature(axe).map_or(&[][..], |n| &n.modalites);
        let rangs: HashMap<&str, u8> = modalites.iter().zip(0u8..).map(|(m, n)| (m.code.as_str(), n)).collect();
        let de = |parent: Option<&str>| -> Vec<u8> {
            let celles = modalites.iter().filter(|m| m.parent.as_deref() == parent);
            celles.filter_map(|m| rangs.get(m.code.as_str()).copied()).collect()
        };
        let groupes = modalites.iter().filter(|m| m.regroupement);
        let enfants = groupes.filter_map(|m| Some((*rangs.get(m.code.as_str())?, de(Some(&m.code))))).collect();
        Self { racines: de(None), enfants, rangs }
    }
}

/// Packed values with one more, kept in order of axis: 16 bits each, axis then value, both from 1.
pub fn avec(valeurs: u64, axe: u8, modalite: u8) -> u64 {
    let nouvelle = u64::from(axe + 1) << 8 | u64::from(modalite + 1);
    let mut places: [u64; AXES_MAXIMUM + 1] = [0; AXES_MAXIMUM + 1];
    let mut reste = valeurs;
    let mut nombre = 0;
    while reste != 0 && nombre < AXES_MAXIMUM {
        places[nombre] = reste & 0xffff;
        reste >>= 16;
        nombre += 1;
    }
    places[nombre] = nouvelle;
    places[..=nombre].sort_unstable_by(|a, b| b.cmp(a));
    places[..=nombre].iter().take(AXES_MAXIMUM).rev().fold(0, |v, place| v << 16 | place)
}

/// Axes and values of packed values.
pub fn depaquete(valeurs: u64) -> impl Iterator<Item = (u8, u8)> {
    (0..AXES_MAXIMUM)
        .map(move |n| valeurs >> (16 * n) & 0xffff)
        .take_while(|p| *p != 0)
        .map(|p| (((p >> 8) - 1) as u8, ((p & 0xff) - 1) as u8))
}

/// Axes of packed values, as a mask.
pub fn masque(valeurs: u64) -> u32 {
    depaquete(valeurs).map(|(axe, _)| 1u32 << axe).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::jeu::jeu;

    #[test]
    fn packed_values_do_not_depend_on_the_order_of_the_axes() {
        let a = avec(avec(avec(0, 3, 7), 0, 0), 1, 9);
        let b = avec(avec(avec(0, 1, 9), 3, 7), 0, 0);
        assert_eq!(a, b);
        let mut lus: Vec<_> = depaquete(a).collect();
        lus.sort_unstable();
        assert_eq!(lus, [(0, 0), (1, 9), (3, 7)]);
        assert_eq!(masque(a), 0b1011);
        assert_eq!(depaquete(0).count(), 0);
    }

    #[test]
    fn what_a_jeu_publishes_is_permitted_and_nothing_finer() {
        let codage = Codage::du_jeu(jeu("ea.indicateurs").unwrap(), Audience::Reseau);
        let ea01 = codage.mesures["EA01"];
        let masque = |axes: &[&str]| axes.iter().map(|a| 1u32 << codage.axes[a]).sum();
        assert!(codage.permis(Niveau::Region, ea01, masque(&["sexe", "age", "handicap"])));
        assert!(codage.permis(Niveau::Region, ea01, masque(&["age", "handicap"])), "a margin of it");
        assert!(!codage.permis(Niveau::Departement, ea01, masque(&["sexe", "age", "handicap"])));
        assert!(!codage.permis(Niveau::Structure, ea01, masque(&["handicap"])), "the finer, the fewer crossings");
    }
}
