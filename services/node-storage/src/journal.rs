//! Journal of the node: who did what and when; never a value, a name or a reference.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::Row;

use crate::base::{Base, Ecriture, ErreurBase, instant_lu, instant_texte};

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LigneJournal {
    /// When.
    pub quand: DateTime<Utc>,
    /// Account of the system, or `horaire`.
    pub acteur: String,
    /// What was done.
    pub acte: String,
    /// On what.
    pub objet: String,
}

pub(crate) async fn note_dans(
    tx: &mut Ecriture<'_>,
    instant: DateTime<Utc>,
    acteur: &str,
    acte: &str,
    objet: &str,
) -> Result<(), ErreurBase> {
    sqlx::query("/* journal.note */ INSERT INTO journal (quand, acteur, acte, objet) VALUES ($1, $2, $3, $4)")
        .bind(instant_texte(instant))
        .bind(acteur)
        .bind(acte)
        .bind(objet)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

impl Base {
    /// Adds a line.
    pub async fn note(&self, instant: DateTime<Utc>, acteur: &str, acte: &str, objet: &str) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        note_dans(&mut tx, instant, acteur, acte, objet).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The last lines, most recent first.
    pub async fn journal(&self, limite: u32) -> Result<Vec<LigneJournal>, ErreurBase> {
        let rows =
            sqlx::query("/* journal.lit */ SELECT quand, acteur, acte, objet FROM journal ORDER BY id DESC LIMIT $1")
                .bind(limite)
                .fetch_all(&self.pool)
                .await?;
        rows.iter()
            .map(|r| {
                Ok(LigneJournal {
                    quand: instant_lu(r.try_get(0)?)?,
                    acteur: r.try_get(1)?,
                    acte: r.try_get(2)?,
                    objet: r.try_get(3)?,
                })
            })
            .collect()
    }
}
