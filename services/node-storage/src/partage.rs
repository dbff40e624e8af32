//! The feed received from the hub: a prefix of the hub's own (I9), which grows page by page. A page that repeats
//! what is held adds nothing, one that leaves a hole or says otherwise is not taken.

use chrono::{DateTime, Utc};
use publication::fil::{Article, Curseur, Page};
use sqlx::Row;

use crate::base::{Base, Ecriture, ErreurBase, instant_texte};
use crate::envoi::{borne, positif};

/// What became of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prolongement {
    /// So many articles were new.
    Ajoutes(u64),
    /// The page starts after the end of what is held, or belongs to another incarnation.
    Ailleurs,
    /// The page says otherwise than what is held at this position.
    Reecrit(u64),
}

impl Base {
    /// Where this node stands in the feed; none before the first page.
    pub async fn curseur_du_fil(&self) -> Result<Option<Curseur>, ErreurBase> {
        let mut tx = self.ecrit().await?;
        curseur(&mut tx).await
    }

    /// Takes a page.
    pub async fn prolonge_fil(&self, page: &Page, instant: DateTime<Utc>) -> Result<Prolongement, ErreurBase> {
        let mut tx = self.ecrit().await?;
        let tenu = curseur(&mut tx).await?.unwrap_or(Curseur { epoque: page.epoch, position: 0 });
        let Some(deja) = page.deja_tenus(tenu) else { return Ok(Prolongement::Ailleurs) };
        for (position, article) in (page.from..).zip(&page.items) {
            if position < tenu.position {
                if texte_a(&mut tx, position).await?.as_deref() != Some(article.texte().as_str()) {
                    return Ok(Prolongement::Reecrit(position));
                }
                continue;
            }
            sqlx::query("/* fil.insere */ INSERT INTO fil (position, cle, article, recu_le) VALUES ($1, $2, $3, $4)")
                .bind(borne(position))
                .bind(&article.key)
                .bind(article.texte())
                .bind(instant_texte(instant))
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query(
            "/* partage.note */ INSERT INTO partage (seul, epoque) VALUES (1, $1)
             ON CONFLICT (seul) DO UPDATE SET epoque = excluded.epoque",
        )
        .bind(borne(page.epoch))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Prolongement::Ajoutes((page.items.len() - deja) as u64))
    }

    /// Forgets the feed, to take it whole again: its incarnation ended.
    pub async fn oublie_fil(&self) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query("/* fil.oublie */ DELETE FROM fil").execute(&mut *tx).await?;
        sqlx::query("/* partage.oublie */ DELETE FROM partage").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Articles in force whose key starts so, by key: the last of each, without those taken back.
    pub async fn articles(&self, debut: &str) -> Result<Vec<Article>, ErreurBase> {
        let lignes = sqlx::query(
            "/* fil.en_vigueur */ SELECT f.article FROM fil f WHERE substr(f.cle, 1, length($1)) = $1
             AND NOT EXISTS (SELECT 1 FROM fil g WHERE g.cle = f.cle AND g.position > f.position) ORDER BY f.cle",
        )
        .bind(debut)
        .fetch_all(&self.pool)
        .await?;
        let lus = lignes.iter().map(|l| {
            Article::lire(l.try_get(0)?).map_err(|refus| ErreurBase::Illisible(format!("article du fil : {refus}")))
        });
        let vivant = |a: &Article| a.benchmark.is_some() || a.practice.is_some();
        lus.filter(|a| a.as_ref().map_or(true, vivant)).collect()
    }
}

async fn curseur(tx: &mut Ecriture<'_>) -> Result<Option<Curseur>, ErreurBase> {
    let epoque = sqlx::query("/* partage.epoque */ SELECT epoque FROM partage").fetch_optional(&mut **tx).await?;
    let Some(epoque) = epoque else { return Ok(None) };
    let fin = sqlx::query("/* fil.fin */ SELECT COALESCE(MAX(position) + 1, 0) FROM fil").fetch_one(&mut **tx).await?;
    Ok(Some(Curseur { epoque: positif(epoque.try_get(0)?)?, position: positif(fin.try_get(0)?)? }))
}

async fn texte_a(tx: &mut Ecriture<'_>, position: u64) -> Result<Option<String>, ErreurBase> {
    let ligne = sqlx::query("/* fil.a */ SELECT article FROM fil WHERE position = $1")
        .bind(borne(position))
        .fetch_optional(&mut **tx)
        .await?;
    Ok(ligne.map(|l| l.try_get(0)).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::essai;

    fn page(epoch: u64, from: u64, cles: &[&str]) -> Page {
        let items = cles.iter().map(|cle| Article::retrait(*cle)).collect();
        Page { v: 1, iss: "https://hub.example".into(), epoch, from, items, next: None }
    }

    /// Matrix 42: duplicated, reordered, of another incarnation.
    #[tokio::test]
    async fn matrix_42_pages_twice_out_of_order_or_of_another_epoch_make_no_duplicate() {
        let (_dossier, base) = essai::base().await;
        let prolonge = async |p: Page| base.prolonge_fil(&p, DateTime::UNIX_EPOCH).await.unwrap();
        assert_eq!(prolonge(page(1, 2, &["c"])).await, Prolongement::Ailleurs, "before the first one");
        assert_eq!(prolonge(page(1, 0, &["a", "b"])).await, Prolongement::Ajoutes(2));
        assert_eq!(prolonge(page(1, 0, &["a", "b"])).await, Prolongement::Ajoutes(0), "twice");
        assert_eq!(prolonge(page(1, 1, &["b", "c"])).await, Prolongement::Ajoutes(1), "half of it new");
        assert_eq!(prolonge(page(1, 4, &["e"])).await, Prolongement::Ailleurs, "a hole");
        assert_eq!(prolonge(page(1, 0, &["a", "x"])).await, Prolongement::Reecrit(1));
        assert_eq!(prolonge(page(2, 0, &["z"])).await, Prolongement::Ailleurs, "another incarnation");
        assert_eq!(base.curseur_du_fil().await.unwrap().unwrap().to_string(), "1.3");
        base.oublie_fil().await.unwrap();
        assert_eq!(prolonge(page(2, 0, &["z"])).await, Prolongement::Ajoutes(1));
        assert_eq!(base.curseur_du_fil().await.unwrap().unwrap().to_string(), "2.1");
        assert!(base.articles("").await.unwrap().is_empty(), "what was taken back is not shown");
    }
}
