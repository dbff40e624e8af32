//! Persons as an OpenID provider knows them, and sign-ins under way there. A provider's subject is bound to
//! one account, once; a request is taken back once, by the browser that made it.

use chrono::{DateTime, Utc};

use crate::base::{Db, ErreurBase};
use crate::compte::{self, Attache, Compte};
use crate::journal::{self, Fait};
use crate::valeur::args;

/// A sign-in under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandeConnexion {
    /// Digest of the state sent to the provider.
    pub condense: String,
    /// Digest of the cookie of the browser that asked.
    pub navigateur: String,
    /// What the provider's statement must quote.
    pub nonce: String,
    /// The half of the proof key that stays here (RFC 7636).
    pub verificateur: String,
    /// Page to go back to.
    pub retour: String,
    /// End.
    pub expire_le: DateTime<Utc>,
}

/// Writes a request down; those that ended are swept away.
pub async fn ouvre(db: &Db, d: &DemandeConnexion, maintenant: DateTime<Utc>) -> Result<(), ErreurBase> {
    let mut tx = db.begin().await?;
    tx.execute("/* demande.balaie */ DELETE FROM demande_connexion WHERE expire_le <= $1", args![maintenant]).await?;
    tx.execute(
        "/* demande.ouvre */ INSERT INTO demande_connexion (condense, navigateur, nonce, verificateur, retour, expire_le)
         VALUES ($1, $2, $3, $4, $5, $6)",
        args![&d.condense, &d.navigateur, &d.nonce, &d.verificateur, &d.retour, d.expire_le],
    )
    .await?;
    tx.commit().await
}

/// Takes a request back, so that it serves once; none when it ended or another browser made it.
pub async fn reprend(
    db: &Db,
    condense: &str,
    navigateur: &str,
    maintenant: DateTime<Utc>,
) -> Result<Option<DemandeConnexion>, ErreurBase> {
    let mut tx = db.begin().await?;
    let ligne = tx
        .ligne(
            "/* demande.reprend */ DELETE FROM demande_connexion WHERE condense = $1
             RETURNING navigateur, nonce, verificateur, retour, expire_le",
            args![condense],
        )
        .await?;
    tx.commit().await?;
    let Some(l) = ligne else { return Ok(None) };
    let demande = DemandeConnexion {
        condense: condense.to_owned(),
        navigateur: l.text(0)?,
        nonce: l.text(1)?,
        verificateur: l.text(2)?,
        retour: l.text(3)?,
        expire_le: l.ts(4)?,
    };
    Ok((demande.navigateur == navigateur && maintenant < demande.expire_le).then_some(demande))
}

/// The account of a person. A person seen for the first time takes the account that waits for them.
pub async fn compte(
    db: &Db,
    (emetteur, sujet): (&str, &str),
    presente: &Attache,
    fait: &Fait,
) -> Result<Option<Compte>, ErreurBase> {
    let connue = db
        .ligne(
            "/* identite.compte */ SELECT compte FROM identite WHERE emetteur = $1 AND sujet = $2",
            args![emetteur, sujet],
        )
        .await?;
    if let Some(ligne) = connue {
        return compte::find(db, &ligne.text(0)?, fait.moment).await;
    }
    let mut tx = db.begin().await?;
    let attendu = tx
        .ligne(
            "/* identite.attendue */ SELECT identifiant FROM compte WHERE courriel = $1 AND siret = $2
             AND ferme_le IS NULL AND NOT EXISTS (SELECT 1 FROM identite WHERE emetteur = $3 AND compte = identifiant)",
            args![&presente.courriel, &presente.siret, emetteur],
        )
        .await?;
    let Some(identifiant) = attendu.map(|l| l.text(0)).transpose()? else { return Ok(None) };
    tx.execute(
        "/* identite.lie */ INSERT INTO identite (emetteur, sujet, compte, liee_le) VALUES ($1, $2, $3, $4)",
        args![emetteur, sujet, &identifiant, fait.moment],
    )
    .await?;
    journal::inscrit(&mut tx, &Fait { objet: identifiant.clone(), ..fait.clone() }).await?;
    tx.commit().await?;
    compte::find(db, &identifiant, fait.moment).await
}

/// Forgets who an account was bound to, so that its person may come back under another subject; false when
/// nobody was.
pub async fn detache(db: &Db, identifiant: &str, fait: &Fait) -> Result<bool, ErreurBase> {
    let mut tx = db.begin().await?;
    let n = tx.execute("/* identite.detache */ DELETE FROM identite WHERE compte = $1", args![identifiant]).await?;
    tx.execute("/* session.ferme_toutes */ DELETE FROM session WHERE compte = $1", args![identifiant]).await?;
    if n > 0 {
        journal::inscrit(&mut tx, fait).await?;
    }
    tx.commit().await?;
    Ok(n > 0)
}
