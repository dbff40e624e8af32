//! Entries voided because the hub holds others of this node at their positions: what was sealed on a
//! forgotten history after a backup was put back. They leave the chain, never the file, and their content
//! is sealed again once (publication protocol, §2.10: `voided` goes back to `sealed`).

use chrono::{DateTime, Utc};
use publication::{EntreeSignee, Genre, PublicationSignee};
use sqlx::Row;

use crate::base::{Base, Ecriture, ErreurBase, instant_texte};
use crate::chaine::{EntreeRecuperee, insere_acte, reprend_dans};
use crate::envoi::{Envoi, Suite, borne, genre_lu, insere, positif, suite};
use crate::journal::note_dans;

/// A voided entry whose content waits to be sealed again.
#[derive(Debug, Clone)]
pub struct EnvoiAnnule {
    /// Rank among the voided ones: they are sealed again in this order.
    pub id: i64,
    /// Position it had.
    pub seq: u64,
    /// What it did.
    pub genre: Genre,
    /// Data set and period, for an entry of a series.
    pub serie: Option<(String, String)>,
    /// The signed envelope.
    pub enveloppe: String,
    /// The body, for a publication whose body was kept.
    pub corps: Option<Vec<u8>>,
    /// Last position of the history taken back when it was voided.
    pub apres: u64,
}

/// What a voided entry becomes.
#[derive(Debug)]
pub enum Refait {
    /// The same content, in a new envelope.
    Publication(PublicationSignee),
    /// The same act, in a new envelope.
    Acte(EntreeSignee),
    /// Nothing: overtaken since, or of no use any more.
    Depasse,
}

impl Base {
    /// First position without a receipt: everything before it is common to both sides.
    pub async fn premiere_sans_accuse(&self) -> Result<Option<u64>, ErreurBase> {
        let row = sqlx::query("/* envoi.sans_accuse */ SELECT min(seq) FROM envoi WHERE accuse IS NULL")
            .fetch_one(&self.pool)
            .await?;
        row.try_get::<Option<i64>, _>(0)?.map(positif).transpose()
    }

    /// First position after `tete` whose bytes cannot be sent again, because the hub refused its content and
    /// this file never had it, or lost it.
    pub async fn premiere_sans_corps(&self, tete: u64) -> Result<Option<u64>, ErreurBase> {
        let row = sqlx::query(
            "/* envoi.sans_corps */ SELECT min(seq) FROM envoi WHERE seq > $1 AND genre = 'publish' AND corps IS NULL",
        )
        .bind(borne(tete))
        .fetch_one(&self.pool)
        .await?;
        row.try_get::<Option<i64>, _>(0)?.map(positif).transpose()
    }

    /// The entries from this position on, in chain order.
    pub async fn envois_depuis(&self, seq: u64) -> Result<Vec<Envoi>, ErreurBase> {
        let mut lus = Vec::new();
        let rows = sqlx::query("/* envoi.depuis */ SELECT seq FROM envoi WHERE seq >= $1 ORDER BY seq")
            .bind(borne(seq))
            .fetch_all(&self.pool)
            .await?;
        for row in rows {
            lus.push(self.envoi(positif(row.try_get(0)?)?).await?);
        }
        Ok(lus)
    }

    /// Voids the entries from `depuis` on and puts in their place the history that the hub holds, all or
    /// nothing. Gives the number of entries voided.
    pub async fn annule_et_recupere(
        &self,
        depuis: u64,
        entrees: &[EntreeRecuperee],
        instant: DateTime<Utc>,
    ) -> Result<u64, ErreurBase> {
        let mut tx = self.ecrit().await?;
        let apres = entrees.last().map_or(depuis.saturating_sub(1), |e| e.seq);
        let annules = sqlx::query(
            "/* envoi_annule.garde */ INSERT INTO envoi_annule (seq, genre, jeu, periode, empreinte, enveloppe, corps, annule_le, apres)
             SELECT seq, genre, jeu, periode, empreinte, enveloppe, corps, $2, $3 FROM envoi WHERE seq >= $1 ORDER BY seq",
        )
        .bind(borne(depuis))
        .bind(instant_texte(instant))
        .bind(borne(apres))
        .execute(&mut *tx)
        .await?
        .rows_affected();
        sqlx::query("/* envoi.annule */ DELETE FROM envoi WHERE seq >= $1")
            .bind(borne(depuis))
            .execute(&mut *tx)
            .await?;
        if annules > 0 {
            let objet = format!("{annules} envois à partir de la position {depuis}");
            note_dans(&mut tx, instant, "hub", "annule", &objet).await?;
        }
        reprend_dans(&mut tx, entrees, instant).await?;
        tx.commit().await?;
        Ok(annules)
    }

