//! Counting: one dense array for each crossing, indexed by territory and plain values. Groupings and
//! margins are sums of it, so they cannot disagree with it.

use super::plan::Axe;

/// Counts of a crossing over the territories of a level.
pub(super) struct Grille {
    /// For each axis, its rank and how far apart two of its values stand.
    axes: Vec<(usize, usize)>,
    taille: usize,
    effectifs: Vec<u64>,
}

impl Grille {
    pub fn nouvelle(rangs: &[usize], axes: &[Axe<'_>], territoires: usize) -> Self {
        let mut taille = 1;
        let mut places = Vec::with_capacity(rangs.len());
        for rang in rangs {
            places.push((*rang, taille));
            taille *= axes.get(*rang).map_or(1, |axe| axe.liste.modalites.len());
        }
        Self { axes: places, taille, effectifs: vec![0; taille * territoires] }
    }

    /// Counts one person, whose value on each axis of the jeu is given.
    pub fn compte(&mut self, territoire: usize, valeurs: &[usize]) {
        let place: usize = self.axes.iter().map(|(axe, pas)| valeurs.get(*axe).map_or(0, |valeur| valeur * pas)).sum();
        if let Some(effectif) = self.effectifs.get_mut(territoire * self.taille + place) {
            *effectif += 1;
        }
    }

    /// Persons of a territory at these values; `None` takes all values of an axis.
    pub fn effectif(&self, territoire: usize, axes: &[Axe<'_>], valeurs: &[Option<usize>]) -> u64 {
        self.somme(territoire * self.taille, axes, valeurs, 0)
    }

    fn somme(&self, debut: usize, axes: &[Axe<'_>], valeurs: &[Option<usize>], rang: usize) -> u64 {
        let Some((axe, pas)) = self.axes.get(rang) else {
            return self.effectifs.get(debut).copied().unwrap_or(0);
        };
        let plus_loin = |valeur: usize| self.somme(debut + valeur * pas, axes, valeurs, rang + 1);
        let Some(axe) = axes.get(*axe) else { return 0 };
        match valeurs.get(rang).copied().flatten() {
            Some(valeur) => axe.feuilles.get(valeur).into_iter().flatten().map(|feuille| plus_loin(*feuille)).sum(),
            None => (0..axe.liste.modalites.len()).map(plus_loin).sum(),
        }
    }
}
