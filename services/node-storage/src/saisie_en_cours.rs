//! What is being keyed in the pages for a declared jeu, before it is kept: one draft for each jeu and period. Each writing
//! has a number, so that two agents notice each other; what stood before the last one undoes it.

use chrono::{DateTime, Utc};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::base::{Base, ErreurBase, instant_lu, instant_texte};
use crate::brouillon::CONSERVATION;

/// Which draft.
#[derive(Debug, Clone, Copy)]
pub struct Rubrique<'a> {
    /// Data set.
    pub jeu: &'a str,
    /// Version of its file: a draft made with another one is forgotten.
    pub version: &'a str,
    /// Period, by its last quarter.
    pub periode: &'a str,
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaisieEnCours {
    /// Data set.
    pub jeu: String,
    /// Period.
    pub periode: String,
    /// Number of this writing, from 1.
    pub numero: u32,
    /// What was keyed, as the pages write it.
    pub contenu: String,
    /// True when the last writing can be undone.
    pub defaisable: bool,
    /// Who wrote last.
    pub ecrite_par: String,
    /// When.
    pub ecrite_le: DateTime<Utc>,
}

impl Base {
    /// The draft of a jeu and a period.
    pub async fn saisie_en_cours(&self, r: Rubrique<'_>) -> Result<Option<SaisieEnCours>, ErreurBase> {
        let row = sqlx::query(
            "/* saisie_en_cours.lit */ SELECT jeu, periode, numero, contenu, avant IS NOT NULL, ecrite_par, ecrite_le
             FROM saisie_en_cours WHERE jeu = $1 AND periode = $2 AND version = $3",
        )
        .bind(r.jeu)
        .bind(r.periode)
        .bind(r.version)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(lit).transpose()
    }

