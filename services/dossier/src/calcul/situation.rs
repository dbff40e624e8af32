//! One accompanied person as the measures look at it: the fiche, the event of the campaign and the
//! one before, between the two dates. A missing date never counts as a flow, nor in a duration.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike, NaiveDate};
use referentiel::identifiant::{ReferenceDispositif, ReferencePersonne};
use referentiel::periode::Trimestre;

use super::erreur::ErreurCalcul;
use crate::fiche::{FicheDispositif, FicheEvenement, FichePersonne, Remontee};
use crate::modalite::StatutAccompagnement;

/// What a node knows of one quarter: the remontées of the campaign and those of the campaign before.
#[derive(Debug, Clone, Copy)]
pub struct SituationNoeud<'a> {
    /// Remontées of the quarter, one for each workbook.
    pub campagne: &'a [Remontee],
    /// Remontées of the quarter before. A dispositif that is not there has no EA06, EA13 nor EA14, and
    /// its flows are counted from the last day of that quarter.
    pub precedente: &'a [Remontee],
}

/// A dispositif of the campaign.
#[derive(Debug)]
pub(super) struct Dispositif<'a> {
    pub fiche: &'a FicheDispositif,
    /// Event date, `D` in the formulas.
    pub date: NaiveDate,
    /// Event date of the campaign before, `D0`.
    pub date_precedente: NaiveDate,
    /// Followed or in veille totale at `D0`; `None` when the campaign before is not known.
    pub presents_avant: Option<usize>,
}

/// A person in a dispositif.
#[derive(Debug)]
pub(super) struct Situation<'a> {
    /// Rank of the dispositif.
    pub dispositif: usize,
    pub date: NaiveDate,
    pub date_precedente: NaiveDate,
    pub personne: &'a FichePersonne,
    /// Event of the campaign; a person gone before it may have none.
    pub evenement: Option<&'a FicheEvenement>,
    /// Event of the campaign before, in the same dispositif.
    pub avant: Option<&'a FicheEvenement>,
}

impl Situation<'_> {
    pub fn a_statut(&self, statut: StatutAccompagnement) -> bool {
        self.evenement.is_some_and(|e| e.statut == statut)
    }

    /// Followed or in veille totale at `D`.
    pub fn present(&self) -> bool {
        self.evenement.is_some_and(est_present)
    }

    /// Followed or in veille totale at `D0`.
    pub fn present_avant(&self) -> bool {
        self.avant.is_some_and(est_present)
    }

    /// `ENT ≤ D`.
    pub fn entre_au_plus_tard(&self, date: NaiveDate) -> bool {
        self.personne.entree.is_some_and(|entree| entree <= date)
    }

    /// `D0 < ENT ≤ D`.
    pub fn entre_dans_la_periode(&self) -> bool {
        self.dans_la_periode(self.personne.entree)
    }

    /// `D0 < SOR ≤ D`.
    pub fn sort_dans_la_periode(&self) -> bool {
        self.dans_la_periode(self.personne.sortie)
    }

    /// `SOR ≤ D0`: no event is expected any more.
    pub fn sorti_avant(&self) -> bool {
        self.personne.sortie.is_some_and(|sortie| sortie <= self.date_precedente)
    }

    /// 1 January ≤ ENT.
    pub fn entre_dans_l_annee(&self) -> bool {
        self.personne.entree.is_some_and(|entree| entree.year() >= self.date.year())
    }

    fn dans_la_periode(&self, date: Option<NaiveDate>) -> bool {
        date.is_some_and(|date| self.date_precedente < date && date <= self.date)
    }
}

fn est_present(evenement: &FicheEvenement) -> bool {
    matches!(evenement.statut, StatutAccompagnement::Suivi | StatutAccompagnement::VeilleTotale)
}

/// The dispositifs and persons of a campaign, verified to hang together.
#[derive(Debug)]
pub(super) struct Campagne<'a> {
    pub dispositifs: Vec<Dispositif<'a>>,
    pub personnes: Vec<Situation<'a>>,
}

