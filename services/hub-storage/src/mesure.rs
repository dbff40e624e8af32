//! What operators measure of the store: read at each scrape, so each statement costs the number of nodes at most,
//! never the length of the register.

use chrono::{DateTime, TimeDelta, Utc};

use crate::arbre;
use crate::base::{Db, ErreurBase};
use crate::completude;
use crate::enrolement::EtatNoeud;
use crate::registre::tete_registre;
use crate::valeur::args;

/// A node in service sends something every day, a heartbeat when it has nothing to say.
const SILENCE: TimeDelta = TimeDelta::days(2);

/// The store at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Releve {
    /// Incarnation of the register.
    pub epoque: u64,
    /// Entries of the register.
    pub entrees: u64,
    /// When the last one came.
    pub derniere_entree: Option<DateTime<Utc>>,
    /// Whether the tree of the register has a root for all its entries.
    pub coherent: bool,
    /// Nodes in each state.
    pub noeuds: Vec<(&'static str, u64)>,
    /// Active nodes that once sent something and have sent nothing for two days.
    pub muets: u64,
    /// Nodes of which something is missing after the limit of an open campaign.
    pub en_retard: u64,
    /// When the next token of a machine ends.
    pub jeton_expire_le: Option<DateTime<Utc>>,
}

/// Reads it.
pub async fn releve(db: &Db, maintenant: DateTime<Utc>) -> Result<Releve, ErreurBase> {
    let (epoque, entrees) = tete_registre(db).await?;
    let derniere =
        db.ligne("/* mesure.derniere_entree */ SELECT recu_le FROM publication ORDER BY ordre DESC LIMIT 1", args![]);
    let coherent = match arbre::etat(db).await {
        Ok(_) => true,
        Err(ErreurBase::RegistreAltere(_)) => false,
        Err(autre) => return Err(autre),
    };
    Ok(Releve {
        epoque,
        entrees,
        derniere_entree: derniere.await?.map(|l| l.ts(0)).transpose()?,
        coherent,
        noeuds: noeuds(db).await?,
        muets: muets(db, maintenant - SILENCE).await?,
        en_retard: completude::noeuds_en_retard(db, maintenant).await?,
        jeton_expire_le: jeton_expire_le(db, maintenant).await?,
    })
}

async fn noeuds(db: &Db) -> Result<Vec<(&'static str, u64)>, ErreurBase> {
    let lignes = db.lignes("/* mesure.noeuds */ SELECT etat, COUNT(*) FROM noeud GROUP BY etat", args![]).await?;
    let comptes: Vec<(String, u64)> =
        lignes.iter().map(|l| Ok((l.text(0)?, l.int(1)?.unsigned_abs()))).collect::<Result<_, ErreurBase>>()?;
    let compte = |etat: EtatNoeud| comptes.iter().find(|(code, _)| code == etat.code()).map_or(0, |(_, n)| *n);
    Ok(EtatNoeud::TOUS.into_iter().map(|etat| (etat.code(), compte(etat))).collect())
}

async fn muets(db: &Db, depuis: DateTime<Utc>) -> Result<u64, ErreurBase> {
    let ligne = db
        .ligne(
            "/* mesure.muets */ SELECT COUNT(*) FROM noeud n JOIN chaine c ON c.noeud = n.identifiant
             JOIN publication p ON p.noeud = c.noeud AND p.seq = c.seq WHERE n.etat = $1 AND p.recu_le < $2",
            args![EtatNoeud::Actif.code(), depuis],
        )
        .await?;
    ligne.map_or(Ok(0), |l| Ok(l.int(0)?.unsigned_abs()))
}

async fn jeton_expire_le(db: &Db, maintenant: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, ErreurBase> {
    let ligne = db
        .ligne(
            "/* mesure.jeton */ SELECT MIN(expire_le) FROM jeton WHERE revoque_le IS NULL AND expire_le > $1",
            args![maintenant],
        )
        .await?;
    ligne.map_or(Ok(None), |l| l.opt_ts(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_empty_store_is_coherent_and_misses_nothing() {
        let db = Db::en_memoire().await.unwrap();
        let releve = releve(&db, DateTime::UNIX_EPOCH).await.unwrap();
        assert!(releve.coherent);
        assert_eq!((releve.entrees, releve.muets, releve.en_retard, releve.derniere_entree), (0, 0, 0, None));
        assert_eq!(releve.noeuds.len(), 6, "every state is shown, at zero too");
    }
}