    /// Voided entries whose content was not sealed again yet, in the order in which they were sealed.
    pub async fn a_refaire(&self) -> Result<Vec<EnvoiAnnule>, ErreurBase> {
        let rows = sqlx::query(
            "/* envoi_annule.a_refaire */ SELECT id, seq, genre, jeu, periode, enveloppe, corps, apres
             FROM envoi_annule WHERE regle_le IS NULL ORDER BY id",
        )
        .fetch_all(&self.pool)
        .await?;
        let lit = |r: &sqlx::sqlite::SqliteRow| {
            let serie: (Option<String>, Option<String>) = (r.try_get(3)?, r.try_get(4)?);
            Ok(EnvoiAnnule {
                id: r.try_get(0)?,
                seq: positif(r.try_get(1)?)?,
                genre: genre_lu(r.try_get(2)?)?,
                serie: serie.0.zip(serie.1),
                enveloppe: r.try_get(5)?,
                corps: r.try_get(6)?,
                apres: positif(r.try_get(7)?)?,
            })
        };
        rows.iter().map(lit).collect()
    }

    /// Seals again the content of a voided entry, or settles that nothing is left of it, in one transaction:
    /// killed at any moment, it is done once.
    pub async fn refait<E>(
        &self,
        annule: &EnvoiAnnule,
        instant: DateTime<Utc>,
        signe: impl FnOnce(&Suite, Option<&Envoi>) -> Result<Refait, E>,
    ) -> Result<Option<u64>, E>
    where
        E: From<ErreurBase>,
    {
        let mut tx = self.ecrit().await?;
        let (jeu, periode) = annule.serie.as_ref().map_or(("", ""), |(j, p)| (j, p));
        let (suite, derniere) = suite(&mut tx, jeu, periode).await?;
        let depasse = match &derniere {
            Some(d) => d.seq > annule.apres && !porte_un_refait(&mut tx, &d.empreinte).await?,
            None => false,
        };
        let serie = annule.serie.as_ref().map(|_| (jeu, periode));
        let refait = if depasse { Refait::Depasse } else { signe(&suite, derniere.as_ref())? };
        let empreinte = match refait {
            Refait::Depasse => None,
            Refait::Publication(signee) => {
                insere(&mut tx, jeu, periode, instant, &suite, &signee).await?;
                Some(signee.empreinte())
            }
            Refait::Acte(signee) => {
                insere_acte(&mut tx, serie, instant, &suite, &signee).await?;
                Some(signee.empreinte())
            }
        };
        let seq = empreinte.map(|_| suite.seq);
        sqlx::query("/* envoi_annule.regle */ UPDATE envoi_annule SET regle_le = $2, refait = $3 WHERE id = $1")
            .bind(annule.id)
            .bind(instant_texte(instant))
            .bind(empreinte.map(|e| e.to_string()))
            .execute(&mut *tx)
            .await
            .map_err(ErreurBase::from)?;
        let devenu = seq.map_or_else(|| "sans suite".to_owned(), |seq| format!("refait en position {seq}"));
        note_dans(&mut tx, instant, "hub", "refait", &format!("envoi {} : {devenu}", annule.seq)).await?;
        tx.commit().await.map_err(ErreurBase::from)?;
        Ok(seq)
    }
}

/// True when the last word of a series is itself a voided entry sealed again: the next voided one follows it.
/// What is newer waits: sealed before what was voided, it would be replaced by it.
pub(crate) async fn refait_regle(tx: &mut Ecriture<'_>, jeu: &str, periode: &str) -> Result<(), ErreurBase> {
    let attend = sqlx::query(
        "/* envoi_annule.attend */ SELECT 1 FROM envoi_annule WHERE regle_le IS NULL AND jeu = $1 AND periode = $2",
    )
    .bind(jeu)
    .bind(periode)
    .fetch_optional(&mut **tx)
    .await?;
    attend.map_or(Ok(()), |_| Err(ErreurBase::RefaitEnAttente))
}

async fn porte_un_refait(tx: &mut Ecriture<'_>, empreinte: &str) -> Result<bool, ErreurBase> {
    let row = sqlx::query("/* envoi_annule.est_refait */ SELECT 1 FROM envoi_annule WHERE refait = $1")
        .bind(empreinte)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}
