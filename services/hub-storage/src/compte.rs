//! Local accounts of persons, the way in when no identity provider answers, and their sessions.

use chrono::{DateTime, TimeDelta, Utc};

use crate::base::{Db, ErreurBase};
use crate::jeton::{liste_en_texte, lit_liste};
use crate::journal::{self, Fait};
use crate::valeur::args;

/// Wrong passwords in a row before an account rests.
const ECHECS_PERMIS: i64 = 5;

/// How long it rests.
const REPOS: TimeDelta = TimeDelta::minutes(15);

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compte {
    /// What the person types.
    pub identifiant: String,
    /// Name shown.
    pub nom: String,
    /// Code of the role.
    pub role: String,
    /// Codes of its territories.
    pub territoires: Vec<String>,
    /// Digest of the password (PHC string).
    pub condense: String,
    /// True while too many wrong passwords were given.
    pub en_repos: bool,
    /// Which secret of one-time codes is in force, from 1.
    pub generation: u32,
    /// What an OpenID provider must say of the person.
    pub attache: Option<Attache>,
}

/// An account as administrators read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompteListe {
    /// What the person types.
    pub identifiant: String,
    /// Name shown.
    pub nom: String,
    /// Code of the role.
    pub role: String,
    /// Codes of its territories.
    pub territoires: Vec<String>,
    /// When it was made.
    pub cree_le: DateTime<Utc>,
    /// Sessions under way or not swept yet.
    pub sessions: u64,
}

/// By which a person is recognised the first time a provider names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attache {
    /// E-mail address, lower case.
    pub courriel: String,
    /// SIRET of the employer.
    pub siret: String,
}

/// Makes an account; false when the identifier is taken.
pub async fn cree(db: &Db, compte: &Compte, fait: &Fait) -> Result<bool, ErreurBase> {
    let mut tx = db.begin().await?;
    let n = tx
        .execute(
            "/* compte.insere */ INSERT INTO compte (identifiant, nom, condense, role, territoires, cree_le,
             courriel, siret) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (identifiant) DO NOTHING",
            args![
                &compte.identifiant,
                &compte.nom,
                &compte.condense,
                &compte.role,
                liste_en_texte(&compte.territoires),
                fait.moment,
                compte.attache.as_ref().map(|a| a.courriel.clone()),
                compte.attache.as_ref().map(|a| a.siret.clone())
            ],
        )
        .await?;
    if n > 0 {
        journal::inscrit(&mut tx, fait).await?;
    }
    tx.commit().await?;
    Ok(n > 0)
}

/// The open account of this identifier.
pub async fn find(db: &Db, identifiant: &str, maintenant: DateTime<Utc>) -> Result<Option<Compte>, ErreurBase> {
    let ligne = db
        .ligne(
            "/* compte.par_identifiant */ SELECT identifiant, nom, role, territoires, condense, bloque_le, generation,
             courriel, siret FROM compte WHERE identifiant = $1 AND ferme_le IS NULL",
            args![identifiant],
        )
        .await?;
    let lit = |l: crate::ligne::Row| {
        Ok(Compte {
            identifiant: l.text(0)?,
            nom: l.text(1)?,
            role: l.text(2)?,
            territoires: lit_liste(&l, 3)?,
            condense: l.text(4)?,
            en_repos: l.opt_ts(5)?.is_some_and(|b| maintenant - b < REPOS),
            generation: u32::try_from(l.int(6)?).unwrap_or(1),
            attache: l.opt_text(7)?.zip(l.opt_text(8)?).map(|(courriel, siret)| Attache { courriel, siret }),
        })
    };
    ligne.map(lit).transpose()
}

/// Open accounts, by identifier, without anything that opens them.
pub async fn liste(db: &Db) -> Result<Vec<CompteListe>, ErreurBase> {
    let lignes = db
        .lignes(
            "/* compte.liste */ SELECT c.identifiant, c.nom, c.role, c.territoires, c.cree_le, COUNT(s.condense)
             FROM compte c LEFT JOIN session s ON s.compte = c.identifiant
             WHERE c.ferme_le IS NULL GROUP BY c.identifiant, c.nom, c.role, c.territoires, c.cree_le
             ORDER BY c.identifiant",
            args![],
        )
        .await?;
    let lit = |l: &crate::ligne::Row| {
        Ok(CompteListe {
            identifiant: l.text(0)?,
            nom: l.text(1)?,
            role: l.text(2)?,
            territoires: lit_liste(l, 3)?,
            cree_le: l.ts(4)?,
            sessions: l.int(5)?.unsigned_abs(),
        })
    };
    lignes.iter().map(lit).collect()
}

