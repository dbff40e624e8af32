//! Request proofs already seen: a proof that comes back within its quarter of an hour is a replay.

use ::publication::preuve::PreuveVerifiee;
use chrono::{DateTime, TimeDelta, Utc};

use crate::base::{Db, ErreurBase};
use crate::valeur::args;

/// How long a proof is remembered: longer than it can live, whichever way the clocks differ.
const MEMOIRE: TimeDelta = TimeDelta::minutes(15);

/// Remembers a proof; false when it was already seen.
pub async fn retient(db: &Db, preuve: &PreuveVerifiee, maintenant: DateTime<Utc>) -> Result<bool, ErreurBase> {
    let mut tx = db.begin().await?;
    tx.execute("/* preuve.oublie */ DELETE FROM preuve WHERE expire_le < $1", args![maintenant]).await?;
    let n = tx
        .execute(
            "/* preuve.retient */ INSERT INTO preuve (emetteur, jti, expire_le) VALUES ($1, $2, $3)
             ON CONFLICT (emetteur, jti) DO NOTHING",
            args![preuve.noeud().as_str(), preuve.jti(), maintenant + MEMOIRE],
        )
        .await?;
    tx.commit().await?;
    Ok(n > 0)
}
