//! Import of a checked workbook: all or nothing, idempotent by digest, undoable.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use dossier::Remontee;
use referentiel::periode::Trimestre;
use serde::Serialize;
use sqlx::Row;

use crate::base::{Base, Ecriture, ErreurBase, instant_lu, instant_texte};
use crate::fiche::{Rangee, rangees, tranche};

/// What an import changes in the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Comptes {
    /// Fiches that did not exist.
    pub crees: u32,
    /// Fiches that differ from what was stored.
    pub modifies: u32,
    /// Fiches already stored as they are.
    pub inchanges: u32,
    /// Fiches of the slice that the workbook no longer holds.
    pub supprimes: u32,
}

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issue {
    /// The slice was replaced.
    Importe {
        /// Number of the import, for undo.
        id: i64,
        /// What changed.
        comptes: Comptes,
    },
    /// The very same file is the last one imported for its slice: nothing was touched.
    DejaFait {
        /// When it was imported.
        le: DateTime<Utc>,
        /// What its slice holds.
        comptes: Comptes,
    },
}

/// An import as listed to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportListe {
    /// Number.
    pub id: i64,
    /// Name of the file, without its folder.
    pub fichier: String,
    /// Campaign.
    pub trimestre: String,
    /// Dispositifs of the slice.
    pub dispositifs: Vec<String>,
    /// When.
    pub importe_le: DateTime<Utc>,
    /// What it changed.
    pub comptes: Comptes,
    /// True when undone since.
    pub annule: bool,
}

/// A workbook to import: its checked content, its digest and its name.
#[derive(Debug, Clone, Copy)]
pub struct AImporter<'a> {
    /// Checked content.
    pub remontee: &'a Remontee,
    /// SHA-256 of the file, in hexadecimal.
    pub empreinte: &'a str,
    /// Name of the file, for the history.
    pub fichier: &'a str,
}

impl Base {
    /// Replaces the slice (campaign × dispositifs of the workbook), in one transaction.
    pub async fn importe(&self, a: AImporter<'_>, instant: DateTime<Utc>) -> Result<Issue, ErreurBase> {
        let mut tx = self.ecrit().await?;
        let issue = importe_dans(&mut tx, a, instant).await?;
        tx.commit().await?;
        Ok(issue)
    }

    /// What an import would change: the very import, not committed.
    pub async fn essaie_import(&self, a: AImporter<'_>, instant: DateTime<Utc>) -> Result<Comptes, ErreurBase> {
        let mut tx = self.ecrit().await?;
        let (Issue::Importe { comptes, .. } | Issue::DejaFait { comptes, .. }) =
            importe_dans(&mut tx, a, instant).await?;
        tx.rollback().await?;
        Ok(comptes)
    }

    /// Digest of each live import and when it was made.
    pub async fn empreintes(&self) -> Result<Vec<(String, DateTime<Utc>)>, ErreurBase> {
        let rows = sqlx::query(
            "/* import.empreintes */ SELECT empreinte, max(importe_le) FROM import WHERE annule_le IS NULL GROUP BY empreinte",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|r| Ok((r.try_get(0)?, instant_lu(r.try_get(1)?)?))).collect()
    }

    /// Puts back what an import replaced. Only the last import of a slice can be undone: a later one
    /// stands on it.
    pub async fn annule_import(&self, id: i64, instant: DateTime<Utc>) -> Result<Comptes, ErreurBase> {
        let mut tx = self.ecrit().await?;
        let comptes = annule_dans(&mut tx, id, instant).await?;
        tx.commit().await?;
        Ok(comptes)
    }

    /// The imports, most recent first.
    pub async fn imports(&self, limite: u32) -> Result<Vec<ImportListe>, ErreurBase> {
        let rows = sqlx::query(
            "/* import.liste */ SELECT id, fichier, trimestre, dispositifs, importe_le, crees, modifies, inchanges,
             supprimes, annule_le IS NOT NULL FROM import ORDER BY id DESC LIMIT $1",
        )
        .bind(limite)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|r| {
                let comptes = Comptes {
                    crees: r.try_get(5)?,
                    modifies: r.try_get(6)?,
                    inchanges: r.try_get(7)?,
                    supprimes: r.try_get(8)?,
                };
                Ok(ImportListe {
                    id: r.try_get(0)?,
                    fichier: r.try_get(1)?,
                    trimestre: r.try_get(2)?,
                    dispositifs: liste(r.try_get(3)?),
                    importe_le: instant_lu(r.try_get(4)?)?,
                    comptes,
                    annule: r.try_get(9)?,
                })
            })
            .collect()
    }
}

