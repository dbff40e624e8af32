//! One indicator over centres, to tell what chance alone explains from what is worth looking at together. No ranking:
//! the order is that of the départements, and nothing is drawn, summed or sorted from a masked value.

pub mod limites;
pub mod suivi;

use hub_storage::noeud::Noeud;
use hub_storage::observation::{Filtre, Observation};
use referentiel::Decimal;
use referentiel::cellule::Statut;
use referentiel::jeu::{Mesure, jeu};
use referentiel::territoire::Niveau;

use self::limites::Loi;
use super::centre::rang_de_centre;
use crate::acces::{Guichet, Refus};

/// Centres with a value under which neither a median nor a funnel is shown: each could be told from the others.
pub const CENTRES_MINIMUM: usize = 5;
/// Size under which a centre is not situated: the limits cover almost everything.
pub const TAILLE_MINIMALE: f64 = 20.0;
/// Rows read.
const LIGNES_MAXIMUM: u32 = 20_000;

/// An indicator that centres are compared by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Indicateur {
    /// Its code.
    pub code: &'static str,
    /// Data set.
    pub jeu: &'static str,
    /// Level at which each centre has one value.
    niveau: Niveau,
    /// What chance does to it.
    pub loi: Loi,
    /// True when more is better.
    pub favorable_en_haut: bool,
    /// Theme of the practices it may come from.
    pub theme: &'static str,
    /// What its size counts.
    pub taille: &'static str,
}

const fn ea(code: &'static str, loi: Loi, favorable_en_haut: bool, theme: &'static str) -> Indicateur {
    let taille = match loi {
        Loi::Binomiale => "Personnes au dénominateur",
        Loi::Poisson => "Dénominateur",
    };
    Indicateur { code, jeu: "ea.indicateurs", niveau: Niveau::Region, loi, favorable_en_haut, theme, taille }
}

const fn fp(code: &'static str, theme: &'static str, taille: &'static str) -> Indicateur {
    Indicateur {
        code,
        jeu: "fiphfp.avancement",
        niveau: Niveau::Departement,
        loi: Loi::Poisson,
        favorable_en_haut: true,
        theme,
        taille,
    }
}

/// All of them, in the order of the list. A share of persons follows the binomial law; a count for so many agents,
/// which has no upper end, that of Poisson.
pub const INDICATEURS: &[Indicateur] = &[
    ea("EA10", Loi::Binomiale, true, "recrutement"),
    ea("EA11", Loi::Binomiale, true, "recrutement"),
    ea("EA12", Loi::Binomiale, true, "recrutement"),
    ea("EA13", Loi::Binomiale, true, "recrutement"),
    ea("EA14", Loi::Binomiale, true, "maintien"),
    ea("EA16", Loi::Binomiale, true, "recrutement"),
    ea("EA17", Loi::Binomiale, true, "apprentissage"),
    ea("EA18", Loi::Binomiale, false, "recrutement"),
    fp("FP_MAINTIENS_1000", "maintien", "Agents des collectivités affiliées"),
    fp("FP_ACCOMPAGNEES_100", "communication", "Collectivités affiliées"),
];

impl Indicateur {
    /// The one of this code.
    pub fn de_code(code: &str) -> Option<&'static Self> {
        INDICATEURS.iter().find(|i| i.code == code)
    }

    /// Its definition.
    pub fn mesure(&self) -> Option<&'static Mesure> {
        jeu(self.jeu)?.mesure(self.code)
    }

    /// What a quotient of one stands for: 100, 1 000, or a proportion.
    pub fn pour(&self) -> Option<Decimal> {
        self.mesure().and_then(|m| m.pour)
    }
}

/// The two terms of a rate, or why there is none.
pub type Rapport = Result<(Decimal, Decimal), Statut>;

/// What one centre shows.
#[derive(Debug, Clone)]
pub struct Situation {
    /// Centre.
    pub noeud: Noeud,
    /// Its rate.
    pub rapport: Rapport,
}

impl Situation {
    /// Terms as the statistics want them; none for what is masked or missing.
    pub fn termes(&self) -> Option<(f64, f64)> {
        let (n, d) = self.rapport.ok()?;
        Some((f64::try_from(n).ok()?, f64::try_from(d).ok()?)).filter(|(_, d)| *d > 0.0)
    }

