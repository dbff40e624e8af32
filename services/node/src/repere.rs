//! What the hub handed down, as this centre reads it: each benchmark beside what the centre itself published, each practice
//! field by field. Never a figure that the centre did not publish.

use std::collections::BTreeMap;

use anyhow::Result;
use node_storage::Base;
use publication::Contenu;
use publication::fil::{Pratique, Repere};
use referentiel::Decimal;
use referentiel::cellule::Audience;
use referentiel::format::{decimal, pourcentage};
use referentiel::jeu::{Mesure, jeu, jeux};
use referentiel::periode::Trimestre;
use referentiel::territoire::Niveau;
use secret_statistique::ValeurPubliee;

/// A benchmark, and where this centre stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Situe {
    /// The benchmark.
    pub repere: Repere,
    /// What this centre published; nothing when it did not, or when it is masked.
    pub ici: Option<Decimal>,
}

impl Situe {
    fn mesure(&self) -> Option<&'static Mesure> {
        jeux().into_iter().find_map(|j| j.mesure(&self.repere.indicator))
    }

    /// Label of the measure.
    pub fn libelle(&self) -> &'static str {
        self.mesure().map_or("", |m| m.libelle.as_str())
    }

    /// A figure of this measure, in its unit.
    pub fn dit(&self, valeur: Decimal) -> String {
        match self.mesure() {
            Some(m) if m.unite == "%" => pourcentage(valeur),
            _ => decimal(valeur),
        }
    }
}

/// The benchmarks received, of one campaign or of all.
pub async fn situes(base: &Base, campagne: Option<Trimestre>) -> Result<Vec<Situe>> {
    let debut = campagne.map_or_else(|| "repere/".to_owned(), |c| format!("repere/{c}/"));
    let mut ici: BTreeMap<String, BTreeMap<String, Decimal>> = BTreeMap::new();
    let mut situes = Vec::new();
    for repere in base.articles(&debut).await?.into_iter().filter_map(|a| a.benchmark) {
        if !ici.contains_key(&repere.campaign) {
            ici.insert(repere.campaign.clone(), publies_ici(base, &repere.campaign).await?);
        }
        let valeur = ici.get(&repere.campaign).and_then(|v| v.get(&repere.indicator)).copied();
        situes.push(Situe { repere, ici: valeur });
    }
    Ok(situes)
}

/// Title of a practice.
pub fn titre(p: &Pratique) -> &str {
    p.fields.get("titre").map_or("", String::as_str)
}

/// The other fields of a practice, labels and values, in the order of its sheet.
pub fn champs(p: &Pratique) -> Vec<(&'static str, String)> {
    let Some((jeu, liste)) = jeu("pratiques").and_then(|j| Some((j, j.liste("fiche")?))) else { return vec![] };
    let champ = |c: &'static referentiel::jeu::declaration::Champ| {
        let valeur = p.fields.get(&c.code)?;
        let codes = c.nomenclature.as_deref().and_then(|nom| jeu.nomenclature_de_nom(nom));
        let libelle = codes.and_then(|n| n.modalite(valeur)).map_or(valeur.as_str(), |m| m.libelle.as_str());
        Some((c.libelle.as_str(), libelle.to_owned()))
    };
    liste.champs.iter().filter(|c| c.code != "titre").filter_map(champ).collect()
}

/// What this centre last published of itself as a whole, by measure: its only département, nothing crossed.
async fn publies_ici(base: &Base, campagne: &str) -> Result<BTreeMap<String, Decimal>> {
    let mut valeurs = BTreeMap::new();
    for jeu in jeux() {
        let Some(envoi) = base.derniere_revision(&jeu.code, campagne).await? else { continue };
        let Contenu::Indicateurs(contenu) = Contenu::lire(&envoi.corps)? else { continue };
        let Some(reseau) = contenu.audiences().iter().find(|a| a.politique.audience == Audience::Reseau) else {
            continue;
        };
        let du_centre = reseau
            .cellules
            .iter()
            .filter(|c| c.cle.niveau == Niveau::Departement && c.cle.ventilation.axes().next().is_none());
        let mut plusieurs: BTreeMap<&str, Vec<Option<Decimal>>> = BTreeMap::new();
        for c in du_centre {
            plusieurs.entry(&c.cle.indicateur).or_default().push(c.valeur.as_ref().and_then(figure));
        }
        valeurs.extend(plusieurs.into_iter().filter_map(|(mesure, lues)| match lues.as_slice() {
            [Some(seule)] => Some((mesure.to_owned(), *seule)),
            _ => None,
        }));
    }
    Ok(valeurs)
}

fn figure(valeur: &ValeurPubliee) -> Option<Decimal> {
    match valeur {
        ValeurPubliee::Effectif(n) => Some(Decimal::from(*n)),
        ValeurPubliee::Decimal(d) => Some(*d),
        ValeurPubliee::Taux { numerateur, denominateur } => {
            numerateur.checked_div(*denominateur).map(|taux| taux.round_dp(4).normalize())
        }
    }
}
