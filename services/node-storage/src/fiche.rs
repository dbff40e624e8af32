//! The fiches of a campaign's slice: read back as remontées.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dossier::{FicheDispositif, FicheEvenement, FichePersonne, Remontee};
use referentiel::periode::Trimestre;
use serde::de::DeserializeOwned;
use sqlx::Row;

use crate::base::{Base, Ecriture, ErreurBase};

/// A stored fiche: its slice, its kind, its key, its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rangee {
    pub dispositif: String,
    pub genre: &'static str,
    pub cle: String,
    pub contenu: String,
}

/// Cuts a remontée into the rows of its slices.
pub(crate) fn rangees(remontee: &Remontee) -> Result<Vec<Rangee>, ErreurBase> {
    let texte = |r: Result<String, serde_json::Error>| r.map_err(|e| ErreurBase::Illisible(e.to_string()));
    let mut rangees = Vec::with_capacity(remontee.dispositifs.len() + 2 * remontee.personnes.len());
    for d in &remontee.dispositifs {
        let reference = d.reference.to_string();
        let contenu = texte(serde_json::to_string(d))?;
        rangees.push(Rangee { dispositif: reference.clone(), genre: "dispositif", cle: reference, contenu });
    }
    let mut de: BTreeMap<_, String> = BTreeMap::new();
    for p in &remontee.personnes {
        let dispositif = p.dispositif.to_string();
        de.insert(p.reference, dispositif.clone());
        let contenu = texte(serde_json::to_string(p))?;
        rangees.push(Rangee { dispositif, genre: "personne", cle: p.reference.as_str().to_owned(), contenu });
    }
    for e in &remontee.evenements {
        let cle = e.personne.as_str().to_owned();
        let dispositif = de
            .get(&e.personne)
            .cloned()
            .ok_or_else(|| ErreurBase::Illisible("un évènement sans fiche personne".to_owned()))?;
        rangees.push(Rangee { dispositif, genre: "evenement", cle, contenu: texte(serde_json::to_string(e))? });
    }
    Ok(rangees)
}

/// The stored rows of some slices of a campaign.
pub(crate) async fn tranche(
    tx: &mut Ecriture<'_>,
    trimestre: Trimestre,
    dispositifs: &[String],
) -> Result<BTreeMap<(String, String, String), String>, ErreurBase> {
    let mut lues = BTreeMap::new();
    for dispositif in dispositifs {
        let rows = sqlx::query(
            "/* fiche.tranche */ SELECT dispositif, genre, cle, contenu FROM fiche WHERE trimestre = $1 AND dispositif = $2",
        )
        .bind(trimestre.to_string())
        .bind(dispositif)
        .fetch_all(&mut **tx)
        .await?;
        for r in rows {
            lues.insert((r.try_get(0)?, r.try_get(1)?, r.try_get(2)?), r.try_get(3)?);
        }
    }
    Ok(lues)
}

impl Base {
    /// Remontées of a campaign, one for each dispositif, in order of reference.
    pub async fn remontees(&self, trimestre: Trimestre) -> Result<Vec<Remontee>, ErreurBase> {
        let rows = sqlx::query(
            "/* fiche.de_campagne */ SELECT dispositif, genre, contenu FROM fiche WHERE trimestre = $1
             ORDER BY dispositif, genre, cle",
        )
        .bind(trimestre.to_string())
        .fetch_all(&self.pool)
        .await?;
        let mut remontees: BTreeMap<String, Remontee> = BTreeMap::new();
        for r in rows {
            let remontee = remontees.entry(r.try_get(0)?).or_insert_with(|| vide(trimestre));
            let (genre, contenu): (String, String) = (r.try_get(1)?, r.try_get(2)?);
            match genre.as_str() {
                "dispositif" => remontee.dispositifs.push(lit::<FicheDispositif>(&contenu)?),
                "personne" => remontee.personnes.push(lit::<FichePersonne>(&contenu)?),
                _ => remontee.evenements.push(lit::<FicheEvenement>(&contenu)?),
            }
        }
        Ok(remontees.into_values().map(date_commune).collect())
    }

    /// Campaigns that have fiches, most recent last.
    pub async fn campagnes(&self) -> Result<Vec<Trimestre>, ErreurBase> {
        let rows = sqlx::query("/* fiche.campagnes */ SELECT DISTINCT trimestre FROM fiche ORDER BY trimestre")
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|r| {
                let texte: String = r.try_get(0)?;
                texte.parse().map_err(|_| ErreurBase::Illisible(format!("trimestre « {texte} »")))
            })
            .collect()
    }
}

fn vide(trimestre: Trimestre) -> Remontee {
    Remontee { trimestre, date: trimestre.fin(), dispositifs: vec![], personnes: vec![], evenements: vec![] }
}

/// The event date is the same for all events of a remontée (annexe 2); without events, the quarter's end.
fn date_commune(mut remontee: Remontee) -> Remontee {
    let date: Option<NaiveDate> = remontee.evenements.first().map(|e| e.date);
    remontee.date = date.unwrap_or(remontee.date);
    remontee
}

fn lit<T: DeserializeOwned>(contenu: &str) -> Result<T, ErreurBase> {
    // The content is nominative: the error says where, never what.
    serde_json::from_str(contenu).map_err(|e| ErreurBase::Illisible(format!("fiche, colonne {}", e.column())))
}