async fn importe_dans(tx: &mut Ecriture<'_>, a: AImporter<'_>, instant: DateTime<Utc>) -> Result<Issue, ErreurBase> {
    let trimestre = a.remontee.trimestre;
    let dispositifs: Vec<String> = a.remontee.dispositifs.iter().map(|d| d.reference.to_string()).collect();
    let nouvelles = rangees(a.remontee)?;
    let avant = tranche(tx, trimestre, &dispositifs).await?;
    let comptes = compare(&avant, &nouvelles);
    let rien_ne_change = comptes == Comptes { inchanges: comptes.inchanges, ..Comptes::default() };
    if rien_ne_change && let Some(le) = dernier_identique(tx, a.empreinte).await? {
        return Ok(Issue::DejaFait { le, comptes });
    }
    let id = inscrit(tx, a, trimestre, &dispositifs, comptes, instant).await?;
    remplace(tx, id, trimestre, &avant, &nouvelles).await?;
    Ok(Issue::Importe { id, comptes })
}

async fn dernier_identique(tx: &mut Ecriture<'_>, empreinte: &str) -> Result<Option<DateTime<Utc>>, ErreurBase> {
    let row = sqlx::query(
        "/* import.identique */ SELECT importe_le FROM import WHERE empreinte = $1 AND annule_le IS NULL
         ORDER BY id DESC LIMIT 1",
    )
    .bind(empreinte)
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|r| instant_lu(r.try_get(0)?)).transpose()
}

fn compare(avant: &BTreeMap<(String, String, String), String>, nouvelles: &[Rangee]) -> Comptes {
    let mut comptes = Comptes::default();
    let mut gardees = BTreeSet::new();
    for n in nouvelles {
        let cle = (n.dispositif.clone(), n.genre.to_owned(), n.cle.clone());
        match avant.get(&cle) {
            None => comptes.crees += 1,
            Some(contenu) if *contenu == n.contenu => comptes.inchanges += 1,
            Some(_) => comptes.modifies += 1,
        }
        gardees.insert(cle);
    }
    comptes.supprimes = u32::try_from(avant.keys().filter(|cle| !gardees.contains(*cle)).count()).unwrap_or(u32::MAX);
    comptes
}

