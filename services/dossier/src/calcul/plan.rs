//! From the jeu to the list of cells: which counts, crossed with what, at each level. Nothing here
//! looks at a person.
//!
//! Every crossing brings all its margins. A term of a rate brings its cell with its neighbours and
//! their margins, so that no cell stands alone beside its total: the rest would be a difference away.

use std::collections::{BTreeMap, BTreeSet};

use referentiel::cellule::Ventilation;
use referentiel::jeu::{Jeu, Mesure, Nature, Terme, TermePondere};
use referentiel::nomenclature::Nomenclature;
use referentiel::territoire::Niveau;

use super::axe::{Lecture, lecture};
use super::erreur::ErreurCalcul;
use super::mesure::{Compte, Releve, Statistique, compte, releve, statistique};

/// An axis of the jeu, and how persons are placed on it.
pub(super) struct Axe<'j> {
    pub code: &'j str,
    pub liste: &'j Nomenclature,
    pub lecture: Lecture,
    /// For each value of the list, the plain values it stands for: itself, or what it groups.
    pub feuilles: Vec<Vec<usize>>,
    /// Rank of « Non renseigné ».
    pub non_renseigne: Option<usize>,
}

/// Coordinates of a cell: (rank of the axis, rank of the value), by axis.
type Coordonnees = Vec<(usize, usize)>;

/// A cell of a count, and where its figure is found.
pub(super) struct Case {
    pub ventilation: Ventilation,
    /// Rank of the grid.
    pub grille: usize,
    /// For each axis of that grid, the value taken, or all of them.
    pub valeurs: Vec<Option<usize>>,
}

/// The grids of a count, each a list of ranks of axes, and its cells in order.
pub(super) struct PlanCompte {
    pub compte: Compte,
    pub grilles: Vec<Vec<usize>>,
    pub cases: Vec<Case>,
}

/// How the cells of a measure are made; all kinds but the first have one for each territory.
pub(super) enum Calcul<'j> {
    Compte(PlanCompte),
    Releve(Releve),
    Statistique(Statistique),
    Taux(&'j Terme, &'j Terme),
    Derive(&'j [TermePondere]),
}

/// A measure published at a level.
pub(super) struct Publiee<'j> {
    pub mesure: &'j str,
    pub niveau: Niveau,
    pub calcul: Calcul<'j>,
}

/// What a jeu asks for, in the order of the cells of a table.
pub(super) struct Plan<'j> {
    pub axes: Vec<Axe<'j>>,
    pub publiees: Vec<Publiee<'j>>,
}

impl<'j> Plan<'j> {
    pub fn du_jeu(jeu: &'j Jeu, niveaux: &[Niveau]) -> Result<Self, ErreurCalcul> {
        let axes = jeu.axes.iter().map(|axe| Axe::du_jeu(jeu, &axe.code)).collect::<Result<Vec<_>, _>>()?;
        let mut publiees = Vec::new();
        for niveau in niveaux {
            let demande = Demande::du_niveau(jeu, &axes, *niveau);
            verifie_identites(jeu, &axes, *niveau, &demande)?;
            for (code, cases) in &demande.cases {
                let Some(mesure) = jeu.mesure(code) else { continue };
                publiees.push(Publiee { mesure: code, niveau: *niveau, calcul: calcul(&axes, mesure, cases)? });
            }
        }
        publiees.sort_by_key(|p| (p.mesure, p.niveau));
        Ok(Self { axes, publiees })
    }
}

impl<'j> Axe<'j> {
    fn du_jeu(jeu: &'j Jeu, code: &'j str) -> Result<Self, ErreurCalcul> {
        let inconnu = || ErreurCalcul::AxeInconnu(code.to_owned());
        let lecture = lecture(code).ok_or_else(inconnu)?;
        let liste = jeu.nomenclature(code).ok_or_else(inconnu)?;
        if liste.code != lecture.nomenclature {
            return Err(ErreurCalcul::NomenclatureInattendue(
                code.to_owned(),
                lecture.nomenclature,
                liste.code.clone(),
            ));
        }
        Ok(Self {
            code,
            liste,
            lecture,
            feuilles: (0..liste.modalites.len()).map(|rang| feuilles(liste, rang)).collect(),
            non_renseigne: liste.modalites.iter().position(|m| m.code == "NR"),
        })
    }

