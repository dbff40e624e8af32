//! What a bilan of convention stands on: the plan, the documents deposited, the certified bilans.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::Row;

use crate::base::{Base, ErreurBase, instant_lu, instant_texte};
use crate::journal::note_dans;
use crate::situation::Lecture;

/// A deposited document: its name and its digest, the file stays where the centre keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PieceDeposee {
    /// Identifier of the case.
    pub situation: String,
    /// Code of the document.
    pub code: String,
    /// Name of the file.
    pub nom: String,
    /// SHA-256, in hexadecimal.
    pub empreinte: String,
}

/// A bilan that somebody certified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BilanCertifie {
    /// Number.
    pub id: i64,
    /// Date of the bilan.
    pub au: String,
    /// SHA-256 of its content.
    pub empreinte: String,
    /// Who certified it.
    pub certifie_par: String,
    /// When.
    pub certifie_le: DateTime<Utc>,
}

impl Base {
    /// Keeps the convention document, in the place of the one before.
    pub async fn garde_plan(&self, convention: &str, contenu: &str, l: Lecture<'_>) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query(
            "/* plan_convention.garde */ INSERT INTO plan_convention (convention, contenu, enregistre_le) VALUES ($1, $2, $3)
             ON CONFLICT (convention) DO UPDATE SET contenu = excluded.contenu, enregistre_le = excluded.enregistre_le",
        )
        .bind(convention)
        .bind(contenu)
        .bind(instant_texte(l.instant))
        .execute(&mut *tx)
        .await?;
        note_dans(&mut tx, l.instant, l.acteur, l.acte, convention).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The convention document, as it was kept.
    pub async fn plan(&self, convention: &str) -> Result<Option<String>, ErreurBase> {
        let row = sqlx::query("/* plan_convention.lit */ SELECT contenu FROM plan_convention WHERE convention = $1")
            .bind(convention)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|r| r.try_get(0)).transpose()?)
    }

    /// Notes a document of a case. The same file twice changes nothing.
    pub async fn depose_piece(&self, suivi: &str, p: &PieceDeposee, l: Lecture<'_>) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        let connue: i64 =
            sqlx::query("/* situation.existe */ SELECT count(*) FROM situation WHERE suivi = $1 AND id = $2")
                .bind(suivi)
                .bind(&p.situation)
                .fetch_one(&mut *tx)
                .await?
                .try_get(0)?;
        if connue == 0 {
            let message = format!("La situation {} n’est pas suivie sous « {suivi} ».", p.situation);
            return Err(ErreurBase::Introuvable(message));
        }
        sqlx::query(
            "/* piece.depose */ INSERT INTO piece (suivi, situation, code, nom, empreinte, depose_le)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(suivi)
        .bind(&p.situation)
        .bind(&p.code)
        .bind(&p.nom)
        .bind(&p.empreinte)
        .bind(instant_texte(l.instant))
        .execute(&mut *tx)
        .await?;
        note_dans(&mut tx, l.instant, l.acteur, l.acte, &format!("{suivi} {}", p.code)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The documents deposited for the cases followed under a code.
    pub async fn pieces(&self, suivi: &str) -> Result<Vec<PieceDeposee>, ErreurBase> {
        let rows = sqlx::query(
            "/* piece.de_suivi */ SELECT situation, code, nom, empreinte FROM piece WHERE suivi = $1 ORDER BY situation, code",
        )
        .bind(suivi)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|r| {
                Ok(PieceDeposee {
                    situation: r.try_get(0)?,
                    code: r.try_get(1)?,
                    nom: r.try_get(2)?,
                    empreinte: r.try_get(3)?,
                })
            })
            .collect()
    }

    /// Keeps a certified bilan; gives its number.
    pub async fn certifie_bilan(
        &self,
        convention: &str,
        au: NaiveDate,
        (contenu, empreinte): (&str, &str),
        l: Lecture<'_>,
    ) -> Result<i64, ErreurBase> {
        let mut tx = self.ecrit().await?;
        let insere = sqlx::query(
            "/* bilan_certifie.garde */ INSERT INTO bilan_certifie (convention, au, contenu, empreinte, certifie_par, certifie_le)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(convention)
        .bind(au.to_string())
        .bind(contenu)
        .bind(empreinte)
        .bind(l.acteur)
        .bind(instant_texte(l.instant))
        .execute(&mut *tx)
        .await?;
        note_dans(&mut tx, l.instant, l.acteur, l.acte, &format!("{convention} au {au}")).await?;
        tx.commit().await?;
        Ok(insere.last_insert_rowid())
    }

    /// The certified bilans of a convention, most recent first.
    pub async fn bilans_certifies(&self, convention: &str) -> Result<Vec<BilanCertifie>, ErreurBase> {
        let rows = sqlx::query(
            "/* bilan_certifie.liste */ SELECT id, au, empreinte, certifie_par, certifie_le FROM bilan_certifie
             WHERE convention = $1 ORDER BY id DESC",
        )
        .bind(convention)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|r| {
                Ok(BilanCertifie {
                    id: r.try_get(0)?,
                    au: r.try_get(1)?,
                    empreinte: r.try_get(2)?,
                    certifie_par: r.try_get(3)?,
                    certifie_le: instant_lu(r.try_get(4)?)?,
                })
            })
            .collect()
    }
}
