//! The thin facade over the two databases: one SQL text with `$n` placeholders, one value and one row
//! type. SQLite has a single writer (`BEGIN IMMEDIATE`) and a pool that cannot write; PostgreSQL one pool.
//! Each statement starts with its name as a comment, so that a slow query names itself in any log.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, PgPool, Postgres, SqlSafeStr, SqlStr, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::copie::copie;
use crate::ligne::Row;
use crate::schema::{Dialecte, explique, migrator};
use crate::valeur::{Val, arguments_postgres, arguments_sqlite};
use crate::version::{Veille, Version};

/// Why the store did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ErreurBase {
    /// The address is not one of a known database.
    #[error("« {0} » n’est pas une adresse de base : écrivez sqlite:chemin/hub.db ou postgres://hôte/base.")]
    Adresse(String),
    /// The schema was written by a newer version.
    #[error("La base porte la migration {0}, inconnue de cette version : installez une version plus récente.")]
    SchemaInconnu(i64),
    /// A migration that was applied has been edited since.
    #[error("La migration {0} a été modifiée après son application : rétablissez le fichier d’origine.")]
    SchemaModifie(i64),
    /// A migration failed.
    #[error("La mise à jour du schéma a échoué : {0}")]
    Migration(String),
    /// A required column is NULL.
    #[error("La colonne {0} est vide alors qu’une valeur y est obligatoire.")]
    ValeurAbsente(usize),
    /// A column holds something else than its type.
    #[error("La colonne {0} contient une valeur illisible.")]
    ValeurIllisible(usize),
    /// A server has its own tool for that.
    #[error("Une base PostgreSQL se sauvegarde avec pg_dump --format=custom (deploy/README.md).")]
    SansCopie,
    /// Stored bytes no longer match what was accepted.
    #[error("Le registre est altéré : {0}")]
    RegistreAltere(String),
    /// The database itself.
    #[error("La base de données a répondu par une erreur : {0}")]
    Sql(#[from] sqlx::Error),
}

/// An open database.
#[derive(Debug, Clone)]
pub struct Db {
    pool: Pool,
    /// Statements sent so far, so that a test can prove that a query does not grow with its rows.
    compteur: Arc<AtomicU64>,
    /// Reads the word that changes with every commit; a database in memory has none.
    veille: Option<Arc<Veille>>,
}

#[derive(Debug, Clone)]
enum Pool {
    Sqlite { rw: SqlitePool, ro: SqlitePool },
    Pg(PgPool),
}

/// An open transaction; dropped without `commit`, it leaves nothing.
pub struct Tx {
    transaction: Transactions,
    compteur: Arc<AtomicU64>,
}

