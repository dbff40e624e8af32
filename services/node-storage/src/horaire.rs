//! Last slot of each schedule: how a run missed while the machine was off is known.

use chrono::{DateTime, Utc};
use sqlx::Row;

use crate::base::{Base, ErreurBase, instant_lu, instant_texte};

impl Base {
    /// The last slot that was run for a jeu.
    pub async fn dernier_creneau(&self, jeu: &str) -> Result<Option<DateTime<Utc>>, ErreurBase> {
        let row = sqlx::query("/* creneau.lit */ SELECT dernier FROM creneau WHERE jeu = $1")
            .bind(jeu)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|r| instant_lu(r.try_get(0)?)).transpose()
    }

    /// Notes that a slot was run. A slot never goes back in time.
    pub async fn note_creneau(&self, jeu: &str, creneau: DateTime<Utc>) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query(
            "/* creneau.note */ INSERT INTO creneau (jeu, dernier) VALUES ($1, $2)
             ON CONFLICT (jeu) DO UPDATE SET dernier = max(dernier, excluded.dernier)",
        )
        .bind(jeu)
        .bind(instant_texte(creneau))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}
