//! Cases of the conventions and offers: import of a follow-up table, all or nothing, idempotent by digest, undoable;
//! reading, which is journalled since it is nominative.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use dossier::convention::cas::Cas;
use serde::Serialize;
use sqlx::Row;

use crate::base::{Base, Ecriture, ErreurBase, instant_lu, instant_texte};
use crate::import::{Comptes, Issue};
use crate::journal::note_dans;

/// A follow-up table to import.
#[derive(Debug, Clone, Copy)]
pub struct TableauAImporter<'a> {
    /// Cases, in the order of the rows.
    pub cas: &'a [Cas],
    /// Code of the mapping: the slice it replaces.
    pub correspondance: &'a str,
    /// What the table no longer holds is taken away.
    pub remplace: bool,
    /// SHA-256 of the file, in hexadecimal.
    pub empreinte: &'a str,
    /// Name of the file, without its folder.
    pub fichier: &'a str,
}

/// An import of a follow-up table, as listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportDeSituations {
    /// Number.
    pub id: i64,
    /// Name of the file.
    pub fichier: String,
    /// Code of the mapping.
    pub correspondance: String,
    /// When.
    pub importe_le: DateTime<Utc>,
    /// What it changed.
    pub comptes: Comptes,
    /// True when undone since.
    pub annule: bool,
}

/// A stored case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasGarde {
    /// The case.
    pub cas: Cas,
    /// Mapping it came through.
    pub correspondance: String,
    /// Put away since.
    pub archive_le: Option<DateTime<Utc>>,
}

/// Why a reading happens, for the journal: who, and to do what. Never a name.
#[derive(Debug, Clone, Copy)]
pub struct Lecture<'a> {
    /// Account.
    pub acteur: &'a str,
    /// What for.
    pub acte: &'a str,
    /// When.
    pub instant: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Ancien {
    rang: i64,
    archive_le: Option<String>,
    contenu: String,
}

type Cle = (String, String);

impl Base {
    /// Imports a follow-up table, in one transaction.
    pub async fn importe_situations(&self, t: TableauAImporter<'_>, l: Lecture<'_>) -> Result<Issue, ErreurBase> {
        let mut tx = self.ecrit().await?;
        let issue = importe_dans(&mut tx, t, l.instant).await?;
        note_dans(&mut tx, l.instant, l.acteur, l.acte, t.correspondance).await?;
        tx.commit().await?;
        Ok(issue)
    }

    /// What an import would change; nothing is written.
    pub async fn essaie_situations(&self, t: TableauAImporter<'_>) -> Result<Comptes, ErreurBase> {
        let mut tx = self.ecrit().await?;
        let (anciens, _) = anciens(&mut tx, t).await?;
        Ok(compare(&anciens, &contenus(t.cas)?, t.remplace))
    }

    /// Puts back what an import replaced. Only the last one of a mapping can be undone.
    pub async fn annule_situations(&self, id: i64, l: Lecture<'_>) -> Result<Comptes, ErreurBase> {
        let mut tx = self.ecrit().await?;
        let comptes = annule_dans(&mut tx, id, l.instant).await?;
        note_dans(&mut tx, l.instant, l.acteur, l.acte, &format!("import {id}")).await?;
        tx.commit().await?;
        Ok(comptes)
    }