/// Changes the secret of one-time codes and closes the sessions; the new generation, none when it is not known.
pub async fn renouvelle_code(db: &Db, identifiant: &str, fait: &Fait) -> Result<Option<u32>, ErreurBase> {
    let mut tx = db.begin().await?;
    let ligne = tx
        .ligne(
            "/* compte.generation */ UPDATE compte SET generation = generation + 1, dernier_pas = 0
             WHERE identifiant = $1 AND ferme_le IS NULL RETURNING generation",
            args![identifiant],
        )
        .await?;
    let Some(generation) = ligne.map(|l| l.int(0)).transpose()? else { return Ok(None) };
    tx.execute("/* session.ferme_toutes */ DELETE FROM session WHERE compte = $1", args![identifiant]).await?;
    journal::inscrit(&mut tx, fait).await?;
    tx.commit().await?;
    Ok(u32::try_from(generation).ok())
}

/// Closes an account and its sessions; false when it is not known or already closed.
pub async fn ferme(db: &Db, identifiant: &str, fait: &Fait) -> Result<bool, ErreurBase> {
    let mut tx = db.begin().await?;
    let n = tx
        .execute(
            "/* compte.ferme */ UPDATE compte SET ferme_le = $2 WHERE identifiant = $1 AND ferme_le IS NULL",
            args![identifiant, fait.moment],
        )
        .await?;
    tx.execute("/* session.ferme_toutes */ DELETE FROM session WHERE compte = $1", args![identifiant]).await?;
    if n > 0 {
        journal::inscrit(&mut tx, fait).await?;
    }
    tx.commit().await?;
    Ok(n > 0)
}

/// How a session is opened.
#[derive(Debug, Clone, Copy)]
pub enum Moyen<'m> {
    /// A password and the one-time code of this step of time.
    Code(u64),
    /// An OpenID provider, whose signed statement is kept to sign out there.
    Preuve(&'m str),
}

/// Opens a session; false when the step of time was used already, by somebody who saw the code.
pub async fn ouvre_session(
    db: &Db,
    compte: &Compte,
    condense: &str,
    moyen: Moyen<'_>,
    expire_le: DateTime<Utc>,
    fait: &Fait,
) -> Result<bool, ErreurBase> {
    let mut tx = db.begin().await?;
    tx.execute("/* session.balaie */ DELETE FROM session WHERE expire_le <= $1", args![fait.moment]).await?;
    let preuve = match moyen {
        Moyen::Preuve(preuve) => Some(preuve.to_owned()),
        Moyen::Code(pas) => {
            let pas = i64::try_from(pas).unwrap_or(i64::MAX);
            let n = tx
                .execute(
                    "/* compte.reussite */ UPDATE compte SET echecs = 0, bloque_le = NULL, dernier_pas = $2
                     WHERE identifiant = $1 AND dernier_pas < $2",
                    args![&compte.identifiant, pas],
                )
                .await?;
            if n == 0 {
                return Ok(false);
            }
            None
        }
    };
    tx.execute(
        "/* session.ouvre */ INSERT INTO session (condense, compte, cree_le, expire_le, preuve) VALUES ($1, $2, $3, $4, $5)",
        args![condense, &compte.identifiant, fait.moment, expire_le, preuve],
    )
    .await?;
    journal::inscrit(&mut tx, fait).await?;
    tx.commit().await?;
    Ok(true)
}

/// Counts a wrong password of an existing account.
pub async fn compte_echec(db: &Db, compte: &Compte, fait: &Fait) -> Result<(), ErreurBase> {
    let mut tx = db.begin().await?;
    tx.execute(
        "/* compte.echec */ UPDATE compte SET bloque_le = CASE WHEN echecs + 1 >= $2 THEN $3 ELSE bloque_le END,
         echecs = CASE WHEN echecs + 1 >= $2 THEN 0 ELSE echecs + 1 END WHERE identifiant = $1",
        args![&compte.identifiant, ECHECS_PERMIS, fait.moment],
    )
    .await?;
    journal::inscrit(&mut tx, fait).await?;
    tx.commit().await
}

/// The account whose session has this digest.
pub async fn de_la_session(db: &Db, condense: &str, maintenant: DateTime<Utc>) -> Result<Option<Compte>, ErreurBase> {
    let ligne = db
        .ligne(
            "/* session.compte */ SELECT compte FROM session WHERE condense = $1 AND expire_le > $2",
            args![condense, maintenant],
        )
        .await?;
    match ligne.map(|l| l.text(0)).transpose()? {
        Some(identifiant) => find(db, &identifiant, maintenant).await,
        None => Ok(None),
    }
}

/// Closes a session; gives what its provider must be told, when one opened it.
pub async fn ferme_session(db: &Db, condense: &str, fait: &Fait) -> Result<Option<String>, ErreurBase> {
    let mut tx = db.begin().await?;
    let ligne = tx
        .ligne("/* session.ferme */ DELETE FROM session WHERE condense = $1 RETURNING preuve", args![condense])
        .await?;
    let Some(ligne) = ligne else { return Ok(None) };
    journal::inscrit(&mut tx, fait).await?;
    tx.commit().await?;
    ligne.opt_text(0)
}
