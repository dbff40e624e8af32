//! What a higher threshold would mask of the counts that the hub holds. It holds no masked value: the effect of a lower
//! threshold cannot be known here, nor what nodes would mask besides to protect these cells.

use std::collections::BTreeSet;

use referentiel::cellule::Audience;
use referentiel::jeu::{Jeu, Nature, Seuils};
use sqlx::AssertSqlSafe;

use crate::base::{Db, ErreurBase};
use crate::valeur::{Conditions, args};

/// The effect on the last period received of a jeu.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effet {
    /// Period.
    pub campagne: String,
    /// Counts shown today.
    pub montrees: u64,
    /// Counts masked today.
    pub masquees: u64,
    /// Counts shown today that would not be any more, at least.
    pub perdues: u64,
    /// Centres concerned.
    pub centres: u64,
}

/// Reads the effect of thresholds on the counts of persons that an audience reads. Nothing when nothing was received.
pub async fn effet(db: &Db, jeu: &Jeu, audience: Audience, simules: Seuils) -> Result<Option<Effet>, ErreurBase> {
    let derniere = db
        .lignes(
            "/* seuil.campagne */ SELECT MAX(campagne) FROM observation WHERE audience = $1 AND jeu = $2",
            args![audience.code(), &jeu.code],
        )
        .await?;
    let Some(campagne) = derniere.first().map(|l| l.opt_text(0)).transpose()?.flatten() else { return Ok(None) };
    // For peers, what a convention pays for is a count like another.
    let compte = |n: Nature| n.compte_des_personnes() || (n == Nature::Contractuel && audience != Audience::Convention);
    let comptees: Vec<String> = jeu.mesures.iter().filter(|m| compte(m.nature)).map(|m| m.code.clone()).collect();
    if comptees.is_empty() {
        return Ok(None);
    }
    let mut c = Conditions::default();
    c.egale("o.audience", Some(audience.code()));
    c.egale("o.campagne", Some(campagne.as_str()));
    c.egale("o.jeu", Some(jeu.code.as_str()));
    c.parmi("o.indicateur", &comptees);
    let sql = c.sql();
    let sous = |place: &str| {
        format!("COUNT(CASE WHEN CAST(o.valeur AS NUMERIC) > 0 AND CAST(o.valeur AS NUMERIC) < {place} THEN 1 END)")
    };
    let borne = |s: u64| i64::try_from(s).unwrap_or(i64::MAX);
    let (simple, sensible) = (c.lie(borne(simules.seuil)), c.lie(borne(simules.seuil_sensible)));
    let requete = format!(
        "/* seuil.effet */ SELECT o.axes, o.noeud, COUNT(o.valeur),
         COUNT(CASE WHEN o.statut = 'secret' THEN 1 END), {}, {} FROM observation o{sql} GROUP BY o.axes, o.noeud",
        sous(&simple),
        sous(&sensible),
    );
    let mut effet = Effet { campagne, ..Effet::default() };
    let mut centres = BTreeSet::new();
    for ligne in &db.lignes(AssertSqlSafe(requete), c.valeurs()).await? {
        let axes = ligne.text(0)?;
        let croise = axes.split(',').any(|a| jeu.axe(a).is_some_and(|a| a.sensible));
        let perdues = positif(ligne.int(if croise { 5 } else { 4 })?);
        effet.montrees += positif(ligne.int(2)?);
        effet.masquees += positif(ligne.int(3)?);
        effet.perdues += perdues;
        if perdues > 0 {
            centres.insert(ligne.text(1)?);
        }
    }
    effet.centres = centres.len() as u64;
    Ok(Some(effet))
}

fn positif(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}
