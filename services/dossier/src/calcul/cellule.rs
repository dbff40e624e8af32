//! One pass over the persons, then the cells: the plan says which, the grids hold the figures.

use referentiel::Decimal;
use referentiel::cellule::{Cle, Ventilation};
use referentiel::jeu::Terme;
use referentiel::territoire::Niveau;
use secret_statistique::{CelluleBrute, Grandeur};

use super::grille::Grille;
use super::mesure::{Releve, Statistique};
use super::plan::{Axe, Calcul, Plan, PlanCompte, Publiee};
use super::situation::{Campagne, Situation};
use super::territoire::{Etage, NIVEAUX, Territoire};
use crate::modalite::StatutDispositif;

/// All cells of the plan, in order. The floors are those of [`NIVEAUX`].
pub(super) fn cellules(plan: &Plan<'_>, campagne: &Campagne<'_>, etages: &[Etage; 4]) -> Vec<CelluleBrute> {
    let valeurs: Vec<usize> =
        campagne.personnes.iter().flat_map(|s| plan.axes.iter().map(move |axe| valeur(axe, s))).collect();
    let mut cellules = Vec::new();
    for publiee in &plan.publiees {
        if let Some((_, etage)) = NIVEAUX.iter().zip(etages).find(|(niveau, _)| **niveau == publiee.niveau) {
            Atelier { axes: &plan.axes, campagne, valeurs: &valeurs, etage, publiee, cellules: &mut cellules }
                .produit();
        }
    }
    cellules
}

/// Rank of a person's value. One that is unknown, on a list without « Non renseigné », belongs to
/// someone whom no measure crossed with that axis counts: the plan has verified it.
fn valeur(axe: &Axe<'_>, situation: &Situation<'_>) -> usize {
    let lue = (axe.lecture.code)(situation);
    let rang = lue.and_then(|code| axe.liste.modalites.iter().position(|m| m.code == code));
    rang.or(axe.non_renseigne).unwrap_or(0)
}

/// One measure at one level, being computed.
struct Atelier<'a> {
    axes: &'a [Axe<'a>],
    campagne: &'a Campagne<'a>,
    /// For each person in turn, the value on each axis.
    valeurs: &'a [usize],
    etage: &'a Etage,
    publiee: &'a Publiee<'a>,
    cellules: &'a mut Vec<CelluleBrute>,
}