    /// The imports of follow-up tables, most recent first.
    pub async fn imports_de_situations(&self, limite: u32) -> Result<Vec<ImportDeSituations>, ErreurBase> {
        let rows = sqlx::query(
            "/* situation_import.liste */ SELECT id, fichier, correspondance, importe_le, crees, modifies, inchanges,
             supprimes, annule_le IS NOT NULL FROM situation_import ORDER BY id DESC LIMIT $1",
        )
        .bind(limite)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|r| {
                Ok(ImportDeSituations {
                    id: r.try_get(0)?,
                    fichier: r.try_get(1)?,
                    correspondance: r.try_get(2)?,
                    importe_le: instant_lu(r.try_get(3)?)?,
                    comptes: Comptes {
                        crees: r.try_get(4)?,
                        modifies: r.try_get(5)?,
                        inchanges: r.try_get(6)?,
                        supprimes: r.try_get(7)?,
                    },
                    annule: r.try_get(8)?,
                })
            })
            .collect()
    }

    /// The cases followed under a code, in the order they were entered, archived ones included. The reading is journalled
    /// in the same transaction: no reading without its trace.
    pub async fn situations(&self, suivi: &str, l: Lecture<'_>) -> Result<Vec<CasGarde>, ErreurBase> {
        let mut tx = self.ecrit().await?;
        note_dans(&mut tx, l.instant, l.acteur, l.acte, suivi).await?;
        let rows = sqlx::query(
            "/* situation.de_suivi */ SELECT contenu, correspondance, archive_le FROM situation WHERE suivi = $1 ORDER BY rang",
        )
        .bind(suivi)
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        rows.iter()
            .map(|r| {
                let archive: Option<String> = r.try_get(2)?;
                Ok(CasGarde {
                    cas: lit(r.try_get(0)?)?,
                    correspondance: r.try_get(1)?,
                    archive_le: archive.as_deref().map(instant_lu).transpose()?,
                })
            })
            .collect()
    }
}

pub(crate) fn lit(contenu: &str) -> Result<Cas, ErreurBase> {
    // The content is nominative: the error says where, never what.
    serde_json::from_str(contenu).map_err(|e| ErreurBase::Illisible(format!("situation, colonne {}", e.column())))
}

fn contenus(cas: &[Cas]) -> Result<Vec<(Cle, String)>, ErreurBase> {
    cas.iter()
        .map(|c| {
            let contenu = serde_json::to_string(c).map_err(|e| ErreurBase::Illisible(e.to_string()))?;
            Ok(((c.suivi_par.clone(), c.situation.id.clone()), contenu))
        })
        .collect()
}

/// What the mapping holds, and the keys that another mapping holds: an import never takes a case from another table.
async fn anciens(
    tx: &mut Ecriture<'_>,
    t: TableauAImporter<'_>,
) -> Result<(BTreeMap<Cle, Ancien>, BTreeMap<Cle, String>), ErreurBase> {
    let rows = sqlx::query(
        "/* situation.toutes */ SELECT suivi, id, rang, archive_le, contenu, correspondance FROM situation",
    )
    .fetch_all(&mut **tx)
    .await?;
    let (mut siens, mut autres) = (BTreeMap::new(), BTreeMap::new());
    for r in rows {
        let cle: Cle = (r.try_get(0)?, r.try_get(1)?);
        let correspondance: String = r.try_get(5)?;
        if correspondance == t.correspondance {
            siens.insert(cle, Ancien { rang: r.try_get(2)?, archive_le: r.try_get(3)?, contenu: r.try_get(4)? });
        } else {
            autres.insert(cle, correspondance);
        }
    }
    Ok((siens, autres))
}

fn compare(anciens: &BTreeMap<Cle, Ancien>, nouveaux: &[(Cle, String)], remplace: bool) -> Comptes {
    let mut comptes = Comptes::default();
    for (cle, contenu) in nouveaux {
        match anciens.get(cle) {
            None => comptes.crees += 1,
            Some(ancien) if ancien.contenu == *contenu => comptes.inchanges += 1,
            Some(_) => comptes.modifies += 1,
        }
    }
    if remplace {
        let gardees: BTreeSet<&Cle> = nouveaux.iter().map(|(cle, _)| cle).collect();
        // An archived case is out of the table on purpose.
        let partis = anciens.iter().filter(|(cle, a)| a.archive_le.is_none() && !gardees.contains(cle)).count();
        comptes.supprimes = u32::try_from(partis).unwrap_or(u32::MAX);
    }
    comptes
}