    /// Every draft, the last written first, without what was keyed.
    pub async fn saisies_en_cours(&self) -> Result<Vec<SaisieEnCours>, ErreurBase> {
        let rows = sqlx::query(
            "/* saisie_en_cours.liste */ SELECT jeu, periode, numero, '', avant IS NOT NULL, ecrite_par, ecrite_le
             FROM saisie_en_cours ORDER BY ecrite_le DESC",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(lit).collect()
    }

    /// Writes the draft whose writing `lue` was on the screen (0 when there was none); false when somebody wrote since.
    pub async fn ecrit_saisie(
        &self,
        r: Rubrique<'_>,
        (lue, contenu): (u32, &str),
        (par, instant): (&str, DateTime<Utc>),
    ) -> Result<bool, ErreurBase> {
        let mut tx = self.ecrit().await?;
        // A draft of another version of the file says nothing any more; one left alone for a month is dropped.
        sqlx::query(
            "/* saisie_en_cours.perime */ DELETE FROM saisie_en_cours
             WHERE ecrite_le < $1 OR (jeu = $2 AND periode = $3 AND version <> $4)",
        )
        .bind(instant_texte(instant - CONSERVATION))
        .bind(r.jeu)
        .bind(r.periode)
        .bind(r.version)
        .execute(&mut *tx)
        .await?;
        let ecrite = sqlx::query(
            "/* saisie_en_cours.ecrit */ INSERT INTO saisie_en_cours
                 (jeu, periode, version, numero, contenu, ecrite_par, ecrite_le)
             SELECT $1, $2, $3, 1, $4, $5, $6
             WHERE $7 = 0 OR EXISTS (SELECT 1 FROM saisie_en_cours WHERE jeu = $1 AND periode = $2)
             ON CONFLICT (jeu, periode) DO UPDATE SET numero = numero + 1, avant = saisie_en_cours.contenu,
                 contenu = excluded.contenu, ecrite_par = excluded.ecrite_par, ecrite_le = excluded.ecrite_le
             WHERE saisie_en_cours.numero = $7",
        )
        .bind(r.jeu)
        .bind(r.periode)
        .bind(r.version)
        .bind(contenu)
        .bind(par)
        .bind(instant_texte(instant))
        .bind(lue)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(ecrite.rows_affected() == 1)
    }

    /// Undoes the last writing; false when there is nothing to go back to.
    pub async fn defait_saisie(&self, r: Rubrique<'_>) -> Result<bool, ErreurBase> {
        let mut tx = self.ecrit().await?;
        let defaite = sqlx::query(
            "/* saisie_en_cours.defait */ UPDATE saisie_en_cours SET contenu = avant, avant = NULL, numero = numero + 1
             WHERE jeu = $1 AND periode = $2 AND version = $3 AND avant IS NOT NULL",
        )
        .bind(r.jeu)
        .bind(r.periode)
        .bind(r.version)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(defaite.rows_affected() == 1)
    }

    /// Erases the draft: it was kept, or dropped.
    pub async fn efface_saisie(&self, r: Rubrique<'_>) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query("/* saisie_en_cours.efface */ DELETE FROM saisie_en_cours WHERE jeu = $1 AND periode = $2")
            .bind(r.jeu)
            .bind(r.periode)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

fn lit(r: &SqliteRow) -> Result<SaisieEnCours, ErreurBase> {
    Ok(SaisieEnCours {
        jeu: r.try_get(0)?,
        periode: r.try_get(1)?,
        numero: r.try_get(2)?,
        contenu: r.try_get(3)?,
        defaisable: r.try_get(4)?,
        ecrite_par: r.try_get(5)?,
        ecrite_le: instant_lu(r.try_get(6)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::essai::base;

    const RSU: Rubrique<'_> = Rubrique { jeu: "rsu.boeth", version: "2024", periode: "2024-T4" };

    #[tokio::test]
    async fn two_agents_notice_each_other_and_the_last_writing_is_undone() {
        let (_dossier, base) = base().await;
        let jour = |j: u32| -> DateTime<Utc> { format!("2026-04-{j:02}T08:00:00Z").parse().unwrap() };
        let ecrit = async |lue, contenu, j| base.ecrit_saisie(RSU, (lue, contenu), ("agent", jour(j))).await.unwrap();
        assert!(!ecrit(3, "un", 1).await, "what was on the screen is no longer there");
        assert!(ecrit(0, "un", 1).await);
        assert!(!ecrit(0, "autre", 2).await, "somebody had begun");
        assert!(ecrit(1, "deux", 2).await);
        assert!(!ecrit(1, "trois", 3).await, "somebody wrote since");
        let lue = base.saisie_en_cours(RSU).await.unwrap().unwrap();
        assert_eq!((lue.numero, lue.contenu.as_str(), lue.defaisable), (2, "deux", true));
        assert!(base.defait_saisie(RSU).await.unwrap());
        assert!(!base.defait_saisie(RSU).await.unwrap(), "once");
        let lue = base.saisie_en_cours(RSU).await.unwrap().unwrap();
        assert_eq!((lue.numero, lue.contenu.as_str(), lue.defaisable), (3, "un", false));
        assert_eq!(base.saisies_en_cours().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_draft_of_another_version_or_a_month_old_is_forgotten() {
        let (_dossier, base) = base().await;
        let depart: DateTime<Utc> = "2026-04-01T08:00:00Z".parse().unwrap();
        base.ecrit_saisie(RSU, (0, "un"), ("agent", depart)).await.unwrap();
        let suivante = Rubrique { version: "2025", ..RSU };
        assert_eq!(base.saisie_en_cours(suivante).await.unwrap(), None);
        assert!(base.ecrit_saisie(suivante, (0, "deux"), ("agent", depart)).await.unwrap());
        let autre = Rubrique { jeu: "pratiques", ..RSU };
        base.ecrit_saisie(autre, (0, "fiche"), ("agent", depart + CONSERVATION * 2)).await.unwrap();
        assert_eq!(base.saisie_en_cours(suivante).await.unwrap(), None, "a month without a change");
        base.efface_saisie(autre).await.unwrap();
        assert!(base.saisies_en_cours().await.unwrap().is_empty());
    }
}
