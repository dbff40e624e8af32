//! Tokens of machines. Only their digest is kept: whoever reads this table can open nothing with it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::base::{Db, ErreurBase};
use crate::journal::{self, Fait};
use crate::ligne::Row;
use crate::valeur::args;

/// The last use is a day's information, not a write per request.
const PRECISION_DE_L_USAGE: TimeDelta = TimeDelta::minutes(5);

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jeton {
    /// Public name, by which it is revoked.
    pub identifiant: String,
    /// What it is for.
    pub nom: String,
    /// Code of the role.
    pub role: String,
    /// Codes of its territories.
    pub territoires: Vec<String>,
    /// Data sets; empty for all those of the role.
    pub jeux: Vec<String>,
    /// True when it may also act.
    pub ecriture: bool,
    /// Creation.
    pub cree_le: DateTime<Utc>,
    /// End, if any.
    pub expire_le: Option<DateTime<Utc>>,
    /// Last use, to a few minutes.
    pub dernier_usage: Option<DateTime<Utc>>,
    /// Revocation.
    pub revoque_le: Option<DateTime<Utc>>,
}

impl Jeton {
    /// True when it opens something at this moment.
    pub fn vaut(&self, maintenant: DateTime<Utc>) -> bool {
        self.revoque_le.is_none() && self.expire_le.is_none_or(|fin| maintenant < fin)
    }
}

/// Records a token and the fact of its creation.
pub async fn cree(db: &Db, jeton: &Jeton, condense: &str, fait: &Fait) -> Result<(), ErreurBase> {
    let mut tx = db.begin().await?;
    tx.execute(
        "/* jeton.insere */ INSERT INTO jeton (identifiant, condense, nom, role, territoires, jeux, ecriture, cree_le,
         expire_le) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            &jeton.identifiant,
            condense,
            &jeton.nom,
            &jeton.role,
            liste_en_texte(&jeton.territoires),
            liste_en_texte(&jeton.jeux),
            jeton.ecriture,
            jeton.cree_le,
            jeton.expire_le
        ],
    )
    .await?;
    journal::inscrit(&mut tx, fait).await?;
    tx.commit().await
}

/// Revokes a token; false when it is not known or already revoked.
pub async fn revoque(db: &Db, identifiant: &str, fait: &Fait) -> Result<bool, ErreurBase> {
    let mut tx = db.begin().await?;
    let n = tx
        .execute(
            "/* jeton.revoque */ UPDATE jeton SET revoque_le = $2 WHERE identifiant = $1 AND revoque_le IS NULL",
            args![identifiant, fait.moment],
        )
        .await?;
    if n > 0 {
        journal::inscrit(&mut tx, fait).await?;
    }
    tx.commit().await?;
    Ok(n > 0)
}

macro_rules! colonnes {
    () => {
        "identifiant, nom, role, territoires, jeux, ecriture, cree_le, expire_le, dernier_usage, revoque_le FROM jeton"
    };
}

/// The token with this digest.
pub async fn find(db: &Db, condense: &str) -> Result<Option<Jeton>, ErreurBase> {
    let sql = concat!("/* jeton.par_condense */ SELECT ", colonnes!(), " WHERE condense = $1");
    db.ligne(sql, args![condense]).await?.map(|l| lit(&l)).transpose()
}

/// Notes that a token served, at most once every few minutes.
pub async fn a_servi(db: &Db, jeton: &Jeton, maintenant: DateTime<Utc>) -> Result<(), ErreurBase> {
    if jeton.dernier_usage.is_some_and(|u| maintenant - u < PRECISION_DE_L_USAGE) {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    tx.execute(
        "/* jeton.usage */ UPDATE jeton SET dernier_usage = $2 WHERE identifiant = $1",
        args![&jeton.identifiant, maintenant],
    )
    .await?;
    tx.commit().await
}

/// All tokens, oldest first.
pub async fn liste(db: &Db) -> Result<Vec<Jeton>, ErreurBase> {
    let sql = concat!("/* jeton.liste */ SELECT ", colonnes!(), " ORDER BY cree_le, identifiant");
    db.lignes(sql, args![]).await?.iter().map(lit).collect()
}

fn lit(l: &Row) -> Result<Jeton, ErreurBase> {
    Ok(Jeton {
        identifiant: l.text(0)?,
        nom: l.text(1)?,
        role: l.text(2)?,
        territoires: lit_liste(l, 3)?,
        jeux: lit_liste(l, 4)?,
        ecriture: l.bool(5)?,
        cree_le: l.ts(6)?,
        expire_le: l.opt_ts(7)?,
        dernier_usage: l.opt_ts(8)?,
        revoque_le: l.opt_ts(9)?,
    })
}

pub(crate) fn liste_en_texte(liste: &[String]) -> String {
    serde_json::Value::from(liste).to_string()
}

pub(crate) fn lit_liste(l: &Row, rang: usize) -> Result<Vec<String>, ErreurBase> {
    serde_json::from_str(&l.text(rang)?).map_err(|_| ErreurBase::ValeurIllisible(rang))
}