async fn inscrit(
    tx: &mut Ecriture<'_>,
    a: AImporter<'_>,
    trimestre: Trimestre,
    dispositifs: &[String],
    comptes: Comptes,
    instant: DateTime<Utc>,
) -> Result<i64, ErreurBase> {
    let insere = sqlx::query(
        "/* import.inscrit */ INSERT INTO import (empreinte, fichier, trimestre, dispositifs, importe_le, crees, modifies,
         inchanges, supprimes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(a.empreinte)
    .bind(a.fichier)
    .bind(trimestre.to_string())
    .bind(dispositifs.join(" "))
    .bind(instant_texte(instant))
    .bind(comptes.crees)
    .bind(comptes.modifies)
    .bind(comptes.inchanges)
    .bind(comptes.supprimes)
    .execute(&mut **tx)
    .await?;
    Ok(insere.last_insert_rowid())
}

async fn remplace(
    tx: &mut Ecriture<'_>,
    import: i64,
    trimestre: Trimestre,
    avant: &BTreeMap<(String, String, String), String>,
    nouvelles: &[Rangee],
) -> Result<(), ErreurBase> {
    let mut restantes: BTreeSet<&(String, String, String)> = avant.keys().collect();
    for n in nouvelles {
        let cle = (n.dispositif.clone(), n.genre.to_owned(), n.cle.clone());
        let ancien = avant.get(&cle);
        restantes.remove(&cle);
        if ancien != Some(&n.contenu) {
            retient(tx, import, trimestre, &cle, ancien).await?;
            ecrit(tx, trimestre, &cle, Some(&n.contenu)).await?;
        }
    }
    for cle in restantes {
        retient(tx, import, trimestre, cle, avant.get(cle)).await?;
        ecrit(tx, trimestre, cle, None).await?;
    }
    Ok(())
}

async fn retient(
    tx: &mut Ecriture<'_>,
    import: i64,
    trimestre: Trimestre,
    (dispositif, genre, cle): &(String, String, String),
    ancien: Option<&String>,
) -> Result<(), ErreurBase> {
    sqlx::query(
        "/* fiche_avant.retient */ INSERT INTO fiche_avant (import_id, trimestre, dispositif, genre, cle, contenu)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(import)
    .bind(trimestre.to_string())
    .bind(dispositif)
    .bind(genre)
    .bind(cle)
    .bind(ancien)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn ecrit(
    tx: &mut Ecriture<'_>,
    trimestre: Trimestre,
    (dispositif, genre, cle): &(String, String, String),
    contenu: Option<&String>,
) -> Result<(), ErreurBase> {
    let Some(contenu) = contenu else {
        sqlx::query(
            "/* fiche.efface */ DELETE FROM fiche WHERE trimestre = $1 AND dispositif = $2 AND genre = $3 AND cle = $4",
        )
        .bind(trimestre.to_string())
        .bind(dispositif)
        .bind(genre)
        .bind(cle)
        .execute(&mut **tx)
        .await?;
        return Ok(());
    };
    sqlx::query(
        "/* fiche.ecrit */ INSERT INTO fiche (trimestre, dispositif, genre, cle, contenu) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (trimestre, dispositif, genre, cle) DO UPDATE SET contenu = excluded.contenu",
    )
    .bind(trimestre.to_string())
    .bind(dispositif)
    .bind(genre)
    .bind(cle)
    .bind(contenu)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn annule_dans(tx: &mut Ecriture<'_>, id: i64, instant: DateTime<Utc>) -> Result<Comptes, ErreurBase> {
    let row = sqlx::query(
        "/* import.a_annuler */ SELECT trimestre, dispositifs FROM import WHERE id = $1 AND annule_le IS NULL",
    )
    .bind(id)
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| ErreurBase::Introuvable(format!("L’import n° {id} n’existe pas, ou il est déjà annulé.")))?;
    let (trimestre, dispositifs): (String, Vec<String>) = (row.try_get(0)?, liste(row.try_get(1)?));
    let suivants = sqlx::query(
        "/* import.suivants */ SELECT id, dispositifs FROM import WHERE id > $1 AND trimestre = $2 AND annule_le IS NULL
         ORDER BY id",
    )
    .bind(id)
    .bind(&trimestre)
    .fetch_all(&mut **tx)
    .await?;
    for s in suivants {
        if liste(s.try_get(1)?).iter().any(|d| dispositifs.contains(d)) {
            let suivant: i64 = s.try_get(0)?;
            return Err(ErreurBase::Introuvable(format!(
                "L’import n° {id} a été suivi de l’import n° {suivant} pour le même dispositif : annulez d’abord celui-ci."
            )));
        }
    }
    remet(tx, id, instant).await
}

async fn remet(tx: &mut Ecriture<'_>, id: i64, instant: DateTime<Utc>) -> Result<Comptes, ErreurBase> {
    let avant = sqlx::query(
        "/* fiche_avant.lit */ SELECT trimestre, dispositif, genre, cle, contenu FROM fiche_avant WHERE import_id = $1",
    )
    .bind(id)
    .fetch_all(&mut **tx)
    .await?;
    let mut comptes = Comptes::default();
    for r in avant {
        let texte: String = r.try_get(0)?;
        let trimestre: Trimestre =
            texte.parse().map_err(|_| ErreurBase::Illisible(format!("trimestre « {texte} »")))?;
        let contenu: Option<String> = r.try_get(4)?;
        match contenu {
            None => comptes.supprimes += 1,
            Some(_) => comptes.modifies += 1,
        }
        ecrit(tx, trimestre, &(r.try_get(1)?, r.try_get(2)?, r.try_get(3)?), contenu.as_ref()).await?;
    }
    sqlx::query("/* import.annule */ UPDATE import SET annule_le = $2 WHERE id = $1")
        .bind(id)
        .bind(instant_texte(instant))
        .execute(&mut **tx)
        .await?;
    Ok(comptes)
}

fn liste(texte: &str) -> Vec<String> {
    texte.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect()
}
