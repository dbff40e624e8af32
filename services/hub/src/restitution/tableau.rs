//! The table of emploi accompagné of a region: indicators in rows, départements (or dispositifs) and the
//! regional total in columns. What one centre published is shown as it is; what several did goes through
//! `agregation`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hub_storage::dispositif::Chiffre;
use hub_storage::observation::{Filtre, Observation, texte_ventilation};
use referentiel::Decimal;
use referentiel::cellule::{Statut, Ventilation};
use referentiel::format;
use referentiel::jeu::{Jeu, Mesure, Nature, Terme, jeu};
use referentiel::territoire::{self, Niveau};
use web::Valeur;

use crate::acces::{Guichet, Refus};
use crate::agregation::{Agregat, Contribution, rapport, somme, tel_quel};

/// Indicators of the steering page, in the order of the domain notes §2.
const INDICATEURS: &[&str] =
    &["EA01", "EA02", "EA04", "EA05", "EA07", "EA10", "EA11", "EA12", "EA13", "EA14", "EA16", "EA17", "EA18", "EA20"];

/// Data set of the page.
const JEU: &str = "ea.indicateurs";

/// Rows that one page may read: a hundred dispositifs with all terms.
const LIGNES_MAXIMUM: u32 = 20_000;

/// A cell of the table, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Words.
    pub texte: String,
    /// True when there is no value.
    pub absente: bool,
    /// The same, for exports and charts; a frame is only words.
    pub valeur: Valeur,
}

impl Case {
    fn nouvelle(valeur: Valeur) -> Self {
        Self { texte: valeur.to_string(), absente: matches!(valeur, Valeur::Absente(_)), valeur }
    }
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ligne {
    /// Code of the indicator.
    pub code: String,
    /// Label.
    pub libelle: String,
    /// Unit.
    pub unite: String,
    /// Definition.
    pub definition: String,
    /// One case per column.
    pub cases: Vec<Case>,
    /// Regional total.
    pub total: Case,
}

/// The table of a region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tableau {
    /// Names of the columns.
    pub colonnes: Vec<String>,
    /// Rows.
    pub lignes: Vec<Ligne>,
}

/// What columns stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colonnes {
    /// Départements of the region.
    Departements,
    /// Dispositifs of the region.
    #[default]
    Dispositifs,
}

/// Reads and lays out the table of a region.
pub async fn de_la_region(
    guichet: &Guichet,
    campagne: &str,
    region: &str,
    colonnes: Colonnes,
) -> Result<Tableau, Refus> {
    du_perimetre(guichet, campagne, (region, None), colonnes).await
}

/// Reads and lays out the table of a region, or of one département beside the regional total; in two statements whatever
/// the number of centres. What is masked is the same under every filter, and no total is made anew.
pub async fn du_perimetre(
    guichet: &Guichet,
    campagne: &str,
    (region, departement): (&str, Option<&str>),
    colonnes: Colonnes,
) -> Result<Tableau, Refus> {
    let Some(jeu) = jeu(JEU) else { return Ok(Tableau::default()) };
    let mesures: Vec<&Mesure> = INDICATEURS.iter().filter_map(|code| jeu.mesure(code)).collect();
    let termes: Vec<&Terme> = mesures.iter().flat_map(|m| m.termes()).collect();
    let mut filtre = Filtre::campagne(guichet.audience(None)?, campagne);
    filtre.indicateurs = unique(mesures.iter().map(|m| m.code.clone()).chain(termes.iter().map(|t| t.mesure.clone())));
    filtre.ventilations = unique(std::iter::once(String::new()).chain(termes.iter().map(|t| texte(t))));
    let departements: Vec<String> =
        departements_de(region).into_iter().filter(|d| departement.is_none_or(|voulu| d == voulu)).collect();
    let fines = match colonnes {
        Colonnes::Departements => {
            Filtre { niveau: Some(Niveau::Departement), territoires: departements.clone(), ..filtre.clone() }
        }
        Colonnes::Dispositifs => Filtre { niveau: Some(Niveau::Dispositif), ..filtre.clone() },
    };
    let totaux = Filtre { niveau: Some(Niveau::Region), territoires: vec![region.to_owned()], ..filtre };
    let mut fines = guichet.observations(&fines, None, LIGNES_MAXIMUM).await?;
    let totaux = guichet.observations(&totaux, None, LIGNES_MAXIMUM).await?;
    if colonnes == Colonnes::Dispositifs {
        fines.retain(|o| o.parent.as_ref().is_some_and(|(_, code)| departements.contains(code)));
    }
    Ok(dispose(jeu, &mesures, &fines, &totaux))
}

/// Codes of the départements of a region.
pub fn departements_de(region: &str) -> Vec<String> {
    territoire::departements().iter().filter(|d| d.region == region).map(|d| d.code.to_string()).collect()
}

/// Published cells of one territory, by measure and coordinates.
type Cellules<'o> = HashMap<(&'o str, &'o str), Vec<Contribution>>;