enum Transactions {
    Sqlite(Transaction<'static, Sqlite>),
    Pg(Transaction<'static, Postgres>),
}

impl Db {
    /// Opens the database of this address (`sqlite:…` or `postgres://…`) and brings its schema up to date.
    pub async fn ouvre(adresse: &str) -> Result<Self, ErreurBase> {
        let (pool, veille) = match adresse.split_once(':') {
            Some(("sqlite", _)) => ouvre_sqlite(adresse).await?,
            Some(("postgres" | "postgresql", _)) => ouvre_postgres(adresse).await?,
            _ => return Err(ErreurBase::Adresse(sans_secret(adresse))),
        };
        Ok(Self { pool, compteur: Arc::default(), veille: Some(Arc::new(veille)) })
    }

    /// A database that lives in memory and dies with this value: where `verifier` rebuilds the read models.
    pub async fn en_memoire() -> Result<Self, ErreurBase> {
        // The read models alone live there, without the register they refer to.
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(false);
        let une = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let rw = une.connect_with(options).await?;
        migrator(Dialecte::Sqlite).run(&rw).await.map_err(explique)?;
        Ok(Self { pool: Pool::Sqlite { ro: rw.clone(), rw }, compteur: Arc::default(), veille: None })
    }

    /// Which backend this is.
    pub fn dialecte(&self) -> Dialecte {
        match self.pool {
            Pool::Sqlite { .. } => Dialecte::Sqlite,
            Pool::Pg(_) => Dialecte::Postgres,
        }
    }

    /// Statements sent since the database was opened.
    pub fn compte_requetes(&self) -> u64 {
        self.compteur.load(Ordering::Relaxed)
    }

    /// Connections open, and those of them that wait for something to do.
    pub fn connexions(&self) -> (u64, u64) {
        let (ouvertes, libres) = match &self.pool {
            Pool::Sqlite { rw, ro } => (rw.size() + ro.size(), rw.num_idle() + ro.num_idle()),
            Pool::Pg(pool) => (pool.size(), pool.num_idle()),
        };
        (u64::from(ouvertes), u64::try_from(libres).unwrap_or(u64::MAX))
    }

    /// Writes a whole, consistent copy of a SQLite base in a new file, while others read and write.
    pub async fn sauvegarde(&self, fichier: &str) -> Result<(), ErreurBase> {
        match &self.pool {
            Pool::Sqlite { ro, .. } => {
                let sql = "/* base.sauvegarde */ VACUUM INTO $1";
                sqlx::query(sql).bind(fichier).execute(ro).await?;
                Ok(())
            }
            Pool::Pg(_) => Err(ErreurBase::SansCopie),
        }
    }

    /// A word that every commit changes, whoever makes it; nothing for a database in memory. Read at some
    /// moment after the call.
    pub async fn version(&self) -> Result<Option<Version>, ErreurBase> {
        match &self.veille {
            Some(veille) => Ok(Some(veille.version().await?)),
            None => Ok(None),
        }
    }

    /// Opens a transaction that will write.
    pub async fn begin(&self) -> Result<Tx, ErreurBase> {
        let transaction = match &self.pool {
            Pool::Sqlite { rw, .. } => Transactions::Sqlite(rw.begin_with("BEGIN IMMEDIATE").await?),
            Pool::Pg(pool) => Transactions::Pg(pool.begin().await?),
        };
        Ok(Tx { transaction, compteur: Arc::clone(&self.compteur) })
    }

    /// Runs a reading statement and gives all its rows.
    pub async fn lignes(&self, sql: impl SqlSafeStr, valeurs: Vec<Val>) -> Result<Vec<Row>, ErreurBase> {
        let sql = nomme(sql.into_sql_str(), &self.compteur);
        Ok(match &self.pool {
            Pool::Sqlite { ro, .. } => {
                let q = sqlx::query_with(sql, arguments_sqlite(valeurs).map_err(sqlx::Error::Encode)?);
                q.fetch_all(ro).await?.into_iter().map(Row::Sqlite).collect()
            }
            Pool::Pg(pool) => {
                let q = sqlx::query_with(sql, arguments_postgres(valeurs).map_err(sqlx::Error::Encode)?);
                q.fetch_all(pool).await?.into_iter().map(Row::Pg).collect()
            }
        })
    }

    /// Runs a reading statement that gives one row or none.
    pub async fn ligne(&self, sql: impl SqlSafeStr, valeurs: Vec<Val>) -> Result<Option<Row>, ErreurBase> {
        Ok(self.lignes(sql, valeurs).await?.into_iter().next())
    }

    /// Closes the pools: the last checkpoint of SQLite is written.
    pub async fn ferme(&self) {
        if let Some(veille) = &self.veille {
            veille.ferme().await;
        }
        match &self.pool {
            Pool::Sqlite { rw, ro } => {
                ro.close().await;
                rw.close().await;
            }
            Pool::Pg(pool) => pool.close().await,
        }
    }
}

/// Work that one replica does for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Travail {
    /// What the calendar of the campaigns says has come.
    Echeances = 1,
    /// What nobody claimed, swept away.
    Balayage = 2,
    /// A fresher manifest of the reference data.
    Manifeste = 3,
    /// Articles added to the feed.
    Fil = 4,
}

impl Tx {
    /// Takes a piece of work until the end of the transaction; false when another replica has it. SQLite
    /// has one writer: whoever writes has it.
    pub async fn seul(&mut self, travail: Travail) -> Result<bool, ErreurBase> {
        // « Maillage » in the first half of the key: other programs may lock in the same database.
        const ESPACE: i64 = 0x4d61_696c;
        if self.dialecte() == Dialecte::Sqlite {
            return Ok(true);
        }
        let cle = ESPACE << 32 | travail as i64;
        let ligne = self.ligne("/* travail.seul */ SELECT pg_try_advisory_xact_lock($1)", vec![Val::Int(cle)]).await?;
        ligne.map_or(Ok(false), |l| l.bool(0))
    }

