//! The feed handed down to the nodes: articles one after the other, never rewritten. The database refuses to
//! change or remove one; what is no longer true is said by a later article of the same key.

use std::collections::BTreeMap;

use ::publication::fil::{Article, Curseur};
use chrono::{DateTime, Utc};

use crate::base::{Db, ErreurBase, Travail, Tx};
use crate::registre::{seq_sql, tete_registre};
use crate::valeur::args;

/// Articles after a place, with the present incarnation and the length of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// End of the feed.
    pub fin: Curseur,
    /// Texts of the articles, in order.
    pub articles: Vec<String>,
}

/// Reads from a position on.
pub async fn suite(db: &Db, depuis: u64, limite: u32) -> Result<Suite, ErreurBase> {
    let (epoque, _) = tete_registre(db).await?;
    let longueur = db.ligne("/* fil.longueur */ SELECT COALESCE(MAX(position) + 1, 0) FROM fil", args![]).await?;
    let position = longueur.map(|l| l.int(0)).transpose()?.unwrap_or(0).unsigned_abs();
    let lignes = db
        .lignes(
            "/* fil.suite */ SELECT article FROM fil WHERE position >= $1 ORDER BY position LIMIT $2",
            args![seq_sql(depuis), i64::from(limite)],
        )
        .await?;
    let articles = lignes.iter().map(|l| l.text(0)).collect::<Result<_, _>>()?;
    Ok(Suite { fin: Curseur { epoque, position }, articles })
}

/// Articles in force whose key starts so: the last of each key, by key.
pub async fn en_vigueur(db: &Db, debut: &str) -> Result<BTreeMap<String, Article>, ErreurBase> {
    let lignes = db
        .lignes(
            "/* fil.en_vigueur */ SELECT f.cle, f.article FROM fil f
             WHERE substr(f.cle, 1, length($1)) = $1
             AND NOT EXISTS (SELECT 1 FROM fil g WHERE g.cle = f.cle AND g.position > f.position) ORDER BY f.cle",
            args![debut],
        )
        .await?;
    lignes
        .iter()
        .map(|l| Ok((l.text(0)?, Article::lire(&l.text(1)?).map_err(|_| ErreurBase::ValeurIllisible(1))?)))
        .collect()
}

/// Adds articles; nothing when another replica is adding some. Gives how many were added.
pub async fn ajoute(
    db: &Db,
    articles: &[Article],
    calculee: Option<(&str, i64)>,
    instant: DateTime<Utc>,
) -> Result<u64, ErreurBase> {
    let mut tx = db.begin().await?;
    if !tx.seul(Travail::Fil).await? {
        return Ok(0);
    }
    let longueur = tx.ligne("/* fil.fin */ SELECT COALESCE(MAX(position) + 1, 0) FROM fil", args![]).await?;
    let fin = longueur.map(|l| l.int(0)).transpose()?.unwrap_or(0);
    for (position, article) in (fin..).zip(articles) {
        insere(&mut tx, position, article, instant).await?;
    }
    if let Some((campagne, transition)) = calculee {
        tx.execute(
            "/* repere_calcule.note */ INSERT INTO repere_calcule (campagne, transition) VALUES ($1, $2)
             ON CONFLICT (campagne) DO UPDATE SET transition = excluded.transition",
            args![campagne, transition],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(articles.len() as u64)
}

async fn insere(tx: &mut Tx, position: i64, article: &Article, instant: DateTime<Utc>) -> Result<(), ErreurBase> {
    tx.execute(
        "/* fil.insere */ INSERT INTO fil (position, cle, article, emis_le) VALUES ($1, $2, $3, $4)",
        args![position, &article.key, article.texte(), instant],
    )
    .await?;
    Ok(())
}

/// Closed campaigns whose benchmarks were not computed since, with the passage that closed them.
pub async fn campagnes_a_calculer(db: &Db) -> Result<Vec<(String, i64)>, ErreurBase> {
    let lignes = db
        .lignes(
            "/* fil.a_calculer */ SELECT c.code, COALESCE(MAX(t.ordre), 0) FROM campagne c
             LEFT JOIN campagne_transition t ON t.campagne = c.code
             LEFT JOIN repere_calcule r ON r.campagne = c.code
             WHERE c.etat IN ('close', 'publiee')
             GROUP BY c.code, r.transition
             HAVING r.transition IS NULL OR r.transition < COALESCE(MAX(t.ordre), 0) ORDER BY c.code",
            args![],
        )
        .await?;
    lignes.iter().map(|l| Ok((l.text(0)?, l.int(1)?))).collect()
}
