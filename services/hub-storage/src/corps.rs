//! Bodies, addressed by their digest. A body waits here for its envelope; that of a refused content is
//! removed with the refusal, and one that nobody claims within a day is swept away.

use ::publication::{Empreinte, empreinte_corps};
use chrono::{DateTime, Utc};

use crate::base::{Db, ErreurBase, Tx};
use crate::valeur::args;

/// Bytes whose digest is the announced one. Made by [`CorpsIntegre::verifie`] only.
#[derive(Debug, Clone)]
pub struct CorpsIntegre {
    empreinte: Empreinte,
    octets: Vec<u8>,
}

impl CorpsIntegre {
    /// Checks the digest; `None` when the bytes are not the announced ones.
    pub fn verifie(annoncee: Empreinte, octets: Vec<u8>) -> Option<Self> {
        (empreinte_corps(&octets) == annoncee).then_some(Self { empreinte: annoncee, octets })
    }
}

/// Deposits a body; false when it was already there.
pub async fn depose(db: &Db, corps: CorpsIntegre, recu_le: DateTime<Utc>) -> Result<bool, ErreurBase> {
    let mut tx = db.begin().await?;
    let nouveau = insere(&mut tx, corps.empreinte, corps.octets, recu_le).await?;
    tx.commit().await?;
    Ok(nouveau)
}

pub(crate) async fn insere(
    tx: &mut Tx,
    empreinte: Empreinte,
    octets: Vec<u8>,
    recu_le: DateTime<Utc>,
) -> Result<bool, ErreurBase> {
    let n = tx
        .execute(
            "/* corps.insere */ INSERT INTO corps (digest, octets, recu_le) VALUES ($1, $2, $3)
             ON CONFLICT (digest) DO NOTHING",
            args![empreinte.to_string(), octets, recu_le],
        )
        .await?;
    Ok(n > 0)
}

/// The bytes of a digest.
pub async fn find(db: &Db, empreinte: Empreinte) -> Result<Option<Vec<u8>>, ErreurBase> {
    let ligne = db
        .ligne("/* corps.par_digest */ SELECT octets FROM corps WHERE digest = $1", args![empreinte.to_string()])
        .await?;
    ligne.map(|l| l.bytes(0)).transpose()
}

/// True when a body belongs to this node's own accepted history.
pub async fn appartient(db: &Db, empreinte: Empreinte, noeud: &str) -> Result<bool, ErreurBase> {
    let ligne = db
        .ligne(
            "/* corps.appartient */ SELECT seq FROM publication WHERE corps = $1 AND noeud = $2 LIMIT 1",
            args![empreinte.to_string(), noeud],
        )
        .await?;
    Ok(ligne.is_some())
}

/// Removes the bytes of a content that was not accepted, unless an accepted one has the very same.
pub(crate) async fn retire(tx: &mut Tx, empreinte: Empreinte) -> Result<(), ErreurBase> {
    tx.execute(
        "/* corps.retire */ DELETE FROM corps WHERE digest = $1
         AND NOT EXISTS (SELECT 1 FROM publication p WHERE p.corps = $1 AND p.statut = 'accepted')",
        args![empreinte.to_string()],
    )
    .await?;
    Ok(())
}

/// Sweeps away the bodies deposited before `limite` that no accepted publication claims.
pub async fn balaie(db: &Db, limite: DateTime<Utc>) -> Result<u64, ErreurBase> {
    let mut tx = db.begin().await?;
    let n = tx
        .execute(
            "/* corps.balaie */ DELETE FROM corps WHERE recu_le < $1
             AND NOT EXISTS (SELECT 1 FROM publication p WHERE p.corps = corps.digest AND p.statut = 'accepted')",
            args![limite],
        )
        .await?;
    tx.commit().await?;
    Ok(n)
}