    /// The quotient.
    pub fn taux(&self) -> Result<Decimal, Statut> {
        let (n, d) = self.rapport?;
        n.checked_div(d).ok_or(Statut::SansObjet)
    }
}

/// The indicator of each centre at a period, by département.
pub async fn lit(
    guichet: &Guichet,
    indicateur: &Indicateur,
    campagne: &str,
    region: Option<&str>,
) -> Result<Vec<Situation>, Refus> {
    let lues = observations(guichet, indicateur, vec![campagne.to_owned()]).await?;
    let noeuds = guichet.configuration().noeuds.iter().map(|(n, _)| n);
    let mut retenus: Vec<&Noeud> = noeuds.filter(|n| region.is_none_or(|r| n.regions.iter().any(|x| x == r))).collect();
    retenus.sort_by_key(|n| rang_de_centre(guichet, n));
    let situation = |n: &Noeud| Situation {
        noeud: n.clone(),
        rapport: rapport(lues.iter().filter(|o| o.rang.noeud == n.identifiant.as_str())),
    };
    Ok(retenus.into_iter().map(situation).collect())
}

/// The indicator of one centre at each of these periods.
pub async fn serie(
    guichet: &Guichet,
    indicateur: &Indicateur,
    noeud: &Noeud,
    campagnes: &[String],
) -> Result<Vec<(String, Rapport)>, Refus> {
    let lues = observations(guichet, indicateur, campagnes.to_vec()).await?;
    let de = |campagne: &String| {
        let siennes =
            lues.iter().filter(|o| o.rang.noeud == noeud.identifiant.as_str() && o.rang.campagne == *campagne);
        (campagne.clone(), rapport(siennes))
    };
    Ok(campagnes.iter().map(de).collect())
}

async fn observations(
    guichet: &Guichet,
    indicateur: &Indicateur,
    campagnes: Vec<String>,
) -> Result<Vec<Observation>, Refus> {
    let filtre = Filtre {
        campagnes,
        jeux: vec![indicateur.jeu.to_owned()],
        indicateurs: vec![indicateur.code.to_owned()],
        niveau: Some(indicateur.niveau),
        axes: Some(String::new()),
        ..Filtre::campagne(guichet.audience(None)?, "")
    };
    guichet.observations(&filtre, None, LIGNES_MAXIMUM).await
}

/// The rate of a centre: the sum of its terms over its territories, masked as soon as one of them is.
fn rapport<'o>(observations: impl Iterator<Item = &'o Observation>) -> Rapport {
    let lues: Vec<&Observation> = observations.collect();
    if lues.is_empty() {
        return Err(Statut::NonTransmis);
    }
    let absentes = || lues.iter().filter(|o| o.rapport.is_none());
    if absentes().any(|o| o.statut == Statut::Secret) {
        return Err(Statut::Secret);
    }
    if let Some(absente) = absentes().next() {
        return Err(absente.statut);
    }
    Ok(lues.iter().filter_map(|o| o.rapport).fold((Decimal::ZERO, Decimal::ZERO), |(n, d), (a, b)| (n + a, d + b)))
}

/// What a reader is told of a centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lecture {
    /// Inside what chance alone does.
    Attendue,
    /// Beyond it, on the good side.
    EcartFavorable,
    /// Beyond it, on the other.
    EcartAExaminer,
    /// Too small to be told.
    TropPetit,
    /// Masked, missing, or too few centres.
    NonSitue,
}

impl Lecture {
    /// Words; never a judgement.
    pub fn mot(self) -> &'static str {
        match self {
            Self::Attendue => "variation attendue",
            Self::EcartFavorable => "à examiner ensemble, écart favorable",
            Self::EcartAExaminer => "à examiner ensemble",
            Self::TropPetit => "effectif trop faible pour conclure",
            Self::NonSitue => "non situé",
        }
    }

    /// True when chance alone hardly explains it.
    pub fn est_un_ecart(self) -> bool {
        matches!(self, Self::EcartFavorable | Self::EcartAExaminer)
    }
}

/// What the whole says, once enough centres show a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ensemble {
    /// Σ numerators / Σ denominators of the centres that show both.
    pub reference: f64,
    /// Median of their rates.
    pub mediane: f64,
}

