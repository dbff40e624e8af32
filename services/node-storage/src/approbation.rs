//! A human's agreement to the first publication of a campaign.

use chrono::{DateTime, Utc};
use sqlx::Row;

use crate::base::{Base, ErreurBase, instant_texte};

impl Base {
    /// Notes the agreement; the first one stays.
    pub async fn approuve(
        &self,
        jeu: &str,
        periode: &str,
        par: &str,
        instant: DateTime<Utc>,
    ) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query(
            "/* approbation.note */ INSERT INTO approbation (jeu, periode, approuve_par, approuve_le)
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(jeu)
        .bind(periode)
        .bind(par)
        .bind(instant_texte(instant))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Whether somebody agreed to publish this jeu for this period.
    pub async fn approuvee(&self, jeu: &str, periode: &str) -> Result<bool, ErreurBase> {
        let row = sqlx::query(
            "/* approbation.existe */ SELECT EXISTS (SELECT 1 FROM approbation WHERE jeu = $1 AND periode = $2)",
        )
        .bind(jeu)
        .bind(periode)
        .fetch_one(&self.pool)
        .await?;
        Ok(row.try_get(0)?)
    }
}
