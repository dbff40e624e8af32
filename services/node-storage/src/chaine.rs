//! The entries of the chain that carry no body, and the history taken back from the hub after a backup
//! was restored.

use chrono::{DateTime, Utc};
use publication::{EntreeSignee, Genre};

use crate::annulation::refait_regle;
use crate::base::{Base, Ecriture, ErreurBase, instant_texte};
use crate::envoi::{EtatEnvoi, Suite, borne, positif, suite};
use crate::journal::note_dans;
use sqlx::{Row, SqliteExecutor};

/// An entry of this node that the hub holds and this database had lost.
#[derive(Debug, Clone)]
pub struct EntreeRecuperee {
    /// Position in the chain.
    pub seq: u64,
    /// What it does.
    pub genre: Genre,
    /// Data set, period and revision, for an entry of a series.
    pub serie: Option<(String, String, u64)>,
    /// Digest of the envelope.
    pub empreinte: String,
    /// The signed envelope.
    pub enveloppe: String,
    /// The body; none for an entry that has none, or whose content was refused.
    pub corps: Option<Vec<u8>>,
    /// What the hub did with it.
    pub etat: EtatEnvoi,
    /// The signed receipt.
    pub accuse: String,
    /// When it was sealed, as the envelope says.
    pub scelle_le: DateTime<Utc>,
}

impl Base {
    /// Takes the next position and seals an entry without a body. `serie` names the slice of a withdrawal;
    /// nothing is sealed while an earlier rotation waits for its receipt: which key signs is not settled.
    pub async fn scelle_acte<E>(
        &self,
        serie: Option<(&str, &str)>,
        (instant, acteur): (DateTime<Utc>, &str),
        signe: impl FnOnce(&Suite) -> Result<EntreeSignee, E>,
    ) -> Result<u64, E>
    where
        E: From<ErreurBase>,
    {
        let mut tx = self.ecrit().await?;
        rotation_reglee(&mut tx).await?;
        let (jeu, periode) = serie.unwrap_or_default();
        refait_regle(&mut tx, jeu, periode).await?;
        let (suite, _) = suite(&mut tx, jeu, periode).await?;
        let signee = signe(&suite)?;
        insere_acte(&mut tx, serie, instant, &suite, &signee).await?;
        let genre = signee.enveloppe().kind.code();
        note_dans(&mut tx, instant, acteur, genre, &format!("envoi {}", suite.seq)).await?;
        tx.commit().await.map_err(ErreurBase::from)?;
        Ok(suite.seq)
    }

    /// The rotation that waits for its receipt, if any.
    pub async fn rotation_en_cours(&self) -> Result<Option<u64>, ErreurBase> {
        rotation_en_attente(&self.pool).await
    }

    /// When the last entry was sealed: a node that has been silent for a day says that it lives.
    pub async fn dernier_scellement(&self) -> Result<Option<DateTime<Utc>>, ErreurBase> {
        let row = sqlx::query("/* envoi.dernier */ SELECT scelle_le FROM envoi ORDER BY seq DESC LIMIT 1")
            .fetch_optional(&self.pool)
            .await?;
        row.map(|r| crate::base::instant_lu(r.try_get(0)?)).transpose()
    }
}

/// Puts back the entries that the hub holds.
pub(crate) async fn reprend_dans(
    tx: &mut Ecriture<'_>,
    entrees: &[EntreeRecuperee],
    instant: DateTime<Utc>,
) -> Result<(), ErreurBase> {
    for e in entrees {
        let (jeu, periode, rev) = e
            .serie
            .as_ref()
            .map_or((None, None, None), |(j, p, r)| (Some(j.as_str()), Some(p.as_str()), Some(borne(*r))));
        sqlx::query(
            "/* envoi.recupere */ INSERT INTO envoi (seq, genre, jeu, periode, revision, empreinte, enveloppe, corps,
             etat, scelle_le, accuse, accuse_le) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(borne(e.seq))
        .bind(e.genre.code())
        .bind(jeu)
        .bind(periode)
        .bind(rev)
        .bind(&e.empreinte)
        .bind(&e.enveloppe)
        .bind(e.corps.as_deref())
        .bind(e.etat.code())
        .bind(instant_texte(e.scelle_le))
        .bind(&e.accuse)
        .bind(instant_texte(instant))
        .execute(&mut **tx)
        .await?;
    }
    note_dans(tx, instant, "hub", "recupere", &format!("{} envois", entrees.len())).await
}

pub(crate) async fn insere_acte(
    tx: &mut Ecriture<'_>,
    serie: Option<(&str, &str)>,
    instant: DateTime<Utc>,
    suite: &Suite,
    signee: &EntreeSignee,
) -> Result<(), ErreurBase> {
    sqlx::query(
        "/* envoi.acte */ INSERT INTO envoi (seq, genre, jeu, periode, revision, empreinte, enveloppe, etat, scelle_le)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'scelle', $8)",
    )
    .bind(borne(suite.seq))
    .bind(signee.enveloppe().kind.code())
    .bind(serie.map(|s| s.0))
    .bind(serie.map(|s| s.1))
    .bind(serie.map(|_| suite.revision))
    .bind(signee.empreinte().to_string())
    .bind(signee.enveloppe_jws())
    .bind(instant_texte(instant))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Between the announcement of a key and its receipt, nobody can say which key signs the next entry.
pub(crate) async fn rotation_reglee(tx: &mut Ecriture<'_>) -> Result<(), ErreurBase> {
    match rotation_en_attente(&mut **tx).await? {
        None => Ok(()),
        Some(_) => Err(ErreurBase::RotationEnCours),
    }
}

async fn rotation_en_attente(lecture: impl SqliteExecutor<'_>) -> Result<Option<u64>, ErreurBase> {
    let row = sqlx::query("/* envoi.rotation */ SELECT seq FROM envoi WHERE genre = 'rotate' AND etat = 'scelle'")
        .fetch_optional(lecture)
        .await?;
    row.map(|r| positif(r.try_get(0)?)).transpose()
}