/// The reference and the median; none under five centres that show a value.
pub fn ensemble(situations: &[Situation]) -> Option<Ensemble> {
    let termes: Vec<(f64, f64)> = situations.iter().filter_map(Situation::termes).collect();
    if termes.len() < CENTRES_MINIMUM {
        return None;
    }
    let (n, d) = termes.iter().fold((0.0, 0.0), |(n, d), (a, b)| (n + a, d + b));
    let mut taux: Vec<f64> = termes.iter().map(|(n, d)| n / d).collect();
    taux.sort_by(f64::total_cmp);
    Some(Ensemble { reference: n / d, mediane: suivi::mediane(&taux)? })
}

/// What is told of a centre beside the whole. Only beyond 99.8 %: at 95 %, chance alone would point at one centre in
/// twenty for each indicator.
pub fn lecture(indicateur: &Indicateur, situation: &Situation, ensemble: Option<&Ensemble>) -> Lecture {
    let Some((_, taille)) = situation.termes() else { return Lecture::NonSitue };
    let Some(ensemble) = ensemble else { return Lecture::NonSitue };
    if taille < TAILLE_MINIMALE {
        return Lecture::TropPetit;
    }
    let Some((n, d)) = situation.termes() else { return Lecture::NonSitue };
    let Some((bas, haut)) = limites::limites(indicateur.loi, ensemble.reference, taille, limites::EXTREME) else {
        return Lecture::NonSitue;
    };
    match n / d {
        taux if taux > haut && indicateur.favorable_en_haut => Lecture::EcartFavorable,
        taux if taux < bas && !indicateur.favorable_en_haut => Lecture::EcartFavorable,
        taux if taux > haut || taux < bas => Lecture::EcartAExaminer,
        _ => Lecture::Attendue,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A centre of the story, with its terms or masked.
    pub fn situation(rang: u32, rapport: Rapport) -> Situation {
        let siren = ["287000012", "282500016", "286700018", "285400016", "289200016", "287800015"][rang as usize];
        let noeud = Noeud {
            identifiant: format!("cdg-{siren}").parse().unwrap(),
            nom: format!("Centre {rang}"),
            organisme: format!("CDG{rang}"),
            regions: vec!["27".to_owned()],
            actif: true,
        };
        Situation { noeud, rapport }
    }

    pub fn termes(n: i64, d: i64) -> Rapport {
        Ok((n.into(), d.into()))
    }

    #[test]
    fn every_indicator_is_a_rate_that_exists_and_its_theme_too() {
        let themes: Vec<String> = crate::pratique::themes().into_iter().map(|t| t.0).collect();
        for i in INDICATEURS {
            assert!(i.mesure().is_some_and(|m| m.denominateur.is_some()), "{}", i.code);
            assert!(themes.iter().any(|t| t == i.theme), "{}", i.theme);
        }
    }

    #[test]
    fn under_five_centres_with_a_value_nothing_is_said_of_the_whole() {
        let mut centres: Vec<Situation> = (0..4).map(|r| situation(r, termes(40, 100))).collect();
        centres.push(situation(4, Err(Statut::Secret)));
        assert_eq!(ensemble(&centres), None);
        assert_eq!(lecture(&INDICATEURS[0], &centres[0], None), Lecture::NonSitue);
        centres.push(situation(5, termes(90, 100)));
        let tout = ensemble(&centres).unwrap();
        assert!((tout.reference - 0.5).abs() < 1e-9 && (tout.mediane - 0.4).abs() < 1e-9);
        let lus: Vec<Lecture> = centres.iter().map(|s| lecture(&INDICATEURS[0], s, Some(&tout))).collect();
        assert_eq!((lus[0], lus[4], lus[5]), (Lecture::Attendue, Lecture::NonSitue, Lecture::EcartFavorable));
    }

    #[test]
    fn a_small_centre_is_not_situated_and_low_is_good_where_it_is() {
        let mut centres: Vec<Situation> = (0..5).map(|r| situation(r, termes(50, 100))).collect();
        centres.push(situation(5, termes(0, 19)));
        let tout = ensemble(&centres).unwrap();
        assert_eq!(lecture(&INDICATEURS[0], &centres[5], Some(&tout)), Lecture::TropPetit);
        let bas = situation(5, termes(5, 100));
        let ea18 = Indicateur::de_code("EA18").unwrap();
        assert_eq!(lecture(ea18, &bas, Some(&tout)), Lecture::EcartFavorable);
        assert_eq!(lecture(&INDICATEURS[0], &bas, Some(&tout)), Lecture::EcartAExaminer);
    }
}
