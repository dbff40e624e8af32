//! Workbooks deposited in a page and not stored yet: what is checked, mended, then stored or dropped.

use chrono::{DateTime, Duration, Utc};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::base::{Base, ErreurBase, instant_lu, instant_texte};

/// How long a draft is kept.
pub const CONSERVATION: Duration = Duration::days(30);

/// A deposited workbook.
#[derive(Debug, Clone)]
pub struct Brouillon {
    /// Number.
    pub id: i64,
    /// Name of the file, without its folder.
    pub fichier: String,
    /// The workbook, with the corrections made so far.
    pub octets: Vec<u8>,
    /// Cells corrected in the page.
    pub corrections: u32,
    /// Who deposited it.
    pub depose_par: String,
    /// When.
    pub depose_le: DateTime<Utc>,
}

impl Base {
    /// Keeps a deposited workbook, and forgets those older than [`CONSERVATION`].
    pub async fn depose_brouillon(
        &self,
        fichier: &str,
        octets: &[u8],
        par: &str,
        instant: DateTime<Utc>,
    ) -> Result<i64, ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query("/* brouillon.perime */ DELETE FROM brouillon WHERE depose_le < $1")
            .bind(instant_texte(instant - CONSERVATION))
            .execute(&mut *tx)
            .await?;
        let insere = sqlx::query(
            "/* brouillon.depose */ INSERT INTO brouillon (fichier, octets, depose_par, depose_le) VALUES ($1, $2, $3, $4)",
        )
        .bind(fichier)
        .bind(octets)
        .bind(par)
        .bind(instant_texte(instant))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(insere.last_insert_rowid())
    }

    /// One draft.
    pub async fn brouillon(&self, id: i64) -> Result<Brouillon, ErreurBase> {
        let row = sqlx::query(
            "/* brouillon.lit */ SELECT id, fichier, octets, corrections, depose_par, depose_le FROM brouillon WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        let absent = || {
            ErreurBase::Introuvable("Ce classeur n’est plus en attente : il a été enregistré, abandonné, ou déposé il y a plus d’un mois. Déposez-le à nouveau.".to_owned())
        };
        lit(&row.ok_or_else(absent)?)
    }

    /// The drafts, most recent first.
    pub async fn brouillons(&self) -> Result<Vec<Brouillon>, ErreurBase> {
        let rows = sqlx::query(
            "/* brouillon.liste */ SELECT id, fichier, x'', corrections, depose_par, depose_le FROM brouillon ORDER BY id DESC",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(lit).collect()
    }

    /// Replaces a draft by its corrected version.
    pub async fn corrige_brouillon(&self, id: i64, octets: &[u8], corrections: u32) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query(
            "/* brouillon.corrige */ UPDATE brouillon SET octets = $2, corrections = corrections + $3 WHERE id = $1",
        )
        .bind(id)
        .bind(octets)
        .bind(corrections)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Erases a draft.
    pub async fn efface_brouillon(&self, id: i64) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query("/* brouillon.efface */ DELETE FROM brouillon WHERE id = $1").bind(id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn lit(r: &SqliteRow) -> Result<Brouillon, ErreurBase> {
    Ok(Brouillon {
        id: r.try_get(0)?,
        fichier: r.try_get(1)?,
        octets: r.try_get(2)?,
        corrections: r.try_get(3)?,
        depose_par: r.try_get(4)?,
        depose_le: instant_lu(r.try_get(5)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::essai::base;

    #[tokio::test]
    async fn a_draft_lives_until_it_is_erased_or_a_month_old() {
        let (_dossier, base) = base().await;
        let depart: DateTime<Utc> = "2026-04-01T08:00:00Z".parse().unwrap();
        let premier = base.depose_brouillon("a.xlsx", b"un", "agent", depart).await.unwrap();
        base.corrige_brouillon(premier, b"deux", 3).await.unwrap();
        let lu = base.brouillon(premier).await.unwrap();
        assert_eq!((lu.octets.as_slice(), lu.corrections, lu.fichier.as_str()), (&b"deux"[..], 3, "a.xlsx"));
        let second = base.depose_brouillon("b.xlsx", b"trois", "agent", depart + CONSERVATION * 2).await.unwrap();
        assert!(matches!(base.brouillon(premier).await, Err(ErreurBase::Introuvable(_))), "too old");
        assert_eq!(base.brouillons().await.unwrap().len(), 1);
        base.efface_brouillon(second).await.unwrap();
        assert!(base.brouillons().await.unwrap().is_empty());
    }
}
