//! Manifests of the reference data, and the parts they name. Nothing is ever removed: a node that comes late
//! still finds the version it was told of.

use ::publication::Empreinte;
use ::publication::manifeste::Partie;
use chrono::{DateTime, Utc};

use crate::base::{Db, ErreurBase, Travail};
use crate::registre::seq_sql;
use crate::valeur::args;

/// A manifest as it was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifesteEmis {
    /// Version.
    pub version: u64,
    /// Digest of its list of parts.
    pub contenu: String,
    /// Signed text.
    pub jws: String,
    /// When.
    pub emis_le: DateTime<Utc>,
}

/// The last one issued.
pub async fn dernier(db: &Db) -> Result<Option<ManifesteEmis>, ErreurBase> {
    let ligne = db
        .ligne(
            "/* manifeste.dernier */ SELECT version, contenu, jws, emis_le FROM manifeste ORDER BY version DESC LIMIT 1",
            args![],
        )
        .await?;
    ligne
        .map(|l| {
            Ok(ManifesteEmis {
                version: l.int(0)?.unsigned_abs(),
                contenu: l.text(1)?,
                jws: l.text(2)?,
                emis_le: l.ts(3)?,
            })
        })
        .transpose()
}

/// Issues a manifest with its parts, when `apres` is still the last version; false when another replica was first.
pub async fn emet(
    db: &Db,
    apres: Option<u64>,
    manifeste: &ManifesteEmis,
    parts: &[(Partie, Vec<u8>)],
) -> Result<bool, ErreurBase> {
    let mut tx = db.begin().await?;
    if !tx.seul(Travail::Manifeste).await? {
        return Ok(false);
    }
    let derniere = tx.ligne("/* manifeste.version */ SELECT MAX(version) FROM manifeste", args![]).await?;
    let derniere = derniere.map(|l| l.opt_int(0)).transpose()?.flatten().map(i64::unsigned_abs);
    if derniere != apres {
        return Ok(false);
    }
    for (partie, octets) in parts {
        tx.execute(
            "/* reference_partie.insere */ INSERT INTO reference_partie (digest, octets) VALUES ($1, $2)
             ON CONFLICT (digest) DO NOTHING",
            args![partie.sha256.to_string(), octets.as_slice()],
        )
        .await?;
    }
    tx.execute(
        "/* manifeste.insere */ INSERT INTO manifeste (version, contenu, jws, emis_le) VALUES ($1, $2, $3, $4)",
        args![seq_sql(manifeste.version), &manifeste.contenu, &manifeste.jws, manifeste.emis_le],
    )
    .await?;
    tx.commit().await?;
    Ok(true)
}

/// The bytes of a part.
pub async fn partie(db: &Db, empreinte: Empreinte) -> Result<Option<Vec<u8>>, ErreurBase> {
    let ligne = db
        .ligne(
            "/* reference_partie.lit */ SELECT octets FROM reference_partie WHERE digest = $1",
            args![empreinte.to_string()],
        )
        .await?;
    ligne.map(|l| l.bytes(0)).transpose()
}