async fn importe_dans(
    tx: &mut Ecriture<'_>,
    t: TableauAImporter<'_>,
    instant: DateTime<Utc>,
) -> Result<Issue, ErreurBase> {
    let nouveaux = contenus(t.cas)?;
    let (anciens, autres) = anciens(tx, t).await?;
    if let Some((cle, correspondance)) = nouveaux.iter().find_map(|(cle, _)| autres.get_key_value(cle)) {
        return Err(ErreurBase::Introuvable(format!(
            "La situation {} vient déjà du tableau « {correspondance} » : donnez un autre numéro, ou importez-la de là. Rien \
             n’a été enregistré.",
            cle.1
        )));
    }
    let comptes = compare(&anciens, &nouveaux, t.remplace);
    if comptes == (Comptes { inchanges: comptes.inchanges, ..Comptes::default() })
        && let Some(le) = identique(tx, t).await?
    {
        return Ok(Issue::DejaFait { le, comptes });
    }
    let id = inscrit(tx, t, comptes, instant).await?;
    let dernier = sqlx::query("/* situation.dernier_rang */ SELECT coalesce(max(rang), 0) FROM situation");
    let mut rang: i64 = dernier.fetch_one(&mut **tx).await?.try_get(0)?;
    let mut gardees = BTreeSet::new();
    for ((cle, contenu), cas) in nouveaux.iter().zip(t.cas) {
        gardees.insert(cle);
        let ancien = anciens.get(cle);
        if ancien.is_some_and(|a| a.contenu == *contenu) {
            continue;
        }
        retient(tx, id, cle, ancien).await?;
        rang += i64::from(ancien.is_none());
        let a_ecrire = Ancien {
            rang: ancien.map_or(rang, |a| a.rang),
            archive_le: ancien.and_then(|a| a.archive_le.clone()),
            contenu: contenu.clone(),
        };
        ecrit(tx, t.correspondance, (cle, &a_ecrire), cas.dernier_contact(), &cas.situation.action).await?;
    }
    let partis = anciens.iter().filter(|(cle, a)| t.remplace && a.archive_le.is_none() && !gardees.contains(cle));
    for (cle, ancien) in partis {
        retient(tx, id, cle, Some(ancien)).await?;
        efface(tx, cle).await?;
    }
    Ok(Issue::Importe { id, comptes })
}

async fn identique(tx: &mut Ecriture<'_>, t: TableauAImporter<'_>) -> Result<Option<DateTime<Utc>>, ErreurBase> {
    let row = sqlx::query(
        "/* situation_import.identique */ SELECT importe_le FROM situation_import
         WHERE empreinte = $1 AND correspondance = $2 AND annule_le IS NULL ORDER BY id DESC LIMIT 1",
    )
    .bind(t.empreinte)
    .bind(t.correspondance)
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|r| instant_lu(r.try_get(0)?)).transpose()
}