impl Atelier<'_> {
    fn produit(mut self) {
        match &self.publiee.calcul {
            Calcul::Compte(plan) => self.compte(plan),
            Calcul::Releve(releve) => self.totaux(|atelier, _, t| atelier.releve(*releve, t)),
            Calcul::Statistique(statistique) => {
                let figures = self.statistiques(statistique);
                self.totaux(|_, rang, _| figures.get(rang).cloned().unwrap_or(Grandeur::SansObjet));
            }
            Calcul::Taux(numerateur, denominateur) => self.totaux(|atelier, _, t| Grandeur::Taux {
                numerateur: atelier.cle_du_terme(numerateur, t),
                denominateur: atelier.cle_du_terme(denominateur, t),
            }),
            Calcul::Derive(combinaison) => self.totaux(|atelier, _, t| {
                let termes = combinaison.iter().map(|p| (p.poids, atelier.cle_du_terme(&p.terme, t)));
                Grandeur::Derive { termes: termes.collect() }
            }),
        }
    }

    fn compte(&mut self, plan: &PlanCompte) {
        let etage = self.etage;
        let mut grilles: Vec<Grille> =
            plan.grilles.iter().map(|axes| Grille::nouvelle(axes, self.axes, etage.territoires.len())).collect();
        for (situation, valeurs, territoire) in self.personnes() {
            if (plan.compte.retient)(situation) {
                grilles.iter_mut().for_each(|grille| grille.compte(territoire, valeurs));
            }
        }
        self.cellules.reserve(plan.cases.len() * etage.territoires.len());
        for (rang, territoire) in etage.territoires.iter().enumerate() {
            let sans_objet = plan.compte.exige_precedente && !self.a_precedente(territoire);
            for case in &plan.cases {
                let Some(grille) = grilles.get(case.grille) else { continue };
                let grandeur = if sans_objet {
                    Grandeur::SansObjet
                } else {
                    Grandeur::Effectif(grille.effectif(rang, self.axes, &case.valeurs))
                };
                let cle = self.cle(self.publiee.mesure, territoire, case.ventilation.clone());
                self.cellules.push(CelluleBrute { cle, grandeur });
            }
        }
    }

    /// One cell for each territory.
    fn totaux(&mut self, grandeur: impl Fn(&Self, usize, &Territoire) -> Grandeur) {
        for (rang, territoire) in self.etage.territoires.iter().enumerate() {
            let cle = self.cle(self.publiee.mesure, territoire, Ventilation::default());
            let grandeur = grandeur(self, rang, territoire);
            self.cellules.push(CelluleBrute { cle, grandeur });
        }
    }

    /// Sum over the dispositifs. One figure that is not filled leaves the whole without a figure: a
    /// partial sum would be a wrong number. A closed dispositif owes none; a structure has none.
    fn releve(&self, releve: Releve, territoire: &Territoire) -> Grandeur {
        let fiches = territoire.dispositifs.iter().filter_map(|rang| self.campagne.dispositifs.get(*rang));
        let dus: Vec<Option<Decimal>> = fiches
            .map(|d| (releve(d.fiche), d.fiche.statut))
            .filter(|(lu, statut)| lu.is_some() || *statut == StatutDispositif::EnActivite)
            .map(|(lu, _)| lu)
            .collect();
        match dus.iter().copied().sum::<Option<Decimal>>() {
            Some(somme) if !dus.is_empty() && self.publiee.niveau != Niveau::Structure => Grandeur::Operationnel(somme),
            _ => Grandeur::SansObjet,
        }
    }

    /// The figure of each territory.
    fn statistiques(&self, statistique: &Statistique) -> Vec<Grandeur> {
        let mut valeurs: Vec<Vec<i64>> = vec![vec![]; self.etage.territoires.len()];
        for (situation, _, territoire) in self.personnes() {
            if let (Some(valeur), Some(liste)) = ((statistique.valeur)(situation), valeurs.get_mut(territoire)) {
                liste.push(valeur);
            }
        }
        let figure = |liste: &mut Vec<i64>| match statistique.resume(liste) {
            Some(valeur) => Grandeur::Statistique { valeur, contributeurs: liste.len() as u64 },
            None => Grandeur::SansObjet,
        };
        valeurs.iter_mut().map(figure).collect()
    }

    /// Persons of this level with their values and territory.
    fn personnes(&self) -> impl Iterator<Item = (&Situation<'_>, &[usize], usize)> {
        let valeurs = self.valeurs.chunks_exact(self.axes.len().max(1));
        let personnes = self.campagne.personnes.iter().zip(valeurs).zip(&self.etage.de_la_personne);
        personnes.filter_map(|((situation, valeurs), rang)| Some((situation, valeurs, (*rang)?)))
    }

    /// The comparison of two campaigns is over the dispositifs that took part in both.
    fn a_precedente(&self, territoire: &Territoire) -> bool {
        let mut dispositifs = territoire.dispositifs.iter().filter_map(|rang| self.campagne.dispositifs.get(*rang));
        dispositifs.any(|d| d.presents_avant.is_some())
    }

    fn cle(&self, mesure: &str, territoire: &Territoire, ventilation: Ventilation) -> Cle {
        Cle {
            indicateur: mesure.to_owned(),
            niveau: self.publiee.niveau,
            territoire: territoire.code.clone(),
            ventilation,
        }
    }

    fn cle_du_terme(&self, terme: &Terme, territoire: &Territoire) -> Cle {
        self.cle(&terme.mesure, territoire, Ventilation::nouvelle(terme.ventilation.clone()))
    }
}
