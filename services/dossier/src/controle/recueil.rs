//! Where the checks put what they find. A column that is wrong on every row stays readable, and a
//! hostile file cannot fill the memory: beyond a thousand, anomalies of one kind are summed up.

use referentiel::controle::{Anomalie, Fiche, Place, Severite};
use referentiel::format;

/// Anomalies of one check, weight and field told one by one.
const DETAILLEES: u32 = 1000;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Recueil {
    anomalies: Vec<Anomalie>,
    genres: Vec<Genre>,
}

/// Anomalies that differ by their row alone.
#[derive(Debug)]
struct Genre {
    controle: String,
    severite: Severite,
    fiche: Option<Fiche>,
    champ: Option<String>,
    nombre: u32,
}

impl Genre {
    fn de(anomalie: &Anomalie) -> Self {
        Self {
            controle: anomalie.controle.clone(),
            severite: anomalie.severite,
            fiche: anomalie.place.fiche,
            champ: anomalie.place.champ.clone(),
            nombre: 0,
        }
    }

    fn est_celui(&self, anomalie: &Anomalie) -> bool {
        self.controle == anomalie.controle
            && self.champ == anomalie.place.champ
            && self.fiche == anomalie.place.fiche
            && self.severite == anomalie.severite
    }

    /// The one anomaly that stands for those that were not told.
    fn reste(self) -> Option<Anomalie> {
        let nombre = self.nombre.checked_sub(DETAILLEES).filter(|n| *n > 0)?;
        let autres = format::compte(nombre.into(), "autre cellule a", "autres cellules ont");
        let message = format!("{autres} la même anomalie dans cette colonne, non détaillée ici.");
        let place = Place { fiche: self.fiche, champ: self.champ, ..Place::default() };
        Some(Anomalie::nouvelle(&self.controle, place, message).severite(self.severite).nombre(nombre))
    }
}

impl Recueil {
    /// What one check answers, most often nothing.
    pub(super) fn note(&mut self, constat: Option<Anomalie>) {
        if let Some(anomalie) = constat {
            self.push(anomalie);
        }
    }

    pub(super) fn push(&mut self, anomalie: Anomalie) {
        let rang = match self.genres.iter().position(|g| g.est_celui(&anomalie)) {
            Some(rang) => rang,
            None => {
                self.genres.push(Genre::de(&anomalie));
                self.genres.len() - 1
            }
        };
        let genre = &mut self.genres[rang];
        genre.nombre = genre.nombre.saturating_add(1);
        if genre.nombre <= DETAILLEES {
            self.anomalies.push(anomalie);
        }
    }

    /// True when something that blocks was found on one of these sheets.
    pub(super) fn bloque_sur(&self, fiches: &[Fiche]) -> bool {
        self.anomalies.iter().any(|a| a.bloque() && a.place.fiche.is_some_and(|f| fiches.contains(&f)))
    }

    /// Everything found, and whether something blocks.
    pub(super) fn rend(mut self) -> (Vec<Anomalie>, bool) {
        self.anomalies.extend(self.genres.into_iter().filter_map(Genre::reste));
        let bloque = self.anomalies.iter().any(Anomalie::bloque);
        (self.anomalies, bloque)
    }
}

impl Extend<Anomalie> for Recueil {
    fn extend<I: IntoIterator<Item = Anomalie>>(&mut self, anomalies: I) {
        anomalies.into_iter().for_each(|a| self.push(a));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_wrong_on_every_row_is_summed_up() {
        let mut recueil = Recueil::default();
        recueil.extend(
            (0..1500).map(|l| Anomalie::nouvelle("C-PE-10", Place::champ(Fiche::Personne, l, "orientation"), "vide")),
        );
        recueil.push(Anomalie::nouvelle("C-PE-01", Place::champ(Fiche::Personne, 2, "reference_personne"), "vide"));
        assert!(recueil.bloque_sur(&[Fiche::Personne]) && !recueil.bloque_sur(&[Fiche::Evenement]));
        let (anomalies, bloque) = recueil.rend();
        assert_eq!((anomalies.len(), bloque), (1002, true));
        let reste = &anomalies[1001];
        assert_eq!((reste.nombre, reste.place.ligne, reste.severite), (Some(500), None, Severite::Avertissement));
    }
}
