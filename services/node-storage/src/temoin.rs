//! What this node knows of the hub's register. It is a witness: it keeps the last checkpoint, demands
//! proof that the next one only adds to it, and keeps the evidence when it does not.

use chrono::{DateTime, Utc};
use publication::chaine::Gardees;
use sqlx::Row;

use crate::base::{Base, Ecriture, ErreurBase, instant_texte};
use crate::envoi::{COLONNES, Envoi, borne, lit, positif};
use crate::journal::note_dans;

/// Checkpoint kept: leaves, root, and the signed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointGarde {
    /// Leaves.
    pub taille: u64,
    /// Root.
    pub racine: String,
    /// The text as it was signed; none after a restore statement, which stands for it.
    pub texte: Option<String>,
}

/// Knowledge of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Temoin {
    /// Incarnation.
    pub epoque: u64,
    /// Last position of this node's chain when it first heard of the hub.
    pub plancher: u64,
    /// Every restore of the hub since, in order.
    pub gardees: Vec<Gardees>,
    /// Last checkpoint.
    pub point: Option<PointGarde>,
    /// Why the register is no longer believed, in French.
    pub alarme: Option<String>,
}

impl Base {
    /// What is known; nothing before the first contact.
    pub async fn temoin(&self) -> Result<Option<Temoin>, ErreurBase> {
        let row =
            sqlx::query("/* temoin.lit */ SELECT epoque, plancher, taille, racine, point, alarme, gardees FROM temoin")
                .fetch_optional(&self.pool)
                .await?;
        let Some(r) = row else { return Ok(None) };
        let taille: Option<i64> = r.try_get(2)?;
        let point = match (taille, r.try_get::<Option<String>, _>(3)?) {
            (Some(taille), Some(racine)) => Some(PointGarde { taille: positif(taille)?, racine, texte: r.try_get(4)? }),
            _ => None,
        };
        Ok(Some(Temoin {
            epoque: positif(r.try_get(0)?)?,
            plancher: positif(r.try_get(1)?)?,
            point,
            alarme: r.try_get(5)?,
            gardees: serde_json::from_str(r.try_get(6)?)
                .map_err(|_| ErreurBase::Illisible("restaurations du hub".to_owned()))?,
        }))
    }

    /// Keeps what is known now. A new incarnation voids the receipts of what it lost: these entries are to be
    /// sent again, byte for byte. Gives their number.
    pub async fn note_temoin(
        &self,
        temoin: &Temoin,
        instant: DateTime<Utc>,
        perdu: impl Fn(&Envoi) -> bool,
    ) -> Result<u64, ErreurBase> {
        let mut tx = self.ecrit().await?;
        let avant: Option<i64> = sqlx::query("/* temoin.epoque */ SELECT epoque FROM temoin")
            .fetch_optional(&mut *tx)
            .await?
            .map(|r| r.try_get(0))
            .transpose()?;
        sqlx::query(
            "/* temoin.note */ INSERT INTO temoin (seul, epoque, plancher, taille, racine, point, gardees)
             VALUES (1, $1, $2, $3, $4, $5, $6)
             ON CONFLICT (seul) DO UPDATE SET epoque = excluded.epoque, plancher = excluded.plancher,
             taille = excluded.taille, racine = excluded.racine, point = excluded.point, gardees = excluded.gardees",
        )
        .bind(borne(temoin.epoque))
        .bind(borne(temoin.plancher))
        .bind(temoin.point.as_ref().map(|p| borne(p.taille)))
        .bind(temoin.point.as_ref().map(|p| p.racine.as_str()))
        .bind(temoin.point.as_ref().and_then(|p| p.texte.as_deref()))
        .bind(serde_json::to_string(&temoin.gardees).unwrap_or_default())
        .execute(&mut *tx)
        .await?;
        let mut rouverts = 0;
        if avant.is_some_and(|e| e < borne(temoin.epoque)) {
            rouverts = rouvre(&mut tx, perdu).await?;
            note_dans(&mut tx, instant, "hub", "epoque", &format!("{} : {rouverts} envois à refaire", temoin.epoque))
                .await?;
        }
        tx.commit().await?;
        Ok(rouverts)
    }

    /// Raises the alarm and keeps the checkpoint that raised it.
    pub async fn alarme(&self, motif: &str, preuve: &str, instant: DateTime<Utc>) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query("/* temoin.alarme */ UPDATE temoin SET alarme = $1, preuve = $2 WHERE alarme IS NULL")
            .bind(motif)
            .bind(preuve)
            .execute(&mut *tx)
            .await?;
        note_dans(&mut tx, instant, "hub", "alarme", motif).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Entries with a receipt whose place in the register was not proved yet.
    pub async fn a_confirmer(&self) -> Result<Vec<Envoi>, ErreurBase> {
        let sql = format!(
            "/* envoi.a_confirmer */ SELECT {COLONNES} FROM envoi WHERE accuse IS NOT NULL AND confirme_le IS NULL ORDER BY seq"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        rows.iter().map(lit).collect()
    }

    /// The proof was checked.
    pub async fn confirme(&self, seq: u64, instant: DateTime<Utc>) -> Result<(), ErreurBase> {
        sqlx::query("/* envoi.confirme */ UPDATE envoi SET confirme_le = $2 WHERE seq = $1 AND accuse IS NOT NULL")
            .bind(borne(seq))
            .bind(instant_texte(instant))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Takes the receipts away from what is lost. A refused content taken back from the hub has no body and keeps
/// its receipt: it cannot be sent again.
async fn rouvre(tx: &mut Ecriture<'_>, perdu: impl Fn(&Envoi) -> bool) -> Result<u64, ErreurBase> {
    let sql = format!(
        "/* envoi.avec_accuse */ SELECT {COLONNES} FROM envoi
         WHERE accuse IS NOT NULL AND (corps IS NOT NULL OR genre <> 'publish') ORDER BY seq"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut **tx).await?;
    let mut rouverts = 0;
    for row in rows {
        let envoi = lit(&row)?;
        if perdu(&envoi) {
            sqlx::query(
                "/* envoi.rouvre */ UPDATE envoi SET etat = 'scelle', accuse = NULL, accuse_le = NULL, confirme_le = NULL
                 WHERE seq = $1",
            )
            .bind(borne(envoi.seq))
            .execute(&mut **tx)
            .await?;
            rouverts += 1;
        }
    }
    Ok(rouverts)
}
