//! A word that the database itself changes with every commit, by whatever process: what was answered under
//! a word is still exact while the word is the same. Nothing here is written, so nothing can be forgotten.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, PgPool};
use tokio::sync::Mutex;

/// What the database holds, as one word. Equal words: the same rows, seen by any statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(Arc<str>);

/// Reads the word. A reading serves all those who asked before it started: a hundred callers at once cost
/// two statements, and none is told of a state older than its own question.
#[derive(Debug)]
pub(crate) struct Veille {
    /// Questions so far.
    demandes: AtomicU64,
    lecteur: Mutex<Lecteur>,
}

#[derive(Debug)]
struct Lecteur {
    source: Source,
    /// Last word read, and the last question it answers.
    derniere: Option<(u64, Version)>,
}

#[derive(Debug)]
enum Source {
    /// `PRAGMA data_version` compares within one connection that writes nothing: this one. The number of
    /// the connection is part of the word, because a new one counts afresh.
    Sqlite { options: Box<SqliteConnectOptions>, ouverte: Option<SqliteConnection>, rang: u64 },
    /// The snapshot of PostgreSQL lists the transactions it sees: the same list, the same rows.
    Pg(PgPool),
}

impl Veille {
    pub(crate) fn sqlite(options: SqliteConnectOptions) -> Self {
        Self::sur(Source::Sqlite { options: Box::new(options), ouverte: None, rang: 0 })
    }

    pub(crate) fn postgres(pool: PgPool) -> Self {
        Self::sur(Source::Pg(pool))
    }

    fn sur(source: Source) -> Self {
        Self { demandes: AtomicU64::new(0), lecteur: Mutex::new(Lecteur { source, derniere: None }) }
    }

    /// The word at some moment after the call.
    pub(crate) async fn version(&self) -> Result<Version, sqlx::Error> {
        let moi = self.demandes.fetch_add(1, Ordering::SeqCst) + 1;
        let mut lecteur = self.lecteur.lock().await;
        if let Some((jusqua, version)) = &lecteur.derniere
            && *jusqua >= moi
        {
            return Ok(version.clone());
        }
        let jusqua = self.demandes.load(Ordering::SeqCst);
        let version = Version(lecteur.source.lit().await?.into());
        lecteur.derniere = Some((jusqua, version.clone()));
        Ok(version)
    }

    /// Lets go of the connection.
    pub(crate) async fn ferme(&self) {
        if let Source::Sqlite { ouverte, .. } = &mut self.lecteur.lock().await.source
            && let Some(connexion) = ouverte.take()
        {
            // A connection that does not close well is dropped, which closes it too.
            let _ = connexion.close().await;
        }
    }
}

impl Source {
    async fn lit(&mut self) -> Result<String, sqlx::Error> {
        match self {
            Self::Sqlite { options, ouverte, rang } => {
                // Taken while it serves: a reading cut short leaves no connection in an unknown state.
                let mut connexion = match ouverte.take() {
                    Some(connexion) => connexion,
                    None => {
                        *rang += 1;
                        options.connect().await?
                    }
                };
                let lue: i64 =
                    sqlx::query_scalar("/* version.sqlite */ PRAGMA data_version").fetch_one(&mut connexion).await?;
                *ouverte = Some(connexion);
                Ok(format!("{rang}.{lue}"))
            }
            Self::Pg(pool) => {
                sqlx::query_scalar("/* version.postgres */ SELECT pg_current_snapshot()::text").fetch_one(&*pool).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::valeur::args;
    use crate::{Db, Dialecte, Tx};

    async fn ecrit(tx: &mut Tx, texte: &str) {
        let sql = "/* essai.ecrit */ INSERT INTO preuve (emetteur, jti, expire_le) VALUES ('essai', $1, $2)";
        let jamais: chrono::DateTime<chrono::Utc> = "2030-01-01T00:00:00Z".parse().unwrap();
        tx.execute(sql, args![texte, jamais]).await.unwrap();
    }

    /// On whichever database: only what is committed changes the word, and any process may commit it.
    /// Other tests commit on the same PostgreSQL server, so that nothing is asked there of a quiet moment.
    async fn eprouve(ici: &Db, ailleurs: &Db) {
        let seuls = ici.dialecte() == Dialecte::Sqlite;
        for (rang, db) in [ici, ailleurs].into_iter().enumerate() {
            let avant = ici.version().await.unwrap().unwrap();
            let mut tx = db.begin().await.unwrap();
            ecrit(&mut tx, &format!("mot{rang}")).await;
            assert!(!seuls || ici.version().await.unwrap().unwrap() == avant, "what is not committed is not there");
            tx.commit().await.unwrap();
            assert_ne!(ici.version().await.unwrap().unwrap(), avant, "a commit by {rang}");
        }
    }

    #[tokio::test]
    async fn every_commit_changes_the_word_on_sqlite() {
        let dossier = tempfile::tempdir().unwrap();
        let adresse = format!("sqlite:{}", dossier.path().join("hub.db").display());
        let (ici, ailleurs) = (Db::ouvre(&adresse).await.unwrap(), Db::ouvre(&adresse).await.unwrap());
        eprouve(&ici, &ailleurs).await;
    }

    #[tokio::test]
    async fn every_commit_changes_the_word_on_postgresql() {
        let Ok(adresse) = std::env::var("MAILLAGE_PG_URL") else {
            assert!(std::env::var_os("CI").is_none(), "MAILLAGE_PG_URL must name a PostgreSQL server in CI");
            return;
        };
        let administration = Db::ouvre(&adresse).await.unwrap();
        for sql in [
            "/* essai.oublie */ DROP DATABASE IF EXISTS maillage_version WITH (FORCE)",
            "/* essai.cree */ CREATE DATABASE maillage_version",
        ] {
            administration.lignes(sql, args![]).await.unwrap();
        }
        let adresse = format!("{}/maillage_version", adresse.rsplit_once('/').unwrap().0);
        let (ici, ailleurs) = (Db::ouvre(&adresse).await.unwrap(), Db::ouvre(&adresse).await.unwrap());
        eprouve(&ici, &ailleurs).await;
    }

    #[tokio::test]
    async fn a_database_in_memory_has_no_word() {
        assert!(Db::en_memoire().await.unwrap().version().await.unwrap().is_none());
    }
}