impl<'a> Campagne<'a> {
    /// Persons of the dispositif of this rank.
    pub fn du_dispositif(&self, rang: usize) -> impl Iterator<Item = &Situation<'a>> {
        self.personnes.iter().filter(move |s| s.dispositif == rang)
    }

    pub fn lit(noeud: SituationNoeud<'a>) -> Result<Self, ErreurCalcul> {
        let trimestre = verifie_trimestres(noeud)?;
        let precedente = Precedente::lit(noeud.precedente);
        let dispositifs = lit_dispositifs(noeud.campagne, &precedente, trimestre)?;
        let rangs: HashMap<&ReferenceDispositif, usize> =
            dispositifs.iter().enumerate().map(|(rang, d)| (&d.fiche.reference, rang)).collect();
        let mut personnes = Vec::with_capacity(noeud.campagne.iter().map(|r| r.personnes.len()).sum());
        for remontee in noeud.campagne {
            let mut evenements: HashMap<ReferencePersonne, &FicheEvenement> =
                remontee.evenements.iter().map(|e| (e.personne, e)).collect();
            for personne in &remontee.personnes {
                let rang = *rangs.get(&personne.dispositif).ok_or_else(|| sans_fiche(remontee, personne))?;
                let Dispositif { date, date_precedente, .. } = dispositifs[rang];
                personnes.push(Situation {
                    dispositif: rang,
                    date,
                    date_precedente,
                    personne,
                    evenement: evenements.remove(&personne.reference),
                    avant: precedente.evenements.get(&(&personne.dispositif, personne.reference)).copied(),
                });
            }
            if !evenements.is_empty() {
                return Err(ErreurCalcul::EvenementsOrphelins(evenements.len()));
            }
        }
        Ok(Self { dispositifs, personnes })
    }
}

/// The campaign before, by dispositif: a person who changed dispositif is new in the second one.
struct Precedente<'a> {
    dates: HashMap<&'a ReferenceDispositif, NaiveDate>,
    presents: HashMap<&'a ReferenceDispositif, usize>,
    evenements: HashMap<(&'a ReferenceDispositif, ReferencePersonne), &'a FicheEvenement>,
}

impl<'a> Precedente<'a> {
    fn lit(remontees: &'a [Remontee]) -> Self {
        let mut dates = HashMap::new();
        let mut presents = HashMap::new();
        let mut evenements = HashMap::new();
        for remontee in remontees {
            dates.extend(remontee.dispositifs.iter().map(|d| (&d.reference, remontee.date)));
            let dispositifs: HashMap<ReferencePersonne, &ReferenceDispositif> =
                remontee.personnes.iter().map(|p| (p.reference, &p.dispositif)).collect();
            for evenement in &remontee.evenements {
                if let Some(dispositif) = dispositifs.get(&evenement.personne) {
                    *presents.entry(*dispositif).or_default() += usize::from(est_present(evenement));
                    evenements.insert((*dispositif, evenement.personne), evenement);
                }
            }
        }
        Self { dates, presents, evenements }
    }
}

fn verifie_trimestres(noeud: SituationNoeud<'_>) -> Result<Trimestre, ErreurCalcul> {
    let trimestre = noeud.campagne.first().ok_or(ErreurCalcul::CampagneVide)?.trimestre;
    if let Some(autre) = noeud.campagne.iter().find(|r| r.trimestre != trimestre) {
        return Err(ErreurCalcul::TrimestresMeles(autre.trimestre, trimestre));
    }
    let attendu = trimestre.precedent();
    match noeud.precedente.iter().find(|r| r.trimestre != attendu) {
        Some(autre) => Err(ErreurCalcul::PrecedenteInattendue(trimestre, attendu, autre.trimestre)),
        None => Ok(trimestre),
    }
}

fn lit_dispositifs<'a>(
    campagne: &'a [Remontee],
    precedente: &Precedente<'_>,
    trimestre: Trimestre,
) -> Result<Vec<Dispositif<'a>>, ErreurCalcul> {
    let mut connus = HashSet::new();
    let mut dispositifs = Vec::new();
    for remontee in campagne {
        for fiche in &remontee.dispositifs {
            if !connus.insert(&fiche.reference) {
                return Err(ErreurCalcul::DispositifRepete(fiche.reference.clone()));
            }
            let avant = precedente.dates.get(&fiche.reference).copied();
            dispositifs.push(Dispositif {
                fiche,
                date: remontee.date,
                date_precedente: avant.unwrap_or_else(|| trimestre.precedent().fin()),
                presents_avant: avant.map(|_| precedente.presents.get(&fiche.reference).copied().unwrap_or(0)),
            });
        }
    }
    dispositifs.sort_by(|a, b| a.fiche.reference.cmp(&b.fiche.reference));
    Ok(dispositifs)
}

fn sans_fiche(remontee: &Remontee, personne: &FichePersonne) -> ErreurCalcul {
    let nombre = remontee.personnes.iter().filter(|p| p.dispositif == personne.dispositif).count();
    ErreurCalcul::DispositifSansFiche(personne.dispositif.clone(), nombre)
}

/// Days from a date to a later one; `None` when they are the wrong way round.
pub(super) fn jours(debut: NaiveDate, fin: NaiveDate) -> Option<i64> {
    Some((fin - debut).num_days()).filter(|jours| *jours >= 0)
}