    /// The value with the values beside it and beside each of its groupings.
    fn voisinage(&self, valeur: &str) -> Vec<usize> {
        let mut parents = vec![None];
        let mut montee = self.liste.modalite(valeur).and_then(|m| m.parent.as_deref());
        while let Some(parent) = montee {
            parents.push(Some(parent));
            montee = self.liste.modalite(parent).and_then(|m| m.parent.as_deref());
        }
        let valeurs = self.liste.modalites.iter().enumerate();
        valeurs.filter(|(_, m)| parents.contains(&m.parent.as_deref())).map(|(rang, _)| rang).collect()
    }
}

fn feuilles(liste: &Nomenclature, rang: usize) -> Vec<usize> {
    let code = Some(liste.modalites[rang].code.as_str());
    let enfants = liste.modalites.iter().enumerate().filter(|(_, m)| m.parent.as_deref() == code);
    let descendantes: Vec<usize> = enfants.flat_map(|(enfant, _)| feuilles(liste, enfant)).collect();
    if descendantes.is_empty() { vec![rang] } else { descendantes }
}

/// Cells asked for, by measure.
#[derive(Default)]
struct Demande<'j> {
    cases: BTreeMap<&'j str, BTreeSet<Coordonnees>>,
}

impl<'j> Demande<'j> {
    fn du_niveau(jeu: &'j Jeu, axes: &[Axe<'_>], niveau: Niveau) -> Self {
        let mut demande = Self::default();
        for table in jeu.tables_du_niveau(niveau) {
            for mesure in table.mesures.iter().filter_map(|code| jeu.mesure(code)) {
                demande.ajoute_mesure(jeu, axes, mesure);
                for croisement in table.croisements.iter().filter(|_| mesure.nature.compte_des_personnes()) {
                    let rangs = croisement.iter().filter_map(|code| rang_axe(axes, code));
                    let entier = rangs.filter_map(|rang| Some((rang, (0..axes.get(rang)?.feuilles.len()).collect())));
                    demande.ajoute(&mesure.code, &entier.collect::<Vec<_>>());
                }
            }
        }
        demande
    }

    fn ajoute(&mut self, mesure: &'j str, croisement: &[(usize, Vec<usize>)]) {
        self.cases.entry(mesure).or_default().extend(avec_marges(croisement));
    }

    /// Adds a measure, whole, and the terms it needs.
    fn ajoute_mesure(&mut self, jeu: &'j Jeu, axes: &[Axe<'_>], mesure: &'j Mesure) {
        self.ajoute(&mesure.code, &[]);
        for terme in mesure.termes() {
            let croisement: Vec<(usize, Vec<usize>)> = terme
                .ventilation
                .iter()
                .filter_map(|(axe, valeur)| {
                    let rang = rang_axe(axes, axe)?;
                    Some((rang, axes.get(rang)?.voisinage(valeur)))
                })
                .collect();
            self.ajoute(&terme.mesure, &croisement);
            if let Some(terme) = jeu.mesure(&terme.mesure) {
                self.ajoute_mesure(jeu, axes, terme);
            }
        }
    }
}

fn rang_axe(axes: &[Axe<'_>], code: &str) -> Option<usize> {
    axes.iter().position(|axe| axe.code == code)
}

/// All cells of a crossing: each axis takes one of its values, or is left out.
fn avec_marges(croisement: &[(usize, Vec<usize>)]) -> Vec<Coordonnees> {
    let mut cases: Vec<Coordonnees> = vec![vec![]];
    for (axe, valeurs) in croisement {
        let marges = cases.clone();
        for valeur in valeurs {
            cases.extend(marges.iter().map(|case| [case.as_slice(), &[(*axe, *valeur)]].concat()));
        }
    }
    cases.iter_mut().for_each(|case| case.sort_unstable());
    cases
}

fn calcul<'j>(axes: &[Axe<'_>], mesure: &'j Mesure, cases: &BTreeSet<Coordonnees>) -> Result<Calcul<'j>, ErreurCalcul> {
    let code = mesure.code.as_str();
    let connu = match (mesure.nature, &mesure.numerateur, &mesure.denominateur) {
        (Nature::Taux, Some(numerateur), Some(denominateur)) => Some(Calcul::Taux(numerateur, denominateur)),
        (Nature::Derive, ..) => Some(Calcul::Derive(&mesure.combinaison)),
        (Nature::Operationnel, ..) => releve(code).map(Calcul::Releve),
        (Nature::Statistique, ..) => statistique(code).map(Calcul::Statistique),
        _ => plan_du_compte(axes, code, cases)?.map(Calcul::Compte),
    };
    connu.ok_or_else(|| ErreurCalcul::MesureInconnue(code.to_owned()))
}