    /// Which backend this is, for the few statements that differ.
    pub fn dialecte(&self) -> Dialecte {
        match self.transaction {
            Transactions::Sqlite(_) => Dialecte::Sqlite,
            Transactions::Pg(_) => Dialecte::Postgres,
        }
    }

    /// Runs a writing statement; gives the number of rows touched.
    pub async fn execute(&mut self, sql: impl SqlSafeStr, valeurs: Vec<Val>) -> Result<u64, ErreurBase> {
        let sql = nomme(sql.into_sql_str(), &self.compteur);
        Ok(match &mut self.transaction {
            Transactions::Sqlite(tx) => {
                let q = sqlx::query_with(sql, arguments_sqlite(valeurs).map_err(sqlx::Error::Encode)?);
                q.execute(&mut **tx).await?.rows_affected()
            }
            Transactions::Pg(tx) => {
                let q = sqlx::query_with(sql, arguments_postgres(valeurs).map_err(sqlx::Error::Encode)?);
                q.execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// Copies rows by the thousand; false, and nothing done, on a backend that has no such road.
    pub(crate) async fn copie(
        &mut self,
        sql: &'static str,
        lignes: impl Iterator<Item = Vec<Val>>,
    ) -> Result<bool, ErreurBase> {
        match &mut self.transaction {
            Transactions::Sqlite(_) => Ok(false),
            Transactions::Pg(tx) => {
                let sql = nomme(sql.into_sql_str(), &self.compteur);
                copie(tx, sql.as_str(), lignes).await?;
                Ok(true)
            }
        }
    }

    /// Runs a statement and gives all its rows.
    pub async fn lignes(&mut self, sql: impl SqlSafeStr, valeurs: Vec<Val>) -> Result<Vec<Row>, ErreurBase> {
        let sql = nomme(sql.into_sql_str(), &self.compteur);
        Ok(match &mut self.transaction {
            Transactions::Sqlite(tx) => {
                let q = sqlx::query_with(sql, arguments_sqlite(valeurs).map_err(sqlx::Error::Encode)?);
                q.fetch_all(&mut **tx).await?.into_iter().map(Row::Sqlite).collect()
            }
            Transactions::Pg(tx) => {
                let q = sqlx::query_with(sql, arguments_postgres(valeurs).map_err(sqlx::Error::Encode)?);
                q.fetch_all(&mut **tx).await?.into_iter().map(Row::Pg).collect()
            }
        })
    }

    /// Runs a statement that gives one row or none.
    pub async fn ligne(&mut self, sql: impl SqlSafeStr, valeurs: Vec<Val>) -> Result<Option<Row>, ErreurBase> {
        Ok(self.lignes(sql, valeurs).await?.into_iter().next())
    }

    /// Makes everything durable at once.
    pub async fn commit(self) -> Result<(), ErreurBase> {
        match self.transaction {
            Transactions::Sqlite(tx) => tx.commit().await?,
            Transactions::Pg(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

fn nomme(sql: SqlStr, compteur: &AtomicU64) -> SqlStr {
    debug_assert!(sql.as_str().starts_with("/* "), "a statement starts with its name: {}", sql.as_str());
    compteur.fetch_add(1, Ordering::Relaxed);
    sql
}

async fn ouvre_sqlite(adresse: &str) -> Result<(Pool, Veille), ErreurBase> {
    let options = SqliteConnectOptions::from_str(adresse)
        .map_err(|_| ErreurBase::Adresse(adresse.to_owned()))?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: an acknowledged publication must survive a power cut (publication.md I1).
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .pragma("cache_size", "-16000")
        .pragma("temp_store", "MEMORY");
    let rw = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_release(|connexion, _| Box::pin(ramenee(connexion)))
        .connect_with(options.clone())
        .await?;
    migrator(Dialecte::Sqlite).run(&rw).await.map_err(explique)?;
    let lecture = options.create_if_missing(false).read_only(true);
    let ro =
        SqlitePoolOptions::new().max_connections(4).test_before_acquire(false).connect_with(lecture.clone()).await?;
    Ok((Pool::Sqlite { rw, ro }, Veille::sqlite(lecture)))
}

/// Whether a connection may serve again. On a full disk the engine ends the transaction by itself, and the rollback
/// that follows fails: out of step, such a connection would refuse every transaction until the service restarts.
async fn ramenee(connexion: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if !connexion.is_in_transaction() {
        return Ok(true);
    }
    // A rollback may still be under way: the answer to a ping comes after it.
    connexion.ping().await?;
    Ok(!connexion.is_in_transaction())
}

async fn ouvre_postgres(adresse: &str) -> Result<(Pool, Veille), ErreurBase> {
    let options = PgConnectOptions::from_str(adresse).map_err(|_| ErreurBase::Adresse(sans_secret(adresse)))?;
    let pool = PgPoolOptions::new().max_connections(16).test_before_acquire(false).connect_with(options).await?;
    migrator(Dialecte::Postgres).run(&pool).await.map_err(explique)?;
    let veille = Veille::postgres(pool.clone());
    Ok((Pool::Pg(pool), veille))
}

/// An address without what stands between `//` and `@`.
fn sans_secret(adresse: &str) -> String {
    match (adresse.split_once("//"), adresse.rsplit_once('@')) {
        (Some((schema, _)), Some((_, hote))) => format!("{schema}//…@{hote}"),
        _ => adresse.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::valeur::args;

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(sans_secret("mysql://moi:secret@hote/base"), "mysql://…@hote/base");
    }

    #[tokio::test]
    async fn an_unknown_address_is_explained() {
        let erreur = Db::ouvre("mysql://hote/base").await.unwrap_err().to_string();
        assert!(erreur.contains("sqlite:chemin/hub.db"), "{erreur}");
    }

    #[tokio::test]
    async fn a_null_read_as_a_required_value_is_an_error() {
        let db = Db::en_memoire().await.unwrap();
        let ligne = db.ligne("/* essai.null */ SELECT NULL, 'x'", args![]).await.unwrap().unwrap();
        assert!(matches!(ligne.int(0), Err(ErreurBase::ValeurAbsente(0))));
        assert!(matches!(ligne.text(0), Err(ErreurBase::ValeurAbsente(0))));
        assert_eq!((ligne.opt_int(0).unwrap(), ligne.text(1).unwrap()), (None, "x".to_owned()));
    }

    #[tokio::test]
    async fn a_newer_schema_stops_the_service() {
        let dossier = tempfile::tempdir().unwrap();
        let adresse = format!("sqlite:{}", dossier.path().join("hub.db").display());
        let db = Db::ouvre(&adresse).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        tx.execute(
            "/* essai.schema */ INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'avenir', 1, x'00', 0)",
            args![],
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        db.ferme().await;
        assert!(matches!(Db::ouvre(&adresse).await, Err(ErreurBase::SchemaInconnu(9999))));
    }
}
