//! The hub's keys as they followed one another since the one pinned in the configuration. Another pinned key
//! starts over: two administrators read its fingerprint aloud.

use chrono::{DateTime, Utc};
use publication::ClePublique;
use publication::succession::{ClesSuccessives, UsageCle};
use sqlx::Row;

use crate::base::{Base, ErreurBase, instant_texte};
use crate::journal::note_dans;

impl Base {
    /// Keys of a purpose, from the first one known; none before.
    pub async fn cles_hub(&self, usage: UsageCle) -> Result<Option<ClesSuccessives>, ErreurBase> {
        let lignes = sqlx::query("/* cle_hub.liste */ SELECT cle FROM cle_hub WHERE usage = $1 ORDER BY rang")
            .bind(usage.code())
            .fetch_all(&self.pool)
            .await?;
        let mut suite: Option<ClesSuccessives> = None;
        for l in lignes {
            let texte: &str = l.try_get(0)?;
            let cle: ClePublique =
                texte.parse().map_err(|_| ErreurBase::Illisible(format!("clé du hub « {texte} »")))?;
            suite = Some(suite.map_or_else(|| ClesSuccessives::seule(cle), |s| s.puis(cle)));
        }
        Ok(suite)
    }

    /// Keeps the keys of a purpose; a change is journalled.
    pub async fn garde_cles_hub(
        &self,
        usage: UsageCle,
        cles: &ClesSuccessives,
        instant: DateTime<Utc>,
    ) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query("/* cle_hub.oublie */ DELETE FROM cle_hub WHERE usage = $1")
            .bind(usage.code())
            .execute(&mut *tx)
            .await?;
        for (rang, cle) in (0_i64..).zip(cles.toutes()) {
            sqlx::query("/* cle_hub.garde */ INSERT INTO cle_hub (usage, rang, cle, depuis) VALUES ($1, $2, $3, $4)")
                .bind(usage.code())
                .bind(rang)
                .bind(cle.to_string())
                .bind(instant_texte(instant))
                .execute(&mut *tx)
                .await?;
        }
        let objet = format!("{} : {}", usage.code(), cles.actuelle().kid());
        note_dans(&mut tx, instant, "hub", "cle", &objet).await?;
        tx.commit().await?;
        Ok(())
    }
}