fn dispose(jeu: &Jeu, mesures: &[&Mesure], fines: &[Observation], totaux: &[Observation]) -> Tableau {
    let mut par_territoire: BTreeMap<&str, Vec<&Observation>> = BTreeMap::new();
    for o in fines {
        par_territoire.entry(o.rang.territoire.as_str()).or_default().push(o);
    }
    let colonnes = par_territoire.iter().map(|(code, obs)| titre(code, obs)).collect();
    let cellules: Vec<Cellules<'_>> = par_territoire.values().map(|obs| indexe(obs.iter().copied())).collect();
    let total = indexe(totaux.iter());
    let lignes = mesures
        .iter()
        .map(|mesure| Ligne {
            code: mesure.code.clone(),
            libelle: mesure.libelle.clone(),
            unite: mesure.unite.clone(),
            definition: mesure.definition.clone(),
            cases: cellules.iter().map(|c| case(mesure, agrege(jeu, mesure, c))).collect(),
            total: case(mesure, agrege(jeu, mesure, &total)),
        })
        .collect();
    Tableau { colonnes, lignes }
}

fn titre(code: &str, observations: &[&Observation]) -> String {
    let officiel = code.parse().ok().and_then(|c| territoire::departement(&c)).map(|d| d.nom.clone());
    let nom = officiel.or_else(|| observations.first().and_then(|o| o.territoire_nom.clone()));
    nom.map_or_else(|| code.to_owned(), |nom| format!("{code} {nom}"))
}

fn indexe<'o>(observations: impl Iterator<Item = &'o Observation>) -> Cellules<'o> {
    let mut cellules = Cellules::new();
    for o in observations {
        let contribution = Contribution { valeur: o.valeur, rapport: o.rapport, statut: o.statut, bornes: o.bornes };
        cellules.entry((&o.rang.indicateur, &o.rang.ventilation)).or_default().push(contribution);
    }
    cellules
}

fn agrege(jeu: &Jeu, mesure: &Mesure, cellules: &Cellules<'_>) -> Agregat {
    let publiees = cellules.get(&(mesure.code.as_str(), "")).map_or(&[][..], Vec::as_slice);
    match (publiees, &mesure.numerateur, &mesure.denominateur) {
        ([], ..) => Agregat::Absent(Statut::NonTransmis),
        ([seule], ..) => tel_quel(seule),
        (_, Some(numerateur), Some(denominateur)) => {
            let terme = |t: &Terme| {
                let ventilation = texte(t);
                somme(cellules.get(&(t.mesure.as_str(), ventilation.as_str())).map_or(&[][..], Vec::as_slice))
            };
            rapport(terme(numerateur), terme(denominateur), denominateur_minimal(jeu, denominateur))
        }
        // The median of medians is no median.
        _ if mesure.nature == Nature::Statistique => Agregat::Absent(Statut::SansObjet),
        _ => somme(publiees),
    }
}

/// Five persons; anything above zero for places and ETP.
fn denominateur_minimal(jeu: &Jeu, terme: &Terme) -> Decimal {
    match jeu.mesure(&terme.mesure).map(|m| m.nature) {
        Some(Nature::Operationnel) => Decimal::new(1, 2),
        _ => Decimal::from(5),
    }
}

fn case(mesure: &Mesure, agregat: Agregat) -> Case {
    Case::nouvelle(match agregat {
        Agregat::Valeur(v) => Valeur::Decimal(v.normalize()),
        Agregat::Arrondi(v) => Valeur::Texte(format!("≈\u{a0}{}", format::decimal(v.normalize()))),
        Agregat::Rapport(n, d) => match n.checked_div(d) {
            Some(taux) if mesure.unite == "%" => Valeur::Taux(taux),
            Some(taux) => Valeur::Decimal(taux.round_dp(1).normalize()),
            None => Valeur::Absente(Statut::SansObjet),
        },
        Agregat::Entre(min, Some(max)) => {
            Valeur::Texte(format!("entre {} et {}", format::decimal(min.normalize()), format::decimal(max.normalize())))
        }
        Agregat::Entre(min, None) => Valeur::Texte(format!("au moins {}", format::decimal(min.normalize()))),
        Agregat::Absent(statut) => Valeur::Absente(statut),
    })
}

/// A figure of a list, or why there is none.
pub(super) fn chiffre(chiffre: Option<&Chiffre>) -> Valeur {
    let Some(c) = chiffre else { return Valeur::Rien };
    match (c.valeur, c.rapport) {
        (_, Some((n, d))) => n.checked_div(d).map_or(Valeur::Absente(c.statut), Valeur::Taux),
        (Some(v), None) => Valeur::Decimal(v.normalize()),
        (None, None) => Valeur::Absente(c.statut),
    }
}

fn texte(terme: &Terme) -> String {
    texte_ventilation(&Ventilation::nouvelle(terme.ventilation.clone()))
}

fn unique(textes: impl Iterator<Item = String>) -> Vec<String> {
    textes.collect::<BTreeSet<_>>().into_iter().collect()
}