async fn inscrit(
    tx: &mut Ecriture<'_>,
    t: TableauAImporter<'_>,
    comptes: Comptes,
    instant: DateTime<Utc>,
) -> Result<i64, ErreurBase> {
    let insere = sqlx::query(
        "/* situation_import.inscrit */ INSERT INTO situation_import (empreinte, fichier, correspondance, importe_le, crees,
         modifies, inchanges, supprimes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(t.empreinte)
    .bind(t.fichier)
    .bind(t.correspondance)
    .bind(instant_texte(instant))
    .bind(comptes.crees)
    .bind(comptes.modifies)
    .bind(comptes.inchanges)
    .bind(comptes.supprimes)
    .execute(&mut **tx)
    .await?;
    Ok(insere.last_insert_rowid())
}

async fn retient(tx: &mut Ecriture<'_>, import: i64, cle: &Cle, ancien: Option<&Ancien>) -> Result<(), ErreurBase> {
    sqlx::query(
        "/* situation_avant.retient */ INSERT INTO situation_avant (import_id, suivi, id, rang, archive_le, contenu)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(import)
    .bind(&cle.0)
    .bind(&cle.1)
    .bind(ancien.map(|a| a.rang))
    .bind(ancien.and_then(|a| a.archive_le.as_deref()))
    .bind(ancien.map(|a| a.contenu.as_str()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn ecrit(
    tx: &mut Ecriture<'_>,
    correspondance: &str,
    (cle, ligne): (&Cle, &Ancien),
    dernier_contact: Option<NaiveDate>,
    action: &str,
) -> Result<(), ErreurBase> {
    sqlx::query(
        "/* situation.ecrit */ INSERT INTO situation (suivi, id, action, correspondance, rang, dernier_contact, archive_le, contenu)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (suivi, id) DO UPDATE SET action = excluded.action,
         dernier_contact = excluded.dernier_contact, archive_le = excluded.archive_le, contenu = excluded.contenu",
    )
    .bind(&cle.0)
    .bind(&cle.1)
    .bind(action)
    .bind(correspondance)
    .bind(ligne.rang)
    .bind(dernier_contact.map(|jour| jour.to_string()))
    .bind(&ligne.archive_le)
    .bind(&ligne.contenu)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn efface(tx: &mut Ecriture<'_>, cle: &Cle) -> Result<(), ErreurBase> {
    sqlx::query("/* situation.efface */ DELETE FROM situation WHERE suivi = $1 AND id = $2")
        .bind(&cle.0)
        .bind(&cle.1)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn annule_dans(tx: &mut Ecriture<'_>, id: i64, instant: DateTime<Utc>) -> Result<Comptes, ErreurBase> {
    let row = sqlx::query(
        "/* situation_import.a_annuler */ SELECT correspondance,
         (SELECT min(s.id) FROM situation_import s WHERE s.id > i.id AND s.correspondance = i.correspondance AND s.annule_le IS NULL)
         FROM situation_import i WHERE id = $1 AND annule_le IS NULL",
    )
    .bind(id)
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| ErreurBase::Introuvable(format!("L’import n° {id} n’existe pas, ou il est déjà annulé.")))?;
    let (correspondance, suivant): (String, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
    if let Some(suivant) = suivant {
        return Err(ErreurBase::Introuvable(format!(
            "L’import n° {id} a été suivi de l’import n° {suivant} pour le même tableau : annulez d’abord celui-ci."
        )));
    }
    let comptes = remet(tx, id, &correspondance).await?;
    sqlx::query("/* situation_import.annule */ UPDATE situation_import SET annule_le = $2 WHERE id = $1")
        .bind(id)
        .bind(instant_texte(instant))
        .execute(&mut **tx)
        .await?;
    Ok(comptes)
}

async fn remet(tx: &mut Ecriture<'_>, id: i64, correspondance: &str) -> Result<Comptes, ErreurBase> {
    let avant = sqlx::query(
        "/* situation_avant.lit */ SELECT suivi, id, rang, archive_le, contenu FROM situation_avant WHERE import_id = $1",
    )
    .bind(id)
    .fetch_all(&mut **tx)
    .await?;
    let mut comptes = Comptes::default();
    for r in avant {
        let cle: Cle = (r.try_get(0)?, r.try_get(1)?);
        let contenu: Option<String> = r.try_get(4)?;
        let Some(contenu) = contenu else {
            comptes.supprimes += 1;
            efface(tx, &cle).await?;
            continue;
        };
        comptes.modifies += 1;
        let cas = lit(&contenu)?;
        let ancien = Ancien { rang: r.try_get(2)?, archive_le: r.try_get(3)?, contenu };
        ecrit(tx, correspondance, (&cle, &ancien), cas.dernier_contact(), &cas.situation.action).await?;
    }
    Ok(comptes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::essai::base;

    fn cas(id: &str, debut: &str) -> Cas {
        let mut cas = Cas { suivi_par: "fiphfp-v5".to_owned(), ..Cas::default() };
        cas.situation.id = id.to_owned();
        cas.situation.action = "3.1".to_owned();
        cas.situation.debut = debut.parse().ok();
        cas
    }

    fn lecture() -> Lecture<'static> {
        Lecture { acteur: "agent", acte: "essai", instant: "2026-11-22T10:00:00Z".parse().unwrap() }
    }

    fn tableau<'a>(cas: &'a [Cas], empreinte: &'a str) -> TableauAImporter<'a> {
        TableauAImporter { cas, correspondance: "social", remplace: true, empreinte, fichier: "f.xlsx" }
    }

    async fn ids(base: &Base) -> Vec<String> {
        let gardes = base.situations("fiphfp-v5", lecture()).await.unwrap();
        gardes.into_iter().map(|c| format!("{} {}", c.cas.situation.id, c.cas.situation.debut.unwrap())).collect()
    }

    #[tokio::test]
    async fn an_import_replaces_its_table_keeps_the_order_of_entry_and_is_undone() {
        let (_dossier, base) = base().await;
        let premiere = [cas("S2", "2026-02-01"), cas("S1", "2026-03-01")];
        let issue = base.importe_situations(tableau(&premiere, "a"), lecture()).await.unwrap();
        assert!(matches!(issue, Issue::Importe { comptes: Comptes { crees: 2, .. }, .. }));
        let encore = base.importe_situations(tableau(&premiere, "a"), lecture()).await.unwrap();
        assert!(matches!(encore, Issue::DejaFait { .. }));
        let seconde = [cas("S3", "2026-01-01"), cas("S2", "2026-02-02")];
        let attendus = Comptes { crees: 1, modifies: 1, inchanges: 0, supprimes: 1 };
        assert_eq!(base.essaie_situations(tableau(&seconde, "b")).await.unwrap(), attendus);
        assert_eq!(ids(&base).await, ["S2 2026-02-01", "S1 2026-03-01"], "a trial writes nothing");
        let Issue::Importe { id, comptes } = base.importe_situations(tableau(&seconde, "b"), lecture()).await.unwrap()
        else {
            panic!("a new table")
        };
        assert_eq!(comptes, attendus);
        assert_eq!(ids(&base).await, ["S2 2026-02-02", "S3 2026-01-01"]);
        let refus = base.annule_situations(1, lecture()).await.unwrap_err().to_string();
        assert!(refus.contains("annulez d’abord celui-ci"), "{refus}");
        base.annule_situations(id, lecture()).await.unwrap();
        assert_eq!(ids(&base).await, ["S2 2026-02-01", "S1 2026-03-01"]);
    }

    #[tokio::test]
    async fn a_case_of_another_table_is_not_taken_and_nothing_is_stored() {
        let (_dossier, base) = base().await;
        base.importe_situations(tableau(&[cas("S1", "2026-02-01")], "a"), lecture()).await.unwrap();
        let deux = [cas("S9", "2026-02-01"), cas("S1", "2026-02-01")];
        let autre = TableauAImporter { correspondance: "etudes", ..tableau(&deux, "c") };
        assert!(base.importe_situations(autre, lecture()).await.unwrap_err().to_string().contains("« social »"));
        assert_eq!(ids(&base).await, ["S1 2026-02-01"]);
    }

    #[tokio::test]
    async fn every_reading_leaves_a_line_without_a_name() {
        let (_dossier, base) = base().await;
        base.importe_situations(tableau(&[cas("S1", "2026-02-01")], "a"), lecture()).await.unwrap();
        ids(&base).await;
        let journal = base.journal(10).await.unwrap();
        assert_eq!(journal.len(), 2);
        assert_eq!((journal[0].acteur.as_str(), journal[0].objet.as_str()), ("agent", "fiphfp-v5"));
        assert!(journal.iter().all(|ligne| !ligne.objet.contains("S1")));
    }
}
