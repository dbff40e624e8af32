//! The rules, one function each, by identifier. A rule looks at one situation and at those funded before
//! it for the same person; it says nothing, or why the situation is refused.

mod axe2;
mod axe3;
mod axe4;
mod perimetre;

use referentiel::texte::plie;

use super::modele::{Action, Convention};
use super::parametre::Parametres;
use super::situation::{Contrat, Situation};

/// What a rule looks at.
pub(super) struct Examen<'a> {
    pub convention: &'a Convention,
    pub parametres: Parametres,
    pub action: &'a Action,
    pub situation: &'a Situation,
    /// Situations funded before for the same person, with their action, in order.
    pub financees: &'a [(&'a Situation, &'a Action)],
}

/// `Err` says why, in French, with the fact that failed.
pub(super) type Avis = Result<(), String>;

/// A rule on situations.
pub(super) type Regle = fn(&Examen<'_>) -> Avis;

const REGLES: [(&str, Regle); 17] = [
    ("R-DUREE", perimetre::duree),
    ("R-PIECES", perimetre::pieces),
    ("R-AFFIL", perimetre::affiliation),
    ("R-EMPL", perimetre::employeur_public),
    ("R-A2-PUBLIC", axe2::public),
    ("R-A2-6MOIS", axe2::six_mois),
    ("R-A2-PERENNE", axe2::perenne),
    ("R-A2-DELAI", axe2::delai),
    ("R-A2-UNIQUE", axe2::unique),
    ("R-A3-PUBLIC", axe3::public),
    ("R-A3-MEDECIN", axe3::medecin),
    ("R-A3-GRATUIT", axe3::gratuit),
    ("R-A3-EXCLU", axe3::exclu),
    ("R-A3-UNIQUE", axe3::unique),
    ("R-A3-DUREE", axe3::duree),
    ("R-A3-CUMUL", axe3::cumul),
    ("R-A4-PALIER", axe4::palier),
];

/// The rule of this identifier.
pub(super) fn regle(id: &str) -> Option<Regle> {
    REGLES.iter().find(|(nom, _)| *nom == id).map(|(_, regle)| *regle)
}

/// True for a rule on situations or on a plan.
pub(super) fn est_connue(id: &str) -> bool {
    regle(id).is_some() || super::plan::REGLES.contains(&id)
}

impl Examen<'_> {
    /// Contracts of one of these kinds.
    fn contrats<'s>(&'s self, genres: &'s [String]) -> impl Iterator<Item = &'s Contrat> {
        self.situation.contrats.iter().filter(|c| figure(genres, Some(&c.genre)))
    }

    /// The person’s quality is admitted by the action.
    fn qualite_admise(&self) -> Avis {
        if figure(&self.action.qualites, self.situation.qualite.as_deref()) {
            return Ok(());
        }
        Err(format!(
            "La qualité de la personne ({}) n’ouvre pas droit à l’action {} : il faut {}.",
            dit(self.situation.qualite.as_deref()),
            self.action.code,
            self.action.qualites.join(" ou ")
        ))
    }
}

/// The value is in the list, without case or accents.
fn figure(liste: &[String], valeur: Option<&str>) -> bool {
    valeur.is_some_and(|valeur| liste.iter().any(|admise| plie(admise) == plie(valeur)))
}

/// A value in a sentence.
fn dit(valeur: Option<&str>) -> String {
    valeur.map_or("non renseigné".to_owned(), |v| format!("« {v} »"))
}