fn plan_du_compte(
    axes: &[Axe<'_>],
    mesure: &str,
    cases: &BTreeSet<Coordonnees>,
) -> Result<Option<PlanCompte>, ErreurCalcul> {
    let Some(compte) = compte(mesure) else { return Ok(None) };
    let croisements: BTreeSet<Vec<usize>> =
        cases.iter().map(|case| case.iter().map(|(axe, _)| *axe).collect()).collect();
    let contient = |grand: &[usize], petit: &[usize]| petit.iter().all(|axe| grand.contains(axe));
    let grilles: Vec<Vec<usize>> = croisements
        .iter()
        .filter(|petit| !croisements.iter().any(|grand| grand.len() > petit.len() && contient(grand, petit)))
        .cloned()
        .collect();
    for axe in grilles.iter().flatten().filter_map(|rang| axes.get(*rang)) {
        let connu = axe.lecture.selon_evenement && compte.evenement_assure;
        if !connu && axe.non_renseigne.is_none() {
            return Err(ErreurCalcul::SansNonRenseigne(mesure.to_owned(), axe.code.to_owned()));
        }
    }
    let case = |coordonnees: &Coordonnees| {
        let (grille, axes_grille) =
            grilles.iter().enumerate().find(|(_, grille)| coordonnees.iter().all(|(axe, _)| grille.contains(axe)))?;
        let valeur = |axe: &usize| coordonnees.iter().find(|(a, _)| a == axe).map(|(_, valeur)| *valeur);
        let valeurs = axes_grille.iter().map(valeur).collect();
        Some(Case { ventilation: ventilation(axes, coordonnees), grille, valeurs })
    };
    let mut cases: Vec<Case> = cases.iter().filter_map(case).collect();
    cases.sort_by(|a, b| a.ventilation.cmp(&b.ventilation));
    Ok(Some(PlanCompte { compte, grilles, cases }))
}

fn ventilation(axes: &[Axe<'_>], coordonnees: &Coordonnees) -> Ventilation {
    Ventilation::nouvelle(coordonnees.iter().filter_map(|(axe, valeur)| {
        let axe = axes.get(*axe)?;
        Some((axe.code, axe.liste.modalites.get(*valeur)?.code.as_str()))
    }))
}

/// When all members of an identity but one show a cell, the last one is a difference away: it must
/// be a cell too, or the protection would not see it.
fn verifie_identites(jeu: &Jeu, axes: &[Axe<'_>], niveau: Niveau, demande: &Demande<'_>) -> Result<(), ErreurCalcul> {
    for identite in &jeu.identites {
        let membres: Vec<&str> =
            std::iter::once(&identite.total).chain(&identite.parties).map(String::as_str).collect();
        let montre = |membre: &str, case: &Coordonnees| demande.cases.get(membre).is_some_and(|c| c.contains(case));
        for case in membres.iter().filter_map(|m| demande.cases.get(m)).flatten() {
            let absents: Vec<&&str> = membres.iter().filter(|m| !montre(m, case)).collect();
            if let [seul] = absents.as_slice() {
                let place: Vec<String> =
                    ventilation(axes, case).axes().map(|(axe, valeur)| format!("{axe}={valeur}")).collect();
                return Err(ErreurCalcul::IdentiteOuverte {
                    niveau: niveau.code(),
                    mesure: (**seul).to_owned(),
                    case: if place.is_empty() { "total".to_owned() } else { place.join(", ") },
                });
            }
        }
    }
    Ok(())
}
